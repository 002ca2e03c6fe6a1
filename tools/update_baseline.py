"""Measure small runs exactly and write the numbers to ``tests/baseline.json``.

Run it on purpose, after a change that is meant to change results, and say in the commit why they changed:

    python tools/update_baseline.py           # write
    python tools/update_baseline.py --check   # compare, exit 1 if anything differs
    python tools/update_baseline.py --print   # print as JSON, for a comparison of two processors
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np

from ecosim.ledger import Account
from ecosim.model import Ecosystem

BASELINE = Path(__file__).parents[1] / "tests" / "baseline.json"

_SMALL: dict[str, Any] = {
    "timeline.burn_in_months": 24,
    "timeline.calm_months": 9,
    "timeline.calm_jitter_months": 2,
    "timeline.response_months": 36,
}

#: Scenarios measured: one at rest, one in which much happens, one of another world and policy, one of a made-up world.
SCENARIOS: dict[str, dict[str, Any]] = {
    "at rest": {**_SMALL, "world.preset": "classroom", "world.scale": 0.02},
    "shocks and instruments": {
        **_SMALL,
        "world.preset": "classroom",
        "world.scale": 0.02,
        "seed": 7,
        "shocks": {
            "diplomatic_rupture": {"targets": ["GBR"], "severity": 0.7},
            "programme_exclusion": {"targets": ["CHE"], "effective_after_months": 6},
            "supplier_loss": {"targets": ["DEU"]},
            "funder_withdrawal": {"severity": 0.4, "duration_months": 6},
        },
        "instruments": {
            "bilateral_cofinancing": {"monthly_eur": 4e6, "senders": ["DEU"], "hosts": ["CHE"]},
            "matchmaking": {"monthly_eur": 2e6},
            "parallel_pilots": {"monthly_eur": 4e6},
            "visa_facilitation": {"monthly_eur": 2e6},
        },
    },
    "staggered and broad": {
        **_SMALL,
        "world.preset": "europe",
        "world.scale": 0.01,
        "programme.months_between_calls": 3,
        "programme.prefinancing": 0.2,
        "programme.tranches": 4,
        "programme.tranche_rule": "milestone",
        "programme.countries_per_consortium": [4, 6],
        "programme.portfolio_evenness": 1.0,
        "programme.reallocate": True,
    },
    "made up": {
        **_SMALL,
        "world.preset": "synthetic",
        "world.n_countries": 12,
        "world.scale": 0.02,
        "shocks": {"supplier_loss": {"profile": "decay", "profile_months": 5}},
        "instruments": {"visa_facilitation": {"monthly_eur": 2e6}},
    },
}


#: Left out where they hold nothing: money of other funders than the programme, tax forgone, and of what comes after
#: research.
BESIDE = frozenset({
    "private_funders_eur", "added_eur", "added", "market", "investors", "lenders", "pledged", "equity", "lent", "lost",
    "guaranteed", "pilots", "repaid", "serviced", "tax_forgone_eur", "tax_deadweight_eur", "tax_forgone", "tax_spared",
})  # fmt: skip


def versions() -> dict[str, str]:
    """What exact numbers may depend on."""
    return {"numpy": np.__version__, "numba": numba.__version__, "machine": platform.machine()}


def digest(content: bytes) -> str:
    """What stands in the baseline for content too long to stand there itself."""
    return hashlib.sha256(content).hexdigest()[:12]


def _in_use(model: Ecosystem, account: Account) -> bool:
    """Whether an account belongs to a run: those of the stages only where money moved in them."""
    return account < Account.MARKET or bool(model.ledger.balance[:, account].any())


def measure(scenario: dict[str, Any]) -> dict[str, Any]:
    """Exact numbers of one run: counts, sums, cents, and one digest for each monthly outcome and each column."""
    model = Ecosystem(**scenario)
    model.advance(model.config.calendar.months)
    series = model.series()
    table = model.participations()
    accounts = {account.name.lower(): model.ledger.cents(account) for account in Account}
    return {
        "organisations": len(model.state.organisations),
        "partnerships": model.state.partnerships.n,
        "ties": len(model.state.ties),
        "effort": float(series["effort"].sum()),
        "effort_last_month": float(series["effort"][-1]),
        "publications": int(series["publications"].sum()),
        "proposals": int(series["proposals"].sum()),
        "cents": {name: cents for name, cents in accounts.items() if cents or name not in BESIDE},
        "series": {
            name: digest(np.ascontiguousarray(series[name]).tobytes())
            for name in sorted(series)
            if name not in BESIDE or series[name].any()
        },
        "participations": {name: digest(table[name].to_csv(index=False).encode()) for name in table.columns},
    }


def differences(before: Any, now: Any, name: str = "") -> list[str]:
    """Every number and column that differs between two measurements, a line each, by name."""
    if isinstance(now, dict) or isinstance(before, dict):
        before, now = ({} if side is None else side for side in (before, now))
        lines = []
        for key in sorted(before.keys() | now.keys()):
            lines += differences(before.get(key), now.get(key), f"{name}.{key}" if name else key)
        return lines
    return [] if before == now else [f"{name}: {before} -> {now}"]


def main() -> int:
    """Write the baseline, or compare with it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    parser.add_argument("--print", action="store_true", help="print as JSON and write nothing")
    arguments = parser.parse_args()
    runs = {name: measure(scenario) for name, scenario in SCENARIOS.items()}
    if arguments.print:
        print(json.dumps({"versions": versions(), "runs": runs}))
        return 0
    known = json.loads(BASELINE.read_text(encoding="utf-8"))["runs"] if BASELINE.exists() else {}
    changed = differences(known, runs)
    print("".join(f"{line}\n" for line in changed) + f"{len(changed)} numbers differ")
    if arguments.check:
        return 1 if changed else 0
    content = json.dumps({"versions": versions(), "runs": runs}, indent=2)
    BASELINE.write_text(content + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
