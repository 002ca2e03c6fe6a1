"""Worlds from the shipped tables: all countries, Europe with a rest, a classroom of five."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.errors import InputError
from ecosim.world.facts import (
    CONSORTIUM_SHAPE,
    INCOME_GROUPS,
    INPUTS,
    ORGANISATION_TYPES,
    REGULATION_PARTS,
    REST_CODE,
    SECTORS,
    World,
)
from ecosim.world.tables import DATA_FOLDER, Table, read_tables

#: Five countries that differ: a large core member, a large southern one, a large widening one, one that was to
#: leave the Union, and one outside it whose association broke in 2014.
CLASSROOM: tuple[str, ...] = ("CHE", "DEU", "ESP", "GBR", "POL")
#: Countries with at least this share of participations stand by themselves in the world ``europe``.
EUROPE_MINIMUM_SHARE = 0.001
#: Countries with at least this share of participations may be drawn as the target of a shock.
TARGET_MINIMUM_SHARE = 0.01
#: Code, CORDIS code and name of the aggregated rest.
REST = (REST_CODE, "ZZ", "Rest of the world")
#: Participations' worth of the overall sector mix added to each country's own (assumed, 10 to 100): the mix of a
#: country with a handful of participations is mostly chance.
SECTOR_SHRINKAGE = 30.0

_COUNTRY_VALUES = ("researchers_thousand", "gdp_busd", "gerd_share_of_gdp", "governance")
#: Facts by kind of input and country.
_INPUT_VALUES = ("foreign_input_share", "supplier_share", "demand_share")
_PAIR_KINDS: dict[str, type] = {
    "distance_km": float,
    "common_language": bool,
    "contiguous": bool,
    "colonial_tie": bool,
    "common_rules": bool,
    "ideal_point_distance": float,
    "sanctions": float,
    "sanctions_window_end": float,
    "visa_need": float,
    "embassies": int,
    "consulates": int,
    "copublications": float,
    "data_adequacy": float,
    "export_control_alignment": float,
}
#: Pair facts that add up when countries are merged; the others are averaged.
_ADDED = ("copublications",)
#: Value of each pair fact on the diagonal of a merged country.
_OWN = {"common_language": 1, "common_rules": 1, "data_adequacy": 1.0, "export_control_alignment": 1.0}
_UNIT = ("sanctions", "sanctions_window_end", "visa_need", "data_adequacy", "export_control_alignment")


def frozen(world: World) -> World:
    """Make the arrays of a world read-only."""
    for field in fields(world):
        value = getattr(world, field.name)
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return world


def sector_facts(tables: dict[str, Table]) -> dict[str, Any]:
    """Collect what a world knows of sectors, consortia and the programme, whatever its countries."""
    sectors = tables["sectors"]
    _expect_words(sectors, "sector", SECTORS)
    kinds = np.stack([sectors.numbers(f"participations_{kind}", int, 0) for kind in ORGANISATION_TYPES], axis=1)
    money = sectors.numbers("contribution_eur", int, 0).astype(np.float64)
    assumptions = tables["sector_assumptions"]
    values = dict(
        zip(
            zip(assumptions.words("quantity"), assumptions.words("sector"), strict=True),
            assumptions.numbers("value", float, 0.0, 1.0),
            strict=True,
        )
    )

    def assumed(quantity: str) -> NDArray[np.float64]:
        try:
            return np.array([values[quantity, sector] for sector in SECTORS])
        except KeyError as error:
            raise InputError("ecosim/world/data/sector_assumptions.csv", problem=f"no row for {error}") from None

    regulation = np.stack([assumed(f"regulation_{part}") for part in REGULATION_PARTS], axis=1)
    programme = dict(
        zip(tables["programme"].words("quantity"), tables["programme"].numbers("value", float, 0.0), strict=True)
    )
    starts = np.array([programme[f"starts_{month:02d}"] for month in range(1, 13)])
    coordinators = np.array([programme[f"coordinators_{kind}"] for kind in ORGANISATION_TYPES])
    often = [times_of(tables["repetition"], kind) for kind in ORGANISATION_TYPES]
    return {
        "most_participations": np.array([times.max() for times in often], dtype=np.int32),
        "relative_tail": np.array([programme[f"tail_{kind}"] for kind in ORGANISATION_TYPES]) / programme["tail_all"],
        "next_sector_share": np.array([programme[f"next_sector_{kind}"] for kind in ORGANISATION_TYPES]),
        "pool_per_funded": np.array([all_there_are(times) / len(times) for times in often]),
        "sector_type_share": kinds / kinds.sum(axis=1, keepdims=True),
        "coordinator_type_share": coordinators / coordinators.sum(),
        "sector_money_share": money / money.sum(),
        "input_intensity": np.stack([assumed(f"input_intensity_{kind}") for kind in INPUTS], axis=1),
        "input_criticality": assumed("input_criticality"),
        "data_intensity": assumed("data_intensity"),
        "technology_sensitivity": assumed("technology_sensitivity"),
        "regulation_weight": regulation / regulation.sum(axis=1, keepdims=True),
        "consortium_shapes": consortium_shapes(tables["consortium_shapes"]),
        "start_month_share": starts / starts.sum(),
        "appropriation_eur_per_month": float(programme["contribution_eur"] / programme["window_months"]),
    }


#: An organisation that took part more often than this tells nothing about those that did not.
_RARE = 10


def times_of(table: Table, kind: str) -> NDArray[np.int64]:
    """How often each organisation of a type took part, in no order."""
    rows = np.array([word == kind for word in table.words("type")])
    times = table.numbers("participations", int, 1)[rows]
    return np.asarray(np.repeat(times, table.numbers("organisations", int, 1)[rows]))


def all_there_are(times: NDArray[np.int64]) -> float:
    """How many there are, those never seen included, from how often each was seen.

    Notes
    -----
    The abundance-based coverage estimator in the form for populations that differ much (ACE-1), with which ecologists
    count species that no trap has caught: the rarely seen over the share of sightings that fall on them, and a term for
    how much they differ.

    References
    ----------
    Chao and Lee 1992, JASA 87:210, doi 10.1080/01621459.1992.10475194; Chao, Ma and Yang 1993, Biometrika 80:193.
    """
    rare = times[times <= _RARE]
    sightings, once = int(rare.sum()), int((rare == 1).sum())
    if once == sightings:
        # every one was seen once: the bound that needs no second sighting (Chao 1987)
        return len(times) + once * (once - 1) / 2.0
    coverage = 1.0 - once / sightings
    pairs = float((rare * (rare - 1)).sum())
    spread = pairs / (sightings * (sightings - 1))
    differ = max(len(rare) / coverage * spread - 1.0, 0.0)
    differ = max(differ * (1.0 + sightings * (1.0 - coverage) / coverage * spread), 0.0)
    return len(times) - len(rare) + len(rare) / coverage + once / coverage * differ


def consortium_shapes(table: Table) -> NDArray[np.void]:
    """Read the observed consortia as a structured array."""
    shapes = np.zeros(len(table), dtype=CONSORTIUM_SHAPE)
    order = {sector: index for index, sector in enumerate(SECTORS)}
    for row, sector in enumerate(table.words("sector"), start=2):
        if sector not in order:
            key = f"ecosim/world/data/consortium_shapes.csv, column 'sector', row {row}"
            raise InputError(key, sector, allowed=", ".join(SECTORS))
    shapes["sector"] = [order[sector] for sector in table.words("sector")]
    for name in ("size", "countries", "duration_months", "grant_eur"):
        shapes[name] = table.numbers(name, int, 1)
    for kind in ORGANISATION_TYPES:
        shapes[kind] = table.numbers(kind, int, 0)
    shapes["core_chance"] = table.numbers("core_chance", float, 0.0, 1.0)
    shapes["sibling_chance"] = table.numbers("sibling_chance", float, 0.0, 1.0)
    shapes["core_members"] = table.numbers("core_members", int, 0)
    shapes["circle"] = table.numbers("circle", int, 0)
    shapes["start_year"] = table.numbers("start_year", int, 0)
    types = {kind: index for index, kind in enumerate(ORGANISATION_TYPES)}
    shapes["coordinator"] = [types[kind] for kind in table.words("coordinator")]
    return shapes


def _expect_words(table: Table, column: str, expected: tuple[str, ...]) -> None:
    for row, (found, wanted) in enumerate(zip(table.words(column), expected, strict=True), start=2):
        if found != wanted:
            key = f"ecosim/world/data/{table.name}, column '{column}', row {row}"
            raise InputError(key, found, allowed=wanted)


def _counts(population: Table, prefix: str, names: tuple[str, ...]) -> NDArray[np.int64]:
    return np.stack([population.numbers(f"{prefix}_{name}", int, 0) for name in names], axis=1)


def programme_world(folder: Path = DATA_FOLDER) -> World:
    """All countries of the tables as the programme knows them; others are left out and the shares renormalised."""
    tables = read_tables(folder)
    listed, pairs, population = tables["countries"], tables["pairs"], tables["population"]
    codes = tuple(listed.words("iso3"))
    n = len(codes)
    _expect_words(pairs, "from", tuple(code for code in codes for _ in codes))
    _expect_words(pairs, "to", codes * n)
    rows = {iso3: row for row, iso3 in enumerate(population.words("iso3")) if iso3}
    empty = len(population)

    def of_countries(counts: NDArray[np.int64]) -> NDArray[np.int64]:
        padded = np.vstack([counts, np.zeros((1, counts.shape[1]), dtype=counts.dtype)])
        return padded[[rows.get(code, empty) for code in codes]]

    organisations = of_countries(_counts(population, "organisations", ORGANISATION_TYPES))
    participations = of_countries(_counts(population, "participations", ORGANISATION_TYPES))
    by_sector = of_countries(_counts(population, "participations", SECTORS))
    total = participations.sum(axis=1)
    facts = sector_facts(tables)
    everyone = float(_counts(population, "participations", ORGANISATION_TYPES).sum())
    facts["appropriation_eur_per_month"] *= float(total.sum()) / everyone
    partition = tuple(tables["bloc_partition"].words("name"))
    imputed: dict[str, tuple[str, ...]] = {}
    notes = tables["imputed"]
    for column, country in zip(notes.words("column"), notes.words("country"), strict=True):
        imputed[column] = (*imputed.get(column, ()), country)
    share = total / total.sum()
    matrices: dict[str, Any] = {}
    for name, kind in _PAIR_KINDS.items():
        values = pairs.numbers(name, kind, 0.0, 1.0 if name in _UNIT else np.inf)
        matrices[name] = values.astype(np.int16 if kind is int else values.dtype).reshape(n, n)
    by_country: dict[str, Any] = {name: listed.numbers(name, float, 0.0) for name in _COUNTRY_VALUES}
    return frozen(
        World(
            name="programme",
            countries=codes,
            country_names=tuple(listed.words("name")),
            cordis_codes=tuple(listed.words("cordis_code")),
            participation_share=share,
            peripheral=listed.numbers("peripheral", bool),
            low_income=_low_income(listed),
            bloc=listed.numbers("bloc", int, 0, len(partition) - 1).astype(np.int8),
            programme_standing=listed.numbers("programme_standing", float, 0.0, 1.0),
            may_be_target=share >= TARGET_MINIMUM_SHARE,
            organisations=organisations.astype(np.int32),
            participations=participations.astype(np.int32),
            country_sector_share=_sector_mix(by_sector, by_sector.sum(axis=0)),
            bloc_names=partition,
            imputed=imputed,
            **by_country,
            **_inputs(tables["inputs"], codes),
            **matrices,
            **facts,
        )
    )


def _low_income(listed: Table) -> NDArray[np.bool_]:
    """(C,): countries of the two poorest income groups."""
    groups = listed.words("income_group")
    for row, group in enumerate(groups, start=2):
        if group not in INCOME_GROUPS:
            key = f"ecosim/world/data/{listed.name}, column 'income_group', row {row}"
            raise InputError(key, group, allowed=", ".join(INCOME_GROUPS))
    return np.array([group in INCOME_GROUPS[:2] for group in groups], dtype=np.bool_)


def _inputs(table: Table, codes: tuple[str, ...]) -> dict[str, Any]:
    """Read what is known of each kind of input by country, (I, C) each."""
    _expect_words(table, "kind", tuple(kind for kind in INPUTS for _ in codes))
    _expect_words(table, "country", codes * len(INPUTS))
    shape = len(INPUTS), len(codes)
    columns = {"foreign_input_share": "foreign_share", "supplier_share": "supplier_share",
               "demand_share": "demand_share"}  # fmt: skip
    found = {name: table.numbers(column, float, 0.0, 1.0).reshape(shape) for name, column in columns.items()}
    return {name: value if name == "foreign_input_share" else _row_shares(value) for name, value in found.items()}


def _sector_mix(counts: NDArray[np.int64], overall: NDArray[np.int64]) -> NDArray[np.float64]:
    mean = overall / overall.sum()
    return (counts + SECTOR_SHRINKAGE * mean) / (counts.sum(axis=1, keepdims=True) + SECTOR_SHRINKAGE)


def _row_shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows that sum to one; a row of nothing stays zero."""
    total = values.sum(axis=1, keepdims=True)
    return np.divide(values, total, out=np.zeros_like(values), where=total > 0)


