"""Parameter uncertainty: each replicate meets one draw of every assumed parameter, the same for all policies.

What no data set identifies has a range in the schema (role ``assumed``). Draws that were planned together, a batch, are
laid by Latin hypercube: cut a parameter's prior into as many equally likely parts as there are draws, and each part is
drawn from once, in an order of the parameter's own. Means over draws are then surer than over a plain sample, and any
sensitivity measure for given data may still be used.

Parameters that were set by data are drawn together: one of the points that the data do not rule out
(:mod:`ecosim.config.accepted`). Where somebody sets one of them, all keep their values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from pydantic import BaseModel

from ecosim.config.accepted import accepted_points
from ecosim.config.health import READ_WITH_HEALTH
from ecosim.config.schema import Section
from ecosim.config.stages import READ_WITH_STAGES
from ecosim.config.world import UNREAD_AT_OWN_SIZE
from ecosim.scenario import Scenario

if TYPE_CHECKING:
    pass


def _compiled() -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Exponential and logarithm; imported here, for keys and ranges are read without compiled code."""
    from ecosim.numerics import exp, log

    return exp, log


@dataclass(frozen=True)
class Drawn:
    """One number that is drawn: a parameter, or one element of a tuple."""

    #: Dotted key, such as ``behaviour.search.choice_noise``.
    key: str
    low: float
    high: float
    prior: str = "uniform"
    whole: bool = False
    #: Position when the parameter is a tuple.
    element: int | None = None

    @property
    def name(self) -> str:
        """Key, with the position when the parameter is a tuple; names the draw and its row in ``draws.parquet``."""
        return self.key if self.element is None else f"{self.key}.{self.element}"

    @property
    def laid_as(self) -> str:
        """What it is laid by: parameters that share it stand at the same place of their laws in every draw."""
        return self.name

    def value(self, u: float) -> float | int:
        """Quantile of the prior; every whole number of a range is equally likely.

        Parameters
        ----------
        u : float
            In [0, 1].
        """
        if self.whole:
            first, last = math.ceil(self.low), math.floor(self.high)
            return min(last, first + int(u * (last - first + 1)))
        if self.prior == "log_uniform":
            exp, log = _compiled()
            return exp(log(self.low) + u * (log(self.high) - log(self.low)))
        return self.low + u * (self.high - self.low)

    def quantile_of(self, value: float) -> float:
        """Where a value stands in the prior, in [0, 1]: the inverse of :meth:`value`."""
        if self.whole:
            first, last = math.ceil(self.low), math.floor(self.high)
            return (value - first + 0.5) / (last - first + 1)
        if self.prior == "log_uniform":
            _, log = _compiled()
            return log(value / self.low) / log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class OfPoint(Drawn):
    """One coordinate of the accepted points, drawn together with the others."""

    #: Its value at each point.
    values: tuple[float, ...] = ()

    @property
    def laid_as(self) -> str:
        """All coordinates belong to the same point."""
        return "accepted point"

    def value(self, u: float) -> float:
        """Its value at one of the points, which are equally likely."""
        return self.values[min(int(u * len(self.values)), len(self.values) - 1)]


def _of_points() -> tuple[OfPoint, ...]:
    """Every coordinate of the accepted points."""
    found = []
    for name, values in accepted_points().items():
        key, _, element = name.rpartition(".")
        within = (key, int(element)) if element.isdigit() else (name, None)
        found.append(OfPoint(within[0], min(values), max(values), element=within[1], values=values))
    return tuple(found)


def drawn_parameters(scenarios: Sequence[Scenario], held: Iterable[str] = ()) -> tuple[Drawn, ...]:
    """Every assumed parameter that nobody has set, in the order of the schema, and the accepted points.

    Parameters
    ----------
    scenarios : sequence of Scenario
        One per policy. A parameter that differs between policies is a factor, one that differs from the schema's
        default has been chosen: neither is drawn over.
    held : iterable of str
        Dotted keys or their beginnings (``channels``) that keep their values.
    """
    held = tuple(held)
    first, *others = scenarios

    def is_free(key: str, value: Any, default: Any) -> bool:
        named = any(key == name or key.startswith(f"{name}.") for name in held)
        return not named and value == default and all(value_of(other, key) == value for other in others)

    points = _of_points()
    # What belongs to a point is never drawn alone.
    together = {item.key for item in points}
    default = Scenario()
    if not all(is_free(item.key, value_of(first, item.key), value_of(default, item.key)) for item in points):
        points = ()
    found: list[Drawn] = []
    for key, value, field in _assumed(first, ""):
        if key in together or not is_free(key, value, field.get_default(call_default_factory=True)):
            continue
        if all(_is_idle(scenario, key) for scenario in scenarios):
            continue
        found += _elements(key, value, field)
    return (*found, *points)


