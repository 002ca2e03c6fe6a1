"""Which instruments do different things, which do anything that shows, and which pay: each beside the same money burnt.

Every instrument has 4 % of the public money. Its effect is what happens with it beside the same draw in which this
money is burnt; effects are compared over eight families of outcomes under ten shocks. Then the ranges of each are
searched for a configuration that pays. What has been run is kept in the folder and not run again:

    python experiments/distinct.py [sizes] [overrides of the scenario]

With the sizes below three hours on two processors for what tells instruments apart, and a day for the search; smaller
with, say, `draws=8 configurations=20 search_draws=2 fresh=8 minutes=60`.
"""

import sys
from pathlib import Path

from ecosim.errors import InputError
from ecosim.lab.distinct import mechanisms
from ecosim.lab.distinct_report import Asked, distinct

SCENARIO = (
    "world=europe", "world.countries=[DEU,FRA,ITA,ESP,NLD,POL,ROU,GRC,GBR,CHE,NOR,TUR,UKR,ISR]", "world.scale=0.02",
    "mechanisms.stages=true", "mechanisms.health=true", "timeline.burn_in_months=36", "timeline.calm_months=12",
    "timeline.calm_jitter_months=11", "timeline.response_months=24",
    "shocks=[diplomatic_rupture,programme_exclusion,funder_withdrawal,supplier_loss,closed_borders,recession,"
    "export_control,pandemic,misinformation_wave,platform_cut_off]",
)  # fmt: skip
#: Beside every instrument with a mechanism of its own: presets, which should be found to be what they are presets of.
PRESETS = ("fellowships", "joint_seminar", "mentoring")
#: Counts and minutes that may be set, and the folder.
SIZES = {"draws": 24, "configurations": 200, "search_draws": 4, "fresh": 24, "minutes": 100_000, "folder": "distinct"}


def whole(key: str, value: object) -> int:
    """A count as it was written."""
    if not str(value).isdecimal():
        raise InputError(key, value, "a count, such as 24", problem="no whole number")
    return int(str(value))


def main() -> None:
    """Run what is not there yet, print the answer, write tables and the figure into the folder."""
    words = [word.partition("=") for word in sys.argv[1:]]
    scenario = ["".join(word) for word in words if word[0] not in SIZES]
    chosen = SIZES | {key: value for key, _, value in words if key in SIZES}
    try:
        counts = {key: whole(key, value) for key, value in chosen.items() if key != "folder"}
        asked = Asked((*SCENARIO, *scenario), (*mechanisms(), *PRESETS), Path(str(chosen["folder"])), **counts)
        print(distinct(asked, quiet=False))
    except (InputError, ValueError) as error:
        sys.exit(f"distinct: {error}")


if __name__ == "__main__":
    main()
