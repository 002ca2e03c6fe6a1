"""What the reference run that ships says beside a quick one, and of what it is silent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ecosim.lab import api
from ecosim.lab.compose import compose_plain, make_request
from ecosim.report import kept
from tools import keep_reference

POLICIES = [{"levels": {"plan": name}, "settings": {"programme.tranches": k}} for k, name in enumerate("rxyzvw")]
MANIFEST = {
    "experiment": {
        "name": "headline",
        "contrasts": {name: {"factor": "plan", "level": name, "against": "r"} for name in "xyzvw"},
    },
    "scenario": {"shocks": {"cut": {"severity": 1.0}, "fail": {"severity": 0.5}}, "world": {"scale": 0.01}},
    "policies": POLICIES,
    "branches": {"a": ["cut"], "b": ["cut", "fail"]},
}


def table(shock: str = "a", **verdicts: str) -> pd.DataFrame:
    rows = [{"contrast": name, "shock": shock, "measure": "delivered_output", "verdict": verdict}
            for name, verdict in verdicts.items()]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    numbers = dict.fromkeys(("estimate", "low", "high", "share_helped", "share_hurt"), 0.01)
    verdicts = table(x="helps", y="hurts", z="undecided", v="helps").assign(**numbers)
    found = kept.as_reference(verdicts, MANIFEST | {"finished": "2026-11-26T10:00:00"}, 100)
    monkeypatch.setattr(kept, "kept", lambda name: found)
    return found


def test_where_it_agrees_differs_and_was_open(reference: dict[str, Any]) -> None:
    here = table(x="helps on average", y="helps", z="hurts", v="undecided")
    assert kept.reference_words(here, MANIFEST) == (
        "Reference run of 2026-11-26 (100 draws): of 3 results decided here it agrees with 1, differs from 1, "
        "leaves 1 open; it decides 1 more."
    )
    assert kept.reference_words(table(x="undecided"), MANIFEST).endswith(": nothing is decided here; it decides 1.")


def test_of_another_code_or_scenario_nothing_is_said(reference: dict[str, Any]) -> None:
    here = table(x="helps")
    for section, value in (("programme", {"tranches": 7}), ("world", {"preset": "global"})):
        other = MANIFEST | {"scenario": MANIFEST["scenario"] | {section: value}}
        assert "another scenario" in kept.reference_words(here, other)
    # its size, length and seed are no other question
    same = {"world": {"scale": 0.02}, "timeline": {"response_months": 96}, "seed": 7}
    assert "agrees with 1" in kept.reference_words(here, MANIFEST | {"scenario": MANIFEST["scenario"] | same})
    reference |= {"model": "old", "code": "old"}
    assert "other code" in kept.reference_words(here, MANIFEST)


def test_words_and_layout_make_no_other_code_and_numbers_do(tmp_path: Path, reference: dict[str, Any]) -> None:
    code = ('"""Room."""\n\n\ndef f(x):\n    """Say."""\n    # why\n    if x:\n        raise ValueError(f"bad {x}")\n'
            "    return 2.0 * x\n")  # fmt: skip
    marks = {}
    for name, changed in {
        "same": code,
        "words": code.replace("Room", "Hall").replace("Say.", "Tell.").replace("# why", "# because"),
        "message": code.replace("bad", "wrong"),
        "layout": code.replace("2.0 * x", "(2.0\n            * x)"),
        "number": code.replace("2.0", "2.5"),
        "text": code.replace("return 2.0 * x", "return 'a'"),
        "none": "",
    }.items():
        path = tmp_path / f"{name}.py"
        path.write_text(changed)
        marks[name] = kept._code_of(path)
    assert marks["same"] == marks["words"] == marks["message"] == marks["layout"]
    assert len(set(marks.values())) == 4
    # made by code that says other words, and by code that does other things
    reference |= {"model": "old", "code": kept.code_mark()}
    assert "agrees with 1" in kept.reference_words(table(x="helps"), MANIFEST)
    reference["code"] = "old"
    assert "other code" in kept.reference_words(table(x="helps"), MANIFEST)
    # and by other code that this one repeated
    reference["repeated"] = {"code": kept.code_mark(), "histories": 103, "of": 700}
    words = kept.reference_words(table(x="helps"), MANIFEST)
    assert "(100 draws, by earlier code; 103 of 700 histories came out the same): of 1 result decided" in words


def test_other_code_counts_as_the_same_only_if_a_tenth_came_out_the_same() -> None:
    runs = pd.DataFrame({"history_id": [0, 1] * 10, "replicate": range(20), "arm": "calm", "design_id": None,
                         "area_output": [k / 7 for k in range(20)]})  # fmt: skip
    assert keep_reference.repeated(runs, runs[3:6].reset_index(drop=True)) == {"histories": 3, "of": 20}
    with pytest.raises(ValueError, match="1 of 20 histories repeated"):
        keep_reference.repeated(runs, runs[:1])
    with pytest.raises(ValueError, match="no history of 1 policies"):
        keep_reference.repeated(runs, runs[:5:2])
    with pytest.raises(AssertionError, match="area_output"):
        keep_reference.repeated(runs, runs[:4].assign(area_output=lambda some: some["area_output"] * (1 + 1e-15)))


def test_policies_and_shocks_that_differ_are_left_out_and_named(reference: dict[str, Any]) -> None:
    here = table(x="helps", y="hurts", w="helps")
    changed = [dict(policy) for policy in POLICIES]
    changed[1] = {"levels": {"plan": "x"}, "settings": {"programme.tranches": 9}}
    words = kept.reference_words(here, MANIFEST | {"policies": changed})
    assert words.endswith("of 1 result decided here it agrees with 1. Left out, since it has none like them: x.")
    # the policy that all are set beside
    changed[0] = {"levels": {"plan": "r"}, "settings": {"programme.tranches": 9}}
    assert "other ones, so nothing is said" in kept.reference_words(here, MANIFEST | {"policies": changed})
    # a branch of shocks is what its shocks are
    shocks = {"cut": {"severity": 1.0}, "fail": {"severity": 0.9}}
    other = MANIFEST | {"scenario": MANIFEST["scenario"] | {"shocks": shocks}}
    both = pd.concat([here, table("b", x="helps")])
    assert kept.reference_words(both, other).endswith("agrees with 2. Left out, since it has none like them: b.")
    # a comparison of the user's own is none of the reference's
    own = dict(MANIFEST["experiment"]["contrasts"], mine={"factor": "plan", "level": "y", "against": "x"})
    other = MANIFEST | {"experiment": MANIFEST["experiment"] | {"contrasts": own}}
    assert kept.reference_words(here, other).endswith("none like them: mine.")


def test_many_that_differ_are_counted(reference: dict[str, Any]) -> None:
    names = [f"{name} of a long name indeed" for name in "klmno"]
    own = {name: {"factor": "plan", "level": "y", "against": "x"} for name in names}
    contrasts = MANIFEST["experiment"]["contrasts"] | own
    other = MANIFEST | {"experiment": MANIFEST["experiment"] | {"contrasts": contrasts}}
    assert kept.reference_words(table(x="helps"), other).endswith("none like them: 5 comparisons.")


def test_results_that_do_not_say_what_policies_set_are_not_compared(reference: dict[str, Any]) -> None:
    before = [{"levels": policy["levels"]} for policy in POLICIES]
    assert "was not kept, so nothing is said" in kept.reference_words(table(x="helps"), MANIFEST | {"policies": before})
    del reference["policies"]
    assert "was not kept, so nothing is said" in kept.reference_words(table(x="helps"), MANIFEST)


def test_an_experiment_without_a_reference_says_nothing_of_one() -> None:
    assert kept.reference_words(table(x="helps"), {"experiment": {"name": "mine"}}) == ""


@pytest.mark.slow
def test_a_level_that_is_overridden_is_not_the_references(
    fake_model: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swept(*overrides: str) -> Any:
        words = ["experiment=headline", "experiment.replicates=6", "runner.processes=0", "output.figures=false"]
        return api.run_sweep(make_request(compose_plain([*words, *overrides, f"output.folder={tmp_path}"])), quiet=True)

    result = swept()
    reference = kept.as_reference(result.contrasts, result.manifest, 6)
    monkeypatch.setattr(kept, "kept", lambda name: reference)
    level = "experiment.factors.plan.concentrated"

    def words(*overrides: str) -> str:
        found = swept(*overrides)
        return kept.reference_words(found.contrasts, found.manifest)

    whole = words()
    assert "differs" not in whole
    assert "Left out" not in whole
    # the same policy, written at greater length
    same = "{programme.countries_per_consortium: [2, 4], programme.tranches: 2}"
    assert words(f"{level}={same}") == whole
    assert words(f"{level}={{programme.countries_per_consortium: [2, 3]}}").endswith("none like them: concentrated.")
    assert words("shocks.one_excluded.effective_after_months=6").endswith("none like them: one excluded.")
    assert "another scenario" in words("programme.prefinancing=0.8")


def test_the_shipped_reference_knows_its_policies_and_shocks() -> None:
    found = kept.kept("headline")
    assert found is not None
    assert set(found["policies"]) == {row["contrast"] for row in found["contrasts"]}
    assert set(found["shocks"]) == {row["shock"] for row in found["contrasts"]}
    assert len({*found["policies"].values(), *found["shocks"].values()}) == len(found["policies"]) + len(
        found["shocks"]
    )
