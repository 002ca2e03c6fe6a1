"""Who works with whom is kept for the first replicates, at three times."""

import pandas as pd
import pytest

from ecosim.lab import api
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.pairs import PERIODS, PairRecorder
from ecosim.model import Ecosystem
from ecosim.scenario import with_overrides


def test_windows_are_a_year_and_never_run_over_the_end():
    assert PairRecorder(60, 156).windows == {"before": (48, 60), "during": (72, 84), "after": (144, 156)}
    assert PairRecorder(60, 78).windows == {"before": (48, 60), "during": (66, 78), "after": (66, 78)}


def test_strides_stop_where_a_window_starts():
    recorder = PairRecorder(60, 156)
    assert recorder.stride(44, 6) == 4
    assert recorder.stride(48, 6) == 1
    assert recorder.stride(60, 6) == 6
    assert recorder.stride(150, 6) == 1


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


def test_one_scenario_keeps_them_too(tiny):
    _, folder = api.run_and_store(tiny, quiet=True)
    assert len(pd.read_parquet(folder / "pairs.parquet")) > 0
