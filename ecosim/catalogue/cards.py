"""One card for every kind: what ``ecosim list``, the documentation, the page and the contract tests read."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ecosim.catalogue.families import FAMILIES, kind_of
from ecosim.channels.declared import Declared
from ecosim.channels.handles import HANDLE
from ecosim.shocks.named import NamedCase


@dataclass(frozen=True)
class Card:
    """What one kind says about itself."""

    #: "shocks", "instruments", "decisions" or "funders".
    family: str
    kind: str
    #: One sentence.
    summary: str
    #: The rest of what its class says, in paragraphs.
    text: str
    #: Handles it may change, with what more of each means for who collaborates: "better" or "worse".
    handles: tuple[tuple[str, str], ...]
    #: What it costs beyond money; empty where that is all.
    price: str
    #: A (measured for this use), B (measured nearby), C (reasoned); empty for families without grades.
    evidence: str
    evidence_reason: str
    #: Largest share of a gap it can close; None where it closes none.
    limit: float | None
    #: What it builds, and after how many months half of that is gone; empty where it builds nothing.
    stock: str
    asset: str
    #: What the project's source texts say that it stands for; or why they say nothing.
    passage: str
    why_no_passage: str
    #: Arguments of ``ecosim run`` under which it has much to do, in any world.
    example: tuple[str, ...]
    #: Who decides, what is seen, what is ordered; empty but for decisions.
    decides: str
    sees: tuple[str, ...]
    orders: tuple[str, ...]
    #: Its own parameters: name, default, description.
    parameters: tuple[tuple[str, Any, str], ...]
    #: Kind whose mechanism it is with other numbers; empty where it has a mechanism of its own.
    preset_of: str = ""
    #: Cases that `severity_of` names: name, and what is documented of each.
    cases: tuple[tuple[str, NamedCase], ...] = ()


def card_of(family: str, cls: type[Declared]) -> Card:
    """The card of one kind."""
    improves: frozenset[str] = getattr(cls, "improves", frozenset())
    limit, life = cls.model_fields.get("limit"), cls.model_fields.get("life_months")
    moved: frozenset[str] = getattr(cls, "redistributes", frozenset())

    def direction(name: str) -> str:
        if name in moved:
            return "worse for some, better for others"
        return "better" if name in improves else _direction(family)

    shared = set(_family_fields(cls))
    return Card(
        family=family,
        kind=cls.kind,
        summary=cls.summary,
        text=inspect.getdoc(cls) or "",
        handles=tuple((name, direction(name)) for name in _in_order(cls.handles)),
        price=getattr(cls, "price", ""),
        evidence=getattr(cls, "evidence", ""),
        evidence_reason=getattr(cls, "evidence_reason", ""),
        limit=None if limit is None else float(limit.default),
        stock="" if life is None else _life(float(life.default)),
        asset=_asset(cls),
        passage=cls.passage,
        why_no_passage=cls.why_no_passage,
        example=tuple(words(example_of(family, cls))),
        decides=getattr(cls, "decides", ""),
        sees=tuple(sorted(getattr(cls, "sees", ()))),
        orders=tuple(sorted(getattr(cls, "orders", ()))),
        parameters=tuple(
            (name, field.get_default(call_default_factory=True), field.description or "")
            for name, field in cls.model_fields.items()
            if name not in shared
        ),
        preset_of=preset_of(cls),
        cases=tuple(getattr(cls, "cases", {}).items()),
    )


def preset_of(cls: type[Declared]) -> str:
    """Kind of which a class is a preset: one that it descends from and acts just as; empty if there is none."""
    for parent in cls.__mro__[1:]:
        if parent.__dict__.get("kind") and issubclass(parent, Declared):
            same = all(getattr(cls, name, None) is getattr(parent, name, None) for name in ("push", "decide"))
            return parent.kind if same else ""
    return ""


def cards(family: str | None = None) -> Iterator[Card]:
    """Every card, by family and kind."""
    for name, registry in FAMILIES.items():
        if family in (None, name):
            for kind in sorted(registry):
                yield card_of(name, registry[kind])


def example_of(family: str, cls: type[Declared]) -> dict[str, dict[str, Any]]:
    """The example that a kind ships: by family, each kind in it and its settings, those of its option included."""
    parts = {name: dict(kinds) for name, kinds in cls.example_beside.items()}
    parts.setdefault(family, {})[cls.kind] = cls.example
    found: dict[str, dict[str, Any]] = {
        name: {kind: {**kind_of(name, kind, settings)[0].option, **settings} for kind, settings in parts[name].items()}
        for name in FAMILIES
        if name in parts
    }
    # a section that is no family, such as the mechanisms
    return found | {name: values for name, values in parts.items() if name not in FAMILIES}


def words(example: dict[str, dict[str, Any]]) -> Iterator[str]:
    """An example as arguments of ``ecosim run``."""
    for family, kinds in example.items():
        if family not in FAMILIES:
            yield from (f"{family}.{name}={_written(value)}" for name, value in kinds.items())
            continue
        yield f"{family}=[{','.join(kinds)}]"
        for kind, settings in kinds.items():
            option = FAMILIES[family][kind].option
            for name, value in settings.items():
                if name in option and option[name] == value:
                    continue
                yield f"{family}.{kind}.{name}={_written(value)}"


def _written(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_written, value))}]"
    # never in powers of ten, which not every reader of a command line takes for a number
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _life(months: float) -> str:
    return f"half of what it has built is gone after {months:g} months" if months else "acts at once and leaves nothing"


def _asset(cls: type[Declared]) -> str:
    kind = getattr(cls, "builds", "")
    if not kind:
        return ""
    given = {name: field.default for name, field in cls.model_fields.items()}
    return (
        f"a {kind} in the host: EUR {given['build_eur']:,.0f} to build and EUR {given['running_eur']:,.0f} a month to "
        f"run; frozen while the host's political openness to the owner is below {given['closes_below']:g} of that at "
        f"rest, and lost after {given['lost_after_months']} months of it"
    )


def _direction(family: str) -> str:
    return "worse" if family in ("shocks", "instruments") else "either way"


def _in_order(handles: frozenset[str]) -> list[str]:
    return [name for name in HANDLE if name in handles]


def _family_fields(cls: type[Declared]) -> dict[str, Any]:
    """Parameters that all kinds of a family have."""
    parents = (parent for parent in cls.__mro__[1:] if issubclass(parent, Declared))
    base = next(
        parent for parent in parents if not (parent.__dict__.get("kind") or parent.__dict__.get("of_some_kinds"))
    )
    return dict(base.model_fields)
