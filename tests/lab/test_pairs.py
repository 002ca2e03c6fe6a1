"""Who works with whom is kept for the first replicates, at three times."""

import numpy as np
import pandas as pd
import pytest

from ecosim.lab import api
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.pairs import PERIODS, YEAR, PairMonths, PairRecorder, PairYears
from ecosim.model import Ecosystem
from ecosim.scenario import with_overrides
from tests.models import finished, small


def test_windows_are_a_year_and_never_run_over_the_end():
    assert PairRecorder(60, 156).windows == {"before": (48, 60), "during": (72, 84), "after": (144, 156)}
    assert PairRecorder(60, 78).windows == {"before": (48, 60), "during": (66, 78), "after": (66, 78)}


def test_strides_stop_where_a_window_starts():
    recorder = PairRecorder(60, 156)
    assert recorder.stride(44, 6) == 4
    assert recorder.stride(48, 6) == 1
    assert recorder.stride(60, 6) == 6
    assert recorder.stride(150, 6) == 1


class Turns:
    """A world in which two of three countries work together, the first two in even months, the others in odd ones."""

    month = 0

    class setting:  # noqa: N801
        class world:  # noqa: N801
            n_countries = 3

    def country_pairs(self):
        joint = np.zeros((3, 3))
        one, other = ((0, 1), (1, 2))[(self.month - 1) % 2]
        joint[one, other] = joint[other, one] = float(self.month)
        return joint


def test_months_of_pairs_are_kept_as_they_come():
    kept, world = PairMonths(3, 7), Turns()
    while world.month < 9:
        world.month += kept.stride(world.month, 6)
        kept.see(world)
    found = kept.columns(world)
    # the pair that never worked together is not there
    assert found["pairs"].tolist() == [[0, 1], [1, 2]]
    assert found["joint"].tolist() == [[0.0, 5.0, 0.0, 7.0], [4.0, 0.0, 6.0, 0.0]]


