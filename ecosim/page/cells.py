"""From finished histories to what the page draws: curves, scores, countries, and the maps' months."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.page.levers import MONTHS_AFTER, MONTHS_BEFORE
from ecosim.page.packed import pack

if TYPE_CHECKING:
    from ecosim.lab.branches import UnitResult

Floats = NDArray[np.float64]
#: Monthly outcomes of the curves; the last is a level and no share of the twin's.
COLUMNS: tuple[str, ...] = ("collaboration", "output", "left_out")
#: What is kept of each run, beside the months.
SCORES: tuple[str, ...] = ("kept", "output", "left_out")
#: Quantiles of the bands.
BANDS: tuple[float, ...] = (0.05, 0.25, 0.75, 0.95)
MONTHS = MONTHS_BEFORE + MONTHS_AFTER
TWIN = "twin"
#: Columns of the rows that scores are made of.
_ROW = ("sustained_collaboration", "area_output", "mean_peripheral_countries")
#: Joint work that the pairs of a replayed history hold together; thinner links would not be seen on a map.
_OF_JOINT_WORK = 0.97


@dataclass
class Runs:
    """One history, as far as the page shows it: a row per run, the twin first."""

    #: ``"twin"``, then labels of branches (``"placebo"`` for the placebo).
    labels: list[str]
    #: Monthly collaboration, output, and peripheral countries with a seat, shape (runs, 3, months).
    months: Floats
    #: :data:`_ROW` of each run, shape (runs, 3).
    rows: Floats
    #: Collaboration by country over the months after the announcement, shape (runs, C).
    countries: Floats
    #: Countries hit in each run, as the lab writes them.
    targets: list[str] = field(default_factory=list)
    #: Joint work by month, where it was kept: label -> pairs (P, 2) and person-months (P, months).
    pairs: dict[str, tuple[NDArray[np.int16], Floats]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """For a file, or the way from a worker."""
        buffer = io.BytesIO()
        maps: dict[str, Any] = {f"pairs:{label}": pairs for label, (pairs, _) in self.pairs.items()}
        maps |= {f"joint:{label}": joint for label, (_, joint) in self.pairs.items()}
        np.savez_compressed(
            buffer, labels=np.array(self.labels), months=self.months, rows=self.rows, countries=self.countries,
            targets=np.array(self.targets), **maps,
        )  # fmt: skip
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Runs:
        """What :meth:`to_bytes` wrote."""
        with np.load(io.BytesIO(content), allow_pickle=False) as held:
            kept = [name.partition(":")[2] for name in held.files if name.startswith("pairs:")]
            return cls(
                held["labels"].tolist(), held["months"], held["rows"], held["countries"], held["targets"].tolist(),
                {label: (held[f"pairs:{label}"], held[f"joint:{label}"]) for label in kept},
            )  # fmt: skip


def runs_of(result: UnitResult, labels: Mapping[int, str]) -> Runs:
    """What the page keeps of a unit.

    Parameters
    ----------
    result : UnitResult
        From :func:`ecosim.lab.branches.run_unit`, with months by country.
    labels : mapping
        ``design_id`` -> label of the branch.

    Raises
    ------
    RuntimeError
        If a run failed, with what it said.
    """
    for row in result.runs:
        if row["status"] != "ok":
            raise RuntimeError(f"{row['arm']}: {row['error']}")

    def label(keys: Mapping[str, Any]) -> str:
        return labels[keys["design_id"]] if keys["design_id"] is not None else str(keys["arm"])

    months = []
    countries = []
    for row, series, by_country in zip(result.runs, result.series, result.countries, strict=True):
        start = int(row["announcement_month"])
        first = start - MONTHS_BEFORE - int(series["month"][0])
        window = slice(first, first + MONTHS)
        months.append([series[name][window] for name in ("collaboration", "output", "peripheral_countries")])
        codes = len(by_country["countries"])
        # as float32 the lab keeps it; summed as float64
        monthly = np.asarray(by_country["collaboration"], np.float64).reshape(-1, codes)
        countries.append(monthly[:MONTHS_AFTER].sum(axis=0))
    return Runs(
        labels=[label(row) for row in result.runs],
        months=np.array(months, dtype=np.float64),
        rows=np.array([[row.get(name, 1.0) for name in _ROW] for row in result.runs], dtype=np.float64),
        countries=np.array(countries),
        targets=[str(row["targets"] or "") for row in result.runs],
        pairs={label(kept): (kept["pairs"], kept["joint"]) for kept in result.pair_months},
    )


def peripheral_count(preset: str = "europe") -> int:
    """Peripheral countries of a world that are countries of their own."""
    from ecosim.config.world import WorldConfig
    from ecosim.world import load_world

    world = load_world(WorldConfig(preset=preset))  # type: ignore[arg-type]
    return int((world.peripheral & world.named).sum())


def throws(draws: Sequence[Runs], label: str) -> Floats:
    """Collaboration of each draw as a share of the own twin, shape (draws, months): one throw of the dice each."""
    return np.array([
        _curve(mine.months[mine.labels.index(label)], mine.months[mine.labels.index(TWIN)], 1)[0] for mine in draws
    ])  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One policy under one branch, over all draws."""

    #: Mean of the monthly curves, shape (3, months), and their quantiles, shape (3, 4, months).
    curves: Floats
    bands: Floats
    #: Collaboration kept by country, of all draws together, shape (C,); not-a-number where there was none.
    by_country: Floats
    #: Shape (draws, 3).
    scores: Floats


