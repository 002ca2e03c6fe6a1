"""The report of a folder of results: figures as PNG and SVG, and one HTML page that opens without a network.

What is said about each figure is computed from the tables; a figure whose data a folder does not have is left out, with
a line saying why.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ecosim.analysis.naming import difference_of, plain, title
from ecosim.errors import InputError
from ecosim.files import write_whole
from ecosim.progress import Progress, say
from ecosim.report import answer
from ecosim.report.content import AbsentError, Content, Trace
from ecosim.report.derived import mend_summaries
from ecosim.report.drawing import Press, compose_all, render_all
from ecosim.report.folder import DESIGN, DRAWS, POINTS, RUNS, find_folder
from ecosim.report.lever_plates import FORMULA, contrast_label
from ecosim.report.plates import TURNS, plates
from ecosim.report.reading import read_manifest
from ecosim.report.verbs import decided, interval_words, number_of, spread_words

REPORT = "report.html"
#: Figures up to so many hundredths of an inch fit a telephone as they are; wider ones are moved sideways.
NARROW = 450
TEMPLATES = Path(__file__).with_name("templates")


# ---------------------------------------------------------------------------------------------- words and tables


#: Shares beyond this are ratios to next to nothing; their numbers would only distract.
_ABSURD = 10.0


def _interval(row: Mapping[Any, Any], name: str, *, scale: float = 100.0, unit: str = " %", digits: int = 1) -> str:
    value = row.get(name)
    if value is None or not np.isfinite(value):
        return "-"
    if scale == 100.0 and abs(value) > _ABSURD:
        return f"{'below -' if value < 0 else 'above '}{100 * _ABSURD:g}{unit}"
    text = f"{scale * value:.{digits}f}{unit}"
    low, high = row.get(f"{name}_low", np.nan), row.get(f"{name}_high", np.nan)
    if np.isfinite(low) and np.isfinite(high):
        text += f"\n[{scale * low:.{digits}f}, {scale * high:.{digits}f}]"
    return text


_MEASURES = (
    "delivered = A(policy, shock) / A(reference, twin); given up in calm times = 1 - A(policy, twin) / A(reference, "
    "twin); sustained = A(policy, shock) / A(policy, twin). A is the sum of the column over the months of the "
    "response; mean over replicates."
)

#: Columns of the tables by shock: heading, name in the summary, scale, unit, decimals.
_COLUMNS = (
    ("output delivered", "delivered_output", 100.0, " %", 1),
    ("output given up in calm times", "baseline_cost_output", 100.0, " %", 1),
    ("own collaboration sustained", "sustained_collaboration", 100.0, " %", 1),
    ("collaboration in the worst year", "worst_year_collaboration", 100.0, " %", 1),
    ("deepest half-year, beyond placebo", "drawdown_beyond_placebo", 100.0, " %", 1),
    ("months to recover", "recovery_months", 1.0, "", 0),
    ("fragility", "fragility", 100.0, " %", 0),
    ("vacated seats filled", "substituted", 100.0, " %", 0),
    ("chance of being best", "probability_best", 1.0, "", 2),
    ("ahead, of all draws", "best_share", 100.0, " %", 0),
)  # fmt: skip


def _policy_table(content: Content, shock: str) -> dict[str, Any]:
    rows = content.summary[content.summary["shock"] == shock].sort_values(
        "delivered_output", ascending=False, kind="stable"
    )
    # without the length of the window a restricted mean is none
    blank = [] if rows.get("recovery_horizon_months", rows["delivered_output"]).notna().any() else ["recovery_months"]
    columns = [item for item in _COLUMNS if item[1] in rows and item[1] not in blank and rows[item[1]].notna().any()]
    body = [
        [row["policy"], *(_interval(row, name, scale=scale, unit=unit, digits=digits)
                          for _, name, scale, unit, digits in columns)]
        for row in rows.to_dict("records")
    ]  # fmt: skip
    trace = Trace(("summary.csv", RUNS, DESIGN), f"report.summary[report.summary['shock'] == {shock!r}]", _MEASURES)
    return {"title": content.say(shock), "head": ["policy", *(item[0] for item in columns)], "body": body,
            "trace": _traced(content, trace)}  # fmt: skip


def _contrast_table(content: Content) -> dict[str, Any] | None:
    try:
        table = content.contrasts()
    except AbsentError:
        return None
    body = []
    for row in table.to_dict("records"):
        number = f"{number_of(row):+.1f} " if decided(row["verdict"]) else ""
        unit = difference_of(str(row["measure"]))
        said = f"{number}{interval_words(row)}"
        # the heading says points
        said += "" if unit.of_a_share else f" {unit.unit}"
        names = (row["contrast"], contrast_label(row), plain(row["shock"]), title(row["measure"]))
        spread = spread_words(row, content.result.spread_over)
        body.append([*names, row["verdict"], said, spread])
    head = ["lever", "comparison", "shock", "measure", "verdict", "points of the mean [simultaneous 95 % interval]",
            f"over {content.result.spread_over}"]  # fmt: skip
    trace = Trace(("contrasts.csv", RUNS, DESIGN), "report.contrasts()", FORMULA)
    return {"title": "What each lever does", "head": head, "body": body, "trace": _traced(content, trace)}


def _break_even_rows(content: Content) -> dict[str, Any] | None:
    try:
        table = content.turns()
    except AbsentError:
        return None
    body = []
    for row in table.to_dict("records"):
        turn = "-"
        if np.isfinite(row["value"]):
            turn = "{} [{}, {}]".format(*(answer.amount(row[name]) for name in ("value", "value_low", "value_high")))
        span = f"{answer.amount(row['low'])} to {answer.amount(row['high'])}"
        body.append([row["contrast"], plain(row["shock"]), row["parameter"], span, row["verdict"], turn])
    head = ["lever", "shock", "parameter", "plausible range", "verdict", "turns at [95 % interval]"]
    trace = Trace((RUNS, DESIGN, DRAWS, POINTS), "report.turns()", TURNS)
    return {"title": "Where the answer turns", "head": head, "body": body, "trace": _traced(content, trace)}


def _traced(content: Content, trace: Trace) -> dict[str, Any]:
    """Where something comes from, for the page: files that a folder does not have are not named."""
    number, _, title = trace.section.partition(" ")
    return {
        "data": [name for name in trace.data if (content.folder / name).exists()], "call": trace.call,
        "formula": trace.formula, "number": number.rstrip("."), "section": title,
    }  # fmt: skip


def _verdicts(content: Content) -> list[dict[str, str]]:
    """Which policy is best, if that can be said; shocks of which the same is said stand together."""
    drawn = bool(content.manifest["counts"].get("drawn_parameters", 0))
    found: dict[str, list[str]] = {}
    for shock in content.shocks:
        rows = content.summary[content.summary["shock"] == shock].sort_values(
            "delivered_output", ascending=False, kind="stable"
        )
        words = answer.best_policy(
            rows, content.result.importances.get(shock), drawn=drawn,
            margin=content.result.smallest.of(shock, "delivered_output"),
            undecided=content.result.undecided_beside_first.get(shock, ()),
        )  # fmt: skip
        found.setdefault(words, []).append(plain(shock))
    return [{"shock": ", ".join(shocks), "words": words} for words, shocks in found.items()]


def _facts(content: Content) -> list[tuple[str, str]]:
    manifest = content.manifest
    counts = manifest["counts"]
    facts = [
        ("experiment", str(manifest["experiment"].get("name", ""))),
        ("command", str(manifest.get("command", ""))),
        ("made", f"{manifest.get('created', '')} to {manifest.get('finished', '')}"),
        ("status", str(manifest.get("status", ""))),
        ("runs", f"{counts.get('runs', len(content.runs))} ({len(content.runs) - content.finished} failed)"),
        ("policies, replicates", f"{counts.get('policies', '')}, {counts.get('replicates', '')}"),
        ("drawn parameters", str(counts.get("drawn_parameters", 0))),
        ("fingerprint", str(manifest["fingerprint"].get("all", ""))),
    ]
    facts += [
        (f"fingerprint of {name}", str(manifest["fingerprint"].get(name, ""))) for name in ("code", "data", "config")
    ]
    return [(name, value) for name, value in facts if value]


# ---------------------------------------------------------------------------------------------- the page


def write_report(folder: str | Path | None = None, processes: int = 1, focus: str | None = None) -> Path:
    """Draw every figure the results allow and write ``report.html``.

    Parameters
    ----------
    folder : path, optional
        Folder of results; the newest under ``results`` by default.
    processes : int
        With 2, a second process helps to draw the figures of many runs (:class:`ecosim.report.drawing.Press`).
    focus : str, optional
        Country whose view the page opens with.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        If a table is missing, damaged, of another type or of another sweep; names file, column and row.
    """
    path = find_folder(folder)
    manifest = read_manifest(path)
    # first, for the page reads one of them
    for line in mend_summaries(path, manifest):
        say(line)
    runs = manifest["counts"].get("runs")
    with Press(processes, runs if isinstance(runs, int) else 0) as press:
        content = Content(path, manifest)
        with _writing(path):
            (path / "figures").mkdir(exist_ok=True)
        wanted = plates(content)
        with Progress("drawing figures", len(wanted)) as progress:
            sheets = compose_all(content, wanted, press)
            # meanwhile a second process may be rendering
            words = _words(content, focus)
            drawn = render_all(sheets, press, progress.update)
    done = list(zip(wanted, drawn, strict=True))
    shown = [(plate, figure) for plate, figure in done if figure.png]
    missing = [(plate, figure) for plate, figure in done if not figure.png and figure.reason]
    figures = [
        {"name": plate.name, "title": plate.title, "section": plate.section, "reading": figure.reading,
         "how": plate.how, "assumption": plate.assumption, "data": base64.b64encode(figure.svg).decode("ascii"),
         "trace": _traced(content, plate.trace) if plate.trace is not None else None,
         "width": figure.size[0], "height": figure.size[1], "narrow": figure.size[0] <= NARROW, "again": False}
        for plate, figure in shown
    ]  # fmt: skip
    for before, after in pairwise(figures):
        # what the figure before says as well is folded
        after["again"] = bool(after["how"]) and after["how"] == before["how"]
    left_out = [{"title": plate.title, "reason": figure.reason} for plate, figure in missing]
    page = _page(words, _parts(figures), left_out)
    with _writing(path):
        for plate, figure in shown:
            write_whole(path / "figures" / f"{plate.name}.png", figure.png)
            write_whole(path / "figures" / f"{plate.name}.svg", figure.svg)
        write_whole(path / REPORT, page.encode("utf-8"))
    return path / REPORT


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say in one line that a folder cannot be written."""
    try:
        yield
    except OSError as error:
        raise InputError("folder", str(folder), problem=f"cannot be written ({error.strerror or error})") from None


