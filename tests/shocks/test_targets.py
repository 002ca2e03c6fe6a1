from __future__ import annotations

from collections import Counter
from itertools import pairwise, permutations, product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from ecosim.config.world import WorldConfig
from ecosim.errors import InputError
from ecosim.randomness import named_uniform
from ecosim.shocks import REGISTRY, date_shock
from ecosim.shocks.targets import bloc_weights, chance_of_joining, nearest, successive, weights
from ecosim.world import load_world
from ecosim.world.facts import World
from tests.models import small
from tests.worlds import small_world

RUPTURE = REGISTRY["diplomatic_rupture"]
EUROPE = load_world(WorldConfig(preset="europe"))
#: Six countries, all of which may be drawn.
SIX = small_world(may_be_target=np.ones(6, dtype=bool))


def hit(world: World, replicate: int = 0, name: str = "mine", **settings: Any) -> NDArray[np.bool_]:
    """(C,): countries hit in a replicate of seed 1."""
    shock = RUPTURE(**settings)
    return date_shock(name, shock, world, 0, lambda question: named_uniform(1, replicate, question)).targets


def inclusion(weight: list[float], k: int) -> list[float]:
    """Chance of each to be among k drawn successively: summed over every order."""
    chances = [0.0] * len(weight)
    for order in permutations(range(len(weight)), k):
        p, left = 1.0, sum(weight)
        for c in order:
            p *= weight[c] / left
            left -= weight[c]
        for c in order:
            chances[c] += p
    return chances


def test_one_country_drawn_evenly_is_the_one_of_before() -> None:
    candidates = np.flatnonzero(EUROPE.may_be_target)
    for seed, replicate in product((1, 2, 77), range(300)):
        u = named_uniform(seed, replicate, "shock target mine")
        found = date_shock("mine", RUPTURE(), EUROPE, 0, lambda q, s=seed, r=replicate: named_uniform(s, r, q)).targets
        assert np.flatnonzero(found).tolist() == [candidates[int(u * len(candidates))]]


def test_every_u_draws_someone() -> None:
    weight = np.array([0.1, 0.0, 0.2, 0.7 - 1e-17, 0.0])
    assert successive(weight, 3, [np.nextafter(1.0, 0.0)] * 3) == [3, 2, 0]
    assert successive(weight, 3, [0.0] * 3) == [0, 2, 3]


@pytest.mark.parametrize("settings", [{"by": "even"}, {"by": "participation"}, {"by": "hazard"}])
def test_drawn_without_replacement_and_one_more_changes_none_of_those_before(settings: dict[str, str]) -> None:
    for replicate in range(50):
        sets = [set(np.flatnonzero(hit(EUROPE, replicate, drawn=k, **settings))) for k in range(1, 20)]
        assert [len(found) for found in sets] == list(range(1, 20))
        assert all(few < more for few, more in pairwise(sets))
        assert sets[-1] == set(np.flatnonzero(EUROPE.may_be_target))


@pytest.mark.parametrize("by", ["even", "participation", "hazard"])
@pytest.mark.parametrize("k", [1, 3])
def test_frequencies_are_those_of_successive_sampling(by: Any, k: int) -> None:
    n = 4000
    found = np.sum([hit(SIX, r, drawn=k, by=by) for r in range(n)], axis=0)
    weight = weights(SIX, by)
    expected = np.array(inclusion(weight.tolist(), k))
    assert expected.sum() == pytest.approx(k)
    if k == 1:
        assert expected == pytest.approx(weight / weight.sum())
    assert (np.abs(found / n - expected) < 4.0 * np.sqrt(expected * (1.0 - expected) / n)).all()


def test_weights_are_what_they_say_and_nothing_for_those_not_drawn() -> None:
    world = small_world()
    may = world.may_be_target
    assert weights(world, "even").tolist() == may.astype(float).tolist()
    assert weights(world, "participation")[may] == pytest.approx(world.participation_share[may])
    assert weights(world, "hazard")[may] == pytest.approx(1.0 - world.governance[may])
    assert all((weights(world, by)[~may] == 0.0).all() for by in ("even", "participation", "hazard"))


def test_a_bloc_draw_hits_exactly_whole_blocs() -> None:
    members = {int(b): frozenset(np.flatnonzero((EUROPE.bloc == b) & EUROPE.named)) for b in set(EUROPE.bloc.tolist())}
    may = {members[int(b)] for b in set(EUROPE.bloc[EUROPE.may_be_target].tolist())}
    assert {len(bloc) for bloc in may} == {28, 3}
    found = Counter(frozenset(np.flatnonzero(hit(EUROPE, r, group="bloc"))) for r in range(400))
    assert set(found) == may
    assert stats.binomtest(max(found.values()), 400, 0.5).pvalue > 1e-4
    both = frozenset(np.flatnonzero(hit(EUROPE, group="bloc", drawn=2)))
    assert both == frozenset().union(*may)


def test_blocs_are_drawn_by_the_sum_of_their_members() -> None:
    share = np.bincount(EUROPE.bloc, EUROPE.participation_share)
    expected = share[[0, 1]] / share[[0, 1]].sum()
    chances = bloc_weights(EUROPE, "participation")
    assert chances[[0, 1]] / chances.sum() == pytest.approx(expected)
    union = EUROPE.country_index("FRA")
    times = sum(hit(EUROPE, r, group="bloc", by="participation")[union] for r in range(1500))
    assert stats.binomtest(int(times), 1500, float(expected[0])).pvalue > 1e-4


