"""The experiment on distinctness as a whole: runs, measure, search, tables, figure and the answer in words."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.analysis.distinctness import MEASURABLE, NOT_TOLD_APART, PARTS, SAME, Distinctness
from ecosim.errors import InputError
from ecosim.lab.distinct import CELLS, GRANTS, Measured, measure, run_arms
from ecosim.lab.paying import GAINS, Sizes, needed, paying, search_all

if TYPE_CHECKING:
    import pandas as pd

#: Seeds are this far apart between what tells instruments apart and what is searched.
_OTHER_SEED = 1_000
_WIDTH = 110


@dataclass(frozen=True)
class Asked:
    """What is run."""

    #: The scenario with its shocks.
    words: tuple[str, ...]
    #: Instruments.
    kinds: tuple[str, ...]
    #: Receives everything.
    folder: Path
    draws: int = 24
    configurations: int = 200
    search_draws: int = 4
    fresh: int = 24
    #: No draw, and then no search, is begun after so many.
    minutes: float = float("inf")
    resamples: int = 1000


def distinct(asked: Asked, *, quiet: bool = True) -> str:
    """Run what is not in the folder yet, write tables, figure and manifest, and return the answer.

    Raises
    ------
    InputError
        With fewer than two draws for each part, before anything runs.
    """
    import pandas as pd

    from ecosim.catalogue.cards import preset_of
    from ecosim.instruments import REGISTRY
    from ecosim.lab.compose import compose_plain, make_request
    from ecosim.plots.distinct import alike_matrix
    from ecosim.plots.style import save
    from ecosim.report.csvs import write_csv

    if asked.draws < 2 * PARTS:
        raise InputError("draws", asked.draws, f"at least {2 * PARTS}", problem="too few for parts of two")
    scenario = make_request(compose_plain(list(asked.words))).scenario
    code = _same_question(asked)
    runs = run_arms(asked.words, asked.kinds, asked.draws, asked.folder / "runs", minutes=asked.minutes, quiet=quiet)
    own = tuple(kind for kind in asked.kinds if not preset_of(REGISTRY[kind]))
    measured = measure(runs, asked.kinds, scenario.world.scale, parts=PARTS, resamples=asked.resamples)
    sizes = Sizes(asked.configurations, asked.search_draws, asked.fresh)
    searched = search_all(
        (*asked.words, f"seed={scenario.seed + _OTHER_SEED}"), own, sizes, asked.folder / "search.jsonl",
        minutes=asked.minutes, quiet=quiet,
    )  # fmt: skip
    instruments, pays = measured.instruments(), paying(searched)
    weak = instruments.loc[~instruments["measurable"] & (instruments["instrument"] != GRANTS), "instrument"]
    would = pd.DataFrame({"instrument": list(weak), "needed": [needed(asked.words, kind) for kind in weak]})
    for name, table in {
        "pairs": measured.found.table().round(3), "instruments": instruments.round(3), "paying": pays.round(4),
        "needed": would, "cells": cells_table(measured),
    }.items():  # fmt: skip
        write_csv(table, asked.folder / f"{name}.csv")
    save(alike_matrix(measured.found).figure, asked.folder / "alike")
    text = answer(measured, pays, would, {kind: preset_of(REGISTRY[kind]) for kind in asked.kinds})
    (asked.folder / "answer.txt").write_text(f"{text}\n", encoding="utf-8")
    manifest = manifest_of(asked, measured, len(searched), code)
    (asked.folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return text


def _same_question(asked: Asked) -> str:
    """The fingerprint of the code by which the folder's first runs were made; it is written if there are none yet.

    Raises
    ------
    InputError
        If the folder holds runs of another scenario, of other instruments or sizes.
    """
    from ecosim.lab.store import code_fingerprint

    path = asked.folder / "asked.json"
    mine: dict[str, Any] = {
        "scenario": list(asked.words), "instruments": list(asked.kinds), "draws": asked.draws,
        "configurations": asked.configurations, "search_draws": asked.search_draws, "fresh": asked.fresh,
    }  # fmt: skip
    if not path.exists():
        asked.folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**mine, "code": code_fingerprint()}, indent=1) + "\n", encoding="utf-8")
    there = json.loads(path.read_text(encoding="utf-8"))
    for key, value in mine.items():
        if there.get(key) != value:
            raise InputError("folder", str(asked.folder), problem=f"holds runs with another {key}",
                             allowed="a folder of its own for each question")  # fmt: skip
    return str(there["code"])


def cells_table(measured: Measured) -> pd.DataFrame:
    """``family, outcome, of, per, counted``, and under how many shocks it counts."""
    import pandas as pd

    kept = [cell.name for cell, _ in measured.cells]
    rows = [(cell.family, cell.name, cell.of, cell.per or "", cell.counted, kept.count(cell.name)) for cell in CELLS]
    return pd.DataFrame(rows, columns=["family", "outcome", "of", "per", "counted", "shocks"])


def manifest_of(asked: Asked, measured: Measured, searched: int, code: str) -> dict[str, Any]:
    """What was run, with which code and data; ``code`` is that of the first runs."""
    from ecosim.lab.store import code_fingerprint, data_fingerprint, versions

    return {
        "program": "ecosim", "experiment": "distinct", "scenario": list(asked.words), "instruments": list(asked.kinds),
        "draws_planned": asked.draws, "draws_run": measured.draws, "parts": PARTS, "resamples": asked.resamples,
        "cells": len(measured.cells), "cells_left_out": [f"{cell.name} under {shock}" for cell, shock in
                                                         measured.left_out],
        "search": {"configurations": asked.configurations, "draws": asked.search_draws, "fresh": asked.fresh,
                   "instruments_searched": searched},
        "code_of_runs": code, "code_of_tables": code_fingerprint(), "data": data_fingerprint(), "versions": versions(),
    }  # fmt: skip


# ---------------------------------------------------------------------------------------------- in words


def answer(measured: Measured, pays: pd.DataFrame, would: pd.DataFrame, presets: Mapping[str, str]) -> str:
    """What was found, for people.

    Parameters
    ----------
    measured : Measured
        How alike instruments are.
    pays : DataFrame
        From :func:`~ecosim.lab.paying.paying`.
    would : DataFrame
        ``instrument, needed``: what would have to be true for it to have an effect.
    presets : mapping
        Instrument -> what it is a preset of, or nothing.
    """
    kinds = [kind for kind in measured.kinds if not presets.get(kind)]
    own = measured.found.among(kinds)
    agreement = dict(zip(measured.found.names, measured.found.agreement.tolist(), strict=True))
    shown = [kind for kind, is_shown in zip(own.names, own.measurable, strict=True) if is_shown]
    shocks = len({shock for _, shock in measured.cells})
    families = len({cell.family for cell, _ in measured.cells})
    lines = ["Which instruments do different things, which do anything that shows, and which pay?", ""]
    lines += _filled(
        f"{len(kinds)} instruments with a mechanism of their own, each beside the same money burnt: {measured.draws} "
        f"draws in {PARTS} parts, {families} families of outcomes under {shocks} shocks ({len(measured.cells)} cells)."
    )
    lines += [
        "",
        f"EFFECTS THAT SHOW AGAIN IN OTHER DRAWS (agreement from {MEASURABLE:g}): {len(shown)} of {len(kinds)}",
    ]
    best = sorted(shown, key=lambda kind: -agreement[kind])
    lines += _filled(", ".join(f"{_said(kind)} {agreement[kind]:.2f}" for kind in best) or "none", "  ")
    lines += _filled(f"The same money left in grants, beside burnt money: {agreement[GRANTS]:.2f}.", "  ")
    lines += ["", *_alike_lines(own), "", *_preset_lines(measured.found, presets)]
    lines += [*_paying_lines(pays), ""]
    lines.append(f"NO MEASURABLE EFFECT: {len(kinds) - len(shown)} of {len(kinds)}. How far each moves its handles as "
                 "it ships, and what would have to be true:")  # fmt: skip
    # noise reaches about as far above 0 as below
    noise = max(0.0, -min(agreement[kind] for kind in kinds))
    for row in would.to_dict("records"):
        kind = str(row["instrument"])
        if not presets.get(kind):
            sign = "no sign of one"
            if agreement[kind] > noise:
                sign = f"perhaps one that {measured.draws_needed(kind):,.0f} draws would show"
            lines += _filled(f"{_said(kind)} ({agreement[kind]:.2f}): {sign}; {row['needed']}", "  ")
    return "\n".join(lines)


def _alike_lines(own: Distinctness) -> list[str]:
    """What was not told apart, and what is one mechanism."""
    open_pairs, pairs = own.not_told_apart()
    share = f" ({100 * open_pairs / pairs:.0f} %; asked for: at most 5 %)" if pairs else ""
    lines = [f"NOT TOLD APART: {open_pairs} of {pairs} pairs of mechanisms with an effect{share}"]
    for row in own.table().to_dict("records"):
        if row["verdict"] == NOT_TOLD_APART:
            lines += _filled(f"{_said(row['one'])} and {_said(row['other'])}: cosine {row['cosine']:.2f}, upper bound "
                             f"{row['upper']:.2f}", "  ")  # fmt: skip
    lines += ["", f"ONE MECHANISM (corrected |cosine| over {SAME:g}):"]
    alike = [names for names in own.groups() if len(names) > 1]
    for names in alike:
        lines += _filled(" = ".join(map(_said, names)), "  ")
    return lines if alike else [*lines, "  none"]


def _preset_lines(found: Distinctness, presets: Mapping[str, str]) -> list[str]:
    """Whether presets are found to be what they are presets of."""
    place = {name: k for k, name in enumerate(found.names)}
    lines = []
    for kind, of in presets.items():
        if of in place:
            i, j = place[kind], place[of]
            lines += _filled(f"{_said(kind)} of {_said(of)}: {found.verdict(i, j)} (cosine {found.cosine[i, j]:.2f}, "
                             f"agreement {found.agreement[i]:.2f} and {found.agreement[j]:.2f})", "  ")  # fmt: skip
    return ["PRESETS, which should be found to be what they are presets of:", *lines, ""] if lines else []


def _paying_lines(pays: pd.DataFrame) -> list[str]:
    if pays.empty:
        return ["WHAT PAYS: not searched"]
    rows = pays.to_dict("records")
    count = len({row["instrument"] for row in rows})
    lines = [f"WHAT PAYS: {count} instruments searched, {rows[0]['configurations']} configurations each; the winner "
             f"run again on {rows[0]['draws']} draws"]  # fmt: skip
    for name in GAINS:
        mine = sorted((row for row in rows if row["gain"] == name), key=lambda row: -float(row["over_grants"]))
        good = [row for row in mine if row["pays"]]
        sure = sum(bool(row["surely"]) for row in mine)
        lines += _filled(f"{name}: {len(good)} of {count} gave more than grants and than burnt money on average, "
                         f"{sure} surely (95 %, all instruments together)", "  ")  # fmt: skip
        for row in good[:5]:
            lines += _filled(
                f"{_said(row['instrument'])}: {100 * row['over_grants']:+.1f} % over grants (at least "
                f"{100 * row['grants_low']:+.1f}), {100 * row['over_burnt']:+.1f} % over burnt money (at least "
                f"{100 * row['burnt_low']:+.1f}); {row['winner']}", "    ",
            )  # fmt: skip
    return lines


def _said(name: Any) -> str:
    return str(name).replace("_", " ")


def _filled(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ")
