"""The page in a real browser, opened from disk and from a server, with invented data and without any network."""

from __future__ import annotations

import http.server
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.page import mock
from tests.page.rooms import PATIENCE, Room, predict_and_break, walk
from tools.build_page import FRONT

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[test]'")
expect = playwright.expect
expect.set_options(timeout=PATIENCE)
TOKEN = "mock-token"
LESSONS = [one["id"] for one in json.loads((FRONT / "src" / "lessons.json").read_text(encoding="utf-8"))["lessons"]]
VIEWS = ("Break a country", "Lessons", "Shock or luck?", "Twenty coins", "All cards", "About")


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    """Invented data."""
    return mock.data(12)


@pytest.fixture(scope="module")
def file(data: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of the page as one file on disk."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(mock.page(data), encoding="utf-8")
    return path.as_uri()


def test_a_country_breaks(room: Room, file: str) -> None:
    page = room.open(file)
    assert page.locator(".results").is_hidden()
    page.get_by_label("Who is hit").select_option(label="United Kingdom")
    predict_and_break(page)
    # with reduced motion the film is left out: the picture of the first year stands there
    assert "Month 12" in page.locator(".player .month").inner_text()
    assert "points from the mean of A" in page.locator(".yours").inner_text()
    assert page.locator(".score .verdict").count() == 3
    assert page.locator("#live").inner_text() != ""
    # scrub to the end: the numbers of the maps follow
    page.locator(".maps-block summary").first.click()
    before = page.locator(".maps-block tbody").inner_text()
    slider = page.locator(".act .player input")
    slider.focus()
    slider.press("End")
    assert "Month 71" in page.locator(".player .month").inner_text()
    assert page.locator(".maps-block tbody").inner_text() != before
    # another throw, and the reasons
    said = page.locator(".score .note").first.inner_text()
    page.get_by_role("button", name="Another throw").click()
    assert page.locator(".score .note").first.inner_text() != said
    page.locator(".score .why summary").first.click()
    why = page.locator(".score .why").first
    expect(why).to_contain_text("assumed; no study")
    page.get_by_text("Show the Python").click()
    assert "shocks.diplomatic_rupture_gbr.targets=['GBR']" in page.locator(".python pre").first.inner_text()
    # what repeats it is the command of this very choice
    assert why.locator("pre").inner_text() == page.locator(".python pre").nth(1).inner_text()
    page.get_by_label("Policy A: Countries in a project").press("Home")
    expect(why.locator("pre")).to_contain_text("a: {programme.countries_per_consortium: [2, 2]")


def test_reasons_are_in_the_readers_language(room: Room, file: str) -> None:
    page = room.open(file, language="de")
    page.locator(".act .bet input").first.check()
    page.locator(".act .primary").first.click()
    page.wait_for_selector(".results:not([hidden])")
    words = json.loads((FRONT / "src" / "strings.json").read_text(encoding="utf-8"))["strings"]
    for why in page.locator(".score .why").all():
        why.locator("summary").click()
        # is filled once it is open, a moment after the click
        command = why.locator("pre").inner_text()
        said = why.inner_text().replace(command, "")
        for key, english in words["en"].items():
            if key.startswith(("why.", "assumption.")) and english != words["de"][key]:
                assert not re.search(rf"(?<!\w){re.escape(english)}(?!\w)", said), key
        assert "angenommen; keine Studie" in said
        # words that every English sentence of these texts has
        assert not re.search(r"\b(the|of|and|that|is)\b", said)


@pytest.mark.slow
def test_a_slider_turns_the_verdict(room: Room, file: str) -> None:
    page = room.open(file)
    predict_and_break(page)
    output = page.locator(".score").nth(1)
    cost = page.get_by_label("Work lost for each country more")
    cost.focus()
    cost.press("End")
    expect(output.locator(".verdict")).to_have_text("▼B is worse in 20 of 20 throws.")
    dear = output.inner_text()
    cost.press("Home")
    expect(output.locator(".verdict")).not_to_have_text("▼B is worse in 20 of 20 throws.")
    assert output.inner_text() != dear
    # the same cell again is the same answer
    cost.press("End")
    expect(output.locator(".verdict")).to_have_text("▼B is worse in 20 of 20 throws.")
    assert output.inner_text() == dear


def test_a_link_and_a_file_bring_the_choice_back(room: Room, file: str, tmp_path: Path) -> None:
    page = room.open(file)
    page.get_by_label("Who is hit").select_option(label="Switzerland")
    page.get_by_label("Policy A: Countries in a project").press("Home")
    page.get_by_label("Work lost for each country more").press("End")
    page.locator(".tools summary").click()
    page.get_by_role("button", name="Link to this choice").click()
    page.wait_for_selector("input.link:not([hidden])")
    link = page.locator("input.link").input_value()
    assert "#p=" in link

    def choice(where: Any) -> list[str]:
        return [
            *where.locator(".lever output").all_inner_texts(),
            *(one.input_value() for one in where.locator(".act select").all()),
        ]

    again = room.open(link)
    assert choice(again) == choice(page)
    with page.expect_download() as wait:
        page.get_by_role("button", name="Save to a file").click()
    saved = tmp_path / "saved.json"
    wait.value.save_as(saved)
    body = json.loads(saved.read_text())["body"]
    assert body["policies"]["a"]["programme.countries_per_consortium"] == [2, 2]
    assert body["policies"]["b"]["behaviour.work.coordination_by_country"] == 0.1
    assert body["shock"] == {
        "kind": "diplomatic_rupture",
        "countries": ["CHE"],
        "settings": {},
        "name": "diplomatic_rupture_che",
    }
    third = room.open(file)
    third.locator("input[type=file]").first.set_input_files(saved)
    expect(third.locator(".lever output").first).to_have_text("2")
    assert choice(third) == choice(page)


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["#p=zzzz", "#p=%%%", "#p=", "#p=S0tKAQA"])
def test_a_broken_link_says_so(room: Room, file: str, broken: str) -> None:
    page = room.open(file + broken)
    said = page.locator(".notices [role=alert]")
    if broken == "#p=":
        assert said.is_hidden()
    else:
        assert "link is broken" in said.inner_text()
    assert page.get_by_role("heading", level=1).inner_text().startswith("Break a country")


