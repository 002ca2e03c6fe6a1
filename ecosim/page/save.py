"""The page as one file: the built front end with the data inside. Needs no extra, no network and no Node."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ecosim.errors import InputError, usable_path
from ecosim.files import write_whole

#: The built front end, and where in it the data go.
SHELL = Path(__file__).parent / "shell.html"
PLACE = '<script id="ecosim-data" type="application/json">null</script>'
#: Characters that could end the element or begin a comment in it; as escapes they mean the same in JSON.
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def shell() -> str:
    """The built front end.

    Raises
    ------
    InputError
        If it is missing, or has not exactly one place for data.
    """
    try:
        text = SHELL.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            str(SHELL), problem=f"cannot be read ({error.strerror})", allowed="install ecosim again"
        ) from None
    if text.count(PLACE) != 1:
        raise InputError(str(SHELL), problem="has not one place for data", allowed="install ecosim again")
    return text


def embedded(data: Any) -> str:
    """JSON that may stand in a script element."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return "".join(_ESCAPED.get(letter, letter) for letter in text) if any(c in text for c in _ESCAPED) else text


def joined(data: Any) -> str:
    """The page with data inside."""
    before, _, after = shell().partition(PLACE)
    return before + PLACE.replace(">null<", f">{embedded(data)}<") + after


def save(path: str | Path, data: Any) -> Path:
    """Write the page as one file.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    target = Path(usable_path("--save", str(path)))
    text = joined(data)
    try:
        write_whole(target, text.encode("utf-8"))
    except OSError as error:
        raise InputError("--save", str(path), problem=f"cannot be written ({error.strerror or error})",
                         allowed="a file in a folder where you may write") from None  # fmt: skip
    return target
