"""Unfunded work of a world at its own size: joint work of pairs comes out as it goes in."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ecosim.channels.build import base_handles
from ecosim.channels.effects import effects_of
from ecosim.config.behaviour import BehaviourConfig, MechanismsConfig, WorkConfig
from ecosim.config.channels import AwarenessConfig, ChannelsConfig
from ecosim.config.world import OwnSizeConfig
from ecosim.unfunded import flows_for, joint_work, programme_pairs, reached
from tests.worlds import gravity_world, small_world

DEU, FRA, POL, CHE, USA, CHN = range(6)
SURE = AwarenessConfig(observed_prior_works=1e-6)


def rest_of(world):
    base = base_handles(world, ChannelsConfig())
    return effects_of(base, base, world, BehaviourConfig(), MechanismsConfig())


def test_at_full_weight_joint_work_is_what_was_published_together() -> None:
    world = small_world()
    joint = joint_work(world, OwnSizeConfig(observed_weight=1.0, person_months_per_copublication=12.0), SURE)
    np.testing.assert_allclose(joint, world.copublications, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_totals_of_countries_are_given_at_any_weight(weight: float) -> None:
    world = gravity_world(12, noise=0.8)
    joint = joint_work(world, OwnSizeConfig(observed_weight=weight, person_months_per_copublication=12.0), SURE)
    np.testing.assert_allclose(joint.sum(axis=1), world.copublications.sum(axis=1), rtol=1e-9)
    np.testing.assert_allclose(joint, joint.T)


def test_weight_leads_from_gravity_to_the_data() -> None:
    world = gravity_world(12, noise=0.8)
    upper = np.triu_indices(12, 1)
    at = {
        weight: np.log(joint_work(world, OwnSizeConfig(observed_weight=weight), SURE)[upper])
        for weight in (0.0, 0.75, 1.0)
    }
    away = {weight: np.abs(at[weight] - at[1.0]).mean() for weight in at}
    assert away[0.0] > 2.0 * away[0.75] > 0.0


def test_what_was_published_by_a_hidden_pair_does_not_count_beyond_the_totals() -> None:
    world = small_world()
    hidden = np.zeros((6, 6), dtype=np.bool_)
    cycle = [(DEU, FRA), (FRA, USA), (USA, CHN), (CHN, DEU)]
    for a, b in cycle:
        hidden[a, b] = hidden[b, a] = True
    moved = world.copublications.copy()
    # Along a cycle of four pairs a move up and down leaves all totals as they were.
    for k, (a, b) in enumerate(cycle):
        moved[a, b] = moved[b, a] = moved[a, b] + (10.0 if k % 2 == 0 else -10.0)
    assert (moved >= 0.0).all()
    one, other = (
        joint_work(small_world(hidden_pairs=hidden, copublications=works), OwnSizeConfig(), SURE)
        for works in (world.copublications, moved)
    )
    np.testing.assert_allclose(one, other, rtol=1e-9)
    seen = joint_work(small_world(copublications=moved), OwnSizeConfig(), SURE)
    assert not np.allclose(seen, joint_work(world, OwnSizeConfig(), SURE), rtol=1e-3)


@pytest.mark.parametrize(("fourth", "error"), [(0.0, 1e-6), (0.15, 0.06)])
def test_flows_give_the_joint_work_that_is_wanted(fourth: float, error: float) -> None:
    work = WorkConfig(unfunded_third_member=0.4, unfunded_fourth_member=fourth)
    n = 7
    rng = np.random.default_rng(3)
    wanted = np.triu(rng.uniform(200.0, 400.0, (n, n)), 1)
    wanted = wanted + wanted.T
    flows = flows_for(wanted, work)
    np.testing.assert_allclose(flows, flows.T, rtol=1e-9)
    np.testing.assert_allclose(reached(flows, work), wanted, rtol=1e-5)
    started = flows.sum(axis=1)
    shares = flows / started[:, None]
    # Every consortium that can come about, one by one: a pair has 2 e_i e_j / e in common.
    months = 1.0 / (1.0 / work.unfunded_duration_months + work.unfunded_ending_hazard)
    joint = np.zeros((n, n))
    for size, chance in ((2, 0.6), (3, 0.4 - fourth), (4, fourth)):
        for lead in range(n):
            for others in itertools.permutations([c for c in range(n) if c != lead], size - 1):
                there, left = started[lead] * chance, 1.0
                for other in others:
                    there *= shares[lead, other] / left
                    left -= shares[lead, other]
                effort = np.bincount([lead, *others], minlength=n) * work.unfunded_person_months
                joint += months * there * 2.0 * np.outer(effort, effort) / effort.sum()
    off = ~np.eye(n, dtype=np.bool_)
    # The third partner is reckoned roughly: with so few countries pairs are missed by a few per cent.
    assert np.abs(np.log(joint[off] / wanted[off])).mean() < error


def test_a_pair_of_which_nothing_remains_is_sought_by_nobody() -> None:
    wanted = np.array([[0.0, 10.0, 0.0], [10.0, 0.0, 5.0], [0.0, 5.0, 0.0]])
    flows = flows_for(wanted, WorkConfig())
    assert flows[0, 2] == flows[2, 0] == 0.0
    assert np.isfinite(flows).all()
    assert flows_for(np.zeros((3, 3)), WorkConfig()).sum() == 0.0


def test_the_programme_pays_for_pairs_of_its_members() -> None:
    world = small_world()
    pairs = programme_pairs(world, rest_of(world))
    np.testing.assert_allclose(pairs, pairs.T)
    # All of it: with the diagonal once, n members who work alike have (n - 1) / n of their work in common.
    size, money = world.consortium_shapes["size"], world.consortium_shapes["grant_eur"]
    whole = float((money * (size - 1.0) / size).sum() / money.sum())
    assert np.triu(pairs, 1).sum() + np.trace(pairs) / 2.0 == pytest.approx(whole)
    # China has no standing: nobody there is found, and nobody leads from the United States.
    assert pairs[CHN].sum() == 0.0
    assert 0.0 < pairs[USA].sum() < 0.2 * pairs[DEU].sum()
    assert pairs[DEU, FRA] > pairs[POL, CHE]


def test_the_look_of_unfunded_work_is_what_it_is_told_at_rest_and_closes_with_relations() -> None:
    world = small_world(own_size=True)
    base = base_handles(world, ChannelsConfig())
    told = np.random.default_rng(5).uniform(0.1, 1.0, (6, 6))
    mix = world.country_sector_share

    def shares(handles):
        effects = effects_of(handles, base, world, BehaviourConfig(), MechanismsConfig(), unfunded_at_rest=told)
        look = np.diff(effects.look_unfunded, axis=2, prepend=0.0)
        return look / look.sum(axis=2, keepdims=True)

    rest = shares(base)
    expected = told[:, None, :] * mix.T[None]
    np.testing.assert_allclose(rest, expected / expected.sum(axis=2, keepdims=True), rtol=1e-9)
    shut = base.copy()
    shut.political[DEU, CHN] *= 0.5
    odds = shares(shut)[DEU, :, CHN] / shares(shut)[DEU, :, FRA] / (rest[DEU, :, CHN] / rest[DEU, :, FRA])
    np.testing.assert_allclose(odds, 0.5, rtol=1e-9)
    known = base.copy()
    known.awareness[DEU, CHN] = np.minimum(1.0, 1.5 * known.awareness[DEU, CHN])
    raised = shares(known)[DEU, :, CHN] / shares(known)[DEU, :, FRA]
    assert (raised > rest[DEU, :, CHN] / rest[DEU, :, FRA]).all()
