"""People for contracted work: a stock of the organisation, which contracts share.

People are found and taught in the months before a contract starts; they leave while contracted work goes unpaid, and
after a contract that none follows. Part of those who leave unpaid work are lost to research, and their places stay
empty until others have been trained. Unfunded work is done by people an organisation employs anyway.
"""

from __future__ import annotations

from ecosim.kernels import kernel, kernel_row
from ecosim.tables import ACTIVE, DROPPED, GRANTED, STARTING, WORKING

#: Rounding of sums must not cost a cent: staff this close to what is asked for is enough.
_NEARLY = 1.0 - 1e-9


@kernel_row
def staffed(rec):
    """Share of the people asked for this month that an organisation has."""
    if rec.staff >= rec.at_work * _NEARLY:
        return 1.0
    return rec.staff / rec.at_work


@kernel_row
def _soon(rec, person_months, months, hiring_months):
    """Plan for work that starts in so many months (1 is the next): its share of the staff it will ask for."""
    if months <= hiring_months:
        rec.planned += person_months * ((hiring_months - months + 1) / hiring_months)
        rec.hired += person_months / hiring_months


@kernel
def ask(month, active, partnerships, seats, organisations, p):
    """Sum up what each organisation's funded contracts ask for this month, in place (person-months).

    ``contracted`` by running contracts, ``at_work`` by those that can be worked on, ``planned`` by running ones and
    those soon to start, ``hired`` what can be found this month for the latter; ``unpaid`` is set to 0.
    """
    q = p[0]
    for i in range(len(organisations)):
        rec = organisations[i]
        rec.contracted = 0.0
        rec.at_work = 0.0
        rec.planned = 0.0
        rec.hired = 0.0
        rec.unpaid = 0.0
    for a in active:
        row = partnerships[a]
        if row.funder < 0 or row.status > ACTIVE:
            continue
        if row.status == GRANTED and row.start_month - month > q.staff_hiring_months:
            continue
        for m in range(row.seats):
            seat = seats[row.first_seat + m]
            if seat.organisation < 0 or seat.state == DROPPED:
                continue
            rec = organisations[seat.organisation]
            if row.status == GRANTED:
                _soon(rec, seat.person_months, row.start_month - month, q.staff_hiring_months)
            elif seat.state == STARTING:
                _soon(rec, seat.person_months, seat.available_month - month, q.staff_hiring_months)
            else:
                rec.contracted += seat.person_months
                rec.planned += seat.person_months
                if seat.state == WORKING and row.working_now > 0:
                    rec.at_work += seat.person_months


@kernel
def follow(organisations, p):
    """Let people come and go at the end of the month, in place.

    Notes
    -----
    Of staff S with U of C person-months unpaid, ``loss * S * U / C`` leave, softened as far as other work is paid;
    ``gone`` of these are lost for good and replaced over ``renewal_months``. Of staff beyond what is planned
    ``leaving`` go. What contracts soon to start ask for is hired in full, evenly over ``hiring_months``; of what else
    is missing, ``recovery`` is found. So a world in which all work is paid loses none.
    """
    q = p[0]
    for i in range(len(organisations)):
        rec = organisations[i]
        if rec.staff == 0.0 and rec.planned == 0.0 and rec.gone == 0.0:
            continue
        rec.gone *= 1.0 - 1.0 / q.staff_renewal_months
        unpaid = min(rec.unpaid, rec.contracted)
        if unpaid > 0.0:
            stay = q.staff_softening * min(1.0, (rec.contracted - unpaid) / unpaid)
            left = q.staff_loss * (1.0 - stay) * rec.staff * (unpaid / rec.contracted)
            rec.staff -= left
            rec.gone += q.staff_gone * left
        wanted = rec.planned - unpaid - rec.gone
        if rec.staff > rec.planned:
            rec.staff -= q.staff_leaving * (rec.staff - rec.planned)
            if rec.staff < 1e-6:
                rec.staff = 0.0
        elif rec.staff < wanted:
            missing = wanted - rec.staff
            found = min(missing, rec.hired + q.staff_recovery * max(0.0, missing - rec.hired))
            rec.staff += found
            if rec.staff >= wanted * _NEARLY:
                rec.staff = wanted
        if rec.gone < 1e-9:
            rec.gone = 0.0
