"""Whose models err less, on the screen, in the answer and in the report: a number only of what is sure."""

from types import SimpleNamespace
from typing import Any

import pandas as pd

from ecosim.analysis.errors_by_group import CALM, LESS, MORE, OPEN, SAME, Errors, errors_by_group
from ecosim.report import error_plates
from ecosim.report.errors import country_words, errors_text, first_words, group_words
from ecosim.report.lines import COLUMNS
from tests.analysis.test_errors_by_group import DESIGN, POOL, facts, months


def countries(*said: tuple[str, float, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"contrast": "pooled by all, not burnt", "shock": CALM, "country": code, "people_million": 10.0, "before": 0.1,
          "after": 0.1 + change, "change": change, "low": change - 0.001, "high": change + 0.001, "verdict": verdict}
         for code, change, verdict in said]
    )  # fmt: skip


def groups(*said: tuple[str, str, float, str]) -> pd.DataFrame:
    rows = countries(*((income, change, verdict) for income, _, change, verdict in said))
    recorded = [group for _, group, *_ in said]
    return rows.rename(columns={"country": "income"}).assign(recorded=recorded)


#: Of six countries two gain, one loses, one does not notice, two are open.
ROWS = countries(("KEN", -0.031, LESS), ("IND", -0.012, LESS), ("ISL", 0.004, MORE), ("DEU", 0.001, SAME),
                 ("FRA", -0.2, OPEN), ("USA", 0.3, OPEN))  # fmt: skip
GROUPS = groups(("high income", "well recorded", 0.0, SAME), ("low income", "badly recorded", -0.041, LESS),
                ("high income", "badly recorded", 0.2, OPEN))  # fmt: skip


def result(table: pd.DataFrame = ROWS, of: pd.DataFrame = GROUPS, seen_from: str = "") -> Any:
    return SimpleNamespace(seen_from_name=seen_from, errors_by_group=Errors(table, of))


def test_who_gains_most_and_least_is_named_and_what_is_open_has_no_number() -> None:
    assert country_words(ROWS) == (
        "of 6 countries 2 surely err less (Kenya most, -3.1 points), 1 surely errs more (Iceland, +0.4 points), "
        "1 the same, 2 are open"
    )
    assert country_words(ROWS[ROWS["verdict"] == LESS]) == (
        "of 2 countries 2 surely err less (Kenya most, -3.1 points), none surely more"
    )
    assert country_words(ROWS[ROWS["verdict"] == OPEN]) == "whether models err less is open in each of 2 countries"
    assert group_words(GROUPS) == (
        "of 3 groups of people 1 surely errs less (low income, badly recorded, -4.1 points), 1 is open"
    )
    assert group_words(GROUPS.tail(1)) == "all groups of people are open"
    assert group_words(GROUPS.head(1)) == "of 1 groups of people none surely errs less or more"


def test_the_screen_says_it_in_two_lines_and_not_of_one_country() -> None:
    lines = first_words(result())
    assert len(lines) <= 2
    assert max(map(len, lines)) <= COLUMNS
    assert " ".join(lines).startswith('"Pooled by all" in calm times: of 6 countries 2 surely err less (Kenya most')
    # people of all groups stand there where there is room
    begins = '"Pooled by all" in calm times: whether models err less is open in each of 2 countries.'
    assert " ".join(first_words(result(ROWS.tail(2), GROUPS.tail(1)))) == f"{begins} All groups of people are open."
    assert " ".join(first_words(result(ROWS.tail(2)))) == begins
    assert first_words(result(seen_from="Kenya")) == errors_text(result(seen_from="Kenya")) == []
    assert first_words(result(ROWS.head(0))) == errors_text(result(ROWS.head(0))) == []


def test_the_whole_answer_has_every_group_and_no_number_of_what_is_open() -> None:
    lines = errors_text(result())
    assert "  POOLED BY ALL, NOT BURNT, in calm times" in lines
    said = {words: line for line in lines for words in ("high income, well", "high income, badly", "low income, badly")
            if line.startswith(f"    {words}")}  # fmt: skip
    assert said["low income, badly"].endswith("error 10.0 %, then  5.9 %   -4.1 [-4.2, -4.0]")
    assert "open [+19.9, +20.1]" in said["high income, badly"]
    assert "same [" in said["high income, well"]
    assert max(map(len, lines)) <= 100


def test_a_report_has_a_figure_for_each_comparison_that_asks() -> None:
    found = errors_by_group(months(), DESIGN, [POOL], facts)
    content: Any = SimpleNamespace(
        result=SimpleNamespace(errors_by_group=found), errors=lambda name: (found.countries, found.groups),
        need_shocks=lambda: None, need_repetition=lambda: None,
    )  # fmt: skip
    (plate,) = error_plates.error_plates(content)
    assert plate.title == "Whose models err less: pool?"
    words = plate.reading(content)
    assert words.startswith("In calm times: of 3 countries 1 surely errs less (Kenya, -3.0 points)")
    assert "Under stay home: of 3 countries 1 surely errs less (Kenya, -1.5 points)" in words
    assert plate.draw(content).axes
    nobody: Any = SimpleNamespace(**{**vars(content), "result": SimpleNamespace(errors_by_group=found.__class__(
        found.countries.head(0), found.groups.head(0)))})  # fmt: skip
    assert error_plates.error_plates(nobody) == []
