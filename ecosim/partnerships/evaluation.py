"""Evaluation: proposals are ranked on what evaluators see of their quality, and funded while the money lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.kernels import kernel, kernel_making_arrays
from ecosim.numerics import log
from ecosim.outcomes.output import member_quality
from ecosim.partnerships.consortium import paid_by_own_agency
from ecosim.partnerships.drafts import Drafts, topic_fit

if TYPE_CHECKING:
    from ecosim.setting import Setting
    from ecosim.state import State

#: A funded consortium has at least this many organisations (Horizon 2020 rule for collaborative projects).
FEWEST_MEMBERS = 3


class Purse(NamedTuple):
    """What a funder can promise in a call, lowered in place; C countries, S sectors, F funders."""

    #: (S,) cents available per sector.
    envelopes: NDArray[np.int64]
    #: (C, C) cents that only seats of the second country in consortia led from the first may use.
    earmarked: NDArray[np.int64]
    #: (F,) cents that agencies can promise to members whom the funder does not pay.
    agency_free: NDArray[np.int64]
    #: How far all envelopes together may run below zero.
    ahead_cents: int


@kernel
def score(key, month, year, drafts, seats, organisations, topics, skill, p):
    """Quality of each proposal, and the score evaluators give it; in place.

    Parameters
    ----------
    topics, skill : ndarray, shape (N, S)
        Where each organisation's knowledge lies, and what knowledge adds to its capability.

    Notes
    -----
    Quality, in standard deviations of ideas, is the idea of the lead in this sector and year (standard normal), the
    members' mean capability and fit, and the lead's experience. The idea and the experience stay with the work; the
    members' part follows who works (:mod:`ecosim.outcomes.output`). The score adds an error drawn for lead and month.
    """
    q = p[0]
    for d in range(len(drafts)):
        draft = drafts[d]
        lead = organisations[draft.lead]
        s = draft.sector
        # Proposals put together have one idea, and evaluators err about it once.
        plan = drafts[draft.elder] if draft.elder >= 0 else draft
        idea = rnd.normal(key, plan.lead_key, s, year, rnd.QUALITY, 0)
        draft.idea = idea + q.programme_experience_weight * log(1.0 + max(lead.experience, 0.0))
        able = 0.0
        for m in range(draft.members):
            i = seats[d, m]
            able += member_quality(
                organisations[i].capability + skill[i, s], topic_fit(draft.topic, topics[i, s], p), p
            )
        draft.quality = draft.idea + able / draft.members
        error = rnd.normal(key, plan.lead_key, plan.tag, month, rnd.EVALUATION, 0)
        draft.score = draft.quality + q.programme_evaluation_noise * error


def rate(drafts: Drafts, state: State, setting: Setting) -> None:
    """Give every draft its quality and its score, in place."""
    month = state.month
    score(
        setting.key, month, setting.year(month), drafts.rows, drafts.seats, state.organisations,
        setting.population.topics, state.skill, setting.parameters_in(month),
    )  # fmt: skip
    if not setting.builder.at_rest(state.handles, "evaluation_error"):
        larger = state.handles.evaluation_error
        error = drafts.rows["score"] - drafts.rows["quality"]
        drafts.rows["score"] += (larger[state.organisations["country"][drafts.rows["lead"]]] - 1.0) * error


def rank_circles_apart(rows: NDArray[np.void], key: np.uint64, month: int) -> None:
    """Weigh proposals of a circle against each other, not against the rest; sets their scores in place.

    A circle has calls of its own, and of its proposals no larger share is funded than of others. They take the scores
    of other proposals of the call in their sector, drawn at random; the best of them takes the highest drawn.
    """
    for funder, sector, circle in set(rows[rows["circle"] > 0][["funder", "sector", "circle"]].tolist()):
        same_call = (rows["funder"] == funder) & (rows["sector"] == sector)
        others = np.sort(rows["score"][same_call & (rows["circle"] == 0)])
        if len(others) == 0:
            continue
        mine = np.flatnonzero(same_call & (rows["circle"] == circle))
        drawn = [
            rnd.two_uniforms(key, draft["lead_key"], draft["tag"], month, rnd.EVALUATION, 1)[0] for draft in rows[mine]
        ]
        worst_first = mine[np.argsort(rows["score"][mine], kind="stable")]
        rows["score"][worst_first] = others[(np.sort(drawn) * len(others)).astype(np.int64)]


@kernel
def _eligible(draft, present, blocs):
    """Whether a consortium meets the rules it was built for."""
    if draft.members < FEWEST_MEMBERS and draft.members < draft.size:
        return False
    if draft.countries < min(int(draft.countries_wanted), int(draft.members)):
        return False
    if draft.blocs_fewest > 0:
        seen = np.uint64(0)
        count = 0
        for c in range(len(present)):
            bit = np.uint64(1) << np.uint64(blocs[c])
            if present[c] > 0 and (seen & bit) == np.uint64(0):
                seen |= bit
                count += 1
        if count < draft.blocs_fewest:
            return False
    return True


@kernel_making_arrays
def _burdens(members_from, held):
    """Seats held by the countries of each proposal's members, summed over members, shape (n,)."""
    burden = np.zeros(members_from.shape[1])
    for c in range(members_from.shape[0]):
        for k in range(len(burden)):
            burden[k] += members_from[c, k] * held[c]
    return burden


@kernel
def _best(drafts, order, out, closed, burden, weight):
    """Position of the best proposal left when what its countries hold counts against it; -1 if none is left."""
    pick = -1
    best = -np.inf
    for k in range(len(order)):
        if out[k]:
            continue
        draft = drafts[order[k]]
        if closed[draft.sector]:
            continue
        value = draft.score - weight * burden[k] / draft.members
        if value > best:
            best = value
            pick = k
    return pick


