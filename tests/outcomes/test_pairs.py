"""Joint work between countries adds up to the work of partnerships."""

import numpy as np
import pytest

from ecosim import Ecosystem


@pytest.fixture(scope="module")
def model():
    return Ecosystem(
        **{"world.preset": "classroom", "world.scale": 0.02, "timeline.burn_in_months": 48,
           "shocks.diplomatic_rupture.kind": "diplomatic_rupture", "shocks.diplomatic_rupture.targets": ("GBR",)}
    ).advance(40)  # fmt: skip


def test_nothing_before_the_first_month():
    assert not Ecosystem(**{"world.preset": "classroom", "world.scale": 0.02}).country_pairs().any()


def test_pairs_add_up_to_effort(model):
    joint = model.country_pairs()
    np.testing.assert_array_equal(joint, joint.T)
    rows = model.state.partnerships.used[model.state.active]
    seats = model.state.seats.used
    expected = 0.0
    for row in rows:
        working = sum(seats["state"][row["first_seat"] : row["first_seat"] + row["seats"]] == 0)
        expected += row["effort_now"] if working >= 2 else 0.0
    assert np.triu(joint).sum() == pytest.approx(expected)
    # work across borders is more than that between members of two countries: some pairs share one
    assert 0.0 < np.triu(joint, 1).sum() <= model.outcome("effort") * (1 + 1e-9)


def test_targets_are_named(model):
    assert model.targets() == {"diplomatic_rupture": ("GBR",)}
