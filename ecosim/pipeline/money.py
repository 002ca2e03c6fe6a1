"""Money of the stages: grants for pilots, loans, stakes, losses and what makes good for them, to the cent."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.channels.belief import believed_in
from ecosim.kernels import kernel
from ecosim.ledger import OWN_BOOK, Account
from ecosim.numerics import power_each
from ecosim.programmes.calls import free_cents
from ecosim.programmes.stages import Payer
from ecosim.tables import APPROVED, IN_USE, PILOT, PROGRAMME, PROVEN, SCALE_UP, SEEKING

if TYPE_CHECKING:
    from ecosim.setting import Setting
    from ecosim.state import State

# What moves when loans are repaid and when something is given up, and between which accounts.
TO_LENDERS, TO_TREASURY, LOAN_LOST, STAKE_LOST = range(4)
_MOVES = (
    (Account.LENT, Account.LENDERS),
    (Account.LENT, Account.REPAID),
    (Account.LENT, Account.LOST),
    (Account.EQUITY, Account.LOST),
)


@kernel
def _uniforms(key, month, technologies, chosen, block, out):
    for k in range(len(chosen)):
        row = technologies[chosen[k]]
        content = rnd.mix(row.lead_key, row.tag, row.proposed_month)
        out[k] = rnd.uniform(key, row.lead_key, content, month, rnd.INVESTMENT, block)


def settle_debts(state: State, setting: Setting) -> None:
    """Pay what banks owe their lenders for lost loans, and what the public owes investors, as far as the money goes."""
    ledger, pipeline = state.ledger, state.pipeline
    claims = pipeline.claims.used
    for payer in setting.stages.payers:
        if payer.kind.pays == "loan":
            live = claims[(claims["funder"] == payer.funder) & claims["loan"] & ~claims["lost"]]
            backed = int((live["private_cents"] - live["repaid_private_cents"]).sum())
            debt = -ledger.cents(Account.LENDERS, payer.funder) - backed
            paid = min(debt, ledger.cents(Account.UNSPENT, payer.funder))
            ledger.post(state.month, payer.funder, Account.UNSPENT, Account.LENDERS, paid)
    if pipeline.guarantees_owed > 0:
        free = max(free_cents(ledger, PROGRAMME, state.envelopes, state.earmarked), 0)
        paid = min(pipeline.guarantees_owed, free)
        ledger.post(state.month, PROGRAMME, Account.UNSPENT, Account.GUARANTEED, paid)
        pipeline.guarantees_owed -= paid


def pledge(state: State, setting: Setting) -> None:
    """Let private investors pledge a month's money to funds, by how much of it comes to their countries."""
    facts, ledger, months = setting.stages, state.ledger, setting.config.behaviour.stages.pledged_months
    for payer in facts.payers:
        if payer.private_cents > 0:
            weight = facts.arrays.income_share * payer.home
            comes = float((state.handles.private_money * weight).sum() / weight.sum())
            room = months * payer.private_cents - ledger.cents(Account.PLEDGED, payer.funder)
            cents = min(floor(payer.private_cents * comes), max(room, 0))
            ledger.post(state.month, payer.funder, Account.INVESTORS, Account.PLEDGED, cents)


def lend(state: State, setting: Setting) -> None:
    """Let banks lend against milestones, the oldest technologies first.

    A bank without the public money for the next waits until it has it.
    """
    pipeline, rules = state.pipeline, setting.config.behaviour.stages
    technologies = pipeline.technologies.used
    for payer in setting.stages.payers:
        if payer.kind.pays != "loan":
            continue
        bank: Any = payer.kind
        at_home = payer.home[technologies["country"]]
        approved = np.zeros(len(technologies), dtype=np.bool_)
        sites = pipeline.sites.used
        approved[sites["technology"][sites["approved_month"] >= 0]] = True
        first = at_home & approved & (technologies["stage"] == PILOT) & ((technologies["milestones"] & APPROVED) == 0)
        second = at_home & (technologies["stage"] == SEEKING) & ((technologies["milestones"] & PROVEN) == 0)
        for t in np.flatnonzero(first | second).tolist():
            row = technologies[t]
            cost_eur, milestone = rules.scale_up_eur, PROVEN
            if first[t]:
                dearer = float(state.handles.pilot_cost[row["sector"]]) if row["sites"] > 1 else 1.0
                cost_eur = rules.pilot_site_eur * rules.pilot_months * int(row["sites"]) * dearer
                milestone = APPROVED
            cents = floor(100.0 * cost_eur * bank.loan_share * float(state.handles.payment[payer.funder]))
            public = min(ceil(cents * bank.subsidy), cents)
            if cents == 0:
                continue
            if public > state.ledger.cents(Account.UNSPENT, payer.funder):
                break
            state.ledger.post(state.month, payer.funder, Account.UNSPENT, Account.LENT, public)
            state.ledger.post(state.month, payer.funder, Account.LENDERS, Account.LENT, cents - public)
            _claim(state, t, payer.funder, public, cents - public, loan=True)
            row["milestones"] |= milestone
            row["purse_cents"] += cents
            row["owed_cents"] += cents


