"""Starting from a participation table: who stands for whom, what is under way, and books that balance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosim.cli import main
from ecosim.config.world import WorldConfig
from ecosim.errors import InputError
from ecosim.ledger import Account
from ecosim.model import Ecosystem
from ecosim.scenario import with_overrides
from ecosim.setting import REFERENCE
from ecosim.tables import ACTIVE, COMPLETED, GRANTED, MAX_SEATS
from ecosim.world import ORGANISATION_TYPES, PROGRAMME_PARTS, SECTORS, load_world
from ecosim.world.cordis import load_projects, rows_for

WORLD = load_world(WorldConfig(preset="europe"))


def table_of(projects: list[tuple[int, str, str, list[tuple[int, str, str, float]]]]) -> pd.DataFrame:
    """Projects as (number, start, end, members as (organisation, type, country, EUR)); the first one coordinates."""
    rows = [
        (number, organisation, "participant" if k else "coordinator", kind, country, money, start, end, "SC1")
        for number, start, end, members in projects
        for k, (organisation, kind, country, money) in enumerate(members)
    ]
    columns = ["project", "organisation", "role", "activity_type", "country", "ec_contribution", "start_date",
               "end_date", "programme_part"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


A, B, C, D = (
    (1, "HES", "DE", 300_000.0),
    (2, "HES", "DE", 100_000.0),
    (3, "PRC", "FR", 200_000.0),
    (4, "REC", "AF", 50_000.0),
)
PROJECTS = [
    (10, "2014-01-01", "2015-12-31", [A, B, C]),  # over
    (11, "2016-01-01", "2018-12-31", [A, C, D]),  # a third of the way
    (12, "2017-03-01", "2019-02-28", [C, A]),  # granted
    (13, "2018-01-01", "2019-12-31", [A, B, C]),  # not known yet
    (14, "2016-06-01", "2018-05-31", [B]),  # nobody to work with
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "real.csv"
    table_of(PROJECTS).to_csv(path, index=False)
    return path


def real(path: Path, **changes: object) -> Ecosystem:
    return Ecosystem(**{
        "world.start": "cordis", "world.participations": str(path), "world.scale": 1.0, "world.pool_factor": 1.0,
        "timeline.start": "2017-01", "timeline.burn_in_months": 0, "timeline.calm_months": 24,
        "timeline.calm_jitter_months": 0, "timeline.response_months": 36, **changes,
    })  # fmt: skip


def test_every_programme_part_has_the_sector_of_the_facts() -> None:
    path = Path(__file__).resolve().parents[2] / "tools" / "tables" / "programme_parts.csv"
    mapping = pd.read_csv(path, keep_default_na=False)
    from ecosim.world.cordis import _OTHER_PARTS

    known = dict(zip(PROGRAMME_PARTS, SECTORS, strict=True)) | _OTHER_PARTS
    assert known == dict(mapping[["programme_part", "sector"]].itertuples(index=False))


def test_projects_under_way_granted_and_over(table: Path) -> None:
    model = real(table)
    rows = model.state.partnerships.used
    assert rows["status"].tolist() == [COMPLETED, ACTIVE, GRANTED]
    assert rows["start_month"].tolist() == [-36, -12, 2]
    assert rows["planned_months"].tolist() == [24, 36, 24]
    assert rows["grant_cents"].tolist() == [60_000_000, 55_000_000, 50_000_000]
    assert rows["countries"].tolist() == [2, 3, 2]
    assert [SECTORS[s] for s in rows["sector"]] == ["health"] * 3
    # A third of the way: the first payment and the tranche due after twelve months' planned part are not both past.
    assert rows["payments"].tolist() == [REFERENCE.tranches + 1, 1, 0]
    assert rows["paid_cents"].tolist() == [60_000_000, 22_000_000, 0]
    assert rows["next_payment_month"].tolist()[1:] == [0, 2]
    np.testing.assert_allclose(rows["progress"], [1.0, 1 / 3, 0.0])
    assert rows["spent_cents"][1] == 55_000_000 // 3
    seats = model.state.seats.used
    assert seats["grant_cents"][:3].tolist() == [30_000_000, 20_000_000, 10_000_000]  # the coordinator, then by money
    table_out = model.participations()
    assert sorted(table_out["project"].unique()) == [1, 2]
    assert table_out.loc[table_out["role"] == "coordinator", "activity_type"].tolist() == ["HES", "HES"]


def test_ties_experience_and_memory_come_from_the_past(table: Path) -> None:
    model = real(table)
    state = model.state
    ties = list(state.ties)
    assert len(ties) == 5  # the pairs of the projects that are known
    trusted = [tie for tie in ties if tie["trust"] > 0.0]
    assert len(trusted) == 3  # those of the project that is over
    assert sorted(tie["joint"] for tie in ties) == [1, 1, 1, 1, 3]
    tie = trusted[0]
    assert tie["last_month"] == -13
    assert tie["trust"] == pytest.approx(model.config.behaviour.trust.gain)
    lead = state.seats.used["organisation"][0]
    organisation = state.organisations[lead]
    assert organisation["participations"] == 3
    assert organisation["load"] == 2
    assert 0.0 < organisation["experience"] < 1.0  # one completed, fading since
    assert state.memory[lead, :3].tolist() == [0, 1, 2]
    assert WORLD.countries[organisation["country"]] == "DEU"


def test_the_most_active_take_the_largest_rows(table: Path) -> None:
    projects = load_projects(str(table), WORLD, "2017-01", 8, 1.0, MAX_SEATS)
    model = real(table)
    rows = rows_for(projects, model.setting.population.organisations)
    assert len(set(rows.tolist())) == len(rows) == 4
    population = model.setting.population.organisations
    for r, row in enumerate(rows):
        assert population["country"][row] == projects.country[r]
        assert population["type"][row] == projects.kind[r]
    universities = [rows[0], rows[1]]  # organisations 1 (three projects) and 2 (one)
    size = population["size"]
    assert size[universities[0]] >= size[universities[1]]
    same = (population["country"] == population["country"][rows[0]]) & (population["type"] == 0)
    assert size[rows[0]] == size[same & (population["arrival_month"] < 0)].max()
    assert WORLD.countries[projects.country[3]] == "ROW"  # Afghanistan joins the rest


def test_missing_rows_are_added(tmp_path: Path) -> None:
    many = [(100 + k, "PUB", "LU", 10_000.0) for k in range(60)]
    table_of([(1, "2016-01-01", "2018-12-31", many)]).to_csv(tmp_path / "many.csv", index=False)
    model = real(tmp_path / "many.csv", **{"world.pool_factor": 1.0, "timeline.start": "2016-06"})
    there = model.state.organisations
    kind, country = ORGANISATION_TYPES.index("PUB"), WORLD.country_index("LUX")
    assert WORLD.organisations[country, kind] < 60
    assert int(((there["type"] == kind) & (there["country"] == country) & there["present"]).sum()) == 60
    assert model.state.partnerships.used["seats"][0] == 60


def test_books_balance_every_month(table: Path) -> None:
    model = real(table)
    ledger = model.ledger
    assert ledger.imbalance() == 0
    assert ledger.cents(Account.PAID) == 82_000_000
    assert ledger.cents(Account.COMMITTED) == 33_000_000 + 50_000_000
    assert ledger.appropriated() == 165_000_000
    monthly = model.setting.appropriation_cents[0] / 100.0
    for _ in range(30):
        model.step()
        rows = model.state.partnerships.used
        assert ledger.imbalance() == 0
        open_rows = rows[(rows["status"] == ACTIVE) | (rows["status"] == GRANTED)]
        promised = int((open_rows["grant_cents"] - open_rows["paid_cents"]).sum())
        assert ledger.cents(Account.COMMITTED) == promised
        assert ledger.cents(Account.PAID) == int(rows["paid_cents"].sum())
    assert model.series()["appropriated_eur"][0] == pytest.approx(monthly)  # the past is no flow of the first month
    assert model.state.partnerships.used["status"][1] in (COMPLETED, ACTIVE)


def test_the_past_is_the_same_in_every_arm_and_copy(table: Path) -> None:
    one, two = real(table), real(table)
    one.advance(12)
    two.fork("twin").advance(12)
    two.advance(12)
    assert np.array_equal(one.state.record.rows, two.state.record.rows)


def test_own_table_starts_a_run(tmp_path: Path) -> None:
    """A run's own table, cut at a date, begins another run with about the work that was under way."""
    first = Ecosystem(**{"world.scale": 0.03, "timeline.burn_in_months": 96}).advance(110)
    first.participations().to_parquet(tmp_path / "own.parquet")
    under_way = first.state.partnerships.used
    running = int(((under_way["status"] == ACTIVE) & (under_way["funder"] >= 0)).sum())
    second = real(tmp_path / "own.parquet", **{"timeline.start": "2015-03"})
    status = second.state.partnerships.used["status"]
    assert int((status == ACTIVE).sum()) == pytest.approx(running, rel=0.1)


