"""Each figure draws on the axes it is given, what the tables say, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from ecosim import plots
from ecosim.plots.hits import Hit
from ecosim.plots.house import drawn
from ecosim.plots.money import STATES, money_panel, money_states
from ecosim.plots.style import COLOURS, looks, new_figure, panels, parameter_name
from tests.models import small


@pytest.fixture
def ax():
    _, axes = new_figure()
    return axes[0, 0]


POLICIES = ("narrow", "broad")


@pytest.fixture
def design():
    rows = [
        {"design_id": number, "history_id": number % 2, "shock": shock, "shocks": shock, "policy": POLICIES[number % 2],
         "reference": number % 2 == 0, "countries": POLICIES[number % 2]}
        for number, shock in enumerate(("rupture", "rupture", "supplier_loss", "supplier_loss"))
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def runs():
    arms = [(None, "twin"), (None, "placebo"), (0, "shocked"), (1, "shocked"), (2, "shocked"), (3, "shocked")]
    rows = [
        {"design_id": d, "history_id": h, "replicate": r, "seed": 1, "arm": arm, "status": "ok",
         "announcement_month": 12 + r, "observation_end_month": 48}
        for h in (0, 1) for r in (0, 1, 2) for d, arm in arms if d is None or d % 2 == h
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def series(runs):
    parts = []
    for row in runs.to_dict("records"):
        months = np.arange(48)
        since = months - row["announcement_month"]
        effort = 10.0 + row["replicate"] + np.where((since >= 0) & (row["arm"] == "shocked"), -5.0, 0.0)
        effort = effort - 0.1 * (row["arm"] == "placebo") * (since >= 0)
        # a million a month comes in; half is paid, a tenth administered, the rest stays unspent
        stopped = (row["arm"] == "shocked") and row["design_id"] in (2, 3)
        appropriated = np.where((since >= 0) & stopped, 0.0, 1e6)
        money = {"appropriated_eur": appropriated, "paid_eur": 0.5 * appropriated, "instruments_eur": 0.0,
                 "administration_eur": 0.1 * appropriated, "committed_eur": 0.0, "returned_eur": 0.0,
                 "unspent_eur": np.cumsum(0.4 * appropriated)}  # fmt: skip
        keys = {name: row[name] for name in ("design_id", "history_id", "replicate", "seed", "arm")}
        parts.append(pd.DataFrame(keys | {"month": months, "collaboration": effort} | money))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def summary(design):
    table = design.copy()
    columns = {
        "delivered_output": (0.9, 0.95, 1.0, 0.99),
        "exposure": (0.2, 0.3, 0.1, np.nan),
        "fragility": (0.5, 0.4, np.nan, np.nan),
        "substituted": (-20.0, 0.5, np.nan, np.nan),
    }
    for name, values in columns.items():
        table[name] = values
        table[f"{name}_low"] = np.array(values) - 0.02
        table[f"{name}_high"] = np.array(values) + 0.02
    return table


@pytest.fixture
def measures(design):
    rows = [
        point | {"replicate": r, "recovery_months": months, "recovery_censored": float(r == 5)}
        for point in design.to_dict("records")
        for r, months in enumerate((6.0, 12.0, 12.0, 18.0, np.nan, 36.0))
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def contrasts():
    return pd.DataFrame(
        {"contrast": "broad", "shock": ["rupture", "supplier_loss"] * 2, "verdict":
         ["helps on average", "hurts", "no effect", "undecided"], "margin": 0.0125,
         "measure": ["delivered_output"] * 2 + ["worst_year_collaboration"] * 2,
         "estimate": [0.05, -0.05, 0.0, 0.03], "low": [0.03, -0.08, -0.01, np.nan], "high": [0.07, -0.03, 0.01, np.nan],
         "draw_low": [-0.02, -0.3, -0.03, np.nan], "draw_high": [0.09, 0.02, 0.03, np.nan],
         "draw_min": -0.04, "draw_max": 0.1}
    )  # fmt: skip


@pytest.fixture
def pairs():
    links = [("DEU", "FRA", 4.0), ("DEU", "GBR", 2.0), ("DEU", "USA", 1.0), ("DEU", "DEU", 9.0), ("FRA", "ROW", 1.0)]
    rows = [
        {"design_id": None if arm == "twin" else 0, "history_id": 0, "replicate": 0, "seed": 1, "arm": arm,
         "period": period, "country_a": a, "country_b": b, "person_months": w,
         "targets": "" if arm == "twin" else "GBR"}
        for arm, period in (("twin", "before"), ("twin", "during"), ("twin", "after"), ("shocked", "during"),
                            ("shocked", "after"))
        for a, b, w in links if arm == "twin" or b != "GBR"
    ]  # fmt: skip
    return pd.DataFrame(rows)


def blank_map():
    from ecosim.analysis.breakeven import two_way

    return two_way([0.5], [0.5], [0.1], ((0.0, 1.0), (0.0, 1.0)))


def test_every_panel_draws_on_the_axes_given(ax, series, runs, design, summary, measures, contrasts, pairs):
    curves = plots.relative_curves(series, runs)
    point = design.to_dict("records")[0]
    twin = series[series["arm"] == "twin"]
    turns = pd.DataFrame({"contrast": ["a"], "shock": ["rupture"], "parameter": ["p"], "low": [0.0], "high": [1.0],
                          "value": [0.4], "value_low": [0.3], "value_high": [0.6], "sign_below": [1],
                          "sign_above": [-1]})  # fmt: skip
    one_measure = contrasts[contrasts["measure"] == "delivered_output"]
    draw = [
        lambda ax: plots.curve_panel(curves, design, "rupture", ax=ax),
        lambda ax: plots.arms_panel(series, runs, point, ax=ax),
        lambda ax: plots.heat_map(summary, ax=ax),
        lambda ax: plots.lever_panel(one_measure, ax=ax),
        lambda ax: plots.hit_map(Hit("loss", {"DEU": 0.5}), ("DEU", "FRA"), ax=ax),
        lambda ax: plots.hit_bars(Hit("loss", {"C01": 0.5}), ax=ax),
        lambda ax: plots.policy_panel(summary, "rupture", ax=ax),
        lambda ax: plots.loss_panel(summary[summary["shock"] == "rupture"], ax=ax),
        lambda ax: plots.recovery_panel(measures, "rupture", ax=ax),
        lambda ax: plots.money_panel(twin, ax=ax),
        lambda ax: plots.pair_map(pairs[pairs["period"] == "before"], ax=ax),
        lambda ax: plots.break_even(turns, "p", ax=ax),
        lambda ax: plots.break_even_map(blank_map(), ax=ax),
        lambda ax: plots.importance(pd.DataFrame({"parameter": ["p"], "importance": [0.3]}), ax=ax),
        lambda ax: plots.run_curves(series[series["replicate"] == 0], runs, ax=ax),
    ]
    for one in draw:
        fresh = ax.figure.add_subplot()
        assert one(fresh) is fresh
        assert fresh.has_data()
    # and on a figure of its own when none is given
    assert isinstance(plots.lever_panel(one_measure), Axes)


def test_curves_have_a_row_per_replicate(series, runs):
    months, table = plots.relative_curves(series, runs)[0]
    assert table.shape[0] == 3
    np.testing.assert_allclose(table[:, months > 0][:, 0], [1 - 5 / 10, 1 - 5 / 11, 1 - 5 / 12])
    _, placebo = plots.relative_curves(series, runs, "placebo")[0]
    np.testing.assert_allclose(placebo[0, -1], 0.99)


def test_a_panels_range_is_its_own_and_never_small(ax, series, runs, design):
    curves = plots.relative_curves(series, runs)
    placebo = plots.relative_curves(series, runs, "placebo")
    calm = {number: (months, np.full_like(table, 0.995)) for number, (months, table) in curves.items()}
    low, high = plots.curve_panel(calm, design, "rupture", placebo, ax=ax).get_ylim()
    assert high - low >= 20.0 - 1e-9
    assert low < 99.5 < 100.0 < high
    hit = plots.curve_panel(curves, design, "rupture", placebo)
    assert hit.get_ylim()[0] < 50.0
    labels = hit.get_legend_handles_labels()[1]
    assert {"placebo, middle 80 % of runs", "reference policy, middle 80 % of runs", *POLICIES} <= set(labels)


def test_money_fills_what_was_appropriated(series):
    states = money_states(series[series["arm"] == "twin"])
    parts = states[[name for name, *_ in STATES]].sum(axis=1)
    np.testing.assert_allclose(parts, states["appropriated_eur"])
    # unspent at first, then all that came in
    np.testing.assert_allclose(states["appropriated_eur"].iloc[[0, -1]], [0.4e6, 0.4e6 + 47e6])


def test_tax_forgone_is_shown_where_there_is_any(ax, series):
    """Firms are left with it; without it a part of what was appropriated would be nowhere."""

    credit = {"tax_credit": {"monthly_eur": 8e6}}
    found = pd.DataFrame(small(instruments=credit).advance(48).series()).rename_axis("month").reset_index()
    states = money_states(found)
    assert states["tax_forgone_eur"].iloc[-1] > 0.0
    parts = states[[name for name, *_ in STATES]].sum(axis=1)
    np.testing.assert_allclose(parts, states["appropriated_eur"], atol=1.0)
    assert "tax forgone" in money_panel(found).get_legend_handles_labels()[1]
    # results without a credit, or of before it was counted, look as ever
    labels = money_panel(series[series["arm"] == "twin"], ax=ax).get_legend_handles_labels()[1]
    assert not {"tax forgone", "pilots", "guarantees paid"} & set(labels)


def test_money_promised_ahead_lies_above_the_line_of_what_was_appropriated(ax, series):

    twin = series[series["arm"] == "twin"].copy()
    twin["unspent_eur"] -= 3e6
    twin["committed_eur"] += 3e6
    money_panel(twin, ax=ax)
    layers = [layer.get_paths()[0].vertices[:, 1] for layer in ax.collections]
    assert min(layer.min() for layer in layers) >= 0.0
    appropriated = next(line for line in ax.lines if line.get_label() == "appropriated").get_ydata()
    assert max(layer.max() for layer in layers) > max(appropriated)


def test_money_shows_the_shocks_that_move_it(series, runs, design):
    figure = plots.money_over_time(series, runs, design)
    assert [ax.get_title() for ax in figure.axes] == ["without shock (twin)", "supplier loss"]


def test_recovery_counts_the_censored_as_not_recovered(ax, measures):
    plots.recovery_panel(measures, "rupture", ax=ax)
    together = next(line for line in ax.lines if line.get_label() == "all policies")
    # a fifth of those hit never comes back
    np.testing.assert_allclose(together.get_ydata()[-1], 20.0)
    assert ax.get_title() == "rupture\n(10 of 12 runs hit)"


def test_a_heat_map_hatches_what_is_open(summary):
    compared = pd.DataFrame(
        {"policy": "broad", "shock": ["rupture", "supplier_loss"], "measure": "delivered_output",
         "estimate": [0.031, 0.012], "low": [0.02, -0.02], "high": [0.04, 0.05],
         "verdict": ["helps on average", "undecided"]}
    )  # fmt: skip
    ax = plots.heat_map(summary, compared=compared)
    texts = {(int(t.get_position()[0]), int(t.get_position()[1])): t.get_text() for t in ax.texts}
    assert "+3.1 [+2.0, +4.0]" in texts[0, 1]
    # no number but the interval
    assert "+1.2" not in texts[1, 1]
    assert "[-2.0, +5.0]" in texts[1, 1]
    hatched = [patch for patch in ax.patches if patch.get_hatch()]
    assert [patch.get_xy() for patch in hatched] == [(0.5, 0.5)]
    assert [patch.get_label() for patch in hatched] == ["open"]
    # only the decided cell has a colour of the scale
    (image,) = ax.images
    assert np.ma.masked_invalid(image.get_array()).count() == 1


def test_a_map_of_two_parameters_hatches_what_is_open():
    from ecosim.analysis.breakeven import two_way

    random = np.random.default_rng(0)
    one, other = random.random(200), np.exp(random.uniform(0.0, 5.0, 200))
    effect = one - 0.5 + 0.3 * random.normal(size=200)
    found = two_way(one, other, effect, ((0.0, 1.0), (1.0, np.exp(5.0))), names=("a.one", "a.other"),
                    logarithmic=(False, True))  # fmt: skip
    ax = plots.break_even_map(found)
    assert set(ax.get_legend_handles_labels()[1]) >= {"surely helps", "surely hurts", "open"}
    assert ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("one (a)", "other (a)")
    few = two_way(one[:20], other[:20], effect[:20], ((0.0, 1.0), (1.0, np.exp(5.0))))
    assert plots.break_even_map(few).get_legend_handles_labels()[1] == ["open"]
    figure = plots.break_even_maps([found, few])
    assert drawn(figure, "png").startswith(b"\x89PNG")
    assert drawn(plots.break_even_maps([few]), "svg")


def test_bars_that_chance_explains_are_hatched(ax):
    table = pd.DataFrame({"parameter": ["a", "b"], "importance": [0.4, 0.1], "stands_out": [True, False]})
    plots.importance(table, ax=ax)
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False, True]


def test_bars_of_a_loss_whose_sign_is_open_are_hatched(ax, summary):
    rows = summary[summary["shock"] == "rupture"].assign(exposure=0.4, exposure_low=-0.1, exposure_high=0.9)
    plots.loss_panel(rows, ax=ax)
    assert any(bar.get_hatch() for bar in ax.patches)
    sure = rows.assign(exposure_low=0.3)
    fresh = ax.figure.add_subplot()
    plots.loss_panel(sure, ax=fresh)
    assert sum(bool(bar.get_hatch()) for bar in ax.patches) > sum(bool(bar.get_hatch()) for bar in fresh.patches)


def test_a_bar_that_is_cut_carries_its_number(ax, summary):
    plots.loss_panel(summary[summary["shock"] == "rupture"], ax=ax)
    assert [text.get_text() for text in ax.texts] == ["-2,000 %"]
    assert ax.get_xlim()[0] > -200.0


def test_shocks_that_nothing_is_known_of_are_left_out(summary, design):
    rows = summary.assign(exposure=np.where(summary["shock"] == "rupture", summary["exposure"], np.nan))
    assert [ax.get_title() for ax in plots.loss_bars(rows, design).axes] == ["rupture"]


def test_maps_know_their_countries(ax, pairs):
    from ecosim.plots.maps import OUTLINES, outlines

    known = outlines()
    assert {"DEU", "MLT", "SGP", "TWN"} <= set(known)
    assert OUTLINES.stat().st_size < 150_000
    before = pairs[pairs["period"] == "before"]
    plots.pair_map(before, ("GBR",), ax=ax)
    texts = {text.get_text(): text for text in ax.texts}
    # the rest of the world has no place; what lies beyond the map stands at its edge
    assert set(texts) == {"DEU", "FRA", "GBR", "USA"}
    left, right = ax.get_xlim()
    assert left <= texts["USA"].xy[0] <= right


def test_a_map_of_nothing_is_a_map(pairs):
    assert plots.pair_map(pairs.iloc[:0]).get_xlim()


def test_three_maps_say_what_became_of_the_links(pairs, design):
    figure = plots.partner_maps(pairs, design, design.to_dict("records")[0], 0)
    titles = [ax.get_title() for ax in figure.axes]
    assert titles[0] == "the year before"
    assert titles[1] == "second year: -25 % against the twin"
    assert figure.axes[0].get_xlabel() == "links of GBR: 25 % of joint work"
    assert figure.axes[1].get_xlabel() == "links of GBR: 0 % of joint work"


@pytest.mark.parametrize("europe", [True, False])
def test_projections_keep_areas(europe):
    from ecosim.plots.maps import Frame

    frame = Frame(europe)
    size = 0.5
    for longitude, latitude in ((0.0, 0.0), (20.0, 40.0), (-30.0, 60.0)):
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size + [longitude, latitude]
        x, y = frame.project(corners).T
        area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
        lat = np.radians([latitude, latitude + size])
        np.testing.assert_allclose(area, np.radians(size) * np.diff(np.sin(lat))[0], rtol=2e-3)


def test_looks_follow_the_levers(design):
    found = looks(design, ["countries"])
    assert found["narrow"]["color"] == COLOURS[0]
    assert found["broad"]["color"] == COLOURS[1]
    assert looks(design, [])["broad"]["color"] == COLOURS[1]


def test_unused_places_stay_blank():
    figure, axes = panels(4)
    assert len(axes) == 4
    assert sum(ax.axison for ax in figure.axes) == 4


def test_parameters_are_named_for_readers():
    assert parameter_name("behaviour.work.coordination_by_country") == "coordination by country (work)"
    assert parameter_name("behaviour.search.coordinator_propensity.2") == "coordinator propensity 2 (search)"
    assert parameter_name("chance of the shock") == "chance of the shock"


def test_the_same_figure_gives_the_same_bytes(contrasts):
    figures = [plots.lever_figure(contrasts) for _ in range(2)]
    for kind in ("png", "svg"):
        first, second = (drawn(figure, kind) for figure in figures)
        assert first == second


@pytest.mark.filterwarnings("error")
def test_many_policies_leave_room_for_the_axes(measures, design):
    levels = {f"{one}, {two}": {"a": one, "b": str(two)} for one in POLICIES for two in range(30)}
    first = next(iter(levels))

    def many(table):
        table = table[table["policy"] == POLICIES[0]].drop(columns="countries")
        parts = [table.assign(policy=name, reference=name == first, **those) for name, those in levels.items()]
        return pd.concat(parts, ignore_index=True)

    figure = plots.recovery_curves(many(measures), many(design))
    assert drawn(figure, "png")
    labels = figure.axes[0].get_legend_handles_labels()[1]
    assert set(labels) == {"all policies", first, "each of 59 other policies"}


@pytest.mark.filterwarnings("error")
def test_long_names_leave_room_for_the_axes(summary, design):
    long = {name: f"{name}, {'a lever with a long name=0.01, ' * 4}" for name in POLICIES}
    summary, design = (table.assign(policy=table["policy"].map(long)) for table in (summary, design))
    for figure in (
        plots.heat_map(summary).figure,
        plots.policy_forest(summary, design),
        plots.loss_bars(summary, design),
    ):
        assert drawn(figure, "png")
        assert figure.axes[0].get_position().width * figure.get_figwidth() > 1.5
