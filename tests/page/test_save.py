"""The page as one file: the shell with its data inside, whatever the data hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ecosim.errors import InputError
from ecosim.page import data, save

ROOT = Path(__file__).parents[2]


def _embedded(text: str):
    found = re.findall(r'<script id="ecosim-data" type="application/json">(.*?)</script>', text, re.S)
    assert len(found) == 1
    return json.loads(found[0])


def test_data_come_back_whatever_is_in_them(shell, tmp_path):
    hostile = {"name": "</script><script>alert(1)</script><!-- \u2028 & é", "values": [1.5, None, True]}
    page = save.save(tmp_path / "page.html", hostile)
    text = page.read_text(encoding="utf-8")
    assert _embedded(text) == hostile
    assert "alert(1)</script>" not in text
    assert text.count("<script") == 1
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_page_holds_the_whole_data_object(shell, tmp_path, tiny_grid):
    page = save.save(tmp_path / "page.html", data.start(tiny_grid))
    held = _embedded(page.read_text(encoding="utf-8"))
    assert {
        "format", "version", "made", "source", "countries", "outlines", "months", "levers", "branches", "cells",
        "scores", "histories", "cards", "assumptions", "why", "draws", "mechanisms", "instruments",
    } <= set(held)  # fmt: skip
    assert held["source"] == "file"
    assert len(held["countries"]) == held["cells"]["by_country"]["shape"][-1]
    keys = {item["key"] for item in held["assumptions"]}
    assert all(why["assumptions"] and set(why["assumptions"]) <= keys for why in held["why"].values())
    assert all(item["range"][0] <= item["range"][1] for item in held["assumptions"])
    germany = next(country for country in held["countries"] if country["iso3"] == "DEU")
    assert (germany["name"], germany["peripheral"]) == ("Germany", False)
    assert 5 < germany["lon"] < 15
    assert "DEU" in held["outlines"]


def test_what_cannot_be_written_is_one_line(shell, tmp_path):
    with pytest.raises(InputError, match=r"--save.*cannot be written"):
        save.save(tmp_path / "nowhere" / "page.html", {})


def test_a_shell_without_a_place_for_data_is_refused(shell):
    shell.write_text("<p>none</p>", encoding="utf-8")
    with pytest.raises(InputError, match="has not one place for data"):
        save.shell()
    shell.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        save.shell()


def test_the_shipped_page_is_what_save_writes_today():
    shipped = ROOT / "docs" / "page.html"
    # if not: `ecosim explore --save docs/page.html`, after every change of the front end, the cards or the grid
    assert shipped.read_bytes() == save.joined(data.start()).encode("utf-8")
