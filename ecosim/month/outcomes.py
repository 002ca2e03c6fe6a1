"""Step 6: what the month's work yields, and how partnerships that ended are remembered and settled."""

from __future__ import annotations

import numpy as np

from ecosim.ledger import Account
from ecosim.outcomes import collaboration, innovation, network
from ecosim.outcomes.collaboration import PRINCIPAL
from ecosim.outcomes.record import BY_COUNTRY
from ecosim.partnerships import work as working
from ecosim.setting import Setting
from ecosim.state import State
from ecosim.tables import COMPLETED, FAILED, WITHDRAWN


def outcomes_follow(state: State, setting: Setting) -> None:
    """Measure collaboration, draw outputs, then close what ended.

    Writes ``record``, ``ties``, ``organisations`` (load, experience), ``partnerships`` and ``seats`` (settlement),
    ``active`` and ``ledger`` (money freed).
    """
    _measure(state, setting)
    made = np.zeros(3, dtype=np.int64)
    innovation.innovate(
        setting.key, state.month, state.active, state.partnerships.rows, state.seats.rows, state.organisations,
        state.effects.mobility, setting.parameters_in(state.month), made,
    )  # fmt: skip
    state.record.put(
        publications=made[innovation.PUBLICATIONS],
        patents=made[innovation.PATENTS],
        exchanges=made[innovation.EXCHANGES],
    )
    _close(state, setting)


def _measure(state: State, setting: Setting) -> None:
    totals = np.zeros(len(collaboration.OUTCOMES) - 1)
    parts = np.zeros((len(PRINCIPAL), 3))
    at_risk = np.zeros((len(setting.risk.labels), len(PRINCIPAL), 2))
    by_country = state.record.by_country[state.month]
    frozen = collaboration.measure(
        state.active, state.partnerships.rows, state.seats.rows, setting.announcement_month, totals, parts, at_risk,
        by_country[BY_COUNTRY["leads_by_country"]], by_country[BY_COUNTRY["members_by_country"]],
    )  # fmt: skip
    names = [name for name, _, _ in collaboration.OUTCOMES]
    state.record.put(**dict(zip(names, (*totals.tolist(), frozen / 100.0), strict=True)))
    state.record.put(
        giant_component_share=network.giant_component_share(
            state.active, state.partnerships.rows, state.seats.rows, len(state.organisations)
        )
    )
    state.record.put_principal(parts, at_risk)


def _close(state: State, setting: Setting) -> None:
    month = state.month
    n_funders = len(state.funders)
    paid = np.zeros(n_funders, dtype=np.int64)
    recovered = np.zeros(n_funders, dtype=np.int64)
    released = np.zeros(n_funders, dtype=np.int64)
    cents = np.zeros(4, dtype=np.int64)
    ended = np.zeros(5, dtype=np.int64)
    state.ties.reserve(int(working.most_new_ties(state.active, state.partnerships.rows)))
    kept, new_ties = working.close(
        month, state.active, state.partnerships.rows, state.seats.rows, state.organisations, state.ties.slots,
        state.handles.payment, setting.parameters_in(month), paid, recovered, released, cents, ended,
    )  # fmt: skip
    state.active = state.active[:kept].copy()
    state.ties.n += int(new_ties)
    # Freed money goes to later calls or back to the treasury, as the programme's rule says.
    freed_to = Account.UNSPENT if setting.programme(month).reallocate else Account.RETURNED
    for funder in range(n_funders):
        state.ledger.post(month, funder, Account.COMMITTED, Account.PAID, int(paid[funder]))
        state.ledger.post(month, funder, Account.PAID, freed_to, int(recovered[funder]))
        state.ledger.post(month, funder, Account.COMMITTED, freed_to, int(released[funder]))
    state.ledger.post(month, 0, Account.ADVANCED, Account.RESERVES, int(cents[working.REPAID]))
    state.ledger.post(month, 0, Account.ADVANCED, Account.OWN_WORK, int(cents[working.WRITTEN_OFF]))
    state.record.put(
        partnerships_completed=ended[COMPLETED],
        partnerships_failed=ended[FAILED],
        partnerships_withdrawn=ended[WITHDRAWN],
    )
