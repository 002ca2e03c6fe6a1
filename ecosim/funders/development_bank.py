"""A development bank: it lends against milestones."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from ecosim.config.schema import parameter
from ecosim.funders.stages import StageFunder


class DevelopmentBank(StageFunder):
    """A public bank that lends to a pilot once it is approved, and to a scale-up once the pilot has succeeded.

    What it expects to lose of a loan comes out of its public money; the rest it borrows. It is repaid out of sales. Of
    what is repaid its lenders get back their part; the public part goes to the treasury, which gives that much less.
    When a technology is given up, its lenders are paid out of the bank's public money.

    Notes
    -----
    If loans are lost as often as ``subsidy`` says, they cost the public just that.
    """

    kind = "development_bank"
    summary = "A public bank that lends against milestones: an approval, a successful pilot."
    passage = (
        "connect national innovators with international venture funds, development banks, and philanthropic bodies"
    )
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {"mechanisms": {"stages": True}}
    stages: ClassVar[frozenset[str]] = frozenset({"pilot", "scale_up"})
    pays: ClassVar[Literal["grant", "loan", "equity"]] = "loan"

    loan_share: float = parameter(
        0.3, "Part of the cost of a pilot or a scale-up that it lends.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.1, 0.6),
    )  # fmt: skip
    subsidy: float = parameter(
        0.4, "Part of a loan that it expects to lose, and takes from public money at once.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.2, 0.7),
    )  # fmt: skip
