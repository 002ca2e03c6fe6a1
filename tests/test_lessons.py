"""Lessons: every number is computed again, and texts and translations say what the file of numbers says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.programmes.test_payments import paid_by_month, partnership, record
from tools import lesson_numbers

ROOT = Path(__file__).parent.parent
LESSONS = ROOT / "docs" / "lessons"
NUMBERS = lesson_numbers.load()
PAGES = sorted(path for path in LESSONS.glob("*.md"))
STRINGS: dict[str, Any] = json.loads(lesson_numbers.STRINGS.read_text(encoding="utf-8"))
LANGUAGES = tuple(STRINGS["strings"])

#: A number as a text shows it, with its unit, and its name in a comment that no reader sees.
MARKED = re.compile(r"(\d[\d,]*(?:\.\d+)?)([^<\d|]{0,12})<!--(\w+)-->")
#: What the text between a number and its mark must begin with.
UNITS = {"percent": " %", "days": " days", "months": " months"}


def _read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if one.get("slow") else name for name, one in NUMBERS.items()]
)
def test_a_number_is_repeated(name: str) -> None:
    entry = NUMBERS[name]
    assert lesson_numbers.compute(entry) == pytest.approx(entry["value"], abs=entry["tolerance"] or 1e-12)
    # a tolerance hides no digit that is shown
    assert entry["tolerance"] <= 0.5 * 10.0 ** -entry.get("digits", 0)


def test_slow_numbers_are_covered_or_simulated() -> None:
    """Days of warning are left out of the default run, in which tests/health/test_page.py computes the same."""
    page = _read(ROOT / "docs" / "HEALTH.md")
    days = {"lead_closed", "lead_open"}
    for name in days:
        assert f"{NUMBERS[name]['value']} days" in page
    assert {name for name, one in NUMBERS.items() if one.get("slow")} - days == {
        name for name, one in NUMBERS.items() if one["from"] == "simulated"
    }


def test_what_a_lesson_calls_decided_holds_in_all_draws() -> None:
    """And what it calls open does not: nine of ten draws would be a decision."""
    value = {name: one["value"] for name, one in NUMBERS.items()}
    assert value["exposed_more"] == value["draws"]
    assert value["broken_less"] == value["broken_seen"] >= 0.8 * value["draws"]
    assert 0.1 < value["kept_more"] / value["draws"] < 0.9


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_numbers_of_a_text_are_in_the_file(page: Path) -> None:
    """Every number is marked, and is that of the file; only minutes of the plan, lists and code have others."""
    text = re.sub(r"^```.*?^```$", "", _read(page), flags=re.DOTALL | re.MULTILINE)
    for number, unit, name in MARKED.findall(text):
        assert number.replace(",", "") == lesson_numbers.shown(NUMBERS[name]).replace(",", ""), name
        wanted = UNITS.get(NUMBERS[name].get("unit", ""))
        assert wanted is None or unit.startswith(wanted) or (unit == "" and name.startswith("payment_")), (name, unit)
    rest = MARKED.sub("", text)
    assert "<!--" not in rest
    rest = re.sub(r"^\| \d+ \| ", "", rest, flags=re.MULTILINE)  # minutes of the plan
    rest = re.sub(r"^\d+\. ", "", rest, flags=re.MULTILINE)  # numbered lists
    rest = re.sub(r"for 45 minutes|\]\([^)]*\)|`[^`]*`", "", rest)
    assert not re.findall(r"[^\n]*\d[^\n]*", rest)


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "README"], ids=lambda page: page.stem)
def test_a_lesson_has_all_its_parts(page: Path) -> None:
    text = _read(page)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    wanted = ["Predict first", "Plan for 45 minutes", "What happens", "Worksheet", "Answers", "What is open",
              "Misconceptions", "Without a computer", "Repeat the numbers"]  # fmt: skip
    assert headings == wanted
    plan = text.split("## Plan for 45 minutes")[1].split("##")[0]
    assert sum(int(minutes) for minutes in re.findall(r"^\| (\d+) \|", plan, re.MULTILINE)) == 45
    asked, answered = (
        re.findall(r"^(\d+)\. ", text.split(f"## {part}\n")[1].split("\n## ")[0], re.MULTILINE)
        for part in ("Worksheet", "Answers")
    )
    assert asked == answered
    assert f"({page.name})" in _read(LESSONS / "README.md")
    commands = re.findall(r"^python -m tools\.lesson_numbers (.+)$", text, re.MULTILINE)
    assert commands
    assert {name for line in commands for name in line.split()} <= {name for *_, name in MARKED.findall(text)}


def test_links_and_experiments_exist() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", _read(page)):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
        for name in re.findall(r"experiment=(\w+)", _read(page)):
            assert (ROOT / "conf" / "experiment" / f"{name}.yaml").exists(), f"{page.name}: {name}"


def test_every_number_is_used() -> None:
    in_texts = {name for page in PAGES for *_, name in MARKED.findall(_read(page))}
    assert in_texts == set(NUMBERS)


def test_the_command_repeats_numbers(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert lesson_numbers.main(["few_work_six", "many_work_six"]) == 0
    assert capsys.readouterr().out.count("\n") == 2
    assert lesson_numbers.main(["few_works_six"]) == 2
    assert "few_works_six" in capsys.readouterr().err
    wrong = {**NUMBERS, "few_work_six": {**NUMBERS["few_work_six"], "value": 51}}
    monkeypatch.setattr(lesson_numbers, "load", lambda: wrong)
    assert lesson_numbers.main(["few_work_six"]) == 1
    assert "DIFFERS" in capsys.readouterr().out


@pytest.mark.parametrize(("ahead", "parts"), [(0.1, 6), (0.4, 2), (1.0, 0)])
def test_payments_are_those_of_the_programme(ahead: float, parts: int) -> None:
    """The contract of the lesson beside what the compiled loop pays with nothing late."""
    start, months = 10, 48
    terms = record(prefinancing=ahead, tranches=parts, payment_delay_months=0.0)
    payments = paid_by_month(partnership(1_000_000, months, start), terms)
    for month in range(1, months + 1):
        wanted = sum(payments[: start + month]) / 1e4
        assert lesson_numbers.paid_by(month, months, ahead, parts) == pytest.approx(wanted, abs=0.01), month


def test_hubs_have_the_default_of_the_instrument() -> None:
    from ecosim.instruments.embassy_hub import EmbassyHub

    assert EmbassyHub().eur_per_organisation == lesson_numbers.EUR_PER_ORGANISATION


def test_chances_of_consortia_add_up() -> None:
    assert sum(lesson_numbers.left(12, 6, 8, n) for n in range(9)) == pytest.approx(1.0)
    # without a quorum both keep the share of countries that is left
    for size in (2, 8):
        assert lesson_numbers.kept(12, 6, size, 0.0, "work") == pytest.approx(50.0)


# --- strings of the page ---------------------------------------------------------------------------------------------


def test_the_page_has_the_numbers_of_the_file() -> None:
    """``python -m tools.lesson_numbers --write`` copies them."""
    assert STRINGS["numbers"] == lesson_numbers.for_the_page()


def test_all_languages_have_the_same_strings() -> None:
    assert {"en", "fr", "de", "es"} <= set(LANGUAGES)
    assert {name: entry["dir"] for name, entry in STRINGS["languages"].items()}.keys() == set(LANGUAGES)
    assert all(entry["dir"] in ("ltr", "rtl") for entry in STRINGS["languages"].values())
    keys = set(STRINGS["strings"]["en"])
    wanted = set()
    for lesson in STRINGS["lessons"]:
        name = lesson["id"]
        wanted |= {f"{name}.{part}" for part in ("title", "question", "answer")}
        for step in lesson["steps"]:
            wanted |= {f"{name}.{step['id']}"} | {f"{name}.{step['id']}.{option}" for option in step.get("options", [])}
    assert keys == wanted
    for language in LANGUAGES:
        assert set(STRINGS["strings"][language]) == keys


@pytest.mark.parametrize("lesson", [lesson["id"] for lesson in STRINGS["lessons"]])
def test_strings_say_the_same_numbers_in_all_languages(lesson: str) -> None:
    for key in (key for key in STRINGS["strings"]["en"] if key.startswith(f"{lesson}.")):
        texts = {language: STRINGS["strings"][language][key] for language in LANGUAGES}
        found = {language: sorted(re.findall(r"\{(\w+)\}", text)) for language, text in texts.items()}
        for language, text in texts.items():
            assert found[language] == found["en"], (key, language)
            assert set(found[language]) <= set(NUMBERS), key
            rest = re.sub(r"\{\w+\}", "", text)
            # a number in a text would be one that no test computes; braces and brackets would be read by the page
            assert not re.search(r"[\d{}<>%]", rest), (key, language)
            assert text, (key, language)
            assert text.strip() == text, (key, language)
        # what is the same everywhere was forgotten, unless it is a name
        assert len(set(texts.values())) > 1, key


def test_steps_are_what_the_page_knows() -> None:
    kinds = {"text", "bet", "predict", "run", "compare", "reveal"}
    assert [lesson["id"] for lesson in STRINGS["lessons"]] == [
        "diversification", "staggered", "embassy", "openness", "left_out", "health",
    ]  # fmt: skip
    for lesson in STRINGS["lessons"]:
        assert (LESSONS / f"{lesson['id']}.md").exists()
        assert lesson["minutes"] == 45
        steps = {step["id"]: step for step in lesson["steps"]}
        assert len(steps) == len(lesson["steps"])
        asked: set[str] = set()
        for step in lesson["steps"]:
            assert step["kind"] in kinds
            if step["kind"] in ("bet", "predict"):
                asked.add(step["id"])
            if step["kind"] == "bet":
                assert step["answer"] is None or step["answer"] in step["options"]
            if step["kind"] in ("predict", "compare"):
                assert step["score"] in ("kept", "output", "left_out")
            if step["kind"] in ("run", "compare"):
                # predict first: whoever sees a result has guessed before
                assert asked
                assert set(step["set"]) == {"a", "b"}
                assert all(lever in ("spread", "cost", "calls") for side in step["set"].values() for lever in side)
                assert step["branch"]["size"] in ("one", "many", "none")
            if step["kind"] == "reveal":
                assert step["of"] in asked


def test_shocks_of_the_lessons_exist() -> None:
    from ecosim.catalogue.families import FAMILIES

    shocks = {step["branch"]["shock"] for lesson in STRINGS["lessons"] for step in lesson["steps"] if "branch" in step}
    assert shocks - {"none"} <= set(FAMILIES["shocks"])
