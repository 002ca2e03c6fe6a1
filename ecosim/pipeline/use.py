"""Markets, scale-up and use: who recognises a technology, who adopts it, and what it earns for whom."""

from __future__ import annotations

from math import floor

import numpy as np

from ecosim import randomness as rnd
from ecosim.kernels import kernel
from ecosim.tables import IN_USE, SCALE_UP, SEEKING

# What ``scale`` says of a technology this month.
GOES_ON, FAILS, SUCCEEDS = range(3)


@kernel
def recognised(technology, sites, recognition, country):
    """Share of an approval in a country that the approvals a technology has stand for; 1 if it needs none."""
    if not technology.needs_approval:
        return 1.0
    best = 0.0
    for k in range(technology.first_site, technology.first_site + technology.sites):
        if sites[k].approved_month >= 0:
            best = max(best, recognition[sites[k].country, country, technology.sector])
    return best


@kernel
def markets(technologies, sites, recognition, standards, income_share):
    """Share of the market that recognises each technology that seeks money, in place (``market_now``).

    Parameters
    ----------
    standards : ndarray of float, shape (C, C)
        How far product standards agree.
    income_share : ndarray of float, shape (C,)
        Each country's part of all income.
    """
    for t in range(len(technologies)):
        technology = technologies[t]
        if technology.stage != SEEKING:
            continue
        total = 0.0
        for c in range(len(income_share)):
            open_to = standards[technology.country, c]
            total += income_share[c] * open_to * recognised(technology, sites, recognition, c)
        technology.market_now = min(total, 1.0)


@kernel
def scale(key, technologies, p, result):
    """A month of every scale-up, in place; ``result`` says how each technology's month ended, shape (T,)."""
    q = p[0]
    for t in range(len(technologies)):
        technology = technologies[t]
        result[t] = GOES_ON
        if technology.stage != SCALE_UP:
            continue
        technology.progress += technology.flow_now / q.stages_scale_up_months
        if technology.progress < 1.0 - 1e-9:
            continue
        fate, kind = rnd.two_uniforms(
            key, technology.lead_key, technology.tag, technology.proposed_month, rnd.SCALE_UP_RESULT, 0
        )
        technology.venture = kind < q.stages_venture_share
        result[t] = FAILS if fate < q.stages_scale_up_failure else SUCCEEDS


# Positions in the totals of ``use``.
ROYALTY_CENTS, REDEPLOYED, MONTHS_TO_REDEPLOY, LEAKED_CENTS = range(4)


@kernel
def use(
    month, technologies, pipeline, organisations, recognition, standards, royalty_share, leakage, facts, p, by_country,
    totals,
):  # fmt: skip
    """A month of every technology in use: adopters, sales, royalties to owners, jobs, in place.

    Adoption follows the law of Bass in every country, slowed by how far the country recognises the approval and shares
    the product standards. Royalties go to the owners who are still there, by their shares.

    Parameters
    ----------
    technologies : ndarray
        The rows in use.
    royalty_share : ndarray of float, shape (C,)
        Royalties paid by a country's users where patents matter, beside those at rest.
    leakage : ndarray of float, shape (C, C)
        Share of the royalties on the first country's technologies that is not paid in the second.
    facts : StageArrays
        In which sectors they do, and each country's part of all income.
    by_country : ndarray of float, shape (3, C)
        Receives adopters, royalties to owners (EUR), and jobs.
    totals : ndarray of int64, shape (4,)
        Receives cents of royalties, technologies redeployed abroad this month, the months that took them, and cents of
        royalties that owners, those who are still there, would have had without leakage. Who could use one abroad
        weighs by the countries' parts of all income; the country of the lead is home.
    """
    q = p[0]
    sites, owners, income_share = pipeline.sites, pipeline.owners, facts.income_share
    alone, others = q.stages_adoption_alone / 12.0, q.stages_adoption_by_others / 12.0
    jobs_per_eur = 12.0 * q.stages_jobs_per_million / 1e6
    for t in range(len(technologies)):
        technology = technologies[t]
        if technology.stage != IN_USE:
            continue
        sales = 0.0
        royalties = 0.0
        leaked = 0.0
        before = 0.0
        abroad = 0.0
        could = 0.0
        for c in range(len(income_share)):
            row = pipeline.adoption[technology.first_adoption + c]
            open_to = standards[technology.country, c] * recognised(technology, sites, recognition, c)
            away = income_share[c] if c != technology.country else 0.0
            before += away * row.share
            row.share += min((alone + others * row.share) * open_to, 1.0) * (1.0 - row.share)
            abroad += away * row.share
            could += away
            adopters = q.stages_market_adopters * income_share[c] * row.share
            bought = q.stages_adopter_eur * adopters
            by_country[0, c] += adopters
            if not technology.venture:
                by_country[2, c] += bought * jobs_per_eur
            sales += bought
            paid = royalty_share[c] if facts.patents[technology.sector] else 1.0
            royalties += bought * paid * (1.0 - leakage[technology.country, c])
            leaked += bought * paid * leakage[technology.country, c]
        # a share never falls, so this is seen once
        if before < q.stages_redeployed_share * could <= abroad:
            totals[REDEPLOYED] += 1
            totals[MONTHS_TO_REDEPLOY] += month + 1 - technology.since_month
        if technology.venture:
            by_country[2, technology.country] += sales * jobs_per_eur
        technology.sales_eur = sales
        technology.royalties_eur = min(q.stages_royalty_rate * royalties, sales)
        lost_eur = min(q.stages_royalty_rate * (royalties + leaked), sales) - technology.royalties_eur
        for k in range(technology.first_owner, technology.first_owner + technology.owners):
            rec = organisations[owners[k].organisation]
            if rec.present:
                totals[LEAKED_CENTS] += np.int64(floor(100.0 * max(lost_eur, 0.0) * owners[k].share))
                cents = np.int64(floor(100.0 * technology.royalties_eur * owners[k].share))
                rec.reserves_cents += cents
                by_country[1, owners[k].country] += cents / 100.0
                totals[ROYALTY_CENTS] += cents
