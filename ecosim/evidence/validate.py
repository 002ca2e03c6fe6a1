"""``ecosim validate``: simulated patterns beside the data, responses to shocks beside what is known, and ablation."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.errors import InputError, nearest_name
from ecosim.evidence import nulls, patterns, validation
from ecosim.evidence.question import Question, ValidateConfig, ask
from ecosim.evidence.validation import Count, Null, Row, Target, Totals
from ecosim.evidence.windows import configs_of, in_workers, windows_in_workers
from ecosim.lab.compose import Request, build_scenario
from ecosim.lab.memory import bytes_to_measure, free_bytes, workers_that_fit
from ecosim.lab.runner import worker_count
from ecosim.progress import say
from ecosim.report.csvs import write_csv

if TYPE_CHECKING:
    import pandas as pd

#: Projects a full-size programme starts in a month of the reference window.
_PROJECTS_PER_MONTH = 2858 / 24


def _window(payload: Mapping[str, Any], report: Any = None) -> tuple[dict[str, float], pd.DataFrame | None]:
    """Simulate one window in a worker."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        found, table = validation.simulate_window(
            build_scenario(payload["config"]), payload["opening"], payload["closing"], report
        )
    return found, table if payload["table"] else None


def simulate_windows(
    configs: Sequence[Mapping[str, Any]], opening: str, closing: str, request: Request, title: str,
    keep_first: bool = False,
) -> tuple[list[dict[str, float]], pd.DataFrame | None]:  # fmt: skip
    """Simulate one window per configuration, in workers where there are several.

    Returns
    -------
    (list of dict, DataFrame or None)
        Patterns in the order of the configurations, and the first one's table if asked for.
    """
    payloads = [
        {"config": dict(config), "opening": opening, "closing": closing, "table": keep_first and k == 0}
        for k, config in enumerate(configs)
    ]
    found = windows_in_workers(_window, payloads, request, title, measured=True)
    return [item[0] for item in found], found[0][1]


def _shuffle(payload: Mapping[str, Any], report: Any = None) -> dict[str, float]:
    """Shuffle a table and measure it, in a worker."""
    from threadpoolctl import threadpool_limits

    from ecosim.world import load_world

    with threadpool_limits(limits=1):
        world = load_world(payload["world"])
        return nulls.null_patterns(payload["seats"], payload["closing"], world, payload["kind"], payload["number"])


def measure_nulls(table: pd.DataFrame, closing: str, question: Question) -> dict[str, tuple[Null, ...]]:
    """What shuffles of a table show, by the name of the row."""
    shuffles = question.settings.shuffles
    payloads = [
        {"seats": table, "closing": closing, "world": question.request.scenario.world, "kind": kind, "number": number}
        for kind in nulls.NULLS
        for number in range(shuffles)
    ]
    fitting = workers_that_fit(
        max(worker_count(question.request.runner, len(payloads)), 1),
        bytes_to_measure(table["organisation"].nunique()), free_bytes(),
    )  # fmt: skip
    found = in_workers(_shuffle, payloads, question.request, "shuffling the table", fitting)
    return nulls.summarise({kind: found[k * shuffles : (k + 1) * shuffles] for k, kind in enumerate(nulls.NULLS)})


# ---------------------------------------------------------------------------------------------- patterns


@dataclass(frozen=True)
class Data:
    """The data side of a comparison."""

    targets: tuple[Target, ...]
    opening: str
    name: str
    #: Full-size projects per month beside which the table's are counted.
    scale: float


