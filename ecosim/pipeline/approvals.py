"""Approvals: who needs one, how many months it takes, and how far one given elsewhere spares it."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.kernels import kernel, kernel_making_arrays
from ecosim.numerics import exp
from ecosim.world.facts import REGULATION_PARTS

if TYPE_CHECKING:
    from ecosim.setting import Setting
    from ecosim.state import State

#: Parts of regulation under which research and pilots are approved.
_ETHICS, _PRODUCTS = REGULATION_PARTS.index("ethics"), REGULATION_PARTS.index("product_standards")


def agreement(regulation: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the rules agree under which research and pilots are approved, (C, C), from the handle (4, C, C)."""
    return 0.5 * (regulation[_ETHICS] + regulation[_PRODUCTS])


@kernel
def months_asked(key, lead_key, tag, proposed_month, purpose, lead_country, country, agreed, p):
    """Months to approve in one country with handles at rest: log-normal around the medians of both committees.

    Longer where the rules differ from those of the lead's country; ``agreed`` has shape (C, C).
    """
    q = p[0]
    luck = rnd.normal(key, lead_key, tag, proposed_month, purpose, country)
    months = (q.stages_ethics_months + q.stages_governance_months) * exp(q.stages_approval_spread * luck)
    return months * (1.0 + q.stages_approval_where_rules_differ * (1.0 - agreed[lead_country, country]))


@kernel
def all_approved(asked, countries, n, sector, recognition, done):
    """Months until the first ``n`` of ``countries`` have all approved, with every approval shortened by the earlier.

    A country that has seen another approve, in month t, asks only the rest of its own: it approves in month
    ``max(t, asked * (1 - recognition))`` if that is sooner.

    Parameters
    ----------
    asked : ndarray of float, shape (C,)
        Months each country asks without recognition; overwritten by the months it takes.
    done : ndarray of bool, shape (C,)
        Room; all False on the way in and out.

    Returns
    -------
    float
        The last of them.
    """
    last = 0.0
    # Earliest first, as Dijkstra 1959 finds shortest paths: what has approved cannot become sooner.
    for _ in range(n):
        first = -1
        for k in range(n):
            c = countries[k]
            if not done[c] and (first < 0 or asked[c] < asked[first]):
                first = c
        done[first] = True
        last = max(last, asked[first])
        for k in range(n):
            c = countries[k]
            if not done[c]:
                rest = asked[c] * (1.0 - recognition[first, c, sector])
                asked[c] = min(asked[c], max(asked[first], rest))
    for k in range(n):
        done[countries[k]] = False
    return last


@kernel_making_arrays
def _wait(key, partnerships, first, seats, need, agreed, recognition, approval_months, p, counts):
    """Put off the start of new research until every member's country has approved it, in place.

    Parameters
    ----------
    counts : ndarray of float, shape (2,)
        Receives approvals given and the months they took.
    """
    asked = np.zeros(len(approval_months))
    countries = np.zeros(len(approval_months), dtype=np.int64)
    done = np.zeros(len(approval_months), dtype=np.bool_)
    for a in range(first, len(partnerships)):
        row = partnerships[a]
        s = row.sector
        if row.funder < 0 or (
            rnd.uniform(key, row.lead_key, row.tag, row.proposed_month, rnd.APPROVAL_NEEDED, 0) >= need[s]
        ):
            continue
        lead_country = seats[row.first_seat + row.lead_seat].country
        n = 0
        for m in range(row.seats):
            c = seats[row.first_seat + m].country
            new = True
            for k in range(n):
                new = new and countries[k] != c
            if new:
                countries[n] = c
                asked[c] = approval_months[c] * months_asked(
                    key, row.lead_key, row.tag, row.proposed_month, rnd.RESEARCH_APPROVAL, lead_country, c, agreed, p
                )
                n += 1
        last = all_approved(asked, countries, n, s, recognition, done)
        for k in range(n):
            counts[0] += 1.0
            counts[1] += asked[countries[k]]
        later = row.proposed_month + floor(last + 0.5) - row.start_month
        if later <= 0:
            continue
        row.start_month += later
        row.next_payment_month += later
        if row.fails_month < rnd.NEVER:
            row.fails_month += later
        for m in range(row.seats):
            seat = seats[row.first_seat + m]
            seat.since_month += later
            seat.joined_month += later
            if seat.leaves_month < rnd.NEVER:
                seat.leaves_month += later


def research_waits(state: State, setting: Setting, first: int) -> None:
    """Let funded research that needs approval wait for it before it starts.

    Every country with a member is asked in the month of the award; time to grant runs beside it. Unfunded work, which
    starts at once, asks nobody.

    Parameters
    ----------
    first : int
        First of the partnerships founded this month.
    """
    counts = np.zeros(2)
    _wait(
        setting.key, state.partnerships.used, first, state.seats.rows,
        setting.stages.arrays.need, agreement(state.handles.regulation), state.handles.recognition,
        state.handles.approval_months, setting.parameters_in(state.month), counts,
    )  # fmt: skip
    new = state.partnerships.used[first:]
    state.register.rows["start_month"][new["number"]] = new["start_month"]
    state.record.add("approvals", counts[0])
    state.record.add("months_to_approve", counts[1])
