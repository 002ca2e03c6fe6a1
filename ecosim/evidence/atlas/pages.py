"""The pages of an atlas: an index with a map, and a folder with a page and its numbers for each country."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.coverage import is_thin, percent
from ecosim.evidence.atlas.question import AtlasQuestion
from ecosim.evidence.atlas.sweep import write
from ecosim.evidence.brief_question import RUPTURE, bloc_name
from ecosim.evidence.brief_runs import PLACEBO
from ecosim.evidence.brief_words import (
    DIMENSIONS,
    Brief,
    gain_words,
    gains_of_money,
    lasting_words,
    loss_words,
    money_words,
    span_words,
    sure_gains,
)
from ecosim.report.csvs import write_csv
from ecosim.report.verbs import decided

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

TEMPLATES = Path(__file__).with_name("templates")
INDEX = "index.html"
#: Rows of each table of ties; partners that are named as hardly there.
_ROWS = {"partner": 7, "sector": 4, "supplier": 4, "funder": 2}
_UNCOVERED = 4
#: Breaks drawn half-year by half-year.
_PANELS = 6


@dataclass(frozen=True)
class Looked:
    """One country of an atlas."""

    #: Position in the world.
    country: int
    #: What was found; None where its histories say nothing.
    found: Brief | None
    #: Why, then.
    reason: str = ""


def write_pages(question: AtlasQuestion, looked: Sequence[Looked], folder: Path, command: str, tick: Any) -> Path:
    """Write every page and table; returns the index.

    Parameters
    ----------
    question : AtlasQuestion
        What was asked.
    looked : sequence of Looked
        The countries, in the order of the pages.
    folder : Path
        Where they go.
    command : str
        What makes the atlas again.
    tick : callable
        Receives the number of countries done.
    """
    world = question.world
    ordered = sorted(looked, key=lambda one: world.country_names[one.country])
    for number, one in enumerate(ordered):
        code = world.countries[one.country]
        around = [ordered[k] if 0 <= k < len(ordered) else None for k in (number - 1, number + 1)]
        words = country_words(question, one, *around)
        write(folder / code / INDEX, render("country.html", words))
        if one.found is not None:
            for name, table in tables_of(one.found).items():
                write(folder / code / f"{name}.csv", csv_bytes(table))
        tick(number + 1)
    rows = [index_row(question, one) for one in ordered]
    write(folder / "index.csv", csv_bytes(index_table(rows)))
    write(folder / INDEX, render("index.html", index_words(question, ordered, rows, command)))
    return folder / INDEX


def render(template: str, words: Mapping[str, Any]) -> bytes:
    """A page; whatever a name holds is escaped."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template(template).render(words).encode("utf-8")


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as a CSV file that no spreadsheet takes for formulas."""
    buffer = io.StringIO()
    write_csv(table, buffer)  # type: ignore[arg-type]
    return buffer.getvalue().encode("utf-8")


def tables_of(found: Brief) -> dict[str, pd.DataFrame]:
    """The numbers beside a page, by the name of their file."""
    tables = {"exposure": found.exposure, "inputs": found.inputs, "breaks": found.breaks, "course": found.course,
              "others": found.others}  # fmt: skip
    if money_words(found):
        tables["money"] = found.money
    return {name: table for name, table in tables.items() if table is not None}


# ---------------------------------------------------------------------------------------------- one country


def country_words(question: AtlasQuestion, one: Looked, before: Looked | None, after: Looked | None) -> dict[str, Any]:
    """What the template of a country asks for."""
    world = question.world
    code, name = world.countries[one.country], world.country_names[one.country]

    def neighbour(other: Looked | None) -> dict[str, str] | None:
        if other is None:
            return None
        return {"code": world.countries[other.country], "name": world.country_names[other.country]}

    words: dict[str, Any] = {
        "world": world.name, "code": code, "name": name, "before": neighbour(before), "after": neighbour(after),
        "made": made_words(question), "command": question.command(one.country), "partners_figure": None,
        "bars_figure": None, "course_figure": None, "breaks": [], "ties": [], "uncovered": [], "months": 0,
        "noise": "", "silent": [], "has_money": False, "warnings": [], "notes": [],
    }  # fmt: skip
    found = one.found
    if found is None:
        return words | {
            "lead": f"Nothing can be said of {name}: {one.reason}.",
            "money": "Not told: its histories cannot be used.", "coverage": "Not told: its histories cannot be used.",
        }  # fmt: skip
    assert found.course is not None
    months = int(found.course["to_month"].max())
    breaks = found.breaks
    thin = [note for note in found.notes if note.startswith(f"{found.name} itself is hardly simulated")]
    drawable = breaks[breaks["no_verdict"] == ""]
    share, uncovered = covered_ties(found)
    words |= {
        "lead": lead_words(found), "months": months, "noise": noise_words(found), "ties": ties_of(found),
        "warnings": [*thin, *(f"Failed: {text}" for text in found.failed)],
        "notes": [note for note in found.notes if note not in thin],
        "silent": [text for text in breaks["no_verdict"] if text],
        "breaks": [break_row(found, row, months) for row in breaks.to_dict("records")],
        "partners_figure": picture(partner_map(found), f"Map of the joint work of {name} with other countries."),
        "money": own_money_words(question, found), "has_money": bool(money_words(found)),
        "coverage": coverage_words(found, share, uncovered),
        "uncovered": [(row["name"], percent(row["facts_share"]), percent(row["twin_share"])) for row in uncovered][
            :_UNCOVERED
        ],
    }  # fmt: skip
    if len(drawable):
        words["bars_figure"] = picture(bars(found, drawable), f"What each break costs {name}; the table says the same.")
        shown = list(drawable["break"])[:_PANELS]
        words["course_figure"] = picture(courses(found, shown), f"What {name} loses in each half-year after a break.")
    else:
        words["breaks"] = []
    return words


def worst(found: Brief, *, partner: bool = False) -> Mapping[Any, Any] | None:
    """The costliest break that is decided, and costs something; of those with one partner country, if asked."""
    for row in found.breaks.to_dict("records"):
        if partner and (row["kind"] != "diplomatic_rupture" or bloc_name("") in row["break"]):
            continue
        if not row["no_verdict"] and decided(row["verdict"]) and row["lost_share"] > 0.0 and row["low"] > 0.0:
            return row
    return None


def lead_words(found: Brief) -> str:
    """What a page says first."""
    row = worst(found)
    if row is None:
        return f"No single break that was tried surely costs {found.name} anything."
    return (
        f"Of the breaks that were tried and are decided, “{row['break']}” costs {found.name} most: "
        f"{100 * row['lost_share']:.1f} % of its collaboration {span_words(row)}."
    )


def noise_words(found: Brief) -> str:
    """What one organisation less costs."""
    return f"{100 * found.noise['lost_share']:.1f} % {span_words(found.noise)}"


def made_words(question: AtlasQuestion) -> str:
    """What was simulated, in a line."""
    scenario = question.brief.request.scenario
    return (
        f"World {question.world.name} at scale {scenario.world.scale:g}, {question.settings.replicates} simulated "
        f"histories, shared by all countries, at least {scenario.timeline.response_months} months after each break."
    )


def ties_of(found: Brief) -> list[dict[str, Any]]:
    """Tables of what the country hangs on: facts beside twin."""
    tables = []
    for dimension, (heading, facts, twin) in DIMENSIONS.items():
        rows = found.exposure[found.exposure["dimension"] == dimension].head(_ROWS[dimension])
        head = [*([f"facts: {facts}"] if facts else []), f"twin: {twin}"]
        body = [
            [row["name"], *([share_words(row["facts_share"])] if facts else []), share_words(row["twin_share"])]
            for row in rows.to_dict("records")
        ]
        tables.append({"title": heading, "head": head, "body": body})
    return tables


def share_words(share: float) -> str:
    """A share as the brief prints it."""
    return f"{100 * share:.1f} %" if np.isfinite(share) else "-"


def break_row(found: Brief, row: Mapping[Any, Any], months: int) -> dict[str, Any]:
    """One break in words: a number only where it is decided."""
    shares = {"facts": share_words(row["facts_share"]), "twin": share_words(row["twin_share"])}
    if row["no_verdict"]:
        return {"name": row["break"], "lost": "no verdict", "open": True, "lasting": "", "gains": "", **shares}
    gains = sure_gains(found, row["break"])
    return {"name": row["break"], "lost": loss_words(row), "open": not decided(row["verdict"]),
            "lasting": lasting_words(row, months), **shares,
            "gains": gain_words(gains).removeprefix("gains: ") if gains else "none surely"}  # fmt: skip


def own_money_words(question: AtlasQuestion, found: Brief) -> str:
    """What money of its own would do, or why that is not told."""
    words = money_words(found)
    if words:
        elsewhere = gain_words(gains_of_money(found))
        return f"{found.spent} {words}. Elsewhere, {elsewhere}. Points are those of its own collaboration without it."
    if not question.settings.own_eur:
        return "Not tried (own_eur=0)."
    return f"{found.name} does not fund the programme, so it has no budget there to add to."


def covered_ties(found: Brief) -> tuple[float, list[dict[Any, Any]]]:
    """Share of its co-publications with countries that are covered, and the partners that are not."""
    partners = found.exposure[found.exposure["dimension"] == "partner"]
    partners = partners[partners["facts_share"] > 0.0]
    rows = partners.sort_values("facts_share", ascending=False, kind="stable").to_dict("records")
    missing = [row for row in rows if is_thin(row["facts_share"], float(np.nan_to_num(row["twin_share"])))]
    return 1.0 - float(sum(row["facts_share"] for row in missing)), missing


def coverage_words(found: Brief, share: float, missing: Sequence[Mapping[Any, Any]]) -> str:
    """How far the world covers its ties, in words."""
    text = (
        f"{percent(share)} of the co-publications of {found.name} with other countries of this world are with partners "
        "that are there: their share of its joint work is at least a third of their share of its co-publications."
    )
    return text + (f" {len(missing)} partners are hardly there." if missing else "")


# ---------------------------------------------------------------------------------------------- figures


def picture(figure: Figure, title: str) -> dict[str, Any]:
    """A figure as a template embeds it."""
    from ecosim.plots.house import drawn

    width, height = (round(100 * inches) for inches in figure.get_size_inches())
    data = base64.b64encode(drawn(figure, "svg")).decode("ascii")
    return {"data": data, "width": width, "height": height, "title": title}


def partner_map(found: Brief) -> Figure:
    """Who the country works with."""
    import pandas as pd

    from ecosim.plots import maps
    from ecosim.plots.style import new_figure

    partners = found.exposure[found.exposure["dimension"] == "partner"]
    partners = partners[partners["twin_share"] > 0.0]
    pairs = pd.DataFrame({"country_a": found.country, "country_b": partners["code"],
                          "person_months": partners["twin_share"]})  # fmt: skip
    figure, axes = new_figure(width=5.2, height=4.6)
    maps.pair_map(pairs, ax=axes[0, 0])
    return figure


def bars(found: Brief, drawable: pd.DataFrame) -> Figure:
    """What each break costs."""
    from ecosim.plots.breaks import break_bars

    return break_bars(drawable.assign(decided=[decided(verdict) for verdict in drawable["verdict"]]), found.noise)


def courses(found: Brief, shown: Sequence[str]) -> Figure:
    """What is lost half-year by half-year."""
    from ecosim.plots.breaks import course_figure

    assert found.course is not None
    return course_figure(found.course, shown, PLACEBO)


# ---------------------------------------------------------------------------------------------- the index


def index_row(question: AtlasQuestion, one: Looked) -> dict[str, Any]:
    """A country's row of the index: what is written, and the numbers."""
    world = question.world
    row: dict[str, Any] = {
        "code": world.countries[one.country], "name": world.country_names[one.country], "worst": "",
        "lost_share": np.nan, "low": np.nan, "high": np.nan, "open": True, "lost": one.reason, "money": "",
        "partner": "", "partner_lost": "-", "partner_lost_share": np.nan, "partner_low": np.nan, "partner_high": np.nan,
        "money_verdict": "", "money_changed_share": np.nan, "covered_share": np.nan, "covered": "-",
    }  # fmt: skip
    found = one.found
    if found is None:
        return row
    share, _ = covered_ties(found)
    row |= {"covered_share": share, "covered": percent(share), "lost": "is undecided", "worst": "none is decided"}
    words = money_words(found)
    if words:
        assert found.money is not None
        own = found.money.iloc[0]
        row |= {"money": words.split(":")[0], "money_verdict": own["verdict"],
                "money_changed_share": own["changed_share"] if decided(own["verdict"]) else np.nan}  # fmt: skip
    costly = worst(found)
    if costly is not None:
        row |= {"worst": costly["break"], "lost": loss_words(costly), "open": False,
                **{name: costly[name] for name in ("lost_share", "low", "high")}}  # fmt: skip
    closest = worst(found, partner=True)
    if closest is not None:
        row |= {"partner": closest["break"].removeprefix(RUPTURE),
                "partner_lost": f"{100 * closest['lost_share']:.1f} % {span_words(closest)}",
                **{f"partner_{name}": closest[name] for name in ("lost_share", "low", "high")}}  # fmt: skip
    return row