def data_side(question: Question, path: str | None) -> Data:
    """The targets that ship, or those of a user's table measured the same way."""
    settings = question.settings
    if path is None:
        if (settings.start, settings.end) != (ValidateConfig().start, ValidateConfig().end):
            raise InputError(
                "validate.start", settings.start, problem="another window needs a table of it: give --data FILE"
            )
        if settings.shuffles != nulls.SHUFFLES:
            raise InputError(
                "validate.shuffles", settings.shuffles,
                problem=f"the null models of the shipped targets are of {nulls.SHUFFLES} shuffles: give --data FILE",
            )  # fmt: skip
        return Data(validation.load_targets(), validation.OPENING, "Horizon 2020, starts 2014-01 to 2016-12", 1.0)
    from ecosim.world import load_world
    from ecosim.world.participations import read

    say(f"Measuring {path} ...")
    reading = read(path)
    whole = patterns.collaborative(reading.table)
    say(reading.line)
    say(
        f"Measured are projects with a start, {patterns.FEWEST_MEMBERS} members or more, and no mobility or "
        f"single-researcher grant: {whole['project'].nunique():,} of {reading.table['project'].nunique():,}."
    )
    table = patterns.between(whole, settings.start, settings.end)
    if whole.empty:
        raise InputError(path, problem="none of its projects is one that is measured", allowed="projects with a start, "
                         f"{patterns.FEWEST_MEMBERS} members, and no mobility or single-researcher grant")  # fmt: skip
    if table.empty:
        span = f"starts lie from {whole.start_date.min():%Y-%m} to {whole.start_date.max():%Y-%m}"
        raise InputError(
            path,
            problem=f"no collaborative project starts from {settings.start} to {settings.end} ({span})",
            allowed="another window: validate.start and validate.end",
        )
    starts = table.drop_duplicates("project")["start_date"].dt.strftime("%Y-%m").tolist()
    opening = validation.opening_month(starts)
    measured = validation.measured(table, settings.end, load_world(question.request.scenario.world))
    shuffled = measure_nulls(table, settings.end, question)
    targets = validation.targets_from(measured, Path(path).name, int(settings.end[:4]), shuffled)
    months = validation.months_between(opening, settings.end) + 1
    return Data(targets, opening, f"{path}, starts {settings.start} to {settings.end}",
                len(starts) / months / _PROJECTS_PER_MONTH)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """Simulated windows beside data."""

    rows: list[Row]
    totals: Totals
    heading: str
    table: pd.DataFrame | None
    windows: int

    def text(self) -> str:
        """The answer for people."""
        lines = [self.heading, "", validation.text_of(self.rows, nulls.NULLS), "", counts_text(self.rows)]
        if self.windows < validation.WINDOWS_FOR_QUANTILES:
            lines.append(
                f"{self.windows} windows leave wide bands, which are easy to meet: validate.windows="
                f"{validation.WINDOWS_FOR_QUANTILES} is the reference."
            )
        return "\n".join(lines)


def counts_text(rows: Sequence[Row]) -> str:
    """The three counts, what meeting such rows shows in words, and the rows outside."""
    t = validation.totals(rows)

    def said(group: str, count: Count) -> str:
        names = [row.name for row in rows if row.group == group and not row.inside]
        return f"{count.inside} of {count.rows} inside." + (f" Outside: {', '.join(names)}." if names else "")

    telling = [row for row in rows if row.group == "telling"]
    wide = sum(row.inside and any(row.low <= null.mean <= row.high for null in row.nulls) for row in telling)
    kept = sum(all(null.kept for null in row.nulls) for row in rows if row.group == "given" and row.nulls)
    fitted = sum(not any(null.meets for null in row.nulls) for row in rows if row.role == "fitted" and row.nulls)
    paragraphs = [
        f"1. Rows that say something: {said('telling', t.telling)}",
        "These are predicted, and no shuffle of the data's own organisations meets them: neither chance nor who is "
        "there explains them. Inside is evidence for the behaviour, outside is evidence against it."
        + (f" {wide} of those inside have a band so wide that a shuffle's mean lies in it too." if wide else ""),
        f"2. Rows that come with the data's organisations: {said('given', t.given)}",
        "These are predicted, but a shuffle meets them as well: a table without any behaviour has them. Inside says "
        "little about how partners are chosen; outside, a shuffle meets what ecosim misses."
        + (f" Both shuffles keep {kept} of these rows, because they are told how often each organisation takes part; "
           "ecosim is not." if kept else ""),
        f"3. Rows that were put in. Input: {said('input', t.input)} Fitted: {said('fitted', t.fitted)}",
        "Input is fed in, and fitted rows set a few parameters. Inside is no evidence. "
        f"No shuffle meets {fitted} of the fitted rows.",
        *([f"4. Close kin of fitted rows: {said('kin', t.kin)}",
           "No parameter was set by these, but each repeats a row by which one was. They are in no other count."]
          if t.kin.rows else []),
        *_composition(rows),
    ]  # fmt: skip
    beside = ", ".join(f"a shuffle {nulls.MEANING[kind]} {meets}" for kind, meets in t.nulls.items())
    if beside:
        paragraphs.append(
            f"For comparison, of all {t.predicted.rows} predicted rows ecosim meets {t.predicted.inside}, {beside}: "
            "that count alone says nothing."
        )
    return "\n".join(
        textwrap.fill(text, 120, initial_indent=indent, subsequent_indent="   ", break_on_hyphens=False)
        for text in paragraphs
        for indent in ["" if text[:1].isdigit() or text.startswith("For") else "   "]
    )


