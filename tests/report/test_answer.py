"""What is said, and what is not."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.contrasts import Contrast, estimate_contrasts
from ecosim.analysis.doses import Dose
from ecosim.analysis.ranking import Importance, standing
from ecosim.analysis.spread import FITTED_HELD
from ecosim.report import answer


def made_up(advantage, replicates=12, noise=0.02, partnerships=80.0):
    """Two policies; the second delivers more by `advantage` of the reference's twin of 100."""
    design = pd.DataFrame(
        {"design_id": [0, 1], "history_id": [0, 1], "shock": "rupture", "shocks": "rupture",
         "policy": ["narrow", "broad"], "reference": [True, False], "countries": ["narrow", "broad"]}
    )  # fmt: skip
    random = np.random.default_rng(1)
    rows = []
    for replicate in range(replicates):
        for history in (0, 1):
            keys = {"history_id": history, "replicate": replicate, "seed": 1, "status": "ok", "error": "",
                    "window_months": 96.0}  # fmt: skip
            area = 60.0 + 100 * advantage * history + 100 * noise * random.normal()
            response = {"drawdown": 0.5, "recovery_months": 24.0, "recovery_censored": 0.0,
                        "final_gap_collaboration": 0.0}  # fmt: skip
            twin = {"area_collaboration": 100.0, "area_output": 100.0, "area_collaboration_in_flight": 70.0,
                    "area_collaboration_at_risk_in_flight:rupture": 50.0, "exposure:rupture": 0.6,
                    "area_seats_in_flight_24": 1000.0, "area_seats_vacated_24": 20.0,
                    "area_seats_substituted_24": 10.0, "mean_partnerships_active": partnerships}  # fmt: skip
            # of 100 seat-months vacated beyond the twin's, half are filled
            parts = {"area_collaboration_in_flight": 70.0 - 2 * (100 - area), "area_seats_vacated_24": 120.0,
                     "area_seats_substituted_24": 60.0}  # fmt: skip
            rows.append(keys | twin | {"design_id": None, "arm": "twin"})
            rows.append(keys | twin | response | {"design_id": None, "arm": "placebo", "area_collaboration": 99.0,
                                                  "drawdown": 0.1, "area_seats_vacated_24": 25.0})  # fmt: skip
            shocked = {"design_id": history, "arm": "shocked", "area_collaboration": area, "area_output": area}
            rows.append(keys | response | parts | shocked)
    runs = pd.DataFrame(rows)
    measures = answer.per_replicate(runs, design)
    return design, measures, answer.summarise(measures, design)


def say(design, measures, summary, **more):
    return answer.best_policy(summary, **more)


def contrasts_of(design, measures, *names):
    chosen = Contrast(
        "broader", "countries", "broad", "narrow", names or ("delivered_output", "fragility", "substituted")
    )
    return estimate_contrasts(measures, design, [chosen])


def test_a_clear_winner_is_named():
    words = say(*made_up(0.2, 100))
    assert words.startswith(
        'Best on average: "broad" (probability 1.00, from 100 replicates), ahead of all others in 100 %'
    )


def test_a_winner_by_less_than_matters_is_called_that():
    assert "too little to matter" in say(*made_up(0.01, 100, noise=0.0001), margin=0.02)
    assert "too little to matter" not in say(*made_up(0.01, 100, noise=0.0001))


def test_what_a_comparison_leaves_open_is_not_called_best():
    """A chance of .9 is a lower standard than that of the comparisons: one screen has one standard of evidence."""
    made = made_up(0.2, 100)
    words = say(*made, undecided=("narrow",))
    assert words.startswith(
        'Undecided which policy is best: "broad" has the highest mean with a probability of 1.00, but beside "narrow" '
        "the comparison leaves open which is ahead."
    )
    assert "Best" not in words
    found = standing(made[2], undecided=("narrow",))
    assert found is not None
    assert (found.best, found.undecided) == ("", ("narrow",))
    # where nothing would be called best, nothing is said of it
    assert say(*made_up(0.0, 100), undecided=("narrow",)) == say(*made_up(0.0, 100))
    beside = answer.Beside(undecided={"rupture": ("narrow",)})
    design, measures, summary = made
    text = answer.answer_text(summary, contrasts_of(design, measures), design, beside)
    assert "Best on average" not in text
    assert "Undecided which policy is best" in text


