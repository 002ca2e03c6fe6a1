"""Money, dates and identifiers: what a mark means is decided by column, and refused where it is open."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ecosim.errors import InputError
from ecosim.world.participations.values import dates, identifiers, money, month_first


def cells(*values: Any) -> pd.Series:
    return pd.Series(list(values), index=range(2, len(values) + 2), dtype=object)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["829050.34", "1", "0.5"], [829050.34, 1, 0.5]),
        (["829050,34", "100", ""], [829050.34, 100, 0]),
        (["829.050", "400.000", "150.000"], [829050, 400000, 150000]),
        (["829.050", "1.400.000", "0"], [829050, 1400000, 0]),
        (["829.050", "500", "NA"], [829050, 500, 0]),
        (["829.051", "412.777", "35.123"], [829051, 412777, 35123]),
        (["829.050"], [829050]),
        (["829.050,34", "1.250,5"], [829050.34, 1250.5]),
        (["829,050.34", "1,250.5", "12,500"], [829050.34, 1250.5, 12500]),
        (["829,050", "400,000", "150,000"], [829050, 400000, 150000]),
        (["829.050", "12,5"], [829050, 12.5]),
        (["829 050,34", "1 250 000", "1\u202f250,5", "7\u00a0000"], [829050.34, 1250000, 1250.5, 7000]),
        (["829'050.34", "1\u2019250"], [829050.34, 1250]),
        (["829 050,125", "12,5"], [829050.125, 12.5]),
        (["\u20ac 829.050,00", "400.000,00 EUR", "12 euro"], [829050, 400000, 12]),
        (["1234.567", "829.125"], [1234.567, 829.125]),
        (["0.125", "829.125"], [0.125, 829.125]),
        (["1234.500", "150.000"], [1234.5, 150]),
        (["4.0e5", "-12.5", "\u221212.5"], [400000, -12.5, -12.5]),
        ([829.05, 400000, Decimal("12.5"), None, float("nan")], [829.05, 400000, 12.5, 0, 0]),
        ([829.05, "400000"], [829.05, 400000]),
        (["-", "n/a", "NULL", "None"], [0, 0, 0, 0]),
    ],
)
def test_money_by_column(written: list[Any], meant: list[float]) -> None:
    read, _ = money("file.csv", "ecContribution", cells(*written))
    assert read.tolist() == meant


@pytest.mark.parametrize(
    ("written", "row", "words"),
    [
        (["829050.34", "829050,34"], 3, "'829050,34' beside '829050.34' can be read in two ways"),
        (["829.050", "400000"], 2, "'829.050' beside '400000' can be read in two ways"),
        (["829.050", "400,000"], 2, "'829.050' beside '400,000' can be read in two ways"),
        (["400000.5", "150.000"], 3, "'150.000' beside '400000.5' can be read in two ways"),
        (["1.250.000", "12.5"], 2, "can be read in two ways"),
        (["829.051"], 2, "'829.051' can be read in two ways"),
        (["1", "a lot"], 3, "'a lot' is not a number"),
        (["1", "12.34.56"], 3, "'12.34.56' is not a number"),
        (["$ 400", "1"], 2, "'$ 400' is not a number"),
        (["1e400", "1"], 2, "'1e400' is not a number"),
        ([float("inf"), 1.0], 2, "'inf' is not a number"),
        ([True, "1"], 2, "'true' is not a number"),
    ],
)
def test_money_that_is_refused(written: list[Any], row: int, words: str) -> None:
    with pytest.raises(InputError) as caught:
        money("file.csv", "ecContribution", cells(*written))
    text = str(caught.value)
    assert text.startswith(f"file.csv, column 'ecContribution', row {row}: ")
    assert words in text
    assert "EUR as plain numbers (829050 or 829050.34), or empty" in text


def test_numbers_of_a_file_are_not_read_as_text() -> None:
    read, note = money("file.parquet", "ecContribution", pd.Series([829.05, np.nan, 400.0]), euros=1000.0)
    assert read.tolist() == [829050.0, 0.0, 400000.0]
    assert note == ""


def day(*text: str) -> list[pd.Timestamp]:
    return [pd.Timestamp(one) for one in text]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["2015-01-01", "2015-1-2", "2015/01/03", "20150104", 20150105.0],
         ["2015-01-01", "2015-01-02", "2015-01-03", "2015-01-04", "2015-01-05"]),
        (["2015-01-01T00:00:00Z", "2015-06-01T00:00:00+00:00", "2015-07-01"],
         ["2015-01-01", "2015-06-01", "2015-07-01"]),
        (["2014-12-31T23:00:00Z", "2015-06-30T22:00:00.000Z"], ["2015-01-01", "2015-07-01"]),
        (["2014-12-31T23:00:00Z", "2015-06-30T12:00:00Z"], ["2014-12-31", "2015-06-30"]),
        (["2015-01-01 00:00:00+01:00", "2015-06-01 00:00:00 +02:00"], ["2015-01-01", "2015-06-01"]),
        (["2015-01-01 10:00:00", "2015-01-02 23:59:59.999"], ["2015-01-01", "2015-01-02"]),
        (["01/02/2015", "31/12/2015"], ["2015-02-01", "2015-12-31"]),
        (["01/02/2015", "12/31/2015"], ["2015-01-02", "2015-12-31"]),
        (["1.2.2015", "31.12.2015", "2015-06-01"], ["2015-02-01", "2015-12-31", "2015-06-01"]),
        (["01-02-2015", "31-12-2015"], ["2015-02-01", "2015-12-31"]),
        (["01/01/2015", "02/02/2016"], ["2015-01-01", "2016-02-02"]),
        (["31/12/2015 10:00", "1 Feb 2015", "01-Mar-2015", "March 2, 2015"],
         ["2015-12-31", "2015-02-01", "2015-03-01", "2015-03-02"]),
        ([dt.datetime(2015, 1, 1, 12), dt.date(2015, 1, 2), pd.Timestamp("2015-01-03", tz="Europe/Athens")],
         ["2015-01-01", "2015-01-02", "2015-01-03"]),
        (["2015-02", "2016"], ["2015-02-01", "2016-01-01"]),
        (["", "0000-00-00", "NULL", "2015-01-01", None], ["NaT", "NaT", "NaT", "2015-01-01", "NaT"]),
    ],
)  # fmt: skip
def test_dates_by_column(written: list[Any], meant: list[str]) -> None:
    values = cells(*written)
    read = dates("file.csv", "startDate", values, month_first("file.csv", {"startDate": values}))
    expected = pd.Series(day(*meant), index=values.index)
    pd.testing.assert_series_equal(read, expected, check_dtype=False)


def test_the_end_of_a_month_or_year_is_its_last_day() -> None:
    assert dates("f", "endDate", cells("2016-02", "2015"), last=True).tolist() == day("2016-02-29", "2015-12-31")


@pytest.mark.parametrize(
    ("zone", "written", "meant"),
    [
        ("UTC", "2014-12-31 23:00", "2015-01-01"),
        ("UTC", "2015-01-01 00:00", "2015-01-01"),
        ("Europe/Athens", "2015-01-01 00:00", "2015-01-01"),
        ("UTC", "2015-01-01 08:30", "2015-01-01"),
    ],
)
def test_timestamps_with_zones(zone: str, written: str, meant: str) -> None:
    values = pd.Series([pd.Timestamp(written, tz=zone), pd.NaT], index=[1, 2])
    assert dates("f", "startDate", values)[1] == pd.Timestamp(meant)
    assert dates("f", "startDate", values.astype(object))[1] == pd.Timestamp(meant)


def test_the_two_columns_of_dates_share_one_form() -> None:
    start, end = cells("01/02/2015", "03/04/2015"), cells("28/02/2017", "02/03/2017")
    assert month_first("file.csv", {"startDate": start, "endDate": end}) is False
    with pytest.raises(InputError, match="column 'startDate', row 2: '01/02/2015' can be read in two ways"):
        month_first("file.csv", {"startDate": start})
    with pytest.raises(InputError, match="row 2: '12/31/2015' has the month first and '31/12/2015' the day"):
        month_first("file.csv", {"startDate": cells("12/31/2015", "31/12/2015")})


@pytest.mark.parametrize("value", ["soon", "2016-13-01", "2015-02-30", "31.02.2015", "42005", 42005, "9999-12-31",
                                   "1/2/15", "13/13/2015", True, "2015-01-01T99:00:00Z"])  # fmt: skip
def test_dates_that_are_refused(value: Any) -> None:
    values = cells("2015-01-01", value)
    with pytest.raises(InputError, match=r"file.csv, column 'startDate', row 3: '.*' is not a date"):
        dates("file.csv", "startDate", values, month_first("file.csv", {"startDate": values}))


def test_identifiers() -> None:
    assert identifiers("f", "id", cells("11.0", "12", "")).tolist() == ["11", "12", ""]
    assert identifiers("f", "id", cells(11.0, 12, None)).tolist() == ["11", "12", ""]
    assert identifiers("f", "id", cells("A1", "1.0")).tolist() == ["A1", "1.0"]
    with pytest.raises(InputError, match=r"column 'id', row 3: '9.99E\+08' has been rounded by a spreadsheet"):
        identifiers("f", "id", cells("999", "9.99E+08"))
