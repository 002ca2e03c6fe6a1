"""Two scenarios side by side, and results as Python and a notebook show them."""

import base64
import re

import numpy as np
import pytest

import ecosim
from ecosim.errors import InputError
from ecosim.lab.compare import COMPARED
from ecosim.report.results import load

SMALL = (
    "world=classroom", "world.scale=0.01", "timeline.burn_in_months=18", "timeline.calm_months=6",
    "timeline.calm_jitter_months=3", "timeline.response_months=24",
)  # fmt: skip
SHOCK = "shocks=diplomatic_rupture"


def composed(*words):
    return ecosim.compose(*SMALL, *words)


@pytest.fixture(scope="module")
def pair():
    return composed(SHOCK), composed(SHOCK, "programme.tranches=5")


@pytest.fixture(scope="module")
def found(pair):
    return ecosim.compare(*pair, replicates=5, processes=0)


@pytest.fixture(scope="module")
def results(pair):
    return [ecosim.simulate(one) for one in pair]


def test_each_replicate_is_the_one_that_simulate_gives(found, results):
    assert found.names == ("tranches 2", "tranches 5")
    for name, result in zip(found.names, results, strict=True):
        own = found.runs[(found.runs["scenario"] == name) & (found.runs["replicate"] == 0)]
        for arm in ("twin", "shocked"):
            kept = own[own["arm"] == arm].iloc[0]
            same = result.runs[result.runs["arm"] == arm].iloc[0]
            assert kept["area_collaboration"] == same["area_collaboration"] > 0.0


def test_measures_are_those_of_a_sweep_over_the_same_two(found, tmp_path):
    swept = ecosim.sweep(
        "experiment=none", *SMALL, SHOCK, "experiment.replicates=5", "runner.processes=0",
        "experiment.factors={programme.tranches: [2, 5]}", "output.figures=false", output=str(tmp_path),
    )  # fmt: skip
    for name, policy in zip(found.names, swept.design["policy"], strict=True):
        own = found.per_replicate[found.per_replicate["scenario"] == name].sort_values("replicate")
        other = swept.measures[swept.measures["policy"] == policy].sort_values("replicate")
        for measure in COMPARED:
            assert own[measure].to_numpy() == pytest.approx(other[measure].to_numpy()), measure


def test_the_table_holds_means_and_students_interval_of_the_paired_difference(found):
    from scipy.stats import ttest_rel

    wide = found.per_replicate.pivot(index="replicate", columns="scenario", values=list(COMPARED))
    for row in found.table.to_dict("records"):
        first, second = (wide[row["measure"]][name].to_numpy() for name in found.names)
        assert row["difference"] == pytest.approx((second - first).mean())
        assert row[found.names[0]] == pytest.approx(first.mean())
        low, high = ttest_rel(second, first).confidence_interval()
        assert (row["low"], row["high"]) == pytest.approx((low, high))


def test_words_say_what_differs_and_by_how_much(found):
    text = found.text()
    assert "programme.tranches: 2 | 5" in text
    assert text.startswith("tranches 2 beside tranches 5, 5 replicates.")
    row = found.table.set_index("measure").loc["sustained_output"]
    way = "more" if row["difference"] >= 0 else "less"
    assert f"{100 * abs(row['difference']):.1f} points {way} [{100 * row['low']:+.1f} to" in text
    assert max(map(len, text.splitlines())) < 200


def test_results_are_compared_as_they_are_and_one_pair_has_no_interval(results, pair):
    found = ecosim.compare(*results, names=("now", "then"))
    assert found.names == ("now", "then")
    assert found.replicates == 1
    assert found.table["low"].isna().all()
    assert "tell no difference from chance" in found.text()
    assert "[" not in found.text()


