"""Step 2: missions, governments and the user's own rules decide, on what they can see."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.decisions.base import Announced, ByOutcome, Decision, Seen
from ecosim.ledger import Account
from ecosim.outcomes.collaboration import COUNTRY_OUTCOMES
from ecosim.pushes import month_handles
from ecosim.setting import Setting
from ecosim.state import State


def actors_decide(state: State, setting: Setting) -> None:
    """Ask every decision that is due, and let orders whose time has come take effect.

    A decision is handed what it declares to see, and no more. Decisions are asked in the order of their names; what
    one orders this month the others see when they are next due. Writes ``decided``, ``allocation``, ``intensity``,
    ``sector_share`` and ``ledger`` (money added).
    """
    month = state.month
    instruments = sorted(setting.config.instruments)
    for name, decision in sorted(setting.config.decisions.items()):
        book = state.decided[name]
        if month > 0 and month % decision.every_months == 0:
            orders = decision.decide(look(name, decision, state, setting))
            decision.check_orders(name, orders)
            book.pending.append((month + decision.acts_after_months, orders))
            book.starts_before = state.observed.copy()
        for _, orders in [order for order in book.pending if order[0] <= month]:
            for instrument, share in orders.allocation.items():
                state.allocation[instruments.index(instrument)] = share
            for instrument, share_of_money in orders.intensity.items():
                state.intensity[instruments.index(instrument)] = share_of_money
            if orders.stance is not None:
                book.stance = orders.stance
            if orders.added_eur is not None:
                book.added_eur = orders.added_eur
            for funder, shares in orders.sectors.items():
                state.sector_share[[terms.name for terms in setting.terms].index(funder)] = shares
        book.pending = [order for order in book.pending if order[0] > month]
    _add_money(state, setting)


def _add_money(state: State, setting: Setting) -> None:
    """Give agencies what governments add this month, beside the budget; nothing where a country has no agency."""
    if not setting.awards_open(state.month):
        return
    for _, book in sorted(state.decided.items()):
        if book.added_eur is None:
            continue
        for country in np.flatnonzero((book.added_eur > 0.0) & (setting.agency_of >= 0)).tolist():
            cents = int(book.added_eur[country] * setting.config.world.scale * 100.0)
            agency = int(setting.agency_of[country])
            state.ledger.post(state.month, agency, Account.ADDED, Account.UNSPENT, cents)


def look(name: str, decision: Decision, state: State, setting: Setting) -> Seen:
    """What a decision sees this month."""
    month, world = state.month, setting.world
    until = max(month - decision.seen_after_months, 0)
    values: dict[str, Any] = {}
    if "starts" in decision.sees:
        values["starts"] = state.observed - state.decided[name].starts_before
    if "allocation" in decision.sees:
        # where there is never money, there is nothing to move
        values["allocation"] = {name: state.allocation[k].copy() for k, name, _ in setting.paid_instruments}
    if "series" in decision.sees:
        values["series"] = ByOutcome("series", state.record.series(until))
    if "by_country" in decision.sees:
        rows = state.record.by_country[:until]
        # by the names that `ecosim list outcomes` and countries.parquet have
        values["by_country"] = ByOutcome(
            "by_country",
            {
                column.removesuffix("_by_country"): rows[:, k].copy()
                for k, (column, _, _) in enumerate(COUNTRY_OUTCOMES)
            },
        )
    if "announced" in decision.sees:
        values["announced"] = tuple(
            Announced(
                shock.name,
                shock.shock.kind,
                shock.targets,
                month - shock.announcement_month,
                shock.state_in(until)[0] > 0.0,
            )
            for whole in setting.acting
            for shock in whole.parts
            if shock.announcement_month <= until and shock.state_in(until)[1]
        )
    if "granted" in decision.sees:
        values["granted"] = state.record.granted_cents[:until] / (100.0 * setting.config.world.scale)
    if "publications" in decision.sees:
        values["publications"] = state.record.publications_by_sector[:until].astype(np.float64)
    if "sectors" in decision.sees:
        values["sectors"] = {terms.name: state.sector_share[t].copy() for t, terms in enumerate(setting.terms)}
    if "closed" in decision.sees:
        values["closed"] = closed(name, state, setting)
    if "chance" in decision.sees:
        n = world.n_countries
        values["chance"] = np.array(
            [rnd.named_uniform(int(setting.key), month, f"{name} {pair}") for pair in range(n * n)]
        ).reshape(n, n)
    return Seen(name, month, setting.calendar.burn_in_months, world, values)


def closed(without: str, state: State, setting: Setting) -> NDArray[np.float64]:
    """(C, C) share of political openness at rest lost to shocks, and to stances but for those of one decision."""
    stances = [
        (decision, stance)
        for name, decision in sorted(setting.config.decisions.items())
        if name != without and (stance := state.decided[name].stance) is not None
    ]
    usual = setting.base.political
    if not stances and not any(shock.state_in(state.month)[1] for shock in setting.acting):
        return np.zeros_like(usual)
    handles = month_handles(setting.base, setting.world, setting.acting, [], state.month, stances)
    lost = np.divide(usual - handles.political, usual, out=np.zeros_like(usual), where=usual > 0.0)
    return np.clip(lost, 0.0, 1.0)