def test_scale_takes_a_share_of_the_projects(tmp_path: Path) -> None:
    whole = [(k, "2016-01-01", "2018-12-31", [A, B, C]) for k in range(400)]
    table_of(whole).to_csv(tmp_path / "table.csv", index=False)
    taken = load_projects(str(tmp_path / "table.csv"), WORLD, "2017-01", 8, 0.25, MAX_SEATS)
    assert len(taken.start_month) == pytest.approx(100, abs=25)
    less = load_projects(str(tmp_path / "table.csv"), WORLD, "2017-01", 8, 0.1, MAX_SEATS)
    assert len(less.start_month) < len(taken.start_month)


def test_large_consortia_keep_the_coordinator_and_the_richest(tmp_path: Path) -> None:
    members = [(k, "HES", "DE", float(1000 * (k + 1))) for k in range(80)]
    table_of([(1, "2016-01-01", "2018-12-31", members)]).to_csv(tmp_path / "table.csv", index=False)
    taken = load_projects(str(tmp_path / "table.csv"), WORLD, "2017-01", 8, 1.0, 64)
    assert len(taken.organisation) == 64
    assert taken.grant_cents[0] == 100_000  # the coordinator has least
    assert taken.grant_cents[1] == 8_000_000


def test_what_cannot_be_started_from(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="go together"):
        with_overrides(None, {"world.start": "cordis"})
    with pytest.raises(
        InputError, match=r"no project is under way in 2006-01 .projects from 2014-01 to 2019-12; not taken: "
    ) as caught:
        real(table, **{"timeline.start": "2006-01"})
    assert "column 'start_date'" in str(caught.value)
    with pytest.raises(InputError, match="no such file"):
        real(tmp_path / "nowhere.csv")
    cut = tmp_path / "cut.csv"
    cut.write_text(table.read_text()[:-30])
    assert (
        main(
            [
                "run",
                "world.start=cordis",
                f"world.participations={cut}",
                "timeline.start=2017-01",
                f"output.folder={tmp_path}",
            ]
        )
        == 2
    )
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "cut.csv" in last
    assert "column" in last
    assert "row" in last


