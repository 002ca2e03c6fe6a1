"""Patterns of a participation table: against values worked out by hand, and files that cannot be used."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosim.errors import InputError
from ecosim.evidence import patterns
from ecosim.evidence.patterns import between, collaborative, flat, measure, read_participations

#: Three projects: {1, 2, 3}, {1, 2, 4} and {1, 5, 6, 7}.
ROWS = [
    # project, organisation, role, type, country, money, start, end
    (1, 1, "coordinator", "HES", "DE", 300.0, "2014-02-01", "2016-01-31"),
    (1, 2, "participant", "PRC", "DE", 200.0, "2014-02-01", "2016-01-31"),
    (1, 3, "participant", "REC", "FR", 100.0, "2014-02-01", "2016-01-31"),
    (2, 1, "coordinator", "HES", "DE", 300.0, "2015-03-01", "2018-02-28"),
    (2, 2, "participant", "PRC", "DE", 100.0, "2015-03-01", "2018-02-28"),
    (2, 4, "participant", "PRC", "IT", 0.0, "2015-03-01", "2018-02-28"),
    (3, 5, "coordinator", "REC", "IT", 500.0, "2016-02-01", "2017-01-31"),
    (3, 1, "participant", "HES", "DE", 100.0, "2016-02-01", "2017-01-31"),
    (3, 6, "participant", "PUB", "NA", 100.0, "2016-02-01", "2017-01-31"),
    (3, 7, "participant", "OTH", "ES", 300.0, "2016-02-01", "2017-01-31"),
]


@pytest.fixture
def table() -> pd.DataFrame:
    rows = pd.DataFrame(ROWS, columns=list(patterns.REQUIRED))
    return rows.assign(**{name: pd.to_datetime(rows[name]) for name in ("start_date", "end_date")})


@pytest.fixture
def written(table: pd.DataFrame, tmp_path: Path) -> Path:
    table.to_csv(tmp_path / "table.csv", index=False)
    return tmp_path / "table.csv"


def test_patterns_worked_out_by_hand(table: pd.DataFrame) -> None:
    found = measure(collaborative(table), "2015-06-01")
    # Participations 3 + 3 + 4; organisation 1 in three projects, 2 in two, five others in one.
    assert (found["projects"], found["participations"], found["organisations"]) == (3, 10, 7)
    assert found["size_mean"] == pytest.approx(10 / 3)
    assert found["size_q"] == [3.0, 3.0, 3.0, 3.5, 3.8, 4.0]
    assert found["countries_mean"] == pytest.approx((2 + 2 + 4) / 3)
    assert found["projects_per_org"] == pytest.approx(10 / 7)
    assert found["one_project_share"] == pytest.approx(5 / 7)
    assert found["top1_share"] == pytest.approx(0.3)
    # Sorted 1, 1, 1, 1, 1, 2, 3: (2 i - n - 1) x summed = -6 - 4 - 2 + 0 + 2 + 8 + 18 = 16; over 7 * 10.
    assert found["gini_projects"] == pytest.approx(16 / 70)
    assert found["coordinator_type_share"] == {"HES": 0.667, "REC": 0.333}
    # DE 5, IT 2, FR 1, NA 1, ES 1 of 10.
    assert found["country_hhi"] == pytest.approx(0.25 + 0.04 + 3 * 0.01)
    # Pairs 3 + 3 + 6; both of one country: (1, 2) twice.
    assert found["domestic_pair_share"] == pytest.approx(2 / 12)
    # Links 3 + 3 + 6 less the repeated pair: 11; degrees 6, 3, 2, 2, 3, 3, 3.
    assert found["mean_degree"] == pytest.approx(22 / 7)
    assert found["median_degree"] == 3
    assert found["repeated_pair_share"] == pytest.approx(1 / 11)
    assert found["mean_tie_weight"] == pytest.approx(12 / 11)
    assert found["p_another_given_k"] == [pytest.approx(0.091), 0.0, 0.0, 0.0, 0.0]
    # Triangles 1 + 1 + 4; triples 15 + 3 + 1 + 1 + 3 + 3 + 3.
    assert found["transitivity"] == pytest.approx(3 * 6 / 29)
    # Organisation 1: pairs of neighbours linked 1 + 1 + 3 of 15; organisation 2: 2 of 3; the others all.
    assert found["local_clustering"] == pytest.approx((5 / 15 + 2 / 3 + 5) / 7)
    assert found["giant_share"] == 1.0
    # Ordered pairs: 22 at distance 1, the other 20 at distance 2, through organisation 1.
    assert found["path_length"] == pytest.approx((22 + 40) / 42)
    assert found["prior_pair_share_by_year"] == {2014: 0.0, 2015: 0.333, 2016: 0.0}
    assert found["newcomer_share_by_year"] == {2014: 1.0, 2015: 0.333, 2016: 0.75}
    # Five pairs at work in June 2015, three of them still a year later, none after February 2018.
    assert found["tie_survival"] == [0.6, 0.6, 0.0, 0.0, 0.0]
    assert found["attack_targeted"][0] == 1.0  # 5 % of seven is nobody
    assert found["attack_targeted"][2] == pytest.approx(3 / 7, abs=1e-3)  # organisation 1 gone: {5, 6, 7} is the rest
    rows = flat(found)
    assert rows["size_q[50%]"] == 3.0
    assert rows["newcomer_share_by_year[2016]"] == 0.75


def test_hill_and_gini() -> None:
    assert np.isnan(patterns.hill(np.arange(20), 1))
    assert patterns.hill(np.full(30, 5.0), 5) == pytest.approx(1 + 1 / np.log(5 / 4.5))
    assert patterns.gini(np.full(9, 3.0)) == pytest.approx(0.0)
    assert patterns.gini(np.array([0.0, 0.0, 0.0, 8.0])) == pytest.approx(0.75)


def test_what_counts_as_collaborative(table: pd.DataFrame) -> None:
    pair = table.iloc[:2].assign(project=9)
    grant = table.iloc[:3].assign(project=10, programme_part="ERC")
    twice = table.iloc[:1]
    undated = table.iloc[:3].assign(project=11, start_date=pd.NaT)
    kept = collaborative(pd.concat([table, pair, grant, twice, undated]))
    assert sorted(kept["project"].unique()) == [1, 2, 3]
    assert len(kept) == 10
    assert sorted(between(kept, "2014-03", "2016-01")["project"].unique()) == [2]


def test_pairs_of_countries(table: pd.DataFrame) -> None:
    pairs = patterns.funded_pairs(table, ("DE", "FR", "IT"))
    # Project 1: DE-DE, DE-FR twice; project 2: DE-DE, DE-IT twice; project 3: DE-IT.
    np.testing.assert_array_equal(pairs, [[2, 2, 3], [2, 0, 0], [3, 0, 0]])


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_every_format_reads_alike(table: pd.DataFrame, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"table{suffix}"
    if suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False)
    read = read_participations(path)
    pd.testing.assert_frame_equal(read[list(table.columns)], table, check_dtype=False)
    assert "NA" in set(read["country"])  # Namibia
    assert (read["programme_part"] == "").all()


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_participations(path)
    text = str(caught.value)
    assert "\n" not in text
    assert path.name in text
    return text


@pytest.mark.parametrize(
    ("column", "row", "value", "words"),
    [
        ("ec_contribution", 4, "a lot", "'a lot' is not a number"),
        ("ec_contribution", 2, "inf", "is not a number"),
        ("start_date", 6, "soon", "is not a date"),
        ("end_date", 3, "2016-13-01", "is not a date"),
        ("activity_type", 11, "FLOCK", "no such type"),
        ("organisation", 5, "", "is empty"),
    ],
)
def test_a_wrong_value_is_named(written: Path, column: str, row: int, value: str, words: str) -> None:
    lines = written.read_text().splitlines()
    cells = lines[row - 1].split(",")
    cells[patterns.REQUIRED.index(column)] = value
    lines[row - 1] = ",".join(cells)
    written.write_text("\n".join(lines) + "\n")
    text = refusal(written)
    assert f"column '{column}', row {row}" in text
    assert words in text


def test_empty_money_is_nothing(written: Path) -> None:
    written.write_text(written.read_text().replace(",300.0,", ",,"))
    assert read_participations(written)["ec_contribution"].iloc[0] == 0.0


def test_files_of_another_kind(written: Path, tmp_path: Path) -> None:
    whole = written.read_bytes()
    assert "no such file" in refusal(tmp_path / "nowhere.csv")
    for name, content, words in (
        ("empty.csv", b"", "the file is empty"),
        ("header.csv", whole.split(b"\n")[0] + b"\n", "column 'project', row 2: the table has no rows"),
        ("cut.csv", whole[: whole.rindex(b",")], "row 11: the row ends before this column"),
        ("inside.csv", whole[:-4], "the table ends inside this cell"),
        ("foreign.csv", b"a,b\n1,2\n", "column 'project', row 1: no such column"),
        ("other.csv", whole.replace(b"country", b"contry"), "did you mean contry?"),
        ("noise.csv", bytes(range(128, 256)), "column 'project', row 1: no such column"),
        ("wide.csv", whole + b"1,2,3,4,5,6,7,8,9,10\n", "column 'end_date', row 12: 10 cells where 8 are expected"),
        ("quote.csv", whole + b'1,"2,3', "row 12: is not a CSV table"),
        ("cut.csv.gz", gzip.compress(whole, mtime=0)[:-30], "cut short or damaged"),
        ("no.csv.gz", b"not gzip", "column 'project', row 1"),
        ("cut.parquet", b"PAR1abcdef", "is not a readable Parquet table"),
        ("empty.parquet", b"", "is not a readable Parquet table"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert words in refusal(path), name
