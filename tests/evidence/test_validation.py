"""Validation: roles, bands, the Poisson fit, and the two tables whose verdict is known."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from ecosim.cli import main
from ecosim.config.world import WorldConfig
from ecosim.evidence import patterns, validate, validation
from ecosim.evidence.nulls import NULLS
from ecosim.evidence.shuffles import shuffled
from ecosim.evidence.validate import Comparison, ask, compare_patterns
from ecosim.evidence.validation import Target, band, compare, fit_gravity, load_targets, role_of, totals
from ecosim.lab.memory import bytes_to_measure
from ecosim.world import load_world
from ecosim.world.facts import ORGANISATION_TYPES
from ecosim.world.tables import read_tables


def test_shipped_targets_are_those_of_horizon_2020() -> None:
    targets = {target.name: target for target in load_targets()}
    expected = {
        "projects": (2858, "size"), "size_q[99%]": (41, "input"), "one_project_share": (0.682, "fitted"),
        "gini_projects": (0.538, "predicted"), "transitivity": (0.209, "predicted"),
        "repeated_pair_share": (0.091, "fitted"), "repeated_pair_share_null_within": (0.0565, "reference"),
        "prior_pair_share_by_year[2016]": (0.218, "predicted"), "prior_pair_share_by_year[2015]": (0.099, "reference"),
        "newcomer_share_by_year[2016]": (0.634, "predicted"), "p_another_given_k[3]": (0.493, "fitted"),
    }  # fmt: skip
    for name, (value, role) in expected.items():
        assert targets[name].value == pytest.approx(value, abs=6e-4), name
        assert targets[name].role == role, name
    assert targets["funded_distance_slope"].value > targets["unfunded_distance_slope"].value
    assert not any(name.startswith("part:") for name in targets)


def test_role_by_year_depends_on_the_window() -> None:
    assert role_of("newcomer_share_by_year[2020]", 2020) == "predicted"
    assert role_of("newcomer_share_by_year[2019]", 2020) == "reference"
    assert role_of("a pattern added later") == "predicted"


def test_band_is_the_wider_one() -> None:
    assert band([1.0]) == (1.0, 0.9, 1.1)
    assert band([10.0, 10.0, 10.0], 0.05) == (10.0, 9.5, 10.5)
    mean, low, high = band([0.0, 1.0, 2.0])
    assert mean == 1.0
    assert high - mean == pytest.approx(4.3027 * np.sqrt(4 / 3), rel=1e-4)
    assert low == pytest.approx(2 - high)
    many = list(np.arange(101.0))
    assert band(many) == (50.0, 2.5, 97.5)
    assert band([-1.0]) == (-1.0, -1.1, -0.9)
    assert all(np.isnan(band([float("nan")])))


def test_only_predicted_rows_count() -> None:
    targets = [Target("gini_projects", 0.5, "predicted", ""), Target("transitivity", 0.5, "predicted", ""),
               Target("size_mean", 9.0, "input", ""), Target("repeated_pair_share", 0.1, "fitted", ""),
               Target("unknown", 1.0, "predicted", "")]  # fmt: skip
    window = {"gini_projects": 0.52, "transitivity": 0.2, "size_mean": 3.0, "repeated_pair_share": 0.3}
    rows = compare(targets, [window])
    assert len(rows) == 4
    found = totals(rows)
    assert found.predicted == validation.Count(2, 1)
    assert (found.input, found.fitted) == (validation.Count(1, 0), validation.Count(1, 0))
    text = validation.text_of(rows, NULLS)
    assert text.count("OUTSIDE") == 3
    assert text.index("transitivity") < text.index("repeated_pair_share") < text.index("size_mean")


@pytest.mark.parametrize(("slope", "border"), [(-0.5, -1.0), (-0.143, 0.33)])
def test_poisson_fit_returns_what_made_the_counts(slope: float, border: float) -> None:
    world = load_world(WorldConfig(preset="europe"))
    rng = np.random.default_rng(3)
    effect = np.exp(rng.normal(0.0, 0.7, world.n_countries))
    expected = effect[:, None] * effect * np.maximum(world.distance_km, 1.0) ** slope
    expected *= np.exp(border * (1.0 - np.eye(world.n_countries)))
    exact = fit_gravity(1000.0 * expected, world)
    assert exact.slope == pytest.approx(slope, abs=1e-5)
    assert exact.border == pytest.approx(border, abs=1e-5)
    counts = np.triu(rng.poisson(2000.0 * expected / expected.mean()))
    drawn = fit_gravity((counts + np.triu(counts, 1).T).astype(float), world)
    assert drawn.slope == pytest.approx(slope, abs=0.03)
    assert 0.0 < drawn.slope_error < 0.03
    abroad = fit_gravity(1000.0 * expected, world, own_pairs=False)
    assert abroad.slope == pytest.approx(slope, abs=1e-5)
    assert np.isnan(abroad.border)


def test_fit_needs_countries() -> None:
    world = load_world(WorldConfig(preset="classroom"))
    assert np.isnan(fit_gravity(np.ones((5, 5)), world).slope)


def test_where_a_window_opens() -> None:
    slow = ["2014-01"] + ["2015-01"] * 99
    assert validation.opening_month(slow) == "2015-01"
    steady = [f"2014-{month:02d}" for month in range(1, 13)] * 5
    assert validation.opening_month(steady) == "2014-01"
    # a quiet month is no opening, whatever it comes before
    assert validation.opening_month(["2014-08"] * 4 + ["2014-09"] * 10 + ["2014-10"] * 12) == "2014-09"
    assert validation.opening_month(["2014-08"]) == "2014-08"


# ---- verdicts known beforehand: the model's own table passes, the same table with shuffled partners does not

SIZE = ("world.scale=0.4", "runner.processes=0", "validate.shuffles=4")
#: Where a verdict is as clear, and found in seconds.
SMALL_SIZE = ("world.scale=0.12", "runner.processes=0", "validate.shuffles=2")


def simulated_table(size: tuple[str, ...], folder: Path) -> Path:
    """A window simulated with another seed than those it is compared with."""
    question = ask([*size[:2], "validate.windows=1", "seed=77"])
    table = compare_patterns(question, keep_first=True).table
    path = folder / "own.csv.gz"
    table.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def own_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulated_table(SIZE, tmp_path_factory.mktemp("own"))


@pytest.mark.slow
def test_own_table_passes(own_table) -> None:
    found = compare_patterns(ask([*SIZE, "validate.windows=6"]), str(own_table))
    t = found.totals
    assert t.predicted.inside >= 0.85 * t.predicted.rows, found.text()
    # Who works with whom again is choice: no shuffle has it.
    assert {"repeated_pair_share_upto20", "prior_pair_share_by_year[2016]"} <= {
        row.name for row in found.rows if row.group == "telling"
    }
    assert t.telling.inside >= 0.7 * t.telling.rows, found.text()


@pytest.mark.slow
def test_shuffled_partners_fail(own_table, tmp_path) -> None:
    found = shuffled_compared(own_table, tmp_path, [*SIZE, "validate.windows=6"])
    rows = {row.name: row for row in found.rows}
    assert not rows["repetition_above_null_within"].inside
    assert rows["repetition_above_null_within"].data < 0.5 * rows["repetition_above_null_within"].low
    # Where large consortia are left out, surely fewer.
    assert not rows["repeated_pair_share_upto20"].inside, found.text()


@pytest.mark.slow
def test_shuffled_partners_fail_in_a_small_world_too(tmp_path) -> None:
    shuffled_compared(simulated_table(SMALL_SIZE, tmp_path), tmp_path, [*SMALL_SIZE, "validate.windows=2"])


def shuffled_compared(own: Path, folder: Path, words: list[str]) -> Comparison:
    """What is said of a table whose partners are shuffled, which must not pass."""
    table = patterns.collaborative(patterns.read_participations(own))
    path = folder / "shuffled.parquet"
    shuffled(table, seed=5, within=True).to_parquet(path)
    found = compare_patterns(ask(words), str(path))
    rows = {row.name: row for row in found.rows}
    again = ("repeated_pair_share", "repeated_pair_share_upto20", "p_another_given_k[1]",
             "prior_pair_share_by_year[2016]")  # fmt: skip
    # Fewer meet again than in ecosim, by every way of counting.
    for name in again:
        assert rows[name].data < rows[name].simulated, found.text()
    # Chance explains all of such a table, so it cannot speak for a model.
    for name in again:
        assert rows[name].nulls[1].meets, name
        assert rows[name].group != "telling", name
    # What does not depend on who sits with whom is untouched.
    before = patterns.flat(patterns.measure(table))
    for name in ("domestic_pair_share", "type_share[HES]", "size_mean", "top1_share"):
        assert rows[name].data == before[name], name
    return found


# ---- the command

QUICK = ("world=classroom", "world.scale=0.1", "validate.windows=1", "runner.processes=0")


def test_the_command_prints_a_tagged_table(capsys) -> None:
    assert main(["validate", *QUICK]) == 0
    shown = capsys.readouterr()
    for word in ("predicted", "fitted", "input", "shuffled: all", "kept", "1. Rows that say something:",
                 "2. Rows that come with the data's organisations:", "3. Rows that were put in."):  # fmt: skip
        assert word in shown.out
    assert "windows of world classroom" in shown.err
    assert main(["validate", *QUICK, "validate.strict=true"]) == 1


def test_the_table_of_a_window_can_be_kept_and_used(tmp_path, capsys) -> None:
    path = tmp_path / "window.parquet"
    assert main(["validate", *QUICK, "--save", str(path)]) == 0
    assert main(["validate", *QUICK, "--data", str(path), "validate.strict=true"]) == 0  # the very same window
    assert str(path) in capsys.readouterr().out


def test_a_table_for_a_spreadsheet_holds_nothing_that_it_would_run(tmp_path) -> None:
    import pandas as pd

    from ecosim.evidence.validate import _write

    path = tmp_path / "window.csv"
    labels = ["=1+1", "+1", "-1", "@x", "plain"]
    _write(pd.DataFrame({"role": labels, "ec_contribution": [-1.5, 2.0, 3.0, 4.0, 5.0]}), str(path))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[1:] == ["'=1+1,-1.5", "'+1,2.0", "'-1,3.0", "'@x,4.0", "plain,5.0"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["validate.windows=["], "cannot be read"),
        (["validate.windows=" + "[" * 900 + "]" * 900], "is nested too deeply"),
        (["--save", "n" * 300 + ".csv"], "is too long for a file or folder"),
        (["replicate=2147483647", "validate.windows=2"], "replicate=2147483648: out of range"),
        (["patern"], "did you mean patterns?"),
        (["validate.windos=3"], "did you mean validate.windows?"),
        (["validate.windows=0"], "validate.windows=0: out of range"),
        (["validate.end=2016"], "YYYY-MM"),
        (["validate.end=2013-01"], "lies before"),
        (["validate.start=2015-01"], "give --data FILE"),
        (["validate.shuffles=30"], "give --data FILE"),
        (["validate.shuffles=1"], "validate.shuffles=1: out of range"),
        (["timeline.start=2015-01"], "lies after the window"),
        (["--data", "nowhere.csv"], "nowhere.csv: no such file"),
        (["--save", "table.txt"], "unknown ending"),
        (["shocks", "--data", "x.csv"], "does not go with shocks"),
        (["shocks", "world.countries=[DEU,FRA,POL]"], "has no GBR"),
        (["runner.dry_run=true"], "runner.dry_run=true: validate has no dry run"),
        (["shocks", "validate.strict=true"], "validate.strict=true: says nothing of shocks; allowed: validate.windows"),
        (["pairs", "world=global", "validate.tolerance=0.2"], "validate.tolerance=0.2: says nothing of pairs"),
        (["ablation", "validate.shuffles=30"], "validate.shuffles=30: says nothing of ablation"),
        (["scenario=pandemic_2020"], "scenario=pandemic_2020: would not be read: `validate patterns` simulates calm"),
        (["shocks", "shocks=[pandemic]"], "shocks=[pandemic]: would not be read: `validate shocks` simulates its own"),
    ],
)
def test_bad_input_is_one_line(words, text, capsys) -> None:
    assert main(["validate", *words, "runner.processes=0"]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert text in error[-1]


def test_a_table_of_other_years_says_which(own_table, capsys) -> None:
    assert main(["validate", *QUICK, "--data", str(own_table), "validate.start=2018-01", "validate.end=2020-12"]) == 2
    assert "starts lie from 2015-01 to 2016-12" in capsys.readouterr().err


def test_no_more_tables_are_shuffled_at_once_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas as pd

    asked: list[int | None] = []

    def counted(function, payloads, request, title, most_workers=None):
        asked.append(most_workers)
        return [{"x": 1.0} for _ in payloads]

    table = pd.DataFrame({"organisation": [f"o{k}" for k in range(13_234)]})
    monkeypatch.setattr(validate, "in_workers", counted)
    question = ask(["validate.shuffles=4", "runner.processes=8"])
    for free in (2 * bytes_to_measure(13_234), 1):
        monkeypatch.setattr(validate, "free_bytes", lambda free=free: free)
        validate.measure_nulls(table, "2016-12", question)
    assert asked == [1, 1]
    monkeypatch.setattr(validate, "free_bytes", lambda: 4 * bytes_to_measure(13_234))
    validate.measure_nulls(table, "2016-12", question)
    assert asked[-1] == 3


def test_an_interrupted_validation_does_not_promise_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(validate, "compare_patterns", interrupted)
    assert main(["validate", *QUICK]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "ecosim: interrupted; the same command begins again"


@pytest.mark.slow
def test_scale_follows_the_table(own_table, capsys) -> None:
    few = ("validate.windows=1", "validate.shuffles=2", "runner.processes=0")
    assert main(["validate", *few, "--data", str(own_table)]) == 0
    assert "simulating at world.scale=" in capsys.readouterr().err


def test_shock_paths(capsys) -> None:
    short = ("timeline.burn_in_months=36", "timeline.calm_months=6", "timeline.start=2011-01")
    assert main(["validate", "shocks", *QUICK, *short, "validate.windows=2"]) == 0
    shown = capsys.readouterr().out
    for word in ("GBR", "CHE", "rupture", "funder", "uncertainty alone costs", "central organisations"):
        assert word in shown
    assert any(word in shown for word in ("holds", "undecided", "does NOT hold"))
    claims = {line[:59].strip(): line[59:].strip() for line in shown.splitlines() if " points (" in line}
    # what follows from the rules themselves: who is excluded takes no seat, and who is not paid stops
    for claim in ("exclusion costs participation", "collaboration falls while nothing is paid"):
        assert claims[claim].endswith(": holds"), shown
    # no claim is called anything else, and none holds whose interval has 0 in it
    for claim, verdict in claims.items():
        low, high = (float(part) for part in verdict.partition("(")[2].partition(")")[0].split(" .. "))
        word = verdict.rpartition(": ")[2]
        assert word in ("holds", "undecided", "does NOT hold"), claim
        assert low >= 0.0 if word == "holds" else low <= 0.0, claim
        assert high <= 0.0 if word == "does NOT hold" else high >= 0.0, claim


@pytest.mark.slow
def test_ablation(capsys) -> None:
    assert main(["validate", "ablation", *QUICK]) == 0
    assert "core_reform off" in capsys.readouterr().out


def test_the_composition_of_the_data_is_that_of_the_population() -> None:
    """Rows on who takes part are the facts from which the world is made, counted a second time."""
    population = read_tables()["population"]
    targets = {target.name: target for target in load_targets()}
    seats = sum(population.numbers(f"participations_{kind}") for kind in ORGANISATION_TYPES)
    for kind in ORGANISATION_TYPES:
        row = targets[f"organisations_by_type[{kind}]"]
        assert (row.value, row.role) == (population.numbers(f"organisations_{kind}").sum(), "input")
    large = {code: share for code, share in zip(population.words("cordis_code"), seats / seats.sum(), strict=True)
             if share >= 0.01}  # fmt: skip
    rows = {name: target for name, target in targets.items() if name.startswith("country_share")}
    assert set(rows) == {f"country_share[{code}]" for code in large}
    assert len(rows) == 19
    for code, share in large.items():
        assert rows[f"country_share[{code}]"].value == pytest.approx(share, rel=1e-4)


def test_kin_of_fitted_rows_are_in_no_other_count() -> None:
    targets = [target for target in load_targets() if target.role in ("fitted", "kin")]
    kin = {target.name for target in targets if target.role == "kin"}
    assert kin == {"p_another_given_k[1]", "repetition_above_null_within", "funded_border_effect"}
    assert all(role_of(target.name, 2016) == target.role for target in load_targets() if "distance" not in target.name)
    found = totals(compare(targets, [{target.name: target.value for target in targets}]))
    assert (found.kin.rows, found.fitted.rows, found.predicted.rows) == (3, 14, 0)


def test_who_leads_the_heirs_of_earlier_consortia() -> None:
    """Ten members each: a parent, an heir led by its coordinator, one led by a member, and one that shares too few."""
    import pandas as pd

    consortia = [("2014-01-01", range(10)), ("2015-01-01", [0, 1, 2, *range(10, 17)]),
                 ("2015-01-01", [1, 0, 2, *range(20, 27)]), ("2015-01-01", [0, 1, *range(30, 38)]),
                 ("2016-01-01", range(4))]  # fmt: skip
    rows = [
        (project, f"o{member}", "coordinator" if place == 0 else "participant", pd.Timestamp(start))
        for project, (start, members) in enumerate(consortia)
        for place, member in enumerate(members)
    ]
    table = pd.DataFrame(rows, columns=["project", "organisation", "role", "start_date"])
    # the two of one day are no predecessors of each other, and the last is too small
    assert patterns.led_from_predecessor(table) == (0.5, 2)
    share, cases = patterns.led_from_predecessor(table[table["project"] != 0])
    assert (np.isnan(share), cases) == (True, 0)


def test_distance_is_in_half_widths_of_the_band() -> None:
    row = validation.Row("repeated_pair_share_upto20", "predicted", 2.0, 1.0, 0.9, 3.0)
    assert row.distance == pytest.approx(0.5)
    assert dataclasses.replace(row, data=0.8).distance == pytest.approx(2.0)
    for data in (0.8, 0.9, 1.0, 2.5, 3.0, 3.1):
        one = dataclasses.replace(row, data=data)
        assert one.inside == (one.distance <= 1.0 + 1e-12)
    assert dataclasses.replace(row, data=1.0, low=1.0, high=1.0).distance == 0.0
    missed = validation.NullCell("all_seats", 0.5, 0.1, meets=False, kept=False)
    text = validation.text_of([dataclasses.replace(row, nulls=(missed,))], NULLS)
    assert "distance" in text.splitlines()[0]
    assert any(line.startswith("repeated_pair_share_upto20") and line.endswith(" 0.50") for line in text.splitlines())
    assert "repeated_pair_share_upto20 is close to repeated_pair_share, which is fitted." in text


def test_rows_know_their_deviation() -> None:
    row = validation.Row("x", "predicted", 2.0, 1.0, 0.9, 1.1)
    assert row.deviation == pytest.approx(-np.log(2.0))
    assert not row.inside
    assert np.isnan(dataclasses.replace(row, simulated=-1.0).deviation)
