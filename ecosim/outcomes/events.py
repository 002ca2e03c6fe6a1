"""What happens in a month: counted by its steps as they carry it out, declared here for all of them."""

from __future__ import annotations

#: Monthly columns: name, unit, meaning. Members and starts are counted by ``month/work.py``, ends by
#: ``month/outcomes.py``, calls by ``month/awards.py``.
OUTCOMES: tuple[tuple[str, str, str], ...] = (
    ("partnerships_started", "partnerships", "Funded, work started"),
    ("partnerships_completed", "partnerships", "Ended with enough of the work done"),
    ("partnerships_failed", "partnerships", "Ended without"),
    ("partnerships_withdrawn", "partnerships", "Unfunded work dissolved"),
    ("members_suspended", "members", "Newly unable to take part"),
    ("members_returned", "members", "Able to take part again"),
    ("members_left", "members", "Left by choice"),
    ("members_replaced", "members", "Seats filled by a substitute"),
    ("members_dropped", "members", "Seats given up"),
    ("leads_handed_over", "partnerships", "Lead passed to another member"),
    ("suppliers_switched", "sites", "Sites that found another supplier"),
    ("proposals", "proposals", "Written for calls"),
    ("awards", "proposals", "Funded"),
    ("applicant_effort", "person-months", "Work on proposals, funded or not"),
    ("pilots", "pilots", "Opened"),
    ("pilot_months", "months", "Months since the start of work, summed over the pilots opened"),
    ("supply_continuity", "share", "Work that inputs allowed, mean over partnerships that need them"),
)
