"""People who know Mesa find what they expect: agents, sets, collectors, batches, and subclasses that decide."""

from __future__ import annotations

import copy
import gc
import inspect
import weakref
from typing import Any, ClassVar

import mesa
import numpy as np
import pytest

from ecosim.agents import (
    Firm,
    Funder,
    Government,
    Invitation,
    Mission,
    Opportunity,
    PublicOrganisation,
    ResearchInstitute,
    University,
)
from ecosim.errors import InputError
from ecosim.model import Ecosystem
from ecosim.tables import ACTIVE, OTH, PRC, SUSPENDED
from tests.models import SMALL, differing, finished, small, to_the_end

# ---- agents


def test_there_is_an_agent_for_every_row_that_is_there() -> None:
    model = small()
    for month in (0, 30, 60):
        model.advance(month)
        state = model.state
        rows = int(state.organisations["present"].sum())
        assert len(model.agents) == rows + len(state.funders) + len(state.governments) + len(state.missions)
    arrived_later = [agent for agent in model.agents_by_type[Firm] if agent.arrival_month >= 0]
    assert arrived_later
    assert all(agent.start_up == (agent.arrival_month > model.month - 60) for agent in arrived_later)


def test_agents_have_the_seven_kinds_and_their_rows_types() -> None:
    model = small()
    assert {kind for kind in model.agents_by_type if len(model.agents_by_type[kind])} == {
        University, ResearchInstitute, Firm, PublicOrganisation, Funder, Government, Mission,
    }  # fmt: skip
    assert set(model.agent_types) == set(model.agents_by_type)
    types = {(type(agent), int(agent.table()["type"][agent.row])) for agent in model.agents if hasattr(agent, "size")}
    assert {kind for _, kind in types} == set(range(OTH + 1))
    assert all(kind in cls.activity_types for cls, kind in types)


def test_sets_aggregate_select_and_group() -> None:
    model = small().advance(12)
    rows = model.state.organisations
    universities = rows[(rows["type"] == 0) & rows["present"]]
    mean = model.agents_by_type[University].agg("capability", np.mean)
    assert mean == pytest.approx(universities["capability"].mean())
    large = model.agents_by_type[Firm].select(lambda agent: agent.size > 3.0)
    assert len(large) == ((rows["type"] == PRC) & rows["present"] & (rows["size"] > 3.0)).sum() > 0
    groups = model.agents_by_type[Firm].groupby("country").count()
    code = model.setting.world.countries[0]
    assert groups[code] == ((rows["type"] == PRC) & rows["present"] & (rows["country"] == 0)).sum()
    assert model.agents_by_type[Firm].get("sme") == [bool(rows["sme"][a.row]) for a in model.agents_by_type[Firm]]


def test_the_same_agent_is_found_again() -> None:
    model = small().advance(3)
    firm = list(model.agents_by_type[Firm])[4]
    model.advance(9)
    assert model.organisation(firm.row) is firm
    assert firm in model.agents


def test_what_is_written_to_an_agent_reaches_its_row_and_the_run() -> None:
    model, same = small().advance(10), small().advance(10)
    for agent in model.agents_by_type[University]:
        agent.capacity = 0
        agent.capability += 2.0
    rows = model.state.organisations
    assert (rows["capacity"][(rows["type"] == 0) & rows["present"]] == 0).all()
    assert model.agents_by_type[University].agg("capacity", max) == 0
    to_the_end(model)
    assert model.series()["effort"].sum() != to_the_end(same).series()["effort"].sum()


def test_staff_of_a_mission_is_that_of_its_embassies_and_consulates() -> None:
    model = small(behaviour__missions__embassy_staff=5.0, behaviour__missions__consulate_staff=0.5)
    missions = list(model.agents_by_type[Mission])
    assert any(mission.consulates > 0 for mission in missions)
    for mission in missions:
        assert mission.staff == 5.0 * mission.embassies + 0.5 * mission.consulates