def _composition(rows: Sequence[Row]) -> list[str]:
    """How many of the rows that say who takes part are as near to the data as is asked of them."""
    asked = validation.COMPOSITION_TOLERANCE
    said = []
    for pattern, words in (
        ("organisations_by_type", "Numbers of organisations of {} of {} types"),
        ("country_share", "Shares of {} of {} countries with a hundredth of participations or more"),
    ):
        mine = [row for row in rows if validation.pattern_of(row.name) == pattern and row.role == "input"]
        near = sum(abs(row.simulated / row.data - 1.0) <= asked for row in mine)
        if mine:
            said.append(f"{words.format(near, len(mine))} are within {100 * asked:g} % of the data.")
    low, high = validation.PREDECESSOR_INTERVAL
    size, shared = patterns.PREDECESSOR_SIZE, patterns.PREDECESSOR_SHARE
    said += [
        f"Of consortia of {size} members or more that share {100 * shared:g} % of them with an earlier one, "
        f"{100 * row.simulated:.0f} % are led by the coordinator of such a predecessor (Horizon 2020: 95 % interval "
        f"{100 * low:g} to {100 * high:g} %)."
        for row in rows
        if row.name == validation.PREDECESSOR
    ]
    return [" ".join(said)] if said else []


def compare_patterns(question: Question, path: str | None = None, keep_first: bool = False) -> Comparison:
    """Simulate windows and compare them with the data."""
    data = data_side(question, path)
    settings = question.settings
    changes = _scale_for(question, data)
    configs = configs_of(question, changes, settings.windows)
    scale = configs[0]["world"]["scale"]
    world = configs[0]["world"]["preset"]
    say(f"{settings.windows} windows of world {world} at scale {scale:g}, starts {data.opening} to {settings.end}.")
    windows, table = simulate_windows(
        configs, data.opening, settings.end, question.request, "simulating windows", keep_first
    )
    rows = validation.compare(data.targets, windows, settings.tolerance)
    rule = (
        "95 % of windows" if settings.windows >= validation.WINDOWS_FOR_QUANTILES
        else "where the next window falls with 95 % (Student's t)"
    )  # fmt: skip
    heading = (
        f"Data: {data.name}.\n"
        f"Simulated: world {world} at scale {scale:g}, {settings.windows} windows, starts {data.opening} to "
        f"{settings.end} after burn-in since {question.request.scenario.calendar.start}.\n"
        f"Band: the wider of {rule} and {100 * settings.tolerance:g} % of the simulated mean.\n"
        "Shuffled: the data's own organisations dealt out to its own seats by chance "
        f"({settings.shuffles} times), over all of them\n"
        "(all) or only within programme part, country and type (within): mean, ± half of what holds 95 % of shuffles.\n"
        "Meets: whether the data lie in the band of the shuffles, by the same rule; kept: every shuffle has the value."
        "\n"
        "Distance: how far the data lie from the simulated mean, in half-widths of the band; 1 is its edge."
    )
    return Comparison(rows, validation.totals(rows), heading, table, settings.windows)


def _scale_for(question: Question, data: Data) -> dict[str, Any]:
    """Full size, or the size of the user's table, unless the user has said."""
    if question.says("world.scale"):
        return {}
    if 0.8 <= data.scale <= 1.25:
        return {"world.scale": 1.0}
    scale = float(f"{data.scale:.2g}")
    say(f"The table has {data.scale:.2g} times the projects of the whole programme: simulating at world.scale={scale}.")
    return {"world.scale": min(max(scale, 0.0005), 20.0)}


