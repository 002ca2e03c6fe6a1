"""Screens that tell something else than levers: calm times and crisis, places, and where an instrument stops paying."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from ecosim.errors import InputError
from ecosim.lab.compose import compose_plain, make_request, options
from ecosim.lab.design import make_plan
from ecosim.lab.settings import Answers
from ecosim.report.answers import REGISTRY
from ecosim.report.answers import calm_and_crisis as calm
from ecosim.report.answers import doses as stops
from ecosim.report.answers import ranking as places
from ecosim.report.answers.weighing import beaten_findings, findings, first_rows, step_findings
from ecosim.report.lines import COLUMNS
from ecosim.report.results import SweepResult
from ecosim.report.screen import screen
from tests.report.test_screen import answer_of, checked

SHOCKS = ["break", "sanction"]
#: Experiments whose screens tell of something else than levers.
OTHERS = [name for name in options("experiment") if name != "none" and answer_of(name) != "levers"]


# ---------------------------------------------------------------------------------------------- calm times and crisis


def contrasts_of(**levers: tuple[str, float, dict[str, tuple[str, float]]]) -> pd.DataFrame:
    """Lever -> verdict and estimate in calm times, and under each shock."""
    rows = []
    for lever, (verdict, estimate, crises) in levers.items():
        for shock in SHOCKS:
            # given up: less is better
            rows.append((lever, shock, "baseline_cost_collaboration", verdict, -estimate))
            rows.append((lever, shock, "delivered_collaboration", *crises[shock]))
    return pd.DataFrame(rows, columns=["contrast", "shock", "measure", "verdict", "estimate"])


TURNING = ("hurts", -0.021, {"break": ("helps on average", 0.034), "sanction": ("undecided", 0.01)})
STEADY = ("helps", 0.05, {"break": ("helps", 0.12), "sanction": ("no effect", 0.001)})


def test_a_sign_that_turns_is_said_first_and_what_is_open_has_no_number() -> None:
    table = contrasts_of(steady=STEADY, turning=TURNING)
    lines = calm.said(table, SHOCKS, 8)
    assert " ".join(lines).startswith(
        '"Turning": hurts in calm times (-2.1); helps under break; open under sanction; the sign turns. "Steady": '
        "helps in calm times (+5.0); helps under break; changes nothing that matters under sanction."
    )
    rows = calm.table(table, SHOCKS, "as today")
    (turning,) = [row for row in rows if row.startswith("turning")]
    assert turning.split()[1:4] == ["-2.1*", "+3.4", "open"]
    (steady,) = [row for row in rows if row.startswith("steady")]
    assert steady.split()[1:4] == ["+5.0*", "+12*", "same"]
    assert calm.said(table, SHOCKS, 1) == []


def test_where_calm_times_and_every_crisis_are_alike_it_is_said_once() -> None:
    crises = {"break": ("no effect", 0.0), "sanction": ("no effect on average", 0.001)}
    (line,) = calm.said(contrasts_of(lever=("no effect", 0.0, crises)), SHOCKS, 8)
    assert line == '"Lever": changes nothing that matters in calm times or under any crisis.'
    (line,) = calm.said(contrasts_of(lever=("undecided", 0.0, dict.fromkeys(SHOCKS, ("undecided", 0.1)))), SHOCKS, 8)
    assert line == '"Lever": open in calm times or under any crisis.'
    lever = ("no effect", 0.0, crises)
    both = " ".join(calm.said(contrasts_of(one=lever, two=lever), SHOCKS, 8))
    assert both == '"One" and "two": each changes nothing that matters in calm times or under any crisis.'


def test_a_shock_on_which_nothing_is_said_does_not_open_calm_times() -> None:
    table = contrasts_of(steady=STEADY)
    table.loc[table["shock"] == "break", "verdict"] = "undecided"
    (line,) = calm.table(table, ["sanction"], "as today")[3:]
    assert line.split()[1:3] == ["+5.0*", "same"]


def test_without_comparisons_it_says_so() -> None:
    table = contrasts_of(steady=STEADY).assign(measure="sustained_collaboration")
    assert calm.table(table, SHOCKS, "as today")[0].startswith("No comparison was declared")
    assert calm.said(table, SHOCKS, 8) == []


def test_an_undecided_sign_does_not_turn() -> None:
    crises = {"break": ("undecided", -0.3), "sanction": ("no effect", 0.0)}
    table = contrasts_of(lever=("helps", 0.02, crises))
    assert "turns" not in " ".join(calm.said(table, SHOCKS, 8))


# ---------------------------------------------------------------------------------------------- places


def ranked_of(count: int, draws: int, chance: float) -> pd.DataFrame:
    return pd.DataFrame({
        "policy": [f"Country {k}" for k in range(count)], "hosts": "AUT", "gain": np.linspace(0.01, -0.01, count),
        "low": np.linspace(0.005, -0.015, count), "high": np.linspace(0.015, -0.005, count),
        "chance_first": [chance, *[(1.0 - chance) / (count - 1)] * (count - 1)], "chance_among_first": 0.1,
        "rank_low": 1.0, "rank_high": float(count), "missions": 3, "senders": 4, "draws": draws,
    })  # fmt: skip


def test_a_place_is_named_only_when_it_is_clear() -> None:
    clear = " ".join(places.body(ranked_of(35, 100, 0.95), {}, "burnt", 18))
    assert "Open in Country 0: first with a chance of 0.95." in clear
    for draws, chance in ((99, 0.95), (100, 0.5)):
        open_ = " ".join(places.body(ranked_of(35, draws, chance), {}, "burnt", 18))
        assert "Where to open is not decided" in open_
        assert "Open in" not in open_


def test_the_first_and_the_last_stand_and_the_others_are_counted() -> None:
    own = {"itself": (0.05, 0.02, 0.08), "others": (-0.01, -0.03, 0.01)}
    lines = places.body(ranked_of(35, 10, 0.2), own, "burnt", 18, ["AUT", "USA", "CHN"])
    assert len(lines) <= 18
    assert max(map(len, lines)) <= COLUMNS
    text = " ".join(lines)
    shown = sum("3 of 4" in line for line in lines)
    assert f"and {35 - shown} between (--full)" in text
    assert "the host +5.0 %, all others open." in text
    assert "Not ranked: United States and China." in text
    # how many beat what they are set beside is read from the intervals
    table = ranked_of(35, 10, 0.2)
    assert f"{(table['low'] > 0).sum()} of 35 hosts surely do better, {(table['high'] < 0).sum()} surely worse" in text
    assert len(places.text(table, own, "burnt")) > 35


def test_the_mean_of_a_place_is_no_number_where_it_may_be_nothing() -> None:
    table = ranked_of(3, 100, 0.5).assign(gain=[0.02, 0.01, -0.03], low=[0.01, -0.01, -0.04], high=[0.03, 0.02, -0.02])
    _, *rows = places.table(table, 9)
    assert [row.split()[3] for row in rows] == ["+2.0", "open", "-3.0"]
    # the order is one of means, which decides nothing
    assert places.text(table, {}, "burnt")[0] == "WHERE TO OPEN, BEST FIRST BY THEIR MEANS (an order, no finding)"


# ---------------------------------------------------------------------------------------------- weighing


def pairs_of(*shares: float) -> pd.DataFrame:
    """Pairs of which the first beats the second in these shares of ten draws, with four of ten by chance."""
    rows = [(f"good {k % 2}", f"bad {k}", share, True, 0.4, 10) for k, share in enumerate(shares)]
    return pd.DataFrame(rows, columns=["policy", "beats", "share", "of_means", "by_chance", "draws"])


def test_what_is_surely_beaten_is_not_to_be_chosen_and_nothing_else() -> None:
    assert beaten_findings(pairs_of(0.9)) == [
        'Do not choose "bad 0" (beaten by "good 0" in 9 of 10 draws). To beat is to be as good in all and better in '
        "one."
    ]
    (words,) = beaten_findings(pairs_of(0.4, 0.6, 0.9, 0.7, 0.5))
    assert words.startswith(
        'Do not choose "bad 2" (beaten by "good 0" in 9 of 10 draws), "bad 3" (by "good 1" in 7 of 10 draws) or 2 more'
    )
    (words,) = beaten_findings(pairs_of(0.4, 0.1))
    assert words.startswith("No policy is to be ruled out: none beats another")
    assert "choose" not in words


def steps_of_dose(*gained: tuple[float, float, float]) -> pd.DataFrame:
    return pd.DataFrame([
        {"dose": "money", "gain": gain, "cost": "delivered_output", "level": level, "gained": mean, "gained_low": low,
         "gained_high": high, "lost": 0.0, "lost_low": -0.01, "lost_high": 0.01}
        for gain in ("level_knowledge_dependence", "level_supply_dependence")
        for level, (mean, low, high) in enumerate(gained, 1)
    ])  # fmt: skip


def test_a_dose_of_which_nothing_is_sure_is_said_in_short() -> None:
    undecided = steps_of_dose((0.1, -0.1, 0.3))
    assert step_findings(undecided) == ['"Money": all but output open; no step surely costs output.']
    (sure,) = step_findings(steps_of_dose((0.1, -0.1, 0.3), (0.2, 0.1, 0.3)))
    assert "knowledge from one country better by 20.0 points at 2" in sure


def test_less_is_better_is_said_of_what_it_holds_of() -> None:
    rows = pd.DataFrame({"shock": ["storm"], "policy": ["a"]})
    result: Any = SimpleNamespace(
        weighing=rows, policies=rows, objectives=("delivered_output", "level_knowledge_dependence")
    )
    assert REGISTRY["weighing"].averaged(result) == "of knowledge less is better"
    result.objectives = ("delivered_output", "sustained_collaboration")
    assert REGISTRY["weighing"].averaged(result) == ""


# ---------------------------------------------------------------------------------------------- where it stops


def steps_of(gains: dict[str, tuple[float, float]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    from ecosim.analysis.stops import MEASURES, STEPS, where_it_stops

    rows = []
    for measure in MEASURES:
        for line, several in gains.items():
            for before, level, gain in zip((0.0, 5e6), (5e6, 2e7), several, strict=True):
                rows.append((measure, line, before, level, gain, gain - 0.005, gain + 0.005, 0.5, 12))
    table = pd.DataFrame(rows, columns=list(STEPS))
    return table, where_it_stops(table)


def test_an_instrument_that_pays_is_named_with_its_sum() -> None:
    steps, lines = steps_of(
        {"good": (0.02, 0.0), "bad": (-0.02, -0.04), **{f"idle {k}": (0.0, 0.0) for k in range(29)}}
    )
    body = stops.body(steps, lines, 18)
    assert len(body) <= 18
    assert max(map(len, body)) <= COLUMNS
    text = " ".join(body)
    assert "Of output: 1 of 31 surely pay at first, 0 still at the largest sum: good (to 5m); 1 surely lose" in text
    (good,) = [line for line in body if line.startswith("good")]
    assert good.split() == ["good", "+2.0", "open", "+2.0", "open", "5m"]
    assert any(line.startswith("bad") for line in body)
    shown = sum(line.split()[-1] in ("-", "5m") for line in body)
    assert f"and {31 - shown} between (--full)" in text
    whole = stops.text(steps, lines)
    # a step of which nothing is sure has no number
    assert any("to 20m: open [-0.5, +0.5]" in line for line in whole)
    assert sum(line.startswith("    ") for line in whole) == 2 * 31


def test_where_nothing_pays_it_says_so() -> None:
    text = " ".join(stops.body(*steps_of({"idle": (0.0, 0.0)}), 18))
    assert (
        "Of output: none of 1 surely pays, even at the smallest sum; 0 surely lose at some sum; 1 open throughout."
        in text
    )


# ---------------------------------------------------------------------------------------------- from an experiment


def test_every_answer_that_can_be_asked_for_is_there() -> None:
    assert set(get_args(Answers)) == set(REGISTRY)


def test_weighing_without_objectives_is_one_line() -> None:
    words = ["experiment=headline", "experiment.answer=weighing"]
    with pytest.raises(InputError, match=r"^experiment\.objectives=\[\]: leaves nothing to weigh"):
        make_plan(make_request(compose_plain(words)))


def _weighs(result: SweepResult, lines: list[str]) -> None:
    """Who weighs outcomes says who beats whom or what each step does, and how often chance alone would say so."""
    said = findings(result)
    assert " ".join(" ".join(said).split()) in " ".join(" ".join(lines).split())
    assert "Picked by chance, a policy is unbeaten in" in said[-1]
    rows = first_rows(result.weighing)
    begins = [str(name)[:20] for name in rows["policy"]]
    shown = [line for line in lines if line.startswith(tuple(begins))]
    assert len(shown) >= 8
    assert all(line.endswith(" %") for line in shown)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name == "stops_paying" else name for name in OTHERS]
)
def test_worlds_that_do_not_differ_have_no_answer(name: str, fake_model: None, tmp_path: Path) -> None:
    """The model with nothing inside: all policies are one, and no screen may see a difference."""
    result, lines = checked(name, tmp_path)
    text = " ".join(lines)
    if answer_of(name) == "ranking":
        assert len(result.places) == 35
        assert "Where to open is not decided" in text
        assert 'Beside "money burnt" 0 of 35 hosts surely do better, 0 surely worse' in text
        assert "WHERE TO OPEN, BEST FIRST" in result.text()
    elif answer_of(name) == "doses":
        assert result.stops[1]["line"].nunique() == 27
        assert "none of 27 surely pays" in text
        assert "UP TO WHICH SUM EACH INSTRUMENT PAYS" in result.text()
    elif answer_of(name) == "weighing":
        _weighs(result, lines)
        assert "ALL OUTCOMES AT ONCE" in result.text()
    else:
        assert "the sign turns" not in text
        # which has neither places nor sums
        for asked, words in (("ranking", "no place is ranked"), ("doses", "No instrument has money in steps")):
            result.manifest["experiment"]["answer"] = asked
            assert words in " ".join(screen(result))