def test_the_order_of_policies_is_called_no_finding():
    design, measures, summary = made_up(0.0)
    text = answer.answer_text(summary, contrasts_of(design, measures), design)
    assert "POLICIES, BEST FIRST BY THEIR MEANS" in text
    assert "The order is that of the means of output delivered, and no finding" in " ".join(text.split())


def test_noise_is_not_an_answer():
    words = say(*made_up(0.0, 100))
    assert words.startswith('No policy is the best with a probability of 0.9 or more. Still in question: "')


def test_few_replicates_are_not_an_answer():
    words = say(*made_up(0.2, replicates=99), drawn=True)
    assert words.startswith(
        'Too few draws to call a policy best: 99, and it takes 100. So far "broad" is ahead of all others'
    )
    assert "Best" not in words


def test_what_turns_the_ranking_is_named_only_beyond_chance():
    def found(draws, p_values, at_high):
        return Importance(
            ("trust", "quorum", "delay"), np.array([0.5, 0.3, 0.1]), np.array(p_values), draws,
            at_low=np.array([-0.02, -0.01, np.nan]), at_high=np.array(at_high),
        )  # fmt: skip

    turned = found(200, [0.001, 0.004, 0.5], [0.03, 0.02, np.nan])
    assert '" is ahead depends on trust and quorum.' in say(*made_up(0.0), importance=turned, drawn=True)
    moved = found(200, [0.001, 0.4, 0.5], [-0.01, 0.02, np.nan])
    words = say(*made_up(0.0), importance=moved, drawn=True)
    assert 'No drawn parameter decides which of "' in words
    assert "trust moves their difference most." in words
    nothing = found(200, [0.4, 0.4, 0.5], [0.03, 0.02, np.nan])
    words = say(*made_up(0.0), importance=nothing, drawn=True)
    assert words.endswith(" is ahead, beyond what chance would do.")
    few = Importance((), np.empty(0), np.empty(0), 199)
    assert "It takes 200 draws to tell what this depends on." in say(*made_up(0.0), importance=few, drawn=True)


def test_the_summary_holds_what_was_put_in():
    _, _, summary = made_up(0.1, noise=0.0)
    broad = summary[summary["policy"] == "broad"].iloc[0]
    assert broad["delivered_output"] == pytest.approx(0.7)
    assert broad["baseline_cost_output"] == pytest.approx(0.0)
    assert broad["added"] == pytest.approx(0.1)
    assert broad["loss_beyond_placebo"] == pytest.approx(0.29)
    assert broad["drawdown_beyond_placebo"] == pytest.approx(0.4)
    assert broad["exposure"] == pytest.approx(0.6)
    # 60 of 70 lost in flight, of which 50 were exposed; half of the seats filled
    assert (broad["fragility"], broad["substituted"]) == pytest.approx((60 / 50, 0.5))
    assert (broad["fragility_low"], broad["fragility_high"]) == pytest.approx((1.2, 1.2))
    assert broad["recovery_months"] == pytest.approx(24.0)
    assert (broad["never_hit_share"], broad["not_recovered_share"], broad["replicates"]) == (0.0, 0.0, 12)
    assert (broad["regret"], broad["best_share"]) == (0.0, 1.0)
    narrow = summary[summary["policy"] == "narrow"].iloc[0]
    assert (narrow["regret"], narrow["best_share"]) == (pytest.approx(0.1), 0.0)


def test_small_groups_at_risk_are_blank():
    _, measures, summary = made_up(0.1, partnerships=30.0)
    # 30 partnerships, 60 % of the work at risk: 18
    assert measures[["fragility", "substituted"]].isna().all().all()
    # the sums over replicates still say something
    assert summary["fragility"].notna().all()


def test_every_contrast_prints_its_verdict_with_its_interval():
    for advantage, replicates in ((0.2, 12), (0.0, 12), (0.2, 3)):
        design, measures, _ = made_up(advantage, replicates)
        table = contrasts_of(design, measures)
        text = answer.contrasts_text(table)
        assert len(table) == 3
        for row in table.to_dict("records"):
            line = answer.contrast_line(row)
            assert any(line in printed for printed in text)
            assert row["verdict"] in line
            assert "[" in line
            assert "]" in line
    assert set(table["verdict"]) == {"undecided"}


