"""Step 3: missions and governments spend on instruments, out of the same appropriation as the grants."""

from __future__ import annotations

from math import floor

import numpy as np

from ecosim.instruments.base import ClaimedInstrument
from ecosim.kernels import kernel
from ecosim.ledger import Account
from ecosim.month.shocks import face
from ecosim.month.stocks import asked_for, grow, hosts_close_and_open
from ecosim.partnerships.tax import claims, spare
from ecosim.programmes.calls import free_cents
from ecosim.setting import Setting
from ecosim.state import State
from ecosim.tables import PROGRAMME


def missions_spend(state: State, setting: Setting) -> None:
    """Pay for the month's instruments, let what they build grow or fade, and rebuild the handles they raise.

    Where the money does not reach, those of first priority get theirs first, and those of one priority the same share
    of what each asks for. What is left of the programme's money buys grants.
    Firms claim what they are spared of tax out of the same money, for what they spent a month ago.
    Where instruments are switched off (``mechanisms.instruments``) all of this money is burnt: none of it becomes a
    grant or tax that firms are spared.
    Writes ``ledger``, ``spent_eur``, ``stocks``, ``assets``, ``earmarked``, ``governments`` and ``missions`` (what they
    spent), ``organisations`` (reserves: tax spared), ``record``, ``handles``, ``effects`` and ``unsettled``.
    """
    paid = setting.paid_instruments
    if not paid or not setting.awards_open(state.month):
        state.spent_eur = {}
        hosts_close_and_open(state, setting)
        grow(state, setting)
        settle(state, setting)
        return
    scale = setting.config.world.scale
    acting = setting.config.mechanisms.instruments
    spent: dict[str, np.ndarray] = {}
    hosts_close_and_open(state, setting)
    asked = [asked_for(k, instrument, state, setting) for k, _, instrument in paid]
    given = _given([cents for cents, _ in asked], state, setting)
    for (k, name, instrument), (_, share), cents in zip(paid, asked, given, strict=True):
        if acting and isinstance(instrument, ClaimedInstrument):
            left, anyway = spare(claims(k, instrument, state, setting), cents, state)
            spent[name] = share * (int(left.sum()) / 100.0 / scale)
            state.record.add("tax_deadweight_eur", anyway)
            continue
        spent[name] = share * (cents / 100.0 / scale)
        running = cents
        if acting and instrument.grant_share > 0.0:
            for_grants = np.floor(share * (cents * instrument.grant_share)).astype(np.int64)
            state.earmarked += for_grants
            running -= int(for_grants.sum())
        state.ledger.post(state.month, PROGRAMME, Account.UNSPENT, Account.INSTRUMENTS, running)
        by_sender = np.floor(share.sum(axis=1) * running).astype(np.int64)
        state.governments["diplomacy_cents"] += by_sender
        _enter(state.missions, np.ascontiguousarray(share), float(running))
    state.spent_eur = spent
    grow(state, setting)
    settle(state, setting)


def settle(state: State, setting: Setting) -> None:
    """Rebuild the handles, and work out what they mean: no later step of the month changes them.

    Writes ``handles``, ``effects`` and ``unsettled``.
    """
    face(state, setting)
    if state.handles is not state.effects.handles:
        state.effects = setting.effects(state.handles, state.effects)


@kernel
def _enter(missions, share, cents):
    """Enter in the books of missions what is spent on an instrument, by its shares for pairs."""
    for at in range(len(missions)):
        mission = missions[at]
        spent = share[mission.sender, mission.host] * cents
        mission.spent_cents += np.int64(floor(spent))
        if spent > 0.0:
            mission.experience += 1.0 / 12.0


def _given(asked: list[int], state: State, setting: Setting) -> list[int]:
    """Cents that each instrument with money gets this month of what it asks for, in order of name."""
    instruments = [instrument for _, _, instrument in setting.paid_instruments]
    given = [0] * len(asked)
    # What earlier months promised to sectors and pairs is not free.
    free = max(free_cents(state.ledger, PROGRAMME, state.envelopes, state.earmarked), 0)
    for priority in sorted({instrument.priority for instrument in instruments}):
        group = [k for k, instrument in enumerate(instruments) if instrument.priority == priority]
        together = sum(asked[k] for k in group)
        for k in group:
            given[k] = asked[k] if together <= free else asked[k] * free // together
        free -= sum(given[k] for k in group)
    return given
