"""The server answers its own page and nobody else; what it is sent is data."""

from __future__ import annotations

import pytest

pytest.importorskip("starlette")
pytest.importorskip("httpx")

from starlette.testclient import TestClient

from ecosim.errors import InputError
from ecosim.page import ask
from ecosim.page.server import TOKEN, make_app

PORT, SECRET = 4321, "a-token"
BODY = {"policies": {"a": {"programme.tranches": 3}}, "shock": {"kind": "war", "countries": ["DEU"]}, "draws": 1}


class Queue:
    """Remembers what it was asked."""

    def __init__(self):
        self.asked, self.cancelled = [], []

    def start(self, asked):
        self.asked.append(asked)
        return "r1"

    def look(self, name):
        return {"state": "running", "done": 1, "all": 2} if name == "r1" else {"state": "gone"}

    def cancel(self, name):
        self.cancelled.append(name)
        return name == "r1"


@pytest.fixture
def queue():
    return Queue()


@pytest.fixture
def client(shell, queue):
    app = make_app(PORT, SECRET, queue, {"format": 1, "source": "server"})
    with TestClient(app, base_url=f"http://127.0.0.1:{PORT}", headers={TOKEN: SECRET}) as made:
        yield made


def test_the_page_and_its_data(client):
    page = client.get("/", headers={TOKEN: ""})
    assert page.status_code == 200
    assert "null</script>" in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert client.get("/api/start").json() == {"format": 1, "source": "server"}


def test_a_run_from_question_to_end(client, queue):
    answered = client.post("/api/run", json=BODY, headers={"Origin": f"http://127.0.0.1:{PORT}"})
    assert (answered.status_code, answered.json()) == (202, {"run": "r1"})
    assert queue.asked == [ask.read(BODY)]
    assert client.get("/api/run/r1").json()["state"] == "running"
    assert client.delete("/api/run/r1").json() == {"cancelled": True}
    assert client.get("/api/run/other").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {TOKEN: ""}, {TOKEN: "another"}, {TOKEN: "é".encode()}, {"Host": f"evil.example:{PORT}"}, {"Host": "127.0.0.1"},
        {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": f"http://127.0.0.1:{PORT + 1}"},
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    ],
)  # fmt: skip
def test_what_comes_from_elsewhere_is_refused(client, queue, headers):
    for answered in (client.post("/api/run", json=BODY, headers=headers), client.get("/api/start", headers=headers)):
        assert answered.status_code == 403
        assert set(answered.json()) == {"error"}
    assert queue.asked == []


@pytest.mark.parametrize("host", ["localhost", "[::1]"])
def test_this_computer_has_other_names(client, host):
    assert client.get("/api/start", headers={"Host": f"{host}:{PORT}"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"{", "no JSON"), (b"\xff\xfe", "no text"), (b"[]", "is no mapping"), (b"NaN", "no plain data"),
        (b'{"draws": 1e9}', "draws"),
        (b"9" * 200_000, "too long"),
        (b"[" * 50_000, "."), (b'{"policies": {"a": {"programme.tranches": "${x}"}}}', "references may not stand"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(client, body, line):
    for path in ("/api/run", "/api/yaml"):
        answered = client.post(path, content=body)
        assert answered.status_code == 400
        assert "\n" not in answered.json()["error"]
        if line != ".":
            assert line in answered.json()["error"]


def test_the_queue_says_in_one_line_why_it_refuses(client, queue, monkeypatch):
    def full(asked):
        raise InputError("run", problem="60 runs are waiting")

    monkeypatch.setattr(queue, "start", full)
    answered = client.post("/api/run", json=BODY)
    assert (answered.status_code, answered.json()) == (400, {"error": "run: 60 runs are waiting"})


def test_a_fault_of_ours_tells_nothing_of_what_lies_behind(client, queue, monkeypatch):
    def broken(asked):
        raise KeyError("/home/somebody/secret")

    monkeypatch.setattr(queue, "start", broken)
    answered = client.post("/api/run", json=BODY)
    assert answered.status_code == 500
    assert "secret" not in answered.text


def test_yaml_goes_out_and_comes_back(client):
    saved = client.post("/api/yaml", json={**BODY, "side": "a"})
    assert saved.status_code == 200
    assert "tranches: 3" in saved.text
    back = client.post("/api/read", content=saved.text)
    assert back.status_code == 200
    assert back.json()["base"]["programme.tranches"] == 3
    assert back.json()["shock"]["countries"] == ["DEU"]
    assert client.post("/api/read", content="programe: {}").json()["error"].startswith("programe: no such section")
    assert client.post("/api/yaml", json={**BODY, "draw": 5}).status_code == 400


def test_nothing_else_is_answered(client):
    for path in ("/api", "/api/run", "/../pyproject.toml", "/docs", "/api/start/x"):
        assert client.get(path).status_code in (404, 405)
