"""Agents as views on rows: Mesa code sees ordinary agents, the month runs over columns."""

from __future__ import annotations

import itertools
import weakref
from typing import Any, ClassVar

import mesa
import numpy as np

from ecosim.agents.host import Host


class _Counters(weakref.WeakKeyDictionary):
    """Numbers agents per model without keeping the model alive, as Mesa 3.3's own dictionary does."""

    def __missing__(self, model: mesa.Model) -> Any:
        counter = itertools.count(1)
        self[model] = counter
        return counter

    def __getitem__(self, model: mesa.Model) -> Any:
        try:
            return super().__getitem__(model)
        except KeyError:
            return self.__missing__(model)


class Column:
    """An attribute that reads and writes one field of the agent's row.

    Parameters
    ----------
    doc : str
        What it is, with its unit.
    field : str, optional
        Name of the field; by default the attribute's own.
    """

    def __init__(self, doc: str, field: str | None = None) -> None:
        self.__doc__ = doc
        self.field = field

    def __set_name__(self, owner: type, name: str) -> None:
        self.field = self.field or name

    def __get__(self, agent: ColumnAgent | None, owner: type) -> Any:
        if agent is None:
            return self
        return agent.table()[self.field][agent.row].item()

    def __set__(self, agent: ColumnAgent, value: Any) -> None:
        agent.table()[self.field][agent.row] = value


class ColumnAgent(mesa.Agent):
    """A Mesa agent whose numbers live in a row of a table of the model's state.

    Parameters
    ----------
    model : Host
        The model.
    row : int
        Its row.
    """

    _ids: ClassVar[Any] = _Counters()
    model: Host

    def __init__(self, model: Host, row: int) -> None:
        self.row = row
        super().__init__(model)

    def table(self) -> np.ndarray:
        """The table that holds this kind of agent."""
        raise NotImplementedError

    def country_code(self, index: int) -> str:
        """ISO 3 code of a country index."""
        return self.model.setting.world.countries[index]
