"""Which partnerships a watched shock puts at risk: arithmetic on who takes part, the same in every arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.world.facts import INPUTS

if TYPE_CHECKING:
    from ecosim.shocks.base import DatedShock
    from ecosim.world.facts import World

#: Watched labels fit the bits of ``PARTNERSHIP.risk``.
MOST_LABELS = 32


class Watched(NamedTuple):
    """What each of W watched labels hits, as compiled loops read it."""

    #: (W, C) a member from here is exposed.
    countries: NDArray[np.bool_]
    #: (W,) all partnerships paid by the programme are exposed.
    funder: NDArray[np.bool_]
    #: (W, I, C, C) partnerships with one of these flows of inputs are exposed: by kind, user, supplier.
    suppliers: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Risk:
    """The watched labels: the countries hit, whether the programme's money is, and the suppliers hit."""

    labels: tuple[str, ...]
    watched: Watched


def risk_of(watch: Mapping[str, Sequence[str]], shocks: Sequence[DatedShock], world: World) -> Risk:
    """Join the exposures of the shocks that each label watches."""
    by_name = {shock.name: shock for shock in shocks}
    labels = tuple(watch)
    if len(labels) > MOST_LABELS:
        raise ValueError(f"at most {MOST_LABELS} groups of shocks can be watched in one run, not {len(labels)}")
    n = world.n_countries
    countries = np.zeros((len(labels), n), dtype=np.bool_)
    suppliers = np.zeros((len(labels), len(INPUTS), n, n), dtype=np.bool_)
    funder = np.zeros(len(labels), dtype=np.bool_)
    for w, label in enumerate(labels):
        for name in watch[label]:
            dated = by_name[name]
            if dated.shock.at_risk == "member_country":
                countries[w] |= dated.targets
            elif dated.shock.at_risk == "supplier":
                suppliers[w] |= dated.shock.flows_hit(world, dated.targets)
            else:
                funder[w] = True
    return Risk(labels, Watched(countries, funder, suppliers))
