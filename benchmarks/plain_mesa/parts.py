"""What organisations of the yardstick make together, and who pays for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import mesa

from benchmarks.plain_mesa.supplies import Site
from ecosim.config.programme import ProgrammeConfig
from ecosim.tables import WORKING


class Shape(NamedTuple):
    """What a consortium is to be like."""

    size: int
    countries: int
    months: int
    grant_cents: int
    #: Members by type; None where any may join.
    types: list[int] | None
    #: Chance that it grows out of an earlier one.
    core_chance: float
    #: Chance that it is put together with another of the month.
    sibling_chance: float
    #: Members that come from either.
    core_members: int
    #: The circle of consortia it is one of; 0 none.
    circle: int


@dataclass(slots=True, eq=False)
class Draft:
    """A consortium being put together."""

    lead: mesa.Agent
    sector: int
    topic: float
    size: int
    members: list[mesa.Agent]
    countries: set[int]
    asks: int
    #: Who is to pay, and by whose rules who may be funded; None for unfunded work.
    funder: PlainFunder | None
    #: Whoever accepts is bound at once; a proposal binds nobody yet.
    binding: bool
    countries_wanted: int = 0
    #: Seats still open by type; None where any may have all of them.
    open_types: list[int] | None = None
    core: Partnership | None = None
    #: The type of most members of the consortium it is like, and that one's chances.
    kind: int = 0
    core_chance: float = 0.0
    sibling_chance: float = 0.0
    circle: int = 0
    #: The proposal of the month together with which it is put together.
    elder: Draft | None = None
    #: Seats beside the lead's that are filled before any other, from its core if it has one.
    core_seats: int = 0
    duration_months: int = 0
    grant_cents: int = 0
    vacancy: tuple[Partnership, Seat] | None = None
    invited: mesa.Agent | None = None
    accepted: bool = False
    #: Quality of idea and lead, which stays with the work; of these and the members; and as evaluators see it.
    idea: float = 0.0
    quality: float = 0.0
    score: float = 0.0

    @property
    def plan(self) -> Draft:
        """The proposal whose idea it shares: its elder, or itself."""
        return self.elder or self

    @property
    def funded(self) -> bool:
        """Whether somebody is to pay."""
        return self.funder is not None

    def looking(self) -> bool:
        """Whether seats are free and the lead has not given up."""
        return len(self.members) < self.size and self.asks > 0


@dataclass(slots=True, eq=False)
class Seat:
    """A seat in a partnership."""

    organisation: mesa.Agent | None
    #: Of whoever holds or last held it.
    country: int
    #: When its state began, and when its member joined.
    since_month: int
    joined_month: int
    #: How well the member's knowledge fits the topic.
    fit: float
    #: Contracted a month.
    person_months: float = 0.0
    grant_cents: int = 0
    state: int = WORKING
    available_month: int = 0
    leaves_month: float = math.inf
    advanced_cents: int = 0
    effort: float = 0.0
    work_now: float = 0.0


@dataclass(slots=True, eq=False)
class Partnership:
    """A consortium at work."""

    funder: PlainFunder | None
    sector: int
    topic: float
    seats: list[Seat]
    proposed_month: int
    start_month: int
    planned_months: int
    status: int
    #: Countries in the consortium at the start, and mean trust among its members.
    countries: int
    trust: float
    #: Quality at the award, and the part of it that does not depend on who works.
    quality: float
    idea: float
    #: Share of work that is left after coordination.
    productive: float
    #: The type of most of its members as it was founded.
    kind: int = 0
    #: Chance that others like it grow out of an earlier one, and how many of its first seats are its core.
    grown_from: float = 0.0
    core_seats: int = 0
    circle: int = 0
    #: Consortia before it out of which it grew, one after another.
    generation: int = 0
    planned_effort: float = 0.0
    fails_month: float = math.inf
    grant_cents: int = 0
    lead_seat: int = 0
    sites: list[Site] = field(default_factory=list)
    paid_cents: int = 0
    spent_cents: int = 0
    due_cents: int = 0
    payments: int = 0
    next_payment_month: float = 0
    progress: float = 0.0
    #: Person-months of work so far.
    effort: float = 0.0
    stalled_months: int = 0
    pilot_open: bool = False
    working: int = 0
    working_countries: int = 0
    work_now: float = 0.0
    output_now: float = 0.0
    overhead_now: float = 0.0

    @property
    def funded(self) -> bool:
        """Whether somebody pays."""
        return self.funder is not None

    @property
    def lead(self) -> Seat:
        """The lead's seat."""
        return self.seats[self.lead_seat]


class Pool:
    """Organisations of one country, sector and type, found by size times knowledge or by chance."""

    def __init__(self) -> None:
        self.organisations: list[mesa.Agent] = []
        #: Running sums of the knowledge shares, and of these times size.
        self.shares: list[float] = []
        self.weights: list[float] = []

    def add(self, organisation: mesa.Agent, share: float) -> None:
        """Append an organisation that has arrived."""
        for sums, more in ((self.shares, share), (self.weights, organisation.size * share)):
            sums.append((sums[-1] if sums else 0.0) + more)
        self.organisations.append(organisation)


# ---- who pays


class Called(NamedTuple):
    """Consortia that calls ask for."""

    #: Observed consortia that a lead may propose, by sector and its type.
    shapes: list[list[list[Shape]]]
    #: By sector.
    mean_grant_cents: list[float]


@dataclass(slots=True, eq=False)
class PlainTerms:
    """The terms of one funder, or of many alike: rules, consortia it calls for, and whom it may pay."""

    rules: ProgrammeConfig
    #: Whether it pays for research, with calls.
    of_research: bool
    #: What its calls ask for: in years whose starts were observed, and in others.
    in_year: dict[int, Called]
    in_others: Called
    #: What it may promise ahead of its appropriation.
    ahead_cents: int
    #: Country-level tables, as nested lists.
    look: list[list[list[float]]]
    eligibility: list[list[float]]
    staying: list[list[float]]
    staying_alone: list[float]
    #: By country: its number to which leads from there apply; -1 where they may not.
    funder_of: list[int]

    def called_for(self, year: int) -> Called:
        """What calls ask for whose work starts in a calendar year."""
        return self.in_year.get(year, self.in_others) if self.rules.consortia_by_year else self.in_others


@dataclass(slots=True, eq=False)
class PlainFunder:
    """One funder: its money and its calls."""

    terms: PlainTerms
    appropriation_cents: int
    first_call_month: int
    envelopes: list[int]
    unspent_cents: int = 0
    owed_cents: int = 0
