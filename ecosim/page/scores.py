"""The page's three scores of a sweep, from the tables that the lab keeps: what the Python that the page shows prints.

The page's command ends with this module as well: ``python -m ecosim.page.scores [FOLDER]`` prints the table of the
newest sweep below a folder.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ecosim.page.ask import FACTOR, SIDES
from ecosim.page.cells import SCORES, TWIN, peripheral_count

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.report.results import SweepResult

#: Where the page's command leaves its results.
FOLDER = "results/page"


def scores(result: SweepResult) -> pd.DataFrame:
    """The page's scores of both policies, draw by draw.

    Parameters
    ----------
    result : SweepResult
        A sweep with the words of the page (:func:`ecosim.page.ask.words`).

    Returns
    -------
    DataFrame
        ``policy``, ``shock`` (``placebo`` for none), ``draw``, and the scores. ``output`` stands beside what the
        reference policy yields in calm times in the same draw.
    """
    import pandas as pd

    peripheral = peripheral_count(str(result.manifest["scenario"]["world"]["preset"]))
    design = result.design
    sides = dict(zip(design["history_id"], design[FACTOR], strict=True))
    shocks = dict(zip(design["design_id"], design["shock"], strict=True))
    runs = result.runs[result.runs["status"] == "ok"]
    reference = int(design.loc[design["reference"].astype(bool), "history_id"].iloc[0])
    calm = runs[(runs["arm"] == TWIN) & (runs["history_id"] == reference)].set_index("replicate")["area_output"]
    rows: list[dict[str, Any]] = []
    for run in runs[runs["arm"] != TWIN].to_dict("records"):
        side = str(sides[run["history_id"]])
        # a policy that only lends its calm output has no scores of its own
        if side not in SIDES:
            continue
        before = float(calm[run["replicate"]])
        rows.append({
            "policy": side, "shock": shocks[run["design_id"]] if run["arm"] == "shocked" else str(run["arm"]),
            "draw": int(run["replicate"]), SCORES[0]: run["sustained_collaboration"],
            SCORES[1]: run["area_output"] / before if before > 0.0 else float("nan"),
            SCORES[2]: 1.0 - run["mean_peripheral_countries"] / peripheral if peripheral else float("nan"),
        })  # fmt: skip
    table = pd.DataFrame(rows, columns=["policy", "shock", "draw", *SCORES])
    return table.sort_values(["policy", "shock", "draw"], ignore_index=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of a sweep; returns the exit code."""
    from ecosim.errors import InputError
    from ecosim.progress import answer, say
    from ecosim.report.results import load

    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        answer(scores(load(given[0] if given else FOLDER)).to_string(index=False))
    except InputError as error:
        say(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
