"""Public and other organisations (CORDIS types PUB, OTH): hospitals, agencies, cities, associations."""

from __future__ import annotations

from ecosim.agents.organisation import Organisation
from ecosim.tables import OTH, PUB


class PublicOrganisation(Organisation):
    """Public and other organisations (CORDIS types PUB, OTH): they bring demand, patients and rules."""

    activity_types = (PUB, OTH)
