"""Funders beside the programme: whom they pay, and that their books balance."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from ecosim.agents import Funder
from ecosim.funders import REGISTRY
from ecosim.ledger import OWN_BOOK, Account
from ecosim.model import Ecosystem
from ecosim.scenario import with_overrides
from ecosim.tables import ACTIVE
from tests.models import SHOCKS, SMALL, fingerprint, to_the_end

DEU, FRA = "DEU", "FRA"
#: Kinds that pay for research, with calls; those of later stages are tested in ``tests/pipeline``.
OF_RESEARCH = sorted(kind for kind, cls in REGISTRY.items() if "research" in cls.stages)


@cache
def run(**funders: Any) -> Ecosystem:
    chosen = {name: dict(settings) for name, settings in funders.items()}
    return to_the_end(Ecosystem(**{**SMALL, "shocks": SHOCKS, "funders": chosen}))


def agencies(model: Ecosystem) -> np.ndarray:
    """Grants of the national agencies."""
    rows = model.state.partnerships.used
    return rows[rows["funder"] > 0]


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_purses_hold_money_and_no_country_applies_to_two(kind: str) -> None:
    world = run().setting.world
    funder = REGISTRY[kind]()
    purses = funder.purses(world)
    assert purses
    assert all(purse.monthly_eur > 0.0 and purse.leads.any() for purse in purses)
    assert np.sum([purse.leads for purse in purses], axis=0).max() == 1
    if kind not in OF_RESEARCH:
        return
    shapes = funder.shapes(world)
    assert (np.diff(shapes["sector"]) >= 0).all()
    assert (shapes["grant_eur"] > 0).all()
    assert (shapes["countries"] <= shapes["size"]).all()


@pytest.mark.parametrize("kind", OF_RESEARCH)
def test_every_book_balances_and_every_funder_pays(kind: str) -> None:
    model = run(**{kind: tuple(REGISTRY[kind].example.items())})
    ledger = model.ledger
    assert ledger.imbalance() == 0
    assert (ledger.balances_from_journal() == ledger.balance).all()
    assert len(model.state.funders) == 1 + len(REGISTRY[kind]().purses(model.setting.world))
    assert (ledger.balance[:OWN_BOOK, Account.PAID] > 0).all()
    kinds = [agent.kind for agent in model.agents_by_type[Funder]]
    assert kinds == ["multilateral_programme", *[kind] * (len(kinds) - 1)]
    # What is appropriated follows its path, to the cent, until the shock.
    calm = ledger.journal[ledger.journal["month"] < model.announcement_month]
    new = calm[calm["credit"] == Account.TREASURY]
    for funder, cents in enumerate(model.setting.appropriation_cents):
        assert (new["cents"][new["funder"] == funder] == cents).all()


def test_an_agency_pays_its_own_country_alone() -> None:
    model = run(national_agency=())
    state, rows = model.state, agencies(model)
    assert len(rows) > 50
    for row in rows:
        seats = state.seats.rows[row["first_seat"] : row["first_seat"] + row["seats"]]
        assert (seats["country"] == seats["country"][0]).all()
        assert model.setting.terms[1].funder_of[seats["country"][0]] == row["funder"]
    assert (rows["countries"] == 1).all()
    sizes = np.bincount(rows["seats"], minlength=5)
    assert sizes[1] > sizes[2:].sum() * 0.8
    assert sizes[2:5].min() > 0


def test_grants_and_calls_follow_the_agencys_own_terms() -> None:
    model = run(national_agency=(("months_between_calls", 12), ("time_to_grant_months", 3)))
    rows = agencies(model)
    setting = model.setting
    first = setting.first_call_month[rows["funder"]]
    assert ((rows["proposed_month"] - first) % 12 == 0).all()
    assert (rows["start_month"] - rows["proposed_month"] >= 3).all()
    assert (rows["start_month"] - rows["proposed_month"] == 3).mean() > 0.5
    together = run(national_agency=(("months_between_calls", 12), ("calendar", "aligned")))
    assert len(set(together.setting.first_call_month[1:].tolist())) == 1
    assert len(set(setting.first_call_month[1:].tolist())) > 1


def test_a_failing_programme_does_not_stop_the_agencies() -> None:
    withdrawn = {"funder_withdrawal": {"effective_after_months": 0}}
    model = Ecosystem(**{**SMALL, "shocks": withdrawn, "funders": {"national_agency": {}}})
    other = model.advance(model.announcement_month).fork("twin")
    to_the_end(model), to_the_end(other)
    since = model.ledger.journal[model.ledger.journal["month"] >= model.announcement_month]
    new = since[since["credit"] == Account.TREASURY]
    assert not (new["funder"] == 0).any()
    assert (new["funder"] > 0).any()
    last = slice(model.announcement_month + 12, model.announcement_month + 24)
    assert model.series()["work"][last].sum() < other.series()["work"][last].sum()


def test_agencies_leave_the_programmes_money_alone_and_change_what_is_done() -> None:
    alone, beside = run(), run(national_agency=())
    for name in (Account.TREASURY,):
        assert alone.ledger.cents(name, 0) == beside.ledger.cents(name, 0)
    assert fingerprint(alone) != fingerprint(beside)
    assert beside.series()["work"].sum() > alone.series()["work"].sum()


# ---- who pays for the excluded


@cache
def excluded(*decisions: str, running_end: bool = False, **funders: Any) -> tuple[Ecosystem, Ecosystem]:
    """Germany excluded from the programme, and the twin, some years on."""
    exclusion = {
        "targets": [DEU], "severity": 1.0, "effective_after_months": 0, "running_grants_end": running_end
    }  # fmt: skip
    chosen = {
        **SMALL, "world.scale": 0.1, "timeline.response_months": 60, "shocks": {"programme_exclusion": exclusion},
        "funders": {name: dict(settings) for name, settings in funders.items()},
        "decisions": {kind: {"acts_after_months": 3} for kind in decisions},
    }  # fmt: skip
    model = Ecosystem(**chosen)
    model.advance(model.announcement_month)
    return to_the_end(model.fork("shocked")), to_the_end(model.fork("twin"))


def kept(models: tuple[Ecosystem, Ecosystem], what: str) -> float:
    """Germany's part in the programme's new projects, beside the twin: seats, leads, or the programme's money."""

    def part(model: Ecosystem) -> float:
        state = model.state
        rows, seats = state.partnerships.used, state.seats.used
        germany = model.setting.world.country_index(DEU)
        project = rows[seats["partnership"]]
        new = (project["funder"] == 0) & (project["proposed_month"] >= model.announcement_month + 12)
        ours = new & (seats["country"] == germany)
        if what == "leads":
            return float((ours & (np.arange(len(seats)) == project["first_seat"])).sum())
        if what == "money":
            return float((seats["grant_cents"] - seats["other_cents"])[ours].sum())
        return float(ours.sum())

    return part(models[0]) / part(models[1])


