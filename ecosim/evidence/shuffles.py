"""Tables without behaviour: the organisations of a participation table shuffled over its seats.

A seat is a row of the table: a place in a project with its role, money and dates. It stays where it is. What moves is
the organisation that holds it, with its country and type. Each project keeps its number of seats, each organisation its
number of participations, and no organisation holds two seats of one project. Whoever sits with whom is then chance, so
a pattern that a shuffled table shows as well says nothing about how partners are chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

#: Rounds of trades. In one round two organisations of a project part with chance 1/2 (a little less in small cells), so
#: little is left of the original table after ten; fifty leave a margin.
ROUNDS = 50


def shuffled(table: pd.DataFrame, seed: int = 0, within: bool = False, rounds: int = ROUNDS) -> pd.DataFrame:
    """The same seats, held by organisations drawn by chance.

    Parameters
    ----------
    table : pandas.DataFrame
        Participations, one row per project and organisation (:func:`ecosim.evidence.patterns.collaborative`).
    seed : int
        Of the draws; equal seeds give equal tables.
    within : bool
        Whether organisations change places only within programme part (the first one named) x country x type. Each
        project then keeps its mix of countries and types exactly, each organisation its participations per part.
    rounds : int
        Rounds of trades.

    Returns
    -------
    pandas.DataFrame
        A copy with the columns ``organisation``, ``country`` and ``activity_type`` exchanged between rows.

    Notes
    -----
    In a round the projects of a cell pair up at random. Two that meet pool the organisations that only one of them has
    and deal them out again by chance, each getting as many as it gave: a set of swaps, none of which seats an
    organisation twice. Repeated, this draws evenly from all tables with the same numbers of seats and participations
    [1]_, [2]_.

    Should an organisation stand in one part under several countries or types, its seats in that part stay as they are
    when ``within`` is true, since two cells could otherwise seat it twice in one project.

    References
    ----------
    .. [1] Strona et al. (2014), A fast and unbiased procedure to randomize ecological binary matrices with fixed row
       and column totals, Nature Communications 5:4114.
    .. [2] Carstens et al. (2018), Parallel and I/O-efficient randomisation of massive networks using global curveball
       trades, European Symposium on Algorithms.
    """
    import pandas as pd

    project = pd.factorize(table["project"])[0].astype(np.int64)
    organisation = pd.factorize(table["organisation"])[0].astype(np.int64)
    cell, moving = _cells(table, project, organisation) if within else (np.zeros_like(project), project >= 0)
    holder = np.arange(len(table))
    places = np.flatnonzero(moving)
    holder[places] = places[_trade(project[places], organisation[places], cell[places], rounds, seed)]
    moved = ["organisation", "country", "activity_type"]
    return table.assign(**{name: table[name].to_numpy()[holder] for name in moved})


def _trade(
    project: NDArray[np.int64], organisation: NDArray[np.int64], cell: NDArray[np.int64], rounds: int, seed: int
) -> NDArray[np.intp]:
    """Which row's organisation each seat ends up with, shape (seats,)."""
    rng = np.random.default_rng(seed)
    n = len(project)
    # A hand: the seats of one project in one cell.
    n_projects, n_organisations = int(project.max(initial=0)) + 1, int(organisation.max(initial=0)) + 1
    hands, hand = np.unique(cell * n_projects + project, return_inverse=True)
    cell_of = hands // n_projects
    first = np.searchsorted(cell_of, cell_of)
    holder = np.arange(n)
    for _ in range(rounds):
        order = np.lexsort((rng.random(len(hands)), cell_of))
        # Neighbours in this order meet; an odd one out meets nobody and deals with itself.
        meeting = np.empty(len(hands), dtype=np.int64)
        meeting[order] = first + (np.arange(len(hands)) - first) // 2 * 2
        met = meeting[hand]
        key = met * n_organisations + organisation[holder]
        by_key = np.argsort(key, kind="stable")
        same = key[by_key][1:] == key[by_key][:-1]
        both = np.zeros(n, dtype=np.bool_)
        both[by_key[1:]] |= same
        both[by_key[:-1]] |= same
        free = np.flatnonzero(~both)
        # Free seats by meeting, once in their order and once in a random order: the second receive from the first.
        met = met[free]
        here = free[np.argsort(met, kind="stable")]
        there = free[np.lexsort((rng.random(len(free)), met))]
        holder[there] = holder[here]
    return holder


def _cells(
    table: pd.DataFrame, project: NDArray[np.int64], organisation: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Number of each row's part x country x type, and whether its organisation has only that one in the part.

    A project's part is that of its first row.
    """
    import pandas as pd

    first = np.unique(project, return_index=True)[1][project]
    part = pd.factorize(table["programme_part"].str.split("|").str[0].to_numpy()[first])[0].astype(np.int64)
    country, kind = (pd.factorize(table[name])[0].astype(np.int64) for name in ("country", "activity_type"))
    cell = pd.factorize((part * (country.max(initial=0) + 1) + country) * (kind.max(initial=0) + 1) + kind)[0].astype(
        np.int64
    )
    seats = pd.DataFrame({"part": part, "organisation": organisation, "cell": cell})
    alone = seats.groupby(["part", "organisation"])["cell"].transform("nunique").to_numpy() == 1
    return cell, alone
