"""Equal budget: public money follows one path, to the cent, whoever hands it out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecosim.errors import InputError
from ecosim.lab.api import plan_text
from ecosim.lab.budgets import budgets
from ecosim.lab.check import check
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.ledger import Account
from ecosim.model import Ecosystem
from ecosim.programmes.budget import budget_of, divided
from ecosim.scenario import with_overrides
from ecosim.world import load_world
from tests.models import SHOCKS
from tests.month.test_money import TINY, check_books, programmes

SHOCKED = {"funder_withdrawal": SHOCKS["funder_withdrawal"]}


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """Rules, and funders that take their money out of the programme's."""
    taken = draw(st.sampled_from([None, 0.0, 0.013, 0.37, 0.9]))
    split = draw(st.booleans())
    if taken is None:
        return draw(programmes())
    halves = {"north": ["DEU", "GBR"], "south": ["ESP", "CHE"]} if split else {"all": "all"}
    funders = {
        name: {"kind": "national_agency", "from_programme": taken / len(halves), "countries": countries}
        for name, countries in halves.items()
    }
    return {**draw(programmes()), "funders": funders}


def public_path(model: Ecosystem) -> list[int]:
    """Cents appropriated by all public funders together, month by month, read off the journal alone."""
    journal = model.ledger.journal
    new = journal[(journal["credit"] == Account.TREASURY) & model.setting.public[np.maximum(journal["funder"], 0)]]
    return np.bincount(new["month"], weights=new["cents"], minlength=model.month).astype(np.int64).tolist()


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(policies(), min_size=2, max_size=3), st.integers(0, 99), st.sampled_from([None, 12345678.91]))
def test_public_money_is_the_same_to_the_cent_before_the_shock_under_every_policy(
    chosen: list[dict[str, Any]], seed: int, monthly: float | None
) -> None:
    paths = []
    for policy in chosen:
        model = Ecosystem(
            **TINY, **policy, seed=seed, shocks=SHOCKED, **{"policy.appropriation_eur_per_month": monthly}
        )
        model.advance(model.announcement_month)
        check_books(model)
        paths.append(public_path(model))
        assert model.series()["appropriated_eur"] == pytest.approx(np.array(paths[-1]) / 100.0, abs=1e-6)
    assert paths[0][0] > 0
    assert all(path == paths[0] for path in paths)


def test_after_the_shock_the_same_rule_holds_funder_by_funder() -> None:
    shares = (0.0, 0.4)
    models = [
        Ecosystem(**TINY, shocks=SHOCKED, funders={"national_agency": {"from_programme": share}}) for share in shares
    ]
    kept = 1.0 - SHOCKS["funder_withdrawal"]["severity"]
    for share, model in zip(shares, models, strict=True):
        month = model.announcement_month + 1
        whole = model.setting.appropriation_cents.sum()
        model.advance(month + 1)
        # The programme's funder stops, not the agencies': what was handed to them goes on.
        assert public_path(model)[month] == pytest.approx(whole * (share + kept * (1.0 - share)), abs=2.0)


def test_money_is_divided_by_the_size_of_each_purse_and_none_is_lost() -> None:
    world = load_world(with_overrides(None, TINY).world)
    own = budget_of(with_overrides(None, {**TINY, "funders": {"national_agency": {}}}), world)
    given_up = {"funders": {"national_agency": {"from_programme": 0.25}}}
    instead = budget_of(with_overrides(None, {**TINY, **given_up}), world)
    alone = budget_of(with_overrides(None, TINY), world)
    assert instead.public_cents == alone.public_cents < own.public_cents
    assert instead.cents[0] == pytest.approx(0.75 * alone.public_cents, abs=1.0)
    assert instead.cents[1:] / instead.cents[1:].sum() == pytest.approx(own.cents[1:] / own.cents[1:].sum(), rel=1e-5)
    assert own.cents[0] == alone.cents[0]


@given(st.integers(0, 10**12), st.lists(st.floats(0.0, 1e9), min_size=1, max_size=60))
def test_parts_add_up_to_the_whole(cents: int, sizes: list[float]) -> None:
    if sum(sizes) <= 0.0:
        return
    parts = divided(cents, np.array(sizes))
    assert sum(parts) == cents
    assert min(parts) >= 0
    exact = np.array(sizes) / sum(sizes) * cents
    assert np.abs(parts - exact).max() <= 1.0 + 1e-6 * cents


