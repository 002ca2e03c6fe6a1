"""Stages: pilots, scale-ups, technologies in use, private money; only with ``mechanisms.stages``."""

from __future__ import annotations

#: Monthly columns counted by ``pipeline/``: name, unit, meaning.
OUTCOMES: tuple[tuple[str, str, str], ...] = (
    ("pilots_under_way", "pilots", "Waiting for approval or running, end of month"),
    ("pilot_site_months", "months", "Run at the sites of pilots this month"),
    ("pilots_ended", "pilots", "Judged this month"),
    ("pilots_succeeded", "pilots", "Of these, with success"),
    ("approvals", "approvals", "Given this month, for pilots; for research at its award, though they come later"),
    ("months_to_approve", "months", "Months they took, summed"),
    ("scale_ups", "technologies", "Found money for scale-up"),
    ("scale_ups_failed", "technologies", "Failed in scale-up"),
    ("ventures", "technologies", "Came into use by a new firm"),
    ("ventures_cross_border", "technologies", "Of these, of owners in two or more countries"),
    ("licences", "technologies", "Came into use by a licence"),
    ("technologies_redeployed", "technologies", "First used abroad by `redeployed_share` of those who could"),
    ("months_to_redeploy", "months", "Months since they came into use, summed"),
    ("technologies_given_up", "technologies", "Given up in any stage"),
    ("technologies_in_use", "technologies", "In use, end of month"),
    ("adopters", "organisations", "Using them, end of month; one that uses two counts twice"),
    ("technology_jobs", "jobs", "In firms that sell them, end of month"),
    ("private_money_eur", "EUR", "Invested by private investors this month"),
    ("public_stakes_eur", "EUR", "Public money invested in the same way this month"),
    ("pilots_eur", "EUR", "Public money paid for pilots this month"),
    ("lent_eur", "EUR", "Lent against milestones this month"),
    ("repaid_eur", "EUR", "Repaid on loans this month"),
    ("lost_eur", "EUR", "Invested or lent, and lost this month"),
    ("guaranteed_eur", "EUR", "Public money paid this month for what private investors lost"),
    ("royalties_eur", "EUR", "Paid to owners this month"),
    ("royalties_leaked_eur", "EUR", "Lost to owners this month by leakage: used without a licence"),
)

#: Columns by country: name, unit, meaning.
COUNTRY_OUTCOMES: tuple[tuple[str, str, str], ...] = (
    ("adopters_by_country", "organisations", "Using technologies in the country"),
    ("royalties_by_country", "EUR", "Paid to owners in the country"),
    ("technology_jobs_by_country", "jobs", "In firms that sell technologies: a venture's at home, a licence's where it "
     "sells"),
)  # fmt: skip