# ---------------------------------------------------------------------------------------------- ablation


def ablation(question: Question) -> str:
    """Each mechanism off: which rows that say something leave their band, and which come in."""
    from ecosim.config.behaviour import MechanismsConfig

    data = data_side(question, None)
    settings = question.settings
    names = [name for name, field in MechanismsConfig.model_fields.items() if field.default]
    changes = _scale_for(question, data)
    cases: list[tuple[str, dict[str, Any]]] = [("all on", {})] + [
        (f"{name} off", {f"mechanisms.{name}": False}) for name in names
    ]
    configs = [config for _, case in cases for config in configs_of(question, {**changes, **case}, settings.windows)]
    say(f"{len(configs)} windows: {len(cases)} cases of {settings.windows}.")
    windows, _ = simulate_windows(configs, data.opening, settings.end, question.request, "ablation")
    found = [
        validation.compare(data.targets, windows[k * settings.windows : (k + 1) * settings.windows], settings.tolerance)
        for k in range(len(cases))
    ]
    shown = ("repeated_pair_share", "repetition_above_null_within", "prior_pair_share_by_year[2016]", "transitivity",
             "newcomer_share_by_year[2016]", "one_project_share", "mean_degree")  # fmt: skip
    base = {row.name: row for row in found[0]}
    head = ["case", "outside", "distance", *(_short(name) for name in shown)]
    body = [["data", "", "", *(validation.number(base[n].data) if n in base else "-" for n in shown)]]
    notes = []
    for (label, _), rows in zip(cases, found, strict=True):
        count = validation.totals(rows).telling
        deviations = [abs(row.deviation) for row in rows if row.group == "telling" and np.isfinite(row.deviation)]
        by_name = {row.name: row for row in rows}
        body.append(
            [label, f"{count.outside} of {count.rows}", f"{np.mean(deviations):.3f}" if deviations else "-",
             *(validation.number(by_name[n].simulated) if n in by_name else "-" for n in shown)]
        )  # fmt: skip
        worse = [r.name for r in rows if r.group == "telling" and not r.inside and base[r.name].inside]
        better = [r.name for r in rows if r.group == "telling" and r.inside and not base[r.name].inside]
        if label != "all on":
            said = [f"{word}: {', '.join(names)}" for word, names in (("worse", worse), ("better", better)) if names]
            notes.append(f"{label}: {'; '.join(said) if said else 'none of these rows changes sides'}.")
    return "\n".join(
        [
            f"Each behavioural mechanism switched off; {settings.windows} windows each, the same random numbers.",
            "outside: of the rows that say something (predicted, and met by no shuffle of the data's organisations).",
            "distance: mean absolute logarithm of simulated over data, over the same rows.",
            "", _aligned(head, body), "", *notes,
        ]
    )  # fmt: skip


def _short(name: str) -> str:
    return {
        "repeated_pair_share": "repeated", "repetition_above_null_within": "above null", "transitivity": "transitiv.",
        "prior_pair_share_by_year[2016]": "prior 2016", "newcomer_share_by_year[2016]": "newcomers 2016",
        "one_project_share": "one project",
    }.get(name, name)  # fmt: skip


