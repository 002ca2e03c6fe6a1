"""Who comes in: organisations funded for the first time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Monthly columns measured here: name, unit, meaning.
OUTCOMES: tuple[tuple[str, str, str], ...] = (
    ("newcomers", "organisations", "In a funded partnership for the first time"),
    ("newcomers_peripheral", "organisations", "Of these, from peripheral countries"),
)


def ever_funded(organisations: NDArray[np.void]) -> dict[str, int]:
    """Organisations in a funded partnership up to now, by column; a month's newcomers are what it adds.

    Parameters
    ----------
    organisations : ndarray, shape (N,)
        Rows of dtype ``ORGANISATION``.
    """
    funded = organisations["participations"] > 0
    return {"newcomers": int(funded.sum()), "newcomers_peripheral": int((funded & organisations["peripheral"]).sum())}
