"""Figures show the numbers of the tables, under readable labels."""

import numpy as np
import pandas as pd
import pytest

from ecosim.plots import heat_map, resilience_curves, run_curves, save
from ecosim.plots.resilience import response_curves


@pytest.fixture
def tables():
    """One shock, two policies, two replicates; calm until month 12 or 13, then a loss of half or a quarter."""
    design = pd.DataFrame(
        {"design_id": [0, 1], "history_id": [0, 1], "shock": "supplier_loss", "shocks": "supplier_loss",
         "policy": ["narrow", "broad"], "reference": [True, False], "countries": ["narrow", "broad"]}
    )  # fmt: skip
    runs, series = [], []
    for history, left in ((0, 0.5), (1, 0.75)):
        for replicate in (0, 1):
            first = 12 + replicate
            for arm in ("twin", "shocked"):
                keys = {"design_id": history if arm == "shocked" else None, "history_id": history,
                        "replicate": replicate, "seed": 1, "arm": arm}  # fmt: skip
                runs.append(keys | {"status": "ok", "announcement_month": first, "observation_end_month": 48})
                effort = np.full(48, 10.0)
                effort[first:] *= left if arm == "shocked" else 1.0
                series.append(pd.DataFrame(keys | {"month": np.arange(48), "collaboration": effort}))
    return design, pd.DataFrame(runs), pd.concat(series, ignore_index=True)


def test_curves_are_aligned_at_announcement_and_averaged(tables):
    _, runs, series = tables
    months, ratio = response_curves(series, runs)[0]
    np.testing.assert_allclose(ratio[months < 0], 1.0)
    np.testing.assert_allclose(ratio[months > 0], 0.5)
    assert months[0] == -9.0


def test_a_panel_per_shock_and_a_line_per_policy(tables, tmp_path):
    design, runs, series = tables
    figure = resilience_curves(series, runs, design)
    panel = figure.axes[0]
    assert panel.get_title() == "supplier loss"
    # the twin, the announcement, and a line per policy
    assert len(panel.lines) == 2 + len(design)
    assert {text.get_text() for text in figure.legends[0].get_texts()} >= {"narrow", "broad"}
    files = save(figure, tmp_path / "figures" / "curves")
    assert [path.suffix for path in files] == [".png", ".svg"]
    assert all(path.stat().st_size > 1000 for path in files)


@pytest.mark.parametrize(("verdict", "alpha"), [("undecided", 0.35), ("no effect", 0.35), ("hurts on average", None)])
def test_what_is_open_does_not_look_decided(tables, verdict, alpha):
    design, runs, series = tables
    reference = design.loc[design["reference"], "policy"].iloc[0]
    other = design.loc[~design["reference"], "policy"].iloc[0]
    compared = pd.DataFrame([{"policy": other, "shock": design["shock"].iloc[0], "verdict": verdict,
                              "measure": "sustained_collaboration"}])  # fmt: skip
    figure = resilience_curves(series, runs, design, compared=compared)
    drawn = [line for line in figure.axes[0].lines if len(line.get_xdata()) > 2]
    assert [line.get_alpha() for line in drawn] == [None, alpha]
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {reference, other} <= set(named)
    assert ("pale: open, or too little to matter" in named) == (alpha is not None)


def test_of_policies_that_cannot_be_told_apart_only_the_reference_is_named(tables):
    design, runs, series = tables
    more = [design]
    for number in range(2, 12):
        name = f"policy {number}"
        more.append(design.iloc[[1]].assign(design_id=number, policy=name, countries=name))
        part = series[series["design_id"] == 1].assign(design_id=number)
        series = pd.concat([series, part], ignore_index=True)
    figure = resilience_curves(series, runs, pd.concat(more, ignore_index=True))
    assert len(figure.axes[0].lines) == 2 + 12
    named = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {"narrow", "each of 11 other policies"} <= named
    assert not named & {"broad", "policy 2"}


def test_the_heat_map_writes_its_numbers(tables):
    design, _, _ = tables
    summary = design.assign(
        delivered_output=[0.9, 0.95], delivered_output_low=[0.88, np.nan], delivered_output_high=[0.92, np.nan]
    )
    texts = {text.get_text() for text in heat_map(summary).texts}
    assert texts == {"90.0\n[88.0, 92.0]", "95.0"}


def test_one_scenario_over_time(tables):
    _, runs, series = tables
    ax = run_curves(series[series["history_id"] == 0], runs)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["without shock (twin)", "with shocks"]


def test_figures_leave_the_users_settings_alone(tables):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    design, runs, series = tables
    resilience_curves(series, runs, design)
    assert dict(mpl.rcParams) == before
