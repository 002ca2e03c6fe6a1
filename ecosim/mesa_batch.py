"""What Mesa's tools tell a model about chance: a seed, an rng, or nothing but the number of the iteration."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from functools import cache
from types import FrameType
from typing import Any

import mesa
import numpy as np

from ecosim.errors import InputError

#: Where Mesa makes the model of one run, under this name in every 3.x.
_RUNNER, _MAKES_MODEL = "mesa.batchrunner", "_model_run_func"
#: Seeds of a scenario lie below it.
_SEEDS = 2**63
_ALLOWED = f"a whole number from 0 to {_SEEDS - 1}, or what numpy.random.default_rng takes"


def chance_of(rng: Any, overrides: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Seed and iteration of a model that is being made.

    Parameters
    ----------
    rng : object
        What the constructor was given under this name: a whole number, a sequence of them, a ``SeedSequence``, a bit
        generator, a generator (a number is drawn from it), or None.
    overrides : mapping
        What else it was given; ``seed`` and ``replicate`` are looked at.

    Returns
    -------
    (dict, int)
        The overrides with their seed, and how many replicates further than the scenario's own this run is: the
        iteration, when :func:`mesa.batch_run` makes the model and gives it no rng of its own; else 0.

    Raises
    ------
    InputError
        If seed and rng are both given, if one of them can be no seed, or if a replicate is given beside iterations,
        which would all be equal.
    """
    found = dict(overrides)
    seed = found.pop("seed", None)
    if rng is not None and seed is not None:
        raise InputError("rng", rng, problem=f"given beside seed={seed}", allowed="one of the two")
    if rng is not None:
        found["seed"] = seed_of("rng", rng)
    elif seed is not None:
        found["seed"] = seed_of("seed", seed)
    iteration = _iteration()
    if rng is not None and _batch_gives_rng():
        # the seeds of the batch are one for each iteration; counting these too would hide which seed made a run
        iteration = 0
    if iteration and found.get("replicate") is not None:
        raise InputError(
            "replicate", found["replicate"], problem="given beside iterations, which would be equal",
            allowed="iterations (they are replicates 0, 1, 2 ...), or replicate=[0, 1, 2] alone",
        )  # fmt: skip
    return found, iteration


def seed_of(key: str, given: Any) -> int:
    """The seed that a source of chance stands for; a whole number stands for itself.

    Raises
    ------
    InputError
        If it is no source of chance.
    """
    if isinstance(given, (int, np.integer)) and not isinstance(given, bool):
        number = int(given)
        # Mesa and NumPy take longer numbers; seeds of a scenario are what they always were
        return number if number < _SEEDS or key == "seed" else _state_of(np.random.SeedSequence(number))
    if isinstance(given, float) and given.is_integer() and 0 <= given < _SEEDS:
        return int(given)
    if isinstance(given, np.random.SeedSequence):
        return _state_of(given)
    if isinstance(given, (np.random.Generator, np.random.BitGenerator)):
        return int(np.random.default_rng(given).integers(_SEEDS, dtype=np.uint64))
    if isinstance(given, (list, tuple, np.ndarray)) and len(given):
        try:
            return _state_of(np.random.SeedSequence([int(part) for part in given]))
        except (TypeError, ValueError):
            pass
    raise InputError(key, given, problem="is no seed", allowed=_ALLOWED)


def _state_of(sequence: np.random.SeedSequence) -> int:
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def _iteration() -> int:
    """Number of the iteration for which ``mesa.batch_run`` is making a model; 0 outside.

    Mesa writes the number into its results and tells the model nothing of it (3.3), or calls it with ``rng=None``
    (3.5). So it is read where Mesa keeps it while it waits for the model.
    """
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == _MAKES_MODEL and frame.f_globals.get("__name__") == _RUNNER:
            names = frame.f_locals
            # once the run has its model, others that are made during it are none of its replicates
            return int(names.get("iteration", 0)) if "model" not in names else 0
        frame = frame.f_back
    return 0


@cache
def _batch_gives_rng() -> bool:
    """Whether this Mesa's batch has seeds of its own, one for each iteration."""
    return "rng" in inspect.signature(mesa.batch_run).parameters