def test_an_open_contrast_has_no_number_but_its_interval():
    design, measures, _ = made_up(0.2)
    table = contrasts_of(design, measures, "delivered_output")
    (row,) = table.to_dict("records")
    assert row["verdict"] == "helps"
    assert f"{100 * row['estimate']:+.1f} [" in answer.contrast_line(row)
    assert "helps in 12 of 12 draws, hurts in 0, from +" in answer.contrast_line(row)
    open_row = row | {"verdict": "undecided", "estimate": 0.0123}
    for said in (answer.contrast_line(open_row), "\n".join(answer.in_short(table.assign(**open_row)))):
        assert "+1.2" not in said
        assert "undecided" in said
        assert "helps in 12 of 12 draws" in said


def _text(summary, contrasts, design, **beside):
    return answer.answer_text(summary, contrasts, design, answer.Beside(**beside))


def test_what_is_held_is_said_when_parameters_are_drawn():
    design, measures, summary = made_up(0.2)
    table = contrasts_of(design, measures)
    assert FITTED_HELD in " ".join(_text(summary, table, design, drawn_parameters=80).split())
    assert FITTED_HELD not in " ".join(_text(summary, table, design, drawn_parameters=80, fitted_held=False).split())
    assert FITTED_HELD not in " ".join(answer.answer_text(summary, table, design).split())


def test_the_text_names_question_shock_policies_and_levers():
    design, measures, summary = made_up(0.2)
    text = _text(summary, contrasts_of(design, measures), design, question="Which one?")
    for words in (
        "Which one?",
        "RUPTURE",
        "broad",
        "narrow",
        "P(best)",
        "ahead",
        "BROADER: broad against narrow",
        "helps",
    ):
        assert words in text
    assert max(map(len, text.splitlines())) <= 120


def test_steps_are_told_with_what_is_sure():
    nothing = float("nan")
    rows = [(0, "rupture", 2.0, 0, nothing, nothing, nothing), (1, "rupture", 4.0, 0, 0.024, 0.01, 0.04),
            (2, "rupture", 8.0, 0, -0.006, -0.02, 0.01), (3, "rupture", 5e6, 0, -0.05, -0.09, -0.01)]  # fmt: skip
    columns = ["design_id", "shock", "level", "base", "difference", "low", "high"]
    table = pd.DataFrame(rows, columns=columns).assign(line="")
    design, _, summary = made_up(0.1)
    contrasts = pd.DataFrame(columns=["contrast"])
    text = _text(summary, contrasts, design, responses=[(Dose("countries", table), table)])
    assert "COUNTRIES: against 2" in text
    assert "rupture:  4: +2.4*, 8: -0.6, 5 million: -5.0*" in text


def test_no_recovery_at_all_is_said_as_such():
    _, _, summary = made_up(0.1)
    never = summary.assign(never_hit_share=0.0, recovery_months=90.0, not_recovered_share=1.0)
    assert "None of them is back within 5 % of its twin after" in answer._recovery(never)
    some = never.assign(not_recovered_share=0.25, recovery_months=[20.0, 30.0])
    assert "after 20 to 30 months on average, depending on the policy. Of them 25 % are not back" in answer._recovery(
        some
    )


def test_new_money_stands_in_a_table_of_its_own():
    design, measures, _ = made_up(0.2, 100)
    summary = answer.summarise(measures, design, unranked=("broad",))
    assert summary.set_index("policy")["probability_best"].isna().to_dict() == {"narrow": False, "broad": True}
    beside = answer.Beside(new_money={"broad": 2e6})
    text = answer.answer_text(summary, contrasts_of(design, measures), design, beside)
    ranked, _, apart = text.partition("With other new money than the reference policy, so at no equal budget")
    assert "  broad" not in ranked.partition("POLICIES, BEST FIRST")[2]
    line = next(line for line in apart.splitlines() if line.strip().startswith("broad"))
    assert "+2.00" in line
    assert "equal budget" not in ranked
