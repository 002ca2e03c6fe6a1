"""Step 8: what the month's work yields, and how partnerships that ended are remembered and settled."""

from __future__ import annotations

import numpy as np

from ecosim.ledger import OWN_BOOK, Account
from ecosim.month.health import health_follows
from ecosim.outcomes import autonomy, collaboration, innovation, knowledge, network, output
from ecosim.outcomes.collaboration import PRINCIPAL
from ecosim.partnerships import register
from ecosim.partnerships import work as working
from ecosim.record import BY_COUNTRY
from ecosim.setting import Setting
from ecosim.state import State
from ecosim.tables import COMPLETED, FAILED, WITHDRAWN


def outcomes_follow(state: State, setting: Setting) -> None:
    """See what the work yields and teaches, measure it, draw what shows of it, then close what ended.

    Writes ``record``, ``knowledge``, ``skill``, ``ties``, ``organisations`` (load, experience), ``partnerships`` and
    ``seats`` (settlement), ``active``, ``ledger`` (money freed) and ``health``.
    """
    _yield(state, setting)
    _measure(state, setting)
    _look_at_dependence(state, setting)
    health_follows(state, setting)
    made = np.zeros(3, dtype=np.int64)
    innovation.innovate(
        setting.key, state.month, state.active, state.partnerships.rows, state.seats.rows, state.organisations,
        state.effects.mobility, setting.parameters_in(state.month), made,
        state.record.publications_by_sector[state.month],
    )  # fmt: skip
    state.record.put(
        publications=made[innovation.PUBLICATIONS],
        patents=made[innovation.PATENTS],
        exchanges=made[innovation.EXCHANGES],
    )
    _close(state, setting)
    register.drop_past(state)


def _yield(state: State, setting: Setting) -> None:
    """Output of the month's work, and what those who worked learn from it."""
    parameters = setting.parameters_in(state.month)
    effects, population = state.effects, setting.population
    reached = setting.full_access
    if effects.knowledge_closed and parameters["output_access"][0] > 0.0:
        reached = knowledge.access(
            state.knowledge, state.organisations, effects.knowledge_access, setting.base.knowledge_access
        )
    output.yield_output(
        state.active, state.partnerships.rows, state.seats.rows, state.organisations, state.knowledge, state.skill,
        reached, effects.pace, parameters, state.record.by_country[state.month, BY_COUNTRY["output_by_country"]],
    )  # fmt: skip
    if setting.config.mechanisms.learning:
        knowledge.learn(
            state.month, state.active, state.partnerships.rows, state.seats.rows, state.organisations,
            population.knowledge, setting.knowledge_level, setting.learned_per_output, parameters, state.knowledge,
            state.skill,
        )  # fmt: skip


def _measure(state: State, setting: Setting) -> None:
    record = state.record
    first = record.columns[collaboration.OUTCOMES[0][0]]
    totals = record.rows[state.month, first : first + len(collaboration.OUTCOMES)]
    parts = np.zeros((len(PRINCIPAL), 3))
    at_risk = np.zeros((len(setting.risk.labels), len(PRINCIPAL), 2))
    frozen = collaboration.measure(
        state.active, state.partnerships.rows, state.seats.rows, setting.announcement_month, totals[:-1], parts,
        at_risk, record.by_country[state.month],
    )  # fmt: skip
    totals[-1] = frozen / 100.0
    record.put(
        giant_component_share=network.giant_component_share(
            state.active, state.partnerships.rows, state.seats.rows, len(state.organisations)
        )
    )
    record.put_principal(parts, at_risk)


def _look_at_dependence(state: State, setting: Setting) -> None:
    """Measure on whom the month's work depends and how long partnerships last, before what ended is closed."""
    record, month = state.record, state.month
    first = record.columns[autonomy.OUTCOMES[0][0]]
    row = record.rows[month, first : first + len(autonomy.OUTCOMES)]
    standing = autonomy.STANDING
    autonomy.lasting(month, state.active, state.partnerships.rows, row[standing:])
    first_by_country = record.country_names.index(autonomy.COUNTRY_OUTCOMES[0][0])
    countries = slice(first_by_country, first_by_country + len(autonomy.COUNTRY_OUTCOMES))
    by_country = record.by_country[month, countries]
    if month > 0 and (month - setting.announcement_month) % autonomy.EVERY:
        row[:standing] = record.rows[month - 1, first : first + standing]
        by_country[:] = record.by_country[month - 1, countries]
        return
    autonomy.depend(
        state.active, state.partnerships.rows, state.supplies.rows, state.seats.rows, state.knowledge, row[:standing],
        by_country,
    )  # fmt: skip


def _close(state: State, setting: Setting) -> None:
    month = state.month
    n_funders = setting.n_funders
    lengths = {"paid": n_funders, "recovered": n_funders, "released": n_funders, "cents": 4, "ended": 5}
    settled = working.Settled(**{name: np.zeros(n, dtype=np.int64) for name, n in lengths.items()})
    cents, ended = settled.cents, settled.ended
    state.ties.reserve(int(working.most_new_ties(state.active, state.partnerships.rows)))
    kept, new_ties = working.close(
        month, state.active, state.rows, state.handles.payment, state.handles.results_shown,
        setting.parameters_in(month), settled,
    )  # fmt: skip
    state.active = state.active[:kept].copy()
    state.ties.n += int(new_ties)
    again = setting.parameters_in(month)["programme_reallocate"]
    for funder in range(n_funders):
        # Freed money goes to later calls or back to the treasury, as the funder's rule says.
        freed_to = Account.UNSPENT if again[funder] else Account.RETURNED
        state.ledger.post(month, funder, Account.COMMITTED, Account.PAID, int(settled.paid[funder]))
        state.ledger.post(month, funder, Account.PAID, freed_to, int(settled.recovered[funder]))
        state.ledger.post(month, funder, Account.COMMITTED, freed_to, int(settled.released[funder]))
    state.ledger.post(month, OWN_BOOK, Account.ADVANCED, Account.RESERVES, int(cents[working.REPAID]))
    state.ledger.post(month, OWN_BOOK, Account.ADVANCED, Account.OWN_WORK, int(cents[working.WRITTEN_OFF]))
    state.record.put(
        partnerships_completed=ended[COMPLETED],
        partnerships_failed=ended[FAILED],
        partnerships_withdrawn=ended[WITHDRAWN],
    )
