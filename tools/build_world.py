#!/usr/bin/env python
"""Build the small tables of ``ecosim/world/data`` from the publishers' files.

    python tools/build_world.py --raw FOLDER [--out ecosim/world/data] [--list-sanctions]

``FOLDER`` holds the raw files named in ``docs/DATA.md``. Hand-made tables (memberships, assumptions, decisions on
sanction cases) lie in ``tools/tables``; those that a run needs are copied. The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ecosim.config.behaviour import SearchConfig
from ecosim.evidence.shuffles import shuffled
from ecosim.world.facts import INCOME_GROUPS, INPUTS, ORGANISATION_TYPES, REFERENCE_YEAR, SECTORS

TABLES = Path(__file__).resolve().parent / "tables"
DEFAULT_OUT = Path(__file__).resolve().parent.parent / "ecosim" / "world" / "data"
#: Hand-made tables a run reads.
COPIED = ("blocs.csv", "bloc_partition.csv", "sector_assumptions.csv")

WINDOW_LAST_YEAR = 2016
#: The window opens 2014-01 and closes 2016-12, but all but 87 projects start in its last 24 months.
WINDOW_MONTHS = 24
COPUBLICATION_YEARS = (2009, 2013)
#: Years listed one by one, from which a world at its own size takes those it is fed.
LISTED_YEARS = (2009, 2019)
#: Years over which R&D spending by sector of performance is averaged.
RD_YEARS = (2011, 2016)
#: Columns of ``rd_by_sector.csv`` and the codes of Eurostat.
RD_SECTORS = {"business": "BES", "government": "GOV", "higher_education": "HES", "private_non_profit": "PNP"}
UN_VOTE_YEAR = 2013
N_COUNTRIES = 72
DAYS_PER_MONTH = 30.44
#: Export-control regimes counted in ``export_control_alignment``.
EXPORT_CONTROL_REGIMES = (
    "WASSENAAR",
    "NUCLEAR_SUPPLIERS_GROUP",
    "MISSILE_TECHNOLOGY_CONTROL_REGIME",
    "AUSTRALIA_GROUP",
)
COMMON_RULES = ("COMMON_RULES_EUROPE", "COMMON_RULES_TASMAN", "COMMON_RULES_EURASIA", "COMMON_RULES_GULF")
SANCTION_KINDS = ("trade", "financial", "travel")
#: GDP per head (USD) up to which a country counts as low or lower-middle income (World Bank, fiscal year 2025).
LOWER_MIDDLE_INCOME_USD = 4515.0
#: Industry that stands for each kind of input in the input-output tables (ISIC Rev. 4): C26 for electronics and for
#: instruments, which no table tells apart; J62_63 (all of information technology services) for cloud and compute.
INPUT_SECTORS = dict(zip(INPUTS, ("C26", "C26", "C20", "C21", "J62_63"), strict=True))
#: Purchases of research users below which their foreign share says nothing (USD million a year).
LEAST_BOUGHT_MUSD = 1.0
#: No country buys nothing, or everything, of a kind at home.
FOREIGN_SHARES = (0.01, 0.99)
#: Smallest share of the world's sales that is listed.
LEAST_SOLD_SHARE = 0.0002
#: Years of WHO's outbreak news that are counted: from 2022 on it reports in another way.
OUTBREAK_YEARS = (1996, 2021)
#: TOP500 list of the reference date: November 2013.
TOP500_LIST = 201311
#: Land borders of the two states that GeoDist 2011 still lists as one (Serbia and Montenegro, code YUG).
BORDERS_AFTER_2006 = {
    "SRB": frozenset({"HUN", "ROU", "BGR", "MKD", "HRV", "BIH", "MNE"}),
    "MNE": frozenset({"HRV", "BIH", "SRB", "ALB"}),
}
#: Great-circle distance of Belgrade and Podgorica.
SRB_MNE_KM = 281.0


class Imputed:
    """Collects which values were imputed, and how."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str]] = []

    def add(self, column: str, countries: list[str], method: str) -> None:
        """Note that ``column`` was imputed for ``countries`` by ``method``."""
        self.rows += [(column, country, method) for country in countries]

    def frame(self) -> pd.DataFrame:
        """Give the notes as a table, sorted."""
        return pd.DataFrame(sorted(set(self.rows)), columns=["column", "country", "method"])


def read_raw(folder: Path, name: str, **options: object) -> pd.DataFrame:
    """Read one raw file; ``NA`` stays a word (Namibia), only empty cells are missing."""
    path = folder / name
    if not path.is_file():
        raise SystemExit(f"{name}: not found in the folder given with --raw")
    return pd.read_csv(path, keep_default_na=False, na_values=[""], low_memory=False, **options)


def read_table(name: str) -> pd.DataFrame:
    """Read one hand-made table; empty cells are empty words."""
    return pd.read_csv(TABLES / name, keep_default_na=False, dtype=str)


def members(blocs: pd.DataFrame, bloc: str, year: int) -> frozenset[str]:
    """Countries that belong to a bloc in a year (``to_year`` is the first year outside)."""
    rows = blocs[blocs.bloc == bloc]
    begin = rows.from_year.astype(int)
    end = rows.to_year.replace("", "9999").astype(int)
    return frozenset(rows.country[(begin <= year) & (year < end)])


def load_participations(folder: Path) -> pd.DataFrame:
    """Participations of the reference window: at least three organisations, without MSCA and ERC parts."""
    table = read_raw(folder, "h2020_participations_2014_2016.csv.gz")
    for column in ("start_date", "end_date"):
        table[column] = pd.to_datetime(table[column], errors="coerce")
    table["ec_contribution"] = pd.to_numeric(table.ec_contribution, errors="coerce").fillna(0.0)
    table = table.dropna(subset=["start_date"]).drop_duplicates(["project", "organisation"])
    table = table[~table.programme_part.fillna("").str.contains("MSCA|ERC")]
    size = table.groupby("project").organisation.transform("size")
    table = table[size >= 3].copy()
    table["sector"] = sectors_of(table.programme_part.fillna(""))
    table["months"] = (table.end_date - table.start_date).dt.days / DAYS_PER_MONTH
    return table


