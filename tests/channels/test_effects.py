"""What doubt about a country's part in the programme does: two consents for each role, once each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ecosim.channels.build import base_handles
from ecosim.channels.effects import GROUPS, Effects, effects_of
from ecosim.channels.handles import HANDLE, Handles
from ecosim.config.channels import ChannelsConfig
from ecosim.scenario import with_overrides
from tests.worlds import small_world

WORLD = small_world()
DOUBTED, OTHER, THIRD = 0, 1, 2
#: Belief in the doubted country.
BELIEF = 0.6
#: The programme, and agencies that pay their own country alone.
TERMS = (False, True)


def effects(belief: float = BELIEF, **overrides: Any) -> Effects:
    base = base_handles(WORLD, ChannelsConfig())
    handles = base.copy()
    handles.programme_expectation[DOUBTED] = belief
    handles.lead_expectation[DOUBTED] = belief
    config = with_overrides(None, {key.replace("__", "."): value for key, value in overrides.items()})
    return effects_of(handles, base, WORLD, config.behaviour, config.mechanisms, TERMS)


def kept(name: str, **overrides: Any) -> np.ndarray:
    """A table beside the same without doubt; running sums over partner countries are taken apart."""
    values = [getattr(effects(belief, **overrides), name) for belief in (BELIEF, 1.0)]
    if name.startswith("look"):
        values = [np.diff(value, axis=-1, prepend=0.0) for value in values]
    with np.errstate(invalid="ignore"):
        return np.where(values[1] > 0.0, values[0] / values[1], 1.0)


def lost_with_member() -> float:
    """Seven months until a substitute works, of the mean length of a grant."""
    return 7.0 / WORLD.consortium_shapes["duration_months"].mean()


MONTHS = {"behaviour__work__grace_months": 3, "behaviour__work__start_up_months": 4}


@pytest.mark.parametrize(("stake", "response"), [(0.0, 1.0), (0.25, 1.0), (1.0, 1.0), (0.5, 2.0), (0.5, 0.0)])
def test_a_lead_counts_what_it_loses_and_what_its_partners_would(stake: float, response: float) -> None:
    settings = {
        "behaviour__acceptance__lead_stake": stake,
        "behaviour__acceptance__expectation_response": response,
    }
    expected = np.ones(WORLD.n_countries)
    expected[DOUBTED] = (BELIEF * (1.0 - stake * (1.0 - BELIEF))) ** response
    found = kept("readiness", **settings)
    assert found[0] == pytest.approx(np.broadcast_to(expected, found[0].shape))


def test_doubt_about_the_programme_stays_in_the_programme() -> None:
    for name in ("readiness", "acceptance", "look_funded"):
        assert (kept(name)[0] != 1.0).any()
        assert (kept(name)[1] == 1.0).all()
    for name in ("readiness_unfunded", "acceptance_unfunded", "look_unfunded"):
        assert (kept(name) == 1.0).all()


def test_the_asked_answers_for_itself_alone() -> None:
    accepted = kept("acceptance")[0]
    assert accepted[:, DOUBTED] == pytest.approx(BELIEF)
    assert np.delete(accepted, DOUBTED, axis=1) == pytest.approx(1.0)


def test_leads_look_past_a_member_as_far_as_replacing_it_takes() -> None:
    sought = kept("look_funded", **MONTHS)[0]
    assert sought[OTHER, :, DOUBTED] == pytest.approx(1.0 - lost_with_member() * (1.0 - BELIEF))
    assert sought[OTHER, :, THIRD] == pytest.approx(1.0)
    # One event for lead and member of one country: no more doubt than the lead's own.
    assert sought[DOUBTED, :, DOUBTED] == pytest.approx(1.0)
    alone = kept("look_funded", mechanisms__substitution=False)[0]
    assert alone[OTHER, :, DOUBTED] == pytest.approx(BELIEF)


def test_whether_leading_or_taking_part_suffers_more_is_not_written_in() -> None:
    member = kept("acceptance")[0, OTHER, DOUBTED, 0] * kept("look_funded", **MONTHS)[0, OTHER, 0, DOUBTED]
    lead = [kept("readiness", behaviour__acceptance__lead_stake=stake)[0, 0, DOUBTED] for stake in (0.0, 1.0)]
    assert lead[1] < member < lead[0]


def test_without_doubt_no_response_changes_a_bit() -> None:
    plain = effects(1.0)
    for settings in (
        {"behaviour__acceptance__lead_stake": 1.0},
        {"behaviour__acceptance__expectation_response": 3.0},
        {"mechanisms__expectation": False},
    ):
        other = effects(1.0, **settings)
        for name in (
            "readiness", "readiness_unfunded", "acceptance", "acceptance_unfunded", "look_funded", "look_unfunded",
        ):  # fmt: skip
            assert np.array_equal(getattr(plain, name), getattr(other, name)), (settings, name)


def busy(*more: str) -> Handles:
    """Handles of a month in which everything that tables weigh differs from rest, and of which some are lower still."""
    handles = base_handles(WORLD, ChannelsConfig()).copy()
    rng = np.random.default_rng(3)
    for name in (*sorted(set().union(*(group.handles for group in GROUPS))), "displaced", *more):
        value = getattr(handles, name)
        handles.lower(name, 0.2 * rng.random(value.shape))
    handles.displaced[DOUBTED] = 0.1
    return handles


def asked(handles: Handles, own_size: bool, before: Effects | None = None) -> Effects:
    base, config, n = base_handles(WORLD, ChannelsConfig()), with_overrides(None, {}), WORLD.n_countries
    return effects_of(
        handles, base, WORLD, config.behaviour, config.mechanisms, (False, True, False), np.ones(n, dtype=np.bool_),
        (False, False, True), (None, 0.5 + 0.5 * np.eye(n), None),
        unfunded_at_rest=np.full((n, n), 1.0 / n) if own_size else None, before=before,
    )  # fmt: skip


def parts(effects: Effects) -> dict[str, bytes]:
    values = {name: value for name, value in vars(effects).items() if name not in ("handles", "inputs", "rationing")}
    values |= effects.inputs._asdict() | effects.rationing._asdict()
    return {name: np.asarray(value).tobytes() for name, value in values.items()}


@pytest.mark.parametrize("own_size", [False, True])
@pytest.mark.parametrize("name", HANDLE)
def test_tables_taken_over_are_those_made_anew(name: str, own_size: bool) -> None:
    before, now = asked(busy(), own_size), busy(name)
    assert parts(asked(now, own_size, before)) == parts(asked(now, own_size))


def test_no_table_is_made_anew_for_a_handle_it_does_not_depend_on() -> None:
    before = asked(busy(), False)
    after = asked(busy("capacity"), False, before)
    for group in GROUPS:
        for name in group.tables:
            assert getattr(after, name) is getattr(before, name), name
