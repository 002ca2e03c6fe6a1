"""The budget: how much every funder is given each month, and how much of that is public.

Two policies have an equal budget when the public money appropriated, summed over all public funders, is the same in
every month to the cent before the shock. A funder that takes its money out of the programme's leaves that sum as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.errors import InputError
from ecosim.tables import PROGRAMME
from ecosim.world.facts import World

if TYPE_CHECKING:
    from ecosim.funders.base import Purse
    from ecosim.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Budget:
    """Every funder's money; the programme first, then the purses of the other entries in order of name."""

    #: Purses of each entry of ``funders``.
    purses: dict[str, tuple[Purse, ...]]
    #: (F,) cents appropriated to each funder every month, while no shock cuts them.
    cents: NDArray[np.int64]
    #: (F,) whose money is the taxpayer's.
    public: NDArray[np.bool_]
    #: (F,) who shares the programme's money, the programme among them.
    of_programme: NDArray[np.bool_]

    @property
    def public_cents(self) -> int:
        """Public money appropriated in a usual month by all funders together."""
        return int(self.cents[self.public].sum())

    def in_year(self, ratio: float) -> NDArray[np.int64]:
        """(F,) cents a month in a year in which the programme has so many times its usual money.

        What others take of it follows the same path, in whole cents, and the programme has the rest: so policies that
        divide the same money have the same sum in every month.
        """
        if ratio == 1.0:
            return self.cents
        whole = int(self.cents[self.of_programme].sum())
        found = np.where(self.of_programme, np.floor(self.cents * ratio).astype(np.int64), self.cents)
        found[PROGRAMME] += int(whole * ratio) - int(found[self.of_programme].sum())
        return found


def budget_of(config: Scenario, world: World) -> Budget:
    """The budget of a scenario.

    What entries take from the programme is counted in whole cents and taken off it, so that the sum is what the
    programme would have had alone.

    Raises
    ------
    InputError
        If entries take more than the programme has, or one takes public money that is no public funder or has no
        purse of its own to divide it by.
    """
    scale = config.world.scale
    monthly_eur = config.policy.appropriation_eur_per_month
    if monthly_eur is None:
        monthly_eur = world.appropriation_eur_per_month
    whole = round(monthly_eur * scale * 100.0)
    left, cents, public = whole, [], [True]
    shared = [True]
    purses = {name: tuple(kind.purses(world)) for name, kind in sorted(config.funders.items())}
    taken = 0.0
    for name, own in purses.items():
        kind = config.funders[name]
        public += [kind.public] * len(own)
        shared += [kind.from_programme is not None] * len(own)
        if kind.from_programme is None:
            cents += [round(purse.monthly_eur * scale * 100.0) for purse in own]
            continue
        key, share = f"funders.{name}.from_programme", kind.from_programme
        sizes = np.array([purse.monthly_eur for purse in own])
        if not kind.public:
            raise InputError(key, f"{share:g}", problem=f"is public money, and {kind.kind} is a private funder",
                             allowed="null")  # fmt: skip
        if not sizes.sum() > 0.0:
            raise InputError(key, f"{share:g}", problem="is divided by the size of each purse, and all are empty",
                             allowed="purses of some size, which its other parameters set")  # fmt: skip
        taken += share
        if taken >= 1.0:
            raise InputError(key, f"{share:g}", problem="leaves nothing to the programme",
                             allowed="shares of all funders together below 1")  # fmt: skip
        cents += divided(int(share * whole), sizes)
        left -= int(share * whole)
    # new money is the programme's own, and no part of what the others take a share of
    left += round(config.policy.additional_eur * scale * 100.0)
    return Budget(
        purses, np.array([left, *cents], dtype=np.int64), np.array(public, dtype=np.bool_),
        np.array(shared, dtype=np.bool_),
    )  # fmt: skip


def divided(cents: int, sizes: NDArray[np.float64]) -> list[int]:
    """Whole cents in proportion to sizes; they add up to what is divided.

    Examples
    --------
    >>> divided(100, np.array([1.0, 1.0, 1.0]))
    [33, 34, 33]
    """
    bounds = np.floor(np.cumsum(sizes) / sizes.sum() * cents + 0.5).astype(np.int64)
    bounds[-1] = cents
    return [int(part) for part in np.diff(bounds, prepend=0)]