def _aligned(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[k]) for row in [head, *body]) for k in range(len(head))]
    lines = []
    for row in [head, *body]:
        cells = [cell.ljust(widths[0]) if k == 0 else cell.rjust(widths[k]) for k, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------------- entry


def validate(
    overrides: Sequence[str], *, data: str | None = None, save: str | None = None, config_dirs: Sequence[str] = (),
    case: str | None = None,
) -> tuple[str, bool]:  # fmt: skip
    """Carry out ``ecosim validate [patterns|ablation|shocks|pairs|case=FILE]``.

    Without a word it is ``patterns``, or ``pairs`` where ``world=global``.

    Parameters
    ----------
    overrides : sequence of str
        Overrides, with the part to validate among them as a bare word.
    data : str, optional
        A table of participations to take for the data, in any form :func:`ecosim.world.participations.read` takes.
    save : str, optional
        File for the first simulated window's table (.csv, .csv.gz or .parquet).
    config_dirs : sequence of str
        Folders with further options.
    case : str, optional
        File of a dated case, or the name of one that ships.

    Returns
    -------
    (str, bool)
        The answer, and whether it is good enough for ``validate.strict``.
    """
    parts = [word for word in overrides if "=" not in word and not word.startswith("~")]
    known = ("patterns", "shocks", "ablation", "pairs")
    for word in parts:
        if word not in known:
            raise InputError("validate", word, ", ".join(known), nearest_name(word, known), problem="no such part")
    if len(parts) > 1:
        raise InputError("validate", " ".join(parts), problem="takes one part at a time", allowed=", ".join(known))
    if case is not None:
        for given, name in ((parts[0] if parts else None, "validate"), (data, "--data"), (save, "--save")):
            if given is not None:
                raise InputError(name, given, problem="does not go with a case")
        _refuse_unread("case", overrides)
        from ecosim.evidence.case_answer import compare_case

        found, folder = compare_case(case, overrides, config_dirs)
        say(f"Results: {folder}")
        return found.text(), True
    question = ask([word for word in overrides if word not in parts], config_dirs)
    usual = "pairs" if question.request.scenario.world.preset == "global" and data is save is None else "patterns"
    part = parts[0] if parts else usual
    if part != "patterns" and (data is not None or save is not None):
        raise InputError("--data" if data is not None else "--save", data or save, problem=f"does not go with {part}")
    _refuse_unread(part, overrides)
    if part == "ablation":
        return ablation(question), True
    if part == "shocks":
        from ecosim.evidence.shocks import shock_paths

        return shock_paths(question), True
    if part == "pairs":
        from ecosim.evidence.pairs import pair_work

        pairs = pair_work(question)
        return pairs.text(), pairs.good or not question.settings.strict
    if save is not None:
        _check_target(save)
    comparison = compare_patterns(question, data, keep_first=save is not None)
    if save is not None and comparison.table is not None:
        _write(comparison.table, save)
        say(f"Table of the first window: {save}")
    good = comparison.totals.telling.outside == 0 or not question.settings.strict
    return comparison.text(), good


#: Keys of ``validate.`` that a part reads.
_READ: dict[str, tuple[str, ...]] = {
    "patterns": tuple(ValidateConfig.model_fields),
    "ablation": ("windows", "start", "end", "tolerance"),
    "shocks": ("windows",),
    "pairs": ("windows", "start", "end", "strict"),
    "case": ("windows",),
}


def _refuse_unread(part: str, overrides: Sequence[str]) -> None:
    """Refuse what a part would drop without a word: settings it does not read, and shocks that are not its own."""
    for word in overrides:
        key, equals, value = word.lstrip("+").partition("=")
        group, _, name = key.partition(".")
        if group == "validate" and name in ValidateConfig.model_fields and name not in _READ[part]:
            allowed = ", ".join(f"validate.{name}" for name in _READ[part])
            what = "a case" if part == "case" else part
            raise InputError(key, value or None, problem=f"says nothing of {what}", allowed=allowed)
        # a case has a scenario and shocks of its own, and says itself what may not be set
        if part != "case" and group in ("shocks", "scenario") and equals and value not in ("[]", "none"):
            why = "simulates its own shocks" if part == "shocks" else "simulates calm windows"
            raise InputError(key, value, problem=f"would not be read: `validate {part}` {why}",
                             allowed="ecosim run, or validate case=FILE")  # fmt: skip


def _check_target(save: str) -> None:
    if not save.endswith((".csv", ".csv.gz", ".parquet")):
        raise InputError("--save", save, problem="has an unknown ending", allowed=".csv, .csv.gz or .parquet")
    if not Path(save).resolve().parent.is_dir():
        raise InputError("--save", save, problem="its folder does not exist")


def _write(table: pd.DataFrame, save: str) -> None:
    try:
        if save.endswith(".parquet"):
            table.to_parquet(save, index=False)
        else:
            # whoever opens it in a spreadsheet runs nothing of what the labels say
            write_csv(table, Path(save))
    except OSError as error:
        raise InputError("--save", save, problem=f"cannot be written ({error.strerror or error})") from None
