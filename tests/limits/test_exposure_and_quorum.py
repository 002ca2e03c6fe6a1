"""How many partnerships a closed border reaches, and how many outlive the loss of members."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy import stats

import ecosim.setting
from ecosim.model import Ecosystem
from ecosim.parameters import parameter_record
from ecosim.partnerships.attendance import attend
from ecosim.randomness import NEVER, replicate_key
from ecosim.scenario import with_overrides
from ecosim.tables import ACTIVE, DEPARTURE, ORGANISATION, PARTNERSHIP, SEAT, WORKING
from ecosim.world.facts import World
from tests.worlds import NOT_BY_COUNTRY, small_world


def equal_world() -> World:
    """Six countries that differ in nothing and are equally far from each other and from themselves."""
    world = small_world()
    n = world.n_countries
    values: dict[str, Any] = {}
    for field in dataclasses.fields(world):
        value = getattr(world, field.name)
        if not isinstance(value, np.ndarray) or field.name in NOT_BY_COUNTRY:
            continue
        alike = np.full_like(value, value[0, 1]) if value.shape == (n, n) else np.repeat(value[:1], n, axis=0)
        values[field.name] = alike
    values["supplier_share"] = (1.0 - np.eye(n)) / (n - 1)
    values["participation_share"] = np.full(n, 1.0 / n)
    values["common_rules"] = np.ones((n, n), dtype=bool)
    values["export_control_alignment"] = np.ones((n, n))
    return dataclasses.replace(world, **values)


@pytest.fixture
def _equal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    world = equal_world()
    monkeypatch.setattr(ecosim.setting, "load_world", lambda config: world)
    yield
    ecosim.setting._population.cache_clear()


@pytest.mark.usefixtures("_equal")
def test_a_target_drawn_evenly_reaches_each_partnership_of_m_members_with_chance_1_less_the_power() -> None:
    codes = equal_world().countries
    model = Ecosystem(
        **{
            "world.scale": 0.3,
            "timeline.burn_in_months": 0,
            "timeline.response_months": 24,
            "policy.appropriation_eur_per_month": 0.0,
            "shocks": {code: {"kind": "programme_exclusion", "targets": [code]} for code in codes},
            # Partners are known alike and chosen blindly; organisations differ little in size and have room.
            "behaviour.search.past_partner_share": 0.0,
            "behaviour.search.partners_partner_share": 0.0,
            "behaviour.search.size_exponent": 5.0,
            "behaviour.acceptance.capacity_per_size": 100.0,
            "channels.awareness.observed_weight": 0.0,
        }
    ).fork("twin")
    model.advance(40)
    rows = model.state.partnerships.used
    n = len(codes)
    assert model.setting.risk.labels[:n] == codes
    for members in (2, 3, 4):
        risks = rows["risk"][rows["seats"] == members]
        hit = np.array([(risks >> bit) & 1 for bit in range(n)])
        expected = 1.0 - (1.0 - 1.0 / n) ** members
        assert len(risks) > 300
        # One draw of the target per partnership has this variance at most; n targets share the partnerships.
        error = np.sqrt(expected * (1.0 - expected) / len(risks))
        assert abs(hit.mean() - expected) < 4.0 * error


def share_at_work(members: int, quorum: float, lost: float, n: int = 6000) -> tuple[float, int]:
    """Share of partnerships that work when each member is lost on its own with a chance, and how many must work."""
    p = parameter_record(
        with_overrides(None, {"behaviour.work.quorum": quorum, "behaviour.work.member_withdrawal_hazard": 0.0})
    )
    partnerships, seats = np.zeros(n, dtype=PARTNERSHIP), np.zeros(n * members, dtype=SEAT)
    organisations = np.zeros(n * members, dtype=ORGANISATION)
    organisations["present"] = True
    organisations["standing_draw"] = np.random.default_rng(members).random(n * members)
    partnerships["status"], partnerships["seats"] = ACTIVE, members
    partnerships["first_seat"] = np.arange(n) * members
    partnerships["fails_month"] = seats["leaves_month"] = NEVER
    seats["organisation"] = np.arange(n * members)
    seats["partnership"] = np.repeat(np.arange(n), members)
    seats["state"] = WORKING
    open_share = np.full((1, 1), 1.0 - lost)
    attend(
        replicate_key(1, 0), 12, np.arange(n, dtype=np.int32), partnerships, seats, organisations, open_share,
        open_share[0], np.ones((1, 1)), False, True, np.zeros(2 * n * members, dtype=DEPARTURE), 0,
        np.zeros((n * members, 2), dtype=np.int32), p, np.zeros(6, dtype=np.int64), np.zeros(1, dtype=np.int64),
    )  # fmt: skip
    return float((partnerships["working_now"] > 0).mean()), int(np.ceil(quorum * members))


@pytest.mark.parametrize("members", [2, 3, 5, 8, 15])
@pytest.mark.parametrize(("quorum", "lost"), [(0.5, 0.3), (0.5, 0.7), (0.8, 0.15), (0.34, 0.5)])
def test_a_quorum_of_members_lost_independently_is_a_binomial_tail(members: int, quorum: float, lost: float) -> None:
    share, needed = share_at_work(members, quorum, lost)
    expected = stats.binom.sf(needed - 1, members, 1.0 - lost)
    assert abs(share - expected) < 4.0 * np.sqrt(expected * (1.0 - expected) / 6000) + 1e-9


@pytest.mark.parametrize("quorum", [0.25, 0.5, 0.75])
def test_more_members_help_if_and_only_if_fewer_are_lost_than_can_be_spared(quorum: float) -> None:
    sizes = (4, 8, 16, 32)
    for lost, sign in ((1.0 - quorum - 0.15, 1), (1.0 - quorum + 0.15, -1)):
        shares = [share_at_work(members, quorum, lost)[0] for members in sizes]
        assert (np.diff(shares) * sign > 0.0).all()
