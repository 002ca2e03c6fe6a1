"""The families of kinds that a scenario names: shocks, instruments, decisions, funders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecosim.channels.declared import Declared
from ecosim.decisions import REGISTRY as DECISIONS
from ecosim.errors import InputError, nearest_name
from ecosim.funders import REGISTRY as FUNDERS
from ecosim.instruments import REGISTRY as INSTRUMENTS
from ecosim.shocks import REGISTRY as SHOCKS

#: Each family's registry, by the name of its section in a scenario and of its option group; in the order of a month.
FAMILIES: dict[str, dict[str, type[Declared]]] = {
    "shocks": SHOCKS,  # type: ignore[dict-item]
    "decisions": DECISIONS,  # type: ignore[dict-item]
    "instruments": INSTRUMENTS,  # type: ignore[dict-item]
    "funders": FUNDERS,  # type: ignore[dict-item]
}


def kind_of(family: str, name: str, settings: Any) -> tuple[type[Declared], dict[str, Any]]:
    """The class that an entry of a family names, and what it sets.

    Parameters
    ----------
    family : str
        Section of the scenario.
    name : str
        Key of the entry; its kind too, where the settings name none.
    settings : mapping
        ``{"kind": ..., parameter: value, ...}``.

    Raises
    ------
    InputError
        If it is no mapping, or names a kind that is not there.
    """
    if not isinstance(settings, Mapping):
        raise InputError(f"{family}.{name}", settings, problem="wrong type", allowed="a mapping {kind: ..., ...}")
    registry = FAMILIES[family]
    kind = str(settings.get("kind", name))
    if kind not in registry:
        raise InputError(
            f"{family}.{name}", kind, problem="no such kind", allowed=", ".join(sorted(registry)),
            nearest=nearest_name(kind, registry),
        )  # fmt: skip
    return registry[kind], {key: value for key, value in settings.items() if key != "kind"}


def yield_to_cases(shocks: Any, keys: Iterable[str]) -> None:
    """Take out of settings of shocks, in place, what a case named among the keys sets and no key does.

    An option or a saved scenario says something of every parameter; a case that is named later counts instead, and what
    is set beside it counts before either.

    Parameters
    ----------
    shocks : mapping
        Name -> settings, as they are after the keys were set.
    keys : iterable of str
        Dotted keys that were set, such as ``shocks.mine.severity_of``.
    """
    given = set(keys)
    for key in given:
        parts = key.split(".")
        if len(parts) != 3 or (parts[0], parts[2]) != ("shocks", "severity_of"):
            continue
        settings = shocks.get(parts[1]) if isinstance(shocks, Mapping) else None
        if not isinstance(settings, dict):
            continue
        kind = SHOCKS.get(str(settings.get("kind", parts[1])))
        case = None if kind is None else kind.cases.get(str(settings.get("severity_of")))
        for name in case.values if case is not None else ():
            if f"shocks.{parts[1]}.{name}" not in given:
                settings.pop(name, None)
