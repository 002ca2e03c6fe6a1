"""Step 4: calls open; organisations take the lead, look for partners and write proposals, or work unfunded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.partnerships.consortium import found
from ecosim.partnerships.cores import join_siblings
from ecosim.partnerships.drafts import ConsortiumRule, Drafts, draw_leads, expected_leads, rule_of, write_drafts
from ecosim.partnerships.evaluation import rate
from ecosim.partnerships.search import fill
from ecosim.programmes.calls import Shapes, bill, charge, free_cents, fundable, offered_cents, set_aside
from ecosim.setting import Setting
from ecosim.state import State
from ecosim.tables import FUNDED, PRC, PROGRAMME, UNFUNDED
from ecosim.world.facts import SECTORS


@dataclass(frozen=True)
class Scripts:
    """Decisions a user's classes take, one organisation at a time; None where all are compiled."""

    #: (N,) organisations whose class changes :meth:`Organisation.leads`, and the call that asks them.
    leads: NDArray[np.bool_] | None = None
    ask_leads: Callable[[NDArray[np.float64], NDArray[np.int32], int, int], None] | None = None
    #: (N,) the same for :meth:`Organisation.accepts`.
    accepts: NDArray[np.bool_] | None = None
    ask_accepts: Callable[[Drafts, NDArray[np.intp]], None] | None = None


def organisations_search(state: State, setting: Setting, scripts: Scripts) -> Drafts | None:
    """Search for partners, for a call if one is open and for unfunded work.

    Writes ``envelopes``, ``ledger`` (cost of the call), ``funders``; and for unfunded work, which starts at once,
    ``organisations`` (load), ``partnerships``, ``seats``, ``supplies``, ``register``, ``members``, ``memory``,
    ``active``, ``observed``, ``ties``.

    Returns
    -------
    Drafts or None
        Proposals written for the call; None without a call.
    """
    if not setting.awards_open(state.month):
        return None
    proposals = _search_for_calls(state, setting, scripts)
    if setting.config.mechanisms.unfunded:
        _search_unfunded(state, setting, scripts)
    return proposals


def _search_for_calls(state: State, setting: Setting, scripts: Scripts) -> Drafts | None:
    """Proposals for all calls of the month, side by side; None where no funder has a call open."""
    month = state.month
    written = []
    for place, terms in enumerate(setting.terms):
        calling = [funder for funder in terms.funders if setting.call_opens(month, funder)]
        if not calling:
            continue
        rules = terms.rules_in(month)
        shapes = terms.called_for(rules, setting.year(month + rules.time_to_grant_months))
        wanted = np.zeros((setting.n_funders, len(SECTORS)))
        for funder in calling:
            _open_call(state, setting, place, funder)
            can_fund = fundable(state.envelopes[funder], shapes.mean_cents)
            wanted[funder] = rules.applications_per_award * can_fund
        written.append(_drafts_for(state, setting, scripts, place, wanted, shapes))
    if not written:
        return None
    drafts = Drafts.joined(written, month)
    search = setting.config.behaviour.search
    join_siblings(drafts.arrays, search.like_size, setting.key, month)
    _fill(drafts, state, setting, scripts)
    return drafts


def _open_call(state: State, setting: Setting, place: int, funder: int) -> None:
    """Pay for a call of one entry of terms, and set aside what it offers."""
    month, ledger = state.month, state.ledger
    terms = setting.terms[place]
    rules = terms.rules_in(month)
    bill(ledger, month, funder, state.funders, 0, free_cents(ledger, funder, state.envelopes, state.earmarked))
    call_cents = int(rules.call_cost_eur * setting.config.world.scale * 100.0)
    free = free_cents(ledger, funder, state.envelopes, state.earmarked)
    free -= charge(ledger, month, funder, min(call_cents, free))
    yearly_cents = 12 * int(setting.appropriated_cents(month)[funder])
    offered = offered_cents(rules, setting.world, setting.calendar_month(month), yearly_cents, free)
    if terms.kept_share > 0.0:
        offered = int(offered * (1.0 - terms.kept_share))
    set_aside(state.envelopes[funder], offered, state.sector_share[place])
    state.funders["calls"][funder] += 1


