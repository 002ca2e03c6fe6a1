"""What the user's own kinds are held to before anything runs: those that ship are held to it by the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.build import base_handles
from ecosim.channels.declared import fault, of_user
from ecosim.channels.handles import HANDLE, Handles
from ecosim.decisions.base import Announced, ByOutcome, Decision, Seen
from ecosim.errors import InputError, shown
from ecosim.funders.base import AnyFunder, FunderKind, Purse
from ecosim.outcomes.collaboration import COUNTRY_OUTCOMES
from ecosim.record import columns_of
from ecosim.scenario import Scenario
from ecosim.world.facts import CONSORTIUM_SHAPE, SECTORS, World


def check_own_pushes(scenario: Scenario, world: World) -> None:
    """Push the handles at rest once, and refuse a kind that fails or changes a handle that it does not declare.

    A shock is asked with the countries that it names, or the first that may be drawn; a decision with the stance of all
    towards all; an instrument with the stock that its money would lead to.

    Raises
    ------
    InputError
        Naming the entry, its kind and the handle.
    """
    #: What each push is handed beside the handles and the world.
    pushes: list[tuple[str, Any, tuple[Any, ...]]] = []
    for name, shock in scenario.shocks.items():
        if of_user(type(shock)):
            hit = _hit(name, shock, world)
            pushes.append((f"shocks.{name}", shock, (hit, shock.severity, 1.0)))
    for name, decision in scenario.decisions.items():
        if of_user(type(decision)) and "stance" in decision.orders:
            stance = np.ones((world.n_countries, world.n_countries))
            pushes.append((f"decisions.{name}", decision, (stance,)))
    for name, instrument in scenario.instruments.items():
        if of_user(type(instrument)):
            stock = instrument.steady(instrument.monthly_eur * instrument.first_allocation(world))
            pushes.append((f"instruments.{name}", instrument, (stock,)))
    if not pushes:
        return
    rest = base_handles(world, scenario.channels)
    for key, kind, given in pushes:
        _check_push(key, kind, rest, (world, *given))


def check_own_orders(scenario: Scenario, world: World) -> None:
    """Ask the user's own decisions twice, and refuse one that fails or orders what it does not declare.

    Once in a calm year, and once in a year in which every outcome has fallen to nothing, every shock of the scenario
    acts and half of all openness is gone. What they see there is made up, in the right shapes.

    Raises
    ------
    InputError
        Naming the entry, its kind and the order.
    """
    for name, decision in scenario.decisions.items():
        if not of_user(type(decision)):
            continue
        for bad in (False, True):
            seen = _made_up(name, decision, scenario, world, bad)
            try:
                orders = decision.decide(seen)
            except Exception as error:
                what = f"its decide fails: {fault(error)}"
                raise InputError(f"decisions.{name}", decision.kind, problem=what) from None
            decision.check_orders(name, orders)


def _made_up(name: str, decision: Decision, scenario: Scenario, world: World, bad: bool) -> Seen:
    """What a decision sees after three years of observation, of which the last was calm or bad."""
    n, first = world.n_countries, scenario.calendar.burn_in_months
    month = (first + 36) // decision.every_months * decision.every_months
    until = max(month - decision.seen_after_months, 0)
    level = np.ones(until)
    if bad:
        level[-12:] = 0.0
    apart = 1.0 - np.eye(n)
    written = columns_of(scenario.mechanisms.stages, scenario.mechanisms.health)[0]
    by_country = [column.removesuffix("_by_country") for column, _, _ in COUNTRY_OUTCOMES]
    values: dict[str, Any] = {
        "starts": apart,
        "allocation": {key: kind.first_allocation(world) for key, kind in sorted(scenario.instruments.items())},
        "series": ByOutcome("series", {column: level.copy() for column in written}),
        "by_country": ByOutcome("by_country", {column: np.repeat(level[:, None], n, axis=1) for column in by_country}),
        "announced": tuple(
            Announced(key, shock.kind, _hit(key, shock, world), 1) for key, shock in scenario.shocks.items() if bad
        ),
        "granted": np.repeat(level[:, None], n, axis=1),
        "publications": np.repeat(level[:, None], len(SECTORS), axis=1),
        "sectors": {key: world.sector_money_share.copy() for key in ("programme", *sorted(scenario.funders))},
        "closed": 0.5 * apart if bad else np.zeros((n, n)),
        "chance": np.full((n, n), 0.5),
    }
    return Seen(name, month, first, world, {key: value for key, value in values.items() if key in decision.sees})


def _hit(name: str, shock: Any, world: World) -> NDArray[np.bool_]:
    if shock.targets != "drawn":
        named: NDArray[np.bool_] = shock.named_targets(name, world)
        return named
    hit = np.zeros(world.n_countries, dtype=np.bool_)
    hit[np.flatnonzero(world.may_be_target)[:1]] = True
    return hit


def _check_push(key: str, kind: Any, rest: Handles, given: tuple[Any, ...]) -> None:
    pushed = rest.copy()
    try:
        kind.push(pushed, *given)
    except Exception as error:
        raise InputError(key, kind.kind, problem=f"its push fails: {fault(error)}") from None
    before, after = rest.arrays(), pushed.arrays()
    for handle in HANDLE:
        shape = np.shape(after[handle])
        if shape != before[handle].shape:
            raise InputError(
                key, kind.kind, problem=f"its push gives handle '{handle}' the shape {shape}",
                allowed=f"{before[handle].shape} ({HANDLE[handle].axes_text})",
            )  # fmt: skip
        if handle not in kind.handles and (
            handle in pushed.ceilings or not np.array_equal(before[handle], after[handle], equal_nan=True)
        ):
            where = "`improves` or `side_effects`" if hasattr(kind, "improves") else "`handles`"
            raise InputError(
                key, kind.kind, problem=f"its push changes handle '{handle}', which it does not declare",
                allowed=f"{', '.join(sorted(kind.handles))}, or name '{handle}' in {where}",
            )  # fmt: skip


def check_own_funders(funders: Mapping[str, AnyFunder], world: World) -> None:
    """Refuse purses and consortia of the user's own funders that the money could not follow.

    Raises
    ------
    InputError
        Naming the entry, its kind and what is wrong.
    """
    for name, funder in funders.items():
        if not of_user(type(funder)):
            continue
        key = f"funders.{name}"
        _check_purses(key, funder, world)
        if isinstance(funder, FunderKind):
            _check_shapes(key, funder, world)


def _check_purses(key: str, funder: AnyFunder, world: World) -> None:
    def refuse(problem: str, allowed: str) -> InputError:
        return InputError(key, funder.kind, problem=f"purses(): {problem}", allowed=allowed)

    purses = _asked(key, funder, "purses", world)
    if not isinstance(purses, (list, tuple)) or not purses:
        raise refuse(f"returned {_said(purses)}", "a list of one Purse or more")
    claimed = np.zeros(world.n_countries, dtype=np.int64)
    for k, purse in enumerate(purses):
        if not isinstance(purse, Purse):
            raise refuse(f"item {k} is {_said(purse)}", "Purse(leads, monthly_eur)")
        leads = purse.leads
        if not isinstance(leads, np.ndarray) or leads.dtype != np.bool_ or leads.shape != claimed.shape:
            kind = f"{leads.dtype} of shape {leads.shape}" if isinstance(leads, np.ndarray) else _said(leads)
            raise refuse(f"leads of purse {k} are {kind}", f"an array of bool of shape ({world.n_countries},), such as "
                         "world.named")  # fmt: skip
        for field in ("monthly_eur", "private_eur"):
            money = getattr(purse, field)
            number = isinstance(money, (int, float, np.integer, np.floating)) and not isinstance(money, bool)
            if not number or not np.isfinite(money) or money < 0.0:
                raise refuse(f"{field} of purse {k} is {shown(repr(money))}", "EUR a month, 0 or more")
        claimed += leads
    if (claimed > 1).any():
        country = world.countries[int(np.argmax(claimed > 1))]
        raise refuse(f"{country} may apply to {claimed.max()} purses", "each country in one purse at most")


def _check_shapes(key: str, funder: FunderKind, world: World) -> None:
    def refuse(problem: str, allowed: str) -> InputError:
        return InputError(key, funder.kind, problem=f"shapes(): {problem}", allowed=allowed)

    rows = _asked(key, funder, "shapes", world)
    if not isinstance(rows, np.ndarray) or rows.dtype != CONSORTIUM_SHAPE or rows.ndim != 1 or not len(rows):
        kind = f"an array of {rows.dtype}, shape {rows.shape}" if isinstance(rows, np.ndarray) else _said(rows)
        raise refuse(f"returned {kind}", "one row or more of dtype CONSORTIUM_SHAPE")
    for field in ("size", "countries", "duration_months", "grant_eur"):
        if (rows[field] < 1).any():
            row = int(np.argmax(rows[field] < 1))
            raise refuse(f"{field} of row {row} is {rows[field][row]}", "1 or more")
    if ((rows["sector"] < 0) | (rows["sector"] >= len(SECTORS))).any():
        raise refuse(f"sector holds {rows['sector'].min()} to {rows['sector'].max()}", f"0 to {len(SECTORS) - 1}")
    if (np.diff(rows["sector"]) < 0).any():
        raise refuse("rows are not sorted by sector", "rows[np.argsort(rows['sector'], kind='stable')]")
    if (rows["countries"] > rows["size"]).any():
        row = int(np.argmax(rows["countries"] > rows["size"]))
        raise refuse(
            f"row {row} has {rows['countries'][row]} countries and size {rows['size'][row]}",
            "at most as many countries as members",
        )


def _asked(key: str, funder: AnyFunder, method: str, world: World) -> Any:
    try:
        return getattr(funder, method)(world)
    except Exception as error:
        raise InputError(key, funder.kind, problem=f"{method}() fails: {fault(error)}") from None


def _said(value: Any) -> str:
    return shown(repr(value), 40) if value is None or isinstance(value, (str, int, float, list)) else (
        f"a {type(value).__name__}"
    )  # fmt: skip
