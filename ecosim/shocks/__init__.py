"""Shocks: one file each; the registry fills itself."""

from ecosim.shocks.base import REGISTRY, DatedShock, Shock, date_shock

__all__ = ["REGISTRY", "DatedShock", "Shock", "date_shock"]