def test_the_second_plot_line_is_the_second_scenario(found):
    ax = found.plot("output")
    lines = {line.get_label(): line for line in ax.get_lines()}
    assert set(lines) >= {f"{name}, {words} shocks" for name in found.names for words in ("with", "without")}
    twin = lines["tranches 5, without shocks"]
    months = found.series[(found.series["scenario"] == "tranches 5") & (found.series["arm"] == "twin")]
    starts = found.runs.drop_duplicates(["scenario", "replicate"]).set_index("replicate")["announcement_month"]
    starts = starts[~starts.index.duplicated()]
    since = months["month"] - months["replicate"].map(starts)
    assert twin.get_ydata()[list(twin.get_xdata()).index(0.0)] == pytest.approx(months["output"][since == 0].mean())


def test_a_scenario_without_shocks_beside_one_with(pair):
    found = ecosim.compare(composed(), pair[0], replicates=1, processes=0, names=("calm", "shaken"))
    table = found.table.set_index("measure")
    assert table.loc["sustained_output", "calm"] == 1.0
    assert table.loc["sustained_output", "shaken"] < 1.0
    assert table.loc["baseline_cost_output", "difference"] == 0.0
    assert found.plot().get_legend() is not None


def test_burn_in_is_that_of_the_longer_cycle():
    slow = ecosim.compose(
        "world=classroom", "world.scale=0.003", "programme.months_between_calls=48", "timeline.calm_months=1",
        "timeline.calm_jitter_months=0", "timeline.response_months=2",
    )  # fmt: skip
    quick = ecosim.compose(
        "world=classroom", "world.scale=0.003", "timeline.calm_months=1", "timeline.calm_jitter_months=0",
        "timeline.response_months=2",
    )  # fmt: skip
    found = ecosim.compare(quick, slow, replicates=1, processes=0)
    assert set(found.runs["announcement_month"]) == {3 * 48 + 1}


