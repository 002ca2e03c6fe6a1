"""What a shock is: targets, dates, severity, and the handles it pushes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator, model_validator

from ecosim.channels.declared import Declared
from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.dates import as_month, month_after, months_between
from ecosim.errors import InputError, nearest_name, shown
from ecosim.shocks.named import NamedCase
from ecosim.shocks.targets import By, Group, check_draw, draw_targets, spread
from ecosim.world.facts import INPUTS, World
from ecosim.world.names import as_countries, countries_named
from ecosim.world.series import COUNTRY_SERIES, WORLD_SERIES, load_series

#: Every shock by the name of its option; filled by the classes themselves.
REGISTRY: dict[str, type[Shock]] = {}

#: Which partnerships a shock puts at risk: those with a member in a country hit, all those paid by the programme, or
#: those whose inputs come from a country hit.
AtRisk = Literal["member_country", "funder", "supplier"]

#: What of a shock has a date: a calendar month under this name, or months under ``NAME_after_months``.
EVENTS = ("announced", "effective")


class Shock(Declared):
    """A disturbance with a date, a severity and declared handles.

    Subclasses set :attr:`kind` (the option's name), :attr:`handles`, :attr:`summary` and :attr:`at_risk`, and write
    :meth:`push`. They touch nothing but the handles they declare; partnerships and outcomes follow.
    """

    registry: ClassVar[dict[str, Any]] = REGISTRY
    #: Which partnerships count as at risk when what was lost is split.
    at_risk: ClassVar[AtRisk] = "member_country"
    #: Whether it is made of shocks of other kinds, which push in its place.
    made_of_others: ClassVar[bool] = False
    #: Whether its push takes a level for each country, (C,), so that it may follow a series by country.
    level_by_country: ClassVar[bool] = False
    #: Named cases whose documented values it can take, by the name that `severity_of` gives.
    cases: ClassVar[Mapping[str, NamedCase]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        cls.one_of("at_risk", cls.at_risk, get_args(AtRisk))
        super().__init_subclass__(**kwargs)

    severity: float = parameter(1.0, "How much of the handle is taken away.", unit="share", bounds=(0.0, 1.0))
    severity_of: str | None = parameter(
        None, "A named case whose documented values it takes, where nothing else is set beside it: docs/CATALOGUE.md "
        "names them; null for none.",
    )  # fmt: skip
    targets: tuple[str, ...] | Literal["drawn", "all"] = parameter(
        "drawn",
        "Countries hit, by code or name, or bloc:NAME for its members; 'drawn' per replicate among countries with 1 % "
        "of participations; or 'all'.",
    )
    drawn: int = parameter(
        1, "How many are drawn, without replacement: countries, or blocs with `group=bloc`; with `group=nearest`, the "
        "one drawn and those nearest to it.", bounds=(1, 1000),
    )  # fmt: skip
    by: By = parameter(
        "even", "What the chances of a draw are in proportion to: 1, the share of participations, or 1 less governance."
    )
    group: Group = parameter(
        "country", "What is drawn: countries, whole blocs, or a country and its politically nearest."
    )
    contagion: float = parameter(
        0.0, "Chance that a country politically at no distance joins one that is hit; each further one joins on its "
        "own, with a chance that falls with distance.", unit="probability", bounds=(0.0, 1.0),
    )  # fmt: skip
    contagion_reach: float = parameter(
        0.5, "Political distance at which the chance of joining has fallen to 37 %.", unit="UN ideal-point units",
        bounds=(0.01, 100.0), assumed=(0.2, 1.0),
    )  # fmt: skip
    announced: str | None = parameter(
        None, "Calendar month of the announcement (YYYY-MM, or a day), in place of `announced_after_months`; a draw of "
        "the calm window does not move it.",
    )  # fmt: skip
    effective: str | None = parameter(
        None, "Calendar month from which it is in effect (YYYY-MM, or a day), in place of `effective_after_months`."
    )
    announced_after_months: int = parameter(
        0, "Months from the end of the calm window to the announcement.", unit="months", bounds=(0, 600)
    )
    effective_after_months: int | None = parameter(
        0, "Months from announcement to effect; null for a threat never carried out.", unit="months", bounds=(0, 600)
    )
    duration_months: int | None = parameter(None, "Months in force; null to the end.", unit="months", bounds=(1, 6000))
    profile: Literal["step", "ramp", "decay"] = parameter(
        "step", "At once; growing over `profile_months`; or fading with half-life `profile_months`."
    )
    profile_months: int = parameter(12, "Time scale of ramp or decay.", unit="months", bounds=(1, 600))
    follows: Literal["supply_chain_pressure", "geopolitical_risk", "travel_controls"] | None = parameter(
        None, "Series of the data that its level follows month by month, in place of a profile: severity is reached "
        "where the series is at its highest on record, and nothing is left where it is at rest; null for none.",
    )  # fmt: skip
    follows_from: str | None = parameter(
        None, "Month of the series (YYYY-MM) that its first month in effect stands for; null for the month that "
        "`effective` names.",
    )  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _as_in_case(cls, values: Any) -> Any:
        name = values.get("severity_of") if isinstance(values, dict) else None
        return {**cls.cases[name].values, **values} if isinstance(name, str) and name in cls.cases else values

    @field_validator("severity_of")
    @classmethod
    def _case_is_known(cls, name: str | None) -> str | None:
        if name is not None and name not in cls.cases:
            near = nearest_name(name, cls.cases)
            raise ValueError(
                f"no such case of {cls.kind}; allowed: {', '.join(['null', *cls.cases])}"
                + (f"; did you mean {near}?" if near else "")
            )
        return name

    @field_validator("targets", mode="before")
    @classmethod
    def _targets_by_code(cls, value: Any) -> Any:
        return as_countries(value, "drawn", "all")

    @model_validator(mode="before")
    @classmethod
    def _dates_in_one_way(cls, values: Any) -> Any:
        """Let a date stand in place of months; months that somebody chose beside it contradict it."""
        if not isinstance(values, dict):
            return values
        kept = dict(values)
        for event in EVENTS:
            months = f"{event}_after_months"
            if kept.get(event) is None or months not in kept:
                continue
            given = kept.pop(months)
            # what an option sets, and what a saved scenario holds of its own accord, nobody chose
            default = cls.model_fields[months].default
            if given is None or given not in [default, cls.option.get(months, default)]:
                raise ValueError(f"{event}={shown(kept[event])} and {months}={shown(given)} are both given; "
                                 "allowed: one of them")  # fmt: skip
        return kept

    @field_validator("follows")
    @classmethod
    def _series_fits(cls, name: str | None) -> str | None:
        if name in COUNTRY_SERIES and not cls.level_by_country:
            raise ValueError(f"is a series by country, which {cls.kind} cannot follow; "
                             f"allowed: null, {', '.join(WORLD_SERIES)}")  # fmt: skip
        return name

    @field_validator("announced", "effective", "follows_from", mode="before")
    @classmethod
    def _dates_are_months(cls, value: Any) -> Any:
        return as_month(value)

    @property
    def idle(self) -> frozenset[str]:
        """How far contagion reaches says nothing where there is none; what a named case sets is known, not drawn."""
        documented = frozenset() if self.severity_of is None else frozenset(self.cases[self.severity_of].values)
        return super().idle | documented | (frozenset({"contagion_reach"}) if self.contagion == 0.0 else frozenset())

    def level(self, months_since_effective: int) -> float:
        """Severity in force, 0 before the effective month, with the profile applied."""
        t = months_since_effective
        if t < 0 or (self.duration_months is not None and t >= self.duration_months):
            return 0.0
        if self.follows is not None:
            return self.severity * load_series(self.follows).share(self._month_of_series(t))
        if self.profile == "ramp":
            return self.severity * min(1.0, (t + 1) / self.profile_months)
        if self.profile == "decay":
            # here, for the schema of a shock is read without compiled code
            from ecosim.numerics import half_to

            return self.severity * half_to(t / self.profile_months)
        return self.severity

    def levels(self, months_since_effective: int, world: World) -> float | NDArray[np.float64]:
        """What :meth:`push` is handed: the level, or (C,) that of each country where it follows a series by country."""
        level = self.level(months_since_effective)
        if level == 0.0 or self.follows not in COUNTRY_SERIES:
            return level
        month = self._month_of_series(months_since_effective)
        return self.severity * load_series(self.follows).shares(month, world.countries)

    def _month_of_series(self, months_since_effective: int) -> str:
        first = self.follows_from or self.effective
        if first is None:
            raise ValueError(f"{self.kind} follows {self.follows}: say from which of its months on")
        return month_after(first, months_since_effective)

    def months(self, name: str, calm_end_month: int, start: str | None) -> tuple[int, int | None]:
        """Months of the run in which it is announced and takes effect; None for a threat never carried out.

        Parameters
        ----------
        name : str
            Its key in the scenario.
        calm_end_month : int
            First month after the calm window, from which months count.
        start : str or None
            First month of the run (YYYY-MM), from which dates count.

        Raises
        ------
        InputError
            If a date lies before the run, or the effect before the announcement.
        """
        if start is None and (self.announced or self.effective):
            raise ValueError(f"shocks.{name} has dates: say in which month the run starts")
        announcement = calm_end_month + self.announced_after_months
        if self.announced is not None and start is not None:
            announcement = months_between(start, self.announced)
            if announcement < 0:
                raise InputError(f"shocks.{name}.announced", self.announced, f"{start} or later",
                                 problem="lies before the run")  # fmt: skip
        if self.effective is None or start is None:
            after = self.effective_after_months
            return announcement, None if after is None else announcement + after
        effective = months_between(start, self.effective)
        if effective < announcement:
            drawn = "" if self.announced else f" (or shocks.{name}.announced: a date of its own)"
            raise InputError(
                f"shocks.{name}.effective", self.effective, f"{month_after(start, announcement)} or later{drawn}",
                problem="lies before the announcement",
            )  # fmt: skip
        return announcement, effective

    def check(self, name: str, world: World) -> None:
        """Refuse targets this world does not have, before anything runs.

        Parameters
        ----------
        name : str
            Its key in the scenario.
        world : World
            Facts.

        Raises
        ------
        InputError
            If a target is unknown or the aggregated rest, if more shall be drawn than may be, or if a setting has no
            meaning beside the targets.
        """
        key = f"shocks.{name}"
        self._check_series(key)
        if self.targets == "drawn":
            check_draw(key, world, self.drawn, self.by, self.group)
            return
        for setting in ("drawn", "by", "group"):
            value = getattr(self, setting)
            if value != type(self).model_fields[setting].default:
                raise InputError(
                    f"{key}.{setting}", value, f"only with {key}.targets=drawn",
                    problem=f"nothing is drawn with targets={shown(self.targets)}",
                )  # fmt: skip
        if self.targets == "all" and self.contagion > 0.0:
            raise InputError(f"{key}.contagion", self.contagion, "0", problem="nobody is left to join targets=all")
        self.named_targets(name, world)

    def _check_series(self, key: str) -> None:
        """Refuse a series without a month to begin with, or beside what says the same in another way."""
        if self.follows is None:
            if self.follows_from is not None:
                raise InputError(f"{key}.follows_from", self.follows_from, f"only with {key}.follows",
                                 problem="says nothing where no series is followed")  # fmt: skip
            return
        if self.profile != "step":
            raise InputError(f"{key}.profile", self.profile, "step", problem=f"stands beside follows={self.follows}")
        first = self.follows_from or self.effective
        months = load_series(self.follows)
        last = month_after(months.first_month, len(months.world) - 1)
        allowed = f"a month from {months.first_month} to {last}"
        if first is None:
            raise InputError(f"{key}.follows_from", "null", allowed, problem=f"is needed with follows={self.follows}")
        if months.place(first) is None:
            which = "follows_from" if self.follows_from else "effective"
            raise InputError(f"{key}.{which}", first, allowed, problem=f"is no month of {self.follows}")

    def named_targets(self, name: str, world: World) -> NDArray[np.bool_]:
        """(C,): the countries it names, or all of them."""
        if self.targets == "all":
            return np.ones(world.n_countries, dtype=np.bool_)
        # The rest of the world is a remainder, not a country that anything happens to as one.
        codes = countries_named(
            f"shocks.{name}.targets", self.targets, world, words=("drawn", "all"), rest=False
        )  # fmt: skip
        return np.isin(np.array(world.countries), codes)

    def flows_hit(self, world: World, targets: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(I, C, C): flows of inputs it can take, by kind, user and supplier; read where suppliers are what is at risk.

        By default all kinds, from the targets to everybody else.
        """
        n = world.n_countries
        return np.broadcast_to(targets[None, :] & ~np.eye(n, dtype=np.bool_), (len(INPUTS), n, n))

    def doubt(self, months_announced: int, months_over: int | None) -> float:
        """How far belief has fallen, 0 to 1: all the way as long as the announcement stands, and not after it.

        Parameters
        ----------
        months_announced : int
            Months for which the announcement stands or stood, the present one included.
        months_over : int or None
            Months since it was withdrawn or the shock ended; None while it stands.
        """
        return 1.0 if months_over is None else 0.0

    def dated(
        self, name: str, world: World, calm_end_month: int, draw: Callable[[str], float], start: str | None
    ) -> DatedShock:
        """The shock with its targets drawn and its months fixed; see :func:`date_shock`."""
        if self.targets == "drawn":
            targets = draw_targets(name, world, self.drawn, self.by, self.group, draw)
        else:
            targets = self.named_targets(name, world)
        targets = spread(name, world, targets, self.contagion, self.contagion_reach, draw)
        targets.setflags(write=False)
        announcement, effective = self.months(name, calm_end_month, start)
        return DatedShock(name, self, targets, announcement, effective)

    @abstractmethod
    def push(self, handles: Handles, world: World, targets: NDArray[np.bool_], level: float, doubt: float) -> None:
        """Make the declared handles worse, in place.

        Parameters
        ----------
        handles : Handles
            This month's handles, already rebuilt from the base.
        world : World
            Facts.
        targets : ndarray of bool, shape (C,)
            Countries hit.
        level : float
            Severity in force, 0 before the effective date. Of a shock with :attr:`level_by_country` it may be an array
            of shape (C,).
        doubt : float
            How far belief has fallen since the announcement, 0 to 1 (:meth:`doubt`): 0 before it, above 0 as long as it
            stands, and back at 0 some time after.
        """


@dataclass(frozen=True, eq=False)
class DatedShock:
    """A shock with its targets drawn and its months fixed, ready to act in one run."""

    name: str
    shock: Shock
    targets: NDArray[np.bool_]
    announcement_month: int
    effective_month: int | None

    def state_in(self, month: int) -> tuple[float, bool]:
        """Level in force and whether the announcement stands, in a month."""
        if month < self.announcement_month:
            return 0.0, False
        if self.effective_month is None:
            return 0.0, self.shock.duration_months is None or (
                month < self.announcement_month + self.shock.duration_months
            )
        since = month - self.effective_month
        ended = self.shock.duration_months is not None and since >= self.shock.duration_months
        return self.shock.level(since), not ended

    @property
    def handles(self) -> frozenset[str]:
        """Names of the handles it may change."""
        return self.shock.handles

    @property
    def parts(self) -> tuple[DatedShock, ...]:
        """What is announced one by one: itself, or the shocks of a sequence."""
        return (self,)

    @property
    def end_month(self) -> int | None:
        """First month in which it is over, or withdrawn; None if it stays to the end."""
        if self.shock.duration_months is None:
            return None
        begins = self.announcement_month if self.effective_month is None else self.effective_month
        return begins + self.shock.duration_months

    def doubt_in(self, month: int) -> float:
        """How far belief has fallen in a month: a function of its dates alone, so that forks and twins agree."""
        end = self.end_month
        if month < self.announcement_month:
            return 0.0
        if end is None or month < end:
            return self.shock.doubt(month - self.announcement_month + 1, None)
        return self.shock.doubt(end - self.announcement_month, month - end)

    def inputs_in(self, month: int) -> tuple[float, ...]:
        """Level in force and doubt in a month: the only inputs of :meth:`Shock.push` that vary.

        Where the level is that of each country, the month of the series stands for it.
        """
        level, doubt = self.state_in(month)[0], self.doubt_in(month)
        by_country = level > 0.0 and self.shock.follows in COUNTRY_SERIES
        return (level, doubt, float(month)) if by_country else (level, doubt)

    def push(self, handles: Handles, world: World, month: int) -> None:
        """Apply the shock to this month's handles."""
        level, doubt = self.inputs_in(month)[:2]
        if doubt > 0.0 or level > 0.0:
            since = 0 if self.effective_month is None else month - self.effective_month
            of_each = self.shock.levels(since, world) if level > 0.0 else 0.0
            # only a shock that says it takes levels by country is handed any
            self.shock.push(handles, world, self.targets, of_each, doubt)  # type: ignore[arg-type]


def dated_twice(settings: Mapping[str, Any]) -> str | None:
    """The event that settings date in both ways, by a month of the calendar and by months; None where there is none."""
    return next(
        (name for name in EVENTS if settings.get(name) is not None and f"{name}_after_months" in settings), None
    )  # fmt: skip


def branch_month(dated: Sequence[DatedShock], calm_end_month: int) -> int:
    """First month in which a world under shocks may differ from its twin.

    The end of the calm window; where shocks have calendar dates, the first of these, if it is earlier or no shock
    counts from the window.
    """
    by_date = [shock.announcement_month for shock in dated if shock.shock.announced is not None]
    if len(by_date) < len(dated) or not dated:
        by_date.append(calm_end_month)
    return min(by_date)


def date_shock(
    name: str, shock: Shock, world: World, calm_end_month: int, draw: Callable[[str], float], start: str | None = None
) -> DatedShock:
    """Fix a shock's targets and months for one replicate.

    Parameters
    ----------
    name : str
        Its key in the scenario; two shocks of one kind under two names draw apart.
    shock : Shock
        What the scenario says.
    world : World
        Facts.
    calm_end_month : int
        First month after the calm window.
    draw : callable
        Maps a string key to a uniform number in [0, 1) that depends on the replicate's seed and the key alone, so
        every policy meets the same targets.
    start : str, optional
        First month of the run (YYYY-MM); needed by shocks with calendar dates.
    """
    shock.check(name, world)
    return shock.dated(name, world, calm_end_month, draw, start)