def cell(draws: Sequence[Runs], references: Sequence[Runs], label: str, peripheral: int) -> Cell:
    """The cell of a policy and a branch.

    Parameters
    ----------
    draws, references : sequence of Runs
        Histories of the policy, and of the one that output is compared with, draw by draw.
    label : str
        The branch.
    peripheral : int
        Peripheral countries of the world.

    Notes
    -----
    ``kept`` is the lab's ``sustained_collaboration``; ``output`` its ``delivered_output`` beside the reference's twin
    of the same draw; ``left_out`` the share of peripheral countries without a seat in a funded partnership, a mean over
    the same months.
    """
    curves, scores, kept, calm = [], [], [], []
    for mine, reference in zip(draws, references, strict=True):
        at, twin = mine.labels.index(label), mine.labels.index(TWIN)
        curves.append(_curve(mine.months[at], mine.months[twin], peripheral))
        sustained, output, seated = mine.rows[at]
        before = reference.rows[reference.labels.index(TWIN)][1]
        scores.append([sustained, _share(output, before), 1.0 - seated / peripheral if peripheral else np.nan])
        kept.append(mine.countries[at])
        calm.append(mine.countries[twin])
    monthly = np.array(curves)
    with np.errstate(invalid="ignore", divide="ignore"):
        quantiles = np.quantile(monthly, BANDS, axis=0)
        by_country = np.sum(kept, axis=0) / np.sum(calm, axis=0)
    return Cell(
        monthly.mean(axis=0), np.moveaxis(quantiles, 0, 1),
        np.where(np.isfinite(by_country), by_country, np.nan), np.array(scores, dtype=np.float64),
    )  # fmt: skip


def calm_left_out(draws: Sequence[Runs], peripheral: int) -> Floats:
    """Share of peripheral countries without a seat in the twin, mean over draws, shape (months,)."""
    return np.mean([1.0 - mine.months[mine.labels.index(TWIN)][2] / max(peripheral, 1) for mine in draws], axis=0)


def _curve(shocked: Floats, twin: Floats, peripheral: int) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(twin[:2] > 0.0, shocked[:2] / twin[:2], np.nan)
    return np.vstack([shares, 1.0 - shocked[2:3] / max(peripheral, 1)])


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0.0 else float("nan")


def packed_cells(cells: Mapping[tuple[int, ...], Cell], shape: tuple[int, ...], calm: Floats | None = None) -> Any:
    """Cells and scores as the page reads them.

    Parameters
    ----------
    cells : mapping
        Place on the levers and branch -> cell; every place of ``shape`` has one.
    shape : tuple of int
        Lengths of the levers, then branches.
    calm : ndarray, optional
        Twin's share left out, shape (levers..., months).

    Returns
    -------
    (dict, dict)
        ``cells`` and ``scores`` of the data object. Months of curves run from ``-MONTHS_BEFORE``.
    """

    def stacked(name: str) -> Floats:
        first = getattr(next(iter(cells.values())), name)
        whole = np.empty((*shape, *first.shape))
        for place in np.ndindex(*shape):
            whole[place] = getattr(cells[place], name)
        return whole

    curves = stacked("curves")
    # half a point and less is not seen on a curve
    span: dict[str, Any] = {"scale": 0.01, "offset": 0.0}
    made = {
        "shape": list(shape), "columns": list(COLUMNS), "measured": ["share of twin", "share of twin", "level"],
        "stats": [f"q{round(100 * share):02d}" for share in BANDS],
        "curves": pack(curves, **span), "bands": pack(stacked("bands"), **span),
        "by_country": pack(stacked("by_country"), delta=False, **span),
    }  # fmt: skip
    if calm is not None:
        made["calm_left_out"] = pack(calm, **span)
    return made, {
        "names": list(SCORES),
        "better": ["up", "up", "down"],
        "values": pack(stacked("scores"), kind="u16", delta=False, **SCORE_STEPS),
    }


#: Steps of packed scores: a hundredth of a point.
SCORE_STEPS: dict[str, Any] = {"scale": 0.0001, "offset": -0.5}


def packed_history(runs: Runs, label: str) -> dict[str, Any]:
    """Joint work by pair and month of one history, under a shock and without.

    Returns
    -------
    dict
        ``pairs`` ([i, j] places of countries), ``months``, ``shocked`` and ``calm`` (P, months): person-months a month.
    """
    sides = {"shocked": runs.pairs[label], "calm": runs.pairs[TWIN]}
    known = sorted({tuple(pair) for pairs, _ in sides.values() for pair in pairs.tolist()})
    place = {pair: k for k, pair in enumerate(known)}
    whole = {side: np.zeros((len(known), MONTHS)) for side in sides}
    for side, (pairs, joint) in sides.items():
        whole[side][[place[tuple(pair)] for pair in pairs.tolist()]] = joint
    together = whole["shocked"].sum(axis=1) + whole["calm"].sum(axis=1)
    order = np.argsort(-together, kind="stable")
    enough = int(np.searchsorted(np.cumsum(together[order]), _OF_JOINT_WORK * together.sum())) + 1
    chosen = np.sort(order[:enough])
    largest = max(float(joint[chosen].max(initial=0.0)) for joint in whole.values())
    steps: dict[str, Any] = {"scale": largest / 254 or 1.0, "offset": 0.0}
    return {
        "pairs": [list(map(int, known[k])) for k in chosen], "months": MONTHS,
        "shocked": pack(whole["shocked"][chosen], **steps), "calm": pack(whole["calm"][chosen], **steps),
    }  # fmt: skip
