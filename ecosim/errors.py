"""Errors for people: what was given, what is allowed, and the nearest valid name, in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class InputError(ValueError):
    """Something the user gave cannot be used; reported as one line, with exit code 2, before anything runs.

    Parameters
    ----------
    key : str
        The parameter, option, file or folder, as the user would write it.
    value : object, optional
        What was given; left out of the line when None.
    allowed : str
        What would have been accepted.
    nearest : str, optional
        The nearest valid name.
    problem : str
        What is wrong, when "not allowed" does not say it.
    """

    def __init__(
        self,
        key: str,
        value: Any = None,
        allowed: str = "",
        nearest: str | None = None,
        *,
        problem: str = "not allowed",
    ) -> None:
        self.key = key
        self.value = value
        self.allowed = allowed
        self.nearest = nearest
        self.problem = problem
        super().__init__(self._line())

    def _line(self) -> str:
        given = self.key if self.value is None else f"{self.key}={shown(self.value)}"
        line = f"{given}: {self.problem}"
        if self.allowed:
            line += f"; allowed: {self.allowed}"
        if self.nearest:
            line += f"; did you mean {self.nearest}?"
        return " ".join(line.split())

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (self.key, self.value, self.allowed, self.nearest, self.problem))


def _rebuild(key: str, value: Any, allowed: str, nearest: str | None, problem: str) -> InputError:
    return InputError(key, value, allowed, nearest, problem=problem)


def shown(value: Any, longest: int = 80) -> str:
    """A value as the user would type it, cut when long."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif value is None:
        text = "null"
    elif isinstance(value, (list, tuple)):
        text = "[" + ",".join(shown(item) for item in value) + "]"
    else:
        text = str(value)
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 3] + "..."


def nearest_name(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The valid name closest to what was typed, or None when nothing is close.

    For dotted keys the last part counts too: ``tranches`` finds ``programme.tranches``.
    """
    names = sorted(set(known))
    lowered = {item.lower(): item for item in names}
    if name.lower() in lowered:
        return lowered[name.lower()]
    leaf = name.lower().rsplit(".", 1)[-1]
    same_leaf = [item for item in names if item.lower().rsplit(".", 1)[-1] == leaf]
    if same_leaf:
        return max(same_leaf, key=lambda item: difflib.SequenceMatcher(None, item.lower(), name.lower()).ratio())
    containing = [item for low, item in lowered.items() if len(name) > 3 and name.lower() in low]
    if len(containing) == 1:
        return containing[0]
    close = difflib.get_close_matches(name.lower(), list(lowered), n=1, cutoff=cutoff)
    if close:
        return lowered[close[0]]
    by_leaf = {item.lower().rsplit(".", 1)[-1]: item for item in names}
    close = difflib.get_close_matches(leaf, list(by_leaf), n=1, cutoff=0.75)
    return by_leaf[close[0]] if close else None
