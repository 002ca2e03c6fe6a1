"""What can be named in an override, for ``ecosim list``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ecosim.errors import InputError, shown

_GROUPS = {
    "worlds": "world",
    "policies": "policy",
    "programmes": "programme",
    "experiments": "experiment",
    "shocks": "shocks",
    "instruments": "instruments",
}


def listing(kind: str, config_dirs: Sequence[str] = (), plugins: Sequence[str] = ()) -> Iterator[str]:
    """Lines of ``ecosim list KIND``."""
    from pathlib import Path

    from ecosim.lab.compose import load_plugins, options

    for folder in config_dirs:
        if not Path(folder).is_dir():
            raise InputError("--config-dir", folder, problem="no such folder")
    load_plugins(plugins)
    if kind == "parameters":
        yield from _parameters()
    elif kind == "outcomes":
        yield from _table(_outcomes())
    elif kind == "handles":
        yield from _table(_handles())
    elif kind == "measures":
        from ecosim.analysis.naming import MEANINGS

        yield from _table(list(MEANINGS.items()))
    else:
        group = _GROUPS[kind]
        found = options(group, config_dirs)
        if kind in ("shocks", "instruments"):
            found = {**{name: str(made.summary) for name, made in _registry(kind).items()}, **found}
        yield from _table(sorted(found.items()))


def _registry(kind: str) -> dict[str, Any]:
    if kind == "shocks":
        from ecosim.shocks import REGISTRY as SHOCKS

        return dict(SHOCKS)
    from ecosim.instruments import REGISTRY as INSTRUMENTS

    return dict(INSTRUMENTS)


def _outcomes() -> list[tuple[str, str]]:
    from ecosim.outcomes.collaboration import PRINCIPAL
    from ecosim.outcomes.diversity import DERIVED
    from ecosim.record import AT_RISK, OUTCOMES

    rows = [(name, f"{meaning} ({unit})") for name, unit, meaning in OUTCOMES + DERIVED]
    parts = [
        (f"The part of {name} in partnerships with a member, a funder or a supplier that a branch of shocks targets",
         "The same, proposed before the announcement")
        for name, _, _ in PRINCIPAL
    ]  # fmt: skip
    meanings = [words for pair in parts for words in pair]
    return rows + [(f"{prefix}BRANCH", words) for prefix, words in zip(AT_RISK, meanings, strict=True)]


def _handles() -> list[tuple[str, str]]:
    from ecosim.channels.handles import HANDLES

    return [
        (
            handle.name,
            f"{handle.meaning.removesuffix('.')} (by {handle.axes_text}; {handle.range_text}; at rest "
            f"{handle.rest_text}; {'more' if handle.better == 'up' else 'less'} is better)",
        )
        for handle in HANDLES
    ]


def _parameters() -> Iterator[str]:
    from ecosim.lab.keys import scenario_keys, settings_keys

    keys = [*scenario_keys(), *settings_keys()]
    width = max(len(key.name) for key in keys)
    for key in keys:
        notes = [key.allowed]
        if key.unit:
            notes.append(key.unit)
        if key.range is not None:
            notes.append(f"{key.role} {key.range[0]:g} to {key.range[1]:g}")
        elif key.role != "choice":
            notes.append(key.role)
        yield f"{key.name:<{width}}  {shown(key.default, 24):<24}  {key.description} ({'; '.join(notes)})"


def _table(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max((len(name) for name, _ in rows), default=0)
    for name, text in rows:
        yield f"{name:<{width}}  {text}".rstrip()
