"""What the page's grid is laid over: three levers, the shocks and countries, and how much of them a setting takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Months before a shock, and from it on, that the page shows.
MONTHS_BEFORE, MONTHS_AFTER = 12, 72
#: What every run of the page has in common unless it says otherwise. The burn-in is three times the longest gap between
#: calls of the grid, so that a run of one policy is the same as in the grid.
BASE: dict[str, Any] = {
    "world.preset": "europe",
    "world.scale": 0.006,
    "timeline.response_months": MONTHS_AFTER,
    "timeline.burn_in_months": 144,
}
#: Seed of the grid.
SEED = 1


@dataclass(frozen=True)
class Axis:
    """One lever of the grid: a control that snaps to its values."""

    key: str
    label: str
    unit: str
    #: What stands on the axis.
    values: tuple[Any, ...]
    labels: tuple[str, ...]
    #: Place of the value that the page begins with, and beside which output stands.
    default: int
    #: The dotted key that the lever sets.
    sets: str
    #: Whose it is: of a policy, so that the two side by side may differ; or of the world, the same for both.
    of: str = "policy"
    #: Places that a setting of so many values takes.
    few: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def cut(self, count: int) -> Axis:
        """The lever with so many of its values, the default always among them.

        Raises
        ------
        ValueError
            If there is no such cut.
        """
        if count == len(self.values):
            return self
        if count not in self.few:
            known = ", ".join(map(str, sorted({*self.few, len(self.values)})))
            raise ValueError(f"{self.key} takes {known} values, not {count}")
        places = self.few[count]
        return Axis(
            self.key, self.label, self.unit, tuple(self.values[k] for k in places),
            tuple(self.labels[k] for k in places), places.index(self.default), self.sets, self.of,
        )  # fmt: skip

    def plain(self) -> dict[str, Any]:
        """As plain data, for the page."""
        return {
            "key": self.key, "label": self.label, "unit": self.unit,
            "values": [_listed(value) for value in self.values],
            "labels": list(self.labels), "default": self.default, "of": self.of,
            "sets": [{self.sets: _listed(value)} for value in self.values],
        }  # fmt: skip


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


AXES: tuple[Axis, ...] = (
    Axis(
        "spread", "Countries in a consortium", "countries",
        ((2, 2), (2, 4), None, (5, 7), (8, 11)), ("2", "2 to 4", "as observed", "5 to 7", "8 to 11"), 2,
        "programme.countries_per_consortium", "policy", {1: (2,), 2: (2, 4), 3: (1, 2, 4)},
    ),
    Axis(
        "cost", "Work lost to coordination with each further country", "share",
        (0.0, 0.01, 0.03), ("nothing", "1 %", "3 %"), 1,
        "behaviour.work.coordination_by_country", "world", {1: (1,), 2: (1, 2)},
    ),
    Axis(
        "calls", "Months between calls", "months",
        (3, 12, 24, 48), ("3", "12", "24", "48"), 1,
        "programme.months_between_calls", "policy", {1: (1,), 2: (1, 3), 3: (0, 1, 3)},
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Branch:
    """What happens: a shock with the countries it hits; without a kind nothing but chance."""

    id: str
    label: str
    kind: str | None
    countries: tuple[str, ...] = ()
    #: Settings of the shock beside its countries.
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shock(self) -> dict[str, Any] | None:
        """The shock as the body of a run says it (:mod:`ecosim.page.ask`); None for none."""
        if self.kind is None:
            return None
        return {"kind": self.kind, "name": self.id, "countries": list(self.countries), "settings": dict(self.settings)}

    def plain(self) -> dict[str, Any]:
        """As plain data, for the page."""
        return {
            "id": self.id, "label": self.label, "shock": self.kind, "countries": list(self.countries),
            "settings": dict(self.settings), "none": False, "dice": self.kind is None,
        }  # fmt: skip


#: No shock but the smallest there is: one organisation with a usual number of partners is lost. What follows is luck.
PLACEBO = Branch("placebo", "No shock: one organisation is lost, the rest is luck", None)
_OTHERS = (
    Branch(
        "ten_countries_lost", "Ten countries are cut off from all others, and from each other", "diplomatic_rupture",
        (), {"group": "nearest", "drawn": 10, "by": "participation", "within": "none"},
    ),
    Branch("funder_fails", "The funder stops paying for two years", "funder_withdrawal", (), {"duration_months": 24}),
)  # fmt: skip
#: Countries cut off, excluded, and lost as suppliers, in the order in which settings take them.
_CUT_OFF = (
    "DEU", "GBR", "CHE", "FRA", "ITA", "ESP", "NLD", "BEL", "GRC", "AUT", "SWE", "POL", "PRT", "NOR", "DNK", "FIN",
    "IRL", "ISR", "HUN", "CZE", "SVN", "ROU",
)  # fmt: skip
_EXCLUDED = ("CHE", "GBR", "NOR", "ISR", "DEU", "FRA")
_SUPPLIERS = ("DEU", "FRA", "ITA")
#: Branches of the full grid.
MOST_BRANCHES = 1 + len(_OTHERS) + len(_CUT_OFF) + len(_EXCLUDED) + len(_SUPPLIERS)


def branches(count: int = MOST_BRANCHES) -> tuple[Branch, ...]:
    """The first so many branches, the placebo first.

    Raises
    ------
    ValueError
        If there are not so many, or fewer than two.
    """
    from ecosim.plots.maps import country_name

    if not 2 <= count <= MOST_BRANCHES:
        raise ValueError(f"the grid takes 2 to {MOST_BRANCHES} branches, not {count}")

    def named(kind: str, code: str, words: str) -> Branch:
        return Branch(shock_name(kind, (code,)), words.format(country_name(code)), kind, (code,))

    cut = [named("diplomatic_rupture", code, "{} is cut off from all others") for code in _CUT_OFF]
    out = [named("programme_exclusion", code, "{} is excluded from the programme") for code in _EXCLUDED]
    lost = [named("supplier_loss", code, "Suppliers in {} are lost") for code in _SUPPLIERS]
    ordered = [PLACEBO, *cut[:3], out[0], *_OTHERS, *cut[3:], *out[1:], *lost]
    return tuple(ordered[:count])


def shock_name(kind: str, countries: tuple[str, ...] | list[str]) -> str:
    """Name of a shock in a scenario: its kind and the countries it hits. Its drawn parameters are keyed by it."""
    return "_".join([kind, *(code.lower().replace(":", "_") for code in countries)])


@dataclass(frozen=True)
class Setting:
    """How much of it a grid takes."""

    spread: int = 5
    cost: int = 3
    calls: int = 4
    draws: int = 20
    branches: int = MOST_BRANCHES
    scale: float = float(BASE["world.scale"])
    #: Draws of the mixes of coins, and branches they meet; 0 draws for no coins.
    coin_draws: int = 20
    coin_branches: int = 6
    #: Shocks, and the placebo, whose histories are replayed for the usual policy and for each end of a lever.
    replayed: int = 6

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The levers with the values that this setting takes."""
        return tuple(axis.cut(count) for axis, count in zip(AXES, (self.spread, self.cost, self.calls), strict=True))

    @property
    def met(self) -> tuple[Branch, ...]:
        """The branches that every policy meets."""
        return branches(self.branches)

    @property
    def ends(self) -> list[tuple[int, ...]]:
        """Policies that lessons show: the usual one, then each end of a policy's lever, the others as usual."""
        usual = tuple(axis.default for axis in self.axes)
        found = [usual]
        for k, axis in enumerate(self.axes):
            if axis.of == "policy":
                found += [(*usual[:k], end, *usual[k + 1 :]) for end in (0, len(axis.values) - 1)]
        return list(dict.fromkeys(found))

    @property
    def base(self) -> dict[str, Any]:
        """What all runs have in common."""
        return {**BASE, "world.scale": self.scale}


#: Coins of a team, euros a month each, and the steps in which they are laid.
COINS, COIN_EUR, COIN_STEP = 20, 1_000_000, 5
#: Instruments coins are laid on; what is left stays with grants. Each is bought at the cost of grants.
COIN_INSTRUMENTS = ("bilateral_cofinancing", "matchmaking", "visa_facilitation")


def mixes() -> list[list[int]]:
    """Every way to lay coins on the instruments in steps, the rest left with grants: coins on each instrument.

    Examples
    --------
    >>> len(mixes()), mixes()[0], mixes()[-1]
    (35, [0, 0, 0], [20, 0, 0])
    """
    found: list[list[int]] = [[]]
    for _ in COIN_INSTRUMENTS:
        found = [[*laid, more] for laid in found for more in range(0, COINS - sum(laid) + 1, COIN_STEP)]
    return found
