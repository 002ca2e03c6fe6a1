"""Figures are the same whatever Matplotlib is told by the user, and the user's settings are the same after them."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from ecosim.plots import heat_map
from ecosim.plots.house import drawn, house_style
from ecosim.plots.style import one_axes

ROOT = Path(__file__).parents[2]

#: Draws two figures and says what came out, in a process of its own.
PROGRAM = """
from tests.plots.test_user_settings import digests
import matplotlib as mpl
before = {name: dict.__getitem__(mpl.rcParams, name) for name in mpl.rcParams}
found = digests()
assert {name: dict.__getitem__(mpl.rcParams, name) for name in mpl.rcParams} == before
assert "matplotlib.pyplot" not in __import__("sys").modules
print(*found)
"""

#: Settings as users have them, each of which changed or broke a figure that took them over.
SETTINGS = {
    "usetex": "text.usetex: True\n",
    "a large font": "font.size: 30\naxes.titlesize: 40\nxtick.labelsize: 25\nlegend.fontsize: 30\n",
    "another font": "font.family: serif\nmathtext.fontset: stix\naxes.unicode_minus: False\n",
    "dark": "figure.facecolor: black\naxes.facecolor: black\ntext.color: white\naxes.labelcolor: white\n"
    "axes.edgecolor: white\nxtick.color: white\nytick.color: white\nsavefig.facecolor: black\ngrid.color: white\n"
    "lines.color: white\npatch.edgecolor: white\n",
    "thick": "lines.linewidth: 9\naxes.linewidth: 5\npatch.linewidth: 4\nhatch.linewidth: 6\nlines.markersize: 20\n"
    "errorbar.capsize: 9\n",
    "colours": "axes.prop_cycle: cycler('color', ['r', 'r'])\nimage.cmap: jet\n",
    "size and layout": "figure.dpi: 300\nfigure.figsize: 2, 2\nsavefig.bbox: tight\nsavefig.transparent: True\n"
    "figure.autolayout: True\naxes.titley: 0.2\nsavefig.dpi: 20\n",
    "ticks": "xtick.direction: in\nxtick.top: True\nxtick.minor.visible: True\nytick.labelright: True\n"
    "axes.formatter.use_locale: True\naxes.xmargin: 0.4\n",
    "vector text": "svg.fonttype: path\nsvg.hashsalt: mine\npdf.fonttype: 42\n",
    "a backend with windows": "backend: TkAgg\ninteractive: True\ntoolbar: toolmanager\n",
}


SUMMARY = pd.DataFrame({
    "design_id": [0, 1], "history_id": [0, 1], "shock": "rupture", "shocks": "rupture", "policy": ["a", "b"],
    "reference": [True, False], "plan": ["a", "b"], "delivered_output": [0.9, 0.95],
    "delivered_output_low": [0.88, np.nan], "delivered_output_high": [0.92, np.nan],
})  # fmt: skip


def digests() -> list[str]:
    """Checksums of some figures, as PNG and as SVG."""
    figures = [heat_map(SUMMARY).figure, one_axes(None).figure]
    return [hashlib.sha256(drawn(figure, kind)).hexdigest() for figure in figures for kind in ("png", "svg")]


@pytest.fixture(scope="module")
def plain() -> list[str]:
    with mpl.rc_context():
        mpl.rcdefaults()
        return digests()


def of_user(text: str) -> dict[str, object]:
    """Settings of a file, without the backend, which no running program may change by itself."""
    lines = [line.partition(": ") for line in text.splitlines()]
    return {name: value for name, _, value in lines if name not in ("backend", "toolbar", "interactive")}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_a_program_change_no_figure_and_are_kept(name: str, plain: list[str]) -> None:
    with mpl.rc_context(of_user(SETTINGS[name])):
        before = dict(mpl.rcParams)
        assert digests() == plain
        assert dict(mpl.rcParams) == before


def test_settings_files_and_backends_change_no_figure(tmp_path: Path, plain: list[str]) -> None:
    cases: dict[str, dict[str, str]] = {}
    for number, (name, text) in enumerate(SETTINGS.items()):
        if name in ("usetex", "dark", "a backend with windows"):
            path = tmp_path / f"{number}.rc"
            path.write_text(text)
            cases[name] = {"MATPLOTLIBRC": str(path)}
    (tmp_path / "bytes.rc").write_bytes(b"font.size: \xff\n")
    cases["a file that is no text"] = {"MATPLOTLIBRC": str(tmp_path / "bytes.rc")}
    cases["an unknown backend"] = {"MPLBACKEND": "nonsense"}
    cases["a backend that is not installed"] = {"MPLBACKEND": "module://nowhere.at_all"}
    environment = {key: value for key, value in os.environ.items() if key not in ("MPLBACKEND", "MATPLOTLIBRC")}
    # the program's first import of Matplotlib must be ours
    program = "from ecosim.plots.house import matplotlib; matplotlib()\n" + PROGRAM
    children = {
        name: subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
            env={**environment, **more, "PYTHONPATH": str(ROOT)},
        )
        for name, more in cases.items()
    }  # fmt: skip
    for name, child in children.items():
        out, err = child.communicate(timeout=300)
        assert child.returncode == 0, f"{name}: {err}"
        assert out.split() == plain, name
        assert "Traceback" not in err
        said = err.count("are left aside")
        assert said == (name in ("a file that is no text", "an unknown backend")), err


def test_ticks_that_are_made_when_the_user_saves_are_ours_too(plain: list[str]) -> None:
    """A notebook shows and saves a figure outside our functions."""
    import io

    def saved() -> bytes:
        figure = one_axes(None).figure
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=80, facecolor="white", bbox_inches=None, transparent=False)
        return buffer.getvalue()

    with mpl.rc_context():
        mpl.rcdefaults()
        expected = saved()
    for name in ("dark", "a large font", "ticks"):
        with mpl.rc_context(of_user(SETTINGS[name])):
            assert saved() == expected, name


def test_a_figure_goes_to_another_process_and_keeps_its_style() -> None:
    figure = one_axes(None).figure
    with house_style():
        expected = drawn(figure, "svg")
    with mpl.rc_context(of_user(SETTINGS["dark"])):
        again = pickle.loads(pickle.dumps(one_axes(None).figure))
        assert drawn(again, "svg") == expected


def test_axes_of_the_user_are_drawn_on_in_the_house_style() -> None:
    from matplotlib.figure import Figure

    with mpl.rc_context(of_user(SETTINGS["dark"]) | {"text.usetex": True}):
        ax = Figure().subplots()
        before = dict(mpl.rcParams)
        heat_map(SUMMARY, ax=ax)
        assert len(ax.texts) == 2
        assert not any(text.get_usetex() for text in ax.texts)
        assert dict(mpl.rcParams) == before


def test_what_fails_within_leaves_the_settings_alone_too() -> None:
    before = dict(mpl.rcParams)
    with house_style(), house_style():
        assert mpl.rcParams["font.size"] == 10
    with pytest.raises(KeyError):
        heat_map(SUMMARY, "no_such_measure")
    assert dict(mpl.rcParams) == before
