"""What output shows in: publications, patents, exchanges."""

from __future__ import annotations

from ecosim import randomness as rnd
from ecosim.kernels import kernel
from ecosim.tables import PRC, REC, WORKING

#: Monthly columns measured here: name, unit, meaning.
OUTCOMES: tuple[tuple[str, str, str], ...] = (
    ("publications", "publications", "Joint publications"),
    ("patents", "patent families", "Applied for"),
    ("exchanges", "exchanges", "Staff exchanges across borders"),
)

# Positions in what ``innovate`` returns.
PUBLICATIONS, PATENTS, EXCHANGES = range(3)


@kernel
def innovate(key, month, active, partnerships, seats, organisations, mobility, p, made, by_sector):
    """Draw the month's outputs of every partnership that worked, in place.

    Publications and exchanges follow the partnership's output; patents the part of its firms and institutes;
    exchanges are held back where people cannot travel. Draws are keyed by partnership and month.

    Parameters
    ----------
    made : ndarray of int64, shape (3,)
        Receives publications, patents and exchanges.
    by_sector : ndarray of int64, shape (S,)
        Receives publications by the partnerships' sectors.
    """
    q = p[0]
    for a in active:
        row = partnerships[a]
        if row.output_now <= 0.0:
            continue
        content = rnd.mix(row.lead_key, row.tag, row.proposed_month)
        years = row.output_now / 12.0
        u, v, w, _ = rnd.four_uniforms(key, row.lead_key, content, month, rnd.OUTPUT, 0)
        published = rnd.poisson_from(u, years * q.innovation_publications_per_person_year)
        made[PUBLICATIONS] += published
        by_sector[row.sector] += published
        # Even if all members were firms and travelled freely these draws would yield nothing: most months of most
        # partnerships, and the members need not be looked at.
        no_patent = v < 1.0 - years * q.innovation_patents_per_person_year
        if no_patent and w < 1.0 - years * q.innovation_exchanges_per_person_year:
            continue
        applied = 0.0
        travel = 0.0
        working = 0
        lead = seats[row.first_seat + row.lead_seat].organisation
        for m in range(row.seats):
            seat = seats[row.first_seat + m]
            if seat.state != WORKING:
                continue
            rec = organisations[seat.organisation]
            working += 1
            if rec.type == PRC or rec.type == REC:
                applied += 1.0
            if lead >= 0 and organisations[lead].country != rec.country:
                travel += mobility[organisations[lead].country, rec.country]
        if working == 0:
            continue
        made[PATENTS] += rnd.poisson_from(v, years * applied / working * q.innovation_patents_per_person_year)
        if row.working_countries_now >= 2:
            made[EXCHANGES] += rnd.poisson_from(w, years * travel / working * q.innovation_exchanges_per_person_year)
