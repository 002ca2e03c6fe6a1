"""Keep a finished reference run: its comparisons with the package, its small tables and answer among the results.

    python tools/keep_reference.py results/headline_reference/<fingerprint> headline

Quick runs of the experiment are then set beside it. Verdicts use the smallest effects that the experiment's file holds
now, so that both are judged by one yardstick.

    python tools/keep_reference.py results/headline_reference/<fingerprint> headline --repeated OTHER/<fingerprint>

keeps the marks of the code that made the reference, and notes that today's code repeated some of its histories to the
bit. The other folder is the same sweep on today's code, broken off after a tenth of them or later.

    python tools/keep_reference.py distinct catalogue

keeps the folder of ``experiments/distinct.py`` in the same place: its tables, answer, manifest and figure, but no runs.
"""

from __future__ import annotations

import argparse
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ecosim.lab.compose import compose_plain, make_request
from ecosim.report import kept
from ecosim.report.csvs import write_csv
from ecosim.report.results import load
from ecosim.report.seals import FILES, PENDING, write_manifest

ROOT = Path(__file__).parents[1]
#: Small files of a folder of results that are kept as they are.
FILES_KEPT = (
    "design.parquet", "draws.parquet", "by_country.csv", "summary.csv", "common_numbers.csv", "weighing.csv",
    "beats.csv", "trade_off.csv",
)  # fmt: skip
#: File by which a folder of ``experiments/distinct.py`` is known, and what of such a folder is kept.
TOLD_APART = "pairs.csv"
TABLES_KEPT = (TOLD_APART, "instruments.csv", "paying.csv", "needed.csv", "cells.csv", "answer.txt", "manifest.json",
               "alike.png")  # fmt: skip
#: What tells the rows of ``runs.parquet`` apart, and which columns hang on the computer.
HISTORY = ["history_id", "replicate"]
RUN = [*HISTORY, "arm", "design_id"]
CLOCK = ["seconds", "history_seconds"]
#: Share of the histories that have to be repeated before other code counts as the same.
LEAST_REPEATED = 0.1


def keep_tables(folder: Path, target: Path) -> None:
    """Copy what is kept of a folder of ``experiments/distinct.py``."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in TABLES_KEPT:
        shutil.copy(folder / name, target / name)
    print(f"{target}: {len(TABLES_KEPT)} files")


def runs_of(folder: Path) -> pd.DataFrame:
    """Rows of the finished runs of a sweep, joined or still in parts, without what hangs on the clock."""
    files = [path for path in (folder / "runs.parquet", *sorted(folder.glob("parts/*/runs.parquet"))) if path.exists()]
    frame = pa.concat_tables([pq.read_table(path) for path in files], promote_options="permissive").to_pandas()
    return frame.drop(columns=CLOCK).drop_duplicates(RUN, keep="last").sort_values(RUN).reset_index(drop=True)


def repeated(runs: pd.DataFrame, again: pd.DataFrame) -> dict[str, int]:
    """Count the histories that came out the same again.

    Parameters
    ----------
    runs, again : pandas.DataFrame
        Rows of ``runs.parquet``: of the whole sweep, and of some of its histories.

    Returns
    -------
    dict
        ``histories``, and ``of`` how many.

    Raises
    ------
    ValueError
        If too few histories were repeated, or none of some policy.
    AssertionError
        If a number differs.
    """
    again, same = (frame.sort_values(RUN).reset_index(drop=True) for frame in (again, runs.merge(again[RUN], on=RUN)))
    count, of = (len(frame.drop_duplicates(HISTORY)) for frame in (again, runs))
    if len(same) != len(again) or count < LEAST_REPEATED * of:
        raise ValueError(f"{count} of {of} histories repeated; {LEAST_REPEATED:.0%} of the same sweep are needed")
    missing = runs["history_id"].nunique() - again["history_id"].nunique()
    if missing:
        raise ValueError(f"no history of {missing} policies repeated; each has to be")
    pd.testing.assert_frame_equal(same, again[same.columns], check_exact=True, check_dtype=False, obj="repeated runs")
    return {"histories": count, "of": of}


def made_before(target: Path, content: dict[str, Any], counts: dict[str, int]) -> dict[str, Any]:
    """The reference with the marks of the code that made it, which stand in the file, and today's beside them."""
    made = json.loads(target.read_text(encoding="utf-8"))
    if made["contrasts"] != content["contrasts"] or made["date"] != content["date"]:
        raise ValueError(f"{target}: not made of this sweep, so its marks say nothing of it")
    again = {"code": content["code"], "on": datetime.now(UTC).date().isoformat(), **counts}
    return content | {"model": made["model"], "code": made["code"], "repeated": again}


def main() -> None:
    """Write ``ecosim/report/data/<experiment>.json`` and ``results/reference/<experiment>``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("experiment", help="the quick experiment it is the reference of")
    parser.add_argument("--repeated", type=Path, help="the same sweep on today's code, finished or broken off")
    arguments = parser.parse_args()
    if (arguments.folder / TOLD_APART).exists():
        keep_tables(arguments.folder, ROOT / "results" / "reference" / arguments.experiment)
        return
    result = load(arguments.folder)
    experiment = make_request(compose_plain([f"experiment={arguments.experiment}"])).experiment
    result.manifest["experiment"]["smallest_effect"] = experiment.smallest_effect
    draws = int(result.summary["clusters"].max())
    # a run that is nobody's reference is kept among the results alone
    if result.manifest["experiment"]["name"] != arguments.experiment:
        target = ROOT / "ecosim" / "report" / "data" / f"{arguments.experiment}.json"
        target.parent.mkdir(exist_ok=True)
        content = kept.as_reference(result.contrasts, result.manifest, draws)
        if not content["policies"]:
            parser.error(f"{arguments.folder}: its manifest does not say what each policy sets; run the sweep anew")
        if arguments.repeated:
            content = made_before(target, content, repeated(runs_of(arguments.folder), runs_of(arguments.repeated)))
        target.write_text(json.dumps(content, indent=0) + "\n", encoding="utf-8")
    folder = ROOT / "results" / "reference" / arguments.experiment
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in FILES_KEPT:
        if (arguments.folder / name).exists():
            shutil.copy(arguments.folder / name, folder / name)
    if (arguments.folder / "figures").exists():
        pictures = shutil.ignore_patterns("*.svg")
        shutil.copytree(arguments.folder / "figures", folder / "figures", ignore=pictures)
    # the folder it was written to is nobody else's
    result.manifest["output"]["folder"] = "results"
    result.manifest["command"] = f"ecosim sweep experiment={result.manifest['experiment']['name']}"
    # and what is left out of the extract is not missing in it
    whole = {name: result.manifest[FILES][name] for name in FILES_KEPT if name in result.manifest.get(FILES, {})}
    write_manifest(folder, {**result.manifest, FILES: whole, PENDING: {}})
    write_csv(result.contrasts.round(5), folder / "contrasts.csv")
    write_csv(result.break_even.round(5), folder / "break_even.csv")
    (folder / "answer.txt").write_text(f"{result.screen(full=True)}\n\n{result.text()}\n", encoding="utf-8")
    print(f"{folder}: {len(result.contrasts)} comparisons, {draws} draws")


if __name__ == "__main__":
    main()
