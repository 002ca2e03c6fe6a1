"""One decorator for every compiled loop, and a cache that cannot go stale.

Numba keys its cache by the file that holds a kernel: a helper edited in another file leaves old machine code in place,
silently. The cache folder is therefore named by the hash of every source file that holds a kernel, or a bundle of
arrays that kernels take, together with the Numba version and the processor.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import platformdirs
from llvmlite import binding as llvm

from ecosim.progress import say

F = TypeVar("F", bound=Callable[..., Any])

_PACKAGE = Path(__file__).parent


#: Files without kernels whose constants are compiled into them.
_CONSTANTS = (_PACKAGE / "tables.py",)


#: What a file holds that machine code depends on: kernels, or bundles of arrays, whose fields are read by their place.
_COMPILED = (b"@kernel", b"(NamedTuple)")


#: File in the cache folder that says that machine code of all kernels lies beside it.
_ALL_COMPILED = "all_compiled"


def kernel_sources() -> list[Path]:
    """Source files that hold compiled code, or constants and bundles compiled into it, in a fixed order."""
    return sorted(
        path
        for path in _PACKAGE.rglob("*.py")
        if path in _CONSTANTS or any(mark in path.read_bytes() for mark in _COMPILED)
    )


def cache_folder() -> Path:
    """Folder of this version of the kernels, on this Numba and this processor.

    The root is ``ECOSIM_CACHE_DIR`` if set, else the user's cache folder.
    """
    digest = hashlib.sha256()
    for path in kernel_sources():
        digest.update(str(path.relative_to(_PACKAGE)).encode())
        digest.update(path.read_bytes())
    digest.update(f"{numba.__version__} {llvm.get_host_cpu_name()} {sys.version_info[:2]}".encode())
    root = os.environ.get("ECOSIM_CACHE_DIR") or platformdirs.user_cache_dir("ecosim")
    return Path(root) / "kernels" / digest.hexdigest()[:16]


def compiled_before() -> bool:
    """Whether an earlier process has left machine code of all these kernels (:func:`note_compiled`).

    Machine code of some says little: a sweep that draws its parameters compiles a few before it has even a plan.
    """
    return (cache_folder() / _ALL_COMPILED).exists()


def note_compiled() -> None:
    """Note, where machine code is kept, that all kernels have been compiled."""
    with contextlib.suppress(OSError):
        (cache_folder() / _ALL_COMPILED).touch()


def _use_cache() -> bool:
    """Point Numba at the cache folder; without a writable one, say so once and compile afresh."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write_test_{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError:
        say(f"ecosim: cannot write kernel cache {folder}; compiling for this run only")
        return False
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    return True


_CACHE = _use_cache()


def cached() -> bool:
    """Whether machine code is kept for other processes."""
    return _CACHE


def _compiled(function: F, **options: bool) -> F:
    """Machine code with strict floating point, no bounds change, no parallel reduction."""
    compiled: Any = numba.njit
    return compiled(cache=_CACHE, fastmath=False, error_model="numpy", **options)(function)


def kernel(function: F) -> F:
    """Compile a function that makes no array and returns none: scalars in and out, arrays changed in place.

    Numba then counts no references. Counting them is an atomic operation for every array handed to every function
    called; in the inner loops of partner search that took more than half of the time.
    """
    return _compiled(function, _nrt=False)


def kernel_row(function: F) -> F:
    """Compile what is called for one row or one draw: as :func:`kernel`, and always inlined into its caller."""
    return _compiled(function, _nrt=False, forceinline=True)


def kernel_making_arrays(function: F) -> F:
    """Compile a function that makes arrays or returns them, or calls one that does."""
    return _compiled(function)