# ---------------------------------------------------------------------------------------------- tables of other forms


def test_other_forms_begin_the_same_run(table: Path, tmp_path: Path) -> None:
    """The two files of CORDIS, and codes of another kind, lay the same projects into a run."""
    from ecosim.world.participations import read_participations, write_cordis

    one = load_projects(str(table), WORLD, "2017-01", 8, 1.0, MAX_SEATS)
    write_cordis(read_participations(table), tmp_path / "cordis")
    other = table_of(PROJECTS)
    other["country"] = other["country"].map({"DE": "Germany", "FR": "FRA", "AF": "afg"})
    other.to_csv(tmp_path / "names.csv", sep=";", decimal=",", index=False, date_format="%d.%m.%Y")
    for given in (tmp_path / "cordis", tmp_path / "cordis" / "project.csv", tmp_path / "names.csv"):
        two = load_projects(str(given), WORLD, "2017-01", 8, 1.0, MAX_SEATS)
        for name in (
            "start_month",
            "planned_months",
            "sector",
            "first",
            "organisation",
            "grant_cents",
            "country",
            "kind",
        ):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=f"{given}: {name}")


def test_what_begins_a_run_is_said(table: Path) -> None:
    taken = load_projects(str(table), WORLD, "2017-01", 8, 1.0, MAX_SEATS)
    assert taken.line == (
        "Begins with 3 projects and 8 members of it, under way or known in 2017-01. Not taken: 1 project starting "
        "later; 1 project with one member or no money."
    )
    small = load_world(WorldConfig(preset="europe", countries=("DE", "FR")))
    taken = load_projects(str(table), small, "2017-01", 8, 1.0, 2)
    assert "1 member of 1 country that world 'europe' lacks" in taken.line
    assert "1 member beyond the 2 of the largest consortia" in taken.line


