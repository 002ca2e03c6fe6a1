"""Step 5: funders evaluate proposals and award grants; work starts after the time to grant."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.ledger import Account
from ecosim.partnerships.consortium import found
from ecosim.partnerships.drafts import Drafts
from ecosim.partnerships.evaluation import Purse, award, count_seats, rank_circles_apart, rate
from ecosim.pipeline.approvals import research_waits
from ecosim.programmes.calls import agency_free, bill, charge
from ecosim.setting import Setting
from ecosim.state import State
from ecosim.tables import PROGRAMME


def funders_award(state: State, setting: Setting, proposals: Drafts | None) -> None:
    """Evaluate the month's proposals and promise the best of them their grants.

    Writes ``ledger`` (evaluation, commitments), ``envelopes``, ``earmarked``, ``funders``, ``organisations`` (load,
    participations, memory), ``memory``, ``partnerships``, ``seats``, ``supplies``, ``register``, ``members``,
    ``active``, ``observed``, ``ties``, ``record``.
    """
    if proposals is None or len(proposals) == 0:
        return
    month = state.month
    state.record.add("proposals", len(proposals))
    rate(proposals, state, setting)
    rank_circles_apart(proposals.rows, setting.key, month)
    rules = setting.parameters_in(month)
    written = np.bincount(proposals.rows["funder"], weights=proposals.rows["members"], minlength=setting.n_funders)
    state.record.add("applicant_effort", float((written * rules["programme_proposal_person_months"]).sum()))
    first_new = state.seats.n
    # One purse for all calls of the month: what an agency promises in one it cannot promise in another.
    free = agency_free(state.ledger, setting.agency_of, state.envelopes, state.earmarked)
    # every proposal has its lead
    for funder in np.flatnonzero(written).tolist():
        _award(state, setting, proposals, funder, free)
    first_founded = state.partnerships.n
    found(proposals, state, setting)
    if setting.config.mechanisms.stages:
        research_waits(state, setting, first_founded)
    new = state.seats.used[first_new:]
    by_programme = state.partnerships.rows["funder"][new["partnership"]] == PROGRAMME
    own_cents = (new["grant_cents"] - new["other_cents"])[by_programme]
    np.add.at(state.record.granted_cents[month], new["country"][by_programme], own_cents)
    if new["other_cents"].any():
        _commit_for_others(state, new)
    state.record.add("awards", int(proposals.rows["awarded"].sum()))


def _commit_for_others(state: State, new: NDArray[np.void]) -> None:
    """Let agencies promise what new seats of their organisations get in grants that others award."""
    for funder in np.unique(new["payer"][new["other_cents"] > 0]).tolist():
        promised = int(new["other_cents"][new["payer"] == funder].sum())
        state.ledger.post(state.month, funder, Account.UNSPENT, Account.COMMITTED, promised)


def _award(
    state: State, setting: Setting, proposals: Drafts, funder: int, free: NDArray[np.int64]
) -> None:  # fmt: skip
    """Let one funder promise the best of its proposals their grants, and pay its evaluators.

    ``free`` is what agencies can still promise their organisations in others' grants, lowered in place.
    """
    month, rules = state.month, setting.parameters_in(state.month)[funder]
    asked = proposals.rows["funder"] == funder
    held = np.zeros(setting.world.n_countries)
    if rules["programme_portfolio_evenness"] > 0.0:
        count_seats(funder, state.active, state.partnerships.rows, state.seats.rows, held)
    earmarked = state.earmarked if funder == PROGRAMME else np.zeros_like(state.earmarked)
    purse = Purse(state.envelopes[funder], earmarked, free, int(state.ledger.ahead_cents[funder]))
    awarded = award(
        proposals, asked, state.organisations, setting.world.bloc, purse, held, rules["programme_portfolio_evenness"],
        state.effects.eligibility, setting.agency_of, setting.parameters_in(month),
    )  # fmt: skip
    rows, won = proposals.rows, proposals.rows["awarded"] & asked
    committed = int((rows["grant_cents"][won] - rows["other_cents"][won]).sum())
    state.ledger.post(month, funder, Account.UNSPENT, Account.COMMITTED, committed)
    _pay_evaluators(state, funder, rules["programme_evaluation_cost_eur"], proposals.rows["sector"][asked])
    state.funders["awards"][funder] += awarded


def _pay_evaluators(state: State, funder: int, cost_eur: float, sectors: NDArray[np.int8]) -> None:
    """Take what evaluation cost from the sectors' envelopes, to be paid back like an award that overdraws.

    Taken before the awards it would close a sector whose envelope holds little, the more often the smaller the world.
    """
    written = np.bincount(sectors, minlength=state.envelopes.shape[1])
    taken = written * int(cost_eur * 100.0)
    bound = int(state.earmarked.sum()) if funder == PROGRAMME else 0
    if taken.sum() <= state.ledger.available(Account.UNSPENT, funder) - bound:
        state.envelopes[funder] -= taken
        charge(state.ledger, state.month, funder, int(taken.sum()))
    else:
        bill(state.ledger, state.month, funder, state.funders, int(taken.sum()), 0)