def sectors_of(parts: pd.Series) -> pd.Series:
    """Sector of each programme part; the first part decides, after the cross-cutting 'Innovation in SMEs'."""
    mapping = dict(read_table("programme_parts.csv")[["programme_part", "sector"]].itertuples(index=False))

    def sector(text: str) -> str:
        named = text.split("|")
        others = [part for part in named if part != "Innovation in SMEs"]
        part = (others or named)[0]
        if part not in mapping:
            raise SystemExit(f"programme part '{part}' has no sector in tools/tables/programme_parts.csv")
        return mapping[part]

    return parts.map({text: sector(text) for text in parts.unique()})


def population_table(table: pd.DataFrame, codes: pd.DataFrame, kept: list[str]) -> pd.DataFrame:
    """Organisations and participations of every country in the data, kept or not."""
    to_iso3 = dict(codes[["cordis", "iso3"]].itertuples(index=False))
    rows = []
    for code, group in table.groupby("country", sort=True):
        iso3 = to_iso3.get(code, "")
        row: dict[str, object] = {"cordis_code": code, "iso3": iso3 if iso3 in kept else ""}
        organisations = group.drop_duplicates("organisation").activity_type.value_counts()
        participations = group.activity_type.value_counts()
        for kind in ORGANISATION_TYPES:
            row[f"organisations_{kind}"] = int(organisations.get(kind, 0))
        for kind in ORGANISATION_TYPES:
            row[f"participations_{kind}"] = int(participations.get(kind, 0))
        by_sector = group.sector.value_counts()
        for sector in SECTORS:
            row[f"participations_{sector}"] = int(by_sector.get(sector, 0))
        row["contribution_eur"] = round(float(group.ec_contribution.sum()))
        row["funded_participations"] = int((group.ec_contribution > 0).sum())
        rows.append(row)
    return pd.DataFrame(rows)


def sector_table(table: pd.DataFrame) -> pd.DataFrame:
    """Projects, participations by type and money of each sector."""
    rows = []
    for sector in SECTORS:
        group = table[table.sector == sector]
        kinds = group.activity_type.value_counts()
        rows.append(
            {
                "sector": sector,
                "projects": group.project.nunique(),
                **{f"participations_{kind}": int(kinds.get(kind, 0)) for kind in ORGANISATION_TYPES},
                "contribution_eur": round(float(group.ec_contribution.sum())),
            }
        )
    return pd.DataFrame(rows)


def shapes_table(table: pd.DataFrame) -> pd.DataFrame:
    """One row per consortium: the joint distribution of sector, size, countries, duration and grant."""
    grouped = table.groupby("project", sort=True)
    shapes = pd.DataFrame(
        {
            "sector": grouped.sector.first(),
            "size": grouped.organisation.size(),
            "countries": grouped.country.nunique(),
            "duration_months": grouped.months.first().round().astype(int),
            "grant_eur": grouped.ec_contribution.sum().round().astype(np.int64),
        }
    )
    leads = table[table.role == "coordinator"].drop_duplicates("project").set_index("project").activity_type
    # One project names no coordinator: the type most of its members have stands in.
    shapes["coordinator"] = leads.reindex(shapes.index).fillna(grouped.activity_type.agg(lambda x: x.mode().iloc[0]))
    for kind in ORGANISATION_TYPES:
        shapes[kind] = (table.activity_type == kind).groupby(table.project, sort=True).sum().astype(int)
    # One project has no contribution by participant; its own total stands in.
    empty = shapes.grant_eur == 0
    shapes.loc[empty, "grant_eur"] = grouped.project_ec_contribution.first()[empty].round().astype(np.int64)
    found = chances(table)
    found["start_year"] = whole_years(table)
    shapes = shapes.join(found)
    order = {sector: index for index, sector in enumerate(SECTORS)}
    shapes["order"] = shapes.sector.map(order)
    numbers = ["size", "countries", "duration_months", "grant_eur"]
    keys = ["order", *numbers, "coordinator", *ORGANISATION_TYPES, *found.columns]
    return shapes.sort_values(keys, kind="stable").drop(columns="order").reset_index(drop=True)


def whole_years(table: pd.DataFrame) -> pd.Series:
    """Year in which each consortium starts; 0 where the table does not have all months of that year."""
    start = table.groupby("project").start_date.first()
    months = start.dt.to_period("M").drop_duplicates()
    whole = months.dt.year.value_counts()
    return start.dt.year.where(start.dt.year.isin(whole[whole == 12].index), 0)


def repetition_table(table: pd.DataFrame) -> pd.DataFrame:
    """How many organisations of each type took part so many times."""
    times = table.groupby(["activity_type", "organisation"]).project.nunique().rename("participations").reset_index()
    counts = times.groupby(["activity_type", "participations"]).size().rename("organisations").reset_index()
    order = counts.activity_type.map({kind: index for index, kind in enumerate(ORGANISATION_TYPES)})
    counts = counts.assign(order=order).sort_values(["order", "participations"], ignore_index=True)
    return counts.rename(columns={"activity_type": "type"})[["type", "participations", "organisations"]]


#: Members shared with another consortium from which on one may have grown out of the other: as a share of the
#: consortium, and as a number.
CORE_SHARE = 0.3
CORE_MEMBERS = 3
#: Share of the larger one's members that consortia tied to each other have in common, and the fewest that are a circle.
CIRCLE_SHARE = 0.4
CIRCLE_LEAST = 4
#: Seeds of tables without behaviour, which say how much is shared by chance.
_SHUFFLES = range(5)
#: Months for which a consortium may be grown out of, over months in which the window has its starts. Kin are sought in
#: the whole table, of which 98 % start in the 25 months from December 2014 on.
CORE_PACE = SearchConfig().core_months / 25
#: Sizes up to which consortia are of about one size.
CORE_SIZES = (4, 7, 10, 15, 25)


def shared_members(table: pd.DataFrame) -> dict[str, tuple[int, Counter[str]]]:
    """Of each consortium its size, and how many members it has in common with each other one."""
    members = table.groupby("project", sort=True).organisation.agg(set)
    of_one = table.groupby("organisation").project.agg(list)
    return {
        project: (len(who), Counter(other for one in who for other in of_one[one] if other != project))
        for project, who in members.items()
    }


