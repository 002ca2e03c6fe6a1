"""Partner search: the programme's rules, room, and who is asked."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import ecosim.month.search
import ecosim.setting
from ecosim.config.world import WorldConfig
from ecosim.model import Ecosystem
from ecosim.partnerships.cores import Alike, Recent, are_alike, core_of, join_siblings, recent_consortia
from ecosim.partnerships.drafts import Drafts, fitness, topic_distance
from ecosim.tables import MEMBER, MEMORY, N_TYPES, ORGANISATION, PRC, REGISTER, UNFUNDED
from ecosim.world import load_world
from ecosim.world.facts import ORGANISATION_TYPES
from tests.models import SMALL, finished, members_at_award, small, to_the_end
from tests.worlds import small_world

#: All countries of the largest real preset but one, so that eleven countries can be found.
EUROPE: dict[str, Any] = {**SMALL, "world.preset": "europe", "world.scale": 0.01, "timeline.response_months": 12}


def awarded(**overrides: Any) -> list[tuple[np.void, np.ndarray, Ecosystem]]:
    """Consortia as they were awarded, looked at before they start (the time to grant is eight months)."""
    model = Ecosystem(**{**EUROPE, **{key.replace("__", "."): value for key, value in overrides.items()}})
    seen: dict[tuple[int, int, int], tuple[np.void, np.ndarray, Ecosystem]] = {}
    while model.running:
        model.advance(model.month + 4)
        for row, members in members_at_award(model):
            seen[int(row["lead_key"]), int(row["tag"]), int(row["proposed_month"])] = (row, members, model)
    assert len(seen) > 30
    return list(seen.values())


def countries_of(members: np.ndarray, model: Ecosystem) -> np.ndarray:
    return model.state.organisations["country"][members]


@pytest.mark.parametrize("rule", [(1, 1), (2, 4), (3, 3), (8, 11)])
def test_consortia_have_as_many_countries_as_the_programme_asks(rule: tuple[int, int]) -> None:
    fewest, most = rule
    counts = []
    for row, members, model in awarded(programme__countries_per_consortium=rule):
        n = len(np.unique(countries_of(members, model)))
        assert n == row["countries"]
        # A consortium cannot have more countries than members.
        assert min(fewest, len(members)) <= n <= most
        counts.append(n)
    if most > fewest:
        assert len(set(counts)) > 1
    assert max(counts) > 0.7 * most


def test_the_observed_mix_of_countries_is_not_the_rule_of_one_country() -> None:
    free = np.mean([row["countries"] for row, _, _ in awarded()])
    assert 1.5 < free < 12.0


@pytest.mark.parametrize("rule", [(1, 1), (2, 2), (2, 4)])
def test_consortia_have_as_many_blocs_as_the_programme_asks(rule: tuple[int, int]) -> None:
    fewest, most = rule
    # Observed shapes often ask for one country only; a rule on blocs needs room for as many countries.
    for _, members, model in awarded(programme__blocs_per_consortium=rule, programme__countries_per_consortium=(3, 8)):
        n = len(np.unique(model.setting.world.bloc[countries_of(members, model)]))
        assert fewest <= n <= most


@pytest.mark.parametrize(
    "lever", [{}, {"programme__countries_per_consortium": (2, 4)}, {"programme__countries_per_consortium": (8, 11)}]
)
def test_nobody_sits_twice_and_everybody_has_arrived_and_may_be_funded(lever: dict[str, Any]) -> None:
    for row, members, model in awarded(**lever):
        assert (members >= 0).all()
        assert len(np.unique(members)) == len(members)
        rows = model.state.organisations[members]
        assert (rows["arrival_month"] <= row["proposed_month"]).all()
        eligibility = model.state.effects.eligibility[0, :, :, row["sector"]]
        lead = rows["country"][0]
        assert rows["key"][0] == row["lead_key"]
        assert rows["standing_draw"][0] < eligibility[lead, lead]
        assert (rows["standing_draw"][1:] < eligibility[lead, rows["country"][1:]]).all()


def test_consortium_sizes_are_those_that_were_wished_for() -> None:
    found = awarded()
    shapes = found[0][2].setting.world.consortium_shapes["size"]
    sizes = np.array([len(members) for _, members, _ in found])
    assert set(sizes[sizes > shapes.max()]) == set()
    assert abs(np.mean(sizes) - shapes.mean()) < 0.35 * shapes.mean()


def test_unfunded_work_never_exceeds_the_room_of_those_who_join(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small(policy__appropriation_eur_per_month=0.0, behaviour__acceptance__capacity_per_size=0.4,
                  behaviour__work__unfunded_share=0.6)  # fmt: skip
    found = ecosim.month.search.found
    checked = []

    def watch(drafts: Drafts, state: Any, *others: Any) -> int:
        rows = state.organisations
        joined = drafts.seats[drafts.rows["members"] >= 2][:, 1:]
        joined = joined[joined >= 0]
        # Their seat is taken up already; the lead's own is not.
        assert (rows["load"][joined] <= rows["capacity"][joined]).all()
        checked.append(len(joined))
        return found(drafts, state, *others)

    monkeypatch.setattr(ecosim.month.search, "found", watch)
    to_the_end(model)
    assert sum(checked) > 100
    assert (model.state.organisations["load"] == model.state.organisations["capacity"]).sum() > 5


def test_full_organisations_neither_lead_nor_join() -> None:
    model = small()
    model.state.organisations["capacity"] = 0
    to_the_end(model)
    assert model.state.partnerships.n == 0
    assert model.series()["proposals"].sum() == 0


def test_nobody_accepts_where_nobody_would() -> None:
    model = finished(behaviour__acceptance__base=0.0)
    assert (model.state.partnerships.used["seats"] == 1).all()
    assert (model.state.partnerships.used["funder"] >= 0).all()


def test_unfunded_partnerships_have_two_to_four_members() -> None:
    model = finished()
    rows = model.state.partnerships.used
    sizes = rows["seats"][rows["funder"] < 0]
    assert set(sizes) == {2, 3, 4}
    assert (rows["grant_cents"][rows["funder"] < 0] == 0).all()


def hhi(model: Ecosystem) -> float:
    """Concentration of funded seats over countries, over the whole run."""
    held = model.series_by_country()["members_by_country"].sum(axis=0)
    return float(((held / held.sum()) ** 2).sum())


def test_portfolio_evenness_spreads_the_portfolio() -> None:
    concentrations = {
        evenness: np.mean([hhi(finished(programme__portfolio_evenness=evenness, seed=seed)) for seed in range(1, 13)])
        for evenness in (0.0, 0.5, 5.0)
    }
    assert concentrations[5.0] < concentrations[0.5] < concentrations[0.0]


def share_of(model: Ecosystem, of: Any) -> float:
    """Share of seats not the lead's for which a question on (lead, member) is true."""
    partnerships, seats = model.state.partnerships.used, model.state.seats.used
    rows = model.state.organisations
    lead_of = {int(key): row for row, key in enumerate(rows["key"])}
    taken = seats[seats["organisation"] >= 0]
    answers = []
    for seat in taken:
        lead = lead_of[int(partnerships["lead_key"][seat["partnership"]])]
        if lead != seat["organisation"]:
            answers.append(of(rows[lead], rows[seat["organisation"]], partnerships[seat["partnership"]]))
    return float(np.mean(answers))


