"""What instruments have built up: stocks that grow with money and fade, and assets that stand in a host."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.effects import kept_open
from ecosim.instruments.base import AssetInstrument, ClaimedInstrument, Instrument
from ecosim.numerics import half_to
from ecosim.partnerships.tax import claims, offered_eur
from ecosim.setting import Setting
from ecosim.state import State
from ecosim.tables import ASSET_KINDS


def hosts_close_and_open(state: State, setting: Setting) -> None:
    """Freeze assets whose host has closed to their owner, thaw those it opens to in time, and lose the others.

    A host is closed to an owner where its political openness to it has fallen below a share of that at rest
    (``closes_below``), as all face it since the month began.
    """
    rows = state.assets.used
    openness = kept_open(state.handles, setting.base)
    for k, _, instrument in setting.paid_instruments:
        if not isinstance(instrument, AssetInstrument):
            continue
        living = (rows["instrument"] == k) & (rows["lost_month"] < 0)
        closed = openness[rows["host"], rows["owner"]] < instrument.closes_below
        rows["frozen_month"][living & closed & (rows["frozen_month"] < 0)] = state.month
        rows["frozen_month"][living & ~closed] = -1
        lost = living & closed & (state.month - rows["frozen_month"] >= instrument.lost_after_months)
        rows["lost_month"][lost] = state.month


def asked_for(k: int, instrument: Instrument, state: State, setting: Setting) -> tuple[int, NDArray[np.float64]]:
    """Cents that an instrument asks for this month, and (C, C) the shares of them for each sender-host pair.

    One that builds assets asks for no more than building and running them costs, and for nothing where the host is
    closed. What one asset does not need goes to the others of the instrument. One that firms claim asks for what they
    claim.
    """
    if isinstance(instrument, ClaimedInstrument):
        claimed = claims(k, instrument, state, setting)
        of = state.organisations["country"]
        by_sender = np.bincount(of, weights=claimed, minlength=setting.world.n_countries)
        offered = offered_eur(k, instrument, state)
        whole = offered.sum(axis=1)
        over = np.divide(by_sender, whole, out=np.zeros_like(whole), where=whole > 0.0)
        return int(claimed.sum()), offered * over[:, None] / max(float(by_sender.sum()), 1.0)
    share = state.allocation[k]
    cents = int(instrument.monthly_eur * state.intensity[k] * setting.config.world.scale * 100.0)
    if not isinstance(instrument, AssetInstrument):
        return cents, share
    openness = kept_open(state.handles, setting.base).T
    needed = np.where(openness < instrument.closes_below, 0.0, _cents(instrument.build_eur, setting))
    rows = _living(k, state)
    at = rows["owner"], rows["host"]
    needed[at] = np.where(
        rows["built_month"] < 0, needed[at] - rows["paid_cents"], _cents(instrument.running_eur, setting)
    )
    needed[at] *= rows["frozen_month"] < 0
    wanted = _poured(cents, share, np.maximum(needed, 0.0))
    total = float(wanted.sum())
    return int(np.ceil(total)), wanted / max(total, 1.0)


def _poured(cents: int, share: NDArray[np.float64], needed: NDArray[np.float64]) -> NDArray[np.float64]:
    """(C, C): money dealt out by share, nowhere more than is needed: what one does not need goes to the others."""
    wanted = np.zeros(share.shape)
    short = (share > 0.0) & (needed >= 1.0)
    left = float(cents)
    while left >= 1.0 and short.any():
        weight = share * short
        more = np.minimum(left * weight / weight.sum(), needed - wanted)
        wanted += more
        left -= float(more.sum())
        short &= needed - wanted >= 1.0
    return wanted


def build_and_run(
    k: int, instrument: AssetInstrument, cents: NDArray[np.float64], state: State, setting: Setting
) -> None:
    """Let assets be begun, built, kept up or fade, by the cents that each sender-host pair gets this month."""
    month, table = state.month, state.assets
    standing = np.zeros(cents.shape, dtype=np.bool_)
    rows = _living(k, state)
    standing[rows["owner"], rows["host"]] = True
    owners, hosts = np.nonzero((cents > 0.0) & ~standing)
    if len(owners):
        table.reserve(len(owners))
        new = table.rows[table.n : table.n + len(owners)]
        table.n += len(owners)
        new["kind"] = ASSET_KINDS.index(instrument.builds)
        new["instrument"], new["owner"], new["host"] = k, owners, hosts
        new["sectors"] = sum(1 << s for s, served in enumerate(instrument.sector_mask()) if served)
        new["begun_month"] = month
        for name in ("built_month", "frozen_month", "lost_month"):
            new[name] = -1
    mine = np.flatnonzero((table.used["instrument"] == k) & (table.used["lost_month"] < 0))
    rows = table.used
    paid = cents[rows["owner"][mine], rows["host"][mine]]
    # A cent that rounding left unpaid is not missed.
    share = np.minimum((paid + 1.0) / _cents(instrument.running_eur, setting), 1.0)
    built = rows["built_month"][mine] >= 0
    fades = 1.0 if instrument.life_months == 0.0 else 1.0 - half_to(1.0 / instrument.life_months)
    condition = rows["condition"][mine]
    kept_up = condition + fades * (np.where(paid > 0.0, share, 0.0) - condition)
    rows["paid_cents"][mine[~built]] += np.floor(paid[~built]).astype(np.int64)
    opens = ~built & (rows["paid_cents"][mine] + 1.0 >= _cents(instrument.build_eur, setting))
    rows["condition"][mine] = np.where(opens, 1.0, np.where(built, kept_up, 0.0))
    rows["built_month"][mine[opens]] = month


def grow(state: State, setting: Setting) -> None:
    """Let every stock grow with what was spent this month, and fade; an asset acts while its host is open."""
    nothing = np.zeros(state.stocks.shape[1:])
    for k, name, instrument in setting.paid_instruments:
        spent = state.spent_eur.get(name, nothing)
        if isinstance(instrument, ClaimedInstrument) and setting.awards_open(state.month):
            # the law acts by what it offers
            spent = offered_eur(k, instrument, state)
        if isinstance(instrument, AssetInstrument):
            build_and_run(k, instrument, spent * (100.0 * setting.config.world.scale), state, setting)
            rows = _living(k, state)
            acts = rows["condition"] * (rows["frozen_month"] < 0)
            state.stocks[k] = 0.0
            state.stocks[k][rows["owner"], rows["host"]] = acts * instrument.running_eur
        else:
            state.stocks[k] = instrument.grown(state.stocks[k], spent)


def standing(state: State, setting: Setting) -> dict[str, NDArray[np.float64]]:
    """What each instrument that has built anything pushes with, by name: (C, C) EUR a month at full scale.

    Nothing where instruments are switched off (``mechanisms.instruments``): they cost what they cost and do nothing.
    """
    if not setting.config.mechanisms.instruments:
        return {}
    return {name: state.stocks[k] for k, name, _ in setting.paid_instruments if state.stocks[k].any()}


def _cents(eur: float, setting: Setting) -> float:
    return eur * setting.config.world.scale * 100.0


def _living(k: int, state: State) -> NDArray[np.void]:
    """A copy of the rows of an instrument's assets that are not lost; one at most for each pair."""
    rows = state.assets.used
    return rows[(rows["instrument"] == k) & (rows["lost_month"] < 0)]
