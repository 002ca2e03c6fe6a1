"""The queue: two runs at a time, in turn; closed tabs, lost workers and bad units leave nothing stuck."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ecosim.errors import InputError
from ecosim.lab.design import Unit
from ecosim.lab.pool import WorkerLostError
from ecosim.page import runs
from ecosim.page.ask import Asked
from ecosim.page.grid import unit_file
from ecosim.page.packed import unpack
from ecosim.page.runs import Queue
from tests.page.conftest import made_up

SHOCK = {"kind": "war", "name": "war_deu", "countries": ["DEU"], "settings": {}}
ASKED = Asked({"a": {"x": 1}, "b": {}}, SHOCK, draws=3)


class Plan:
    """Two policies and three draws."""

    first_replicate, replicates, reference_id, histories = 0, 3, 1, (0, 1)
    numbers = range(3)

    @property
    def units(self):
        return [Unit(history, draw) for draw in self.numbers for history in (0, 1)]

    def payload(self, unit):
        return {"history_id": unit.history_id, "replicate": unit.replicate}


class Pool:
    """Units end when the test says so."""

    def __init__(self):
        self.lock = threading.Lock()
        self.open, self.ends, self.dropped, self.closed, self.started = {}, {}, [], None, []

    def start(self, payloads, limit):
        with self.lock:
            handle = len(self.started)
            self.started.append(payloads[0])
            self.open[handle] = payloads[0]
        return handle

    def end(self, outcome=None, handle=None):
        with self.lock:
            handle = min(self.open) if handle is None else handle
            payload = self.open.pop(handle)
            if outcome is None:
                made = made_up(["placebo", "war_deu"], {"war_deu": 0.25}, payload["replicate"], 43).to_bytes()
                outcome = SimpleNamespace(tables={unit_file(payload["history_id"], payload["replicate"]): made})
            self.ends[handle] = outcome

    def ended(self, handles):
        time.sleep(0.005)
        with self.lock:
            return [handle for handle in handles if handle in self.ends]

    def outcome(self, handle):
        end = self.ends.pop(handle)
        if isinstance(end, Exception):
            raise end
        return end

    def drop(self, handle):
        self.open.pop(handle, None)
        self.dropped.append(handle)

    def close(self, finished):
        self.closed = finished


@pytest.fixture
def bench(monkeypatch):
    """A queue with such a pool, and a clock that the test moves."""
    now = [0.0]
    pools = []

    def pool(workers):
        pools.append(Pool())
        return pools[-1]

    monkeypatch.setattr("ecosim.lab.design.make_plan", lambda request: Plan())
    monkeypatch.setattr(runs.ask, "request", lambda asked: asked)
    queue = Queue(pool=pool, clock=lambda: now[0])
    yield SimpleNamespace(queue=queue, pools=pools, now=now)
    queue.close()


def until(condition, seconds=120.0):
    """Wait for what another thread does; how long that takes is the machine's affair."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.005)


def test_a_run_ends_with_what_the_page_draws(bench):
    name = bench.queue.start(ASKED)
    until(lambda: bench.pools and len(bench.pools[0].started) == 2)
    pool = bench.pools[0]
    for done in range(6):
        until(lambda: pool.open)
        assert bench.queue.look(name)["state"] == "running"
        pool.end()
        until(lambda done=done: bench.queue.look(name)["done"] == done + 1)
    until(lambda: bench.queue.look(name)["state"] == "done")
    told = bench.queue.look(name)
    result = told["result"]
    assert (told["done"], told["all"]) == (6, 6)
    assert result["cells"]["shape"] == [2, 2]
    assert unpack(result["scores"]["values"])[0, 1, :, 0] == pytest.approx([0.75] * 3)
    assert [len(history["pairs"]) for history in result["histories"]] == [2, 2]
    assert result["targets"] == ["DEU"]
    # output is beside what the policy compared with yields without the shock
    assert result["output_beside"] == "b"
    # maps are kept of the first draw alone
    assert [payload["replicate"] for payload in pool.started if "pair_months" in payload] == [0, 0]