def test_a_stronger_domestic_preference_keeps_funded_work_at_home() -> None:
    at_home = [
        share_of(
            finished(behaviour__search__domestic_preference=value, mechanisms__unfunded=False),
            lambda lead, member, _: lead["country"] == member["country"],
        )
        for value in (0.2, 20.0)
    ]
    assert at_home[1] > 1.5 * at_home[0]


def test_those_met_by_chance_bring_newcomers_in() -> None:
    never = [
        (
            finished(behaviour__search__newcomer_share=share, mechanisms__core_reform=False).state.organisations[
                "participations"
            ]
            > 0
        ).sum()
        for share in (0.0, 0.5)
    ]
    assert never[1] > 1.1 * never[0]


def repeats(**overrides: Any) -> float:
    """Share of pairs in funded work that meet more than once."""
    model = finished(mechanisms__unfunded=False, timeline__response_months=80, **overrides)
    seats = model.state.seats.used
    pairs: dict[tuple[int, int], int] = {}
    for p in range(model.state.partnerships.n):
        members = sorted(int(i) for i in seats["organisation"][seats["partnership"] == p] if i >= 0)
        for at, one in enumerate(members):
            for other in members[at + 1 :]:
                pairs[one, other] = pairs.get((one, other), 0) + 1
    return float(np.mean(np.array(list(pairs.values())) > 1))


def test_cores_and_familiar_partners_make_pairs_meet_again() -> None:
    def mean(**overrides: Any) -> float:
        # In a much smaller world everybody meets again.
        return float(np.mean([repeats(seed=seed, world__scale=0.1, **overrides) for seed in (1, 2, 3)]))

    alone = mean(mechanisms__core_reform=False, mechanisms__familiarity=False)
    assert mean(mechanisms__familiarity=False, behaviour__search__core_share=5.0) > 1.05 * alone
    assert mean(mechanisms__core_reform=False, behaviour__search__familiarity_weight=5.0) > 1.05 * alone