def kin_of(table: pd.DataFrame) -> pd.DataFrame:
    """The kin of each consortium: others that share at least ``CORE_SHARE`` of its members, and ``CORE_MEMBERS``.

    Returns
    -------
    DataFrame
        ``at_once``, how many start in the same month; ``before_or_after``, how many in others; ``most_shared``,
        members in common with the one with which there are most.
    """
    month = table.groupby("project").start_date.first().dt.to_period("M")
    kin = {}
    for project, (size, shared) in shared_members(table).items():
        near = [other for other, count in shared.items() if count >= max(CORE_MEMBERS, CORE_SHARE * size)]
        at_once = sum(month[other] == month[project] for other in near)
        kin[project] = (at_once, len(near) - at_once, max(shared.values(), default=0))
    return pd.DataFrame.from_dict(kin, orient="index", columns=["at_once", "before_or_after", "most_shared"])


def chances(table: pd.DataFrame) -> pd.DataFrame:
    """How likely each consortium is to come out of another, beyond what chance alone gives, and with how many members.

    The same is counted in tables in which organisations change places within part, country and type: the consortium
    itself, with other members.

    Returns
    -------
    DataFrame
        ``core_chance``, of having kin that began within ``core_months`` before, if kin came at one pace;
        ``sibling_chance``, of not being the first of the kin that begin with it; ``core_members``, in common with the
        one with which there are most, where either is above zero; and ``circle`` (:func:`circles`). In a circle the
        others together are the core: members in common with any of them count. Chance alone makes no circle, so nothing
        is taken off the chance of a core there, which all kin give.
    """
    kin = kin_of(table)
    without = [shuffled(table, seed, within=True) for seed in _SHUFFLES]
    by_chance = [kin_of(one) for one in without]
    sizes = table.groupby("project", sort=True).size()
    circle = circles(table, without)
    core = _beyond(kin, by_chance, sizes, lambda kin: _had_before(kin.before_or_after))
    sibling = _beyond(kin, by_chance, sizes, lambda kin: 1.0 - 1.0 / (1.0 + kin.at_once)).where(circle == 0, 0.0)
    core = core.where(circle == 0, _had_before(kin.before_or_after + kin.at_once).round(3))
    most = kin.most_shared.where(circle == 0, _shared_with_the_circle(table, circle))
    members = most.where(core + sibling > 0.0, 0)
    return pd.DataFrame({"core_chance": core, "sibling_chance": sibling, "core_members": members, "circle": circle})


def circles(table: pd.DataFrame, without: Sequence[pd.DataFrame]) -> pd.Series:
    """The circle of each consortium, from the largest on; 0 where it is in none.

    A circle are consortia that share members one after another, ``CIRCLE_LEAST`` or more of them, and more than chance
    ties: more than are tied in any table ``without`` behaviour, in which organisations change places.
    """
    by_chance = max(map(len, chain.from_iterable(map(_tied, without))))
    number = pd.Series(0, index=sorted(set(table.project)), name="circle")
    found = [circle for circle in _tied(table) if len(circle) >= max(CIRCLE_LEAST, by_chance + 1)]
    for place, circle in enumerate(sorted(found, key=lambda circle: (-len(circle), circle)), start=1):
        number[circle] = place
    return number


def _shared_with_the_circle(table: pd.DataFrame, circle: pd.Series) -> pd.Series:
    """Members of each consortium that are in another one of its circle too."""
    seats = table[["project", "organisation"]].drop_duplicates()
    of_circle = circle.reindex(seats.project).to_numpy()
    again = seats.groupby([of_circle, "organisation"]).project.transform("size") > 1
    return again.groupby(seats.project).sum()


def _tied(table: pd.DataFrame) -> list[list[str]]:
    """Consortia each tied to another one of the same list.

    They are tied if they have ``CIRCLE_SHARE`` of the larger one's members in common, and ``CORE_MEMBERS``.
    """
    shared = shared_members(table)
    tied = nx.Graph()
    tied.add_nodes_from(shared)
    for project, (size, others) in shared.items():
        for other, count in others.items():
            if count >= max(CORE_MEMBERS, CIRCLE_SHARE * max(size, shared[other][0])):
                tied.add_edge(project, other)
    return [sorted(together) for together in nx.connected_components(tied)]


def _had_before(kin: pd.Series) -> pd.Series:
    """Chance that one of so many kin began within ``core_months`` before, if all of them came at one pace."""
    return 1.0 - np.exp(-CORE_PACE * kin)


def _beyond(
    kin: pd.DataFrame, shuffled_kin: list[pd.DataFrame], sizes: pd.Series, chance: Callable[[pd.DataFrame], pd.Series]
) -> pd.Series:
    """A chance that kin give, beyond what the kin of shuffled tables give.

    A consortium cannot have less than none, so chances taken one by one are too many; they are scaled to what is beyond
    chance in all of about its size.
    """
    observed = chance(kin)
    by_chance = sum(chance(of_one) for of_one in shuffled_kin) / len(shuffled_kin)
    alone = ((observed - by_chance) / (1.0 - by_chance)).clip(lower=0.0)
    about = pd.cut(sizes, [0, *CORE_SIZES, np.inf])
    means = pd.DataFrame({"observed": observed, "by_chance": by_chance, "alone": alone}).groupby(about, observed=True)
    mean = means.transform("mean")
    beyond = (mean.observed - mean.by_chance) / (1.0 - mean.by_chance)
    return (alone * beyond / mean.alone).fillna(0.0).clip(0.0, 1.0).round(3)


def programme_table(table: pd.DataFrame) -> pd.DataFrame:
    """Totals of the window before any country is left out."""
    rows: list[tuple[str, int, str]] = [
        ("projects", table.project.nunique(), "projects"),
        ("participations", len(table), "participations"),
        ("organisations", table.organisation.nunique(), "organisations"),
        ("contribution_eur", round(float(table.ec_contribution.sum())), "EUR"),
        ("window_months", WINDOW_MONTHS, "months"),
    ]
    coordinators = table[table.role == "coordinator"].activity_type.value_counts()
    rows += [(f"coordinators_{kind}", int(coordinators.get(kind, 0)), "projects") for kind in ORGANISATION_TYPES]
    months = table.groupby("project").start_date.first().dt.month.value_counts()
    rows += [(f"starts_{month:02d}", int(months.get(month, 0)), "projects") for month in range(1, 13)]
    times = table.groupby(["activity_type", "organisation"]).project.nunique()
    tails: list[tuple[str, float, str]] = [
        (f"tail_{kind}", round(tail_of(times[kind].to_numpy()), 12), "exponent") for kind in ORGANISATION_TYPES
    ]
    tails.append(("tail_all", round(tail_of(times.to_numpy()), 12), "exponent"))
    spread = next_sector(table)
    spreads = [(f"next_sector_{kind}", round(float(spread[kind]), 12), "share") for kind in ORGANISATION_TYPES]
    return pd.DataFrame([*rows, *tails, *spreads], columns=["quantity", "value", "unit"])


