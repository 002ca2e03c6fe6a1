"""Universities (CORDIS type HES): broad knowledge, many partnerships at once."""

from __future__ import annotations

from ecosim.agents.organisation import Organisation
from ecosim.tables import HES


class University(Organisation):
    """Universities (CORDIS type HES): broad knowledge, many partnerships at once."""

    activity_types = (HES,)