def test_a_core_is_alike_in_sector_kind_and_size_or_of_the_same_circle() -> None:
    held = np.zeros(4, dtype=REGISTER)
    held["sector"] = 3
    held["members"] = [10, 12, 30, 4]

    def may(size: int, kind: int = 0, sector: int = 3, circle: int = 0) -> list[bool]:
        alike = Alike(sector, kind, circle, size, 2.0, 2)
        return [bool(are_alike(past, past["members"], alike)) for past in held]

    assert may(10) == [True, True, False, False]  # the others are three times and less than half as large
    assert may(40) == [False, False, True, False]
    assert may(10, kind=1) == [False] * 4
    assert may(10, sector=2) == [False] * 4
    # Those of a circle grow out of the circle alone, whatever they are like; and nobody else grows out of it.
    held["circle"] = [0, 5, 5, 6]
    assert may(10) == [True, False, False, False]
    assert may(10, kind=1, sector=2, circle=5) == [False, True, True, False]


class Remembered(NamedTuple):
    """The tables that a search for a core reads."""

    organisations: np.ndarray
    memory: np.ndarray
    register: np.ndarray
    members: np.ndarray


def three_who_met() -> Remembered:
    """0 and 1 met in partnership 0; 1 and 2, without 0, in 1 and again in 2, which grew out of it."""
    organisations = np.zeros(3, dtype=ORGANISATION)
    organisations["key"] = [11, 12, 13]
    organisations["remembered"] = [1, 3, 2]
    memory = np.full((3, MEMORY), -1, dtype=np.int32)
    memory[0, 0] = 0
    memory[1, :3] = [2, 1, 0]
    memory[2, :2] = [2, 1]
    register = np.zeros(3, dtype=REGISTER)
    register["members"] = 2
    register["first_member"] = [0, 2, 4]
    register["sector"] = [3, 3, 3]
    register["kind"] = 1
    register["grown_from"] = [0.5, 0.5, 0.6]
    members = np.zeros(6, dtype=MEMBER)
    members["organisation"] = [0, 1, 1, 2, 1, 2]
    return Remembered(organisations, memory, register, members)


NONE = np.empty(0, dtype=np.int32), np.zeros(10 * N_TYPES + 1, dtype=np.int64)
#: Seats of a draft by type: of the one type of all three.
ALL = np.array([9, 0, 0, 0, 0], dtype=np.int16)


def core(
    rows: Remembered, lead: int, tag: int = 0, size: int = 2, kind: int = 1, sector: int = 3, since: int = 0,
    seats: int = 2, wanted: np.ndarray = ALL, known: tuple[np.ndarray, np.ndarray] = NONE,
    topics: np.ndarray | None = None, circle: int = 0,
) -> int:  # fmt: skip
    topics = np.full((3, 10), 0.5) if topics is None else topics
    recent, alike = Recent(*known, 10, since), Alike(sector, kind, circle, size, 2.0, seats)
    return int(core_of(lead, wanted, alike, recent, rows, topics, np.uint64(7), tag, 5))


def test_a_core_is_brought_by_somebody_the_lead_has_worked_with() -> None:
    rows = three_who_met()
    # 1 brings one in which 0 never was, whose like come back more often.
    assert {core(rows, 0, tag) for tag in range(50)} == {2}
    rows.register["grown_from"] = [0.9, 0.5, 0.6]
    assert {core(rows, 0, tag) for tag in range(50)} == {0}


def test_of_cores_the_one_that_fills_most_seats_is_taken() -> None:
    rows = three_who_met()
    knows = np.full((3, 10), 0.5)
    knows[2, 3] = 0.0
    # Of the members of 1 and 2 one knows nothing of the sector: 0 has two for the seats.
    assert {core(rows, 1, tag, topics=knows) for tag in range(50)} == {0}
    # Where one member is wanted, all have it: the one whose like come back most often.
    assert {core(rows, 1, tag, topics=knows, seats=1) for tag in range(50)} == {2}
    # Members of types that are not wanted fill nothing.
    rows.organisations["type"][2] = 1
    assert {core(rows, 1, tag) for tag in range(50)} == {0}


def test_who_has_no_past_and_is_called_to_lead_none_grows_out_of_nothing() -> None:
    rows = three_who_met()
    rows.organisations["remembered"] = 0
    assert core(rows, 0) == -1