def test_paid_at_home_a_country_goes_on_taking_part_but_does_not_lead() -> None:
    """The direction of Switzerland after 2014: participation falls far less than leading and than the money."""
    paid = excluded("agencies_step_in", national_agency=())
    assert kept(paid, "leads") == 0.0
    assert kept(paid, "money") == 0.0
    assert kept(paid, "seats") > 0.4


@pytest.mark.parametrize(
    ("decisions", "funders"), [((), {"national_agency": ()}), (("agencies_step_in",), {}), ((), {})]
)
def test_where_no_agency_pays_nobody_takes_part(decisions: tuple[str, ...], funders: dict[str, Any]) -> None:
    alone = excluded(*decisions, **funders)
    for what in ("seats", "leads", "money"):
        assert kept(alone, what) == 0.0


@pytest.mark.parametrize("running_end", [False, True])
def test_what_is_paid_at_home_is_in_the_agencys_books(running_end: bool) -> None:
    shocked, _ = excluded("agencies_step_in", running_end=running_end, national_agency=())
    state, ledger = shocked.state, shocked.ledger
    rows, seats = state.partnerships.used, state.seats.used
    agency = int(shocked.setting.agency_of[shocked.setting.world.country_index(DEU)])
    abroad = seats[seats["other_cents"] > 0]
    assert len(abroad) > 20
    assert (abroad["payer"] == agency).all()
    running = rows["status"][abroad["partnership"]] <= ACTIVE
    old = rows["proposed_month"][abroad["partnership"]] < shocked.announcement_month
    assert old.any() == running_end
    own = rows[rows["funder"] == agency]
    committed = int((abroad["other_cents"] - abroad["other_paid_cents"])[running].sum())
    live = own[own["status"] <= ACTIVE]
    assert committed + int((live["grant_cents"] - live["paid_cents"]).sum()) == ledger.cents(Account.COMMITTED, agency)
    paid = int(abroad["other_paid_cents"].sum()) + int(own["paid_cents"].sum())
    assert paid == ledger.cents(Account.PAID, agency)
    assert ledger.imbalance() == 0
    assert ledger.cents(Account.UNSPENT, agency) >= -int(shocked.setting.ahead_cents[agency])


def test_an_agency_without_money_pays_for_nobody() -> None:
    poor = excluded("agencies_step_in", national_agency=(("share_of_rd", 0.0),))
    assert kept(poor, "seats") == 0.0


def test_a_government_that_only_pays_its_participants_has_an_agency_without_calls() -> None:
    """Outside of the programme, paid by its own government, in the programme's projects and nowhere else."""
    fund = (("countries", (DEU,)), ("partner_share", 1.0), ("share_of_rd", 0.0))
    shocked, twin = excluded("agencies_step_in", "agencies_replace_programme", national_agency=fund)
    for model in (shocked, twin):
        assert (model.state.partnerships.used["funder"] <= 0).all()
        assert model.state.funders["calls"][1] == 0
    assert kept((shocked, twin), "leads") == 0.0
    assert kept((shocked, twin), "money") == 0.0
    assert kept((shocked, twin), "seats") > 0.2
    # All of it is what the government adds after the exclusion; without it nobody is paid.
    ledger = shocked.ledger
    assert ledger.cents(Account.PAID, 1) > 0
    assert ledger.cents(Account.TREASURY, 1) == 0
    without, _ = alone = excluded("agencies_step_in", national_agency=fund)
    assert kept(alone, "seats") == 0.0
    assert without.ledger.cents(Account.PAID, 1) == 0


def test_nobody_leads_more_than_it_has_room_for() -> None:
    # Agencies of small countries have few who may lead, and more money than these have room for.
    model = Ecosystem(
        with_overrides(
            None,
            {
                "world.preset": "europe", "world.scale": 0.02, "timeline.burn_in_months": 48,
                "funders": {"national_agency": {"from_programme": 0.5}},
            },
        )
    ).advance(48)  # fmt: skip
    state = model.state
    rows = state.partnerships.rows[state.active]
    under_way = rows[rows["lead_seat"] >= 0]
    leads = state.seats.rows["organisation"][under_way["first_seat"] + under_way["lead_seat"]]
    led = np.bincount(leads[leads >= 0], minlength=len(state.organisations))
    capacity = state.organisations["capacity"]
    assert (led == capacity).any()
    # Who takes over from a lead that is lost may come to lead one more than it has room for.
    assert (led <= capacity + 1).all()
