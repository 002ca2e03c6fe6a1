"""What agents see of the model they live in."""

from __future__ import annotations

import mesa
import numpy as np
from numpy.typing import NDArray

from ecosim.ledger import Ledger
from ecosim.setting import Setting
from ecosim.state import State


class Host(mesa.Model):
    """A Mesa model with a setting that never changes in it and a state that does."""

    #: What the run starts from and what never changes in it.
    setting: Setting
    #: Everything that changes.
    state: State

    @property
    def month(self) -> int:
        """Months simulated so far."""
        return self.state.month

    @property
    def ledger(self) -> Ledger:
        """The accounts."""
        return self.state.ledger

    def series(self) -> dict[str, NDArray[np.float64]]:
        """Monthly outcomes so far, by name."""
        raise NotImplementedError
