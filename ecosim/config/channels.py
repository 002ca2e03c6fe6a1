"""Parameters of the channels' starting values."""

from __future__ import annotations

from ecosim.config.schema import Section, parameter


class PoliticalConfig(Section):
    """Political openness at rest."""

    distance_slope: float = parameter(
        0.08, "Openness lost per unit of UN ideal-point distance, between blocs only.", unit="log share per unit",
        bounds=(0.0, 5.0), assumed=(0.0, 0.25),
        source="zero in range: no effect on co-publication, +0.014 (se .012), computed from 2000-2019 data",
    )  # fmt: skip
    sanction_weight: float = parameter(
        0.3, "Openness lost where sanctions are fully in force.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.7),
        source="zero in range: no effect on co-publication, +0.001 (se .021), computed from 2000-2019 data",
    )  # fmt: skip


class MobilityConfig(Section):
    """Ease of moving people at rest."""

    visa_weight: float = parameter(
        0.5, "Ease lost where a visa must be asked for beforehand.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.2, 0.7),
        source="visas cut bilateral travel of all kinds by 52-63 % (Neumayer 2010, doi 10.1080/00330121003600835)",
    )  # fmt: skip
    distance_weight: float = parameter(
        0.2, "Ease lost at very long distance.", unit="share", bounds=(0.0, 1.0), assumed=(0.05, 0.4)
    )
    distance_scale_km: float = parameter(
        4_000.0, "Distance at which 63 % of that is lost.", unit="km", bounds=(10.0, 1e5), assumed=(1_500.0, 8_000.0)
    )
    language_weight: float = parameter(
        0.1, "Ease lost without a common language.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.25)
    )


class RegulationConfig(Section):
    """Compatibility of rules at rest."""

    different_rules: float = parameter(
        0.3, "Compatibility lost outside a common rule area.", unit="share", bounds=(0.0, 1.0), assumed=(0.1, 0.6)
    )
    governance_slope: float = parameter(
        0.5, "Compatibility lost per unit of governance distance (0 to 1), outside a common rule area.",
        unit="share per unit", bounds=(0.0, 5.0), assumed=(0.0, 1.0),
    )  # fmt: skip


class DataConfig(Section):
    """Freedom to share data at rest."""

    without_adequacy: float = parameter(
        0.4, "Sharing possible without an adequacy decision (by contract clauses, case by case).", unit="share",
        bounds=(0.0, 1.0), assumed=(0.15, 0.75),
    )  # fmt: skip
    bloc_credit: float = parameter(
        0.3, "Adequacy that a common bloc stands for where there is no decision.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.6),
    )  # fmt: skip


class TechnologyControlConfig(Section):
    """Freedom to share controlled technology at rest."""

    without_regime: float = parameter(
        0.3, "Sharing possible without a common export-control regime (by licence).", unit="share",
        bounds=(0.0, 1.0), assumed=(0.1, 0.6),
    )  # fmt: skip
    sanction_weight: float = parameter(
        0.8, "Sharing lost where sanctions are fully in force.", unit="share", bounds=(0.0, 1.0), assumed=(0.5, 1.0)
    )


class AwarenessConfig(Section):
    """Who is known to whom at rest."""

    distance_elasticity: float = parameter(
        -0.46, "Elasticity of awareness to distance.", bounds=(-3.0, 0.0),
        source="co-publications of country pairs 2019 (OpenAlex), Poisson with country effects, se .03",
    )  # fmt: skip
    language_effect: float = parameter(
        0.33, "Log effect of a common language.", bounds=(-2.0, 2.0),
        source="co-publications of country pairs 2019 (OpenAlex), Poisson with country effects",
    )  # fmt: skip
    colony_effect: float = parameter(
        0.27, "Log effect of a colonial tie.", bounds=(-2.0, 2.0),
        source="co-publications of country pairs 2019 (OpenAlex), Poisson with country effects",
    )  # fmt: skip
    observed_weight: float = parameter(
        0.5, "Weight of what a pair's co-publication differs from gravity: 0 gravity alone, 1 the observed ratio.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.0, 1.0),
    )  # fmt: skip
    observed_prior_works: float = parameter(
        20.0, "Works a year that gravity counts for beside the observed ones, so that few works say little.",
        unit="works/year", bounds=(1e-6, 1e6), assumed=(2.0, 200.0), prior="log_uniform",
    )  # fmt: skip


class EligibilityConfig(Section):
    """Who may be funded at rest."""

    standing_to_lead: float = parameter(
        0.5, "Least programme standing with which a country's organisations may lead.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.2, 0.9),
        source="idea: Regulation (EU) 1290/2013, art. 9 and 10 (a consortium needs members or associated countries; "
        "others are funded where named or indispensable)",
    )  # fmt: skip


class KnowledgeAccessConfig(Section):
    """Which knowledge of other countries can be reached at rest."""

    published: float = parameter(
        0.7, "Share of a country's knowledge that is published, and open to everyone; the rest moves as freely as "
        "controlled technology.", unit="share", bounds=(0.0, 1.0), assumed=(0.4, 0.95),
    )  # fmt: skip


class RecognitionConfig(Section):
    """How far approvals of one country count in another, at rest; read where ``mechanisms.stages`` is on."""

    common_rules: float = parameter(
        0.7, "Share of an approval that one given within a common rule area stands for.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.3, 1.0),
        source="34 days with mutual acceptance of approvals, 67 without (univariable; Crosby et al. 2023, doi "
        "10.1186/s13063-023-07802-2)",
    )  # fmt: skip
    elsewhere: float = parameter(
        0.1, "The same between other countries.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.4)
    )


class ChannelsConfig(Section):
    """Starting values of the channels: weights and scales the data do not give."""

    political: PoliticalConfig = PoliticalConfig()
    mobility: MobilityConfig = MobilityConfig()
    regulation: RegulationConfig = RegulationConfig()
    data: DataConfig = DataConfig()
    technology_control: TechnologyControlConfig = TechnologyControlConfig()
    awareness: AwarenessConfig = AwarenessConfig()
    eligibility: EligibilityConfig = EligibilityConfig()
    knowledge_access: KnowledgeAccessConfig = KnowledgeAccessConfig()
    recognition: RecognitionConfig = RecognitionConfig()
