"""The script that ships runs as its first lines say."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).parents[2]
SMALL = ("world.scale=0.01", "timeline.burn_in_months=18", "timeline.calm_months=6", "timeline.calm_jitter_months=3",
         "timeline.response_months=18", "experiment.replicates=1", "runner.processes=0")  # fmt: skip


@pytest.mark.slow
def test_the_headline_script_runs_small(tmp_path):
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "experiments" / "headline.py"), *SMALL],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True, timeout=900,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Which programme keeps research between countries alive")
    assert "SPREAD WIDE: spread wide against as today" in done.stdout
    # 5 levers x 4 shocks x 3 measures
    assert done.stdout.count("undecided  ") >= 60
    assert (tmp_path / "headline_curves.png").stat().st_size > 0


@pytest.mark.slow
def test_ablations_set_the_same_draws_beside_each_other(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location(
        "headline_ablations", REPOSITORY / "experiments" / "headline_ablations.py"
    )
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.chdir(tmp_path)
    changes = {"nothing": ["seed=1"], "no unfunded work": ["mechanisms.unfunded=false"]}
    monkeypatch.setattr(script, "ABLATIONS", changes)
    found = script.ablations([*SMALL[:-2], "experiment.replicates=2", "runner.processes=0"])
    # 5 policies x 4 shocks x 3 measures, twice
    assert len(found) == 120
    same, other = (part for _, part in found.groupby(found["ablation"] != "nothing"))
    np.testing.assert_array_equal(same["change"], 0.0)
    assert (other["change"] != 0.0).mean() > 0.9
    assert "NOTHING: 0 of 60" in script.text(found)
