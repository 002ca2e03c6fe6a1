"""Cores: the past consortia out of which new ones grow."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.kernels import kernel, kernel_making_arrays, kernel_row
from ecosim.tables import MEMORY, N_TYPES

#: Members whose past a lead looks through for a core, and consortia it looks at where these bring none.
_ASKED_FOR_A_CORE = 8


class Alike(NamedTuple):
    """What a core must be like, and what is wanted of it."""

    sector: int
    #: The type of most members.
    kind: int
    #: The circle of consortia it is one of; 0 none.
    circle: int
    size: int
    #: Neither is more than this many times the other.
    like_size: float
    #: Members wanted of it.
    seats: int


class Recent(NamedTuple):
    """The funded consortia that may still be grown out of."""

    #: Their numbers in blocks, and where each block begins: by sector and type of most members, then by circle.
    number: NDArray[np.int32]
    offset: NDArray[np.int64]
    n_sectors: int
    #: Earliest month of their starts.
    since: int


#: Where nothing grows out of anything.
NONE_RECENT = Recent(np.zeros(0, dtype=np.int32), np.zeros(1, dtype=np.int64), 0, 0)


@kernel_row
def _grown_out_of(past, since):
    """Whether a consortium is of late, and its like grow out of each other."""
    return past.grown_from > 0.0 and past.start_month >= since


@kernel_row
def _block_of(like, n_sectors):
    """Block of recent consortia in which those like one stand: its circle's, if it is of one."""
    return n_sectors * N_TYPES + like.circle - 1 if like.circle > 0 else like.sector * N_TYPES + like.kind


@kernel_making_arrays
def recent_consortia(register, n, n_sectors, n_circles, since):
    """See :class:`Recent`, of the first n entries of the register."""
    n_blocks = n_sectors * N_TYPES + n_circles
    offset = np.zeros(n_blocks + 1, dtype=np.int64)
    for k in range(n):
        if _grown_out_of(register[k], since):
            offset[_block_of(register[k], n_sectors) + 1] += 1
    for b in range(n_blocks):
        offset[b + 1] += offset[b]
    number = np.empty(offset[-1], dtype=np.int32)
    place = offset.copy()
    for k in range(n):
        if _grown_out_of(register[k], since):
            b = _block_of(register[k], n_sectors)
            number[place[b]] = k
            place[b] += 1
    return Recent(number, offset, n_sectors, since)


@kernel_row
def one_like(like, recent, u):
    """Number of one of the recent consortia of the same block, each with the same chance; -1 if there is none."""
    block = _block_of(like, recent.n_sectors)
    first, last = recent.offset[block], recent.offset[block + 1]
    return recent.number[first + int(u * (last - first))] if last > first else -1


@kernel_row
def _of_like_size(seats, alike):
    """Whether neither is much larger than the other."""
    return alike.size <= alike.like_size * seats and seats <= alike.like_size * alike.size


@kernel_row
def are_alike(other, size, alike):
    """Whether another consortium is of the same circle; of none, whether it is like in sector, type and size."""
    if other.circle != alike.circle or alike.circle > 0:
        return other.circle == alike.circle
    return other.sector == alike.sector and other.kind == alike.kind and _of_like_size(size, alike)


@kernel_row
def seats_filled(past, wanted, sector, rows, topics):
    """How many seats of a draft members of a past consortium could fill: they know the sector, their types are wanted.

    Parameters
    ----------
    wanted : ndarray of int, shape (T,)
        Seats by type.
    """
    filled = 0
    for t in range(N_TYPES):
        room = wanted[t]
        m = past.first_member
        while room > 0 and m < past.first_member + past.members:
            who = rows.members[m].organisation
            m += 1
            if who >= 0 and rows.organisations[who].type == t and topics[who, sector] != 0.0:
                filled += 1
                room -= 1
    return filled


@kernel_row
def _rank(past, wanted, alike, rows, topics):
    """How well it serves as a core: whose members fill more seats; of equals, whose like come back more often."""
    return min(seats_filled(past, wanted, alike.sector, rows, topics), alike.seats) + past.grown_from


