"""Outcomes of inclusion, autonomy and health that have a measure of their own, and which way is better.

Each has two measures: its level under the shock, and how far that is from its level in the own twin
(:data:`ecosim.analysis.naming.BY_OUTCOME`). They are no share of the twin's: most are shares already, and of a share of
days nobody can say how long it is. So both are differences, in the outcome's own unit (:attr:`Measured.difference`).
"""

from __future__ import annotations

from dataclasses import dataclass

from ecosim.world.facts import INPUTS


@dataclass(frozen=True)
class Difference:
    """In what a difference between two values of a measure is said."""

    #: In words, in the plural.
    unit: str = "points"
    #: What it is multiplied by before it is said.
    times: float = 100.0
    #: Less than this is too little to matter where an experiment says nothing else, as it is measured.
    least: float = 0.0025

    @property
    def of_a_share(self) -> bool:
        """Whether it is said in points: of shares and indices."""
        return self.unit == POINTS.unit


#: Of a share or an index, in percentage points; a quarter of one is too little to matter.
POINTS = Difference()


@dataclass(frozen=True)
class Measured:
    """One outcome with its measure."""

    #: Name in the measures.
    name: str
    #: inclusion, autonomy or health.
    family: str
    #: 1 where more is better, -1 where less is.
    better: int
    #: The outcome whose mean over the response is taken.
    of: str
    #: The outcome by whose mean it is divided, or nothing.
    per: str | None = None
    #: Unit of the measure, in the plural where it is counted.
    unit: str = "share"
    #: Whether it is there only with ``mechanisms.stages``, and only with ``mechanisms.health``.
    stages: bool = False
    health: bool = False
    #: What it is called in tables and sentences; nothing where its name says it.
    words: str = ""

    @property
    def difference(self) -> Difference:
        """In what its differences are said: points of a share or an index, else the days or months themselves.

        Of these too a quarter of one is too little to matter, unless an experiment says otherwise.
        """
        return POINTS if self.unit in ("share", "index") else Difference(self.unit, 1.0, 0.25)


def _inclusion(name: str, better: int = 1, unit: str = "share", *, stages: bool = False) -> Measured:
    return Measured(name, "inclusion", better, name, None, unit, stages)


def _autonomy(
    name: str, better: int, of: str = "", per: str | None = None, unit: str = "share", *, stages: bool = False,
    words: str = "",
) -> Measured:  # fmt: skip
    return Measured(name, "autonomy", better, of or name, per, unit, stages, words=words)


def _health(
    name: str, better: int, words: str = "", per: str | None = None, unit: str = "share", *, stages: bool = False
) -> Measured:
    return Measured(name, "health", better, name, per, unit, stages, health=True, words=words)


#: In the order of the lists for people.
MEASURED: tuple[Measured, ...] = (
    _inclusion("newcomers", unit="organisations a month"),
    _inclusion("newcomers_peripheral", unit="organisations a month"),
    _inclusion("newcomers_low_income", unit="organisations a month"),
    _inclusion("peripheral_share"),
    _inclusion("peripheral_members"),
    _inclusion("peripheral_leads"),
    _inclusion("peripheral_countries", unit="countries"),
    _inclusion("low_income_share"),
    _inclusion("low_income_members"),
    _inclusion("low_income_leads"),
    _inclusion("participation_gini", -1, "index"),
    _inclusion("participation_gini_per_researcher", -1, "index"),
    _inclusion("peripheral_royalties", stages=True),
    _inclusion("peripheral_jobs", stages=True),
    _inclusion("low_income_royalties", stages=True),
    _inclusion("low_income_jobs", stages=True),
    *(_autonomy(f"dependence_{kind}", -1) for kind in INPUTS),
    _autonomy("supply_dependence", -1),
    _autonomy("knowledge_dependence", -1),
    _autonomy("supply_continuity", 1),
    _autonomy(
        "partnership_months", 1, "months_of_ended", "partnerships_ended", "months", words="length of partnerships"
    ),
    _autonomy("renewed", 1, "partnerships_renewed", "partnerships_active"),
    _autonomy("ventures_cross_border", 1, unit="technologies a month", stages=True),
    _autonomy("royalties_leaked", -1, "royalties_leaked_eur", unit="EUR a month", stages=True),
    _autonomy(
        "redeployment_months",
        -1,
        "months_to_redeploy",
        "technologies_redeployed",
        "months",
        stages=True,
        words="time to redeploy",
    ),
    _health("health_error_mean", -1, "mean error"),
    _health("health_error_worst_group", -1, "error, worst group"),
    _health("health_error_gap", -1, "gap between groups"),
    _health("health_harmed", -1, "people served worse"),
    _health("detection_days", -1, "detection delay", unit="days"),
    _health("lead_time_days", 1, "lead time", unit="days"),
    _health("infections_avoided", 1, "infections avoided", "infections_unshared"),
    _health("infections_avoided_elsewhere", 1, "avoided elsewhere", "infections_unshared_elsewhere"),
    _health("health_adoption", 1, "use of models"),
    _health("health_benefit", 1, "decisions put right", "health_decisions"),
    _health("health_dependence", -1, "dependence of health"),
    _health("health_capability", 1, "local capability"),
    _health("countermeasures", 1, "countermeasures", unit="technologies a month", stages=True),
    _health("countermeasure_months", -1, "time to use", "countermeasures", "months", stages=True),
)
#: By name.
BY_NAME: dict[str, Measured] = {item.name: item for item in MEASURED}


def hangs_on_joint_work(measure: str) -> bool:
    """Whether a measure is made of the research that is simulated: all but those of models, outbreaks and services.

    What models err, who is warned and who depends on whom follow from facts and channels, whatever of a country's
    research a world simulates. Countermeasures are technologies of that research.
    """
    measured = BY_NAME.get(measure.removeprefix("level_").removeprefix("change_"))
    return measured is None or not measured.health or measured.stages