def test_every_part_opens(room: Room, file: str) -> None:
    page = room.open(file)
    for view in VIEWS:
        page.get_by_role("navigation").get_by_role("button", name=view, exact=True).click()
        assert page.locator("main h1:visible").count() == 1
    page.get_by_role("navigation").get_by_role("button", name="Lessons").click()
    assert page.locator(".lesson-list button").count() == len(LESSONS)
    # the shortest, to its end
    page.locator(".lesson-list button").nth(LESSONS.index("openness")).click()
    walk(page)


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("language", ["en-GB", "de", "fr", "es"])
def test_a_lesson_asks_before_it_shows(room: Room, file: str, lesson: str, language: str) -> None:
    page = room.open(f"{file}#v=lessons&lesson={lesson}", language=language)
    walk(page)
    assert page.locator(".lessons .answer").count() >= 1
    assert "{" not in page.locator(".lessons").inner_text()


def test_names_are_text(browser: Any, data: dict[str, Any], room: Room, tmp_path: Path) -> None:
    evil = "</script><img src=x onerror=alert(1)><b>x</b>"
    spoilt = json.loads(json.dumps(data))
    for one in (*spoilt["countries"], *spoilt["cards"]):
        one["name" if "name" in one else "title"] = evil
    spoilt["levers"][0]["labels"] = [evil] * 5
    spoilt["countries"][0]["iso3"] = "XXX"
    path = tmp_path / "evil.html"
    path.write_text(mock.page(spoilt), encoding="utf-8")
    page = room.open(path.as_uri())
    assert page.locator("#app img, #app b").count() == 0
    assert evil in page.locator(".lever output").first.inner_text()
    page.get_by_role("navigation").get_by_role("button", name="All cards").click()
    assert page.locator("#app img, #app b").count() == 0


@pytest.mark.slow
def test_twenty_coins(room: Room, file: str, tmp_path: Path) -> None:
    page = room.open(file)
    page.get_by_role("navigation").get_by_role("button", name="Twenty coins").click()
    for name, coin in (("Red <b>", 0), ("Blue", 1)):
        page.get_by_label("Team", exact=True).fill(name)
        for _ in range(4):
            page.locator(".coin-row").nth(coin).get_by_role("button").last.click()
        page.get_by_role("button", name="Seal", exact=True).click()
    page.get_by_label("The card that another screen drew").select_option(index=2)
    rows = page.locator(".board tbody tr").all_inner_texts()
    assert len(rows) == 2
    regrets = [float(row.split("\t")[-1].split()[0]) for row in rows]
    assert regrets[0] >= 0
    assert regrets == sorted(regrets)
    saved = []
    for button in page.get_by_role("button", name="Save: ").all():
        with page.expect_download() as wait:
            button.click()
        saved.append(tmp_path / f"team-{len(saved)}.json")
        wait.value.save_as(saved[-1])
    bad = tmp_path / "bad.json"
    bad.write_text('{"team": 3}')
    page.locator(".coins input[type=file]").set_input_files([*saved, bad])
    expect(page.locator(".coins")).to_contain_text("2 teams.")
    assert "bad.json" in page.locator(".coins").inner_text()
    assert page.locator("#app b").count() == 0