def next_sector(table: pd.DataFrame) -> pd.Series:
    """How much of an organisation's participations each further sector has, beside the one before it, by type.

    Two participations of one organisation are in one sector with a chance that is unbiased where it is counted over all
    its pairs (Simpson 1949, Nature 163:688). Shares that fall by a factor ``q`` from each sector to the next give it as
    ``(1 - q) / (1 + q)``.
    """
    times = table.groupby(["activity_type", "organisation", "sector"]).project.nunique()
    one = ["activity_type", "organisation"]
    pairs, alike = times.groupby(level=one).sum(), (times * (times - 1)).groupby(level=one).sum()
    chance = (alike / (pairs * (pairs - 1)))[pairs > 1].groupby(level="activity_type").mean()
    return (1.0 - chance) / (1.0 + chance)


#: How often an organisation took part at least for the tail of its type to begin: those seen less often are too many
#: by chance.
OFTEN = 3


def tail_of(times: np.ndarray) -> float:
    """Exponent of the tail of how often organisations took part: 1 over the mean logarithm beyond its beginning.

    The discrete form of Hill's estimator: counts from ``OFTEN`` on, begun half a count earlier (Clauset, Shalizi and
    Newman 2009, SIAM Review 51:661, equation 3.7).
    """
    often = times[times >= OFTEN]
    return float(len(often) / np.log(often / (OFTEN - 0.5)).sum())


def country_indicators(folder: Path, codes: pd.DataFrame, imputed: Imputed) -> pd.DataFrame:
    """National statistics of every candidate country, gaps filled and noted."""
    raw = read_raw(folder, "countries.csv").set_index("iso3")
    supplements = read_table("country_supplements.csv")
    for iso3, column, value in supplements[["iso3", "column", "value"]].itertuples(index=False):
        raw.loc[iso3, column] = float(value)
    frame = pd.DataFrame(index=codes.iso3.sort_values())
    columns = ("gerd_pct_gdp", "researchers_per_million", "gdp_usd", "population", "wgi_2022_norm")
    for column in columns:
        frame[column] = raw[column].reindex(frame.index).astype(float)
    names = {
        "gerd_pct_gdp": "gerd_share_of_gdp",
        "researchers_per_million": "researchers_thousand",
        "gdp_usd": "gdp_busd",
        "wgi_2022_norm": "governance",
        "population": "population_million",
    }
    for iso3, column in supplements[["iso3", "column"]].itertuples(index=False):
        if column in names:
            imputed.add(names[column], [iso3], "entered by hand: absent from the source (tools/tables)")
    per_head = frame.gdp_usd / frame.population

    # Research spending: the median of countries of similar income stands in (log-linear in income).
    fit_on(frame, "gerd_pct_gdp", per_head, imputed, "gerd_share_of_gdp", "log-linear in GDP per head")
    spending = frame.gerd_pct_gdp / 100.0 * per_head
    fit_on(frame, "researchers_per_million", spending, imputed, "researchers_thousand", "log-linear in R&D per head")
    missing = frame.index[frame.wgi_2022_norm.isna()]
    if len(missing):
        raise SystemExit(f"no governance value for {', '.join(missing)}")
    frame["researchers_thousand"] = frame.researchers_per_million * frame.population / 1e9
    frame["gdp_busd"] = frame.gdp_usd / 1e9
    frame["gerd_share_of_gdp"] = frame.gerd_pct_gdp / 100.0
    frame["governance"] = frame.wgi_2022_norm
    frame["gdp_per_head_usd"] = per_head
    frame["population_million"] = frame.population / 1e6
    return frame


def fit_on(
    frame: pd.DataFrame, column: str, driver: pd.Series, imputed: Imputed, public_name: str, method: str
) -> None:
    """Fill gaps of ``column`` by a log-log fit on ``driver`` over the candidates that have both."""
    known = frame[column].notna() & driver.notna()
    gaps = frame[column].isna()
    if not gaps.any():
        return
    slope, intercept = np.polyfit(np.log(driver[known]), np.log(frame.loc[known, column]), 1)
    frame.loc[gaps, column] = np.exp(intercept + slope * np.log(driver[gaps]))
    imputed.add(public_name, list(frame.index[gaps]), method)


def choose_countries(indicators: pd.DataFrame, table: pd.DataFrame, codes: pd.DataFrame, blocs: pd.DataFrame) -> list:
    """EU members, countries associated by 2016, OECD and G20 members, then the largest others up to ``N_COUNTRIES``.

    The others are ranked by the sum of three shares among themselves: participations, researchers and research
    spending.
    """
    always = members(blocs, "EU", REFERENCE_YEAR) | members(blocs, "H2020_ASSOCIATED", WINDOW_LAST_YEAR)
    always |= members(blocs, "OECD", REFERENCE_YEAR) | members(blocs, "G20", REFERENCE_YEAR)
    to_iso3 = dict(codes[["cordis", "iso3"]].itertuples(index=False))
    participations = table.country.map(to_iso3).value_counts().reindex(indicators.index).fillna(0.0)
    others = indicators.index.difference(sorted(always))
    score = sum(
        series[others] / series[others].sum()
        for series in (
            participations,
            indicators.researchers_thousand,
            indicators.gerd_share_of_gdp * indicators.gdp_busd,
        )
    )
    ranked = score.sort_values(ascending=False, kind="stable").index
    return sorted(set(always) | set(ranked[: N_COUNTRIES - len(always)]))


def bloc_index(countries: list[str], blocs: pd.DataFrame) -> dict[str, int]:
    """Place of each country in the partition: the first bloc of ``bloc_partition.csv`` it belongs to."""
    partition = read_table("bloc_partition.csv")
    place: dict[str, int] = {}
    for index, membership in enumerate(partition.membership):
        inside = members(blocs, membership, REFERENCE_YEAR) if membership else frozenset(countries)
        for country in countries:
            if country in inside:
                place.setdefault(country, index)
    return place


