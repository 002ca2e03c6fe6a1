"""Classes of organisations that users define, by the name under which a scenario calls for them.

Apart from the classes themselves, for a scenario is read without Mesa.
"""

from __future__ import annotations

from typing import Any

from ecosim.errors import nearest_name

#: Every class that gives itself a ``kind``; filled by the classes themselves.
REGISTRY: dict[str, type[Any]] = {}


def classes_named(names: tuple[str, ...]) -> tuple[type[Any], ...]:
    """The classes of these names, in their order.

    Raises
    ------
    ValueError
        If a name is not known or stands twice.
    """
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"names {name} twice")
        if name not in REGISTRY:
            hint = nearest_name(name, tuple(REGISTRY))
            known = f"allowed: {', '.join(sorted(REGISTRY))}" if REGISTRY else "a --plugin defines them; there is none"
            near = f"; did you mean {hint}?" if hint else ""
            raise ValueError(f"no class of organisations has the kind '{name}'; {known}{near}")
    return tuple(REGISTRY[name] for name in names)
