"""Findings come in the order of what matters, once each, with a number and a verb."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.contrasts import VERDICTS
from ecosim.report.findings import FINDING_VERBS, findings_of, levers_of


def row(lever, shock, low, high, verdict, measure="delivered_output", margin=0.0025, helped=0.0, hurt=0.0, draws=20):
    return {"contrast": lever, "shock": shock, "measure": measure, "estimate": (low + high) / 2, "low": low,
            "high": high, "verdict": verdict, "margin": margin, "share_helped": helped, "share_hurt": hurt,
            "draws": draws}  # fmt: skip


def say(*rows, shocks=4):
    return [found.words() for found in findings_of(levers_of(pd.DataFrame(rows)), shocks)]


def test_every_decided_verdict_has_a_verb_and_no_other():
    assert set(FINDING_VERBS) == set(VERDICTS) - {"undecided"}


def test_what_is_large_in_points_comes_first():
    # beside its smallest effect the small one is the larger: 16 times against 2 times
    small = row("tiny", "exclusion", 0.03, 0.05, "helps", margin=0.0025, helped=0.95)
    large = row("large", "ten_countries", 0.06, 0.08, "helps on average", margin=0.0314, helped=0.8)
    assert say(small, large, shocks=2) == [
        '"Large" helps: +7.0 points of output (ten countries), enough to matter in 16 of 20 draws.',
        '"Tiny" helps: +4.0 points of output (exclusion), enough to matter in 19 of 20 draws.',
    ]


def test_the_size_is_the_part_of_the_interval_nearest_zero():
    unsure = row("unsure", "a", -0.2, -0.001, "hurts on average")
    sure = row("sure", "a", 0.03, 0.04, "helps")
    assert [words.split('"')[1] for words in say(unsure, sure)] == ["Sure", "Unsure"]


def test_a_lever_is_said_once_for_each_measure_and_its_largest_shock_named():
    rows = [row("calls", name, low, high, "hurts on average", hurt=0.7)
            for name, low, high in (("a", -0.03, -0.01), ("one_lost", -0.09, -0.05), ("c", -0.06, -0.04))]  # fmt: skip
    words = "up to -7.0 points of output (one lost), enough to matter in 14 of 20 draws."
    assert say(*rows) == [f'"Calls" hurts under 3 of 4 shocks: {words}']
    assert say(*rows, shocks=3) == [f'"Calls" hurts under every shock: {words}']
    assert say(*rows[:2], shocks=2) == [f'"Calls" hurts under both shocks: {words}']
    # of shocks that read the same the first is named, whatever the last bit says
    again = rows[1] | {"shock": "later", "estimate": rows[1]["estimate"] * (1.0 + 1e-12)}
    assert say(*rows, again) == [f'"Calls" hurts under every shock: {words}']


def test_signs_that_differ_are_two_findings():
    good, bad = row("x", "a", 0.02, 0.04, "helps"), row("x", "b", -0.06, -0.03, "hurts")
    assert [words[:10] for words in say(good, bad, shocks=2)] == ['"X" hurts:', '"X" helps:']
    other = row("x", "a", -0.05, -0.01, "hurts", measure="sustained_collaboration")
    assert [words.partition("of ")[2].split()[0] for words in say(good, bad, other)] == [
        "output", "output", "collaboration"
    ]  # fmt: skip


def test_what_changes_nothing_comes_last_and_only_where_nothing_matters():
    nothing = [row("none", shock, -0.002, 0.002, "no effect") for shock in ("a", "b")]
    something = row("some", "a", 0.004, 0.006, "helps on average", helped=0.5)
    # surely something, and surely too little
    little = row("some", "b", 0.011, 0.019, "no effect", margin=0.02)
    assert say(*nothing, something, little) == [
        '"Some" helps: +0.5 points of output (a), enough to matter in 10 of 20 draws.',
        '"None" changes nothing that matters under 2 of 4 shocks: at most +0.0 points of output (a).',
    ]


@pytest.mark.parametrize("change", [{"verdict": "undecided"}, {"estimate": np.nan}])
def test_what_is_open_is_no_finding(change):
    rows = [row("x", "a", 0.02, 0.04, "helps") | change]
    assert say(*rows) == []
    (lever,) = levers_of(pd.DataFrame(rows))
    assert lever.open


def test_a_measure_that_is_not_primary_is_named():
    less = row("x", "a", -0.06, -0.04, "helps", measure="fragility", helped=1.0)
    assert say(less) == ['"X" helps: -5.0 points of fragility (a), enough to matter in 20 of 20 draws.']


def test_days_are_said_as_days_and_stand_where_as_much_as_matters_of_a_share_would():
    days = row("warned", "pandemic", 4.0, 8.0, "helps", measure="level_lead_time_days", margin=0.25, helped=1.0)
    delay = row("slow", "pandemic", 0.5, 1.5, "hurts", measure="level_detection_days", margin=0.25, hurt=0.95)
    share = row("large", "pandemic", 0.02, 0.04, "helps", helped=1.0)
    assert say(days, delay, share) == [
        '"Warned" helps: +6.0 days in lead time (pandemic), enough to matter in 20 of 20 draws.',
        '"Large" helps: +3.0 points of output (pandemic), enough to matter in 20 of 20 draws.',
        '"Slow" hurts: +1.0 days in detection delay (pandemic), enough to matter in 19 of 20 draws.',
    ]


def test_under_one_shock_three_measures_are_said_and_under_several_two():
    measures = ["level_health_error_mean", "level_health_error_worst_group", "level_health_error_gap",
                "level_health_harmed"]  # fmt: skip
    rows = [row("pool", "a", -0.03, -0.01, "helps", measure=measure) for measure in measures]
    assert list(levers_of(pd.DataFrame(rows))[0].rows) == measures[:3]
    assert list(levers_of(pd.DataFrame([*rows, *(one | {"shock": "b"} for one in rows)]))[0].rows) == measures[:2]
