"""Write docs/CATALOGUE.md: one card for every shock, decision, instrument and funder."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ecosim.catalogue.cards import Card, cards
from ecosim.catalogue.families import FAMILIES
from ecosim.errors import shown
from tools.generated_page import write_or_check

PAGE = Path(__file__).parents[1] / "docs" / "CATALOGUE.md"

HEAD = """\
# Catalogue

Generated from the classes by `tools/catalogue_page.py`; do not edit. It says of every kind what it does, what it acts
on, what it costs and how well that is founded. `ecosim list shocks`, `list decisions`, `list instruments` and
`list funders` give a line each. All parameters stand in [PARAMETERS.md](PARAMETERS.md), all handles in
[HANDLES.md](HANDLES.md).

The line under each card runs its example, in which it has much to do.

Evidence: A was measured for this use, B was measured nearby, C is reasoned.
"""

FAMILY_HEADS = {
    "shocks": "What happens to a world: a date, targets, a severity.",
    "decisions": "What missions, governments, funders and the user's own rules do while a run goes on. Each sees only "
    "what its card says.",
    "instruments": "What missions and governments pay for, out of the same money as the grants.",
    "funders": "Who pays beside the multilateral programme, each with its own money, calls and terms.",
}


def page() -> str:
    """Make the whole page."""
    text = HEAD
    for family in FAMILIES:
        text += f"\n## {family.capitalize()}\n\n{FAMILY_HEADS[family]}\n"
        text += "".join(section(card) for card in cards(family))
    return text


def section(card: Card) -> str:
    """One card."""
    # what the class says, as text of a page: no heading of its own, and code in single ticks
    text = re.sub(r":\w+:`", "`", card.text.replace("Notes\n-----\n", "").replace("``", "`"))
    lines = [f"\n### {card.kind}\n", f"{card.summary}\n", f"{text}\n"]
    rows = []
    if card.decides:
        rows.append(("decides", card.decides))
        rows.append(("sees", ", ".join(card.sees) or "nothing"))
        rows.append(("orders", ", ".join(card.orders)))
    if card.preset_of:
        rows.append(("preset of", f"`{card.preset_of}`: the same mechanism with other numbers"))
    if card.handles:
        rows.append(("handles", ", ".join(f"`{name}` ({words})" for name, words in card.handles)))
    if card.limit is not None:
        rows.append(("limit", f"closes at most {card.limit:g} of a gap"))
    if card.price:
        rows.append(("price beyond money", card.price))
    if card.evidence:
        rows.append(("evidence", f"{card.evidence}: {card.evidence_reason}"))
    if card.stock:
        rows.append(("stock", card.stock))
    if card.asset:
        rows.append(("asset", card.asset))
    rows.append(("in the source texts", f'"{card.passage}"' if card.passage else f"nothing: {card.why_no_passage}"))
    for name, case in card.cases:
        words = f"{case.what} Sets {case.values_text}. {case.source} Still assumed: {case.assumed}"
        rows.append((f"`severity_of: {name}`", words))
    own = ", ".join(f"`{name}` {shown(default, 24)}" for name, default, _ in card.parameters)
    if own:
        rows.append(("its own parameters", own))
    lines.append("| | |\n|---|---|")
    lines += [f"| {name} | {words} |" for name, words in rows]
    command = " ".join(shlex.quote(word) for word in ("ecosim", "run", *card.example))
    lines.append(f"\n```\n{command}\n```")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write_or_check(PAGE, page(), __doc__)
