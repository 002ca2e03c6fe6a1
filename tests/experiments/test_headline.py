"""The script that ships runs as its first lines say."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SMALL = ("world.scale=0.01", "timeline.burn_in_months=18", "timeline.calm_months=6", "timeline.calm_jitter_months=3",
         "timeline.response_months=18", "experiment.replicates=1", "runner.processes=0")  # fmt: skip


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
