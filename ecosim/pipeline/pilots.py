"""Pilots: what completed research leaves to try, where it is tried, and what that proves."""

from __future__ import annotations

from math import floor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.channels.supply import InputFlows
from ecosim.kernels import kernel
from ecosim.numerics import exp, log
from ecosim.pipeline.approvals import months_asked
from ecosim.pipeline.inputs import MOST_SITES, equip_site, inputs_flow
from ecosim.tables import COMPLETED, GIVEN_UP, PILOT, PRC, SCALE_UP, SEEKING


class Used(NamedTuple):
    """Rows in use of the tables to which completed research adds."""

    technologies: int
    sites: int
    owners: int
    supplies: int


class Met(NamedTuple):
    """What new pilots meet; C countries, S sectors."""

    #: (S,) chance that research leaves something to try, beside that at rest, and mean number of sites.
    chance: NDArray[np.float64]
    mean_sites: NDArray[np.float64]
    #: (C, C) how far rules on ethics and products agree, and months to set up a site beside those at rest.
    agreed: NDArray[np.float64]
    site_start: NDArray[np.float64]
    flows: InputFlows


@kernel
def chance_of(probability, log_odds):
    """A probability whose odds are moved by a logarithm."""
    if probability <= 0.0 or probability >= 1.0:
        return probability
    odds = probability / (1.0 - probability) * exp(log_odds)
    return odds / (1.0 + odds)


@kernel
def begin(month, active, rows, pipeline, used, facts, met, fixed, p, counts):
    """Let completed research leave technologies to pilot; rows are appended in place.

    Owners are the organisations that hold its seats at the end, by the work done in them. The first site is in the
    lead's country. Further ones are in other owners' countries: those of a climate not tried yet first, then the
    others, in the order of their seats.

    Parameters
    ----------
    active : ndarray of int32
        Partnerships under way; those completed this month are looked at.
    rows, pipeline : Rows, PipelineRows
        Tables of the state and of the stages; the latter have room for what is added.
    used : Used
        Rows of these in use.
    facts : StageArrays
        Which research is applied, what needs approval, and climates.
    met : Met
        What new pilots meet this month.
    counts : ndarray of int64, shape (2,)
        Receives pilots opened, and months since the start of their research.

    Returns
    -------
    (int, int, int, int)
        Rows in use of technologies, sites, owners and supplies.
    """
    q = p[0]
    key, climates = fixed.key, facts.climates
    seats, technologies, sites, owners = rows.seats, pipeline.technologies, pipeline.sites, pipeline.owners
    n_technologies, n_sites, n_owners, n_supplies = used
    for a in active:
        row = rows.partnerships[a]
        if row.status != COMPLETED or row.effort <= 0.0:
            continue
        s = row.sector
        chance = q.stages_pilot_chance * met.chance[s]
        if not facts.applied[s]:
            chance *= q.stages_basic_share
        chance = chance_of(chance, q.stages_pilot_quality * row.quality)
        chance *= 1.0 - exp(-row.effort / q.stages_pilot_effort)
        if rnd.uniform(key, row.lead_key, row.tag, row.proposed_month, rnd.PILOT, 0) >= chance:
            continue
        first_owner = n_owners
        total = 0.0
        home = -1
        for m in range(row.seats):
            seat = seats[row.first_seat + m]
            if seat.organisation >= 0 and seat.effort > 0.0:
                owner = owners[n_owners]
                owner.technology = n_technologies
                owner.organisation = seat.organisation
                owner.country = seat.country
                owner.share = seat.effort
                total += seat.effort
                n_owners += 1
                if home < 0 or m == row.lead_seat:
                    home = seat.country
        if home < 0:
            continue
        for k in range(first_owner, n_owners):
            owners[k].share /= total
        technology = technologies[n_technologies]
        technology.lead_key = row.lead_key
        technology.tag = row.tag
        technology.proposed_month = row.proposed_month
        technology.origin = row.number
        technology.sector = s
        technology.country = home
        technology.began_month = month
        technology.since_month = month
        technology.stage = PILOT
        technology.quality = row.quality
        technology.granted = row.funder >= 0
        technology.first_adoption = -1
        draw, _, third, _ = rnd.four_uniforms(key, row.lead_key, row.tag, row.proposed_month, rnd.PILOT, 1)
        technology.needs_approval = draw < facts.need[s]
        technology.first_owner = first_owner
        technology.owners = n_owners - first_owner
        technology.first_site = n_sites
        wanted = floor(met.mean_sites[s])
        if third < met.mean_sites[s] - wanted:
            wanted += 1
        wanted = min(wanted, MOST_SITES)
        # Once for the lead's country, once for new climates, once for the rest.
        for turn in range(3):
            for k in range(first_owner, n_owners):
                country = owners[k].country if turn > 0 else home
                taken = n_sites - technology.first_site >= wanted
                for t in range(technology.first_site, n_sites):
                    taken = taken or sites[t].country == country
                    taken = taken or (turn == 1 and sites[t].climate == climates[country])
                if taken:
                    continue
                site = sites[n_sites]
                site.technology = n_technologies
                site.country = country
                site.climate = climates[country]
                site.setup_left = q.stages_site_start_months * met.site_start[home, country]
                site.approved_month = month
                if technology.needs_approval:
                    site.approved_month = -1
                    site.approval_months = months_asked(
                        key, row.lead_key, row.tag, row.proposed_month, rnd.APPROVAL, home, country, met.agreed, p
                    )
                if q.on_supply == 1:
                    n_supplies = equip_site(
                        key, technology, n_technologies, site, n_sites - technology.first_site, pipeline.supplies,
                        n_supplies, fixed.input_intensity[s], met.flows,
                    )  # fmt: skip
                n_sites += 1
        technology.sites = n_sites - technology.first_site
        counts[0] += 1
        counts[1] += month + 1 - row.start_month
        n_technologies += 1
    return n_technologies, n_sites, n_owners, n_supplies


