"""A fixed budget: how much should go to which instrument, how much stay with grants, and do more payments help.

Searches the splits of EUR 20 million a month by a multi-objective optimiser on common random numbers, at equal
appropriation; measures what it found on fresh replicates; draws what the next euro does. Eight minutes on two
processors; smaller with, say, `replicates=2 fresh=3 population=6 generations=2 world=classroom`:

    python experiments/portfolio.py [overrides of the scenario, or of the keys in SEARCH]
"""

import sys
from pathlib import Path

from ecosim.errors import InputError
from ecosim.lab.portfolio import portfolio
from ecosim.plots.portfolio import marginal_euro
from ecosim.report.csvs import write_csv

SCENARIO = (
    "world=europe", "world.scale=0.02", "timeline.burn_in_months=60", "timeline.response_months=60",
    "instruments=[bilateral_cofinancing,matchmaking,parallel_pilots,visa_facilitation]",
    "shocks=[diplomatic_rupture,programme_exclusion,supplier_loss,funder_withdrawal]",
)  # fmt: skip
LEVERS = {
    "payment": {
        "two later payments": {"programme.tranches": 2},
        "six later payments": {"programme.tranches": 6, "programme.prefinancing": 0.2},
    }
}
SEARCH = {
    "budget_eur_per_month": 20_000_000, "replicates": 8, "fresh": 16, "population": 16, "generations": 8, "parts": 10,
    "seed": 1,
}  # fmt: skip


def main() -> None:
    """Search, print the answer, write its tables and the figure into this folder."""
    words = [word.partition("=") for word in sys.argv[1:]]
    scenario = ["".join(word) for word in words if word[0] not in SEARCH]
    try:
        sizes = SEARCH | {key: int(value) for key, _, value in words if key in SEARCH}
        found = portfolio(*SCENARIO, *scenario, levers=LEVERS, quiet=False, **sizes)
    except (InputError, ValueError) as error:
        sys.exit(f"portfolio: {error}")
    print(found.text())
    for name in ("tried", "front", "curve"):
        write_csv(getattr(found, name), Path(f"portfolio_{name}.csv"))
    marginal_euro(found.curve).figure.savefig("portfolio_marginal_euro.png", dpi=150)


if __name__ == "__main__":
    main()
