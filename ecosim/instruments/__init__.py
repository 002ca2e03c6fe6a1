"""Instruments: one file each; the registry fills itself."""

from ecosim.instruments.base import REGISTRY, Instrument

__all__ = ["REGISTRY", "Instrument"]
