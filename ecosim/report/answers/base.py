"""What every answer of a screen is asked for, and what it is read from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.analysis.errors_by_group import Errors
    from ecosim.analysis.ranking import Importance

#: Every answer by its name (`experiment.answer`); filled by the classes themselves.
REGISTRY: dict[str, Answer] = {}


class Answered(Protocol):
    """What a screen is read from: the results of a sweep, as :func:`ecosim.load` gives them."""

    manifest: dict[str, Any]

    @property
    def question(self) -> str:
        """The experiment's question."""

    @property
    def reference(self) -> str:
        """Name of the reference policy."""

    @property
    def spread_over(self) -> str:
        """What differs between replicates: "draws", "seeds" or "points"."""

    @property
    def seen_from_name(self) -> str:
        """The country whose part is shown, or nothing."""

    @property
    def errors_by_group(self) -> Errors:
        """Whose models err less, of each comparison that asks for it."""

    @property
    def pooled(self) -> bool:
        """Whether points of a design are averaged over."""

    @property
    def by_country(self) -> pd.DataFrame:
        """Who loses and who gains, per policy and shock."""

    @property
    def no_verdict(self) -> dict[str, str]:
        """Why there is no verdict, by shock."""

    @property
    def policies(self) -> pd.DataFrame:
        """Rows of the design that are policies."""

    @property
    def summary(self) -> pd.DataFrame:
        """Means and intervals by policy, shock and measure."""

    @property
    def contrasts(self) -> pd.DataFrame:
        """Declared comparisons."""

    @property
    def compared(self) -> pd.DataFrame:
        """Measures of each pair of worlds."""

    @property
    def importances(self) -> dict[str, Importance]:
        """What turns a comparison."""

    @property
    def new_money(self) -> dict[str, float]:
        """Policies with other new money than the reference policy."""

    @property
    def alone_and_together(self) -> pd.DataFrame:
        """One government alone against all together."""

    @property
    def objectives(self) -> tuple[str, ...]:
        """Outcomes on which policies are weighed all at once."""

    @property
    def weighing(self) -> pd.DataFrame:
        """Policies weighed on all of them."""

    @property
    def beats(self) -> pd.DataFrame:
        """Which policy beats which."""

    @property
    def trade_off(self) -> pd.DataFrame:
        """What each step of a dose gains and loses."""

    @property
    def country_codes(self) -> list[str]:
        """ISO 3 codes of the world at hand, as far as months by country were kept."""

    @property
    def places(self) -> pd.DataFrame:
        """The ranking of places."""

    @property
    def places_own(self) -> dict[str, tuple[float, float, float]]:
        """What hosts gain themselves, and all others."""

    @property
    def stops(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """What each step of money adds, and where each instrument stops paying."""


class Answer:
    """What stands on a screen between the question and the last lines, and what the whole answer adds to it.

    Subclasses set :attr:`name` and write :meth:`body`. The files of this folder are all there are.
    """

    #: As `experiment.answer` names it.
    name: ClassVar[str] = ""
    #: Whether its lines say for whom; of the others the screen says it after them.
    says_for_whom: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        REGISTRY[cls.name] = cls()

    def body(self, result: Answered, shocks: Sequence[str], room: int) -> list[str]:
        """The lines.

        Parameters
        ----------
        result : Answered
            A finished sweep, or one seen from a country.
        shocks : sequence of str
            Labels of all shocks.
        room : int
            Lines there are.
        """
        raise NotImplementedError

    def least_body(self, result: Answered) -> int:
        """Lines that it keeps before countries are named among those who lose; without them they are counted only."""
        return 10

    def how_to_read(self, result: Answered) -> str:
        """What a cell without a number and a star mean, in a line."""
        return f"Open: cannot be told. Same: too little to matter. *: 9 of 10 {result.spread_over} agree."

    def averaged(self, result: Answered) -> str:
        """What its numbers are means over, in words; empty where they are not."""
        return ""

    def text(self, result: Answered) -> list[str]:
        """Its own section of the whole answer; none if that says it already."""
        return []


def judged(result: Answered, shocks: Sequence[str]) -> list[str]:
    """The shocks on which there is a verdict."""
    return [shock for shock in shocks if shock not in result.no_verdict]
