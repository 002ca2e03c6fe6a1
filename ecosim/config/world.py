"""The world of a scenario: which countries, how large, and who is in it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator, model_validator

from ecosim.config.schema import Section, parameter
from ecosim.world.names import as_countries


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
        1.0, "Organisations that search, beside those that could have been funded in the reference window by their type.",
        bounds=(0.2, 10.0), assumed=(0.8, 1.6),
        source="Chao 1987 from how many were funded once and twice: a lower bound",
    )  # fmt: skip
    entrants_per_year: float = parameter(
        0.02, "New organisations a year, as a share of the pool at the start.", unit="share/year", bounds=(0.0, 1.0),
        assumed=(0.03, 0.15),
    )  # fmt: skip
    start: Literal["burn_in", "cordis"] = parameter(
        "burn_in", "A past grown in the burn-in, or the real projects of `world.participations`."
    )
    participations: str | None = parameter(
        None,
        "Participation table (a CORDIS download, or one file) whose projects the run begins with, at `timeline.start`.",
    )

    @field_validator("countries", mode="before")
    @classmethod
    def _countries_by_code(cls, value: Any) -> Any:
        return as_countries(value)

    @model_validator(mode="after")
    def _start_has_its_table(self) -> WorldConfig:
        if (self.start == "cordis") != (self.participations is not None):
            raise ValueError("world.start=cordis and world.participations=FILE go together")
        return self
