"""What the handles mean for organisations: the tables that search, answers and work read.

Computed from the handles whenever those are rebuilt, so that a compiled loop reads one number where it would otherwise
combine several channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.balance import nearness, participation_mass
from ecosim.channels.belief import Belief, answer, beliefs_of, ready, sought
from ecosim.channels.displaced import moved
from ecosim.channels.handles import Handles
from ecosim.channels.supply import InputFlows, input_flows
from ecosim.config.behaviour import BehaviourConfig, MechanismsConfig
from ecosim.numerics import power_each, power_of_rows
from ecosim.world.facts import World


class Choice(NamedTuple):
    """What leads and those they ask face when a consortium is put together; see :class:`Effects`."""

    look_funded: NDArray[np.float64]
    look_unfunded: NDArray[np.float64]
    newcomer_entry: NDArray[np.float64]
    firms_met: NDArray[np.float64]
    chance_met: NDArray[np.float64]
    match_quality: NDArray[np.float64]
    first_trust: NDArray[np.float64]
    openness: NDArray[np.float64]
    acceptance: NDArray[np.float64]
    acceptance_unfunded: NDArray[np.float64]
    eligibility: NDArray[np.float64]
    joining: NDArray[np.float64]
    trust_ceiling: NDArray[np.float64]


class Tenure(NamedTuple):
    """Who may stay in work under way; see :class:`Effects`."""

    eligibility: NDArray[np.float64]
    staying: NDArray[np.float64]
    keeping: NDArray[np.float64]
    keeping_alone: NDArray[np.float64]
    kept_open: NDArray[np.float64]
    any_closed: bool


class Conditions(NamedTuple):
    """What a month of work meets; see :class:`Effects`."""

    pace: NDArray[np.float64]
    capacity: NDArray[np.float64]
    pilot_cost: NDArray[np.float64]
    inputs: InputFlows


@dataclass(frozen=True, eq=False)
class Undoubted:
    """Tables that no belief enters; C countries, S sectors, T terms of funding."""

    #: (T, C, C, S) weight with which leads of the first country would look at the second for funded work, and
    #: (C, C, S) for unfunded work, where distance weighs more; and (C, C, S) the chance that who has room would accept.
    near_funded: NDArray[np.float64]
    near_unfunded: NDArray[np.float64]
    accepts: NDArray[np.float64]
    #: (C, C) share of the second country's organisations sought by size from the first that are newcomers instead.
    newcomer_entry: NDArray[np.float64]
    #: (C, C, S) the same of firms, and (C,) share of meetings by chance that come about.
    firms_met: NDArray[np.float64]
    chance_met: NDArray[np.float64]
    #: (C, S) weight of fitting knowledge beside that at rest, by country of the lead.
    match_quality: NDArray[np.float64]
    #: (C, C) trust of people who have met.
    first_trust: NDArray[np.float64]
    #: (C, C, S) mean openness of the channels that a choice among candidates weighs.
    openness: NDArray[np.float64]
    #: (T, C, C, S) share of organisations of the second country fundable in a consortium led from the first.
    eligibility: NDArray[np.float64]
    #: (T, C, C, S) the same with those whom their own agency pays; a lead cannot be paid so.
    joining: NDArray[np.float64]
    #: (C, C) political openness over its base: 1 where nothing has closed.
    kept_open: NDArray[np.float64]
    #: Whether any pair is less open than its base.
    any_closed: bool
    #: (C, C, S) speed of joint work beside work without borders.
    pace: NDArray[np.float64]
    #: (C, C) share of the second country's knowledge that the first reaches, and whether any differs from rest.
    knowledge_access: NDArray[np.float64]
    knowledge_closed: bool
    #: (T, C, C, S) share of organisations of the second country that stay funded in running grants led from the first.
    staying: NDArray[np.float64]
    #: (T, C, C, S) the same with those whom their own agency pays, and (T, C, S) under whatever lead they may find, for
    #: members left without one.
    keeping: NDArray[np.float64]
    keeping_alone: NDArray[np.float64]
    #: (C, C) ceiling on trust.
    trust_ceiling: NDArray[np.float64]
    #: What sites get of each kind of input, and how suppliers share out what is short.
    inputs: InputFlows
    #: (C,) working capacity, and (C,) multiplier on months until a new member works.
    capacity: NDArray[np.float64]
    friction_replace: NDArray[np.float64]
    #: (C, C) ease of moving people.
    mobility: NDArray[np.float64]
    #: (S,) what work at several sites costs beside one.
    pilot_cost: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Unbound(Undoubted):
    """With what doubt makes of unfunded work: tables that no belief in a programme enters."""

    #: (C, S, C) running sum over partner countries of the weight with which search looks there.
    look_unfunded: NDArray[np.float64]
    #: (C, C, S) chance that an organisation with room accepts an invitation.
    acceptance_unfunded: NDArray[np.float64]
    #: (S, C) how far doubt, and whatever keeps people from starting, leave leads ready to start: 1 without any.
    readiness_unfunded: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Effects(Unbound):
    """Tables over lead or first country and partner country, with what doubt makes of them."""

    #: (T, C, S, C), (T, C, C, S) and (T, S, C): the three tables of :class:`Unbound` for funded work, by the terms of
    #: the funder.
    look_funded: NDArray[np.float64]
    acceptance: NDArray[np.float64]
    readiness: NDArray[np.float64]

    @property
    def choice(self) -> Choice:
        """The tables that search and founding read."""
        return Choice(
            self.look_funded, self.look_unfunded, self.newcomer_entry, self.firms_met, self.chance_met,
            self.match_quality, self.first_trust, self.openness, self.acceptance, self.acceptance_unfunded,
            self.eligibility, self.joining, self.trust_ceiling,
        )  # fmt: skip

    @property
    def tenure(self) -> Tenure:
        """The tables that say who may stay."""
        return Tenure(self.eligibility, self.staying, self.keeping, self.keeping_alone, self.kept_open, self.any_closed)

    @property
    def conditions(self) -> Conditions:
        """The tables that work reads."""
        return Conditions(self.pace, self.capacity, self.pilot_cost, self.inputs)


def effects_of(
    handles: Handles, base: Handles, world: World, behaviour: BehaviourConfig, mechanisms: MechanismsConfig,
    own_country_only: Sequence[bool] = (False,), has_agency: NDArray[np.bool_] | None = None,
    open_to_all: Sequence[bool] | None = None,
    agreed: Sequence[NDArray[np.float64] | None] | None = None, balanced: NDArray[np.float64] | None = None,
    unfunded_at_rest: NDArray[np.float64] | None = None, undoubted: Undoubted | None = None,
    unbound: Unbound | None = None,
) -> Effects:  # fmt: skip
    """Combine the month's handles into the tables organisations meet.

    Parameters
    ----------
    handles, base : Handles
        This month's handles, and those of a world without shocks or instruments.
    world : World
        Facts.
    behaviour : BehaviourConfig
        Powers and responses.
    mechanisms : MechanismsConfig
        What is switched off.
    own_country_only : sequence of bool, length T
        Whether funders of these terms pay organisations of the lead's country alone; else the handle says whom.
    has_agency : ndarray of bool, shape (C,), optional
        Countries whose own agency can pay for their organisations; none by default.
    open_to_all : sequence of bool, length T, optional
        Whether funders of these terms pay organisations of all countries, whatever the handle says; none by default.
    agreed : sequence of ndarray of float, shape (C, C), length T, optional
        Of funders that pay their own country alone: 1 where the second country's agency pays its organisations in
        grants of the first's; none by default.
    balanced : ndarray of float, shape (C, S), optional
        Factors of countries in funded search, from :func:`ecosim.channels.balance.balance`; all 1 by default.
    unfunded_at_rest : ndarray of float, shape (C, C), optional
        Weight with which leads of unfunded work look at each country in a world at rest
        (:mod:`ecosim.unfunded`); by default it follows from researchers and awareness.
    undoubted : Undoubted, optional
        What was made before of handles that differ from these in belief alone; by default it is made.
    unbound : Unbound, optional
        The same of handles that differ in belief in the programme alone.

    Notes
    -----
    A role needs two consents: of whoever fills it and of those who rely on it. Both weigh what they expect to keep, to
    the power ``expectation_response``. Who fills it loses all it would have; the others lose what hinges on it: of a
    grant ``lead_stake`` with its lead (who is to lead is settled before partners are asked, so it counts there and not
    when they answer), the months until a substitute works with a member; all, where nobody steps in. What is believed
    of whom: :mod:`ecosim.channels.belief`.
    """
    acceptance = behaviour.acceptance
    response = acceptance.expectation_response
    undoubted = unbound or undoubted
    if undoubted is None:
        undoubted = _undoubted(
            handles, base, world, behaviour, own_country_only, has_agency, open_to_all, agreed, balanced,
            unfunded_at_rest,
        )  # fmt: skip
    bound, elsewhere = beliefs_of(handles, mechanisms.expectation)
    if unbound is None:
        unbound = _unbound(undoubted, elsewhere, response, handles.starting)
    belief_of = [elsewhere if rule else bound for rule in _rules(own_country_only, open_to_all)]
    lost_with_member = _lost_with_member(world, behaviour, mechanisms)
    # What doubt leaves follows from a belief alone, which funders of several terms share.
    looks = {id(belief): sought(belief, lost_with_member, response) for belief in _each_once(belief_of)}
    answers = {id(belief): answer(belief, response) for belief in _each_once(belief_of)}
    # Where leads look: what doubt leaves of where they would.
    look_funded = np.stack([
        near * looks[id(belief)] for near, belief in zip(undoubted.near_funded, belief_of, strict=True)
    ])  # fmt: skip
    ready_to_lead = [
        ready(belief, acceptance.lead_stake, response, weight.transpose(0, 2, 1))
        for belief, weight in zip(belief_of, undoubted.near_funded * undoubted.joining, strict=True)
    ]
    return Effects(
        **{field.name: getattr(unbound, field.name) for field in fields(Unbound)},
        look_funded=np.ascontiguousarray(np.cumsum(look_funded, axis=2).transpose(0, 1, 3, 2)),
        acceptance=np.stack([undoubted.accepts * answers[id(belief)] for belief in belief_of]),
        readiness=np.stack(ready_to_lead) * handles.starting,
    )


def _each_once(beliefs: Sequence[Belief]) -> list[Belief]:
    return list({id(belief): belief for belief in beliefs}.values())


def _unbound(
    undoubted: Undoubted, belief: Belief, response: float, starting: NDArray[np.float64]
) -> Unbound:  # fmt: skip
    """Make the tables of unfunded work; see :func:`effects_of`."""
    look = undoubted.near_unfunded * sought(belief, 1.0, response)
    return Unbound(
        **{field.name: getattr(undoubted, field.name) for field in fields(Undoubted)},
        look_unfunded=np.ascontiguousarray(np.cumsum(look, axis=1).transpose(0, 2, 1)),
        acceptance_unfunded=np.ascontiguousarray(undoubted.accepts * answer(belief, response)),
        readiness_unfunded=ready(belief, 1.0, response, undoubted.near_unfunded.transpose(0, 2, 1)) * starting,
    )


def _rules(own_country_only: Sequence[bool], open_to_all: Sequence[bool] | None) -> list[str]:
    """Whom funders of each terms let in by a rule of their own; empty where the handle says it."""
    to_all = open_to_all or [False] * len(own_country_only)
    return [
        "home" if at_home else ("all" if everybody else "")
        for at_home, everybody in zip(own_country_only, to_all, strict=True)
    ]


def _undoubted(
    handles: Handles, base: Handles, world: World, behaviour: BehaviourConfig,
    own_country_only: Sequence[bool], has_agency: NDArray[np.bool_] | None, open_to_all: Sequence[bool] | None,
    agreed: Sequence[NDArray[np.float64] | None] | None, balanced: NDArray[np.float64] | None,
    unfunded_at_rest: NDArray[np.float64] | None,
) -> Undoubted:  # fmt: skip
    """Make the tables that no belief enters; see :func:`effects_of`."""
    search, acceptance = behaviour.search, behaviour.acceptance
    n = world.n_countries
    # Data and technology matter only as far as the sector's work depends on them.
    data = 1.0 - world.data_intensity * (1.0 - handles.data[:, :, None])
    technology = 1.0 - world.technology_sensitivity * (1.0 - handles.technology_control[:, :, None])
    technology = technology * handles.licence
    # One process after another, not a matrix product: linear algebra libraries add in an order of their own.
    regulation = np.zeros((n, n, world.regulation_weight.shape[0]))
    for of_process, weight in zip(handles.regulation, world.regulation_weight.T, strict=True):
        regulation += of_process[:, :, None] * weight
    political = handles.political[:, :, None]
    mobility = handles.mobility[:, :, None]
    openness = (political + mobility + data + technology + regulation) / 5.0
    # Fair terms win those who would decline for themselves, and open nothing that is closed.
    willing = acceptance.base + handles.fair_terms * (1.0 - acceptance.base)
    accepts = willing[:, :, None] * power_each(political, acceptance.political_response) * technology
    pace = 1.0 - behaviour.work.pace_response * (1.0 - (regulation + data + mobility) / 3.0)
    own = np.eye(n)
    mass = participation_mass(world)
    if balanced is not None:
        mass = mass * balanced
    researchers = world.researchers_thousand / world.researchers_thousand.sum()
    unfunded_mass = researchers[:, None] * world.country_sector_share
    rules = _rules(own_country_only, open_to_all)
    rule_of = [{"home": own[:, :, None], "all": np.ones((n, n, 1)), "": None}[rule] for rule in rules]
    shape = handles.eligibility.shape
    may = np.stack([handles.eligibility if rule is None else np.broadcast_to(rule, shape) for rule in rule_of])
    near = nearness(handles.awareness, search)
    with np.errstate(divide="ignore", invalid="ignore"):
        changed_openness = np.where(base.political > 0.0, handles.political / base.political, 1.0)
    kept_open = np.minimum(changed_openness, 1.0)
    abroad = np.zeros((n, n))
    if has_agency is not None:
        abroad = (1.0 - own) * (handles.own_payment * has_agency)[None, :]
    signed = [np.zeros((n, n)) if agreement is None else agreement for agreement in agreed or [None] * len(may)]
    # Agreements lapse with relations for new work; what is under way is honoured.
    paid_elsewhere = [
        agreement * kept_open if at_home else abroad
        for at_home, agreement in zip(own_country_only, signed, strict=True)
    ]
    joining = np.maximum(may, np.stack(paid_elsewhere)[:, :, :, None])
    # Whom the rules let in is settled when somebody is considered; a country that is out altogether is not looked at.
    near_by = (mass[None] * near)[None] * (joining > 0.0)
    if world.own_size:
        # Only the programme knows countries by who takes part in it.
        near_by[1:] = (unfunded_mass[None] * near)[None] * (joining[1:] > 0.0)
    if unfunded_at_rest is None:
        unfunded = unfunded_mass[None] * power_of_rows(handles.awareness, search.unfunded_awareness_power) * political
    else:
        # What handles do to it is what they do beside the world at rest.
        better_known = power_of_rows(handles.awareness / base.awareness, search.unfunded_awareness_power)
        unfunded = (
            (unfunded_at_rest[:, :, None] * world.country_sector_share[None]) * better_known
            * changed_openness[:, :, None]
        )  # fmt: skip
    running = [handles.running_grants if rule is None else np.broadcast_to(rule, shape) for rule in rule_of]
    staying = np.maximum(may, np.stack(running))
    keeping = np.maximum(np.maximum(staying, joining), np.stack(signed)[:, :, :, None])
    capacity = handles.capacity
    return Undoubted(
        near_funded=near_by,
        near_unfunded=unfunded,
        accepts=accepts,
        newcomer_entry=handles.newcomer_entry,
        firms_met=handles.firms_met,
        chance_met=handles.chance_met,
        match_quality=handles.match_quality,
        first_trust=handles.first_trust,
        openness=np.ascontiguousarray(openness),
        eligibility=may,
        joining=joining,
        staying=staying,
        keeping=keeping,
        keeping_alone=np.ascontiguousarray(keeping.max(axis=1)),
        kept_open=kept_open,
        any_closed=bool((kept_open < 1.0).any()),
        pace=np.ascontiguousarray(pace),
        knowledge_access=handles.knowledge_access,
        knowledge_closed=not np.array_equal(handles.knowledge_access, base.knowledge_access),
        trust_ceiling=handles.political,
        inputs=input_flows(handles, world, behaviour.supply),
        capacity=moved(capacity, handles, world, behaviour.work.displaced_at_work),
        friction_replace=handles.friction_replace,
        mobility=handles.mobility,
        pilot_cost=handles.pilot_cost,
    )


def _lost_with_member(world: World, behaviour: BehaviourConfig, mechanisms: MechanismsConfig) -> float:
    """Share of a funded seat's work lost until a substitute works; all of it if none is looked for."""
    if not mechanisms.substitution:
        return 1.0
    months = behaviour.work.grace_months + behaviour.work.start_up_months
    return min(1.0, months / _mean_duration_months(world))


@lru_cache(maxsize=8)
def _mean_duration_months(world: World) -> float:
    return float(world.consortium_shapes["duration_months"].mean())
