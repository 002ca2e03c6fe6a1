"""What each assumption behind output is worth in calm times: the table of `docs/ODD.md`.

    python tools/yield_table.py                 # 24 seeds, Europe at a fiftieth of its size, a few minutes
    python tools/yield_table.py --seeds 100

Prints, for every row, output with the parameter at the high end of its range beside the low end, the other parameters
at their defaults, over the eight years after burn-in of a world without shocks; mean and standard error over seeds.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from ecosim.evidence.validation import number
from ecosim.lab.draws import assumed_under
from ecosim.model import Ecosystem
from ecosim.scenario import Scenario

#: What the row is about, and its parameter.
ROWS: tuple[tuple[str, str], ...] = (
    ("evaluation", "programme.evaluation_noise"),
    ("quality in output", "behaviour.output.quality"),
    ("capability in quality", "programme.capability_weight"),
    ("fit in quality", "programme.fit_weight"),
    ("experience in quality", "programme.experience_weight"),
    ("fit in choosing", "behaviour.search.knowledge_weight"),
    ("knowledge in capability", "behaviour.knowledge.capability"),
    ("absorption", "behaviour.knowledge.absorption"),
    ("diversity in output", "behaviour.output.diversity"),
    ("access in output", "behaviour.output.access"),
    ("coordination, organisations", "behaviour.work.coordination_by_organisation"),
    ("coordination, countries", "behaviour.work.coordination_by_country"),
    ("trust in coordination", "behaviour.work.coordination_saved_by_trust"),
    ("trust gained", "behaviour.trust.gain"),
    ("trust in choosing", "behaviour.search.trust_weight"),
    ("pace", "behaviour.work.pace_response"),
    ("mobility: visas", "channels.mobility.visa_weight"),
    ("mobility: distance", "channels.mobility.distance_weight"),
    ("data", "channels.data.without_adequacy"),
    ("regulation", "channels.regulation.different_rules"),
    ("prices", "behaviour.work.price_elasticity"),
    ("staff lost in gaps", "behaviour.staff.loss"),
)

BURN_IN, OBSERVED = 96, 96


def output(settings: dict[str, Any]) -> float:
    """Output of the observed months."""
    base = {
        "world.preset": "europe", "world.scale": 0.02, "timeline.burn_in_months": BURN_IN,
        "timeline.calm_months": OBSERVED, "timeline.calm_jitter_months": 0, "timeline.response_months": 1,
    }  # fmt: skip
    model = Ecosystem(**{**base, **settings}).advance(BURN_IN + OBSERVED)
    return float(model.series()["output"][BURN_IN:].sum())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    spans = {key: assumed_under(Scenario(), key)[0] for _, key in ROWS}
    cases = [
        {key: end, "seed": seed}
        for key, span in spans.items()
        for end in (span.low, span.high)
        for seed in range(arguments.seeds)
    ]
    output({"seed": 0})  # compiles before workers start
    with ProcessPoolExecutor(arguments.processes) as pool:
        found = np.array(list(pool.map(output, cases, chunksize=4))).reshape(len(ROWS), 2, arguments.seeds)
    print("| path | parameter | from | to | output changes by |\n|---|---|---|---|---|")
    for (words, key), (low, high) in zip(ROWS, found, strict=True):
        change = 100.0 * (high / low - 1.0)
        error = change.std(ddof=1) / np.sqrt(len(change))
        span = spans[key]
        ends = f"{number(span.low)} | {number(span.high)}"
        print(f"| {words} | `{key}` | {ends} | {change.mean():+.1f} % ± {error:.1f} |")


if __name__ == "__main__":
    main()
