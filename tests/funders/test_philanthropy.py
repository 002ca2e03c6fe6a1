"""A foundation favours whom others leave out, by what anybody can see, with money of its own."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from ecosim.errors import InputError
from ecosim.funders.philanthropy import Philanthropy
from ecosim.model import Ecosystem
from ecosim.tables import PROGRAMME
from tests.models import SMALL, to_the_end

SINCE = 8
EXCLUSION = {"targets": ["DEU"], "severity": 1.0, "effective_after_months": 0}


@cache
def pair(weight: float = 10.0, shock: str = "programme_exclusion") -> tuple[Ecosystem, Ecosystem]:
    """Germany hit, and the twin; a foundation large enough to count its grants."""
    given = EXCLUSION if shock == "programme_exclusion" else {"targets": ["DEU"], "severity": 1.0}
    model = Ecosystem(
        **{**SMALL, "world.scale": 0.1, "timeline.response_months": 48},
        shocks={shock: given},
        funders={"philanthropy": {"share_of_rd": 0.02, "excluded_weight": weight}},
    )
    model.advance(model.announcement_month)
    return to_the_end(model.fork("shocked")), to_the_end(model.fork("twin"))


def led(model: Ecosystem, country: str = "DEU") -> float:
    """Share of the foundation's new grants that the country leads."""
    state = model.state
    rows = state.partnerships.used
    new = rows[(rows["funder"] == 1) & (rows["proposed_month"] >= model.announcement_month + SINCE)]
    leads = state.seats.used["country"][new["first_seat"]]
    assert len(leads) > 200
    return float((leads == model.setting.world.country_index(country)).mean())


def test_it_pays_the_excluded_and_the_more_the_more_it_favours_them() -> None:
    shocked, twin = pair()
    assert led(shocked) > 1.5 * led(twin)
    indifferent, its_twin = pair(weight=1.0)
    # Excluded from the programme Germany's organisations have more room; that alone is not the favour.
    gained = led(indifferent) - led(its_twin)
    assert led(shocked) - led(twin) > 3.0 * abs(gained)
    # It goes on paying them, as members too.
    rows, seats = shocked.state.partnerships.used, shocked.state.seats.used
    project = rows[seats["partnership"]]
    new = project["proposed_month"] >= shocked.announcement_month + SINCE
    germans = seats["country"] == shocked.setting.world.country_index("DEU")
    assert (new & germans & (project["funder"] == 1)).sum() > 100
    assert (new & germans & (project["funder"] == PROGRAMME)).sum() == 0


def test_it_looks_at_who_is_let_in_and_not_at_whom_a_shock_hits() -> None:
    """A rupture excludes nobody from the programme: the foundation's calls reach as many of those hit as before."""
    weights = {}
    for arm, model in zip(("shocked", "twin"), pair(shock="diplomatic_rupture"), strict=True):
        terms = model.setting.terms[1]
        weights[arm] = terms.weights(model.setting.world, model.setting.let_in(model.state.effects))
    assert np.array_equal(weights["shocked"], weights["twin"])
    shocked, twin = pair()
    terms, world = shocked.setting.terms[1], shocked.setting.world
    now = terms.weights(world, shocked.setting.let_in(shocked.state.effects))
    before = terms.weights(world, twin.setting.let_in(twin.state.effects))
    hit = world.country_index("DEU")
    others = np.arange(world.n_countries) != hit
    assert now[hit] / before[hit] > 1.5
    assert now[others] / now[others].sum() == pytest.approx(before[others] / before[others].sum())


def test_weights_follow_exclusion_first_and_then_money() -> None:
    world = pair()[1].setting.world
    kind = Philanthropy()
    n = world.n_countries
    all_in = kind.favours(world, np.ones(n))
    money = world.gdp_busd * world.gerd_share_of_gdp / world.researchers_thousand
    assert (np.argsort(-all_in, kind="stable") == np.argsort(money, kind="stable")).all()
    richest_out = np.where(np.arange(n) == np.argmax(money), 0.0, 1.0)
    # The richest, excluded, comes before all others.
    assert np.argmax(kind.favours(world, richest_out)) == np.argmax(money)
    nobody = Philanthropy(excluded_weight=1.0, poor_weight=1.0)
    assert (nobody.favours(world, richest_out) == 1.0).all()


def test_its_money_is_private_and_beside_the_budget() -> None:
    def money(**funders: Any) -> dict[str, np.ndarray]:
        return to_the_end(Ecosystem(**SMALL, funders=funders)).series()

    alone, beside = money(), money(philanthropy={})
    assert (alone["appropriated_eur"] == beside["appropriated_eur"]).all()
    assert (alone["private_funders_eur"] == 0.0).all()
    assert (beside["private_funders_eur"][:-1] > 0.0).all()
    with pytest.raises(InputError, match="is a private funder"):
        Ecosystem(**SMALL, funders={"philanthropy": {"from_programme": 0.1}})
