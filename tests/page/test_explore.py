"""The command: a file without anything, one line without the extra, and a server that only this computer reaches."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from ecosim import cli
from ecosim.errors import InputError
from ecosim.page import data, explore


def test_save_needs_no_extra(shell, tmp_path, tiny_grid, monkeypatch, capsys):
    monkeypatch.setattr(explore, "find_spec", lambda name: None)
    monkeypatch.setattr(data, "shipped", lambda: dict(tiny_grid))
    page = tmp_path / "page.html"
    assert cli.main(["explore", "--save", str(page)]) == 0
    assert capsys.readouterr().out.strip() == str(page)
    assert page.stat().st_size < 5_000_000


def test_without_the_extra_one_line_says_so(monkeypatch, capsys):
    monkeypatch.setattr(explore, "find_spec", lambda name: None)
    assert cli.main(["explore"]) == 2
    said = capsys.readouterr().err.strip()
    assert said.count("\n") == 0
    assert 'pip install -e ".[page]"' in said
    assert "--save" in said


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["world=europe"], "takes no overrides"), (["--port", "x"], "--port=x: out of range"),
        (["--save"], "needs a value"),
        (["--port=70000"], "out of range"), (["--brwser"], "no such option"), (["-m"], "takes no overrides"),
    ],
)  # fmt: skip
def test_bad_words_are_one_line(words, line, capsys):
    assert cli.main(["explore", *words]) == 2
    assert line in capsys.readouterr().err


def test_a_port_that_is_taken_is_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match=r"--port=.*cannot be taken"):
            explore._bound(taken.getsockname()[1])


def test_it_listens_on_this_computer_alone():
    with explore._bound(0) as bound:
        assert bound.getsockname()[0] == "127.0.0.1"


def test_help_and_list_import_nothing_of_it():
    code = (
        "import sys\nfrom ecosim import cli\ncli.main(['explore', '--help'])\ncli.main(['list', 'shocks'])\n"
        "heavy = [m for m in sys.modules if m.startswith(('starlette', 'uvicorn', 'ecosim.page'))]\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "usage: ecosim explore" in done.stdout
