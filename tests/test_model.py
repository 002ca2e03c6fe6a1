"""Twins, forks, snapshots, and the same numbers everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ecosim import randomness as rnd
from ecosim.analysis.resilience import COLUMNS, beside_twin, response
from ecosim.catalogue.families import FAMILIES
from ecosim.model import Ecosystem
from ecosim.month.diplomacy import settle
from ecosim.partnerships.drafts import draw_leads, expected_leads
from ecosim.state import State
from tests.models import (
    INSTRUMENTS,
    SHOCKS,
    SMALL,
    bits,
    differing,
    fingerprint,
    finished,
    small,
    tables_fingerprint,
    to_the_end,
)

#: Shocks asked in every run of the tests: money, law, goods, people, a sequence of several. The others are slow.
USUAL = ("drawn_sequence", "funder_withdrawal", "programme_exclusion", "supplier_loss", "war")


def _slow_unless_usual(value: Any, name: str) -> Any:
    return value if name in USUAL else pytest.param(value, marks=pytest.mark.slow)


ALL = pytest.mark.parametrize(
    "shocks", [*(_slow_unless_usual([name], name) for name in SHOCKS), list(SHOCKS)], ids="+".join
)


def struck(shocks: dict[str, dict[str, Any]], **overrides: Any) -> Ecosystem:
    """A small model with shocks, each with the parts of the model that alone read it."""
    needed = [FAMILIES["shocks"][name].example_beside.get("mechanisms", {}) for name in shocks]
    mechanisms = {f"mechanisms.{part}": on for one in needed for part, on in one.items()}
    return small(**{"shocks": shocks, "instruments": INSTRUMENTS, **mechanisms, **overrides})


def shocked(shocks: list[str], **overrides: Any) -> Ecosystem:
    return struck({name: SHOCKS[name] for name in shocks}, **overrides)


# ---- what the tests compare with


def test_the_comparison_sees_a_single_cent_and_every_field_of_the_state() -> None:
    model = small().advance(20)
    other = model.snapshot()
    assert not differing(model.state, other)
    other.seats.rows["advanced_cents"][3] += 1
    other.ties.slots["trust"][7] += 0.5
    assert differing(model.state, other) == {"seats.advanced_cents", "ties.slots.trust"}
    assert {name.partition(".")[0] for name in bits(model.state)} == set(vars(model.state))


# ---- twins


@ALL
def test_twin_and_shocked_world_agree_to_the_bit_until_the_announcement(shocks: list[str]) -> None:
    model = struck({name: {**SHOCKS[name], "announced_after_months": 5} for name in shocks})
    hit, twin = model.fork("shocked"), model.fork("twin")
    last_calm = model.announcement_month + 5
    assert not differing(hit.advance(last_calm).state, twin.advance(last_calm).state)
    assert hit.participations().equals(twin.participations())
    hit.step()
    twin.step()
    # what a drawn sequence brings comes in the months that are drawn
    later_still = shocks == ["drawn_sequence"]
    assert later_still or "handles" in {part.partition(".")[0] for part in differing(hit.state, twin.state)}
    assert fingerprint(to_the_end(hit)) != fingerprint(to_the_end(twin))


@ALL
def test_severity_0_changes_no_bit(shocks: list[str]) -> None:
    model = struck({name: {**SHOCKS[name], "severity": 0.0} for name in shocks})
    hit, twin = to_the_end(model.fork("shocked")), to_the_end(model.fork("twin"))
    assert len(hit.setting.acting) == len(shocks)
    # a ceiling of 1 is none, and effects and health keep the handles with it beside what followed from them
    for health in (hit.state.health, twin.state.health):
        if health is not None:
            assert health.seen is not None
            health.seen = (None, *health.seen[1:])
    assert {part for part in differing(hit.state, twin.state) if "handles.ceilings" not in part} == set()


def test_no_shock_is_no_loss_to_the_bit() -> None:
    model = small()
    shocked, twin = (to_the_end(model.fork(arm)).series() for arm in ("shocked", "twin"))
    start, end = model.announcement_month, model.config.calendar.months
    for column in COLUMNS:
        found = beside_twin(column, shocked[column], twin[column], start, end)
        assert found[f"sustained_{column}"] == 1.0
        answer = response(shocked[column], twin[column], start, end)
        assert answer.drawdown == 0.0
        assert np.isnan(answer.recovery_months)


def test_the_placebo_is_the_twin_without_one_organisation() -> None:
    model = small().advance(20)
    twin, placebo = model.fork("twin"), model.fork("placebo")
    start = model.announcement_month
    assert not differing(twin.advance(start).state, placebo.advance(start).state)
    twin.step()
    placebo.step()
    gone = twin.state.organisations["present"] & ~placebo.state.organisations["present"]
    assert gone.sum() == 1
    assert twin.state.organisations["load"][gone] > 0
    assert not (placebo.state.organisations["present"] & ~twin.state.organisations["present"]).any()
    assert fingerprint(to_the_end(twin)) != fingerprint(to_the_end(placebo))


# ---- forks


@ALL
def test_a_fork_is_the_run_from_month_0_to_the_bit(shocks: list[str]) -> None:
    whole = to_the_end(shocked(shocks))
    trunk = shocked(shocks)
    # Branched late, and from a trunk that others were branched from before.
    trunk.advance(10)
    to_the_end(trunk.fork("twin"))
    trunk.advance(trunk.announcement_month)
    fork = trunk.fork("shocked")
    assert not differing(to_the_end(fork).state, whole.state)
    assert fork.participations().equals(whole.participations())
    assert fork.steps == whole.steps == whole.month


@pytest.mark.parametrize("name", [_slow_unless_usual(name, name) for name in SHOCKS])
def test_a_fork_with_one_shock_of_several_is_the_run_with_that_shock_alone(name: str) -> None:
    several = shocked(list(SHOCKS))
    one = to_the_end(several.fork("shocked", [name]))
    alone = to_the_end(shocked([name], mechanisms=several.config.mechanisms.model_dump()))
    # Which partnerships count as at risk is a matter of what is watched, not of what happens.
    watched = ("record", "partnerships.risk")
    assert not {part for part in differing(one.state, alone.state) if not part.startswith(watched)}
    assert one.series()["effort"].tobytes() == alone.series()["effort"].tobytes()


def test_a_fork_leaves_its_parent_as_it_was() -> None:
    model = shocked(list(SHOCKS)).advance(30)
    before = bits(model.state)
    hit, placebo = model.fork("shocked"), model.fork("placebo")
    to_the_end(hit)
    to_the_end(placebo)
    assert len(hit.agents) > 0
    assert bits(model.state) == before
    assert not model.setting.placebo
    assert placebo.setting.placebo
    to_the_end(model)
    assert not differing(model.state, hit.state)


def test_worlds_stepped_in_turns_do_not_touch_each_other() -> None:
    alone = [fingerprint(finished(seed=seed)) for seed in (1, 2)]
    pair = [small(seed=seed) for seed in (1, 2)]
    while pair[0].running:
        for model in pair:
            model.step()
    assert [fingerprint(model) for model in pair] == alone
    assert alone[0] != alone[1]


def test_a_fork_after_the_announcement_is_refused() -> None:
    model = shocked(["supplier_loss"])
    model.advance(model.announcement_month)
    model.fork("twin")
    model.step()
    with pytest.raises(ValueError, match="after the announcement"):
        model.fork("twin")


def test_a_fork_with_an_unknown_shock_is_refused() -> None:
    with pytest.raises(ValueError, match="no shock named flood"):
        shocked(["supplier_loss"]).fork("shocked", ["flood"])


def test_a_step_beyond_the_end_is_refused_and_advance_stops_there() -> None:
    model = finished()
    assert not model.running
    assert model.advance(10_000).month == model.config.calendar.months
    with pytest.raises(RuntimeError, match="the run ended after"):
        model.step()


# ---- snapshots


def test_a_restored_snapshot_goes_on_as_if_nothing_had_happened() -> None:
    model = shocked(list(SHOCKS)).advance(30)
    kept = model.snapshot()
    before = bits(kept)
    first = bits(to_the_end(model).state)
    assert bits(kept) == before
    model.restore(kept)
    assert (model.month, model.steps) == (30, 30)
    assert len(model.agents) > 0
    assert bits(to_the_end(model).state) == first
    assert bits(kept) == before


def test_a_snapshot_of_a_shocked_world_restores_the_shock() -> None:
    model = shocked(["diplomatic_rupture"])
    model.advance(model.announcement_month + 6)
    kept = model.snapshot()
    first = bits(to_the_end(model).state)
    model.restore(kept)
    assert bits(to_the_end(model).state) == first


# ---- who draws what


def people(model: Ecosystem) -> dict[str, bytes]:
    """Who is there and whom they know."""
    return {part: value for part, value in bits(model.state).items() if part.startswith(("organisations", "known"))}


def test_the_population_is_the_same_whatever_is_done_to_it() -> None:
    plain = small()
    others = [
        shocked(list(SHOCKS)),
        small(
            programme__months_between_calls=9, programme__prefinancing=1.0, programme__countries_per_consortium=[2, 3]
        ),
        small(policy__appropriation_eur_per_month=1e6, mechanisms__trust=False, behaviour__work__quorum=0.9),
    ]
    for other in others:
        assert other.announcement_month == plain.announcement_month
        for name, value in vars(plain.setting.population).items():
            assert repr(getattr(other.setting.population, name)) == repr(value)
        assert people(other) == people(plain)
    sizes = [model.state.organisations["size"].sum() for model in (plain, small(seed=2))]
    assert sizes[0] != sizes[1]


def leads(model: Ecosystem) -> tuple[np.ndarray, np.ndarray]:
    """What each organisation is expected to lead this month, and what it draws."""
    state, setting = model.state, model.setting
    index = setting.population.index
    expected = expected_leads(
        state.organisations, index.organisation, index.arrival_month, index.sector, setting.lead_weight,
        setting.terms[0].funder_of, np.full((1, 10), 2.0), state.effects.readiness[0],
        np.ascontiguousarray(np.diagonal(state.effects.eligibility[0])), state.handles.rotation,
        state.month, 1.0,
    )  # fmt: skip
    counts = draw_leads(setting.key, index.key, index.sector, expected, state.month, rnd.LEAD_FUNDED)
    return expected, counts


def test_an_organisation_that_no_shock_reaches_draws_the_same_numbers() -> None:
    # From the announcement to the effective date only belief in the target differs, and only the target's own leading.
    model = small(shocks={"programme_exclusion": {**SHOCKS["programme_exclusion"], "severity": 1.0}})
    start = model.announcement_month
    model.advance(start)
    target = model.setting.world.country_index("GBR")
    index = model.setting.population.index
    differ_somewhere = 0
    for month in range(start, start + 40):
        worlds = {}
        for arm in ("shocked", "twin"):
            branch = model.fork(arm)
            branch.state.month = month
            settle(branch.state, branch.setting)
            worlds[arm] = leads(branch)
        hit, twin = worlds["shocked"], worlds["twin"]
        of_target = model.state.organisations["country"][index.organisation] == target
        assert hit[0][~of_target].tobytes() == twin[0][~of_target].tobytes()
        assert (hit[1][~of_target] == twin[1][~of_target]).all()
        # The target's expect less and so never lead more: it is the same number, held against a lower bar.
        assert (hit[0][of_target] <= twin[0][of_target]).all()
        assert (hit[1][of_target] <= twin[1][of_target]).all()
        differ_somewhere += int((hit[1] != twin[1]).sum())
    assert differ_somewhere > 0


# ---- the same numbers in another process

_PROGRAM = """
import json, sys
from tests.models import tables_fingerprint, to_the_end
from ecosim.model import Ecosystem
model = Ecosystem(**json.loads(sys.argv[1])).fork("shocked")
print(tables_fingerprint(to_the_end(model)))
"""


def elsewhere(python: str, settings: dict[str, Any], cache: Path | None = None) -> str:
    root = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "77"}
    if cache is not None:
        environment["ECOSIM_CACHE_DIR"] = str(cache)
    answer = subprocess.run(
        [python, "-c", _PROGRAM, json.dumps(settings)], env=environment, cwd=root, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


RICH: dict[str, Any] = {**SMALL, "shocks": SHOCKS, "instruments": INSTRUMENTS, "seed": 5}


def test_the_same_seed_gives_the_same_tables_in_another_process() -> None:
    assert elsewhere(sys.executable, RICH) == tables_fingerprint(to_the_end(Ecosystem(**RICH)))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_tables_without_a_cache(tmp_path: Path) -> None:
    assert elsewhere(sys.executable, RICH, tmp_path) == tables_fingerprint(to_the_end(Ecosystem(**RICH)))


@pytest.mark.slow
@pytest.mark.skipif("ECOSIM_OTHER_PYTHON" not in os.environ, reason="ECOSIM_OTHER_PYTHON names no interpreter")
def test_the_same_seed_gives_the_same_tables_on_another_python() -> None:
    assert elsewhere(os.environ["ECOSIM_OTHER_PYTHON"], RICH) == tables_fingerprint(to_the_end(Ecosystem(**RICH)))


def test_the_state_is_copied_whole() -> None:
    model = shocked(list(SHOCKS)).advance(30)
    copy = model.state.copy()
    shared = {
        name for name, value in vars(model.state).items()
        if value is getattr(copy, name) and value is not None and not isinstance(value, int)
    }  # fmt: skip
    # These are replaced and never written.
    assert shared <= {"handles", "effects", "known"}
    before = bits(copy)
    to_the_end(model)
    assert bits(copy) == before
    assert isinstance(copy, State)


# ---------------------------------------------------------------------------------------------- another policy


def test_under_the_same_policy_a_history_goes_on_as_its_twin():
    history = small()
    history.advance(history.announcement_month)
    twin, under = history.fork("twin"), history.under(history.config)
    for world in (twin, under):
        world.advance(history.announcement_month + 12)
    for name, values in twin.series_by_country().items():
        np.testing.assert_array_equal(under.series_by_country()[name], values, err_msg=name)


def test_under_another_policy_new_money_is_spent_from_then_on():
    from ecosim.scenario import with_overrides

    history = small()
    history.advance(history.announcement_month)
    changes = {"policy.levers": {"people_exchange": 1.0}, "policy.levers_share": 0.0, "policy.additional_eur": 5e6}
    world = history.under(with_overrides(history.config, changes)).advance(history.announcement_month + 12)
    spent = world.series()["appropriated_eur"] - history.fork("twin").advance(world.month).series()["appropriated_eur"]
    first = history.announcement_month
    assert (spent[:first] == 0.0).all()
    assert spent[first:] == pytest.approx(5e6 * history.config.world.scale)
    with pytest.raises(ValueError, match="programme differ"):
        history.under(with_overrides(history.config, {"programme.tranches": 3}))


def test_each_replicate_is_watched_for_the_same_months_after_its_own_calm_window() -> None:
    settings = {**SMALL, "timeline.calm_months": 6, "timeline.calm_jitter_months": 23, "timeline.response_months": 30}
    drawn = [Ecosystem(**settings, replicate=number, shocks={"war": SHOCKS["war"]}) for number in range(12)]
    assert len({model.announcement_month for model in drawn}) > 4
    assert {model.observation_end_month - model.announcement_month for model in drawn} == {30}
    # a shock with a date is watched to the end of the calendar, whatever window was drawn
    dated = {"war": {**SHOCKS["war"], "announced": drawn[0].setting.calendar.start[:4] + "-12"}}
    dated["war"].pop("announced_after_months", None)
    ends = {Ecosystem(**settings, replicate=number, shocks=dated).observation_end_month for number in range(4)}
    assert ends == {drawn[0].config.calendar.observation_end}
