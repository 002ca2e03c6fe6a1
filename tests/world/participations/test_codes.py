"""Codes from any of their usual forms: roles, types, countries, programme parts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ecosim.errors import InputError
from ecosim.world.facts import PROGRAMME_PARTS, SECTORS
from ecosim.world.participations import codes
from ecosim.world.participations.codes import activity_types, countries, part_of, parts_of, roles

RIGHT = {
    "coordinator": ("coordinator", "Coordinator", "COORDINATOR", "Lead partner", "lead", "Project coordinator"),
    "participant": ("participant", "Participants", "beneficiary", "Beneficiaries", "member"),
    "partner": ("partner", "Partner organisation"),
    "associatedPartner": ("associatedPartner", "Associated partner", "ASSOCIATED_PARTNER"),
    "internationalPartner": ("internationalPartner", "international partner"),
    "thirdParty": ("thirdParty", "Third party", "linked third party", "affiliated entity", "Affiliated Entities"),
}


@pytest.mark.parametrize("role", RIGHT)
def test_roles(role: str) -> None:
    found, note = roles("f", "role", pd.Series(RIGHT[role], dtype=object))
    assert set(found) == {role}
    assert note == ""


def test_activity_types() -> None:
    written = ["hes", "University", "Higher or Secondary Education Establishments", "REC", "Research Organisations",
               "prc", "SME", "Private for-profit entities (excluding Higher or Secondary Education Establishments)",
               "Public bodies (excluding Research Organisations)", "pub", "Other", "OTH"]  # fmt: skip
    found, note = activity_types("f", "activityType", pd.Series(written, dtype=object))
    assert found == ["HES"] * 3 + ["REC"] * 2 + ["PRC"] * 3 + ["PUB"] * 2 + ["OTH"] * 2
    assert note == ""


def test_few_unknown_codes_are_counted_and_named_many_are_refused() -> None:
    few = pd.Series(["DE"] * 99 + ["Atlantis"], dtype=object)
    found, note = countries("f", "country", few)
    assert found[-1] == "ZZ"
    assert note == "1 row with country not known ('Atlantis' 1) put with the rest of the world"
    many = pd.Series(["DE"] * 95 + ["Atlantis"] * 3 + ["", "??"], dtype=object, index=range(2, 102))
    with pytest.raises(InputError) as caught:
        countries("f", "country", many)
    text = str(caught.value)
    assert "f, column 'country', row 97: 'Atlantis': no such country" in text
    assert "(5 of 100 rows: 'Atlantis' 3, empty 1, '??' 1)" in text
    for reader, word in ((roles, "participant"), (activity_types, "OTH")):
        found, note = reader("f", "x", pd.Series([word] * 99 + ["juggler"], dtype=object))
        assert found[-1] == word
        assert "'juggler' 1" in note
        with pytest.raises(InputError, match=r"'juggler': no such"):
            reader("f", "x", pd.Series([word, "juggler"], dtype=object))


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("H2020-EU.1.1.", "ERC"), ("H2020-EU.1.2.1.", "FET"), ("H2020-EU.1.3.2.", "MSCA"), ("H2020-EU.1.4.1.3.", "RI"),
        ("H2020-EU.2.1.1.", "LEIT"), ("H2020-EU.2.1.1.7", "LEIT"), ("H2020-EU.2.2.", "ARF"),
        ("H2020-EU.2.3.1.", "Innovation in SMEs"), ("H2020-EU.3.1.", "SC1"), ("h2020-eu.3.4.5.1.", "SC4"),
        ("H2020-EU.3.7.", "SC7"), ("H2020-EU.4.", "SEWP"), ("H2020-EU.5.", "SWAFS"), ("H2020-Euratom-1.1.", "Euratom"),
        ("H2020-EU.3.5. - SOCIETAL CHALLENGES - Climate action", "SC5"),
        ("HORIZON.1.1", "ERC"), ("HORIZON.1.2", "MSCA"), ("HORIZON.1.3", "RI"), ("HORIZON.2.1", "SC1"),
        ("HORIZON.2.2", "SC6"), ("HORIZON.2.3", "SC7"), ("HORIZON.2.4", "LEIT"), ("HORIZON.2.5", "SC3"),
        ("HORIZON.2.5.1", "SC5"), ("HORIZON.2.5.6", "SC4"), ("HORIZON.2.6", "SC2"), ("HORIZON.3.1", "FET"),
        ("HORIZON.4.1", "SEWP"), ("HORIZON.4.2", "SWAFS"), ("EURATOM2027", "Euratom"), ("FP7-HEALTH", "SC1"),
        ("FP7-PEOPLE", "MSCA"), ("HORIZON-MSCA-2022-DN-01", "MSCA"), ("ERC-2021-STG", "ERC"),
        ("H2020-SC1-2016-2017", "SC1"),
        ("HORIZON-CL5-2021-D5-01-01", "SC4"), ("HORIZON-EIC-2022-ACCELERATOROPEN-01", "Innovation in SMEs"),
        ("sc4", "SC4"), ("LEIT", "LEIT"), ("LEIT-ICT", "LEIT"), ("euratom", "Euratom"),
        ("digital_and_industrial", "LEIT"),
        ("Health", "SC1"), ("Climate, Energy and Mobility", "SC3"), ("Marie Sk\u0142odowska-Curie Actions", "MSCA"),
    ],
)  # fmt: skip
def test_codes_of_programmes(code: str, part: str) -> None:
    assert parts_of(code) == (part, True)


@pytest.mark.parametrize("code", ["X", "EE", "H2020-EU.3.", "H2020-EU.9.9.", "HORIZON.2", "COMMERCE", "ERCIM", "123"])
def test_codes_that_mean_no_part(code: str) -> None:
    assert part_of(code) is None
    # as it stands, in small letters: no part of it may look like ERC
    assert parts_of(code) == (code.lower(), False)


def test_several_parts_and_none() -> None:
    assert parts_of("Innovation in SMEs|LEIT|SC4") == ("Innovation in SMEs|LEIT|SC4", True)
    assert parts_of("H2020-EU.3.4.;H2020-EU.3.2.") == ("SC4|SC2", True)
    assert parts_of("H2020-EU.3.4.,X") == ("SC4|x", False)
    assert parts_of("SC2|SC5") == ("SC2|SC5", True)
    assert parts_of("") == parts_of(None) == parts_of(float("nan")) == ("", True)


def test_topics_divide_what_the_legal_basis_does_not() -> None:
    assert parts_of("HORIZON.2.5", "HORIZON-CL5-2021-D1-01-01") == ("SC5", True)
    assert parts_of("HORIZON.2.5", "HORIZON-CL5-2022-D3-02-04") == ("SC3", True)
    assert parts_of("HORIZON.3.1", "HORIZON-EIC-2021-ACCELERATOROPEN-01") == ("Innovation in SMEs", True)
    assert parts_of("HORIZON.2.4", "HORIZON-CL5-2021-D1-01-01") == ("LEIT", True)


def test_every_part_a_code_may_mean_has_a_sector_or_is_left_out() -> None:
    from ecosim.world.cordis import _OTHER_PARTS

    known = {*PROGRAMME_PARTS, *_OTHER_PARTS, *codes.MOBILITY}
    for table in (codes.H2020, codes.HORIZON, codes.FP7, codes.TOPICS, codes._TITLES):
        assert set(table.values()) <= known
    assert len(SECTORS) == len(PROGRAMME_PARTS)


def test_the_page_lists_every_code() -> None:
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "participation-tables.md").read_text(encoding="utf-8")
    for name, table in (("H2020-EU.", codes.H2020), ("HORIZON.", codes.HORIZON), ("FP7-", codes.FP7)):
        for code, part in table.items():
            row = next(line for line in page.splitlines() if f"`{name}{code}`" in line)
            assert f"`{part}`" in row, code
