"""What every instrument does beside burnt money, in the same draws: the runs behind a measure of distinctness.

Every arm has the same public money. In one arm all of it buys grants; in one the share that levers have is burnt; in
each other one instrument has that share. An instrument that does not spend all it could (it builds assets, or firms
claim from it) has an arm of its own in which what it spends is burnt.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.analysis.distinctness import COUNTED, MEASURABLE, Counted, Distinctness, distinctness, over_spread
from ecosim.errors import InputError, nearest_name

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.lab.design import Plan
    from ecosim.lab.settings import RunnerConfig
    from ecosim.progress import Progress

#: Names of the arms in which the share of levers buys grants, and in which it is burnt.
GRANTS, BURNT = "grants", "burnt"
#: What is added to an instrument's name for the arm in which what it spends is burnt.
OWN = " burnt"
#: Any instrument that spends all it is given would do: none acts.
_SPENDS_ALL = "visa_facilitation"


@dataclass(frozen=True)
class Cell:
    """One outcome of a family: the mean of a column over the response, by the mean of another where it has one."""

    family: str
    name: str
    of: str
    per: str | None = None
    counted: Counted = "as it is"


def _cell(family: str, of: str, per: str | None = None, name: str = "", counted: Counted = "as it is") -> Cell:
    return Cell(family, name or of, of, per, counted)


#: What is looked at. Families weigh the same, whatever number of outcomes each has.
CELLS: tuple[Cell, ...] = (
    _cell("output", "output", counted="log"),
    _cell("output", "technologies_in_use", counted="root"),
    _cell("collaboration", "collaboration", counted="log"),
    _cell("collaboration", "effort_unfunded", counted="log"),
    _cell("inclusion", "peripheral_share"),
    _cell("inclusion", "peripheral_leads"),
    _cell("inclusion", "low_income_share"),
    _cell("inclusion", "participation_gini"),
    _cell("autonomy", "supply_dependence"),
    _cell("autonomy", "knowledge_dependence"),
    _cell("autonomy", "supply_continuity"),
    _cell("newcomers", "newcomers", counted="root"),
    _cell("newcomers", "newcomers_peripheral", counted="root"),
    _cell("private money", "private_money_eur", counted="root"),
    _cell("time", "months_to_approve", "approvals"),
    _cell("time", "months_of_ended", "partnerships_ended", "partnership_months"),
    _cell("time", "months_to_redeploy", "technologies_redeployed"),
    _cell("health", "health_error_mean"),
    _cell("health", "health_error_worst_group"),
    _cell("health", "health_error_gap"),
    _cell("health", "health_adoption"),
    _cell("health", "health_benefit", "health_decisions"),
    _cell("health", "health_dependence"),
    _cell("health", "health_capability"),
    _cell("health", "detection_days"),
    _cell("health", "lead_time_days"),
    _cell("health", "infections_avoided", "infections_unshared"),
)


def mechanisms() -> tuple[str, ...]:
    """Instruments with a mechanism of their own: presets are left out."""
    from ecosim.catalogue.cards import preset_of
    from ecosim.instruments import REGISTRY

    return tuple(sorted(kind for kind, cls in REGISTRY.items() if not preset_of(cls)))


def burnt_arm(kind: str) -> str:
    """Name of the arm in which the money that an instrument spends is burnt."""
    from ecosim.instruments import REGISTRY
    from ecosim.instruments.base import AssetInstrument, ClaimedInstrument

    own = issubclass(REGISTRY[kind], AssetInstrument | ClaimedInstrument)
    return f"{kind}{OWN}" if own else BURNT


def arms(kinds: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Label -> what the arm sets.

    Raises
    ------
    InputError
        For an instrument that does not exist.
    """
    from ecosim.instruments import REGISTRY

    def lever(kind: str, *, acts: bool) -> dict[str, Any]:
        return {"policy.levers": {kind: 1.0}, "mechanisms.instruments": acts}

    made: dict[str, dict[str, Any]] = {
        GRANTS: {"policy.levers": {}, "mechanisms.instruments": True},
        BURNT: lever(_SPENDS_ALL, acts=False),
    }
    for kind in kinds:
        if kind not in REGISTRY:
            raise InputError("instruments", kind, ", ".join(sorted(REGISTRY)), nearest_name(kind, REGISTRY),
                             problem="no such instrument")  # fmt: skip
        made[kind] = lever(kind, acts=True)
        if burnt_arm(kind) != BURNT:
            made[burnt_arm(kind)] = lever(kind, acts=False)
    return made