def test_looking_at_agents_changes_nothing() -> None:
    looked = small()
    while looked.running:
        looked.agents.shuffle_do("step")
        assert looked.agents_by_type[Firm].agg("staff", sum) >= 0.0
        looked.step()
    assert not differing(looked.state, finished().state)


def test_a_removed_organisation_stops_working_and_is_never_found_again() -> None:
    model = small().advance(30)
    busiest = max(model.agents_by_type[University], key=lambda agent: agent.load)
    assert busiest.load > 0
    before = len(model.agents)
    busiest.remove()
    assert not busiest.present
    assert len(model.agents) == before - 1
    assert busiest not in model.agents
    row = busiest.row
    model.step()
    held = model.state.seats.used[model.state.seats.used["organisation"] == row]
    begun = model.state.partnerships.used["status"][held["partnership"]] == ACTIVE
    assert begun.any()
    assert (held["state"][begun] == SUSPENDED).all()
    n_partnerships = model.state.partnerships.n
    model.advance(50)
    held = model.state.seats.used[model.state.seats.used["organisation"] == row]
    assert (held["partnership"] < n_partnerships).all()
    assert all(agent.row != row for agent in model.agents if hasattr(agent, "size"))


def test_agents_read_what_their_rows_say() -> None:
    model = small(instruments={"matchmaking": {}}).advance(40)
    funder, government = (next(iter(model.agents_by_type[kind])) for kind in (Funder, Government))
    series = model.series()
    assert funder.kind == "multilateral_programme"
    assert funder.awards == series["awards"].sum() > 0
    assert funder.committed_eur == series["committed_eur"][-1]
    assert funder.paid_eur == pytest.approx(series["paid_eur"].sum())
    assert government.country == model.setting.world.countries[0]
    missions = model.agents_by_type[Mission]
    spent = sum(mission.spent_eur for mission in missions)
    assert spent == pytest.approx(series["instruments_eur"].sum(), rel=1e-4)
    assert spent == pytest.approx(model.agents_by_type[Government].agg("diplomacy_eur", sum), rel=1e-4)
    assert all(mission.sender != mission.host for mission in missions)
    someone = next(iter(model.agents_by_type[University].select(lambda agent: agent.load > 0)))
    assert someone.past_partnerships
    assert someone.knowledge.sum() == pytest.approx(1.0)
    assert someone.region in ("core", "peripheral")


def test_agents_cannot_be_assigned() -> None:
    with pytest.raises(AttributeError, match="made by the model"):
        small().agents = []


def test_a_model_that_is_let_go_is_freed_with_its_agents() -> None:
    model = small().advance(5)
    fork = model.fork("twin")
    held = [weakref.ref(model), weakref.ref(fork), weakref.ref(model.organisation(0))]
    assert len(model.agents) + len(fork.agents) > 0
    model.datacollector.get_model_vars_dataframe()
    del model, fork
    gc.collect()
    assert [reference() for reference in held] == [None, None, None]


# ---- collectors and batches


def test_a_data_collector_of_ones_own_reports_on_model_and_agents() -> None:
    model = small()
    collector = mesa.DataCollector(
        model_reporters={"effort": lambda m: m.outcome("effort"), "month": "month"},
        agenttype_reporters={Firm: {"load": "load", "country": "country"}},
        agent_reporters={"row": "row"},
    )
    for _ in range(4):
        model.step()
        collector.collect(model)
    table = collector.get_model_vars_dataframe()
    assert table["effort"].tolist() == model.series()["effort"].tolist()
    assert table["month"].tolist() == [1, 2, 3, 4]
    firms = collector.get_agenttype_vars_dataframe(Firm)
    rows = model.state.organisations
    last = firms.xs(firms.index.get_level_values(0).max())
    assert last["load"].sum() == rows["load"][(rows["type"] == PRC) & rows["present"]].sum()
    assert len(collector.get_agent_vars_dataframe().xs(4)) == len(model.agents)


