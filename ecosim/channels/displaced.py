"""Where researchers go who have to leave their country, and how many of them work there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.world.facts import World


def reached(handles: Handles, world: World) -> NDArray[np.float64]:
    """Share of the displaced of the first country who reach the second, (C, C); rows sum to 1, or to 0 if none is open.

    In proportion to how easily people move there, to how well its organisations are known (mean over sectors), to its
    researchers, as a measure of places, and to the share of them who have not been displaced themselves.
    """
    places = world.researchers_thousand * (1.0 - handles.displaced) * world.named
    weight = handles.mobility * handles.awareness.mean(axis=2) * places[None, :]
    np.fill_diagonal(weight, 0.0)
    total = weight.sum(axis=1, keepdims=True)
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0.0)


def moved(
    capacity: NDArray[np.float64], handles: Handles, world: World, at_work: float
) -> NDArray[np.float64]:  # fmt: skip
    """Working capacity of each country's organisations beside that at rest, those who left and arrived counted, (C,).

    Parameters
    ----------
    capacity : ndarray of float, shape (C,)
        Of those who were there before anybody left.
    at_work : float
        Share of those who arrive that finds work in research by itself (``behaviour.work.displaced_at_work``); the
        handle *refuge* closes a share of the rest.

    Notes
    -----
    A researcher of one country does there the work of one of the other. Those who arrive are paid from what their hosts
    have: with more hands the same grants are worked off sooner.
    """
    if not handles.displaced.any():
        return capacity
    researchers = world.researchers_thousand
    left = handles.displaced * researchers
    working = at_work + (1.0 - at_work) * handles.refuge
    arrived = (left[:, None] * reached(handles, world) * working).sum(axis=0)
    gained = np.divide(arrived, researchers, out=np.zeros_like(arrived), where=researchers > 0.0)
    found = np.asarray(capacity * (1.0 - handles.displaced) + gained)
    # as the handle at rest: an array that may be written is of another type, and loops over it are compiled anew
    found.setflags(write=False)
    return found
