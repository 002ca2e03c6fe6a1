"""Settings of all tests: property tests ask the same questions in every run, however slow the machine.

Those marked ``slow`` set ``derandomize=False`` and look for new ones.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("ecosim", deadline=None, derandomize=True)
settings.load_profile("ecosim")