def _words(content: Content, focus: str | None = None) -> dict[str, Any]:
    """What the page says beside its figures, by the names of the template."""
    import yaml

    # a shock of which no run finished has nothing to compare
    acted = content.finished and ((content.runs["arm"] == "shocked") & (content.runs["status"] == "ok")).any()
    compared = bool(acted) and not content.single
    tables = (
        [_policy_table(content, shock) for shock in content.shocks if shock not in content.result.no_verdict]
        if acted
        else []
    )
    if compared:
        tables += [table for table in (_contrast_table(content), _break_even_rows(content)) if table is not None]
    if not content.finished:
        text = "No run finished; log.txt in the folder of results says why."
    else:
        text = (
            answer.one_scenario_text(content.runs, content.design, content.result.covered, content.result.series)
            if content.single
            else content.result.text()
        )
    opening = seen_from = ""
    if compared:
        seen = content.result if focus is None else content.result.focused(focus)
        opening, seen_from = seen.screen(full=True), seen.seen_from
    experiment = content.manifest["experiment"]
    settings = {
        "scenario": content.manifest["scenario"],
        "experiment": experiment,
        "output": content.manifest["output"],
    }
    # in C where PyYAML was built with it
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return {
        # a title is a question
        "title": _title(content, experiment),
        "reference": content.reference,
        "replicates": int(content.runs["replicate"].nunique()),
        "policies": int(content.design["policy"].nunique()),
        "failed": len(content.runs) - content.finished,
        "runs": len(content.runs),
        "verdicts": _verdicts(content) if compared else [],
        "text": text,
        "screen": opening,
        "seen_from": seen_from,
        "single": content.single,
        "tables": tables,
        "facts": _facts(content),
        "versions": sorted(content.manifest["versions"].items()),
        "settings": yaml.dump(
            json.loads(json.dumps(settings, default=str)), Dumper=dumper, sort_keys=False, allow_unicode=True
        ),
    }


def _title(content: Content, experiment: Mapping[str, Any]) -> str:
    if content.single:
        return "What does the shock take from this world?"
    return str(experiment.get("question") or "") or f"What does {plain(experiment.get('name') or 'this sweep')} show?"


def _parts(figures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The figures under their headings, in the order of the page."""
    headings = dict.fromkeys(figure["section"] for figure in figures)
    return [{"section": name, "figures": [one for one in figures if one["section"] == name]} for name in headings]


def _page(words: dict[str, Any], parts: list[dict[str, Any]], left_out: list[dict[str, str]]) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("report.html").render(words | {"parts": parts, "left_out": left_out})
