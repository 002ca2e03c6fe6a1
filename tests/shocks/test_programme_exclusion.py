from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ecosim.lab.compose import compose
from ecosim.model import Ecosystem
from ecosim.shocks.programme_exclusion import ProgrammeExclusion
from ecosim.world.facts import SECTORS
from tests.models import SMALL, to_the_end
from tests.shocks.contract import CALM_END, ShockBench


class TestProgrammeExclusion(ShockBench):
    shock = ProgrammeExclusion

    def test_running_grants_are_honoured_unless_they_end(self) -> None:
        che = self.world.country_index("CHE")
        assert (self.handles(CALM_END, targets=("CHE",)).running_grants == 1.0).all()
        ended = self.handles(CALM_END, targets=("CHE",), severity=0.75, running_grants_end=True).running_grants
        assert (ended[che] == 0.25).all()
        assert (ended[:, che] == 0.25).all()
        assert ended.shape == (6, 6, len(SECTORS))
        assert (np.delete(np.delete(ended, che, axis=0), che, axis=1) == 1.0).all()

    def test_eligibility_from_and_to_the_targets_is_what_the_level_leaves(self) -> None:
        che = self.world.country_index("CHE")
        pushed = self.handles(CALM_END, targets=("CHE",), severity=0.75)
        touched = np.zeros((6, 6), dtype=bool)
        touched[che, :] = touched[:, che] = True
        assert pushed.eligibility[touched] == pytest.approx(0.25 * self.base.eligibility[touched])
        assert (pushed.eligibility[~touched] == self.base.eligibility[~touched]).all()

    def test_announced_first_then_effective(self) -> None:
        che = self.world.country_index("CHE")
        settings = {
            "targets": ("CHE",), "effective_after_months": 12, "expectation_loss": 0.4, "belief_falls_months": 1,
        }  # fmt: skip
        announced = self.handles(CALM_END + 11, **settings)
        for belief in (announced.programme_expectation, announced.lead_expectation):
            assert belief[che] == pytest.approx(0.6)
            assert (np.delete(belief, che, axis=0) == 1.0).all()
        # In other work nobody is doubted.
        assert (announced.expectation == 1.0).all()
        assert announced.eligibility.tobytes() == self.base.eligibility.tobytes()
        assert (self.handles(CALM_END + 12, **settings).eligibility[che] == 0.0).all()

    def test_law_closes_leading_always_and_membership_unless_agreements_survive(self) -> None:
        che = self.world.country_index("CHE")
        survive = self.handles(CALM_END, targets=("CHE",)).ceilings["eligibility"]
        assert (survive[che] == 0.0).all()
        assert (np.delete(survive, che, axis=0) == 1.0).all()
        closed = self.handles(CALM_END, targets=("CHE",), agreements_survive=False).ceilings["eligibility"]
        assert (closed[:, che] == 0.0).all()

    def test_barred_from_leading_they_take_part(self) -> None:
        che = self.world.country_index("CHE")
        settings = {"targets": ("CHE",), "bars": "leading", "belief_falls_months": 1}
        for agreements in (True, False):
            pushed = self.handles(CALM_END, agreements_survive=agreements, **settings)
            assert (pushed.eligibility[che] == 0.0).all()
            assert (np.delete(pushed.eligibility, che, axis=0) == np.delete(self.base.eligibility, che, axis=0)).all()
            ceiling = pushed.ceilings["eligibility"]
            assert (ceiling[che] == 0.0).all()
            assert (np.delete(ceiling, che, axis=0) == 1.0).all()
            assert (pushed.lead_expectation[che] < 1.0).all()
            assert (pushed.programme_expectation == 1.0).all()

    def test_outside_of_some_parts_they_are_inside_of_the_others(self) -> None:
        che = self.world.country_index("CHE")
        parts = np.isin(np.array(SECTORS), ("health", SECTORS[-1]))
        pushed = self.handles(CALM_END, targets=("CHE",), sectors=("health", SECTORS[-1]), running_grants_end=True)
        whole = self.handles(CALM_END, targets=("CHE",), running_grants_end=True)
        for name in ("eligibility", "running_grants", "programme_expectation", "lead_expectation"):
            value, all_parts, base = (getattr(handles, name) for handles in (pushed, whole, self.base))
            assert (value[..., parts] == all_parts[..., parts]).all()
            assert (value[..., ~parts] == base[..., ~parts]).all()
            assert (value[che][..., parts] < base[che][..., parts]).any()
        assert (pushed.ceilings["eligibility"][..., ~parts] == 1.0).all()

    def test_a_part_that_does_not_exist_is_one_clear_line(self) -> None:
        with pytest.raises(ValueError, match=r"sectors=helth.*did you mean health\?"):
            self.dated(sectors=("helth",))


def parts_of(models: tuple[Ecosystem, Ecosystem]) -> list[np.ndarray]:
    """Seats and leads of the excluded in new projects of the programme, by sector, under shock and beside it."""
    found = []
    for model in models:
        rows, seats = model.state.partnerships.used, model.state.seats.used
        project = rows[seats["partnership"]]
        ours = (
            (project["funder"] == 0) & (project["proposed_month"] >= model.announcement_month)
            & (seats["country"] == model.setting.world.country_index("DEU"))
        )  # fmt: skip
        led = ours & (np.arange(len(seats)) == project["first_seat"] + project["lead_seat"])
        found.append(np.array([np.bincount(project["sector"][mask], minlength=len(SECTORS)) for mask in (ours, led)]))
    return found


def worlds(**settings: Any) -> tuple[Ecosystem, Ecosystem]:
    exclusion = {"targets": ["DEU"], "effective_after_months": 0, "expectation_loss": 0.0, **settings}
    model = Ecosystem(**{**SMALL, "world.scale": 0.1}, shocks={"programme_exclusion": exclusion})
    model.advance(model.announcement_month)
    return to_the_end(model.fork("shocked")), to_the_end(model.fork("twin"))


def test_whoever_may_not_lead_leads_nothing_and_goes_on_taking_part() -> None:
    (seats, led), (twin_seats, twin_led) = parts_of(worlds(bars="leading"))
    assert led.sum() == 0 < twin_led.sum()
    # Its seats as a member stay: others lead, and ask it as they did.
    members, twin_members = seats.sum() - led.sum(), twin_seats.sum() - twin_led.sum()
    assert members > 0.7 * twin_members


def test_outside_of_one_part_it_has_no_seat_there_and_keeps_those_elsewhere() -> None:
    (seats, led), (twin_seats, _) = parts_of(worlds(sectors=["health"]))
    health = SECTORS.index("health")
    assert seats[health] == led[health] == 0 < twin_seats[health]
    assert np.delete(seats, health).sum() > 0.8 * np.delete(twin_seats, health).sum()


def test_a_threat_alone_is_a_preset() -> None:
    scenario = compose("world=classroom", "shocks=[exclusion_threat]", "shocks.exclusion_threat.targets=[GBR]")
    threat = scenario.shocks["exclusion_threat"]
    assert isinstance(threat, ProgrammeExclusion)
    assert threat == ProgrammeExclusion(targets=("GBR",), effective_after_months=None)
