"""Countries in any usual form."""

from __future__ import annotations

import pytest

from ecosim.world.iso import _rows, cordis_country
from ecosim.world.tables import read_tables


def test_every_country_by_both_codes_and_its_name() -> None:
    rows = _rows()
    assert len(rows) == 250  # 249 of ISO 3166-1, and Kosovo
    for two, three, name in rows:
        code = {"GR": "EL", "GB": "UK"}.get(two, two)
        for text in (two, three, name, two.lower(), f"  {three.lower()} ", name.upper()):
            assert cordis_country(text) == code, text


def test_the_countries_of_the_facts_are_the_same() -> None:
    table = read_tables()["countries"]
    for column in ("iso3", "cordis_code", "name"):
        assert [cordis_country(text) for text in table.words(column)] == list(table.words("cordis_code"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("EL", "EL"), ("GR", "EL"), ("UK", "UK"), ("GB", "UK"), ("XK", "XK"), ("NO", "NO"), (False, "NO"), ("NA", "NA"),
        ("na", "NA"), ("Namibia", "NA"), ("U.K.", "UK"), ("Holland", "NL"), ("The Netherlands", "NL"), ("Turkey", "TR"),
        ("T\u00fcrkiye", "TR"), ("C\u00f4te d\u2019Ivoire", "CI"), ("Ivory Coast", "CI"), ("Czech Republic", "CZ"),
        ("Korea, Republic of", "KR"), ("Republic of Korea", "KR"), ("Korea, Rep.", "KR"),
        ("Korea, Dem. People's Rep.", "KP"),
        ("Iran, Islamic Republic of", "IR"), ("Tanzania, United Republic of", "TZ"), ("Russian Federation", "RU"),
        ("People's Republic of China", "CN"), ("Republic of China", "TW"), ("Congo, Dem. Rep.", "CD"),
        ("Republic of the Congo", "CG"), ("Bosnia & Herzegovina", "BA"), ("St. Lucia", "LC"), ("North Macedonia", "MK"),
        ("Viet Nam", "VN"), ("Kosovo", "XK"), ("XKX", "XK"), ("ZZ", "ZZ"), ("ROW", "ZZ"), ("A3", "A3"),
    ],
)  # fmt: skip
def test_other_ways_to_write_them(text: str, code: str) -> None:
    assert cordis_country(text) == code


@pytest.mark.parametrize("text", ["", "XX", "Atlantis", "EU", None, 1.5, "bloc:eu", "Germ"])
def test_what_is_no_country(text: object) -> None:
    assert cordis_country(text) is None
