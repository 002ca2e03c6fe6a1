"""Named cases: documented values that a shock takes with ``severity_of``, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ecosim.errors import shown


@dataclass(frozen=True)
class NamedCase:
    """What is documented of one case, as values of a shock's parameters.

    It sets the parameters that its figures guide and no others: targets, dates and whatever nobody has measured stay as
    they are.
    """

    #: What happened, in a sentence.
    what: str
    #: By parameter. What a user sets beside it counts instead.
    values: Mapping[str, Any]
    #: Where the figures are from, and how the values follow from them.
    source: str
    #: What they leave open, so that it stays assumed.
    assumed: str

    @property
    def values_text(self) -> str:
        """The values, for people: "severity 0.2, effective_after_months 1"."""
        return ", ".join(f"{name} {shown(value)}" for name, value in self.values.items())


def cases_by_name(**cases: NamedCase) -> Mapping[str, NamedCase]:
    """A table of cases that nobody can write to."""
    return MappingProxyType(cases)