@kernel
def advance_sites(month, technologies, pipeline, approval_months, recognition, conditions, fixed, p, counts):
    """A month of approvals, of setting up, and of inputs, at every site of a pilot or scale-up, in place.

    A country that has seen another approve, in an earlier month, asks only for what that does not stand for. Writes
    what each site can do this month, and what that costs (``due_cents``).

    Parameters
    ----------
    technologies : ndarray
        The rows in use.
    approval_months : ndarray of float, shape (C,)
        Months to approve, beside those at rest.
    recognition : ndarray of float, shape (C, C, S)
        Share of an approval in the second country that one in the first stands for.
    counts : ndarray of float, shape (3,)
        Receives approvals given, the months they took, and sites that switched supplier.
    """
    q = p[0]
    sites = pipeline.sites
    for t in range(len(technologies)):
        technology = technologies[t]
        piloted = technology.stage == PILOT
        technology.due_cents = 0
        technology.paid_cents = 0
        if not piloted and technology.stage != SCALE_UP and technology.stage != SEEKING:
            continue
        s = technology.sector
        first, last = technology.first_site, technology.first_site + technology.sites
        flowing = 0.0
        cost = 0.0
        for k in range(first, last):
            site = sites[k]
            site.able_now = 0.0
            flow, switched = inputs_flow(
                fixed.key, technology, site, pipeline.supplies, fixed.input_criticality[s], conditions.inputs,
                q.supply_elasticity, q.supply_weight, q.supply_spare_capacity,
            )  # fmt: skip
            flowing += flow
            counts[2] += switched
            if not piloted:
                continue
            if site.approved_month < 0:
                pace = approval_months[site.country]
                site.approval_done += 1.0 / pace if pace > 0.0 else site.approval_months
                spared = 0.0
                for o in range(first, last):
                    if sites[o].approved_month >= 0 and sites[o].approved_month < month:
                        spared = max(spared, recognition[sites[o].country, site.country, s])
                if site.approval_done >= site.approval_months * (1.0 - spared):
                    site.approved_month = month
                    counts[0] += 1.0
                    counts[1] += month - technology.began_month
            elif site.setup_left > 0.0:
                site.setup_left -= 1.0
            elif site.months_run < q.stages_pilot_months:
                site.able_now = min(
                    flow * conditions.capacity[site.country], 1.0, q.stages_pilot_months - site.months_run
                )
                cost += site.able_now
        technology.flow_now = flowing / technology.sites
        dearer = conditions.pilot_cost[s] if technology.sites > 1 else 1.0
        technology.due_cents = np.int64(floor(100.0 * q.stages_pilot_site_eur * cost * dearer))


