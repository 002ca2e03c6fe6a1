"""What a policy came to, in words."""

import pandas as pd
import pytest

from ecosim.report import answer
from ecosim.report.treatment import treatment_words, treatments
from tests.report.test_answer import made_up


@pytest.mark.parametrize(
    ("realised", "words"),
    [
        ({}, ""),
        ({"realised_countries": 7.94, "realised_months_between_calls": 12.0}, "7.9 countries, a call every 12 months"),
        ({"realised_countries": 3.0, "realised_members": 9.13, "realised_paid_ahead": 0.4},
         "3.0 countries for 9.1 organisations, 40 % paid ahead"),
        ({"realised_months_between_calls": 1.0, "realised_longest_gap_months": 1.0}, "a call every month"),
        ({"realised_months_between_calls": 1.31, "realised_longest_gap_months": 4.0},
         "a call every 1.3 months (4 at most)"),
        ({"realised_months_between_calls": 48.0, "realised_countries": float("nan")}, "a call every 48 months"),
        ({"realised_public_eur": 199463015.0}, "199.5 million EUR of public money a month"),
    ],
)  # fmt: skip
def test_in_a_line(realised, words):
    assert treatment_words(realised) == words


def test_the_answer_prints_it_beside_the_label():
    design, _, summary = made_up(0.1)
    assert treatments(summary) == {}
    said = answer.answer_text(summary, contrasts_of_none(), design)
    assert "CAME TO" not in said
    summary = summary.assign(realised_countries=[3.2, 7.9], realised_months_between_calls=[12.0, 48.0])
    said = answer.answer_text(summary, contrasts_of_none(), design)
    assert "  broad: 7.9 countries, a call every 48 months" in said.splitlines()


@pytest.mark.parametrize(("other", "says"), [(150e6, True), (100e6, False)])
def test_the_answer_says_when_budgets_differ(other, says):
    design, _, summary = made_up(0.1)
    summary = summary.assign(realised_public_eur=[100e6, other])
    said = " ".join(answer.answer_text(summary, contrasts_of_none(), design).split())
    assert ("Not at equal budget: public money a month is 100.0 (" in said) == says


def contrasts_of_none():
    return pd.DataFrame(columns=["contrast", "measure", "shock", "level", "against", "verdict", "clusters"])
