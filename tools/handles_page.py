"""Write docs/HANDLES.md from the table of handles and from what shocks, decisions and instruments declare."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ecosim.channels.handles import HANDLES, Handle
from ecosim.decisions import REGISTRY as DECISIONS
from ecosim.instruments import REGISTRY as INSTRUMENTS
from ecosim.shocks import REGISTRY as SHOCKS
from tools.generated_page import write_or_check

PAGE = Path(__file__).parents[1] / "docs" / "HANDLES.md"

HEAD = """\
# Handles

Generated from `ecosim/channels/handles.py` by `tools/handles_page.py`; do not edit. `ecosim list handles` shows the
same.

Shocks, decisions and instruments act on handles; what follows for partnerships is left to the model. A month's handles
are the values at rest, pushed by all shocks, then by all decisions, then by all instruments, and kept within their
range. A test shifts each of them towards worse and sees some outcome move (`tests/channels/test_handles.py`).

A value at rest is a number, or comes from facts ([ODD.md](ODD.md), 7.2). Between two countries a value is read from the
first to the second.
"""

CHANNELS_HEAD = """\

## Channels

1 means no obstacle. An instrument closes a share of the gap that remains; what the law has closed stays closed.

"""

OTHERS_HEAD = "\n## Other handles\n\n"

TABLE_HEAD = """\
| handle | by | range | at rest | better | pushed by | what it is |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """Make the whole page."""
    text = HEAD
    for head, channel in ((CHANNELS_HEAD, True), (OTHERS_HEAD, False)):
        text += head + TABLE_HEAD
        text += "".join(row(handle) for handle in HANDLES if handle.channel == channel)
    return text


def row(handle: Handle) -> str:
    """Make one row of a table."""
    pushed_by = [f"`{kind}`" for kind, shock in sorted(SHOCKS.items()) if handle.name in shock.handles]
    pushed_by += [f"`{kind}`" for kind, decision in sorted(DECISIONS.items()) if handle.name in decision.handles]
    for kind, instrument in sorted(INSTRUMENTS.items()):
        if handle.name in instrument.improves:
            pushed_by.append(f"`{kind}` (better)")
        elif handle.name in instrument.side_effects:
            pushed_by.append(f"`{kind}` (side effect)")
    better = "more" if handle.better == "up" else "less"
    cells = [
        f"`{handle.name}`", handle.axes_text, handle.range_text, handle.rest_text, better, ", ".join(pushed_by),
        handle.meaning,
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |\n"


if __name__ == "__main__":
    write_or_check(PAGE, page(), __doc__)
