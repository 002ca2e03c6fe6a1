"""Research institutes (REC): as universities, and they coordinate more often."""

from __future__ import annotations

from ecosim.agents.organisation import Organisation
from ecosim.tables import REC


class ResearchInstitute(Organisation):
    """Research institutes (REC): as universities, and they coordinate more often."""

    activity_types = (REC,)
