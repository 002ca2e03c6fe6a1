"""Write the reference part of docs/how-to/read-results.md: every file, column, unit and period."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ecosim.lab import columns
from ecosim.lab.columns import Column, Table
from ecosim.outcomes.measured import MEASURED
from tools.generated_page import write_or_check

PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "read-results.md"
#: Where the part that is generated begins; it ends with the page.
BEGIN = "<!-- From here on written by tools/results_page.py from ecosim/lab/columns.py; do not edit. -->\n"

HEAD = """
## Every file and column

The *response* is the time from the announcement to the end of observation, cut to whole half-years. The *twin* is the
same world without the shock. *Person-months* are research work; time spent on coordination does not count. *Mean
quality* is the quality of an average project. A dash in the column "over" means that the value is about no months.
A brief writes no folder of results, and a validation only with `case=`
([what is in it](cases.md#what-you-see)); what `ecosim validate --save FILE` writes is the table of
`participations.parquet`.

In names:

"""


def page() -> str:
    """Make the whole page: what was written by hand, and the reference."""
    text = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0] + BEGIN + HEAD
    text += _table(("", "stands for"), (
        (f"`<{name}>`", f"{words}{_listed(known) if 0 < len(known) < 10 else ''}")
        for name, (words, known) in columns.STANDS_FOR.items()
    ))  # fmt: skip
    text += "\nWhat is in square brackets may be missing.\n\n### Files\n\n"
    rows = [(f"`{table.file}`", table.by, f"a row is {table.row}") for table in columns.TABLES]
    rows += [(f"`{name}`", by, what) for name, by, what in columns.OTHER_FILES]
    text += _table(("file", "written by", "what"), rows)
    text += "\n### Measures\n\n`ecosim list measures` names each of them.\n\n" + _columns(columns.measures())
    text += "\n**Measured outcomes of inclusion, autonomy and health.** Each has a `level_` and a `change_`.\n\n"
    text += _table(("outcome", "family", "unit", "better", "mean of", "over the mean of"), (
        (f"`{item.name}`", item.family, item.unit, "more" if item.better > 0 else "less", f"`{item.of}`",
         f"`{item.per}`" if item.per else "-")
        for item in MEASURED
    ))  # fmt: skip
    for table in columns.TABLES:
        text += section(table)
    text += "\n### `manifest.json`\n\n"
    return text + _table(("entry", "what"), ((f"`{name}`", words) for name, words in columns.MANIFEST.items()))


def _listed(names: Iterable[str]) -> str:
    return f": {', '.join(f'`{name}`' for name in names)}"


def section(table: Table) -> str:
    """Make the part of one table."""
    note = f" {table.note}" if table.note else ""
    return f"\n### `{table.file}`\n\nA row is {table.row}.{note}\n\n{_columns(table.columns)}"


def _columns(items: Iterable[Column]) -> str:
    rows = ((f"`{item.name}`", item.unit, item.over, item.meaning) for item in items)
    return _table(("column", "unit", "over", "what it is"), rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(head)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in lines)


if __name__ == "__main__":
    write_or_check(PAGE, page(), __doc__)
