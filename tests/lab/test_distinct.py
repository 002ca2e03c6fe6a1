"""Instruments beside burnt money: the same money, paired draws, a search that is told on draws of its own."""

import json

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.distinctness import ONE_MECHANISM
from ecosim.errors import InputError
from ecosim.instruments import REGISTRY
from ecosim.lab import paying as module
from ecosim.lab.compose import compose
from ecosim.lab.distinct import BURNT, CELLS, GRANTS, arms, burnt_arm, measure, mechanisms, run_arms, values_of
from ecosim.lab.distinct_report import Asked, answer, distinct
from ecosim.lab.paying import GAINS, Bench, Sizes, arm_of, configurations, needed, paying, search, strongest
from ecosim.lab.workers import Workers
from ecosim.model import Ecosystem
from ecosim.plots.distinct import alike_matrix
from ecosim.scenario import with_overrides
from tests.models import to_the_end

TINY = (
    "world=classroom", "world.scale=0.005", "timeline.burn_in_months=12", "timeline.calm_months=6",
    "timeline.calm_jitter_months=3", "timeline.response_months=6", "runner.processes=0",
    "shocks=[diplomatic_rupture,funder_withdrawal]",
)  # fmt: skip


def test_arms_name_every_instrument_once_and_what_it_is_set_beside():
    made = arms(["matchmaking", "embassy_hub", "tax_credit"])
    assert list(made) == [GRANTS, BURNT, "matchmaking", "embassy_hub", "embassy_hub burnt", "tax_credit",
                          "tax_credit burnt"]  # fmt: skip
    assert burnt_arm("matchmaking") == BURNT
    assert made[BURNT]["mechanisms.instruments"] is False
    with pytest.raises(InputError, match=r"no such instrument.*matchmaking"):
        arms(["matchmakin"])


def test_presets_are_no_mechanisms_of_their_own():
    assert {"convening", "people_exchange"} <= set(mechanisms())
    assert not {"briefing", "fellowships"} & set(mechanisms())


# ---------------------------------------------------------------------------------------------- burnt money


@pytest.fixture(scope="module")
def worlds():
    """Series of a small world by instrument and whether it acts."""
    scenario = compose(*TINY, "policy.levers_share=0.2")
    kinds = ("visa_facilitation", "bilateral_cofinancing", "joint_testbed", "tax_credit")
    found = {"grants": to_the_end(Ecosystem(scenario)).series()}
    for kind in kinds:
        for acts in (True, False):
            changed = with_overrides(scenario, {"policy.levers": {kind: 1.0}, "mechanisms.instruments": acts})
            found[kind, acts] = to_the_end(Ecosystem(changed)).series()
    return found


def test_what_is_burnt_is_what_was_spent_and_does_nothing(worlds):
    plain = worlds["visa_facilitation", False]
    for kind in ("visa_facilitation", "bilateral_cofinancing"):
        one = worlds[kind, False]
        # all that they are given is burnt, grants for their pairs included: the two are one arm, to the bit
        for name, values in plain.items():
            np.testing.assert_array_equal(one[name], values, err_msg=name)
    assert plain["instruments_eur"].sum() == worlds["visa_facilitation", True]["instruments_eur"].sum() > 0.0
    assert plain["collaboration"].sum() != worlds["visa_facilitation", True]["collaboration"].sum()


def test_an_asset_and_a_claim_burn_no_more_than_they_take(worlds):
    asset = worlds["joint_testbed", False]["instruments_eur"].sum()
    assert asset == pytest.approx(worlds["joint_testbed", True]["instruments_eur"].sum(), rel=1e-6)
    assert asset < worlds["visa_facilitation", False]["instruments_eur"].sum()
    claimed, burnt = worlds["tax_credit", True], worlds["tax_credit", False]
    assert claimed["tax_forgone_eur"].sum() > 0.0 == burnt["tax_forgone_eur"].sum()
    # claims that nobody is moved by are those for work that would have been done anyway
    assert 0.0 < burnt["instruments_eur"].sum() <= 1.2 * claimed["tax_forgone_eur"].sum()


