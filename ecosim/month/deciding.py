"""Step 2: missions, governments and the user's own rules decide, on what they can see."""

from __future__ import annotations

from typing import Any

import numpy as np

from ecosim import randomness as rnd
from ecosim.decisions.base import Announced, Decision, Seen
from ecosim.outcomes.collaboration import COUNTRY_OUTCOMES
from ecosim.setting import Setting
from ecosim.state import State


def actors_decide(state: State, setting: Setting) -> None:
    """Ask every decision that is due, and let orders whose time has come take effect.

    A decision is handed what it declares to see, and no more. Decisions are asked in the order of their names; what
    one orders this month the others see when they are next due. Writes ``decided``, ``allocation`` and ``intensity``.
    """
    month = state.month
    instruments = sorted(setting.config.instruments)
    for name, decision in sorted(setting.config.decisions.items()):
        book = state.decided[name]
        if month > 0 and month % decision.every_months == 0:
            orders = decision.decide(look(name, decision, state, setting))
            book.pending.append((month + decision.acts_after_months, orders))
            book.starts_before = state.observed.copy()
        for _, orders in [order for order in book.pending if order[0] <= month]:
            for instrument, share in orders.allocation.items():
                state.allocation[instruments.index(instrument)] = share
            for instrument, share_of_money in orders.intensity.items():
                state.intensity[instruments.index(instrument)] = share_of_money
            if orders.stance is not None:
                book.stance = orders.stance
        book.pending = [order for order in book.pending if order[0] > month]


def look(name: str, decision: Decision, state: State, setting: Setting) -> Seen:
    """What a decision sees this month."""
    month, world = state.month, setting.world
    until = max(month - decision.seen_after_months, 0)
    values: dict[str, Any] = {}
    if "starts" in decision.sees:
        values["starts"] = state.observed - state.decided[name].starts_before
    if "allocation" in decision.sees:
        names = sorted(setting.config.instruments)
        values["allocation"] = {instrument: state.allocation[k].copy() for k, instrument in enumerate(names)}
    if "series" in decision.sees:
        values["series"] = state.record.series(until)
    if "by_country" in decision.sees:
        rows = state.record.by_country[:until]
        values["by_country"] = {column: rows[:, k].copy() for k, (column, _, _) in enumerate(COUNTRY_OUTCOMES)}
    if "announced" in decision.sees:
        values["announced"] = tuple(
            Announced(shock.name, shock.shock.kind, shock.targets, month - shock.announcement_month)
            for shock in setting.acting
            if shock.announcement_month <= until and shock.state_in(until)[1]
        )
    if "chance" in decision.sees:
        n = world.n_countries
        values["chance"] = np.array(
            [rnd.named_uniform(int(setting.key), month, f"{name} {pair}") for pair in range(n * n)]
        ).reshape(n, n)
    return Seen(name, month, setting.config.calendar.burn_in_months, world, values)
