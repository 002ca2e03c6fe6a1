"""Step 3: calls open; organisations take the lead, look for partners and write proposals, or work unfunded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.partnerships.consortium import found
from ecosim.partnerships.drafts import Drafts, draw_leads, expected_leads, write_drafts
from ecosim.partnerships.search import fill
from ecosim.programmes.calls import bill, charge, free_cents, fundable, offered_cents, set_aside
from ecosim.programmes.evaluation import rate
from ecosim.setting import Setting
from ecosim.state import State
from ecosim.tables import FUNDED, UNFUNDED


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
    ``organisations`` (load), ``partnerships``, ``seats``, ``memory``, ``active``, ``observed``, ``ties``.

    Returns
    -------
    Drafts or None
        Proposals written for the call; None without a call.
    """
    if not setting.awards_open(state.month):
        return None
    proposals = _search_for_call(state, setting, scripts)
    if setting.config.mechanisms.unfunded:
        _search_unfunded(state, setting, scripts)
    return proposals


def _search_for_call(state: State, setting: Setting, scripts: Scripts) -> Drafts | None:
    month = state.month
    programme = setting.programme(month)
    if not setting.call_opens(month):
        return None
    scale = setting.config.world.scale
    bill(state.ledger, month, state.funders, 0, free_cents(state.ledger, state.envelopes, state.earmarked))
    call_cents = int(programme.call_cost_eur * scale * 100.0)
    free = free_cents(state.ledger, state.envelopes, state.earmarked)
    free -= charge(state.ledger, month, 0, min(call_cents, free))
    offered = offered_cents(
        programme, setting.world, setting.calendar_month(month), 12 * setting.appropriation_cents, free
    )
    set_aside(state.envelopes[0], offered, setting.world)
    state.funders["calls"][0] += 1
    wanted = programme.applications_per_award * fundable(state.envelopes[0], setting.shapes.mean_cents)
    effects = state.effects
    counts = _leads(
        state, setting, scripts, FUNDED, setting.lead_weight, wanted, effects.readiness,
        np.ascontiguousarray(np.diagonal(effects.eligibility)), rnd.LEAD_FUNDED,
    )  # fmt: skip
    drafts = write_drafts(
        setting.key, counts, setting.population.index, state.organisations, setting.population.topics, state.memory,
        state.partnerships.rows, setting.shapes.rows, setting.shapes.offset, month, FUNDED,
        programme.countries_per_consortium, programme.blocs_per_consortium, setting.world.n_countries,
        setting.parameters_in(month),
    )  # fmt: skip
    _fill(drafts, state, setting, scripts)
    return drafts


def _search_unfunded(state: State, setting: Setting, scripts: Scripts) -> None:
    parameters = setting.parameters_in(state.month)
    everyone = np.ones(setting.world.n_countries)
    counts = _leads(
        state, setting, scripts, UNFUNDED, setting.population.index.weight, setting.unfunded_starts,
        state.effects.readiness_unfunded, everyone, rnd.LEAD_UNFUNDED,
    )  # fmt: skip
    drafts = write_drafts(
        setting.key, counts, setting.population.index, state.organisations, setting.population.topics, state.memory,
        state.partnerships.rows, setting.shapes.rows, setting.shapes.offset, state.month, UNFUNDED, None,
        None, setting.world.n_countries, parameters,
    )  # fmt: skip
    _fill(drafts, state, setting, scripts)
    drafts.rows["awarded"] = drafts.rows["members"] >= 2
    # Whoever found nobody has its room back.
    np.subtract.at(state.organisations["load"], drafts.rows["lead"][~drafts.rows["awarded"]], 1)
    rate(drafts, state, setting)
    found(drafts, state, setting)


def _leads(
    state: State, setting: Setting, scripts: Scripts, purpose: int, lead_weight: NDArray[np.float64],
    wanted: NDArray[np.float64], readiness: NDArray[np.float64], may_lead: NDArray[np.float64], question: int,
) -> NDArray[np.int32]:  # fmt: skip
    """Number of drafts each (organisation, sector) entry starts this month."""
    index, search = setting.population.index, setting.config.behaviour.search
    expected = expected_leads(
        state.organisations, index.organisation, index.arrival_month, index.sector, lead_weight, wanted, readiness,
        may_lead, state.month, search.experience_pull if purpose == FUNDED else 0.0,
    )  # fmt: skip
    counts = draw_leads(setting.key, index.key, index.sector, expected, state.month, question)
    if scripts.leads is not None and scripts.ask_leads is not None:
        scripts.ask_leads(expected, counts, purpose, question)
    return counts


def _fill(drafts: Drafts, state: State, setting: Setting, scripts: Scripts) -> None:
    fill(
        drafts, state, setting.population, state.effects, setting.world.bloc, setting.parameters_in(state.month),
        setting.key, state.month, scripts.accepts, scripts.ask_accepts,
    )  # fmt: skip
