"""What must show nothing shows nothing: a placebo in place of a shock, and levers at a corner where they do nothing."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.contrasts import estimate_contrasts
from ecosim.analysis.measures import per_replicate
from ecosim.analysis.smallest import SmallestEffects
from ecosim.lab.branches import run_unit
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.lab.store import design_table

#: Breadth, months between calls and payment, as wide as five countries allow, on a short timeline.
LEVERS = (
    "experiment=none",
    "world=classroom",
    "world.scale=0.015",
    "programme.reallocate=false",
    "experiment.draw_parameters=false",
    "experiment.factors={countries: {narrow: {programme.countries_per_consortium: [2,3]},"
    " wide: {programme.countries_per_consortium: [4,5]}},"
    " calls: {yearly: {programme.months_between_calls: 12}, quarterly: {programme.months_between_calls: 3}},"
    " payment: {ahead: {programme.prefinancing: 1.0, programme.tranches: 0},"
    " staged: {programme.prefinancing: 0.3, programme.tranches: 3}}}",
    "experiment.reference={}",
    "experiment.contrasts={diversified: {factor: countries, level: wide, against: narrow, measures: [MEASURES]},"
    " calls: {factor: calls, level: quarterly, against: yearly, measures: [MEASURES]},"
    " payment: {factor: payment, level: staged, against: ahead, measures: [MEASURES]}}".replace(
        "MEASURES", "sustained_collaboration, worst_year_collaboration, sustained_output_12"
    ),
    "timeline.burn_in_months=36",
    "timeline.calm_months=6",
    "timeline.calm_jitter_months=5",
    "timeline.response_months=48",
)


#: What eight short histories of a classroom can tell from nothing.
SMALLEST = SmallestEffects(0.02)
NO_EFFECT = {"no effect", "no effect on average"}
HELPS_OR_HURTS = {"helps", "helps on average", "hurts", "hurts on average"}


def simulate(plan, units, branches=True):
    rows = []
    for unit in units:
        payload = plan.payload(unit)
        if not branches:
            payload |= {"branches": {}, "design_ids": {}, "arms": [("twin", None), ("placebo", None)]}
        result = run_unit(payload)
        assert result.failed == 0, result.tracebacks
        rows += result.runs
    return pd.DataFrame(rows)


def with_placebo_as_shock(runs, design):
    """The placebo arm once more, as if it were the shock."""
    placebo = runs[runs["arm"] == "placebo"].assign(arm="shocked")
    ids = dict(zip(design["history_id"], design["design_id"], strict=True))
    return pd.concat([runs, placebo.assign(design_id=placebo["history_id"].map(ids))], ignore_index=True)


def verdicts(repetitions, replicates, *shorter):
    """The three contrasts of each measure in so many independent repetitions of the whole experiment."""
    words = (*LEVERS, *shorter, "shocks=[funder_withdrawal]", "experiment.branches={placebo: [funder_withdrawal]}")
    plan = make_plan(make_request(compose_plain([*words, f"experiment.replicates={repetitions * replicates}"])))
    design = design_table(plan)
    assert len(design) == 8
    found = []
    for repetition in range(repetitions):
        mine = [unit for unit in plan.units if unit.replicate // replicates == repetition]
        measures = per_replicate(with_placebo_as_shock(simulate(plan, mine, branches=False), design), design)
        found.append(estimate_contrasts(measures, design, plan.contrasts, resamples=2000, smallest=SMALLEST))
    return found


@pytest.mark.slow
def test_a_placebo_in_place_of_a_shock_has_no_effect():
    """In at least 95 of 100 repetitions, every contrast of a share sustained is 'no effect', and hardly one decides.

    The intervals of a measure hold together in 95 of 100 experiments: that is what they promise, so in five of them a
    placebo may have a verdict, and not in more. A worst year is the lowest of many, and noisier than the whole: it may
    stay undecided. What is delivered is not what a placebo tests: a lever that costs or gains in calm times does so
    here too.
    """
    found = verdicts(100, 8)
    for measure in ("sustained_collaboration", "sustained_output_12", "worst_year_collaboration"):
        mine = [table[table["measure"] == measure] for table in found]
        words = [set(table["verdict"]) for table in mine]
        assert sum(bool(HELPS_OR_HURTS & one) for one in words) <= 5
        if measure.startswith("sustained"):
            assert sum(one <= NO_EFFECT for one in words) >= 95
        # whether or not it is too little to matter: nothing is in the intervals of all three contrasts at once
        outside = [bool(((table["low"] > 0.0) | (table["high"] < 0.0)).any()) for table in mine]
        assert sum(outside) <= 10  # 95 of 100, and the chance of 100 tries


def test_a_placebo_neither_helps_nor_hurts_quickly():
    (found,) = verdicts(1, 5, "timeline.burn_in_months=24", "timeline.response_months=24")
    assert len(found) == 9
    assert not HELPS_OR_HURTS & set(found["verdict"])


def sweep_of(*overrides):
    words = ("shocks=[diplomatic_rupture,funder_withdrawal]", "experiment.branches=null", "experiment.replicates=5",
             "timeline.response_months=18", "experiment.placebos.organisation=all")  # fmt: skip
    plan = make_plan(make_request(compose_plain([*LEVERS, *words, *overrides])))
    runs = simulate(plan, plan.units)
    return plan, design_table(plan), runs


def same_bits(runs, designs):
    """Whether all policies have the same outcomes, run for run."""
    shock = runs["design_id"].map(designs.set_index("design_id")["shock"]).fillna("none")
    outcomes = [name for name in runs if name.startswith(("area_", "mean_", "exposure:")) or name in ("drawdown",)]
    keys = [runs["replicate"], runs["arm"], shock]
    for _, part in runs[outcomes].groupby(keys):
        assert len(part) == 8
        if any(len({value.tobytes() for value in part[name].to_numpy()}) > 1 for name in outcomes):
            return False
    return True


NEUTRAL_FACTORS = (
    "experiment.factors={blocs: {any: {programme.blocs_per_consortium: null},"
    " met by all: {programme.blocs_per_consortium: [1, 60]}},"
    " tranches: {none: {programme.tranches: 0}, of nothing: {programme.tranches: 7}},"
    " rule: {calendar: {programme.tranche_rule: calendar}, milestone: {programme.tranche_rule: milestone}}}"
)
FREE = ("programme.prefinancing=1.0", "programme.call_cost_eur=0", "programme.evaluation_cost_eur=0",
        "programme.payment_cost_eur=0")  # fmt: skip


@pytest.mark.parametrize(
    "corner",
    [
        # 36 + 11 + 18 months from January 2006 end in May 2011; then nothing new is awarded
        pytest.param(
            ("policy.start=2011-07", "timeline.start=2006-01", "timeline.run_off_months=3"), marks=pytest.mark.slow
        ),
        pytest.param((NEUTRAL_FACTORS, "experiment.contrasts={}", *FREE), marks=pytest.mark.slow),
    ],
    ids=["a reform that comes too late", "levers with nothing to act on, at no cost"],
)
def test_eight_policies_with_neutral_levers_are_one(corner):
    plan, design, runs = sweep_of(*corner)
    assert len(plan.policies) == 8
    assert same_bits(runs, design)
    measures = per_replicate(runs, design)
    table = estimate_contrasts(measures, design, plan.contrasts, resamples=200)
    assert table["estimate"].eq(0.0).all()
    assert (table["low"].eq(0.0) & table["high"].eq(0.0)).all()
    assert table["verdict"].eq("no effect").all()


def test_the_levers_are_not_neutral_elsewhere():
    _, design, runs = sweep_of("experiment.replicates=1")
    assert not same_bits(runs, design)
    assert np.isfinite(runs.loc[runs["arm"] == "twin", "area_output"]).all()
