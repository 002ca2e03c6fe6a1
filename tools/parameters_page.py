"""Write docs/PARAMETERS.md from the typed schema: value, unit, range, and where each value comes from."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ecosim.errors import shown
from ecosim.lab.keys import Key, scenario_keys, settings_keys
from tools.generated_page import write_or_check

PAGE = Path(__file__).parents[1] / "docs" / "PARAMETERS.md"

HEAD = """\
# Parameters

Generated from the typed schema by `tools/parameters_page.py`; do not edit. `ecosim list parameters` shows the same.

Every parameter can be set on the command line (`programme.tranches=3`), in a saved scenario and from Python.

| where a value comes from | meaning |
|---|---|
| choice | what a scenario decides |
| sourced | taken from the publication or data set named |
| fitted | set so that simulated patterns match data, searched in the range given |
| assumed | no data set identifies it; uncertainty analysis draws it from the range given |

"""


def page() -> str:
    """Make the whole page."""
    keys = [*scenario_keys(), *settings_keys()]
    counts = Counter(key.role for key in keys)
    text = HEAD + f"{len(keys)} parameters: " + ", ".join(f"{n} {role}" for role, n in counts.most_common()) + ".\n"
    for section, group in groupby(keys, key=lambda key: key.name.rpartition(".")[0]):
        text += f"\n## {section or 'scenario'}\n\n"
        text += "| parameter | value | unit | allowed | from | what it is |\n|---|---|---|---|---|---|\n"
        text += "".join(row(key) for key in group)
    return text


def row(key: Key) -> str:
    """Make one row of a table."""
    origin = key.role
    if key.range is not None:
        origin += f" {key.range[0]:g} to {key.range[1]:g}"
        if key.prior == "log_uniform":
            origin += " (log-uniform)"
    if key.source:
        origin += f": {key.source}"
    name = key.name.rpartition(".")[2]
    cells = [f"`{name}`", f"`{shown(key.default)}`", key.unit, key.allowed, origin, key.description]
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    write_or_check(PAGE, page(), __doc__)
