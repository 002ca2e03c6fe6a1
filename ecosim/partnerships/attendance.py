"""Who can take part this month: suspension, return, departure, hand-over of the lead, quorum, and early ends."""

from __future__ import annotations

from math import ceil, floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.kernels import kernel
from ecosim.numerics import power
from ecosim.partnerships.consortium import productive
from ecosim.partnerships.drafts import topic_fit
from ecosim.tables import (
    ACTIVE,
    DROPPED,
    FAILED,
    GRANTED,
    LEFT_BY_CHOICE,
    LEFT_DROPPED,
    LEFT_REPLACED,
    MEMORY,
    PROGRAMME,
    STARTING,
    SUBSTITUTE,
    SUSPENDED,
    VACANT,
    WITHDRAWN,
    WORKING,
)

# Rows of the counts that ``attend`` returns.
STARTED, SUSPENSIONS, RETURNS, DEPARTURES, DROPS, HANDOVERS = range(6)


class Noted(NamedTuple):
    """What a month of attendance receives; F funders."""

    #: (seats, 2) pairs of partnership and seat that look for a new member this month.
    wanted: NDArray[np.int32]
    #: (6,) events of the month, see the constants of this module.
    counts: NDArray[np.int64]
    #: (1,) cents that leaving members had advanced.
    written_off: NDArray[np.int64]
    #: (F,) cents that agencies can promise to members whom the funder no longer pays; lowered in place.
    agency_free: NDArray[np.int64]
    #: (F, F) cents whose promise passes from one funder (first axis) to another.
    taken_over: NDArray[np.int64]


@kernel
def log_departure(departures, n, number, seat, month, reason, was_lead, written_off):
    """Append one departure from the partnership of a number; the caller has made room.

    What the member had advanced is lost to it.
    """
    written_off[0] += seat.advanced_cents
    seat.advanced_cents = 0
    row = departures[n]
    row.partnership = number
    row.organisation = seat.organisation
    row.joined_month = seat.joined_month
    row.left_month = month
    row.grant_cents = seat.grant_cents
    row.other_cents = seat.other_cents
    row.payer = seat.payer
    row.reason = reason
    row.was_lead = was_lead


@kernel
def _access(row, m, seats, organisations, kept_open, lead_works):
    """Share of openness a seat keeps to its hub: the lead; or, for the lead or without one, the other members."""
    mine = organisations[seats[row.first_seat + m].organisation].country
    if lead_works and m != row.lead_seat:
        return kept_open[mine, organisations[seats[row.first_seat + row.lead_seat].organisation].country]
    total = 0.0
    count = 0
    for o in range(row.seats):
        other = seats[row.first_seat + o]
        if o == m or o == row.lead_seat or other.organisation < 0:
            continue
        total += kept_open[mine, organisations[other.organisation].country]
        count += 1
    return total / count if count > 0 else 1.0


@kernel
def _can_take_part(key, row, m, seats, organisations, terms, tenure, response, lead_works):
    """Whether rules and politics let a seat work.

    Draws belong to the seat, so a standing closure hits the same ones.
    """
    seat = seats[row.first_seat + m]
    rec = organisations[seat.organisation]
    if not rec.present:
        return False
    if row.funder >= 0:
        if m == row.lead_seat:
            share = tenure.staying[terms, rec.country, rec.country, row.sector]
        elif lead_works:
            lead = organisations[seats[row.first_seat + row.lead_seat].organisation].country
            share = tenure.keeping[terms, lead, rec.country, row.sector]
        else:
            share = tenure.keeping_alone[terms, rec.country, row.sector]
        if rec.standing_draw >= share:
            return False
    if tenure.any_closed and response > 0.0:
        access = _access(row, m, seats, organisations, tenure.kept_open, lead_works)
        if access < 1.0:
            u = rnd.uniform(key, rec.key, rnd.mix(row.lead_key, row.tag, row.proposed_month), 0, rnd.CLOSURE, 0)
            return u < power(access, response)
    return True


