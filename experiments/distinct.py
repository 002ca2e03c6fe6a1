"""Which instruments do different things, and which does anything that shows: each beside the same money burnt."""

import sys
from pathlib import Path

from ecosim.errors import InputError
from ecosim.lab.distinct import mechanisms, run_arms

SCENARIO = (
    "world=europe", "world.countries=[DEU,FRA,ITA,ESP,NLD,POL,ROU,GRC,GBR,CHE,NOR,TUR,UKR,ISR]", "world.scale=0.02",
    "mechanisms.stages=true", "timeline.burn_in_months=36", "timeline.calm_months=12",
    "timeline.calm_jitter_months=11", "timeline.response_months=24", "runner.processes=0",
    "shocks=[diplomatic_rupture,programme_exclusion,funder_withdrawal,supplier_loss,closed_borders,recession,"
    "export_control,pandemic]",
)  # fmt: skip
PRESETS = ("joint_seminar", "fellowships", "mentoring")

if __name__ == "__main__":
    try:
        run_arms(SCENARIO, (*mechanisms(), *PRESETS), 24, Path("runs"), minutes=float(sys.argv[1]), quiet=False)
    except InputError as error:
        sys.exit(f"distinct: {error}")
