"""What can be named in an override, for ``ecosim list``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ecosim.errors import InputError, nearest_name, shown

_GROUPS = {
    "worlds": "world",
    "policies": "policy",
    "programmes": "programme",
    "experiments": "experiment",
    "scenarios": "scenario",
}


def listing(
    kind: str, config_dirs: Sequence[str] = (), plugins: Sequence[str] = (), words: Sequence[str] = ()
) -> list[str]:
    """Lines of ``ecosim list KIND [WORD ...]``.

    Parameters
    ----------
    kind : str
        What is listed.
    config_dirs, plugins : sequence of str
        Folders with further options; modules and files that register mechanisms.
    words : sequence of str
        Only lines whose name holds all of these, in any case; if there is none, lines that hold them anywhere. A
        country or a bloc may be written in any usual form.

    Raises
    ------
    InputError
        If no line holds them.
    """
    from pathlib import Path

    for folder in config_dirs:
        if not Path(folder).is_dir():
            raise InputError("--config-dir", folder, problem="no such folder")
    if plugins:
        from ecosim.lab.compose import load_plugins

        load_plugins(plugins)
    rows = _rows(kind, config_dirs)
    lines = list(_parameters(rows) if kind == "parameters" else _table(rows))
    if not words:
        return lines
    if kind in ("countries", "blocs") and len(words) > 1:
        # "korea" and "republic of korea" are both one country
        words = [" ".join(words)]
    wanted = [word.lower() for word in words]
    names = [row[0].lower() for row in rows]
    found = [k for k, name in enumerate(names) if name in _written(kind, words[0])]
    found = found or [k for k, name in enumerate(names) if all(word in name for word in wanted)]
    found = found or [k for k, line in enumerate(lines) if all(word in line.lower() for word in wanted)]
    if not found:
        raise InputError(
            "list", f"{kind} {' '.join(words)}", problem="no line holds this",
            allowed=f"a word of `ecosim list {kind}`",
            nearest=nearest_name(" ".join(words), [row[0] for row in rows]),
        )  # fmt: skip
    return [lines[k] for k in found]


def names(kind: str) -> list[str]:
    """Every name that ``ecosim list KIND`` shows."""
    return [name for name, _ in _rows(kind, ())]


def _written(kind: str, word: str) -> tuple[str, ...]:
    """The name, in small letters, of the country or bloc that a word writes out."""
    if kind == "countries":
        from ecosim.world.names import country_code

        return (str(country_code(word)).lower(),)
    return (word.lower(), f"bloc:{word.lower()}") if kind == "blocs" else ()


def _rows(kind: str, config_dirs: Sequence[str]) -> list[Any]:
    """What there is of a kind: name and meaning of each, or the keys themselves."""
    if kind == "parameters":
        from ecosim.lab.keys import scenario_keys, settings_keys

        return [(key.name, key) for key in [*scenario_keys(), *settings_keys()]]
    if kind in _TABLES:
        return _TABLES[kind]()
    from ecosim.catalogue.families import FAMILIES
    from ecosim.lab.compose import options, presets

    found = options(_GROUPS.get(kind, kind), config_dirs)
    for name, of in presets(kind, config_dirs).items():
        found[name] = f"{found[name]} (a preset of {of})".lstrip()
    for name, cls in FAMILIES["shocks"].items() if kind == "shocks" else ():
        cases = getattr(cls, "cases", {})
        if cases:
            found[name] += f" (severity_of: {', '.join(cases)})"
    if kind == "scenarios":
        # the comment of a file goes on to dates and sources
        found = {name: first_sentence(text) for name, text in found.items()}
    return sorted(found.items())


def first_sentence(text: str) -> str:
    """The first sentence of a text."""
    head, stop, _ = text.partition(". ")
    return f"{head}." if stop else text


def _members() -> dict[str, tuple[str, ...]]:
    """Blocs as targets take them, in the world that has every country: name to ISO 3 codes."""
    from ecosim.world.names import blocs_in
    from ecosim.world.presets import programme_world

    return blocs_in(programme_world())


def _countries() -> list[tuple[str, str]]:
    from ecosim.world.tables import read_tables

    table, blocs = read_tables()["countries"], _members()
    rows = []
    for code, short, name in zip(table.words("iso3"), table.words("cordis_code"), table.words("name"), strict=True):
        own = ", ".join(bloc for bloc, members in blocs.items() if code in members)
        rows.append((code, f"{name} ({short}{f'; bloc: {own}' if own else ''})"))
    return rows


def _blocs() -> list[tuple[str, str]]:
    return [
        (f"bloc:{name}", f"{len(codes)} {'country' if len(codes) == 1 else 'countries'}: {' '.join(sorted(codes))}")
        for name, codes in _members().items()
    ]


def _sectors() -> list[tuple[str, str]]:
    from ecosim.world.facts import PROGRAMME_PARTS, SECTORS
    from ecosim.world.tables import read_tables

    projects = read_tables()["sectors"].numbers("projects", int)
    share = 100.0 * projects / projects.sum()
    return [
        (name, f"{share[k]:.0f} % of the projects in the data; written to CORDIS tables as {part}")
        for k, (name, part) in enumerate(zip(SECTORS, PROGRAMME_PARTS, strict=True))
    ]


def _measures() -> list[tuple[str, str]]:
    from ecosim.analysis.naming import MEANINGS

    return list(MEANINGS.items())


def _outcomes() -> list[tuple[str, str]]:
    from ecosim.outcomes.collaboration import PRINCIPAL
    from ecosim.outcomes.derived import DERIVED, DERIVED_OF_STAGES
    from ecosim.outcomes.health import OUTCOMES as HEALTH
    from ecosim.outcomes.stages import OUTCOMES as STAGES
    from ecosim.record import AT_RISK, OUTCOMES

    rows = [(name, f"{meaning} ({unit})") for name, unit, meaning in OUTCOMES + DERIVED]
    rows += [
        (name, f"{meaning} ({unit}; with mechanisms.stages=true)") for name, unit, meaning in STAGES + DERIVED_OF_STAGES
    ]
    rows += [(name, f"{meaning} ({unit}; with mechanisms.health=true)") for name, unit, meaning in HEALTH]
    parts = [
        (f"The part of {name} in partnerships with a member, a funder or a supplier that a branch of shocks targets",
         "The same, proposed before the announcement")
        for name, _, _ in PRINCIPAL
    ]  # fmt: skip
    meanings = [words for pair in parts for words in pair]
    return rows + [(f"{prefix}BRANCH", words) for prefix, words in zip(AT_RISK, meanings, strict=True)]


def _agents() -> list[tuple[str, str]]:
    import inspect

    from ecosim.catalogue.agents import REGISTRY

    return [(kind, (inspect.getdoc(cls) or "").partition("\n")[0]) for kind, cls in sorted(REGISTRY.items())]


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


def _parameters(rows: Sequence[tuple[str, Any]]) -> Iterator[str]:
    width = max(len(name) for name, _ in rows)
    for name, key in rows:
        notes = [key.allowed]
        if key.unit:
            notes.append(key.unit)
        if key.range is not None:
            notes.append(f"{key.role} {key.range[0]:g} to {key.range[1]:g}")
        elif key.role != "choice":
            notes.append(key.role)
        yield f"{name:<{width}}  {shown(key.default, 24):<24}  {key.description} ({'; '.join(notes)})"


def _table(rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max((len(name) for name, _ in rows), default=0)
    for name, text in rows:
        yield f"{name:<{width}}  {text}".rstrip()


_TABLES: dict[str, Callable[[], list[tuple[str, str]]]] = {
    "agents": _agents,
    "blocs": _blocs,
    "countries": _countries,
    "handles": _handles,
    "measures": _measures,
    "outcomes": _outcomes,
    "sectors": _sectors,
}
