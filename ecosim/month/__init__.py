"""The eight steps of a month, one file each, in the order of :meth:`ecosim.model.Ecosystem.step`."""

from ecosim.month.awards import funders_award
from ecosim.month.diplomacy import missions_spend
from ecosim.month.outcomes import outcomes_follow
from ecosim.month.recording import record_month
from ecosim.month.reviews import missions_review
from ecosim.month.search import Scripts, organisations_search
from ecosim.month.shocks import shocks_act
from ecosim.month.work import partnerships_work

__all__ = [
    "Scripts",
    "funders_award",
    "missions_review",
    "missions_spend",
    "organisations_search",
    "outcomes_follow",
    "partnerships_work",
    "record_month",
    "shocks_act",
]
