"""Who works with whom in a month, as a graph for NetworkX, Gephi, igraph and other tools."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import numpy as np

from ecosim.config.timeline import Calendar
from ecosim.errors import InputError, nearest_name
from ecosim.scenario import Scenario
from ecosim.world.facts import ORGANISATION_TYPES

if TYPE_CHECKING:
    import networkx as nx

    from ecosim.model import Arm, Ecosystem

#: What the nodes are.
Nodes = Literal["organisations", "countries"]
#: Formats by ending of the file.
FORMATS: dict[str, str] = {".graphml": "write_graphml", ".gexf": "write_gexf"}
#: Arm of a month before the announcement: all are one until then.
SHARED = "before_shocks"
_ARMS = ("shocked", "twin", "placebo", "scattered")


class Simulated(Protocol):
    """What was simulated from a scenario and knows it, as what :func:`ecosim.simulate` returns does."""

    @property
    def scenario(self) -> Scenario:
        """What was simulated."""


def network(
    source: Ecosystem | Scenario | Simulated,
    month: int | str | None = None,
    *,
    arm: Arm = "shocked",
    nodes: Nodes = "organisations",
) -> nx.Graph:
    """Who worked with whom in one month.

    Parameters
    ----------
    source : Ecosystem, Scenario or what ecosim.simulate returned
        A model gives the month it has just finished. Of a scenario, or of what :func:`ecosim.simulate` returned, any
        month is simulated again, to the same bits.
    month : int or str, optional
        Month as in the column ``month`` of the series (the first is 0), or ``"2018-06"``; by default the last.
    arm : {"shocked", "twin", "placebo", "scattered"}
        Which branch of the history; before the announcement they are one. Of a scenario without shocks, the twin.
    nodes : {"organisations", "countries"}
        What the nodes are.

    Returns
    -------
    networkx.Graph
        Edges carry ``person_months``, the joint work of the pair: of a partnership in which two members worked a and b
        of w person-months, 2 a b / w, as in :meth:`ecosim.Ecosystem.country_pairs`; between organisations also
        ``partnerships`` and how many of them are ``funded``. Nodes carry country and type, or the country's name. The
        graph says ``month``, ``date``, ``arm``, ``seed``, ``replicate`` and ``world``. Organisations are numbered by
        their content, as in the table of participations, so that arms can be compared.

    Raises
    ------
    InputError
        If there is no such month, arm or kind of node.
    """
    from ecosim.model import Ecosystem

    _need("nodes", nodes, get_args(Nodes))
    _need("arm", arm, _ARMS)
    if isinstance(source, Ecosystem):
        if month is not None and month_number(source.config.calendar, month) != source.month - 1:
            raise InputError("month", month, problem=f"the model has just finished month {source.month - 1}",
                             allowed="that one; or give the scenario, of which any month is simulated")  # fmt: skip
        return network_of(source, arm=_arm_of(source), nodes=nodes)
    scenario = source if isinstance(source, Scenario) else getattr(source, "scenario", None)
    if not isinstance(scenario, Scenario):
        raise InputError("network", type(source).__name__, problem="cannot be simulated",
                         allowed="an Ecosystem, a Scenario, or what ecosim.simulate returned")  # fmt: skip
    model = Ecosystem(scenario)
    calendar = scenario.calendar
    number = calendar.months - 1 if month is None else month_number(calendar, month)
    if number < model.announcement_month:
        return network_of(model.advance(number + 1), arm=SHARED, nodes=nodes)
    branch: Arm = arm if scenario.shocks or arm not in ("shocked", "scattered") else "twin"
    world = model.advance(model.announcement_month).fork(branch)
    return network_of(world.advance(number + 1), arm=branch, nodes=nodes)


def month_number(calendar: Calendar, month: int | str, key: str = "month") -> int:
    """Number of a month of a run, the first being 0.

    Parameters
    ----------
    calendar : Calendar
        Dates of the run.
    month : int or str
        The number, or ``YYYY-MM``.
    key : str
        What asks for it, for the error.

    Raises
    ------
    InputError
        If the run has no such month.
    """
    last = calendar.months - 1
    first = _first_month(calendar)
    text = str(month).strip()
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})(?:-\d{1,2})?", text):
        number = 12 * int(found[1]) + int(found[2]) - 1 - first if 1 <= int(found[2]) <= 12 else -1
    else:
        number = int(text) if text.isdecimal() and len(text) < 10 else -1
    if not 0 <= number <= last:
        raise InputError(key, month, problem="is no month of this run",
                         allowed=f"0 to {last}, or {_date(first)} to {_date(first + last)}")  # fmt: skip
    return number


def _first_month(calendar: Calendar) -> int:
    """Months from the year 0 to the first of a run."""
    year, month = calendar.start.split("-")
    return 12 * int(year) + int(month) - 1


@dataclass
class NetworkRecorder:
    """Keeps the networks of some months while a history and its branches are simulated."""

    months: Sequence[int]
    #: By month and arm.
    graphs: dict[tuple[int, str], nx.Graph] = field(default_factory=dict)

    def of(self, arm: str) -> _OfArm:
        """What looks at the world of one arm."""
        return _OfArm(self, arm)


@dataclass(frozen=True)
class _OfArm:
    recorder: NetworkRecorder
    arm: str

    def stride(self, month: int, wanted: int) -> int:
        """Months to advance from ``month``: no further than the end of the next that is kept."""
        return min([wanted, *(number + 1 - month for number in self.recorder.months if number >= month)])

    def see(self, world: Any) -> None:
        """Keep the month that the world has just finished, if it is one of them."""
        number = world.month - 1
        if number in self.recorder.months:
            self.recorder.graphs[number, self.arm] = network_of(world, arm=self.arm)


def network_name(graph: nx.Graph, ending: str) -> str:
    """File name that says month and arm: ``2016-06_shocked.graphml``."""
    return f"{graph.graph['date']}_{graph.graph['arm']}.{ending}"


def network_of(model: Any, *, arm: str, nodes: Nodes = "organisations") -> nx.Graph:
    """The network of the month that a model has just finished."""
    import networkx as nx

    if model.month < 1:
        raise InputError("month", model.month, problem="nothing has been simulated yet", allowed="model.advance(1)")
    config, number = model.config, model.month - 1
    date, world = _date(_first_month(config.calendar) + number), model.setting.world.name
    graph = nx.Graph(
        # GEXF keeps the name alone
        name=f"{world}, {date}, {arm}, seed {config.seed}, replicate {config.replicate}", month=number, date=date,
        arm=arm, seed=config.seed, replicate=config.replicate, world=world, nodes=nodes,
    )  # fmt: skip
    (_add_countries if nodes == "countries" else _add_organisations)(graph, model)
    return graph


def write_network(graph: nx.Graph, path: str | Path) -> Path:
    """Write a network as GraphML or GEXF, by the ending of the file.

    Raises
    ------
    InputError
        If the ending is neither, or the file cannot be written.
    """
    import networkx as nx

    file = Path(path).expanduser()
    if file.suffix.lower() not in FORMATS:
        raise InputError("path", str(path), problem="is no format of networks", allowed=", ".join(FORMATS))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        getattr(nx, FORMATS[file.suffix.lower()])(graph, file)
    except OSError as error:
        raise InputError("path", str(path), problem=f"cannot be written ({error.strerror or error})") from None
    return file


def _need(key: str, given: Any, known: tuple[str, ...]) -> None:
    if given not in known:
        raise InputError(key, given, ", ".join(known), nearest_name(str(given), known))


def _arm_of(model: Ecosystem) -> str:
    """Which branch a model is, as far as it can tell: a fork without shocks is the twin."""
    if model.month <= model.announcement_month:
        return SHARED
    if model.setting.placebo:
        return "placebo"
    return "shocked" if model.setting.acting else "twin"


def _date(months: int) -> str:
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


def _add_countries(graph: nx.Graph, model: Any) -> None:
    joint, world = model.country_pairs(), model.setting.world
    for code, name in zip(world.countries, world.country_names, strict=True):
        graph.add_node(code, name=name)
    for one, other in zip(*np.nonzero(np.triu(joint)), strict=True):
        graph.add_edge(world.countries[one], world.countries[other], person_months=float(joint[one, other]))


def _add_organisations(graph: nx.Graph, model: Any) -> None:
    state, world = model.state, model.setting.world
    # what ended with the month worked in it too
    ended = np.flatnonzero(state.partnerships.used["ended_month"] == state.month - 1)
    organisations, seats = state.organisations, state.seats.used
    for number in np.union1d(state.active, ended):
        row = state.partnerships.used[number]
        if row["work_now"] <= 0.0:
            continue
        own = seats[row["first_seat"] : row["first_seat"] + row["seats"]]
        own = own[(own["work_now"] > 0.0) & (own["organisation"] >= 0)]
        members = []
        for seat in own:
            member = organisations[seat["organisation"]]
            members.append(int(member["key"]))
            graph.add_node(
                members[-1], country=world.countries[member["country"]], type=ORGANISATION_TYPES[member["type"]],
                size=float(member["size"]), sme=bool(member["sme"]), peripheral=bool(member["peripheral"]),
            )  # fmt: skip
        work = own["work_now"]
        for k, one in enumerate(members):
            for m in range(k + 1, len(members)):
                both = float(2.0 * work[k] * work[m] / row["work_now"])
                edge = graph.get_edge_data(one, members[m], {"person_months": 0.0, "partnerships": 0, "funded": 0})
                graph.add_edge(
                    one, members[m], person_months=edge["person_months"] + both,
                    partnerships=edge["partnerships"] + 1, funded=edge["funded"] + int(row["funder"] >= 0),
                )  # fmt: skip
