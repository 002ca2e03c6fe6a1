"""The answer fits a screen, in words that everybody knows or the glossary explains."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ecosim.analysis.contrasts import estimate_contrasts
from ecosim.config.world import WorldConfig
from ecosim.lab import api
from ecosim.lab.compose import compose_plain, conf_folder, make_request, options
from ecosim.report.answers.whom import whom_lines, whom_words
from ecosim.report.content import Content
from ecosim.report.findings import FINDING_VERBS, findings_of, levers_of
from ecosim.report.page import _verdicts
from ecosim.report.plates import _read_curves
from ecosim.report.results import load
from ecosim.report.screen import COLUMNS, LINES, screen
from ecosim.world import load_world
from tests.lab.test_experiments import HEALTH

GLOSSARY = Path(__file__).parents[2] / "docs" / "GLOSSARY.md"
#: Words that need no explanation.
COMMON = frozenset((Path(__file__).with_name("common_words.txt")).read_text(encoding="utf-8").split())
WORLD = WorldConfig(preset="europe")
SMALL = ("experiment.replicates=6", "runner.processes=0", "output.figures=false")


def result_scenario(plain: dict[str, Any]) -> Any:
    return make_request(plain).scenario.world


def glossary() -> set[str]:
    rows = re.findall(r"^\| ([^|]+) \| [^|]+\.? \|$", GLOSSARY.read_text(encoding="utf-8"), flags=re.M)
    return {word for row in rows for word in re.findall(r"[a-z]+", row.lower())}


def known(word: str, also: set[str]) -> bool:
    """Whether a word, or what is left of it without an ending, is common, explained or a name."""
    forms = {word, *(word.removesuffix(ending) for ending in ("s", "es", "d", "ed", "ing", "ly"))}
    forms |= {word.removesuffix("ies") + "y", word.removesuffix("ing") + "e"}
    return bool(forms & (COMMON | also))


def test_every_word_of_art_is_one_plain_sentence() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", GLOSSARY.read_text(encoding="utf-8"), flags=re.M)[2:]
    assert len(rows) > 50
    assert [word for word, _ in rows] == sorted(word for word, _ in rows)
    for word, meaning in rows:
        assert meaning.endswith("."), word
        assert meaning.count(". ") == 0, word


def check(lines: list[str], names: set[str]) -> None:
    assert len(lines) <= LINES, "\n".join(lines)
    assert max(map(len, lines)) <= COLUMNS, "\n".join(lines)
    also = glossary() | names
    strange = {word for line in lines for word in re.findall(r"[a-z]{2,}", line.lower()) if not known(word, also)}
    assert not strange, f"{sorted(strange)}\n" + "\n".join(lines)


def answer_of(name: str) -> str:
    """What the file of an experiment says: to compose all of them takes seconds before the first test.

    That it is what the whole experiment says is asked of each in :func:`checked`.
    """
    text = (conf_folder() / "experiment" / f"{name}.yaml").read_text(encoding="utf-8")
    said = re.search(r"^  answer: (\w+)$", text, re.MULTILINE)
    return said[1] if said else "levers"


def checked(name: str, folder: Path) -> tuple[Any, list[str]]:
    """Results of an experiment, and its screen, once it fits and every word is known."""
    plain = compose_plain([f"experiment={name}", *SMALL, f"output.folder={folder}"])
    request = make_request(plain)
    assert request.experiment.answer == answer_of(name)
    result = api.run_sweep(request, quiet=True)
    assert len(textwrap.wrap(result.question, COLUMNS)) <= 2
    lines = result.screen().split("\n")
    check(lines, names_in(result, plain))
    return result, lines


def names_in(result: Any, plain: dict[str, Any]) -> set[str]:
    """Words that are names: of policies, shocks, comparisons and countries."""
    design = result.design
    labels = [*design["policy"], *design["shock"].dropna(), *result.contrasts["contrast"], *design.columns]
    countries = load_world(result_scenario(plain)).country_names
    # a world of countries gives their names by code
    labels += [*countries, *(countries.values() if isinstance(countries, dict) else ())]
    return {word for label in set(map(str, labels)) for word in re.findall(r"[a-z]+", label.lower())} | {"ecosim"}


#: Answers of finished runs that stand among the results, each with its manifest.
KEPT = sorted(
    path for path in (Path(__file__).parents[2] / "results" / "reference").glob("*/answer.txt")
    if "branches" in json.loads(path.with_name("manifest.json").read_text(encoding="utf-8"))
)  # fmt: skip


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.parent.name)
def test_the_screen_of_a_finished_run_of_the_model_itself(path: Path) -> None:
    """Small runs of a model with nothing inside say little; these say what real ones did."""
    about = json.loads(path.with_name("manifest.json").read_text(encoding="utf-8"))
    labels = {str(word) for policy in about["policies"] for item in policy["levels"].items() for word in item}
    labels |= {*about["branches"], *about["experiment"]["contrasts"], *load_world(WORLD).country_names}
    names = {word for label in labels for word in re.findall(r"[a-z]+", label.lower())} | {"ecosim"}
    check(path.read_text(encoding="utf-8").split("\n\n")[0].split("\n"), names)


#: Experiments whose screens tell of something else are in test_other_screens.py.
#: The fake model has no health: those on it are asked the same with the real one, in
#: tests/lab/test_health_experiments.py.
OF_LEVERS = [name for name in options("experiment") if name not in ("none", *HEALTH) and answer_of(name) == "levers"]


@pytest.mark.parametrize("name", OF_LEVERS)
def test_the_screen_of_every_experiment(name: str, fake_model: None, tmp_path: Path) -> None:
    result, lines = checked(name, tmp_path)
    design = result.design
    # a finding begins with its lever in quotes and ends with its point
    said = re.findall(r'^"[^"]+" (?:helps|hurts|changes).*?\.$', "\n".join(lines), flags=re.M | re.S)
    said = [" ".join(words.split()) for words in said]
    found = findings_of(levers_of(result.contrasts), design["shock"].nunique())
    assert said, lines
    assert said == [one.words(result.spread_over) for one in found][: len(said)]
    for words in said:
        assert re.search(r"[+-]\d+\.\d points", words), words
        assert sum(words.count(f'" {verb}') for verb in set(FINDING_VERBS.values())) == 1, words


#: What the issue of the whole catalogue asks of a screen, and the words by which each part is known.
FOUR_PARTS = {
    "what to do": r'"[^"]+"|\b[Oo]pen (?:in|to)\b|[Ww]here to open|of \d+ surely pay',
    "for whom": r"\bFor whom\b",
    "how sure": r"\b\d+ draws?\b|\b9 of 10 (?:draws|seeds|points)|\bchance of\b|decided",
    "what turns it": r"\b[Ww]hat it turns on\b",
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow) if n == "stops_paying" else n for n in options("experiment")
     if n not in ("none", *HEALTH)],
)  # fmt: skip
def test_every_screen_has_what_to_do_for_whom_how_sure_and_what_turns_it(
    name: str, fake_model: None, tmp_path: Path
) -> None:
    _, lines = checked(name, tmp_path)
    text = " ".join(lines)
    missing = [part for part, words in FOUR_PARTS.items() if not re.search(words, text)]
    assert not missing, "\n".join(lines)


def by_country_of(**shares: tuple[float, float, float]) -> pd.DataFrame:
    return pd.DataFrame([
        {"policy": "as today", "shock": "break", "country": code, "output_change": share, "output_share": share,
         "output_share_low": low, "output_share_high": high}
        for code, (share, low, high) in shares.items()
    ])  # fmt: skip


def told(table: pd.DataFrame, **more: Any) -> Any:
    from types import SimpleNamespace

    given = {"seen_from_name": "", "contrasts": pd.DataFrame({"measure": ["delivered_output"]}), "no_verdict": {},
             "reference": "as today", "by_country": table}  # fmt: skip
    return SimpleNamespace(**(given | more))


def whom_of(table: pd.DataFrame, **more: Any) -> str:
    return whom_words(told(table, **more), ["break"])


def test_who_loses_and_gains_is_named_only_where_it_is_decided() -> None:
    table = by_country_of(
        ROW=(-0.9, -0.95, -0.85),
        DEU=(-0.02, -0.03, -0.01),
        HUN=(-0.31, -0.5, -0.1),
        POL=(-0.4, -0.9, 0.1),
        MLT=(0.04, 0.01, 0.07),
    )
    assert whom_of(table) == (
        "For whom, under break: 2 of 4 countries surely lose output, Hungary (-31.0 %) most; Malta (+4.0 %) gains."
    )
    assert whom_of(by_country_of(POL=(-0.4, -0.9, 0.1))) == "For whom, under break: open for each of 1 countries."
    nothing = by_country_of(POL=(-0.4, float("nan"), float("nan")), DEU=(0.1, float("nan"), float("nan")))
    assert "open for each of 2" in whom_of(nothing)
    # nothing is said where there is no verdict, of another policy, or of one country alone
    assert whom_of(table, no_verdict={"break": "hardly there"}) == ""
    assert whom_of(table, reference="other") == ""
    assert whom_of(table, seen_from_name="Germany") == ""


def test_where_lines_are_few_countries_are_counted_in_one() -> None:
    table = by_country_of(
        DEU=(-0.02, -0.03, -0.01), HUN=(-0.31, -0.5, -0.1), POL=(-0.4, -0.9, 0.1), MLT=(0.04, 0.01, 0.07)
    )
    result = told(table)
    assert len(whom_lines(result, ["break"], 2)) == 2
    (line,) = whom_lines(result, ["break"], 1)
    assert line == "For whom, break: 2 of 4 countries surely lose output, 1 gains."
    # a screen always says it, and no name of a shock is too long for the line
    long = "break of all bonds between every two blocs of the whole world"
    (line,) = whom_lines(told(table.assign(shock=long)), [long], 0)
    assert len(line) <= COLUMNS
    assert line.endswith(": 2 of 4 countries surely lose output, 1 gains.")
    one = by_country_of(DEU=(-0.02, -0.03, -0.01), POL=(-0.4, -0.9, 0.1))
    assert whom_lines(told(one.assign(shock=long)), [long], 1)[0].endswith(
        ": 1 of 2 countries surely loses output, none gains."
    )
    undecided = by_country_of(POL=(-0.4, -0.9, 0.1), DEU=(0.1, -0.1, 0.3))
    assert whom_lines(told(undecided), ["break"], 0) == ["For whom, break: open for each of 2 countries."]
    assert whom_lines(told(table, seen_from_name="Germany"), ["break"], 0) == []


def test_a_country_is_called_by_its_name(fake_model: None, tmp_path: Path) -> None:
    plain = compose_plain(["experiment=headline", *SMALL, f"output.folder={tmp_path}"])
    result = api.run_sweep(make_request(plain), quiet=True)
    assert result.screen().split("\n")[1].startswith("Europe: ")
    for written in ("DE", "DEU", "germany"):
        seen = result.focused(written)
        assert seen.screen().split("\n")[1].startswith("Germany: "), written
        assert "DEU" not in seen.screen()
        assert "\nGermany alone: every number is of its own part" in seen.text()
    assert "alone: every number" not in result.text()


def test_undecided_is_never_a_number(fake_model: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = compose_plain(["experiment=headline", *SMALL, f"output.folder={tmp_path}"])
    result = api.run_sweep(make_request(plain), quiet=True)
    vars(result)["contrasts"] = result.contrasts.assign(verdict="undecided")
    lines = screen(result)
    assert "Nothing is decided: what each of these does is open under every shock." in lines
    # one lever of several is named
    vars(result)["contrasts"] = result.contrasts.assign(
        verdict=["helps" if name == "spread wide" else "undecided" for name in result.contrasts["contrast"]]
    )
    assert 'Open under every shock: what "concentrated", "calls every 4 years", ' in " ".join(screen(result))
    levers = [line for line in lines if line.startswith(("concentrated", "spread wide", "calls every", "paid in"))]
    assert len(levers) == 4
    assert not any(re.search(r"\d\.\d", line) for line in levers)
    assert not any(verb in line for line in lines for verb in (" helps", " hurts", " changes"))
    # nor is what a comparison leaves open called best, however likely it has the highest mean
    monkeypatch.setattr("ecosim.analysis.ranking.FEWEST_FOR_BEST", 6)
    assert "Best on average" in load(result.folder).text()
    assert "surely keeps more" in _read_curves(Content(result.folder))

    def undecided(*given: Any, **more: Any) -> pd.DataFrame:
        return estimate_contrasts(*given, **more).assign(verdict="undecided")

    monkeypatch.setattr("ecosim.report.results.estimate_contrasts", undecided)
    again = load(result.folder)
    assert not any(one.best for one in again.standings.values())
    pages = " ".join(said["words"] for said in _verdicts(Content(result.folder)))
    for text in (again.text(), pages):
        assert "Best on average" not in text
        assert "Undecided which policy is best" in " ".join(text.split())
    assert _read_curves(Content(result.folder)).startswith("Of no policy it is decided")


def test_what_a_shock_takes_of_an_outcome_is_its_change_and_not_what_is_missing_to_all_of_it():
    from ecosim.report.answers.levers import _lost

    row = {
        "shock": "cut_off", "reference": True, "delivered_output": 0.9, "level_health_benefit": 0.067,
        "change_health_benefit": -0.005, "level_health_error_mean": 0.09, "change_health_error_mean": 0.02,
    }  # fmt: skip
    summary = pd.DataFrame([row])
    assert _lost(summary, "delivered_output", "cut_off") == "10.0"
    assert _lost(summary, "level_health_benefit", "cut_off") == "0.5"
    assert _lost(summary, "change_health_benefit", "cut_off") == "0.5"
    # what may be nothing is no number
    summary["delivered_output_low"], summary["delivered_output_high"] = 0.85, 1.01
    assert _lost(summary, "delivered_output", "cut_off") == "open"
    summary["delivered_output_high"] = 0.95
    assert _lost(summary, "delivered_output", "cut_off") == "10.0"
    # more errors are a loss
    assert _lost(summary, "level_health_error_mean", "cut_off") == "2.0"


def test_days_stand_in_the_table_under_their_own_name():
    from types import SimpleNamespace

    from ecosim.report.answers.levers import _table

    rows = [
        {
            "contrast": "algorithms",
            "factor": "shared",
            "level": "algorithms",
            "against": "money burnt",
            "shock": "pandemic",
            "measure": measure,
            "verdict": "helps",
            "estimate": estimate,
        }
        for measure, estimate in (("level_infections_avoided", 0.021), ("level_lead_time_days", 3.24))
    ]
    summary = {"shock": "pandemic", "reference": True, "level_infections_avoided": 0.1, "level_lead_time_days": 20.0,
               "change_infections_avoided": 0.01, "change_lead_time_days": -2.55}  # fmt: skip
    result: Any = SimpleNamespace(
        reference="nothing", no_verdict={}, summary=pd.DataFrame([summary]), contrasts=pd.DataFrame(rows)
    )
    lines = _table(result, levers_of(pd.DataFrame(rows)), ["pandemic"])
    assert lines[0] == "The shock: pandemic."
    # what they are set beside is named, and is here not the reference policy
    assert [line.split("  ")[0] for line in lines[1:4]] == ["Beside", '"money burnt"', "nothing loses"]
    assert "infections avoided (points)" in lines[1]
    assert lines[1].endswith("lead time (days)")
    assert [line.split()[-2:] for line in lines[3:]] == [["-1.0", "2.5"], ["+2.1*", "+3.2*"]]
    # a heading that is too long for its column is written in two lines
    more = rows[0] | {"measure": "change_health_benefit"}
    lines = _table(result, levers_of(pd.DataFrame([*rows, more])), ["pandemic"])
    assert max(map(len, lines)) <= COLUMNS
    assert [line.split("  ")[-1].strip() for line in lines[1:3]] == ["decisions put right,", "change by the shock"]
    # of a delay less is better, which a number alone does not say
    slow = rows[0] | {"measure": "level_detection_days"}
    assert _table(result, levers_of(pd.DataFrame([*rows, slow])), ["pandemic"])[0] == (
        "The shock: pandemic. Less is better: detection delay."
    )
    assert _table(result, levers_of(pd.DataFrame([slow])), ["pandemic"])[0] == "The shock: pandemic. Less is better."
    # levers that are set beside several say themselves which
    several = rows[0] | {"against": "nothing"}
    result.contrasts = pd.DataFrame([rows[0], several])
    assert not any("money burnt" in line for line in _table(result, levers_of(result.contrasts), ["pandemic"]))