def test_public_money_is_the_same_in_every_arm(worlds):
    for series in worlds.values():
        np.testing.assert_array_equal(series["appropriated_eur"], worlds["grants"]["appropriated_eur"])


# ---------------------------------------------------------------------------------------------- the measure


def made_up(kinds, effect, draws=16, seed=1, *, health=True):
    """Runs in which each arm multiplies every outcome by a known factor, in draws of very different size."""
    random = np.random.default_rng(seed)
    there = [cell for cell in CELLS if health or cell.family != "health"]
    columns = sorted({name for cell in there for name in (cell.of, cell.per) if name})
    rows = []
    for draw in range(draws):
        size = np.exp(random.normal(size=len(columns)))
        for arm in arms(kinds):
            for shock in ("one", "other"):
                noise = 1.0 + 0.01 * random.normal(size=len(columns))
                moved = [effect(arm, name) for name in columns]
                rows.append({"draw": draw, "arm": arm, "shock": shock, "instruments_eur": 5.0,
                             **dict(zip(columns, size * noise * moved, strict=True))})  # fmt: skip
    return pd.DataFrame(rows)


def test_effects_that_were_put_in_are_found():
    kinds = ["matchmaking", "visa_facilitation", "embassy_hub", "nda"]

    def effect(arm, name):
        if arm in ("matchmaking", "visa_facilitation") and name == "collaboration":
            return 1.2 if arm == "matchmaking" else 1.4
        return 1.2 if arm == "embassy_hub" and name.startswith("newcomers") else 1.0

    found = measure(made_up(kinds, effect), kinds, 0.5, parts=4, resamples=100)
    assert found.found.names == (*kinds, GRANTS)
    assert found.found.measurable.tolist() == [True, True, True, False, False]
    assert found.found.verdict(0, 1) == ONE_MECHANISM
    assert sorted(found.found.groups()) == [("embassy_hub",), ("matchmaking", "visa_facilitation")]
    table = found.instruments().set_index("instrument")
    assert table.loc["matchmaking", "mechanism"] == "matchmaking = visa_facilitation"
    assert table.loc["matchmaking", "collaboration"] > 5.0 * table.loc["matchmaking", "newcomers"]
    assert table.loc["nda", "collaboration"] < 0.1 * table.loc["matchmaking", "collaboration"]
    assert (table.loc[kinds, "spent_eur"] == 10.0).all()
    # the draws that would do, from the agreement that a smaller run has
    assert found.draws_needed("matchmaking") < 16
    assert found.draws_needed("nda") > 100
    # two cells for each outcome that has a value, and none left out
    assert len(found.cells) == 2 * len(CELLS)
    assert found.left_out == ()
    ax = alike_matrix(found.found)
    shown = ax.images[0].get_array()
    # in order of agreement: no cosine is drawn of what is noise, and all agree with themselves in part
    assert np.isnan(np.ma.filled(shown, np.nan)[3:, :3]).all()
    assert [tick.get_text() for tick in ax.get_yticklabels()][-1] in ("nda", "grants")


def test_the_draws_that_are_said_to_be_needed_are_enough():
    def effect(arm, name):
        return 1.004 if arm == "nda" else 1.0

    # in runs that do not follow health, whose cells are left out
    few = measure(made_up(["nda"], effect, draws=16, health=False), ["nda"], 1.0, parts=4, resamples=5)
    assert {cell.family for cell, _ in few.left_out} == {"health"}
    assert not few.found.measurable[0]
    draws = int(few.draws_needed("nda")) + 1
    assert 16 < draws < 400
    enough = measure(made_up(["nda"], effect, draws=draws, seed=2, health=False), ["nda"], 1.0, parts=4, resamples=5)
    assert enough.found.agreement[0] == pytest.approx(0.7, abs=0.15)


