"""Inputs of the yardstick: who supplies a site, what arrives there, and how far work can go on with it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from ecosim.config.supply import SupplyConfig
from ecosim.world.facts import PHYSICAL, World

if TYPE_CHECKING:
    from ecosim.channels.supply import InputFlows

#: By kind of input: whether it is a good, which needs a laboratory or a pilot site.
IS_PHYSICAL = PHYSICAL.tolist()


@dataclass(slots=True, eq=False)
class Supply:
    """One kind of input that a site needs."""

    kind: int
    country: int
    #: One qualified supplier or two; and which of them were found while others failed.
    suppliers: list[int]
    new: set[int]
    stock: float
    months_cut: int = 0
    used: float = 1.0


@dataclass(slots=True, eq=False)
class Site:
    """A place where work that needs inputs runs."""

    country: int
    supplies: list[Supply]
    #: Whether some input is not as at rest: late, newly found, or not fully in stock.
    short: bool = False


class Supplies:
    """The rules of inputs, and the tables they read: facts and flows at rest, as nested lists.

    Parameters
    ----------
    random : random.Random
        The model's generator.
    rules : SupplyConfig
        Parameters.
    world : World
        Facts.
    flows : InputFlows
        What reaches whom.
    """

    def __init__(self, random: Random, rules: SupplyConfig, world: World, flows: InputFlows) -> None:
        self.random, self.rules = random, rules
        self.intensity = world.input_intensity.tolist()
        self.criticality = world.input_criticality.tolist()
        self.purchases = world.purchases.tolist()
        self.disturbed = flows.disturbed
        self.flow = flows.flow.tolist()
        self.extra = flows.extra.tolist()
        self.filled = flows.filled.tolist()
        self.stock_months = flows.stock_months.tolist()
        self.switch_months = flows.switch_months.tolist()
        self.suppliers_per_input = flows.suppliers.tolist()

    def needed(self, sector: int) -> list[int]:
        """Draw the kinds of input that work in a sector needs.

        Who needs a rare kind of goods needs the commoner ones too; what is rented is needed for itself.
        """
        draws = {True: self.random.random(), False: self.random.random()}
        intensity = self.intensity[sector]
        return [kind for kind, goods in enumerate(IS_PHYSICAL) if draws[goods] < intensity[kind]]

    def equip(self, country: int, kinds: list[int]) -> Site:
        """A site in a country, with suppliers of every kind it needs."""
        site = Site(country, [self._supply(kind, country) for kind in kinds])
        site.short = any(supply.stock < self.stock_months[supply.kind][country] for supply in site.supplies)
        return site

    def allow(self, site: Site, sector: int) -> tuple[float, int]:
        """Let a month's inputs arrive at a site; share of its work that they allow, and suppliers switched."""
        if not (self.disturbed or site.short):
            return 1.0, 0
        switched = 0
        site.short = False
        for supply in site.supplies:
            switched += self._month_of(supply)
            site.short |= self._is_short(supply)
        possible = self._possible([supply.used for supply in site.supplies])
        return 1.0 - self.criticality[sector] * (1.0 - possible), switched

    def _supply(self, kind: int, country: int) -> Supply:
        """Suppliers by purchases at rest, others as newcomers where those fail; of what is short there is no stock."""
        suppliers = [self._draw_supplier(self.purchases[kind][country])]
        if self.random.random() < self.suppliers_per_input[kind] - 1.0:
            further = self._draw_supplier(self.purchases[kind][country], besides=suppliers[0])
            if further >= 0:
                suppliers.append(further)
        supply = Supply(kind, country, suppliers, set(), self.stock_months[kind][country])
        for supplier in suppliers.copy():
            if self._sends(supply, supplier) < 1.0:
                self._look_for_another(supply, supplier)
        if self._arrives(supply) < 1.0:
            supply.stock = 0.0
        return supply

    def _draw_supplier(self, weights: list[float], besides: int = -1) -> int:
        """A supplier by weight; -1 if there is none."""
        if besides >= 0:
            weights = [0.0 if supplier == besides else weight for supplier, weight in enumerate(weights)]
        return self.random.choices(range(len(weights)), weights)[0] if sum(weights) > 0.0 else -1

    def _look_for_another(self, supply: Supply, supplier: int) -> bool:
        """In the place of one that fails, another that sends more, if any is found."""
        kind, country = supply.kind, supply.country
        flows = zip(self.purchases[kind][country], self.flow[kind][country], strict=True)
        others = [other for other in supply.suppliers if other != supplier]
        found = self._draw_supplier([share * flow for share, flow in flows], *others)
        if found < 0 or found == supplier:
            return False
        sends = self.flow[kind][country][found] * self.filled[kind][country][found]
        if sends <= self._sends(supply, supplier):
            return False
        supply.suppliers[supply.suppliers.index(supplier)] = found
        supply.new.discard(supplier)
        if sends < 1.0:
            supply.new.add(found)
        return True

    def _sends(self, supply: Supply, supplier: int) -> float:
        """Share of its part that a supplier sends; one newly found sends what it has left for newcomers."""
        flow = self.flow[supply.kind][supply.country][supplier]
        return flow * self.filled[supply.kind][supply.country][supplier] if supplier in supply.new else flow

    def _arrives(self, supply: Supply) -> float:
        """Share of a month's need that arrives; one of two suppliers adds, by its claim, where the other fails."""
        sent = [self._sends(supply, supplier) for supplier in supply.suppliers]
        part = 1.0 / len(sent)
        came = part * sum(sent)
        if len(sent) == 2 and came < 1.0:
            for supplier, one in zip(supply.suppliers, sent, strict=True):
                if one >= 1.0 and supplier not in supply.new:
                    return came + min(1.0 - came, part * self.extra[supply.kind][supplier])
        return came

    def _month_of(self, supply: Supply) -> int:
        """Let one input arrive, be used and stocked; find another supplier in time. Says how many were switched."""
        kind, country = supply.kind, supply.country
        full = self.stock_months[kind][country]
        supply.stock = min(supply.stock, full)
        came = self._arrives(supply)
        switched = 0
        supply.months_cut = supply.months_cut + 1 if came < 1.0 else 0
        if supply.months_cut > self.switch_months[kind][country]:
            supply.months_cut = 0
            worst = min(supply.suppliers, key=lambda supplier: self._sends(supply, supplier))
            if self._look_for_another(supply, worst):
                switched = 1
                came = self._arrives(supply)
        supply.new = {supplier for supplier in supply.new if self._sends(supply, supplier) < 1.0}
        if came >= 1.0:
            more = sum(min(self.rules.spare_capacity, self.extra[kind][supplier]) for supplier in supply.suppliers)
            supply.stock = min(full, supply.stock + more / len(supply.suppliers))
            supply.used = 1.0
        else:
            from_stock = min(1.0 - came, supply.stock)
            supply.stock -= from_stock
            supply.used = came + from_stock
        return switched

    def _is_short(self, supply: Supply) -> bool:
        full = self.stock_months[supply.kind][supply.country]
        return supply.months_cut > 0 or bool(supply.new) or supply.stock < full

    def _possible(self, used: list[float]) -> float:
        """A CES of the inputs a site needs and of work, 1 at rest."""
        rules = self.rules
        least = min(used)
        if least >= 1.0 or least <= 0.0 or rules.elasticity == 0.0:
            return least
        power = (rules.elasticity - 1.0) / rules.elasticity
        total = (1.0 - rules.weight * len(used)) * (1.0 / least) ** power
        total += rules.weight * sum((one / least) ** power for one in used)
        return min(1.0, least * total ** (1.0 / power))
