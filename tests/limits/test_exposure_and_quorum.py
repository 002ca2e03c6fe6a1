"""How many partnerships a closed border reaches, and how many outlive the loss of members.

In the full model, in worlds whose countries differ in nothing or in size alone and whose organisations choose blindly.
A target drawn in proportion to participation is expected to hold as many seats as the Herfindahl index says.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from ecosim.channels.effects import Tenure
from ecosim.model import Ecosystem
from ecosim.parameters import parameter_record
from ecosim.partnerships.attendance import Noted, attend
from ecosim.randomness import NEVER, named_uniform, replicate_key
from ecosim.scenario import with_overrides
from ecosim.shocks import date_shock
from ecosim.tables import ACTIVE, DEPARTURE, ORGANISATION, PARTNERSHIP, SEAT, WORKING
from ecosim.world.facts import World
from tests.bundles import one_country, some_rows
from tests.limits.corners import BLIND, UNDISTURBED, countries_of_size, equal_world, one_shape

Put = Callable[[World], None]


def test_a_target_drawn_evenly_reaches_each_partnership_of_m_members_with_chance_1_less_the_power(put: Put) -> None:
    put(equal_world())
    codes = equal_world().countries
    model = Ecosystem(
        **{
            "world.scale": 0.3,
            "timeline.burn_in_months": 0,
            "timeline.response_months": 24,
            "policy.appropriation_eur_per_month": 0.0,
            "shocks": {code: {"kind": "programme_exclusion", "targets": [code]} for code in codes},
            **BLIND,
        }
    ).fork("twin")
    model.advance(40)
    rows = model.state.partnerships.used
    n = len(codes)
    assert model.setting.risk.labels[:n] == codes
    for members in (2, 3, 4):
        risks = rows["risk"][rows["seats"] == members]
        hit = np.array([(risks >> bit) & 1 for bit in range(n)])
        expected = 1.0 - (1.0 - 1.0 / n) ** members
        assert len(risks) > 300
        # One draw of the target per partnership has this variance at most; n targets share the partnerships.
        error = np.sqrt(expected * (1.0 - expected) / len(risks))
        assert abs(hit.mean() - expected) < 4.0 * error


def share_at_work(members: int, quorum: float, lost: float, n: int = 6000) -> tuple[float, int]:
    """Share of partnerships that work when each member is lost on its own with a chance, and how many must work."""
    p = parameter_record(
        with_overrides(None, {"behaviour.work.quorum": quorum, "behaviour.work.member_withdrawal_hazard": 0.0})
    )
    partnerships, seats = np.zeros(n, dtype=PARTNERSHIP), np.zeros(n * members, dtype=SEAT)
    organisations = np.zeros(n * members, dtype=ORGANISATION)
    organisations["present"] = True
    organisations["standing_draw"] = np.random.default_rng(members).random(n * members)
    partnerships["status"], partnerships["seats"] = ACTIVE, members
    partnerships["first_seat"] = np.arange(n) * members
    partnerships["fails_month"] = seats["leaves_month"] = NEVER
    seats["organisation"] = np.arange(n * members)
    seats["partnership"] = np.repeat(np.arange(n), members)
    seats["state"] = WORKING
    open_share = np.full((1, 1, 1, 1), 1.0 - lost)
    rows = some_rows(
        organisations=organisations, partnerships=partnerships, seats=seats,
        departures=np.zeros(2 * n * members, dtype=DEPARTURE),
    )  # fmt: skip
    tenure = Tenure(open_share, open_share, open_share, open_share[0], np.ones((1, 1)), any_closed=False)
    noted = Noted(
        wanted=np.zeros((n * members, 2), dtype=np.int32), counts=np.zeros(6, dtype=np.int64),
        written_off=np.zeros(1, dtype=np.int64), agency_free=np.zeros(1, dtype=np.int64),
        taken_over=np.zeros((1, 1), dtype=np.int64),
    )  # fmt: skip
    attend(12, np.arange(n, dtype=np.int32), rows, 0, tenure, True, one_country(replicate_key(1, 0)), p, noted)
    return float((partnerships["working_now"] > 0).mean()), int(np.ceil(quorum * members))


@pytest.mark.parametrize("members", [2, 3, 5, 8, 15])
@pytest.mark.parametrize(("quorum", "lost"), [(0.5, 0.3), (0.5, 0.7), (0.8, 0.15), (0.34, 0.5)])
def test_a_quorum_of_members_lost_independently_is_a_binomial_tail(members: int, quorum: float, lost: float) -> None:
    share, needed = share_at_work(members, quorum, lost)
    expected = stats.binom.sf(needed - 1, members, 1.0 - lost)
    assert abs(share - expected) < 4.0 * np.sqrt(expected * (1.0 - expected) / 6000) + 1e-9


@pytest.mark.parametrize("quorum", [0.25, 0.5, 0.75])
def test_more_members_help_if_and_only_if_fewer_are_lost_than_can_be_spared(quorum: float) -> None:
    sizes = (4, 8, 16, 32)
    for lost, sign in ((1.0 - quorum - 0.15, 1), (1.0 - quorum + 0.15, -1)):
        shares = [share_at_work(members, quorum, lost)[0] for members in sizes]
        assert (np.diff(shares) * sign > 0.0).all()


#: Shares of six countries, from half of all participations to a twentieth.
SHARES = (0.45, 0.2, 0.13, 0.1, 0.07, 0.05)


def pairs_only(put: Put) -> Ecosystem:
    """Half a year of funded pairs between countries that differ in size alone, each the target of a shock."""
    world = equal_world(**countries_of_size(SHARES), **one_shape(members=2, months=36, grant_eur=300_000))
    put(world)
    codes = world.countries
    model = Ecosystem(
        **{
            **UNDISTURBED,
            **BLIND,
            "world.scale": 1.0,
            "timeline.calm_months": 6,
            "timeline.response_months": 1,
            "policy.appropriation_eur_per_month": 1.5e8,
            "shocks": {code: {"kind": "programme_exclusion", "targets": [code]} for code in codes},
        }
    )
    return model.fork("twin").advance(6)


@pytest.mark.slow
def test_who_is_exposed_follows_from_the_shares_of_countries(put: Put) -> None:
    model = pairs_only(put)
    world = model.setting.world
    rows, seats = model.state.partnerships.used, model.state.seats.used
    country = model.state.organisations["country"][seats["organisation"]]
    lead, partner = country[rows["first_seat"]], country[rows["first_seat"] + 1]
    n = len(rows)
    assert n > 2500
    exposed = np.array([((rows["risk"] >> c) & 1).mean() for c in range(world.n_countries)])
    share = np.bincount(country, minlength=world.n_countries) / len(country)
    # Leads and partners are drawn alike, and apart.
    assert share == pytest.approx(SHARES, abs=0.025)
    assert stats.chi2_contingency(np.histogram2d(lead, partner, bins=6)[0]).pvalue > 1e-4
    pairs = 1.0 - (1.0 - share) ** 2
    assert (np.abs(exposed - pairs) < 4.0 * np.sqrt(pairs * (1.0 - pairs) / n)).all()
    # Work, by country: what a target drawn evenly, and one drawn in proportion, is expected to hold.
    effort = model.series_by_country()["effort_by_country"][5]
    effort /= effort.sum()
    for by, expected in (("even", np.full(6, 1 / 6)), ("participation", world.participation_share)):
        shock = model.config.shocks["DEU"].model_copy(update={"targets": "drawn", "by": by})
        drawn = np.zeros(world.n_countries)
        for r in range(3000):
            drawn += date_shock("one", shock, world, 0, lambda question, r=r: named_uniform(1, r, question)).targets
        assert stats.chisquare(drawn, 3000 * expected).pvalue > 1e-4
        held, spread = expected @ effort, np.sqrt(expected @ effort**2 - (expected @ effort) ** 2)
        assert drawn @ effort / 3000 == pytest.approx(held, abs=4.0 * spread / 3000**0.5)
        if by == "even":
            assert held == pytest.approx(1.0 / world.n_countries)
    assert effort @ effort == pytest.approx(model.series()["country_concentration"][5])
    # Drawn in proportion, the target holds the Herfindahl index of seats, and of work across borders what is left when
    # pairs within a country are taken out.
    s = np.array(SHARES)
    assert world.participation_share @ share == pytest.approx(s @ s, abs=0.02)
    assert held == pytest.approx(s @ (s * (1.0 - s)) / (s @ (1.0 - s)), abs=0.02)


def at_work_in_the_full_model(put: Put, members: int, lost: float) -> tuple[float, float]:
    """Share of partnerships that work once each organisation has lost its standing with a chance, and its error."""
    put(equal_world(**one_shape(members, months=60, grant_eur=1_000_000)))
    model = Ecosystem(
        **{
            **UNDISTURBED,
            **BLIND,
            # Hardly any organisation sits in two consortia: those never funded before are asked.
            "behaviour.search.newcomer_share": 1.0,
            "world.scale": 4.0,
            "world.pool_factor": 5.0,
            "timeline.calm_months": 3,
            "timeline.response_months": 6,
            "policy.appropriation_eur_per_month": 4e7,
            "behaviour.work.quorum": 0.5,
            "behaviour.work.grace_months": 60,
            "behaviour.work.stalled_months": 60,
            "shocks": {
                "programme_exclusion": {
                    "targets": "all", "severity": lost, "expectation_loss": 0.0, "agreements_survive": False,
                    "running_grants_end": True,
                }
            },
        }
    ).advance(4)  # fmt: skip
    rows, seats = model.state.partnerships.used, model.state.seats.used
    before = rows[(rows["proposed_month"] < 3) & (rows["seats"] == members)]
    organisation = seats["organisation"][np.isin(seats["partnership"], np.flatnonzero(rows["proposed_month"] < 3))]
    # Consortia that share an organisation lose it together.
    alone = len(np.unique(organisation)) / members
    assert alone > 0.7 * len(before) > 250
    share = float((before["working_now"] > 0).mean())
    return share, float(np.sqrt(0.25 / alone))


@pytest.mark.parametrize(
    ("members", "lost"),
    [
        pytest.param(3, 0.3, marks=pytest.mark.slow),
        pytest.param(3, 0.7, marks=pytest.mark.slow),
        pytest.param(9, 0.3, marks=pytest.mark.slow),
        pytest.param(9, 0.7, marks=pytest.mark.slow),
        (8, 0.5),
    ],
)
def test_in_the_full_model_a_quorum_of_members_that_lose_their_standing_is_a_binomial_tail(
    put: Put,
    members: int,
    lost: float,
) -> None:
    share, error = at_work_in_the_full_model(put, members, lost)
    expected = stats.binom.sf(int(np.ceil(0.5 * members)) - 1, members, 1.0 - lost)
    assert abs(share - expected) < 4.0 * error


def test_in_the_full_model_more_members_help_if_fewer_are_lost_than_can_be_spared(put: Put) -> None:
    few, many = (at_work_in_the_full_model(put, members, 0.3)[0] for members in (3, 9))
    assert many > few
    few, many = (at_work_in_the_full_model(put, members, 0.7)[0] for members in (3, 9))
    assert many < few
