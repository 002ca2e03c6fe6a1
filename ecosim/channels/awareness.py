"""Who is known to whom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.config.channels import AwarenessConfig
from ecosim.numerics import exp_each, power_each
from ecosim.world.facts import SECTORS, World


def base(world: World, parameters: AwarenessConfig) -> NDArray[np.float64]:
    """Relative awareness at rest, (C, C, S); own country 1, the best-known foreign pair 1.

    ``gravity * ratio ** observed_weight``, with gravity from distance, language and colonial tie, and ratio the
    observed co-publications over those expected from gravity and the two countries' sizes.

    Notes
    -----
    Free of size: both countries' output is taken out of the ratio, so a search that weighs candidates by
    ``mass * awareness`` returns the published elasticities in a Poisson gravity fit with country effects (exactly at
    ``observed_weight = 0``, closely otherwise). Missions do not enter: what they do at rest is in the observed ratio
    already. There is no data on awareness by sector, so every sector starts alike.

    References
    ----------
    Elasticities: computed from OpenAlex co-publications of 2019, 80 countries. Ties of European programmes decay at a
    third of the rate, which the power of awareness in funded search stands for.
    """
    gravity = gravity_of(world, parameters)
    ratio, _ = observed_and_expected(world, gravity, parameters)
    known = gravity * power_each(_free_of_size(ratio, gravity), parameters.observed_weight)
    foreign = ~np.eye(world.n_countries, dtype=np.bool_)
    if foreign.any():
        known /= known[foreign].max()
    np.fill_diagonal(known, 1.0)
    return np.repeat(known[:, :, None], len(SECTORS), axis=2)


def gravity_of(world: World, parameters: AwarenessConfig) -> NDArray[np.float64]:
    """How near two countries are by distance, language and colonial tie, (C, C)."""
    distance_km = np.maximum(world.distance_km, 1.0)
    effects = parameters.language_effect * world.common_language + parameters.colony_effect * world.colonial_tie
    return power_each(distance_km, parameters.distance_elasticity) * exp_each(effects)


def observed_and_expected(
    world: World, gravity: NDArray[np.float64], parameters: AwarenessConfig
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Observed over expected co-publications, and those expected, (C, C) each; nothing expected on the diagonal.

    Expected works are ``a_i a_j gravity_ij`` with effects ``a`` such that every country's total is the observed one:
    the first-order conditions of a Poisson fit with country effects. The ratio is shrunk towards 1 where few works are
    expected, and is 1 for pairs that are hidden.
    """
    observed = 0.5 * (world.copublications + world.copublications.T).astype(np.float64)
    np.fill_diagonal(observed, 0.0)
    foreign = gravity.copy()
    np.fill_diagonal(foreign, 0.0)
    effect = country_effects(foreign, observed.sum(axis=1))
    expected = foreign * effect[:, None] * effect[None, :]
    prior = parameters.observed_prior_works
    ratio = (observed + prior) / (expected + prior)
    if world.hidden_pairs.size:
        ratio[world.hidden_pairs] = 1.0
    return ratio, expected


def _free_of_size(ratio: NDArray[np.float64], gravity: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ratio scaled, country by country, so that all countries together know a country as well as gravity says.

    What is left cannot depend on size.
    """
    foreign = gravity.copy()
    np.fill_diagonal(foreign, 0.0)
    effect = country_effects(foreign * ratio, foreign.sum(axis=1))
    return ratio * effect[:, None] * effect[None, :]


def country_effects(matrix: NDArray[np.float64], total: NDArray[np.float64]) -> NDArray[np.float64]:
    """Effects ``a`` with ``a_i * sum_j matrix_ij a_j = total_i`` for a symmetric matrix (Sinkhorn and Knopp 1967)."""
    pulled = matrix.sum(axis=1)
    effect = np.sqrt(np.divide(total, pulled, out=np.ones_like(total), where=pulled > 0.0))
    for _ in range(1000):
        # Sums, not a matrix product: linear algebra libraries add in an order that depends on their threads.
        reached = effect * (matrix * effect[None, :]).sum(axis=1)
        # The square root damps, because the same effects stand on both sides.
        step = np.sqrt(np.divide(total, reached, out=np.ones_like(total), where=reached > 0.0))
        effect *= step
        if np.abs(step - 1.0).max() < 1e-12:
            break
    return effect