@kernel_row
def _brought(lead, wanted, alike, recent, rows, topics, key, tag, month):
    """The past consortium that somebody the lead has worked with brings; -1 if nobody brings one."""
    remembered = min(rows.organisations[lead].remembered, MEMORY)
    lead_key = rows.organisations[lead].key
    best, most = -1, 0.0
    for attempt in range(_ASKED_FOR_A_CORE if remembered > 0 else 0):
        v, w = rnd.two_uniforms(key, lead_key, tag, month, rnd.CORE, attempt)
        together = rows.register[rows.memory[lead, int(v * remembered)]]
        whose = rows.members[together.first_member + int(w * together.members)].organisation
        if whose < 0:
            continue
        for k in range(min(rows.organisations[whose].remembered, MEMORY)):
            found = rows.memory[whose, k]
            past = rows.register[found]
            if found != best and _grown_out_of(past, recent.since) and are_alike(past, past.members, alike):
                rank = _rank(rows.register[found], wanted, alike, rows, topics)
                if rank > most:
                    best, most = found, rank
    return best


@kernel_row
def _joined(lead, wanted, alike, recent, rows, topics, key, tag, month):
    """A past consortium that a stranger comes to lead; -1 if none."""
    lead_key = rows.organisations[lead].key
    best, most = -1, 0.0
    for attempt in range(_ASKED_FOR_A_CORE):
        v, _ = rnd.two_uniforms(key, lead_key, tag, month, rnd.CORE, _ASKED_FOR_A_CORE + attempt)
        found = one_like(alike, recent, v)
        if found < 0:
            break
        past = rows.register[found]
        if are_alike(past, past.members, alike):
            rank = _rank(past, wanted, alike, rows, topics)
            if rank > most:
                best, most = found, rank
    return best


@kernel
def core_of(lead, wanted, alike, recent, rows, topics, key, tag, month):
    """The past consortium a new one grows out of; -1 if there is none like it.

    Cores re-form under other leads too, mostly under somebody who has worked with a member, at times under a stranger.
    A new consortium of a circle grows out of the circle, whoever leads it.

    Parameters
    ----------
    wanted : ndarray of int, shape (T,)
        Seats by type of the observed consortium that the new one is like.
    """
    found = -1
    if alike.circle == 0:
        found = _brought(lead, wanted, alike, recent, rows, topics, key, tag, month)
    if found < 0:
        found = _joined(lead, wanted, alike, recent, rows, topics, key, tag, month)
    return found


@kernel_row
def kind_of(types, otherwise):
    """The type of most members, the first of equals; ``otherwise`` where nothing is said of types."""
    kind = np.argmax(types)
    return kind if types[kind] > 0 else otherwise


@kernel_row
def took_part(organisation, entry, members):
    """Whether an organisation is among the members of a partnership in the register."""
    for m in range(entry.first_member, entry.first_member + entry.members):
        if members[m].organisation == organisation:
            return True
    return False


@kernel_row
def _seats_alike(open_types, others):
    """Seats that two drafts want to fill with the same types."""
    alike = 0
    for t in range(N_TYPES):
        alike += min(open_types[t], others[t])
    return alike


@kernel_row
def _elder(d, drafts, like_size):
    """Position of the draft that is nearest in the types it looks for, of those that may have this one beside them."""
    draft = drafts.rows[d]
    alike = Alike(draft.sector, draft.kind, int(draft.circle), int(draft.size), like_size, 0)
    best, most = -1, 0
    for e in range(len(drafts.rows)):
        other = drafts.rows[e]
        if other.sibling_chance == 0.0 or other.elder >= 0 or other.funder != draft.funder:
            continue
        if are_alike(other, other.size, alike):
            same = _seats_alike(drafts.open_types[d], drafts.open_types[e])
            if same > most:
                best, most = e, same
    return best


@kernel
def join_siblings(drafts, like_size, key, month):
    """Let drafts that are put together with another of the month, their elder, know it; in place.

    Who works on one proposal writes others beside it, each under its own lead. Their elder goes to the same funder, in
    the same sector, and is alike in size and in the type of most members. It has no elder itself.
    """
    rows = drafts.rows
    for d in range(len(rows)):
        draft = rows[d]
        if draft.sibling_chance > 0.0:
            u, _ = rnd.two_uniforms(key, draft.lead_key, draft.tag, month, rnd.CORE, 2 * _ASKED_FOR_A_CORE)
            # Until its elder is known it stands as its own, so that nobody else takes it for one.
            draft.elder = d if u < draft.sibling_chance else -1
    for d in range(len(rows)):
        draft = rows[d]
        if draft.elder < 0:
            continue
        draft.elder = _elder(d, drafts, like_size)
        if draft.elder >= 0 and not draft.countries_ruled:
            # Who comes together again has its countries already.
            draft.countries_wanted = 0