def standings(countries: list[str], population: pd.DataFrame, blocs: pd.DataFrame) -> dict[str, float]:
    """Programme standing: 1 for members and associated; elsewhere the funded share of the country's group.

    Third countries fall into two groups by rule (automatically eligible or not). Within a group the share of
    participations that received a contribution in the window stands for all its countries: one country has too few.
    """
    full = members(blocs, "EU", REFERENCE_YEAR) | members(blocs, "H2020_ASSOCIATED", REFERENCE_YEAR)
    excluded = members(blocs, "H2020_NO_AUTOMATIC_FUNDING", REFERENCE_YEAR)
    counts = population.set_index("iso3")
    totals = counts[[f"participations_{kind}" for kind in ORGANISATION_TYPES]].sum(axis=1)
    share = {}
    third = [country for country in countries if country not in full and country in counts.index]
    for name, group in (
        ("automatic", [c for c in third if c not in excluded]),
        ("self_funded", [c for c in third if c in excluded]),
    ):
        share[name] = float(counts.funded_participations[group].sum() / totals[group].sum())
    return {
        country: 1.0 if country in full else share["self_funded" if country in excluded else "automatic"]
        for country in countries
    }


def matrix(countries: list[str], frame: pd.DataFrame, row: str, column: str, value: str) -> np.ndarray:
    """Square array ``[from, to]`` of a long table; absent pairs are not-a-number."""
    wide = frame.pivot_table(index=row, columns=column, values=value, aggfunc="sum", sort=True)
    return wide.reindex(index=countries, columns=countries).to_numpy(dtype=float, copy=True)


def geography(folder: Path, countries: list[str], codes: pd.DataFrame, imputed: Imputed) -> dict[str, np.ndarray]:
    """Distance, contiguity, official language and colonial ties (CEPII GeoDist)."""
    raw = read_raw(folder, "distances.csv.gz")
    old = dict(codes[["iso3", "geodist"]].itertuples(index=False))
    keys = [old[country] for country in countries]
    indexed = raw.set_index(["iso_o", "iso_d"])
    out: dict[str, np.ndarray] = {}
    for public, name in (
        ("distance_km", "distw"),
        ("contiguous", "contig"),
        ("common_language", "comlang_off"),
        ("colonial_tie", "colony"),
    ):
        column = indexed[name]
        values = np.array([[float(column[(a, b)]) for b in keys] for a in keys])
        out[public] = values
    capitals = np.array([[float(indexed.distcap[(a, b)]) for b in keys] for a in keys])
    gap = np.isnan(out["distance_km"])
    out["distance_km"][gap] = capitals[gap]
    for country, borders in BORDERS_AFTER_2006.items():
        here = countries.index(country)
        for there, other in enumerate(countries):
            out["contiguous"][here, there] = out["contiguous"][there, here] = float(other in borders)
    serbia, montenegro = countries.index("SRB"), countries.index("MNE")
    for a, b in ((serbia, montenegro), (montenegro, serbia)):
        out["distance_km"][a, b] = SRB_MNE_KM
        out["common_language"][a, b] = 1.0
    imputed.add("distance_km", ["MNE", "SRB"], "GeoDist lists the former common state (YUG)")
    diagonal = np.eye(len(countries), dtype=bool)
    out["common_language"][diagonal] = 1.0
    out["contiguous"][diagonal] = 0.0
    out["colonial_tie"][diagonal] = 0.0
    return out


def ideal_points(
    folder: Path, countries: list[str], codes: pd.DataFrame, blocs: pd.DataFrame, imputed: Imputed
) -> dict[str, float]:
    """UN General Assembly ideal point of the year before the reference date."""
    raw = read_raw(folder, "un_ideal_points_1990_2019.csv.gz")
    year = raw[raw.year == UN_VOTE_YEAR].set_index("iso3c").IdealPoint
    alias = dict(codes[["iso3", "un_votes"]].itertuples(index=False))
    points = {c: float(year[alias[c]]) if alias[c] in year.index else np.nan for c in countries}
    place = bloc_index(countries, blocs)
    for country in [c for c in countries if np.isnan(points[c])]:
        others = [points[c] for c in countries if place[c] == place[country] and not np.isnan(points[c])]
        points[country] = float(np.mean(others))
        imputed.add("ideal_point", [country], "mean of its bloc: no seat in the General Assembly")
    return points


def income_groups(folder: Path, countries: list[str]) -> dict[str, str]:
    """Income group of each country in the reference year, as the World Bank classed it then: L, LM, UM or H."""
    raw = read_raw(folder, "income_groups_world_bank.csv")
    year = raw[raw.calendar_year == REFERENCE_YEAR].set_index("iso3").income_group
    unknown = [country for country in countries if country not in year.index or year[country] not in INCOME_GROUPS]
    if unknown:
        raise SystemExit(f"income_groups_world_bank.csv: no group of {REFERENCE_YEAR} for {', '.join(unknown)}")
    return {country: str(year[country]) for country in countries}


def read_sanctions(folder: Path, countries: list[str], blocs: pd.DataFrame, year: int) -> np.ndarray:
    """Clean the sanctions in force at the start of ``year``, 0 to 1: the share of trade, financial and travel.

    In force means that the case stands in both ``year - 1`` and ``year``. Every case that reaches a kept country must
    have a decision in ``tools/tables/sanction_cases.csv``.
    """
    raw = read_raw(folder, "sanctions_2000_2019.csv.gz")
    raw = raw[(raw[list(SANCTION_KINDS)] > 0).any(axis=1)]
    keys = ["case_id", "sender", "target"]
    before = raw[raw.year == year - 1]
    now = raw[raw.year == year]
    both = now.merge(before[keys].drop_duplicates(), on=keys)
    decisions = read_table("sanction_cases.csv").set_index("case_id")
    union = members(blocs, "EU", year)
    kinds = np.zeros((len(SANCTION_KINDS), len(countries), len(countries)))
    place = {country: index for index, country in enumerate(countries)}

    def expand(code: str) -> list[str]:
        names = sorted(union) if code == "EU" else [code]
        return [name for name in names if name in place]

    for record in both.sort_values(keys, kind="stable").itertuples(index=False):
        senders, targets = expand(record.sender), expand(record.target)
        organisation = len(record.sender) != 3 and record.sender != "EU"
        if not targets or not (senders or organisation):
            continue
        case = str(record.case_id)
        if case not in decisions.index:
            raise SystemExit(f"sanction case {case} ({record.sender} -> {record.target}) has not been read")
        decision = decisions.decision[case]
        if decision == "drop":
            continue
        if decision != "keep":
            targets = expand(decision)
        for sender in senders:
            for target in targets:
                if sender != target:
                    for index, kind in enumerate(SANCTION_KINDS):
                        if getattr(record, kind) > 0:
                            kinds[index, place[sender], place[target]] = 1.0
    return kinds.mean(axis=0)


