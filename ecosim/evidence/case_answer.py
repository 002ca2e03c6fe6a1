"""``ecosim validate case=FILE``: a dated case beside what was observed, as words, tables and a figure."""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.analysis.coverage import Coverage, coverage_of, silences
from ecosim.config.accepted import accepted_points
from ecosim.errors import InputError
from ecosim.evidence import case_file, case_windows
from ecosim.evidence.case_file import QUANTITIES, Case
from ecosim.evidence.case_score import WINDOWS_FOR_SPREAD, Change, Estimate, changes, order, paths
from ecosim.evidence.case_score import Path as CasePath
from ecosim.evidence.case_windows import ARMS, Windows
from ecosim.progress import say

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.evidence.question import Question

_WIDTH = 120
_LABEL = 26


@dataclass(frozen=True, eq=False)
class Found:
    """A case beside what was simulated of it."""

    case: Case
    windows: Windows
    #: By arm, (windows, units, columns, years).
    values: dict[str, NDArray[np.float64]]
    world: str
    scale: float
    #: Of each shock that hits countries, what these are in the simulated world and in the facts.
    coverage: tuple[Coverage, ...] = ()

    @property
    def paths(self) -> list[CasePath]:
        """Every path (:func:`ecosim.evidence.case_score.paths`)."""
        return paths(self.case, self.values["shocked"], self.values["twin"])

    @property
    def changes(self) -> list[Change]:
        """Every change, scored (:func:`ecosim.evidence.case_score.changes`)."""
        return changes(self.case, self.values["shocked"], self.values["twin"])

    # ---- tables

    def table(self) -> pd.DataFrame:
        """A row per country or pair, column and year: data, simulated mean, both intervals, twin."""
        import pandas as pd

        rows = [
            {
                "unit": path.unit, "column": path.column, "what": path.what, "year": year, "data": path.data[k],
                "data_as_counted": path.data_as_counted[k],
                "simulated": path.mean[k], "interval_low": path.interval[0, k], "interval_high": path.interval[1, k],
                "spread_low": path.spread[0, k], "spread_high": path.spread[1, k], "twin": path.twin[k],
            }
            for path in self.paths
            for k, year in enumerate(self.case.years)
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def scores(self) -> pd.DataFrame:
        """A row per country or pair and column: the change, its sign, size, distances and steps."""
        import pandas as pd

        rows = []
        for one in self.changes:
            row: dict[str, Any] = {}
            for name, value in asdict(one).items():
                if isinstance(value, dict):
                    row |= {name: value["value"], f"{name}_low": value["low"], f"{name}_high": value["high"]}
                elif isinstance(value, tuple):
                    row |= {f"{name}_low": value[0], f"{name}_high": value[1]}
                else:
                    row[name] = value
            rows.append(row | {"sign": one.sign})
        return pd.DataFrame(rows)

    def each_window(self) -> pd.DataFrame:
        """A row per window, arm, country or pair, column and year."""
        import pandas as pd

        case = self.case
        units = [case_file.unit_name(unit) for unit in case.units]
        frames = []
        for arm in ARMS:
            values = self.values[arm]
            index = pd.MultiIndex.from_product(
                [range(len(values)), units, list(case.columns), case.years], names=["window", "unit", "column", "year"]
            )
            frames.append(pd.DataFrame({"value": values.ravel()}, index=index).reset_index().assign(arm=arm))
        return pd.concat(frames, ignore_index=True)

    def draws(self) -> pd.DataFrame:
        """What was drawn: a row per window and parameter."""
        import pandas as pd

        rows = [(k, name, float(value)) for k, draw in enumerate(self.windows.draws) for name, value in draw.items()]
        return pd.DataFrame(rows, columns=["window", "parameter", "value"])

    # ---- words

    def text(self) -> str:
        """The answer for people."""
        case, windows = self.case, len(self.windows.configs)
        assumed, fitted = drawn_counts(self.windows)
        wide = "5 to 95 % of windows" if windows >= WINDOWS_FOR_SPREAD else "smallest and largest window"
        heading = [
            case.title,
            *_filled(f"Data: {case.source or 'as given'}."),
            *_filled(f"Simulated: world {self.world} at scale {self.scale:g}, {windows} windows from "
                     f"{self.windows.opening} after burn-in since {self.windows.start}; each is a seed and a draw of "
                     f"{assumed} assumed parameters{_and_fit(fitted)}, and has a twin without the shock. No parameter "
                     "was set by these data."),
            *_filled(f"mean: over windows, with its 95 % interval. spread: {wide}."),
            *(_filled(f"Note: {case.note}") if case.note else []),
        ]  # fmt: skip
        blocks = ["\n".join(heading), *(self._path_block(path) for path in self.paths)]
        # shocks that hit the same countries say the same
        covered = dict.fromkeys(one.words() for one in self.coverage)
        blocks += ["\n".join(line for words in covered for line in _filled(words))] if covered else []
        if not silences(self.coverage):
            units = list(dict.fromkeys(one.unit for one in self.changes))
            blocks += [self._change_block(), *(block for unit in units if (block := self._order_block(unit)))]
            blocks += [self._rival_block()]
        if windows < WINDOWS_FOR_SPREAD:
            blocks.append(f"{windows} windows say little: validate.windows={WINDOWS_FOR_SPREAD} or more.")
        return "\n\n".join(blocks)

    def _path_block(self, path: CasePath) -> str:
        years = self.case.years
        lines = [f"{path.unit}, {path.column}: {QUANTITIES[path.what]}"]

        def row(label: str, cells: Sequence[str]) -> None:
            lines.append(f"  {label:<{_LABEL - 2}}" + "".join(f"{cell:>15}" for cell in cells).rstrip())

        row("", [str(year) for year in years])
        row("data", [_number(value) for value in path.data])
        if np.isfinite(path.data_as_counted).any():
            row("data, counted as here", [_number(value) for value in path.data_as_counted])
        row("simulated, mean", [_number(value) for value in path.mean])
        row("  interval of the mean", [_span(*path.interval[:, k]) for k in range(len(years))])
        row("  spread over windows", [_span(*path.spread[:, k]) for k in range(len(years))])
        row("without the shock (twin)", [_number(value) for value in path.twin])
        return "\n".join(lines)

    def _change_block(self) -> str:
        case = self.case
        lines = [
            f"Change from {_years(case.before)} to {_years(case.after)}, in points",
            f"  {'':<{_LABEL - 2}}{'data':>9}{'simulated':>11}{'interval':>17}{'spread':>17}{'twin':>8}  "
            f"{'sign':<8}size, of the data",
        ]
        for one in self.changes:
            size = f"{one.size.value:.2f} ({_span(one.size.low, one.size.high)})"
            interval, spread = _signed(one.simulated.low, one.simulated.high), _signed(*one.spread)
            lines.append(
                f"  {_label(one):<{_LABEL - 2}}{one.data:>+9.2f}{one.simulated.value:>+11.2f}{interval:>17}"
                f"{spread:>17}{one.twin.value:>+8.2f}  {one.sign:<8}{size}"
            )
        lines.append("  sign: agrees or DIFFERS where the interval leaves 0 out, else open.")
        return "\n".join(lines)

    def _order_block(self, unit: str) -> str:
        lines = []
        for relative, words in ((False, "in points"), (True, "beside the level before")):
            found = order(self.case, self.values["shocked"], unit, relative)
            if found is None:
                return ""
            scale, unit_of = (100.0, "% of the level") if relative else (1.0, "points")
            lines.append(
                f"  {words:<{_LABEL - 2}}{found.verdict}: data {', '.join(found.data)}; "
                f"simulated {', '.join(found.simulated)}"
            )
            for (first, second), lead in zip(pairwise(found.data), found.leads, strict=True):
                value, low, high = (scale * part for part in (lead.value, lead.low, lead.high))
                word = {1: "as in the data", -1: "NOT as in the data", 0: "open"}[lead.sign]
                lines.append(f"    {first} before {second}: {value:+.2f} {unit_of} ({_signed(low, high)}), {word}")
        lines.append("  agrees where every interval lies above 0, DIFFERS where one lies below, else open.")
        return "\n".join([f"{unit}: which changes most", *lines])

    def _rival_block(self) -> str:
        case = self.case
        lines = [
            f"Distance from the observed path since {_years(case.before)}, points (mean over the years after)",
            f"  {'':<{_LABEL - 2}}{'simulated':>11}{'no change':>11}{'twin':>8}   {'than no change':<18}"
            f"{'than the twin':<18}largest single year",
        ]
        for one in self.changes:
            step = f"data {_percent(one.data_step)}, sim. {_percent(one.simulated_step)}"
            lines.append(
                f"  {_label(one):<{_LABEL - 2}}{one.distance:>11.2f}{one.distance_no_change:>11.2f}"
                f"{one.distance_twin:>8.2f}   {_nearer(one.beats_no_change):<18}{_nearer(one.beats_twin):<18}{step}"
            )
        lines.append(
            "  nearer or FARTHER than a rival where the 95 % interval of the difference leaves 0 out, else open.\n"
            "  Largest single year: its share of the change."
        )
        return "\n".join(lines)


def _label(one: Change) -> str:
    return f"{one.unit} {one.column}"


def _years(years: Sequence[int]) -> str:
    return str(years[0]) if len(years) == 1 else f"{years[0]}-{str(years[-1])[-2:]}"


def _number(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "-"


def _span(low: float, high: float, digits: int = 2) -> str:
    return f"{low:.{digits}f}..{high:.{digits}f}" if np.isfinite(low) and np.isfinite(high) else "-"


def _signed(low: float, high: float) -> str:
    return f"{low:+.2f}..{high:+.2f}" if np.isfinite(low) and np.isfinite(high) else "-"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %" if np.isfinite(value) else "-"


def _nearer(beats: Estimate) -> str:
    word = {1: "nearer", -1: "FARTHER", 0: "open"}[beats.sign]
    return f"{word} by {beats.value:+.2f}"


def drawn_counts(windows: Windows) -> tuple[int, int]:
    """How many assumed parameters a window draws, and how many values of an accepted fit come with the draw."""
    names = set(windows.draws[0]) if windows.draws else set()
    fitted = names & set(accepted_points())
    return len(names) - len(fitted), len(fitted)


def _and_fit(fitted: int) -> str:
    return f" and of one accepted fit ({fitted} values)" if fitted else ""


def _filled(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, break_on_hyphens=False)


# ---------------------------------------------------------------------------------------------- carrying out


def compare_case(file: str, overrides: Sequence[str], config_dirs: Sequence[str] = ()) -> tuple[Found, Path]:
    """Read a case, simulate its windows and write what was found.

    Parameters
    ----------
    file : str
        A path as it stands, or the name of a case that ships.
    overrides : sequence of str
        Overrides of the scenario, and ``validate.windows``.
    config_dirs : sequence of str
        Folders with further options.

    Returns
    -------
    (Found, Path)
        With the folder of the tables and the figure.

    Raises
    ------
    InputError
        In one line, before anything runs, for what is wrong in file or overrides.
    """
    from ecosim.evidence.windows import windows_in_workers
    from ecosim.lab.check import check_output

    case = case_file.read_case(case_file.find(file))
    question = _question(case, overrides, config_dirs)
    check_output(question.request.output)
    windows = case_windows.plan(
        case, question.request, question.settings.windows, _held(case, question), _scale(case, question)
    )
    config = windows.configs[0]
    world, scale = config["world"]["preset"], float(config["world"]["scale"])
    say(f"{case.title}: {len(windows.configs)} windows of world {world} at scale {scale:g}, {windows.start} to "
        f"{windows.closing}, each with its twin; {drawn_counts(windows)[0]} assumed parameters drawn.")  # fmt: skip
    asked = {"closing": windows.closing, "units": case.units, "quantities": tuple(case.columns.values()),
             "years": case.years}  # fmt: skip
    payloads = [{"config": one, **asked} for one in windows.configs]
    found = windows_in_workers(case_windows.simulate, payloads, question.request, "simulating windows", worlds=2)
    values = {arm: case_windows.indexed(np.stack([one[arm] for one in found]), case) for arm in ARMS}
    if case.by_pair:
        case = _with_index(case)
    covered = coverage_between([one["coverage"] for one in found])
    result = Found(case, windows, values, world, scale, tuple(coverage_of(covered)))
    return result, write(result, question)


def coverage_between(windows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Rows of coverage of all windows, as :func:`ecosim.analysis.coverage.coverage_of` takes them."""
    import pandas as pd

    return pd.concat(
        [pd.DataFrame({**one, "history_id": 0, "replicate": k}) for k, one in enumerate(windows)], ignore_index=True
    )


def _scale(case: Case, question: Question) -> dict[str, float]:
    """The size of the simulated worlds, where neither the user nor the case says it."""
    from ecosim.evidence.pairs import SCALE
    from ecosim.evidence.question import ask

    if question.says("world.scale"):
        return {}
    world = question.request.scenario.world
    if isinstance(case.scenario, dict):
        own = case.scenario.get("world")
        said = isinstance(own, dict) and "scale" in own
    else:
        # a scenario that ships says it where it differs from that of its world
        said = world.scale != ask([f"world={world.preset}"]).request.scenario.world.scale
    if said:
        return {}
    # the whole world at its own size is too large for a window
    return {"world.scale": SCALE if world.preset == "global" else 1.0}


def _with_index(case: Case) -> Case:
    """The same case with its observations of pairs as an index."""
    from dataclasses import replace

    return replace(case, observed=case_windows.indexed(case.observed, case))


def _question(case: Case, overrides: Sequence[str], config_dirs: Sequence[str]) -> Question:
    """The scenario of a case with what the user says laid over it."""
    from ecosim.evidence.question import ask
    from ecosim.lab.compose import schema_defaults

    chosen = [word for word in overrides if word.lstrip("+").startswith("scenario=")]
    if chosen:
        raise InputError("scenario", chosen[0].partition("=")[2], problem="is what the case itself says",
                         allowed="another case, or keys such as world.scale")  # fmt: skip
    if isinstance(case.scenario, str):
        return ask([f"scenario={case.scenario}", *overrides], config_dirs)
    saved = dict(case.scenario)
    if isinstance(saved.get("decisions"), dict):
        # what a scenario has when none are chosen stays beside those that the case adds
        saved["decisions"] = {**schema_defaults()["decisions"], **saved["decisions"]}
    return ask(overrides, config_dirs, saved=saved)


def _held(case: Case, question: Question) -> list[str]:
    """Keys that the user or the case has set, which are not drawn over."""
    composed = question.request.composed
    held = list(composed.keys_set()) if composed is not None else []
    return held + (_leaves("", case.scenario) if isinstance(case.scenario, dict) else [])


def _leaves(prefix: str, content: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for name, value in content.items():
        found += _leaves(f"{prefix}{name}.", value) if isinstance(value, dict) and value else [f"{prefix}{name}"]
    return found


# ---------------------------------------------------------------------------------------------- files


def write(found: Found, question: Question) -> Path:
    """Write tables, words and a figure; the same command gives the same folder.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    from ecosim.lab.store import code_fingerprint, data_fingerprint, versions

    content = {
        "configs": found.windows.configs, "case": [found.case.title, found.case.columns, found.case.years,
                                                   found.case.units, found.case.observed.tolist()],
        "code": code_fingerprint(), "data": data_fingerprint(), "versions": versions(),
    }  # fmt: skip
    mark = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]
    output = question.request.output
    folder = Path(output.folder) / f"case_{found.case.name}" / mark
    try:
        _write_into(found, folder, figure=output.figures, config=found.windows.configs[0])
    except OSError as error:
        raise InputError("output.folder", str(folder), problem=f"cannot be written ({error.strerror or error})",
                         allowed="a folder with space where you may write") from None  # fmt: skip
    return folder


def _write_into(found: Found, folder: Path, *, figure: bool, config: dict[str, Any]) -> None:
    import yaml

    from ecosim.report.csvs import write_csv

    folder.mkdir(parents=True, exist_ok=True)
    write_csv(found.table(), folder / "paths.csv")
    write_csv(found.scores(), folder / "changes.csv")
    for name, table in (("windows.parquet", found.each_window()), ("draws.parquet", found.draws())):
        # a file that is open: of a name with a colon Arrow would make an address
        with (folder / name).open("wb") as file:
            table.to_parquet(file, index=False)
    (folder / "answer.txt").write_text(found.text() + "\n", encoding="utf-8")
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    (folder / "first_window.yaml").write_text(text, encoding="utf-8")
    if figure:
        from ecosim.plots import case_paths, save

        save(case_paths(found.table(), found.case.title, QUANTITIES), folder / "case")