@pytest.mark.parametrize("step", ["pool", "payload", "close"])
def test_the_server_answers_while_a_run_is_prepared_and_processes_end(bench, monkeypatch, step):
    """Starting processes, the first payload, which compiles, and ending processes take seconds: none holds the lock."""
    reached, go_on = threading.Event(), threading.Event()

    def slowly(does):
        def slow(*given):
            reached.set()
            assert go_on.wait(120.0)
            return does(*given)

        return slow

    if step == "pool":
        bench.queue._make = slowly(bench.queue._make)
    elif step == "payload":
        monkeypatch.setattr(Plan, "payload", slowly(Plan.payload))
    else:
        monkeypatch.setattr(Pool, "close", slowly(Pool.close))
    name = bench.queue.start(ASKED)
    if step == "close":
        until(lambda: bench.pools and len(bench.pools[0].started) == 2)
        bench.queue.cancel(name)
        until(lambda: bench.pools[0].open)
        bench.pools[0].end(), bench.pools[0].end()
        bench.now[0] += 2 * runs.IDLE
    assert reached.wait(120.0)
    try:
        told = []
        asking = threading.Thread(target=lambda: told.append(bench.queue.look(name)["state"]), daemon=True)
        asking.start()
        asking.join(60.0)
        assert told == ["gone" if step == "close" else "running"]
    finally:
        go_on.set()


def test_processes_that_run_units_give_way(monkeypatch):
    asked = []
    monkeypatch.setattr(runs.os, "nice", lambda more: asked.append(more) or 3, raising=False)
    monkeypatch.setattr(runs, "_in_a_session_that_gives_way", lambda: asked.append("session"))
    runs.GivesWay("page")([])
    assert asked == [0, runs.NICE - 3, "session"]


@pytest.mark.slow
def test_a_run_goes_through_real_processes_and_their_memory_comes_back(monkeypatch):
    """A tiny world, two processes, one of which is killed at work."""
    import multiprocessing

    from ecosim.page import ask

    monkeypatch.setattr(runs, "IDLE", 0.0)
    base = {"world.preset": "classroom", "world.scale": 0.02, "timeline.burn_in_months": 24}
    body = {"draws": 2, "base": base, "shock": {"kind": "diplomatic_rupture", "countries": ["DEU"]}}
    queue = Queue()
    try:
        name = queue.start(ask.read(body))
        until(lambda: len(multiprocessing.active_children()) == 2, 600)
        if Path("/proc/self/autogroup").exists():
            # the browser's session comes before theirs
            pids = [child.pid for child in multiprocessing.active_children()]
            until(lambda: all(os.getsid(pid) == pid for pid in pids), 600)
            until(lambda: all(f"nice {runs.NICE}" in Path(f"/proc/{pid}/autogroup").read_text() for pid in pids), 60)
        multiprocessing.active_children()[0].kill()
        until(lambda: queue.look(name)["state"] in ("done", "failed"), 600)
        told = queue.look(name)
        assert told["state"] == "done", told
        assert told["result"]["cells"]["shape"] == [1, 2]
        until(lambda: queue.idle and not multiprocessing.active_children(), 60)
    finally:
        queue.close()


def test_twenty_tabs_queue_two_at_a_time(bench):
    names = [bench.queue.start(ASKED) for _ in range(20)]
    until(lambda: bench.pools and len(bench.pools[0].open) == 2)
    # the first may have begun before the second was asked for
    until(lambda: [bench.queue.look(name)["state"] for name in names] == ["running"] * 2 + ["queued"] * 18)
    assert [bench.queue.look(name)["position"] for name in names] == [0, 0, *range(1, 19)]
    # the two take turns: who began alone is a unit or two ahead, and who comes next has begun by then
    pool = bench.pools[0]

    def both_are_done():
        if pool.open:
            pool.end()
        return all(bench.queue.look(name)["state"] == "done" for name in names[:2])

    until(both_are_done)
    assert len(pool.started) <= 18
    until(lambda: [bench.queue.look(name)["state"] for name in names[2:4]] == ["running"] * 2)
    assert len(bench.pools) == 1


def test_too_many_are_refused_in_one_line(bench, monkeypatch):
    monkeypatch.setattr(runs, "MOST_WAITING", 2)
    bench.queue.start(ASKED)
    bench.queue.start(ASKED)
    with pytest.raises(InputError, match="2 runs are waiting"):
        bench.queue.start(ASKED)


