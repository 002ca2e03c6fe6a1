"""What a report is made from, read once and checked, and what one of its figures is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.measures import points_as_replicates
from ecosim.analysis.naming import plain
from ecosim.analysis.ranking import FEWEST_DRAWS, LEVEL
from ecosim.errors import InputError
from ecosim.report import reading
from ecosim.report.folder import BY_COUNTRY, PAIRS
from ecosim.report.hit import Hits, how_often
from ecosim.report.results import SweepResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ecosim.analysis.ranking import Importance
    from ecosim.plots.hits import Hit

#: Headings under which the figures stand, in the order of the page.
POLICIES = "What does each policy change?"
COUNTRIES = "Which countries are hit, and who loses and gains?"
COURSE = "How does it unfold, and what does the answer rest on?"


#: Shocks of which the countries hit are drawn; of more, the tables hold them.
MOST_MAPS = 8


class AbsentError(Exception):
    """The data of a figure are not there; says why."""


@dataclass(frozen=True)
class Trace:
    """Where what is shown comes from: a reader finds the data, draws it again, and looks up what was computed."""

    #: Files of the folder that it is made from.
    data: tuple[str, ...]
    #: The call that draws it or gives the table; ``report`` is a :class:`Content`, ``plots`` is :mod:`ecosim.plots`.
    call: str
    formula: str
    #: Section of docs/ODD.md that says more: its number and title.
    section: str = "7.15 Resilience and uncertainty"


@dataclass(frozen=True)
class Plate:
    """One figure of the report: how it is drawn, what it shows, what it rests on."""

    name: str
    title: str
    draw: Callable[[Content], Figure]
    #: One sentence computed from the tables.
    reading: Callable[[Content], str]
    assumption: str
    #: How to read it: what is drawn, and the unit; empty where the labels say it.
    how: str = ""
    section: str = COURSE
    #: Absent in place of what is left out.
    trace: Trace | None = None


class Content:
    """Everything a report is made from, read once and checked.

    Parameters
    ----------
    folder : path
        Folder of results.
    manifest : dict, optional
        Its manifest, if it has been read.
    """

    def __init__(self, folder: str | Path, manifest: dict[str, Any] | None = None) -> None:
        import pandas as pd

        self.folder = folder = Path(folder)
        self.manifest = reading.read_manifest(folder) if manifest is None else manifest
        self.result = SweepResult(folder, self.manifest)
        if not (folder / "runs.parquet").exists() and self.manifest.get("status") != "complete":
            raise InputError(
                "folder", str(folder), problem=f"is not finished (status: {self.manifest.get('status')})",
                allowed="finish it first; the command that started it continues",
            )  # fmt: skip
        self.design = reading.read_design(folder)
        self.runs = reading.read_runs(folder, self.design)
        self.kept = self.manifest["output"].get("series", "all")
        #: Empty when they were not kept.
        self.series = pd.DataFrame()
        if self.kept == "all" and ((folder / "series.parquet").exists() or self.finished):
            self.series = reading.read_series(folder, self.design)
        self.pairs = reading.read_pairs(folder, self.design) if (folder / PAIRS).exists() else pd.DataFrame()
        # the result computes its tables from what has been checked
        vars(self.result).update(design=self.design, runs=self.runs)
        if self.result.pooled:
            self._take_points_as_replicates()
        self.shocks = [str(name) for name in self.design["shock"].dropna().unique()]
        #: One scenario, once.
        self.single = self.design["policy"].nunique() == 1 and self.runs["replicate"].nunique() == 1
        #: The design with the names of shocks as they are shown: one scenario's shocks act under the label `all`.
        self.shown = self.design
        if self.single:
            self.shown = self.design.assign(shock=self.design["shocks"].where(self.design["shock"].notna()))

    def _take_points_as_replicates(self) -> None:
        """Where every policy met every point, figures show what differs between points like what differs by chance."""
        replicates = int(self.runs["replicate"].max()) + 1
        for name in ("runs", "series", "pairs"):
            table = getattr(self, name)
            if len(table):
                setattr(self, name, points_as_replicates(table, self.design, replicates))
        self.design = self.result.policies

    @property
    def finished(self) -> int:
        """Runs that finished."""
        return int((self.runs["status"] == "ok").sum())

    @property
    def summary(self) -> pd.DataFrame:
        """Mean and interval of every measure, per policy and shock."""
        return self.result.summary

    @property
    def judged(self) -> pd.DataFrame:
        """The summary of shocks on which a verdict may be given; :class:`AbsentError` if there is none."""
        silent = self.result.no_verdict
        if self.shocks and set(self.shocks) <= set(silent):
            raise AbsentError(" ".join(dict.fromkeys(silent.values())))
        return self.summary[~self.summary["shock"].isin([*silent])]

    @property
    def reference(self) -> str:
        """The policy the others are compared with."""
        return self.result.reference

    @cached_property
    def mapped(self) -> tuple[dict[str, Any], int]:
        """The point of the design and the replicate whose map is drawn."""
        return _map_choice(self)

    @cached_property
    def by_country(self) -> pd.DataFrame:
        """Who loses and who gains (:func:`ecosim.analysis.countries.by_country`); empty where it was not kept."""
        if (self.folder / BY_COUNTRY).exists():
            return reading.read_by_country(self.folder, self.design)
        # a sweep that was cut short: reading the months of all countries takes a while
        return self.result.by_country

    @cached_property
    def hits(self) -> dict[str, Hits]:
        """How often the countries are hit, by branch of shocks."""
        return how_often(self.runs, self.design)

    @property
    def place_chances(self) -> dict[str, float]:
        """Country -> chance that what opens there is among the first; empty where nothing is ranked."""
        table = self.result.places
        return {
            code: float(chance)
            for hosts, chance in zip(table["hosts"], table["chance_among_first"], strict=True)
            for code in str(hosts).split()
        }

    @property
    def countries(self) -> list[str]:
        """Countries of the world at hand, as far as the tables name them."""
        if len(self.by_country):
            return [str(code) for code in self.by_country["country"].unique()]
        names = [self.pairs[name] for name in ("country_a", "country_b") if name in self.pairs]
        return sorted({str(code) for codes in names for code in codes.unique()})

    @cached_property
    def lever_scales(self) -> dict[str, tuple[float, float]]:
        """Unit -> ends of the scale that the figures of all levers share in it."""
        from ecosim.plots.levers import lever_scales

        return lever_scales(self.contrasts())

    def reference_rows(self) -> pd.DataFrame:
        """Rows of the summary of the reference policy, of shocks with finished runs."""
        rows = self.summary[self.summary["reference"].astype(bool) & self.summary["shock"].notna()]
        # of a shock on a country that is hardly simulated nothing is said
        rows = rows[~rows["shock"].isin([*self.result.no_verdict])]
        return rows[rows["sustained_collaboration"].notna()]

    def say(self, shock: Any) -> str:
        """A shock's name as it is shown."""
        names = dict(zip(self.design["shock"], self.shown["shock"], strict=True))
        return plain(names.get(shock, shock))

    def need_repetition(self) -> None:
        """Raise :class:`AbsentError` with one replicate of one policy."""
        if self.single:
            raise AbsentError("one replicate of one scenario says little about it; `ecosim sweep` repeats and compares")

    def need_series(self, *columns: str) -> None:
        """Raise :class:`AbsentError` without monthly outcomes, or without some of their columns."""
        if self.series.empty:
            kept = {"none": "were not kept", "quantiles": "were kept as quantiles only"}.get(self.kept, "are not there")
            raise AbsentError(f"monthly outcomes {kept} (output.series={self.kept})")
        missing = [name for name in columns if name not in self.series]
        if missing:
            raise AbsentError(f"series.parquet has no column {missing[0]}")

    def need_shocks(self) -> None:
        """Raise :class:`AbsentError` without shocks, or without a run in which one acted."""
        if not self.shocks:
            raise AbsentError("no shock was chosen")
        if not ((self.runs["arm"] == "shocked") & (self.runs["status"] == "ok")).any():
            raise AbsentError("no run with a shock finished")

    def need_policies(self) -> None:
        """Raise :class:`AbsentError` with fewer than two policies."""
        if self.design["policy"].nunique() < 2:
            raise AbsentError("there is one policy only, so nothing to compare")

    def need_columns(self, *names: str) -> None:
        """Raise :class:`AbsentError` without some columns of the summary, or with nothing in any of them."""
        missing = [name for name in names if name not in self.summary]
        if missing:
            raise AbsentError(f"the results have no {missing[0]}")
        if not self.summary[list(names)].notna().to_numpy().any():
            raise AbsentError(f"no run gives {' or '.join(names)}")

    def contrasts(self) -> pd.DataFrame:
        """The declared comparisons with an estimate."""
        table = self.result.contrasts
        if table.empty or not table["estimate"].notna().any():
            raise AbsentError("the experiment compares no levels of a factor")
        return table[table["estimate"].notna()]

    def lever(self, name: str) -> pd.DataFrame:
        """Rows of one comparison, on the measures its figure shows."""
        from ecosim.plots.levers import lever_measures

        table = self.contrasts()
        mine = table[table["contrast"] == name]
        return mine[mine["measure"].isin(lever_measures(list(mine["measure"])))]

    def errors(self, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Errors of models under one comparison: by country, and by population group and income."""
        found = self.result.errors_by_group
        countries, groups = found.countries, found.groups
        return countries[countries["contrast"] == name], groups[groups["contrast"] == name]

    def hit_panels(self) -> list[Hit]:
        """How often each shock hits each country; a shock of several branches that hits alike in all stands once."""
        from ecosim.plots.hits import Hit

        self.need_shocks()
        if "targets" not in self.runs:
            raise AbsentError("which countries were hit was not kept")
        found: dict[tuple[str, frozenset[tuple[str, float]]], Hit] = {}
        for branch, hits in self.hits.items():
            for shock in (*hits.by_shock, *(shock for shock in hits.alike if shock not in hits.by_shock)):
                everyone = shock not in hits.by_shock
                shares = {} if everyone else hits.shares(shock)
                known = any(name == shock for name, _ in found)
                named = plain(shock) + (f" ({plain(branch)})" if known else "")
                found.setdefault((shock, frozenset(shares.items())), Hit(named, shares, everyone))
        if not found:
            raise AbsentError("no shock names countries")
        return list(found.values())

    def hit_shares(self, branch: str) -> dict[str, float] | None:
        """Country to the share of replicates in which any shock of a branch hits it; None where that was not kept."""
        hits = self.hits.get(branch)
        return hits.shares() if hits else None

    def turns(self) -> pd.DataFrame:
        """Rows of the break-even table that say something."""
        self.need_shocks()
        self.contrasts()
        table = self.result.break_even
        usable = table[np.isfinite(table["low"]) & np.isfinite(table["high"])] if len(table) else table
        if usable.empty:
            raise AbsentError("the experiment names no parameter along which a comparison might turn")
        if (usable["verdict"] == "cannot tell").all():
            raise AbsentError("there are too few draws to tell where a comparison turns")
        return usable

    def importances(self) -> dict[str, Importance]:
        """Shock to what moves the difference of its two leading policies."""
        self.need_shocks()
        self.need_policies()
        found = {shock: item for shock, item in self.result.importances.items() if len(item.parameters)}
        if not found:
            raise AbsentError(f"what moves the answer takes {FEWEST_DRAWS} draws of the parameters to say")
        return found

    def importance_tables(self) -> dict[str, pd.DataFrame]:
        """The same as tables: ``parameter, importance`` (share of the variance), ``stands_out`` (beyond chance)."""
        import pandas as pd

        return {
            shock: pd.DataFrame(
                {"parameter": item.parameters, "importance": item.share, "stands_out": item.p_value <= LEVEL}
            )
            for shock, item in self.importances().items()
        }


def _map_choice(content: Content) -> tuple[dict[Any, Any], int]:
    """The shock and replicate whose named targets take the largest part in joint work before it, reference policy."""
    content.need_shocks()
    if content.pairs.empty:
        raise AbsentError("who works with whom was not kept (no pairs.parquet)")
    points = {
        row["design_id"]: row for row in content.design[content.design["reference"].astype(bool)].to_dict("records")
    }
    history = next(iter(points.values()))["history_id"]
    own = content.pairs[
        (content.pairs["history_id"] == history) & (content.pairs["country_a"] != content.pairs["country_b"])
    ]
    best: tuple[float, dict[Any, Any], int] | None = None
    shocked = own[own["arm"] == "shocked"].drop_duplicates(["replicate", "design_id"])
    for row in shocked.sort_values(["design_id", "replicate"], kind="stable").to_dict("records"):
        named = "" if row["targets"] in (None, "all") else str(row["targets"])
        before = own[(own["arm"] == "twin") & (own["period"] == "before") & (own["replicate"] == row["replicate"])]
        share = share_of(before, tuple(named.split())) if named else -1.0
        if best is None or share > best[0]:
            best = (share, points[int(row["design_id"])], int(row["replicate"]))
    if best is None:
        raise AbsentError("no joint work of the reference policy under a shock was kept")
    return best[1], best[2]


def share_of(pairs: pd.DataFrame, countries: tuple[str, ...]) -> float:
    """Share of joint work across borders in which the countries take part."""
    pairs = pairs[pairs["country_a"] != pairs["country_b"]]
    total = float(pairs["person_months"].sum())
    mine = pairs["country_a"].isin(countries) | pairs["country_b"].isin(countries)
    return float(pairs.loc[mine, "person_months"].sum()) / total if total > 0 else 0.0


def left_out(title: str, words: str) -> Plate:
    """In place of figures that are left out: why."""

    def absent(content: Content) -> Figure:
        raise AbsentError(words)

    return Plate("", title, absent, lambda content: "", "")


def slug(kind: str, name: str, taken: set[str]) -> str:
    """A name of a file from a reader's name, another for each."""
    stem = f"{kind}_{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')[:40]}".rstrip("_")
    found, number = stem, 2
    while found in taken:
        found, number = f"{stem}_{number}", number + 1
    taken.add(found)
    return found