def test_the_models_own_collector_is_its_record() -> None:
    model = small().advance(7)
    table = model.datacollector.get_model_vars_dataframe()
    assert len(table) == 7
    assert table["effort"].to_numpy().tobytes() == model.series()["effort"].tobytes()


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_a_batch_of_runs_over_dotted_parameters() -> None:
    rows = mesa.batch_run(
        Ecosystem,
        parameters={**SMALL, "programme.months_between_calls": [12, 3], "seed": [1, 2]},
        data_collection_period=-1,
        display_progress=False,
    )
    assert len(rows) == 4
    for row in rows:
        alone = finished(seed=row["seed"], programme__months_between_calls=row["programme.months_between_calls"])
        assert row["effort"] == alone.outcome("effort") > 0.0
        assert row["committed_eur"] == alone.outcome("committed_eur")
    assert len({row["effort"] for row in rows}) == 4


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_a_batch_can_report_every_month() -> None:
    rows = mesa.batch_run(Ecosystem, parameters=SMALL, data_collection_period=1, display_progress=False)
    assert [row["effort"] for row in rows] == finished().series()["effort"].tolist()


def _batch(**options: Any) -> list[dict[str, Any]]:
    parameters = {**SMALL, **options.pop("parameters", {})}
    return mesa.batch_run(options.pop("model", Ecosystem), parameters, display_progress=False, **options)


def _efforts(rows: list[dict[str, Any]]) -> list[float]:
    return [row["effort"] for row in rows]


OWN_RNG = "rng" in inspect.signature(mesa.batch_run).parameters


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_iterations_of_a_batch_are_replicates() -> None:
    rows = _batch(iterations=3)
    assert len(set(_efforts(rows))) == 3
    for row in rows:
        assert row["effort"] == finished(replicate=row["iteration"]).outcome("effort")
    assert _efforts(_batch(iterations=3)) == _efforts(rows)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_iterations_of_every_seed_are_replicates() -> None:
    rows = _batch(iterations=2, parameters={"seed": [1, 2]})
    assert len(set(_efforts(rows))) == 4
    for row in rows:
        assert row["effort"] == finished(seed=row["seed"], replicate=row["iteration"]).outcome("effort")


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_iterations_reach_a_subclass_and_a_model_around_ours() -> None:
    class Mine(Ecosystem):
        def __init__(self, seed: int | None = None, **overrides: Any) -> None:
            super().__init__(seed=seed, **overrides)

    class Around(mesa.Model):
        def __init__(self, rng: Any = None, **overrides: Any) -> None:
            super().__init__(rng=rng)
            self.inner = Ecosystem(rng=rng, **overrides)
            self.datacollector = self.inner.datacollector

        def step(self) -> None:
            self.inner.step()
            # made during the run: the world it names, whatever the iteration
            assert Ecosystem(**SMALL).config.replicate == 0
            self.running = self.inner.running

    wanted = [finished(replicate=k).outcome("effort") for k in range(2)]
    assert _efforts(_batch(model=Mine, iterations=2)) == wanted
    assert [len(row) > 3 for row in _batch(model=Around, iterations=2, max_steps=3)] == [True, True]


@pytest.mark.skipif(not OWN_RNG, reason="this Mesa's batch_run has no seeds of its own")
def test_a_batch_with_its_own_seeds_gives_each_its_run() -> None:
    rows = _batch(rng=[1, 2, np.random.SeedSequence(3)])
    assert len(set(_efforts(rows))) == 3
    assert [row["effort"] for row in rows[:2]] == [finished(seed=k).outcome("effort") for k in (1, 2)]
    assert _efforts(_batch(rng=[2])) == [rows[1]["effort"]]


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_replicates_beside_iterations_are_refused_in_a_line() -> None:
    with pytest.raises(InputError, match=r"^replicate=0: given beside iterations, which would be equal; allowed: "):
        _batch(iterations=2, parameters={"replicate": 0}, max_steps=1)
    assert len(_batch(iterations=1, parameters={"replicate": [0, 1]}, max_steps=1)) == 2


