"""The funding programme and its money: the two levers of the title."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from ecosim.config.schema import Section, parameter
from ecosim.errors import InputError
from ecosim.world.names import as_countries

#: Most countries or blocs that a rule may name; more than there are, and no more than a consortium's row can hold.
_MOST_SPAN = 1000
#: Most times its usual amount that a programme may have in a year.
_MOST_RATIO = 100.0


class ProgrammeConfig(Section):
    """The funding programme, with the two levers: diversified programmes and staggered funding."""

    countries_per_consortium: tuple[int, int] | None = parameter(
        None, "Fewest and most countries in a consortium; null for the observed mix."
    )
    blocs_per_consortium: tuple[int, int] | None = parameter(
        None, "Fewest and most political blocs in a consortium; null for no rule."
    )
    portfolio_evenness: float = parameter(
        0.0, "Weight in evaluation against countries that already hold a large share of the portfolio.",
        bounds=(0.0, 10.0),
    )  # fmt: skip
    months_between_calls: Annotated[int, Field(ge=1, le=84)] | Literal["observed"] = parameter(
        "observed", "Months from one call to the next, the first drawn within them; 'observed' lets work start when "
        "it does in the data.",
        unit="months",
    )  # fmt: skip
    consortia_by_year: bool = parameter(
        True,
        "Whether calls ask for consortia like those that started in the same calendar year, where these were "
        "observed; for those of all years otherwise.",
    )
    prefinancing: float = parameter(
        0.4, "Share of the grant paid when work starts.", unit="share", bounds=(0.0, 1.0),
        source="order of magnitude of Horizon 2020; the Commission's programme rules",
    )  # fmt: skip
    tranches: int = parameter(2, "Payments after the first; the rest is divided equally.", bounds=(0, 24))
    tranche_rule: Literal["calendar", "milestone"] = parameter(
        "calendar", "Tranches fall due at equal intervals, or when that share of the work is done."
    )
    reallocate: bool = parameter(False, "Money freed by failed or withdrawn work returns to later calls.")
    time_to_grant_months: int = parameter(
        8, "Months from a call's deadline to the first possible start.", unit="months", bounds=(0, 36),
        source="about 8 months in Horizon 2020 (Commission monitoring; order of magnitude)",
    )  # fmt: skip
    applications_per_award: float = parameter(
        7.0, "Proposals written per proposal that the budget can fund, at full expectation.", bounds=(1.0, 50.0),
        source="about one proposal in seven funded in Horizon 2020 (order of magnitude)",
    )  # fmt: skip
    evaluation_noise: float = parameter(
        1.0, "Standard deviation of evaluation error, in standard deviations of ideas.", bounds=(0.0, 20.0),
        assumed=(0.5, 2.0),
        source="reliability of panels .5 with twelve reviewers, .2 with three to five (Forscher et al. 2019)",
    )  # fmt: skip
    payment_delay_months: float = parameter(
        2.0, "Mean delay of a tranche after it falls due.", unit="months", bounds=(0.0, 24.0), assumed=(0.5, 5.0)
    )
    capability_weight: float = parameter(
        0.5, "Weight of the members' mean capability in a proposal's quality.", bounds=(0.0, 10.0),
        assumed=(0.2, 1.5),
    )  # fmt: skip
    fit_weight: float = parameter(
        0.5, "Weight in a proposal's quality of how well the members' knowledge fits its topic (0 to 1).",
        bounds=(0.0, 10.0), assumed=(0.0, 1.0), source="sign: Nooteboom et al. 2007 (inverted U of distance)",
    )  # fmt: skip
    experience_weight: float = parameter(
        0.3, "Weight of the lead's experience (logarithm) in a proposal's quality.", bounds=(0.0, 10.0),
        assumed=(0.0, 1.0), source="sign: Enger and Castellacci 2016; Enger 2018",
    )  # fmt: skip
    appropriation_by_year: dict[int, float] = parameter(
        {}, "The programme's new money in calendar years, beside its usual amount: {2014: 0.6, 2020: 1.4}; 1 in years "
        "that are not named. What other funders take from the programme follows the same path.", unit="ratio",
    )  # fmt: skip
    call_cost_eur: float = parameter(
        200_000.0, "Cost to the funder of running one call, at full scale.", unit="EUR", bounds=(0.0, 1e9),
        assumed=(5e4, 1e6), prior="log_uniform",
    )  # fmt: skip
    evaluation_cost_eur: float = parameter(
        3_000.0, "Cost to the funder of evaluating one proposal.", unit="EUR", bounds=(0.0, 1e7),
        assumed=(1e3, 1e4), prior="log_uniform",
    )  # fmt: skip
    payment_cost_eur: float = parameter(
        500.0, "Cost to the funder of one payment to one partnership.", unit="EUR", bounds=(0.0, 1e7),
        assumed=(1e2, 5e3), prior="log_uniform",
    )  # fmt: skip
    proposal_person_months: float = parameter(
        0.5, "Work of one member on one proposal, lost when it is not funded.", unit="person-months",
        bounds=(0.0, 24.0), assumed=(0.2, 1.5),
    )  # fmt: skip

    @model_validator(mode="after")
    def _payments_add_up(self) -> ProgrammeConfig:
        if self.tranches == 0 and self.prefinancing < 1.0:
            raise ValueError("prefinancing below 1 needs at least one tranche; set programme.tranches to 1 or more")
        for name in ("countries_per_consortium", "blocs_per_consortium"):
            span = getattr(self, name)
            if span is not None and not 1 <= span[0] <= span[1] <= _MOST_SPAN:
                raise ValueError(f"{name} must be [fewest, most] with 1 <= fewest <= most <= {_MOST_SPAN}")
        return self

    @field_validator("appropriation_by_year")
    @classmethod
    def _years_and_ratios(cls, value: dict[int, float]) -> dict[int, float]:
        for year, ratio in value.items():
            if not 1900 <= year <= 2200:
                raise ValueError(f"{year} is no year of a run; allowed: years from 1900 to 2200, such as {{2014: 0.6}}")
            if not 0.0 <= ratio <= _MOST_RATIO:
                raise ValueError(f"{ratio:g} in {year} is out of range; allowed: numbers from 0 to {_MOST_RATIO:g}")
        return dict(sorted(value.items()))

    @property
    def gap_months(self) -> int:
        """Longest time between two calls; the observed calendar may open one in any month."""
        return 1 if self.months_between_calls == "observed" else self.months_between_calls


class PolicyConfig(Section):
    """Who pays how much, and whether governments and funders react."""

    appropriation_eur_per_month: float | None = parameter(
        None, "Money appropriated to the programme a month at full scale, for grants, calls, payments and "
        "instruments together, what other funders take from it included; null for what the programme committed in "
        "the reference window.",
        unit="EUR/month", bounds=(0.0, 1e12),
    )  # fmt: skip
    levers: dict[str, float] = parameter(
        {}, "Instruments that share the money of levers, each with its share of it; shares add up to 1. Empty, or "
        "all 0: all public money buys grants, but for what instruments chosen one by one cost.", unit="share",
    )  # fmt: skip
    levers_share: float = parameter(
        0.04, "Share of the appropriation that levers have together where policy.levers names any; it is taken from "
        "grants.", unit="share", bounds=(0.0, 0.9),
    )  # fmt: skip
    actor: tuple[str, ...] | Literal["all"] = parameter(
        "all", "Governments that move their own budget to levers: of the appropriation, the part they pay by GDP. The "
        "others' stays with grants. 'all': all do.",
    )  # fmt: skip
    additional_eur: float = parameter(
        0.0, "New public money a month at full scale, beside the appropriation: for the levers, or for grants where "
        "policy.levers names none. A policy with new money has no equal budget with one without.",
        unit="EUR/month", bounds=(0.0, 1e9),
    )  # fmt: skip
    calendars: Literal["as_each_says", "staggered", "aligned"] = parameter(
        "as_each_says", "When funders call: as each entry's own `calendar` says; all staggered, the programme among "
        "them, one after another; or all in step with the one whose calls are rarest.",
    )  # fmt: skip
    start: str | None = parameter(
        None, "Month the programme's rules start (YYYY-MM), under the reference programme before; null from the first."
    )

    @field_validator("actor", mode="before")
    @classmethod
    def _actors_by_code(cls, value: Any) -> Any:
        return as_countries(value, "all")

    @field_validator("actor")
    @classmethod
    def _some_actor(cls, value: Any) -> Any:
        if not value:
            raise ValueError("names nobody; allowed: countries, or all")
        return value

    @field_validator("levers")
    @classmethod
    def _shares_add_up(cls, value: dict[str, float]) -> dict[str, float]:
        for name, share in value.items():
            if not 0.0 <= share <= 1.0:
                raise ValueError(f"the share of {name} is {share:g}; allowed: shares from 0 to 1")
        total = math.fsum(value.values())
        if total > 0.0 and abs(total - 1.0) > 1e-6:
            raise ValueError(f"shares add up to {total:g}; allowed: shares that add up to 1, such as "
                             "{visa_facilitation: 0.7, matchmaking: 0.3}")  # fmt: skip
        return dict(sorted(value.items()))

    @model_validator(mode="after")
    def _somebody_acts_on_something(self) -> PolicyConfig:
        if self.actor != "all" and not any(self.levers.values()):
            raise InputError(
                "policy.actor", self.actor, "policy.levers, or a policy that has some (ecosim list policy)",
                problem="says nothing where policy.levers names no instrument",
            )  # fmt: skip
        return self
