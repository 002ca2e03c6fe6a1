"""A drawn sequence of shocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.declared import check_names
from ecosim.channels.handles import BELIEFS, Handles
from ecosim.config.schema import parameter
from ecosim.errors import InputError
from ecosim.shocks.base import DatedShock, Shock
from ecosim.shocks.change_of_government import ChangeOfGovernment
from ecosim.shocks.diplomatic_rupture import DiplomaticRupture
from ecosim.shocks.funder_withdrawal import FunderWithdrawal
from ecosim.shocks.natural_disaster import NaturalDisaster
from ecosim.shocks.pandemic import Pandemic
from ecosim.shocks.programme_exclusion import ProgrammeExclusion
from ecosim.shocks.recession import Recession
from ecosim.shocks.sanctions import Sanctions
from ecosim.shocks.supplier_loss import SupplierLoss
from ecosim.shocks.transport_disruption import TransportDisruption
from ecosim.world.facts import World

#: Kinds that come by country, at a rate for each, and kinds that come to the world as a whole.
BY_COUNTRY: tuple[type[Shock], ...] = (
    ChangeOfGovernment, DiplomaticRupture, NaturalDisaster, ProgrammeExclusion, Sanctions, SupplierLoss,
)  # fmt: skip
OF_THE_WORLD: tuple[type[Shock], ...] = (FunderWithdrawal, Pandemic, Recession, TransportDisruption)
#: All of them by the name of their option.
KINDS: dict[str, type[Shock]] = {cls.kind: cls for cls in (*BY_COUNTRY, *OF_THE_WORLD)}

#: Longest time over which shocks may begin, and that where no end is named.
_LONGEST = 600
#: Shocks that one may bring in a row.
_LONGEST_CHAIN = 50

_A_COUNTRY = "1/year and country"


@dataclass(frozen=True, eq=False)
class DatedSequence(DatedShock):
    """A sequence with every shock of it drawn and dated; its targets are all countries that any of them hits."""

    inner: tuple[DatedShock, ...] = ()

    @property
    def parts(self) -> tuple[DatedShock, ...]:
        """The shocks it is made of."""
        return self.inner

    @property
    def end_month(self) -> int | None:
        """First month in which all are over; None if one stays to the end."""
        ends = [shock.end_month for shock in self.inner]
        return None if None in ends else max((end for end in ends if end is not None), default=self.announcement_month)

    def state_in(self, month: int) -> tuple[float, bool]:
        """The highest level of any of its shocks, and whether any announcement stands."""
        states = [shock.state_in(month) for shock in self.inner]
        return max((level for level, _ in states), default=0.0), any(stands for _, stands in states)

    def doubt_in(self, month: int) -> float:
        """The deepest doubt that any of its shocks leaves."""
        return max((shock.doubt_in(month) for shock in self.inner), default=0.0)

    def inputs_in(self, month: int) -> tuple[float, ...]:
        """The inputs of all its shocks, one after another."""
        return tuple(number for shock in self.inner for number in shock.inputs_in(month))

    def push(self, handles: Handles, world: World, month: int) -> None:
        """Apply its shocks to this month's handles, in the order in which they are announced."""
        for shock in self.inner:
            shock.push(handles, world, month)


