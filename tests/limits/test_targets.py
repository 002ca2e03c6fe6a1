"""How many members of a consortium a shock hits when it hits several countries: laws known in closed form.

Consortia have one seat per country. Of k countries drawn evenly out of n, m members meet a hypergeometric number;
where each country joins on its own with its own chance, the number is Poisson-binomial.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from ecosim.model import Ecosystem
from ecosim.randomness import named_uniform
from ecosim.shocks import REGISTRY, date_shock
from ecosim.shocks.targets import chance_of_joining
from ecosim.world.facts import World
from ecosim.world.presets import frozen
from tests.limits.corners import BLIND, UNDISTURBED, countries_of_size, equal_world, one_shape
from tests.worlds import small_world

Put = Callable[[World], None]

REPLICATES = 4000


def members_hit(world: World, members: list[int], **settings: object) -> np.ndarray:
    """(replicates,): how many of these countries a shock hits."""
    shock = REGISTRY["diplomatic_rupture"](**settings)
    return np.array(
        [
            date_shock("one", shock, world, 0, lambda q, r=r: named_uniform(3, r, q)).targets[members].sum()
            for r in range(REPLICATES)
        ]
    )


def fits(found: np.ndarray, law: np.ndarray) -> bool:
    """Whether counts 0, 1, ... are a sample of a law; cells that are expected fewer than five times are joined."""
    counts = np.bincount(found, minlength=len(law))
    assert (counts[law < 1e-12] == 0).all()
    common = law * len(found) >= 5.0
    seen, expected = counts[common], law[common] * len(found)
    if not common.all() and law[~common].sum() * len(found) >= 1.0:
        seen, expected = np.append(seen, counts[~common].sum()), np.append(expected, law[~common].sum() * len(found))
    return len(seen) == 1 or stats.chisquare(seen, expected * seen.sum() / expected.sum()).pvalue > 1e-3


@pytest.mark.parametrize(("k", "members"), [(1, 3), (2, 2), (2, 4), (3, 3), (4, 5), (6, 4)])
def test_of_k_drawn_evenly_a_consortium_meets_a_hypergeometric_number(k: int, members: int) -> None:
    world = small_world(may_be_target=np.ones(6, dtype=bool))
    found = members_hit(world, list(range(1, 1 + members)), drawn=k)
    assert fits(found, stats.hypergeom(6, k, members).pmf(np.arange(members + 1)))


@pytest.mark.parametrize("contagion", [0.15, 0.6])
@pytest.mark.parametrize("sources", [("POL",), ("POL", "USA")])
def test_each_with_its_own_chance_is_a_poisson_binomial(contagion: float, sources: tuple[str, ...]) -> None:
    world = small_world()
    hit = np.isin(np.array(world.countries), sources)
    chances = chance_of_joining(world, hit, contagion, 0.5)[~hit]
    # Chances far apart, or the law would be a binomial.
    assert chances.max() > 2.0 * chances.min() > 0.0
    law = np.ones(1)
    for p in chances:
        law = np.convolve(law, [1.0 - p, p])
    others = np.flatnonzero(~hit).tolist()
    assert fits(members_hit(world, others, targets=sources, contagion=contagion), law)


@pytest.fixture(scope="module")
def several() -> Ecosystem:
    """Funded consortia of three seats in three of six equal countries, and shocks that hit one to five of these."""
    world = equal_world(**countries_of_size([1 / 6] * 6), **one_shape(members=3, months=36, grant_eur=450_000))
    patch = pytest.MonkeyPatch()
    patch.setattr("ecosim.setting.load_world", lambda config: frozen(world))
    model = Ecosystem(
        **{
            **UNDISTURBED,
            **BLIND,
            "world.scale": 1.0,
            "timeline.calm_months": 6,
            "timeline.response_months": 1,
            "programme.countries_per_consortium": (3, 3),
            "policy.appropriation_eur_per_month": 1.5e8,
            "shocks": {f"hits_{k}": {"kind": "programme_exclusion", "drawn": k} for k in range(1, 6)},
        }
    )
    patch.undo()
    return model.fork("twin").advance(6)


@pytest.mark.parametrize("k", range(1, 6))
def test_in_the_full_model_the_share_with_so_many_members_hit_is_the_hypergeometric_tail(
    several: Ecosystem, k: int
) -> None:
    rows, seats = several.state.partnerships.used, several.state.seats.used
    world = several.setting.world
    country = several.state.organisations["country"][seats["organisation"]]
    of_three = np.array([country[row["first_seat"] : row["first_seat"] + 3] for row in rows if row["seats"] == 3])
    alone = of_three[[len(set(codes.tolist())) == 3 for codes in of_three]]
    assert len(alone) > 0.95 * len(rows) > 1000
    # Consortia of one history share organisations, so it is the draws, not they, that are independent.
    shock = several.config.shocks[f"hits_{k}"]
    drawn = np.array(
        [
            date_shock("any", shock, world, 0, lambda q, r=r: named_uniform(1, r, q)).targets[alone].sum(axis=1)
            for r in range(800)
        ]
    )
    for at_least in (1, 2, 3):
        shares = (drawn >= at_least).mean(axis=1)
        expected = stats.hypergeom.sf(at_least - 1, 6, k, 3)
        assert abs(shares.mean() - expected) < 4.0 * shares.std() / np.sqrt(len(shares)) + 1e-9
    # What the model records as exposed has at least one member in the countries it drew itself.
    mine = np.isin(np.array(world.countries), several.targets()[f"hits_{k}"])
    assert mine.sum() == k
    bit = several.setting.risk.labels.index(f"hits_{k}")
    exposed = ((rows["risk"][rows["seats"] == 3] >> bit) & 1).astype(bool)
    assert (exposed == mine[of_three].any(axis=1)).all()
