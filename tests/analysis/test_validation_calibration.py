"""Calibration: points are judged by fitted rows and named inputs alone, and what is accepted holds the truth."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ecosim.config.accepted import accepted_points
from ecosim.evidence.calibration import (
    BOX,
    INPUT_ROWS,
    PROPENSITY,
    RULED_OUT,
    TOLERANCE,
    Emulator,
    Simulated,
    accepted,
    design,
    deviations,
    fitted_range,
    implausibility,
    narrowed,
    next_propensity,
    noise_of,
    rows_of,
)
from ecosim.evidence.validation import load_targets, role_of
from ecosim.lab.draws import value_of
from ecosim.scenario import Scenario
from ecosim.world.facts import ORGANISATION_TYPES

#: Rows on which the model is judged: no point may be chosen by them.
JUDGED = ("transitivity", "assortativity", "repeated_pair_share_upto20", "prior_pair_share_by_year[2016]",
          "attack_targeted[30%]")  # fmt: skip


def test_only_fitted_rows_and_the_named_inputs_enter() -> None:
    rows = rows_of(load_targets())
    assert {"repeated_pair_share", "one_project_share", "funded_distance_slope", "p_another_given_k[5]"} <= set(rows)
    assert not set(rows) & {*JUDGED, "size_mean", "p_another_given_k[1]"}
    predicted = {target.name for target in load_targets() if target.role == "predicted"}
    assert not set(rows) & predicted
    assert set(INPUT_ROWS) <= set(rows)
    # neither the roles of the table nor those of the code let one in
    assert all(role_of(name, 2016) == "fitted" for name in set(rows) - set(INPUT_ROWS))
    assert not set(JUDGED) - predicted


def test_a_row_that_is_judged_cannot_enter_by_another_name() -> None:
    """Whatever is predicted, kin, size or reference stays out, though its value is as good as any other."""
    targets = load_targets()
    for role in ("predicted", "kin", "size", "reference", "input"):
        relabelled = [dataclasses.replace(target, role=role) for target in targets]
        assert set(rows_of(relabelled)) == set(INPUT_ROWS), role
    fitted = [dataclasses.replace(target, role="fitted") for target in targets if target.name in JUDGED]
    # the role decides and nothing else does, so it is the role that the table has to have right
    assert set(rows_of(fitted)) == set(JUDGED)


def test_deviations_are_logarithms_of_ratios() -> None:
    rows = {"repeated_pair_share": 0.1, "funded_distance_slope": -0.2, "domestic_pair_share": 0.1}
    found = {"repeated_pair_share": 0.1 * np.exp(0.1), "funded_distance_slope": 0.1}
    np.testing.assert_allclose(deviations(found, rows), [0.1, 1.5, 3.0])


def test_propensities_follow_shares() -> None:
    data = {f"coordinator_type_share[{kind}]": 0.2 for kind in ORGANISATION_TYPES}
    found = dict(data) | {"coordinator_type_share[HES]": 0.4}
    now = next_propensity((1.0,) * 5, found, data, (0.2, 10.0))
    assert now[ORGANISATION_TYPES.index("HES")] == pytest.approx(0.5)
    assert now[ORGANISATION_TYPES.index("PRC")] == 1.0


def test_only_declared_parameters_can_be_fitted() -> None:
    assert fitted_range("behaviour.search.size_exponent") == (0.2, 1.4)
    for searched in BOX:
        assert searched.low < searched.high
        if searched.name != "largest_size":
            low, high = fitted_range(searched.key)
            assert low <= searched.low < searched.high <= high
    with pytest.raises(ValueError, match="not declared as fitted"):
        fitted_range("behaviour.search.core_share")


def law(unit: np.ndarray, chance: float) -> dict[str, float]:
    """Rows that answer to known parameters; nothing answers to the last, and two only to each other's product."""
    u = dict(zip((searched.name for searched in BOX), unit, strict=True))
    return {
        "repeated_pair_share": 0.05 * (1.0 + u["familiarity_weight"]) * np.exp(chance),
        "tail_projects_5": 1.5 * (1.0 + u["size_exponent"]) ** 0.5,
        "one_project_share": 0.5 + 0.3 * u["newcomer_share"],
        "domestic_pair_share": 0.05 * (1.0 + u["domestic_preference"]) * (1.0 + u["partners_partner_share"]),
        "funded_distance_slope": -0.1 - 0.3 * u["funded_awareness_power"],
        "p_another_given_k[2]": 0.3 * (1.0 + u["coordinator_size_power"]),
    }


