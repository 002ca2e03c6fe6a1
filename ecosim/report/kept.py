"""The reference run that ships with the package, and how a quick look stands beside it.

``ecosim/report/data/<experiment>.json`` holds the comparisons of a reference run, with its date, its draws and marks of
what it was made with: the code, the scenario, and the settings of every policy and shock
(``tools/keep_reference.py`` writes it). A quick run prints its own results, and one line on where the reference agrees,
differs or was open. A policy or shock of the same name that is set otherwise is another: it is left out, and the line
says so. If the code or the whole scenario is another, nothing is compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.analysis.contrasts import OPEN, contrasts_of
from ecosim.analysis.naming import plain

if TYPE_CHECKING:
    import pandas as pd

#: Rooms and files of the package that make results; the others read them.
_ROOMS = ("agents", "channels", "config", "decisions", "funders", "health", "instruments", "month", "outcomes",
          "partnerships", "pipeline", "programmes", "shocks", "world")  # fmt: skip
_FILES = ("beginning.py", "kernels.py", "ledger.py", "levers.py", "model.py", "numerics.py", "parameters.py",
          "pushes.py", "randomness.py", "record.py", "scenario.py", "setting.py", "state.py", "tables.py", "ties.py",
          "unfunded.py")  # fmt: skip
#: Tables that only comparisons with the data read, and the list of all tables.
_NO_RESULT = ("index.json", "null_models.csv", "targets.csv")
#: What of a scenario makes it no other question: chance, length, and the shocks, which have marks of their own.
_NOT_SCENARIO = ("seed", "replicate", "timeline", "shocks")
#: Most characters that may list what is left out, before it is counted instead.
_MOST_LISTED = 90


@dataclass(frozen=True)
class Marks:
    """What a sweep is made of, as hashes that differ when a setting does."""

    scenario: str
    #: Comparison -> its policies.
    policies: Mapping[str, str]
    #: Branch -> its shocks.
    shocks: Mapping[str, str]


@cache
def model_mark() -> str:
    """Hash of the source that makes results: the same as long as every byte is."""
    return _hashed(Path.read_bytes)


@cache
def code_mark() -> str:
    """Hash of what that source does: comments, docstrings, messages and layout do not count."""
    return _hashed(_code_of)


def _hashed(content: Callable[[Path], bytes]) -> str:
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in _sources(package):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(content(path))
    return digest.hexdigest()[:16]


def _code_of(path: Path) -> bytes:
    """A source file without what no number depends on, the same on every Python; other files as they are."""
    import ast

    if path.suffix != ".py":
        return path.read_bytes()

    def plainly(node: Any) -> Any:
        if isinstance(node, ast.JoinedStr):
            # Pythons differ in how they cut the text around the values.
            return ["text", *(plainly(part.value) for part in node.values if isinstance(part, ast.FormattedValue))]
        if isinstance(node, ast.AST):
            # fields that a later Python adds are empty
            fields = [(name, plainly(value)) for name, value in ast.iter_fields(node) if value is not None]
            return [type(node).__name__, *(field for field in fields if field[1] != [])]
        return [plainly(part) for part in node if not _is_text(part)] if isinstance(node, list) else repr(node)

    def _is_text(node: Any) -> bool:
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)

    return repr(plainly(ast.parse(path.read_bytes()))).encode()


def same_code(reference: Mapping[str, Any]) -> bool:
    """Whether a reference was made by code that does what this does, or repeated in part by it to the bit."""
    known = (reference.get("code"), reference.get("repeated", {}).get("code"))
    return reference["model"] == model_mark() or code_mark() in known


def _repeated_words(reference: Mapping[str, Any]) -> str:
    """What is known of a reference that earlier code made; empty where this code made it."""
    again = reference.get("repeated")
    if again is None or reference["code"] == code_mark() or again["code"] != code_mark():
        return ""
    return f", by earlier code; {again['histories']} of {again['of']} histories came out the same"


def _sources(package: Path) -> Iterator[Path]:
    for room in _ROOMS:
        files = (path for path in (package / room).rglob("*") if path.suffix in (".py", ".csv", ".json"))
        yield from sorted(path for path in files if path.name not in _NO_RESULT)
    yield from (package / name for name in _FILES)


def marks_of(manifest: Mapping[str, Any]) -> Marks:
    """Marks of a sweep's manifest; its size, draws and length leave no mark.

    A comparison has the mark of the policies it sets beside each other, with all that they set otherwise than the
    scenario; it has none where the manifest does not say what policies set.
    """
    scenario, experiment = manifest.get("scenario", {}), manifest.get("experiment", {})
    asked = {name: value for name, value in scenario.items() if name not in _NOT_SCENARIO}
    asked["world"] = {name: value for name, value in scenario.get("world", {}).items() if name != "scale"}
    asked["uncertainties"] = experiment.get("uncertainties", {})
    shocks = {
        label: _mark([scenario["shocks"].get(name) for name in names])
        for label, names in manifest.get("branches", {}).items()
    }
    return Marks(_mark(asked), _policy_marks(manifest), shocks)


def _policy_marks(manifest: Mapping[str, Any]) -> dict[str, str]:
    policies = manifest.get("policies", [])
    if not all("settings" in policy for policy in policies):
        return {}
    levels: dict[str, list[str]] = {}
    for policy in policies:
        for factor, level in policy["levels"].items():
            known = levels.setdefault(factor, [])
            known += [] if level in known else [level]
    found = {}
    for item in contrasts_of(manifest.get("experiment", {}).get("contrasts", {}), levels):
        sides = []
        for level in (item.level, item.against):
            wanted = {**item.where, item.factor: level}
            mine = [policy["settings"] for policy in policies if wanted.items() <= policy["levels"].items()]
            sides.append(sorted(_mark(settings) for settings in mine))
        found[item.name] = _mark(sides)
    return found


def _mark(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


def kept(experiment: str) -> dict[str, Any] | None:
    """The reference of an experiment that ships; None if there is none."""
    file = resources.files("ecosim.report") / "data" / f"{experiment}.json"
    if not file.is_file():
        return None
    found = json.loads(file.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else None


def reference_words(contrasts: pd.DataFrame, manifest: Mapping[str, Any]) -> str:
    """Where the reference run agrees with the decided comparisons of this one, differs, or was open; a line or three.

    Empty for an experiment without a reference, and for the reference run itself.
    """
    found = kept(str(manifest.get("experiment", {}).get("name", "")))
    if found is None:
        return ""
    about = f"Reference run of {found['date']} ({found['draws']} draws{_repeated_words(found)})"
    if not same_code(found):
        return f"{about}: made with other code, so nothing is said of it."
    mine = marks_of(manifest)
    if found["scenario"] != mine.scenario:
        return f"{about}: made of another scenario, so nothing is said of it."
    if not (found.get("policies") and mine.policies):
        return f"{about}: what its policies set was not kept, so nothing is said of it."
    other_policies = _unlike(mine.policies, found["policies"])
    other_shocks = _unlike(mine.shocks, found["shocks"])
    known = {(row["contrast"], row["shock"], row["measure"]): row for row in found["contrasts"]}
    counts = {"agrees with {}": 0, "differs from {}": 0, "leaves {} open": 0}
    more = compared = 0
    for row in contrasts.to_dict("records"):
        other = known.get((row["contrast"], row["shock"], row["measure"]))
        if other is None or row["contrast"] in other_policies or row["shock"] in other_shocks:
            continue
        compared += 1
        if row["verdict"] == OPEN:
            more += other["verdict"] != OPEN
        else:
            counts[_beside(str(row["verdict"]), str(other["verdict"]))] += 1
    if not compared:
        return f"{about}: its policies or shocks are other ones, so nothing is said of it."
    said = ", ".join(words.format(count) for words, count in counts.items() if count)
    here = sum(counts.values())
    words = f"of {here} result{'s' if here != 1 else ''} decided here it {said}" if said else "nothing is decided here"
    words += f"; it decides {more}{' more' if said else ''}" if more else ""
    left = _left_out(other_policies, other_shocks)
    return f"{about}: {words}.{f' Left out, since it has none like them: {left}.' if left else ''}"


def _unlike(here: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """Names that the other has not, or has for something else."""
    return [name for name, mark in here.items() if there.get(name) != mark]


def _left_out(policies: list[str], shocks: list[str]) -> str:
    listed = ", ".join(plain(name) for name in (*policies, *shocks))
    if len(listed) <= _MOST_LISTED:
        return listed
    counted = [f"{len(names)} {word}{'s' if len(names) > 1 else ''}"
               for names, word in ((policies, "comparison"), (shocks, "shock")) if names]  # fmt: skip
    return " and ".join(counted)


def _beside(here: str, there: str) -> str:
    if there == OPEN:
        return "leaves {} open"
    one, other = (verdict.removesuffix(" on average") for verdict in (here, there))
    return "agrees with {}" if one == other else "differs from {}"


def as_reference(contrasts: pd.DataFrame, manifest: Mapping[str, Any], draws: int) -> dict[str, Any]:
    """What ships of a reference run, as plain data."""
    columns = ["contrast", "shock", "measure", "estimate", "low", "high", "verdict", "share_helped", "share_hurt"]
    rows = [
        {name: round(value, 5) if isinstance(value, float) else value for name, value in row.items()}
        for row in contrasts[columns].to_dict("records")
    ]
    marks = marks_of(manifest)
    return {
        "date": str(manifest["finished"])[:10],
        "draws": draws,
        "model": model_mark(),
        "code": code_mark(),
        "scenario": marks.scenario,
        "policies": marks.policies,
        "shocks": marks.shocks,
        "contrasts": rows,
    }