def visa_needs(folder: Path, countries: list[str]) -> np.ndarray:
    """0 no visa, 0.5 on arrival or electronic, 1 visa or no admission."""
    raw = read_raw(folder, "visa_requirements_2025.csv.gz", dtype=str)
    words = {"visa free": 0.0, "visa on arrival": 0.5, "e-visa": 0.5, "eta": 0.5}
    words |= {"visa required": 1.0, "no admission": 1.0}
    # A number is the days of stay without a visa; -1 is the traveller's own country.
    raw["need"] = [words[text] if text in words else 0.0 * int(text) for text in raw.requirement]
    return matrix(countries, raw, "passport", "destination", "need")


def copublications(folder: Path, countries: list[str], codes: pd.DataFrame) -> np.ndarray:
    """Works co-authored a year, mean of the five years before the reference date; absent pairs have none."""
    raw = read_raw(folder, "copublications_1990_2019.csv.gz")
    first, last = COPUBLICATION_YEARS
    raw = raw[(raw.year >= first) & (raw.year <= last)]
    to_iso3 = dict(codes[["iso2", "iso3"]].itertuples(index=False))
    raw = raw.assign(a=raw.c1.map(to_iso3), b=raw.c2.map(to_iso3)).dropna(subset=["a", "b"])
    raw = raw[raw.a != raw.b]
    values = np.nan_to_num(matrix(countries, raw, "a", "b", "works"))
    values = (values + values.T) / (last - first + 1)
    np.fill_diagonal(values, 0.0)
    return values


def copublications_by_year(folder: Path, countries: list[str], codes: pd.DataFrame) -> pd.DataFrame:
    """Works co-authored each year, one row per pair of countries that has any, in the order of the countries."""
    raw = read_raw(folder, "copublications_1990_2019.csv.gz")
    raw = raw[raw.year.between(*LISTED_YEARS)]
    to_iso3 = dict(codes[["iso2", "iso3"]].itertuples(index=False))
    raw = raw.assign(a=raw.c1.map(to_iso3), b=raw.c2.map(to_iso3))
    raw = raw[raw.a.isin(countries) & raw.b.isin(countries) & (raw.a != raw.b)]
    # the order of a pair says nothing
    first, second = raw[["a", "b"]].min(axis=1), raw[["a", "b"]].max(axis=1)
    wide = raw.assign(first=first, second=second).pivot_table(
        index=["first", "second"], columns="year", values="works", aggfunc="sum", fill_value=0, sort=True
    )
    years = range(LISTED_YEARS[0], LISTED_YEARS[1] + 1)
    wide = wide.reindex(columns=years, fill_value=0).astype(int)
    wide.columns = [f"works_{year}" for year in years]
    return wide.reset_index()


def rd_by_sector(folder: Path, countries: list[str], indicators: pd.DataFrame, imputed: Imputed) -> pd.DataFrame:
    """Share of R&D spending by sector of performance, mean of :data:`RD_YEARS`; rows sum to 1.

    Where Eurostat lists nothing, the share of business follows R&D spending over GDP (log odds, fitted over those
    listed), and the others divide the rest as they do on average.
    """
    raw = read_raw(folder, "rd_spending_by_sector_eurostat_2000_2022.csv")
    raw = raw[raw.year.between(*RD_YEARS) & raw.sector.isin(RD_SECTORS.values())]
    wide = raw.pivot_table(index="iso3", columns="sector", values="pps_2005", aggfunc="mean", sort=True)
    wide = wide.reindex(columns=list(RD_SECTORS.values())).fillna(0.0)
    shares = wide.div(wide.sum(axis=1), axis=0)
    listed = [country for country in countries if country in shares.index and shares.BES[country] > 0.0]
    outside = [country for country in countries if country not in listed]
    intensity = np.log(indicators.gerd_share_of_gdp.loc[countries])
    business = shares.BES[listed]
    guess = fitted(np.log(business / (1.0 - business)), [intensity], outside)
    guess = (1.0 / (1.0 + np.exp(-guess))).clip(business.min(), business.max())
    rest = shares.loc[listed, ["GOV", "HES", "PNP"]].mean()
    rest /= rest.sum()
    for country in outside:
        shares.loc[country, "BES"] = guess[country]
        for sector in ("GOV", "HES", "PNP"):
            shares.loc[country, sector] = (1.0 - guess[country]) * rest[sector]
    imputed.add("rd_by_sector", outside, "fitted: log odds of business on R&D over GDP; the rest as on average")
    table = shares.loc[countries, list(RD_SECTORS.values())]
    table.columns = list(RD_SECTORS)
    return table.rename_axis("iso3").reset_index()


def index_series(folder: Path) -> pd.DataFrame:
    """Monthly indices of the whole world: pressure on supply chains, and geopolitical risk."""
    pressure = read_raw(folder, "supply_chain_pressure_1998_2024.csv")
    risk = read_raw(folder, "geopolitical_risk_monthly.csv")
    risk = risk[risk.iso3 == "WLD"]
    months = pd.to_datetime(pressure.Date, format="%d-%b-%Y").dt.strftime("%Y-%m")
    parts = [
        pd.DataFrame({"series": "geopolitical_risk", "month": risk.month, "value": risk.gpr_country.round(1)}),
        pd.DataFrame({"series": "supply_chain_pressure", "month": months, "value": pressure.Rate}),
    ]
    return pd.concat(parts, ignore_index=True).sort_values(["series", "month"], ignore_index=True)


def travel_controls(folder: Path, countries: list[str]) -> pd.DataFrame:
    """Controls on international travel, 0 to 4, mean over the days of each month."""
    raw = read_raw(folder, "covid_travel_controls_monthly.csv")
    raw = raw[raw.iso3.isin(countries)].sort_values(["iso3", "month"], ignore_index=True)
    return pd.DataFrame({"iso3": raw.iso3, "month": raw.month, "level": raw.mean_level.round(2)})