def test_the_same_share_counts_the_same_in_a_draw_that_is_a_hundred_times_as_large():
    runs = made_up(["nda"], lambda arm, name: 1.0, draws=2)
    twice = runs.assign(output=runs["output"] * np.where(runs["draw"] == 1, 100.0, 1.0))
    place = next(k for k, cell in enumerate(CELLS) if cell.name == "output") * 2
    labels = list(arms(["nda"]))
    one, other = (values_of(table, labels)[0][:, :, place] for table in (runs, twice))
    np.testing.assert_allclose(one[:, 2] - one[:, 1], other[:, 2] - other[:, 1])


# ---------------------------------------------------------------------------------------------- the search


def test_configurations_are_the_one_that_ships_and_an_even_spread_over_its_ranges():
    found = configurations("visa_facilitation", 21, 1)
    assert found[0].changes == {}
    fields = REGISTRY["visa_facilitation"].model_fields
    for name, field in fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("role") == "assumed":
            low, high = extra["range"]
            values = np.sort([one.values[name] for one in found[1:]])
            assert low <= values[0] < values[-1] <= high
            if extra["prior"] == "uniform":
                # one in each twentieth of the range
                assert len(np.unique((20 * (values - low) / (high - low)).astype(int))) == 20
    assert configurations("visa_facilitation", 21, 1) == found
    scenario = with_overrides(compose(*TINY), arm_of(found[-1]))
    assert scenario.instruments["visa_facilitation"].limit == found[-1].values["limit"]
    assert scenario.policy.levers_share == found[-1].values["policy.levers_share"]


def landscape(payload):
    """Output as a known function of a configuration: visas pay if much is spent, matchmaking never does."""
    config = payload["config"]
    levers = config["policy"]["levers"]
    helped = 0.0
    if levers:
        share = config["policy"].get("levers_share", 0.04)
        acts = config["mechanisms"]["instruments"]
        helped = -0.5 * share + (acts and "visa_facilitation" in levers) * share
    size = 100.0 * (1 + config["replicate"])
    return [{"shock": label, "output": size * (1.0 + helped), "collaboration": size * (1.0 - helped)}
            for _, label in payload["arms"]]  # fmt: skip


def test_a_configuration_that_pays_is_found_and_one_that_does_not_is_not(monkeypatch):
    monkeypatch.setattr(module, "simulate_arms", landscape)
    bench = Bench(TINY, Sizes(configurations=12, draws=2, fresh=4), Workers(0))
    assert not set(bench.searched) & set(bench.fresh)
    visa, match = search(bench, "visa_facilitation"), search(bench, "matchmaking")
    shares = [one.get("policy.levers_share", 0.04) for one in visa["tried"]]
    assert visa["output"]["winner"]["policy.levers_share"] == max(shares)
    np.testing.assert_allclose(visa["output"]["over_burnt"], np.array(visa["output"]["over_grants"]) * 2.0)
    table = paying([visa, match]).set_index(["instrument", "gain"])
    assert table.loc[("visa_facilitation", "output"), "pays"]
    assert table.loc[("visa_facilitation", "output"), "surely"]
    assert not table.loc[("matchmaking", "output"), "pays"]
    # what loses to grants is not run beside burnt money
    assert match["output"]["over_burnt"] == []
    assert np.isnan(table.loc[("matchmaking", "output"), "over_burnt"])


def test_no_instrument_pays_where_nothing_does_anything(monkeypatch):
    random = np.random.default_rng(5)
    monkeypatch.setattr(
        module, "simulate_arms", lambda payload: [dict.fromkeys(GAINS, 100.0 + random.normal()) for _ in "a"]
    )
    bench = Bench(TINY, Sizes(configurations=30, draws=1, fresh=8), Workers(0))
    kinds = mechanisms()[:12]
    table = paying([search(bench, kind) for kind in kinds])
    # the best of thirty looks good in the search alone
    assert (table["searched"] > 0.0).all()
    assert not table["surely"].any()
    assert abs(table["over_grants"].mean()) < table["searched"].mean() / 2


# ---------------------------------------------------------------------------------------------- what would be needed


