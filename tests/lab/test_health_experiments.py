"""The experiments on AI for health: as they are written, in a handful of countries."""

from __future__ import annotations

import textwrap
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.contrasts import OPEN as OPEN_VERDICT
from ecosim.analysis.contrasts import VERDICTS, estimate_contrasts
from ecosim.analysis.errors_by_group import LESS, MORE, OPEN, SAME, Errors
from ecosim.lab import api
from ecosim.lab.budgets import public_eur
from ecosim.lab.compose import build_scenario, compose_plain, make_request
from ecosim.lab.design import make_plan
from ecosim.lab.distinct import CELLS
from ecosim.outcomes.health import BY_COUNTRY
from ecosim.report.answer import HEALTH_STANDS
from ecosim.report.health import COLUMNS as _OF_A_RUN
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
    made = {policy.label: build_scenario(policy.config) for policy in plan.policies}
    assert len({public_eur(scenario) for scenario in made.values()}) == 1
    drawn = {item.key for item in plan.drawn}
    assert {"behaviour.health.external_loss", "behaviour.health.misinformation"} <= drawn
    for part in ("world", "timeline", "behaviour", "mechanisms"):
        assert len({str(policy.config[part]) for policy in plan.policies}) == 1


@pytest.mark.parametrize("name", HEALTH)
def test_both_sides_of_a_comparison_spend_as_much_on_instruments(name: str) -> None:
    """What an instrument does is told from what its money would have done: the other side burns as much.

    Beside the reference policy, without instruments of its own, the money stays with grants; the comparison says so.
    """
    plan = make_plan(make_request(compose_plain([f"experiment={name}"])))
    spent = {
        policy.label: sum(one.monthly_eur for one in build_scenario(policy.config).instruments.values())
        for policy in plan.policies
    }
    experiment = compose_plain([f"experiment={name}"])["experiment"]
    (factor,) = experiment["factors"]
    level_of = {policy.label: policy.levels[factor] for policy in plan.policies}
    by_level = {level_of[label]: eur for label, eur in spent.items()}
    assert set(by_level) == set(experiment["factors"][factor])
    for label, content in experiment["contrasts"].items():
        if "not grants" in label:
            assert content["against"] == experiment["reference"][factor]
            continue
        assert by_level[content["level"]] == by_level[content["against"]] > 0.0, label


def test_mean_worst_and_gap_are_asked_for_together() -> None:
    """Whoever asks for one asks for all three: a gap that closes because the best lose is no progress."""
    three = {"health_error_mean", "health_error_worst_group", "health_error_gap"}
    groups: list[set[str]] = [set(_OF_A_RUN), {cell.of for cell in CELLS}]
    for path in sorted((Path(__file__).parents[2] / "conf" / "experiment").glob("*.yaml")):
        content = compose_plain([] if path.stem == "none" else [f"experiment={path.stem}"])["experiment"]
        for contrast in (content.get("contrasts") or {}).values():
            measures = contrast.get("measures") or ()
            groups += [{name.removeprefix(kind) for name in measures if name.startswith(kind)}
                       for kind in ("level_", "change_")]  # fmt: skip
    asking = [group for group in groups if group & three]
    assert len(asking) > 8
    for group in asking:
        assert three <= group


def test_verdicts_on_health_do_not_wait_for_joint_research(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the countries hit hardly work with a country, what its models err is said, and what it loses is not."""
    words = [f"output.folder={tmp_path}", "experiment=health_pandemic", *TINY, "experiment.factors.shared={nothing "
             "shared: {}, money burnt: {instruments.burnt.monthly_eur: 2.0e+7}, "
             "data: {instruments.data_sharing_agreement.monthly_eur: 2.0e+7}}",
             "experiment.contrasts={data: {factor: shared, level: data, against: money burnt, measures: "
             "[level_health_error_mean, level_health_error_worst_group, level_health_error_gap]}, grants: {factor: "
             "shared, level: data, against: money burnt, measures: [delivered_output, level_countermeasures]}}",
             "mechanisms.stages=true"]  # fmt: skip
    result: Any = api.run_sweep(make_request(compose_plain(words)), quiet=True)
    seen = result.focused("KEN")
    why = "No verdict on pandemic: China has 1.1 % of it, less than a third."
    vars(seen)["no_verdict"] = {"pandemic": why}

    def decided(*given: Any, **more: Any) -> pd.DataFrame:
        table = estimate_contrasts(*given, **more)
        return table.assign(verdict="helps", low=0.01, high=0.02, estimate=0.015)

    monkeypatch.setattr("ecosim.report.results.estimate_contrasts", decided)
    verdicts = seen.contrasts.set_index("measure")["verdict"]
    assert set(verdicts[[name for name in verdicts.index if "health_error" in name]]) == {"helps"}
    # countermeasures are technologies of research that is simulated, as output is
    assert set(verdicts[["delivered_output", "level_countermeasures"]]) == {OPEN_VERDICT}
    rows = {
        line.split()[0]: line.split()[1:] for line in seen.screen().split("\n") if line.startswith(("data", "gran"))
    }
    # first the column of output, which that comparison does not ask for
    assert rows["data"] == ["-", "+1.5*", "+1.5*"]
    assert set(rows["grants"]) == {"-"}
    assert why.split(",")[0] in " ".join(seen.screen().split())
    text = " ".join(seen.text().split())
    assert HEALTH_STANDS in text
    assert why in text
    assert "delivered output" not in text.split("WHAT EACH LEVER DOES")[1].split("POLICIES")[0].lower()
    assert len(seen.errors_by_group.countries) == len(result.errors_by_group.countries) > 0
    # where health alone is asked for nothing is missing, and the screen says no such thing
    only = seen.contrasts[seen.contrasts["measure"].str.contains("health_error")]
    vars(seen)["contrasts"] = only
    assert "No verdict" not in seen.screen()


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
