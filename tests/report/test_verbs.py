"""Every verdict has one verb, and what is open shares no word with what is decided."""

import doctest

import numpy as np
import pytest

from ecosim.analysis.contrasts import OPEN, VERDICTS
from ecosim.plots.levers import VERDICTS as LOOKS
from ecosim.report import verbs

ROW = {"estimate": -0.03, "low": -0.05, "high": -0.01, "draws": 10, "share_helped": 0.3, "share_hurt": 0.6,
       "draw_min": -0.11, "draw_max": 0.04, "draw_low": np.nan, "draw_high": np.nan}  # fmt: skip


def test_examples_hold():
    found = doctest.testmod(verbs)
    assert found.attempted
    assert not found.failed


def test_every_verdict_has_a_verb_a_meaning_and_a_look():
    assert set(verbs.VERBS) == set(VERDICTS) == set(LOOKS)
    assert len(set(verbs.VERBS.values())) == len(verbs.VERBS)


def test_words_of_the_open_are_not_those_of_the_decided():
    of_open = set(" ".join(verbs.VERBS[OPEN]).split())
    for verdict, words in verbs.VERBS.items():
        if verbs.decided(verdict):
            assert not of_open & set(" ".join(words).split())


@pytest.mark.parametrize("verdict", list(VERDICTS))
def test_a_finding_has_a_number_only_when_it_is_decided(verdict):
    said = verbs.finding(ROW | {"verdict": verdict})
    assert said.startswith(verbs.VERBS[verdict][0])
    assert ("-3.0 points" in said) == verbs.decided(verdict)
    assert said.endswith("[-5.0, -1.0]: helps in 3 of 10 draws, hurts in 6, from -11.0 to +4.0")


def test_the_band_is_said_where_it_is_known():
    assert verbs.band_words(ROW) == ""
    words = verbs.band_words(ROW | {"draw_low": -0.1, "draw_high": 0.03}, "points")
    assert words == "90 % of points between -10.0 and +3.0"


def test_what_chance_has_to_do_with_the_spread():
    assert "About 33 %" in verbs.chance_words(1 / 3)
    assert "was run once" in verbs.chance_words(np.nan)
    assert "chance alone" in verbs.chance_words(np.nan, "seeds")


def test_days_are_no_points():
    row = ROW | {"measure": "level_detection_days", "verdict": "helps", "estimate": -3.04, "low": -5.0, "high": -1.0,
                 "draw_min": -11.0, "draw_max": 4.0}  # fmt: skip
    assert verbs.finding(row) == (
        "helps, -3.0 days [-5.0, -1.0]: helps in 3 of 10 draws, hurts in 6, from -11.0 to +4.0"
    )
    assert verbs.band_words(row | {"draw_low": -10.0, "draw_high": 3.0}) == "90 % of draws between -10.0 and +3.0"
