"""Funders beside the programme: one file each; the registry fills itself."""

from importlib import import_module
from pkgutil import iter_modules

from ecosim.funders.base import REGISTRY, AnyFunder, FunderKind

# Every file of this folder is imported, so that a new kind of funder is its file and nothing else.
for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["REGISTRY", "AnyFunder", "FunderKind"]
