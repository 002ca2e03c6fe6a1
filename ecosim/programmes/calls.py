"""Calls: when the programme opens one, how much money it offers, and how many proposals that draws."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.ledger import Account, Ledger
from ecosim.tables import PROGRAMME
from ecosim.world.facts import ORGANISATION_TYPES, World

if TYPE_CHECKING:
    from ecosim.config.programme import ProgrammeConfig


_GOLDEN_SECTION = 0.6180339887498949


class Shapes(NamedTuple):
    """Consortia a programme of a given size calls for.

    Attributes
    ----------
    rows : ndarray
        Rows of ``world.consortium_shapes``, sorted by sector and type of the coordinator.
    types : ndarray of int16, shape (rows, T)
        Members by type; all 0 where any may join.
    offset : ndarray of int64, shape (S * T + 1,)
        Where the rows of each sector and type of coordinator begin. A type without any takes all rows of the sector,
        and a sector without any all rows.
    mean_cents : ndarray of float, shape (S,)
        Mean grant of each sector.
    ahead_cents : int
        Largest grants of all sectors together: what the programme may promise ahead of its appropriation, so that no
        last award of a call depends on how much is left.
    """

    rows: NDArray[np.void]
    types: NDArray[np.int16]
    offset: NDArray[np.int64]
    mean_cents: NDArray[np.float64]
    ahead_cents: int


def shapes_of(world: World, yearly_cents: int) -> Shapes:
    """The observed consortia that a programme with so much money a year can fund.

    One that would take more than a year of all its money is left out: a country or a world at small scale has no room
    for the largest. The smaller half stays in any case.
    """
    rows = world.consortium_shapes
    if len(rows) == 0:
        n_sectors = len(world.sector_money_share)
        none = np.zeros(n_sectors * len(ORGANISATION_TYPES) + 1, dtype=np.int64)
        return Shapes(rows, _types(rows), none, np.full(n_sectors, np.inf), 0)
    grants = rows["grant_eur"].astype(np.int64) * 100
    return shapes_in(rows[grants <= max(yearly_cents, int(np.sort(grants)[len(grants) // 2]))], world)


def shapes_in(rows: NDArray[np.void], world: World) -> Shapes:
    """Shapes of a table of consortia (rows of dtype ``CONSORTIUM_SHAPE``, at least one)."""
    n_sectors, n_types = len(world.sector_money_share), len(ORGANISATION_TYPES)
    block = rows["sector"].astype(np.int64) * n_types + rows["coordinator"]
    by_block = np.argsort(block, kind="stable")
    rows = rows[by_block]
    offset = np.searchsorted(block[by_block], np.arange(n_sectors * n_types + 1)).astype(np.int64)
    grants = rows["grant_eur"].astype(np.int64) * 100
    of_sector = [grants[a:b] if b > a else grants for a, b in pairwise(offset[::n_types])]
    means = np.array([cents.mean() for cents in of_sector])
    return Shapes(rows, _types(rows), offset, means, sum(int(cents.max()) for cents in of_sector))


def shapes_of_years(shapes: Shapes, world: World) -> dict[int, Shapes]:
    """Those among a programme's consortia that were observed to start in a calendar year, by year.

    What a programme calls for differs from year to year, and a joint undertaking may open all its calls in one.
    """
    years = shapes.rows["start_year"]
    return {int(year): shapes_in(shapes.rows[years == year], world) for year in np.unique(years) if year > 0}


def _types(rows: NDArray[np.void]) -> NDArray[np.int16]:
    """Members of each consortium by type, (rows, T)."""
    return np.stack([rows[kind] for kind in ORGANISATION_TYPES], axis=1)


def phase_of_calls(seed: int, replicate: int) -> float:
    """Where in a cycle of calls a programme's rules start, in [0, 1): the same for all policies of a replicate.

    Steps of the golden section spread replicates evenly over the cycle, however many there are, so that over them a
    shock meets every phase (the Kronecker sequence; Niederreiter 1992, doi 10.1137/1.9781611970081).
    """
    return (rnd.named_uniform(seed, 0, "first call") + replicate * _GOLDEN_SECTION) % 1.0


def stagger(phase: float, k: int) -> float:
    """Where in its cycle the k-th funder of several starts, in [0, 1); the first at the phase itself."""
    return (phase + k * _GOLDEN_SECTION) % 1.0


def first_call_after(programme: ProgrammeConfig, u: float) -> int:
    """Months from the start of a programme's rules to its first call.

    Parameters
    ----------
    u : float
        Uniform in [0, 1): where in a cycle the rules start.
    """
    return int(u * programme.gap_months)


def call_in_step(programme: ProgrammeConfig, starts: int, together: int) -> int:
    """Month of the first call from ``starts`` on that is in step with a month in which all funders call."""
    return starts + (together - starts) % programme.gap_months


def opens_call(programme: ProgrammeConfig, since_first: int) -> bool:
    """Whether a call has its deadline so many months after the programme's first; never before that.

    Under the observed calendar one may open in any month, and :func:`offered_cents` says what it has to offer.
    """
    if programme.months_between_calls == "observed":
        return True
    return since_first >= 0 and since_first % programme.months_between_calls == 0


def offered_cents(
    programme: ProgrammeConfig, world: World, calendar_month: int, yearly_cents: int, unspent_cents: int
) -> int:
    """Money a call opening in this calendar month offers, never more than is there.

    A programme whose calls are so many months apart offers all it has. The observed calendar spreads the year's money
    so that starts follow the months of the data; what it will not need for that, such as money freed by failed work,
    it offers too.
    """
    if programme.months_between_calls != "observed":
        return unspent_cents
    share, saved = _shares_of_year(world, (calendar_month + programme.time_to_grant_months) % 12)
    return min(unspent_cents, max(int(yearly_cents * share), unspent_cents - int(yearly_cents * saved)))


@lru_cache(maxsize=96)
def _shares_of_year(world: World, start: int) -> tuple[float, float]:
    """Share of a year's money that starts in a calendar month, and what is saved for the months after it."""
    shares = np.roll(world.start_month_share, -start)
    # Later calls that offer more than the months until them bring are saved for.
    return float(shares[0]), max(0.0, float((np.cumsum(shares[1:]) - np.arange(1, 12) / 12.0).max()))


