"""Every country and territory of ISO 3166-1: its two codes, its English name, and other ways to write them.

The facts of a world cover 72 countries; a table of participations names many more. Codes and names are those of the
public-domain list ``iso3166.tab`` of the time zone database, the three-letter codes those of ISO 3166-1; Kosovo has the
user-assigned code XK that CORDIS writes. CORDIS writes Greece EL and the United Kingdom UK.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from ecosim.world.names import country_code, plain

_COUNTRIES = """
AD AND Andorra; AE ARE United Arab Emirates; AF AFG Afghanistan; AG ATG Antigua and Barbuda; AI AIA Anguilla; AL ALB
Albania; AM ARM Armenia; AO AGO Angola; AQ ATA Antarctica; AR ARG Argentina; AS ASM American Samoa; AT AUT Austria;
AU AUS Australia; AW ABW Aruba; AX ALA Åland Islands; AZ AZE Azerbaijan; BA BIH Bosnia and Herzegovina; BB BRB
Barbados; BD BGD Bangladesh; BE BEL Belgium; BF BFA Burkina Faso; BG BGR Bulgaria; BH BHR Bahrain; BI BDI Burundi;
BJ BEN Benin; BL BLM Saint Barthelemy; BM BMU Bermuda; BN BRN Brunei; BO BOL Bolivia; BQ BES Caribbean Netherlands;
BR BRA Brazil; BS BHS Bahamas; BT BTN Bhutan; BV BVT Bouvet Island; BW BWA Botswana; BY BLR Belarus; BZ BLZ Belize;
CA CAN Canada; CC CCK Cocos (Keeling) Islands; CD COD Democratic Republic of the Congo; CF CAF Central African
Republic; CG COG Congo; CH CHE Switzerland; CI CIV Côte d'Ivoire; CK COK Cook Islands; CL CHL Chile; CM CMR
Cameroon; CN CHN China; CO COL Colombia; CR CRI Costa Rica; CU CUB Cuba; CV CPV Cabo Verde; CW CUW Curaçao; CX CXR
Christmas Island; CY CYP Cyprus; CZ CZE Czechia; DE DEU Germany; DJ DJI Djibouti; DK DNK Denmark; DM DMA Dominica;
DO DOM Dominican Republic; DZ DZA Algeria; EC ECU Ecuador; EE EST Estonia; EG EGY Egypt; EH ESH Western Sahara; ER
ERI Eritrea; ES ESP Spain; ET ETH Ethiopia; FI FIN Finland; FJ FJI Fiji; FK FLK Falkland Islands; FM FSM Micronesia;
FO FRO Faroe Islands; FR FRA France; GA GAB Gabon; GB GBR United Kingdom; GD GRD Grenada; GE GEO Georgia; GF GUF
French Guiana; GG GGY Guernsey; GH GHA Ghana; GI GIB Gibraltar; GL GRL Greenland; GM GMB Gambia; GN GIN Guinea; GP
GLP Guadeloupe; GQ GNQ Equatorial Guinea; GR GRC Greece; GS SGS South Georgia and the South Sandwich Islands; GT GTM
Guatemala; GU GUM Guam; GW GNB Guinea-Bissau; GY GUY Guyana; HK HKG Hong Kong; HM HMD Heard Island and McDonald
Islands; HN HND Honduras; HR HRV Croatia; HT HTI Haiti; HU HUN Hungary; ID IDN Indonesia; IE IRL Ireland; IL ISR
Israel; IM IMN Isle of Man; IN IND India; IO IOT British Indian Ocean Territory; IQ IRQ Iraq; IR IRN Iran; IS ISL
Iceland; IT ITA Italy; JE JEY Jersey; JM JAM Jamaica; JO JOR Jordan; JP JPN Japan; KE KEN Kenya; KG KGZ Kyrgyzstan;
KH KHM Cambodia; KI KIR Kiribati; KM COM Comoros; KN KNA Saint Kitts and Nevis; KP PRK North Korea; KR KOR South
Korea; KW KWT Kuwait; KY CYM Cayman Islands; KZ KAZ Kazakhstan; LA LAO Laos; LB LBN Lebanon; LC LCA Saint Lucia; LI
LIE Liechtenstein; LK LKA Sri Lanka; LR LBR Liberia; LS LSO Lesotho; LT LTU Lithuania; LU LUX Luxembourg; LV LVA
Latvia; LY LBY Libya; MA MAR Morocco; MC MCO Monaco; MD MDA Moldova; ME MNE Montenegro; MF MAF Saint Martin; MG MDG
Madagascar; MH MHL Marshall Islands; MK MKD North Macedonia; ML MLI Mali; MM MMR Myanmar; MN MNG Mongolia; MO MAC
Macao; MP MNP Northern Mariana Islands; MQ MTQ Martinique; MR MRT Mauritania; MS MSR Montserrat; MT MLT Malta; MU
MUS Mauritius; MV MDV Maldives; MW MWI Malawi; MX MEX Mexico; MY MYS Malaysia; MZ MOZ Mozambique; NA NAM Namibia; NC
NCL New Caledonia; NE NER Niger; NF NFK Norfolk Island; NG NGA Nigeria; NI NIC Nicaragua; NL NLD Netherlands; NO NOR
Norway; NP NPL Nepal; NR NRU Nauru; NU NIU Niue; NZ NZL New Zealand; OM OMN Oman; PA PAN Panama; PE PER Peru; PF PYF
French Polynesia; PG PNG Papua New Guinea; PH PHL Philippines; PK PAK Pakistan; PL POL Poland; PM SPM Saint Pierre
and Miquelon; PN PCN Pitcairn; PR PRI Puerto Rico; PS PSE Palestine; PT PRT Portugal; PW PLW Palau; PY PRY Paraguay;
QA QAT Qatar; RE REU Réunion; RO ROU Romania; RS SRB Serbia; RU RUS Russia; RW RWA Rwanda; SA SAU Saudi Arabia; SB
SLB Solomon Islands; SC SYC Seychelles; SD SDN Sudan; SE SWE Sweden; SG SGP Singapore; SH SHN Saint Helena; SI SVN
Slovenia; SJ SJM Svalbard and Jan Mayen; SK SVK Slovakia; SL SLE Sierra Leone; SM SMR San Marino; SN SEN Senegal; SO
SOM Somalia; SR SUR Suriname; SS SSD South Sudan; ST STP Sao Tome and Principe; SV SLV El Salvador; SX SXM Sint
Maarten; SY SYR Syria; SZ SWZ Eswatini; TC TCA Turks and Caicos Islands; TD TCD Chad; TF ATF French Southern
Territories; TG TGO Togo; TH THA Thailand; TJ TJK Tajikistan; TK TKL Tokelau; TL TLS Timor-Leste; TM TKM
Turkmenistan; TN TUN Tunisia; TO TON Tonga; TR TUR Türkiye; TT TTO Trinidad and Tobago; TV TUV Tuvalu; TW TWN
Taiwan; TZ TZA Tanzania; UA UKR Ukraine; UG UGA Uganda; UM UMI United States Minor Outlying Islands; US USA United
States; UY URY Uruguay; UZ UZB Uzbekistan; VA VAT Holy See; VC VCT Saint Vincent and the Grenadines; VE VEN
Venezuela; VG VGB British Virgin Islands; VI VIR United States Virgin Islands; VN VNM Vietnam; VU VUT Vanuatu; WF
WLF Wallis and Futuna; WS WSM Samoa; XK XKX Kosovo; YE YEM Yemen; YT MYT Mayotte; ZA ZAF South Africa; ZM ZMB
Zambia; ZW ZWE Zimbabwe
"""

#: ISO 2 to the code of CORDIS where they differ.
_CORDIS = {"GR": "EL", "GB": "UK"}
#: What CORDIS and ecosim write for "the rest of the world".
REST = "ZZ"
#: Former and other codes, and names that no rule below gives, all plain (lower case, no marks).
_ALSO = {
    "el": "GR", "uk": "GB", "xko": "XK", "rks": "XK", "kos": "XK", "rom": "RO", "zar": "CD", "tmp": "TL", "tp": "TL",
    "zr": "CD", "bu": "MM", "korea": "KR", "viet nam": "VN",
    # names of the World Bank, the United Nations and daily life
    "america": "US", "us of america": "US", "u s a": "US", "u s": "US", "u k": "GB", "gt britain": "GB",
    "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "eire": "IE",
    "great britain and northern ireland": "GB", "aland": "AX", "bolivia plurinational": "BO",
    "bonaire sint eustatius and saba": "BQ", "brunei darussalam": "BN", "burma": "MM", "cape verde": "CV",
    "china people s republic": "CN", "pr china": "CN", "p r china": "CN", "mainland china": "CN",
    "congo brazzaville": "CG", "congo kinshasa": "CD", "congo the democratic republic of the": "CD",
    "congo democratic republic of the": "CD", "congo dem rep": "CD", "dem rep congo": "CD", "dr congo": "CD",
    "drc": "CD", "democratic republic of congo": "CD", "congo rep": "CG", "congo republic": "CG",
    "cote divoire": "CI", "curacao": "CW",
    "east timor": "TL", "falkland islands malvinas": "FK", "faeroe islands": "FO", "fyrom": "MK",
    "former yugoslav republic of macedonia": "MK", "macedonia the former yugoslav republic of": "MK",
    "french republic": "FR", "gabonese republic": "GA", "argentine republic": "AR", "italian republic": "IT",
    "portuguese republic": "PT", "lebanese republic": "LB", "togolese republic": "TG", "rwandese republic": "RW",
    "hellenic republic": "GR", "hellas": "GR", "swiss confederation": "CH", "kyrgyz republic": "KG", "gambia the": "GM",
    "bahamas the": "BS", "hong kong sar": "HK", "hong kong sar china": "HK", "hong kong china": "HK",
    "hong kong special administrative region of china": "HK", "macau": "MO", "macao sar": "MO",
    "macao sar china": "MO", "macao special administrative region of china": "MO", "ivory coast": "CI",
    "korea dem people s rep": "KP", "korea democratic people s republic of": "KP", "korea dpr": "KP", "dprk": "KP",
    "democratic people s republic of korea": "KP", "korea north": "KP", "korea south": "KR", "korea rep": "KR",
    "rep korea": "KR", "rep of korea": "KR", "kosovo under unscr 1244": "XK", "lao pdr": "LA",
    "lao people s democratic republic": "LA", "laos pdr": "LA", "libyan arab jamahiriya": "LY",
    "micronesia fed sts": "FM", "netherlands the": "NL", "palestinian territories": "PS",
    "palestinian territory": "PS", "occupied palestinian territory": "PS", "palestinian territory occupied": "PS",
    "palestine state of": "PS", "west bank and gaza": "PS", "west bank and gaza strip": "PS", "pitcairn islands": "PN",
    "republic of china": "TW", "taiwan china": "TW", "taiwan province of china": "TW", "chinese taipei": "TW",
    "reunion island": "RE", "saint helena ascension and tristan da cunha": "SH",
    "saint martin french part": "MF", "sint maarten dutch part": "SX", "st maarten": "SX",
    "st vincent and grenadines": "VC", "swaziland": "SZ", "syrian arab republic": "SY", "united mexican states": "MX",
    "vatican": "VA", "vatican city": "VA", "vatican city state": "VA", "holy see vatican city state": "VA",
    "venezuela rb": "VE", "virgin islands british": "VG", "virgin islands us": "VI", "virgin islands u s": "VI",
    "virgin islands of the united states": "VI", "us virgin islands": "VI", "us minor outlying islands": "UM",
    "western samoa": "WS", "kingdom of netherlands": "NL",
}  # fmt: skip
_BEFORE = re.compile(
    r"^(?:(?:federal|federated|federative|democratic|socialist|islamic|arab|people s|plurinational|bolivarian|united|"
    r"independent|cooperative|co operative|hashemite|eastern|oriental) )*"
    r"(?:republic|kingdom|states?|principality|commonwealth|sultanate|union|grand duchy|rep) of (?:the )?"
)
_AFTER = re.compile(
    r" (?:the )?(?:(?:federal|federated|democratic|socialist|islamic|arab|people s|plurinational|bolivarian|united) )*"
    r"(?:republic|kingdom|states?|rep)(?: of(?: the)?)?$"
)
#: A made-up country of a synthetic world: a letter and a digit, which no ISO code has.
_MADE_UP = re.compile(r"[A-Z]\d")


def _rows() -> list[tuple[str, str, str]]:
    return [tuple(" ".join(row.split()).split(" ", 2)) for row in _COUNTRIES.split(";")]  # type: ignore[misc]


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    """Every way to write a country, plain, to the code of CORDIS."""
    by_three = {three: two for two, three, _ in _rows()}
    found: dict[str, str] = {}
    for two, three, name in _rows():
        for text in (two, three, name):
            found[plain(text)] = two
    found |= _ALSO
    return {text: _CORDIS.get(by_three.get(two, two), two) for text, two in found.items()}


@lru_cache(maxsize=4096)
def cordis_country(written: Any) -> str | None:
    """Code of a country as CORDIS writes it, or None where no country is meant.

    Parameters
    ----------
    written : Any
        ISO 2 or ISO 3 code, code of CORDIS, or English name, in any case, with spaces and marks; or False, which is how
        YAML and some table readers read Norway's ``NO``. The codes of made-up countries (``A0``) and of the rest of the
        world (``ZZ``) come back as they are.

    Examples
    --------
    >>> [cordis_country(text) for text in ("gb", "GRC", " Korea, Republic of", "NA", "XK", "A3", "Atlantis")]
    ['UK', 'EL', 'KR', 'NA', 'XK', 'A3', None]
    """
    if written is False:
        return "NO"
    if not isinstance(written, str):
        return None
    text = plain(written.replace("&", " and "))
    known = _known()
    for form in (text, re.sub(r"\bst\b", "saint", text), _BEFORE.sub("", text), _AFTER.sub("", text)):
        if form in known:
            return known[form]
    if text in ("zz", "row", "rest of the world", "rest of world"):
        return REST
    code = written.strip().upper()
    if _MADE_UP.fullmatch(code):
        return code
    # what a scenario takes as a country, a table may hold too
    return known.get(str(country_code(written)).lower())
