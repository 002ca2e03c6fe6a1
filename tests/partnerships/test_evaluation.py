"""Evaluation and award."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosim.parameters import parameter_record
from ecosim.partnerships.drafts import Drafts
from ecosim.partnerships.evaluation import Purse, award, rank_circles_apart, score
from ecosim.randomness import replicate_key
from ecosim.scenario import with_overrides
from ecosim.tables import ORGANISATION
from ecosim.world.facts import SECTORS
from tests.models import finished

KEY = replicate_key(1, 0)
#: Six organisations each in three countries, of two blocs.
ORGANISATIONS = np.zeros(18, dtype=ORGANISATION)
ORGANISATIONS["country"] = np.repeat([0, 1, 2], 6)
ORGANISATIONS["key"] = np.arange(18)
BLOCS = np.array([0, 0, 1], dtype=np.int8)
TERMS = parameter_record(with_overrides(None, {}))


def proposals(*members: list[int], grants: list[int] | None = None, sectors: list[int] | None = None) -> Drafts:
    """Proposals already scored: the first is the best."""
    drafts = Drafts.empty(len(members), 3)
    for d, team in enumerate(members):
        row = drafts.rows[d]
        row["lead"], row["size"], row["members"] = team[0], len(team), len(team)
        row["grant_cents"] = 900 if grants is None else grants[d]
        row["sector"] = 0 if sectors is None else sectors[d]
        row["score"] = -float(d)
        drafts.seats[d, : len(team)] = team
        for i in team:
            drafts.present[d, ORGANISATIONS["country"][i]] += 1
        row["countries"] = row["countries_wanted"] = (drafts.present[d] > 0).sum()
    return drafts


def give(
    drafts: Drafts, cents: int, earmarked: np.ndarray | None = None, evenness: float = 0.0, ahead: int = 2700
) -> dict[str, Any]:
    """Award with that many cents in every sector, and as many beyond all of them as the programme promises ahead."""
    envelopes = np.full(10, cents, dtype=np.int64)
    earmarks = np.zeros((3, 3), dtype=np.int64) if earmarked is None else earmarked
    n = award(
        drafts, np.ones(len(drafts), dtype=np.bool_), ORGANISATIONS, BLOCS,
        Purse(envelopes, earmarks, np.zeros(1, dtype=np.int64), ahead), np.zeros(3), evenness, np.ones((1, 3, 3, 10)),
        np.full(3, -1, dtype=np.int16), TERMS,
    )  # fmt: skip
    assert n == drafts.rows["awarded"].sum()
    return {"awarded": drafts.rows["awarded"].tolist(), "envelopes": envelopes, "earmarks": earmarks}


def test_a_smaller_one_does_not_jump_the_queue_where_nothing_more_may_be_promised_ahead() -> None:
    drafts = proposals([0, 1, 6], [2, 7, 12], [3, 8, 13], grants=[900, 900, 90])
    after = give(drafts, 1700, ahead=-9 * 1700)
    assert after["awarded"] == [True, False, False]
    assert after["envelopes"][0] == 800


def test_the_last_award_of_a_sector_may_borrow_from_the_next_call_and_none_comes_after_it() -> None:
    drafts = proposals([0, 1, 6], [2, 7, 12], [3, 8, 13], grants=[900, 900, 90])
    after = give(drafts, 1700)
    assert after["awarded"] == [True, True, False]
    assert after["envelopes"][0] == -100


def test_a_sector_in_debt_waits_while_others_go_on() -> None:
    drafts = proposals([0, 1, 6], [2, 7, 12], [3, 8, 13], [4, 9, 14], sectors=[0, 0, 0, 4])
    after = give(drafts, 1000)
    assert after["awarded"] == [True, True, False, True]
    assert after["envelopes"][[0, 4, 5]].tolist() == [-800, 100, 1000]


def test_a_consortium_with_empty_seats_asks_for_less_and_one_too_small_gets_nothing() -> None:
    drafts = proposals([0, 1, 6], [2, 7])
    drafts.rows["size"] = 9
    after = give(drafts, 1000)
    assert after["awarded"] == [True, False]
    assert drafts.rows["grant_cents"][0] == 300
    assert after["envelopes"][0] == 700


def test_rules_on_countries_and_blocs_are_checked_before_money_is_given() -> None:
    drafts = proposals([0, 1, 2], [0, 1, 6], [0, 6, 12])
    drafts.rows["countries_wanted"] = 2
    drafts.rows["blocs_fewest"] = 2
    assert give(drafts, 9000)["awarded"] == [False, False, True]


def test_earmarked_money_pays_the_seats_of_its_pair_and_nothing_else() -> None:
    earmarks = np.zeros((3, 3), dtype=np.int64)
    earmarks[0, 1] = 10_000
    after = give(proposals([0, 6, 12]), 1000, earmarks)
    # 900 over three seats: the one in country 1 is paid by the agreement.
    assert after["envelopes"][0] == 1000 - 600
    assert after["earmarks"][0, 1] == 9700
    other_way = np.zeros((3, 3), dtype=np.int64)
    other_way[1, 0] = 10_000
    assert give(proposals([0, 6, 12]), 1000, other_way)["envelopes"][0] == 100


def test_two_seats_of_one_country_share_its_earmark() -> None:
    earmarks = np.zeros((3, 3), dtype=np.int64)
    earmarks[0, 1] = 300
    # One seat is covered, the second finds nothing left: 600 of 900 are the programme's.
    after = give(proposals([0, 6, 7]), 500, earmarks.copy(), ahead=-9 * 500)
    assert after["awarded"] == [False]
    assert after["earmarks"][0, 1] == 300
    after = give(proposals([0, 6, 7]), 600, earmarks.copy())
    assert after["awarded"] == [True]
    assert after["envelopes"][0] == 0
    assert after["earmarks"][0, 1] == 0


teams = st.lists(st.lists(st.integers(0, 17), min_size=3, max_size=6, unique=True), min_size=1, max_size=12)


@settings(max_examples=200, deadline=None)
@given(teams, st.integers(0, 5000), st.lists(st.integers(0, 900), min_size=9, max_size=9), st.sampled_from([0.0, 3.0]))
def test_a_sector_is_in_debt_by_less_than_one_award(
    members: list[list[int]], cents: int, earmarks: list[int], even: float
) -> None:
    drafts = proposals(*members, sectors=[d % 3 for d in range(len(members))])
    before = np.array(earmarks, dtype=np.int64).reshape(3, 3)
    after = give(drafts, cents, before.copy(), even)
    assert (after["envelopes"] > -int(drafts.rows["grant_cents"].max())).all()
    assert (after["earmarks"] >= 0).all()
    given_out = drafts.rows["grant_cents"][drafts.rows["awarded"]].sum()
    assert given_out == 10 * cents - after["envelopes"].sum() + before.sum() - after["earmarks"].sum()


def test_evenness_passes_over_a_country_that_holds_much() -> None:
    same = [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert give(proposals(*same), 1800)["awarded"] == [True, True, False]
    assert give(proposals(*same), 1800, evenness=2.0)["awarded"] == [True, False, True]


def scored(experience: float = 0.0, capability: float = 0.0, topic: float = 0.0, **programme: Any) -> Drafts:
    people = ORGANISATIONS.copy()
    people["experience"], people["capability"] = experience, capability
    drafts = Drafts.empty(3000, 3)
    drafts.rows["members"] = 3
    drafts.rows["lead_key"] = np.arange(3000)
    drafts.seats[:, :3] = [0, 7, 13]
    p = parameter_record(with_overrides(None, {f"programme.{key}": value for key, value in programme.items()}))
    topics = np.full((len(people), len(SECTORS)), topic, dtype=np.float32)
    score(KEY, 14, 2010, drafts.rows, drafts.seats, people, topics, np.zeros(topics.shape), p)
    return drafts


def test_without_noise_the_score_is_the_quality_and_noise_has_the_size_it_says() -> None:
    exact = scored(evaluation_noise=0.0).rows
    assert (exact["score"] == exact["quality"]).all()
    noisy = scored(evaluation_noise=0.7).rows
    assert (noisy["quality"] == exact["quality"]).all()
    error = noisy["score"] - noisy["quality"]
    assert error.std() == pytest.approx(0.7, rel=0.06)
    assert abs(error.mean()) < 4 * 0.7 / np.sqrt(3000)


def test_capability_and_experience_raise_quality_by_their_weights() -> None:
    plain = scored(evaluation_noise=0.0).rows["quality"]
    assert scored(capability=1.0, capability_weight=0.25).rows["quality"] == pytest.approx(plain + 0.25)
    # Their knowledge lies where it adds most: at the best distance from the proposals' topic, which is 0.
    fitting = scored(topic=0.08, fit_weight=0.7).rows["quality"]
    assert fitting == pytest.approx(plain + 0.7, abs=1e-5)
    assert scored(experience=np.e - 1.0, experience_weight=0.4).rows["quality"] == pytest.approx(plain + 0.4)


def test_the_best_proposals_win_more_often_than_chance() -> None:
    def mean_quality(noise: float) -> float:
        rows = finished(programme__evaluation_noise=noise).state.partnerships.used
        return float(rows["quality"][rows["funder"] >= 0].mean())

    assert mean_quality(0.0) > mean_quality(5.0) + 0.3


def of_circles(n: int, circles: list[int], sectors: list[int] | None = None) -> np.ndarray:
    """Scored proposals: those of circles are better than all others."""
    rows = Drafts.empty(n + len(circles), 3).rows
    rows["lead_key"] = np.arange(len(rows))
    rows["circle"][n:] = circles
    rows["sector"][n:] = 0 if sectors is None else sectors
    rows["score"] = np.arange(len(rows), dtype=float)
    return rows


def test_of_proposals_of_a_circle_no_larger_share_is_funded_than_of_others() -> None:
    won = []
    for month in range(300):
        rows = of_circles(60, [1, 1, 1])
        rank_circles_apart(rows, KEY, month)
        assert rows["score"][:60].tolist() == list(range(60))
        # the best of a circle stays its best
        assert (np.diff(rows["score"][60:]) >= 0.0).all()
        won.append((rows["score"][60:] >= 50.0).sum())
    # Ten of sixty others are as good; standard error .02 of 900 proposals.
    assert np.mean(won) / 3 == pytest.approx(1 / 6, abs=0.04)


def test_circles_are_ranked_one_by_one_in_their_sector_and_alone_keep_their_score() -> None:
    rows = of_circles(60, [1, 2, 3], sectors=[0, 0, 4])
    rank_circles_apart(rows, KEY, 5)
    assert set(rows["score"][60:62]) <= set(range(60))
    assert rows["score"][62] == 62.0  # nobody else proposes in its sector
    without = of_circles(60, [])
    rank_circles_apart(without, KEY, 5)
    assert without["score"].tolist() == list(range(60))
