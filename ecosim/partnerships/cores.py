"""Cores: the past consortia out of which new ones grow."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.kernels import kernel, kernel_making_arrays, kernel_row
from ecosim.tables import MEMORY, MOST_GENERATIONS, N_TYPES

#: Members whose past a lead looks through for a core, and consortia it looks at where these bring none.
_ASKED_FOR_A_CORE = 8


class Alike(NamedTuple):
    """What a core must be like: its sector if possible, its kind and its size."""

    sector: int
    #: The type of most members.
    kind: int
    size: int
    seats: int
    #: Neither is more than this many times the other.
    like_size: float


class Recent(NamedTuple):
    """The funded consortia that may still be grown out of."""

    #: Their numbers by sector and type of most members, in order, and where each block begins.
    number: NDArray[np.int32]
    offset: NDArray[np.int64]
    #: Earliest month of their starts.
    since: int


@kernel_row
def _may_be_grown_out_of(entry, since):
    """Whether a consortium is of late, and its like grow out of each other."""
    return entry.grown_from > 0.0 and entry.start_month >= since


@kernel_making_arrays
def recent_consortia(register, n, n_sectors, since):
    """See :class:`Recent`, of the first n entries of the register."""
    offset = np.zeros(n_sectors * N_TYPES + 1, dtype=np.int64)
    for k in range(n):
        if _may_be_grown_out_of(register[k], since):
            offset[register[k].sector * N_TYPES + register[k].kind + 1] += 1
    for b in range(n_sectors * N_TYPES):
        offset[b + 1] += offset[b]
    number = np.empty(offset[-1], dtype=np.int32)
    place = offset.copy()
    for k in range(n):
        if _may_be_grown_out_of(register[k], since):
            b = register[k].sector * N_TYPES + register[k].kind
            number[place[b]] = k
            place[b] += 1
    return Recent(number, offset, since)


@kernel_row
def _of_like_size(seats, alike):
    """Whether neither is much larger than the other."""
    return alike.size <= alike.like_size * seats and seats <= alike.like_size * alike.size


@kernel_row
def like_consortium(past, remembered, register, alike, since):
    """The latest consortium, like in size and in the type of most members, that somebody remembers.

    One of the sector if there is any; -1 if there is none at all, or none that started ``since``.
    """
    elsewhere = -1
    for k in range(min(remembered, MEMORY)):
        candidate = past[(remembered - 1 - k) % MEMORY]
        if not _may_be_grown_out_of(register[candidate], since):
            continue
        if register[candidate].kind == alike.kind and _of_like_size(register[candidate].members, alike):
            if register[candidate].sector == alike.sector:
                return candidate
            if elsewhere < 0:
                elsewhere = candidate
    return elsewhere


@kernel_row
def _seats_filled(entry, wanted, sector, rows, topics):
    """How many seats of a draft the members of a past consortium could fill: they know the sector, types are wanted."""
    filled = 0
    for t in range(N_TYPES):
        room = wanted[t]
        m = entry.first_member
        while room > 0 and m < entry.first_member + entry.members:
            who = rows.members[m].organisation
            m += 1
            if who >= 0 and rows.organisations[who].type == t and topics[who, sector] != 0.0:
                filled += 1
                room -= 1
    return filled


@kernel_row
def _brought(lead, rows, topics, alike, wanted, since, key, tag, month):
    """The past consortium that somebody the lead has worked with brings; -1 if nobody brings one.

    Each of those asked brings the latest that it remembers, of a like size and with most members of the same type; of
    these, the one whose members can fill most seats.
    """
    remembered = min(rows.organisations[lead].remembered, MEMORY)
    lead_key = rows.organisations[lead].key
    best, most = -1, 0.0
    for attempt in range(_ASKED_FOR_A_CORE if remembered > 0 else 0):
        v, w = rnd.two_uniforms(key, lead_key, tag, month, rnd.CORE, attempt)
        entry = rows.register[rows.memory[lead, int(v * remembered)]]
        whose = rows.members[entry.first_member + int(w * entry.members)].organisation
        if whose < 0:
            continue
        known = min(rows.organisations[whose].remembered, MEMORY)
        for k in range(known):
            found = rows.memory[whose, k]
            past = rows.register[found]
            if found == best or past.kind != alike.kind or not _may_be_grown_out_of(past, since):
                continue
            if not _of_like_size(past.members, alike):
                continue
            filled = _seats_filled(past, wanted, alike.sector, rows, topics)
            rank = min(filled, alike.seats) + past.grown_from
            if rank > most:
                best, most = found, rank
    return best


@kernel_row
def _joined(lead, rows, topics, recent, alike, wanted, key, tag, month):
    """A past consortium of a like size that a stranger comes to lead; -1 if none."""
    block = alike.sector * N_TYPES + alike.kind
    first, last = recent.offset[block], recent.offset[block + 1]
    lead_key = rows.organisations[lead].key
    best, most = -1, 0.0
    for attempt in range(_ASKED_FOR_A_CORE if last > first else 0):
        v, _ = rnd.two_uniforms(key, lead_key, tag, month, rnd.CORE, _ASKED_FOR_A_CORE + attempt)
        found = recent.number[first + int(v * (last - first))]
        if not _of_like_size(rows.register[found].members, alike):
            continue
        filled = _seats_filled(rows.register[found], wanted, alike.sector, rows, topics)
        rank = min(filled, alike.seats) + rows.register[found].grown_from
        if rank > most:
            best, most = found, rank
    return best


@kernel
def core_of(lead, rows, topics, recent, alike, wanted, chance, key, tag, month, u):
    """The past consortium a new one grows out of; -1 if it is put together one by one.

    Cores re-form under other leads too, mostly under somebody who has worked with a member, at times under a stranger.
    """
    if u >= chance:
        return -1
    found = _brought(lead, rows, topics, alike, wanted, recent.since, key, tag, month)
    if found < 0:
        found = _joined(lead, rows, topics, recent, alike, wanted, key, tag, month)
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


@kernel
def join_siblings(drafts, key, month, like_size):
    """Let proposals that are put together with another of the month know it, in place.

    Whoever works together on a proposal writes others beside it, each under its own lead. The other is of the same
    funder and sector, alike in size and in the type of most members, and nearest in the types it looks for.
    """
    rows = drafts.rows
    n = len(rows)
    for d in range(n):
        draft = rows[d]
        if draft.sibling_chance > 0.0:
            u, _ = rnd.two_uniforms(key, draft.lead_key, draft.tag, month, rnd.CORE, 2 * _ASKED_FOR_A_CORE)
            # Marked as a sibling of itself until its elder is known.
            draft.elder = d if u < draft.sibling_chance else -1
    for d in range(n):
        draft = rows[d]
        if draft.elder < 0:
            continue
        draft.elder = -1
        alike = Alike(draft.sector, draft.kind, int(draft.size), 0, like_size)
        most = 0
        for e in range(n):
            other = rows[e]
            if other.sibling_chance == 0.0 or other.elder >= 0 or e == d or other.funder != draft.funder:
                continue
            if other.sector != draft.sector or other.kind != draft.kind or not _of_like_size(other.size, alike):
                continue
            same = 0
            for t in range(N_TYPES):
                same += min(drafts.open_types[d, t], drafts.open_types[e, t])
            if same > most:
                draft.elder, most = e, same
        if draft.elder >= 0 and not draft.countries_ruled:
            draft.countries_wanted = 0
