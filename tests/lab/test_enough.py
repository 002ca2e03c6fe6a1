"""Replicates until intervals are narrow: when it ends, and that it ends alike however often it is interrupted."""

import json

import pandas as pd
import pytest

from ecosim.lab import api
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.enough import Widest, next_replicates
from tests.lab.conftest import SMALL

AUTO = ("experiment.replicates=auto", "experiment.auto.least=5", "experiment.auto.batch=4", "experiment.auto.most=30",
        "output.figures=false", "output.series=none")  # fmt: skip


def experiment_of(*overrides):
    return make_request(compose_plain([*SMALL, *AUTO, *overrides])).experiment


@pytest.mark.parametrize(
    ("now", "width", "overrides", "wanted"),
    [
        (5, 0.02, [], 9),
        (5, float("inf"), [], 9),
        (5, 0.009, [], None),
        (29, 0.02, [], 30),
        (30, 0.02, [], None),
        (6, 0.02, ["experiment.seeds_per_draw=3"], 12),
    ],
)
def test_batches(now, width, overrides, wanted):
    assert next_replicates(now, Widest(width, ""), experiment_of(*overrides)) == wanted


def half_widths(result):
    return ((result.contrasts["high"] - result.contrasts["low"]) / 2).max()


def test_it_ends_when_every_contrast_is_narrow_and_not_before(request_for):
    result = api.run_sweep(request_for(*AUTO, "experiment.auto.half_width=2e-5"), quiet=True)
    facts = result.manifest["auto"]
    n = facts["replicates"]
    assert 5 < n < 30
    assert facts["narrow"]
    assert half_widths(result) == pytest.approx(facts["half_width"])
    assert facts["half_width"] <= 2e-5
    assert result.manifest["counts"]["replicates"] == n
    assert set(result.runs["replicate"]) == set(range(n))
    # one batch before, it was not
    fewer = api.run_sweep(request_for(f"experiment.replicates={n - 4}", "output.figures=false"), quiet=True)
    assert half_widths(fewer) > 2e-5
    # the same command runs nothing more
    finished = (result.folder / "manifest.json").read_bytes()
    api.run_sweep(request_for(*AUTO, "experiment.auto.half_width=2e-5"), quiet=True)
    assert (result.folder / "manifest.json").read_bytes() == finished


def test_it_ends_at_the_most_and_says_so(request_for):
    result = api.run_sweep(request_for(*AUTO, "experiment.auto.half_width=1e-9", "experiment.auto.most=10"), quiet=True)
    assert result.manifest["auto"]["replicates"] == 10
    assert not result.manifest["auto"]["narrow"]
    assert "asked for 1e-09" in (result.folder / "log.txt").read_text()


def test_policies_are_looked_at_when_nothing_is_contrasted(request_for):
    words = (*AUTO, "experiment.factors={}", "experiment.auto.outcome=drawdown", "experiment.auto.half_width=0.5")
    result = api.run_sweep(request_for(*words), quiet=True)
    assert result.manifest["auto"]["replicates"] == 5
    half = (result.summary["drawdown_high"] - result.summary["drawdown_low"]) / 2
    assert result.manifest["auto"]["half_width"] == pytest.approx(half.max())


def test_interrupted_between_batches_it_comes_to_the_same(request_for, monkeypatch, tmp_path):
    words = (*AUTO, "experiment.auto.half_width=2e-5", "experiment.draw_parameters=true")
    whole = api.run_sweep(request_for(*words, f"output.folder={tmp_path}/whole"), quiet=True)
    settle = api.Store.settle

    def stop(self, plan):
        settle(self, plan)
        raise KeyboardInterrupt

    monkeypatch.setattr(api.Store, "settle", stop)
    with pytest.raises(KeyboardInterrupt):
        api.run_sweep(request_for(*words), quiet=True)
    monkeypatch.setattr(api.Store, "settle", settle)
    resumed = api.run_sweep(request_for(*words), quiet=True)
    assert resumed.manifest["auto"] == whole.manifest["auto"]
    assert json.loads((resumed.folder / "manifest.json").read_text())["status"] == "complete"
    kept = [name for name in whole.runs if not name.endswith("seconds")]
    pd.testing.assert_frame_equal(resumed.runs[kept], whole.runs[kept])
    pd.testing.assert_frame_equal(resumed.draws, whole.draws)
    assert resumed.draws["replicate"].nunique() == resumed.manifest["auto"]["replicates"]