def index_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The numbers of the index."""
    import pandas as pd

    columns = ["code", "name", "worst", "lost_share", "low", "high", "partner", "partner_lost_share", "partner_low",
               "partner_high", "money_verdict", "money_changed_share", "covered_share"]  # fmt: skip
    return pd.DataFrame([{name: row[name] for name in columns} for row in rows], columns=columns)


def index_words(
    question: AtlasQuestion, looked: Sequence[Looked], rows: Sequence[Mapping[str, Any]], command: str
) -> dict[str, Any]:
    """What the template of the index asks for."""
    found = [one.found for one in looked if one.found is not None and one.found.course is not None]
    months = max((int(one.course["to_month"].max()) for one in found if one.course is not None), default=0)
    sure = [row for row in rows if np.isfinite(row["lost_share"])]
    lead = f"{len(rows)} {'country' if len(rows) == 1 else 'countries'} of the world {question.world.name}"
    if sure:
        top = max(sure, key=lambda row: row["lost_share"])
        lead += (
            f"; the costliest single break of all is “{top['worst']}” for {top['name']}: "
            f"{100 * top['lost_share']:.1f} % of its collaboration {span_words(top)}"
        )
    failed = sorted({text for one in found for text in one.failed})
    return {
        "world": question.world.name, "lead": f"{lead}.", "made": made_words(question), "months": months,
        "map": index_map(question, rows), "rows": rows, "command": command,
        "partial": len(rows) < int(question.world.named.sum()),
        "warnings": [f"Failed: {text}" for text in failed],
    }  # fmt: skip


def index_map(question: AtlasQuestion, rows: Sequence[Mapping[str, Any]]) -> Any:
    """The map of the index, part of the page so that its countries lead to theirs."""
    from markupsafe import Markup

    from ecosim.plots.breaks import loss_map
    from ecosim.plots.house import drawn

    world = question.world
    everyone = [world.countries[c] for c in np.flatnonzero(world.named)]
    # with a bloc nearly every country loses nearly all; what tells them apart is the partner each hangs on
    losses = {row["code"]: row["partner_lost_share"] for row in rows if np.isfinite(row["partner_lost_share"])}
    opened = [row["code"] for row in rows if row["code"] not in losses]
    links = {row["code"]: f"{row['code']}/{INDEX}" for row in rows}
    text = drawn(loss_map(losses, opened, everyone, links), "svg").decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # the table leads to the same pages; with the keyboard, each once is enough
    text = text.replace("<a xlink:href=", '<a tabindex="-1" xlink:href=')
    # drawn here, of codes and numbers alone
    return Markup(text)
