"""What the screen of an experiment tells: one file for each `experiment.answer`."""

from __future__ import annotations

from ecosim.report.answers.base import REGISTRY, Answer, Answered
from ecosim.report.answers.calm_and_crisis import CalmAndCrisis
from ecosim.report.answers.doses import Doses
from ecosim.report.answers.levers import Levers
from ecosim.report.answers.ranking import Ranking
from ecosim.report.answers.weighing import Weighing

__all__ = [
    "REGISTRY", "Answer", "Answered", "CalmAndCrisis", "Doses", "Levers", "Ranking", "Weighing", "answer_of",
]  # fmt: skip


def answer_of(result: Answered) -> Answer:
    """What an experiment asks its screen to tell; levers, where policies were to be weighed and no draw is whole."""
    asked = str(result.manifest.get("experiment", {}).get("answer", Levers.name))
    if asked == Weighing.name and not len(result.weighing):
        asked = Levers.name
    return REGISTRY[asked]
