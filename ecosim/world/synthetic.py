"""Worlds of any number of made-up countries, for scaling and for limits with a known answer.

Positions, sizes and blocs follow fixed formulas: no random numbers, so the same number of countries is always the
same world. Sectors and consortium shapes are the observed ones. Every constant here is assumed.
"""

from __future__ import annotations

from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecosim.world.facts import INPUTS, ORGANISATION_TYPES, SECTORS, World
from ecosim.world.presets import TARGET_MINIMUM_SHARE, frozen, sector_facts
from ecosim.world.tables import DATA_FOLDER, read_tables

EARTH_RADIUS_KM = 6371.0
GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
#: Exponent of country size over rank (participations of Horizon 2020 countries fall about as rank^-0.9 to rank 30).
SIZE_EXPONENT = 0.9
#: Sizes of the whole, of the order of the real ones.
RESEARCHERS_THOUSAND = 8000.0
GDP_BUSD = 90_000.0
COPUBLICATIONS = 600_000.0
#: Foreign share of each kind of input in a small country, of the order of the real medians.
FOREIGN_SHARE = (0.65, 0.65, 0.45, 0.45, 0.25)


def sphere(n: int) -> NDArray[np.float64]:
    """``n`` points spread evenly over the unit sphere (Fibonacci lattice), shape (n, 3)."""
    from ecosim.numerics import cos_turns_each

    index = np.arange(n) + 0.5
    height = 1.0 - 2.0 * index / n
    turn = GOLDEN * index % 1.0
    ring = np.sqrt(1.0 - height * height)
    return np.column_stack([ring * cos_turns_each(turn), ring * cos_turns_each(turn - 0.25), height])


