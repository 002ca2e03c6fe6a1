"""Every shock that is registered meets the contract."""

from __future__ import annotations

from ecosim.shocks import REGISTRY
from tests.shocks.contract import ShockContract

# A sequence of other kinds has a contract of its own (test_drawn_sequence.py).
for _kind, _shock in sorted(REGISTRY.items()):
    if _shock.made_of_others:
        continue
    _name = f"Test{_shock.__name__}"
    globals()[_name] = type(_name, (ShockContract,), {"shock": _shock})
