"""What a failing funder does with calls 12 and 48 months apart, by the months to the next call when it fails.

The funder pays nothing and receives nothing for two years. With one call in four years much depends on whether the call
has just been, or was about to come. Three minutes on two processors; other sizes by overrides:

    python experiments/failing_funder_by_phase.py [overrides of the experiment]
"""

import sys

import numpy as np
import pandas as pd

from ecosim import sweep
from ecosim.config.programme import ProgrammeConfig
from ecosim.errors import InputError
from ecosim.programmes.calls import first_call_after, phase_of_calls
from ecosim.report.results import SweepResult

GAPS = (12, 48)
SWEEP = (
    "experiment=none", "experiment.name=failing_funder_by_phase", "world=europe", "world.scale=0.02",
    f"timeline.burn_in_months={3 * max(GAPS)}", "timeline.response_months=72",
    "shocks=[funder_withdrawal]", "shocks.funder_withdrawal.duration_months=24", "experiment.replicates=96",
    f"experiment.factors={{programme.months_between_calls: {list(GAPS)}}}",
    "experiment.placebos={organisation: none, scattered: none}", "output.figures=false",
)  # fmt: skip
#: Phases are shown in so many parts of a cycle.
PARTS = 8


def main() -> None:
    """Run, print the table by phase, write the numbers of every run into this folder."""
    try:
        found = by_run(sweep(*SWEEP, *sys.argv[1:], quiet=False))
    except (InputError, ValueError) as error:
        sys.exit(f"failing_funder_by_phase: {error}")
    found.to_csv("failing_funder_by_phase.csv", index=False, float_format="%.4f")
    print(table(found).to_string(index=False))


def by_run(result: SweepResult) -> pd.DataFrame:
    """Depth of the worst year in every run, and the phase it met.

    Returns
    -------
    DataFrame
        ``gap``, ``replicate``; ``months_to_call``, from the announcement to the next call there would have been, 0 to
        gap - 1; ``twin`` and ``shocked``, the lowest mean of twelve months of collaboration in the 72 months from
        announcement, in per cent of the twin's mean over its last whole cycle.
    """
    runs, series, rows = result.runs, result.series, []
    design = result.design.drop_duplicates("history_id").set_index("history_id")
    announced = runs.drop_duplicates(["history_id", "replicate"]).set_index(["history_id", "replicate"])
    for (history, replicate), part in series.groupby(["history_id", "replicate"]):
        gap = int(design.loc[history, "programme.months_between_calls"])
        month = int(announced.loc[(history, replicate), "announcement_month"])
        phase = phase_of_calls(int(result.manifest["scenario"]["seed"]), int(replicate))
        first = first_call_after(ProgrammeConfig(months_between_calls=gap), phase)
        of_arm = {arm: rows.sort_values("month")["collaboration"].to_numpy() for arm, rows in part.groupby("arm")}
        twin = of_arm["twin"][-72:]
        level = twin[: len(twin) // max(GAPS) * max(GAPS)].mean()
        rows.append(
            {"gap": gap, "replicate": replicate, "months_to_call": (first - month) % gap}
            | {arm: 100.0 * _worst_year(of_arm[arm][-72:]) / level for arm in ("twin", "shocked")}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _worst_year(monthly: np.ndarray) -> float:
    return float(np.convolve(monthly, np.full(12, 1.0 / 12.0), mode="valid").min())


def table(found: pd.DataFrame) -> pd.DataFrame:
    """Means by part of the cycle, with the standard error of the shocked one and the number of runs."""
    found = found.assign(part=found["months_to_call"] * PARTS // found["gap"])
    rows = []
    for (gap, part), mine in found.groupby(["gap", "part"]):
        low, high = part * gap / PARTS, (part + 1) * gap / PARTS
        rows.append(
            {"months between calls": gap, "months to the next call": f"{low:g} to under {high:g}",
             "worst year, twin": round(mine["twin"].mean(), 1), "worst year, shocked": round(mine["shocked"].mean(), 1),
             "+-": round(mine["shocked"].std(ddof=1) / np.sqrt(len(mine)), 1), "runs": len(mine)}
        )  # fmt: skip
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main()
