"""Step 6: partnerships work: attendance, substitutes, payments, effort."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.ledger import OWN_BOOK, Account
from ecosim.month.search import Scripts
from ecosim.partnerships import attendance, register, staff
from ecosim.partnerships import work as working
from ecosim.partnerships.drafts import Drafts, rule_of
from ecosim.partnerships.search import fill
from ecosim.partnerships.tax import own_spending
from ecosim.programmes.calls import agency_free, bill, free_cents
from ecosim.programmes.payments import pay
from ecosim.setting import Setting
from ecosim.state import State


def partnerships_work(state: State, setting: Setting, scripts: Scripts) -> None:
    """See who can take part, look for substitutes, pay what is due, and work.

    Writes ``partnerships``, ``seats``, ``supplies``, ``departures``, ``members``, ``memory``, ``organisations`` (load,
    reserves, participations, staff), ``ledger``, ``own_spent``, ``funders`` (what they owe), ``record`` and
    ``unsettled``.
    """
    _attend(state, setting, scripts)
    _pay(state, setting)
    _work(state, setting)


def _attend(state: State, setting: Setting, scripts: Scripts) -> None:
    month, effects = state.month, state.effects
    partnerships = state.partnerships.rows
    parameters = setting.parameters_in(month)
    n_seats = int(partnerships["seats"][state.active].sum(dtype=np.int64))
    state.departures.reserve(2 * n_seats)
    noted = attendance.Noted(
        wanted=np.empty((n_seats, 2), dtype=np.int32),
        counts=np.zeros(6, dtype=np.int64),
        written_off=np.zeros(1, dtype=np.int64),
        agency_free=agency_free(state.ledger, setting.agency_of, state.envelopes, state.earmarked),
        taken_over=np.zeros((setting.n_funders, setting.n_funders), dtype=np.int64),
    )
    counts = noted.counts
    first_departure = state.departures.n
    state.departures.n, n_wanted = attendance.attend(
        month, state.active, state.rows, state.departures.n, effects.tenure, state.unsettled, setting.fixed,
        parameters, noted,
    )  # fmt: skip
    state.unsettled = False
    register.leave(state, first_departure)
    _pass_on(state, setting, noted.taken_over)
    replaced = 0
    if n_wanted > 0:
        wanted = noted.wanted[:n_wanted]
        largest = int(partnerships["seats"][wanted[:, 0]].max())
        drafts = Drafts.empty(n_wanted, setting.world.n_countries, largest)
        order = np.zeros(n_wanted, dtype=np.uint64)
        attendance.write_vacancies(
            month, wanted, state.rows, setting.reform_month, rule_of(setting.config.programme), parameters,
            drafts.arrays, order,
        )  # fmt: skip
        by_hash = np.argsort(order, kind="stable")
        drafts = drafts.taken(by_hash)
        fill(drafts, state, setting, scripts.accepts, scripts.ask_accepts)
        state.departures.n, replaced = attendance.replace(
            month, drafts.arrays, state.rows, state.departures.n, effects.friction_replace, setting.fixed, parameters,
            noted.written_off,
        )  # fmt: skip
        register.rewrite(state, drafts.rows["partnership"])
    state.ledger.post(month, OWN_BOOK, Account.ADVANCED, Account.OWN_WORK, int(noted.written_off[0]))
    state.record.put(
        partnerships_started=counts[attendance.STARTED],
        members_suspended=counts[attendance.SUSPENSIONS],
        members_returned=counts[attendance.RETURNS],
        members_left=counts[attendance.DEPARTURES],
        members_dropped=counts[attendance.DROPS],
        leads_handed_over=counts[attendance.HANDOVERS],
        members_replaced=replaced,
    )


def _pass_on(state: State, setting: Setting, taken_over: NDArray[np.int64]) -> None:
    """Let agencies promise what another funder no longer pays their organisations, and free it there."""
    if not taken_over.any():
        return
    again = setting.parameters_in(state.month)["programme_reallocate"]
    for before, after in np.argwhere(taken_over > 0).tolist():
        cents = int(taken_over[before, after])
        freed_to = Account.UNSPENT if again[before] else Account.RETURNED
        state.ledger.post(state.month, before, Account.COMMITTED, freed_to, cents)
        state.ledger.post(state.month, after, Account.UNSPENT, Account.COMMITTED, cents)


def _pay(state: State, setting: Setting) -> None:
    month = state.month
    paid = np.zeros(setting.n_funders, dtype=np.int64)
    payments = np.zeros(setting.n_funders, dtype=np.int64)
    pay(
        setting.key, month, state.active, state.partnerships.rows, state.seats.rows, state.handles.payment,
        setting.parameters, setting.reform_month, setting.reference_parameters, paid, payments,
    )  # fmt: skip
    each_eur = setting.parameters_in(month)["programme_payment_cost_eur"]
    for funder in range(setting.n_funders):
        state.ledger.post(month, funder, Account.COMMITTED, Account.PAID, int(paid[funder]))
        cost = int(payments[funder] * each_eur[funder] * 100.0)
        free = free_cents(state.ledger, funder, state.envelopes, state.earmarked)
        bill(state.ledger, month, funder, state.funders, cost, free)


def _work(state: State, setting: Setting) -> None:
    month = state.month
    parameters = setting.parameters_in(month)
    cents = np.zeros(4, dtype=np.int64)
    counts = np.zeros(4, dtype=np.int64)
    staff.ask(month, state.active, state.partnerships.rows, state.seats.rows, state.organisations, parameters)
    supplied = working.work(
        month, state.active, state.rows, state.effects.conditions, setting.fixed, parameters, cents, counts
    )
    if len(state.own_spent) > 0:
        own_spending(
            state.active, state.rows, 100.0 * setting.config.behaviour.work.cost_per_person_month_eur, setting.price,
            state.handles.pilot_cost, state.handles.own_work, state.own_spent,
        )  # fmt: skip
    staff.follow(state.organisations, parameters)
    # Repayments first: what one partnership repays, its member may spend on another in the same month.
    state.ledger.post(month, OWN_BOOK, Account.ADVANCED, Account.RESERVES, int(cents[working.REPAID]))
    state.ledger.post(month, OWN_BOOK, Account.RESERVES, Account.OWN_WORK, int(cents[working.OWN_WORK]))
    state.ledger.post(month, OWN_BOOK, Account.RESERVES, Account.ADVANCED, int(cents[working.ADVANCED]))
    state.record.put(
        pilots=counts[working.PILOTS],
        pilot_months=counts[working.PILOT_MONTHS],
        suppliers_switched=counts[working.SWITCHES],
        supply_continuity=supplied / counts[working.SITES] if counts[working.SITES] else 1.0,
    )
