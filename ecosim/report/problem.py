"""What an analysis of a finished sweep must know of the design whose points were run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.analysis.problem import Problem
from ecosim.errors import InputError
from ecosim.report.folder import POINTS

if TYPE_CHECKING:
    pass

#: Beginning of the columns of ``points.parquet`` that hold coordinates in the unit cube.
UNIT = "unit:"
#: Designs that lay points by chance, each point as likely as any other: averages over them are averages over ranges.
BY_CHANCE: tuple[str, ...] = ("latin_hypercube", "sobol_sequence")
#: What `experiment.points` counts in each design.
COUNTED: dict[str, str] = {
    "grid": "values of each range",
    "one_at_a_time": "values of each range",
    "latin_hypercube": "points",
    "sobol_sequence": "points (a power of 2)",
    "morris": "trajectories",
    "saltelli": "base points (a power of 2)",
}


def problem_of(folder: str | Path, manifest: Mapping[str, Any]) -> Problem:
    """What an analysis of a finished sweep needs, from its folder.

    Parameters
    ----------
    folder : path
        Folder of the results.
    manifest : mapping
        Their manifest.

    Raises
    ------
    InputError
        When the sweep had no design with points, or its points are not those the manifest speaks of.
    """
    from ecosim.report.reading import read_points

    about = manifest.get("design")
    path = Path(folder) / POINTS
    if not about:
        raise InputError(
            str(folder), problem="holds no design with points", allowed=f"experiment.design={', '.join(COUNTED)} or csv"
        )
    try:
        table = read_points(Path(folder))
    except InputError as error:
        raise InputError(str(path), problem=f"cannot be read ({error.problem})", allowed=error.allowed) from None
    names = list(about["problem"]["names"])
    wanted = ["point", *names, *(f"{UNIT}{name}" for name in names)]
    stale = "does not hold the points its manifest speaks of"
    if list(table.columns) != wanted:
        raise InputError(str(path), problem=stale, allowed="the file as the sweep wrote it; run the sweep again")
    sample = table[[f"{UNIT}{name}" for name in names]].to_numpy(np.float64)
    order = table["point"].to_numpy(np.int64)
    if digest_of(order, sample) != about["digest"]:
        raise InputError(str(path), problem=stale, allowed="the file as the sweep wrote it; run the sweep again")
    return Problem(about["kind"], dict(about["problem"]), sample, order, table[names], dict(about["settings"]))


def salib_problem(names: list[str]) -> dict[str, Any]:
    """SALib's definition of so many axes of the unit cube."""
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0] for _ in names]}


def digest_of(order: NDArray[np.int64], unit: NDArray[np.float64]) -> str:
    """What tells these rows, points of them and coordinates, from any others."""
    digest = hashlib.sha256(np.ascontiguousarray(order, dtype="<i8").tobytes())
    digest.update(np.ascontiguousarray(unit, dtype="<f8").tobytes())
    return digest.hexdigest()[:16]
