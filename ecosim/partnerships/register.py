"""The register: who sits in every partnership there has been, in the few bytes that search reads.

Every partnership has a number of its own, from 0 in the order of founding, and a row of the register at that number.
Organisations remember numbers. So search never reads the long rows of partnerships and seats, and rows of unfunded work
that is over can be dropped: in a large world there are ten of them for each that runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.kernels import kernel, kernel_row
from ecosim.tables import ACTIVE, N_TYPES

if TYPE_CHECKING:
    from ecosim.state import State
    from ecosim.tables import Table

#: Rows are dropped when so many can be. Small worlds keep theirs: there it saves nothing, and all of them can be read.
DROPPED_TOGETHER = 1 << 15

#: Months between looks at how many can be. What is over is kept to the end of its month at least, for those who
#: measure it.
_MONTHS_BETWEEN = 6


@kernel_row
def _kind(row, seats, organisations):
    """The type of most of its members, the first of equals."""
    kind, most = 0, -1
    for t in range(N_TYPES):
        count = 0
        for m in range(row.seats):
            who = seats[row.first_seat + m].organisation
            count += who >= 0 and organisations[who].type == t
        if count > most:
            kind, most = t, count
    return kind


@kernel
def _enter(partnerships, first, last, seats, organisations, register, members, n_members):
    for a in range(first, last):
        row = partnerships[a]
        entry = register[row.number]
        entry.first_member = n_members
        entry.members = row.seats
        entry.sector = row.sector
        entry.kind = _kind(row, seats, organisations)
        entry.generation = row.generation
        entry.grown_from = row.grown_from
        entry.core_seats = row.core_seats
        entry.circle = row.circle
        entry.start_month = row.start_month
        entry.funded = row.funder >= 0
        for m in range(row.seats):
            members[n_members].organisation = seats[row.first_seat + m].organisation
            n_members += 1


def enter(state: State, first: int, new_seats: int) -> None:
    """Enter the partnerships from a row on, with so many seats, into the register, in place.

    Their rows know their numbers.
    """
    partnerships, seats = state.partnerships, state.seats
    state.register.reserve(partnerships.n - first)
    state.members.reserve(new_seats)
    _enter(
        partnerships.rows, first, partnerships.n, seats.rows, state.organisations, state.register.rows,
        state.members.rows, state.members.n,
    )  # fmt: skip
    state.register.n += partnerships.n - first
    state.members.n += new_seats


def number(partnerships: Table, first_number: int, more: int) -> None:
    """Give the rows about to be used their numbers, in place; the caller has made room."""
    partnerships.rows["number"][partnerships.n : partnerships.n + more] = np.arange(
        first_number, first_number + more, dtype=np.int32
    )


@kernel
def _leave(departures, first, last, register, members):
    for d in range(first, last):
        gone = departures[d]
        entry = register[gone.partnership]
        for m in range(entry.first_member, entry.first_member + entry.members):
            if members[m].organisation == gone.organisation:
                members[m].organisation = -1


def leave(state: State, first: int) -> None:
    """Let the register follow the departures from one on, in place: the seats are vacant."""
    _leave(state.departures.rows, first, state.departures.n, state.register.rows, state.members.rows)


@kernel
def _rewrite(rows, partnerships, seats, register, members):
    for a in rows:
        row = partnerships[a]
        first = register[row.number].first_member
        for m in range(row.seats):
            members[first + m].organisation = seats[row.first_seat + m].organisation


def rewrite(state: State, rows: NDArray[np.int32]) -> None:
    """Write anew who sits in these rows of partnerships, in place."""
    _rewrite(rows, state.partnerships.rows, state.seats.rows, state.register.rows, state.members.rows)


# ---- rows that nothing reads any more


@kernel
def _is_past(row, month):
    """Whether a row is unfunded work that ended before a month."""
    return row.funder < 0 and row.status > ACTIVE and row.ended_month < month


@kernel
def _count_past(partnerships, n, month):
    past = 0
    for a in range(n):
        past += _is_past(partnerships[a], month)
    return past


@kernel
def _drop(partnerships, n, seats, supplies, month, active):
    """Move what is kept together, in order and in place; returns partnerships, seats and supplies kept."""
    kept = 0
    kept_seats = 0
    kept_supplies = 0
    at = 0
    for a in range(n):
        if _is_past(partnerships[a], month):
            continue
        # Those under way stand in the order of their rows.
        if at < len(active) and active[at] == a:
            active[at] = kept
            at += 1
        first = partnerships[a].first_seat
        partnerships[kept] = partnerships[a]
        row = partnerships[kept]
        row.first_seat = kept_seats
        for m in range(row.seats):
            seats[kept_seats] = seats[first + m]
            seats[kept_seats].partnership = kept
            kept_seats += 1
        first = row.first_supply
        row.first_supply = kept_supplies
        for k in range(row.supplies):
            supplies[kept_supplies] = supplies[first + k]
            supplies[kept_supplies].partnership = kept
            kept_supplies += 1
        kept += 1
    return kept, kept_seats, kept_supplies


def drop_past(state: State) -> None:
    """Drop the rows, seats and supplies of unfunded work that ended before this month, in place, if they are many.

    What is left keeps its order. The register keeps who took part, and departures who left.
    """
    if (state.month + 1) % _MONTHS_BETWEEN != 0:
        return
    partnerships, seats, month = state.partnerships, state.seats, state.month
    if _count_past(partnerships.rows, partnerships.n, month) < DROPPED_TOGETHER:
        return
    supplies = state.supplies
    kept, kept_seats, kept_supplies = _drop(
        partnerships.rows, partnerships.n, seats.rows, supplies.rows, month, state.active
    )
    for table, n in ((partnerships, kept), (seats, kept_seats), (supplies, kept_supplies)):
        # Whoever takes a row finds it empty.
        table.rows[n : table.n] = np.zeros((), dtype=table.rows.dtype)
        table.n = n


# ---- reading


def rows_of(state: State, numbers: NDArray[np.int32]) -> NDArray[np.intp]:
    """Row of each partnership of a number; -1 where its row has been dropped."""
    known = state.partnerships.used["number"]
    if len(known) == 0:
        return np.full(len(numbers), -1, dtype=np.intp)
    rows = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return np.where(known[rows] == numbers, rows, -1)


def unfunded_members(
    state: State, first_month: int, last_month: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:  # fmt: skip
    """Who took part in unfunded work that started from one month to another, members that left included.

    Returns
    -------
    (ndarray, ndarray)
        Number of the partnership and row of the organisation, an entry for each member.
    """
    register, gone = state.register.used, state.departures.used
    wanted = ~register["funded"] & (register["start_month"] >= first_month) & (register["start_month"] <= last_month)
    of = np.repeat(np.arange(len(register)), register["members"])
    organisation = state.members.used["organisation"]
    here = wanted[of] & (organisation >= 0)
    left = wanted[gone["partnership"]]
    return (
        np.concatenate([of[here], gone["partnership"][left].astype(np.int64)]),
        np.concatenate([organisation[here], gone["organisation"][left]]),
    )
