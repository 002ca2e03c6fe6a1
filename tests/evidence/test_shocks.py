"""What `ecosim validate shocks` says of a claim: counts known beforehand, and one small run of it all."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.cli import main
from ecosim.evidence.shocks import NOTICE_MONTHS, QUANTITIES, YEARS, Case, Path, _verdict, _weighed

EXCLUSION = Case("exclusion", "programme_exclusion", {}, "GBR", NOTICE_MONTHS)
PARTICIPATION, LEADERSHIP = 0, 1


def path(seats: float, leads: float, central: float = 10.0, others: float = 10.0) -> Path:
    """The same counts in every year of notice, and nothing afterwards."""
    counts = np.zeros((YEARS, len(QUANTITIES)))
    notice = NOTICE_MONTHS // 12
    counts[:notice, PARTICIPATION], counts[:notice, LEADERSHIP] = seats, leads
    counts[notice:, :2] = 1e-9
    return Path(counts, np.ones_like(counts), central, others, np.ones(YEARS))


def verdicts(found: list[tuple[Path, Path]]) -> dict[str, str]:
    return {claim: _verdict(values) for claim, values in _weighed(EXCLUSION, found)}


def test_a_claim_says_by_how_much_it_holds() -> None:
    found = [(path(80 + d, 5, central=6, others=9), path(100 + d, 10)) for d in (-2, 0, 2)]
    said = verdicts(found)
    assert said["uncertainty alone costs participation"].startswith("+20 points")
    assert said["leadership falls more than participation (notice)"].startswith("+30 points")
    assert said["central organisations lose most (notice)"].startswith("+30 points")
    assert all(said[claim].endswith(": holds") for claim in list(said)[:2])
    turned = verdicts([(twin, shocked) for shocked, twin in found])
    assert turned["uncertainty alone costs participation"].endswith(": does NOT hold")


def test_nothing_at_all_is_called_no_difference() -> None:
    said = verdicts([(path(10, 1), path(10, 1))] * 3)
    assert said["uncertainty alone costs participation"] == "no difference in any replicate"


def test_few_projects_do_not_skew_what_is_lost() -> None:
    draw = np.random.default_rng(3)
    # Half of a handful is lost, drawn apart in both worlds: a mean of ratios would say far less.
    found = [
        (path(50 + draw.integers(-5, 5), draw.poisson(2) / 2), path(100 + draw.integers(-5, 5), 1 + draw.poisson(1)))
        for _ in range(400)
    ]
    ratios = [s.target[0, LEADERSHIP] / t.target[0, LEADERSHIP] for s, t in found]
    assert np.mean(ratios) > 0.6
    values = dict(_weighed(EXCLUSION, found))["leadership falls more than participation (notice)"]
    assert np.mean(values) == pytest.approx(0.0, abs=0.05)


def test_the_command_prints_every_path_and_claim(capsys: pytest.CaptureFixture[str]) -> None:
    small = ["world=classroom", "world.scale=0.02", "timeline.burn_in_months=24", "timeline.calm_months=6"]
    assert main(["validate", "shocks", *small, "validate.windows=2"]) == 0
    said = capsys.readouterr().out
    assert said.count("expected sign") == 4
    for quantity, _ in QUANTITIES:
        assert said.count(f"{quantity}: ") == 7
    # Law in effect: no seat and no lead is left, in any year.
    lines = [line.split() for line in said.splitlines() if line.startswith(("  GBR ", "  CHE "))][:8]
    for line in lines:
        if line[1] in ("participation:", "leadership:"):
            assert set(line[-3:]) <= {"0", "-"}