@pytest.mark.parametrize(
    "rng",
    [
        np.random.SeedSequence(5), np.random.SeedSequence(5).spawn(2)[1], [1, 2], (3,), np.array([4, 5]),
        np.random.PCG64(7), 2**70, np.int64(9), 11.0,
    ],
)  # fmt: skip
def test_every_source_of_chance_is_a_seed_and_the_same_one_again(rng: Any) -> None:
    again = copy.deepcopy(rng)
    seed = Ecosystem(rng=rng, **SMALL).config.seed
    assert 0 <= seed < 2**63
    assert Ecosystem(rng=again, **SMALL).config.seed == seed


def test_a_whole_number_stands_for_itself_and_a_generator_is_drawn_from() -> None:
    assert Ecosystem(rng=7, **SMALL).config.seed == Ecosystem(seed=7, **SMALL).config.seed == 7
    assert Ecosystem(rng=None, seed=None, **SMALL).config == Ecosystem(**SMALL).config
    generator = np.random.default_rng(1)
    first, second = (Ecosystem(rng=generator, **SMALL).config.seed for _ in range(2))
    assert first != second
    assert Ecosystem(rng=np.random.default_rng(1), **SMALL).config.seed == first


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"rng": "one"}, "rng=one: is no seed; allowed: a whole number from 0"),
        ({"rng": True}, "rng=true: is no seed"),
        ({"rng": 1.5}, "rng=1.5: is no seed"),
        ({"rng": []}, "rng=[]: is no seed"),
        ({"rng": 1, "seed": 2}, "rng=1: given beside seed=2; allowed: one of the two"),
    ],
)
def test_what_is_no_seed_is_refused_in_a_line(given: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError) as error:
        Ecosystem(**SMALL, **given)
    assert str(error.value).startswith(line)


# ---- classes of one's own


class Loyal(Firm):
    """Decides as every firm does, through Python."""

    def leads(self, opportunity: Opportunity) -> int:
        return super().leads(opportunity)

    def accepts(self, invitation: Invitation) -> bool:
        return super().accepts(invitation)


class Hermit(Firm):
    """Never joins anybody."""

    asked: ClassVar[list[int]] = []

    def accepts(self, invitation: Invitation) -> bool:
        self.asked.append(self.row)
        return False


class Follower(Firm):
    """Never leads."""

    asked: ClassVar[list[Opportunity]] = []

    def leads(self, opportunity: Opportunity) -> int:
        self.asked.append(opportunity)
        return 0


class SmallHermit(Hermit):
    """Only small and medium-sized firms are hermits."""

    @classmethod
    def takes(cls, model: Ecosystem, row: int) -> bool:
        return bool(model.state.organisations["sme"][row])


def with_classes(*classes: type, **overrides: Any) -> Ecosystem:
    return small(agent_classes=classes, **overrides)


def joined(model: Ecosystem) -> np.ndarray:
    """Rows of organisations that ever took a seat somebody else offered."""
    partnerships, seats, gone = model.state.partnerships.used, model.state.seats.used, model.state.departures.used
    keys = model.state.organisations["key"]
    rows = [
        table["organisation"][
            (table["organisation"] >= 0)
            & (keys[table["organisation"]] != partnerships["lead_key"][table["partnership"]])
        ]
        for table in (seats, gone)
    ]
    return np.unique(np.concatenate(rows))


def led(model: Ecosystem) -> np.ndarray:
    """Content keys of organisations that ever started something."""
    return np.unique(model.state.partnerships.used["lead_key"])


def test_a_class_that_only_calls_super_changes_no_bit() -> None:
    loyal, plain = to_the_end(with_classes(Loyal)), finished()
    assert len(loyal.agents_by_type[Loyal]) > 0
    assert not differing(loyal.state, plain.state)
    assert loyal.participations().equals(plain.participations())
    placebos = [to_the_end(model.fork("placebo")) for model in (with_classes(Loyal), small())]
    assert not differing(placebos[0].state, placebos[1].state)


