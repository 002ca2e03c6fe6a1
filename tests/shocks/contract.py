"""What every shock must do (``test_contract.py`` asks all of them), and the bench on which one is looked at alone."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecosim.channels.build import base_handles
from ecosim.channels.handles import BELIEFS, HANDLE, Handles
from ecosim.config.channels import ChannelsConfig
from ecosim.pushes import month_handles
from ecosim.shocks import REGISTRY, DatedShock, Shock, date_shock
from tests.worlds import small_world

CALM_END = 30


class ShockBench:
    """Subclasses set :attr:`shock`."""

    shock: type[Shock]

    @pytest.fixture(autouse=True)
    def _world(self) -> None:
        self.world = small_world()
        self.base = base_handles(self.world, ChannelsConfig(), n_funders=2)

    def dated(self, **settings: Any) -> DatedShock:
        made = self.shock(**settings)
        return date_shock(made.kind, made, self.world, CALM_END, lambda key: 0.4)

    def handles(self, month: int, **settings: Any) -> Handles:
        return month_handles(self.base, self.world, [self.dated(**settings)], [], month).copy()


class ShockContract(ShockBench):
    """What every shock must do."""

    def test_is_registered_and_says_what_it_is(self) -> None:
        assert REGISTRY[self.shock.kind] is self.shock
        assert self.shock.summary.endswith(".")
        assert self.shock.at_risk in ("member_country", "funder", "supplier")

    def test_changes_only_what_it_declares_and_all_of_it(self) -> None:
        # as it stands, and with each of its switches the other way
        switches = [name for name, field in self.shock.model_fields.items() if isinstance(field.default, bool)]
        changed: set[str] = set()
        for settings in ({}, *({name: not self.shock.model_fields[name].default} for name in switches)):
            pushed = self.handles(CALM_END + 5, **settings)
            changed |= changed_handles(self.base, pushed) | pushed.ceilings.keys()
        assert changed == self.shock.handles

    def test_severity_0_changes_no_bit(self) -> None:
        pushed = self.handles(CALM_END + 5, severity=0.0)
        assert not changed_handles(self.base, pushed)
        assert all((ceiling == 1.0).all() for ceiling in pushed.ceilings.values())

    def test_changes_no_bit_before_announcement(self) -> None:
        for month in (0, CALM_END + 6):
            assert same_bits(self.base, self.handles(month, announced_after_months=7))

    def test_bits_return_after_its_duration(self) -> None:
        for profile in ("step", "ramp", "decay"):
            dates = {"effective_after_months": 3, "duration_months": 12, "profile": profile}
            assert not same_bits(self.base, self.handles(CALM_END + 14, **dates))
            after = self.handles(CALM_END + 15, **dates)
            # Belief comes back at a pace of its own, or at once if that is said.
            assert changed_handles(self.base, after) <= BELIEFS
            assert all((ceiling == 1.0).all() for ceiling in after.ceilings.values())
            back = CALM_END + 15 + int(getattr(self.shock(), "belief_returns_months", 0))
            assert same_bits(self.base, self.handles(back, **dates))

    def test_more_severe_is_never_better(self) -> None:
        severities = (0.0, 0.25, 0.5, 0.75, 1.0)
        runs = [self.handles(CALM_END + 5, severity=severity) for severity in severities]
        for milder, harder in pairwise(runs):
            for name in changed_handles(milder, harder):
                assert (gained(name, milder, harder) <= 0.0).all(), name
            for channel, ceiling in harder.ceilings.items():
                assert (ceiling <= milder.ceilings.get(channel, 1.0)).all(), channel

    def test_a_threat_never_carried_out_has_no_level(self) -> None:
        dated = self.dated(effective_after_months=None, duration_months=6)
        assert dated.state_in(CALM_END - 1) == (0.0, False)
        assert dated.state_in(CALM_END) == (0.0, True)
        assert dated.state_in(CALM_END + 5) == (0.0, True)
        assert dated.state_in(CALM_END + 6) == (0.0, False)
        pushed = self.handles(CALM_END, effective_after_months=None)
        assert changed_handles(self.base, pushed) <= BELIEFS

    def test_named_cases_set_what_they_say_and_nothing_else(self) -> None:
        plain = self.shock()
        for name, case in self.shock.cases.items():
            made = self.shock(severity_of=name)
            changed = {key for key, value in made.model_dump().items() if value != plain.model_dump()[key]}
            assert changed <= {"severity_of", *case.values}
            assert {key: getattr(made, key) for key in case.values} == dict(case.values)
            assert made.idle >= case.values.keys()
            assert not case.values.keys() & {"targets", "drawn", "announced_after_months"}
            assert all(text.endswith(".") for text in (case.what, case.source, case.assumed))
            # Read back, it is the same; and what is set beside a case counts instead of it.
            assert self.shock.model_validate(made.model_dump()) == made
            assert self.shock(severity_of=name, severity=0.123).severity == 0.123

    def test_a_case_it_does_not_have_is_one_clear_line(self) -> None:
        with pytest.raises(ValueError, match=rf"no such case of {self.shock.kind}; allowed: null"):
            self.shock(severity_of="atlantis_1000")

    def test_profile(self) -> None:
        ramp = self.shock(severity=0.8, profile="ramp", profile_months=4)
        assert [ramp.level(t) for t in (-1, 0, 1, 3, 9)] == pytest.approx([0.0, 0.2, 0.4, 0.8, 0.8])
        decay = self.shock(severity=0.8, profile="decay", profile_months=6)
        assert [decay.level(t) for t in (-1, 0, 6, 12)] == pytest.approx([0.0, 0.8, 0.4, 0.2])
        step = self.shock(severity=0.8, duration_months=3)
        assert [step.level(t) for t in (-1, 0, 2, 3)] == [0.0, 0.8, 0.8, 0.0]

    def test_same_draw_same_targets(self) -> None:
        made = self.shock(targets="drawn")
        asked: list[str] = []

        def draw(key: str) -> float:
            asked.append(key)
            return 0.6

        first, second = (date_shock("name", made, self.world, month, draw) for month in (30, 44))
        assert (first.targets == second.targets).all()
        assert first.targets.sum() == 1
        assert self.world.may_be_target[first.targets].all()
        assert len(set(asked)) == 1

    def test_every_country_that_may_be_hit_is_drawn_alike(self) -> None:
        made = self.shock(targets="drawn")
        hits = sum(
            date_shock("name", made, self.world, 0, lambda key, u=u: u).targets.astype(int)
            for u in (np.arange(400) + 0.5) / 400
        )
        assert (hits[self.world.may_be_target] == 100).all()

    def test_unknown_target_is_one_clear_line(self) -> None:
        with pytest.raises(ValueError, match=r"shocks\.mine\.targets=DEX.*allowed:.*DEU.*did you mean DEU\?") as error:
            date_shock("mine", self.shock(targets=("DEX",)), self.world, 0, lambda key: 0.0)
        assert "\n" not in str(error.value)

    def test_can_be_written_and_read_back(self) -> None:
        made = self.shock(severity=0.3, targets=("DEU",))
        assert made.model_dump()["kind"] == self.shock.kind
        assert self.shock.model_validate(made.model_dump()) == made
        assert self.shock.model_validate_json(made.model_dump_json()) == made


def changed_handles(before: Handles, after: Handles) -> set[str]:
    """Handles whose bits differ (ceilings apart)."""
    later = after.arrays()
    return {name for name, value in before.arrays().items() if value.tobytes() != later[name].tobytes()}


def gained(name: str, before: Handles, after: Handles) -> NDArray[np.float64]:
    """How much better a handle has become, entry by entry; below 0 where it is worse."""
    change: NDArray[np.float64] = getattr(after, name) - getattr(before, name)
    return HANDLE[name].sign * change


def same_bits(before: Handles, after: Handles) -> bool:
    """Whether nothing differs, ceilings included."""
    return not changed_handles(before, after) and before.ceilings.keys() == after.ceilings.keys()
