"""What becomes of research: pilots, scale-up, use."""

from __future__ import annotations

from ecosim.config.schema import Section, parameter

_CROSBY = "Crosby et al. 2023, doi 10.1186/s13063-023-07802-2 (150 sites of trials in five countries)"

#: Where the parameters stand that nothing reads while ``mechanisms.stages`` is off.
READ_WITH_STAGES = ("behaviour.stages.", "channels.recognition.")


class StagesConfig(Section):
    """From research to use; read where ``mechanisms.stages`` is on."""

    # ---- from research to a pilot
    pilot_chance: float = parameter(
        0.15, "Chance that completed research of quality 0 in an applied sector leaves something to try.",
        unit="probability", bounds=(0.0, 1.0), assumed=(0.05, 0.4),
    )  # fmt: skip
    basic_share: float = parameter(
        0.2, "The same chance in basic sectors (societies, frontier, infrastructures), beside applied ones.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.5),
    )  # fmt: skip
    pilot_quality: float = parameter(
        0.5, "Logarithm of the odds of that per standard deviation of quality.", bounds=(0.0, 5.0), assumed=(0.0, 1.0)
    )
    pilot_effort: float = parameter(
        100.0, "Work at which 63 % of that chance is reached: a short partnership leaves less to try.",
        unit="person-months", bounds=(0.1, 1e5), assumed=(30.0, 300.0), prior="log_uniform",
    )  # fmt: skip
    # ---- approvals
    approval_need: float = parameter(
        0.7, "Chance that research or a pilot needs approval, in the sector in which rules on ethics and products "
        "weigh most; elsewhere in proportion to that weight.", unit="probability", bounds=(0.0, 1.0),
        assumed=(0.3, 1.0),
    )  # fmt: skip
    ethics_months: float = parameter(
        1.6, "Median time to approval by an ethics committee.", unit="months", bounds=(0.0, 60.0),
        source=f"48 days: {_CROSBY}",
    )  # fmt: skip
    governance_months: float = parameter(
        1.1, "Median time to approval by the site's own bodies, after that.", unit="months", bounds=(0.0, 60.0),
        source=f"34 days: {_CROSBY}",
    )  # fmt: skip
    site_start_months: float = parameter(
        5.0, "Time to set up a pilot site once it is approved.", unit="months", bounds=(0.0, 60.0),
        source=f"234 days from start to an active site, less both approvals: {_CROSBY}",
    )  # fmt: skip
    approval_spread: float = parameter(
        0.9, "Standard deviation of the logarithm of months to approve.", bounds=(0.0, 3.0), assumed=(0.5, 1.2),
        source="order: the same protocols took from under one to over twelve months in 17 approvals (Palliative "
        "Medicine 2020 34(6):817)",
    )  # fmt: skip
    approval_where_rules_differ: float = parameter(
        1.0, "Months added, as a share, where the rules of a country agree in nothing with those of the lead's.",
        unit="share", bounds=(0.0, 20.0), assumed=(0.0, 2.0),
    )  # fmt: skip
    # ---- pilots
    pilot_months: float = parameter(
        12.0, "Months a pilot runs at each site.", unit="months", bounds=(1.0, 120.0), assumed=(6.0, 24.0)
    )
    pilot_longest_months: int = parameter(
        48, "Months after which a pilot is judged by the sites that are done, approvals included.", unit="months",
        bounds=(1, 240), assumed=(30, 72),
    )  # fmt: skip
    pilot_site_eur: float = parameter(
        20_000.0, "Cost of a site a month.", unit="EUR/month", bounds=(0.0, 1e7), assumed=(5e3, 8e4),
        prior="log_uniform",
    )  # fmt: skip
    climate_degrees: float = parameter(
        10.0, "Width of a climate, in degrees of latitude.", unit="degrees", bounds=(1.0, 90.0), assumed=(5.0, 20.0)
    )
    success: float = parameter(
        0.35, "Chance that a pilot of quality 0 at one site succeeds.", unit="probability", bounds=(0.0, 1.0),
        assumed=(0.15, 0.6),
    )  # fmt: skip
    success_quality: float = parameter(
        0.5, "Logarithm of the odds of success per standard deviation of quality.", bounds=(0.0, 5.0),
        assumed=(0.0, 1.0),
    )  # fmt: skip
    success_climates: float = parameter(
        0.5, "Logarithm of the odds of success per logarithm of the climates it was tried in.", bounds=(0.0, 5.0),
        assumed=(0.0, 1.0),
    )  # fmt: skip
    success_populations: float = parameter(
        0.3, "Logarithm of the odds of success per logarithm of the populations (countries) it was tried in.",
        bounds=(0.0, 5.0), assumed=(0.0, 1.0),
    )  # fmt: skip
    # ---- scale-up
    investment_hazard: float = parameter(
        0.01, "Chance a month that private investors come to a technology that the whole market recognises.",
        unit="1/month", bounds=(0.0, 1.0), assumed=(0.003, 0.03), prior="log_uniform",
    )  # fmt: skip
    early_grant: float = parameter(
        2.0, "That chance with an early public grant, beside without.", bounds=(0.0, 20.0), assumed=(1.0, 3.0),
        source="an early grant about doubles the chance of venture money (Howell 2017, doi 10.1257/aer.20150808)",
    )  # fmt: skip
    market_response: float = parameter(
        1.0, "Power of the share of the market that recognises the approval.", bounds=(0.0, 5.0), assumed=(0.0, 1.5)
    )
    risk_response: float = parameter(
        1.0, "Power of what investors expect to keep.", bounds=(0.0, 10.0), assumed=(0.0, 3.0)
    )
    need_response: float = parameter(
        0.5, "How much sooner money is found where less is asked for: power of the part left after loans.",
        bounds=(0.0, 5.0), assumed=(0.0, 1.0),
    )  # fmt: skip
    least_need: float = parameter(
        0.05, "Part of the money below which asking for less finds none sooner: somebody must still agree.",
        unit="share", bounds=(0.001, 1.0), assumed=(0.02, 0.2), prior="log_uniform",
    )  # fmt: skip
    seeking_months: int = parameter(
        36, "Months without money after which a technology is given up.", unit="months", bounds=(1, 240),
        assumed=(18, 60),
    )  # fmt: skip
    pledged_months: int = parameter(
        24, "Months of private pledges that may wait in a fund; what is not needed by then goes elsewhere.",
        unit="months", bounds=(1, 240), assumed=(12, 36),
    )  # fmt: skip
    scale_up_eur: float = parameter(
        2_000_000.0, "Money a scale-up takes.", unit="EUR", bounds=(0.0, 1e10), assumed=(5e5, 1e7),
        prior="log_uniform",
    )  # fmt: skip
    scale_up_months: float = parameter(
        24.0, "Months a scale-up takes with all its inputs.", unit="months", bounds=(1.0, 240.0), assumed=(12.0, 48.0)
    )
    scale_up_failure: float = parameter(
        0.3, "Chance that a scale-up fails, and what was put into it is lost.", unit="probability", bounds=(0.0, 0.99),
        assumed=(0.1, 0.6),
    )  # fmt: skip
    venture_share: float = parameter(
        0.3, "Chance that a scale-up ends in a new firm; else an existing one takes a licence.", unit="probability",
        bounds=(0.0, 1.0), assumed=(0.1, 0.6),
    )  # fmt: skip
    # ---- use
    adoption_alone: float = parameter(
        0.03, "Share of those left who adopt in a year by themselves.", unit="1/year", bounds=(0.0, 1.0),
        assumed=(0.01, 0.06),
        source="Bass 1969, doi 10.1287/mnsc.15.5.215; mean of 213 applications: Sultan, Farley and Lehmann 1990",
    )  # fmt: skip
    adoption_by_others: float = parameter(
        0.38, "The same for each share that has adopted.", unit="1/year", bounds=(0.0, 5.0), assumed=(0.2, 0.6),
        source="mean of 213 applications: Sultan, Farley and Lehmann 1990, Journal of Marketing Research 27(1)",
    )  # fmt: skip
    market_adopters: float = parameter(
        1000.0, "Organisations that could use a technology, over all countries by their part of all income.",
        bounds=(1.0, 1e7), assumed=(200.0, 5000.0), prior="log_uniform",
    )  # fmt: skip
    adopter_eur: float = parameter(
        1_000.0, "What one of them pays for it a month.", unit="EUR/month", bounds=(0.0, 1e7), assumed=(200.0, 5e3),
        prior="log_uniform",
    )  # fmt: skip
    royalty_rate: float = parameter(
        0.05, "Share of that which goes to those whose research it came from.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.02, 0.08),
    )  # fmt: skip
    loan_service: float = parameter(
        0.2, "Share of sales that pays loans back.", unit="share", bounds=(0.0, 1.0), assumed=(0.1, 0.4)
    )
    jobs_per_million: float = parameter(
        8.0, "Jobs for every million EUR of sales a year.", unit="jobs", bounds=(0.0, 1000.0), assumed=(4.0, 15.0)
    )
    redeployed_share: float = parameter(
        0.05, "Share of those abroad who could use a technology, from which on it counts as redeployed.", unit="share",
        bounds=(0.0001, 1.0), assumed=(0.02, 0.2), prior="log_uniform",
    )  # fmt: skip
