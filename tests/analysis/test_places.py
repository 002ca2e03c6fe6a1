"""Where something should open: hosts of policies, missions that are there, and a ranking that says how sure it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.places import BESIDE, COLUMNS, RANKED_ON, Place, covered, own_and_others, places_of, rank_places
from ecosim.lab.compose import compose_plain, make_request
from ecosim.world import load_world

PLACES = {"Austria": Place(("AUT",), ()), "Baltic": Place(("EST", "LVA"), ()), "Chile": Place(("CHL",), ("DEU",))}


def design_of(*policies):
    """The first is the reference; one shock."""
    return pd.DataFrame({
        "design_id": range(len(policies)), "history_id": range(len(policies)), "policy": policies, "shock": "rupture",
        "reference": [k == 0 for k in range(len(policies))],
    })  # fmt: skip


def measures_of(values):
    """Policy -> values over draws."""
    rows = [
        {"policy": policy, "shock": "rupture", "cluster": k, RANKED_ON: value, BESIDE: value}
        for policy, several in values.items()
        for k, value in enumerate(several)
    ]
    return pd.DataFrame(rows)


def manifest_of(**settings):
    policies = [{"history_id": k, "settings": item} for k, item in enumerate(settings.values())]
    return {
        "policies": policies,
        "scenario": {"instruments": {"embassy_hub": {"senders": ["DEU", "bloc:common_rules_tasman"]}}},
    }


def test_hosts_are_those_that_a_policy_names():
    manifest = manifest_of(
        burnt={"instruments.burnt.monthly_eur": 1.0},
        one={"instruments.embassy_hub.hosts": ["AUT"], "instruments.embassy_hub.senders": "all"},
        all_of_them={"instruments.embassy_hub.hosts": "all"},
        own={"instruments.embassy_hub.hosts": ["EST", "bloc:common_rules_tasman"]},
    )
    found = places_of(manifest, design_of("burnt", "one", "all", "own"))
    assert found == {"one": Place(("AUT",), ()), "own": Place(("EST", "AUS", "NZL"), ("DEU", "AUS", "NZL"))}
    assert places_of({}, design_of("burnt")) == {}


def test_missions_counted_are_those_of_the_facts():
    world = load_world(make_request(compose_plain(["world=europe"])).scenario.world)
    codes = [code for code in world.countries if code != "ROW"]
    host = world.countries.index("MLT")
    there = (world.embassies + world.consulates)[[world.countries.index(code) for code in codes], host] > 0
    assert covered(Place(("MLT",), ()), codes) == (int(there.sum()), len(codes) - 1)
    # one sender: there or not
    assert covered(Place(("FRA",), ("DEU",)), codes) == (1, 1)


def test_a_place_that_is_always_ahead_is_first_and_one_that_only_costs_is_surely_worse():
    noise = np.random.default_rng(3).normal(0.0, 0.002, (3, 12))
    values = {
        "burnt": 0.9 + 0.0 * noise[0],
        "Austria": 0.95 + noise[0],
        "Baltic": 0.9 + noise[1],
        "Chile": 0.85 + noise[2],
    }
    ranked = rank_places(measures_of(values), design_of(*values), PLACES, ["AUT", "DEU", "EST", "LVA", "CHL"])
    assert list(ranked.columns) == list(COLUMNS)
    assert list(ranked["policy"]) == ["Austria", "Baltic", "Chile"]
    np.testing.assert_array_equal(ranked["chance_first"], [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(ranked["rank_low"], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(ranked["rank_high"], [1.0, 2.0, 3.0])
    assert list(ranked["low"] > 0.0) == [True, False, False]
    assert list(ranked["high"] < 0.0) == [False, False, True]
    assert ranked["senders"].tolist() == [4, 8, 1]


def test_where_nothing_differs_nobody_is_ahead_and_nothing_is_sure():
    values = {name: np.random.default_rng(k).normal(0.9, 0.01, 40) for k, name in enumerate(["burnt", *PLACES])}
    ranked = rank_places(measures_of(values), design_of(*values), PLACES, ["AUT"])
    assert not ((ranked["low"] > 0.0) | (ranked["high"] < 0.0)).any()
    assert ranked["chance_first"].max() < 0.9
    np.testing.assert_allclose(ranked["chance_first"].sum(), 1.0)
    # a shock of which nothing may be said counts for nothing
    assert rank_places(measures_of(values), design_of(*values), PLACES, ["AUT"], ["rupture"])["gain"].isna().all()
    assert rank_places(measures_of(values), design_of(*values), {"Austria": PLACES["Austria"]}, []).empty


def months(policy_id, values):
    """Collaboration of Austria and of Germany in one month under the shock, by replicate."""
    return pd.DataFrame([
        {"arm": "shocked", "design_id": policy_id, "replicate": k, "country": code, "month": 50, "collaboration": value}
        for k, pair in enumerate(values)
        for code, value in zip(("AUT", "DEU"), pair, strict=True)
    ])  # fmt: skip


def test_what_the_host_gains_is_told_from_what_others_lose():
    design = design_of("burnt", "Austria")
    table = pd.concat([months(0, [(10.0, 100.0)] * 6), months(1, [(12.0, 97.0)] * 6)])
    found = own_and_others(table, design, {"Austria": PLACES["Austria"]})
    np.testing.assert_allclose(found["itself"], [0.2, 0.2, 0.2])
    np.testing.assert_allclose(found["others"], [-0.03, -0.03, -0.03])
    assert own_and_others(table.iloc[:0], design, PLACES) == {}


@pytest.mark.parametrize("draws", [1, 4])
def test_few_draws_have_no_interval(draws):
    values = {name: np.linspace(0.8, 0.9, draws) + 0.01 * k for k, name in enumerate(["burnt", *PLACES])}
    ranked = rank_places(measures_of(values), design_of(*values), PLACES, [])
    assert ranked["low"].isna().all()
    assert ranked["chance_first"].isna().all() == (draws < 2)
