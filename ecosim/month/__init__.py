"""The eight steps of a month, one file each, in the order of :meth:`ecosim.model.Ecosystem.step`."""

from ecosim.month.awards import funders_award
from ecosim.month.deciding import actors_decide
from ecosim.month.diplomacy import missions_spend
from ecosim.month.outcomes import outcomes_follow
from ecosim.month.recording import record_month
from ecosim.month.search import Scripts, organisations_search
from ecosim.month.shocks import shocks_act
from ecosim.month.work import partnerships_work

#: Fields of :class:`ecosim.state.State` that each step writes, in the order of the month; nothing else changes in it.
WRITES: dict[str, frozenset[str]] = {
    "shocks_act": frozenset(
        {"handles", "effects", "trust_shift", "organisations", "known", "ledger", "vanished", "unsettled"}
    ),
    "actors_decide": frozenset({"decided", "allocation", "intensity", "sector_share", "ledger"}),
    "missions_spend": frozenset(
        {"ledger", "spent_eur", "earmarked", "governments", "missions", "handles", "effects", "unsettled"}
    ),
    "organisations_search": frozenset(
        {
            "ledger", "envelopes", "funders", "organisations", "memory", "partnerships", "seats", "active", "observed",
            "ties",
        }
    ),
    "funders_award": frozenset(
        {
            "ledger", "envelopes", "earmarked", "funders", "organisations", "memory", "partnerships", "seats", "active",
            "observed", "ties", "record",
        }
    ),
    "partnerships_work": frozenset(
        {"partnerships", "seats", "departures", "memory", "organisations", "ledger", "funders", "record", "unsettled"}
    ),
    "outcomes_follow": frozenset(
        {"record", "knowledge", "skill", "ties", "organisations", "partnerships", "seats", "active", "ledger"}
    ),
    "record_month": frozenset({"record", "month"}),
}  # fmt: skip

__all__ = [
    "WRITES",
    "Scripts",
    "actors_decide",
    "funders_award",
    "missions_spend",
    "organisations_search",
    "outcomes_follow",
    "partnerships_work",
    "record_month",
    "shocks_act",
]