def pay_pilots(state: State, setting: Setting) -> None:
    """Pay this month's pilots out of loans, then out of public grants for pilots, the oldest first."""
    technologies = state.pipeline.technologies.used
    lent = np.minimum(technologies["due_cents"], technologies["purse_cents"])
    technologies["paid_cents"] += lent
    technologies["purse_cents"] -= lent
    for payer in setting.stages.payers:
        if payer.kind.pays != "grant" or "pilot" not in payer.kind.stages:
            continue
        owing = technologies["due_cents"] - technologies["paid_cents"]
        left = np.floor(owing * state.handles.payment[payer.funder]).astype(np.int64)
        left[~payer.home[technologies["country"]]] = 0
        free = state.ledger.cents(Account.UNSPENT, payer.funder)
        given = np.where(np.cumsum(left) <= free, left, 0)
        technologies["paid_cents"] += given
        technologies["granted"] |= given > 0
        state.ledger.post(state.month, payer.funder, Account.UNSPENT, Account.PILOTS, int(given.sum()))


def chances(
    state: State, setting: Setting, seeking: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far technologies draw investors, and how far investors trust their countries; shape (len(seeking),) each.

    Notes
    -----
    The first is ``early_grant`` if the research or the pilot was paid by the public, times powers of the share of the
    market and of the part of the money still asked for (``least_need`` at least), times inputs. The second is a power
    of what investors expect to keep: what other countries believe of it, and the chance that the scale-up does not
    fail beside that at rest. A public share of the risk raises both.
    """
    rules, handles = setting.config.behaviour.stages, state.handles
    rows = state.pipeline.technologies.used[seeking]
    cost = 100.0 * rules.scale_up_eur
    asked = np.maximum(1.0 - rows["purse_cents"] / cost, rules.least_need) if cost > 0.0 else np.ones(len(rows))
    draw = (
        np.where(rows["granted"], rules.early_grant, 1.0)
        * power_each(rows["market_now"], rules.market_response)
        * power_each(asked, -rules.need_response)
        * rows["flow_now"]
    )
    borne = handles.risk_share[rows["country"]]
    doubted = setting.config.mechanisms.expectation
    belief = believed_in(handles, setting.world)[rows["country"]] if doubted else np.ones(len(rows))
    kept = (1.0 - (1.0 - belief) * (1.0 - borne)) * (
        (1.0 - rules.scale_up_failure * (1.0 - borne)) / (1.0 - rules.scale_up_failure)
    )
    return draw, power_each(kept, rules.risk_response)


def invest(state: State, setting: Setting) -> NDArray[np.intp]:
    """Let funds, and then investors without one, take up technologies that seek money; returns those that found it.

    A fund buys what it has the money for, the oldest first. Draws are keyed by technology and month.
    """
    facts, rules, month = setting.stages, setting.config.behaviour.stages, state.month
    technologies = state.pipeline.technologies.used
    seeking = np.flatnonzero(technologies["stage"] == SEEKING)
    if len(seeking) == 0:
        return seeking
    draw, trusted = chances(state, setting, seeking)
    country = technologies["country"][seeking]
    u = np.empty(len(seeking))
    for payer in facts.payers if setting.awards_open(month) else ():
        if payer.kind.pays != "equity":
            continue
        fund: Any = payer.kind
        _uniforms(setting.key, month, technologies, seeking, 1 + payer.funder, u)
        goes = fund.appetite(state.handles, payer.home, facts.arrays.income_share)[country]
        for t in seeking[u < fund.deals * draw * trusted * goes * state.handles.payment[payer.funder]].tolist():
            if technologies["stage"][t] == SEEKING:
                _buy(state, t, payer, rules.scale_up_eur)
    _uniforms(setting.key, month, technologies, seeking, 0, u)
    come = u < rules.investment_hazard * draw * trusted * state.handles.private_money[country]
    for t in seeking[come].tolist():
        if technologies["stage"][t] == SEEKING:
            cents = _asked(technologies[t], rules.scale_up_eur)
            state.ledger.post(month, OWN_BOOK, Account.INVESTORS, Account.EQUITY, cents)
            _scale_up(state, t, OWN_BOOK, 0, cents)
    return np.asarray(seeking[technologies["stage"][seeking] == SCALE_UP])


def _asked(row: Any, scale_up_eur: float) -> int:
    return max(floor(100.0 * scale_up_eur) - int(row["purse_cents"]), 0)


def _buy(state: State, t: int, payer: Payer, scale_up_eur: float) -> None:
    """Let a fund pay for a scale-up, in the proportion of its public and private money, if it has both."""
    fund: Any = payer.kind
    cents = _asked(state.pipeline.technologies.used[t], scale_up_eur)
    public = floor(cents * fund.public_share)
    ledger = state.ledger
    if ledger.cents(Account.UNSPENT, payer.funder) < public or (
        ledger.cents(Account.PLEDGED, payer.funder) < cents - public
    ):
        return
    ledger.post(state.month, payer.funder, Account.UNSPENT, Account.EQUITY, public)
    ledger.post(state.month, payer.funder, Account.PLEDGED, Account.EQUITY, cents - public)
    _scale_up(state, t, payer.funder, public, cents - public)


def _scale_up(state: State, t: int, funder: int, public: int, private: int) -> None:
    _claim(state, t, funder, public, private, loan=False)
    row = state.pipeline.technologies.used[t]
    row["stage"] = SCALE_UP
    row["since_month"] = state.month
    row["purse_cents"] = 0


def _claim(state: State, t: int, funder: int, public: int, private: int, *, loan: bool) -> None:
    claims = state.pipeline.claims
    claims.reserve(1)
    row = claims.rows[claims.n]
    row["technology"], row["funder"], row["month"], row["loan"] = t, funder, state.month, loan
    row["public_cents"], row["private_cents"] = public, private
    claims.n += 1


@kernel
def _repay(claim, cents, moved):
    """Give a bank's lenders their part of what comes back on a loan, and the treasury the rest, in place."""
    total = claim.public_cents + claim.private_cents
    repaid = claim.repaid_cents + cents
    # In whole cents, and all of it once the loan is repaid.
    to_lenders = claim.private_cents * repaid // total - claim.repaid_private_cents
    moved[claim.funder, TO_LENDERS] += to_lenders
    moved[claim.funder, TO_TREASURY] += cents - to_lenders
    claim.repaid_cents = repaid
    claim.repaid_private_cents += to_lenders


@kernel
def _service(technologies, claims, share, moved):
    """Pay loans back out of sales, the oldest of a technology first, in place; returns cents paid."""
    # What of this month's sales is left for loans stands in ``due_cents``, which only pilots need.
    total = np.int64(0)
    for t in range(len(technologies)):
        technology = technologies[t]
        if technology.stage == IN_USE:
            technology.due_cents = 0
            if technology.owed_cents > 0:
                technology.due_cents = min(technology.owed_cents, np.int64(floor(100.0 * technology.sales_eur * share)))
                technology.owed_cents -= technology.due_cents
                total += technology.due_cents
    for k in range(len(claims)):
        claim = claims[k]
        if not claim.loan or claim.lost:
            continue
        technology = technologies[claim.technology]
        if technology.stage != IN_USE or technology.due_cents == 0:
            continue
        part = min(technology.due_cents, claim.public_cents + claim.private_cents - claim.repaid_cents)
        if part > 0:
            _repay(claim, part, moved)
            technology.due_cents -= part
    return total


@kernel
def _write_off(technologies, claims, gone, risk_share, moved):
    """Book loans and stakes as lost, in place; returns cents the public is to pay investors.

    What of a loan was not spent goes back first.
    """
    guaranteed = np.int64(0)
    for k in range(len(claims)):
        claim = claims[k]
        if claim.lost or not gone[claim.technology]:
            continue
        technology = technologies[claim.technology]
        total = claim.public_cents + claim.private_cents
        claim.lost = True
        if claim.loan:
            back = min(technology.purse_cents, total - claim.repaid_cents)
            if back > 0:
                _repay(claim, back, moved)
                technology.purse_cents -= back
            moved[claim.funder, LOAN_LOST] += total - claim.repaid_cents
            technology.owed_cents = 0
        else:
            moved[claim.funder, STAKE_LOST] += total
            guaranteed += np.int64(floor(claim.private_cents * risk_share[technology.country]))
    return guaranteed


def _post(state: State, moved: NDArray[np.int64]) -> None:
    """Book what has moved, by funder and :data:`_MOVES`."""
    for funder in np.flatnonzero(moved.any(axis=1)).tolist():
        for k, (source, target) in enumerate(_MOVES):
            # The organisations' book is the last row here, and -1 in the ledger.
            book = funder if funder < len(moved) - 1 else OWN_BOOK
            state.ledger.post(state.month, book, source, target, int(moved[funder, k]))


def service(state: State, setting: Setting) -> None:
    """Pay loans back out of the sales of technologies in use, the oldest loan of each first."""
    pipeline = state.pipeline
    moved = np.zeros((setting.n_funders + 1, len(_MOVES)), dtype=np.int64)
    paid = _service(
        pipeline.technologies.used, pipeline.claims.used, setting.config.behaviour.stages.loan_service, moved
    )
    state.ledger.post(state.month, OWN_BOOK, Account.MARKET, Account.SERVICED, int(paid))
    _post(state, moved)


def write_off(state: State, setting: Setting, given_up: NDArray[np.intp]) -> None:
    """Book what was put into technologies that are given up as lost.

    What of a loan was not spent goes back first. Of private investors' losses the public bears its share.
    """
    pipeline = state.pipeline
    if len(given_up) == 0 or pipeline.claims.n == 0:
        return
    gone = np.zeros(pipeline.technologies.n, dtype=np.bool_)
    gone[given_up] = True
    moved = np.zeros((setting.n_funders + 1, len(_MOVES)), dtype=np.int64)
    pipeline.guarantees_owed += int(
        _write_off(pipeline.technologies.used, pipeline.claims.used, gone, state.handles.risk_share, moved)
    )
    _post(state, moved)
