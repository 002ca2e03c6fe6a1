"""The scenario's numbers as one record that compiled loops can read.

Field names are the schema's own: ``search_choice_noise`` is ``behaviour.search.choice_noise`` and ``on_trust`` is
``mechanisms.trust``. The record is generated, so a parameter added to the schema is readable in a kernel at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ecosim.config.programme import ProgrammeConfig
    from ecosim.scenario import Scenario


#: Switches that no compiled loop reads, as it reads no parameter of AI for health: loops need not be compiled anew.
_NOT_COMPILED = ("health",)


def parameter_record(config: Scenario, rules: Sequence[ProgrammeConfig] | None = None) -> NDArray[np.void]:
    """All scalar behaviour parameters, funding rules and mechanism switches, a row for each set of rules.

    Parameters
    ----------
    config : Scenario
        Behaviour and mechanisms, the same in all rows.
    rules : sequence of ProgrammeConfig, length T, optional
        Rules of funding, read as ``programme_*``, their number as ``funder_terms``; by default those of the scenario's
        programme alone.

    Returns
    -------
    ndarray, shape (T,)
        Row 0 serves whatever does not depend on who pays.

    Notes
    -----
    Switches are stored as 0 or 1, whole numbers as int64 and the rest as float64. Parameters that are not always one
    number (names, ranges, null) are left out; the code that needs them reads the scenario. What is in depends on the
    schema alone, never on a value: a loop compiled for one scenario serves them all.
    """
    rows = [_values(config, programme) for programme in ([config.programme] if rules is None else rules)]
    kinds = [(name, np.float64 if isinstance(value, float) else np.int64) for name, value in rows[0].items()]
    record = np.zeros(len(rows), dtype=[*kinds, ("funder_terms", np.int64)])
    for f, values in enumerate(rows):
        for name, value in values.items():
            record[name][f] = value
    record["funder_terms"] = np.arange(len(rows))
    return record


def _values(config: Scenario, programme: ProgrammeConfig) -> dict[str, float | int]:
    sections = {name: getattr(config.behaviour, name) for name in type(config.behaviour).model_fields}
    del sections["health"]
    sections |= {"programme": programme, "on": config.mechanisms}
    values: dict[str, float | int] = {}
    for prefix, section in sections.items():
        for name, field in type(section).model_fields.items():
            if name in _NOT_COMPILED:
                continue
            if field.annotation is float:
                values[f"{prefix}_{name}"] = float(getattr(section, name))
            elif field.annotation in (int, bool):
                values[f"{prefix}_{name}"] = int(getattr(section, name))
    values["programme_milestones"] = int(programme.tranche_rule == "milestone")
    return values
