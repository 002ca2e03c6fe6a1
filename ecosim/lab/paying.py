"""Whether an instrument pays anywhere in the ranges of its parameters: searched on some draws, told on others.

A configuration pays where more comes of it than of the same money left in grants, and more than of the same money
burnt. The best of many configurations on few draws is partly luck, so the winner is run again on draws that the search
has not seen (Smith and Winkler 2006, doi 10.1287/mnsc.1050.0451), and what is told is what it does there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.errors import InputError
from ecosim.lab.distinct import GRANTS, arms, payload_of, plan_of, simulate_arms
from ecosim.lab.draws import Drawn, as_changes, assumed_under

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.lab.design import Plan
    from ecosim.lab.workers import Workers

#: What may pay: the gain is in the mean over the response, as a share of what grants give.
GAINS: tuple[str, ...] = ("output", "collaboration")
#: Share of the appropriation that an instrument has: of a tenth of the usual 4 % to twice as much.
MONEY = Drawn("policy.levers_share", 0.004, 0.08, "log_uniform")


@dataclass(frozen=True)
class Configuration:
    """A place in the ranges of an instrument's parameters."""

    kind: str
    #: Parameter -> value; its share of the appropriation among them.
    values: Mapping[str, float | int]
    #: Dotted key -> value.
    changes: Mapping[str, Any]


def configurations(kind: str, count: int, seed: int) -> list[Configuration]:
    """Configurations spread evenly over the assumed ranges of an instrument's parameters, by Latin hypercube.

    Parameters
    ----------
    kind : str
        Instrument.
    count : int
        How many; the first is the instrument as it ships, with the usual money.
    seed : int
        Of the hypercube.

    References
    ----------
    McKay, Beckman and Conover (1979), Technometrics 21, 239-245.
    """
    from scipy.stats import qmc

    found = [Configuration(kind, {}, {})]
    axes = [MONEY, *_own_ranges(kind)]
    if count > 1:
        for row in qmc.LatinHypercube(len(axes), seed=seed).random(count - 1):
            values = {axis.name: axis.value(float(u)) for axis, u in zip(axes, row, strict=True)}
            named = {name.removeprefix(f"instruments.{kind}."): value for name, value in values.items()}
            found.append(Configuration(kind, named, as_changes(axes, values)))
    return found


def _own_ranges(kind: str) -> tuple[Drawn, ...]:
    """Every assumed parameter of an instrument."""
    from ecosim.scenario import with_overrides

    return assumed_under(with_overrides(None, {"instruments": {kind: {}}}), f"instruments.{kind}")


@dataclass(frozen=True)
class Sizes:
    """Of a search."""

    #: Per instrument.
    configurations: int = 200
    #: Draws on which they are compared, and others on which the winner is run again. Each meets one shock, in turn.
    draws: int = 4
    fresh: int = 24
    seed: int = 1


