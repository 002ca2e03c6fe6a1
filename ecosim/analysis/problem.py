"""The design of a sweep over points, as an analysis of sensitivity needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Problem:
    """What an analysis of sensitivity needs: the sample in the order of the design, and what its axes mean."""

    #: ``morris``, ``saltelli``, ...
    design: str
    #: SALib's definition, in the unit cube: ``num_vars``, ``names``, ``bounds``.
    salib: dict[str, Any]
    #: (rows, inputs) coordinates in the unit cube, in the order of the design.
    sample: NDArray[np.float64]
    #: (rows,) number of the point of each row: column ``point`` of the design table and of the measures.
    points: NDArray[np.int64]
    #: A row per row of the sample, a column per input: the values themselves.
    values: pd.DataFrame
    #: What was asked for: ``points``, ``seed``; and ``levels`` (Morris) or ``second_order`` (Saltelli).
    settings: dict[str, Any]

    @property
    def names(self) -> list[str]:
        """Names of the inputs."""
        return list(self.salib["names"])
