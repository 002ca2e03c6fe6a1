"""National agencies pay for what another funder no longer pays."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.decisions.base import Decision, Order, Orders, Seen, Who
from ecosim.world.facts import World


class AgenciesStepIn(Decision):
    """A country excluded from the programme lets its own agency pay its organisations' part.

    Switzerland did so in 2014, within months of its exclusion: its organisations took part as partners paid at home,
    and could not lead. It needs ``funders.national_agency``, and an agency pays only as far as its money goes.

    Notes
    -----
    How large a share of the excluded is taken on is assumed.
    """

    kind = "agencies_step_in"
    summary = "An excluded country's own agency pays its organisations' part in the programme's projects."
    handles = frozenset({"own_payment"})
    decides: ClassVar[Who] = "funders"
    sees = frozenset({"announced"})
    orders: ClassVar[frozenset[Order]] = frozenset({"stance"})
    why_no_passage = "The texts do not say who pays for those who are shut out; in 2014 Switzerland paid itself."
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {
        "funders": {"national_agency": {}},
        "shocks": {"programme_exclusion": {"targets": ["DEU"]}},
    }

    acts_after_months: int = parameter(6, "Months until the money is there.", unit="months", bounds=(0, 120))
    share: float = parameter(
        0.9, "Share of a country's organisations that its agency takes on.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.5, 1.0),
    )  # fmt: skip

    def decide(self, seen: Seen) -> Orders:
        """The agencies of excluded countries step in; a row each, for its own country."""
        n = seen.world.n_countries
        stance = np.zeros((n, n))
        for shock in seen.announced:
            if shock.kind == "programme_exclusion":
                stance[shock.targets, shock.targets] = 1.0
        return Orders(stance=stance)

    def push(self, handles: Handles, world: World, stance: NDArray[np.float64]) -> None:
        """Let the agencies that have stepped in pay a share of their organisations."""
        paid = self.share * np.diagonal(stance)
        handles.own_payment[...] = np.maximum(handles.own_payment, paid)