def test_months_of_pairs_ride_along_in_every_arm_that_a_map_may_show(tiny):
    from ecosim.lab.branches import run_unit
    from ecosim.lab.design import make_plan

    plan = make_plan(tiny)
    payload = plan.payload(plan.units[0])
    plain, mapped = run_unit(payload), run_unit({**payload, "pair_months": [12, 24]})
    assert plain.pair_months == []
    assert [kept["arm"] for kept in mapped.pair_months] == ["twin", "placebo", "shocked"]
    twin, _, shocked = (dict(zip(map(tuple, kept["pairs"].tolist()), kept["joint"], strict=True))
                        for kept in mapped.pair_months)  # fmt: skip
    assert {len(joint) for joint in twin.values()} == {36}
    # one past, and another world after it
    none = np.zeros(36)
    assert all((twin.get(pair, none)[:12] == shocked.get(pair, none)[:12]).all() for pair in {*twin, *shocked})
    assert any((twin.get(pair, none)[12:] != shocked.get(pair, none)[12:]).any() for pair in {*twin, *shocked})
    for one, other in zip(plain.series, mapped.series, strict=True):
        np.testing.assert_array_equal(one["collaboration"], other["collaboration"])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A real sweep of four histories."""
    words = ["world=classroom", "world.scale=0.005", "shocks=[diplomatic_rupture]", "timeline.burn_in_months=24",
             "timeline.calm_months=12", "timeline.calm_jitter_months=0", "timeline.response_months=24",
             "shocks.diplomatic_rupture.targets=[GBR]",
             "experiment.name=tiny", "experiment.replicates=4", "runner.processes=0",
             f"output.folder={tmp_path_factory.mktemp('results')}"]  # fmt: skip
    return make_request(compose_plain(words))


def test_a_sweep_keeps_pairs_of_its_first_replicates(tiny):
    result = api.run_sweep(tiny, quiet=True)
    pairs = pd.read_parquet(result.folder / "pairs.parquet")
    assert sorted(pairs["replicate"].unique()) == [0, 1, 2]
    assert set(pairs["period"]) <= set(PERIODS)
    assert set(pairs.loc[pairs["period"] == "before", "arm"]) <= {"twin"}
    assert (pairs["country_a"] <= pairs["country_b"]).all()
    assert (pairs["person_months"] > 0).all()
    assert set(pairs.loc[pairs["arm"] == "shocked", "targets"]) <= {"GBR"}
    assert set(pairs.loc[pairs["arm"] == "twin", "targets"]) == {""}


def test_runs_say_which_countries_were_hit_and_so_does_the_answer(tmp_path):
    words = ["world=classroom", "world.scale=0.005", "shocks=[diplomatic_rupture,funder_withdrawal]",
             "timeline.burn_in_months=12", "timeline.calm_months=12", "timeline.calm_jitter_months=0",
             "timeline.response_months=12", "shocks.diplomatic_rupture.drawn=2",
             "shocks.diplomatic_rupture.by=participation", "shocks.diplomatic_rupture.within=none",
             "experiment.branches={both: [diplomatic_rupture, funder_withdrawal]}",
             "experiment.name=tiny", "experiment.replicates=3", "runner.processes=0",
             f"output.folder={tmp_path}"]  # fmt: skip
    request = make_request(compose_plain(words))
    result = api.run_sweep(request, quiet=True)
    runs = result.runs
    assert runs.loc[runs["arm"] != "shocked", "targets"].isna().all()
    shocked = runs[runs["arm"] == "shocked"]
    assert shocked["targets"].str.fullmatch(r"diplomatic_rupture: [A-Z]{3} [A-Z]{3}; funder_withdrawal: all").all()
    for replicate, text in zip(shocked["replicate"], shocked["targets"], strict=True):
        model = Ecosystem(with_overrides(request.scenario, {"replicate": int(replicate)}))
        assert " ".join(model.targets()["diplomatic_rupture"]) in text
    assert "Countries hit (in how many of 3 replicates): " in result.text()
    # the maps of a report name those that are hit apart from the others
    pairs = pd.read_parquet(result.folder / "pairs.parquet")
    named = {text.split(";")[0].removeprefix("diplomatic_rupture: ") for text in shocked["targets"]}
    assert set(pairs.loc[pairs["arm"] == "shocked", "targets"]) == named


def test_one_scenario_keeps_them_too_and_every_year(tiny):
    result, folder = api.run_and_store(tiny, quiet=True)
    pairs = pd.read_parquet(folder / "pairs.parquet")
    assert set(pairs["period"]) == {*PERIODS, YEAR}
    years = pairs[pairs["period"] == YEAR]
    assert pairs.loc[pairs["period"] != YEAR, "year"].isna().all()
    # observation starts with 2014 and lasts three years
    assert sorted(years["year"].unique()) == [2014, 2015, 2016]
    parts = pairs["person_months_funded"] + pairs["person_months_unfunded"]
    np.testing.assert_allclose(parts, pairs["person_months"], rtol=1e-5)
    assert (pairs[["person_months_funded", "person_months_unfunded"]] > 0).any().all()
    # until the announcement (January 2015) both worlds are one, and then not
    keys = ["year", "country_a", "country_b"]
    twin, shocked = (years[years["arm"] == arm].set_index(keys)["person_months"] for arm in ("twin", "shocked"))
    pd.testing.assert_series_equal(twin.loc[2014], shocked.loc[2014])
    assert not twin.loc[2016].equals(shocked.loc[2016])
    # the last year is the last period
    last = pairs[(pairs["period"] == "after") & (pairs["arm"] == "shocked")].set_index(keys[1:])["person_months"]
    np.testing.assert_allclose(shocked.loc[2016].loc[last.index], last, rtol=1e-5)
    assert result.twin_participations is not None
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "participations_twin.parquet"), result.twin_participations)
    assert set(result.twin_participations["arm"]) == {"twin"}


def test_funded_and_unfunded_work_of_pairs_add_up():
    model = finished()
    whole, funded, unfunded = model.country_pairs(), model.country_pairs(funded=True), model.country_pairs(funded=False)
    np.testing.assert_allclose(funded + unfunded, whole, rtol=1e-12)
    assert funded.sum() > 0
    assert unfunded.sum() > 0
    without = finished(mechanisms__unfunded=False)
    assert not without.country_pairs(funded=False).any()
    np.testing.assert_array_equal(without.country_pairs(funded=True), without.country_pairs())


def test_a_year_is_the_mean_over_its_months_that_were_seen():
    seen = PairYears(20, 30)
    assert [seen.stride(month, 6) for month in (10, 17, 20, 29, 30)] == [6, 3, 1, 1, 6]
    model = small()
    by_hand = {}
    while model.month < 32:
        model.advance(model.month + 1)
        seen.see(model)
        if 20 <= model.month - 1 < 30:
            by_hand.setdefault(model.setting.year(model.month - 1), []).append(model.country_pairs())
    means = seen.means()
    assert sorted(means) == sorted(by_hand) == [2013, 2014]
    for year, months in by_hand.items():
        assert len(months) == (4 if year == 2013 else 6)
        np.testing.assert_allclose(means[year][0], np.mean(months, axis=0), rtol=1e-12)