def test_nearest_are_those_that_vote_most_alike() -> None:
    for replicate in range(60):
        (centre,) = np.flatnonzero(hit(EUROPE, replicate, by="participation"))
        found = hit(EUROPE, replicate, by="participation", group="nearest", drawn=6)
        assert found[centre]
        assert found.sum() == 6
        assert EUROPE.may_be_target[found].all()
        apart = EUROPE.ideal_point_distance[centre]
        left = EUROPE.may_be_target & ~found
        assert apart[found].max() <= apart[left].min()


def test_equally_near_are_told_apart_by_kilometres() -> None:
    alike = small_world(may_be_target=np.ones(6, dtype=bool), ideal_point_distance=np.zeros((6, 6)))
    order = np.argsort(alike.distance_km[0] + np.where(np.arange(6) == 0, -1e9, 0.0))
    assert nearest(alike, 0, 6) == order.tolist()


def test_contagion_falls_with_political_distance_and_never_reaches_the_rest() -> None:
    centre = EUROPE.country_index("CHE")
    one = np.arange(EUROPE.n_countries) == centre
    chances = chance_of_joining(EUROPE, one, 0.4, 0.5)
    expected = 0.4 * np.exp(-EUROPE.ideal_point_distance[centre] / 0.5) * EUROPE.named * ~one
    assert chances == pytest.approx(expected)
    two = one | (np.arange(EUROPE.n_countries) == EUROPE.country_index("USA"))
    other = 0.4 * np.exp(-EUROPE.ideal_point_distance[EUROPE.country_index("USA")] / 0.5)
    both = chance_of_joining(EUROPE, two, 0.4, 0.5)
    assert both[EUROPE.named & ~two] == pytest.approx((1 - (1 - expected) * (1 - other))[EUROPE.named & ~two])
    assert (chance_of_joining(EUROPE, one, 1.0, 1e6)[EUROPE.named & ~one] > 0.999).all()


def test_stronger_contagion_takes_in_all_that_a_weaker_one_does() -> None:
    for replicate in range(40):
        found = [hit(EUROPE, replicate, contagion=c) for c in (0.0, 0.1, 0.3, 0.9)]
        assert found[0].sum() == 1
        assert all((few <= more).all() for few, more in pairwise(found))
        assert not found[-1][~EUROPE.named].any()
    assert found[-1].sum() > 5


def test_contagion_starts_from_named_countries_too() -> None:
    found = hit(EUROPE, targets=["bloc:efta"], contagion=0.5)
    assert {"CHE", "ISL", "NOR"} < {EUROPE.countries[c] for c in np.flatnonzero(found)}


def test_all_policies_of_a_replicate_meet_the_same_countries_and_other_replicates_others() -> None:
    settings = {"drawn": 2, "by": "participation", "contagion": 0.2, "group": "country"}
    shocks = {"one": {"kind": "diplomatic_rupture", **settings}, "two": {"kind": "supplier_loss", **settings}}
    few = small(shocks=shocks)
    many = small(shocks=shocks, programme__countries_per_consortium=(1, 2), programme__tranches=5)
    assert few.targets() == many.targets() == few.fork("shocked").targets()
    assert few.targets()["one"] != few.targets()["two"]
    drawn = {small(shocks=shocks, replicate=r).targets()["one"] for r in range(12)}
    assert len(drawn) > 3
    alone = small(shocks={"one": shocks["one"]})
    assert alone.targets()["one"] == few.targets()["one"]


def test_who_is_drawn_is_at_risk() -> None:
    model = small(shocks={"diplomatic_rupture": {"drawn": 3}})
    codes = np.array(model.setting.world.countries)
    exposed = codes[model.setting.risk.watched.countries[model.setting.risk.labels.index("diplomatic_rupture")]]
    assert tuple(exposed) == model.targets()["diplomatic_rupture"]
    assert len(exposed) == 3


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"drawn": 20}, "shocks.mine.drawn=20: more than may be drawn; allowed: 1 to 19 (countries with at least 1 %"),
        ({"drawn": 20, "group": "nearest"}, "allowed: 1 to 19"),
        ({"drawn": 3, "group": "bloc"}, "shocks.mine.drawn=3: more than may be drawn; allowed: 1 to 2 (blocs with"),
        ({"drawn": 2, "targets": ["DEU"]}, "shocks.mine.drawn=2: nothing is drawn with targets=[DEU]; allowed: only"),
        ({"by": "hazard", "targets": "all"}, "shocks.mine.by=hazard: nothing is drawn with targets=all"),
        ({"group": "bloc", "targets": ["bloc:eu"]}, "shocks.mine.group=bloc: nothing is drawn with targets=[bloc:eu]"),
        ({"contagion": 0.1, "targets": "all"}, "shocks.mine.contagion=0.1: nobody is left to join targets=all"),
        ({"targets": ["bloc:none"]}, "shocks.mine.targets=bloc:none: no such bloc in world 'europe'; allowed: bloc:af"),
        ({"targets": ["ROW"]}, "shocks.mine.targets=ROW: no such country in world 'europe'"),
        ({"targets": []}, "shocks.mine.targets=[]: names no country; allowed: drawn, all, bloc:NAME"),
        ({"counterparts": ["bloc:asean"]}, "shocks.mine.counterparts=bloc:asean: no such bloc"),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_one_clear_line(settings: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError) as error:
        RUPTURE(**settings).check("mine", EUROPE)
    assert line in str(error.value)
    assert "\n" not in str(error.value)
