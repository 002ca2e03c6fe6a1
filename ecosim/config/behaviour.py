"""Everything about organisations that no user chooses, and the switches of mechanisms."""

from __future__ import annotations

from pydantic import field_validator

from ecosim.config.health import HealthConfig
from ecosim.config.schema import Section, parameter
from ecosim.config.stages import StagesConfig
from ecosim.config.supply import SupplyConfig


class PopulationConfig(Section):
    """What organisations are made of."""

    largest_size: float = parameter(
        0.12121, "Largest size an organisation can have, in units in which the one with most participations of its "
        "type is as many times the mean as it has participations beside the mean: who is sought is sought again.",
        bounds=(0.01, 100.0), assumed=(0.05, 0.4),
        source="concentration of the largest hundredth, Horizon 2020, 2014-2016; drawn with the fitted parameters",
    )  # fmt: skip
    size_of_participations: float = parameter(
        0.85, "Power of participations per organisation in the mean size of a country and type: part of what the "
        "frequent do comes of having done it before.", bounds=(0.0, 2.0), assumed=(0.6, 1.0),
    )  # fmt: skip
    largest_entrant: float = parameter(
        4.0, "Largest size at which a new organisation enters, beside the smallest of its type and country.",
        bounds=(1.0, 1000.0), assumed=(2.0, 10.0),
    )  # fmt: skip
    capability_of_size: float = parameter(
        0.2, "Capability gained per unit of the logarithm of size.", unit="standard deviations", bounds=(0.0, 5.0),
        assumed=(0.0, 0.5),
    )  # fmt: skip
    sme_size: float = parameter(
        8.0, "Size below which a firm is small or medium-sized. No rule asks for it; classes of one's own may.",
        bounds=(0.0, 10000.0), assumed=(4.0, 16.0), source="mapped from the EU definition (fewer than 250 employees)",
    )  # fmt: skip


#: Beyond this, readiness to lead is that of one type alone.
_MOST_PROPENSITY = 1e6


