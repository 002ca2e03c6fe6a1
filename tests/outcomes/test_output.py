"""Output: what work yields, and that each path to it exists."""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
import pytest

from ecosim.model import Ecosystem
from ecosim.outcomes.output import yield_output
from ecosim.parameters import parameter_record
from ecosim.scenario import with_overrides
from ecosim.tables import ACTIVE, ORGANISATION, PARTNERSHIP, SEAT, WORKING
from tests.models import INSTRUMENTS, SHOCKS, SMALL, small, to_the_end

#: Everything that makes output differ from work, off.
PLAIN: dict[str, Any] = {
    "behaviour.output.quality": 0.0, "behaviour.output.diversity": 0.0, "behaviour.output.access": 0.0,
    "behaviour.work.pace_response": 0.0,
}  # fmt: skip


def yielded(countries: list[int], work: list[float], *, access: float = 1.0, pace: float = 1.0, **settings: Any) -> Any:
    """Output of one partnership whose members worked so much, by country too."""
    n = len(countries)
    organisations = np.zeros(n, dtype=ORGANISATION)
    organisations["country"], organisations["capability"] = countries, settings.pop("capability", 0.0)
    partnerships, seats = np.zeros(1, dtype=PARTNERSHIP), np.zeros(n, dtype=SEAT)
    partnerships["status"], partnerships["seats"], partnerships["working_now"] = ACTIVE, n, n
    partnerships["work_now"], partnerships["idea"] = sum(work), settings.pop("idea", 0.0)
    seats["organisation"], seats["country"], seats["work_now"] = np.arange(n), countries, work
    seats["state"], seats["fit"] = WORKING, settings.pop("fit", 0.0)
    knowledge = np.array(settings.pop("knowledge", [1.0] * n))[:, None]
    by_country = np.zeros(3)
    speed = np.full((3, 3, 1), pace)
    speed[np.arange(3), np.arange(3)] = 1.0
    p = parameter_record(with_overrides(None, {key.replace("__", "."): value for key, value in settings.items()}))
    yield_output(
        np.zeros(1, np.int32), partnerships, seats, organisations, knowledge, np.zeros((n, 1)),
        np.array([[1.0], [access], [1.0]]), speed, p, by_country,
    )  # fmt: skip
    assert by_country.sum() == pytest.approx(partnerships["output_now"][0])
    return float(partnerships["output_now"][0])


def test_the_formula() -> None:
    beta = {"behaviour__output__quality": 0.4}
    assert yielded([0, 1], [3.0, 1.0]) == pytest.approx(4.0)
    assert yielded([0, 1], [3.0, 1.0], idea=1.5, **beta) == pytest.approx(4.0 * exp(0.6))
    # capability and fit follow who works, by the work they do
    capable = yielded([0, 1], [3.0, 1.0], capability=[2.0, 0.0], programme__capability_weight=0.5, **beta)
    assert capable == pytest.approx(4.0 * exp(0.4 * 0.5 * 1.5))
    assert yielded([0, 1], [3.0, 1.0], fit=[0.0, 1.0], programme__fit_weight=0.8, **beta) == pytest.approx(
        4.0 * exp(0.4 * 0.8 * 0.25)
    )
    # the lead's country is 0: the other's work goes at the pace between them
    assert yielded([0, 1], [3.0, 1.0], pace=0.5) == pytest.approx(3.5)
    assert yielded([0, 0, 1], [1.0, 1.0, 2.0], access=0.81, behaviour__output__access=0.5) == pytest.approx(
        4.0 * (0.5 + 0.5 * 0.81) ** 0.5
    )


