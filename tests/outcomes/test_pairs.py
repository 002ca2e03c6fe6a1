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


def test_pairs_add_up_to_work_and_across_borders_to_collaboration(model):
    joint = model.country_pairs()
    np.testing.assert_array_equal(joint, joint.T)
    assert np.triu(joint).sum() == pytest.approx(model.outcome("work"))
    assert np.triu(joint, 1).sum() == pytest.approx(model.outcome("collaboration"))
    across = joint - np.diag(np.diag(joint))
    # a country's part of collaboration is half of what its pairs have together
    by_country = model.series_by_country()["collaboration_by_country"][-1]
    np.testing.assert_allclose(across.sum(axis=1) / 2.0, by_country, rtol=1e-9, atol=1e-9)


def test_targets_are_named(model):
    assert model.targets() == {"diplomatic_rupture": ("GBR",)}