def _drafts_for(
    state: State, setting: Setting, scripts: Scripts, place: int, wanted: NDArray[np.float64], shapes: Shapes
) -> Drafts:  # fmt: skip
    """Draft consortia for the calls of one entry of terms, leads seated."""
    month, effects, terms = state.month, state.effects, setting.terms[place]
    rules = terms.rules_in(month)
    readiness = effects.readiness[place]
    if terms.favours is not None:
        readiness = readiness * terms.weights(setting.world, setting.let_in(effects))
    counts = _leads(
        state, setting, scripts, FUNDED, setting.programme_lead_weight if place == 0 else setting.lead_weight,
        terms.funder_of, wanted, readiness,
        np.ascontiguousarray(np.diagonal(effects.eligibility[place])), rnd.LEAD_FUNDED + 64 * place,
    )  # fmt: skip
    return write_drafts(state, setting, counts, FUNDED, terms.funder_of, shapes, rule_of(rules))


def _search_unfunded(state: State, setting: Setting, scripts: Scripts) -> None:
    n = setting.world.n_countries
    counts = _leads(
        state, setting, scripts, UNFUNDED, setting.population.index.weight, setting.unfunded_row_of,
        setting.unfunded_starts, state.effects.readiness_unfunded, np.ones((len(SECTORS), n)), rnd.LEAD_UNFUNDED,
        _started_beside_rest(state, setting),
    )  # fmt: skip
    shapes = setting.terms[PROGRAMME].shapes
    nobody = np.full(n, -1, dtype=np.int16)
    drafts = write_drafts(state, setting, counts, UNFUNDED, nobody, shapes, ConsortiumRule())
    if setting.world.own_size:
        # What is looked for is known by pairs of countries: work at home is the agencies'.
        drafts.rows["countries_wanted"] = np.minimum(drafts.rows["size"], n)
    _fill(drafts, state, setting, scripts)
    drafts.rows["awarded"] = drafts.rows["members"] >= 2
    alone = drafts.rows["lead"][~drafts.rows["awarded"]]
    if len(alone):
        # Whoever found nobody has its room back.
        np.subtract.at(state.organisations["load"], alone, 1)
    rate(drafts, state, setting)
    found(drafts, state, setting)


def _started_beside_rest(state: State, setting: Setting) -> NDArray[np.float64] | None:
    """How much unfunded work each (organisation, sector) entry starts, beside that at rest; None where all is as there.

    Returns
    -------
    ndarray of float, shape (entries,), or None
    """
    if setting.builder.at_rest(state.handles, "own_work", "attention"):
        return None
    own_work, attention = state.handles.own_work, state.handles.attention
    index = setting.population.index
    rows = state.organisations[["type", "country", "sme"]][index.organisation]
    by_size = own_work[np.where(rows["sme"], 0, 1), rows["country"]]
    return np.asarray(np.where(rows["type"] == PRC, by_size, 1.0) * attention[index.sector])


def _leads(
    state: State, setting: Setting, scripts: Scripts, purpose: int, lead_weight: NDArray[np.float64],
    funder_of: NDArray[np.int16], wanted: NDArray[np.float64], readiness: NDArray[np.float64],
    may_lead: NDArray[np.float64], question: int, beside_rest: NDArray[np.float64] | None = None,
) -> NDArray[np.int32]:  # fmt: skip
    """Number of drafts each (organisation, sector) entry starts this month; ``beside_rest`` times as many, if given."""
    index, search = setting.population.index, setting.config.behaviour.search
    expected = expected_leads(
        state.organisations, index.organisation, index.arrival_month, index.sector, lead_weight, funder_of, wanted,
        readiness, may_lead, state.handles.rotation, state.month, search.experience_pull if purpose == FUNDED else 0.0,
    )  # fmt: skip
    if beside_rest is not None:
        expected *= beside_rest
    income = state.handles.firm_income
    if purpose == UNFUNDED and not setting.builder.at_rest(state.handles, "firm_income"):
        # Firms begin research of their own in proportion to what they earn for it; nobody begins it in their place.
        rows, lead = state.organisations, index.organisation
        expected *= np.where(rows["type"][lead] == PRC, income[rows["country"][lead]], 1.0)
    counts = draw_leads(setting.key, index.key, index.sector, expected, state.month, question)
    if scripts.leads is not None and scripts.ask_leads is not None:
        scripts.ask_leads(expected, counts, purpose, question)
    return counts


def _fill(drafts: Drafts, state: State, setting: Setting, scripts: Scripts) -> None:
    fill(drafts, state, setting, scripts.accepts, scripts.ask_accepts)
