"""More severity does not help those it hits: their own collaboration, mean over replicates, with decisions off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ecosim.catalogue.cards import example_of
from ecosim.shocks import REGISTRY, DatedShock
from ecosim.world.facts import World
from tests.models import small, to_the_end

REPLICATES = 50
SEVERITIES = (0.0, 0.5, 1.0)


def loses(dated: DatedShock, world: World) -> NDArray[np.bool_]:
    """(C,): the countries whose own loss is meant: of a loss of supplies not the suppliers, but those who use them."""
    if dated.shock.at_risk != "supplier":
        return dated.targets
    # kind of input, user, supplier
    return np.asarray(dated.shock.flows_hit(world, dated.targets).any(axis=(0, 2)))


def own_collaboration(kind: str, severity: float, replicate: int) -> float:
    """Collaboration of the countries hit, summed over the months from the announcement on."""
    scenario: dict[str, Any] = {"decisions": {}, **example_of("shocks", REGISTRY[kind]), "replicate": replicate}
    # the small world is one in which every example can run
    scenario.pop("world", None)
    scenario["shocks"] = {kind: {**scenario["shocks"][kind], "severity": severity}}
    model = to_the_end(small(**scenario))
    hit = loses(model.setting.dated[0], model.setting.world)
    months = model.series_by_country()["collaboration_by_country"][model.announcement_month :]
    return float(months[:, hit].sum())


def means(kind: str, replicates: int = REPLICATES) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Steps from each severity to the next: mean change of own collaboration, and its standard error."""
    own = np.array([[own_collaboration(kind, severity, r) for severity in SEVERITIES] for r in range(replicates)])
    steps = np.diff(own, axis=1) / own[:, :1].mean()
    return steps.mean(axis=0), steps.std(axis=0, ddof=1) / np.sqrt(replicates)


@pytest.mark.parametrize("kind", sorted(kind for kind, shock in REGISTRY.items() if shock.at_risk == "supplier"))
def test_those_a_loss_of_supplies_hits_are_the_users(kind: str) -> None:
    scenario = {**example_of("shocks", REGISTRY[kind]), "decisions": {}}
    scenario.pop("world", None)
    setting = small(**scenario).setting
    (dated,) = setting.dated
    hit = loses(dated, setting.world)
    assert hit.any()
    # whoever is hit has inputs that come over what is closed
    flows = dated.shock.flows_hit(setting.world, dated.targets)
    lost = (setting.base.supply * flows).sum(axis=(0, 2))
    assert ((lost > 0.0) == hit).all()
    if kind in ("supplier_loss", "platform_cut_off"):
        assert not (hit & dated.targets).any()


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_more_severity_does_not_help_those_it_hits(kind: str) -> None:
    mean, error = means(kind)
    # one in two hundred would be found above by chance alone
    assert (mean < 2.6 * error + 1e-9).all(), f"{mean} +- {error}"
