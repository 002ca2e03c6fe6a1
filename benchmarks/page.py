"""How soon the page shows its first map and answers a slider: as one file, and from its server while runs go on."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks.measuring import ROOT, Result, process_options
from tests.page.rooms import launched, predict_and_break

FILE = ROOT / "docs" / "page.html"
WINDOWS, STARTS, MOVES = 5, 3, 20
#: Notes the moment, in milliseconds since the page was asked for, at which a map has something on it.
_WATCH = """
(() => {
  const look = () => {
    const map = document.querySelector("canvas");
    const [x, y] = map ? [map.width / 2, map.height / 2] : [0, 0];
    const middle = x && map.getContext("2d").getImageData(x - 40, y - 40, 80, 80);
    const drawn = middle && middle.data.some((value) => value);
    if (drawn) document.documentElement.dataset.firstMap = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
#: Moves a slider to one end and the other, and returns how long each move took until the new answer was drawn.
_MOVE = """
async (moves) => {
  const slider = document.querySelector(SLIDER);
  const drawn = () => new Promise((then) => requestAnimationFrame(() => setTimeout(then)));
  const said = () => document.querySelector(".results").textContent;
  const took = [];
  for (let k = 0; k < moves; k += 1) {
    const before = said();
    const started = performance.now();
    slider.value = k % 2 ? slider.min : slider.max;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    slider.dispatchEvent(new Event("change", { bubbles: true }));
    do await drawn(); while (said() === before && performance.now() - started < 5000);
    if (said() === before) throw new Error("the slider changes nothing");
    took.push(performance.now() - started);
  }
  return took;
}
"""
_RUN = """
async (body) => {
  const token = new URLSearchParams(location.hash.slice(1)).get("t");
  const answer = await fetch("/api/run", { method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "X-Ecosim-Token": token } });
  if (answer.status !== 202) throw new Error(await answer.text());
}
"""
_LOOK = """
async () => {
  const token = new URLSearchParams(location.hash.slice(1)).get("t");
  const asked = performance.now();
  await (await fetch("/api/start", { headers: { "X-Ecosim-Token": token } })).arrayBuffer();
  return performance.now() - asked;
}
"""


def _open(browser: Any, address: str) -> tuple[Any, float]:
    """A window of its own, and the seconds until its first map."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce").new_page()
    page.add_init_script(_WATCH)
    page.goto(address)
    page.wait_for_selector("html[data-first-map]")
    return page, page.evaluate("Number(document.documentElement.dataset.firstMap)") / 1000


def _moves(page: Any) -> list[float]:
    """Milliseconds of each move of the slider of the assumed cost."""
    slider = page.get_by_label("Work lost for each country more")
    slider.evaluate("one => { one.dataset.measured = 'yes' }")
    return list(page.evaluate(_MOVE.replace("SLIDER", "'[data-measured]'"), MOVES))


@contextmanager
def _served() -> Iterator[str]:
    command = [sys.executable, "-m", "ecosim", "explore", "--no-browser"]
    process = subprocess.Popen(command, **process_options(), stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(60)


def page() -> list[Result]:
    """Seconds and milliseconds as a reader waits for them: these are promised as such, and are no ratios."""
    with contextmanager(launched)() as browser:
        opened = [_open(browser, FILE.as_uri()) for _ in range(WINDOWS)]
        first_file = [seconds for _, seconds in opened]
        predict_and_break(opened[-1][0])
        moved_file = _moves(opened[-1][0])
        first_served = []
        for start in range(STARTS):
            asked = time.perf_counter()
            with _served() as address:
                window, _ = _open(browser, address)
                first_served.append(time.perf_counter() - asked)
                if start < STARTS - 1:
                    continue
                predict_and_break(window)
                for kind in ("diplomatic_rupture", "war"):
                    window.evaluate(_RUN, {"policies": {"a": {"programme.tranches": 3}, "b": {}}, "draws": 20,
                                           "shock": {"kind": kind, "countries": ["DEU"]}})  # fmt: skip
                # workers have started and compile or run
                time.sleep(10)
                moved_served = _moves(window)
                answered = median(window.evaluate(_LOOK) for _ in range(5))
    details = {
        "first map of the file, s": [round(value, 2) for value in first_file],
        "slider of the file, ms": [round(value) for value in sorted(moved_file)],
        "first map of the server, s": [round(value, 2) for value in first_served],
        "slider beside two runs, ms": [round(value) for value in sorted(moved_served)],
        "server's answer beside two runs, ms": round(answered),
    }
    return [
        Result("page_map", "page from disk until its first map", median(first_file), "at most", 1.0, "s", details),
        Result("page_slider", "slider of it until the answer is drawn", median(moved_file), "at most", 100.0, "ms"),
        Result("served_map", "`ecosim explore` until its first map", median(first_served), "at most", 3.0, "s"),
        Result("served_slider", "slider of it beside two runs", median(moved_served), "at most", 200.0, "ms"),
    ]
