"""Which findings of the headline are behaviour, and which were built in: what each mechanism changes.

Runs the headline once as it is and once with each mechanism switched off, in the same draws, and sets the effect of
every policy beside itself. What stays when a mechanism is off does not come from it. An hour on two processors;
smaller with, say, `experiment.replicates=10 timeline.response_months=24`:

    python experiments/headline_ablations.py [overrides of the experiment]
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from ecosim import sweep
from ecosim.analysis.contrasts import contrast_values
from ecosim.errors import InputError
from ecosim.report.csvs import write_csv
from ecosim.report.results import SweepResult

SWEEP = (
    "experiment=headline", "experiment.replicates=50", "experiment.placebos={organisation: none, scattered: none}",
    "experiment.break_even=[]", "experiment.break_even_pairs=[]", "output.figures=false",
)  # fmt: skip
#: What is switched off, or on where it is off: label, and the overrides that do it.
ABLATIONS: Mapping[str, Sequence[str]] = {
    "coordination across borders costs nothing": ["behaviour.work.coordination_by_country=0"],
    "mixed knowledge is worth nothing": ["behaviour.output.diversity=0"],
    "access to knowledge is worth nothing": ["behaviour.output.access=0"],
    "quality is worth nothing": ["behaviour.output.quality=0"],
    "nobody is replaced": ["mechanisms.substitution=false"],
    "no quorum": ["behaviour.work.quorum=0"],
    "gaps in money lose no staff": ["mechanisms.staff_loss=false"],
    "no unfunded work": ["mechanisms.unfunded=false"],
    "no learning": ["mechanisms.learning=false"],
    "no trust, no familiarity": ["mechanisms.trust=false", "mechanisms.familiarity=false"],
    "money freed by failed work goes to later calls": ["programme.reallocate=true"],
}


def main() -> None:
    """Run, print the table of differences that are decided, write all of them into this folder."""
    try:
        found = ablations(sys.argv[1:])
    except (InputError, ValueError) as error:
        sys.exit(f"headline_ablations: {error}")
    write_csv(found, Path("headline_ablations.csv"), float_format="%.5f")
    print(text(found))


def ablations(words: Sequence[str] = ()) -> pd.DataFrame:
    """Effects of the headline's policies with everything on, with each mechanism off, and the paired difference.

    Returns
    -------
    DataFrame
        ``ablation``, ``policy``, ``shock``, ``measure``; ``on`` and ``off``, the mean effect over draws beside the
        reference policy; ``change`` = off - on with its interval ``low`` to ``high`` (Student's t over paired draws;
        those of one ablation hold together with 95 %, by Bonferroni); ``draws``.
    """
    whole = effects(sweep(*SWEEP, *words))
    rows = []
    for label, overrides in ABLATIONS.items():
        without = effects(sweep(*SWEEP, *words, *overrides))
        for key, on in whole.items():
            if key not in without:
                continue
            both = pd.concat({"on": on, "off": without[key]}, axis=1).dropna()
            change = (both["off"] - both["on"]).to_numpy()
            reach = stats.t.ppf(1.0 - 0.025 / len(whole), len(change) - 1) * change.std(ddof=1) / np.sqrt(len(change))
            policy, shock, measure = key
            rows.append(
                {"ablation": label, "policy": policy, "shock": shock, "measure": measure, "on": both["on"].mean(),
                 "off": both["off"].mean(), "change": change.mean(), "low": change.mean() - reach,
                 "high": change.mean() + reach, "draws": len(change)}
            )  # fmt: skip
    return pd.DataFrame(rows)


def effects(result: SweepResult) -> dict[tuple[str, str, str], pd.Series]:
    """Effect of every declared comparison in every draw, by (policy, shock, measure)."""
    shocks = [shock for shock in result.measures["shock"].unique() if isinstance(shock, str)]
    return {
        (contrast.name, shock, measure): contrast_values(result.measures, contrast, shock, measure)
        for contrast in result.primary_contrasts
        for shock in shocks
        for measure in contrast.measures
    }


def text(found: pd.DataFrame) -> str:
    """What each mechanism surely changes, in points, the largest first."""
    lines: list[str] = []
    for label, part in found.groupby("ablation", sort=False):
        sure = part[(part["low"] > 0.0) | (part["high"] < 0.0)]
        order = sure["change"].abs().sort_values(ascending=False).index
        lines.append(f"{str(label).upper()}: {len(sure)} of {len(part)} effects change")
        lines += [
            f"  {row.policy}, {row.shock.replace('_', ' ')}, {row.measure.replace('_', ' ')}: "
            f"{100 * row.on:+.1f} with it, {100 * row.off:+.1f} without "
            f"({100 * row.change:+.1f} [{100 * row.low:+.1f}, {100 * row.high:+.1f}])"
            for row in sure.loc[order].head(8).itertuples()
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
