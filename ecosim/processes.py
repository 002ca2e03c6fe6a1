"""Starting worker processes from any program: a plain script, a notebook, a process that is itself a worker.

A spawned process of Python runs the program's main file again, which a plain script without ``if __name__ ==
"__main__":`` does not survive. Workers of ecosim need nothing of that file unless it defines mechanisms of its own, so
they are started without it.
"""

from __future__ import annotations

import ast
import multiprocessing
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import context, spawn
from pathlib import Path
from typing import Any

#: Keys of what a new process is told by which it finds the main file.
_MAIN_FILE = ("init_main_from_path", "init_main_from_name")

_lock = threading.RLock()
_hidden = 0
_whole: Callable[[str], dict[str, Any]] = spawn.get_preparation_data


def _without_main(name: str) -> dict[str, Any]:
    return {key: value for key, value in _whole(name).items() if key not in _MAIN_FILE}


@contextmanager
def main_hidden() -> Iterator[None]:
    """Processes that start meanwhile do not run the main file of this program again."""
    global _hidden, _whole
    with _lock:
        if _hidden == 0:
            _whole = spawn.get_preparation_data
            vars(spawn)["get_preparation_data"] = _without_main
        _hidden += 1
    try:
        yield
    finally:
        with _lock:
            _hidden -= 1
            if _hidden == 0:
                vars(spawn)["get_preparation_data"] = _whole


class _Process(context.SpawnProcess):
    """A process that is started without the main file."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 (multiprocessing's name)
        with main_hidden():
            return context.SpawnProcess._Popen(process_obj)


class _WithoutMain(context.SpawnContext):
    Process = _Process


def worker_context() -> context.SpawnContext:
    """How workers are started: anew, never forked, and without the main file unless they need what it defines.

    Mesa 3.3 insists on it, and a forked copy of running threads is not safe.
    """
    return multiprocessing.get_context("spawn") if main_is_needed() else _WithoutMain()


def why_alone() -> str:
    """Why this program can have no worker processes, in a line; empty if it can."""
    if multiprocessing.current_process().daemon:
        return "This process is itself a worker and may start no others: everything runs in it."
    if main_is_needed() and not _guarded():
        return (
            'The script defines mechanisms of its own and has no `if __name__ == "__main__":` (or put them into a '
            "module): everything runs in this process."
        )
    return ""


def modules_of_mechanisms() -> tuple[str, ...]:
    """Modules of the user that have registered mechanisms, by name; workers import them first.

    Those that ``--plugin`` names are loaded by it, and the main file has no name of its own.
    """
    found = {str(kind.__module__) for kind in _registered()}
    return tuple(sorted(name for name in found if not _ours(name) and name != "__main__"))


def plugin_files() -> tuple[str, ...]:
    """Plugin files that have been loaded and registered mechanisms."""
    names = {str(kind.__module__) for kind in _registered() if str(kind.__module__).startswith("ecosim_plugin_")}
    files = [getattr(sys.modules.get(name), "__file__", None) for name in sorted(names)]
    return tuple(str(Path(file).resolve()) for file in files if file)


def _ours(module: str) -> bool:
    return module.partition(".")[0] == "ecosim" or module.startswith("ecosim_plugin_")


def _registered() -> Iterator[type]:
    rooms = ("ecosim.shocks", "ecosim.decisions", "ecosim.instruments", "ecosim.funders", "ecosim.catalogue.agents")
    for room in rooms:
        module = sys.modules.get(room)
        if module is not None:
            yield from module.REGISTRY.values()


def main_is_needed() -> bool:
    """Whether anything the main file defines has found its way into ecosim: registered, or put in place of ours."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] != "ecosim" or module is None:
            continue
        for item in list(vars(module).values()):
            if getattr(item, "__module__", None) == "__main__":
                return True
            if isinstance(item, type) and _ours(str(item.__module__)):
                inside = list(vars(item).values())
                if any(getattr(part, "__module__", None) == "__main__" for part in inside):
                    return True
    return any(kind.__module__ == "__main__" for kind in _registered())


def _guarded() -> bool:
    """Whether the main file tells a run of its own from an import; what cannot be read is taken to."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if file is None:
        return False
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return True
    return any(
        isinstance(node, ast.If) and any(isinstance(part, ast.Name) and part.id == "__name__"
                                         for part in ast.walk(node.test))
        for node in tree.body
    )  # fmt: skip
