"""Every shock that is registered meets the contract."""

from __future__ import annotations

from ecosim.shocks import REGISTRY
from tests.shocks.contract import ShockContract

for _kind, _shock in sorted(REGISTRY.items()):
    _name = f"Test{_shock.__name__}"
    globals()[_name] = type(_name, (ShockContract,), {"shock": _shock})
