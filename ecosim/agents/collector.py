"""The record as Mesa's tools read it: ``mesa.batch_run`` wants a data collector."""

from __future__ import annotations

from typing import Any

import mesa

from ecosim.agents.host import Host


class RecordCollector(mesa.DataCollector):
    """A data collector that reads the months already recorded; nothing is collected twice, nothing is copied.

    Parameters
    ----------
    model : Host
        The model.
    """

    def __init__(self, model: Host) -> None:
        self._model = model
        super().__init__()
        # Mesa's tables ask whether anything is reported at all.
        self.model_reporters = {name: name for name in model.state.record.columns}

    @property
    def model_vars(self) -> dict[str, list[Any]]:
        """One list per monthly outcome."""
        return {name: values.tolist() for name, values in self._model.series().items()}

    @model_vars.setter
    def model_vars(self, values: dict[str, list[Any]]) -> None:
        # Mesa starts with an empty dictionary; there is none to keep.
        pass

    @property
    def _collection_steps(self) -> list[int]:
        # Read by ``batch_run`` from Mesa 3.5 on: the steps after which there is a row.
        return list(range(1, self._model.month + 1))

    @_collection_steps.setter
    def _collection_steps(self, steps: list[int]) -> None:
        pass

    def collect(self, model: mesa.Model) -> None:
        """Do nothing: every month is recorded as it ends."""