def _cosines_between(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inner products of every row with every row; not ``@``, which adds in an order that depends on the processor."""
    return (a[:, None, :] * b[None, :, :]).sum(axis=2)


def spread(n: int) -> NDArray[np.intp]:
    """Permute 0..n-1 so that the order puts neighbours far apart: multiples of a step near the golden section."""
    step = max(1, round(GOLDEN * n))
    while gcd(step, n) != 1:
        step += 1
    return (np.arange(n) * step) % n


def synthetic_world(n: int, folder: Path = DATA_FOLDER) -> World:
    """Make a world of ``n`` countries in up to six blocs; the first country is the largest.

    Parameters
    ----------
    n : int
        Number of countries, 1 to 200.
    folder : Path
        Folder of the shipped tables (sectors, consortia, programme).
    """
    # here, for the facts of the real world are read without compiled code
    from ecosim.numerics import arccos_each, cos_turns_each, power_each

    tables = read_tables(folder)
    facts = sector_facts(tables)
    place = spread(n)
    points = sphere(n)[place]
    distance = EARTH_RADIUS_KM * arccos_each(np.clip(_cosines_between(points, points), -1.0, 1.0))
    # Mean distance within a disc is 0.67 of its radius (land: 29 % of the sphere, shared equally).
    np.fill_diagonal(distance, 0.67 * 2.0 * EARTH_RADIUS_KM * np.sqrt(0.29 / n))

    n_blocs = int(np.clip(round(np.sqrt(n)), 1, 6))
    bloc = np.argmax(_cosines_between(points, sphere(n_blocs)), axis=1).astype(np.int8)
    same = bloc[:, None] == bloc[None, :]
    ideal = 1.2 * cos_turns_each(bloc / n_blocs) + 0.3 * ((np.arange(n) * GOLDEN) % 1.0 - 0.5)
    apart = np.abs(ideal[:, None] - ideal[None, :])
    # Blocs 0 and 1 run the programme together; the others are third countries.
    insider = bloc <= min(1, n_blocs - 1)
    both = insider[:, None] & insider[None, :]

    share = power_each(np.arange(n) + 1.0, -SIZE_EXPONENT)
    share /= share.sum()
    level = (np.arange(n) * GOLDEN + 0.5) % 1.0
    per_type = tables["population"]
    totals = {
        prefix: np.array([per_type.numbers(f"{prefix}_{kind}", int, 0).sum() for kind in ORGANISATION_TYPES])
        for prefix in ("organisations", "participations")
    }
    counts = {
        prefix: np.maximum(1, np.rint(share[:, None] * total[None, :])).astype(np.int32)
        for prefix, total in totals.items()
    }
    mix = np.array([per_type.numbers(f"participations_{sector}", int, 0).sum() for sector in SECTORS], dtype=float)

    pull = share[:, None] * share[None, :] / np.sqrt(np.maximum(distance, 1.0))
    np.fill_diagonal(pull, 0.0)
    copublications = COPUBLICATIONS * pull / pull.sum() if n > 1 else pull
    nearest = np.sort(distance + np.diag(np.full(n, np.inf)), axis=1)[:, : min(3, n)]
    close = distance <= nearest[:, -1:] if n > 1 else np.zeros((1, 1), dtype=bool)
    contiguous = (close & close.T) & ~np.eye(n, dtype=bool)
    visa = np.where(same | both | (apart < 0.8), 0.0, np.where(apart < 1.5, 0.5, 1.0))
    np.fill_diagonal(visa, 0.0)
    embassies = (~np.eye(n, dtype=bool)).astype(np.int16)
    consulates = np.rint(4.0 * np.sqrt(np.outer(share, share)) / share.max()).astype(np.int16)
    np.fill_diagonal(consulates, 0)
    aligned = np.where(same, 1.0, np.where(both, 0.75, 0.25))
    adequacy = np.where(same, 1.0, np.where(both, 1.0, np.where(apart < 0.8, 0.5, 0.0)))
    participation = counts["participations"].sum(axis=1)
    participation_share = participation / participation.sum()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return frozen(
        World(
            name="synthetic",
            # X.. is reserved by ISO 3166 for private use.
            countries=tuple(f"X{letters[i // 26]}{letters[i % 26]}" for i in range(n)),
            country_names=tuple(f"Country {i + 1}" for i in range(n)),
            cordis_codes=tuple(f"{letters[i // 10]}{i % 10}" for i in range(n)),
            participation_share=participation_share,
            researchers_thousand=np.asarray(RESEARCHERS_THOUSAND * share, dtype=np.float64),
            gdp_busd=np.asarray(GDP_BUSD * share, dtype=np.float64),
            gerd_share_of_gdp=0.005 + 0.03 * level,
            governance=0.3 + 0.55 * level,
            peripheral=level < 1.0 / 3.0,
            low_income=level < 1.0 / 6.0,
            bloc=bloc,
            programme_standing=np.where(insider, 1.0, 0.5),
            may_be_target=participation_share >= TARGET_MINIMUM_SHARE,
            distance_km=(distance + distance.T) / 2.0,
            common_language=same & (np.arange(n)[:, None] % 3 == np.arange(n)[None, :] % 3),
            contiguous=contiguous,
            colonial_tie=np.zeros((n, n), dtype=bool),
            common_rules=same | np.eye(n, dtype=bool),
            ideal_point_distance=apart,
            sanctions=np.zeros((n, n)),
            sanctions_window_end=np.zeros((n, n)),
            visa_need=visa,
            embassies=embassies,
            consulates=consulates,
            copublications=(copublications + copublications.T) / 2.0,
            data_adequacy=adequacy,
            export_control_alignment=aligned,
            foreign_input_share=np.array(FOREIGN_SHARE)[:, None] * (1.0 - 0.5 * share / share.max()),
            supplier_share=np.tile(share, (len(INPUTS), 1)),
            demand_share=np.tile(share, (len(INPUTS), 1)),
            organisations=counts["organisations"],
            participations=counts["participations"],
            country_sector_share=np.tile(mix / mix.sum(), (n, 1)),
            bloc_names=tuple(f"Bloc {index + 1}" for index in range(n_blocs)),
            imputed={},
            **facts,
        )
    )
