"""Instruments: one file each; the registry fills itself."""

from importlib import import_module
from pkgutil import iter_modules

from ecosim.instruments.base import REGISTRY, Instrument

# Every file of this folder is imported, so that a new instrument is its file and nothing else.
for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["REGISTRY", "Instrument"]
