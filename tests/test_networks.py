"""Who works with whom in a month, as a graph and as files."""

import networkx as nx
import numpy as np
import pytest

import ecosim
from ecosim.cli import main
from ecosim.errors import InputError
from ecosim.networks import month_number

SMALL = (
    "world=classroom", "world.scale=0.01", "shocks=diplomatic_rupture", "timeline.burn_in_months=18",
    "timeline.calm_months=6", "timeline.calm_jitter_months=0", "timeline.response_months=18",
)  # fmt: skip


@pytest.fixture(scope="module")
def scenario():
    return ecosim.compose(*SMALL)


@pytest.fixture(scope="module")
def shocked(scenario):
    model = ecosim.Ecosystem(scenario)
    return model.advance(model.announcement_month).fork("shocked").advance(30)


def same(one, other):
    return dict(one.nodes(data=True)) == dict(other.nodes(data=True)) and {
        frozenset(edge[:2]): edge[2] for edge in one.edges(data=True)
    } == {frozenset(edge[:2]): edge[2] for edge in other.edges(data=True)}


def test_organisations_add_up_to_the_pairs_of_countries_and_to_collaboration(shocked):
    graph, joint, codes = ecosim.network(shocked), shocked.country_pairs(), shocked.setting.world.countries
    found = np.zeros_like(joint)
    for one, other, data in graph.edges(data=True):
        i, k = (codes.index(graph.nodes[node]["country"]) for node in (one, other))
        if i != k:
            found[i, k] += data["person_months"]
            found[k, i] += data["person_months"]
        assert data["partnerships"] >= data["funded"] >= 0
    apart = ~np.eye(len(codes), dtype=bool)
    assert found[apart] == pytest.approx(joint[apart])
    assert np.triu(found, 1).sum() == pytest.approx(shocked.series()["collaboration"][-1])
    keys = set(shocked.state.organisations["key"].tolist())
    assert set(graph.nodes) <= keys


def test_countries_are_the_pairs_of_the_model(shocked):
    graph, joint, codes = (
        ecosim.network(shocked, nodes="countries"),
        shocked.country_pairs(),
        shocked.setting.world.countries,
    )
    assert set(graph.nodes) == set(codes)
    for one, other, data in graph.edges(data=True):
        assert data["person_months"] == joint[codes.index(one), codes.index(other)] > 0.0
    assert graph.number_of_edges() == np.count_nonzero(np.triu(joint))


def test_any_month_of_a_scenario_is_simulated_to_the_same_bits(scenario, shocked):
    again = ecosim.network(scenario, 29)
    assert same(again, ecosim.network(shocked))
    assert (again.graph["arm"], again.graph["month"]) == ("shocked", 29)
    assert same(ecosim.network(scenario, again.graph["date"]), again)
    twin = ecosim.network(scenario, 29, arm="twin")
    assert twin.graph["arm"] == "twin"
    assert not same(twin, again)
    # until the announcement all arms are one
    past = [ecosim.network(scenario, 20, arm=arm) for arm in ("shocked", "twin")]
    assert same(*past)
    assert {graph.graph["arm"] for graph in past} == {"before_shocks"}


def test_a_scenario_without_shocks_has_its_twin():
    calm = ecosim.compose(*(word for word in SMALL if not word.startswith("shocks")))
    assert ecosim.network(calm, 29).graph["arm"] == "twin"


@pytest.mark.parametrize(("ending", "read"), [("graphml", nx.read_graphml), ("gexf", nx.read_gexf)])
def test_files_hold_what_the_graph_holds_and_name_the_arm(shocked, tmp_path, ending, read):
    graph = ecosim.network(shocked)
    back = read(ecosim.write_network(graph, tmp_path / "new" / f"one.{ending}"), node_type=int)
    assert set(back.nodes) == set(graph.nodes)
    assert "shocked" in back.graph["name"]
    for one, other, data in graph.edges(data=True):
        assert back.edges[one, other]["person_months"] == pytest.approx(data["person_months"])
    for node, data in graph.nodes(data=True):
        assert back.nodes[node]["country"] == data["country"]


def test_months_by_number_and_by_date(scenario):
    calendar = scenario.calendar
    assert month_number(calendar, calendar.start) == 0
    assert month_number(calendar, 5) == month_number(calendar, "5") == 5
    assert month_number(calendar, "2014-01") == calendar.burn_in_months
    assert month_number(calendar, "2014-01-31") == calendar.burn_in_months


@pytest.mark.parametrize("month", [-1, 42, "2031-01", "2014-13", "soon", "", True, 1.5, None])
def test_no_month_of_the_run_is_one_line(scenario, month):
    with pytest.raises(InputError, match=r"is no month of this run; allowed: 0 to 41, or 2012-07 to 2015-12$"):
        month_number(scenario.calendar, month)


def test_what_cannot_be_drawn_is_one_line(shocked, scenario, tmp_path):
    for call, line in (
        (lambda: ecosim.network(shocked, 3), "month=3: the model has just finished month 29"),
        (lambda: ecosim.network(scenario, arm="shoked"), "arm=shoked: not allowed; allowed: shocked, twin"),
        (
            lambda: ecosim.network(scenario, nodes="firms"),
            "nodes=firms: not allowed; allowed: organisations, countries",
        ),
        (lambda: ecosim.network("world=classroom"), "network=str: cannot be simulated"),
        (lambda: ecosim.network(ecosim.Ecosystem(scenario)), "month=0: nothing has been simulated yet"),
        (lambda: ecosim.write_network(nx.Graph(), tmp_path / "x.csv"), f"path={str(tmp_path)[:20]}"),
    ):
        with pytest.raises(InputError) as error:
            call()
        assert str(error.value).startswith(line)


def test_a_run_writes_the_months_it_is_asked_for(tmp_path, scenario):
    words = ["run", *SMALL, f"output.folder={tmp_path}", "output.figures=false", "output.network=[2013-06,2014-12]"]
    assert main(words) == 0
    folder = next(tmp_path.glob("run/*/networks"))
    assert {path.name for path in folder.iterdir()} == {
        "2013-06_before_shocks.graphml", "2014-12_shocked.graphml", "2014-12_twin.graphml", "2014-12_placebo.graphml",
    }  # fmt: skip
    kept = nx.read_graphml(folder / "2014-12_shocked.graphml", node_type=int)
    again = ecosim.network(scenario, "2014-12")
    assert {frozenset(edge): kept.edges[edge]["person_months"] for edge in kept.edges} == pytest.approx(
        {frozenset(edge): again.edges[edge]["person_months"] for edge in again.edges}
    )


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["run", *SMALL, "output.network=2031-01"], "output.network=2031-01: is no month of this run; allowed"),
        (["run", *SMALL, "output.network=soon", "runner.dry_run=true"], "output.network=soon: is no month of this run"),
        (["run", *SMALL, "output.network_format=pdf"], "output.network_format=pdf"),
        (["sweep", "output.network=2016-01"], "output.network=[2016-01]: a sweep keeps no consortia; allowed: "),
    ],
)  # fmt: skip
def test_a_month_that_cannot_be_kept_is_told_before_anything_runs(words, line, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"ecosim: {line}")
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
