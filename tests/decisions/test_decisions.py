"""Decisions: who sees what, when orders take effect, and what they move."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ecosim.decisions import REGISTRY, Decision, Orders
from ecosim.decisions.base import SEES
from ecosim.errors import InputError
from ecosim.model import Ecosystem
from ecosim.month.deciding import look
from tests.models import SMALL, fingerprint, small, to_the_end
from tests.pipeline.busy import FAST

MATCHMAKING = {"matchmaking": {}}


def busy(kind: str, **overrides: Any) -> Ecosystem:
    """The world of its example, in which one decision may be taken."""
    return world_of(kind, {kind: {**REGISTRY[kind].example, **overrides}})


def world_of(kind: str, decisions: dict[str, Any]) -> Ecosystem:
    """The world in which a kind has something to decide, with any decisions."""
    return Ecosystem(**{**SMALL, **REGISTRY[kind].example_beside, "decisions": decisions})


def test_a_review_moves_money_once_a_year_towards_busy_pairs() -> None:
    model = small(instruments=MATCHMAKING)
    first = model.state.allocation.copy()
    assert np.isclose(first.sum(), 1.0)
    model.advance(12)
    assert (model.state.allocation == first).all()
    assert model.state.observed.sum() > 0.0
    model.step()
    assert (model.state.allocation != first).any()
    assert np.isclose(model.state.allocation.sum(), 1.0)
    # A pair without a mission gets nothing, however busy it is; nobody moves further than a step.
    assert (model.state.allocation[first == 0.0] == 0.0).all()
    step = model.config.decisions["missions_follow_partnerships"].model_dump()["step"]
    assert (model.state.allocation >= (1.0 - step) * first - 1e-12).all()
    second = model.state.allocation.copy()
    model.advance(24)
    assert (model.state.allocation == second).all()


def test_the_longest_step_goes_all_the_way_and_none_is_no_review() -> None:
    def after_a_year(step: float) -> np.ndarray:
        model = small(instruments=MATCHMAKING, decisions={"missions_follow_partnerships": {"step": step}})
        return model.advance(13).state.allocation

    first = small(instruments=MATCHMAKING).state.allocation
    assert after_a_year(0.0) == pytest.approx(first)
    all_the_way = after_a_year(1.0)
    assert abs(all_the_way - first).max() > 0.001
    for step in (0.1, 0.5):
        assert after_a_year(step) == pytest.approx((1.0 - step) * first + step * all_the_way)


def test_moving_at_random_moves_as_much_and_elsewhere() -> None:
    def moved(kind: str) -> np.ndarray:
        model = small(instruments=MATCHMAKING, decisions={kind: {}})
        first = model.state.allocation.copy()
        return model.advance(13).state.allocation - first

    followed, by_lot = moved("missions_follow_partnerships"), moved("missions_move_at_random")
    assert (followed != by_lot).any()
    # A step of the money goes to other pairs in both; how much of it comes back to where it was is left to chance.
    assert 0.3 < abs(by_lot).sum() / abs(followed).sum() < 3.0


def test_without_decisions_money_stays_where_it_was_put() -> None:
    model = small(instruments=MATCHMAKING, decisions={})
    first = model.state.allocation.copy()
    model.advance(40)
    assert (model.state.allocation == first).all()
    assert model.state.missions["experience"].max() > 3.0


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_every_decision_moves_an_outcome_and_none_before_the_shock_it_answers(kind: str) -> None:
    idle = to_the_end(world_of(kind, {}))
    model = busy(kind)
    if {"announced", "closed"} & REGISTRY[kind].sees:
        model.advance(model.announcement_month)
        months = model.announcement_month
        assert all(
            model.series()[name].tobytes() == values[:months].tobytes() for name, values in idle.series().items()
        )
    assert fingerprint(to_the_end(model)) != fingerprint(idle)


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_no_decision_sees_what_it_may_not(kind: str) -> None:
    """In a world in which all that is unseen differs, the same is seen."""
    model = busy(kind).advance(60)
    decision = model.config.decisions[kind]
    before = look(kind, decision, model.state, model.setting)
    other = model.snapshot()
    sees = decision.sees
    for table in (other.organisations, other.partnerships.rows, other.seats.rows, other.missions, other.governments):
        for name in table.dtype.names or ():
            table[name] = np.roll(table[name], 1)
    for array in (other.knowledge, other.skill, other.trust_shift, other.envelopes, other.earmarked, other.memory):
        array += 1
    other.ledger.balance += 1
    for name, book in other.decided.items():
        book.starts_before = book.starts_before if "starts" in sees else 1.0
        book.pending, book.added_eur = [], np.ones(len(other.governments))
        if "closed" not in sees or name == kind:
            book.stance = np.ones_like(other.trust_shift)
    if "sectors" not in sees:
        other.sector_share = np.roll(other.sector_share, 1, axis=1)
    # Handles are made anew each month from shocks and stances; what a decision sees of them it sees there.
    other.handles, other.effects = None, None
    if "starts" not in sees:
        other.observed += 5.0
    if "allocation" not in sees:
        other.allocation = np.roll(other.allocation, 1)
    seen_until = model.month - decision.seen_after_months
    for name, rows in (
        ("series", other.record.rows),
        ("by_country", other.record.by_country),
        ("granted", other.record.granted_cents),
        ("publications", other.record.publications_by_sector),
    ):
        rows[seen_until if name in sees else 0 :] += 7
    after = look(kind, decision, other, model.setting)
    assert before._values.keys() == sees
    for name in sees:
        one, two = before._values[name], after._values[name]
        if isinstance(one, dict):
            assert one.keys() == two.keys()
            assert all(np.array_equal(one[key], two[key]) for key in one)
        elif name == "announced":
            assert [shock.name for shock in one] == [shock.name for shock in two]
        else:
            assert np.array_equal(one, two)
    for name in SEES.keys() - sees:
        with pytest.raises(AttributeError, match=f"does not see '{name}'"):
            getattr(before, name)


@pytest.mark.parametrize("delay", [0, 5])
def test_orders_take_effect_after_their_delay(delay: int) -> None:
    model = busy("governments_retaliate", acts_after_months=delay)
    model.advance(model.announcement_month + delay)
    assert not (model.state.decided["governments_retaliate"].stance is not None
                and model.state.decided["governments_retaliate"].stance.any())  # fmt: skip
    model.step()
    stance = model.state.decided["governments_retaliate"].stance
    assert stance is not None
    hit = model.setting.world.country_index("GBR")
    assert stance[hit].sum() == model.setting.world.n_countries - 1
    assert np.delete(stance, hit, axis=0).sum() == 0.0


def test_a_trigger_switches_its_instrument_on_and_only_when_the_outcome_was_low() -> None:
    def spending(below: float) -> np.ndarray:
        model = busy("switch_on", below=below, for_months=3)
        return to_the_end(model).series()["instruments_eur"]

    never, always = spending(0.0), spending(10.0)
    assert (never == 0.0).all()
    start = busy("switch_on").config.calendar.burn_in_months + 12 + 3
    assert (always[:start] == 0.0).all()
    assert always[start] > 0.0


@pytest.mark.parametrize(("key", "value"), [("instrument", "matchmakin"), ("outcome", "colaboration")])
def test_a_trigger_names_what_there_is(key: str, value: str) -> None:
    with pytest.raises(InputError, match=f"decisions.switch_on.{key}.*{value}"):
        busy("switch_on", **{key: value})


def test_a_trigger_watches_what_comes_after_research_where_there_is_any() -> None:
    watch = {"instrument": "matchmaking", "outcome": "technologies_in_use", "below": 10.0, "for_months": 1}
    beside = {"instruments": {"matchmaking": {}}, "decisions": {"switch_on": watch}}
    with pytest.raises(InputError, match=r"technologies_in_use: is not recorded; allowed: with mechanisms\.stages"):
        Ecosystem(**{**SMALL, **beside})
    model = Ecosystem(**{**FAST, **beside})
    start = model.config.calendar.burn_in_months + 13
    to_the_end(model)
    in_use, spent = (model.series()[name] for name in ("technologies_in_use", "instruments_eur"))
    assert in_use[start - 13 : start - 1].mean() > 0.0
    assert (spent[:start] == 0.0).all()
    assert spent[start:].any()


def test_a_fork_decides_on_its_own() -> None:
    model = busy("governments_retaliate").advance(30)
    before = model.snapshot()
    other = model.fork("shocked").advance(100)
    assert model.state.decided["governments_retaliate"].stance is before.decided["governments_retaliate"].stance
    assert other.state.decided["governments_retaliate"].stance is not None


def test_where_money_is_short_priority_goes_first_and_equals_share() -> None:
    def first_month(**priorities: int) -> dict[str, float]:
        asked = {"matchmaking": 5e8, "visa_facilitation": 1e9}
        model = small(
            instruments={name: {"monthly_eur": eur, "priority": priorities[name]} for name, eur in asked.items()}
        )
        model.step()
        return {name: float(spent.sum()) for name, spent in model.state.spent_eur.items()}

    shared = first_month(matchmaking=5, visa_facilitation=5)
    assert shared["visa_facilitation"] == pytest.approx(2.0 * shared["matchmaking"], rel=1e-3)
    first = first_month(matchmaking=1, visa_facilitation=2)
    assert first["matchmaking"] > shared["matchmaking"]
    assert sum(first.values()) == pytest.approx(sum(shared.values()), rel=1e-3)


def test_a_decision_must_say_what_it_sees_and_orders() -> None:
    with pytest.raises(TypeError, match="nobody can see 'quality'"):
        type("Clairvoyant", (Decision,), {"kind": "clairvoyant", "summary": "x", "sees": frozenset({"quality"})})
    with pytest.raises(TypeError, match="set `orders`"):
        type("Idle", (Decision,), {"kind": "idle", "summary": "x"})
    assert Orders() == Orders()
