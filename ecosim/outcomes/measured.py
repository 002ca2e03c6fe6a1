"""Outcomes of inclusion, autonomy and health that have a measure of their own, and which way is better.

Each has two measures: its level under the shock, and how far that is from its level in the own twin
(:data:`ecosim.analysis.naming.BY_OUTCOME`). They are no share of the twin's: most are shares already.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecosim.world.facts import INPUTS


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
    #: Unit of the measure.
    unit: str = "share"
    #: Whether it is there only with ``mechanisms.stages``, and only with ``mechanisms.health``.
    stages: bool = False
    health: bool = False

    @property
    def in_points(self) -> bool:
        """Whether a difference of a hundredth is a point: only such may be contrasted."""
        return self.unit in ("share", "index")


def _inclusion(name: str, better: int = 1, unit: str = "share", *, stages: bool = False) -> Measured:
    return Measured(name, "inclusion", better, name, None, unit, stages)


def _autonomy(
    name: str, better: int, of: str = "", per: str | None = None, unit: str = "share", *, stages: bool = False
) -> Measured:
    return Measured(name, "autonomy", better, of or name, per, unit, stages)


def _health(name: str, better: int, per: str | None = None, unit: str = "share", *, stages: bool = False) -> Measured:
    return Measured(name, "health", better, name, per, unit, stages, health=True)


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
    _autonomy("partnership_months", 1, "months_of_ended", "partnerships_ended", "months"),
    _autonomy("renewed", 1, "partnerships_renewed", "partnerships_active"),
    _autonomy("ventures_cross_border", 1, unit="technologies a month", stages=True),
    _autonomy("redeployment_months", -1, "months_to_redeploy", "technologies_redeployed", "months", stages=True),
    _health("health_error_mean", -1),
    _health("health_error_worst_group", -1),
    _health("health_error_gap", -1),
    _health("health_harmed", -1),
    _health("detection_days", -1, unit="days"),
    _health("lead_time_days", 1, unit="days"),
    _health("infections_avoided", 1, "infections_unshared"),
    _health("health_adoption", 1),
    _health("health_benefit", 1, "health_decisions"),
    _health("health_dependence", -1),
    _health("health_capability", 1),
    _health("countermeasures", 1, unit="technologies a month", stages=True),
    _health("countermeasure_months", -1, "countermeasures", "months", stages=True),
)
#: By name.
BY_NAME: dict[str, Measured] = {item.name: item for item in MEASURED}