def subset(world: World, keep: tuple[str, ...], name: str | None = None) -> World:
    """Keep some of the countries of a world, in its order.

    Shares are renormalised and the appropriation is scaled by the kept share of participations; the others are left
    out, not merged.
    """
    chosen = set(keep)
    at = np.array([index for index, code in enumerate(world.countries) if code in chosen], dtype=np.intp)
    n = world.n_countries
    values: dict[str, Any] = {"name": name or world.name}
    for field in fields(world):
        value = getattr(world, field.name)
        if field.name in ("countries", "country_names", "cordis_codes"):
            values[field.name] = tuple(value[index] for index in at)
        elif field.name in _PAIR_KINDS:
            values[field.name] = value[np.ix_(at, at)]
        elif field.name == "hidden_pairs":
            values[field.name] = value[np.ix_(at, at)] if value.size else value
        elif field.name in _INPUT_VALUES:
            values[field.name] = value[:, at]
        elif field.name in _COUNTRY_AXIS:
            assert value.shape[0] == n
            values[field.name] = value[at]
    kept_share = float(world.participation_share[at].sum())
    share = values["participation_share"]
    values["participation_share"] = share / share.sum() if kept_share > 0 else np.full(len(at), 1.0 / len(at))
    for name in ("supplier_share", "demand_share"):
        values[name] = _row_shares(values[name])
    values["appropriation_eur_per_month"] = world.appropriation_eur_per_month * kept_share
    values["imputed"] = {
        column: left
        for column, countries in world.imputed.items()
        if (left := tuple(code for code in countries if code in chosen))
    }
    targets = values["participation_share"] >= TARGET_MINIMUM_SHARE
    if world.own_size:
        targets = world.may_be_target[at]
    values["may_be_target"] = targets & np.array([code != REST[0] for code in values["countries"]])
    return frozen(replace(world, **values))