def test_a_core_is_like_the_consortium_in_size_and_in_kind_and_of_late() -> None:
    rows = three_who_met()
    rows.organisations["remembered"] = 1
    assert core(rows, 0, size=4) == 2
    assert core(rows, 0, size=5) == -1
    assert core(rows, 0, kind=2) == -1
    rows.register["start_month"] = 10
    assert core(rows, 0, since=10) == 2
    assert core(rows, 0, since=11) == -1


def test_a_stranger_may_come_to_lead_a_core() -> None:
    rows = three_who_met()
    rows.organisations["remembered"] = 0
    number = np.array([0, 1, 2], dtype=np.int32)
    offset = np.zeros(10 * N_TYPES + 1, dtype=np.int64)
    offset[3 * N_TYPES + 2 :] = 3
    known = number, offset
    found = [core(rows, 0, tag, known=known) for tag in range(50)]
    # the one whose like come back most often, of those looked at
    assert found.count(2) > 40
    assert set(found) <= {0, 1, 2}
    # a stranger is called by its own kind and sector alone
    assert core(rows, 0, kind=2, known=known) == -1
    assert core(rows, 0, size=5, known=known) == -1


def test_known_consortia_are_the_later_ones_that_come_back_by_sector_and_kind() -> None:
    register = np.zeros(5, dtype=REGISTER)
    register["sector"] = [1, 0, 1, 1, 1]
    register["kind"] = [2, 0, 2, 2, 1]
    register["grown_from"] = [0.5, 0.5, 0.5, 0.0, 0.5]
    register["start_month"] = [5, 5, 9, 9, 9]
    known = recent_consortia(register, 5, 2, 0, 6)
    assert known.number.tolist() == [4, 2]
    assert known.offset.tolist() == [0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 2]
    # Those of a circle stand by themselves, after all others.
    register["circle"] = [0, 0, 0, 0, 2]
    known = recent_consortia(register, 5, 2, 3, 6)
    assert known.number.tolist() == [2, 4]
    assert known.offset.tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2]


def test_consortia_of_a_circle_grow_out_of_it_whoever_leads() -> None:
    rows = three_who_met()
    rows.register["circle"] = [0, 0, 2]
    number, offset = np.array([2], dtype=np.int32), np.zeros(10 * N_TYPES + 3, dtype=np.int64)
    offset[-1] = 1
    for lead in (0, 2):
        assert core(rows, lead, circle=2, kind=4, sector=8, size=40, known=(number, offset)) == 2
    # nobody has begun the other circle yet, and its lead's partners do not bring one of another
    assert core(rows, 0, circle=1, known=(number, offset)) == -1
    # and the others look among the others
    assert core(rows, 0, known=(number, offset)) in (0, 1)


def test_consortia_have_the_mix_of_types_of_those_observed() -> None:
    world = load_world(WorldConfig(preset="europe"))
    model = finished(mechanisms__core_reform=False, mechanisms__unfunded=False, world__scale=0.05)
    seats, partnerships = model.state.seats.used, model.state.partnerships.used
    members = seats["organisation"][(seats["organisation"] >= 0)]
    types = np.bincount(model.state.organisations["type"][members], minlength=5) / len(members)
    shapes = world.consortium_shapes
    wanted = np.array([shapes[kind].sum() for kind in ORGANISATION_TYPES], dtype=float)
    assert types == pytest.approx(wanted / wanted.sum(), abs=0.04)
    # The mix is one of consortia, not only of all seats: firms are in some and not in others.
    firms = np.zeros(partnerships["seats"].shape[0])
    held = seats["organisation"] >= 0
    np.add.at(firms, seats["partnership"][held], model.state.organisations["type"][seats["organisation"][held]] == PRC)
    share = firms / partnerships["seats"]
    observed = shapes["PRC"] / shapes["size"]
    assert np.std(share) == pytest.approx(np.std(observed), rel=0.2)


def test_nobody_is_asked_into_a_sector_it_knows_nothing_of() -> None:
    model = finished()
    knowledge, partnerships = model.setting.population.knowledge, model.state.partnerships.used
    seats = model.state.seats.used
    taken = seats[seats["organisation"] >= 0]
    assert (knowledge[taken["organisation"], partnerships["sector"][taken["partnership"]]] > 0.0).all()
    ignored = finished(mechanisms__knowledge=False)
    seats, partnerships = ignored.state.seats.used, ignored.state.partnerships.used
    taken = seats[seats["organisation"] >= 0]
    assert (knowledge[taken["organisation"], partnerships["sector"][taken["partnership"]]] == 0.0).any()


