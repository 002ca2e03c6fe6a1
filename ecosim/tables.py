"""The columns in which the simulated world lives, and growable tables of them.

Every table is one structured array: a kernel takes it as one argument, a row is one stretch of memory, and copying a
world is copying a handful of arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Largest number of seats in a consortium (the largest observed is 186, the 99 % quantile 41).
MAX_SEATS = 192

#: How many past partnerships an organisation remembers.
MEMORY = 16

#: Generations of a consortium that are counted.
MOST_GENERATIONS = 127

#: Parallel pilot sites a partnership can have.
MAX_SITES = 4

# Types in the order of world.ORGANISATION_TYPES.
N_TYPES = 5
HES, REC, PRC, PUB, OTH = range(N_TYPES)

# What is fixed at an organisation's birth.
_BORN = [
    ("key", np.uint32),  # content key: country, type, arrival index
    ("country", np.int16),
    ("type", np.int8),
    ("sme", np.bool_),
    ("peripheral", np.bool_),
    ("arrival_month", np.int32),  # below 0: there from the start
    ("size", np.float64),  # 1 = a small organisation
    ("capability", np.float64),  # standard deviations around the mean
    ("capacity", np.int32),  # concurrent partnerships
    ("standing_draw", np.float64),  # uniform: is it among the share of its country that the rules let in
]
BORN = np.dtype(_BORN, align=True)

ORGANISATION = np.dtype(
    [
        *_BORN,
        # --- changes
        ("present", np.bool_),
        ("load", np.int32),  # partnerships under way
        ("participations", np.int32),  # funded partnerships so far
        ("remembered", np.int32),  # partnerships ever remembered (ring buffer position)
        ("experience", np.float64),  # completed minus failed, fading
        ("reserves_cents", np.int64),
        ("staff", np.float64),  # people for contracted work (person-months a month)
        ("gone", np.float64),  # of those, lost to research and not yet replaced
        # --- this month (person-months)
        ("contracted", np.float64),  # asked for by running contracts
        ("planned", np.float64),  # the same and what contracts soon to start ask for
        ("hired", np.float64),  # can be found this month for contracts soon to start
        ("at_work", np.float64),  # asked for by contracts that can be worked on
        ("unpaid", np.float64),  # contracted and not paid
    ],
    align=True,
)

# Partnership status.
GRANTED, ACTIVE, COMPLETED, FAILED, WITHDRAWN = range(5)
STATUS_NAMES = ("granted", "active", "completed", "failed", "withdrawn")

PARTNERSHIP = np.dtype(
    [
        # --- the content key: the proposal it came from
        ("lead_key", np.uint32),
        ("tag", np.uint32),
        ("proposed_month", np.int32),
        # --- fixed at award
        ("funder", np.int16),  # -1: unfunded
        ("sector", np.int8),
        ("first_seat", np.int32),
        ("seats", np.int16),
        ("start_month", np.int32),
        ("planned_months", np.int32),
        ("topic", np.float64),
        ("quality", np.float64),  # at award, standard deviations
        ("idea", np.float64),  # the part of it that does not depend on who works
        ("trust", np.float64),  # mean over the pairs of members as contracted
        ("grant_cents", np.int64),
        ("fails_month", np.int32),  # month of an end for reasons of its own
        ("number", np.int32),  # its own for good, while its row may move: its place in the register
        ("planned_effort", np.float64),  # research person-months at full openness
        ("countries", np.int16),  # at the start
        ("generation", np.int8),  # consortia before it out of which it grew, one after another
        ("grown_from", np.float32),  # chance that others like it grow out of an earlier one
        ("core_seats", np.int16),  # its first seats, which are the core out of which others grow
        ("circle", np.int16),  # the circle of consortia it is one of; 0 none
        ("risk", np.uint32),  # bit per watched shock: has a targeted endpoint
        # --- changes
        ("productive", np.float64),  # share of work that is left after coordination
        ("status", np.int8),
        ("lead_seat", np.int16),
        ("ended_month", np.int32),
        ("other_cents", np.int64),  # of the grant, promised by others than its funder
        ("other_paid_cents", np.int64),  # of this, paid
        ("paid_cents", np.int64),  # by all of them
        ("spent_cents", np.int64),
        ("payments", np.int16),  # payments made
        ("next_payment_month", np.int32),
        ("due_cents", np.int64),  # fallen due and not yet paid
        ("effort", np.float64),  # research person-months so far
        ("progress", np.float64),
        ("stalled_months", np.int16),
        ("settled", np.bool_),  # everyone works, and will until something changes
        ("next_leave_month", np.int32),  # of a settled partnership
        ("pilot_open", np.bool_),
        ("sites", np.int8),
        ("first_supply", np.int32),
        ("supplies", np.int16),
        ("short", np.bool_),  # some input is not as at rest: late, newly found, or not fully in stock
        # --- this month
        ("work_now", np.float64),  # research person-months
        ("output_now", np.float64),  # what they yield
        ("collaboration_now", np.float64),  # the part of work that joins two countries
        ("overhead_now", np.float64),  # person-months spent coordinating
        ("working_now", np.int16),  # members working
        ("working_countries_now", np.int16),
    ],
    align=True,
)

# One site's need of one kind of input.
SUPPLY = np.dtype(
    [
        # --- fixed at award
        ("partnership", np.int32),
        ("site", np.int8),  # which of the partnership's
        ("kind", np.int8),
        ("place", np.int16),  # country of the site
        # --- changes
        ("main", np.int16),  # country of the supplier
        ("second", np.int16),  # of a second one that is qualified; -1: none
        ("main_new", np.bool_),  # found while others failed, and not yet a customer like any other
        ("second_new", np.bool_),
        ("stock", np.float64),  # months that what lies there lasts
        ("cut", np.int16),  # months in which less came than is needed
        ("searches", np.int16),  # for another supplier, so far
        # --- this month
        ("used_now", np.float64),  # beside what is needed, 1 at rest
    ],
    align=True,
)

# Seat states.
WORKING, SUSPENDED, STARTING, VACANT, DROPPED = range(5)

SEAT = np.dtype(
    [
        ("organisation", np.int32),
        ("partnership", np.int32),
        ("state", np.int8),
        ("country", np.int16),  # of the organisation
        ("since_month", np.int32),  # of the present state
        ("joined_month", np.int32),
        ("available_month", np.int32),
        ("leaves_month", np.int32),  # month in which it leaves for reasons of its own
        ("grant_cents", np.int64),
        ("person_months", np.float64),  # contracted a month
        ("fit", np.float64),  # how well the member's knowledge fits the topic, 0 to 1
        ("payer", np.int16),  # the funder that pays it; -1: nobody
        ("other_cents", np.int64),  # of its grant, promised by a payer that is not the partnership's funder
        ("other_due_cents", np.int64),  # of this, fallen due and not yet paid
        ("other_paid_cents", np.int64),  # of this, paid
        ("advanced_cents", np.int64),  # own money put in while payments were late
        ("effort", np.float64),
        ("work_now", np.float64),  # research person-months this month
    ],
    align=True,
)

# Why a member left.
LEFT_BY_CHOICE, LEFT_REPLACED, LEFT_DROPPED = range(3)

DEPARTURE = np.dtype(
    [
        ("partnership", np.int32),  # its number
        ("organisation", np.int32),
        ("joined_month", np.int32),
        ("left_month", np.int32),
        ("grant_cents", np.int64),
        ("other_cents", np.int64),  # of this, promised by a payer that is not the partnership's funder
        ("payer", np.int16),
        ("reason", np.int8),
        ("was_lead", np.bool_),
    ],
    align=True,
)

# What is kept of every partnership: an entry at its number, and its members side by side.
REGISTER = np.dtype(
    [
        ("first_member", np.int32),
        ("members", np.int16),
        ("start_month", np.int16),
        ("sector", np.int8),
        ("kind", np.int8),  # the type of most of its members
        ("generation", np.int8),
        ("funded", np.bool_),
        ("grown_from", np.float32),
        ("core_seats", np.int16),
        ("circle", np.int16),
    ],
    align=True,
)
MEMBER = np.dtype([("organisation", np.int32)])  # -1: the seat is vacant

# What a draft consortium is for.
FUNDED, UNFUNDED, SUBSTITUTE = range(3)

DRAFT = np.dtype(
    [
        ("lead_key", np.uint32),
        ("tag", np.uint32),
        ("purpose", np.int8),
        ("funder", np.int16),  # to whom it is proposed; -1: nobody
        ("lead", np.int32),
        ("sector", np.int8),
        ("topic", np.float64),
        ("size", np.int16),  # seats to fill, the lead's included
        ("members", np.int16),
        ("countries", np.int16),
        ("countries_wanted", np.int16),
        ("countries_ruled", np.bool_),  # a rule of the programme says how many, and not the observed consortium
        ("blocs_fewest", np.int16),
        ("blocs_most", np.int16),
        ("shape", np.int32),  # row of the observed consortium it is like; -1 none
        ("core", np.int32),  # number of the past partnership out of which it grows; -1 none
        ("kind", np.int8),  # the type of most members of the observed consortium
        ("circle", np.int16),  # the circle of which the observed consortium is one; 0 none
        ("core_chance", np.float32),  # that it grows out of an earlier one
        ("sibling_chance", np.float32),  # that it is put together with another proposal of the month
        ("elder", np.int32),  # position of that other among the proposals that look for members together; -1 none
        (
            "core_seats",
            np.int16,
        ),  # seats beside the lead's filled before any other, from its core if it has one
        ("asks", np.int16),  # invitations left
        ("asked", np.int16),
        ("invited", np.int32),  # organisation asked this round; -1 none
        ("accepted", np.bool_),
        ("duration_months", np.int16),
        ("grant_cents", np.int64),
        ("other_cents", np.int64),  # of the grant, what members' own agencies are to pay
        ("partnership", np.int32),  # of a substitute
        ("seat", np.int32),  # of a substitute
        ("quality", np.float64),
        ("idea", np.float64),
        ("score", np.float64),
        ("awarded", np.bool_),
    ],
    align=True,
)

#: Row of the multilateral programme on the axis of funders.
PROGRAMME = 0


FUNDER = np.dtype(
    [
        ("calls", np.int32),
        ("awards", np.int32),
        ("owed_cents", np.int64),  # administration not yet charged, for want of free money
    ],
    align=True,
)

GOVERNMENT = np.dtype(
    [("predictability", np.float64), ("stability", np.float64), ("diplomacy_cents", np.int64)], align=True
)

MISSION = np.dtype(
    [
        ("sender", np.int16),
        ("host", np.int16),
        ("embassies", np.int16),
        ("consulates", np.int16),
        ("staff", np.float64),
        ("experience", np.float64),
        ("spent_cents", np.int64),
    ],
    align=True,
)

#: What an asset can be.
ASSET_KINDS = ("hub", "lab", "testbed", "repository", "platform")

ASSET = np.dtype(
    [
        ("kind", np.int8),  # place in ASSET_KINDS
        ("instrument", np.int16),  # that built it and runs it, in order of name
        ("owner", np.int16),
        ("host", np.int16),
        ("sectors", np.uint16),  # bit per sector it serves
        ("begun_month", np.int32),
        ("built_month", np.int32),  # -1 while it is being built
        ("paid_cents", np.int64),  # towards building it
        ("condition", np.float64),  # 1: all it costs to run was paid lately; fades without
        ("frozen_month", np.int32),  # since when; -1 while the host is open
        ("lost_month", np.int32),  # -1: not lost
    ],
    align=True,
)


# ---- what completed research leaves behind

# Stages of a technology.
PILOT, SEEKING, SCALE_UP, IN_USE, GIVEN_UP = range(5)

# Milestones a lender has lent against, a bit each.
APPROVED, PROVEN = 1, 2

TECHNOLOGY = np.dtype(
    [
        # --- the content key: that of the partnership it came from
        ("lead_key", np.uint32),
        ("tag", np.uint32),
        ("proposed_month", np.int32),
        # --- fixed when research is completed
        ("origin", np.int32),  # number of the partnership
        ("sector", np.int8),
        ("country", np.int16),  # of the lead
        ("began_month", np.int32),
        ("quality", np.float64),
        ("granted", np.bool_),  # its research had a public grant
        ("needs_approval", np.bool_),
        ("first_site", np.int32),
        ("sites", np.int16),
        ("first_owner", np.int32),
        ("owners", np.int16),
        # --- changes
        ("stage", np.int8),
        ("since_month", np.int32),  # of the present stage
        ("milestones", np.int8),  # lent against
        ("purse_cents", np.int64),  # lent and not yet spent
        ("climates", np.int16),  # tried in
        ("populations", np.int16),
        ("progress", np.float64),  # of the scale-up
        ("venture", np.bool_),  # else a licence
        ("first_adoption", np.int32),  # -1: not in use
        ("owed_cents", np.int64),  # loans that its sales pay back
        # --- this month
        ("flow_now", np.float64),  # share of work that inputs allow, mean over sites
        ("market_now", np.float64),  # share of the market that recognises it
        ("due_cents", np.int64),  # cost of its sites
        ("paid_cents", np.int64),  # of this, paid
        ("sales_eur", np.float64),
        ("royalties_eur", np.float64),
    ],
    align=True,
)

SITE = np.dtype(
    [
        ("technology", np.int32),
        ("country", np.int16),
        ("climate", np.int16),
        ("approval_months", np.float64),  # asked for at rest
        ("approval_done", np.float64),
        ("approved_month", np.int32),  # -1: not yet
        ("setup_left", np.float64),
        ("months_run", np.float64),
        ("first_supply", np.int32),
        ("supplies", np.int16),
        ("short", np.bool_),  # some input is not as at rest
        ("able_now", np.float64),  # of a month's run, what inputs and people allow
    ],
    align=True,
)

OWNER = np.dtype(
    [
        ("technology", np.int32),
        ("organisation", np.int32),
        ("country", np.int16),
        ("share", np.float64),  # of the research work done
    ],
    align=True,
)

#: One row for each country of a technology in use.
ADOPTION = np.dtype(
    [
        ("technology", np.int32),
        ("country", np.int16),
        ("share", np.float64),  # of those who could use it
    ],
    align=True,
)

#: A loan or a stake.
CLAIM = np.dtype(
    [
        ("technology", np.int32),
        ("funder", np.int16),  # -1: private investors without a fund
        ("month", np.int32),
        ("loan", np.bool_),
        ("public_cents", np.int64),
        ("private_cents", np.int64),  # of a loan: borrowed by the bank
        ("repaid_cents", np.int64),  # of a loan
        ("repaid_private_cents", np.int64),  # of this, to those from whom it was borrowed
        ("lost", np.bool_),
    ],
    align=True,
)


class Table:
    """A growable structured array; rows are appended.

    Attributes
    ----------
    rows : ndarray
        The rows, with spare zeroed room at the end.
    n : int
        Rows in use.
    """

    __slots__ = ("n", "rows")

    def __init__(self, dtype: np.dtype, capacity: int = 256) -> None:
        self.rows: NDArray[np.void] = np.zeros(capacity, dtype=dtype)
        self.n = 0

    def reserve(self, more: int) -> None:
        """Make room for that many more rows."""
        needed = self.n + more
        if needed > len(self.rows):
            self.rows = self._with_room_for(max(needed, 2 * len(self.rows)))

    @property
    def used(self) -> NDArray[np.void]:
        """The rows in use (a view)."""
        return self.rows[: self.n]

    def copy(self) -> Table:
        """An independent copy with the same room."""
        other = Table.__new__(Table)
        other.rows = self._with_room_for(len(self.rows))
        other.n = self.n
        return other

    def _with_room_for(self, capacity: int) -> NDArray[np.void]:
        """The rows in use and spare room, in an array of their own."""
        rows = np.zeros(capacity, dtype=self.rows.dtype)
        # As bytes: NumPy copies a row field by field, which takes twenty times as long.
        rows[: self.n].view(np.uint8)[:] = self.rows[: self.n].view(np.uint8)
        return rows