@kernel
def owners_pay(technologies, owners, organisations, spent):
    """Let owners pay what nobody else has paid of this month's pilots, each its part, as far as its reserves reach.

    Parameters
    ----------
    spent : ndarray of int64, shape (N or 0, 2)
        Receives cents that firms pay, in both columns: whoever has a pilot runs it, with relief or without.

    Returns
    -------
    int
        Cents taken from reserves.
    """
    total = np.int64(0)
    for t in range(len(technologies)):
        technology = technologies[t]
        left = technology.due_cents - technology.paid_cents
        if left <= 0:
            continue
        for k in range(technology.first_owner, technology.first_owner + technology.owners):
            rec = organisations[owners[k].organisation]
            part = np.int64(floor(left * owners[k].share))
            if rec.present and rec.reserves_cents >= part:
                rec.reserves_cents -= part
                technology.paid_cents += part
                total += part
                if len(spent) > 0 and rec.type == PRC:
                    spent[owners[k].organisation, 0] += part
                    spent[owners[k].organisation, 1] += part
    return total


@kernel
def run_and_judge(key, month, technologies, sites, p, counts):
    """Run the sites as far as they were paid, and judge the pilots that are over, in place.

    A pilot is over when all its sites are done, or after the longest time; it is judged by the sites that are done.
    The logarithm of its odds grows with quality and with the logarithms of the number of climates and of populations
    in which it was tried.

    Parameters
    ----------
    counts : ndarray of int64, shape (3,)
        Receives pilots that ended, those that succeeded, and months run at sites in hundredths.
    """
    q = p[0]
    for t in range(len(technologies)):
        technology = technologies[t]
        if technology.stage != PILOT:
            continue
        paid = 1.0
        if technology.due_cents > 0:
            # Rounding to cents leaves nobody short of a month.
            short = technology.due_cents - technology.paid_cents - technology.owners
            if short > 0:
                paid = technology.paid_cents / technology.due_cents
        first, last = technology.first_site, technology.first_site + technology.sites
        waiting = 0
        climates = 0
        populations = 0
        for k in range(first, last):
            site = sites[k]
            site.months_run += site.able_now * paid
            counts[2] += np.int64(100.0 * site.able_now * paid)
            if site.months_run < q.stages_pilot_months - 1e-9:
                waiting += 1
                continue
            populations += 1
            new = True
            for o in range(first, k):
                done = sites[o].months_run >= q.stages_pilot_months - 1e-9
                new = new and not (done and sites[o].climate == site.climate)
            if new:
                climates += 1
        technology.climates = climates
        technology.populations = populations
        if waiting > 0 and month + 1 - technology.began_month < q.stages_pilot_longest_months:
            continue
        counts[0] += 1
        technology.since_month = month
        technology.stage = GIVEN_UP
        if populations == 0:
            continue
        if rnd.uniform(
            key, technology.lead_key, technology.tag, technology.proposed_month, rnd.PILOT_RESULT, 0
        ) < chance_of(
            q.stages_success,
            q.stages_success_quality * technology.quality
            + q.stages_success_climates * log(np.float64(climates))
            + q.stages_success_populations * log(np.float64(populations)),
        ):
            technology.stage = SEEKING
            counts[1] += 1
