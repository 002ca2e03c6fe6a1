"""The reference run that ships with the package, and how a quick look stands beside it.

``ecosim/report/data/<experiment>.json`` holds the comparisons of a reference run, with its date, its draws and marks of
the code and the scenario it was made with (``tools/keep_reference.py`` writes it). A quick run prints its own results,
and one line on where the reference agrees, differs or was open; if the code or the scenario is another, it says so
instead.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.analysis.contrasts import OPEN

if TYPE_CHECKING:
    import pandas as pd

#: Rooms and files of the package that make results; the others read them.
_ROOMS = ("agents", "channels", "instruments", "month", "outcomes", "partnerships", "programmes", "shocks", "world")
_FILES = ("kernels.py", "ledger.py", "model.py", "numerics.py", "parameters.py", "randomness.py", "scenario.py",
          "schema.py", "setting.py", "state.py", "tables.py")  # fmt: skip
#: What of a scenario makes it another question; size, draws and length do not.
_SCENARIO = ("shocks", "instruments", "programme", "policy")


def model_mark() -> str:
    """Hash of the source that makes results: the same as long as no number can change."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in _sources(package):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources(package: Path) -> Iterator[Path]:
    for room in _ROOMS:
        yield from sorted(path for path in (package / room).rglob("*") if path.suffix in (".py", ".csv", ".json"))
    yield from (package / name for name in _FILES)


def scenario_mark(manifest: Mapping[str, Any]) -> str:
    """Hash of the shocks, rules and world of a sweep's manifest; not of its size, draws or length.

    Policies and comparisons do not count: a reference run may hold more of them.
    """
    scenario = manifest.get("scenario", {})
    asked: dict[str, Any] = {name: scenario.get(name) for name in _SCENARIO}
    asked["world"] = {name: scenario.get("world", {}).get(name) for name in ("preset", "countries")}
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:16]


def kept(experiment: str) -> dict[str, Any] | None:
    """The reference of an experiment that ships; None if there is none."""
    file = resources.files("ecosim.report") / "data" / f"{experiment}.json"
    if not file.is_file():
        return None
    found = json.loads(file.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else None


def reference_words(contrasts: pd.DataFrame, manifest: Mapping[str, Any]) -> str:
    """Where the reference run agrees with the decided comparisons of this one, differs, or was open; a line or two.

    Empty for an experiment without a reference, and for the reference run itself.
    """
    found = kept(str(manifest.get("experiment", {}).get("name", "")))
    if found is None:
        return ""
    about = f"Reference run of {found['date']} ({found['draws']} draws)"
    if found["model"] != model_mark():
        return f"{about}: made with other code, so nothing is said of it."
    if found["scenario"] != scenario_mark(manifest):
        return f"{about}: made of another scenario, so nothing is said of it."
    known = {(row["contrast"], row["shock"], row["measure"]): row for row in found["contrasts"]}
    counts = {"agrees": 0, "differs": 0, "was open": 0, "not asked": 0}
    fewer = 0
    for row in contrasts.to_dict("records"):
        other = known.get((row["contrast"], row["shock"], row["measure"]))
        if other is None:
            counts["not asked"] += 1
        elif row["verdict"] == OPEN:
            fewer += other["verdict"] != OPEN
        else:
            counts[_beside(str(row["verdict"]), str(other["verdict"]))] += 1
    said = [f"{word} {count}" for word, count in counts.items() if count and word != "not asked"]
    words = f"of what is decided here it {', '.join(said)}" if said else "nothing is decided here"
    if fewer:
        words += f"; it decides {fewer} more"
    return f"{about}: {words}."


def _beside(here: str, there: str) -> str:
    if there == OPEN:
        return "was open"
    one, other = (verdict.removesuffix(" on average") for verdict in (here, there))
    return "agrees" if one == other else "differs"


def as_reference(contrasts: pd.DataFrame, manifest: Mapping[str, Any], draws: int) -> dict[str, Any]:
    """What ships of a reference run, as plain data."""
    columns = ["contrast", "shock", "measure", "estimate", "low", "high", "verdict", "share_helped", "share_hurt"]
    rows = [
        {name: round(value, 5) if isinstance(value, float) else value for name, value in row.items()}
        for row in contrasts[columns].to_dict("records")
    ]
    return {
        "date": str(manifest["finished"])[:10],
        "draws": draws,
        "model": model_mark(),
        "scenario": scenario_mark(manifest),
        "contrasts": rows,
    }
