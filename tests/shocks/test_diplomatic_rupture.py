from __future__ import annotations

import numpy as np
import pytest

from ecosim.shocks.diplomatic_rupture import DiplomaticRupture
from tests.shocks.contract import CALM_END, ShockBench, changed_handles


class TestDiplomaticRupture(ShockBench):
    shock = DiplomaticRupture

    def test_lowers_both_directions_and_nobody_else(self) -> None:
        pushed = self.handles(CALM_END, targets=("POL",), severity=0.5, mobility_share=0.4)
        pol = self.world.country_index("POL")
        across = np.zeros((6, 6), dtype=bool)
        across[pol, :] = across[:, pol] = True
        across[pol, pol] = False
        for name, left in (("political", 0.5), ("mobility", 0.8)):
            value, base = getattr(pushed, name), getattr(self.base, name)
            assert value[across] == pytest.approx(left * base[across])
            assert (value[~across] == base[~across]).all()
        assert (pushed.trust[across] < 0.0).all()
        assert (pushed.trust[~across] == 0.0).all()

    def test_belief_falls_from_announcement_and_the_rest_from_effect(self) -> None:
        settings = {"effective_after_months": 5, "expectation_loss": 0.25, "belief_falls_months": 1}
        pushed = self.handles(CALM_END, targets=("POL",), **settings)
        pol = self.world.country_index("POL")
        assert np.delete(pushed.expectation[pol], pol) == pytest.approx(0.75)
        assert (pushed.expectation == pushed.expectation.T).all()
        # Nobody else doubts anybody, nor does the country itself.
        assert (np.delete(np.delete(pushed.expectation, pol, 0), pol, 1) == 1.0).all()
        assert pushed.expectation[pol, pol] == 1.0
        assert pushed.political.tobytes() == self.base.political.tobytes()

    def test_a_doubt_between_two_countries_only(self) -> None:
        settings = {"targets": ("DEU",), "counterparts": ("CHN",), "effective_after_months": None}
        pushed = self.handles(CALM_END + 40, **settings)
        deu, chn = (self.world.country_index(code) for code in ("DEU", "CHN"))
        doubted = np.zeros((6, 6), dtype=bool)
        doubted[deu, chn] = doubted[chn, deu] = True
        assert pushed.expectation[doubted] == pytest.approx(0.8)
        assert (pushed.expectation[~doubted] == 1.0).all()
        assert changed_handles(self.base, pushed) == {"expectation"}

    def test_counterparts(self) -> None:
        deu, usa, chn = (self.world.country_index(code) for code in ("DEU", "USA", "CHN"))
        named = self.handles(CALM_END, targets=("CHN",), counterparts=("USA",))
        assert named.political[chn, usa] == named.political[usa, chn] == 0.0
        assert named.political[chn, deu] == self.base.political[chn, deu]
        blocs = self.handles(CALM_END, targets=("DEU",), counterparts="other_blocs")
        assert blocs.political[deu, usa] == 0.0
        assert (blocs.political[deu, :4] == self.base.political[deu, :4]).all()

    def test_targets_keep_their_relations_with_each_other(self) -> None:
        pushed = self.handles(CALM_END, targets=("DEU", "FRA"))
        assert pushed.political[0, 1] == pushed.political[1, 0] == 1.0
        assert pushed.political[0, 2] == 0.0

    def test_within_none_targets_break_with_each_other_too(self) -> None:
        partners = self.handles(CALM_END, targets=("DEU", "FRA", "CHE"), counterparts=("USA",))
        none = self.handles(CALM_END, targets=("DEU", "FRA", "CHE"), counterparts=("USA",), within="none")
        among = np.zeros((6, 6), dtype=bool)
        among[np.ix_([0, 1, 3], [0, 1, 3])] = True
        np.fill_diagonal(among, False)
        assert (none.political[among] == 0.0).all()
        assert (none.ceilings["eligibility"][among] == 0.0).all()
        assert (none.trust[among] < 0.0).all()
        assert (partners.political[among] == self.base.political[among]).all()
        # A country and itself, and all that is not among the targets, stay as they were.
        assert (none.political[~among] == partners.political[~among]).all()
        assert (np.diag(none.political) == np.diag(self.base.political)).all()

    def test_everybody_against_everybody(self) -> None:
        assert (self.handles(CALM_END, targets="all").political == self.base.political).all()
        alone = self.handles(CALM_END, targets="all", within="none").political
        assert (alone[~np.eye(6, dtype=bool)] == 0.0).all()

    def test_counterparts_may_be_a_bloc(self) -> None:
        named = self.handles(CALM_END, targets=("USA",), counterparts=("bloc:efta", "fr"))
        assert (named.political[4] == 0.0).tolist() == [False, True, False, True, False, False]

    def test_unknown_counterpart_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"counterparts=XXX"):
            self.dated(counterparts=("XXX",))