class Bench:
    """Runs arms on draws that a search shares, and remembers what grants gave.

    Parameters
    ----------
    words : sequence of str
        The scenario with its shocks.
    sizes : Sizes
        Of the search.
    workers : Workers
        Where arms are run.
    """

    def __init__(self, words: Sequence[str], sizes: Sizes, workers: Workers, plan: Plan | None = None) -> None:
        self.sizes = sizes
        self._workers = workers
        self._plan = plan or plan_of(words, sizes.draws + sizes.fresh, {GRANTS: arms(())[GRANTS]})[0]
        self._shocks = list(self._plan.branches)
        self._grants: dict[int, dict[str, Any]] = {}

    @property
    def searched(self) -> range:
        """Draws of the search."""
        return range(self.sizes.draws)

    @property
    def fresh(self) -> range:
        """Draws it has not seen."""
        return range(self.sizes.draws, self.sizes.draws + self.sizes.fresh)

    def outcome(self, changes: Sequence[Mapping[str, Any]], draws: Sequence[int]) -> NDArray[np.float64]:
        """(arms, draws, gains): what comes of each arm in each draw, under the shock of that draw."""
        payloads = [self._payload(change, r) for change in changes for r in draws]
        rows = self._workers.map(simulate_arms, payloads)
        found = [[row[0][name] for name in GAINS] for row in rows]
        return np.array(found, dtype=np.float64).reshape(len(changes), len(draws), len(GAINS))

    def gains(self, changes: Sequence[Mapping[str, Any]], draws: Sequence[int]) -> NDArray[np.float64]:
        """(arms, draws, gains): over grants in the same draw, as a share of the mean of grants over these draws."""
        grants = self.grants(draws)
        return np.asarray((self.outcome(changes, draws) - grants) / grants.mean(axis=0))

    def grants(self, draws: Sequence[int]) -> NDArray[np.float64]:
        """(draws, gains): what comes of the same money as grants."""
        missing = [r for r in draws if r not in self._grants]
        for r, row in zip(missing, self.outcome([{}], missing)[0] if missing else (), strict=True):
            self._grants[r] = dict(zip(GAINS, row, strict=True))
        return np.array([[self._grants[r][name] for name in GAINS] for r in draws])

    def _payload(self, changes: Mapping[str, Any], replicate: int) -> dict[str, Any]:
        from ecosim.scenario import with_keys

        shock = self._shocks[replicate % len(self._shocks)]
        payload = payload_of(self._plan, 0, self._plan.first_replicate + replicate, [shock])
        return payload | {"config": with_keys(payload["config"], changes)}


def arm_of(configuration: Configuration, *, acts: bool = True) -> dict[str, Any]:
    """What a configuration sets; or the same with its money burnt."""
    chosen = {"policy.levers": {configuration.kind: 1.0}, "mechanisms.instruments": acts}
    own = {key: value for key, value in configuration.changes.items() if key.startswith("instruments.")}
    kind = {f"instruments.{configuration.kind}": {"kind": configuration.kind}} if own else {}
    return kind | chosen | dict(configuration.changes)


def search(bench: Bench, kind: str) -> dict[str, Any]:
    """Search one instrument, and run the winner for each gain again on fresh draws.

    Returns
    -------
    dict
        ``instrument``, ``configurations``, ``tried`` (values and mean gains of each), and for each of :data:`GAINS`
        ``winner`` (its values), ``searched`` (its mean gain in the search), ``over_grants`` and ``over_burnt`` (gain in
        each fresh draw over either, as a share of what grants give; the latter is not run where it loses to grants).
    """
    tried = configurations(kind, bench.sizes.configurations, bench.sizes.seed)
    found = bench.gains([arm_of(one) for one in tried], bench.searched).mean(axis=1)
    result: dict[str, Any] = {
        "instrument": kind, "configurations": len(tried),
        "tried": [dict(one.values) | dict(zip(GAINS, map(float, row), strict=True))
                  for one, row in zip(tried, found, strict=True)],
    }  # fmt: skip
    acting: dict[int, NDArray[np.float64]] = {}
    burnt: dict[int, NDArray[np.float64]] = {}
    for g, name in enumerate(GAINS):
        best = int(found[:, g].argmax())
        if best not in acting:
            acting[best] = bench.gains([arm_of(tried[best])], bench.fresh)[0]
        result[name] = {
            "winner": dict(tried[best].values), "searched": float(found[best, g]),
            "over_grants": acting[best][:, g].tolist(), "over_burnt": [],
        }  # fmt: skip
        # what loses to grants does not pay, whatever it does beside burnt money
        if acting[best][:, g].mean() > 0.0:
            if best not in burnt:
                burnt[best] = bench.gains([arm_of(tried[best], acts=False)], bench.fresh)[0]
            result[name]["over_burnt"] = (acting[best] - burnt[best])[:, g].tolist()
    return result