def test_a_closed_tab_gives_its_place_to_the_next(bench):
    names = [bench.queue.start(ASKED) for _ in range(3)]
    until(lambda: bench.pools and len(bench.pools[0].open) == 2)
    assert bench.queue.cancel(names[0])
    assert not bench.queue.cancel(names[0])
    until(lambda: bench.queue.look(names[2])["state"] == "running")
    assert bench.queue.look(names[0]) == {"state": "gone"}
    # its unit is given a moment, and ended then
    assert bench.pools[0].dropped == []
    bench.now[0] += runs.LAST + 1.0
    until(lambda: bench.pools[0].dropped)
    assert len(bench.pools[0].open) <= 2


def test_a_run_nobody_asks_about_is_given_up(bench):
    mine, gone = bench.queue.start(ASKED), bench.queue.start(ASKED)
    until(lambda: bench.pools and len(bench.pools[0].open) == 2)
    assert "gone" not in (bench.queue.look(gone)["state"], bench.queue.look(mine)["state"])
    bench.now[0] += runs.GONE - 1.0
    assert bench.queue.look(mine)["state"] == "running"
    assert gone in bench.queue._runs
    bench.now[0] += 2.0
    until(lambda: gone not in bench.queue._runs)
    assert bench.queue.look(mine)["state"] == "running"
    assert bench.queue.look(gone) == {"state": "gone"}


def test_a_run_whose_tab_closed_before_it_had_a_name_is_given_up_soon(bench):
    mine, unnamed = bench.queue.start(ASKED), bench.queue.start(ASKED)
    until(lambda: bench.pools and len(bench.pools[0].open) == 2)
    assert bench.queue.look(mine)["state"] != "gone"
    bench.now[0] += runs.UNASKED + 1.0
    until(lambda: unnamed not in bench.queue._runs)
    assert bench.queue.look(mine)["state"] != "gone"


def test_a_lost_worker_is_tried_once_more_and_then_told(bench):
    name = bench.queue.start(ASKED)
    until(lambda: bench.pools and len(bench.pools[0].open) == 2)
    pool = bench.pools[0]
    first = pool.started[0]
    pool.end(WorkerLostError("worker process ended (exit code -9)"), 0)
    until(lambda: len(pool.started) == 3)
    assert (pool.started[2]["history_id"], pool.started[2]["replicate"]) == (first["history_id"], first["replicate"])
    pool.end(WorkerLostError("worker process ended (exit code -9)"), 2)
    until(lambda: bench.queue.look(name)["state"] == "failed")
    assert bench.queue.look(name)["error"] == "worker process ended (exit code -9)"


def test_memory_is_back_when_nothing_runs(bench):
    name = bench.queue.start(ASKED)
    until(lambda: bench.pools and len(bench.pools[0].open) == 2)
    pool = bench.pools[0]
    pool.end(RuntimeError("shocked: no such thing"))
    until(lambda: bench.queue.look(name)["state"] == "failed")
    bench.now[0] += runs.LAST + 1.0
    until(lambda: not bench.queue._waiting)
    bench.now[0] += runs.IDLE + 1.0
    until(lambda: pool.closed is True)
    assert bench.queue.idle
    # and the next run begins with new ones
    bench.queue.start(ASKED)
    until(lambda: len(bench.pools) == 2)


def test_finished_runs_are_forgotten(bench):
    name = bench.queue.start(ASKED)
    until(lambda: bench.pools and len(bench.pools[0].open) == 2)
    bench.pools[0].end(RuntimeError("x"))
    until(lambda: bench.queue.look(name)["state"] == "failed")
    bench.now[0] += runs.FORGOTTEN + 1.0
    until(lambda: not bench.queue._runs)
    assert bench.queue.look(name) == {"state": "gone"}


def test_closing_ends_the_workers(bench):
    bench.queue.start(ASKED)
    until(lambda: bench.pools and len(bench.pools[0].open) == 2)
    bench.queue.close()
    assert bench.pools[0].closed is False
    assert bench.queue.idle
