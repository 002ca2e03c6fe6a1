"""Funders that move money between sectors: by publications, within bounds, and as much by lot."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ecosim.decisions.base import Seen
from ecosim.decisions.funders_rebudget import FundersRebudget, growth
from ecosim.decisions.funders_rebudget_at_random import FundersRebudgetAtRandom
from ecosim.ledger import Account
from ecosim.model import Ecosystem
from tests.models import SMALL, small, to_the_end
from tests.month.test_money import check_books

SECTORS = small().setting.world.sector_money_share


def seen(
    publications: np.ndarray, shares: np.ndarray = SECTORS, chance: np.ndarray | None = None,
    began: np.ndarray = SECTORS,
) -> Seen:  # fmt: skip
    values = {"publications": publications, "sectors": {"programme": shares}, "chance": chance}
    world = dataclasses.replace(small().setting.world, sector_money_share=began)
    return Seen("x", 60, 24, world, values)


def grown(sector: int, times: float) -> np.ndarray:
    publications = np.full((48, len(SECTORS)), 10.0)
    publications[24:, sector] *= times
    return publications


def test_money_follows_growth_and_not_level() -> None:
    level = np.tile(np.arange(1.0, len(SECTORS) + 1.0) * 10.0, (48, 1))
    assert FundersRebudget().decide(seen(level)).sectors["programme"] == pytest.approx(SECTORS)
    share = FundersRebudget(step=0.3).decide(seen(grown(2, 1.5))).sectors["programme"]
    assert share.sum() == pytest.approx(1.0)
    assert share[2] > SECTORS[2]
    others = np.arange(len(SECTORS)) != 2
    assert share[others] / SECTORS[others] == pytest.approx(np.full(others.sum(), (1 - share[2]) / (1 - SECTORS[2])))
    exact = 0.7 * SECTORS[2] + 0.3 * SECTORS[2] * 1.5 / (1.0 + 0.5 * SECTORS[2])
    assert share[2] == pytest.approx(exact)


def test_no_sector_leaves_its_bounds_and_too_few_months_say_nothing() -> None:
    share = SECTORS
    for _ in range(50):
        share = FundersRebudget(step=1.0, most=0.5).decide(seen(grown(0, 30.0), share)).sectors["programme"]
    assert share[0] < 1.6 * SECTORS[0] / (1.0 - 0.5 * (1.0 - SECTORS[0]))
    assert (share >= 0.49 * SECTORS / (1.0 + 0.5)).all()
    assert FundersRebudget().decide(seen(grown(0, 2.0)[:47])).sectors == {}
    assert growth(np.zeros((48, 3)), 24) == pytest.approx(np.ones(3))


def test_by_lot_as_much_moves_on_average_and_to_any_sector() -> None:
    publications = np.random.default_rng(1).poisson(10.0, (48, len(SECTORS))).astype(float)
    even = np.full(len(SECTORS), 1.0 / len(SECTORS))
    followed = FundersRebudget().decide(seen(publications, even, began=even)).sectors["programme"]
    moved = []
    for draw in range(40):
        chance = np.random.default_rng(draw).random((5, 5))
        share = FundersRebudgetAtRandom().decide(seen(publications, even, chance, even)).sectors["programme"]
        # The same numbers dealt out anew: of like shares exactly as much moves.
        assert sorted(share) == pytest.approx(sorted(followed))
        moved.append(int(np.argmax(share)))
    assert len(set(moved)) > 5


def test_envelopes_follow_the_order_after_its_delay_for_every_funder() -> None:
    model = Ecosystem(
        **{**SMALL, "programme.months_between_calls": 3, "world.scale": 0.1},
        funders={"national_agency": {"months_between_calls": 3}},
        decisions={"funders_rebudget": {"over_months": 6, "acts_after_months": 4, "seen_after_months": 0, "step": 1.0}},
    )
    model.advance(16)
    assert (model.state.sector_share == SECTORS).all()
    model.step()
    shares = model.state.sector_share
    assert shares.shape == (2, len(SECTORS))
    assert (shares != SECTORS).any(axis=1).all()
    assert shares.sum(axis=1) == pytest.approx(np.ones(2))
    to_the_end(model)
    check_books(model)
    rows = model.state.partnerships.used
    late = rows[(rows["funder"] == 0) & (rows["proposed_month"] >= 40)]
    usual_rules = {"programme__months_between_calls": 3, "world__scale": 0.1, "funders": {"national_agency": {}}}
    other = to_the_end(small(**usual_rules, decisions={}))
    usual = other.state.partnerships.used
    usual = usual[(usual["funder"] == 0) & (usual["proposed_month"] >= 40)]
    money = [np.bincount(each["sector"], each["grant_cents"], len(SECTORS)) for each in (late, usual)]
    share = [each / each.sum() for each in money]
    up = shares[0] > 1.2 * SECTORS
    assert share[0][up].sum() > share[1][up].sum()
    assert model.ledger.cents(Account.TREASURY) == other.ledger.cents(Account.TREASURY)


def test_publications_by_sector_add_up_to_all() -> None:
    model = to_the_end(small())
    assert (model.state.record.publications_by_sector.sum(axis=1) == model.series()["publications"]).all()
    assert (model.state.record.publications_by_sector.sum(axis=0) > 0).all()
