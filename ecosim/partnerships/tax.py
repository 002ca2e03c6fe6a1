"""Tax forgone: what firms spend on joint work of their own, what they claim, and what would have been done anyway."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.instruments.base import ClaimedInstrument
from ecosim.kernels import kernel
from ecosim.ledger import OWN_BOOK, Account
from ecosim.tables import PRC, PROGRAMME

if TYPE_CHECKING:
    from ecosim.setting import Setting
    from ecosim.state import State


def claimable(setting: Setting) -> bool:
    """Whether some instrument lets firms claim a share of what they spend themselves."""
    return any(isinstance(instrument, ClaimedInstrument) for _, _, instrument in setting.paid_instruments)


@kernel
def own_spending(active, rows, cents_per_person_month, price, pilot_cost, own_work, spent):
    """Write what firms spent of their own on the month's unfunded work, and what of it they would have spent anyway.

    Where a firm leads and firms like it start ``own_work`` times as much as without relief, one part in ``own_work`` of
    the work would have been begun anyway; where another organisation leads, all of it.

    Parameters
    ----------
    cents_per_person_month : float
        Cost of a person-month.
    price : ndarray of float, shape (C,)
        The same of each country beside the mean.
    pilot_cost : ndarray of float, shape (S,)
        What work at several sites costs beside one.
    own_work : ndarray of float, shape (2, C)
        The handle: by size of firm and country.
    spent : ndarray of int64, shape (N, 2)
        Receives both, in cents.
    """
    organisations = rows.organisations
    spent[:] = 0
    for a in active:
        row = rows.partnerships[a]
        if row.funder >= 0 or row.work_now <= 0.0:
            continue
        first = row.first_seat
        productive = row.productive
        if row.sites > 1:
            productive /= pilot_cost[row.sector]
        anyway = 1.0
        lead = rows.seats[first + row.lead_seat].organisation
        if lead >= 0 and organisations[lead].type == PRC:
            more = own_work[0 if organisations[lead].sme else 1, organisations[lead].country]
            if more > 1.0:
                anyway = 1.0 / more
        for m in range(row.seats):
            seat = rows.seats[first + m]
            i = seat.organisation
            if i < 0 or seat.work_now <= 0.0 or organisations[i].type != PRC:
                continue
            cents = np.int64(floor(seat.work_now / productive * cents_per_person_month * price[seat.country]))
            spent[i, 0] += cents
            spent[i, 1] += np.int64(floor(cents * anyway))


def claims(k: int, instrument: ClaimedInstrument, state: State, setting: Setting) -> NDArray[np.int64]:
    """(N,) cents that firms claim for what they spent last month, by the law in force then.

    Where the claims of a country are more than its envelope, all of them are cut alike.

    Parameters
    ----------
    k : int
        Place of the instrument in order of name.
    """
    world, country = setting.world, state.organisations["country"]
    rate = instrument.rate(world, state.stocks[k])
    claimed = np.floor(state.own_spent[:, 0] * rate[country])
    total = np.bincount(country, weights=claimed, minlength=world.n_countries)
    envelope = offered_eur(k, instrument, state).sum(axis=1) * (setting.config.world.scale * 100.0)
    cut = np.divide(envelope, total, out=np.ones_like(total), where=total > envelope)
    return np.floor(claimed * cut[country]).astype(np.int64)


def offered_eur(k: int, instrument: ClaimedInstrument, state: State) -> NDArray[np.float64]:
    """(C, C) envelope of the month per sender-host pair, EUR at full scale."""
    return state.allocation[k] * (instrument.monthly_eur * float(state.intensity[k]))


def spare(claimed: NDArray[np.int64], given: int, state: State) -> tuple[NDArray[np.int64], float]:
    """Leave firms what they claimed, as far as there is money for it.

    Parameters
    ----------
    claimed : ndarray of int64, shape (N,)
        Cents that each claims.
    given : int
        Cents that there are for all of them.

    Returns
    -------
    (ndarray of int64, shape (N,), float)
        Cents left with each; and the part of them, in EUR, that was for work that would have been done anyway.
    """
    asked = int(claimed.sum())
    if asked > given:
        claimed = claimed * given // max(asked, 1)
    state.organisations["reserves_cents"] += claimed
    total = int(claimed.sum())
    state.ledger.post(state.month, PROGRAMME, Account.UNSPENT, Account.TAX_FORGONE, total)
    state.ledger.post(state.month, OWN_BOOK, Account.TAX_SPARED, Account.RESERVES, total)
    spent = state.own_spent
    anyway = np.divide(spent[:, 1], spent[:, 0], out=np.zeros(len(spent)), where=spent[:, 0] > 0)
    return claimed, float((claimed * anyway).sum()) / 100.0
