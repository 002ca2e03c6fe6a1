"""Up to which dose an instrument pays: by its marginal gain, not by its sum."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ecosim.analysis.doses import Dose
from ecosim.analysis.stops import LINES, MEASURES, STEPS, marginal_gains, where_it_stops

LEVELS = (0.0, 5.0, 20.0)


def dose_of(lines):
    """Lines that share the design point without money."""
    rows, number = [], 1
    for line in lines:
        for level in LEVELS:
            rows.append({"design_id": 0 if level == 0.0 else number, "shock": "rupture", "line": line, "level": level,
                         "base": 0})  # fmt: skip
            number += level != 0.0
    return Dose("monthly_eur", pd.DataFrame(rows))


def measures_of(dose, gains, draws=12, noise=0.0005):
    """Line -> what its two doses deliver more than no money."""
    random = np.random.default_rng(7)
    rows = [{"design_id": 0, "cluster": k, "value": 0.9} for k in range(draws)]
    for line, several in gains.items():
        points = dose.steps[(dose.steps["line"] == line) & (dose.steps["level"] > 0.0)]["design_id"]
        for point, gain in zip(points, several, strict=True):
            rows += [{"design_id": point, "cluster": k, "value": 0.9 + gain + random.normal(0.0, noise)}
                     for k in range(draws)]  # fmt: skip
    table = pd.DataFrame(rows)
    return table.assign(**dict.fromkeys(MEASURES, table["value"]), shock="rupture")


GAINS = {
    "pays": (0.02, 0.05), "stops": (0.02, 0.02), "turns": (0.02, -0.01), "loses": (-0.01, -0.04), "nothing": (0.0, 0.0)
}  # fmt: skip


def found_of(**options):
    dose = dose_of(GAINS)
    steps = marginal_gains(measures_of(dose, GAINS, **options), dose)
    return steps, where_it_stops(steps)


def test_each_line_stops_where_its_next_euro_no_longer_surely_pays():
    steps, lines = found_of()
    assert list(steps.columns) == list(STEPS)
    assert list(lines.columns) == list(LINES)
    mine = lines[lines["measure"] == MEASURES[0]].set_index("line")
    assert mine["pays_to"].to_dict() == {"pays": 20.0, "stops": 5.0, "turns": 5.0, "nothing": 0.0, "loses": 0.0}
    assert mine["stops_at"].fillna(-1.0).to_dict() == {
        "pays": -1.0, "stops": 20.0, "turns": 20.0, "nothing": 5.0, "loses": 5.0,
    }  # fmt: skip
    assert mine["loses_from"].fillna(-1.0).to_dict() == {
        "pays": -1.0, "stops": -1.0, "turns": 20.0, "nothing": -1.0, "loses": 5.0,
    }  # fmt: skip
    # best first, and what is asked of a step is what it adds
    assert next(iter(mine.index)) == "pays"
    own = steps[(steps["measure"] == MEASURES[0]) & (steps["line"] == "pays")]
    np.testing.assert_allclose(own["gain"], [0.02, 0.03], atol=0.001)


def test_a_mechanism_without_effect_never_surely_pays():
    """Thirty instruments that do nothing: with intervals that hold together none stands out by chance."""
    lines = {f"nothing {k}": (0.0, 0.0) for k in range(30)}
    dose = dose_of(lines)
    found = where_it_stops(marginal_gains(measures_of(dose, lines, noise=0.01), dose))
    assert (found["pays_to"] == 0.0).all()
    assert found["loses_from"].isna().all()


def test_few_draws_decide_nothing():
    steps, lines = found_of(draws=4)
    assert steps["low"].isna().all()
    assert (lines["pays_to"] == 0.0).all()