class DrawnSequence(Shock):
    """Shocks of several kinds come by chance, month by month: so often, so severe, in clusters, and spreading.

    Every month each kind comes with its chance, so that the numbers are those of a Poisson process (at most one of a
    kind a month). A shock may bring another one soon after (``clustering``), of any kind, which may bring a third.
    Countries are drawn for each shock anew, as ``by``, ``group`` and ``drawn`` say, and those politically near may join
    (``contagion``). Severity is ``severity`` times a uniform number to the power ``mildness``, so that most shocks are
    milder than the worst. Some announcements are never carried out. All else is as the option of each kind sets it.

    What is drawn depends on the replicate alone: all policies meet the same sequence, and a higher rate adds shocks to
    those that come anyway.

    Notes
    -----
    Rates are counts of the data where there are any, each with its source; the others are assumed. Clustering is a
    branching process with at most one child (Hawkes 1971, doi 10.1093/biomet/58.1.83, with geometric waits):
    ``clustering`` is the share of shocks that bring another one, and the mean number that each shock leads to in all is
    one over its complement. How strongly shocks of these kinds cluster is assumed.

    Left out, for no count of how often they begin was found, and each may stand beside it with dates of its own:
    control of exports and rules that swing, which change by degrees and have no dates of beginning; cuts of a budget,
    which a recession brings (``funders_rebudget``); the closing of one input, which is a loss of its suppliers;
    closed borders, which a pandemic brings; war, which is one country's history; and breaches, waves of
    misinformation, cut-offs of platforms and rules that keep data at home, which act in health alone or nearly so.
    """

    kind = "drawn_sequence"
    handles = frozenset().union(*(cls.handles for cls in KINDS.values()))
    summary = "Shocks of several kinds come by chance: how often, how severe, in clusters, and spreading."
    at_risk = "funder"
    made_of_others = True
    passage = "multi-country collaboration programs that weather political or economic shocks"
    example: ClassVar[dict[str, Any]] = {"rate_factor": 10.0}

    duration_months: int | None = parameter(
        240, "Months over which shocks begin; what begins after the run is not seen.", unit="months",
        bounds=(1, _LONGEST),
    )  # fmt: skip
    kinds: tuple[str, ...] | Literal["all"] = parameter(
        "all", f"Kinds of shock that come, of {', '.join(KINDS)}; or 'all'."
    )
    rate_factor: float = parameter(
        1.0, "How much more often shocks come than the rates say.", bounds=(0.0, 1000.0)
    )  # fmt: skip
    mildness: float = parameter(
        2.0, "Power of a uniform number that severity is multiplied with: 0 for all of full severity, 1 for all "
        "severities alike, more for mostly mild ones.", bounds=(0.0, 20.0), assumed=(1.0, 4.0),
    )  # fmt: skip
    clustering: float = parameter(
        0.2, "Chance that a shock brings another one.", unit="probability", bounds=(0.0, 0.95), assumed=(0.0, 0.5)
    )
    clustering_months: float = parameter(
        6.0, "Mean months from a shock to the one it brings.", unit="months", bounds=(1.0, 600.0), assumed=(2.0, 24.0)
    )
    never_carried_out: float = parameter(
        0.2, "Chance that what is announced never takes effect, of kinds that are doubted.", unit="probability",
        bounds=(0.0, 1.0), assumed=(0.0, 0.5),
    )  # fmt: skip
    change_of_government_rate: float = parameter(
        0.018, "Governments that turn inward.", unit=_A_COUNTRY, bounds=(0.0, 12.0),
        source="32 episodes of declining democracy begun 2000-2024 in 72 countries: V-Dem, Episodes of Regime "
        "Transformation 15",
    )  # fmt: skip
    sanctions_rate: float = parameter(
        0.012, "Sanctions by a coalition.", unit=_A_COUNTRY, bounds=(0.0, 12.0),
        source="16 cases with two senders or more on trade, money or travel begun 2001-2019 against 72 countries, "
        "without those recorded under a wrong target: Global Sanctions Data Base",
    )  # fmt: skip
    pandemic_rate: float = parameter(
        0.02, "Pandemics.", unit="1/year", bounds=(0.0, 12.0),
        source="about 2 % a year for one like that of 2020: Marani et al. 2021, doi 10.1073/pnas.2105482118",
    )  # fmt: skip
    transport_disruption_rate: float = parameter(
        0.15, "Disruptions of transport.", unit="1/year", bounds=(0.0, 12.0),
        source="4 spells above one standard deviation in 319 months: Global Supply Chain Pressure Index, Federal "
        "Reserve Bank of New York",
    )  # fmt: skip
    diplomatic_rupture_rate: float = parameter(
        0.003, "Diplomatic ruptures.", unit=_A_COUNTRY, bounds=(0.0, 12.0), assumed=(0.001, 0.01), prior="log_uniform"
    )
    programme_exclusion_rate: float = parameter(
        0.005, "Exclusions from the programme.", unit=_A_COUNTRY, bounds=(0.0, 12.0), assumed=(0.002, 0.015),
        prior="log_uniform", source="order: Switzerland, the United Kingdom and Russia within 2014-2024",
    )  # fmt: skip
    natural_disaster_rate: float = parameter(
        0.01, "Natural disasters that laboratories of a country feel.", unit=_A_COUNTRY, bounds=(0.0, 12.0),
        assumed=(0.002, 0.05), prior="log_uniform",
    )  # fmt: skip
    supplier_loss_rate: float = parameter(
        0.005, "Losses of a supplier country.", unit=_A_COUNTRY, bounds=(0.0, 12.0), assumed=(0.001, 0.02),
        prior="log_uniform",
    )  # fmt: skip
    recession_rate: float = parameter(
        0.1, "Recessions.", unit="1/year", bounds=(0.0, 12.0), assumed=(0.05, 0.2),
    )  # fmt: skip
    funder_withdrawal_rate: float = parameter(
        0.01, "Failures of the programme's funder.", unit="1/year", bounds=(0.0, 12.0), assumed=(0.002, 0.05),
        prior="log_uniform",
    )  # fmt: skip

    @property
    def idle(self) -> frozenset[str]:
        """Rates of kinds that do not come, and the wait of clusters that there are none of."""
        rates = {f"{kind}_rate" for kind in KINDS if self.rate_factor == 0.0 or not self._comes(kind)}
        return super().idle | rates | (frozenset({"clustering_months"}) if self.clustering == 0.0 else frozenset())

    def _comes(self, kind: str) -> bool:
        return self.kinds == "all" or kind in self.kinds

    def check(self, name: str, world: World) -> None:
        """Refuse kinds that cannot be drawn, and settings that say nothing of a sequence."""
        super().check(name, world)
        check_names(f"shocks.{name}.kinds", self.kinds, tuple(KINDS))
        for setting in ("effective", "effective_after_months", "profile", "profile_months", "follows"):
            value = getattr(self, setting)
            if value != Shock.model_fields[setting].default:
                raise InputError(f"shocks.{name}.{setting}", value, "what each kind's own option sets",
                                 problem="says nothing of a drawn sequence")  # fmt: skip

    def chances(self, world: World) -> dict[str, float]:
        """Chance of each kind to come by itself in a month."""
        countries = int(world.named.sum())
        times = {kind: self.rate_factor * (countries if cls in BY_COUNTRY else 1) / 12 for kind, cls in KINDS.items()}
        return {kind: min(1.0, times[kind] * getattr(self, f"{kind}_rate")) for kind in KINDS if self._comes(kind)}

    def drawn_events(
        self, name: str, world: World, draw: Callable[[str], float]
    ) -> list[tuple[int, str, str]]:  # fmt: skip
        """What comes when: months after the announcement, kind, and a name that no other event has; in that order."""
        from ecosim.numerics import log

        chances = self.chances(world)
        longest = _LONGEST if self.duration_months is None else self.duration_months
        events = [
            (month, kind, f"{name} {kind} {month}")
            for month in range(longest)
            for kind, chance in chances.items()
            if chance > 0.0 and draw(f"{kind} comes in month {month} of {name}") < chance
        ]
        upto = np.cumsum(list(chances.values()))
        stays = 1.0 - 1.0 / self.clustering_months
        for first, _, origin in list(events):
            month, event = first, origin
            for _ in range(_LONGEST_CHAIN):
                if draw(f"{event} brings another") >= self.clustering:
                    break
                u = 1.0 - draw(f"wait after {event}")
                month += 1 + (int(log(u) / log(stays)) if stays > 0.0 else 0)
                if month >= longest:
                    break
                # a running sum, as targets are drawn: rounding may carry the largest number onto its end
                place = int(np.searchsorted(upto, draw(f"kind after {event}") * upto[-1], side="right"))
                kind = tuple(chances)[min(place, int(np.flatnonzero(np.diff(upto, prepend=0.0))[-1]))]
                event = f"{event} > {kind}"
                events.append((month, kind, event))
        return sorted(events)

    def dated(
        self, name: str, world: World, calm_end_month: int, draw: Callable[[str], float], start: str | None
    ) -> DatedSequence:
        """Draw every shock of the sequence, with its countries, severity and months."""
        from ecosim.numerics import power

        begins, _ = self.months(name, calm_end_month, start)
        inner = []
        for month, kind, event in self.drawn_events(name, world, draw):
            cls = KINDS[kind]
            settings: dict[str, Any] = dict(cls.option)
            drawn = power(draw(f"severity of {event}"), self.mildness) if self.mildness > 0.0 else 1.0
            settings["severity"] = self.severity * drawn * settings.get("severity", 1.0)
            if cls in BY_COUNTRY:
                settings["targets"] = self.targets
                if self.targets != "all":
                    settings |= {"contagion": self.contagion, "contagion_reach": self.contagion_reach}
                if self.targets == "drawn":
                    settings |= {"drawn": self.drawn, "by": self.by, "group": self.group}
            if BELIEFS & cls.handles and draw(f"{event} is never carried out") < self.never_carried_out:
                settings["effective_after_months"] = None
            inner.append(cls(**settings).dated(event, world, begins + month, draw, None))
        targets = np.zeros(world.n_countries, dtype=np.bool_)
        for shock in inner:
            targets |= shock.targets
        targets.setflags(write=False)
        return DatedSequence(name, self, targets, begins, begins, tuple(inner))

    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Nothing by itself: the shocks of the sequence push."""