@pytest.mark.parametrize(
    ("funders", "message"),
    [
        ({"a": {"kind": "national_agency", "from_programme": 1.0}}, "funders.a.from_programme.*leaves nothing"),
        (
            {
                "a": {"kind": "national_agency", "from_programme": 0.6, "countries": ["DEU"]},
                "b": {"kind": "national_agency", "from_programme": 0.5, "countries": ["ESP"]},
            },
            "funders.b.from_programme.*leaves nothing",
        ),
        ({"a": {"kind": "national_agency", "from_programme": 0.1, "share_of_rd": 0.0}}, "all are empty"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_a_line(funders: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Ecosystem(**TINY, funders=funders)


def planned(factors: str, *more: str) -> Any:
    words = ["world=classroom", "world.scale=0.005", "funders=[national_agency]", "shocks=[diplomatic_rupture]",
             f"experiment.factors={factors}", *more]  # fmt: skip
    request = make_request(compose_plain(words))
    return request, make_plan(request)


def test_a_plan_says_when_budgets_differ_and_an_experiment_may_refuse() -> None:
    unequal = "{funders.national_agency.from_programme: [null, 0.2]}"
    request, plan = planned(unequal)
    assert len(budgets(plan.policies)) == 2
    assert "  budget     not at equal budget: public money a month is 199.5" in plan_text(request, plan, 0, 1)
    with pytest.raises(InputError, match=r"experiment\.equal_budget.*not at equal budget"):
        planned(unequal, "experiment.equal_budget=true")
    for equal in ("{funders.national_agency.from_programme: [0.0, 0.2]}", "{programme.tranches: [1, 2]}"):
        request, plan = planned(equal, "experiment.equal_budget=true", "funders.national_agency.from_programme=0.1")
        assert "budget  " not in plan_text(request, plan, 0, 1)


def test_a_funder_may_be_a_level_of_a_factor() -> None:
    level = "{agencies: {without: {}, instead: {funders.agency: {kind: national_agency, from_programme: 0.2}}}}"
    words = ["world=classroom", "world.scale=0.005", "shocks=[diplomatic_rupture]", f"experiment.factors={level}",
             "experiment.equal_budget=true"]  # fmt: skip
    plan = make_plan(make_request(compose_plain(words)))
    assert [len(policy.config["funders"]) for policy in plan.policies] == [0, 1]
    assert len(set(budgets(plan.policies).values())) == 1


def test_the_programmes_money_follows_its_path_over_the_years_and_nobody_elses_does() -> None:
    path = {2012: 0.0, 2013: 0.37, 2014: 1.4}
    settings = {**TINY, "programme.appropriation_by_year": path, "funders": {"own": {"kind": "national_agency"}}}
    model, usual = Ecosystem(**settings), Ecosystem(**{**settings, "programme.appropriation_by_year": {}})
    months = model.config.calendar.observation_end
    model.advance(months), usual.advance(months)
    found, before = (by_funder(each) for each in (model, usual))
    years = np.array([model.setting.year(month) for month in range(months)])
    assert {2013, 2014} < set(years.tolist())
    ratio = np.array([path.get(int(year), 1.0) for year in years])
    assert found[0] == pytest.approx(np.floor(before[0] * ratio))
    assert (found[1:] == before[1:]).all()
    assert before[1:].sum() > 0
    check_books(model)


def by_funder(model: Ecosystem) -> np.ndarray:
    """(F, months) cents appropriated, read off the journal."""
    journal = model.ledger.journal
    new = journal[journal["credit"] == Account.TREASURY]
    found = np.zeros((model.setting.n_funders, model.month))
    np.add.at(found, (new["funder"], new["month"]), new["cents"])
    return found


def test_on_a_path_too_the_sum_is_the_same_to_the_cent_whoever_shares_it() -> None:
    path = dict(zip(range(2000, 2030), [0.613, 1.377, 0.1, 2.03, 0.99] * 6, strict=True))
    paths = []
    for share in (None, 0.0, 0.37, 0.9):
        funders = {} if share is None else {"a": {"kind": "national_agency", "from_programme": share}}
        model = Ecosystem(**TINY, funders=funders, **{"programme.appropriation_by_year": path})
        paths.append(public_path(model.advance(model.config.calendar.observation_end)))
    assert len(set(paths[0])) > 2
    assert all(path == paths[0] for path in paths)


def test_policies_on_different_paths_are_not_at_equal_budget() -> None:
    paths = "{programme.appropriation_by_year: [{2015: 1.0}, {2015: 1.5}]}"
    request, plan = planned(paths)
    assert "budget     not at equal budget" in plan_text(request, plan, 0, 1)
    with pytest.raises(InputError, match=r"experiment\.equal_budget.*not at equal budget"):
        planned(paths, "experiment.equal_budget=true")


@pytest.mark.parametrize(
    ("path", "message"),
    [("{2015: -1}", "2015 is out of range"), ("{15: 1}", "15 is no year"), ("{1950: 2}", "names no year of the run")],
)
def test_a_path_that_means_nothing_is_one_line(path: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        check(make_request(compose_plain([f"programme.appropriation_by_year={path}"])).scenario)
    assert "\n" not in str(error.value)
    assert "programme.appropriation_by_year" in str(error.value)
