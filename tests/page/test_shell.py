"""The built page: what its one file holds, and that its sources give it again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ecosim.page import data
from tests.page import mock
from tools.build_page import FRONT, MADE, PAGE, build

SHELL = PAGE / "shell.html"
SOURCES = sorted((FRONT / "src").glob("*.ts"))


def test_the_shell_is_one_small_file_that_asks_for_nothing() -> None:
    text = SHELL.read_text(encoding="utf-8")
    assert SHELL.stat().st_size < 1_500_000
    assert text.count(mock.PLACE) == 1
    # its own policy: nothing but its own script runs, nothing is loaded from elsewhere
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?!data:)[^\"]*\"", text) == []


def test_data_never_become_markup_or_code() -> None:
    assert SOURCES
    for source in SOURCES:
        found = re.search(
            r"(inner|outer|Adjacent)HTML|document\.write|\beval\(|new Function", source.read_text("utf-8")
        )
        assert found is None, source.name


def test_every_text_is_there_in_every_language() -> None:
    words = json.loads((FRONT / "src" / "strings.json").read_text(encoding="utf-8"))
    assert list(words["languages"]) == list(words["strings"]) == ["en", "fr", "de", "es"]
    english = words["strings"]["en"]
    for language, texts in words["strings"].items():
        assert texts.keys() == english.keys(), language
        for key, text in texts.items():
            assert text.strip(), (language, key)
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), (language, key)


def test_every_text_is_used_and_none_is_missing() -> None:
    words = json.loads((FRONT / "src" / "strings.json").read_text(encoding="utf-8"))["strings"]["en"]
    code = "\n".join(source.read_text(encoding="utf-8") for source in SOURCES)
    plain = set(re.findall(r"\bt(?:Or)?\(\s*\"([\w.]+)\"", code))
    plain |= {key for pair in re.findall(r"\bt\([^()?]*\? \"([\w.]+)\" : \"([\w.]+)\"", code) for key in pair}
    # names that end in what the data call a thing
    stems = tuple(re.findall(r"`([\w]+\.)\$\{", code))
    assert plain - words.keys() == set()
    assert {key for key in words if key not in plain and not key.startswith(stems)} == set()


def test_reasons_and_mechanisms_are_there_in_every_language() -> None:
    words = json.loads((FRONT / "src" / "strings.json").read_text(encoding="utf-8"))["strings"]
    keys = [f"why.{score}.text" for score in data.why(set())]
    for item in data.mechanisms():
        keys += [f"mechanism.{item['key']}", f"mechanism.{item['key']}.what"]
    assumed = {item["key"]: item for item in data.assumptions()}
    for reason in data.why(set(assumed)).values():
        assert reason["assumptions"]
        for key in reason["assumptions"]:
            keys += [f"assumption.{key}", f"assumption.{key}.what"]
            # a source of its own is named in the reader's language; that there is none is one text for all
            if assumed[key]["source"] not in data.NO_SOURCE.values():
                keys.append(f"assumption.{key}.source")
    for language, texts in words.items():
        assert [key for key in keys if key not in texts] == [], language


def _lacking(part: dict[str, dict[str, str]], wanted: set[str]) -> list[tuple[str, str]]:
    return [(name, language) for name in sorted(wanted) for language in ("fr", "de", "es")
            if not part.get(name, {}).get(language, "").strip()]  # fmt: skip


def test_every_card_has_its_words_in_every_language() -> None:
    """A new card, or a sentence that has changed, stands in English until catalogue.json has words for it."""
    words = json.loads((FRONT / "src" / "catalogue.json").read_text(encoding="utf-8"))
    cards = data.cards(with_settings=True)
    where = "without words in ecosim/page/front/src/catalogue.json"
    titles = {f"{card['family']}.{card['kind']}" for card in cards}
    assert _lacking(words["titles"], titles) == [], f"titles {where}"
    assert _lacking(words["handles"], {name for card in cards for name, _ in card["handles"]}) == [], f"handles {where}"
    said = {text for card in cards for text in (card["what"], card["price"]) if text}
    said |= {one["what"] for card in cards if card["family"] in ("decisions", "funders") for one in card["settings"]}
    assert _lacking(words["sentences"], said) == [], f"sentences {where}"
    # what is left of a card that is gone, or of a sentence that has changed
    known = said | {one["what"] for card in cards for one in card["settings"]}
    assert words["sentences"].keys() - known == set()
    assert words["titles"].keys() - titles == set()


def test_every_way_of_a_handle_has_its_words() -> None:
    words = json.loads((FRONT / "src" / "strings.json").read_text(encoding="utf-8"))["strings"]["en"]
    ways = {way for card in data.cards() for _, way in card["handles"]}
    assert {"way." + re.sub(r"\W+", "_", way) for way in ways} <= words.keys()


def test_the_page_knows_what_stands_where_there_is_no_source() -> None:
    assert all(item["source"] for item in data.assumptions())
    code = (FRONT / "src" / "scores.ts").read_text(encoding="utf-8")
    for text in data.NO_SOURCE.values():
        assert f'"{text}": "why.' in code


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [(0.0, 1.26, (0, 1.4, 0.2)), (0.0, 1.05, (0, 1.2, 0.2)), (0.66, 1.05, (0.6, 1.1, 0.1)), (0.0, 7.3, (0, 8, 1))],
)
def test_an_axis_ends_at_a_mark(low: float, high: float, marks: tuple[float, ...]) -> None:
    """No label stands closer to its neighbour than the others do."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    code = (FRONT / "src" / "charts.ts").read_text(encoding="utf-8")
    part = code[code.index("const STEPS") : code.index("/** Lines over months")]
    # the types are no part of what runs
    plain = re.sub(r": number|: \{ min.*?interval \}(?= \{)", "", re.sub(r"\): \{[^}]*\} \{", ") {", part))
    script = f"{plain.replace('export ', '')}\nconsole.log(JSON.stringify(Object.values(marks({low}, {high}))))"
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    assert tuple(json.loads(done.stdout)) == pytest.approx(marks)


def test_what_is_bundled_is_named() -> None:
    text = (PAGE / "LICENCES.txt").read_text(encoding="utf-8")
    wanted = json.loads((FRONT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    for name, version in wanted.items():
        assert f"{name} {version}" in text


@pytest.mark.slow
def test_the_sources_give_the_same_bytes(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed (Node 20.19 or newer)")
    front = tmp_path / "front"
    shutil.copytree(FRONT, front, ignore=shutil.ignore_patterns("node_modules", "dist"))
    build(tmp_path, front)
    for called in MADE.values():
        assert (tmp_path / called).read_bytes() == (PAGE / called).read_bytes(), f"{called}: python tools/build_page.py"
