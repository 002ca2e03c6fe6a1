"""What funders of pilots and of scale-up share."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import field_validator

from ecosim.config.schema import parameter
from ecosim.funders.base import AnyFunder, Purse
from ecosim.world.facts import World
from ecosim.world.names import as_countries, countries_named, country_mask


class StageFunder(AnyFunder):
    """A funder of what comes after research: it opens no calls, and chooses among technologies every month.

    Subclasses set :attr:`stages` and :attr:`pays` beside what every kind sets. Needs ``mechanisms.stages``.
    """

    #: What it gives: a grant (for pilots), a loan, or money for a share in the firm.
    pays: ClassVar[Literal["grant", "loan", "equity"]]

    countries: tuple[str, ...] | Literal["all"] = parameter(
        "all", "Countries it is at home in, by code or name, or bloc:NAME; or 'all'."
    )
    monthly_eur: float = parameter(5e6, "Money a month at full scale.", unit="EUR/month", bounds=(0.0, 1e10))

    @field_validator("countries", mode="before")
    @classmethod
    def _countries_by_code(cls, value: Any) -> Any:
        return as_countries(value, "all")

    def check(self, name: str, world: World) -> None:
        """Refuse countries that this world does not have."""
        if self.countries != "all":
            countries_named(f"funders.{name}.countries", self.countries, world, words=("all",))

    def purses(self, world: World) -> list[Purse]:
        """One purse, all of it public."""
        return [Purse(country_mask(self.countries, world) & world.named, self.monthly_eur)]
