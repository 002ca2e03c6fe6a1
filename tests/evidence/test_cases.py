"""Dated cases: what is read, what is refused, how paths are scored, and one small run of it all."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ecosim.analysis.coverage import Coverage
from ecosim.cli import main
from ecosim.config.accepted import accepted_points
from ecosim.errors import InputError
from ecosim.evidence import case_file, case_windows
from ecosim.evidence.case_answer import Found, _question, _scale, compare_case, drawn_counts
from ecosim.evidence.case_file import Case, read_case, shipped
from ecosim.evidence.case_score import Estimate, changes, jackknife, order, paths, spread_of
from ecosim.evidence.pairs import SCALE
from ecosim.evidence.question import ask
from ecosim.lab.compose import conf_folder
from ecosim.world.facts import ORGANISATION_TYPES
from ecosim.world.tables import read_tables

SMALL = (
    "world=classroom", "world.scale=0.02", "timeline.burn_in_months=24", "runner.processes=0", "validate.windows=3",
)  # fmt: skip

CASE = {
    "title": "A test",
    "scenario": {"shocks": {"exit": {"kind": "programme_exclusion", "targets": ["UK"], "announced": "2015-06-23",
                                     "effective": "2016-01"}}},
    "change": {"before": [2014], "after": [2017]},
    "columns": {"seats": "participation_share", "led": "coordination_share"},
    "observed": [{"country": "UK", "year": 2014 + k, "seats": 20 - 4 * k, "led": 25 - 6 * k} for k in range(4)],
}  # fmt: skip


def written(folder: Path, **changes: object) -> Path:
    path = folder / "Fall (1), neu.yaml"
    path.write_text(yaml.safe_dump({**CASE, **changes}, sort_keys=False), encoding="utf-8")
    return path


# ---------------------------------------------------------------------------------------------- files


def test_cases_that_ship_are_read_and_name_scenarios_that_ship() -> None:
    assert list(shipped()) == ["switzerland", "united_kingdom"]
    for path in shipped().values():
        case = read_case(path)
        assert isinstance(case.scenario, str)
        assert (conf_folder() / "scenario" / f"{case.scenario}.yaml").is_file()
        assert np.isfinite(case.observed).all()
    kingdom = read_case(shipped()["united_kingdom"])
    assert (kingdom.units, kingdom.years) == ((("GBR",),), (2015, 2016, 2017, 2018, 2019, 2020))
    assert kingdom.observed[0, 0].tolist() == [12.87, 12.78, 11.38, 10.44, 9.03, 7.46]
    assert (kingdom.before, kingdom.after) == ((2015, 2016), (2019, 2020))
    swiss = read_case(shipped()["switzerland"])
    assert swiss.columns["without_money"] == "unpaid_share"
    assert swiss.observed[0, 2, 0] == 82


def facts_by_year(country: str) -> tuple[dict[str, float], dict[str, dict[int, float]]]:
    """Of the shipped facts: totals of a country over 2014-16, and of all countries by year (0 is 2014)."""
    population, shapes = read_tables()["population"], read_tables()["consortium_shapes"]
    row = population.words("iso3").index(country)
    seats = sum(population.numbers(f"participations_{kind}")[row] for kind in ORGANISATION_TYPES)
    paid = population.numbers("funded_participations")[row]
    own = {"participations": seats, "money": population.numbers("contribution_eur")[row], "unpaid": seats - paid}
    year = shapes.numbers("start_year")
    of_all = {
        name: {y: float(shapes.numbers(column)[year == y].sum()) for y in (0, 2015, 2016)}
        for name, column in (("participations", "size"), ("money", "grant_eur"))
    }
    return own, of_all


@pytest.mark.parametrize(("name", "columns"), [("united_kingdom", ("participations", "money")),
                                               ("switzerland", ("participations",))])  # fmt: skip
def test_levels_counted_as_simulated_are_those_of_the_facts_and_the_tables_are_not(
    name: str, columns: tuple[str, ...]
) -> None:
    """What a country has over three years is what two shares give, and a plausible rest for the few starts of 2014."""
    case = read_case(shipped()[name])
    own, of_all = facts_by_year(case.units[0][0])
    places = case.places((2015, 2016))

    def left(values: np.ndarray, column: str) -> float:
        shares = values[0, list(case.columns).index(column), places] / 100.0
        known = sum(share * of_all[column][year] for share, year in zip(shares, (2015, 2016), strict=True))
        return float((own[column] - known) / of_all[column][0])

    for column in columns:
        level = case.as_counted[0, list(case.columns).index(column), places].max() / 100.0
        assert 0.5 * level < left(case.as_counted, column) < 1.2 * level, column
        # all parts and sizes together: more than the country has in what ecosim counts
        assert left(case.observed, column) < 0.0, column


def test_swiss_participations_without_money_are_those_of_the_facts() -> None:
    case = read_case(shipped()["switzerland"])
    own, of_all = facts_by_year("CHE")
    places = case.places((2015, 2016))
    columns = list(case.columns)
    names = ("participations", "without_money")
    seats, unpaid = (case.as_counted[0, columns.index(name), places] / 100.0 for name in names)
    known = [share * of_all["participations"][year] for share, year in zip(seats, (2015, 2016), strict=True)]
    # of those that start in 2014, some three in four
    rest = own["participations"] - sum(known)
    assert 0.5 < (own["unpaid"] - float(unpaid @ np.array(known))) / rest < 1.0


def test_what_is_counted_otherwise_stands_on_the_axes_of_the_table(tmp_path: Path) -> None:
    case = read_case(written(tmp_path, as_counted=[{"country": "UK", "year": 2015, "seats": 12.5, "led": None}]))
    assert case.as_counted.shape == case.observed.shape
    assert case.as_counted[0, 0, 1] == 12.5
    assert np.isfinite(case.as_counted).sum() == 1
    assert not np.isfinite(read_case(written(tmp_path)).as_counted).any()


def test_a_path_is_taken_as_it_stands_and_a_short_name_is_known(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert case_file.find(str(path)) == path
    assert case_file.find(f"'{path}'") == path
    assert case_file.find("switzerland") == shipped()["switzerland"]
    with pytest.raises(InputError, match=r"case=swizerland: no such file.*did you mean switzerland\?"):
        case_file.find("swizerland")


def test_a_csv_beside_it_and_codes_that_yaml_takes_for_something_else(tmp_path: Path) -> None:
    (tmp_path / "seen.csv").write_text("country;year;seats;led\nNO;2014;2.0;1\nNO;2016;3;2\nNO;2015;;\n")
    case = read_case(written(tmp_path, observed="seen.csv", change={}))
    assert case.units == (("NOR",),)
    assert case.years == (2014, 2015, 2016)
    np.testing.assert_array_equal(case.observed[0], [[2.0, np.nan, 3.0], [1.0, np.nan, 2.0]])
    (tmp_path / "seen.csv").write_text("country;year;seats;led\nNO;2014;2.0;1\nNO;2016;3;\n")
    with pytest.raises(InputError, match=r"case\.change\.after.*nothing was observed"):
        read_case(written(tmp_path, observed="seen.csv", change={}))


def test_norway_unquoted_is_norway(tmp_path: Path) -> None:
    text = yaml.safe_dump({name: value for name, value in CASE.items() if name != "observed"})
    path = tmp_path / "case.yaml"
    rows = "".join(f"- {{country: NO, year: {year}, seats: 2, led: 1}}\n" for year in (2014, 2017))
    path.write_text(f"{text}observed:\n{rows}")
    assert read_case(path).units == (("NOR",),)


def test_pairs_of_countries(tmp_path: Path) -> None:
    rows = [{"country_a": "DE", "country_b": "Poland", "year": year, "papers": value}
            for year, value in ((2014, 200), (2015, 190), (2017, 150))]  # fmt: skip
    case = read_case(written(tmp_path, columns={"papers": "joint_work_unfunded"}, observed=rows))
    assert case.by_pair
    assert case.units == (("DEU", "POL"),)
    index = case_windows.indexed(case.observed, case)
    np.testing.assert_allclose(index[0, 0], [100.0, 95.0, np.nan, 75.0])


WRONG = [
    ({"columns": {"seats": "participation_shar", "led": "coordination_share"}}, "did you mean participation_share?"),
    ({"columns": {"seats": "participation_share", "led": "joint_work"}}, "are of countries and of pairs"),
    ({"columns": {"seats": "participation_share"}}, "has a column 'led' of which `columns` does not say what it is"),
    ({"columns": {"seats": "participation_share", "lead": "coordination_share"}}, "has no lead"),
    ({"observed": [{"country": "UK", "year": 2014, "seats": 120, "led": 1}]}, "per cent, from 0 to 100"),
    ({"observed": [{"country": "UK", "year": 2014, "seats": "many", "led": 1}]}, "is no number"),
    ({"observed": [{"country": "UK", "year": 20.5, "seats": 1, "led": 1}]}, "a year from"),
    ({"observed": [{"country": "UK", "year": 2014, "seats": 1, "led": 1}] * 2}, "stands twice"),
    ({"observed": "nowhere.csv"}, "cannot be read"),
    ({"observed": []}, "case.observed: is missing"),
    ({"change": {"before": [2014], "after": [2031]}}, "was not observed"),
    ({"change": {"before": [2016], "after": [2015]}}, "does not lie after"),
    ({"scenario": {"shocks": {"x": {"kind": "supplier_loss", "announced": "2015-01", "announced_after_months": 0}}}},
     "stands beside announced_after_months=0"),
    ({"scenari": "x"}, "did you mean case.scenario?"),
    ({"as_counted": [{"country": "FR", "year": 2015, "seats": 1, "led": 1}]}, "is not in the table of observations"),
    ({"as_counted": [{"country": "UK", "year": 2019, "seats": 1, "led": 1}]}, "was not observed"),
    ({"as_counted": [{"country": "UK", "year": 2015, "seats": 1}]}, "case.as_counted, row 1: has no led"),
    ({"as_counted": [{"country": "UK"}], "columns": {"w": "joint_work"},
      "observed": [{"country_a": "UK", "country_b": "DE", "year": y, "w": 1} for y in (2014, 2017)]},
     "says nothing of pairs"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), WRONG)
def test_wrong_files_are_one_line(changes: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_case(written(tmp_path, **changes))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1", "holds no case"),
        ("a: [", "is not valid YAML"),
        ("scenario: {shocks: {x: {on: 2016-06}}}", "a key that YAML reads as true"),
        ("scenario: {_target_: os.system}", "may not stand"),
        ("title: ${oc.env:HOME}", "references may not stand"),
    ],
)
def test_a_case_is_data_only(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_case(path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words", "said"),
    [
        ({"scenario": {"seed": 2}}, [], "has no shock"),
        ({"scenario": {"shocks": {"x": {"kind": "supplier_loss"}}}}, [], "shocks.x.announced: is missing"),
        ({"scenario": {"shocks": {"x": {"kind": "supplier_loss", "announced": "2019-01"}}}}, [],
         "lies after the last year observed (2017)"),
        ({"scenario": "nowhere_1914"}, [], "scenario=nowhere_1914: no such option"),
        ({"scenario": {**CASE["scenario"], "shoks": {}}}, [], "no such parameter"),
        ({}, ["scenario=switzerland_2014"], "is what the case itself says"),
        ({}, ["validate.start=2014-01"], "says nothing of a case"),
        ({}, ["patterns"], "does not go with a case"),
        ({}, ["world=classroom", "world.countries=[DEU,FRA]"], "GBR"),
    ],
)  # fmt: skip
def test_wrong_questions_are_one_line(
    changes: dict, words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", f"case={written(tmp_path, **changes)}", *words]) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert (out, len(err.splitlines())) == ("", 1)


# ---------------------------------------------------------------------------------------------- scores


def a_case(data: list[float], **changes: object) -> Case:
    return dataclasses.replace(
        Case("test", "A test", "", "", "", (2015,), (2018,), (("GBR",),), {"seats": "participation_share"},
             tuple(range(2015, 2015 + len(data))), np.array([[data]], dtype=float), np.full((1, 1, len(data)), np.nan)),
        **changes,
    )  # fmt: skip


def windows_of(path: list[float], noise: float = 0.0, count: int = 12) -> np.ndarray:
    shifts = noise * (np.arange(count) - (count - 1) / 2)
    return (np.array(path, dtype=float)[None, :] + shifts[:, None] * np.arange(len(path)))[:, None, None, :]


def test_a_path_that_is_the_data_meets_them() -> None:
    data = [20.0, 18.0, 15.0, 12.0]
    case, flat = a_case(data), windows_of([20.0] * 4)
    (one,) = changes(case, windows_of([value - 3.0 for value in data], noise=0.01), flat)
    # the level is off, the change is right
    assert one.data == pytest.approx(-8.0)
    assert one.size.value == pytest.approx(1.0)
    assert one.distance == pytest.approx(0.0, abs=1e-9)
    assert one.distance_no_change == one.distance_twin == pytest.approx((2 + 5 + 8) / 3)
    assert one.sign == "agrees"
    assert (one.beats_no_change.sign, one.beats_twin.sign) == (1, 1)
    assert (one.data_step, one.simulated_step) == (pytest.approx(3 / 8), pytest.approx(3 / 8))


def test_a_world_that_knows_nothing_is_never_called_right() -> None:
    """A shocked world that is its twin, drifting by chance, neither agrees in sign nor beats a rival."""
    rng = np.random.default_rng(7)
    case = a_case([20.0, 18.0, 15.0, 12.0])
    said = []
    for _ in range(300):
        twin = 20.0 + rng.normal(0.0, 1.0, (12, 1, 1, 4))
        (one,) = changes(case, twin, twin)
        assert one.beats_twin == Estimate(0.0, 0.0, 0.0)
        said.append((one.sign, one.beats_no_change.sign))
    # an interval of 95 % errs in one of forty on each side
    assert sum(sign == "agrees" for sign, _ in said) < 0.06 * 300
    assert sum(beats == 1 for _, beats in said) < 0.06 * 300


def test_a_path_to_the_other_side_is_said_to_differ() -> None:
    (one,) = changes(a_case([20.0, 18.0, 15.0, 12.0]), windows_of([20, 21, 23, 24], 0.01), windows_of([20] * 4))
    assert one.sign == "DIFFERS"
    assert one.size.value == pytest.approx(-0.5)
    assert one.size.low < -0.5 < one.size.high
    assert one.beats_no_change.sign == -1


def test_a_step_is_told_from_a_slide() -> None:
    case, twin = a_case([20.0, 18.0, 16.0, 14.0]), windows_of([20] * 4)
    (one,) = changes(case, windows_of([20, 14, 14, 14]), twin)
    assert one.data_step == pytest.approx(1 / 3)
    assert one.simulated_step == pytest.approx(1.0)


def test_both_intervals_are_kept_apart() -> None:
    case = a_case([20.0, 18.0, 15.0, 12.0])
    few, many = windows_of([20, 18, 15, 12], 1.0, 12), np.tile(windows_of([20, 18, 15, 12], 1.0, 12), (20, 1, 1, 1))
    (short,), (long,) = paths(case, few, few), paths(case, many, many)
    width = [float(np.diff(path.interval[:, 3], axis=0)[0]) for path in (short, long)]
    spread = [float(np.diff(path.spread[:, 3], axis=0)[0]) for path in (short, long)]
    assert width[1] < 0.3 * width[0]
    assert spread[1] > 0.8 * spread[0]
    # the mean's interval is that of Student's t
    values = few[:, 0, 0, 3]
    half = 2.200985 * values.std(ddof=1) / np.sqrt(12)
    assert width[0] == pytest.approx(2 * half, rel=1e-5)


def test_the_jackknife_of_a_mean_is_its_usual_interval() -> None:
    values = np.array([1.0, 2.0, 4.0, 9.0, 3.0])
    found = jackknife(lambda places: float(values[places].mean()), 5)
    half = 2.776445 * values.std(ddof=1) / np.sqrt(5)
    assert (found.value, found.high - found.value) == (pytest.approx(3.8), pytest.approx(half, rel=1e-5))
    alone = jackknife(lambda places: float(values[places].mean()), 1)
    assert np.isnan(alone.low)
    assert alone.sign == 0


def test_the_spread_of_few_windows_is_all_of_them() -> None:
    assert spread_of(np.arange(10.0)) == (0.0, 9.0)
    low, high = spread_of(np.arange(101.0))
    assert (low, high) == (pytest.approx(5.0), pytest.approx(95.0))


def test_order_in_points_and_beside_the_level_before() -> None:
    columns = {"seats": "participation_share", "led": "coordination_share", "unpaid": "unpaid_share"}
    data = np.array([[[10.0, 10.0, 10.0, 4.0], [40.0, 40.0, 40.0, 30.0], [0.0, 0.0, 0.0, 90.0]]])
    case = a_case([0.0] * 4, columns=columns, observed=data)
    shocked = np.tile(np.array([[[10.0, 9.0, 9.0, 9.0], [40.0, 40.0, 39.0, 38.5], [0.0] * 4]]), (5, 1, 1, 1))
    # what is no share of one whole is left out
    points, relative = order(case, shocked, "GBR"), order(case, shocked, "GBR", relative=True)
    assert (points.data, points.simulated, points.verdict) == (("led", "seats"), ("led", "seats"), "agrees")
    assert (relative.data, relative.simulated, relative.verdict) == (("seats", "led"), ("seats", "led"), "agrees")
    (lead,) = points.leads
    assert (lead.value, lead.low, lead.high) == pytest.approx((0.5, 0.5, 0.5))
    assert order(a_case([20.0, 18.0, 15.0, 12.0]), shocked[:, :, :1], "GBR") is None


def test_an_order_that_chance_makes_is_open() -> None:
    """Two columns that change alike but for chance neither agree nor differ; where one surely leads, it is said."""
    columns = {"seats": "participation_share", "led": "coordination_share"}
    data = np.array([[[10.0, 10.0, 10.0, 4.0], [40.0, 40.0, 40.0, 30.0]]])
    case = a_case([0.0] * 4, columns=columns, observed=data)
    rng = np.random.default_rng(3)
    verdicts = []
    for gap in [0.0] * 200 + [-4.0, 4.0]:
        seats = np.tile([10.0, 10.0, 10.0, 5.0], (12, 1))
        led = np.tile([40.0, 40.0, 40.0, 35.0 - gap], (12, 1))
        shocked = np.stack([seats, led], axis=1)[:, None] + rng.normal(0.0, 0.5, (12, 1, 2, 4))
        verdicts.append(order(case, shocked, "GBR").verdict)
    assert verdicts[:-2].count("open") > 0.9 * 200
    assert verdicts[-2:] == ["DIFFERS", "agrees"]
    # one window has no interval
    assert order(case, shocked[:1], "GBR").verdict == "open"


def test_the_interval_counts_the_windows_in_which_there_is_a_share() -> None:
    case = a_case([20.0, 18.0, 15.0, 12.0])
    values = windows_of([20, 18, 15, 12], 1.0, 12)
    values[:8, 0, 0, 3] = np.nan
    (path,), (of_four,) = paths(case, values, values), paths(case, values[8:], values[8:])
    np.testing.assert_allclose(path.interval[:, 3], of_four.interval[:, 3])
    assert path.mean[3] == of_four.mean[3]


def test_shares_of_a_table_by_hand() -> None:
    table = pd.DataFrame(
        {"country": ["UK", "DE", "DE", "UK", "FR"], "role": ["coordinator", "participant", "coordinator", "participant",
                                                           "participant"],
         "ec_contribution": [10.0, 30.0, 60.0, 0.0, np.nan],
         "start_date": pd.to_datetime(["2015-01-01", "2015-12-31", "2016-01-01", "2016-03-01", "2016-03-01"])}
    )  # fmt: skip
    found = case_windows.shares_by_start_year(table, (2015, 2016))
    assert found["participation_share"][("UK", 2015)] == pytest.approx(50.0)
    assert found["money_share"][("UK", 2015)] == pytest.approx(25.0)
    assert found["coordination_share"] == {("DE", 2015): 0.0, ("DE", 2016): 100.0, ("FR", 2016): 0.0,
                                           ("UK", 2015): 100.0, ("UK", 2016): 0.0}  # fmt: skip
    assert found["unpaid_share"][("UK", 2016)] == found["unpaid_share"][("FR", 2016)] == 100.0
    assert found["unpaid_share"][("UK", 2015)] == 0.0


# ---------------------------------------------------------------------------------------------- windows


def test_windows_are_draws_over_what_nobody_has_set() -> None:
    case = read_case(shipped()["united_kingdom"])
    words = ["scenario=united_kingdom_2016", "behaviour.trust.gain=0.25"]
    question = ask(words)
    plan = case_windows.plan(case, question.request, 4, list(question.request.composed.keys_set()), {})
    assert (plan.start, plan.opening, plan.closing) == ("2006-01", "2014-01", "2020-12")
    assert "behaviour.trust.gain" not in plan.draws[0]
    # what comes with an accepted fit is no assumption of its own
    assumed, fitted = drawn_counts(plan)
    assert (fitted, assumed + fitted) == (len(accepted_points()), len(plan.draws[0]))
    losses = [draw["shocks.united_kingdom_leaves.expectation_loss"] for draw in plan.draws]
    # a hypercube: one in each quarter of the range
    assert sorted(int(loss / 0.2) for loss in losses) == [0, 1, 2, 3]
    for number, config in enumerate(plan.configs):
        shock = config["shocks"]["united_kingdom_leaves"]
        assert (shock["announced"], shock["effective"]) == ("2016-06", "2021-01")
        assert (config["replicate"], shock["expectation_loss"]) == (number, losses[number])


def test_a_case_keeps_the_size_it_gives_its_world(tmp_path: Path) -> None:
    def size(scenario: object, *words: str) -> dict[str, float]:
        case = dataclasses.replace(read_case(written(tmp_path)), scenario=scenario)
        return _scale(case, _question(case, words, [str(tmp_path)]))

    shocks = CASE["scenario"]
    assert size(shocks) == {"world.scale": 1.0}
    assert size({**shocks, "world": {"preset": "classroom", "scale": 0.05}}) == {}
    assert size({**shocks, "world": {"preset": "global"}}) == {"world.scale": SCALE}
    assert size("russia_2022") == {"world.scale": SCALE}
    assert size("united_kingdom_2016") == {"world.scale": 1.0}
    assert size("united_kingdom_2016", "world.scale=0.2") == {}
    (tmp_path / "scenario").mkdir()
    shipped_text = (conf_folder() / "scenario" / "united_kingdom_2016.yaml").read_text(encoding="utf-8")
    (tmp_path / "scenario" / "mine.yaml").write_text(f"{shipped_text}\nworld:\n  scale: 0.3\n", encoding="utf-8")
    assert size("mine") == {}


def small_case(folder: Path, *words: str, **changes: object) -> Found:
    found, _ = compare_case(str(written(folder, **changes)), [*SMALL, f"output.folder={folder}", *words])
    return found


def test_a_shock_without_severity_is_the_twin_and_says_so(tmp_path: Path) -> None:
    found = small_case(tmp_path, "shocks.exit.severity=0", "output.figures=false")
    np.testing.assert_array_equal(found.values["shocked"], found.values["twin"])
    (covered,) = found.coverage
    assert covered.shares.keys() == {"GBR"}
    thin = Coverage("exit", "member_country", {"GBR": (0.2, 0.01)})
    silent = dataclasses.replace(found, coverage=(thin,)).text()
    # of a country that is hardly there paths are shown, and no verdict is given
    assert "No verdict on exit: United Kingdom" in silent
    assert "GBR, seats" in silent
    for words in ("Change from", "which changes most", "Distance from"):
        assert (words in silent, words in dataclasses.replace(found, coverage=()).text()) == (False, True)
    for one in found.changes:
        assert one.beats_twin.value == 0.0
        assert one.beats_twin.sign == 0


def test_the_command_writes_what_it_prints_and_the_same_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["validate", f"case={written(tmp_path)}", *SMALL, f"output.folder={tmp_path / 'out'}"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    (folder,) = (tmp_path / "out").glob("case_*/*")
    names = {path.name for path in folder.iterdir()}
    assert names == {"paths.csv", "changes.csv", "windows.parquet", "draws.parquet", "answer.txt", "first_window.yaml",
                     "case.png", "case.svg"}  # fmt: skip
    assert (folder / "answer.txt").read_text().strip() == out.strip()
    assert "Memory: about" in err
    for words_said in ("spread over windows", "interval of the mean", "without the shock (twin)", "no change",
                       "which changes most", "GBR seats", "in points", "Coverage: United Kingdom has"):  # fmt: skip
        assert words_said in out
    assert max(map(len, out.splitlines())) <= 120
    table = pd.read_csv(folder / "paths.csv")
    assert table["data"].tolist() == [20, 16, 12, 8, 25, 19, 13, 7]
    # in law from 2016: what was granted before still starts, later nothing does
    law = table[(table["year"] == 2017)].set_index("column")
    assert (law["simulated"] < 0.35 * law["twin"]).all()
    windows = pd.read_parquet(folder / "windows.parquet")
    assert len(windows) == 3 * 2 * 2 * 4
    before = windows[windows["year"] == 2014].pivot_table("value", ["window", "column"], "arm", aggfunc="first")
    # who started before is in both worlds; who took the seats and leads that fell free later is not
    np.testing.assert_allclose(before["shocked"], before["twin"], atol=1.5)
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main(words) == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == content


def test_pairs_are_compared_as_an_index_funded_and_unfunded_apart(tmp_path: Path) -> None:
    rupture = {"kind": "diplomatic_rupture", "targets": ["GBR"], "announced": "2015-01", "effective": "2015-01"}
    rows = [{"country_a": "DEU", "country_b": "GBR", "year": year, "paid": paid, "papers": papers}
            for year, paid, papers in ((2014, 50, 300), (2015, 40, 290), (2016, 20, 200))]  # fmt: skip
    found = small_case(
        tmp_path, "output.figures=false", scenario={"shocks": {"rupture": rupture}}, observed=rows, change={},
        columns={"paid": "joint_work_funded", "papers": "joint_work_unfunded"},
    )  # fmt: skip
    assert found.case.observed[0, 0].tolist() == [100.0, 80.0, 40.0]
    np.testing.assert_allclose(found.values["shocked"][:, 0, :, 0], 100.0)
    one, other = found.changes
    assert (one.unit, one.what, other.what) == ("DEU-GBR", "joint_work_funded", "joint_work_unfunded")
    assert one.simulated.value < -60
    assert one.sign == "agrees"
    assert one.twin.value > one.simulated.value