def test_the_class_view_follows_what_counts(room: Room, file: str, data: dict[str, Any], tmp_path: Path) -> None:
    """The merged table of three teams: scores, regrets, and who moved what, for the score that is chosen."""
    kinds = data["coins"]["instruments"]
    teams = {
        "Red": ({kinds[0]: 20}, 0.5, 0.04),
        "Blue": ({kinds[1]: 20}, 0.6, 0.01),
        "Green": ({kinds[0]: 10}, 0.7, 0.09),
    }
    files = []
    for name, (coins, kept, regret) in teams.items():
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps({
            "format": "ecosim-coins/1", "team": name, "branch": data["coins"]["branches"][0],
            "coins": {kind: coins.get(kind, 0) for kind in kinds},
            "scores": {"kept": kept, "output": 1.0 - kept, "left_out": 0.2},
            "regret": {"kept": regret, "output": 0.1 - regret, "left_out": 0.0},
        }))  # fmt: skip
    page = room.open(file)
    page.get_by_role("navigation").get_by_role("button", name="Twenty coins").click()
    page.locator(".coins input[type=file]").set_input_files(files)
    merged, moved = (page.locator(".coins .board").last.locator("tbody").nth(k) for k in (0, 1))

    def rows(table: Any) -> list[list[str]]:
        return [row.split("\t") for row in table.inner_text().split("\n") if row]

    expect(merged).to_contain_text("Green")
    assert [(row[0], row[-2], row[-1]) for row in rows(merged)] == [
        ("Blue", "60.0%", "+1.0 points"), ("Red", "50.0%", "+4.0 points"), ("Green", "70.0%", "+9.0 points"),
    ]  # fmt: skip
    assert rows(moved)[0][1:] == ["10", "+6.5 points", "+1.0 points"]
    page.get_by_label("What counts").select_option(label="Output")
    expect(merged.locator("tr").first).to_contain_text("Green")
    assert [(row[0], row[-2], row[-1]) for row in rows(merged)] == [
        ("Green", "30.0%", "+1.0 points"), ("Red", "50.0%", "+6.0 points"), ("Blue", "40.0%", "+9.0 points"),
    ]  # fmt: skip
    assert rows(moved)[0][1:] == ["10", "+3.5 points", "+9.0 points"]


