"""Rows of the stages, and what their numbers stand for."""

from __future__ import annotations

import numpy as np

# Stages of a technology.
PILOT, SEEKING, SCALE_UP, IN_USE, GIVEN_UP = range(5)
STAGE_NAMES = ("pilot", "seeking money", "scale-up", "in use", "given up")

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
