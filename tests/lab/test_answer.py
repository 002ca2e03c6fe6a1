"""What is said, and what is not."""

import numpy as np
import pandas as pd
import pytest

from ecosim.lab import answer


def made_up(advantage, replicates=6, noise=0.02):
    """Two policies; the second delivers more by `advantage` of the reference's twin of 100."""
    design = pd.DataFrame(
        {"design_id": [0, 1], "history_id": [0, 1], "shock": "rupture", "shocks": "rupture",
         "policy": ["narrow", "broad"], "reference": [True, False], "countries": ["narrow", "broad"]}
    )  # fmt: skip
    random = np.random.default_rng(1)
    rows = []
    for replicate in range(replicates):
        for history in (0, 1):
            keys = {"history_id": history, "replicate": replicate, "seed": 1, "status": "ok", "error": ""}
            area = 60.0 + 100 * advantage * history + 100 * noise * random.normal()
            response = {"sustained": area / 100, "drawdown": 0.5, "recovery_months": 24.0, "recovery_censored": 0.0,
                        "final_gap": 0.0}  # fmt: skip
            rows.append(keys | {"design_id": None, "arm": "twin", "area_effort": 100.0})
            rows.append(keys | response | {"design_id": None, "arm": "placebo", "area_effort": 99.0, "drawdown": 0.1})
            rows.append(keys | response | {"design_id": history, "arm": "shocked", "area_effort": area})
    runs = pd.DataFrame(rows)
    measures = answer.per_replicate(runs, design)
    return design, measures, answer.summarise(measures, design)


def say(design, measures, summary):
    rows = summary.sort_values("delivered", ascending=False)
    return answer.verdict(rows, answer.delivered_table(measures, "rupture"))


def test_a_clear_winner_is_named():
    assert say(*made_up(0.2)).startswith("Best: broad (probability 1.00), ")


def test_a_winner_by_less_than_matters_is_called_that():
    assert "too little to matter" in say(*made_up(0.01, noise=0.0001))


def test_noise_is_not_an_answer():
    assert say(*made_up(0.0)).startswith("Cannot tell yet")


def test_few_replicates_are_not_an_answer():
    assert say(*made_up(0.2, replicates=3)) == "Cannot tell yet: 3 of at least 5 complete replicates."


def test_the_summary_holds_what_was_put_in():
    design, measures, summary = made_up(0.1, noise=0.0)
    broad = summary[summary["policy"] == "broad"].iloc[0]
    assert broad["delivered"] == pytest.approx(0.7)
    assert broad["baseline_cost"] == pytest.approx(0.0)
    assert broad["added"] == pytest.approx(0.1)
    assert broad["drawdown_beyond_placebo"] == pytest.approx(0.4)
    assert (broad["never_hit_share"], broad["not_recovered_share"], broad["replicates"]) == (0.0, 0.0, 6)
    effect = answer.lever_effects(measures, design).set_index("measure").loc["delivered"]
    assert (effect["level"], effect["against"], effect["mean"]) == ("broad", "narrow", pytest.approx(0.1))


def test_the_text_names_question_shock_policies_and_levers():
    design, measures, summary = made_up(0.2)
    text = answer.answer_text(summary, measures, design, "Which one?")
    for words in ("Which one?", "RUPTURE", "broad", "narrow", "P(best)", "countries: broad against narrow"):
        assert words in text
    assert max(map(len, text.splitlines())) <= 120
