"""How often a model errs, by population group: what sharing data gives to whom, and whom it harms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim import numerics
from ecosim.config.health import HealthConfig
from ecosim.world.health import HealthFacts

#: Error of guessing between two answers: no model errs more.
GUESSING = 0.5
#: Errors that differ by less are alike: two ways to add up the same cases round differently.
ALIKE = 1e-9


class Groups(NamedTuple):
    """Population groups: in each country the well recorded and the badly recorded, in this order; G = 2 C."""

    #: (G,) position of the country.
    country: NDArray[np.int64]
    #: (G,) people, million.
    people: NDArray[np.float64]
    #: (G,) cases that can be used.
    cases: NDArray[np.float64]
    #: (G, G) how alike two groups are, 0 to 1; 1 with itself.
    likeness: NDArray[np.float64]


class Spread(NamedTuple):
    """Error of a model in many groups. The three belong together: a gap that closes downwards is no progress."""

    #: Over people.
    mean: float
    #: Of the group with the largest error.
    worst: float
    #: Largest less smallest.
    gap: float


def population_groups(facts: HealthFacts, distance_km: NDArray[np.float64], config: HealthConfig) -> Groups:
    """Two groups in each country, from its people, income, and participants in studies of the genome.

    Parameters
    ----------
    facts : HealthFacts
    distance_km : ndarray, shape (C, C)
        The diagonal counts as 0: people of a country are alike but for the records that hold them.
    config : HealthConfig

    Notes
    -----
    Nobody counts usable cases by country. Participants stand for what research has, people for what is collected
    anyway; both rates are assumed, and so is who is badly recorded.
    """
    n = len(facts.countries)
    badly = np.minimum(config.badly_recorded + config.badly_recorded_by_income * facts.steps_below_high, 0.9)
    share = np.stack([1.0 - badly, badly], axis=1)
    cases = (
        config.cases_per_participant * facts.study_participants + config.cases_per_million * facts.population_million
    )
    held = share * np.array([1.0, config.recorded_less])
    held /= held.sum(axis=1, keepdims=True)
    apart = np.where(np.eye(n, dtype=bool), 0.0, distance_km)
    steps = np.abs(facts.steps_below_high[:, None] - facts.steps_below_high[None, :])
    by_steps = np.cumprod([1.0, *[config.likeness_by_income] * int(steps.max())])
    between = numerics.exp_each(-apart / config.likeness_km) * by_steps[steps]
    other = config.likeness_of_groups
    within = np.array([[1.0, other], [other, 1.0]])
    likeness = (between[:, None, :, None] * within[None, :, None, :]).reshape(2 * n, 2 * n)
    return Groups(
        np.repeat(np.arange(n), 2),
        (share * facts.population_million[:, None]).ravel(),
        (held * cases[:, None]).ravel(),
        likeness,
    )


def own_data(countries: int) -> NDArray[np.float64]:
    """(C, C): share of the second country's cases that the first one's model learns from, where nobody shares."""
    return np.eye(countries)


def bilateral_data(agreed: NDArray[np.bool_], open_to: NDArray[np.float64]) -> NDArray[np.float64]:
    """(C, C): the same where pairs have agreed to share.

    Parameters
    ----------
    agreed : ndarray of bool, shape (C, C)
        Whether the second country shares with the first.
    open_to : ndarray, shape (C, C)
        How open the data channel from the first to the second country is, 0 to 1.
    """
    access = np.where(agreed, open_to.T, 0.0)
    np.fill_diagonal(access, 1.0)
    return access


def pooled_data(members: NDArray[np.bool_], open_to: NDArray[np.float64]) -> NDArray[np.float64]:
    """(C, C): the same where members put their cases into one pool, as far as the data channels between them allow."""
    return bilateral_data(members[:, None] & members[None, :], open_to)


def federated_data(members: NDArray[np.bool_], config: HealthConfig) -> NDArray[np.float64]:
    """(C, C): the same where members learn together and cases stay where they are: no channel for data is needed.

    What it costs is that each case is worth less (``federated_efficiency``), and what it takes to run it
    (:mod:`ecosim.instruments.federated_learning`).
    """
    access = np.where(members[:, None] & members[None, :], config.federated_efficiency, 0.0)
    np.fill_diagonal(access, 1.0)
    return access


def reached(
    shared: NDArray[np.float64], open_to: NDArray[np.float64], in_place: NDArray[np.float64], config: HealthConfig
) -> NDArray[np.float64]:
    """(C, C): share of the second country's cases that the first one's model learns from, by both ways.

    Parameters
    ----------
    shared : ndarray, shape (C, C)
        Share that the second country has agreed to share with the first; it comes as far as the data channel lets it.
    open_to : ndarray, shape (C, C)
        How open the data channel from the second to the first country is, 0 to 1.
    in_place : ndarray, shape (C, C)
        Share that the first may learn from where it lies; worth less, and no channel is needed.

    Notes
    -----
    A case that comes is not learned from a second time where it lies: what is in place adds only what has not come.
    """
    comes = shared * open_to
    access = comes + (1.0 - comes) * in_place * config.federated_efficiency
    np.fill_diagonal(access, 1.0)
    return access


def tested(errors: NDArray[np.float64], own: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """(G,): errors where the model that a group gets has been tested on it, and its country's own serves it if better.

    Parameters
    ----------
    errors, own : ndarray, shape (G,)
        Of the model that learns from all that is reached, and of the one that learns from the country's cases alone.
    share : ndarray, shape (G,)
        How far the group's country tests, 0 to 1.
    """
    return errors - share * np.maximum(errors - own, 0.0)


def group_errors(groups: Groups, access: NDArray[np.float64], config: HealthConfig) -> NDArray[np.float64]:
    """(G,): error of each country's model in each of its groups.

    Parameters
    ----------
    groups : Groups
    access : ndarray, shape (C, C)
        Share of the second country's cases that the first one's model learns from.
    config : HealthConfig

    Notes
    -----
    With ``n_h`` the cases of group h that the model learns from and ``s_gh`` how alike the groups are, group g has
    ``n_g = sum s_gh n_h`` cases like its own out of ``n = sum n_h``, and

    ``e_g = min(.5, floor + a (1 + n_g)**-p + b (1 + n)**-q + c shift_g)``,
    ``shift_g = sum n_h (1 - s_gh) / n / (1 + own cases of g / n_half)``.

    Learning curves are powers with a floor (Klug and Heckel 2023). The last term is what models lose on people unlike
    those they learned from, most of which a few hundred cases of their own give back. Alike groups have one pooled
    curve; a group whose country shares nothing has the curve of its own cases.
    """
    learned = access[groups.country][:, groups.country] * groups.cases[None, :]
    alike = (groups.likeness * learned).sum(axis=1)
    every = learned.sum(axis=1)
    unlike = np.divide(every - alike, every, out=np.zeros_like(every), where=every > 0.0)
    own = groups.cases * access.diagonal()[groups.country]
    shift = np.maximum(unlike, 0.0) / (1.0 + own / config.local_cases)
    error = (
        config.error_floor
        + config.error_of_group * numerics.power_each(1.0 + alike, -config.group_exponent)
        + config.error_of_all * numerics.power_each(1.0 + every, -config.all_exponent)
        + config.external_loss * shift
    )
    return np.minimum(error, GUESSING)


def spread(errors: NDArray[np.float64], people: NDArray[np.float64]) -> Spread:
    """Mean over people, worst group, and gap between worst and best; groups without people are left out."""
    there = people > 0.0
    errors, people = errors[there], people[there]
    mean = float((errors * people).sum() / people.sum())
    return Spread(mean, float(errors.max()), float(errors.max() - errors.min()))


def harms(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(G,): which groups a change makes err more, by more than rounding."""
    return after > before + ALIKE


def harmed(
    before: NDArray[np.float64], after: NDArray[np.float64], people: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], float]:
    """Which groups a change makes err more, (G,), and how many million people they are."""
    worse = harms(before, after)
    return worse, float(people[worse].sum())
