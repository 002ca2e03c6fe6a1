"""Small worlds for tests, built by hand: the numbers are plausible, not facts."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from ecosim.world.facts import CONSORTIUM_SHAPE, INPUTS, SECTORS, World

#: Three blocs; Switzerland stands for a partner by treaty, the United States for a country funded in part.
COUNTRIES = ("DEU", "FRA", "POL", "CHE", "USA", "CHN")
_CORDIS = ("DE", "FR", "PL", "CH", "US", "CN")
_NAMES = ("Germany", "France", "Poland", "Switzerland", "United States", "China")


def small_world(**changes: Any) -> World:
    """Six countries in three blocs; keyword arguments replace fields."""
    n, s, t = 6, len(SECTORS), 5
    rng = np.random.default_rng(20140101)
    latitude = np.radians([51.0, 47.0, 52.0, 47.0, 39.0, 35.0])
    longitude = np.radians([10.0, 2.5, 20.0, 8.0, -98.0, 105.0])
    bloc = np.array([0, 0, 0, 0, 1, 2], dtype=np.int8)
    europe = bloc == 0
    common_rules = europe[:, None] & europe[None, :]
    visa = np.zeros((n, n))
    visa[5, :] = 1.0
    visa[:, 5] = 1.0
    visa[4, :4] = visa[:4, 4] = 0.5
    np.fill_diagonal(visa, 0.0)
    ideal = np.array([1.0, 1.2, 1.0, 1.1, 2.5, -1.0])
    sanctions = np.zeros((n, n))
    sanctions[4, 5] = 0.5
    language = np.eye(n, dtype=np.bool_)
    language[0, 3] = language[3, 0] = language[1, 3] = language[3, 1] = True
    contiguous = np.zeros((n, n), dtype=np.bool_)
    for i, j in ((0, 1), (0, 2), (0, 3), (1, 3)):
        contiguous[i, j] = contiguous[j, i] = True
    researchers = np.array([430.0, 310.0, 120.0, 48.0, 1500.0, 2200.0])
    distance = great_circle_km(latitude, longitude)
    works = np.sqrt(researchers[:, None] * researchers[None, :]) * 20.0 / np.maximum(distance, 1.0) ** 0.3
    works *= np.exp(0.4 * symmetric_normal(rng, n))
    np.fill_diagonal(works, 0.0)
    # as many draws as there are pairs of countries, so that what is drawn below is another matter
    supplier = rng.gamma(2.0, size=(n, n))[: len(INPUTS)]
    supplier /= supplier.sum(axis=1, keepdims=True)
    adequacy = common_rules.astype(np.float64)
    adequacy[:4, 4] = adequacy[4, :4] = 0.5
    np.fill_diagonal(adequacy, 1.0)
    regimes = (bloc[:, None] != 2) & (bloc[None, :] != 2) | np.eye(n, dtype=np.bool_)
    country_sector = rng.dirichlet(np.full(s, 4.0), size=n)
    organisations = np.array(
        [[90, 80, 700, 60, 60], [80, 60, 500, 50, 50], [50, 40, 90, 20, 20], [20, 12, 60, 8, 8], [60, 20, 30, 5, 9],
         [25, 15, 10, 3, 2]], dtype=np.int32,
    )  # fmt: skip
    participations = organisations * np.array([6, 5, 2, 2, 2], dtype=np.int32)
    embassies = (1 - np.eye(n)).astype(np.int16)
    consulates = np.zeros((n, n), dtype=np.int16)
    consulates[0, 4], consulates[0, 5], consulates[4, 0], consulates[1, 4] = 8, 4, 5, 9
    shapes = np.zeros(4, dtype=CONSORTIUM_SHAPE)
    shapes["sector"] = [0, 2, 7, 8]
    shapes["size"] = [5, 12, 8, 4]
    shapes["countries"] = [3, 5, 4, 3]
    shapes["duration_months"] = [48, 36, 36, 24]
    shapes["grant_eur"] = [4_000_000, 6_000_000, 3_000_000, 2_000_000]
    shapes["core_chance"], shapes["sibling_chance"], shapes["core_members"] = 0.2, 0.1, 3
    facts: dict[str, Any] = {
        "name": "small",
        "countries": COUNTRIES,
        "country_names": _NAMES,
        "cordis_codes": _CORDIS,
        "participation_share": participations.sum(axis=1) / participations.sum(),
        "researchers_thousand": researchers,
        "gdp_busd": np.array([4100.0, 2800.0, 680.0, 800.0, 25_000.0, 18_000.0]),
        "gerd_share_of_gdp": np.array([3.1, 2.2, 1.4, 3.3, 3.5, 2.4]) / 100.0,
        "governance": np.array([0.85, 0.75, 0.62, 0.92, 0.75, 0.4]),
        "peripheral": np.array([False, False, True, False, False, False]),
        "low_income": np.array([False, False, False, False, False, True]),
        "bloc": bloc,
        "programme_standing": np.array([1.0, 1.0, 1.0, 1.0, 0.2, 0.0]),
        "may_be_target": np.array([True, True, True, True, False, False]),
        "distance_km": distance,
        "common_language": language,
        "contiguous": contiguous,
        "colonial_tie": np.zeros((n, n), dtype=np.bool_),
        "common_rules": common_rules,
        "ideal_point_distance": np.abs(ideal[:, None] - ideal[None, :]),
        "sanctions": sanctions,
        "sanctions_window_end": sanctions,
        "visa_need": visa,
        "embassies": embassies,
        "consulates": consulates,
        "copublications": works,
        "data_adequacy": adequacy,
        "export_control_alignment": regimes.astype(np.float64),
        "supplier_share": supplier,
        "foreign_input_share": np.outer([1.0, 1.0, 0.8, 0.8, 0.5], [0.5, 0.45, 0.7, 0.7, 0.25, 0.3]),
        "demand_share": np.tile(researchers / researchers.sum(), (len(INPUTS), 1)),
        "organisations": organisations,
        "participations": participations,
        "relative_tail": np.ones(t),
        "next_sector_share": np.full(t, 0.5),
        "most_participations": np.full(t, 346, dtype=np.int32),
        "pool_per_funded": np.full(t, 2.5),
        "sector_type_share": np.tile([0.25, 0.23, 0.36, 0.08, 0.08], (s, 1)),
        "country_sector_share": country_sector,
        "coordinator_type_share": np.array([0.303, 0.308, 0.268, 0.056, 0.065]),
        "sector_money_share": np.full(s, 1.0 / s),
        "input_intensity": np.outer([0.5, 0.4, 0.8, 0.8, 0.3, 0.0, 0.4, 0.6, 0.3, 0.6], [0.8, 0.9, 1.0, 0.3, 0.6]),
        "input_criticality": np.array([0.6, 0.4, 0.7, 0.6, 0.3, 0.0, 0.5, 0.6, 0.4, 0.5]),
        "data_intensity": np.array([0.8, 0.3, 0.3, 0.4, 0.6, 0.5, 0.6, 0.6, 0.4, 0.5]),
        "technology_sensitivity": np.array([0.2, 0.0, 0.2, 0.2, 0.0, 0.0, 0.6, 0.5, 0.3, 0.3]),
        "regulation_weight": np.full((s, 4), 0.25),
        "consortium_shapes": shapes,
        "start_month_share": np.full(12, 1.0 / 12.0),
        "appropriation_eur_per_month": 5e8,
        "bloc_names": ("europe", "america", "asia"),
        "imputed": {},
    }
    assert facts["organisations"].shape == (n, t)
    for value in facts.values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return dataclasses.replace(World(**facts), **changes)


def gravity_world(n: int, noise: float, seed: int = 7) -> World:
    """A world of n made-up countries whose co-publications follow the published gravity of 2019, with noise.

    Country facts other than geography and co-publication are those of :func:`small_world`, repeated.
    """
    rng = np.random.default_rng(seed)
    latitude = np.arcsin(rng.uniform(-0.6, 0.9, n))
    longitude = rng.uniform(-np.pi, np.pi, n)
    distance = np.maximum(great_circle_km(latitude, longitude), 100.0)
    tongue = rng.integers(0, 6, n)
    language = tongue[:, None] == tongue[None, :]
    colony = np.triu(rng.random((n, n)) < 0.08, 1)
    colony = colony | colony.T
    size = np.exp(rng.normal(0.0, 1.5, n))
    works = size[:, None] * size[None, :] * 3e4 * distance**-0.46 * np.exp(0.33 * language + 0.27 * colony)
    works *= np.exp(noise * symmetric_normal(rng, n))
    np.fill_diagonal(works, 0.0)
    small = small_world()
    chosen = np.arange(n) % small.n_countries
    values: dict[str, Any] = {}
    for field in dataclasses.fields(small):
        value = getattr(small, field.name)
        if field.name in BY_INPUT:
            values[field.name] = value[:, chosen]
        elif isinstance(value, np.ndarray) and field.name not in NOT_BY_COUNTRY:
            by_pair = value.ndim == 2 and value.shape == (small.n_countries, small.n_countries)
            values[field.name] = value[np.ix_(chosen, chosen)] if by_pair else value[chosen]
    codes = tuple(f"X{i:02d}" for i in range(n))
    values |= {"countries": codes, "country_names": codes, "cordis_codes": codes, "copublications": works}
    values |= {"distance_km": distance, "common_language": language, "colonial_tie": colony}
    return dataclasses.replace(small, **values)


#: Arrays of a World whose axes are the kind of input and the country.
BY_INPUT = ("foreign_input_share", "supplier_share", "demand_share")

#: Arrays of a World without an axis of countries.
NOT_BY_COUNTRY = frozenset(
    {
        "sector_type_share", "coordinator_type_share", "sector_money_share", "input_intensity", "input_criticality",
        "data_intensity", "technology_sensitivity", "regulation_weight", "consortium_shapes", "start_month_share",
        "pool_per_funded", "most_participations", "relative_tail", "next_sector_share",
        # of no pair anything is hidden
        "hidden_pairs",
    }
)  # fmt: skip


def great_circle_km(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Distances between points given in radians, (C, C)."""
    cosine = np.sin(latitude[:, None]) * np.sin(latitude) + np.cos(latitude[:, None]) * np.cos(latitude) * np.cos(
        longitude[:, None] - longitude
    )
    distance = 6371.0 * np.arccos(np.clip(cosine, -1.0, 1.0))
    np.fill_diagonal(distance, 0.0)
    return distance


def symmetric_normal(rng: np.random.Generator, n: int) -> np.ndarray:
    """A symmetric matrix of standard normal numbers."""
    upper = np.triu(rng.normal(size=(n, n)), 1)
    return upper + upper.T
