"""What doubt does to every role in joint work: two consents for each role, once each.

``E[x, y]`` is what organisations of country x believe of those of y: that they will stay able to work with them (handle
*expectation*). Of the programme there are two beliefs that all who take part in it share: that a country stays able to
take part (``P``, *programme expectation*) and to lead (``L``, *lead expectation*), by sector.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.numerics import power_each
from ecosim.world.facts import World


class Belief(NamedTuple):
    """What is believed in work of one kind of money; C countries, S sectors."""

    #: (C, C) belief of the first in the second, in all work.
    pair: NDArray[np.float64]
    #: (C, S) belief in a country as a member and as a lead; (C, 1) where it is the same in all sectors.
    member: NDArray[np.float64]
    lead: NDArray[np.float64]


def beliefs_of(handles: Handles, heard: bool) -> tuple[Belief, Belief]:
    """Belief in work that the programme's rules bind, and in all other work.

    Parameters
    ----------
    handles : Handles
        This month's.
    heard : bool
        Whether announcements change behaviour (``mechanisms.expectation``); if not, nobody doubts.
    """
    sure = np.ones((len(handles.expectation), 1))
    if not heard:
        nobody = Belief(np.ones_like(handles.expectation), sure, sure)
        return nobody, nobody
    elsewhere = Belief(handles.expectation, sure, sure)
    in_programme = Belief(
        handles.expectation, _once(handles.programme_expectation), _once(handles.lead_expectation)
    )  # fmt: skip
    return in_programme, elsewhere


def _once(belief: NDArray[np.float64]) -> NDArray[np.float64]:
    """One column where all sectors are alike: what follows is then worked out once."""
    return belief[:, :1] if (belief == belief[:, :1]).all() else belief


def kept(belief: NDArray[np.float64], share_lost: float, response: float) -> NDArray[np.float64]:
    """What is left of a consent, in the shape of the belief: the share expected to be kept, to a power.

    Parameters
    ----------
    belief : ndarray of float
        In [0, 1].
    share_lost : float
        Share of one's work that is lost if what is doubted comes true.
    response : float
        ``behaviour.acceptance.expectation_response``.
    """
    if (belief == 1.0).all():
        return np.ones(belief.shape)
    return power_each(1.0 - share_lost * (1.0 - belief), response)


def sought(belief: Belief, share_lost: float, response: float) -> NDArray[np.float64]:
    """How far leads of the first country still look at organisations of the second, (C, C, S) or (C, C, 1).

    A compatriot that may drop out adds no doubt to the lead's own.
    """
    left = kept(belief.pair[:, :, None] * belief.member[None], share_lost, response)
    own = np.arange(len(left))
    left[own, own] = 1.0
    return left


def answer(belief: Belief, response: float) -> NDArray[np.float64]:
    """How far organisations of the second country still answer leads of the first, (C, C, S) or (C, C, 1).

    Who is asked would lose all it had: where it can take part no longer, or work no longer with the lead's country.
    What hinges on a lead that others can follow counts where the lead is taken (:func:`ready`).
    """
    return kept(belief.pair.T[:, :, None] * belief.member[None], 1.0, response)


def ready(
    belief: Belief, stake: float, response: float, look: NDArray[np.float64],
    let_in: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:  # fmt: skip
    """How far leads are still ready to start, (S, C).

    Parameters
    ----------
    stake : float
        Share that partners lose with the lead.
    look : ndarray of float, shape (C, C, S)
        How much leads of the first country look at partners of the second, before doubt.
    let_in : ndarray of float, shape (C, C, S), optional
        Share of these partners that the rules let in; all by default.

    Notes
    -----
    Two consents: the lead's own, who would lose all; and that of the partners it would look for, in proportion to how
    much it looks at them. So a doubt between two countries takes away, of what either leads, the part that it would
    have led with the other, and leaves what it leads with third ones as it is.
    """
    n = len(belief.pair)
    itself = np.diagonal(belief.pair)[:, None] * belief.lead
    own = kept(itself, 1.0, response)
    partners = belief.pair.T[:, None, :] * belief.lead[:, :, None]
    lost = 1.0 - kept(partners, stake, response)
    if not lost.any():
        return np.ascontiguousarray(np.broadcast_to(own, (n, look.shape[2])).T)
    weight = (look if let_in is None else look * let_in).transpose(0, 2, 1)
    # whole, so that sums are added in the same order whether sectors are alike or not
    lost = np.repeat(lost, weight.shape[1] // lost.shape[1], axis=1)
    total = weight.sum(axis=2)
    doubted = np.divide((weight * lost).sum(axis=2), total, out=np.zeros((n, total.shape[1])), where=total > 0.0)
    return np.ascontiguousarray((own * (1.0 - doubted)).T)


def believed_in(handles: Handles, world: World) -> NDArray[np.float64]:
    """(C,): what others believe of each country, weighed by their shares of participations; 1 without doubt."""
    weight = world.participation_share[:, None] * (1.0 - np.eye(world.n_countries))
    total = weight.sum(axis=0)
    lost = (weight * (1.0 - handles.expectation)).sum(axis=0)
    return np.asarray(1.0 - np.divide(lost, total, out=np.zeros_like(lost), where=total > 0.0))
