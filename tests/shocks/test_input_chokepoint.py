from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ecosim.shocks.input_chokepoint import InputChokepoint
from ecosim.world.facts import INPUTS
from tests.shocks.contract import CALM_END, ShockBench


class TestInputChokepoint(ShockBench):
    shock = InputChokepoint

    def test_all_foreign_suppliers_of_one_user(self) -> None:
        """``targets: all`` and one user: what comes from abroad stops for it, what it makes itself goes on."""
        deu = self.world.country_index("DEU")
        supply = self.handles(CALM_END, targets="all", users=("DEU",), inputs=("materials",)).supply
        kind = INPUTS.index("materials")
        assert supply[kind, deu].tolist() == [1.0 if c == deu else 0.0 for c in range(6)]
        supply = supply.copy()
        supply[kind, deu] = 1.0
        assert (supply == 1.0).all()

    def test_one_supplier_for_all(self) -> None:
        chn = self.world.country_index("CHN")
        pushed = self.handles(CALM_END, targets=("CHN",), severity=0.4)
        kind = INPUTS.index("electronics")
        assert np.delete(pushed.supply[kind, :, chn], chn) == pytest.approx(0.6)
        assert pushed.supply[kind, chn, chn] == 1.0
        # by law: no money opens it again
        assert pushed.ceilings["supply"][kind, 0, chn] == pytest.approx(0.6)
        assert np.delete(pushed.supply, kind, axis=0).min() == 1.0

    def test_a_user_that_does_not_exist_is_one_clear_line(self) -> None:
        with pytest.raises(ValueError, match=r"shocks\.input_chokepoint\.users=DEX.*did you mean DEU"):
            self.dated(users=("DEX",))
        with pytest.raises(ValueError, match=r"inputs=chips: not allowed; allowed: all, or any of electronics"):
            self.dated(inputs=("chips",))

    def test_at_risk_is_what_it_takes(self) -> None:
        settings: dict[str, Any] = {"targets": ("CHN", "USA"), "users": ("DEU", "FRA"), "inputs": ("instruments",)}
        dated = self.dated(**settings)
        changed = self.handles(CALM_END, **settings).supply != self.base.supply
        assert (changed == dated.shock.flows_hit(self.world, dated.targets)).all()