def _is_idle(scenario: Scenario, key: str) -> bool:
    """Whether the scenario's other values leave a parameter without effect."""
    if key.startswith(READ_WITH_STAGES) and not scenario.mechanisms.stages:
        return True
    if key.startswith(READ_WITH_HEALTH) and not scenario.mechanisms.health:
        return True
    if key in UNREAD_AT_OWN_SIZE and scenario.world.preset == "global":
        return True
    parts = key.split(".")
    for depth in range(1, len(parts)):
        inside = value_of(scenario, ".".join(parts[:depth]))
        if isinstance(inside, Section) and parts[depth] in inside.idle:
            return True
    return False


def fitted_names(scenario: Scenario) -> tuple[str, ...]:
    """Keys of every parameter that was fitted to data."""
    return tuple(key for key, _, _ in _with_role(scenario, "", "fitted"))


def assumed_under(scenario: Scenario, name: str) -> tuple[Drawn, ...]:
    """The assumed parameter of this name, or every one whose name begins so (of none: all); whatever its value is."""
    return tuple(
        item
        for key, value, field in _assumed(scenario, "")
        if not name or key == name or key.startswith(f"{name}.")
        for item in _elements(key, value, field)
    )


def _elements(key: str, value: Any, field: Any) -> list[Drawn]:
    extra = field.json_schema_extra
    low, high = (float(limit) for limit in extra["range"])
    elements: Sequence[int | None] = range(len(value)) if isinstance(value, tuple) else [None]
    whole = is_whole(field.annotation)
    return [Drawn(key, low, high, str(extra["prior"]), whole, element) for element in elements]


def _assumed(section: BaseModel, prefix: str) -> Iterator[tuple[str, Any, Any]]:
    return _with_role(section, prefix, "assumed")


def _with_role(section: BaseModel, prefix: str, role: str) -> Iterator[tuple[str, Any, Any]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _with_role(value, f"{prefix}{name}.", role)
        elif isinstance(value, Mapping):
            # the shocks and instruments of the scenario, by its own names for them
            for label, item in value.items():
                if isinstance(item, BaseModel):
                    yield from _with_role(item, f"{prefix}{name}.{label}.", role)
        elif isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("role") == role:
            yield f"{prefix}{name}", value, field


def is_whole(annotation: Any) -> bool:
    """Whether a parameter takes whole numbers only, or a tuple of them."""
    if get_origin(annotation) is tuple:
        return all(is_whole(item) for item in get_args(annotation))
    kinds = [get_args(kind)[0] if get_origin(kind) is Annotated else kind for kind in get_args(annotation)]
    kinds = kinds or [annotation]
    return int in kinds and float not in kinds


def value_of(scenario: BaseModel, key: str) -> Any:
    """Value at a dotted key; None when there is no such key."""
    inside: Any = scenario
    for part in key.split("."):
        inside = inside.get(part) if isinstance(inside, Mapping) else getattr(inside, part, None)
    return inside


@dataclass(frozen=True)
class Batch:
    """Draws that fill the strata of every parameter together."""

    #: Number of the first draw.
    first: int
    draws: int

    def __contains__(self, number: int) -> bool:
        return self.first <= number < self.first + self.draws


def draw(parameters: Iterable[Drawn], seed: int, number: int, batch: Batch) -> dict[str, float | int]:
    """One value per parameter: a function of seed, batch, number of the draw and the parameter's name alone.

    Adding or holding a parameter therefore changes no other, and a later batch leaves earlier draws as they are.

    Parameters
    ----------
    parameters : iterable of Drawn
        What is drawn.
    seed : int
        Seed of all random numbers.
    number : int
        Number of the draw, in the batch.
    batch : Batch
        Draws laid together with it.
    """
    place = number - batch.first
    return {item.name: item.value(_laid(seed, batch, item.laid_as)[place]) for item in parameters}


@lru_cache(maxsize=4096)
def _laid(seed: int, batch: Batch, name: str) -> tuple[float, ...]:
    """Where in its prior a parameter stands in each draw of a batch: one point in each of equally likely strata.

    The strata are dealt out by the ranks of independent uniform numbers, one per draw: an even random permutation, and
    each parameter's own.

    Returns
    -------
    tuple of float
        In [0, 1), in the order of the draws.

    References
    ----------
    McKay, Beckman and Conover (1979), Technometrics 21, 239-245. SciPy's sampler shuffles all parameters with one
    stream, so that one more parameter would move the others; hence this one.
    """
    # compiled code is not needed to read results
    from ecosim.randomness import named_uniform

    numbers = range(batch.first, batch.first + batch.draws)
    dealt = sorted(numbers, key=lambda number: (named_uniform(seed, number, f"parameter {name}"), number))
    within = [named_uniform(seed, number, f"within the stratum of {name}") for number in dealt]
    laid = {number: (stratum + u) / batch.draws
            for stratum, (number, u) in enumerate(zip(dealt, within, strict=True))}  # fmt: skip
    return tuple(laid[number] for number in numbers)


def as_changes(parameters: Iterable[Drawn], values: Mapping[str, float | int]) -> dict[str, Any]:
    """Dotted keys to set for one draw; the elements of a tuple are joined again."""
    changes: dict[str, Any] = {}
    for item in parameters:
        if item.element is None:
            changes[item.key] = values[item.name]
        else:
            changes.setdefault(item.key, []).append(values[item.name])
    return changes
