"""From an experiment's file to its verdicts: smallest effects, spread over draws, maps, with the model of nothing."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ecosim.analysis.resilience import PRIMARY_MEASURES
from ecosim.analysis.spread import FITTED_HELD
from ecosim.errors import InputError
from ecosim.lab import api
from ecosim.report.page import write_report
from ecosim.report.results import load

ROOT = Path(__file__).parents[2]
BREADTH = "experiment.factors={breadth: {narrow: {programme.countries_per_consortium: [2, 4]}, "
BREADTH += "broad: {programme.countries_per_consortium: [8, 11]}}}"
WORDS = ("world=europe", "world.scale=0.02", "output.figures=false", "output.series=none", BREADTH,
         "experiment.draw_parameters=true")  # fmt: skip
PAIR = ("behaviour.trust.gain", "world.pool_factor")


@pytest.fixture
def tool():
    spec = importlib.util.spec_from_file_location("smallest_effect", ROOT / "tools" / "smallest_effect.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_a_reference_run_gives_is_what_the_next_run_is_judged_by(request_for, tool, capsys):
    reference = api.run_sweep(request_for(*WORDS, "experiment.replicates=6"), quiet=True)
    assert reference.contrasts["margin"].eq(0.0025).all()
    # the measures that were contrasted, unless others are asked for
    assert tool.main([str(reference.folder)]) == 0
    declared = yaml.safe_load(capsys.readouterr().out)["experiment"]["smallest_effect"]
    assert {tuple(limits) for limits in declared.values()} == {PRIMARY_MEASURES}
    assert tool.main([str(reference.folder), "--measures", "worst_year_output"]) == 0
    asked = yaml.safe_load(capsys.readouterr().out)["experiment"]["smallest_effect"]
    assert {tuple(limits) for limits in asked.values()} == {("worst_year_output",)}
    kept = reference.summary[reference.summary["reference"]].set_index("shock")["delivered_output"]
    assert declared["supplier_loss"]["delivered_output"] == pytest.approx((1 - kept["supplier_loss"]) / 10, abs=1e-4)
    override = "experiment.smallest_effect=" + str(declared).replace("'", "")
    judged = api.run_sweep(request_for(*WORDS, "experiment.replicates=6", override), quiet=True)
    margins = judged.contrasts.set_index(["shock", "measure"])["margin"]
    assert margins.to_dict() == {(shock, measure): limit for shock, limits in declared.items()
                                 for measure, limit in limits.items()}  # fmt: skip
    # from the folder as well
    read = load(judged.folder).smallest
    assert read.of("supplier_loss", "delivered_output") == declared["supplier_loss"]["delivered_output"]


def test_the_tool_says_what_is_wrong_in_one_line(tool, tmp_path, capsys):
    assert tool.main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(InputError, match="no such measure"):
        tool.lines_of(tmp_path, ["much"])
    pd.DataFrame({"arm": ["twin"]}).to_csv(tmp_path / "summary.csv")
    with pytest.raises(InputError, match="not written by a sweep"):
        tool.lines_of(tmp_path, ["delivered_output"])


def test_contrasts_and_policies_have_their_spread_over_draws(request_for):
    words = (*WORDS, "experiment.replicates=40", "experiment.seeds_per_draw=2")
    result = api.run_sweep(request_for(*words), quiet=True)
    row = result.contrasts.set_index(["shock", "measure"]).loc["supplier_loss", "delivered_output"]
    # the model of nothing takes no notice of what is drawn: all of the spread is chance
    by_hand = result.measures.pivot_table(index="cluster", columns=["shock", "breadth"], values="delivered_output")
    effect = by_hand["supplier_loss", "broad"] - by_hand["supplier_loss", "narrow"]
    assert (row["draws"], result.spread_over) == (20, "draws")
    assert (row["draw_min"], row["draw_max"]) == pytest.approx((effect.min(), effect.max()))
    assert row["share_helped"] == (effect > 0.0025).mean()
    assert row["draw_min"] <= row["draw_low"] < row["draw_high"] <= row["draw_max"]
    assert 0.0 <= row["left_to_chance"] <= 1.0
    table = result.compare().set_index(["measure", "shock"])
    assert table.loc[("delivered_output", "supplier_loss"), "draw_low"] == row["draw_low"]
    text = " ".join(result.text().split())
    assert "fitted ones from the points that the data allow" in text
    assert FITTED_HELD not in text
    assert "helps in 20 of 20 draws, hurts in 0, from +" in text
    assert "Too few draws to call a policy best: 20, and it takes 100." in text
    held = api.run_sweep(request_for(*WORDS, "experiment.hold=[behaviour.search]"), quiet=True)
    assert held.manifest["held_at_fitted_values"]
    assert FITTED_HELD in " ".join(held.text().split())
    assert {"draw_low", "share_hurt"} <= set(pd.read_csv(result.folder / "contrasts.csv"))
    assert result.summary["best_share"].notna().all()


@pytest.mark.slow
def test_maps_of_the_pairs_an_experiment_names(request_for):
    pair = f"experiment.break_even_pairs=[[{PAIR[0]}, {PAIR[1]}]]"
    result = api.run_sweep(request_for(*WORDS, pair, "experiment.replicates=60"), quiet=True)
    found = result.break_even_maps
    assert [(one.first, one.second, one.shock) for one in found] == [(*PAIR, "diplomatic_rupture"),
                                                                    (*PAIR, "supplier_loss")]  # fmt: skip
    assert found[0].draws == 60
    low, high, _ = result.manifest["drawn"][PAIR[0]]
    assert (found[0].first_values[0], found[0].first_values[-1]) == pytest.approx((low, high))
    # broad consortia lose less whatever is drawn
    assert all(one.share(1) == 1.0 for one in found)
    page = write_report(result.folder).read_text()
    assert "Where two assumptions together turn the answer" in page
    assert "surely helps in 100" in page
    few = api.run_sweep(request_for(*WORDS, pair, "experiment.replicates=5"), quiet=True)
    assert all(one.share(0) == 1.0 and np.isnan(one.effect).all() for one in few.break_even_maps)
    assert "a map takes 60 draws" in write_report(few.folder).read_text()


def test_without_drawn_parameters_the_spread_is_over_seeds(request_for):
    words = [word for word in WORDS if "draw_parameters" not in word]
    result = api.run_sweep(request_for(*words, "experiment.replicates=6"), quiet=True)
    assert result.spread_over == "seeds"
    assert "helps in 6 of 6 seeds" in " ".join(result.text().split())
    assert FITTED_HELD not in result.text()