def health_table(folder: Path, countries: list[str], indicators: pd.DataFrame) -> pd.DataFrame:
    """What is known of health data, outbreaks, trust and computing by country; who is not listed has 0."""
    outbreaks = read_raw(folder, "outbreaks_who_1996_2026.csv")
    outbreaks = outbreaks[outbreaks.year.between(*OUTBREAK_YEARS)].groupby("iso3").size()
    participants = read_raw(folder, "genomic_study_participants_by_country_to_2019.csv").set_index("iso3").participants
    machines = read_raw(folder, "top500_by_country_2013_2018.csv")
    machines = machines[machines["list"] == TOP500_LIST].set_index("iso3").systems
    trust = read_raw(folder, "vaccine_attitudes_wellcome_2018.csv").set_index("iso3").agree_safe
    return pd.DataFrame(
        {
            "iso3": countries,
            "population_million": indicators.population_million.loc[countries].to_numpy(),
            "study_participants": participants.reindex(countries).fillna(0).astype(int).to_numpy(),
            "outbreaks": outbreaks.reindex(countries).fillna(0).astype(int).to_numpy(),
            "agree_vaccines_safe": (trust.reindex(countries) / 100.0).round(4).to_numpy(),
            "supercomputers": machines.reindex(countries).fillna(0).astype(int).to_numpy(),
        }
    )


def missions(folder: Path, countries: list[str]) -> dict[str, np.ndarray]:
    """Embassies and consulates of the first country in the second; absent pairs have none listed."""
    raw = read_raw(folder, "diplomatic_missions_2022.csv")
    out = {}
    for public, name in (("embassies", "embassy"), ("consulates", "consulate")):
        values = np.nan_to_num(matrix(countries, raw, "sender", "host", name))
        np.fill_diagonal(values, 0.0)
        out[public] = values
    return out


def inputs_table(
    folder: Path, countries: list[str], indicators: pd.DataFrame, imputed: Imputed
) -> pd.DataFrame:  # fmt: skip
    """What each country buys of each kind of input abroad, what it sells to the world, and what it buys in all.

    The foreign share is that of research and professional users; where these buy next to nothing, that of all users.
    Countries without input-output tables, and sellers too small for the list of exporters, are imputed.
    """
    bought = read_raw(folder, "foreign_input_shares_oecd.csv")
    sold = read_raw(folder, "intermediate_export_shares_oecd.csv")
    trade = read_raw(folder, "goods_trade_2022.csv.gz")
    bought, sold = bought[bought.year == REFERENCE_YEAR], sold[sold.year == REFERENCE_YEAR]
    gdp = indicators.gdp_busd.loc[countries]
    imports, exports = (trade.groupby(side).value_usd.sum().loc[countries] for side in ("importer", "exporter"))
    size, openness, selling = np.log(gdp), np.log(imports / (gdp * 1e9)), np.log(exports)
    rows = []
    for kind, sector in INPUT_SECTORS.items():
        users, everyone = (
            bought[(bought.user_sector == user) & (bought.input_sector == sector)].set_index("iso3")
            for user in ("M", "ALL")
        )
        listed = [country for country in countries if country in everyone.index]
        outside = [country for country in countries if country not in everyone.index]
        tiny = [country for country in listed if users.intermediate_musd[country] < LEAST_BOUGHT_MUSD]
        foreign = users.foreign_share.loc[listed].astype(float)
        foreign[tiny] = everyone.foreign_share[tiny]
        foreign = foreign.clip(*FOREIGN_SHARES)
        odds = np.log(foreign / (1.0 - foreign))
        guess = fitted(odds, [openness, size], outside)
        foreign = pd.concat([foreign, 1.0 / (1.0 + np.exp(-guess))])
        foreign = foreign.clip(foreign[listed].min(), foreign[listed].max())
        imputed.add(f"foreign_share:{kind}", outside, "fitted: log odds on goods imports over GDP, and GDP")
        imputed.add(f"foreign_share:{kind}", tiny, "that of all users: research users buy next to nothing")

        shares = sold[sold.sector == sector].set_index("iso3").world_share.astype(float)
        sellers = [country for country in listed if shares.get(country, 0.0) > 0.0]
        small = [country for country in listed if country not in sellers]
        world = pd.concat(
            [
                shares[sellers],
                pd.Series(LEAST_SOLD_SHARE / 2.0, index=small),
                np.exp(fitted(np.log(shares[sellers]), [selling, size], outside)),
            ]
        )
        imputed.add(f"supplier_share:{kind}", small, "half of the smallest share that is listed")
        imputed.add(f"supplier_share:{kind}", outside, "fitted: logarithm on those of goods exports and GDP")

        demand = everyone.intermediate_musd.loc[listed].astype(float)
        demand = pd.concat([demand, np.exp(fitted(np.log(demand), [size], outside))])
        imputed.add(f"demand_share:{kind}", outside, "fitted: logarithm on that of GDP")
        table = pd.DataFrame({"kind": kind, "country": countries})
        table["foreign_share"] = foreign[countries].to_numpy()
        table["supplier_share"] = (world / world.sum())[countries].to_numpy()
        table["demand_share"] = (demand / demand.sum())[countries].to_numpy()
        rows.append(table)
    return pd.concat(rows, ignore_index=True)


def fitted(known: pd.Series, by: list[pd.Series], wanted: list[str]) -> pd.Series:
    """Least squares over the countries known, read off for those wanted."""

    def terms(countries: list[str]) -> np.ndarray:
        return np.column_stack([np.ones(len(countries)), *(series[countries] for series in by)])

    slopes, *_ = np.linalg.lstsq(terms(list(known.index)), known.to_numpy(), rcond=None)
    return pd.Series(terms(wanted) @ slopes, index=wanted)


