"""Intervals that hold together, and what is concluded from them."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.contrasts import (
    OPEN,
    VERDICTS,
    Contrast,
    contrast_values,
    contrasts_of,
    estimate_contrasts,
    simultaneous_intervals,
    verdict,
)
from ecosim.analysis.smallest import SmallestEffects


def experiment(effects, replicates, seed, seeds_per_draw=1, noise=0.05, draw_noise=0.0):
    """A synthetic 2 x 2 x 2 experiment under shocks: main effects of each lever on `delivered_output` are known.

    Parameters
    ----------
    effects : array, shape (shocks, 3)
        What the second level of each lever adds.
    """
    random = np.random.default_rng(seed)
    rows, designs = [], []
    for shock in range(len(effects)):
        for policy in range(8):
            levels = [(policy >> k) & 1 for k in range(3)]
            designs.append(
                {"design_id": shock * 8 + policy, "history_id": policy, "shock": f"s{shock}", "shocks": "",
                 "policy": str(levels), "reference": policy == 0}
                | {f"lever{k}": f"level{level}" for k, level in enumerate(levels)}
            )  # fmt: skip
    design = pd.DataFrame(designs)
    draws = -(-replicates // seeds_per_draw)
    by_draw = draw_noise * random.normal(size=(draws, len(effects), 3))
    # replicates differ more than policies do, and every policy shares most of it
    common = random.normal(scale=0.2, size=replicates)
    for point in designs:
        shock = int(point["shock"][1:])
        levels = np.array([int(point[f"lever{k}"][-1]) for k in range(3)])
        for replicate in range(replicates):
            draw = replicate // seeds_per_draw
            area = 0.8 + common[replicate] + levels @ (effects[shock] + by_draw[draw, shock])
            area += noise * random.standard_t(5)
            parts = {"shock_area": area, "twin_area": 1.0, "reference_twin": 1.0, "given_up": 0.0}
            rows.append(
                point
                | {"replicate": replicate, "cluster": draw, "small_group": False}
                | {f"{name}_{column}": value for column in ("output", "collaboration") for name, value in parts.items()}
            )
    return pd.DataFrame(rows), design


LEVERS = tuple(Contrast(f"c{k}", f"lever{k}", "level1", "level0") for k in range(3))


@pytest.mark.parametrize(("replicates", "seeds_per_draw", "draw_noise"), [(30, 1, 0.0), (60, 2, 0.03), (10, 1, 0.0)])
def test_simultaneous_intervals_cover_known_effects(replicates, seeds_per_draw, draw_noise):
    """At least 93 % of repetitions have all 15 true effects inside their intervals."""
    effects = np.random.default_rng(11).normal(scale=0.03, size=(5, 3))
    names = [(f"c{k}", f"s{shock}") for k in range(3) for shock in range(5)]
    truth = np.array([effects[int(shock[1:]), int(name[1:])] for name, shock in names])
    repetitions, covered = 250, 0
    for repetition in range(repetitions):
        random = np.random.default_rng([repetition, replicates])
        draws = replicates // seeds_per_draw
        # what `contrast_values` makes of such an experiment: correlated across shocks through the common worlds
        shared = random.normal(size=(draws, 3))[:, :, None] * draw_noise
        own = random.standard_t(5, size=(draws, seeds_per_draw, 3, 5)).mean(axis=1) * 0.035
        found = simultaneous_intervals((shared + own).reshape(draws, 15) + truth, resamples=1000, seed=repetition)
        covered += bool(((found.low <= truth) & (truth <= found.high)).all())
    assert covered / repetitions >= 0.93


def test_the_whole_way_from_measures_to_intervals_covers():
    effects = np.array([[0.05, 0.0, -0.04], [0.0, 0.02, -0.1]])
    repetitions, covered = 40, 0
    for repetition in range(repetitions):
        measures, design = experiment(effects, 20, repetition, seeds_per_draw=2, draw_noise=0.02)
        table = estimate_contrasts(measures, design, LEVERS, resamples=1000)
        truth = np.array(
            [effects[int(s[1:]), int(c[1:])] for c, s in zip(table["contrast"], table["shock"], strict=True)]
        )
        covered += bool(((table["low"] <= truth) & (truth <= table["high"])).all())
    assert covered / repetitions >= 0.9


def test_wider_than_one_at_a_time_and_narrower_than_bonferroni_when_columns_agree():
    from scipy import stats

    random = np.random.default_rng(2)
    one = random.normal(size=(60, 1))
    many = one + 0.1 * random.normal(size=(60, 15))
    alone = simultaneous_intervals(one).critical
    together = simultaneous_intervals(many).critical
    assert alone == pytest.approx(stats.t.isf(0.025, 59), rel=0.05)
    assert alone < together < stats.t.isf(0.025 / 15, 59)


def test_the_same_data_give_the_same_interval():
    values = np.random.default_rng(0).normal(size=(40, 3))
    np.testing.assert_array_equal(simultaneous_intervals(values).low, simultaneous_intervals(values).low)


def test_columns_without_spread_are_exact():
    values = np.column_stack([np.full(12, 0.3), np.random.default_rng(0).normal(size=12)])
    found = simultaneous_intervals(values)
    assert found.low[0] == found.high[0] == pytest.approx(0.3)
    assert found.low[1] < found.high[1]
    assert simultaneous_intervals(np.zeros((8, 2))).critical == 0.0
    assert np.isnan(simultaneous_intervals([[1.0, 2.0]]).low).all()


@pytest.mark.parametrize(
    ("low", "high", "better", "word"),
    [
        (0.03, 0.08, 1, "helps"),
        (0.01, 0.08, 1, "helps"),
        (0.03, 0.08, -1, "hurts"),
        (-0.08, -0.01, 1, "hurts"),
        (-0.08, -0.01, -1, "helps"),
        (-0.02, 0.02, 1, "no effect"),
        (0.005, 0.015, 1, "no effect"),  # certain, and too small to matter
        (-0.03, 0.01, 1, "undecided"),
        (np.nan, np.nan, 1, "undecided"),
    ],
)
def test_verdicts(low, high, better, word):
    agreeing = {"helps": (0.9, 0.0), "hurts": (0.0, 0.9), "no effect": (0.1, 0.0), "undecided": (1.0, 0.0)}[word]
    assert verdict(low, high, *agreeing, better=better, margin=0.02) == word
    # the interval of the mean alone is never enough for a word without "on average"
    on_average = word if word == OPEN else f"{word} on average"
    assert verdict(low, high, better=better, margin=0.02) == on_average
    assert verdict(low, high, 0.45, 0.45, better=better, margin=0.02) == on_average
    assert {word, on_average} <= set(VERDICTS)


def test_a_mean_that_is_sure_may_hide_draws_that_are_not():
    """An effect of +2 points on average, over draws that reach from -5 to +9."""
    random = np.random.default_rng(3)
    draws = np.linspace(-0.05, 0.09, 200)
    random.shuffle(draws)
    measures, design = of_draws(draws)
    (row,) = estimate_contrasts(measures, design, [LEVER]).to_dict("records")
    assert row["verdict"] == "helps on average"
    assert row["low"] > 0.0
    assert (row["draw_min"], row["draw_max"], row["draws"]) == (pytest.approx(-0.05), pytest.approx(0.09), 200)
    assert row["share_helped"] == (draws > 0.0025).mean()
    assert row["share_hurt"] == (draws < -0.0025).mean()
    assert row["draw_low"] == pytest.approx(-0.043, abs=0.001)
    assert row["draw_high"] == pytest.approx(0.083, abs=0.001)
    # every one of them good
    measures, design = of_draws(draws + 0.06)
    assert estimate_contrasts(measures, design, [LEVER])["verdict"].tolist() == ["helps"]


LEVER = Contrast("lever", "lever", "on", "off", ("delivered_output",))


def of_draws(effect, seeds=1, chance=0.0, random=None):
    """Two policies; the second delivers more by the effect of the draw and what chance adds in each seed."""
    rows = []
    for draw, gain in enumerate(effect):
        for seed in range(seeds):
            luck = chance * random.normal() if chance else 0.0
            calm = {"twin_area": 1.0, "reference_twin": 1.0, "given_up": 0.0}
            rows += [
                {"design_id": lever, "history_id": lever, "shock": "cut", "policy": name, "lever": name,
                 "reference": lever == 0, "replicate": draw * seeds + seed, "cluster": draw,
                 "small_group": False}
                | {f"{part}_{column}": value for column in ("output", "collaboration")
                   for part, value in (calm | {"shock_area": 0.7 + lever * (gain + luck)}).items()}
                for lever, name in enumerate(("off", "on"))
            ]  # fmt: skip
    design = pd.DataFrame({"design_id": [0, 1], "history_id": [0, 1], "shock": "cut", "policy": ["off", "on"]})
    return pd.DataFrame(rows), design


def test_what_chance_adds_to_the_spread_is_said():
    random = np.random.default_rng(8)
    # assumptions and chance of the same size: in the mean of two seeds a third of the variance is chance
    measures, design = of_draws(0.03 * random.normal(size=4000), 2, 0.03, random)
    (row,) = estimate_contrasts(measures, design, [LEVER], resamples=100).to_dict("records")
    assert row["left_to_chance"] == pytest.approx(1 / 3, abs=0.04)
    assert row["draws"] == 4000
    assert (row["draw_high"] - row["draw_low"]) / 2 == pytest.approx(1.645 * 0.03 * np.sqrt(1.5), rel=0.05)
    # one seed a draw cannot tell chance from assumptions
    alone = estimate_contrasts(*of_draws(0.03 * random.normal(size=40)), [LEVER])
    assert alone["left_to_chance"].isna().all()


def test_the_smallest_effect_is_that_of_the_shock_and_measure():
    measures, design = of_draws(np.full(20, 0.006))
    noise = np.random.default_rng(0).normal(scale=1e-4, size=len(measures))
    for column in ("output", "collaboration"):
        measures[f"shock_area_{column}"] += noise
    said = {
        limit: estimate_contrasts(measures, design, [LEVER], smallest=SmallestEffects(by_shock={"cut": limit}))
        for limit in (0.004, 0.01)
    }
    assert said[0.004]["verdict"].tolist() == ["helps"]
    assert said[0.01]["verdict"].tolist() == ["no effect"]
    assert said[0.01]["margin"].tolist() == [0.01]
    by_measure = SmallestEffects(by_shock={"cut": {"sustained_collaboration": 0.01}})
    both = Contrast("lever", "lever", "on", "off", ("delivered_output", "sustained_collaboration"))
    table = estimate_contrasts(measures, design, [both], smallest=by_measure).set_index("measure")
    assert table["margin"].to_dict() == {"delivered_output": 0.0025, "sustained_collaboration": 0.01}
    assert table["verdict"].to_dict() == {"delivered_output": "helps", "sustained_collaboration": "no effect"}


def test_a_contrast_averages_over_the_other_levers_within_replicates():
    effects = np.array([[0.05, 0.015, -0.04]])
    measures, design = experiment(effects, 8, 1, noise=0.0)
    # worlds differ by .2, the paired contrast not at all
    for k, contrast in enumerate(LEVERS):
        np.testing.assert_allclose(
            contrast_values(measures, contrast, "s0", "delivered_output"), effects[0, k], atol=1e-12
        )
    table = estimate_contrasts(measures, design, LEVERS, smallest=SmallestEffects(0.02)).set_index("contrast")
    assert table["verdict"].to_dict() == {"c0": "helps", "c1": "no effect", "c2": "hurts"}
    restricted = Contrast("r", "lever0", "level1", "level0", where={"lever1": "level1"})
    np.testing.assert_allclose(contrast_values(measures, restricted, "s0", "delivered_output"), 0.05, atol=1e-12)


def test_a_replicate_with_a_missing_policy_is_left_out():
    measures, design = experiment(np.array([[0.05, 0.02, -0.04]]), 8, 1)
    cut = measures.drop(measures.index[(measures["replicate"] == 3) & (measures["design_id"] == 5)])
    assert list(contrast_values(cut, LEVERS[0], "s0", "delivered_output").index) == [0, 1, 2, 4, 5, 6, 7]
    assert estimate_contrasts(cut, design, LEVERS)["clusters"].eq(7).all()


def test_seeds_of_one_draw_are_one_fact():
    measures, design = experiment(np.zeros((1, 3)), 20, 4, seeds_per_draw=2)
    table = estimate_contrasts(measures, design, LEVERS)
    assert table["clusters"].eq(10).all()


def test_ratios_are_of_sums():
    measures, _ = experiment(np.zeros((1, 3)), 6, 1)
    random = np.random.default_rng(8)
    exposed = random.uniform(0.0, 1.0, len(measures))
    exposed[::7] = 0.0  # the country drawn may have no work in flight
    broad = measures["lever0"] == "level1"
    measures = measures.assign(exposed_area=exposed, in_flight_lost=np.where(broad, 0.4, 0.7) * exposed)
    values = contrast_values(measures, LEVERS[0], "s0", "fragility")
    np.testing.assert_allclose(values, -0.3, atol=1e-12)
    fragile = Contrast("c", "lever0", "level1", "level0", ("fragility",))
    table = estimate_contrasts(measures, pd.DataFrame({"shock": ["s0"]}), [fragile])
    # each draw by itself as well
    assert table["draws"].tolist() == [6]
    assert table[["draw_min", "draw_max"]].to_numpy() == pytest.approx(-0.3)
    # but not one in which next to nothing is exposed
    tiny = measures.assign(exposed_area=np.where(measures["replicate"] == 2, 1e-6, measures["exposed_area"]))
    assert estimate_contrasts(tiny, pd.DataFrame({"shock": ["s0"]}), [fragile])["draws"].tolist() == [5]
    # less fragile is better
    assert table["verdict"].tolist() == ["helps"]


def test_few_replicates_have_no_verdict():
    measures, design = experiment(np.array([[0.3, 0.3, 0.3]]), 4, 1)
    table = estimate_contrasts(measures, design, LEVERS)
    assert table["verdict"].eq("undecided").all()
    assert table["low"].isna().all()
    assert table["estimate"].notna().all()


def test_without_a_declaration_every_level_meets_the_first():
    levels = {"a": ["1", "2", "3"], "b": ["x", "y"]}
    assert [(c.factor, c.level, c.against) for c in contrasts_of({}, levels)] == [
        ("a", "2", "1"), ("a", "3", "1"), ("b", "y", "x"),
    ]  # fmt: skip
    declared = {"mine": {"factor": "a", "level": 3, "against": 1, "measures": ["fragility"], "where": {"b": "y"}}}
    (one,) = contrasts_of(declared, levels)
    assert (one.level, one.against, one.measures, one.where) == ("3", "1", ("fragility",), {"b": "y"})


def test_a_share_of_hardly_any_loss_is_not_compared():
    measures, design = experiment(np.zeros((1, 3)), 12, 1)
    random = np.random.default_rng(8)
    noise = random.normal(size=len(measures))
    measures = measures.assign(seats_lost=noise, seats_filled=random.normal(size=len(measures)), seats_exposed=100.0)
    assert contrast_values(measures, LEVERS[0], "s0", "substituted").empty
    lost = contrast_values(measures.assign(seats_lost=10.0 + noise), LEVERS[0], "s0", "substituted")
    assert len(lost) == 12
    # a loss that is sure and yet next to nothing beside what was exposed
    small = measures.assign(seats_lost=10.0 + noise, seats_exposed=1000.0)
    assert contrast_values(small, LEVERS[0], "s0", "substituted").empty
    table = estimate_contrasts(measures, design, [Contrast("c", "lever0", "level1", "level0", ("substituted",))])
    assert table["verdict"].tolist() == ["undecided"]


def test_days_are_compared_as_days():
    """A policy that warns four days earlier: the difference, its interval and what is too little are in days."""
    random = np.random.default_rng(5)
    design = pd.DataFrame(
        [{"design_id": k, "history_id": k, "shock": "cut", "shocks": "", "policy": level, "reference": k == 0,
          "data": level} for k, level in enumerate(("own", "shared"))]
    )  # fmt: skip
    world = random.normal(40.0, 10.0, size=24)
    rows = [
        point | {"replicate": r, "cluster": r, "small_group": False, "one": 1.0,
                 "level_lead_time_days": world[r] + 4.0 * point["design_id"] + random.normal(0.0, 0.5)}
        for point in design.to_dict("records") for r in range(24)
    ]  # fmt: skip
    contrast = Contrast("shared", "data", "shared", "own", ("level_lead_time_days",))
    # one number for all measures is of shares, and says nothing of days
    table = estimate_contrasts(pd.DataFrame(rows), design, [contrast], smallest=SmallestEffects(0.01, {"cut": 0.02}))
    (row,) = table.to_dict("records")
    # four standard errors of a difference of two errors of half a day each, over 24 draws
    assert row["estimate"] == pytest.approx(4.0, abs=4 * 0.5 * (2 / 24) ** 0.5)
    assert 0.0 < row["high"] - row["low"] < 1.0
    assert (row["margin"], row["verdict"]) == (0.25, "helps")
    later = SmallestEffects(by_shock={"cut": {"level_lead_time_days": 6.0}})
    assert estimate_contrasts(pd.DataFrame(rows), design, [contrast], smallest=later)["verdict"][0] == "no effect"
