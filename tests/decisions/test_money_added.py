"""Money that governments add after a shock: how much, when, to whom, and never as part of the budget."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from ecosim.decisions.agencies_replace_programme import AgenciesReplaceProgramme
from ecosim.decisions.base import Announced, Seen
from ecosim.errors import InputError
from ecosim.lab.api import run_scenario
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.ledger import Account
from ecosim.model import Ecosystem
from ecosim.tables import PROGRAMME
from tests.models import SMALL, fingerprint, to_the_end
from tests.month.test_money import check_books

EFFECTIVE, DELAY, LASTS = 4, 5, 18
EXCLUSION = {
    "targets": ["DEU"], "severity": 1.0, "effective_after_months": EFFECTIVE, "duration_months": LASTS
}  # fmt: skip


@cache
def shocked(share: float = 0.7, **funders: Any) -> tuple[Ecosystem, Ecosystem]:
    model = Ecosystem(
        **{**SMALL, "world.scale": 0.05, "timeline.response_months": 40, "timeline.run_off_months": 6},
        shocks={"programme_exclusion": EXCLUSION},
        funders={name: dict(settings) for name, settings in (funders or {"national_agency": ()}).items()},
        decisions={"agencies_replace_programme": {"share": share, "acts_after_months": DELAY}},
    )
    model.advance(model.announcement_month)
    return to_the_end(model.fork("shocked")), to_the_end(model.fork("twin"))


def test_it_is_given_from_its_delay_on_until_the_exclusion_ends_and_lands_with_the_excluded_agency() -> None:
    model, twin = shocked()
    journal = model.ledger.journal
    added = journal[journal["credit"] == Account.ADDED]
    first = model.announcement_month + EFFECTIVE + DELAY
    assert sorted(set(added["month"].tolist())) == list(range(first, first + LASTS))
    agency = int(model.setting.agency_of[model.setting.world.country_index("DEU")])
    assert set(added["funder"].tolist()) == {agency}
    assert len(set(added["cents"].tolist())) == 1
    assert not (twin.ledger.journal["credit"] == Account.ADDED).any()
    series = model.series()["added_eur"]
    assert series.sum() == pytest.approx(added["cents"].sum() / 100.0, abs=0.001)
    check_books(model)


def test_it_is_the_share_of_what_the_programme_granted_before_counted_from_the_projects_themselves() -> None:
    model, _ = shocked()
    state = model.state
    rows, seats = state.partnerships.used, state.seats.used
    project = rows[seats["partnership"]]
    until = model.announcement_month
    since = max(until - 36, 0)
    ours = (project["funder"] == PROGRAMME) & (project["proposed_month"] >= since) & (project["proposed_month"] < until)
    granted = seats["grant_cents"][ours & (seats["country"] == model.setting.world.country_index("DEU"))].sum()
    given = np.unique(model.series()["added_eur"])
    # Seats have changed hands since; what was granted has not.
    assert given[-1] == pytest.approx(0.7 * granted / 100.0 / (until - since), rel=0.15)
    half, _ = shocked(0.35)
    assert np.unique(half.series()["added_eur"])[-1] == pytest.approx(0.5 * given[-1], abs=0.01)


def test_it_stands_beside_the_budget_which_is_the_same_with_and_without() -> None:
    model, twin = shocked()
    none, _ = shocked(0.0)
    assert (model.series()["appropriated_eur"] == twin.series()["appropriated_eur"]).all()
    assert (none.series()["added_eur"] == 0.0).all()
    assert fingerprint(none) != fingerprint(model)
    months = model.announcement_month
    for name, values in model.series().items():
        assert values[:months].tobytes() == none.series()[name][:months].tobytes(), name
    # The excluded country's organisations do more of its agency's work with it than without.
    agency = int(model.setting.agency_of[model.setting.world.country_index("DEU")])
    paid = [run.ledger.cents(Account.PAID, agency) for run in (model, none)]
    assert paid[0] > paid[1]


def test_a_threat_that_is_not_in_force_brings_no_money() -> None:
    world = shocked()[0].setting.world
    hit = np.arange(world.n_countries) == 1
    granted = np.ones((40, world.n_countries))

    def given(in_force: bool, kind: str = "programme_exclusion", months_ago: int = 5) -> float:
        shock = Announced("x", kind, hit, months_ago, in_force)
        seen = Seen("x", 40, 10, world, {"announced": (shock,), "granted": granted})
        orders = AgenciesReplaceProgramme(share=0.5).decide(seen)
        assert orders.added_eur is not None
        assert (orders.added_eur[~hit] == 0.0).all()
        return float(orders.added_eur[1])

    assert given(True) == 0.5
    assert given(False) == 0.0
    assert given(True, "diplomatic_rupture") == 0.0
    # What was granted since the announcement is not "before".
    granted[35:] = 100.0
    assert given(True) == 0.5


def test_without_an_agency_it_is_refused_in_a_line_and_moves_nothing() -> None:
    words = ["world=classroom", "decisions=[agencies_replace_programme]", "shocks=[programme_exclusion]"]
    with pytest.raises(InputError, match=r"decisions\.agencies_replace_programme.*no country has an agency"):
        make_plan(make_request(compose_plain(words)))
    make_plan(make_request(compose_plain([*words, "funders=[national_agency]"])))
    alone, _ = shocked(0.7, philanthropy=())
    assert (alone.series()["added_eur"] == 0.0).all()


def test_the_answer_of_a_run_shows_it() -> None:
    words = ["world=classroom", "world.scale=0.02", "timeline.burn_in_months=24", "timeline.response_months=36",
             "shocks=[programme_exclusion]", "shocks.programme_exclusion.targets=[DEU]", "funders=[national_agency]",
             "decisions=[agencies_replace_programme]", "runner.processes=0"]  # fmt: skip
    result = run_scenario(make_request(compose_plain(words)), quiet=True)
    assert "beside the budget, governments added" in result.text()
