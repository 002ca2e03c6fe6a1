"""Unfunded work of a world at its own size, at rest: how much there is, who starts it, and with whom.

What a country does in common with another is known from co-publications. Of each pair's joint work the programme pays
a part; what remains is unfunded. From it follow the partnerships started in each country and where their leads look, so
that the joint work of every pair comes out as it goes in while nothing has changed.

The order of the reckoning: :func:`joint_work` (what pairs do in common), :func:`programme_pairs` (what of it the
programme pays), :func:`flows_for` (who starts how much with whom), :func:`at_rest` (all of it).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.awareness import country_effects, gravity_of, observed_and_expected
from ecosim.channels.effects import Effects
from ecosim.config.channels import AwarenessConfig
from ecosim.config.world import OwnSizeConfig
from ecosim.funders.national_agency import NationalAgency
from ecosim.numerics import exp_each, power, power_each, product
from ecosim.tables import PROGRAMME
from ecosim.world.facts import World
from ecosim.world.population import Population

if TYPE_CHECKING:
    from ecosim.config.behaviour import BehaviourConfig, SearchConfig, WorkConfig
    from ecosim.scenario import Scenario

#: Rounds of the reckoning of flows; the error of pairs falls to under a thousandth within ten.
ROUNDS = 40
#: Least share of invitations that is taken to be left when one country has had its own.
_LEAST_LEFT = 0.05
#: Noise in choices under which the best candidate is as good as sure to be chosen.
_LEAST_NOISE = 0.1
#: Share of the room of organisations that work at rest fills: as much again is free, so that people and partners, not
#: room, are what search finds short.
FILLED = 0.5


class AtRest(NamedTuple):
    """Unfunded work of a world at rest; C countries."""

    #: (C, C) weight with which leads of the first country look at the second.
    look: NDArray[np.float64]
    #: (C,) partnerships started a month.
    starts: NDArray[np.float64]
    #: Person-months a month.
    effort: float
    #: (C, C) joint work of pairs that it is reckoned for, person-months a month.
    joint: NDArray[np.float64]
    #: (C, C) the same of the programme.
    programme: NDArray[np.float64]


def joint_work(world: World, own: OwnSizeConfig, awareness: AwarenessConfig) -> NDArray[np.float64]:
    """Joint work of every pair that the facts stand for, person-months a month at full size, (C, C) symmetric.

    ``expected * ratio ** observed_weight``, balanced so that every country's total is that of its co-publications:
    expected from gravity and totals, ratio the observed works over them.

    Notes
    -----
    A work published by two countries counts for both, whoever else took part; joint work is a pair's part of
    collaboration. ``person_months_per_copublication`` stands between the two, and is assumed.

    References
    ----------
    Country totals and pairs: OpenAlex. Balancing: Sinkhorn and Knopp 1967.
    """
    ratio, expected = observed_and_expected(world, gravity_of(world, awareness), awareness)
    raw = expected * power_each(ratio, own.observed_weight)
    np.fill_diagonal(raw, 0.0)
    total = world.copublications.sum(axis=1)
    effect = country_effects(raw, total)
    return raw * effect[:, None] * effect[None, :] * (own.person_months_per_copublication / 12.0)


def programme_pairs(world: World, rest: Effects) -> NDArray[np.float64]:
    """Share of the programme's work that each pair has in common, by where its leads look; (C, C), symmetric.

    The diagonal does not count.

    Notes
    -----
    Leads come from the countries that may lead, by their share of participations; every member of a consortium is
    found by its lead. Of n members who work alike a pair has ``2 / n ** 2`` of the work in common. What members find
    through each other, and cores that form again, keep these shares to a first approximation.
    """
    shapes = world.consortium_shapes
    size = shapes["size"].astype(np.float64)
    weight = shapes["grant_eur"].astype(np.float64)
    weight = weight / weight.sum()
    with_lead = float((weight * 2.0 * (size - 1.0) / size**2).sum())
    without = float((weight * (size - 1.0) * (size - 2.0) / size**2).sum())
    # Whom the rules do not let in is looked at and passed over.
    may = rest.eligibility[PROGRAMME]
    look = np.diff(rest.look_funded[PROGRAMME], axis=2, prepend=0.0) * may.transpose(0, 2, 1)
    whole = look.sum(axis=2, keepdims=True)
    seen = np.divide(look, whole, out=np.zeros_like(look), where=whole > 0.0)
    partner = (seen * world.sector_money_share[None, :, None]).sum(axis=1)
    may_lead = (np.diagonal(may).T * world.sector_money_share[None, :]).sum(axis=1)
    lead = world.participation_share * may_lead * (partner.sum(axis=1) > 0.0)
    if lead.sum() <= 0.0:
        return np.zeros_like(partner)
    lead = lead / lead.sum()
    first = lead[:, None] * partner
    second = product(partner.T * lead[None, :], partner)
    return np.asarray(with_lead * (first + first.T) + 2.0 * without * second)


def flows_for(wanted: NDArray[np.float64], work: WorkConfig) -> NDArray[np.float64]:
    """First invitations that leads of each country send each month to each, where these give the joint work wanted.

    Parameters
    ----------
    wanted : ndarray of float, shape (C, C)
        Unfunded joint work of pairs, person-months a month; symmetric, the diagonal does not count.
    work : WorkConfig
        Sizes, length and monthly work of unfunded partnerships.

    Returns
    -------
    ndarray of float, shape (C, C)
        Symmetric; a row adds up to the partnerships that the country starts a month.

    Notes
    -----
    All members of a partnership are of different countries. Two of n have ``2 / n`` of a member's work in common.
    Members found by one lead also work with each other, so flows are found round by round: each pair's by what is
    wanted over what :func:`reached` says.
    """
    flows = np.where(~np.eye(len(wanted), dtype=np.bool_), wanted, 0.0)
    for _ in range(ROUNDS):
        found = reached(flows, work)
        flows = flows * np.divide(wanted, found, out=np.zeros_like(flows), where=found > 0.0)
    return flows


def reached(flows: NDArray[np.float64], work: WorkConfig) -> NDArray[np.float64]:
    """Joint work of pairs that flows of first invitations give, (C, C) symmetric.

    Notes
    -----
    The second partner is drawn like the first among the countries left. The third is taken to be as likely beside each
    as the second is, which is exact to a few per cent.
    """
    # one draw decides about the third and the fourth member
    four, three = sorted((work.unfunded_third_member, work.unfunded_fourth_member))
    months = 1.0 / (1.0 / work.unfunded_duration_months + work.unfunded_ending_hazard)
    each = 2.0 * work.unfunded_person_months * months
    of_two, of_three, of_four = each * (1.0 - three) / 2.0, each * (three - four) / 3.0, each * four / 4.0
    started = flows.sum(axis=1, keepdims=True)
    first = np.divide(flows, started, out=np.zeros_like(flows), where=started > 0.0)
    odds = first / np.maximum(1.0 - first, _LEAST_LEFT)
    either = first * (1.0 + odds.sum(axis=1, keepdims=True) - odds)
    with_lead = started * (of_two * first + (of_three + 1.5 * of_four) * either)
    second = product((started * odds).T, first)
    found = with_lead + with_lead.T + (of_three + 3.0 * of_four) * (second + second.T)
    np.fill_diagonal(found, 0.0)
    return np.asarray(found)


def at_rest(world: World, config: Scenario, rest: Effects) -> AtRest:
    """Unfunded work of a world at its own size, while no shock acts and no instrument is paid.

    Parameters
    ----------
    world : World
        Facts.
    config : Scenario
        Its size and behaviour; policy and programme do not count, for policies are compared on the same world.
    rest : Effects
        What handles at rest mean.
    """
    own, behaviour, scale = config.world.own_size, config.behaviour, config.world.scale
    joint = scale * joint_work(world, own, config.channels.awareness)
    effort = world.appropriation_eur_per_month * scale / behaviour.work.cost_per_person_month_eur
    programme = effort * programme_pairs(world, rest)
    flows = flows_for(np.maximum(joint - programme, 0.0), behaviour.work)
    starts = flows.sum(axis=1)
    shares = np.divide(flows, starts[:, None], out=np.zeros_like(flows), where=starts[:, None] > 0.0)
    look = shares * _asked_more(shares, _willing(world, rest, behaviour), behaviour.search)
    return AtRest(look, starts, _effort(starts, behaviour.work), joint, programme)


def _asked_more(
    shares: NDArray[np.float64], willing: NDArray[np.float64], search: SearchConfig
) -> NDArray[np.float64]:  # fmt: skip
    """(C, C): how much more a lead looks at a country than it wants of it, so that it finds what it wants.

    Notes
    -----
    A share s of partners comes from earlier partnerships, whose members have once been willing already. Let a share p
    of partners be wanted of a country whose organisations are w times as willing as the mean. Then p is what comes out
    when it is what came out before: ``p = ((1 - s) look + s p) w``, so ``look = p (1 / w - s) / (1 - s)``.
    """
    # Who worked with the lead before is preferred, as one partnership begun together is worth in the choice.
    preferred = power(2.0, search.familiarity_weight / max(search.choice_noise, _LEAST_NOISE))
    met = search.past_partner_share * preferred + search.partners_partner_share
    heard = max(1.0 - search.past_partner_share - search.partners_partner_share, _LEAST_LEFT)
    known = met / (met + heard)
    mean = (shares * willing).sum(axis=1, keepdims=True)
    beside = np.where(mean > 0.0, willing / np.where(mean > 0.0, mean, 1.0), 1.0)
    return np.asarray(np.maximum(1.0 / beside - known, _LEAST_LEFT) / (1.0 - known))


def _willing(world: World, rest: Effects, behaviour: BehaviourConfig) -> NDArray[np.float64]:
    """(C, C): how much likelier those are chosen, and say yes, to whom channels are open, beside the own country."""
    share = world.sector_money_share[None, None, :]
    noise = max(behaviour.search.choice_noise, _LEAST_NOISE)
    chosen = exp_each(behaviour.search.channel_weight / noise * ((rest.openness * share).sum(axis=2) - 1.0))
    accepted = (rest.acceptance_unfunded * share).sum(axis=2) / max(behaviour.acceptance.base, 1e-9)
    willing = chosen * accepted
    return np.where(willing > 0.0, willing, 1.0)


def _effort(starts: NDArray[np.float64], work: WorkConfig) -> float:
    """Person-months a month of as many partnerships started."""
    members = 2.0 + work.unfunded_third_member + work.unfunded_fourth_member
    months = 1.0 / (1.0 / work.unfunded_duration_months + work.unfunded_ending_hazard)
    return float(starts.sum()) * members * months * work.unfunded_person_months


def home_effort(world: World, scale: float, cost_eur: float) -> float:
    """Person-months a month that national agencies pay for, as they are by default."""
    purses = NationalAgency().purses(world)
    return sum(purse.monthly_eur for purse in purses) * scale / cost_eur


def room_per_size(
    population: Population, world: World, config: Scenario, found: AtRest
) -> NDArray[np.float64]:  # fmt: skip
    """Partnerships at a time that an organisation of each country can carry, per unit of size, (C,).

    Capacity by default fits the programme. Where every country works at its own size much more is under way, so a
    country's organisations have, by their size, room for what facts put there at rest and as much again: with agencies
    at their default, whatever the policy, so that policies meet the same organisations.
    """
    work, agency, scale = config.behaviour.work, NationalAgency(), config.world.scale
    shapes = world.consortium_shapes
    seat_months = float((shapes["size"].astype(np.float64) * shapes["duration_months"]).sum())
    seats = world.participation_share * (world.appropriation_eur_per_month * scale * seat_months)
    seats = seats / float(shapes["grant_eur"].sum())
    # Seats of unfunded work are where it is done in common.
    joint = np.maximum(found.joint - found.programme, 0.0).sum(axis=1)
    seats = seats + joint / max(float(joint.sum()), 1e-9) * (found.effort / work.unfunded_person_months)
    for purse in agency.purses(world):
        seats[purse.leads] += purse.monthly_eur * scale / agency.team_eur_per_month
    first = population.organisations["arrival_month"] < 0
    size = np.zeros(world.n_countries)
    np.add.at(size, population.organisations["country"][first], population.organisations["size"][first])
    return np.maximum(seats / (FILLED * np.maximum(size, 1e-9)), config.behaviour.acceptance.capacity_per_size)


def with_room(population: Population, per_size: NDArray[np.float64]) -> Population:
    """The same organisations with as much room, by country, per unit of size."""
    rows = population.organisations.copy()
    wanted = per_size[rows["country"]] * rows["size"].astype(np.float64)
    rows["capacity"] = np.maximum(1.0, np.ceil(wanted)).astype(np.int32)
    return replace(population, organisations=rows)
