"""Every parameter and every switch changes something: one that no run can feel has no place in the schema."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from ecosim.catalogue.cards import preset_of
from ecosim.instruments import REGISTRY as INSTRUMENT_KINDS
from ecosim.model import Ecosystem
from ecosim.scenario import Scenario
from ecosim.shocks import REGISTRY as SHOCK_KINDS
from ecosim.shocks.base import EVENTS
from tests.models import INSTRUMENTS, SHOCKS, SMALL, Outcomes, departs, outcomes, to_the_end

#: Everything happens: six shocks, instruments of each kind, members who leave, suppliers who are lost for good.
BUSY: dict[str, Any] = {
    **SMALL,
    "world.preset": "global",
    # A sanctioned country, and two of one bloc without an adequacy decision.
    "world.countries": ["CHE", "DEU", "ESP", "GBR", "USA", "AUS", "IRN"],
    "world.scale": 0.015,
    "timeline.response_months": 60,
    "shocks": {
        **{kind: SHOCKS[kind] for kind in ("programme_exclusion", "supplier_loss", "war")},
        "diplomatic_rupture": {"targets": ["GBR"], "severity": 0.8, "duration_months": 14},
        "input_chokepoint": {"targets": "all", "inputs": ["cloud"], "duration_months": 20},
        "funder_withdrawal": {"severity": 0.5, "announced_after_months": 6, "duration_months": 12},
    },
    "instruments": {
        **INSTRUMENTS,
        "bilateral_cofinancing": {"monthly_eur": 4e6, "senders": ["DEU", "ESP"], "hosts": ["CHE", "USA"]},
        "parallel_pilots": {"monthly_eur": 8e6},
    },
    "behaviour.work.failure_hazard": 0.005,
    "behaviour.work.member_withdrawal_hazard": 0.004,
    "behaviour.work.bridging_months": 1.0,
    "programme.payment_delay_months": 4.0,
}

_SEEN: dict[str, Outcomes] = {}


def result(scenario: dict[str, Any]) -> Outcomes:
    """All monthly outcomes beside :data:`BUSY`; a scenario is run once."""
    key = repr(sorted(scenario.items()))
    if key not in _SEEN:
        _SEEN[key] = outcomes(to_the_end(Ecosystem(**{**BUSY, **scenario})))
    return _SEEN[key]


def differ(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether some outcome of two scenarios differs in some month."""
    model = Ecosystem(**{**BUSY, **other})
    reference = result(one)
    return model.config.calendar.months != len(reference.rows) or departs(model, reference)


