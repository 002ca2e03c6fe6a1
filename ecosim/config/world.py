"""The world of a scenario: which countries, how large, and who is in it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator, model_validator

from ecosim.config.schema import Section, parameter
from ecosim.world.names import as_countries

#: Parameters of other sections that say nothing of a world at its own size.
UNREAD_AT_OWN_SIZE: tuple[str, ...] = ("behaviour.work.unfunded_share",)


class OwnSizeConfig(Section):
    """The world ``global``: every country at its own size, and what it is told of pairs of countries."""

    observed_weight: float = parameter(
        0.75, "Weight of what a pair's co-publication differs from gravity in its joint work: 0 gravity and the totals "
        "of countries alone, 1 the observed ratio.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.5, 1.0),
    )  # fmt: skip
    first_year: int = parameter(2015, "First year of the co-publications fed in.", bounds=(2009, 2019))
    last_year: int = parameter(2019, "Last year of them.", bounds=(2009, 2019))
    hidden_fifth: int = parameter(
        0, "Fifth of all pairs, 1 to 5, of which nothing is used but the totals of their countries, to see how well "
        "they are predicted; 0 hides none.",
        bounds=(0, 5),
    )  # fmt: skip
    person_months_per_copublication: float = parameter(
        3.0, "Joint work that a work published in common by two countries stands for.", unit="person-months",
        bounds=(0.1, 100.0), assumed=(2.0, 6.0),
    )  # fmt: skip

    @model_validator(mode="after")
    def _years_in_order(self) -> OwnSizeConfig:
        if self.first_year > self.last_year:
            raise ValueError(f"first_year={self.first_year} lies after last_year={self.last_year}")
        return self


class WorldConfig(Section):
    """Which countries, and how large a sample of their organisations."""

    preset: Literal["classroom", "europe", "global", "synthetic"] = parameter("europe", "Which facts to start from.")
    countries: tuple[str, ...] | None = parameter(
        None,
        "Countries to keep, by code or name, or bloc:NAME; null for all of the preset. The others are left out, "
        "not merged.",
    )
    n_countries: int = parameter(30, "Number of countries of the synthetic world.", bounds=(1, 200))
    scale: float = parameter(
        0.1, "Multiplies organisations, entrants, money and projects; consortium size does not scale.",
        unit="share of the real number", bounds=(0.0005, 20.0),
    )  # fmt: skip
    pool_factor: float = parameter(
        1.0, "Organisations that search, beside those that could have been funded in the reference window, by type.",
        bounds=(0.2, 10.0), assumed=(0.8, 1.6),
        source="1: the estimate of Chao and Lee 1992 from how many were funded once, twice and so on, 2014-2016",
    )  # fmt: skip
    entrants_per_year: float = parameter(
        0.02, "New organisations a year, as a share of those at the start; the pool has its size after the burn-in.",
        unit="share/year", bounds=(0.0, 1.0), assumed=(0.0, 0.05),
        source="the data show no entry beyond the pool (ODD 7.1)",
    )  # fmt: skip
    start: Literal["burn_in", "cordis"] = parameter(
        "burn_in", "A past grown in the burn-in, or the real projects of `world.participations`."
    )
    participations: str | None = parameter(
        None,
        "Participation table (a CORDIS download, or one file) whose projects the run begins with, at `timeline.start`.",
    )

    own_size: OwnSizeConfig = OwnSizeConfig()

    @property
    def fed_in(self) -> tuple[int, int, int]:
        """First and last year of co-publications, and the hidden fifth, of a world at its own size."""
        return self.own_size.first_year, self.own_size.last_year, self.own_size.hidden_fifth

    @property
    def idle(self) -> frozenset[str]:
        """What a world at its own size is told says nothing in the others."""
        return super().idle | (frozenset({"own_size"}) if self.preset != "global" else frozenset())

    @field_validator("countries", mode="before")
    @classmethod
    def _countries_by_code(cls, value: Any) -> Any:
        return as_countries(value)

    @model_validator(mode="after")
    def _start_has_its_table(self) -> WorldConfig:
        if (self.start == "cordis") != (self.participations is not None):
            raise ValueError("world.start=cordis and world.participations=FILE go together")
        return self
