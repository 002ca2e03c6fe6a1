"""Errors for people: what was given, what is allowed, and the nearest valid name, in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

#: Longest name of a file or folder, longest path, and longest label in a table, in bytes (labels: in letters).
LONGEST_NAME, LONGEST_PATH, LONGEST_LABEL = 255, 4000, 200
#: Levels of lists and mappings inside each other that a value may have, and items of all of them together.
DEEPEST, MOST_ITEMS = 20, 200_000


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
        # a key may be what somebody typed, of any length
        key = shown(self.key, LONGEST_LABEL)
        given = key if self.value is None else f"{key}={shown(self.value)}"
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


def reason_of(error: BaseException, longest: int = 500) -> str:
    """What an error says, in one line, cut when long; its kind where it says nothing."""
    return " ".join(str(error).split())[:longest] or type(error).__name__


def shown(value: Any, longest: int = 80) -> str:
    """A value as the user would type it, cut when long."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif value is None:
        text = "null"
    elif isinstance(value, (list, tuple)):
        # what is cut away in the end need not be put into words, nor what lies too deep
        text = "[" + ",".join(shown(item) if _depth(item) < DEEPEST else "..." for item in value[:longest]) + "]"
    else:
        try:
            text = str(value)
        except (ValueError, RecursionError):
            text = f"a {type(value).__name__} too long to show"
    # half a letter, from bytes that are no UTF-8, could not be printed
    text = " ".join(text.encode("utf-8", "backslashreplace").decode().split())
    return text if len(text) <= longest else text[: longest - 3] + "..."


def _depth(value: Any) -> int:
    """Levels of lists and mappings inside each other, counted to one more than is allowed."""
    layer, levels = [value], 0
    while layer and levels <= DEEPEST:
        inside: list[Any] = []
        for item in layer:
            if isinstance(item, Mapping):
                inside += [*item.values(), *(key for key in item if isinstance(key, tuple))]
            elif isinstance(item, (list, tuple)):
                inside += item
            if len(inside) > MOST_ITEMS:
                return DEEPEST + 1
        if not inside and not any(isinstance(item, (Mapping, list, tuple)) for item in layer):
            break
        layer, levels = inside, levels + 1
    return levels


def plain_data(key: str, value: Any) -> None:
    """Refuse data that nobody can have meant, and that would end in a traceback further on.

    Parameters
    ----------
    key : str
        Where it stands, for the message.
    value : object
        Lists, mappings, text and numbers.

    Raises
    ------
    InputError
        If lists and mappings lie too deep, or are too many (a few aliases of YAML make millions); if text holds a zero
        byte or bytes that are no UTF-8, or a number more digits than can be read.
    """
    if _depth(value) > DEEPEST:
        raise InputError(
            key, problem="is nested too deeply, or holds too much",
            allowed=f"at most {DEEPEST} lists or mappings inside each other, and {MOST_ITEMS:,} items",
        )  # fmt: skip
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Mapping):
            stack += [*item, *item.values()]
        elif isinstance(item, (list, tuple)):
            stack += item
        elif isinstance(item, str):
            plain_text(key, item)
        elif isinstance(item, int) and abs(item) >= 1 << 1024:
            raise InputError(key, problem="holds a number with hundreds of digits", allowed="a smaller number")


def plain_text(key: str, text: str) -> None:
    """Refuse text with a zero byte, or with bytes that are no UTF-8."""
    if "\0" in text:
        raise InputError(key, text.replace("\0", "?"), problem="holds a zero byte", allowed="text")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError(key, text, problem="holds bytes that are no UTF-8", allowed="text") from None


def usable_path(key: str, path: str) -> str:
    """Refuse a file or folder that no system can have; gives the path back.

    Raises
    ------
    InputError
        If it is empty, holds a zero byte or bytes that are no UTF-8, or if it or one of its names is too long.
    """
    plain_text(key, path)
    if not path.strip():
        raise InputError(key, "''", problem="names no file or folder")
    longest = max(len(part.encode()) for part in path.replace("\\", "/").split("/"))
    if longest > LONGEST_NAME or len(path.encode()) > LONGEST_PATH:
        raise InputError(
            key, path, problem="is too long for a file or folder",
            allowed=f"names of at most {LONGEST_NAME} bytes, {LONGEST_PATH:,} in all",
        )  # fmt: skip
    return path


def short_label(key: str, label: Any) -> str:
    """Refuse a name that fits no table: empty, longer than a few lines, or more than one line."""
    text = str(label)
    plain_text(key, text)
    if not text.strip() or len(text) > LONGEST_LABEL or not text.replace(" ", "").isprintable():
        raise InputError(
            key, text or "''", problem="is no name for a table",
            allowed=f"1 to {LONGEST_LABEL} letters in one line",
        )  # fmt: skip
    return text


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


def nearest_key(name: str, keys: Iterable[str]) -> str | None:
    """The nearest of dotted keys, or of the groups they stand in, where a whole group may be named.

    A group only where it is nearly what was typed, and not where it is the beginning of it.

    Examples
    --------
    >>> nearest_key("behaviour.serch", ["behaviour.search.like_size", "mechanisms.trust"])
    'behaviour.search'
    >>> nearest_key("behaviour.search.likesize", ["behaviour.search.like_size", "mechanisms.trust"])
    'behaviour.search.like_size'
    """
    known = sorted(set(keys))
    groups = {key[:k] for key in known for k, letter in enumerate(key) if letter == "."}
    typed = name.lower()
    close = difflib.get_close_matches(typed, sorted(g for g in groups if not typed.startswith(f"{g}.")), 1, 0.8)
    key = nearest_name(name, known)
    if not close or key is None:
        return close[0] if close else key

    def nearness(other: str) -> float:
        return difflib.SequenceMatcher(None, other.lower(), typed).ratio()

    return close[0] if nearness(close[0]) > nearness(key) else key
