"""The page that ships, and the server that `ecosim explore` starts, in a real browser."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecosim.page import ask, data
from tests.page.rooms import PATIENCE, Room, may_ask, predict_and_break, walk
from tools.build_page import FRONT

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[test]'")
expect = playwright.expect
expect.set_options(timeout=PATIENCE)
ROOT = Path(__file__).resolve().parent.parent.parent
LESSONS = [one["id"] for one in json.loads((FRONT / "src" / "lessons.json").read_text(encoding="utf-8"))["lessons"]]
#: A world that takes seconds.
CLASSROOM = """
world: {preset: classroom, scale: 0.02}
timeline: {burn_in_months: 30, response_months: 72}
shocks: {diplomatic_rupture: {targets: [DEU]}}
programme: {tranches: 3}
"""


@pytest.fixture(scope="module")
def shipped() -> str:
    """Address of the page that ships."""
    return (ROOT / "docs" / "page.html").as_uri()


def test_a_file_may_ask_for_itself_alone() -> None:
    mine = "file:///here/page.html#p=x"
    assert may_ask("file:///here/page.html", mine)
    assert not may_ask("file:///here/other.js", mine)
    assert not may_ask("http://127.0.0.1:80/", mine)
    assert may_ask("http://127.0.0.1:80/api/start", "http://127.0.0.1:80/#t=x")
    assert not may_ask("http://127.0.0.1:81/", "http://127.0.0.1:80/")


def test_a_country_of_the_shipped_page_breaks_and_a_slider_moves_the_answer(room: Room, shipped: str) -> None:
    page = room.open(shipped)
    assert page.locator(".mock").count() == 0
    predict_and_break(page)
    draws = data.shipped()["draws"]
    assert page.locator(".score .verdict").count() == 3
    for note in page.locator(".score > .note").all_inner_texts():
        assert note.startswith(f"Throw 1 of {draws}:")
    output = page.locator(".score").nth(1)
    before = output.locator(".pair").text_content()
    cost = page.get_by_label("Work lost for each country more")
    cost.press("End")
    expect(output.locator(".pair")).not_to_have_text(before)
    cost.press("Home")
    expect(output.locator(".pair")).to_have_text(before)
    # on what the file holds, every verdict has enough throws to be one
    if draws >= 10:
        assert page.locator(".score .verdict.few").count() == 0


def test_a_lesson_of_the_shipped_page_goes_to_its_end(room: Room, shipped: str) -> None:
    page = room.open(f"{shipped}#v=lessons&lesson=staggered")
    walk(page)
    assert page.locator(".lessons .answer").count() >= 1


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lesson_of_the_shipped_page_goes_to_its_end(room: Room, shipped: str, lesson: str) -> None:
    page = room.open(f"{shipped}#v=lessons&lesson={lesson}")
    walk(page)
    assert page.locator(".lessons .answer").count() >= 1
    # what a lesson shows is there, and plays
    assert page.locator(".lessons .warn").count() == 0
    for step in page.locator(".lesson-step.run").all():
        assert step.get_by_role("button", name="Play").count() == 1


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """Address of a server of this very code."""
    command = [sys.executable, "-m", "ecosim", "explore", "--no-browser"]
    server = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert server.stdout is not None
    address = server.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:"), address
    yield address
    server.send_signal(signal.SIGINT)
    assert server.wait(30) == 0


def _choose_classroom(page: Any, folder: Path) -> None:
    path = folder / "classroom.yaml"
    path.write_text(CLASSROOM, encoding="utf-8")
    page.locator(".tools input[type=file]").set_input_files(path)
    page.get_by_label("Policy B", exact=True).last.check()


@pytest.mark.slow
def test_a_classroom_runs_on_the_real_server(room: Room, served: str, tmp_path: Path) -> None:
    page = room.open(served)
    _choose_classroom(page, tmp_path)
    page.get_by_role("button", name="Run it").click()
    page.wait_for_selector(".results:not([hidden])", timeout=4 * PATIENCE)
    assert "Computed just now" in page.locator(".shown-for").inner_text()
    # the numbers on the page are those that its own Python prints
    shown = page.locator(".score .pair strong").first.inner_text()
    page.get_by_text("Show the Python").click()
    code = page.locator(".python pre").first.inner_text()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    kept = [float(row[3]) for row in rows if row[0] == "a" and row[1].startswith("diplomatic_rupture")]
    assert shown == f"{100 * sum(kept) / len(kept):.1f}%"
    # out as YAML, and in again: the same run
    with page.expect_download() as wait:
        page.get_by_role("button", name="Save Policy A as YAML").click()
    saved = tmp_path / "a.yaml"
    wait.value.save_as(saved)
    again = ask.from_yaml(saved.read_text(encoding="utf-8"))
    assert again.base["world.preset"] == "classroom"
    assert again.base["programme.tranches"] == 3
    page.locator(".tools input[type=file]").set_input_files(saved)
    expect(page.locator(".notices [role=alert]")).to_be_hidden()
    page.get_by_label("Policy B", exact=True).last.check()
    expect(page.get_by_role("button", name="Run it")).to_be_enabled()


@pytest.mark.slow
def test_a_run_on_the_real_server_is_called_off(room: Room, served: str, tmp_path: Path) -> None:
    page = room.open(served)
    _choose_classroom(page, tmp_path)
    with page.expect_response(lambda answer: answer.url.endswith("/api/run")) as named:
        page.get_by_role("button", name="Run it").click()
    name = named.value.json()["run"]
    with page.expect_request(lambda asked: asked.method == "DELETE") as ended:
        page.get_by_role("button", name="Cancel").click()
    assert ended.value.url.endswith(f"/api/run/{name}")
    expect(page.locator(".run-state")).to_have_text("Called off.")
    token = served.partition("#t=")[2]
    told = page.evaluate(
        "([name, token]) => fetch(`api/run/${name}`, {headers: {'X-Ecosim-Token': token}}).then(a => a.json())",
        [name, token],
    )
    assert told == {"state": "gone"}
    assert page.locator(".results").is_hidden()
    # the browser tells of the 404 that says so
    room.complaints[:] = [one for one in room.complaints if "404" not in one]
