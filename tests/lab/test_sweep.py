"""Sweeps with a model that has nothing inside: what is kept, what survives, what is said."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.resilience import COLUMNS
from ecosim.cli import main
from ecosim.errors import InputError
from ecosim.lab import api
from ecosim.lab.branches import run_unit
from ecosim.lab.design import make_plan
from ecosim.lab.store import LOCK, MANIFEST, Store
from ecosim.report import reading
from ecosim.report.results import COMPARED, load
from tests.lab.conftest import FAKE, SMALL

KEYS = ["history_id", "replicate", "design_id", "arm"]


def comparable(frame):
    return frame.drop(columns=[name for name in frame if name.endswith("seconds")])


def test_tables_follow_the_contract(request_for):
    result = api.run_sweep(request_for("output.figures=true"), quiet=True)
    assert list(result.runs.columns[:7]) == [
        "design_id", "history_id", "replicate", "seed", "arm", "status", "error",
    ]  # fmt: skip
    # 2 policies x 2 replicates x (twin + 2 shocks), and the placebo of the reference policy
    assert len(result.runs) == 14
    assert result.runs["arm"].value_counts().to_dict() == {"shocked": 8, "twin": 4, "placebo": 2}
    assert result.runs.loc[result.runs["arm"] != "shocked", "design_id"].isna().all()
    assert set(result.runs.loc[result.runs["arm"] == "shocked", "design_id"]) == set(result.design["design_id"])
    assert list(result.series.columns[:6]) == ["design_id", "history_id", "replicate", "seed", "arm", "month"]
    # from the end of burn-in (month 12) to 24 months after the announcement, in month 18 or 19
    months = result.series.groupby("replicate")["month"]
    assert months.min().to_dict() == {0: 12, 1: 12}
    assert months.max().to_dict() == {0: 41, 1: 42}
    assert len(result.series) == 7 * 30 + 7 * 31
    assert {path.name for path in result.folder.iterdir()} == {
        MANIFEST, "design.parquet", "runs.parquet", "series.parquet", "summary.csv", "contrasts.csv",
        "common_numbers.csv", "countries.parquet", "by_country.csv", "figures", "log.txt",
    }  # fmt: skip
    assert {path.name for path in (result.folder / "figures").iterdir()} == {
        "resilience_curves.png", "resilience_curves.svg", "heat_map.png", "heat_map.svg",
    }  # fmt: skip
    manifest = json.loads((result.folder / MANIFEST).read_text())
    assert manifest["status"] == "complete"
    assert manifest["counts"]["runs"] == 14
    assert set(manifest["fingerprint"]) == {"all", "config", "code", "data", "versions", "plugins"}
    assert list(manifest["fingerprint"]["plugins"]) == [FAKE]
    # what is told by the points of a design is not told of a sweep without one
    with pytest.raises(InputError, match=r"holds no design with points; allowed: experiment\.design="):
        result.outcome("delivered_output", str(result.design["shock"].iloc[0]))


def test_measures_are_those_of_the_series(request_for):
    result = api.run_sweep(request_for("experiment.reference={programme.tranches: '2'}"), quiet=True)
    measures = result.measures
    windows = ("", "_12", "_24")
    for ending in (f"{column}{window}" for column in COLUMNS for window in windows):
        np.testing.assert_allclose(
            measures[f"delivered_{ending}"],
            (1 - measures[f"baseline_cost_{ending}"]) * measures[f"sustained_{ending}"],
            rtol=1e-12,
        )
    # 24 months are observed after each announcement
    assert {name.rpartition("_")[2] for name in measures if name.startswith("sustained")} == {*COLUMNS, "12", "24"}
    # three tranches add 1 to the fake effort of about 102
    more = measures[~measures["reference"]]
    assert (more["baseline_cost_output"] < 0).all()
    np.testing.assert_allclose(more["baseline_cost_output"], -1 / 102, rtol=0.05)
    assert (measures.loc[measures["reference"], "added"] == 0).all()
    assert "Too few replicates to call a policy best: 2, and it takes 100." in " ".join(result.text().split())


def test_any_policy_may_be_what_the_others_are_compared_with(request_for):
    result = api.run_sweep(request_for("experiment.replicates=6"), quiet=True)
    first, second = result.design["policy"].unique()
    assert result.reference == first
    forth, back = result.compare(), result.compare(second)
    assert set(forth["policy"]) == set(back["reference"]) == {second}
    assert list(forth["measure"].unique()) == [*COMPARED]
    assert len(forth) == len(COMPARED) * result.design["shock"].nunique()
    keys = ["shock", "measure"]
    forth, back = forth.set_index(keys), back.set_index(keys)
    # what a policy sustains is a share of its own work, the others of the reference's
    sustained = [key for key in forth.index if key[1] == "sustained_collaboration"]
    assert forth.loc[sustained, "estimate"].tolist() == pytest.approx((-back.loc[sustained, "estimate"]).tolist())
    summary = result.summary.pivot(index="shock", columns="policy", values="delivered_output")
    for shock, row in summary.iterrows():
        assert forth.loc[(shock, "delivered_output"), "estimate"] == pytest.approx(row[second] - row[first])
    assert ((forth["low"] <= forth["estimate"]) & (forth["estimate"] <= forth["high"])).all()
    one = result.compare(second, measures=["delivered_output"])
    assert set(one["measure"]) == {"delivered_output"}
    with pytest.raises(InputError, match="reference"):
        result.compare("nobody")
    with pytest.raises(InputError, match="measures"):
        result.compare(measures=["happiness"])


def test_serial_and_two_processes_give_equal_tables(request_for, tmp_path):
    serial = api.run_sweep(request_for(), quiet=True)
    parallel = api.run_sweep(request_for(f"output.folder={tmp_path}/other", processes=2), quiet=True)
    pd.testing.assert_frame_equal(comparable(serial.runs), comparable(parallel.runs))
    pd.testing.assert_frame_equal(serial.series, parallel.series)


def test_the_same_sweep_again_runs_nothing(request_for, monkeypatch):
    first = api.run_sweep(request_for(), quiet=True)
    monkeypatch.setattr(api, "_carry_out", lambda *args: pytest.fail("ran again"))
    second = api.run_sweep(request_for(), quiet=True)
    assert second.folder == first.folder


def test_a_changed_config_has_its_own_folder(request_for):
    first = api.run_sweep(request_for("output.figures=false"), quiet=True)
    second = api.run_sweep(request_for("seed=2", "output.figures=false"), quiet=True)
    assert first.folder != second.folder


@pytest.mark.parametrize("processes", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_a_failing_history_is_recorded_and_the_rest_completes(request_for, monkeypatch, processes):
    monkeypatch.setenv("ECOSIM_FAKE", "raise:3-1,branch:2-0")
    request = request_for(processes=processes)
    result = api.run_sweep(request, quiet=True)
    failed = result.runs[result.runs["status"] == "failed"]
    # one history with three arms, and two shock branches of another
    assert len(result.runs) == 14
    assert len(failed) == 5
    assert failed["error"].eq("RuntimeError: trouble in 3-1").sum() == 3
    assert "Traceback" in (result.folder / "log.txt").read_text()
    # the answer still comes
    assert "DIPLOMATIC RUPTURE" in result.text()

    monkeypatch.delenv("ECOSIM_FAKE")
    again = api.run_sweep(request_for("runner.retry_failed=true", processes=processes), quiet=True)
    assert again.folder == result.folder
    assert again.failed_runs == 0
    whole = api.run_sweep(request_for(f"output.folder={request.output.folder}2"), quiet=True)
    pd.testing.assert_frame_equal(comparable(again.runs), comparable(whole.runs))
    pd.testing.assert_frame_equal(again.series, whole.series)


@pytest.mark.slow
def test_dead_and_hung_workers_are_failed_rows(request_for, monkeypatch):
    monkeypatch.setenv("ECOSIM_FAKE", "die:2-0,hang:3-0")
    result = api.run_sweep(request_for("runner.timeout_seconds=10", processes=2), quiet=True)
    failed = result.runs[result.runs["status"] == "failed"]
    # the reference policy has a placebo too
    assert len(failed) == 7
    assert failed["error"].str.contains("worker process ended").sum() == 4
    assert failed["error"].str.contains("timeout_seconds=10").sum() == 3


def test_an_interrupted_sweep_continues_with_the_same_tables(request_for, tmp_path, capsys):
    command = [sys.executable, "-m", "ecosim", "sweep", "experiment=none", *SMALL, "--plugin", FAKE,
               f"output.folder={tmp_path}/cut", "runner.processes=2"]  # fmt: skip
    environment = {**os.environ, "ECOSIM_FAKE": "hang:3-1"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # tests that run in the background of a shell inherit deafness to Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and len(list(tmp_path.glob("cut/small/*/parts/p*"))) < 3:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in errors
    folder = next(tmp_path.glob("cut/small/*"))
    assert json.loads((folder / MANIFEST).read_text())["status"] == "interrupted"
    assert not (folder / LOCK).exists()

    whole = api.run_sweep(request_for(f"output.folder={tmp_path}/whole"), quiet=True)
    capsys.readouterr()
    # here, and without workers: whole commands that go on are asked in test_survival.py
    assert main([*command[3:-1], "runner.processes=0"]) == 0
    assert "(3 done before)" in capsys.readouterr().err
    resumed = load(folder)
    pd.testing.assert_frame_equal(comparable(resumed.runs), comparable(whole.runs))
    pd.testing.assert_frame_equal(resumed.series, whole.series)


@pytest.mark.parametrize(("kind", "rows"), [("none", 0), ("quantiles", 5 * 31 * (2 + 1 + 4))])
def test_series_may_be_left_out_or_summarised(request_for, kind, rows):
    result = api.run_sweep(request_for(f"output.series={kind}"), quiet=True)
    assert len(result.series) == rows


def test_a_folder_that_is_not_ours_is_left_alone(request_for):
    request = request_for()
    folder = api.run_sweep(request, quiet=True).folder
    for path in folder.glob("*.*"):
        path.unlink()
    (folder / "runs.parquet").write_bytes(b"mine")
    (folder / "notes.txt").write_text("mine")
    before = sorted(folder.rglob("*"))
    with pytest.raises(InputError, match="was not written by ecosim"):
        api.run_sweep(request, quiet=True)
    assert sorted(folder.rglob("*")) == before


def test_a_second_process_is_turned_away(request_for):
    request = request_for()
    folder = api.run_sweep(request, quiet=True).folder
    lock = {"pid": os.getppid(), "host": __import__("socket").gethostname(), "since": "now"}
    (folder / LOCK).write_text(json.dumps(lock))
    with pytest.raises(InputError, match="another process is at work"):
        api.run_sweep(request, quiet=True)
    # the lock of a process that is gone is no lock
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (folder / LOCK).write_text(json.dumps(lock | {"pid": gone.pid}))
    api.run_sweep(request, quiet=True)


def test_an_output_folder_that_cannot_be_written_leaves_nothing(request_for, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(InputError, match=r"output\.folder"):
        api.run_sweep(request_for(f"output.folder={blocked}/inside"), quiet=True)
    assert blocked.read_text() == "not a folder"


def test_a_full_output_folder_is_one_line(request_for, monkeypatch):
    from ecosim.lab import store

    def full(folder):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_probe", full)
    request = request_for()
    with pytest.raises(InputError, match="No space left on device"):
        api.run_sweep(request, quiet=True)
    assert not list((store.Path(request.output.folder)).rglob("*.json"))


def test_one_scenario(request_for):
    result, folder = api.run_and_store(request_for("experiment=none", "experiment.name=run"), quiet=True)
    assert set(result.runs["arm"]) == {"twin", "placebo", "shocked"}
    for name in ("participations.parquet", "runs.parquet", "series.parquet", "scenario.yaml", "summary.csv"):
        assert (folder / name).stat().st_size > 0
    assert "% less collaboration and" in result.text()
    assert result.plot().get_ylabel().startswith("collaboration")


def test_an_answer_comes_even_if_everything_fails(request_for, monkeypatch):
    monkeypatch.setenv("ECOSIM_FAKE", "raise:2-0,raise:2-1,raise:3-0,raise:3-1")
    result = api.run_sweep(request_for(), quiet=True)
    assert result.failed_runs == 14
    assert "Cannot tell: no run with this shock finished." in result.text()
    assert "undecided" in result.text()


def test_one_policy_has_nothing_to_contrast(request_for):
    result = api.run_sweep(request_for("experiment.factors={}"), quiet=True)
    assert result.contrasts.empty
    assert "One policy only" in result.text()
    assert "No contrasts" in result.text()


def test_loss_is_made_of_exposure_fragility_and_seats_that_are_filled(request_for):
    result = api.run_sweep(request_for(), quiet=True)
    measures = result.measures
    np.testing.assert_allclose(measures["exposure"], 0.1)
    lost = measures["in_flight_lost"] / measures["exposed_area"]
    assert lost.gt(1.0).all()
    # 100 of 1000 seats for 24 months, beyond the twin's
    assert set(measures["seats_lost"]) == {2400.0}
    np.testing.assert_allclose(measures["seats_filled"], 720.0)
    # 20 partnerships, of which 2 are at risk: blank one by one, summed over replicates
    assert measures[["fragility", "substituted"]].isna().all().all()
    assert result.summary["fragility"].gt(1.0).all()
    np.testing.assert_allclose(result.summary["substituted"], 0.3)


def test_placebos_are_run_for_those_asked(request_for):
    for words, placebo, scattered in (
        ((), {0}, set()),
        (("experiment.placebos.organisation=none",), set(), set()),
        (("experiment.placebos={organisation: all, scattered: reference}",), {0, 1}, {0}),
        (("experiment.placebos.scattered=all",), {0}, {0, 1}),
    ):
        result = api.run_sweep(request_for(*words), quiet=True)
        histories = result.runs.groupby("arm")["history_id"].agg(set).to_dict()
        assert histories.get("placebo", set()) == placebo
        assert histories.get("scattered", set()) == scattered
        assert len(result.runs) == result.manifest["counts"]["runs"]
        assert result.measures["loss_beyond_placebo"].notna().all() == bool(placebo)
        with_scattered = result.measures.loc[result.measures["concentration"].notna(), "history_id"]
        assert set(with_scattered) == scattered


def test_a_policy_without_a_placebo_is_set_beside_the_reference_policys(request_for):
    asked = ("experiment.reference={programme.tranches: '2'}", "experiment.placebos.organisation=")
    one, every = (api.run_sweep(request_for(asked[0], asked[1] + which), quiet=True).measures
                  for which in ("reference", "all"))  # fmt: skip
    # the fake placebo loses one in a hundred, whatever the policy
    np.testing.assert_allclose(one["loss_beyond_placebo"], every["loss_beyond_placebo"])
    np.testing.assert_allclose(one["drawdown_beyond_placebo"], every["drawdown_beyond_placebo"])


def test_concentration_is_what_the_scattered_shock_leaves(request_for):
    request = request_for("experiment.placebos.scattered=all")
    result = api.run_sweep(request, quiet=True)
    measures = result.measures
    # scattered, the fake shock takes half as much
    np.testing.assert_allclose(measures["concentration"], (1.0 - measures["sustained_collaboration"]) / 2)
    scattered = result.runs[result.runs["arm"] == "scattered"]
    assert set(scattered["scattered_countries"]) == {2.0}
    assert set(scattered["design_id"]) == set(result.design["design_id"])


def test_a_shock_on_the_funder_is_not_scattered(request_for):
    words = ("shocks=[diplomatic_rupture,funder_withdrawal]", "experiment.placebos.scattered=all")
    result = api.run_sweep(request_for(*words), quiet=True)
    scattered = result.runs.loc[result.runs["arm"] == "scattered", "design_id"]
    assert set(result.design.set_index("design_id")["shock"][scattered]) == {"diplomatic_rupture"}


def test_months_by_country_are_kept_whole_as_means_or_not_at_all(request_for):
    every = api.run_sweep(request_for(), quiet=True)
    means = api.run_sweep(request_for("output.countries=means"), quiet=True)
    none = api.run_sweep(request_for("output.countries=none"), quiet=True)
    table = every.countries
    assert means.folder != every.folder
    assert list(table) == ["design_id", "history_id", "replicate", "seed", "arm", "month", "country", *COLUMNS]
    assert {str(table[name].dtype) for name in COLUMNS} == {"float32"}
    assert table["month"].min() == every.runs["announcement_month"].min()
    # what the countries do is what the world does
    keys = ["design_id", "history_id", "replicate", "arm", "month"]
    sums = table.fillna({"design_id": -1}).groupby(keys)[list(COLUMNS)].sum()
    series = every.series.fillna({"design_id": -1}).set_index(keys)[list(COLUMNS)]
    np.testing.assert_allclose(sums, series.loc[sums.index], rtol=1e-6)
    # replicates are announced in different months, so means are by month since then
    since = table["month"] - table.groupby(keys[:-1], dropna=False)["month"].transform("min")
    by_hand = table.assign(since=since).groupby(["arm", "history_id", "design_id", "since", "country"], dropna=False,
                                                observed=True)["output"].mean()  # fmt: skip
    found = means.countries.sort_values(["arm", "history_id", "design_id", "months_since_announcement", "country"])
    np.testing.assert_allclose(found["output"], by_hand.to_numpy(), rtol=1e-6)
    assert found["replicates"].max() == 2
    assert none.countries.empty
    assert none.by_country.empty
    assert not (none.folder / "by_country.csv").exists()
    # the same change either way
    both = every.by_country.merge(means.by_country, on=["design_id", "country"])
    assert len(both) == len(every.by_country) == 8
    assert every.by_country["output_share_low"].notna().all()


@pytest.mark.slow
def test_the_largest_table_is_read_only_in_part_and_says_the_same(request_for):
    result = api.run_sweep(request_for("output.figures=false"), quiet=True)
    result.screen()
    # the screen is made from what the summaries were made from
    assert "measures" in vars(result)
    assert "countries" not in vars(result)
    whole = load(result.folder)
    assert len(whole.countries)
    pd.testing.assert_frame_equal(whole.by_country, result.by_country, check_exact=True)


@pytest.mark.parametrize(
    ("cells", "said"),
    [(["twin", None], "holds nothing"), (["twin", "twins"], "holds 'twins'"), (["twin", 3], "holds 3")],
)
def test_a_wrong_word_is_seen_in_a_column_of_categories(cells, said, tmp_path):
    for column in (pd.Categorical(cells), np.array(cells, dtype=object)):
        with pytest.raises(InputError, match=f"row 2.*{said}"):
            reading.check(pd.DataFrame({"arm": column}), {"arm": reading.TEXT}, tmp_path)


def test_months_by_country_of_an_interrupted_sweep_are_those_of_a_whole_one(request_for):
    whole = api.run_sweep(request_for("experiment.replicates=3"), quiet=True)
    for mode in ("all", "means"):
        request = request_for("experiment.replicates=3", f"output.countries={mode}", "experiment.name=again")
        plan = make_plan(request)
        store = Store.open(request, plan)
        for unit in plan.units[:2]:
            store.write(unit, run_unit(plan.payload(unit)))
        store.close()
        found = api.run_sweep(request, quiet=True)
        if mode == "all":
            pd.testing.assert_frame_equal(found.countries, whole.countries)
        assert len(found.by_country) == len(whole.by_country)