def free_cents(ledger: Ledger, funder: int, envelopes: NDArray[np.int64], earmarked: NDArray[np.int64]) -> int:
    """Cents of a funder that no earlier call set aside and no agreement binds; agreements are the programme's."""
    bound = int(earmarked.sum()) if funder == PROGRAMME else 0
    return ledger.cents(Account.UNSPENT, funder) - int(envelopes[funder].sum()) - bound


def agency_free(
    ledger: Ledger, agency_of: NDArray[np.int16], envelopes: NDArray[np.int64], earmarked: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(F,) cents that national agencies have left to pay their organisations in others' work; 0 for other funders."""
    free = np.zeros(len(envelopes), dtype=np.int64)
    agencies = agency_of[agency_of >= 0]
    if len(agencies) == 0:
        return free
    unspent = ledger.balance[agencies, Account.UNSPENT] - envelopes[agencies].sum(axis=1)
    free[agencies] = np.maximum(unspent - np.where(agencies == PROGRAMME, earmarked.sum(), 0), 0)
    return free


def fundable(envelopes: NDArray[np.int64], mean_cents: NDArray[np.float64]) -> NDArray[np.float64]:
    """Awards a call is expected to make in each sector, shape (S,).

    What the envelope covers, and one more, for the last award may overdraw it; none while it is in debt.
    """
    return np.where(envelopes > 0, envelopes / mean_cents + 1.0, 0.0)


def set_aside(envelopes: NDArray[np.int64], offered_cents: int, share: NDArray[np.float64]) -> None:
    """Divide a call's money over the sectors' envelopes, in place; the last sector takes the odd cents.

    Parameters
    ----------
    share : ndarray of float, shape (S,)
        Each sector's part; sums to 1.
    """
    cents = np.floor(share * offered_cents).astype(np.int64)
    cents[-1] += offered_cents - int(cents.sum())
    envelopes += cents


def charge(ledger: Ledger, month: int, funder: int, cents: int) -> int:
    """Charge administration to the funder, as far as it may spend; returns what was charged."""
    cents = min(cents, ledger.available(Account.UNSPENT, funder))
    ledger.post(month, funder, Account.UNSPENT, Account.ADMINISTRATION, cents)
    return cents


def bill(ledger: Ledger, month: int, funder: int, funders: NDArray[np.void], cents: int, free_cents: int) -> None:
    """Charge administration to a funder out of money that is free; what it cannot pay now it owes.

    Nothing is forgiven, so that a funder that sets all its money aside at once pays for its payments too.
    """
    owed = int(funders["owed_cents"][funder]) + cents
    funders["owed_cents"][funder] = owed - charge(ledger, month, funder, min(owed, max(free_cents, 0)))
