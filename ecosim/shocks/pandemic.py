"""Pandemic."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.shocks.base import Shock
from ecosim.shocks.named import NamedCase, cases_by_name
from ecosim.world.facts import INPUTS, World

#: Goods of laboratories that everybody needs at once.
SHORT = np.array([kind in ("instruments", "materials", "pharmaceuticals") for kind in INPUTS])

#: Named cases.
CASES = cases_by_name(
    covid_2020=NamedCase(
        "Research in 2020.",
        {"severity": 1.0, "capacity_loss": 0.24, "starting_loss": 0.36, "duration_months": 12},
        "Scientists worked 24 % fewer hours on research in April 2020 (Myers et al. 2020, doi "
        "10.1038/s41562-020-0921-y), and those not on the virus began 36 % fewer projects in 2020 than in 2019 (Gao et "
        "al. 2021, doi 10.1038/s41467-021-26428-z).",
        "That hours stayed for a year as low as in April (the largest loss the figures allow); mobility, which "
        "closed_borders with severity_of=pandemic_2020 says by country and month; supply.",
    ),
)


class Pandemic(Shock):
    """Borders close, laboratories shut in part, goods for them run short, and new projects are not begun.

    All of it in the targets, which are all countries unless told otherwise. It comes without notice, so nobody's belief
    changes. What runs goes on more slowly, which is why publications held in 2020 while new projects fell.

    Notes
    -----
    Hours fell by 30 to 40 % where work needs a bench and by less elsewhere (Myers et al. 2020); here capacity falls
    alike in all sectors of a country, and sectors that need goods lose more through supply. A pandemic like that of
    2020 comes with about 2 % a year (Marani et al. 2021, doi 10.1073/pnas.2105482118). On health
    (``mechanisms.health``) it acts by what it closes: outbreaks arrive later, laboratories count fewer cases; and there
    are more of them.
    """

    kind = "pandemic"
    option: ClassVar[dict[str, Any]] = {"duration_months": 18}
    handles = frozenset({"mobility", "capacity", "starting", "supply", "travel", "laboratories", "outbreaks"})
    summary = "Borders close, laboratories shut in part, goods run short and new projects are not begun."
    at_risk = "member_country"
    passage = "during emergencies like the COVID-19 pandemic, nations needed to collaborate"
    example: ClassVar[dict[str, Any]] = {"targets": ["GBR", "ESP"]}
    cases = CASES

    targets: tuple[str, ...] | Literal["drawn", "all"] = parameter(
        "all", "Countries hit, by code or name, or bloc:NAME; 'drawn' per replicate; or 'all'."
    )
    mobility_loss: float = parameter(
        0.6, "Share of mobility into and out of the targets lost at full severity, by law.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.2, 1.0),
        source="order: travel controls stood at 3.6 of 4 in April 2020 and 2.5 a year later, mean over countries "
        "(Oxford COVID-19 Government Response Tracker, C8)",
    )  # fmt: skip
    capacity_loss: float = parameter(
        0.15, "Share of what organisations can work that is lost at full severity.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.05, 0.4), source="order: 24 % fewer hours in April 2020 (Myers et al. 2020)",
    )  # fmt: skip
    starting_loss: float = parameter(
        0.36, "Share of new work that is not begun at full severity.", unit="share", bounds=(0.0, 1.0),
        source="projects begun in 2020 against 2019: Gao et al. 2021, doi 10.1038/s41467-021-26428-z",
    )  # fmt: skip
    supply_loss: float = parameter(
        0.2, "Share of instruments, chemicals and pharmaceuticals for the targets that do not arrive at full severity.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.5),
        source="order: 20 to 50 % of routine tests were affected in January 2021 (American Society for Microbiology)",
    )  # fmt: skip

    outbreaks_more: float = parameter(
        2.0, "Outbreaks in the targets at full severity, beyond those at rest and beside them. Read only with "
        "mechanisms.health=true.", unit="share", bounds=(0.0, 1e4), assumed=(0.5, 10.0), prior="log_uniform",
    )  # fmt: skip

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Close borders by law; lower capacity, new work and what arrives; raise outbreaks, once in effect."""
        abroad = (targets[:, None] | targets[None, :]) & ~np.eye(len(targets), dtype=np.bool_)
        handles.close_by_law("mobility", self.mobility_loss * level * abroad)
        handles.lower("travel", self.mobility_loss * level * abroad)
        handles.lower("capacity", self.capacity_loss * level * targets)
        handles.lower("laboratories", self.capacity_loss * level * targets)
        handles.lower("starting", self.starting_loss * level * targets)
        handles.lengthen("outbreaks", self.outbreaks_more * level * targets)
        handles.lower("supply", self.supply_loss * level * (SHORT[:, None, None] & targets[None, :, None]))
