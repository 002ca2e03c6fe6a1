"""The scenario's numbers as one record that compiled loops can read.

Field names are the schema's own: ``search_choice_noise`` is ``behaviour.search.choice_noise`` and ``on_trust`` is
``mechanisms.trust``. The record is generated, so a parameter added to the schema is readable in a kernel at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ecosim.scenario import Scenario


def parameter_record(config: Scenario) -> NDArray[np.void]:
    """All scalar behaviour parameters, programme rules and mechanism switches, shape (1,).

    Notes
    -----
    Switches are stored as 0 or 1, whole numbers as int64 and the rest as float64. Parameters that are not always one
    number (names, ranges, null) are left out; the code that needs them reads the scenario. What is in depends on the
    schema alone, never on a value: a loop compiled for one scenario serves them all.
    """
    sections = {name: getattr(config.behaviour, name) for name in type(config.behaviour).model_fields}
    sections |= {"programme": config.programme, "on": config.mechanisms}
    values: dict[str, float | int] = {}
    for prefix, section in sections.items():
        for name, field in type(section).model_fields.items():
            if field.annotation is float:
                values[f"{prefix}_{name}"] = float(getattr(section, name))
            elif field.annotation in (int, bool):
                values[f"{prefix}_{name}"] = int(getattr(section, name))
    record = np.zeros(1, dtype=[(name, np.float64 if isinstance(v, float) else np.int64) for name, v in values.items()])
    for name, value in values.items():
        record[name] = value
    return record
