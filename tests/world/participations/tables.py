"""The invented table of these tests, two projects of five organisations, in the forms in which people keep one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ecosim.errors import InputError
from ecosim.world.participations import read

DATA = Path(__file__).parent / "data"
HEADER = (
    "project", "organisation", "role", "activity_type", "country", "ec_contribution", "start_date", "end_date",
    "programme_part",
)  # fmt: skip
ROWS = (
    (1, 11, "coordinator", "HES", "DE", 400000.5, "2015-01-01", "2017-12-31", "SC4"),
    (1, 12, "participant", "PRC", "EL", 200000.25, "2015-01-01", "2017-12-31", "SC4"),
    (1, 13, "participant", "REC", "UK", 150000.0, "2015-01-01", "2017-12-31", "SC4"),
    (1, 14, "associatedPartner", "HES", "CH", 0.0, "2015-01-01", "2017-12-31", "SC4"),
    (2, 11, "participant", "HES", "DE", 300000.0, "2015-06-01", "2018-05-31", "SC4"),
    (2, 13, "coordinator", "REC", "UK", 250000.0, "2015-06-01", "2018-05-31", "SC4"),
    (2, 15, "participant", "PUB", "FR", 100000.0, "2015-06-01", "2018-05-31", "SC4"),
)


def right(**changes: object) -> pd.DataFrame:
    """The table as it should be read, with whole columns changed."""
    table = pd.DataFrame(ROWS, columns=list(HEADER)).assign(**changes)
    return table.assign(**{name: pd.to_datetime(table[name]) for name in ("start_date", "end_date")})


def lines(separator: str = ",", **columns: list[str] | str) -> list[str]:
    """The table as lines of text, with columns written otherwise (a list of cells, or one cell for all)."""
    out = [separator.join(HEADER)]
    for k, row in enumerate(ROWS):
        cells = dict(zip(HEADER, map(str, row), strict=True))
        for name, given in columns.items():
            cells[name] = given if isinstance(given, str) else given[k]
        out.append(separator.join(cells.values()))
    return out


def write(path: Path, separator: str = ",", **columns: list[str] | str) -> Path:
    """Write such lines as a file."""
    path.write_text("\n".join(lines(separator, **columns)) + "\n", encoding="utf-8")
    return path


def check(table: pd.DataFrame, expected: pd.DataFrame | None = None) -> None:
    """Compare what was read with what is right."""
    expected = right() if expected is None else expected
    pd.testing.assert_frame_equal(table[list(HEADER)], expected, check_dtype=False)


def refusal(path: Path) -> str:
    """The one line with which a file is refused."""
    try:
        read(path)
    except InputError as error:
        text = str(error)
        assert "\n" not in text
        assert path.name in text
        return text
    raise AssertionError(f"{path.name} was read")
