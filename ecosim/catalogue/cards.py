"""One card for every kind: what ``ecosim list``, the documentation, the page and the contract tests read."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ecosim.catalogue.families import FAMILIES
from ecosim.channels.declared import Declared
from ecosim.channels.handles import HANDLE


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
    #: Who decides, what is seen, what is ordered; empty but for decisions.
    decides: str
    sees: tuple[str, ...]
    orders: tuple[str, ...]
    #: Its own parameters: name, default, description.
    parameters: tuple[tuple[str, Any, str], ...]


def card_of(family: str, cls: type[Declared]) -> Card:
    """The card of one kind."""
    improves: frozenset[str] = getattr(cls, "improves", frozenset())
    limit = cls.model_fields.get("limit")
    shared = set(_family_fields(cls))
    return Card(
        family=family,
        kind=cls.kind,
        summary=cls.summary,
        text=inspect.getdoc(cls) or "",
        handles=tuple((name, "better" if name in improves else _direction(family)) for name in _in_order(cls.handles)),
        price=getattr(cls, "price", ""),
        evidence=getattr(cls, "evidence", ""),
        evidence_reason=getattr(cls, "evidence_reason", ""),
        limit=None if limit is None else float(limit.default),
        decides=getattr(cls, "decides", ""),
        sees=tuple(sorted(getattr(cls, "sees", ()))),
        orders=tuple(sorted(getattr(cls, "orders", ()))),
        parameters=tuple(
            (name, field.get_default(call_default_factory=True), field.description or "")
            for name, field in cls.model_fields.items()
            if name not in shared
        ),
    )


def cards(family: str | None = None) -> Iterator[Card]:
    """Every card, by family and kind."""
    for name, registry in FAMILIES.items():
        if family in (None, name):
            for kind in sorted(registry):
                yield card_of(name, registry[kind])


def _direction(family: str) -> str:
    return "worse" if family in ("shocks", "instruments") else "either way"


def _in_order(handles: frozenset[str]) -> list[str]:
    return [name for name in HANDLE if name in handles]


def _family_fields(cls: type[Declared]) -> dict[str, Any]:
    """Parameters that all kinds of a family have."""
    parents = (parent for parent in cls.__mro__[1:] if issubclass(parent, Declared))
    base = next(parent for parent in parents if not parent.__dict__.get("kind"))
    return dict(base.model_fields)