def shared_memberships(countries: list[str], blocs: pd.DataFrame) -> dict[str, np.ndarray]:
    """Derive common rules, data adequacy and export-control alignment from treaty memberships."""

    def inside(bloc: str) -> np.ndarray:
        group = members(blocs, bloc, REFERENCE_YEAR)
        return np.array([country in group for country in countries])

    def both(mask: np.ndarray) -> np.ndarray:
        return np.outer(mask, mask)

    def across(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.outer(one, other) | np.outer(other, one)

    n = len(countries)
    rules = np.zeros((n, n), dtype=bool)
    for name in COMMON_RULES:
        rules |= both(inside(name))
    # Switzerland recognises what the Union recognises, and the other way round.
    privacy = inside("EEA") | inside("EU")
    data = np.zeros((n, n))
    data[both(inside("CONVENTION_108"))] = 0.5
    data[across(privacy, inside("EU_ADEQUACY_PARTIAL"))] = 0.5
    data[across(privacy | inside("EFTA"), inside("EU_ADEQUACY_FULL"))] = 1.0
    data[both(privacy | inside("EFTA"))] = 1.0
    swiss = np.array([country == "CHE" for country in countries])
    data[across(swiss, inside("EU_ADEQUACY_PARTIAL"))] = 0.5
    control = sum(both(inside(name)).astype(float) for name in EXPORT_CONTROL_REGIMES) / len(EXPORT_CONTROL_REGIMES)
    # Within the Union dual-use goods move freely (Regulation 428/2009).
    control[both(inside("EU"))] = 1.0
    for array, value in ((rules, True), (data, 1.0), (control, 1.0)):
        np.fill_diagonal(array, value)
    return {"common_rules": rules.astype(float), "data_adequacy": data, "export_control_alignment": control}


def text_of(value: object) -> str:
    """One number as the shortest text that is still exact enough to compute with."""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        if value != value:
            raise SystemExit("a value is missing after imputation")
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.6g}"
    return str(value)


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a table with fixed number formats and line ends."""
    frame = frame.apply(lambda column: column.map(text_of))
    frame.to_csv(path, index=False, lineterminator="\n")


def index_of(folder: Path) -> dict[str, dict[str, object]]:
    """Header, rows and SHA-256 of every table."""
    out: dict[str, dict[str, object]] = {}
    for path in sorted(folder.glob("*.csv")):
        frame = pd.read_csv(path, keep_default_na=False, dtype=str)
        out[path.name] = {
            "columns": list(frame.columns),
            "rows": len(frame),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
    return out


def build(raw: Path, out: Path) -> dict[str, pd.DataFrame]:
    """Compute every table and write it; returns the computed ones."""
    out.mkdir(parents=True, exist_ok=True)
    imputed = Imputed()
    codes = read_table("country_codes.csv").sort_values("iso3")
    blocs = read_table("blocs.csv")
    table = load_participations(raw)
    indicators = country_indicators(raw, codes, imputed)
    countries = choose_countries(indicators, table, codes, blocs)
    population = population_table(table, codes, countries)

    pairs: dict[str, np.ndarray] = geography(raw, countries, codes, imputed)
    pairs |= shared_memberships(countries, blocs)
    points = ideal_points(raw, countries, codes, blocs, imputed)
    position = np.array([points[country] for country in countries])
    pairs["ideal_point_distance"] = np.abs(position[:, None] - position[None, :])
    pairs["sanctions"] = read_sanctions(raw, countries, blocs, REFERENCE_YEAR)
    pairs["sanctions_window_end"] = read_sanctions(raw, countries, blocs, WINDOW_LAST_YEAR + 1)
    pairs["visa_need"] = visa_needs(raw, countries)
    np.fill_diagonal(pairs["visa_need"], 0.0)
    pairs |= missions(raw, countries)
    pairs["copublications"] = copublications(raw, countries, codes)

    place = bloc_index(countries, blocs)
    standing = standings(countries, population, blocs)
    widening = members(blocs, "H2020_WIDENING", WINDOW_LAST_YEAR)
    listed = codes.set_index("iso3")
    facts = indicators.loc[countries]
    low_income = facts.gdp_per_head_usd <= LOWER_MIDDLE_INCOME_USD
    income = income_groups(raw, countries)
    country_table = pd.DataFrame(
        {
            "iso3": countries,
            "cordis_code": listed["cordis"][countries].to_numpy(),
            "name": listed["name"][countries].to_numpy(),
            "researchers_thousand": facts.researchers_thousand.to_numpy(),
            "gdp_busd": facts.gdp_busd.to_numpy(),
            "gerd_share_of_gdp": facts.gerd_share_of_gdp.to_numpy(),
            "governance": facts.governance.to_numpy(),
            "peripheral": [int(c in widening or bool(low_income[c])) for c in countries],
            "income_group": [income[c] for c in countries],
            "bloc": [place[c] for c in countries],
            "programme_standing": [standing[c] for c in countries],
            "ideal_point": position,
        }
    )
    n = len(countries)
    first, second = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
    pair_table = pd.DataFrame({"from": np.array(countries)[first], "to": np.array(countries)[second]})
    for name in sorted(pairs):
        pair_table[name] = pairs[name].ravel()
    inputs = inputs_table(raw, countries, indicators, imputed)
    research = rd_by_sector(raw, countries, indicators, imputed)
    kept = imputed.frame()
    kept = kept[kept.country.isin(countries)]
    computed = {
        "countries.csv": country_table,
        "pairs.csv": pair_table,
        "population.csv": population,
        "sectors.csv": sector_table(table),
        "consortium_shapes.csv": shapes_table(table),
        "programme.csv": programme_table(table),
        "repetition.csv": repetition_table(table),
        "inputs.csv": inputs,
        "copublications.csv": copublications_by_year(raw, countries, codes),
        "rd_by_sector.csv": research,
        "series.csv": index_series(raw),
        "travel_controls.csv": travel_controls(raw, countries),
        "health.csv": health_table(raw, countries, indicators),
        "imputed.csv": kept,
    }
    for name, frame in computed.items():
        write(frame, out / name)
    for name in COPIED:
        shutil.copyfile(TABLES / name, out / name)
    (out / "index.json").write_text(json.dumps(index_of(out), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return computed


def list_sanctions(pairs: pd.DataFrame, column: str) -> str:
    """Every non-zero pair as Markdown rows: target, value, senders."""
    rows = pairs[pairs[column] > 0]
    grouped = rows.groupby(["to", column], sort=True)["from"].apply(lambda senders: " ".join(sorted(senders)))
    return "\n".join(f"| {target} | {value:.2f} | {senders} |" for (target, value), senders in grouped.items())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw", type=Path, required=True, help="folder of the publishers' files")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="where the tables go")
    parser.add_argument("--list-sanctions", action="store_true", help="print every non-zero pair")
    arguments = parser.parse_args()
    computed = build(arguments.raw, arguments.out)
    for name, frame in computed.items():
        print(f"{name}: {len(frame)} rows", file=sys.stderr)
    if arguments.list_sanctions:
        for column in ("sanctions", "sanctions_window_end"):
            print(f"{column}\n{list_sanctions(computed['pairs.csv'], column)}\n")


if __name__ == "__main__":
    main()
