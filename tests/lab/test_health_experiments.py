"""The experiments on AI for health: as they are written, in a handful of countries."""

from __future__ import annotations

import textwrap
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.contrasts import VERDICTS
from ecosim.analysis.errors_by_group import LESS, MORE, OPEN, SAME, Errors
from ecosim.lab import api
from ecosim.lab.budgets import budgets
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.outcomes.health import BY_COUNTRY
from ecosim.report.screen import COLUMNS
from tests.lab.test_experiments import HEALTH
from tests.report.test_screen import check, names_in

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
    plain = compose_plain(words)
    result: Any = api.run_sweep(make_request(plain), quiet=True)
    assert result.failed_runs == 0
    kenya = result.focused("KEN")
    names = names_in(result, plain)
    assert len(textwrap.wrap(result.question, COLUMNS)) <= 2
    for seen in (result, kenya):
        lines = seen.screen().split("\n")
        check(lines, names)
        assert "nan" not in "\n".join(lines)
        assert seen.text()
        # one draw decides nothing: what would be said of decided comparisons is in plain words too, and fits
        own, errors = seen.contrasts, seen.errors_by_group
        for verdict, word in zip(VERDICTS, cycle((LESS, MORE, SAME, OPEN)), strict=False):
            decided = {"verdict": verdict, "low": own["estimate"] - 0.001, "high": own["estimate"] + 0.001}
            vars(seen)["contrasts"] = own.assign(**decided)
            vars(seen)["errors_by_group"] = Errors(*(table.assign(verdict=word) for table in vars(errors).values()))
            check(seen.screen().split("\n"), names)
        vars(seen).update(contrasts=own, errors_by_group=errors)
    _errors_are_said(result, kenya)
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


def _errors_are_said(result: Any, kenya: Any) -> None:
    """Who asks for errors of models says whose err less, by country and by group; of one country alone it does not."""
    measures = [measure for item in result.primary_contrasts for measure in item.measures]
    asks = any("health_error" in measure for measure in measures)
    found = result.errors_by_group
    assert bool(len(found)) == asks
    assert ("WHOSE MODELS ERR LESS" in result.text()) == asks
    said = "in calm times: whether models err less is open in each of 9 countries"
    # the screen says it where errors are what is asked for first
    assert (said in " ".join(result.screen().split())) == ("health_error" in measures[0])
    assert "WHOSE MODELS" not in kenya.text()
    if asks:
        # nine countries of three incomes, in calm times and under each shock
        shocks = 1 + result.design["shock"].nunique()
        asking = sum(any("health_error" in measure for measure in one.measures) for one in result.primary_contrasts)
        assert len(found.countries) == 9 * shocks * asking
        assert len(found.groups) == 2 * found.groups["income"].nunique() * shocks * asking
