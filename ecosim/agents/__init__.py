"""The seven kinds of agents."""

from ecosim.agents.firm import Firm
from ecosim.agents.funder import Funder
from ecosim.agents.government import Government
from ecosim.agents.mission import Mission
from ecosim.agents.organisation import Invitation, Opportunity, Organisation
from ecosim.agents.public_organisation import PublicOrganisation
from ecosim.agents.research_institute import ResearchInstitute
from ecosim.agents.university import University

__all__ = [
    "Firm",
    "Funder",
    "Government",
    "Invitation",
    "Mission",
    "Opportunity",
    "Organisation",
    "PublicOrganisation",
    "ResearchInstitute",
    "University",
]
