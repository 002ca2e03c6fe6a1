"""A month's handles: base facts, pushed by shocks, then by decisions, then by instruments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.decisions.base import Decision
from ecosim.instruments.base import Instrument
from ecosim.shocks.base import DatedShock
from ecosim.world.facts import World


def month_handles(
    base: Handles,
    world: World,
    shocks: Sequence[DatedShock],
    instruments: Sequence[tuple[Instrument, NDArray[np.float64]]],
    month: int,
    decisions: Sequence[tuple[Decision, NDArray[np.float64]]] = (),
) -> Handles:
    """Build the handles of one month: a pure function of the base, the shocks' states, stances and instruments' stocks.

    Parameters
    ----------
    base : Handles
        At rest; not changed.
    world : World
        Facts.
    shocks : sequence of DatedShock
        Pushed first, in this order.
    instruments : sequence of (Instrument, ndarray of float, shape (C, C))
        Pushed last, in this order, each with what it has built up per sender-host pair: the monthly money that
        would keep it there (EUR at full scale).
    month : int
        Month of the run.
    decisions : sequence of (Decision, ndarray of float, shape (C, C))
        Pushed after all shocks, in this order, each with the stance in force.
    """
    return pushed_by_instruments(Events(base, world, shocks, month, decisions), base, world, instruments)


class Events:
    """Handles as shocks and decisions leave them in a month, before instruments push them.

    Parameters
    ----------
    base, world, shocks, month, decisions
        As in :func:`month_handles`.
    """

    def __init__(
        self, base: Handles, world: World, shocks: Sequence[DatedShock], month: int,
        decisions: Sequence[tuple[Decision, NDArray[np.float64]]] = (),
    ) -> None:  # fmt: skip
        self.declared = _declared(shocks) | _declared([decision for decision, _ in decisions])
        #: Not yet brought into their ranges.
        self.handles = base.opened(self.declared)
        for shock in shocks:
            shock.push(self.handles, world, month)
        for decision, stance in decisions:
            decision.push(self.handles, world, stance)
        self._in_range: dict[str, NDArray[np.float64]] = {}

    def in_range(self, names: Iterable[str]) -> dict[str, NDArray[np.float64]]:
        """Handles that no instrument pushes: the same arrays month after month, while events stay what they are."""
        new = [name for name in names if name not in self._in_range]
        if new:
            copied = self.handles.opened(new)
            copied.clip(new)
            for name in new:
                self._in_range[name] = getattr(copied, name)
                self._in_range[name].setflags(write=False)
        return self._in_range


def pushed_by_instruments(
    events: Events, base: Handles, world: World, instruments: Sequence[tuple[Instrument, NDArray[np.float64]]]
) -> Handles:
    """Handles pushed by instruments too, and brought into their ranges; those of ``events`` are not changed."""
    # What nobody declares stays the array at rest itself: months differ in a few handles of many.
    declared = _declared([instrument for instrument, _ in instruments])
    handles = events.handles.opened(declared)
    for instrument, stock_eur in instruments:
        instrument.push(handles, world, stock_eur)
    handles.closed(base, events.in_range(events.declared - declared))
    return handles


def _declared(kinds: Iterable[DatedShock | Decision | Instrument]) -> frozenset[str]:
    return frozenset[str]().union(*(kind.handles for kind in kinds))


class HandleBuilder:
    """Rebuilds the handles in months when an input changed, and returns the last ones otherwise.

    Holds nothing that the inputs do not determine: after a snapshot is restored, a new builder returns the same bits.

    Parameters
    ----------
    base : Handles
        At rest.
    world : World
        Facts.
    shocks : sequence of DatedShock
        Act in order of their names, so the order in a scenario changes no bit.
    instruments, decisions : mapping of str to Instrument, and to Decision
        By their names in the scenario; act in order of these names.
    """

    def __init__(
        self,
        base: Handles,
        world: World,
        shocks: Sequence[DatedShock],
        instruments: Mapping[str, Instrument],
        decisions: Mapping[str, Decision] | None = None,
    ) -> None:
        self._base = base
        self._world = world
        self._shocks = tuple(sorted(shocks, key=lambda shock: shock.name))
        self._instruments = dict(sorted(instruments.items()))
        self._decisions = dict(sorted((decisions or {}).items()))
        self._state: tuple[tuple[float, ...], ...] | None = None
        self._stances: dict[str, NDArray[np.float64]] = {}
        self._stocks: dict[str, NDArray[np.float64]] = {}
        self._handles = base
        #: As shocks and decisions leave them: instruments change what they have built every month, shocks seldom.
        self._events: Events | None = None

    def month(
        self,
        month: int,
        stock_eur: Mapping[str, NDArray[np.float64]] | None = None,
        stances: Mapping[str, NDArray[np.float64]] | None = None,
    ) -> Handles:
        """Return a month's handles: the same object as long as no input changed. Not to be written to.

        Parameters
        ----------
        month : int
            Month of the run.
        stock_eur : mapping of str to ndarray of float, shape (C, C), optional
            What each instrument has built up (EUR a month at full scale); one that is left out has built nothing.
        stances : mapping of str to ndarray of float, shape (C, C), optional
            Stance in force by decision; a decision left out has none. Never written to by the caller.
        """
        stock_eur = {} if stock_eur is None else stock_eur
        stances = {} if stances is None else stances
        state = tuple(shock.inputs_in(month) for shock in self._shocks)
        happened = self._events is None or state != self._state or self._stances_changed(stances)
        if happened or self._stocks_changed(stock_eur):
            # Copies: a caller who reuses its array must not make a change look like none.
            self._stocks = {name: stock_eur[name].copy() for name in self._instruments if name in stock_eur}
            acting = [(self._instruments[name], stock) for name, stock in self._stocks.items()]
            if happened:
                self._state = state
                self._stances = {name: stances[name] for name in self._decisions if name in stances}
            decided = [(self._decisions[name], stance) for name, stance in self._stances.items()]
            if happened or self._events is None:
                self._events = Events(self._base, self._world, self._shocks, month, decided)
            self._handles = pushed_by_instruments(self._events, self._base, self._world, acting)
        return self._handles

    def at_rest(self, handles: Handles, *names: str) -> bool:
        """Whether nothing pushes any of these handles: each is then the very array at rest."""
        return all(getattr(handles, name) is getattr(self._base, name) for name in names)

    def _stances_changed(self, stances: Mapping[str, NDArray[np.float64]]) -> bool:
        return stances.keys() != self._stances.keys() or any(
            not np.array_equal(stance, self._stances[name]) for name, stance in stances.items()
        )

    def _stocks_changed(self, stock_eur: Mapping[str, NDArray[np.float64]]) -> bool:
        acting = [name for name in self._instruments if name in stock_eur]
        return acting != list(self._stocks) or any(
            not np.array_equal(stock_eur[name], self._stocks[name]) for name in acting
        )
