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
    Switches are stored as 0 or 1, whole numbers as int64 and the rest as float64. Values without a number (names,
    ranges, null) are left out; the code that needs them reads the scenario.
    """
    values: dict[str, float | int] = {}
    for section_name in type(config.behaviour).model_fields:
        section = getattr(config.behaviour, section_name)
        for field in type(section).model_fields:
            values[f"{section_name}_{field}"] = getattr(section, field)
    for field in type(config.programme).model_fields:
        values[f"programme_{field}"] = getattr(config.programme, field)
    for field in type(config.mechanisms).model_fields:
        values[f"on_{field}"] = int(getattr(config.mechanisms, field))
    numeric = {name: value for name, value in values.items() if isinstance(value, int | float)}
    dtype = np.dtype([(name, np.float64 if isinstance(v, float) else np.int64) for name, v in numeric.items()])
    record = np.zeros(1, dtype=dtype)
    for name, value in numeric.items():
        record[name] = value
    return record
