"""What a folder of results holds, by file, and which folder is the newest."""

from __future__ import annotations

from pathlib import Path

from ecosim.errors import InputError

MANIFEST = "manifest.json"
LOG = "log.txt"
#: Rows of the design, points of the uncertainties, drawn parameters.
DESIGN, POINTS, DRAWS = "design.parquet", "points.parquet", "draws.parquet"
RUNS, SERIES, FAILED = "runs.parquet", "series.parquet", "failed.parquet"
#: Joint work of pairs of countries, of a few replicates.
COUNTRIES = "countries.parquet"
PAIRS = "pairs.parquet"
#: Who loses and who gains, computed as a sweep ends.
BY_COUNTRY = "by_country.csv"
#: Partnerships by country and start year: of every run, and what a shock changes of them.
START_YEARS, BY_START_YEAR = "start_years.parquet", "by_start_year.csv"
#: What the countries hit are in the simulated world and in the facts.
COVERAGE = "coverage.parquet"
#: While a sweep runs: who writes, and what has been written. Beside them, what cannot be data of this sweep.
LOCK, PARTS, SET_ASIDE = "lock.json", "parts", "set_aside"
#: Drawn and summed up from the tables, and made anew from them.
FIGURES, REPORT = "figures", "report.html"
#: Policies weighed on several outcomes at once, and what each step of a dose gains and loses.
WEIGHING, BEATS, TRADE_OFF = "weighing.csv", "beats.csv", "trade_off.csv"
SUMMARIES = ("summary.csv", "contrasts.csv", "common_numbers.csv", BY_COUNTRY, BY_START_YEAR)
#: Written by `ecosim run` beside its tables.
SCENARIO, PARTICIPATIONS, NETWORKS = "scenario.yaml", "participations.parquet", "networks"
#: Of these, what other funders than the programme pay.
GRANTS = "grants.parquet"
#: The same of the twin, beside a run with shocks.
TWIN_PARTICIPATIONS, TWIN_GRANTS = "participations_twin.parquet", "grants_twin.parquet"
#: All that ecosim writes into a folder of results.
WRITTEN_BY_NAME = frozenset({
    MANIFEST, LOG, DESIGN, POINTS, DRAWS, RUNS, SERIES, FAILED, COUNTRIES, START_YEARS, COVERAGE, PAIRS, LOCK, PARTS,
    SET_ASIDE, FIGURES, REPORT, SCENARIO, PARTICIPATIONS, GRANTS, TWIN_PARTICIPATIONS, TWIN_GRANTS, NETWORKS,
    WEIGHING, BEATS, TRADE_OFF, *SUMMARIES,
})  # fmt: skip


def newest(root: Path) -> Path | None:
    """Folder of results written last, one or two levels below a root; committed extracts without runs do not count."""
    manifests = [
        path
        for path in (*root.glob(f"*/{MANIFEST}"), *root.glob(f"*/*/{MANIFEST}"))
        if any((path.parent / name).exists() for name in (RUNS, PARTS))
    ]
    return max(manifests, key=lambda path: path.stat().st_mtime).parent if manifests else None


def find_folder(folder: str | Path | None) -> Path:
    """The folder of results that is meant: itself, the newest below it, or without a name the newest under ``results``.

    Raises
    ------
    InputError
        If no folder is named and ``results`` holds none.
    """
    root = Path("results") if folder is None else Path(folder).expanduser()
    if not root.is_dir() or (root / MANIFEST).exists():
        found = root
    else:
        found = newest(root) or root
    if folder is None and not (found / MANIFEST).exists():
        raise InputError("folder", "results", problem="holds no results yet", allowed="a folder of results")
    return found