@kernel
def _take_over(row, seat, agency, agency_free, taken_over):
    """Let a member's own agency promise what its funder has not paid yet; False if the agency cannot."""
    if agency < 0:
        return False
    own_unpaid = (row.grant_cents - row.other_cents) - (row.paid_cents - row.other_paid_cents)
    own_grant = row.grant_cents - row.other_cents
    cents = np.int64(floor(own_unpaid * (seat.grant_cents / max(own_grant, 1))))
    cents = min(cents, own_unpaid)
    if agency_free[agency] < cents:
        return False
    agency_free[agency] -= cents
    taken_over[row.funder, agency] += cents
    seat.payer = agency
    seat.other_cents = cents
    row.other_cents += cents
    row.due_cents = min(row.due_cents, own_unpaid - cents)
    return True


@kernel
def attend(month, active, rows, n_departures, tenure, unsettled, fixed, p, noted):
    """Update every running partnership's seats and status, in place.

    Parameters
    ----------
    n_departures : int
        Departures logged so far; the log has room for two rows per seat of the active partnerships.
    unsettled : bool
        Whether handles changed or somebody vanished since last month; if not, a partnership in which everyone works
        goes on as it is until a member leaves or it ends, and is not looked into.
    noted : Noted
        Receives what happens.

    Returns
    -------
    (int, int)
        Departures logged so far, and number of seats wanted.
    """
    q = p[0]
    key = fixed.key
    partnerships, seats, organisations, departures = rows.partnerships, rows.seats, rows.organisations, rows.departures
    wanted, counts, written_off = noted.wanted, noted.counts, noted.written_off
    n_wanted = 0
    for a in active:
        row = partnerships[a]
        first = row.first_seat
        if row.status == GRANTED:
            if month < row.start_month:
                continue
            row.status = ACTIVE
            counts[STARTED] += 1
        if row.settled and not unsettled and month < row.next_leave_month:
            if month >= row.fails_month:
                row.status = FAILED if row.funder >= 0 else WITHDRAWN
            continue
        terms = p[max(row.funder, 0)].funder_terms
        # What changed this month can change next month what others may do: it is looked into once more.
        changed = False
        # The lead first: the others need to know whether they have one.
        for step in range(row.seats + 1):
            m = row.lead_seat if step == 0 else step - 1
            if step > 0 and m == row.lead_seat:
                continue
            seat = seats[first + m]
            if seat.organisation < 0 or seat.state == DROPPED:
                continue
            lead_works = step > 0 and seats[first + row.lead_seat].state == WORKING
            able = _can_take_part(key, row, m, seats, organisations, terms, tenure, q.work_closure_response, lead_works)
            if able and row.funder >= 0 and m != row.lead_seat and seat.payer == row.funder and lead_works:
                rec = organisations[seat.organisation]
                lead_country = seats[first + row.lead_seat].country
                if rec.standing_draw >= tenure.staying[terms, lead_country, rec.country, row.sector]:
                    able = _take_over(row, seat, fixed.agency_of[rec.country], noted.agency_free, noted.taken_over)
            if able:
                if seat.state == SUSPENDED:
                    seat.state = WORKING
                    seat.since_month = month
                    counts[RETURNS] += 1
                    changed = True
                elif seat.state == STARTING and month >= seat.available_month:
                    seat.state = WORKING
                    seat.since_month = month
                    changed = True
            elif seat.state != SUSPENDED:
                seat.state = SUSPENDED
                seat.since_month = month
                counts[SUSPENSIONS] += 1
            if month >= seat.leaves_month:
                log_departure(
                    departures, n_departures, row.number, seat, month, LEFT_BY_CHOICE, m == row.lead_seat, written_off
                )
                n_departures += 1
                organisations[seat.organisation].load -= 1
                seat.organisation = -1
                seat.state = VACANT
                seat.since_month = month
                counts[DEPARTURES] += 1
                changed = True
        # A lead out of action for the grace period hands over to the largest member at work that may lead.
        lead = seats[first + row.lead_seat]
        if lead.state != WORKING and lead.state != STARTING and month - lead.since_month >= q.work_grace_months:
            best = -1
            for m in range(row.seats):
                seat = seats[first + m]
                if seat.state != WORKING:
                    continue
                heir = organisations[seat.organisation]
                home = heir.country
                if row.funder >= 0 and heir.standing_draw >= tenure.eligibility[terms, home, home, row.sector]:
                    continue
                # Whom its own agency pays takes part and does not lead.
                if row.funder >= 0 and seat.payer != row.funder:
                    continue
                if (
                    best < 0 or organisations[seat.organisation].size
                    > organisations[seats[first + best].organisation].size
                ):  # fmt: skip
                    best = m
            if best >= 0:
                row.lead_seat = best
                counts[HANDOVERS] += 1
                changed = True
        # Seats that have waited long enough look for someone else, or are given up.
        working = 0
        idle = 0
        row.next_leave_month = rnd.NEVER
        for m in range(row.seats):
            seat = seats[first + m]
            if seat.state == WORKING:
                working += 1
                row.next_leave_month = min(row.next_leave_month, seat.leaves_month)
            elif seat.state == DROPPED or (seat.state == VACANT and row.funder < 0):
                idle += 1
            elif (seat.state == SUSPENDED or seat.state == VACANT) and row.funder >= 0:
                waited = month - seat.since_month
                if waited < q.work_grace_months:
                    continue
                # What another funder pays for its own country's member is not there for somebody else.
                if (
                    q.on_substitution == 1
                    and seat.payer == row.funder
                    and waited < q.work_grace_months + q.work_replacement_months
                ):
                    if m != row.lead_seat and seats[first + row.lead_seat].state == WORKING:
                        wanted[n_wanted, 0] = a
                        wanted[n_wanted, 1] = m
                        n_wanted += 1
                elif waited >= q.work_grace_months + q.work_replacement_months and m != row.lead_seat:
                    if seat.organisation >= 0:
                        log_departure(
                            departures, n_departures, row.number, seat, month, LEFT_DROPPED, False, written_off
                        )
                        n_departures += 1
                        organisations[seat.organisation].load -= 1
                        seat.organisation = -1
                    seat.state = DROPPED
                    counts[DROPS] += 1
                    changed = True
        row.working_now = working
        needed = max(1, ceil(q.work_quorum * row.seats - 1e-9))
        if row.funder < 0:
            needed = 2
        if working < needed or seats[first + row.lead_seat].state != WORKING:
            row.stalled_months += 1
        else:
            row.stalled_months = 0
        if working < needed:
            row.working_now = 0
        row.settled = not changed and row.stalled_months == 0 and working + idle == row.seats
        if row.stalled_months > q.work_stalled_months:
            row.status = FAILED if row.funder >= 0 else WITHDRAWN
            continue
        if month >= row.fails_month:
            row.status = FAILED if row.funder >= 0 else WITHDRAWN
    return n_departures, n_wanted


