"""The page in a real browser, opened from disk and from a server, with invented data and without any network."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser import NAMES
from tests.page import mock
from tools.build_page import FRONT

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[test]'")
expect = playwright.expect
#: Milliseconds after which what never comes is given up: no speed is measured, and the machine may be busy.
_PATIENCE = 120_000
expect.set_options(timeout=_PATIENCE)

_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_HERE = ("file:", "data:", "blob:", "http://127.0.0.1:", "about:")
TOKEN = "mock-token"
LESSONS = [one["id"] for one in json.loads((FRONT / "src" / "lessons.json").read_text(encoding="utf-8"))["lessons"]]
VIEWS = ("Break a country", "Lessons", "Shock or luck?", "Twenty coins", "All cards", "About")


@dataclass
class Room:
    """Opens pages, and remembers what none of them may do."""

    browser: Any
    complaints: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def open(
        self,
        address: str,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        motion: bool = False,
        language: str = "en-GB",
    ) -> Any:
        """Open an address in a window of its own and wait until the page stands."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=language,
            reduced_motion="no-preference" if motion else "reduce",
            accept_downloads=True,
        )
        self.contexts.append(context)

        def judge(route: Any) -> None:
            if route.request.url.startswith(_HERE):
                route.continue_()
            else:
                self.complaints.append(f"asked for {route.request.url}")
                route.abort()

        context.route("**/*", judge)
        page = context.new_page()
        page.set_default_timeout(_PATIENCE)
        page.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for the file."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser is installed (one of {', '.join(NAMES)}; on Debian: apt-get install chromium)")
    with playwright.sync_playwright() as engine:
        one = engine.chromium.launch(executable_path=found, args=_FLAGS)
        yield one
        one.close()


@pytest.fixture
def room(browser: Any) -> Iterator[Room]:
    """A room in which nothing was asked of the network, and nothing failed."""
    made = Room(browser)
    yield made
    for context in made.contexts:
        context.close()
    assert made.complaints == []


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


def predict_and_break(page: Any) -> None:
    """Draw a curve with the mouse, then break the country."""
    button = page.get_by_role("button", name="Break it", exact=True)
    assert button.is_disabled(), "it breaks before anything was expected"
    pad = page.locator(".act .pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    x, y = box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.3
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y + 80, steps=4)
    page.mouse.move(x + box["width"] * 0.6, y + 20, steps=6)
    page.mouse.up()
    button.click()
    page.wait_for_selector(".results:not([hidden])")


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
    expect(page.locator(".score .why").first).to_contain_text("assumed")
    expect(page.locator(".score .why").first).to_contain_text("ecosim run")
    page.get_by_text("Show the Python").click()
    assert "shocks.diplomatic_rupture_gbr.targets=['GBR']" in page.locator(".python pre").first.inner_text()


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


def walk(page: Any) -> None:
    """Go through a lesson; what is asked must be answered before the next step opens."""
    while (onward := page.locator(".lessons button.primary")).is_visible():
        step = page.locator(".lesson-step").last
        kinds = step.get_attribute("class")
        if "bet" in kinds:
            assert onward.is_disabled()
            step.locator("input[type=radio]").first.check()
        if "predict" in kinds:
            assert onward.is_disabled()
            step.locator(".sliders summary").click()
            step.locator(".sliders input").first.press("ArrowLeft")
        count = page.locator(".lesson-step").count()
        onward.click()
        assert page.locator(".lesson-step").count() == count + 1


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


def test_the_python_is_that_of_the_server(room: Room, file: str) -> None:
    ask = pytest.importorskip("ecosim.page.ask", reason="the server's half of the page is not there")
    page = room.open(file)
    page.locator(".tools summary").click()
    page.get_by_role("button", name="Link to this choice").click()
    page.wait_for_selector("input.link:not([hidden])")
    asked = ask.from_link(page.locator("input.link").input_value().partition("#p=")[2])
    page.get_by_label("Policy B", exact=True).last.check()
    page.get_by_role("button", name="Break it", exact=True).click()
    page.get_by_text("Show the Python").click()
    code, command = (page.locator(".python pre").nth(k).inner_text().strip() for k in (0, 1))
    # 1.0 and 1 are one number to a browser
    assert code == re.sub(r"(?<=\d)\.0\b", "", ask.python(asked)).strip()
    assert command == re.sub(r"(?<=\d)\.0\b", "", ask.command(asked)).strip()


class _Server(http.server.BaseHTTPRequestHandler):
    """What the local server would answer, made up."""

    data: dict[str, Any]
    asked: list[tuple[str, str, Any]]
    looks = 0

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
            self._json(told[min(self.looks, 2)])
            type(self).looks += 1

    def do_POST(self) -> None:
        """Start a run, or refuse it."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, self.headers.get("X-Ecosim-Token", ""), body))
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
    own = {**data, "source": "server", "mechanisms": [{"key": "trust", "label": "Trust", "what": "x", "on": True}]}
    handler = type("Handler", (_Server,), {"data": own, "asked": [], "looks": 0})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", handler
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
    page.set_default_timeout(_PATIENCE)
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
def test_keys_alone_do_all(room: Room, file: str) -> None:
    page = room.open(file)

    def to(text: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            here = page.evaluate("(e => e.getAttribute('aria-label') || e.innerText || '')(document.activeElement)")
            if text in here:
                return
        raise AssertionError(f"no tab stop says {text}")

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


#: Charts on which nothing is drawn, or that are wider or higher than their place.
_EMPTY = """[...document.querySelectorAll('.plot')].filter(plot => plot.clientWidth).flatMap(plot => {
    const canvas = plot.querySelector('canvas');
    if (!canvas || canvas.clientWidth > plot.clientWidth + 1) return [plot.className + ' is cut'];
    if (canvas.clientHeight > plot.clientHeight + 1) return [plot.className + ' is cut'];
    const image = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const inks = new Set(new Uint32Array(image.data.buffer));
    return inks.size < 3 ? [plot.className + ' is empty'] : [];
})"""


@pytest.mark.slow
def test_it_prints_on_four_pages(room: Room, file: str, tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    page = room.open(file)
    page.get_by_label("Policy B", exact=True).last.check()
    page.get_by_role("button", name="Break it", exact=True).click()
    path = tmp_path / "page.pdf"
    page.pdf(path=str(path), format="A4")
    assert 1 <= len(pypdf.PdfReader(path).pages) <= 4


@pytest.mark.slow
def test_projector_mode_has_large_letters(room: Room, file: str) -> None:
    page = room.open(file, width=1920, height=1080)
    page.locator(".tools summary").click()
    page.get_by_role("button", name="Projector").click()
    expect(page.locator("body")).to_have_css("font-size", "24px")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1920