@kernel_making_arrays
def _award(drafts, order, organisations, blocs, purse, held, evenness, eligibility, agency_of, p):
    """Award in the order of scores while the sector's envelope lasts; returns the number awarded.

    The last award of a sector may overdraw its envelope, to be paid back from what later calls set aside. Stopping
    before it would favour small consortia, the more the less money a call offers. All sectors together overdraw
    what the programme may promise ahead at most, which holds the largest grant of each.

    With portfolio evenness, a country's present share of the portfolio counts against its proposals, and the ranking
    is redone after every award.
    """
    rows, seats, present = drafts.rows, drafts.seats, drafts.present
    envelopes, earmarked, agency_free = purse.envelopes, purse.earmarked, purse.agency_free
    n = len(order)
    closed = np.zeros(len(envelopes), dtype=np.bool_)
    out = np.zeros(n, dtype=np.bool_)
    for k in range(n):
        out[k] = not _eligible(rows[order[k]], present[order[k]], blocs)
    even = evenness > 0.0
    # A call may draw many thousands of proposals: what each one's countries hold is kept and not counted anew.
    members_from = np.ascontiguousarray(present[order[: n * even]].T)
    burden = _burdens(members_from, held)
    awarded = 0
    money = envelopes.sum() + purse.ahead_cents
    for k in range(n):
        pick = k
        if even:
            pick = _best(rows, order, out, closed, burden, evenness * len(held) / max(held.sum(), 1.0))
            if pick < 0:
                break
        if out[pick]:
            continue
        out[pick] = True
        d = order[pick]
        draft = rows[d]
        s = draft.sector
        if closed[s]:
            continue
        # A consortium that could not fill its seats asks for less.
        if draft.members < draft.size:
            draft.grant_cents = draft.grant_cents * draft.members // draft.size
        # Money earmarked for a pair pays the seats of that pair first, and nothing else.
        lead_country = organisations[seats[d, 0]].country
        seat_cents = draft.grant_cents // draft.members
        # Taken seat by seat: two seats of one country share what is earmarked for it.
        used = np.zeros(draft.members, dtype=np.int64)
        draft.other_cents = 0
        short = False
        for m in range(1, draft.members):
            rec = organisations[seats[d, m]]
            c = rec.country
            if agency_of[c] >= 0 and paid_by_own_agency(draft, m, rec, lead_country, eligibility, p):
                draft.other_cents += seat_cents
                agency_free[agency_of[c]] -= seat_cents
                short = short or agency_free[agency_of[c]] < 0
                continue
            used[m] = min(earmarked[lead_country, c], seat_cents)
            earmarked[lead_country, c] -= used[m]
        own_cents = draft.grant_cents - draft.other_cents
        if short or envelopes[s] <= 0 or own_cents - used.sum() > money:
            for m in range(1, draft.members):
                rec = organisations[seats[d, m]]
                earmarked[lead_country, rec.country] += used[m]
                if agency_of[rec.country] >= 0 and paid_by_own_agency(draft, m, rec, lead_country, eligibility, p):
                    agency_free[agency_of[rec.country]] += seat_cents
            # An agency without money costs its members this proposal; the call goes on.
            closed[s] = closed[s] or not short
            continue
        envelopes[s] -= own_cents - used.sum()
        money -= own_cents - used.sum()
        draft.awarded = True
        awarded += 1
        for m in range(draft.members):
            c = organisations[seats[d, m]].country
            held[c] += 1.0
            if even:
                for j in range(n):
                    burden[j] += members_from[c, j]
    return awarded


@kernel
def count_seats(funder, active, partnerships, seats, held):
    """Add each country's seats in a funder's portfolio under way to ``held``, shape (C,)."""
    for a in active:
        row = partnerships[a]
        if row.funder == funder:
            for m in range(row.seats):
                seat = seats[row.first_seat + m]
                if seat.organisation >= 0:
                    held[seat.country] += 1.0


def award(
    drafts: Drafts, asked: NDArray[np.bool_], organisations: NDArray[np.void], blocs: NDArray[np.int8],
    purse: Purse, held: NDArray[np.float64], evenness: float, eligibility: NDArray[np.float64],
    agency_of: NDArray[np.int16], parameters: NDArray[np.void],
) -> int:  # fmt: skip
    """Award the best proposals of a call; sets ``awarded`` and lowers the envelopes in place.

    Parameters
    ----------
    asked : ndarray of bool, shape (D,)
        Proposals made to this funder; the others are not looked at.
    purse : Purse
        What can be promised; lowered in place.
    held : ndarray of float, shape (C,)
        Seats each country holds in the running portfolio; raised by awards.
    evenness : float
        ``programme.portfolio_evenness``.
    eligibility : ndarray of float, shape (T, C, C, S)
        Whom the funder itself pays; a member beyond is paid by its country's agency.
    agency_of : ndarray of int16, shape (C,)
        Each country's agency on the axis of funders; -1 for none.

    Returns
    -------
    int
        Number of awards. In each sector funding stops when its envelope is used up, or at the first proposal that
        would overdraw all envelopes together by more than they may be; the rest waits for the next call.
    """
    # Drafts stand in hashed order, so a stable sort breaks ties without favour.
    order = np.flatnonzero(asked)
    if len(order) == 0:
        return 0
    order = order[np.argsort(-drafts.rows["score"][order], kind="stable")]
    awarded = _award(
        drafts.arrays, order, organisations, blocs, purse, held, evenness, eligibility, agency_of, parameters
    )
    return int(awarded)