@kernel
def write_vacancies(month, wanted, rows, rule_month, rule, p, drafts, order):
    """Turn wanted seats into one-seat searches led by the present lead, in place.

    Under a rule on countries or blocs, which binds what was proposed from ``rule_month`` on, a substitute must leave
    the consortium with as many countries as it was awarded with.

    Parameters
    ----------
    wanted : ndarray of int32, shape (D, 2)
        Partnership and seat of each.
    order : ndarray of uint64, shape (D,)
        Receives the hashes by which the searches are ordered.
    """
    seats, organisations = rows.seats, rows.organisations
    for w in range(len(wanted)):
        a = wanted[w, 0]
        row = rows.partnerships[a]
        draft = drafts.rows[w]
        lead = seats[row.first_seat + row.lead_seat].organisation
        draft.purpose = SUBSTITUTE
        draft.funder = row.funder
        draft.lead = lead
        draft.lead_key = row.lead_key
        draft.tag = rnd.mix(row.tag, row.proposed_month, 1000 + wanted[w, 1])
        draft.sector = row.sector
        draft.topic = row.topic
        draft.partnership = a
        draft.seat = wanted[w, 1]
        draft.grant_cents = row.grant_cents
        draft.asks = p[0].search_substitute_invitations
        draft.invited = -1
        n = 0
        countries = 0
        for m in range(row.seats):
            i = seats[row.first_seat + m].organisation
            if i >= 0:
                # Who is to be replaced is not asked again, and its country no longer counts.
                drafts.seats[w, n] = i
                n += 1
                if m == wanted[w, 1]:
                    continue
                c = organisations[i].country
                if drafts.present[w, c] == 0:
                    countries += 1
                drafts.present[w, c] += 1
        draft.members = n
        draft.countries = countries
        draft.size = n + 1
        if row.proposed_month >= rule_month:
            if rule.most_countries > 0:
                draft.countries_wanted = row.countries
            draft.blocs_fewest = rule.fewest_blocs
            draft.blocs_most = rule.most_blocs
        order[w] = rnd.mix(row.lead_key, draft.tag, month)


