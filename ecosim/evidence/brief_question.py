"""What a brief is asked: which country, how closely, and which breaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import field_validator

from ecosim.config.schema import Section, parameter
from ecosim.lab.compose import Request

if TYPE_CHECKING:
    from ecosim.world.facts import World


class BriefConfig(Section):
    """Which country, and how closely it is looked at."""

    country: str = parameter("", "Country the brief is about, by code or name.")
    focus: str = parameter("", "Country whose own losses and gains stand beside; alone, the one the brief is about.")
    replicates: int = parameter(12, "Simulated histories; each meets every break.", bounds=(2, 10_000))
    partners: int = parameter(
        5, "Main partners with which a rupture is tried, where no break is named.", bounds=(1, 100)
    )
    blocs: tuple[str, ...] = parameter(
        (), "Blocs (as in bloc:NAME) with whose other members a rupture is tried beside those with partners."
    )
    own_eur: float = parameter(
        0.0, "New money of the country's own from the month of the breaks on, whose worth is tried; 0: none.",
        unit="EUR/month", bounds=(0.0, 1e9),
    )  # fmt: skip
    own_policy: str = parameter("balanced", "Policy whose levers that money buys.")

    @field_validator("blocs", mode="before")
    @classmethod
    def _one_bloc_is_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


@dataclass(frozen=True)
class Question:
    """A brief asked for, checked."""

    request: Request
    settings: BriefConfig
    world: World
    #: Position of the country in the world.
    country: int
    #: Position of the country whose own losses stand beside; the same unless another was named.
    focus: int
    #: Breaks that were named: label -> positions of the countries with which relations break at once.
    named: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    #: Programme -> what is simulated under it, where two stand side by side; the first is that of ``request``.
    programmes: Mapping[str, Request] = field(default_factory=dict)
    #: Shares of the levers that money of its own buys; none where it is not tried.
    levers: Mapping[str, float] = field(default_factory=dict)