def test_workers_know_the_plugins_of_this_process(tmp_path):
    from ecosim.lab.compose import load_plugins
    from ecosim.shocks import REGISTRY

    file = tmp_path / "mine.py"
    file.write_text(
        "from ecosim.shocks.supplier_loss import SupplierLoss\n"
        "class Flood(SupplierLoss):\n"
        '    """A flood."""\n'
        '    kind, summary = "flood", "A flood."\n',
        encoding="utf-8",
    )
    load_plugins([str(file)])
    try:
        pair = [composed("shocks=flood", f"programme.tranches={k}") for k in (2, 5)]
        both = ecosim.compare(*pair, replicates=1, processes=1)
    finally:
        REGISTRY.pop("flood", None)
    assert set(both.runs["status"]) == {"ok"}
    assert len(both.runs) == 4


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda a, b: ecosim.compare(a, a), "compare: both scenarios are the same; allowed: two that differ"),
        (lambda a, b: ecosim.compare(a, "world=europe"), "second=str: cannot be compared; allowed: a Scenario"),
        (lambda a, b: ecosim.compare(a, b, replicates=0), "replicates=0: not allowed; allowed: a whole number from 1"),
        (lambda a, b: ecosim.compare(a, b, replicates=True), "replicates=true: not allowed"),
        (lambda a, b: ecosim.compare(a, b, names=("x", "x")), "names=[x,x]: not allowed; allowed: two different names"),
        (lambda a, b: ecosim.compare(a, composed(SHOCK, "seed=2")), "seed=2: is 1 in the first scenario"),
        (lambda a, b: ecosim.compare(a, composed(SHOCK, "timeline.response_months=12")),
         "timeline.response_months=12: is 24 in the first scenario; allowed: the same in both"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_one_line(pair, call, line):
    with pytest.raises(InputError) as error:
        call(*pair)
    assert str(error.value).startswith(line)
    assert "\n" not in str(error.value)


def test_a_scenario_beside_a_result_and_results_of_other_months_are_refused(pair, results):
    with pytest.raises(InputError, match=r"^compare: a scenario and a result; allowed: two scenarios, or two results"):
        ecosim.compare(pair[0], results[1])
    later = ecosim.simulate(composed(SHOCK, "timeline.burn_in_months=24"))
    with pytest.raises(InputError, match=r"^timeline\.burn_in_months: .*allowed: the same burn-in in both"):
        ecosim.compare(results[0], later)


# ---- results in Python and in a notebook


@pytest.mark.parametrize("which", ["comparison", "run"])
def test_a_misspelled_outcome_gets_the_right_name(found, results, which):
    plot = found.plot if which == "comparison" else results[0].plot
    with pytest.raises(InputError, match=r"^outcome=efort: unknown; .*did you mean effort\?$"):
        plot("efort")


def pictures(html):
    return [base64.b64decode(data) for data in re.findall(r"data:image/png;base64,([^\"]+)", html)]


def test_a_notebook_shows_words_and_a_picture(found, results):
    for result, words in ((found, "tranches 2 beside tranches 5"), (results[0], "Without shocks")):
        html = result._repr_html_()
        assert words in html
        assert [png[:8] for png in pictures(html)] == [b"\x89PNG\r\n\x1a\n"]


def test_a_notebook_shows_axes_without_magic_and_without_pyplot(results):
    ax = results[0].plot()
    assert ax._repr_png_()[:8] == ax.figure._repr_png_()[:8] == b"\x89PNG\r\n\x1a\n"


def test_series_by_country_are_those_of_the_model(results, pair):
    table = results[0].series_by_country()
    model = ecosim.Ecosystem(pair[0])
    world = model.advance(model.announcement_month).fork("twin")
    world.advance(pair[0].calendar.months)
    own = world.series_by_country()["output_by_country"]
    codes = world.setting.world.countries
    twin = table[table["arm"] == "twin"]
    assert set(twin["country"]) == set(codes)
    for row in twin.sample(20, random_state=1).to_dict("records"):
        assert row["output"] == pytest.approx(own[row["month"], codes.index(row["country"])], rel=1e-6)
    one = results[0].series_by_country("the United Kingdom")
    assert set(one["country"]) == {"GBR"}
    assert len(one) == len(table) / len(codes)
    ax = results[0].plot("output", country="UK")
    assert ax.get_title() == "GBR"
    shown = {line.get_label(): line.get_ydata() for line in ax.get_lines()}["with shocks"]
    assert np.allclose(shown, one.loc[one["arm"] == "shocked", "output"])


def test_a_country_that_is_not_there_is_one_line(results):
    with pytest.raises(InputError, match=r"^country=FRA: unknown; allowed: CHE, DEU"):
        results[0].series_by_country("France")
    with pytest.raises(InputError, match=r"^outcome=overhead: unknown; allowed: collaboration, output, work, effort"):
        results[0].plot("overhead", country="DE")


def test_participations_say_which_arm_they_hold(results):
    assert set(results[0].participations["arm"]) == {"shocked"}
    assert set(ecosim.simulate(composed()).participations["arm"]) == {"twin"}


def test_the_network_of_any_month_of_a_result(results, pair):
    graph = results[0].network(30, arm="twin")
    assert graph.graph["arm"] == "twin"
    assert set(graph.nodes) == set(ecosim.network(pair[0], 30, arm="twin").nodes)


def test_a_folder_above_gives_the_newest_results_below(tmp_path):
    words = ("experiment=none", "experiment.name=mine", *SMALL, "runner.processes=0", "output.figures=false")
    folders = [ecosim.sweep(*words, f"seed={seed}", output=str(tmp_path)).folder for seed in (1, 2)]
    assert load(folders[0]).folder == folders[0]
    for above in (tmp_path / "mine", tmp_path):
        assert load(above).folder == folders[1]
    with pytest.raises(InputError, match=re.escape(str(tmp_path / "none"))):
        load(tmp_path / "none")
    html = load(folders[0])._repr_html_()
    assert html.startswith("<pre")