def plan_of(
    words: Sequence[str], draws: int, levels: Mapping[str, Mapping[str, Any]]
) -> tuple[Plan, RunnerConfig, tuple[str, ...]]:
    """The plan of a sweep over arms in paired draws, how it is carried out, and modules with kinds of one's own.

    Parameters
    ----------
    words : sequence of str
        The scenario with its shocks.
    draws : int
        Replicates, each with a draw of every assumed parameter but those of instruments.
    levels : mapping
        Arm -> what it sets.
    """
    from ecosim.lab.compose import compose_plain, make_request
    from ecosim.lab.design import make_plan

    plain = compose_plain(list(words))
    plain["experiment"] |= {
        "name": "distinct", "replicates": draws, "draw_parameters": True, "equal_budget": True,
        "factors": {"money": {label: dict(changes) for label, changes in levels.items()}},
        "reference": {"money": GRANTS},
    }  # fmt: skip
    request = make_request(plain)
    if not request.scenario.shocks:
        raise InputError("shocks", problem="names none: a cell is an outcome under a shock", allowed="shocks=[...]")
    return make_plan(request), request.runner, tuple(request.plugins)


def simulate_arms(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """One history with its shocks, for a worker: a row per shock with the means over the response.

    Raises
    ------
    RuntimeError
        If a run fails.
    """
    from ecosim.lab.branches import run_unit

    result = run_unit(payload)
    rows = [row for row in result.runs if row["arm"] == "shocked"]
    if result.failed:
        raise RuntimeError(result.tracebacks[0])
    labels = [label for arm, label in payload["arms"] if arm == "shocked"]
    mean = "mean_"
    return [
        {"shock": label} | {name.removeprefix(mean): value for name, value in row.items()
                            if name.startswith(mean) and ":" not in name}
        for label, row in zip(labels, rows, strict=True)
    ]  # fmt: skip


def payload_of(plan: Plan, history: int, replicate: int, shocks: Sequence[str]) -> dict[str, Any]:
    """What a worker needs for one arm in one draw: no twin, no placebo, nothing by country."""
    from ecosim.lab.design import Unit

    payload = plan.payload(Unit(history, replicate))
    return payload | {
        "arms": [("shocked", shock) for shock in shocks], "countries": False, "pairs": False,
        "branches": {shock: payload["branches"][shock] for shock in shocks},
        "design_ids": dict.fromkeys(shocks, 0),
    }  # fmt: skip


def run_arms(
    words: Sequence[str], kinds: Sequence[str], draws: int, folder: Path, *, minutes: float = np.inf, quiet: bool = True
) -> pd.DataFrame:
    """Run every arm in every draw, or go on where an earlier call has ended: a draw that is done is not run again.

    Parameters
    ----------
    words : sequence of str
        The scenario with its shocks.
    kinds : sequence of str
        Instruments.
    draws : int
        How many, laid together.
    folder : Path
        Receives ``draw_NNN.csv`` for each draw.
    minutes : float
        No draw is begun after so long.
    quiet : bool
        False shows progress on the error stream.

    Returns
    -------
    DataFrame
        ``draw, arm, shock`` and the mean of every outcome over the response; whole draws only.
    """
    import pandas as pd

    from ecosim.lab.runner import warm_kernels, worker_count
    from ecosim.lab.workers import Workers
    from ecosim.progress import Progress
    from ecosim.report.csvs import write_csv

    levels = arms(kinds)
    plan, runner, plugins = plan_of(words, draws, levels)
    labels = list(levels)
    shocks = tuple(plan.branches)
    folder.mkdir(parents=True, exist_ok=True)
    warm_kernels()
    began = time.monotonic()
    found = []
    with (
        Progress("simulating", draws * len(labels), quiet=quiet) as progress,
        Workers(worker_count(runner, len(labels)), plugins) as workers,
    ):
        for number in plan.numbers:
            path = folder / f"draw_{number:03d}.csv"
            before = progress.done
            if not path.exists():
                if time.monotonic() - began > 60.0 * minutes:
                    # later ones may be there all the same
                    continue
                payloads = [payload_of(plan, k, number, shocks) for k in range(len(labels))]
                tables = workers.map(simulate_arms, payloads, partial(_tell, progress, before))
                rows = [{"draw": number, "arm": label, **row}
                        for label, table in zip(labels, tables, strict=True) for row in table]  # fmt: skip
                write_csv(pd.DataFrame(rows), path)
            progress.update(before + len(labels))
            # as it is read again, to the last digit
            found.append(pd.read_csv(path))
    if not found:
        raise InputError("minutes", minutes, problem="no draw was begun in this time", allowed="more minutes")
    return pd.concat(found, ignore_index=True)


def _tell(progress: Progress, before: float, done: float) -> None:
    progress.update(before + done)


def values_of(runs: pd.DataFrame, labels: Sequence[str]) -> tuple[NDArray[np.float64], list[tuple[Cell, str]]]:
    """(draws, arms, cells): every outcome under every shock, and what each cell is; not-a-number where undefined."""
    import pandas as pd

    shocks = list(dict.fromkeys(runs["shock"]))
    keys = pd.MultiIndex.from_frame(runs[["draw", "arm", "shock"]])
    blocks, cells = [], []
    for cell in CELLS:
        with np.errstate(divide="ignore", invalid="ignore"):
            # without stages nothing of them was counted
            whole, base = (
                runs[name] if name in runs else pd.Series(np.nan, index=runs.index) for name in (cell.of, cell.per)
            )
            value = whole / (1.0 if cell.per is None else base.where(base > 0.0))
            value = COUNTED[cell.counted](value)
        wide = pd.Series(np.asarray(value), index=keys).unstack("shock")
        for shock in shocks:
            blocks.append(wide[shock].unstack("arm")[list(labels)].to_numpy())
            cells.append((cell, shock))
    return np.stack(blocks, axis=2), cells


@dataclass(frozen=True)
class Measured:
    """How alike instruments are, and how that was found."""

    found: Distinctness
    #: (draws, K + 1, kept): over their spread; the last is what the same money does as grants.
    effects: NDArray[np.float64]
    #: Of the last axis.
    cells: tuple[tuple[Cell, str], ...]
    #: Cells left out, because they have no value in some run or are the same in all draws.
    left_out: tuple[tuple[Cell, str], ...]
    draws: int
    #: Instrument -> EUR a month at full scale that it spent, mean over draws and shocks.
    spent: dict[str, float]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The instruments."""
        return self.found.names[:-1]

    def draws_needed(self, name: str) -> float:
        """Draws of this size with which its agreement would be enough; infinite where it is not above 0.

        The agreement of two means of n draws is close to n s / (n s + v), with s the square of the effect and v that
        of the noise of one draw; so s / v follows from the agreement that was found. It is as sure as that is.
        """
        found = float(self.found.agreement[self.found.names.index(name)])
        if found <= 0.0:
            return np.inf
        return float(self.draws * MEASURABLE / (1.0 - MEASURABLE) * (1.0 - found) / found)

    def instruments(self) -> pd.DataFrame:
        """A row per instrument, and one for grants, the more agreeing first.

        Returns
        -------
        DataFrame
            ``instrument, agreement, measurable, draws_needed`` (:meth:`draws_needed`), ``mechanism`` (names of its
            group), ``like_grants`` (corrected cosine with what the same money does as grants), ``spent_eur`` (a
            month), and the size of the effect on each
            family, in spreads of its cells: the root of the mean square over shocks and outcomes, noise taken off; 0
            where there is no more than noise.
        """
        import pandas as pd

        found = self.found
        group = {name: " = ".join(names) for names in found.groups() for name in names}
        families = list(dict.fromkeys(cell.family for cell, _ in self.cells))
        rows = []
        for k, name in enumerate(found.names):
            row: dict[str, Any] = {
                "instrument": name, "agreement": found.agreement[k], "measurable": bool(found.measurable[k]),
                "draws_needed": self.draws_needed(name), "mechanism": group.get(name, ""),
                "like_grants": found.cosine[k, -1], "spent_eur": self.spent.get(name, np.nan),
            }  # fmt: skip
            for family in families:
                mine = [c for c, (cell, _) in enumerate(self.cells) if cell.family == family]
                own = self.effects[:, k, mine]
                square = (own.sum(axis=0) ** 2 - (own**2).sum(axis=0)).sum() / (len(own) * (len(own) - 1))
                # cells hold the root of their number in them, so that families weigh alike
                row[family] = float(np.sqrt(max(square, 0.0)))
            rows.append(row)
        table = pd.DataFrame(rows).sort_values("agreement", ascending=False, kind="stable")
        return table.reset_index(drop=True)


def measure(runs: pd.DataFrame, kinds: Sequence[str], scale: float, *, parts: int, resamples: int = 1000) -> Measured:
    """How alike instruments are, from their runs.

    Parameters
    ----------
    runs : DataFrame
        From :func:`run_arms`.
    kinds : sequence of str
        Instruments.
    scale : float
        ``world.scale``.
    parts, resamples : int
        As of :func:`~ecosim.analysis.distinctness.distinctness`.
    """
    labels = list(arms(kinds))
    values, cells = values_of(runs, labels)
    place = {label: k for k, label in enumerate(labels)}
    acting = [*(place[kind] for kind in kinds), place[GRANTS]]
    beside = [*(place[burnt_arm(kind)] for kind in kinds), place[BURNT]]
    # the spread is that of the common burnt arm, which therefore stands first
    first = np.concatenate([[place[BURNT]], acting]), np.concatenate([[place[BURNT]], beside])
    effects, kept = over_spread(values[:, first[0]], values[:, first[1]], [cell.family for cell, _ in cells])
    effects = effects[:, 1:]
    found = distinctness(effects, [*kinds, GRANTS], parts=parts, resamples=resamples)
    spent = runs.groupby("arm")["instruments_eur"].mean() / scale
    return Measured(
        found, effects, tuple(c for c, k in zip(cells, kept, strict=True) if k),
        tuple(c for c, k in zip(cells, kept, strict=True) if not k), int(runs["draw"].nunique()),
        {kind: float(spent[kind]) for kind in kinds},
    )  # fmt: skip
