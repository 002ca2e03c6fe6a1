"""Calls: when the programme opens one, how much money it offers, and how many proposals that draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.ledger import Account, Ledger
from ecosim.world.facts import World

if TYPE_CHECKING:
    from ecosim.scenario import ProgrammeConfig


def mean_grant_cents(world: World) -> NDArray[np.float64]:
    """Mean grant of the observed consortia of each sector, in cents, shape (S,)."""
    sector = world.consortium_shapes["sector"]
    grants = world.consortium_shapes["grant_eur"].astype(np.float64) * 100.0
    n_sectors = len(world.sector_money_share)
    return np.array([grants[sector == s].mean() if (sector == s).any() else grants.mean() for s in range(n_sectors)])


def shape_offsets(world: World) -> NDArray[np.int64]:
    """Where each sector's rows of ``world.consortium_shapes`` (sorted by sector) begin, shape (S + 1,)."""
    n_sectors = len(world.sector_money_share)
    return np.searchsorted(world.consortium_shapes["sector"], np.arange(n_sectors + 1)).astype(np.int64)


def first_call_after(programme: ProgrammeConfig, u: float) -> int:
    """Months from the start of a programme's rules to its first call.

    Parameters
    ----------
    u : float
        Uniform in [0, 1): where in a cycle the rules start.
    """
    return int(u * programme.gap_months)


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
    start = (calendar_month + programme.time_to_grant_months) % 12
    shares = np.roll(world.start_month_share, -start)
    # Later calls that offer more than the months until them bring are saved for.
    saved = max(0.0, float((np.cumsum(shares[1:]) - np.arange(1, 12) / 12.0).max()))
    return min(unspent_cents, max(int(yearly_cents * shares[0]), unspent_cents - int(yearly_cents * saved)))


def set_aside(envelopes: NDArray[np.int64], offered_cents: int, world: World) -> None:
    """Divide a call's money over the sectors' envelopes, in place; the last sector takes the odd cents."""
    shares = np.floor(world.sector_money_share * offered_cents).astype(np.int64)
    shares[-1] += offered_cents - int(shares.sum())
    envelopes += shares


def charge(ledger: Ledger, month: int, funder: int, cents: int) -> int:
    """Charge administration to the funder, as far as it has money left; returns what was charged."""
    cents = min(cents, ledger.cents(Account.UNSPENT, funder))
    ledger.post(month, funder, Account.UNSPENT, Account.ADMINISTRATION, cents)
    return cents


def bill(ledger: Ledger, month: int, funders: NDArray[np.void], cents: int, free_cents: int) -> None:
    """Charge administration to the programme out of money that is free; what it cannot pay now it owes.

    Nothing is forgiven, so that a programme that sets all its money aside at once pays for its payments too.
    """
    owed = int(funders["owed_cents"][0]) + cents
    funders["owed_cents"][0] = owed - charge(ledger, month, 0, min(owed, max(free_cents, 0)))
