"""The page's data: the finished grid, and beside it what the catalogue, the schema and the maps already know."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ecosim.errors import InputError
from ecosim.page.levers import COIN_EUR, COINS
from ecosim.version import __version__

#: Version of the data object.
FORMAT = 1
#: The grid that ships, and what it was made from.
GRID = Path(__file__).parent / "data" / "grid.json"
MANIFEST = Path(__file__).parent / "data" / "manifest.json"
#: Words for the switches of the mechanisms.
_MECHANISM_LABELS = {
    "trust": "Trust", "familiarity": "Habit", "knowledge": "Fitting knowledge", "core_reform": "Cores re-form",
    "newcomers": "Newcomers", "substitution": "Members are replaced", "staff_loss": "Staff is lost",
    "learning": "Learning", "expectation": "Foresight", "unfunded": "Work without grants", "supply": "Suppliers",
    "stages": "From research to use", "instruments": "Instruments",
}  # fmt: skip
#: What stands where a source would, by role; the page says the same in the reader's language.
NO_SOURCE = {"assumed": "assumed; no study", "fitted": "fitted to data"}
#: What each score is, and assumptions that it hangs on.
_WHY: dict[str, tuple[str, tuple[str, ...]]] = {
    "kept": (
        "Collaboration under the shock, as a share of the same world and policy without it. It is work that joins "
        "countries. What is not lost is kept by members who stay, by replacements, and by new consortia.",
        (
            "behaviour.work.coordination_by_country",
            "behaviour.work.unfunded_share",
            "behaviour.work.coordination_saved_by_trust",
            "behaviour.work.member_withdrawal_hazard",
        ),
    ),
    "output": (
        "What the work yields under the shock, as a share of what the policy it is compared with yields without it. A "
        "policy that costs something in calm times begins below 100 %.",
        (
            "behaviour.output.diversity",
            "behaviour.work.coordination_by_country",
            "behaviour.work.coordination_saved_by_trust",
        ),
    ),
    "left_out": (
        "Peripheral countries that have no seat in a funded partnership, as a share of them. Peripheral are those that "
        "the programme counts as less research-intensive. Small worlds leave more of them out than large ones.",
        ("behaviour.work.coordination_by_country",),
    ),
}


def start(grid: dict[str, Any] | None = None, *, source: str = "file") -> dict[str, Any]:
    """The data object of the page.

    Parameters
    ----------
    grid : dict, optional
        A packed grid; the one that ships by default.
    source : {"file", "server"}
        Who shows it.

    Raises
    ------
    InputError
        If no grid ships with this copy.
    """
    grid = shipped() if grid is None else dict(grid)
    codes = grid.pop("codes")
    data = {
        "format": FORMAT,
        "version": __version__,
        "made": grid.pop("made", ""),
        "source": source,
        "countries": countries(codes),
        "outlines": outlines(),
        **grid,
        "cards": cards(),
        "assumptions": assumptions(),
        "mechanisms": mechanisms(),
        "instruments": instruments(),
    }
    data["why"] = why({item["key"] for item in data["assumptions"]})
    return data


def shipped() -> dict[str, Any]:
    """The grid that ships.

    Raises
    ------
    InputError
        If it is missing or damaged.
    """
    try:
        grid = json.loads(GRID.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(str(GRID), problem=f"cannot be read ({error})", allowed="install ecosim again") from None
    assert isinstance(grid, dict)
    return grid


def countries(codes: list[str]) -> list[dict[str, Any]]:
    """Countries in the order of every array: code, name, a point for links (null for the rest of the world), bloc."""
    from ecosim.config.world import WorldConfig
    from ecosim.plots.maps import country_name
    from ecosim.plots.maps import outlines as known
    from ecosim.world import load_world

    world = load_world(WorldConfig(preset="europe"))
    points = {code: outline.point for code, outline in known().items()}
    found = []
    for code in codes:
        at = world.countries.index(code)
        longitude, latitude = points.get(code, (None, None))
        found.append({
            "iso3": code, "name": country_name(code) if code in points else world.country_names[at], "lon": longitude,
            "lat": latitude, "bloc": world.bloc_names[int(world.bloc[at])], "peripheral": bool(world.peripheral[at]),
        })  # fmt: skip
    return found


def outlines() -> dict[str, Any]:
    """The outlines the plots have: ISO 3 -> name, point, rings of longitudes and latitudes in turn."""
    from ecosim.plots.maps import OUTLINES

    raw: dict[str, Any] = json.loads(OUTLINES.read_text(encoding="utf-8"))
    return raw


def cards() -> list[dict[str, Any]]:
    """Every card of the catalogue, as plain data."""
    from ecosim.catalogue.cards import cards as every

    found = []
    for card in every():
        plain = {name: _plain(value) for name, value in asdict(card).items()}
        plain.pop("passage"), plain.pop("why_no_passage")
        found.append({
            **plain, "title": card.kind.replace("_", " ").capitalize(), "what": card.summary, "grade": card.evidence,
            "evidence": card.evidence_reason, "handles": [list(pair) for pair in card.handles],
        })  # fmt: skip
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def assumptions() -> list[dict[str, Any]]:
    """What nobody has measured: key, value, range, source, unit, what it is. Fitted parameters are marked.

    Where there is no source, the source says so.
    """
    from ecosim.lab.keys import scenario_keys

    return [
        {
            "key": key.name, "value": _plain(key.default), "range": list(key.range), "unit": key.unit,
            "source": key.source or NO_SOURCE[key.role], "what": key.description, "role": key.role,
        }
        for key in scenario_keys()
        if key.range is not None and key.role in ("assumed", "fitted")
    ]  # fmt: skip


def mechanisms() -> list[dict[str, Any]]:
    """Mechanisms that a button switches off."""
    from ecosim.config.behaviour import MechanismsConfig

    return [
        {"key": name, "label": _MECHANISM_LABELS.get(name, name.replace("_", " ").capitalize()),
         "what": field.description or "", "on": bool(field.default)}
        for name, field in MechanismsConfig.model_fields.items()
    ]  # fmt: skip


def instruments() -> list[dict[str, Any]]:
    """Instruments that coins can be laid on."""
    from ecosim.catalogue.cards import cards as every

    return [
        {"kind": card.kind, "title": card.kind.replace("_", " ").capitalize(), "what": card.summary,
         "coins": COINS, "coin_eur": COIN_EUR}
        for card in every("instruments")
    ]  # fmt: skip


def why(known: set[str]) -> dict[str, Any]:
    """What each score rests on; the command that repeats it belongs to what is chosen, and the page writes it."""
    return {
        name: {"text": text, "assumptions": [key for key in keys if key in known]}
        for name, (text, keys) in _WHY.items()
    }