TRUTH = np.array([0.3, 0.5, 0.6, 0.4, 0.5, 0.7, 0.5, 0.5])
ROWS = law(TRUTH, 0.0)


def simulated(units: np.ndarray) -> list[Simulated]:
    random = np.random.default_rng(1)
    return [
        Simulated(tuple(unit), (1.0,) * 5, tuple(law(unit, chance) for chance in random.normal(0.0, 0.02, 2)))
        for unit in units
    ]


def test_chance_between_windows_is_measured() -> None:
    noise = noise_of(simulated(design(256, 3)), ROWS)
    assert noise[0] == pytest.approx(0.02 / np.sqrt(2.0), rel=0.15)
    assert noise[1:] == pytest.approx(0.0, abs=1e-12)
    one_window = Simulated(tuple(TRUTH), (1.0,) * 5, (ROWS,))
    with pytest.raises(ValueError, match="two windows"):
        noise_of([one_window], ROWS)


def test_one_row_far_off_rules_a_point_out() -> None:
    deviation = np.array([[0.0, 0.16], [0.1, 0.1]])
    far = implausibility(deviation, np.zeros(2))
    assert far == pytest.approx([0.16 / TOLERANCE, 0.1 / TOLERANCE])
    assert (far > RULED_OUT).tolist() == [True, False]
    # what an emulator does not know rules nothing out
    assert (implausibility(deviation, np.zeros(2), np.full((2, 2), 0.1)) < RULED_OUT).all()


@pytest.mark.slow
def test_what_is_accepted_holds_the_truth_and_says_what_rows_are_blind_to() -> None:
    first = simulated(design(64, 1))
    emulator = Emulator(first, ROWS)
    # an emulator is wrong about points it has not seen by what it says it may be
    unseen = design(256, 2)
    told, unknown = emulator.predict(unseen)
    true = np.array([deviations(law(unit, 0.0), ROWS) for unit in unseen])
    wrong = np.abs(told - true) / np.sqrt(unknown**2 + emulator.noise**2 + 1e-6)
    assert (wrong < 3.0).mean() > 0.95
    asked = design(1 << 12, 5)
    left = asked[emulator.implausibility(asked) <= RULED_OUT]
    assert emulator.implausibility(TRUTH[None])[0] <= RULED_OUT
    assert 0 < len(left) < 0.1 * len(asked)
    chosen = accepted([*first, *simulated(left[:64])], ROWS)
    assert len(chosen) > 20
    by_name = {item.key.rpartition(".")[2]: item for item in narrowed(chosen)}
    known, blind = by_name["newcomer_share"], by_name["largest_size"]
    assert known.low <= BOX[3].value(TRUTH[3]) <= known.high
    assert known.share_left < blind.share_left
    # what is only known as a product trades off
    assert by_name["domestic_preference"].against.endswith("partners_partner_share")
    assert by_name["domestic_preference"].correlation < -0.4


def test_the_shipped_points_are_in_the_box_and_the_first_is_the_default() -> None:
    points = accepted_points()
    for searched in BOX:
        values = points[searched.key]
        assert len(values) == len(points[BOX[0].key]) >= 3  # fewer leave no range
        assert all(searched.low <= value <= searched.high for value in values)
        assert values[0] == pytest.approx(value_of(Scenario(), searched.key))
    first = [points[f"{PROPENSITY}.{k}"][0] for k in range(len(ORGANISATION_TYPES))]
    assert first == pytest.approx(Scenario().behaviour.search.coordinator_propensity)
