"""More severity does not help those it hits: their own collaboration, mean over replicates, with decisions off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecosim.catalogue.cards import example_of
from ecosim.shocks import REGISTRY
from tests.models import small, to_the_end

REPLICATES = 50
SEVERITIES = (0.0, 0.5, 1.0)


def own_collaboration(kind: str, severity: float, replicate: int) -> float:
    """Collaboration of the countries hit, summed over the months from the announcement on."""
    scenario: dict[str, Any] = {"decisions": {}, **example_of("shocks", REGISTRY[kind]), "replicate": replicate}
    # the small world is one in which every example can run
    scenario.pop("world", None)
    scenario["shocks"] = {kind: {**scenario["shocks"][kind], "severity": severity}}
    model = to_the_end(small(**scenario))
    hit = model.setting.dated[0].targets
    months = model.series_by_country()["collaboration_by_country"][model.announcement_month :]
    return float(months[:, hit].sum())


def means(kind: str, replicates: int = REPLICATES) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Steps from each severity to the next: mean change of own collaboration, and its standard error."""
    own = np.array([[own_collaboration(kind, severity, r) for severity in SEVERITIES] for r in range(replicates)])
    steps = np.diff(own, axis=1) / own[:, :1].mean()
    return steps.mean(axis=0), steps.std(axis=0, ddof=1) / np.sqrt(replicates)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_more_severity_does_not_help_those_it_hits(kind: str) -> None:
    mean, error = means(kind)
    # one in two hundred would be found above by chance alone
    assert (mean < 2.6 * error + 1e-9).all(), f"{mean} +- {error}"
