"""Stocks of knowledge: they fill, fade, shift capability, and neither explode nor die out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecosim.config.behaviour import KnowledgeConfig
from ecosim.outcomes.knowledge import access
from ecosim.tables import ORGANISATION, PRC
from tests.models import small

YEARS = 40
#: All stocks begin at rest; by then chance has spread them.
BURN_IN = 96


def long_run(**overrides: Any) -> Any:
    """A calm world of forty years."""
    calm = {"timeline__burn_in_months": BURN_IN, "timeline__calm_months": YEARS * 12, "timeline__response_months": 1}
    return small(**calm, **overrides)


def relative(model: Any) -> NDArray[np.float64]:
    """Logarithm of each known stock over its level at rest, of those who are there from the start."""
    return np.log(model.state.knowledge[_there(model)] / model.setting.knowledge_at_rest[_there(model)])


def _there(model: Any) -> NDArray[np.bool_]:
    rows = model.state.organisations
    return (model.setting.knowledge_at_rest > 0.0) & (rows["arrival_month"] < 0)[:, None]


def classes(model: Any) -> NDArray[np.int64]:
    """Type and third of size within it, of each known stock."""
    rows = model.state.organisations
    start = rows["arrival_month"] < 0
    group = np.zeros(len(rows), dtype=np.int64)
    for kind in range(5):
        mine = start & (rows["type"] == kind)
        edges = np.quantile(rows["size"][mine], [1 / 3, 2 / 3])
        group[mine] = 3 * kind + np.searchsorted(edges, rows["size"][mine])
    return np.broadcast_to(group[:, None], model.setting.knowledge_at_rest.shape)[_there(model)]


#: Ends of every range, one at a time, and all that make stocks grow, or fade, together.
ENDS: list[dict[str, Any]] = [
    {name: end}
    for name, field in KnowledgeConfig.model_fields.items()
    for end in field.json_schema_extra["range"]  # type: ignore[index, call-overload, union-attr]
]
ENDS += [
    {"own_share": 0.65, "fading": 0.05, "absorption": 1.0, "capability": 0.6},
    {"own_share": 0.65, "fading": 0.25, "absorption": 1.0, "capability": 0.6},
    {"own_share": 0.65, "fading": 0.25, "absorption": 0.0, "capability": 0.6},
]


def drifts(*worlds: Any) -> dict[str, float]:
    """Largest yearly change, over types and thirds of size, of mean, median and 90/10 spread; the mean of worlds."""
    found: dict[str, Any] = {"mean": [], "median": [], "spread": []}
    for model in worlds:
        model.advance(BURN_IN)
        before, groups = relative(model), classes(model)
        model.advance(BURN_IN + YEARS * 12)
        after = relative(model)
        assert np.isfinite(after).all()
        pairs = [(before[groups == group], after[groups == group]) for group in np.unique(groups)]
        found["mean"].append([other.mean() - one.mean() for one, other in pairs])
        found["median"].append([np.median(other) - np.median(one) for one, other in pairs])
        found["spread"].append(
            [
                np.subtract(*np.quantile(other, [0.9, 0.1])) - np.subtract(*np.quantile(one, [0.9, 0.1]))
                for one, other in pairs
            ]
        )
    return {name: float(np.abs(np.mean(moved, axis=0)).max()) / YEARS for name, moved in found.items()}


def test_over_forty_calm_years_knowledge_neither_explodes_nor_dies_out() -> None:
    assert max(drifts(long_run()).values()) < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("beta", [0.1, 0.5])
@pytest.mark.parametrize("ends", ENDS, ids=str)
def test_nor_at_the_ends_of_the_ranges(ends: dict[str, float], beta: float) -> None:
    settings = {f"behaviour__knowledge__{name}": value for name, value in ends.items()}
    # large enough for thirty stocks or more in every class; where all ends meet, stocks are spread so widely that the
    # quantiles of one world are known to .003 a year only
    worlds = [long_run(seed=seed, world__scale=0.1, behaviour__output__quality=beta, **settings)
              for seed in ((1, 2, 3, 4) if len(ends) > 1 else (1,))]  # fmt: skip
    assert min(np.bincount(classes(model)).min() for model in worlds) >= 30
    assert max(drifts(*worlds).values()) < 0.02


@pytest.mark.parametrize("ends", [{}, {"own_share": 0.65, "absorption": 1.0}], ids=str)
def test_half_or_more_of_what_comes_in_is_own_research(ends: dict[str, float]) -> None:
    model = small(**{f"behaviour__knowledge__{name}": value for name, value in ends.items()}).advance(60)
    config, rest = model.config.behaviour.knowledge, model.setting.knowledge_at_rest
    there = model.state.organisations["arrival_month"] < 0
    fading = 1.0 - (1.0 - config.fading) ** (1.0 / 12.0)
    before = model.state.knowledge.copy()
    model.step()
    own = config.own_share * fading * rest[there].sum()
    inflow = (model.state.knowledge - (1.0 - fading) * before)[there].sum()
    assert 0.5 <= own / inflow < 1.0


def test_a_doubled_stock_has_lost_half_of_the_excess_after_ten_years() -> None:
    usual, doubled = long_run().advance(12), long_run().advance(12)
    doubled.state.knowledge *= 2.0
    excess = []
    for months in (12, 132):
        for model in (usual, doubled):
            model.advance(months)
        excess.append(doubled.state.knowledge[_there(usual)].sum() - usual.state.knowledge[_there(usual)].sum())
    assert 0.0 < excess[1] < 0.5 * excess[0]


def test_knowledge_shifts_capability_by_its_logarithm() -> None:
    model = small(behaviour__knowledge__capability=0.4).advance(30)
    known = model.setting.knowledge_at_rest > 0.0
    arrived = known & (model.state.organisations["arrival_month"] < 30)[:, None]
    expected = 0.4 * np.log(model.state.knowledge[arrived] / model.setting.knowledge_at_rest[arrived])
    assert model.state.skill[arrived] == pytest.approx(expected)
    assert expected.std() > 0.005


def test_firms_do_less_research_for_their_size() -> None:
    model = small()
    rows, rest = model.state.organisations, model.setting.knowledge_at_rest.sum(axis=1)
    level = rest / rows["size"] / np.exp(0.3 * rows["capability"])
    assert level[rows["type"] == PRC] == pytest.approx(0.6, rel=1e-4)
    assert level[rows["type"] < PRC] == pytest.approx(1.0, rel=1e-4)


def test_access_is_one_at_rest_falls_with_what_is_closed_and_is_capped() -> None:
    organisations = np.zeros(3, dtype=ORGANISATION)
    organisations["present"], organisations["country"] = True, [0, 1, 2]
    knowledge = np.array([[1.0], [2.0], [5.0]])
    rest = np.array([[1.0, 0.8, 0.5], [0.8, 1.0, 0.5], [0.5, 0.5, 1.0]])
    assert (access(knowledge, organisations, rest, rest) == 1.0).all()
    closed = rest.copy()
    closed[0, 2] = closed[2, 0] = 0.0
    found = access(knowledge, organisations, closed, rest)[:, 0]
    assert found == pytest.approx([2.6 / 5.1, 1.0, 6.0 / 6.5])
    wide = np.ones((3, 3))
    assert access(knowledge, organisations, wide, rest).max() == 1.2
    organisations["present"] = False
    assert (access(knowledge, organisations, closed, rest) == 1.0).all()
