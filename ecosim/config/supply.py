"""Inputs of work: how far they can replace each other, how much is in stock, how long another supplier takes."""

from __future__ import annotations

from ecosim.config.schema import Section, parameter


class SupplyConfig(Section):
    """Inputs by kind.

    Consumables are chemicals, materials and pharmaceuticals; equipment is electronics and instruments. Cloud and
    compute cannot be kept in stock.
    """

    elasticity: float = parameter(
        0.2, "How far a site can make up for a kind of input that is short with what else it has: elasticity of "
        "substitution; at 0 work falls one for one with the kind that is shortest.", bounds=(0.0, 0.9),
        assumed=(0.0, 0.6),
    )  # fmt: skip
    weight: float = parameter(
        0.15, "Share of each kind of input in the work that needs it; what is left is work.", unit="share",
        bounds=(0.01, 0.2), assumed=(0.05, 0.2),
    )  # fmt: skip
    spare_capacity: float = parameter(
        0.1, "What a supplier can sell beyond what it sells at rest.", unit="share", bounds=(0.0, 10.0),
        assumed=(0.0, 0.3),
    )  # fmt: skip
    stock_consumables_months: float = parameter(
        1.5, "Months that a site's stock of consumables lasts.", unit="months", bounds=(0.0, 120.0),
        assumed=(0.5, 3.0),
    )  # fmt: skip
    stock_equipment_months: float = parameter(
        6.0, "Months that equipment and spare parts in place carry the work without new ones.", unit="months",
        bounds=(0.0, 120.0), assumed=(2.0, 12.0),
    )  # fmt: skip
    paid_while_waiting: float = parameter(
        0.5, "Share of the people who cannot work for want of inputs that the grant pays all the same; the others do "
        "other work meanwhile, and their money is there later.", unit="share", bounds=(0.0, 1.0), assumed=(0.0, 1.0),
    )  # fmt: skip
    switch_consumables_months: float = parameter(
        1.0, "Months to qualify another supplier of consumables.", unit="months", bounds=(0.0, 120.0),
        assumed=(0.5, 3.0),
        source="order: consumables came two to four weeks late in 2020-21 (HappiLabs, TDA; trade press)",
    )  # fmt: skip
    switch_equipment_months: float = parameter(
        8.0, "Months to qualify another supplier of equipment.", unit="months", bounds=(0.0, 120.0),
        assumed=(6.0, 10.0), source="order: built laboratory equipment took 6 to 10 months in 2022 (trade press)",
    )  # fmt: skip
    switch_cloud_months: float = parameter(
        6.0, "Months to move to another provider of cloud and compute.", unit="months", bounds=(0.0, 120.0),
        assumed=(3.0, 12.0),
    )  # fmt: skip