class SearchConfig(Section):
    """How organisations find and choose partners."""

    candidates_per_seat: int = parameter(12, "Candidates compared for one seat.", bounds=(1, 64), assumed=(3, 20))
    past_partner_share: float = parameter(
        0.15, "Share of candidates taken from past consortia of the lead.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.1, 0.4),
    )  # fmt: skip
    partners_partner_share: float = parameter(
        0.22554,
        "Share of candidates taken from partners' partners.",
        unit="share",
        bounds=(0.0, 1.0),
        fitted=(0.0, 0.4),
    )
    newcomer_share: float = parameter(
        0.45664, "Share of candidates met by chance, whatever their size and past: mostly newcomers while many are "
        "left.",
        unit="share", bounds=(0.0, 1.0), fitted=(0.1, 0.9),
    )  # fmt: skip
    core_share: float = parameter(
        1.0, "Chance that a consortium grows out of an earlier one, beside that of the observed consortium it is like "
        "(at most 1).", bounds=(0.0, 10.0), assumed=(0.3, 1.5),
        source="consortia that share .3 of their members with others, beyond chance, Horizon 2020, 2014-2016",
    )  # fmt: skip
    core_months: int = parameter(
        36, "Months for which a consortium that has started may be grown out of.", unit="months", bounds=(0, 240),
        assumed=(18, 60), source="mean length of projects, Horizon 2020, 2014-2016: 39 months",
    )  # fmt: skip
    core_strength: float = parameter(
        1.0, "Members taken from the core where one re-forms, beside those of the observed consortium it is like.",
        bounds=(0.0, 10.0), assumed=(0.8, 1.2),
        source="largest share of members in common with one other consortium, Horizon 2020, 2014-2016",
    )  # fmt: skip
    familiarity_weight: float = parameter(
        3.1454, "Weight of past partners: of the logarithm of one plus the partnerships begun together.",
        bounds=(0.0, 10.0), fitted=(0.0, 4.0),
    )  # fmt: skip
    size_exponent: float = parameter(
        0.63447,
        "Pareto exponent of organisation size (heterogeneity), the mean type's.",
        bounds=(0.1, 5.0),
        fitted=(0.2, 1.4),
    )
    domestic_preference: float = parameter(
        0.28568, "Weight of the lead's own country beside its share, in funded search.", bounds=(0.0, 50.0),
        fitted=(0.0, 1.5),
    )  # fmt: skip
    funded_awareness_power: float = parameter(
        1.6129, "Power of the awareness channel in funded search (the distance slope of funded ties).",
        bounds=(0.0, 5.0), fitted=(0.0, 4.0),
    )  # fmt: skip
    unfunded_awareness_power: float = parameter(
        1.0, "Power of the awareness channel in unfunded search.", bounds=(0.0, 5.0), assumed=(0.7, 1.5)
    )
    coordinator_propensity: tuple[float, float, float, float, float] = parameter(
        (2.351, 0.8001, 1.0, 1.197, 1.832),
        "Readiness to lead a proposal, by type HES, REC, PRC, PUB, OTH, beside size.",
        fitted=(0.2, 10.0),
    )
    experience_pull: float = parameter(
        1.0, "How much more often the experienced lead proposals: up to 1 + this.", bounds=(0.0, 10.0),
        assumed=(0.3, 3.0), source="sign: Enger and Castellacci 2016",
    )  # fmt: skip
    coordinator_size_power: float = parameter(
        1.3523, "Power of size in readiness to lead a proposal.", bounds=(0.0, 3.0), fitted=(0.3, 1.5)
    )
    like_size: float = parameter(
        2.0, "Past and new consortium are of a like size if neither is more than this many times the other.",
        bounds=(1.0, 100.0), assumed=(1.5, 3.0),
    )  # fmt: skip
    spare_invitations: int = parameter(
        6, "Invitations a lead sends beyond two per seat before it gives up.", bounds=(0, 1000), assumed=(2, 20)
    )
    substitute_invitations: int = parameter(
        6, "Invitations a lead sends in a month to fill a vacant seat.", bounds=(1, 100), assumed=(2, 12)
    )
    topic_spread: float = parameter(
        0.05, "Width of the topics an organisation proposes around its own, on the sector's unit circle.",
        bounds=(0.0, 1.0), assumed=(0.0, 0.2),
    )  # fmt: skip
    choice_noise: float = parameter(
        1.0, "Scale of the Gumbel noise in every choice among candidates.", bounds=(0.0, 10.0), assumed=(0.5, 2.0)
    )
    trust_weight: float = parameter(1.5, "Weight of trust in a tie.", bounds=(0.0, 20.0), assumed=(0.5, 3.0))
    knowledge_weight: float = parameter(
        1.5, "Weight of fitting knowledge: close enough to understand, far enough to add.", bounds=(0.0, 20.0),
        assumed=(0.5, 3.0),
    )  # fmt: skip
    knowledge_optimum: float = parameter(
        0.08, "Distance on the sector's unit circle of topics at which knowledge adds most.",
        bounds=(0.0, 0.5), assumed=(0.02, 0.2),
    )  # fmt: skip
    capability_weight: float = parameter(
        0.5, "Weight of a candidate's capability.", bounds=(0.0, 20.0), assumed=(0.2, 1.5)
    )
    channel_weight: float = parameter(
        0.5, "Weight of open political, mobility, data and technology channels in choosing.", bounds=(0.0, 20.0),
        assumed=(0.0, 2.0),
    )  # fmt: skip

    @field_validator("coordinator_propensity")
    @classmethod
    def _somebody_leads(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        # an element of a vector has no range of its own in the declaration
        if not all(0.0 <= item <= _MOST_PROPENSITY for item in value):
            raise ValueError(f"out of range; allowed: five numbers from 0 to {_MOST_PROPENSITY:g}")
        if not any(value):
            raise ValueError("is all zero: nobody would lead; allowed: at least one number above 0")
        return value


class AcceptanceConfig(Section):
    """Who accepts an invitation."""

    base: float = parameter(
        0.8, "Chance that an organisation with room and open channels accepts.", unit="probability",
        bounds=(0.0, 1.0), assumed=(0.5, 0.95),
    )  # fmt: skip
    political_response: float = parameter(
        1.0, "How far a closed political channel lowers acceptance: the power of the channel.", bounds=(0.0, 10.0),
        assumed=(0.0, 3.0),
    )  # fmt: skip
    expectation_response: float = parameter(
        1.0, "How far doubt about a country's future lowers leading, being sought and accepting: the power of what "
        "each expects to keep.", bounds=(0.0, 10.0), assumed=(0.0, 3.0),
    )  # fmt: skip
    lead_stake: float = parameter(
        0.5, "Share of a grant that partners expect to lose with its lead: 0 if the lead passes on without a loss.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.0, 1.0),
    )  # fmt: skip
    capacity_per_size: float = parameter(
        3.0, "Concurrent partnerships an organisation of size 1 can carry; grows in proportion to size.",
        bounds=(0.1, 100.0), assumed=(2.0, 6.0),
    )  # fmt: skip


class WorkConfig(Section):
    """How partnerships live, lose members, find new ones and end."""

    cost_per_person_month_eur: float = parameter(
        7_500.0, "Full cost of a person-month, before country price differences.", unit="EUR",
        bounds=(100.0, 1e5), assumed=(5e3, 1.1e4),
    )  # fmt: skip
    lead_share: float = parameter(
        2.0, "Share of the grant of a consortium's lead, beside a member like it.", bounds=(1.0, 10.0),
        assumed=(1.3, 3.0),
    )  # fmt: skip
    grant_of_size: float = parameter(
        0.15, "Power of size in a member's share of the grant.", bounds=(0.0, 2.0), assumed=(0.0, 0.4)
    )
    grant_spread: float = parameter(
        0.6, "Standard deviation of the logarithm of members' shares of the grant.", bounds=(0.0, 3.0),
        assumed=(0.3, 1.0),
    )  # fmt: skip
    price_elasticity: float = parameter(
        0.3, "Elasticity of the cost of a person-month to the country's R&D spending per researcher: 0 for one price.",
        bounds=(0.0, 1.0), assumed=(0.0, 1.0),
        source="about .3: EC contribution per participation over R&D spending per researcher, Horizon 2020",
    )  # fmt: skip
    coordination_by_organisation: float = parameter(
        0.02, "Elasticity of the loss to the number of organisations in a consortium.", bounds=(0.0, 1.0),
        assumed=(0.0, 0.08),
        source="sign: Cummings and Kiesler 2007, doi 10.1016/j.respol.2007.09.001 (universities); management takes "
        "5-7 % of European collaborative grants (order of magnitude)",
    )  # fmt: skip
    coordination_by_country: float = parameter(
        0.01, "Share of work lost per country beyond the first (logarithm).", unit="1/country", bounds=(0.0, 0.5),
        assumed=(0.0, 0.03), source="zero in range: no study we know of measures what a further country adds",
    )  # fmt: skip
    coordination_saved_by_trust: float = parameter(
        0.3, "Share of both losses that full trust among all members saves.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.6), source="sign: Cummings and Kiesler 2008 (prior work with a partner lowers the loss)",
    )  # fmt: skip
    member_withdrawal_hazard: float = parameter(
        0.002, "Chance a month that a member leaves for reasons of its own.", unit="1/month", bounds=(0.0, 1.0),
        assumed=(0.0005, 0.004),
    )  # fmt: skip
    failure_hazard: float = parameter(
        0.0007, "Chance a month that a funded partnership ends early for reasons of its own.", unit="1/month",
        bounds=(0.0, 1.0), assumed=(0.0001, 0.0015),
    )  # fmt: skip
    unfunded_ending_hazard: float = parameter(
        0.02, "Chance a month that an unfunded partnership dissolves.", unit="1/month", bounds=(0.0, 1.0),
        assumed=(0.005, 0.05), source="order: Reuer and Zollo 2005",
    )  # fmt: skip
    closure_response: float = parameter(
        1.0, "How surely a member whose channels to its partners closed stops working: it goes on with chance (share "
        "of openness kept) to this power.",
        bounds=(0.0, 10.0), assumed=(0.0, 3.0),
    )  # fmt: skip
    grace_months: int = parameter(
        3, "Months a member may be suspended before it is replaced or dropped.", unit="months", bounds=(0, 60),
        assumed=(1, 9),
    )  # fmt: skip
    replacement_months: int = parameter(
        3, "Months in which a replacement is sought before a seat is given up.", unit="months", bounds=(1, 60),
        assumed=(1, 6),
    )  # fmt: skip
    start_up_months: int = parameter(
        4, "Months a new member needs before it works.", unit="months", bounds=(0, 60), assumed=(2, 9)
    )
    displaced_at_work: float = parameter(
        0.4, "Share of researchers driven from their country who find work in research where they arrive, by "
        "themselves.", unit="share", bounds=(0.0, 1.0), assumed=(0.1, 0.8),
    )  # fmt: skip
    quorum: float = parameter(
        0.5, "Share of the first members that must be working.", unit="share", bounds=(0.0, 1.0), assumed=(0.3, 0.7)
    )
    stalled_months: int = parameter(
        9, "Months below quorum, or without a lead, after which a partnership fails.", unit="months", bounds=(0, 120),
        assumed=(4, 18),
    )  # fmt: skip
    extension_months: int = parameter(
        6, "Months beyond the contract in which unfinished work may be completed.", unit="months", bounds=(0, 60),
        assumed=(0, 12),
    )  # fmt: skip
    unspent_share: float = parameter(
        0.02, "Share of the grant that may be left at the end of a contract without going on to spend it.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.005, 0.05),
    )  # fmt: skip
    completion_threshold: float = parameter(
        0.75, "Share of the planned work that counts as completed.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.6, 0.9),
    )  # fmt: skip
    bridging_months: float = parameter(
        1.5, "Months of its own share an organisation can advance from reserves.", unit="months", bounds=(0.0, 60.0),
        assumed=(0.0, 6.0),
    )  # fmt: skip
    unfunded_share: float = parameter(
        0.3, "Unfunded partnerships as a share of all effort at rest.", unit="share", bounds=(0.0, 0.95),
        assumed=(0.1, 0.6),
    )  # fmt: skip
    pace_response: float = parameter(
        0.5, "Share of working speed lost where rules, data and travel are fully closed but work goes on.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.2, 0.8),
    )  # fmt: skip
    unfunded_person_months: float = parameter(
        0.5, "Work of one member of an unfunded partnership in a month.", unit="person-months/month",
        bounds=(0.01, 20.0), assumed=(0.2, 1.0),
    )  # fmt: skip
    unfunded_third_member: float = parameter(
        0.35, "Chance that unfunded work is of three members or more, not two.", unit="probability",
        bounds=(0.0, 1.0), assumed=(0.2, 0.5),
    )  # fmt: skip
    unfunded_fourth_member: float = parameter(
        0.1, "Chance that it is of four.", unit="probability", bounds=(0.0, 1.0), assumed=(0.0, 0.2)
    )
    unfunded_duration_months: float = parameter(
        24.0, "Mean planned length of unfunded work.", unit="months", bounds=(1.0, 240.0), assumed=(12.0, 48.0)
    )


class StaffConfig(Section):
    """People for contracted work: a stock of each organisation."""

    loss: float = parameter(
        0.25, "Share of an organisation's staff that leaves in a month in which none of its contracts is paid.",
        unit="share/month", bounds=(0.0, 1.0), assumed=(0.15, 0.35),
        source="set so that a gap of 2 to 6 months halves spending from 3 months before to 12 after (Tham 2023, doi "
        "10.1371/journal.pone.0280576)",
    )  # fmt: skip
    softening: float = parameter(
        0.6, "Share of these who stay if as much other work is paid.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.3, 0.9), source="sign: Tham 2023 (another grant softens the gap)",
    )  # fmt: skip
    gone: float = parameter(
        0.2, "Share of those who leave that is lost to research for good.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.1, 0.3),
        source="about one in five people of single-grant laboratories leave the country or research (Tham, Staudt, "
        "Perlman and Cheng 2024, arXiv 2402.07235)",
    )  # fmt: skip
    renewal_months: float = parameter(
        60.0, "Mean months until somebody newly trained takes the place of one lost for good.", unit="months",
        bounds=(1.0, 1200.0), assumed=(36.0, 120.0),
    )  # fmt: skip
    recovery: float = parameter(
        0.1, "Share of missing people found and taught in a month.", unit="share/month", bounds=(0.0, 1.0),
        assumed=(0.05, 0.2), source="order: Tham 2023",
    )  # fmt: skip
    hiring_months: int = parameter(
        6, "Months before its start in which people for a contract are found and taught.", unit="months",
        bounds=(1, 60), assumed=(3, 8),
    )  # fmt: skip
    leaving: float = parameter(
        0.2, "Share of people without a contract that leaves in a month.", unit="share/month", bounds=(0.0, 1.0),
        assumed=(0.1, 0.4),
    )  # fmt: skip


class KnowledgeConfig(Section):
    """What organisations know in each of their sectors, and how that grows and fades."""

    own_share: float = parameter(
        0.75, "Share of the inflow of knowledge at rest that is an organisation's own research, not partnerships.",
        unit="share", bounds=(0.01, 1.0), assumed=(0.65, 0.9),
    )  # fmt: skip
    fading: float = parameter(
        0.15, "Share of knowledge lost in a year without any inflow.", unit="share/year", bounds=(0.0, 0.99),
        assumed=(0.05, 0.25),
        source="convention of R&D stocks, 15 %; 2-7 % for the private value of inventions (de Rassenfosse and Jaffe)",
    )  # fmt: skip
    absorption: float = parameter(
        0.5, "What partners who know more add to learning from one's own output, at the best distance.",
        unit="share", bounds=(0.0, 10.0), assumed=(0.0, 1.0),
        source="sign: Cohen and Levinthal 1990, doi 10.2307/2393553 (own knowledge is the capacity to absorb)",
    )  # fmt: skip
    best_gap: float = parameter(
        0.7, "Logarithm of partners' over own knowledge per researcher at which most is absorbed.",
        bounds=(0.01, 10.0), assumed=(0.3, 1.5), source="shape: Nooteboom et al. 2007 (inverted U of distance)",
    )  # fmt: skip
    diminishing: float = parameter(
        1.0, "How fast less is learned from the same output as a stock grows beyond its level at rest: a power.",
        bounds=(0.0, 10.0), assumed=(0.7, 1.5),
        source="sign: Jones 1995, doi 10.1086/262002 (easy results are found first)",
    )  # fmt: skip
    applied_intensity: float = parameter(
        0.6, "Research per unit of size of firms and public organisations, beside universities and institutes.",
        unit="share", bounds=(0.01, 10.0), assumed=(0.3, 1.0),
    )  # fmt: skip
    level_of_capability: float = parameter(
        0.3, "Logarithm of knowledge at rest per standard deviation of capability.", bounds=(0.0, 3.0),
        assumed=(0.0, 0.6),
    )  # fmt: skip
    capability: float = parameter(
        0.3, "Capability gained when knowledge grows by a factor e beyond its level at rest.",
        unit="standard deviations", bounds=(0.0, 5.0), assumed=(0.0, 0.6),
    )  # fmt: skip


class OutputConfig(Section):
    """What a person-month of work yields."""

    quality: float = parameter(
        0.25, "Logarithm of output per standard deviation of quality.", bounds=(0.0, 2.0), assumed=(0.1, 0.5),
        source="one standard deviation of review score goes with 15 % citations and 7 % papers (Li and Agha 2015, doi "
        "10.1126/science.aaa0185), at a reliability of scores near .5; less in Fang, Bowen and Casadevall 2016",
    )  # fmt: skip
    diversity: float = parameter(
        0.0, "Output gained when the members' knowledge comes from very many countries rather than one.",
        unit="share", bounds=(-0.9, 5.0), assumed=(-0.5, 0.5),
        source="sign unknown: international papers are more cited and less novel (Wagner, Whetsell and Mukherjee 2019, "
        "doi 10.1016/j.respol.2019.01.002)",
    )  # fmt: skip
    access: float = parameter(
        0.2, "Elasticity of output to the knowledge of other countries that can be reached.", bounds=(0.0, 5.0),
        assumed=(0.0, 0.5),
        source="sign: Iaria, Schwarz and Waldinger 2018, doi 10.1093/qje/qjx046",
    )  # fmt: skip


class TrustConfig(Section):
    """How ties remember."""

    gain: float = parameter(
        0.3, "Share of the remaining distrust a completed partnership removes.", bounds=(0.0, 1.0), assumed=(0.1, 0.5)
    )
    loss: float = parameter(0.4, "Share of trust a failed partnership destroys.", bounds=(0.0, 1.0), assumed=(0.1, 0.7))
    withdrawn_gain: float = parameter(
        0.5, "Gain from work that was dissolved, as a share of that from completed work.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.0, 1.0),
    )  # fmt: skip
    failure_experience: float = parameter(
        0.5, "Experience lost by a failed funded partnership, beside what a completed one gives.", bounds=(0.0, 5.0),
        assumed=(0.0, 1.0),
    )  # fmt: skip
    half_life_months: float = parameter(
        60.0, "Half-life of unused trust.", unit="months", bounds=(1.0, 1200.0), assumed=(24.0, 120.0)
    )


class InnovationConfig(Section):
    """What output shows in."""

    publications_per_person_year: float = parameter(
        0.25, "Joint publications per person-year of output.", bounds=(0.0, 10.0), assumed=(0.1, 0.5)
    )
    patents_per_person_year: float = parameter(
        0.01, "Patent families per person-year of output of firms and institutes.", bounds=(0.0, 10.0),
        assumed=(0.003, 0.03),
    )  # fmt: skip
    exchanges_per_person_year: float = parameter(
        0.1, "Staff exchanges per person-year of output across borders, at open mobility.", bounds=(0.0, 10.0),
        assumed=(0.03, 0.3),
    )  # fmt: skip
    pilot_at_progress: float = parameter(
        0.6, "Progress at which the pilot opens.", unit="share", bounds=(0.0, 1.0), assumed=(0.4, 0.8)
    )


class MissionsConfig(Section):
    """Embassies and consulates: their people."""

    embassy_staff: float = parameter(
        2.0, "People for science and innovation in an embassy. Shown by missions; no rule asks for it yet.",
        unit="full-time equivalents", bounds=(0.0, 1000.0), assumed=(0.5, 6.0),
    )  # fmt: skip
    consulate_staff: float = parameter(
        0.3, "People for science and innovation in a consulate. Shown by missions; no rule asks for it yet.",
        unit="full-time equivalents", bounds=(0.0, 1000.0), assumed=(0.1, 1.0),
    )  # fmt: skip


class MechanismsConfig(Section):
    """Switches for ablation: each behavioural mechanism on or off."""

    trust: bool = parameter(True, "Joint work leaves trust.")
    familiarity: bool = parameter(True, "Organisations go on with those they have begun work with.")
    knowledge: bool = parameter(True, "Fitting knowledge matters in choosing.")
    core_reform: bool = parameter(True, "Cores of past consortia re-form together.")
    newcomers: bool = parameter(True, "Organisations never seen are found by search.")
    substitution: bool = parameter(True, "Suspended members are replaced.")
    staff_loss: bool = parameter(True, "Gaps in money lose staff.")
    learning: bool = parameter(True, "Knowledge grows with work and fades.")
    expectation: bool = parameter(True, "Announcements change behaviour before they take effect.")
    unfunded: bool = parameter(True, "Organisations also work together unfunded.")
    supply: bool = parameter(True, "Work that needs inputs needs suppliers.")
    stages: bool = parameter(False, "Completed research goes on to pilots, scale-up and use.")
    health: bool = parameter(
        False, "AI for health is followed too; needs a world of real countries with facts about health."
    )
    instruments: bool = parameter(
        True, "What is spent on instruments does something; off, the same money is spent for nothing: it is burnt."
    )


class BehaviourConfig(Section):
    """Everything about organisations that no user chooses."""

    population: PopulationConfig = PopulationConfig()
    search: SearchConfig = SearchConfig()
    acceptance: AcceptanceConfig = AcceptanceConfig()
    work: WorkConfig = WorkConfig()
    supply: SupplyConfig = SupplyConfig()
    staff: StaffConfig = StaffConfig()
    knowledge: KnowledgeConfig = KnowledgeConfig()
    output: OutputConfig = OutputConfig()
    trust: TrustConfig = TrustConfig()
    innovation: InnovationConfig = InnovationConfig()
    missions: MissionsConfig = MissionsConfig()
    stages: StagesConfig = StagesConfig()
    health: HealthConfig = HealthConfig()
