"""What organisations know: stocks that own research and partnerships fill, and that fade.

A stock belongs to an organisation and a sector. At rest most of its inflow is the organisation's own research; the rest
comes from the output of its partnerships, more where partners know more. A stock above or below its level at rest
raises or lowers capability, so that a rupture leaves a scar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.kernels import kernel, kernel_making_arrays, kernel_row
from ecosim.numerics import exp, log, power
from ecosim.tables import HES, REC

if TYPE_CHECKING:
    from ecosim.config.behaviour import KnowledgeConfig
    from ecosim.world.population import Population


#: Knowledge reached is at most this many times what is reached at rest (beyond it more is not used).
_MOST_ACCESS = 1.2


@kernel
def monthly(yearly):
    """Share that fades in a month where so much fades in a year."""
    return 1.0 - power(1.0 - yearly, 1.0 / 12.0)


@kernel_making_arrays
def _levels(organisations, applied_intensity, level_of_capability):
    levels = np.empty(len(organisations))
    for i in range(len(organisations)):
        rec = organisations[i]
        level = exp(level_of_capability * rec.capability)
        if rec.type != HES and rec.type != REC:
            level *= applied_intensity
        levels[i] = level
    return levels


def levels(population: Population, parameters: KnowledgeConfig) -> NDArray[np.float64]:
    """Knowledge of every organisation at rest per unit of size and of its knowledge's share, shape (N,).

    Research intensity times level. The unit is arbitrary: the research of one unit of size of a university of mean
    capability.
    """
    return np.asarray(
        _levels(population.organisations, parameters.applied_intensity, parameters.level_of_capability)
    )  # fmt: skip


@kernel_row
def _rest(size, share, level):
    """Stock of an organisation in one sector at rest."""
    return size * share * level


@kernel_making_arrays
def _at_rest(organisations, share, level):
    rest = np.zeros(share.shape)
    for i in range(len(organisations)):
        for s in range(share.shape[1]):
            rest[i, s] = _rest(organisations[i].size, share[i, s], level[i])
    return rest


def at_rest(population: Population, level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stock of every organisation in each sector at rest, shape (N, S); 0 where it knows nothing of a sector.

    Parameters
    ----------
    level : ndarray, shape (N,)
        See :func:`levels`.
    """
    return np.asarray(_at_rest(population.organisations, population.knowledge, level))


@kernel
def learn(
    month, active, partnerships, seats, organisations, share, level, learned_per_output, p, knowledge, skill,
):  # fmt: skip
    """Let a month's own research, output and partners fill the stocks, and time empty them, in place.

    Parameters
    ----------
    share : ndarray, shape (N, S)
        Share of each organisation's knowledge in each sector: what a stock is measured against.
    level : ndarray of float, shape (N,)
        See :func:`levels`.
    learned_per_output : float
        Knowledge that a unit of output leaves with those who worked for it.
    knowledge, skill : ndarray of float, shape (N, S)
        Stocks, and what they add to capability; changed in place.

    Notes
    -----
    ``K' = (1 - d) K + r + g``: fading d a month, own research r = own_share * d * K_rest, and from partnerships
    ``g = learned * y e_m / e * (1 + a h(x)) * (K_rest / K) ** eta``, with x the logarithm of the members' mean
    knowledge per researcher over the own one and ``h(x) = x / x0 * exp(1 - x / x0)`` for x > 0: who knows little can
    take in little, who knows everything has nothing to take in, and a middle distance is best (Cohen and Levinthal
    1990; Nooteboom et al. 2007). Returns diminish with the power eta, as in models of growth in which the easy results
    are found first (Jones 1995, doi 10.1086/262002).
    """
    q = p[0]
    # What is gained is summed up where what it adds will stand: a table of its own would be as large.
    gained = skill
    gained[:] = 0.0
    for a in active:
        row = partnerships[a]
        if row.output_now <= 0.0:
            continue
        s = row.sector
        first = row.first_seat
        mean = 0.0
        by = 0.0
        for m in range(row.seats):
            seat = seats[first + m]
            if seat.work_now > 0.0 and share[seat.organisation, s] > 0.0:
                i = seat.organisation
                mean += seat.work_now * knowledge[i, s] / (organisations[i].size * share[i, s])
                by += seat.work_now
        if by <= 0.0:
            continue
        mean /= by
        for m in range(row.seats):
            seat = seats[first + m]
            if seat.work_now > 0.0 and share[seat.organisation, s] > 0.0:
                i = seat.organisation
                taken = learned_per_output * row.output_now * (seat.work_now / row.work_now)
                own = knowledge[i, s] / (organisations[i].size * share[i, s])
                if mean > own and q.knowledge_absorption > 0.0:
                    x = log(mean / own) / q.knowledge_best_gap
                    taken *= 1.0 + q.knowledge_absorption * x * exp(1.0 - x)
                # Who knows more than usual already learns less from the next result.
                rest = _rest(organisations[i].size, share[i, s], level[i])
                taken *= power(rest / knowledge[i, s], q.knowledge_diminishing)
                gained[i, s] += taken
    fading = monthly(q.knowledge_fading)
    for i in range(len(organisations)):
        # Who has yet to arrive waits at rest.
        if organisations[i].arrival_month > month:
            continue
        for s in range(knowledge.shape[1]):
            rest = _rest(organisations[i].size, share[i, s], level[i])
            if rest > 0.0:
                own_research = q.knowledge_own_share * fading * rest
                knowledge[i, s] += own_research + gained[i, s] - fading * knowledge[i, s]
                skill[i, s] = q.knowledge_capability * log(knowledge[i, s] / rest)


@kernel
def _reach(knowledge, organisations, now, rest, total, reached, at_rest):
    """Add up what countries know, and what each reaches of it, in place."""
    for i in range(len(organisations)):
        rec = organisations[i]
        if rec.present:
            for s in range(knowledge.shape[1]):
                total[rec.country, s] += knowledge[i, s]
    for c in range(len(now)):
        for d in range(len(now)):
            for s in range(total.shape[1]):
                reached[c, s] += now[c, d] * total[d, s]
                at_rest[c, s] += rest[c, d] * total[d, s]


def access(
    knowledge: NDArray[np.float64], organisations: NDArray[np.void], now: NDArray[np.float64],
    rest: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """Knowledge each country reaches beside what it reaches at rest, shape (C, S), at most 1.2.

    Parameters
    ----------
    knowledge : ndarray, shape (N, S)
        Stocks; the same in what is reached now and at rest, so that only channels count.
    now, rest : ndarray, shape (C, C)
        The knowledge channel this month and at rest; its diagonal is 1.
    """
    total, reached, at_rest = np.zeros((3, len(now), knowledge.shape[1]))
    _reach(knowledge, organisations, now, rest, total, reached, at_rest)
    return np.where(at_rest > 0.0, np.minimum(reached / np.where(at_rest > 0.0, at_rest, 1.0), _MOST_ACCESS), 1.0)
