"""Step 4: funders evaluate proposals and award grants; work starts after the time to grant."""

from __future__ import annotations

import numpy as np

from ecosim.ledger import Account
from ecosim.partnerships.consortium import found
from ecosim.partnerships.drafts import Drafts
from ecosim.programmes.calls import bill, charge
from ecosim.programmes.evaluation import award, count_seats, rate
from ecosim.setting import Setting
from ecosim.state import State


def funders_award(state: State, setting: Setting, proposals: Drafts | None) -> None:
    """Evaluate the month's proposals and promise the best of them their grants.

    Writes ``ledger`` (evaluation, commitments), ``envelopes``, ``earmarked``, ``funders``, ``organisations`` (load,
    participations, memory), ``memory``, ``partnerships``, ``seats``, ``active``, ``observed``, ``ties``,
    ``record``.
    """
    if proposals is None or len(proposals) == 0:
        return
    month = state.month
    programme = setting.programme(month)
    state.record.add("proposals", len(proposals))
    written = int(proposals.rows["members"].sum(dtype=np.int64))
    state.record.add("applicant_effort", written * programme.proposal_person_months)
    rate(proposals, state, setting)
    held = _seats_by_country(state, setting.world.n_countries)
    awarded = award(
        proposals, state.organisations, setting.world.bloc, state.envelopes[0], state.earmarked, held,
        programme.portfolio_evenness, state.ledger.ahead_cents,
    )  # fmt: skip
    committed = int(proposals.rows["grant_cents"][proposals.rows["awarded"]].sum())
    state.ledger.post(month, 0, Account.UNSPENT, Account.COMMITTED, committed)
    _pay_evaluators(state, programme.evaluation_cost_eur, proposals)
    found(proposals, state, setting)
    state.funders["awards"][0] += awarded
    state.record.add("awards", awarded)


def _pay_evaluators(state: State, cost_eur: float, proposals: Drafts) -> None:
    """Take what evaluation cost from the sectors' envelopes, to be paid back like an award that overdraws.

    Taken before the awards it would close a sector whose envelope holds little, the more often the smaller the world.
    """
    written = np.bincount(proposals.rows["sector"], minlength=state.envelopes.shape[1])
    taken = written * int(cost_eur * 100.0)
    if taken.sum() <= state.ledger.available(Account.UNSPENT, 0) - state.earmarked.sum():
        state.envelopes[0] -= taken
        charge(state.ledger, state.month, 0, int(taken.sum()))
    else:
        bill(state.ledger, state.month, state.funders, int(taken.sum()), 0)


def _seats_by_country(state: State, n_countries: int) -> np.ndarray:
    """Seats held in the funded portfolio under way, shape (C,)."""
    held = np.zeros(n_countries)
    count_seats(state.active, state.partnerships.rows, state.seats.rows, state.organisations, held)
    return held
