"""Compiled code: an edit shows at the next run, and a folder that cannot be written is no obstacle."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ecosim

PACKAGE = Path(ecosim.__file__).parent

#: Asks through a kernel of another file, whose own source never changes: Numba alone would not notice.
ASK = """
from ecosim.programmes.payments import _delay
import numpy as np
from ecosim.tables import PARTNERSHIP
row = np.zeros(1, dtype=PARTNERSHIP)[0]
row["lead_key"] = 77
print([int(_delay(np.uint64(99), row, n, 1000.0)) for n in range(8)])
print("hits", sum(_delay.stats.cache_hits.values()))
"""


def run(folder: Path, cache: Path, code: str = ASK) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "ECOSIM_CACHE_DIR": str(cache)}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=folder, capture_output=True, text=True, timeout=900
    )


def used_kernels() -> set[Any]:
    """All kernels, after a run that has used them."""
    from numba.core.dispatcher import Dispatcher

    from tests.models import finished

    finished()
    return {
        value
        for name, module in list(sys.modules.items())
        if name.startswith("ecosim.")
        for value in vars(module).values()
        if isinstance(value, Dispatcher)
    }


def test_editing_the_generator_changes_the_next_run_and_nothing_else_does(tmp_path: Path) -> None:
    folder, cache = tmp_path / "code", tmp_path / "cache"
    shutil.copytree(PACKAGE, folder / "ecosim", ignore=shutil.ignore_patterns("__pycache__"))
    first, again = run(folder, cache), run(folder, cache)
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[1] == "hits 0"
    assert again.stdout.splitlines()[0] == first.stdout.splitlines()[0]
    # The second run came from the cache: else this test could not see a stale one.
    assert again.stdout.splitlines()[1] != "hits 0"

    generator = folder / "ecosim" / "randomness.py"
    source = generator.read_text(encoding="utf-8")
    assert source.count("range(10)") == 1
    before = generator.stat()
    generator.write_text(source.replace("range(10)", "range(12)"), encoding="utf-8")
    # Same size and same time: neither may be what tells the cache.
    os.utime(generator, ns=(before.st_atime_ns, before.st_mtime_ns))
    shutil.rmtree(folder / "ecosim" / "__pycache__", ignore_errors=True)
    edited = run(folder, cache)
    assert edited.returncode == 0, edited.stderr
    assert edited.stdout.splitlines()[0] != first.stdout.splitlines()[0]

    generator.write_text(source, encoding="utf-8")
    restored = run(folder, cache)
    assert restored.stdout.splitlines()[0] == first.stdout.splitlines()[0]


def test_without_a_folder_to_write_to_it_runs_and_says_so_in_one_line(tmp_path: Path) -> None:
    blocked = tmp_path / "a_file"
    blocked.write_text("no folder", encoding="utf-8")
    answer = run(PACKAGE.parent, blocked)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("[")
    lines = answer.stderr.splitlines()
    assert len(lines) == 1
    assert "cannot write kernel cache" in lines[0]
    assert str(blocked) in lines[0]
    assert blocked.read_text(encoding="utf-8") == "no folder"


@pytest.mark.skipif(os.name != "posix", reason="needs pipes of POSIX")
def test_without_a_folder_and_without_a_reader_it_runs_all_the_same(tmp_path: Path) -> None:
    blocked = tmp_path / "a_file"
    blocked.write_text("no folder", encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", "import ecosim.kernels; print(ecosim.kernels.cached())"], stdout=subprocess.PIPE,
        stderr=writer, text=True, check=False,
        env={**os.environ, "ECOSIM_CACHE_DIR": str(blocked), "PYTHONPATH": str(PACKAGE.parent)},
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stdout) == (0, "False\n")


def test_the_cache_folder_is_named_by_every_file_that_holds_a_kernel_or_a_bundle_of_arrays() -> None:
    """Machine code reads a bundle's fields by their place: two of one type that change places need new code."""
    from numba.core.types import BaseNamedTuple

    from ecosim.kernels import kernel_sources

    holders = {path for path in PACKAGE.rglob("*.py") if "\n@kernel" in path.read_text(encoding="utf-8")}
    assert holders <= set(kernel_sources())
    assert PACKAGE / "randomness.py" in holders
    bundles = {
        kind.instance_class.__module__
        for kernel in used_kernels()
        for signature in kernel.nopython_signatures
        for kind in signature.args
        # tests compile kernels of their own
        if isinstance(kind, BaseNamedTuple) and kind.instance_class.__module__.startswith("ecosim.")
    }
    assert {"ecosim.state", "ecosim.setting", "ecosim.channels.effects", "ecosim.channels.supply"} <= bundles
    files = {PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py") for module in bundles}
    assert files <= set(kernel_sources())


def test_no_kernel_takes_more_than_twelve_arguments() -> None:
    kernels = used_kernels()
    assert len(kernels) > 100
    assert [kernel.__name__ for kernel in kernels if kernel.py_func.__code__.co_argcount > 12] == []


def test_a_cache_is_cold_until_every_kernel_is_compiled(tmp_path: Path) -> None:
    """One kernel alone leaves it cold: drawing parameters compiles some before anything else happens."""
    code = """
from ecosim import kernels
print(kernels.compiled_before())
from ecosim.randomness import uniform
import numpy as np
uniform(np.uint64(1), 2, 3, 4, 5, 6)
print(any(kernels.cache_folder().rglob("*.nbc")), kernels.compiled_before())
kernels.note_compiled()
print(kernels.compiled_before())
"""
    assert run(PACKAGE.parent, tmp_path / "cache", code).stdout.split() == ["False", "True", "False", "True"]


def test_only_kernels_that_count_references_return_arrays() -> None:
    """A view returned by one that does not would outlive the array it looks into."""
    from numba.core.types import Array, BaseTuple, Type

    def holds_array(kind: Type) -> bool:
        return isinstance(kind, Array) or (isinstance(kind, BaseTuple) and any(map(holds_array, kind.types)))

    kernels = used_kernels()
    counting = {kernel.__name__: kernel.targetoptions.get("_nrt", True) for kernel in kernels}
    assert {True, False} == set(counting.values())
    returned = {
        kernel.__name__: signature.return_type for kernel in kernels for signature in kernel.nopython_signatures
    }
    assert {"work", "giant_component_share", "_still_looking"} & returned.keys()
    assert any(holds_array(kind) for kind in returned.values())
    assert [name for name, kind in returned.items() if holds_array(kind) and not counting[name]] == []
    # what is called from other compiled code only, and came from the cache with it, shows in its source
    for path in PACKAGE.rglob("*.py"):
        for item in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(item, ast.FunctionDef) and not counting.get(item.name, True):
                views = [
                    line.lineno
                    for line in ast.walk(item)
                    if isinstance(line, ast.Return)
                    for part in ast.walk(line)
                    if isinstance(part, ast.Slice)
                ]
                assert views == [], f"{path.name}: {item.name} returns a view"


def versions() -> set[tuple[str, str]]:
    """Kernels by name, with the types of every version that has been compiled."""
    return {
        (kernel.__name__, str(signature.args)) for kernel in used_kernels() for signature in kernel.nopython_signatures
    }


def test_another_world_and_other_handles_need_no_other_machine_code() -> None:
    """Another order in memory, or leave to write, is another type: a month takes half a minute to compile anew."""
    from ecosim.channels.handles import Handles
    from tests.models import small, with_handles

    def pushed(handles: Handles) -> None:
        handles.capacity[...] = 0.9
        # those who flee are counted where they arrive
        handles.displaced[0] = 0.1

    small(shocks={"supplier_loss": {"targets": ["DEU"]}}).advance(40)
    before = versions()
    small(world__preset="global", world__scale=0.002).advance(26)
    small(world__preset="synthetic", world__n_countries=7).advance(26)
    with_handles(pushed).advance(2)
    used = {name for name, _ in before}
    assert {"_search", "attend", "work"} <= used
    assert {(name, types) for name, types in versions() - before if name in used} == set()