def test_rows_that_disagree_about_the_start_stay_one_project(tmp_path: Path) -> None:
    rows = table_of([(1, "2016-01-01", "2018-12-31", [A, B, C]), (2, "2016-02-01", "2018-12-31", [A, C])])
    rows.loc[1, "start_date"] = "2016-03-01"
    rows.to_csv(tmp_path / "table.csv", index=False)
    taken = load_projects(str(tmp_path / "table.csv"), WORLD, "2017-01", 8, 1.0, MAX_SEATS)
    assert taken.start_month.tolist() == [-12, -11]
    assert np.diff(taken.first).tolist() == [3, 2]


def test_a_run_reads_a_download_and_writes_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the command line: the folder is read, the screen says so, and what is written reads back."""
    from ecosim.world.participations import read_participations, write_cordis

    members = [(k, ("HES", "REC", "PRC")[k % 3], ("DE", "FR", "UK", "EL")[k % 4], 400_000.0) for k in range(40)]
    projects = [(100 + k, "2016-01-01", "2018-12-31", [members[(k + j) % 40] for j in range(4)]) for k in range(30)]
    write_cordis(table_of(projects).astype({"start_date": "datetime64[ns]", "end_date": "datetime64[ns]"}),
                 tmp_path / "download")  # fmt: skip
    words = ["run", "world.start=cordis", f"world.participations={tmp_path / 'download'}", "world.scale=1.0",
             "world.pool_factor=1.0", "world.countries=[DE,FR,GB,GR]", "timeline.start=2017-01",
             "timeline.burn_in_months=0", "timeline.calm_months=12", "timeline.calm_jitter_months=0",
             "timeline.response_months=12", "output.cordis=true", "output.figures=false",
             f"output.folder={tmp_path / 'results'}"]  # fmt: skip
    assert main(words) == 0
    said = capsys.readouterr().err
    assert (
        f"Read {tmp_path / 'download'}: 120 rows, 30 projects, 33 organisations, 4 countries, 48,000,000 EUR." in said
    )
    assert "Begins with 30 projects and 120 members of it" in said
    (folder,) = [path.parent for path in (tmp_path / "results").rglob("participations.parquet")]
    pd.testing.assert_frame_equal(
        read_participations(folder / "cordis"), read_participations(folder / "participations.parquet"),
        check_dtype=False,
    )  # fmt: skip


def test_a_sweep_writes_no_consortia(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["sweep", "output.cordis=true", f"output.folder={tmp_path}"]) == 2
    assert "output.cordis=true: a sweep keeps no consortia" in capsys.readouterr().err


def test_a_table_without_a_project_to_begin_with_says_why(tmp_path: Path) -> None:
    grants = table_of(PROJECTS).assign(programme_part="H2020-EU.1.3.")
    grants.to_csv(tmp_path / "table.csv", index=False)
    with pytest.raises(InputError, match="not taken: 5 projects of mobility and single-researcher grants"):
        load_projects(str(tmp_path / "table.csv"), WORLD, "2017-01", 8, 1.0, MAX_SEATS)
    from ecosim.evidence.validate import ask, data_side

    with pytest.raises(InputError, match="none of its projects is one that is measured"):
        data_side(ask([]), str(tmp_path / "table.csv"))
