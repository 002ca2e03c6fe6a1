"""The experiments on AI for health: as they are written, in a handful of countries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecosim.lab import api
from ecosim.lab.budgets import budgets
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.outcomes.health import BY_COUNTRY
from tests.lab.test_experiments import HEALTH

TINY = (
    "world.countries=[BRA,CHN,DEU,ESP,FRA,IND,KEN,USA,ZAF]", "world.scale=0.0005", "timeline.burn_in_months=12",
    "timeline.calm_months=6", "timeline.calm_jitter_months=0", "timeline.response_months=24", "runner.processes=0",
    "output.figures=false", "experiment.replicates=1",
)  # fmt: skip
#: Shocks hit fewer where there are fewer.
FEWER = {
    "health_oversight": ("shocks.breach.drawn=2",),
    "health_pooling": ("shocks.data_stay_home.drawn=2",),
    "health_standards": ("shocks.rules_change.drawn=2",),
}


@pytest.mark.parametrize("name", HEALTH)
def test_its_policies_have_the_same_public_money_and_draw_what_health_rests_on(name: str) -> None:
    plan = make_plan(make_request(compose_plain([f"experiment={name}"])))
    eur = list(budgets(plan.policies).values())
    assert not eur or max(eur) == min(eur)
    drawn = {item.key for item in plan.drawn}
    assert {"behaviour.health.external_loss", "behaviour.health.misinformation"} <= drawn
    for part in ("world", "timeline", "behaviour", "mechanisms"):
        assert len({str(policy.config[part]) for policy in plan.policies}) == 1


@pytest.mark.parametrize("name", HEALTH)
def test_it_runs_small_and_as_one_country_sees_it(name: str, tmp_path: Path) -> None:
    words = [f"experiment={name}", *TINY, *FEWER.get(name, ()), f"output.folder={tmp_path}"]
    result: Any = api.run_sweep(make_request(compose_plain(words)), quiet=True)
    assert result.failed_runs == 0
    kenya = result.focused("KEN")
    for seen in (result, kenya):
        lines = seen.screen().split("\n")
        assert len(lines) <= 24
        assert max(map(len, lines)) <= 80
        assert "nan" not in "\n".join(lines)
        assert seen.text()
    # what the contrasts ask is there for the country too, and is its own
    measured = {measure for item in result.manifest["experiment"]["contrasts"].values() for measure in item["measures"]}
    of_health = [name for name in measured if "health_" in name or "infections" in name]
    assert of_health
    for measure in of_health:
        world, own = (seen.contrasts.set_index(["contrast", "shock", "measure"]) for seen in (result, kenya))
        rows = world.index.get_level_values("measure") == measure
        assert np.isfinite(own.loc[world.index[rows], "estimate"]).all()
    months = pd.read_parquet(result.folder / "countries.parquet")
    assert set(BY_COUNTRY) < set(months.columns)
    assert months[list(BY_COUNTRY)].notna().all().all()