@pytest.mark.parametrize("nu", [-0.5, 0.5])
def test_diversity_counts_the_members_knowledge_by_country(nu: float) -> None:
    setting = {"behaviour__output__diversity": nu}
    assert yielded([0, 0, 0], [1.0, 1.0, 1.0], **setting) == pytest.approx(3.0)
    assert yielded([0, 1, 2], [1.0, 1.0, 1.0], **setting) == pytest.approx(3.0 * (1.0 + nu * 2.0 / 3.0))
    assert yielded([0, 1], [1.0, 1.0], knowledge=[3.0, 1.0], **setting) == pytest.approx(
        2.0 * (1.0 + nu * (1.0 - 10.0 / 16.0))
    )
    # undefined shares count as one country
    assert yielded([0, 1], [1.0, 1.0], knowledge=[0.0, 0.0], **setting) == pytest.approx(2.0)


@pytest.mark.parametrize("shocks", [[], list(SHOCKS)])
def test_without_quality_pace_diversity_and_access_output_is_work_to_the_bit(shocks: list[str]) -> None:
    model = Ecosystem(**SMALL, **PLAIN, shocks={name: SHOCKS[name] for name in shocks}, instruments=INSTRUMENTS)
    series = to_the_end(model).series()
    for part in ("", "_in_flight", "_formed_after"):
        assert (series[f"output{part}"] == series[f"work{part}"]).all()
    for label in model.setting.risk.labels:
        assert (series[f"output_at_risk:{label}"] == series[f"work_at_risk:{label}"]).all()
    assert series["work"][-12:].min() > 0.0


#: One change of each mechanism that is to reach output.
PATHS: dict[str, dict[str, Any]] = {
    "evaluation": {"programme__evaluation_noise": 2.0},
    "trust": {"mechanisms__trust": False},
    "trust in coordination": {"behaviour__work__coordination_saved_by_trust": 0.6},
    "knowledge in choosing": {"mechanisms__knowledge": False},
    "learning": {"mechanisms__learning": False},
    "pace": {"behaviour__work__pace_response": 0.8},
    "mobility": {"channels__mobility__distance_weight": 0.4},
    "data": {"channels__data__without_adequacy": 0.15},
    "regulation": {"channels__regulation__different_rules": 0.6},
    "coordination by organisations": {"behaviour__work__coordination_by_organisation": 0.08},
    "coordination by countries": {"behaviour__work__coordination_by_country": 0.03},
    "prices": {"behaviour__work__price_elasticity": 1.0},
    "staff": {"behaviour__staff__loss": 0.35},
    "diversity": {"behaviour__output__diversity": 0.5},
}


def some_output(**changes: Any) -> np.ndarray:
    # countries with and without common rules, so that rules on data can differ
    europe = {"world__preset": "europe", "world__scale": 0.01}
    return small(seed=3, **europe, **changes).advance(50).series()["output"]


@pytest.fixture(scope="module")
def usual() -> np.ndarray:
    return some_output()


@pytest.mark.parametrize("path", PATHS)
def test_every_path_to_output_exists(path: str, usual: np.ndarray) -> None:
    assert (some_output(**PATHS[path]) != usual).any()


def test_access_reaches_output_where_something_is_closed_and_only_there() -> None:
    """At rest what is reached is all there is to reach."""
    closed, open_ = (
        [to_the_end(small(shocks=shocks, behaviour__output__access=phi)).series()["output"] for phi in (0.0, 0.5)]
        for shocks in ({"diplomatic_rupture": SHOCKS["diplomatic_rupture"]}, {})
    )
    assert (closed[0] != closed[1]).any()
    assert (open_[0] == open_[1]).all()


def test_outputs_that_are_counted_follow_output_and_not_work() -> None:
    poor, rich = (
        to_the_end(small(behaviour__output__quality=beta, behaviour__innovation__publications_per_person_year=3.0))
        for beta in (0.0, 1.0)
    )
    for model in (poor, rich):
        series = model.series()
        expected = 3.0 * series["output"].sum() / 12.0
        assert series["publications"].sum() == pytest.approx(expected, abs=5.0 * np.sqrt(expected))
    assert rich.series()["publications"].sum() > 1.2 * poor.series()["publications"].sum()