def search_all(
    words: Sequence[str], kinds: Sequence[str], sizes: Sizes, path: Path, *, minutes: float = np.inf,
    quiet: bool = True,
) -> list[dict[str, Any]]:  # fmt: skip
    """Search every instrument, or go on where an earlier call has ended.

    Parameters
    ----------
    words : sequence of str
        The scenario with its shocks; its seed is not that of the runs by which instruments are told apart.
    kinds : sequence of str
        Instruments.
    sizes : Sizes
        Of each search.
    path : Path
        Receives a line of JSON per instrument.
    minutes : float
        No instrument is begun after so long.
    quiet : bool
        False shows progress on the error stream.

    Raises
    ------
    InputError
        With fewer than one configuration or draw, or fewer than two fresh draws.
    """
    from ecosim.lab.runner import warm_kernels, worker_count
    from ecosim.lab.workers import Workers
    from ecosim.progress import Progress

    for key, least in (("configurations", 1), ("draws", 1), ("fresh", 2)):
        if getattr(sizes, key) < least:
            raise InputError(key, getattr(sizes, key), f"at least {least}", problem="out of range")
    done = {row["instrument"]: row for row in _lines(path)}
    plan, runner, plugins = plan_of(words, sizes.draws + sizes.fresh, {GRANTS: arms(())[GRANTS]})
    warm_kernels()
    began = time.monotonic()
    with (
        Progress("searching", len(kinds), quiet=quiet) as progress,
        Workers(worker_count(runner, sizes.configurations), plugins) as workers,
    ):
        bench = Bench(words, sizes, workers, plan)
        for number, kind in enumerate(kinds):
            if kind not in done:
                if time.monotonic() - began > 60.0 * minutes:
                    continue
                done[kind] = search(bench, kind)
                with path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(done[kind]) + "\n")
            progress.update(number + 1)
    return [done[kind] for kind in kinds if kind in done]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def paying(found: Sequence[Mapping[str, Any]], level: float = 0.95) -> pd.DataFrame:
    """Whether the winners pay on fresh draws.

    Parameters
    ----------
    found : sequence of mapping
        From :func:`search_all`.
    level : float
        Chance that no gain is called sure that is none, over all instruments together (Bonferroni).

    Returns
    -------
    DataFrame
        ``instrument, gain, configurations, draws, searched`` (its mean gain over grants in the search),
        ``over_grants, grants_low, over_burnt, burnt_low`` (means over fresh draws, with one-sided lower bounds from
        Student's t; blank beside burnt money where it loses to grants), ``pays`` (both means above 0), ``surely`` (both
        bounds above 0), ``winner``.
    """
    import pandas as pd
    from scipy import stats

    rows = []
    for row in found:
        for name in GAINS:
            mine = row[name]
            entry: dict[str, Any] = {
                "instrument": row["instrument"], "gain": name, "configurations": row["configurations"],
                "draws": len(mine["over_grants"]), "searched": mine["searched"],
            }  # fmt: skip
            for beside in ("grants", "burnt"):
                values = np.asarray(mine[f"over_{beside}"], dtype=np.float64)
                if not len(values):
                    entry |= {f"over_{beside}": np.nan, f"{beside}_low": np.nan}
                    continue
                reach = stats.t.ppf(1.0 - (1.0 - level) / max(len(found), 1), len(values) - 1)
                entry[f"over_{beside}"] = values.mean()
                entry[f"{beside}_low"] = values.mean() - reach * values.std(ddof=1) / np.sqrt(len(values))
            entry["pays"] = entry["over_grants"] > 0.0 and entry["over_burnt"] > 0.0
            entry["surely"] = entry["grants_low"] > 0.0 and entry["burnt_low"] > 0.0
            entry["winner"] = ", ".join(f"{key}={value:.3g}" for key, value in mine["winner"].items()) or "as it ships"
            rows.append(entry)
    return pd.DataFrame(rows)


# ---------------------------------------------------------------------------------------------- what would be needed


