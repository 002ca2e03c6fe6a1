"""Ties: what two organisations remember of each other.

A tie holds trust in [0, 1], the number of partnerships begun together and the month in which one last ended. Ties are
kept in an open-addressing hash table keyed by the content keys of the two organisations, so that neither the order of
events nor the growth of the table changes an answer. In a large world no table is larger, so a tie takes 16 bytes, and
the table grows in small steps where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ecosim.kernels import kernel, kernel_row
from ecosim.numerics import half_to

# Sixteen bits hold 2,700 years of months either way: a run has fewer than 4,000, real projects begin in 1900 or later.
TIE = np.dtype([("pair", np.uint64), ("trust", np.float32), ("joint", np.int16), ("last_month", np.int16)], align=True)

#: At most this share of the slots is taken. More slots cost memory, fewer cost time in every search.
FULLEST = 0.75

#: A table of more slots than this grows by an eighth, where it stands; smaller ones double.
_LARGE = 1 << 20

#: Room that a large table gets when it must move, in times its size. What is not used is not resident.
_ROOM = 4


@kernel_row
def pair_key(a, b):
    """Content key of an unordered pair of organisations (never 0: the two differ)."""
    low = min(np.uint64(a), np.uint64(b))
    high = max(np.uint64(a), np.uint64(b))
    return (low << np.uint64(32)) | high


@kernel_row
def first_slot(ties, pair):
    """Slot where to begin to look for a pair: a splitmix finaliser, spread over the slots in its own order."""
    h = pair
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    h = h ^ (h >> np.uint64(31))
    return ((h >> np.uint64(32)) * np.uint64(len(ties))) >> np.uint64(32)


@kernel_row
def _next(ties, slot):
    """The slot after one; the first after the last."""
    slot += np.uint64(1)
    return slot * np.uint64(slot < np.uint64(len(ties)))


@kernel_row
def _slot(ties, pair, slot):
    """Slot that holds the pair, or the empty one where it belongs, looking on from ``slot`` (linear probing)."""
    while ties[slot].pair != np.uint64(0) and ties[slot].pair != pair:
        slot = _next(ties, slot)
    return slot


@kernel_row
def recall(ties, pair, slot, month, half_life_months):
    """Trust of a pair in a month, faded since their last joint work, and partnerships begun together.

    Both are 0 for strangers. ``slot`` is the pair's :func:`first_slot`.
    """
    slot = _slot(ties, pair, slot)
    tie = ties[slot]
    if tie.pair == np.uint64(0):
        return 0.0, 0
    if tie.trust == 0.0:
        return 0.0, int(tie.joint)
    return tie.trust * half_to((month - tie.last_month) / half_life_months), int(tie.joint)


@kernel_row
def _place(ties, pair, month):
    """Slot of a pair, with a new tie in it if they had none; returns the slot and 1 if the tie is new."""
    slot = _slot(ties, pair, first_slot(ties, pair))
    if ties[slot].pair == pair:
        return slot, 0
    ties[slot].pair = pair
    ties[slot].last_month = month
    return slot, 1


@kernel
def remember(ties, pair, month, half_life_months, gain, loss):
    """Update one tie after joint work; returns 1 if the tie is new.

    Trust moves by ``gain`` of what it lacks (success) or loses the share ``loss`` (failure).
    """
    slot, new = _place(ties, pair, month)
    trust = ties[slot].trust * half_to((month - ties[slot].last_month) / half_life_months)
    ties[slot].trust = (trust + gain * (1.0 - trust)) * (1.0 - loss)
    ties[slot].last_month = month
    return new


@kernel
def begin(ties, pair, month):
    """Count one more joint partnership from its award on; returns 1 if the tie is new."""
    slot, new = _place(ties, pair, month)
    ties[slot].joint += 1
    return new


@kernel
def _spread(ties, before, settled):
    """Give every tie its place among all slots, where the first ``before`` of them were all there were, in place.

    A tie that finds another in its place, which has yet to move, takes it and sends the other on. Whatever stands
    between a tie's first slot and its own has moved before, so that looking from there finds it.

    Parameters
    ----------
    settled : ndarray of bool, shape (slots,)
        False; receives which slots hold ties in their places.
    """
    # From the top: there is room above, and what moves up meets little that has yet to move.
    for k in range(before):
        at = before - 1 - k
        if settled[at] or ties[at].pair == np.uint64(0):
            continue
        pair = ties[at].pair
        trust = ties[at].trust
        joint = ties[at].joint
        last_month = ties[at].last_month
        ties[at].pair = np.uint64(0)
        ties[at].trust = np.float32(0.0)
        ties[at].joint = np.int16(0)
        ties[at].last_month = np.int16(0)
        while pair != np.uint64(0):
            slot = first_slot(ties, pair)
            while settled[slot]:
                slot = _next(ties, slot)
            settled[slot] = True
            there = ties[slot]
            pair, there.pair = there.pair, pair
            trust, there.trust = there.trust, trust
            joint, there.joint = there.joint, joint
            last_month, there.last_month = there.last_month, last_month


class Ties:
    """The hash table of all ties.

    Parameters
    ----------
    capacity : int
        First number of slots.

    Attributes
    ----------
    slots : ndarray, dtype ``TIE``
        The slots; those with pair 0 are empty.
    n : int
        Ties held.
    """

    def __init__(self, capacity: int = 1 << 14) -> None:
        self.slots: NDArray[np.void] = _room_for(capacity)[:capacity]
        self.n = 0

    def reserve(self, more: int) -> None:
        """Make room so that the table stays at most :data:`FULLEST` after that many new ties."""
        before = capacity = len(self.slots)
        while self.n + more > FULLEST * capacity:
            capacity += capacity // 8 if capacity > _LARGE else capacity
        if capacity == before:
            return
        # The slots are a view of all the room there is: while it lasts, there are never two tables.
        room = self.slots.base
        assert room is not None
        if capacity > len(room):
            room = _room_for(capacity)
            room[:before] = self.slots
        self.slots = room[:capacity]
        _spread(self.slots, before, np.zeros(capacity, dtype=np.bool_))

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[np.void]:
        """Ties in the order of their pair keys."""
        used = self.slots[self.slots["pair"] != 0]
        return iter(used[np.argsort(used["pair"], kind="stable")])

    def copy(self) -> Ties:
        """An independent copy."""
        other = Ties(len(self.slots))
        other.slots[:] = self.slots
        other.n = self.n
        return other


def _room_for(capacity: int) -> NDArray[np.void]:
    """Empty slots to grow into."""
    return np.zeros(capacity * _ROOM if capacity > _LARGE else capacity, dtype=TIE)
