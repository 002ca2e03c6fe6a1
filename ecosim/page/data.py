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
        "cards": cards(with_settings=source == "server"),
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


def cards(*, with_settings: bool = False) -> list[dict[str, Any]]:
    """Every card of the catalogue, as plain data.

    Parameters
    ----------
    with_settings : bool
        Whether each also says what can be set, and each shock whom it hits where no country is named: only a server
        runs other settings than the usual ones.

    Notes
    -----
    ``needs`` are settings beside it without which a card does nothing; ``health`` is true where it acts on health.
    """
    from ecosim.catalogue.cards import cards as every
    from ecosim.catalogue.families import FAMILIES

    found = []
    for card in every():
        plain = {name: _plain(value) for name, value in asdict(card).items()}
        plain.pop("passage"), plain.pop("why_no_passage"), plain.pop("parameters")
        made = {
            **plain, "title": card.kind.replace("_", " ").capitalize(), "what": card.summary, "grade": card.evidence,
            "evidence": card.evidence_reason, "handles": [list(pair) for pair in card.handles],
        }  # fmt: skip
        beside = FAMILIES[card.family][card.kind].example_beside
        switched = beside.get("mechanisms", {})
        needs: dict[str, Any] = {"mechanisms.stages": True} if switched.get("stages") else {}
        needs |= {f"funders.{funder}.kind": funder for funder in beside.get("funders", {})}
        # the rest of the world, which the page's world has, has no facts about health
        made |= {"needs": needs} if needs else {}
        made |= {"health": True} if switched.get("health") else {}
        if with_settings:
            made["settings"] = settings(card.family, card.kind)
            targets = FAMILIES[card.family][card.kind].model_fields.get("targets")
            made |= {} if targets is None else {"hits": str(targets.default)}
        found.append(made)
    return found


def settings(family: str, kind: str) -> list[dict[str, Any]]:
    """What can be set of a kind on the page: name, meaning, kind of field, usual value, range or choices.

    Countries that a shock hits are chosen on the map.

    Examples
    --------
    >>> [(one["name"], one["type"], one["value"]) for one in settings("decisions", "switch_on")][-3:]
    [('below', 'number', 0.8), ('for_months', 'whole', 6), ('instrument', 'choice', '')]
    """
    from ecosim.catalogue.families import FAMILIES

    properties = FAMILIES[family][kind].model_json_schema()["properties"]
    found = []
    for name, told in properties.items():
        if name == "targets":
            continue
        forms = [form for form in told.get("anyOf", [told]) if form["type"] != "null"]
        choices = [word for form in forms for word in form.get("enum", [form["const"]] if "const" in form else [])]
        choices = _choices(family, kind, name) or choices
        if name == "severity_of" and not choices:
            continue
        listed = any(form["type"] == "array" for form in forms)
        one = {
            "name": name, "what": told["description"], "value": _plain(told["default"]),
            "type": "list" if listed else "choice" if choices else _FIELDS[forms[0]["type"]],
        }  # fmt: skip
        bounds = {"least": forms[0].get("minimum"), "most": forms[0].get("maximum")}
        one |= {bound: value for bound, value in bounds.items() if value is not None}
        one |= {"choices": choices} if choices else {}
        one |= {"empty": True} if any(form["type"] == "null" for form in told.get("anyOf", ())) else {}
        if (family, name) == ("instruments", "monthly_eur"):
            # what the page pays an instrument unless it is told otherwise
            one["value"] = COIN_EUR
        found.append(one)
    return found


#: Kind of field by type in a schema.
_FIELDS = {"number": "number", "integer": "whole", "boolean": "switch", "string": "text"}


def _choices(family: str, kind: str, name: str) -> list[str]:
    """Words that a setting takes and its type does not name."""
    from ecosim.instruments import REGISTRY as INSTRUMENTS
    from ecosim.record import columns_of
    from ecosim.shocks import REGISTRY as SHOCKS

    if (family, name) == ("shocks", "severity_of"):
        return list(SHOCKS[kind].cases)
    if (family, kind) == ("decisions", "switch_on"):
        return {"outcome": list(columns_of(False)[0]), "instrument": sorted(INSTRUMENTS)}.get(name, [])
    return []


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
