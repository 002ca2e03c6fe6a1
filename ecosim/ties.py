"""Ties: what two organisations remember of each other.

A tie holds trust in [0, 1], the number of partnerships begun together and the month in which one last ended. Ties are
kept in an open-addressing hash table keyed by the content keys of the two organisations, so that neither the order of
events nor the growth of the table changes an answer.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ecosim.kernels import kernel, kernel_row
from ecosim.numerics import half_to

TIE = np.dtype([("pair", np.uint64), ("trust", np.float32), ("joint", np.int16), ("last_month", np.int32)], align=True)


@kernel_row
def pair_key(a, b):
    """Content key of an unordered pair of organisations (never 0: the two differ)."""
    low = min(np.uint64(a), np.uint64(b))
    high = max(np.uint64(a), np.uint64(b))
    return (low << np.uint64(32)) | high


@kernel_row
def first_slot(ties, pair):
    """Slot where to begin to look for a pair (splitmix finaliser)."""
    h = pair
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    h = h ^ (h >> np.uint64(31))
    return h & np.uint64(len(ties) - 1)


@kernel_row
def _slot(ties, pair, slot):
    """Slot that holds the pair, or the empty one where it belongs, looking on from ``slot`` (linear probing)."""
    mask = np.uint64(len(ties) - 1)
    while ties[slot].pair != np.uint64(0) and ties[slot].pair != pair:
        slot = (slot + np.uint64(1)) & mask
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
def _rehash(old, new):
    for i in range(len(old)):
        if old[i].pair != np.uint64(0):
            slot = _slot(new, old[i].pair, first_slot(new, old[i].pair))
            new[slot].pair = old[i].pair
            new[slot].trust = old[i].trust
            new[slot].joint = old[i].joint
            new[slot].last_month = old[i].last_month


class Ties:
    """The hash table of all ties.

    Parameters
    ----------
    capacity : int
        First number of slots, a power of two.
    """

    def __init__(self, capacity: int = 1 << 14) -> None:
        self.slots: NDArray[np.void] = np.zeros(capacity, dtype=TIE)
        self.n = 0

    def reserve(self, more: int) -> None:
        """Make room so that the table stays at most 60 % full after that many new ties."""
        capacity = len(self.slots)
        while self.n + more > 0.6 * capacity:
            capacity *= 2
        if capacity > len(self.slots):
            grown = np.zeros(capacity, dtype=TIE)
            _rehash(self.slots, grown)
            self.slots = grown

    def __len__(self) -> int:
        return self.n

    def __iter__(self) -> Iterator[np.void]:
        """Ties in the order of their pair keys."""
        used = self.slots[self.slots["pair"] != 0]
        return iter(used[np.argsort(used["pair"], kind="stable")])

    def copy(self) -> Ties:
        """An independent copy."""
        other = Ties.__new__(Ties)
        other.slots = self.slots.copy()
        other.n = self.n
        return other
