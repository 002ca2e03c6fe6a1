"""Calibration: the objective counts fitted rows alone, and the optimiser finds a point it was given."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.evidence.calibration import (
    PARAMETERS,
    PROPENSITY,
    Calibration,
    fitted_range,
    identifiability,
    moments,
    next_propensity,
    residuals,
)
from ecosim.evidence.validation import Target, load_targets
from ecosim.world.facts import ORGANISATION_TYPES


def test_only_fitted_rows_enter_and_patterns_share_a_weight() -> None:
    chosen = moments(load_targets())
    names = {moment.name for moment in chosen}
    assert {"repeated_pair_share", "one_project_share", "funded_distance_slope", "p_another_given_k[5]"} <= names
    assert not names & {"transitivity", "size_mean", "p_another_given_k[1]", "prior_pair_share_by_year[2016]"}
    lists = [moment.weight for moment in chosen if moment.name.startswith("p_another")]
    assert sum(lists) == pytest.approx(2.0)  # repetition weighs most


def test_residuals_are_in_tenths() -> None:
    chosen = moments(
        [Target("repeated_pair_share", 0.1, "fitted", ""), Target("funded_distance_slope", -0.2, "fitted", "")]
    )
    found = residuals({"repeated_pair_share": 0.1 * np.exp(0.1), "funded_distance_slope": -0.1}, chosen)
    np.testing.assert_allclose(found, [np.sqrt(2.0), 5.0])
    np.testing.assert_allclose(residuals({}, chosen), [30.0 * np.sqrt(2.0), 30.0])


def test_propensities_follow_shares() -> None:
    data = {f"coordinator_type_share[{kind}]": 0.2 for kind in ORGANISATION_TYPES}
    found = dict(data) | {"coordinator_type_share[HES]": 0.4}
    now = next_propensity((1.0,) * 5, found, data, (0.2, 10.0))
    assert now[ORGANISATION_TYPES.index("HES")] == pytest.approx(0.5)
    assert now[ORGANISATION_TYPES.index("PRC")] == 1.0


def test_only_declared_parameters_can_be_fitted() -> None:
    assert fitted_range("behaviour.search.size_exponent") == (0.2, 1.4)
    assert all(low < high for low, high in map(fitted_range, (*PARAMETERS, PROPENSITY)))
    with pytest.raises(ValueError, match="not declared as fitted"):
        fitted_range("behaviour.search.core_share")


def test_a_known_point_is_found_and_what_is_blind_is_said() -> None:
    """Moments that answer to known parameters; nothing answers to partners' partners."""
    truth = {"familiarity_weight": 2.5, "size_exponent": 1.2, "newcomer_share": 0.25, "domestic_preference": 1.0,
             "funded_awareness_power": 0.6, "coordinator_size_power": 1.0}  # fmt: skip

    def law(values: dict[str, float]) -> dict[str, float]:
        v = {key.rpartition(".")[2]: value for key, value in values.items()}
        return {
            "repeated_pair_share": 0.05 * v["familiarity_weight"],
            "tail_projects_5": 1.5 * v["size_exponent"] ** 0.5,
            "one_project_share": 0.5 + v["newcomer_share"],
            "domestic_pair_share": 0.05 * v["domestic_preference"] ** 0.7,
            "funded_distance_slope": -0.1 - 0.3 * v["funded_awareness_power"],
            "p_another_given_k[2]": 0.3 * v["coordinator_size_power"],
            **{f"coordinator_type_share[{kind}]": 0.2 for kind in ORGANISATION_TYPES},
        }

    data = law({f"x.{name}": value for name, value in truth.items()})
    targets = [Target(name, value, "fitted", "") for name, value in data.items()]
    first = {key: float(np.mean(fitted_range(key))) for key in PARAMETERS} | {PROPENSITY: (1.0,) * 5}
    seen: list[float] = []
    calibration = Calibration(law, targets, first, lambda e: seen.append(e.objective))
    best = calibration.run(rounds=2, evaluations=8, step=0.02)
    found = dict(zip((key.rpartition(".")[2] for key in PARAMETERS), calibration.to_values(best), strict=True))
    for name, value in truth.items():
        assert found[name] == pytest.approx(value, rel=0.05), name
    assert len(seen) == len(calibration.evaluations)
    by_name = {item.name.rpartition(".")[2]: item for item in identifiability(calibration, best, 0.02)}
    assert by_name["newcomer_share"].identified
    assert not by_name["partners_partner_share"].identified
    calibration.profile(best, offsets=(-0.1, 0.1))
    assert sum(e.stage == "profile size_exponent" for e in calibration.evaluations) == 2