def test_what_would_have_to_be_true_names_the_end_of_a_range_that_moves_most():
    table = strongest(TINY, "visa_facilitation")
    assert table.iloc[0]["moved"] == 1.0
    best = table.sort_values("moved").iloc[-1]
    low, high = REGISTRY["visa_facilitation"].model_fields[best["parameter"]].json_schema_extra["range"]
    assert best["value"] in (low, high)
    assert best["moved"] > 1.0
    assert best["parameter"] in needed(TINY, "visa_facilitation")
    # with a limit twice as high a gap is closed twice as far
    limit = table[table["parameter"] == "limit"].set_index("value")["mobility"]
    assert limit.iloc[1] / limit.iloc[0] == pytest.approx(limit.index[1] / limit.index[0])


def test_an_instrument_without_a_gap_says_so():
    assert "nothing moves in this world" in needed(
        ("world=europe", "world.countries=[DEU,FRA,ESP]", *TINY[1:]), "bilateral_cofinancing"
    )


# ---------------------------------------------------------------------------------------------- all of it


@pytest.mark.slow
def test_the_experiment_runs_small_and_goes_on_where_it_ended(tmp_path, monkeypatch):
    asked = Asked(TINY, ("visa_facilitation", "tax_credit"), tmp_path / "d", draws=8, configurations=2, search_draws=1,
                  fresh=2, resamples=20)  # fmt: skip
    text = distinct(asked)
    for words in ("EFFECTS THAT SHOW AGAIN", "NOT TOLD APART", "NO MEASURABLE EFFECT", "WHAT PAYS: 2 instruments"):
        assert words in text
    manifest = json.loads((tmp_path / "d" / "manifest.json").read_text())
    assert (manifest["draws_run"], manifest["search"]["instruments_searched"]) == (8, 2)
    assert len(pd.read_csv(tmp_path / "d" / "pairs.csv")) == 3
    assert (tmp_path / "d" / "alike.png").stat().st_size > 0

    def nothing_runs(payload):
        raise AssertionError(payload)

    monkeypatch.setattr("ecosim.lab.distinct.simulate_arms", nothing_runs)
    monkeypatch.setattr(module, "simulate_arms", nothing_runs)
    assert distinct(asked) == text
    with pytest.raises(InputError, match="another draws"):
        distinct(Asked(TINY, asked.kinds, asked.folder, draws=9))


def test_runs_of_whole_draws_are_kept_and_read_again(tmp_path):
    runs = run_arms(TINY, ["nda"], 2, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["draw_000.csv", "draw_001.csv"]
    assert set(runs["arm"]) == {GRANTS, BURNT, "nda"}
    assert len(runs) == 2 * 3 * 2
    again = run_arms(TINY, ["nda"], 2, tmp_path)
    pd.testing.assert_frame_equal(runs, again)
    # paired: what is not touched by money is the same in every arm of a draw
    assert (runs.groupby(["draw", "shock"])["appropriated_eur"].nunique() == 1).all()
    with pytest.raises(InputError, match="no draw was begun"):
        run_arms(TINY, ["nda"], 2, tmp_path / "none", minutes=-1.0)


def test_too_few_draws_are_one_line_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr("ecosim.lab.distinct_report.run_arms", lambda *_, **__: pytest.fail("ran"))
    with pytest.raises(InputError, match=r"^draws=7: too few for parts of two; allowed: at least 8$"):
        distinct(Asked(TINY, ("nda",), tmp_path / "d", draws=7))
    assert not (tmp_path / "d").exists()


def test_without_shocks_there_are_no_cells(tmp_path):
    with pytest.raises(InputError, match="names none"):
        run_arms((*TINY[:-1], "shocks=[]"), ["nda"], 1, tmp_path)


def test_the_answer_says_what_was_not_searched():
    kinds = ["matchmaking", "nda"]
    found = measure(made_up(kinds, lambda arm, name: 1.0), kinds, 1.0, parts=4, resamples=20)
    would = pd.DataFrame({"instrument": kinds, "needed": ["this", "that"]})
    text = answer(found, pd.DataFrame(), would, dict.fromkeys(kinds, ""))
    assert "WHAT PAYS: not searched" in text
    assert "NO MEASURABLE EFFECT: 2 of 2" in text
    assert all(len(line) <= 110 for line in text.splitlines())
