"""The contract tests, asked of kinds of the user's own: ``python -m pytest -n 0 tests --own FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

#: Families of kinds, each with a folder of its name in which the contract is asked of every kind that is registered.
ROOMS = ("shocks", "instruments", "decisions", "funders")


def load(files: list[str]) -> dict[str, type]:
    """Register what files hold, and return it by kind.

    Raises
    ------
    pytest.UsageError
        If a file cannot be loaded or holds no kind.
    """
    from ecosim.catalogue.families import FAMILIES
    from ecosim.errors import InputError
    from ecosim.lab.compose import load_plugins

    before = {(family, kind) for family in ROOMS for kind in FAMILIES[family]}
    try:
        load_plugins(files)
    except InputError as error:
        raise pytest.UsageError(str(error)) from None
    found = {
        kind: cls for family in ROOMS for kind, cls in FAMILIES[family].items() if (family, kind) not in before
    }  # fmt: skip
    if not found:
        raise pytest.UsageError(f"--own {' '.join(files)}: holds no class with a `kind` of {', '.join(ROOMS)}")
    return found


def elsewhere(path: Path, tests: Path) -> bool:
    """Whether a path lies in a folder of the tests in which no contract is asked."""
    inside = path.relative_to(tests).parts if path.is_relative_to(tests) else ()
    return bool(inside) and (tests / inside[0]).is_dir() and inside[0] not in ROOMS


def is_about(item: pytest.Item, kinds: dict[str, type]) -> bool:
    """Whether a test asks one of these kinds, and nothing else: by its class, or by a value it is asked with."""
    if item.path.parent.name not in ROOMS:
        return False
    cls: Any = getattr(item, "cls", None)
    if cls is not None and any(value in kinds.values() for value in vars(cls).values() if isinstance(value, type)):
        return True
    asked = getattr(item, "callspec", None)
    return asked is not None and any(isinstance(value, str) and value in kinds for value in asked.params.values())
