"""What smaller errors are worth, who uses the models, and what depending on a foreign provider risks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim import numerics
from ecosim.config.health import HealthConfig
from ecosim.health.errors import Groups
from ecosim.world.health import HealthFacts


def workforce(gdp_per_head_usd: NDArray[np.float64], config: HealthConfig) -> NDArray[np.float64]:
    """(C,): logarithm of health workers for each 10,000 people, from income."""
    return config.workforce_level + config.workforce_slope * numerics.log_each(gdp_per_head_usd)


def compute(facts: HealthFacts) -> NDArray[np.float64]:
    """(C,): logarithm of one plus supercomputers for each ten million people."""
    return numerics.log_each(1.0 + facts.supercomputers / (facts.population_million / 10.0))


def adoption(
    trust: NDArray[np.float64], staff: NDArray[np.float64], computing: NDArray[np.float64],
    means: tuple[float, float, float], config: HealthConfig,
) -> NDArray[np.float64]:  # fmt: skip
    """(C,): share of decisions in which a model is asked, logistic in trust, workforce and computing.

    Parameters
    ----------
    trust : ndarray, shape (C,)
        Share of people who trust, 0 to 1.
    staff, computing : ndarray, shape (C,)
        :func:`workforce` and :func:`compute`, with what policy adds.
    means : (float, float, float)
        Of the three at rest: a country that has these adopts as on average (``adoption_at_mean``).
    """
    odds = (
        float(numerics.log(config.adoption_at_mean / (1.0 - config.adoption_at_mean)))
        + config.adoption_by_trust * (trust - means[0])
        + config.adoption_by_workforce * (staff - means[1])
        + config.adoption_by_compute * (computing - means[2])
    )
    return 1.0 / (1.0 + numerics.exp_each(-odds))


def trusting(trust: NDArray[np.float64], won: NDArray[np.float64], lost: NDArray[np.float64]) -> NDArray[np.float64]:
    """(C,): share of people who trust, once some of the others are won and misinformation and breaches took theirs."""
    return np.maximum(trust + won * (1.0 - trust) - lost, 0.0)


def benefit(
    groups: Groups, errors: NDArray[np.float64], adopted: NDArray[np.float64], config: HealthConfig
) -> NDArray[np.float64]:
    """(G,): decisions put right a year: burden times error avoided times adoption.

    Below 0 where the model errs more than care without one: this harm is shown, not cut off.
    """
    burden = groups.people * 1e3 * config.decisions_per_thousand
    return burden * (config.unaided_error - errors) * adopted[groups.country]


def dependence(bought: NDArray[np.float64]) -> NDArray[np.float64]:
    """(C,): share of a service that each country has from the foreign country that gives it most.

    Parameters
    ----------
    bought : ndarray, shape (C, C)
        Share of what the first country uses that comes from the second; rows sum to 1. For cloud and compute see
        ``World.purchases``.
    """
    foreign = np.where(np.eye(len(bought), dtype=bool), 0.0, bought)
    return foreign.max(axis=1)


def cut_off_loss(
    monthly: NDArray[np.float64], share: NDArray[np.float64], kept: NDArray[np.float64], config: HealthConfig
) -> NDArray[np.float64]:
    """(C,): benefit lost when a provider cuts a country off, until another one works (``switch_months``).

    Parameters
    ----------
    monthly : ndarray, shape (C,)
        Benefit a month while all works.
    share : ndarray, shape (C,)
        Share of the service that comes from the provider.
    kept : ndarray, shape (C,)
        Share of that which can be done without the provider at once (:func:`kept_without`).
    """
    return monthly * share * (1.0 - kept) * config.switch_months


def next_capability(
    capability: NDArray[np.float64], adopted: NDArray[np.float64], foreign: NDArray[np.float64], config: HealthConfig
) -> NDArray[np.float64]:
    """(C,): local capability a month later, 0 to 1; it grows by use on one's own machines and people alone.

    Parameters
    ----------
    capability : ndarray, shape (C,)
        Of this month.
    adopted : ndarray, shape (C,)
        Share of decisions in which a model is asked.
    foreign : ndarray, shape (C,)
        Share of these that run on a foreign service: learning by doing happens there.
    """
    own_use = adopted * (1.0 - foreign)
    gained = config.capability_gain * own_use * (1.0 - capability)
    return capability + gained - config.capability_fading * capability


def kept_without(capability: NDArray[np.float64], config: HealthConfig) -> NDArray[np.float64]:
    """(C,): share of a foreign service that can be done without at once: by what is at hand, and by local capability.

    ``fallback`` is at hand everywhere; local capability takes on its share of the rest.
    """
    return config.fallback + (1.0 - config.fallback) * capability