_COUNTRY_AXIS = frozenset(
    {
        *_COUNTRY_VALUES,
        "participation_share",
        "peripheral",
        "low_income",
        "bloc",
        "programme_standing",
        "may_be_target",
        "organisations",
        "participations",
        "country_sector_share",
    }
)


def _weighted(weight: NDArray[Any], values: NDArray[Any]) -> NDArray[np.float64]:
    """Sum over the first axis, weighted; not ``@``, which adds in an order that depends on the processor."""
    return np.asarray((weight * values.T).T.sum(axis=0), dtype=np.float64)


def europe_world(folder: Path = DATA_FOLDER) -> World:
    """Countries with at least 0.1 % of participations, and one rest that is never a target.

    The rest holds every other country's organisations and participations, in the tables or not. Its other facts are
    those of the table's countries it stands for, weighted by researchers; co-publications and what is bought and sold
    add up, and what those countries buy from each other it buys at home.
    """
    world = programme_world(folder)
    tables = read_tables(folder)
    population = tables["population"]
    everyone = _counts(population, "participations", ORGANISATION_TYPES)
    minimum = EUROPE_MINIMUM_SHARE * everyone.sum()
    alone = world.participations.sum(axis=1) >= minimum
    kept = [code for code, stays in zip(world.countries, alone, strict=True) if stays]
    inside = set(kept)
    rest_rows = np.array([iso3 not in inside for iso3 in population.words("iso3")])
    left, right = np.flatnonzero(alone), np.flatnonzero(~alone)
    weight = world.researchers_thousand[right] / world.researchers_thousand[right].sum()

    def joined(name: str, value: float) -> NDArray[Any]:
        column = getattr(world, name)
        return np.append(column[left], np.array([value]).astype(column.dtype))

    def merged(name: str) -> NDArray[Any]:
        full = getattr(world, name)
        values = full.astype(np.float64)
        corner = values[np.ix_(left, left)]
        if name in _ADDED:
            row, column = values[np.ix_(right, left)].sum(axis=0), values[np.ix_(left, right)].sum(axis=1)
            own = 0.0
        else:
            row, column = (
                _weighted(weight, values[np.ix_(right, left)]),
                _weighted(weight, values[np.ix_(left, right)].T),
            )
            within = float(_weighted(weight, _weighted(weight, values[np.ix_(right, right)])))
            own = within if name == "distance_km" else float(_OWN.get(name, 0.0))
        out = np.vstack([np.column_stack([corner, column]), np.append(row, own)])
        if full.dtype == np.bool_:
            return out >= 0.5
        return np.rint(out).astype(full.dtype) if full.dtype == np.int16 else out

    organisations = _counts(population, "organisations", ORGANISATION_TYPES)[rest_rows].sum(axis=0)
    rest_counts = everyone[rest_rows].sum(axis=0)
    participations = np.vstack([world.participations[left], rest_counts]).astype(np.int32)
    by_sector = _counts(population, "participations", SECTORS)
    rows = {iso3: row for row, iso3 in enumerate(population.words("iso3"))}
    mix = np.vstack([by_sector[[rows[code] for code in kept]], by_sector[rest_rows].sum(axis=0)])
    total = participations.sum(axis=1)
    share = total / total.sum()
    in_rest = world.participations[right].sum(axis=1)
    standing = float(_weighted(in_rest, world.programme_standing[right]) / in_rest.sum())
    averages: dict[str, Any] = {
        name: joined(name, float(_weighted(weight, getattr(world, name)[right]))) for name in _COUNTRY_VALUES
    }
    # Sizes add up; rates are averaged, research spending by what it is a share of.
    averages["researchers_thousand"][-1] = world.researchers_thousand[right].sum()
    averages["gdp_busd"][-1] = world.gdp_busd[right].sum()
    gdp = world.gdp_busd[right]
    averages["gerd_share_of_gdp"][-1] = float(_weighted(gdp, world.gerd_share_of_gdp[right]) / gdp.sum())
    matrices: dict[str, Any] = {name: merged(name) for name in _PAIR_KINDS}
    bought = world.purchases[:, right][:, :, left].sum(axis=2) * world.demand_share[:, right]
    wanted = world.demand_share[:, right].sum(axis=1)
    inputs: dict[str, Any] = {
        name: np.column_stack([getattr(world, name)[:, left], getattr(world, name)[:, right].sum(axis=1)])
        for name in _INPUT_VALUES
    }
    inputs["foreign_input_share"][:, -1] = bought.sum(axis=1) / wanted
    scale = float(everyone.sum()) / float(world.participations.sum())
    return frozen(
        replace(
            world,
            name="europe",
            countries=(*kept, REST[0]),
            country_names=(*(world.country_names[index] for index in left), REST[2]),
            cordis_codes=(*(world.cordis_codes[index] for index in left), REST[1]),
            participation_share=share,
            peripheral=joined("peripheral", float(_weighted(weight, world.peripheral[right]) >= 0.5)),
            low_income=joined("low_income", float(_weighted(weight, world.low_income[right]) >= 0.5)),
            bloc=joined("bloc", len(world.bloc_names)),
            bloc_names=(*world.bloc_names, REST[2]),
            programme_standing=joined("programme_standing", standing),
            may_be_target=(share >= TARGET_MINIMUM_SHARE) & (np.arange(len(share)) < len(kept)),
            organisations=np.vstack([world.organisations[left], organisations]).astype(np.int32),
            participations=participations,
            country_sector_share=_sector_mix(mix, by_sector.sum(axis=0)),
            appropriation_eur_per_month=world.appropriation_eur_per_month * scale,
            imputed={
                column: (*(code for code in countries if code in inside), REST[0])
                if any(code not in inside for code in countries)
                else countries
                for column, countries in world.imputed.items()
            },
            **averages,
            **inputs,
            **matrices,
        )
    )