def test_knowledge_fits_best_at_the_optimum_and_less_to_both_sides() -> None:
    at = [fitness(distance, 0.1) for distance in (0.0, 0.05, 0.1, 0.15, 0.5)]
    assert at[2] == 1.0 == max(at)
    assert at[0] < at[1] < at[2] > at[3] > at[4]
    assert at[1] == pytest.approx(at[3])
    # At an optimum of nothing, nearer is always better.
    assert fitness(0.0, 0.0) == 1.0 > fitness(0.1, 0.0)


@pytest.mark.parametrize(("a", "b", "distance"), [(0.1, 0.3, 0.2), (0.95, 0.05, 0.1), (0.0, 0.5, 0.5), (0.4, 0.4, 0.0)])
def test_topics_lie_on_a_circle(a: float, b: float, distance: float) -> None:
    assert topic_distance(a, b) == pytest.approx(distance)
    assert topic_distance(b, a) == pytest.approx(distance)


def test_without_money_there_is_only_unfunded_work_and_without_unfunded_work_nothing() -> None:
    model = finished(policy__appropriation_eur_per_month=0.0)
    assert (model.state.partnerships.used["funder"] == -1).all()
    assert model.state.partnerships.n > 0
    assert (model.state.partnerships.used["tag"] >> 24 == UNFUNDED).all()
    assert finished(policy__appropriation_eur_per_month=0.0, mechanisms__unfunded=False).state.partnerships.n == 0


def test_a_sector_without_observed_consortia_takes_any_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    world = small_world()
    assert 9 not in world.consortium_shapes["sector"]
    assert world.sector_money_share[9] > 0.0
    monkeypatch.setattr(ecosim.setting, "load_world", lambda config: world)
    model = to_the_end(Ecosystem(**{**SMALL, "world.scale": 1.0}))
    rows = model.state.partnerships.used
    last = rows[(rows["sector"] == 9) & (rows["funder"] >= 0)]
    assert len(last) > 5
    assert set(last["planned_months"]) <= set(world.consortium_shapes["duration_months"])


def month_of_drafts(n: int = 40) -> Drafts:
    """Drafts of one funder and sector, alike, that look for the same type; every one may have siblings."""
    drafts = Drafts.empty(n, 3, 5)
    drafts.rows["lead_key"] = np.arange(n)
    drafts.rows["size"], drafts.rows["countries_wanted"] = 5, 3
    drafts.rows["sibling_chance"] = 0.5
    drafts.open_types[:] = [4, 0, 0, 0, 0]
    return drafts


def test_siblings_have_an_elder_that_has_none() -> None:
    drafts = month_of_drafts()
    join_siblings(drafts.arrays, 2.0, np.uint64(3), 5)
    elder = drafts.rows["elder"]
    siblings = elder >= 0
    assert 8 < siblings.sum() < 32
    assert (elder[elder[siblings]] == -1).all()
    # Whoever comes together has its countries already, unless a rule says how many.
    assert (drafts.rows["countries_wanted"][siblings] == 0).all()
    assert (drafts.rows["countries_wanted"][~siblings] == 3).all()
    ruled = month_of_drafts()
    ruled.rows["countries_ruled"] = True
    join_siblings(ruled.arrays, 2.0, np.uint64(3), 5)
    assert (ruled.rows["countries_wanted"] == 3).all()


@pytest.mark.parametrize(
    ("field", "value"), [("sector", 1), ("kind", 1), ("funder", 1), ("size", 11), ("sibling_chance", 0)]
)
def test_an_elder_is_like_its_sibling(field: str, value: int) -> None:
    drafts = month_of_drafts(2)
    drafts.rows["sibling_chance"] = [1.0, 1e-9]
    join_siblings(drafts.arrays, 2.0, np.uint64(3), 5)
    assert drafts.rows["elder"].tolist() == [1, -1]
    other = month_of_drafts(2)
    other.rows["sibling_chance"] = [1.0, 1e-9]
    other.rows[field][1] = value
    join_siblings(other.arrays, 2.0, np.uint64(3), 5)
    assert other.rows["elder"].tolist() == [-1, -1]


def test_an_elder_looks_for_the_same_types() -> None:
    drafts = month_of_drafts(3)
    drafts.rows["sibling_chance"] = [1.0, 1e-9, 1e-9]
    drafts.open_types[:] = [[2, 2, 0, 0, 0], [4, 0, 0, 0, 0], [1, 2, 1, 0, 0]]
    join_siblings(drafts.arrays, 2.0, np.uint64(3), 5)
    assert drafts.rows["elder"].tolist() == [2, -1, -1]