def test_firms_that_accept_nothing_never_join_and_only_they_are_asked() -> None:
    Hermit.asked.clear()
    model, plain = to_the_end(with_classes(Hermit)), finished()
    types = model.state.organisations["type"]
    assert (types[joined(plain)] == PRC).any()
    assert not (types[joined(model)] == PRC).any()
    assert set(np.unique(types[joined(model)])) == set(range(5)) - {PRC}
    assert set(types[Hermit.asked]) == {PRC}
    # Nobody else was even made into an object.
    made = {row for kind, row in model._by_row if kind == "organisation"}
    assert set(types[sorted(made)]) == {PRC}
    # They still lead, as before.
    firms = np.isin(led(model), model.state.organisations["key"][types == PRC])
    assert firms.any()


def test_firms_that_never_lead_never_lead_and_still_join() -> None:
    Follower.asked.clear()
    model = to_the_end(with_classes(Follower))
    types, keys = model.state.organisations["type"], model.state.organisations["key"]
    assert np.isin(led(finished()), keys[types == PRC]).any()
    assert not np.isin(led(model), keys[types == PRC]).any()
    assert (types[joined(model)] == PRC).any()
    assert {opportunity.funded for opportunity in Follower.asked} == {True, False}
    assert min(opportunity.expected for opportunity in Follower.asked) > 0.0


def test_a_class_can_stand_for_some_of_a_kind() -> None:
    model = to_the_end(with_classes(SmallHermit))
    rows = model.state.organisations
    firms = rows[joined(model)][rows["type"][joined(model)] == PRC]
    assert len(firms) > 0
    assert not firms["sme"].any()
    present = rows["present"] & (rows["type"] == PRC)
    assert len(model.agents_by_type[SmallHermit]) == (present & rows["sme"]).sum()
    assert len(model.agents_by_type[Firm]) == (present & ~rows["sme"]).sum()


def test_how_large_a_small_firm_may_be_decides_who_is_a_small_hermit() -> None:
    few, many = (to_the_end(with_classes(SmallHermit, behaviour__population__sme_size=size)) for size in (1.0, 50.0))
    for model, size in ((few, 1.0), (many, 50.0)):
        rows = model.state.organisations
        assert (rows["sme"] == ((rows["type"] == PRC) & (rows["size"] < size))).all()
    assert 0 < len(few.agents_by_type[SmallHermit]) < len(many.agents_by_type[SmallHermit])
    assert few.series()["effort"].sum() != many.series()["effort"].sum()


def test_classes_stay_with_forks_and_restored_snapshots() -> None:
    model = with_classes(Hermit).advance(10)
    kept = model.snapshot()
    fork = to_the_end(model.fork("twin"))
    types = fork.state.organisations["type"]
    assert not (types[joined(fork)] == PRC).any()
    to_the_end(model)
    model.restore(kept)
    assert not differing(to_the_end(model).state, fork.state)


def test_several_classes_take_what_is_theirs() -> None:
    class Eager(University):
        def accepts(self, invitation: Invitation) -> bool:
            return self.load < self.capacity

    model = to_the_end(with_classes(Hermit, Eager))
    rows = model.state.organisations
    assert not (rows["type"][joined(model)] == PRC).any()
    share = [(r["type"][joined(m)] == 0).sum() for m, r in ((model, rows), (finished(), rows))]
    assert share[0] > 0


def test_an_invitation_says_who_asks_for_what() -> None:
    seen: list[Invitation] = []

    class Curious(Firm):
        def accepts(self, invitation: Invitation) -> bool:
            seen.append(invitation)
            return super().accepts(invitation)

    model = to_the_end(with_classes(Curious))
    countries = set(model.setting.world.countries)
    assert {invitation.lead_country for invitation in seen} <= countries
    assert {invitation.funded for invitation in seen} == {True, False}
    assert all(0.0 <= invitation.acceptance <= 1.0 for invitation in seen)
    assert sorted(invitation.month for invitation in seen) == [invitation.month for invitation in seen]