def test_a_lesson_throws_again_and_leads_to_the_page(room: Room, file: str) -> None:
    page = room.open(f"{file}#v=lessons&lesson=diversification")
    walk(page)
    step = page.locator(".lesson-step.compare").first
    again = step.get_by_role("button", name="Throw again")
    seen = []
    for _ in range(3):
        again.click()
        seen.append(step.locator(".throws").inner_text())
    counts = [re.search(r"Throw (\d+) of 20: .* So far A is ahead in (\d+), B in (\d+)\.", text) for text in seen]
    assert [int(found[1]) for found in counts if found] == [1, 2, 3]
    sums = [int(found[2]) + int(found[3]) for found in counts if found]
    assert sums == sorted(sums)
    assert all(total <= k for k, total in enumerate(sums, start=1))
    # as often as the verdict says, once every throw was seen
    for _ in range(17):
        again.click()
    final = re.search(r"A is ahead in (\d+), B in (\d+)", step.locator(".throws").inner_text())
    said = step.locator(".verdict").inner_text()
    assert final is not None
    assert f"{final[2]} of 20" in said or f"{final[1]} of 20" in said or f"better in {final[2]}" in said
    # the last step asks to move the cost: its button carries policies and shock to the front act
    page.locator(".lesson-step").last.get_by_role("button", name="Try it on the page").click()
    expect(page.locator(".act")).to_be_visible()
    outputs = page.locator(".levers.a output, .levers.b output").all_inner_texts()
    assert [outputs[0], outputs[len(outputs) // 2]] == ["2", "10"]
    page.get_by_label("Work lost for each country more").press("End")
    page.get_by_label("Policy B", exact=True).last.check()
    page.get_by_role("button", name="Break it", exact=True).click()
    page.wait_for_selector(".results:not([hidden])")


def test_a_lesson_plays_only_what_moves(room: Room, data: dict[str, Any], tmp_path: Path) -> None:
    """Where no single world is kept, there is no Play that changes nothing."""
    path = tmp_path / "page.html"
    path.write_text(mock.page({**data, "histories": []}), encoding="utf-8")
    page = room.open(f"{path.as_uri()}#v=lessons&lesson=diversification")
    walk(page)
    run = page.locator(".lesson-step.run")
    expect(run).to_contain_text("no links")
    assert run.get_by_role("button", name="Play").count() == 0
    page.get_by_role("navigation").get_by_role("button", name="Break a country").click()
    assert page.locator(".act .player").is_hidden()
    page = room.open(f"{mock_file(data, tmp_path)}#v=lessons&lesson=diversification")
    walk(page)
    assert page.locator(".lesson-step.run").get_by_role("button", name="Play").count() == 1


def mock_file(data: dict[str, Any], folder: Path) -> str:
    """Address of a page with these data."""
    path = folder / "mock.html"
    path.write_text(mock.page(data), encoding="utf-8")
    return path.as_uri()


def test_the_python_is_that_of_the_server(room: Room, file: str, data: dict[str, Any]) -> None:
    ask = pytest.importorskip("ecosim.page.ask", reason="the server's half of the page is not there")
    page = room.open(file)
    page.locator(".tools summary").click()
    page.get_by_role("button", name="Link to this choice").click()
    page.wait_for_selector("input.link:not([hidden])")
    asked = ask.from_link(page.locator("input.link").input_value().partition("#p=")[2])
    page.get_by_label("Policy B", exact=True).last.check()
    page.get_by_role("button", name="Break it", exact=True).click()
    page.get_by_text("Show the Python").click()
    usual = {key: value for lever in data["levers"] for key, value in lever["sets"][lever["default"]].items()}
    # policy A is the usual one at first; then neither is
    for _ in range(2):
        code, command = (page.locator(".python pre").nth(k).inner_text().strip() for k in (0, 1))
        # 1.0 and 1 are one number to a browser
        assert code == re.sub(r"(?<=\d)\.0\b", "", ask.python(asked, usual)).strip()
        assert command == re.sub(r"(?<=\d)\.0\b", "", ask.command(asked, usual)).strip()
        page.get_by_label("Policy A: Countries in a project").press("Home")
        expect(page.locator(".python pre").first).to_contain_text("a: {programme.countries_per_consortium: [2, 2]")
        asked.policies["a"]["programme.countries_per_consortium"] = [2, 2]
    assert ask.USUAL in code


class _Server(http.server.BaseHTTPRequestHandler):
    """What the local server would answer, made up."""

    data: dict[str, Any]
    asked: list[tuple[str, str, Any]]
    looks = 0
    #: While it is set, a run goes on; and while it is set, nobody is told its name.
    busy: threading.Event
    unnamed: threading.Event

    def _send(self, status: int, content: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _json(self, value: Any, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode())

    def do_GET(self) -> None:
        """The shell, the data, or how far a run is."""
        if not self.path.startswith("/api/"):
            self._send(200, mock.SHELL.read_bytes(), "text/html; charset=utf-8")
        elif self.headers.get("X-Ecosim-Token") != TOKEN:
            self._json({"error": "no token"}, 403)
        elif self.path == "/api/start":
            self._json(self.data)
        else:
            told: list[dict[str, Any]] = [
                {"state": "queued", "position": 1},
                {"state": "running", "done": 3, "all": 20, "seconds": 1},
                {"state": "done", "done": 20, "all": 20, "seconds": 2, "result": _result(self.data)},
            ]
            self._json(told[min(self.looks, 1 if self.busy.is_set() else 2)])
            type(self).looks += 1

    def do_DELETE(self) -> None:
        """Call a run off."""
        self.asked.append((self.path, self.headers.get("X-Ecosim-Token", ""), None))
        self._json({"cancelled": True})

    def do_POST(self) -> None:
        """Start a run, or refuse it."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, self.headers.get("X-Ecosim-Token", ""), body))
        while self.unnamed.is_set():
            time.sleep(0.02)
        if body["shock"] and body["shock"]["countries"] == ["NOR"]:
            self._json({"error": "shocks.targets: NOR is not allowed here"}, 400)
        else:
            self._json({"run": "one"}, 202)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _result(data: dict[str, Any]) -> dict[str, Any]:
    """Result of a run: flat curves of two policies."""
    months = data["months"]["before"] + data["months"]["after"]
    level = np.array([0.7, 0.8])

    def shaped(*shape: int) -> dict[str, Any]:
        """The level of each policy, under the placebo and the shock."""
        whole = level.reshape(2, 1, *(1 for _ in shape)) * np.ones((2, 2, *shape))
        return mock.packed(whole, low=0.0, high=1.3)

    cells = {"curves": shaped(3, months), "bands": shaped(3, 4, months), "by_country": shaped(len(data["countries"]))}
    return {
        "cells": cells,
        "scores": {"values": shaped(20, 3)},
        "histories": [],
        "python": "import ecosim  # own run",
        "command": "ecosim run own",
    }


@pytest.fixture
def served(data: dict[str, Any]) -> Iterator[tuple[str, type[_Server]]]:
    """Address of a made-up server, and what it was asked."""
    mechanisms = [
        {"key": "trust", "label": "Trust", "what": "x", "on": True},
        {"key": "stages", "label": "Stages", "what": "x", "on": False},
        {"key": "health", "label": "Health", "what": "x", "on": False},
    ]
    own = {**data, "source": "server", "mechanisms": mechanisms}
    made = {"data": own, "asked": [], "looks": 0, "busy": threading.Event(), "unnamed": threading.Event()}
    handler = type("Handler", (_Server,), made)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", handler
    handler.busy.clear()
    handler.unnamed.clear()
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_what_the_grid_lacks_is_run(room: Room, served: tuple[str, type[_Server]]) -> None:
    address, handler = served
    page = room.open(f"{address}#t={TOKEN}")
    page.locator(".more summary").click()
    page.get_by_role("switch", name="Trust: on").click()
    page.get_by_label("Policy B", exact=True).last.check()
    page.get_by_role("button", name="Run it").click()
    page.wait_for_selector(".results:not([hidden])")
    path, token, body = handler.asked[-1]
    assert (path, token) == ("/api/run", TOKEN)
    assert body["off"] == ["trust"]
    assert set(body) == {"policies", "shock", "draws", "seed", "off", "base"}
    assert re.search(r"70\.\d%.*79\.\d%", page.locator(".score .pair").first.inner_text(), re.DOTALL)
    page.get_by_text("Show the Python").click()
    assert "own run" in page.locator(".python pre").first.inner_text()
    # a slider makes what is shown untrue
    page.get_by_label("Policy A: Countries in a project").press("Home")
    page.wait_for_selector(".results", state="hidden")


def _start_a_run(page: Any) -> None:
    page.locator(".more summary").click()
    page.get_by_role("switch", name="Trust: on").click()
    page.get_by_label("Policy B", exact=True).last.check()
    page.get_by_role("button", name="Run it").click()


def test_a_run_ends_when_the_choice_changes(room: Room, served: tuple[str, type[_Server]]) -> None:
    """Else its result would stand under a choice that nobody ran."""
    address, handler = served
    page = room.open(f"{address}#t={TOKEN}")
    handler.busy.set()
    _start_a_run(page)
    expect(page.locator(".run-state")).to_contain_text("Running")
    with page.expect_request(lambda asked: asked.method == "DELETE") as called:
        page.get_by_label("Policy A: Countries in a project").press("Home")
    assert called.value.url.endswith("/api/run/one")
    expect(page.locator(".run-state")).to_have_text("Called off: your choice has changed. Run it again.")
    handler.busy.clear()
    page.wait_for_timeout(1000)
    assert page.locator(".results").is_hidden()
    # the run of the new choice stands under the new choice
    page.get_by_role("button", name="Run it").click()
    page.wait_for_selector(".results:not([hidden])")
    assert handler.asked[-1][2]["policies"]["a"]["programme.countries_per_consortium"] == [2, 2]
    assert "A: Countries in a project: 2;" in page.locator(".shown-for").inner_text()


@pytest.mark.parametrize("how", ["button", "slider", "language"])
def test_a_run_that_has_no_name_yet_can_be_called_off(room: Room, served: tuple[str, type[_Server]], how: str) -> None:
    address, handler = served
    page = room.open(f"{address}#t={TOKEN}")
    handler.busy.set()
    handler.unnamed.set()
    _start_a_run(page)
    expect(page.locator(".run-state")).to_have_text("Sent to ecosim.")
    if how == "button":
        page.get_by_role("button", name="Cancel").click()
    elif how == "slider":
        page.get_by_label("Policy A: Countries in a project").press("Home")
    else:
        page.locator(".tools summary").click()
        page.locator(".tools select").first.select_option("de")
    assert [path for path, _, _ in handler.asked] == ["/api/run"]
    handler.unnamed.clear()
    # the server hears of it; its answer is waited for, so that no question is open when it ends
    end = time.monotonic() + PATIENCE / 1000
    while ("/api/run/one", TOKEN, None) not in handler.asked and time.monotonic() < end:
        page.wait_for_timeout(50)
    assert handler.asked[-1] == ("/api/run/one", TOKEN, None)
    page.wait_for_timeout(500)
    assert page.locator(".results").is_hidden()


def test_payment_in_stages_and_cards_are_put_to_use(room: Room, served: tuple[str, type[_Server]]) -> None:
    address, handler = served
    page = room.open(f"{address}#t={TOKEN}")
    page.locator(".more summary").click()
    stages = page.locator(".more fieldset", has_text="Payment in stages")
    stages.get_by_label("Paid when work starts").fill("10")
    stages.get_by_label("Payments after that").fill("6")
    stages.get_by_role("button", name="Use in Policy A").click()
    shock = page.locator(".more fieldset", has_text="How hard the shock is")
    shock.get_by_label("Part of the full shock").fill("50")
    shock.get_by_label("Months it lasts").fill("12")
    shock.get_by_role("button", name="Use in Both policies").click()
    to_cards = page.get_by_role("navigation").get_by_role("button", name="All cards")
    to_cards.click()
    card = page.locator(".card", has_text="Matchmaking").first
    card.locator("summary").click()
    card.get_by_role("button", name="Use in Policy B").click()
    expect(page.locator(".more .chips")).to_contain_text("Policy B: instruments.matchmaking.monthly_eur")
    to_cards.click()
    card = page.locator(".card", has_text="veto").first
    card.locator("summary").click()
    card.get_by_role("button", name="Use in Both policies").click()
    page.get_by_label("Policy B", exact=True).last.check()
    page.get_by_role("button", name="Run it").click()
    page.wait_for_selector(".results:not([hidden])")
    body = handler.asked[-1][2]
    a, b = body["policies"]["a"], body["policies"]["b"]
    assert (a["programme.prefinancing"], a["programme.tranches"]) == (0.1, 6)
    assert body["shock"]["settings"] == {"severity": 0.5, "duration_months": 12}
    assert body["shock"]["countries"] == ["DEU"]
    assert "programme.tranches" not in b
    assert b["instruments.matchmaking.monthly_eur"] == 1_000_000
    assert body["base"]["decisions.veto.kind"] == "veto"
    # what is taken away is no longer asked
    page.get_by_role("button", name="Remove decisions.veto.kind").click()
    page.get_by_role("button", name="Run it").click()
    page.wait_for_selector(".results:not([hidden])")
    assert "decisions.veto.kind" not in handler.asked[-1][2]["base"]


def test_cards_are_in_the_readers_language(room: Room, file: str) -> None:
    page = room.open(f"{file}#v=cards", language="de")
    card = page.locator(".card", has_text="Vermittlung von Partnern").first
    card.locator("summary").click()
    expect(card).to_contain_text("Mobilität")
    # what has no words is in English, and says so to whoever reads aloud
    assert card.locator("[lang=en]").first.inner_text().startswith("A sentence on what it does.")
    page.get_by_label("Suchen").fill("vermittlung")
    expect(page.locator(".card")).to_have_count(1)


def test_what_a_card_needs_is_switched_on_with_it(room: Room, served: tuple[str, type[_Server]]) -> None:
    address, handler = served
    page = room.open(f"{address}#t={TOKEN}")
    page.locator(".more summary").click()
    stages = page.get_by_role("switch", name="From research to use")
    expect(stages).to_have_text("○ From research to use: off")
    # the page's world knows nothing of health
    expect(page.get_by_role("switch")).to_have_count(2)
    part = page.locator(".more fieldset", has=page.locator("legend", has_text="Instruments")).first
    part.get_by_role("combobox").first.select_option(label="Matchmaking")
    part.get_by_role("button", name="Use in Policy A").click()
    expect(stages).to_have_text("● From research to use: on")
    page.get_by_label("Policy B", exact=True).last.check()
    page.get_by_role("button", name="Run it").click()
    page.wait_for_selector(".results:not([hidden])")
    assert handler.asked[-1][2]["base"]["mechanisms.stages"] is True
    stages.click()
    expect(stages).to_have_text("○ From research to use: off")
    page.get_by_role("button", name="Run it").click()
    page.wait_for_selector(".results:not([hidden])")
    assert "mechanisms.stages" not in handler.asked[-1][2]["base"]


def test_settings_of_a_card_are_sent_where_they_differ(room: Room, served: tuple[str, type[_Server]]) -> None:
    address, handler = served
    page = room.open(f"{address}#t={TOKEN}")
    page.locator(".more summary").click()
    part = page.locator(".more fieldset", has_text="Decisions and funders").first
    part.get_by_label("How strong it is.").fill("7")
    use = part.get_by_role("button", name="Use in Both policies")
    use.click()
    # what may not be is not taken: the browser says so at the field
    expect(page.locator(".more .chips li")).to_have_count(0)
    part.get_by_label("How strong it is.").fill("0.2")
    part.get_by_label("When.").select_option("aligned")
    part.get_by_label("Who takes part.").fill("DEU, France")
    part.get_by_label("At home too.").check()
    use.click()
    expect(page.locator(".more .chips li")).to_have_count(5)
    page.get_by_label("Policy B", exact=True).last.check()
    page.get_by_role("button", name="Run it").click()
    page.wait_for_selector(".results:not([hidden])")
    sent = {key: value for key, value in handler.asked[-1][2]["base"].items() if key.startswith("decisions.")}
    assert sent == {
        "decisions.veto.kind": "veto", "decisions.veto.strength": 0.2, "decisions.veto.calendar": "aligned",
        "decisions.veto.hosts": ["DEU", "France"], "decisions.veto.at_home": True,
    }  # fmt: skip
    # a card that is taken away takes its settings along
    page.get_by_role("button", name="Remove decisions.veto.kind").click()
    expect(page.locator(".more .chips li")).to_have_count(0)


@pytest.mark.slow
def test_what_the_server_refuses_is_said(room: Room, served: tuple[str, type[_Server]]) -> None:
    address, _ = served
    page = room.open(f"{address}#t={TOKEN}")
    page.get_by_label("Who is hit").select_option(label="Norway")
    page.get_by_label("About the same").check()
    page.get_by_role("button", name="Run it").click()
    expect(page.locator(".run-state")).to_contain_text("NOR is not allowed here")
    room.complaints[:] = [one for one in room.complaints if "400" not in one]


@pytest.mark.slow
def test_without_the_token_the_page_says_what_to_do(browser: Any, served: tuple[str, type[_Server]]) -> None:
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(served[0])
    page.wait_for_selector("[role=alert]")
    assert "Open the address that ecosim printed" in page.locator("[role=alert]").inner_text()
    page.close()


@pytest.mark.slow
def test_nothing_serious_stands_in_the_way(room: Room, file: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = room.open(file)
    page.get_by_label("Policy B", exact=True).last.check()
    page.get_by_role("button", name="Break it", exact=True).click()
    assert serious(axe, page) == []


def test_an_open_lesson_keeps_nobody_out(room: Room, file: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = room.open(f"{file}#v=lessons&lesson=diversification")
    walk(page)
    assert serious(axe, page) == []


def serious(axe: Any, page: Any) -> list[str]:
    """What axe finds that keeps people out."""
    return [
        f"{found['id']}: {found['nodes'][0]['html'][:120]}"
        for found in axe.run(page).response["violations"]
        if found["impact"] in ("serious", "critical")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_serious_stands_in_the_way_anywhere(room: Room, file: str, dark: bool) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = room.open(file, dark=dark)
    page.get_by_label("Policy B", exact=True).last.check()
    page.get_by_role("button", name="Break it", exact=True).click()
    for summary in page.locator("summary:visible").all():
        summary.click()
    assert serious(axe, page) == []
    for view in VIEWS[1:]:
        page.get_by_role("navigation").get_by_role("button", name=view, exact=True).click()
        assert serious(axe, page) == []


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
def test_settings_keep_nobody_out(room: Room, served: tuple[str, type[_Server]], dark: bool) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = room.open(f"{served[0]}#t={TOKEN}", dark=dark, width=390)
    page.locator(".more summary").click()
    deciders = page.locator(".more fieldset", has_text="Decisions and funders").first
    deciders.get_by_role("button", name="Use in Both policies").click()
    assert serious(axe, page) == []
    page.get_by_role("navigation").get_by_role("button", name="All cards").click()
    page.locator(".card", has_text="veto").locator("summary").click()
    expect(page.locator(".card .settings")).to_be_visible()
    assert serious(axe, page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def tab_to(page: Any, text: str) -> None:
    """Go on with the tab key until what has the focus says so."""
    for _ in range(120):
        page.keyboard.press("Tab")
        # between the last tab stop and the first the whole page has the focus
        here = page.evaluate(
            "(e => e === document.body ? '' : e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText)"
            "(document.activeElement)"
        )
        if text in here:
            return
    raise AssertionError(f"no tab stop says {text}")


@pytest.mark.slow
@pytest.mark.parametrize("lesson", ["Openness and autonomy", "Who is left out"])
def test_keys_alone_go_through_a_lesson(room: Room, file: str, lesson: str) -> None:
    page = room.open(file)
    tab_to(page, "Lessons")
    page.keyboard.press("Enter")
    tab_to(page, lesson)
    page.keyboard.press("Enter")
    while page.locator(".lessons button.primary").is_visible():
        step = page.locator(".lesson-step").last
        kinds = step.get_attribute("class")
        count = page.locator(".lesson-step").count()
        if "bet" in kinds:
            tab_to(page, step.locator("label").first.inner_text())
            page.keyboard.press("Space")
        if "predict" in kinds:
            tab_to(page, "Draw with sliders")
            page.keyboard.press("Enter")
            tab_to(page, "Expected after 0 months")
            page.keyboard.press("ArrowLeft")
        if "compare" in kinds:
            tab_to(page, "Throw again")
            page.keyboard.press("Enter")
            assert "Throw 1 of 20" in step.locator(".throws").inner_text()
        tab_to(page, "Go on")
        page.keyboard.press("Enter")
        assert page.locator(".lesson-step").count() == count + 1
    assert page.locator(".lessons .answer").count() >= 1


@pytest.mark.slow
def test_keys_alone_play_coins_and_make_a_link_and_a_file(room: Room, file: str) -> None:
    page = room.open(file)
    tab_to(page, "Twenty coins")
    page.keyboard.press("Enter")
    tab_to(page, "Team")
    page.keyboard.type("Red")
    tab_to(page, "More coins on Matchmaking")
    page.keyboard.press("Enter")
    tab_to(page, "Seal")
    page.keyboard.press("Enter")
    tab_to(page, "Draw a card")
    page.keyboard.press("Enter")
    assert page.locator(".board tbody tr").first.inner_text().startswith("Red")
    tab_to(page, "Settings, link, file")
    page.keyboard.press("Enter")
    tab_to(page, "Link to this choice")
    page.keyboard.press("Enter")
    expect(page.locator("input.link")).to_be_visible()
    assert "#p=" in page.locator("input.link").input_value()
    tab_to(page, "Save to a file")
    with page.expect_download() as wait:
        page.keyboard.press("Enter")
    assert wait.value.suggested_filename == "ecosim-page.json"


@pytest.mark.slow
def test_keys_alone_do_all(room: Room, file: str) -> None:
    page = room.open(file)

    def to(text: str) -> None:
        tab_to(page, text)

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Skip to the content"
    to("Policy A: Countries in a project")
    page.keyboard.press("ArrowLeft")
    to("Draw with sliders")
    page.keyboard.press("Enter")
    to("Expected after 0 months")
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    to("Break it")
    page.keyboard.press("Enter")
    page.wait_for_selector(".results:not([hidden])")
    to("Another throw")
    page.keyboard.press("Enter")
    assert "Throw 2 of 20" in page.locator(".score .note").first.inner_text()


@pytest.mark.slow
def test_it_plays_where_motion_is_welcome(room: Room, file: str) -> None:
    page = room.open(file, motion=True)
    predict_and_break(page)
    expect(page.locator(".player .month")).to_contain_text("after")
    page.get_by_role("button", name="Stop").click()
    stopped = page.locator(".player .month").inner_text()
    page.wait_for_timeout(400)
    assert page.locator(".player .month").inner_text() == stopped


@pytest.mark.slow
@pytest.mark.parametrize("language", ["fr", "de", "es"])
def test_it_speaks_other_languages(room: Room, file: str, language: str) -> None:
    page = room.open(file, language=language)
    assert page.evaluate("document.documentElement.lang") == language
    assert page.evaluate("document.documentElement.dir") == "ltr"
    assert "Break a country" not in page.locator("main").inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280, 1920])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_cut(room: Room, file: str, width: int, dark: bool) -> None:
    page = room.open(file, width=width, dark=dark)
    page.get_by_label("Policy B", exact=True).last.check()
    page.get_by_role("button", name="Break it", exact=True).click()
    for view in VIEWS:
        page.get_by_role("navigation").get_by_role("button", name=view, exact=True).click()
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(_EMPTY) == []


#: Charts without curves, points or bars, or that are wider or higher than their place. Axes and letters are grey; what
#: is drawn has a colour. A pad on which nobody has drawn yet says so.
_EMPTY = """[...document.querySelectorAll('.plot')].filter(plot => plot.clientWidth).flatMap(plot => {
    const canvas = plot.querySelector('canvas');
    if (!canvas || canvas.clientWidth > plot.clientWidth + 1) return [plot.className + ' is cut'];
    if (canvas.clientHeight > plot.clientHeight + 1) return [plot.className + ' is cut'];
    if (plot.parentElement.querySelector('.pad-hint:not([hidden])')) return [];
    let coloured = 0;
    for (const layer of plot.querySelectorAll('canvas')) {
        const {data} = layer.getContext('2d').getImageData(0, 0, layer.width, layer.height);
        for (let i = 0; i < data.length; i += 4) {
            const inks = [data[i], data[i + 1], data[i + 2]];
            if (data[i + 3] > 60 && Math.max(...inks) - Math.min(...inks) > 45) coloured += 1;
        }
    }
    return coloured < 60 ? [plot.className + ' is empty'] : [];
})"""


def test_a_chart_without_curves_is_found(room: Room, data: dict[str, Any], tmp_path: Path) -> None:
    """The check itself: it tells a chart from one in which the curves are missing."""
    bare = json.loads(json.dumps(data))
    for name in ("curves", "bands"):
        shape = bare["cells"][name]["shape"]
        bare["cells"][name] = mock.packed(np.full(shape, np.nan), low=0.0, high=1.3)
    del bare["throws"]
    for values, found in ((data, []), (bare, ["plot curves is empty"])):
        page = room.open(mock_file(values, tmp_path))
        page.get_by_label("Policy B", exact=True).last.check()
        page.get_by_role("button", name="Break it", exact=True).click()
        page.wait_for_selector(".results:not([hidden])")
        page.wait_for_timeout(200)
        assert page.evaluate(_EMPTY) == found


def printed(page: Any, path: Path) -> tuple[int, str]:
    """Pages on paper, and what stands on them."""
    pypdf = pytest.importorskip("pypdf")
    page.pdf(path=str(path), format="A4", print_background=True)
    pages = pypdf.PdfReader(path).pages
    return len(pages), " ".join(" ".join(one.extract_text() for one in pages).split())


@pytest.mark.parametrize("open_all", [False, True])
def test_it_prints_on_four_pages(room: Room, file: str, tmp_path: Path, open_all: bool) -> None:
    page = room.open(file)
    page.get_by_label("Policy B", exact=True).last.check()
    page.get_by_role("button", name="Break it", exact=True).click()
    page.wait_for_selector(".results:not([hidden])")
    if open_all:
        for summary in page.locator("main summary:visible").all():
            summary.click()
    pages, text = printed(page, tmp_path / "page.pdf")
    assert 1 <= pages <= 4
    assert "Collaboration kept" in text
    assert "are not printed" in text


@pytest.mark.parametrize("view", VIEWS[1:])
def test_every_part_prints_on_four_pages(room: Room, file: str, tmp_path: Path, view: str) -> None:
    page = room.open(file)
    page.get_by_role("navigation").get_by_role("button", name=view, exact=True).click()
    for summary in page.locator("main summary:visible").all():
        summary.click()
    assert 1 <= printed(page, tmp_path / "page.pdf")[0] <= 4


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_prints_on_four_pages(room: Room, file: str, tmp_path: Path, lesson: str) -> None:
    page = room.open(f"{file}#v=lessons&lesson={lesson}")
    walk(page)
    assert 1 <= printed(page, tmp_path / "page.pdf")[0] <= 4


#: Texts that are seen and are smaller than so many pixels.
_SMALL = """least => {
    const found = new Set();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const place = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !place.checkVisibility()) continue;
        if (place.closest('.unseen, .skip, script')) continue;
        const size = parseFloat(getComputedStyle(place).fontSize);
        if (size < least) found.add(`${place.tagName} ${place.className}: ${size}`);
    }
    for (const plot of document.querySelectorAll('.plot')) {
        if (plot.clientWidth && Number(plot.dataset.letters) < least) found.add(`letters of ${plot.className}`);
    }
    return [...found];
}"""


def test_projector_mode_has_large_letters_everywhere(room: Room, file: str) -> None:
    page = room.open(file, width=1920, height=1080)
    page.locator(".tools summary").click()
    page.get_by_role("button", name="Projector").click()
    expect(page.locator("body")).to_have_css("font-size", "24px")
    page.locator(".act .bet input").first.check()
    page.locator(".act .primary").first.click()
    page.wait_for_selector(".results:not([hidden])")
    for view in VIEWS:
        page.get_by_role("navigation").get_by_role("button", name=view, exact=True).click()
        for summary in page.locator("main summary:visible").all()[:12]:
            summary.click()
        assert page.evaluate(_SMALL, 24) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 1920
    page.get_by_role("navigation").get_by_role("button", name="Lessons").click()
    page.locator(".lesson-list button").first.click()
    walk(page)
    assert page.evaluate(_SMALL, 24) == []