def leaves(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Dotted key, field and value of every parameter."""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from leaves(value, f"{prefix}{name}.")
        elif not isinstance(value, dict):
            yield f"{prefix}{name}", field, value


def other_values(field: Any, value: Any) -> list[Any]:
    """The ends of a parameter's plausible range, the one further from its value first."""
    if isinstance(value, bool):
        return [not value]
    ends = (field.json_schema_extra or {}).get("range")
    if ends is None:
        bounds = {type(rule).__name__: getattr(rule, type(rule).__name__.lower()) for rule in field.metadata}
        ends = [bounds.get("Ge"), bounds.get("Le")]
    ends = [end for end in ends if end is not None and np.isfinite(end)]
    if isinstance(value, tuple):
        return [tuple(end if n == 0 else item for n, item in enumerate(value)) for end in ends]
    if not isinstance(value, int | float):
        return []
    return [type(value)(end) for end in sorted(ends, key=lambda end: -abs(end - value)) if end != value]


#: Values for parameters without a range, or whose far end is not a world to run in a test.
CHOSEN: dict[str, Any] = {
    "seed": 2,
    "replicate": 1,
    "world.preset": "europe",
    "world.countries": ["CHE", "DEU", "ESP", "GBR", "USA", "IRN"],
    "world.n_countries": 7,
    "world.scale": 0.02,
    "world.own_size.first_year": 2011,
    "world.own_size.last_year": 2016,
    "world.own_size.hidden_fifth": 1,
    "timeline.start": "2007-05",
    "timeline.observed_from": "2012-06",
    "timeline.burn_in_months": 30,
    "timeline.calm_months": 14,
    "timeline.calm_jitter_months": 9,
    "timeline.response_months": 66,
    "timeline.run_off_months": 12,
    "policy.appropriation_eur_per_month": 1e8,
    "policy.start": "2014-01",
    "policy.calendars": "staggered",
    "policy.levers_share": 0.1,
    "policy.actor": ("DEU",),
    "policy.additional_eur": 2e6,
    "programme.countries_per_consortium": (2, 3),
    "programme.blocs_per_consortium": (1, 2),
    "programme.months_between_calls": 6,
    "programme.tranche_rule": "milestone",
    "programme.tranches": 5,
    "programme.prefinancing": 0.1,
    "programme.time_to_grant_months": 3,
    "programme.call_cost_eur": 1e6,
    "programme.applications_per_award": 3.0,
}

#: Beside :data:`BUSY` for the stages: much is left of research, and soon in use.
STAGES: dict[str, Any] = {
    "mechanisms.stages": True,
    "world.scale": 0.03,
    "behaviour.stages.pilot_chance": 0.6,
    "behaviour.stages.pilot_effort": 10.0,
    "behaviour.stages.pilot_months": 4.0,
    "behaviour.stages.scale_up_months": 4.0,
    "behaviour.stages.investment_hazard": 0.03,
    "behaviour.stages.scale_up_eur": 4e5,
    "funders": {"venture_fund": {}, "development_bank": {}},
}

#: Beside :data:`BUSY` for AI for health: data go about, service is bought abroad and withheld, people lose trust, and
#: outbreaks are fast enough for days to count.
HEALTH: dict[str, Any] = {
    "mechanisms.health": True,
    "timeline.response_months": 30,
    "world.scale": 0.002,
    "behaviour.health.growth_per_day": 0.2,
    "behaviour.health.external_loss": 0.8,
    "instruments": {
        kind: INSTRUMENTS[kind]
        for kind in ("data_sharing_agreement", "federated_learning", "cloud_access", "health_working_group")
    },
    "shocks": {
        "misinformation_wave": {"targets": "all"},
        "breach": {"targets": "all"},
        "platform_cut_off": {"targets": ["USA"]},
    },
}

#: What must be set for a parameter to matter at all, beside :data:`BUSY`.
NEEDS: dict[str, dict[str, Any]] = {
    "policy.start": {"programme.prefinancing": 1.0, "programme.tranches": 0},
    "policy.calendars": {"funders": {"national_agency": {}}, "programme.months_between_calls": 12},
    # A lever has its money from the policy and from nowhere else.
    "policy.levers_share": {"policy.levers": {"visa_facilitation": 1.0}, "instruments": {}},
    "policy.actor": {"policy.levers": {"visa_facilitation": 1.0}, "instruments": {}},
    "world.n_countries": {"world.preset": "synthetic", "world.countries": None, "instruments": {}, "shocks": {}},
    "world.preset": {"world.countries": None, "world.scale": 0.002},
    # Few here are doubted, and a lead is seldom sought among them: a doubt that weighs more shows.
    "behaviour.acceptance.lead_stake": {"behaviour.acceptance.expectation_response": 3.0, "instruments": {}},
    # At its own size a world has as much unfunded work as its co-publications say.
    "behaviour.work.unfunded_share": {"world.preset": "europe", "world.countries": ["CHE", "DEU", "ESP", "GBR", "USA"]},
    # Two small third countries: what they make of each other shows when it weighs more in a choice.
    "channels.data.bloc_credit": {"behaviour.search.channel_weight": 20.0, "world.scale": 0.3},
    # Countries outside the regimes that are found by search often enough to be missed.
    "channels.technology_control.without_regime": {
        "behaviour.search.channel_weight": 20.0,
        "world.scale": 0.05,
        "world.countries": ["CHE", "DEU", "ESP", "GBR", "USA", "CHN", "RUS"],
    },
    # Of all pairs with a sanction in force, the two with most organisations.
    "channels.technology_control.sanction_weight": {
        "behaviour.search.channel_weight": 20.0,
        "world.scale": 0.6,
        "world.countries": ["CHE", "DEU", "ESP", "GBR", "USA", "CHN", "NOR"],
    },
    # A fund whose pledges of some years just pay for one scale-up.
    "behaviour.stages.pledged_months": {"funders": {"venture_fund": {"monthly_eur": 5.2e5, "deals": 0.5}}},
    # A bank that lends nearly all of a scale-up.
    "behaviour.stages.least_need": {"funders": {"development_bank": {"loan_share": 0.98, "subsidy": 0.1}}},
    "channels.recognition.common_rules": {"mechanisms.stages": True},
    "channels.recognition.elsewhere": {"mechanisms.stages": True},
    "channels.eligibility.standing_to_lead": {"world.scale": 0.05},
    # In a smaller world nothing is like enough to grow out of.
    "mechanisms.core_reform": {"world.scale": 0.05},
    "behaviour.search.like_size": {"world.scale": 0.05},
    "behaviour.search.core_strength": {"world.scale": 0.05},
    "behaviour.trust.failure_experience": {"world.scale": 0.05},
    "channels.regulation.governance_slope": {"world.scale": 0.05},
}

#: Parameters that need a file of real projects: seen to matter in tests/world/test_cordis.py.
WITH_A_FILE = ("world.start", "world.participations")

#: What needs a class of the user's own: seen to matter in tests/agents/test_named_classes.py.
WITH_A_CLASS = ("agents",)

#: Parameters that agents show and no rule of the model asks for: seen to matter in tests/agents/test_mesa.py.
SHOWN_BY_AGENTS = (
    "behaviour.population.sme_size", "behaviour.missions.embassy_staff", "behaviour.missions.consulate_staff",
)  # fmt: skip

PARAMETERS = {
    key: (field, value)
    for key, field, value in leaves(Scenario())
    if key not in (*WITH_A_FILE, *WITH_A_CLASS) and key not in SHOWN_BY_AGENTS
}


#: Parts of the schema that are read only with a mechanism that is off by default, and what stands beside them.
READ_WITH = {"behaviour.stages.": STAGES, "behaviour.health.": HEALTH}

#: Keys whose setting takes a large world.
_SLOW = ("channels.technology_control.sanction_weight", "channels.data.bloc_credit")


@pytest.mark.parametrize("key", [pytest.param(k, marks=pytest.mark.slow) if k in _SLOW else k for k in PARAMETERS])
def test_every_parameter_changes_some_outcome(key: str) -> None:
    field, value = PARAMETERS[key]
    value = BUSY.get(key, value)
    others = [CHOSEN[key]] if key in CHOSEN else other_values(field, value)
    assert others, "give it a range, or a value in CHOSEN"
    beside = next((more for part, more in READ_WITH.items() if key.startswith(part)), {})
    setting = {**beside, **NEEDS.get(key, {})}
    assert any(differ(setting, {**setting, key: other}) for other in others)


#: Options of shocks and instruments without a range, and those whose far end changes nothing for a stated reason.
OPTIONS: dict[str, Any] = {
    "targets": ["ESP"],
    "counterparts": ["DEU"],
    "by": "participation",
    "group": "bloc",
    "drawn": 3,
    "contagion": 1.0,
    "within": "none",
    "cuts": "payments",
    "profile": "ramp",
    "announced": "2014-03",
    "effective": "2015-06",
    "announced_after_months": 9,
    "effective_after_months": 2,
    "duration_months": 5,
    "senders": ["DEU"],
    "hosts": ["CHE"],
    "sectors": ["health"],
    "agreements_survive": False,
    "at_home_too": True,
    "bars": "leading",
    "displaced_share": 0.5,
    "most_sites": 2,
    "inputs": ["materials"],
    "users": ["GBR"],
    "follows": "supply_chain_pressure",
    "follows_from": "2021-09",
    "coalition": ["DEU"],
    "measures": ["travel"],
    "closes": "entry",
    "of": "programme",
    "parts": ["privacy"],
    "controllers": ["DEU"],
    "from_km": 1500.0,
    "kinds": ["pandemic", "recession"],
    "rate_factor": 1.0,
    # the rupture here closes more than the whole range asks for
    "closes_below": 0.0,
}


#: What stands beside a kind for its options to matter.
WITH: dict[str, dict[str, Any]] = {
    "budget_cut": {"funders": {"national_agency": {}}},
    "aligned_timelines": {"funders": {"national_agency": {}}},
    "change_of_government": {"funders": {"national_agency": {}}},
    "regulatory_volatility": {"mechanisms.stages": True},
    "recession": {**STAGES, "funders": {"venture_fund": {}, "national_agency": {}}},
}

#: What a kind that is read only with health needs beside it, and beside the instruments and shocks there.
HEALTH_ALONE = {key: value for key, value in HEALTH.items() if key not in ("instruments", "shocks")}

#: How targets are drawn where that is varied.
DRAWS: dict[str, dict[str, Any]] = {
    "drawn": {"targets": "drawn"},
    "by": {"targets": "drawn", "drawn": 2},
    "group": {"targets": "drawn"},
    "contagion": {"targets": ["GBR"]},
    "contagion_reach": {"targets": ["GBR"], "contagion": 0.9},
    "within": {"targets": ["GBR", "DEU", "ESP"]},
}

#: Options tried beside stages, the only readers of what they push.
WITH_STAGES = (("roadshow", "investors_more"), ("equitable_governance", "royalties_more"))

#: Options tried beside health, the only reader of what they push.
WITH_HEALTH = (("pandemic", "outbreaks_more"),)

#: Options tried without the other instruments. A start falls on a whole month, and pilots and visas have moved it so
#: far that what is left of a delay is rounded away.
ALONE = (
    ("matchmaking", "crowding"), ("policy_brief", "start_saved"), ("rotating_leadership", "hand_over"),
    ("equitable_governance", "slower"),
)  # fmt: skip


def options() -> Iterator[tuple[str, str, str]]:
    for group, registry in (("shocks", SHOCK_KINDS), ("instruments", INSTRUMENT_KINDS)):
        for kind, cls in sorted(registry.items()):
            # a preset is asked as the kind whose numbers it changes
            for name in () if preset_of(cls) else cls.model_fields:
                yield group, kind, name


@pytest.mark.slow
@pytest.mark.parametrize(("group", "kind", "name"), list(options()))
def test_every_option_of_a_shock_or_an_instrument_changes_some_outcome(group: str, kind: str, name: str) -> None:
    cls: Any = (SHOCK_KINDS if group == "shocks" else INSTRUMENT_KINDS)[kind]
    alone = group == "shocks" and kind not in BUSY["shocks"]
    given = dict(SHOCKS[kind] if alone else BUSY[group][kind])
    around, beside = WITH.get(kind, {}), {} if alone or (kind, name) in ALONE else BUSY[group]
    # what is read only with stages is looked for where there are many, what is read only with health beside it
    with_it = getattr(cls, "example_beside", {}).get("mechanisms", {})
    if with_it.get("health") or (kind, name) in WITH_HEALTH:
        other = "instruments" if group == "shocks" else "shocks"
        around = {**HEALTH_ALONE, other: {**BUSY[other], **HEALTH[other]}, **around}
        beside = {**beside, **HEALTH[group]}
    if name == "profile_months":
        given["profile"] = "ramp"
    if name in ("senders", "hosts") and "countries" not in cls.aims:
        pytest.skip("works on all countries alike")
    if name == "priority":
        pytest.skip("matters where money is short: tests/decisions")
    if name == "sectors" and "sectors" not in getattr(cls, "aims", {"sectors"}):
        pytest.skip("works on all sectors alike")
    if getattr(cls, "made_of_others", False):
        if name in ("severity_of", "effective", "effective_after_months", "profile", "profile_months") or (
            name.startswith("follows")
        ):  # fmt: skip
            pytest.skip("is refused: each kind's own option says it")
        if name.endswith("_rate"):
            given["rate_factor"] = 60.0
    if name.startswith("follows"):
        given |= {"follows_from": "2020-03"} | ({"follows": OPTIONS["follows"]} if name == "follows_from" else {})
        if name == "follows":
            # says nothing without a series
            before = {key: item for key, item in given.items() if key != "follows_from"}
            after = {**given, "follows": OPTIONS["follows"]}
            one, other = ({**around, group: {**beside, kind: settings}} for settings in (before, after))
            assert differ(one, other)
            return
    if name == "severity_of":
        # Of named cases one at least is another world than this; what each sets is tested in tests/shocks.
        cases = list(getattr(cls, "cases", ()))
        if not cases:
            pytest.skip("nobody has named a case of it")
        given.pop("severity", None)
        assert any(
            differ(
                {**around, group: {**beside, kind: given}}, {**around, group: {**beside, kind: {**given, name: case}}}
            )
            for case in cases
        )
        return
    if name == "belief_returns_months":
        # a loss that begins to come back while there is still much to decide
        given["duration_months"] = 10
    if name == "counterparts":
        given["counterparts"] = "all"
    if kind == "funder_withdrawal" and name in DRAWS:
        # whom it hits is a matter of belief alone
        given |= {"expectation_loss": 0.5, "severity": 1.0}
    if name in EVENTS:
        # a date stands in place of months
        given.pop(f"{name}_after_months", None)
    if name in DRAWS:
        given |= DRAWS[name]
    made = cls(**given)
    field, value = cls.model_fields[name], getattr(made, name)
    others = [OPTIONS[name]] if name in OPTIONS else other_values(field, value)
    if name.endswith("_rate"):
        others = [0.0]
    if (kind, name) in WITH_STAGES or with_it.get("stages"):
        around = {**STAGES, **around}
    if name == "agreements_survive":
        # Needs an agreement with the country that is excluded.
        agreement = {"bilateral_cofinancing": {"monthly_eur": 8e6, "senders": ["DEU"], "hosts": ["GBR"]}}
        base = {"instruments": agreement, "shocks": {kind: {"targets": ["GBR"]}}}
        changed = {"instruments": agreement, "shocks": {kind: {"targets": ["GBR"], name: False}}}
        assert differ(base, changed)
        return
    assert others, "give it a range, or a value in OPTIONS"
    # Two ways to draw often draw the same country, two dates may be the same month, few may be asked: not in every
    # replicate.
    replicates = range(8)
    assert any(
        differ(
            {**around, "replicate": r, group: {**beside, kind: given}},
            {**around, "replicate": r, group: {**beside, kind: {**given, name: other}}},
        )
        for r in replicates
        for other in others
    )
