"""ecosim: which programmes, funding schedules and instruments keep research partnerships alive under which shocks.

>>> import ecosim
>>> scenario = ecosim.compose("world=classroom", "shocks=diplomatic_rupture")  # doctest: +SKIP
>>> result = ecosim.simulate(scenario)  # doctest: +SKIP
>>> result.plot()  # doctest: +SKIP

>>> narrow = ecosim.compose("world=classroom", "shocks=diplomatic_rupture", "programme=narrow")  # doctest: +SKIP
>>> ecosim.compare(scenario, narrow).plot()  # doctest: +SKIP

Names are imported when first used, so that the command line answers ``--help`` at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ecosim.version import __version__

#: Public name -> the module that holds it.
_LAZY: dict[str, str] = {
    "Ecosystem": "ecosim.model",
    "InputError": "ecosim.errors",
    "Scenario": "ecosim.scenario",
    "compare": "ecosim.lab.compare",
    "compose": "ecosim.lab.compose",
    "load": "ecosim.report.results",
    "network": "ecosim.networks",
    "simulate": "ecosim.lab.api",
    "sweep": "ecosim.lab.api",
    "write_network": "ecosim.networks",
}

__all__ = [
    "Ecosystem", "InputError", "Scenario", "__version__", "compare", "compose", "load", "network", "simulate", "sweep",
    "write_network",
]  # fmt: skip

if TYPE_CHECKING:
    from ecosim.errors import InputError
    from ecosim.lab.api import simulate, sweep
    from ecosim.lab.compare import compare
    from ecosim.lab.compose import compose
    from ecosim.model import Ecosystem
    from ecosim.networks import network, write_network
    from ecosim.report.results import load
    from ecosim.scenario import Scenario


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name in _LAZY:
        value = getattr(import_module(_LAZY[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'ecosim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
