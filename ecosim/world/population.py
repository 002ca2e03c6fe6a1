"""Who there is to work with: organisations made from counts by country and type, and the order in which they arrive.

The whole population of a run, later entrants included, is drawn before its first month from the seed alone, so every
policy and every arm meets the same organisations.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.kernels import kernel, kernel_making_arrays
from ecosim.numerics import exp_each, log, log_each, power, power_each
from ecosim.tables import BORN, MEMORY, N_TYPES, ORGANISATION, PRC
from ecosim.world.facts import World


class SearchIndex(NamedTuple):
    """Organisations by country, sector and type: one entry for each sector an organisation knows.

    Entries of (c, s, t) stand from ``offset[(c * S + s) * T + t]`` to the next offset.
    """

    organisation: NDArray[np.int32]
    sector: NDArray[np.int8]
    #: Share of the organisation's knowledge, and that times its size.
    share: NDArray[np.float64]
    weight: NDArray[np.float64]
    #: Content key of the organisation, and month in which it arrives: copies that lie side by side.
    key: NDArray[np.uint32]
    arrival_month: NDArray[np.int32]
    offset: NDArray[np.int64]


class Known(NamedTuple):
    """The part of the search index that has arrived by a month, ready to be drawn.

    It follows the arrival schedule alone: an organisation that a shock or the placebo removes keeps its place and is
    passed over when drawn, so nobody else's draws move.
    """

    organisation: NDArray[np.int32]
    #: Knowledge shares, and these times size, summed from the first of its country, sector and type.
    shares: NDArray[np.float64]
    weights: NDArray[np.float64]
    offset: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Population:
    """The organisations of one replicate: what is fixed at their birth, with their search index."""

    #: Rows of dtype ``BORN``, shape (N,).
    organisations: NDArray[np.void]
    #: Cents of its own that an organisation begins with, per unit of size.
    reserve_cents_per_size: float
    #: (N, S) share of an organisation's knowledge in each sector; rows sum to 1.
    knowledge: NDArray[np.float32]
    #: (N, S) position on each sector's unit circle of topics.
    topics: NDArray[np.float32]
    index: SearchIndex
    #: (months,) whether anyone arrives in the month.
    arrivals: NDArray[np.bool_]

    def at_the_start(self) -> NDArray[np.void]:
        """The organisations before the first month, rows of dtype ``ORGANISATION``: who is there, and own money."""
        rows = np.zeros(self.n, dtype=ORGANISATION)
        for name in BORN.names or ():
            rows[name] = self.organisations[name]
        rows["present"] = rows["arrival_month"] < 0
        rows["reserves_cents"] = (self.reserve_cents_per_size * rows["size"]).astype(np.int64)
        return rows

    def known_in(self, month: int) -> Known:
        """The entries of organisations that have arrived by a month."""
        return Known(*_arrived(self.index, month))

    @property
    def n(self) -> int:
        """Number of organisations that ever exist in the run."""
        return len(self.organisations)


@kernel
def _organisation_key(country, kind, arrival):
    """Content key: 8 bits of country, 3 of type, 21 of arrival index."""
    return (np.uint64(country) << np.uint64(24)) | (np.uint64(kind) << np.uint64(21)) | np.uint64(arrival)


@kernel_making_arrays
def _arrivals(key, per_month, months):
    """(C, T, months) number of entrants, a Poisson draw per cell and month."""
    n_countries, n_types = per_month.shape
    counts = np.zeros((n_countries, n_types, months), dtype=np.int32)
    for c in range(n_countries):
        for t in range(n_types):
            if per_month[c, t] > 0.0:
                for month in range(months):
                    counts[c, t, month] = rnd.poisson(key, per_month[c, t], c, t, month, rnd.ARRIVAL)
    return counts


class Making(NamedTuple):
    """What organisations are made of; the rest as ``behaviour.population`` of a scenario says it."""

    #: Exponent of the Pareto law of size, the mean type's, and concurrent partnerships per unit of size.
    size_exponent: float
    capacity_per_size: float
    largest_size: float
    largest_entrant: float
    capability_of_size: float
    sme_size: float


@kernel
def _fill(key, at_start, arrivals, sizes, sector_share, next_sector_share, peripheral, making, rows, knowledge, topics):
    """Draw all organisations, in place; returns how many."""
    n_countries, n_types, months = arrivals.shape
    n_sectors = knowledge.shape[1]
    row = 0
    for c in range(n_countries):
        for t in range(n_types):
            index = 0
            smallest = sizes.smallest[c, t]
            exponent = sizes.exponent[t]
            rarest = power(max(sizes.largest[t] / smallest, 1.0), -exponent)
            for month in range(-1, months):
                count = at_start[c, t] if month < 0 else arrivals[c, t, month]
                for _ in range(count):
                    org_key = _organisation_key(c, t, index)
                    index += 1
                    rec = rows[row]
                    rec.key = org_key
                    rec.country = c
                    rec.type = t
                    rec.arrival_month = month
                    rec.peripheral = peripheral[c]
                    u = rnd.uniform(key, org_key, 0, 0, rnd.POPULATION_SIZE, 0)
                    size = power(1.0 - u * (1.0 - rarest), -1.0 / exponent)
                    if month >= 0:
                        size = min(size, making.largest_entrant)
                    size *= smallest
                    rec.size = size
                    rec.sme = t == PRC and size < making.sme_size
                    luck = rnd.normal(key, org_key, 0, 0, rnd.POPULATION_STATE, 0)
                    rec.capability = luck + making.capability_of_size * log(size)
                    rec.capacity = max(1, ceil(making.capacity_per_size * size))
                    rec.standing_draw = rnd.uniform(key, org_key, 0, 0, rnd.EXCLUSION, 0)
                    wanted = min(n_sectors, 1 + floor(log(1.0 + size) / log(2.0)))
                    share = 1.0
                    total = 0.0
                    for k in range(wanted):
                        left = 0.0
                        for s in range(n_sectors):
                            if knowledge[row, s] == 0.0:
                                left += sector_share[c, t, s]
                        if left <= 0.0:
                            break
                        draw, position = rnd.two_uniforms(key, org_key, k, 0, rnd.POPULATION_KNOWLEDGE, 0)
                        draw *= left
                        chosen = -1
                        for s in range(n_sectors):
                            if knowledge[row, s] == 0.0 and sector_share[c, t, s] > 0.0:
                                chosen = s
                                draw -= sector_share[c, t, s]
                                if draw < 0.0:
                                    break
                        knowledge[row, chosen] = share
                        topics[row, chosen] = position
                        total += share
                        share *= next_sector_share[t]
                    for s in range(n_sectors):
                        knowledge[row, s] /= total
                    row += 1
    return row


@kernel_making_arrays
def _arrived(index, month):
    kept = np.empty(len(index.organisation), dtype=np.int32)
    shares = np.empty(len(kept))
    weights = np.empty(len(kept))
    starts = np.zeros(len(index.offset), dtype=np.int64)
    n = 0
    for b in range(len(index.offset) - 1):
        share = 0.0
        weight = 0.0
        for e in range(index.offset[b], index.offset[b + 1]):
            if index.arrival_month[e] <= month:
                share += index.share[e]
                weight += index.weight[e]
                kept[n] = index.organisation[e]
                shares[n] = share
                weights[n] = weight
                n += 1
        starts[b + 1] = n
    return kept[:n].copy(), shares[:n].copy(), weights[:n].copy(), starts


@kernel_making_arrays
def _index(rows, knowledge, organisation, sector, share, weight, offset):
    n_sectors = knowledge.shape[1]
    for i in range(len(rows)):
        for s in range(n_sectors):
            if knowledge[i, s] > 0.0:
                offset[(rows[i].country * n_sectors + s) * N_TYPES + rows[i].type + 1] += 1
    for b in range(len(offset) - 1):
        offset[b + 1] += offset[b]
    filled = offset[:-1].copy()
    for i in range(len(rows)):
        for s in range(n_sectors):
            if knowledge[i, s] > 0.0:
                b = (rows[i].country * n_sectors + s) * N_TYPES + rows[i].type
                at = filled[b]
                organisation[at] = i
                sector[at] = s
                share[at] = knowledge[i, s]
                weight[at] = rows[i].size * knowledge[i, s]
                filled[b] += 1


#: Mean size of all organisations, whatever the law: the unit of size, so that 1 is a small one.
MEAN_SIZE = 6.0
#: Where the search for the smallest size begins.
_SMALLEST = 1e-6


class Sizes(NamedTuple):
    """Pareto law of size: (C, T) smallest, (T,) largest, (T,) exponent."""

    smallest: NDArray[np.float64]
    largest: NDArray[np.float64]
    exponent: NDArray[np.float64]


def _mean_size(smallest: NDArray[np.float64], largest: float, exponent: float) -> NDArray[np.float64]:
    """Mean of a Pareto law between two ends."""
    over = largest / smallest
    with np.errstate(divide="ignore", invalid="ignore"):
        if abs(exponent - 1.0) < 1e-9:
            mean = smallest * log_each(over) / (1.0 - 1.0 / over)
        else:
            mean = smallest * exponent / (exponent - 1.0)
            mean *= (1.0 - power_each(over, 1.0 - exponent)) / (1.0 - power_each(over, -exponent))
    return np.where(over > 1.0, mean, largest)


def sizes_of(world: World, exponent: float, power_of_participations: float, largest_size: float) -> Sizes:
    """The law of size, so that means stand in the ratio of participations and tails reach as far and are as thick.

    Notes
    -----
    Participations are counted per organisation that could take part, since the law is of all of them. The mean of a
    country and type is their mean number of participations to a power; a type's largest organisation is as many times
    the mean of its type as the one with most participations has of its mean, times ``largest_size``. The mean of a law
    between ``s`` and ``L`` grows with ``s``; ``s`` is read off that curve. The exponent of each type stands to
    ``exponent`` as its tail of participations to that of all: firms differ less among themselves than universities.
    """
    pool = world.pool
    overall = world.participations.sum() / max(pool.sum(), 1.0)
    by_type = world.participations.sum(axis=0) / np.maximum(pool.sum(axis=0), 1.0)
    by_type = np.where(by_type > 0.0, by_type, overall)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(pool > 0.0, world.participations / pool / overall, 1.0)
    ratio = power_each(np.clip(ratio, 0.2, 5.0), power_of_participations)
    mean_of_type = MEAN_SIZE * power_each(by_type / overall, power_of_participations)
    largest = largest_size * mean_of_type * np.maximum(world.most_participations / by_type, 1.0)
    steps = np.arange(4000) / 3999.0
    exponents = exponent * world.relative_tail
    smallest = np.empty_like(ratio)
    for t, most in enumerate(largest):
        candidates = _SMALLEST * exp_each(log(float(most) / _SMALLEST) * steps)
        candidates[-1] = most
        smallest[:, t] = np.interp(
            ratio[:, t] * MEAN_SIZE, _mean_size(candidates, float(most), exponents[t]), candidates
        )
    return Sizes(smallest, largest, exponents)


def build_population(
    world: World, key: np.uint64, *, scale: float, pool_factor: float, entrants_per_year: float, months: int,
    months_before: int, reserve_eur_per_size: float, size_of_participations: float, making: Making,
    at_least: NDArray[np.int64] | None = None,
) -> Population:  # fmt: skip
    """Draw the organisations of one replicate.

    Parameters
    ----------
    world : World
        Counts of funded organisations and participations by country and type.
    key : uint64
        Replicate key.
    scale, pool_factor, entrants_per_year
        See :class:`ecosim.scenario.WorldConfig`.
    months : int
        Length of the run: entrants arrive until then.
    months_before : int
        Months of burn-in: the pool has its size at their end.
    reserve_eur_per_size : float
        Opening reserves per unit of size (EUR).
    size_of_participations : float
        Power of participations per organisation in the mean size of a country and type.
    making : Making
        What organisations are made of.
    at_least : ndarray of int, shape (C, T), optional
        Organisations needed at the start, whatever the scale: real ones that a run begins with.

    Returns
    -------
    Population
    """
    expected = world.at_start(scale * pool_factor, entrants_per_year, months_before)
    # Rounded to the nearest whole organisation; a country that takes part keeps at least one of its commonest type.
    at_start = np.floor(expected + 0.5).astype(np.int64)
    for c in range(world.n_countries):
        if at_start[c].sum() == 0:
            at_start[c, int(np.argmax(expected[c]))] = 1
    if at_least is not None:
        at_start = np.maximum(at_start, at_least)
    arrivals = _arrivals(key, expected * (entrants_per_year / 12.0), months)
    sizes = sizes_of(world, making.size_exponent, size_of_participations, making.largest_size)
    overall = world.sector_type_share.mean(axis=0)
    sector_share = world.country_sector_share[:, None, :] * (world.sector_type_share / overall).T[None, :, :]
    n = int(at_start.sum() + arrivals.sum())
    n_sectors = len(world.sector_money_share)
    rows = np.zeros(n, dtype=BORN)
    knowledge = np.zeros((n, n_sectors), dtype=np.float32)
    topics = np.zeros((n, n_sectors), dtype=np.float32)
    made = _fill(
        key, at_start, arrivals, sizes, sector_share, world.next_sector_share, world.peripheral, making, rows,
        knowledge, topics,
    )  # fmt: skip
    assert made == n
    entries = int((knowledge > 0).sum())
    organisation = np.zeros(entries, dtype=np.int32)
    sector = np.zeros(entries, dtype=np.int8)
    share, weight = np.zeros(entries), np.zeros(entries)
    offset = np.zeros(world.n_countries * n_sectors * N_TYPES + 1, dtype=np.int64)
    _index(rows, knowledge, organisation, sector, share, weight, offset)
    return Population(
        rows,
        100.0 * reserve_eur_per_size,
        knowledge,
        topics,
        SearchIndex(
            organisation, sector, share, weight, rows["key"][organisation], rows["arrival_month"][organisation], offset
        ),
        arrivals.any(axis=(0, 1)),
    )


def empty_memory(n: int) -> NDArray[np.int32]:
    """(N, MEMORY) rows of past partnerships per organisation, none yet."""
    return np.full((n, MEMORY), -1, dtype=np.int32)
