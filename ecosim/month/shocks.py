"""Step 1: shocks act or pass, organisations arrive and earn, the month's money is appropriated."""

from __future__ import annotations

import numpy as np

from ecosim.channels.handles import BELIEFS, HANDLE
from ecosim.ledger import OWN_BOOK, Account
from ecosim.month.placebo import organisation_of_median_degree
from ecosim.month.stocks import standing
from ecosim.numerics import half_to
from ecosim.partnerships.work import earn
from ecosim.setting import Setting
from ecosim.state import State

_NO_BELIEFS = tuple(name for name in HANDLE if name not in BELIEFS)


def shocks_act(state: State, setting: Setting) -> None:
    """Let shocks lower the handles, then let the month begin for organisations and funders.

    Writes ``handles`` (when an input changed), ``trust_shift``, ``organisations`` (arrival, income, fading experience;
    the placebo's removal) and ``known``, ``ledger`` (appropriation, own income), ``vanished`` and ``unsettled``.
    """
    month, config = state.month, setting.config
    if setting.placebo and month == setting.announcement_month:
        removed = organisation_of_median_degree(state)
        if removed >= 0:
            state.organisations["present"][removed] = False
    half_life = config.behaviour.trust.half_life_months
    face(state, setting)
    earned, vanished = earn(
        state.organisations, month, setting.income_cents_per_size, state.handles.firm_income,
        setting.reserve_cap_cents_per_size, half_to(1.0 / half_life),
    )  # fmt: skip
    if vanished != state.vanished:
        state.vanished = int(vanished)
        state.unsettled = True
    if setting.population.arrivals[month]:
        state.known = setting.population.known_in(month)
    state.ledger.post(month, OWN_BOOK, Account.OWN_INCOME, Account.RESERVES, int(earned))
    if state.trust_shift.any() or not setting.builder.at_rest(state.handles, "trust"):
        state.trust_shift *= half_to(1.0 / half_life)
        state.trust_shift += state.handles.trust
    if setting.awards_open(month):
        appropriated = np.floor(
            setting.appropriated_cents(month) * state.handles.appropriation
            * setting.of_own_country(state.handles.agency_money)
        )  # fmt: skip
        for funder, cents in enumerate(appropriated):
            state.ledger.post(month, funder, Account.TREASURY, Account.UNSPENT, int(cents))


def face(state: State, setting: Setting) -> None:
    """Rebuild the handles, if a shock, a stance or what instruments have built changed."""
    stances = {name: book.stance for name, book in state.decided.items() if book.stance is not None}
    handles = setting.builder.month(state.month, standing(state, setting), stances)
    if handles is state.handles:
        return
    # Belief decides who begins together, not who may stay: while it slides, work under way need not be looked into.
    if any(handles.changed(state.handles, _NO_BELIEFS)):
        state.unsettled = True
    state.handles = handles