def strongest(words: Sequence[str], kind: str) -> pd.DataFrame:
    """How far an instrument moves its handles, as it ships and at either end of the range of each parameter.

    Nothing is simulated: it is what steady spending of the usual money pushes in the world of the scenario, at rest.

    Parameters
    ----------
    words : sequence of str
        The scenario.
    kind : str
        Instrument.

    Returns
    -------
    DataFrame
        ``parameter`` (blank for the instrument as it ships), ``value``, ``moved`` (mean over the handles it improves of
        how far they move, beside how far as it ships; 1 for that), and a column per handle with the mean move over
        countries, pairs or sectors.
    """
    import pandas as pd

    from ecosim.instruments import REGISTRY
    from ecosim.lab.compose import compose_plain, make_request
    from ecosim.pushes import month_handles
    from ecosim.scenario import Scenario, as_plain, with_keys
    from ecosim.setting import prepare

    plain = as_plain(make_request(compose_plain(list(words))).scenario)
    lever = {"policy.levers": {kind: 1.0}, f"instruments.{kind}": {"kind": kind}}
    improves = sorted(REGISTRY[kind].improves)
    base_setting = prepare(Scenario(**with_keys(plain, lever)))
    base, world = base_setting.base, base_setting.world

    def moves(changes: Mapping[str, Any]) -> list[float]:
        instrument = Scenario(**with_keys(plain, lever | dict(changes))).instruments[kind]
        stock = instrument.steady(instrument.first_allocation(world) * instrument.monthly_eur)
        pushed = month_handles(base, world, (), [(instrument, stock)], 0)
        return [float(np.abs(getattr(pushed, name) - getattr(base, name)).mean()) for name in improves]

    usual = moves({})
    rows = [("", np.nan, usual)]
    for axis in _own_ranges(kind):
        if axis.element is not None:
            continue
        name = axis.key.rpartition(".")[2]
        rows += [(name, end, moves({axis.key: axis.value(u)}))
                 for u, end in ((0.0, axis.low), (1.0, axis.high))]  # fmt: skip
    return pd.DataFrame(
        [{"parameter": name, "value": value, "moved": _beside(found, usual), **dict(zip(improves, found, strict=True))}
         for name, value, found in rows]
    )  # fmt: skip


def _beside(found: Sequence[float], usual: Sequence[float]) -> float:
    """Mean ratio of moves over the handles that move as shipped; 0 where none does."""
    ratios = [one / other for one, other in zip(found, usual, strict=True) if other > 0.0]
    return float(np.mean(ratios)) if ratios else 0.0


#: Times as far as it ships from which a move is worth telling.
_FURTHER = 1.05


def needed(words: Sequence[str], kind: str) -> str:
    """What would have to be true for an instrument to do more, from its own ranges: a sentence.

    Parameters
    ----------
    words : sequence of str
        The scenario.
    kind : str
        Instrument.
    """
    table = strongest(words, kind)
    usual = table.iloc[0]
    handles = [name for name in table.columns if name not in ("parameter", "value", "moved")]
    idle = [name for name in handles if usual[name] == 0.0]
    parts = []
    if len(idle) == len(handles):
        return f"{', '.join(handles)} would have to have a gap to close: nothing moves in this world at rest"
    best = table.iloc[1:].sort_values("moved", ascending=False, kind="stable")
    best = best[best["moved"] > _FURTHER].drop_duplicates("parameter").head(2)
    moved = ", ".join(f"{name} by {usual[name]:.2g}" for name in handles if name not in idle)
    parts.append(f"it moves {moved} on average")
    if len(best):
        ends = " or ".join(f"{row.parameter} would have to be {row.value:g} ({row.moved:.1f} times as far)"
                           for row in best.itertuples())  # fmt: skip
        parts.append(ends)
    else:
        parts.append("no end of a range of its own moves it further")
    if idle:
        parts.append(f"{', '.join(idle)} moves only where there is a gap or a shock")
    return "; ".join(parts)