@kernel
def _keeps_countries(row, draft, newcomer, seats, organisations):
    """Whether the consortium keeps to its number of countries, after the month's other substitutes have joined."""
    home = organisations[newcomer].country
    countries = 1
    for m in range(row.seats):
        i = seats[row.first_seat + m].organisation
        if i < 0 or m == draft.seat or organisations[i].country == home:
            continue
        first = True
        for o in range(m):
            j = seats[row.first_seat + o].organisation
            if j >= 0 and o != draft.seat and organisations[j].country == organisations[i].country:
                first = False
        countries += first
    return countries <= draft.countries_wanted


@kernel
def _countries_of(row, seats):
    """Number of countries among the seats of a partnership, each counted for whoever holds or last held it."""
    countries = 0
    for m in range(row.seats):
        first = True
        for o in range(m):
            first = first and seats[row.first_seat + o].country != seats[row.first_seat + m].country
        countries += first
    return countries


@kernel
def replace(month, drafts, rows, n_departures, friction_replace, fixed, p, written_off):
    """Seat the substitutes that were found; returns departures logged so far and substitutions made.

    Parameters
    ----------
    friction_replace : ndarray of float, shape (C,)
        Months until a new member works, beside those at rest.
    """
    q = p[0]
    key, topics, price = fixed.key, fixed.topics, fixed.price
    seats, organisations, memory, departures = rows.seats, rows.organisations, rows.memory, rows.departures
    made = 0
    for d in range(len(drafts.rows)):
        draft = drafts.rows[d]
        if draft.members < draft.size:
            continue
        row = rows.partnerships[draft.partnership]
        seat = seats[row.first_seat + draft.seat]
        i = drafts.seats[d, draft.members - 1]
        # Two seats of a partnership may have found the same organisation, or together one country too many: the first
        # one takes it.
        taken = draft.countries_wanted > 0 and not _keeps_countries(row, draft, i, seats, organisations)
        for m in range(row.seats):
            taken = taken or seats[row.first_seat + m].organisation == i
        if taken:
            organisations[i].load -= 1
            continue
        if seat.organisation >= 0:
            log_departure(departures, n_departures, row.number, seat, month, LEFT_REPLACED, False, written_off)
            n_departures += 1
            organisations[seat.organisation].load -= 1
        # The newcomer does the work of the seat; where people cost more, as much of it as the seat's money buys.
        dearer = price[organisations[i].country] / price[seat.country]
        if dearer > 1.0:
            seat.person_months /= dearer
        seat.organisation = i
        seat.country = organisations[i].country
        seat.since_month = month
        seat.joined_month = month
        months = q.work_start_up_months * friction_replace[organisations[i].country]
        u = rnd.uniform(key, organisations[i].key, rnd.mix(row.lead_key, row.tag, 2), month, rnd.START, 0)
        seat.available_month = month + rnd.whole_months(months, u)
        seat.state = STARTING if seat.available_month > month else WORKING
        if seat.state == WORKING and row.working_now > 0:
            row.working_now += 1
        seat.fit = topic_fit(row.topic, topics[i, row.sector], p)
        seat.effort = 0.0
        # What was contracted among so many countries is now among those of the seats as they are filled.
        row.productive = productive(row.seats, _countries_of(row, seats), row.trust, p)
        memory[i, organisations[i].remembered % MEMORY] = row.number
        organisations[i].remembered += 1
        seat.leaves_month = rnd.NEVER
        if row.seats > 2:
            u = rnd.uniform(key, organisations[i].key, draft.tag, month, rnd.MEMBER_LEAVES, 0)
            seat.leaves_month = rnd.first_month(u, q.work_member_withdrawal_hazard, seat.available_month)
        organisations[i].participations += row.funder == PROGRAMME
        made += 1
    return n_departures, made
