"""Money of the stages: grants for pilots, loans, stakes, losses and what makes good for them, to the cent."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.kernels import kernel
from ecosim.ledger import OWN_BOOK, Account
from ecosim.numerics import power_each
from ecosim.pipeline.facts import Payer
from ecosim.pipeline.tables import APPROVED, IN_USE, PILOT, PROVEN, SCALE_UP, SEEKING
from ecosim.programmes.calls import free_cents
from ecosim.tables import PROGRAMME

if TYPE_CHECKING:
    from ecosim.setting import Setting
    from ecosim.state import State

#: Months of pledges that may wait in a fund; what is not needed by then goes elsewhere.
_PLEDGED_MONTHS = 24
#: Where nothing is left to be asked for, money is not found at once all the same.
_LEAST_NEED = 0.05


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
    facts, ledger = setting.stages, state.ledger
    for payer in facts.payers:
        if payer.private_cents > 0:
            weight = facts.income_share * payer.home
            comes = float((state.handles.private_money * weight).sum() / weight.sum())
            room = _PLEDGED_MONTHS * payer.private_cents - ledger.cents(Account.PLEDGED, payer.funder)
            cents = min(floor(payer.private_cents * comes), max(room, 0))
            ledger.post(state.month, payer.funder, Account.INVESTORS, Account.PLEDGED, cents)


def lend(state: State, setting: Setting) -> None:
    """Let banks lend against milestones, the oldest technologies first, while their public money lasts."""
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
            cents = floor(100.0 * cost_eur * bank.loan_share)
            public = min(ceil(cents * bank.subsidy), cents)
            if cents == 0 or public > state.ledger.cents(Account.UNSPENT, payer.funder):
                continue
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
        left = technologies["due_cents"] - technologies["paid_cents"]
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
    market and of the part of the money still asked for, times inputs. The second is a power of what investors expect to
    keep: belief in the country's organisations, and the chance that the scale-up does not fail beside that at rest. A
    public share of the risk raises both.
    """
    rules, handles = setting.config.behaviour.stages, state.handles
    rows = state.pipeline.technologies.used[seeking]
    cost = 100.0 * rules.scale_up_eur
    asked = np.maximum(1.0 - rows["purse_cents"] / cost, _LEAST_NEED) if cost > 0.0 else np.ones(len(rows))
    draw = (
        np.where(rows["granted"], rules.early_grant, 1.0)
        * power_each(rows["market_now"], rules.market_response)
        * power_each(asked, -rules.need_response)
        * rows["flow_now"]
    )
    borne = handles.risk_share[rows["country"]]
    belief = handles.expectation[rows["country"]] if setting.config.mechanisms.expectation else np.ones(len(rows))
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
        goes = fund.appetite(state.handles, payer.home, facts.income_share)[country]
        for t in seeking[u < fund.deals * draw * trusted * goes].tolist():
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


def _repay(state: State, claim: Any, cents: int) -> None:
    """Give a bank's lenders their part of what comes back on a loan, and the treasury the rest."""
    total = int(claim["public_cents"] + claim["private_cents"])
    repaid = int(claim["repaid_cents"]) + cents
    to_lenders = int(claim["private_cents"]) * repaid // total - int(claim["repaid_private_cents"])
    funder = int(claim["funder"])
    state.ledger.post(state.month, funder, Account.LENT, Account.LENDERS, to_lenders)
    state.ledger.post(state.month, funder, Account.LENT, Account.REPAID, cents - to_lenders)
    claim["repaid_cents"] = repaid
    claim["repaid_private_cents"] += to_lenders


def service(state: State, setting: Setting) -> None:
    """Pay loans back out of the sales of technologies in use, the oldest loan of each first."""
    pipeline = state.pipeline
    technologies, claims = pipeline.technologies.used, pipeline.claims.used
    share = setting.config.behaviour.stages.loan_service
    for t in np.flatnonzero((technologies["stage"] == IN_USE) & (technologies["owed_cents"] > 0)).tolist():
        left = min(int(technologies["owed_cents"][t]), floor(100.0 * technologies["sales_eur"][t] * share))
        technologies["owed_cents"][t] -= left
        state.ledger.post(state.month, OWN_BOOK, Account.MARKET, Account.SERVICED, left)
        for k in np.flatnonzero((claims["technology"] == t) & claims["loan"]).tolist():
            owed = int(claims["public_cents"][k] + claims["private_cents"][k] - claims["repaid_cents"][k])
            part = min(left, owed)
            if part > 0:
                _repay(state, claims[k], part)
                left -= part


def write_off(state: State, given_up: NDArray[np.intp]) -> None:
    """Book what was put into technologies that are given up as lost.

    What of a loan was not spent goes back first. Of private investors' losses the public bears its share.
    """
    pipeline, ledger, month = state.pipeline, state.ledger, state.month
    technologies, claims = pipeline.technologies.used, pipeline.claims.used
    if len(claims) == 0:
        return
    for k in np.flatnonzero(np.isin(claims["technology"], given_up) & ~claims["lost"]).tolist():
        claim, row = claims[k], technologies[claims["technology"][k]]
        funder, total = int(claim["funder"]), int(claim["public_cents"] + claim["private_cents"])
        if claim["loan"]:
            back = min(int(row["purse_cents"]), total - int(claim["repaid_cents"]))
            if back > 0:
                _repay(state, claim, back)
                row["purse_cents"] -= back
            ledger.post(month, funder, Account.LENT, Account.LOST, total - int(claim["repaid_cents"]))
        else:
            ledger.post(month, funder, Account.EQUITY, Account.LOST, total)
            borne = float(state.handles.risk_share[row["country"]])
            pipeline.guarantees_owed += floor(int(claim["private_cents"]) * borne)
        claim["lost"] = True
        row["owed_cents"] = 0
