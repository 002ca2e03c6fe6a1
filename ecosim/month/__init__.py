"""The nine steps of a month, one file each, in the order of :meth:`ecosim.model.Ecosystem.step`."""

from ecosim.month.awards import funders_award
from ecosim.month.deciding import actors_decide
from ecosim.month.diplomacy import missions_spend
from ecosim.month.outcomes import outcomes_follow
from ecosim.month.recording import record_month
from ecosim.month.search import Scripts, organisations_search
from ecosim.month.shocks import shocks_act
from ecosim.month.stages import stages_advance
from ecosim.month.work import partnerships_work

#: Fields of :class:`ecosim.state.State` that each step is handed, what it changes in place included; it sees no others.
#: A bundle of tables (``state.rows``) counts with all that is in it.
#: In step 1 the placebo looks at who works with whom.
READS: dict[str, frozenset[str]] = {
    "shocks_act": frozenset(
        {
            "active", "decided", "handles", "ledger", "month", "organisations", "partnerships", "seats", "stocks",
            "trust_shift", "vanished",
        }
    ),
    "actors_decide": frozenset(
        {
            "allocation", "decided", "intensity", "ledger", "month", "observed", "record", "sector_share",
        }
    ),
    "missions_spend": frozenset(
        {
            "allocation", "assets", "decided", "earmarked", "effects", "envelopes", "governments", "handles",
            "intensity", "ledger", "missions", "month", "organisations", "own_spent", "record", "spent_eur", "stocks",
        }
    ),
    "organisations_search": frozenset(
        {
            "active", "departures", "earmarked", "effects", "envelopes", "funders", "handles", "known", "ledger",
            "members", "memory", "month", "observed", "organisations", "partnerships", "register", "seats",
            "sector_share", "skill", "supplies", "ties", "trust_shift",
        }
    ),
    "funders_award": frozenset(
        {
            "active", "departures", "earmarked", "effects", "envelopes", "funders", "handles", "ledger", "members",
            "memory", "month", "observed", "organisations", "partnerships", "record", "register", "seats", "skill",
            "supplies", "ties", "trust_shift",
        }
    ),
    "partnerships_work": frozenset(
        {
            "active", "departures", "earmarked", "effects", "envelopes", "funders", "handles", "known", "ledger",
            "members", "memory", "month", "observed", "organisations", "own_spent", "partnerships", "record",
            "register", "seats", "skill", "supplies", "ties", "trust_shift", "unsettled",
        }
    ),
    "stages_advance": frozenset(
        {
            "active", "departures", "effects", "handles", "ledger", "members", "memory", "month", "observed",
            "organisations", "own_spent", "partnerships", "pipeline", "record", "register", "seats", "skill",
            "supplies", "ties", "trust_shift",
        }
    ),
    "outcomes_follow": frozenset(
        {
            "active", "departures", "effects", "handles", "health", "knowledge", "ledger", "members", "memory", "month",
            "observed", "organisations", "partnerships", "pipeline", "record", "register", "seats", "skill", "supplies",
            "ties", "trust_shift",
        }
    ),
    "record_month": frozenset(
        {
            "ledger", "month", "organisations", "record",
        }
    ),
}  # fmt: skip

#: Fields of :class:`ecosim.state.State` that each step writes, in the order of the month; nothing else changes in it.
WRITES: dict[str, frozenset[str]] = {
    "shocks_act": frozenset(
        {"handles", "trust_shift", "organisations", "known", "ledger", "vanished", "unsettled"}
    ),
    "actors_decide": frozenset({"decided", "allocation", "intensity", "sector_share", "ledger"}),
    "missions_spend": frozenset(
        {
            "ledger", "spent_eur", "stocks", "assets", "earmarked", "governments", "missions", "organisations",
            "record", "handles", "effects", "unsettled",
        }
    ),
    "organisations_search": frozenset(
        {
            "ledger", "envelopes", "funders", "organisations", "memory", "partnerships", "seats", "supplies",
            "register", "members", "active", "observed", "ties",
        }
    ),
    "funders_award": frozenset(
        {
            "ledger", "envelopes", "earmarked", "funders", "organisations", "memory", "partnerships", "seats",
            "supplies", "register", "members", "active", "observed", "ties", "record",
        }
    ),
    "partnerships_work": frozenset(
        {
            "partnerships", "seats", "supplies", "departures", "members", "memory", "organisations", "ledger",
            "own_spent", "funders", "record", "unsettled",
        }
    ),
    "stages_advance": frozenset({"pipeline", "organisations", "own_spent", "ledger", "record"}),
    "outcomes_follow": frozenset(
        {"record", "health", "knowledge", "skill", "ties", "organisations", "partnerships", "seats", "active", "ledger"}
    ),
    "record_month": frozenset({"record", "month"}),
}  # fmt: skip

__all__ = [
    "READS",
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
    "stages_advance",
]
