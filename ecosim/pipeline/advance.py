"""A month of all stages, in order: debts, loans, pilots, scale-up, use; and what it is recorded as."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.ledger import OWN_BOOK, Account
from ecosim.outcomes.stages import COUNTRY_OUTCOMES
from ecosim.pipeline import money
from ecosim.pipeline.approvals import agreement
from ecosim.pipeline.pilots import Met, Used, advance_sites, begin, owners_pay, run_and_judge
from ecosim.pipeline.use import (
    FAILS,
    LEAKED_CENTS,
    MONTHS_TO_REDEPLOY,
    REDEPLOYED,
    ROYALTY_CENTS,
    SUCCEEDS,
    markets,
    scale,
    use,
)
from ecosim.tables import COMPLETED, GIVEN_UP, IN_USE, PILOT, SEEKING
from ecosim.world.facts import INPUTS, REGULATION_PARTS

if TYPE_CHECKING:
    from ecosim.setting import Setting
    from ecosim.state import State

_PRODUCTS = REGULATION_PARTS.index("product_standards")


def advance(state: State, setting: Setting) -> None:
    """Let every technology go a month on, and record it."""
    record, ledger, pipeline = state.record, state.ledger, state.pipeline
    lost, guaranteed, repaid = (
        ledger.cents(Account.LOST), ledger.cents(Account.GUARANTEED), int(pipeline.claims.used["repaid_cents"].sum()),
    )  # fmt: skip
    paid = ledger.cents(Account.PILOTS)
    money.settle_debts(state, setting)
    if setting.awards_open(state.month):
        money.pledge(state, setting)
        money.lend(state, setting)
    _pilot(state, setting)
    _scale_up(state, setting)
    _use(state, setting)
    _begin(state, setting)
    technologies, claims = pipeline.technologies.used, pipeline.claims.used
    new = claims[claims["month"] == state.month]
    record.put(
        pilots_under_way=int((technologies["stage"] == PILOT).sum()),
        technologies_in_use=int((technologies["stage"] == IN_USE).sum()),
        private_money_eur=int(new["private_cents"][~new["loan"]].sum()) / 100.0,
        public_stakes_eur=int(new["public_cents"][~new["loan"]].sum()) / 100.0,
        lent_eur=int((new["public_cents"] + new["private_cents"])[new["loan"]].sum()) / 100.0,
        repaid_eur=(int(claims["repaid_cents"].sum()) - repaid) / 100.0,
        lost_eur=(ledger.cents(Account.LOST) - lost) / 100.0,
        guaranteed_eur=(ledger.cents(Account.GUARANTEED) - guaranteed) / 100.0,
        pilots_eur=(ledger.cents(Account.PILOTS) - paid) / 100.0,
    )


def _begin(state: State, setting: Setting) -> None:
    """Let research that was completed this month leave something to try; its first month of approval is the next."""
    pipeline, handles = state.pipeline, state.handles
    done = state.active[state.partnerships.rows["status"][state.active] == COMPLETED]
    seats = int(state.partnerships.rows["seats"][done].sum(dtype=np.int64))
    pipeline.technologies.reserve(len(done))
    # One row more: a partnership whose chance fails leaves none, but its owners are listed first.
    pipeline.owners.reserve(seats + 1)
    pipeline.sites.reserve(seats + 1)
    pipeline.supplies.reserve(len(INPUTS) * seats)
    counts = np.zeros(2, dtype=np.int64)
    used = Used(pipeline.technologies.n, pipeline.sites.n, pipeline.owners.n, pipeline.supplies.n)
    pipeline.technologies.n, pipeline.sites.n, pipeline.owners.n, pipeline.supplies.n = begin(
        state.month, done, state.rows, pipeline.rows, used, setting.stages.arrays,
        Met(
            handles.pilot_chance, handles.pilot_sites, agreement(handles.regulation), handles.site_start,
            state.effects.inputs,
        ),
        setting.fixed, setting.parameters_in(state.month), counts,
    )  # fmt: skip
    state.record.put(pilots=counts[0], pilot_months=counts[1])


def _pilot(state: State, setting: Setting) -> None:
    """A month of approvals, setting up and running; pilots that are over are judged."""
    pipeline, handles, month = state.pipeline, state.handles, state.month
    technologies, sites = pipeline.technologies.used, pipeline.sites.rows
    parameters = setting.parameters_in(month)
    counts = np.zeros(3)
    advance_sites(
        month, technologies, pipeline.rows, handles.approval_months, handles.recognition, state.effects.conditions,
        setting.fixed, parameters, counts,
    )  # fmt: skip
    money.pay_pilots(state, setting)
    own = owners_pay(technologies, pipeline.owners.rows, state.organisations, state.own_spent)
    state.ledger.post(month, OWN_BOOK, Account.RESERVES, Account.OWN_WORK, int(own))
    ended = np.zeros(3, dtype=np.int64)
    run_and_judge(setting.key, month, technologies, sites, parameters, ended)
    failed = np.flatnonzero((technologies["stage"] == GIVEN_UP) & (technologies["since_month"] == month))
    money.write_off(state, setting, failed)
    record = state.record
    record.add("approvals", counts[0])
    record.add("months_to_approve", counts[1])
    record.add("suppliers_switched", counts[2])
    record.add("technologies_given_up", len(failed))
    record.put(pilots_ended=ended[0], pilots_succeeded=ended[1], pilot_site_months=ended[2] / 100.0)


def _scale_up(state: State, setting: Setting) -> None:
    """A month of looking for money, and of every scale-up that has it."""
    pipeline, handles, month = state.pipeline, state.handles, state.month
    rules = setting.config.behaviour.stages
    technologies = pipeline.technologies.used
    standards, parameters = handles.regulation[_PRODUCTS], setting.parameters_in(month)
    result = np.zeros(len(technologies), dtype=np.int8)
    scale(setting.key, technologies, parameters, result)
    markets(technologies, pipeline.sites.rows, handles.recognition, standards, setting.stages.arrays.income_share)
    found = money.invest(state, setting)
    seeking = technologies["stage"] == SEEKING
    tired = np.flatnonzero(seeking & (month - technologies["since_month"] >= rules.seeking_months))
    failed, ready = np.flatnonzero(result == FAILS), np.flatnonzero(result == SUCCEEDS)
    over = np.concatenate([tired, failed])
    technologies["stage"][over] = GIVEN_UP
    technologies["since_month"][over] = month
    money.write_off(state, setting, over)
    _come_into_use(state, setting, ready)
    ventures = int(technologies["venture"][ready].sum())
    record = state.record
    record.add("technologies_given_up", len(over))
    record.put(
        scale_ups=len(found), scale_ups_failed=len(failed), ventures=ventures, licences=len(ready) - ventures,
        ventures_cross_border=_across_borders(state, ready[technologies["venture"][ready]]),
    )  # fmt: skip


def _across_borders(state: State, ventures: NDArray[np.intp]) -> int:
    """How many of these technologies have owners in two or more countries."""
    rows, owners = state.pipeline.technologies.used[ventures], state.pipeline.owners.rows
    return sum(
        len(set(owners["country"][row["first_owner"] : row["first_owner"] + row["owners"]].tolist())) > 1
        for row in rows
    )  # fmt: skip


def _come_into_use(state: State, setting: Setting, ready: NDArray[np.intp]) -> None:
    pipeline, n = state.pipeline, setting.world.n_countries
    technologies, adoption = pipeline.technologies.used, pipeline.adoption
    adoption.reserve(n * len(ready))
    for t in ready.tolist():
        rows = adoption.rows[adoption.n : adoption.n + n]
        rows["technology"], rows["country"] = t, np.arange(n)
        technologies["first_adoption"][t] = adoption.n
        technologies["stage"][t], technologies["since_month"][t] = IN_USE, state.month
        adoption.n += n


def _use(state: State, setting: Setting) -> None:
    """A month of adoption, sales, royalties and repayments."""
    pipeline, handles, record = state.pipeline, state.handles, state.record
    first = record.country_names.index(COUNTRY_OUTCOMES[0][0])
    by_country = record.by_country[state.month, first : first + len(COUNTRY_OUTCOMES)]
    totals = np.zeros(4, dtype=np.int64)
    use(
        state.month, pipeline.technologies.used, pipeline.rows, state.organisations, handles.recognition,
        handles.regulation[_PRODUCTS], handles.royalty_share, handles.leakage, setting.stages.arrays,
        setting.parameters_in(state.month), by_country, totals,
    )  # fmt: skip
    cents = int(totals[ROYALTY_CENTS])
    state.ledger.post(state.month, OWN_BOOK, Account.MARKET, Account.RESERVES, cents)
    money.service(state, setting)
    record.put(
        adopters=float(by_country[0].sum()), royalties_eur=cents / 100.0,
        royalties_leaked_eur=totals[LEAKED_CENTS] / 100.0,
        technology_jobs=float(by_country[2].sum()), technologies_redeployed=totals[REDEPLOYED],
        months_to_redeploy=totals[MONTHS_TO_REDEPLOY],
    )  # fmt: skip
