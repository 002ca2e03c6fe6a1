"""AI for health in the month: switched on it moves nothing else; shocks and instruments reach it through handles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ecosim.errors import InputError
from ecosim.health import benefit
from ecosim.model import Ecosystem
from ecosim.month.health import circumstances, code_key, countermeasures, drawn_outbreaks
from ecosim.outcomes.health import COUNTRY_OUTCOMES, OUTCOMES
from ecosim.randomness import replicate_key
from ecosim.tables import IN_USE, PILOT, TECHNOLOGY
from tests.models import SMALL, bits, fingerprint, to_the_end

#: Five countries between which data do not all go freely, and research so small that it takes no time.
TINY: dict[str, Any] = {
    **SMALL, "world.preset": "global", "world.countries": ["DEU", "IND", "KEN", "USA", "ZAF"], "world.scale": 0.001,
    "mechanisms.health": True, "behaviour.health.growth_per_day": 0.2,
}  # fmt: skip
NAMES = [name for name, _, _ in OUTCOMES]


def tiny(**overrides: Any) -> Ecosystem:
    return Ecosystem(**{**TINY, **{key.replace("__", "."): value for key, value in overrides.items()}})


def after(model: Ecosystem, name: str) -> float:
    """Mean of an outcome over the response."""
    return float(to_the_end(model).series()[name][model.announcement_month :].mean())


def changed(model: Ecosystem, name: str) -> float:
    """What the scenario's shocks change of an outcome over the response."""
    model.advance(model.announcement_month)
    twin = model.fork("twin")
    return after(model, name) - after(twin, name)


def test_it_moves_nothing_else() -> None:
    """Off, none of it is there; on, all other columns keep their bits."""
    off, on = to_the_end(tiny(mechanisms__health=False)), to_the_end(tiny())
    assert off.state.health is None
    assert not set(NAMES) & set(off.series())
    series = on.series()
    assert set(series) - set(off.series()) == set(NAMES)
    for name, values in off.series().items():
        np.testing.assert_array_equal(series[name], values, err_msg=name)
    by_country = on.series_by_country()
    assert set(by_country) - set(off.series_by_country()) == {name for name, _, _ in COUNTRY_OUTCOMES}
    for name, values in off.series_by_country().items():
        np.testing.assert_array_equal(by_country[name], values, err_msg=name)


def test_countries_add_up_to_the_world() -> None:
    model = to_the_end(tiny(instruments={"data_sharing_agreement": {"monthly_eur": 1e6}}))
    series, parts = model.series(), model.series_by_country()
    people = model.setting.health.facts.population_million
    for name in ("infections_unshared", "infections_avoided", "health_benefit", "health_decisions"):
        np.testing.assert_allclose(parts[f"{name}_by_country"].sum(axis=1), series[name], rtol=1e-9, atol=1e-6)
    for name in ("health_error_mean", "health_adoption", "health_dependence"):
        mean = (parts[f"{name}_by_country"] * people).sum(axis=1) / people.sum()
        np.testing.assert_allclose(mean, series[name], rtol=1e-9)
    worst = parts["health_error_worst_group_by_country"].max(axis=1)
    np.testing.assert_array_equal(worst, series["health_error_worst_group"])
    # and of a country its two groups
    both = np.stack([parts[f"health_error_{name}_recorded_by_country"] for name in ("well", "badly")])
    np.testing.assert_array_equal(both.max(axis=0), parts["health_error_worst_group_by_country"])
    np.testing.assert_array_equal(both.max(axis=0) - both.min(axis=0), parts["health_error_gap_by_country"])
    share = model.setting.health.groups.people.reshape(-1, 2).T / people
    np.testing.assert_allclose((both * share[:, None]).sum(axis=0), parts["health_error_mean_by_country"], rtol=1e-12)
    # records that hold people badly teach less about them
    assert (both[1] > both[0]).all()


def test_a_world_without_facts_is_one_line() -> None:
    for world, named in ({"world.preset": "europe"}, "ROW"), ({"world.preset": "synthetic"}, "C00"):
        with pytest.raises(InputError, match=r"mechanisms\.health.*no facts about health of") as error:
            Ecosystem(**{**SMALL, **world, "mechanisms.health": True})
        assert "\n" not in str(error.value)
        assert named[:1] in str(error.value)


def test_fork_copy_and_twin_are_one_until_the_announcement() -> None:
    model = tiny(shocks={"misinformation_wave": {"targets": "all"}}, instruments={"oversight_board": {}})
    model.advance(model.announcement_month)
    fork, twin = model.fork("shocked"), model.fork("twin")
    before = bits(twin.state)
    to_the_end(model)
    assert bits(twin.state) == before
    assert fingerprint(to_the_end(fork)) == fingerprint(model)
    assert fingerprint(to_the_end(twin)) != fingerprint(model)
    # the same outbreaks in both
    np.testing.assert_array_equal(twin.series()["outbreaks"], model.series()["outbreaks"])


# ---- outbreaks


def test_outbreaks_come_at_their_rates_and_belong_to_their_country() -> None:
    key, codes, rates = replicate_key(1, 0), ("KEN", "USA", "DEU"), np.array([3.0, 0.6, 0.0])
    drawn = np.stack([drawn_outbreaks(key, month, codes, rates) for month in range(2400)])
    assert drawn.sum(axis=0) / 200.0 == pytest.approx(rates, abs=0.35)
    # the same in a world with other countries, and never fewer at a higher rate
    alone = np.stack([drawn_outbreaks(key, month, ("USA",), rates[1:2]) for month in range(240)])
    np.testing.assert_array_equal(alone[:, 0], drawn[:240, 1])
    more = np.stack([drawn_outbreaks(key, month, codes, 3.0 * rates) for month in range(240)])
    assert (more >= drawn[:240]).all()
    assert len({code_key(code) for code in ("KEN", "NEK", "ENK")}) == 3


def test_a_pandemic_acts_on_health() -> None:
    """By what it closes, and by more outbreaks: each alone."""
    pandemic = {"severity": 1.0, "outbreaks_more": 0.0}
    closed = tiny(shocks={"pandemic": {**pandemic, "capacity_loss": 0.0}})
    assert changed(closed, "lead_time_days") > 0.0
    shut = tiny(shocks={"pandemic": {**pandemic, "mobility_loss": 0.0, "capacity_loss": 0.4}})
    assert changed(shut, "detection_days") > 0.0
    more = {"severity": 1.0, "mobility_loss": 0.0, "capacity_loss": 0.0, "outbreaks_more": 20.0}
    assert changed(tiny(shocks={"pandemic": more}), "outbreaks") > 0.0
    none = tiny(shocks={"pandemic": {**more, "outbreaks_more": 0.0}})
    assert changed(none, "infections_unshared") == 0.0


def test_what_research_does_moves_no_outbreak() -> None:
    """Visas for researchers carry no infections, and hackathons keep no laboratory from counting cases."""
    rest = to_the_end(tiny())
    own = {
        "visa_facilitation": {"monthly_eur": 1e7}, "hackathon": {"monthly_eur": 1e7},
        "language_courses": {"monthly_eur": 1e7},
    }  # fmt: skip
    busy = to_the_end(tiny(instruments=own))
    assert (busy.state.handles.capacity < rest.state.handles.capacity).any()
    assert (busy.state.handles.mobility > rest.state.handles.mobility).any()
    for name in ("detection_days", "lead_time_days", "infections_unshared"):
        np.testing.assert_array_equal(busy.series()[name], rest.series()[name], err_msg=name)


@pytest.mark.parametrize("shock", ["war", "natural_disaster", "pandemic"])
def test_what_shuts_laboratories_slows_detection(shock: str) -> None:
    hit = {shock: {"targets": ["IND", "KEN"], "severity": 1.0}}
    assert changed(tiny(shocks=hit), "detection_days") > 0.0


def test_closed_borders_keep_outbreaks_out_longer() -> None:
    model = tiny(shocks={"closed_borders": {"targets": ["KEN"]}})
    assert changed(model, "lead_time_days") > 0.0


# ---- sharing


def test_shared_data_warn_and_teach_and_the_law_takes_that_back() -> None:
    agreement = {"data_sharing_agreement": {"monthly_eur": 1e7}}
    alone, shared = to_the_end(tiny()), to_the_end(tiny(instruments=agreement))
    assert shared.series()["lead_time_days"][-1] > alone.series()["lead_time_days"][-1]
    assert shared.series()["detection_days"][-1] == alone.series()["detection_days"][-1]
    assert shared.series()["health_error_mean"][-1] != alone.series()["health_error_mean"][-1]
    # switched off, the same money does nothing for health
    burnt = to_the_end(tiny(instruments=agreement, mechanisms__instruments=False))
    assert burnt.series()["health_error_mean"][-1] == alone.series()["health_error_mean"][-1]
    # all of it stops at the border, but for what is learned where the data lie
    law = {"data_localisation": {"targets": "all", "data_loss": 1.0}}
    aged = "behaviour.health.case_half_life_months"
    stopped = tiny(instruments=agreement, shocks=law, **{aged: 6.0})
    month = stopped.announcement_month
    stopped.advance(month + 12)
    errors = stopped.series()["health_error_mean"]
    own = alone.series()["health_error_mean"][0]
    # not at once: models keep what they have learned, which ages, so that errors go back to those of own data
    gap = (errors[month - 1 :] - own) / (errors[month - 1] - own)
    assert 0.8 < gap[1] < 1.0
    assert (np.diff(gap) < 0.0).all()
    assert 0.0 < gap[12] < 0.5
    # warnings stop at once
    lead = stopped.series()["lead_time_days"]
    assert lead[month] < alone.series()["lead_time_days"][0] < lead[month - 1]
    in_place = {"federated_learning": {"monthly_eur": 1e7, "waiting_months": 0.0}}
    assert changed(tiny(instruments=in_place, shocks=law), "health_error_mean") == 0.0


def test_a_breach_costs_more_where_more_was_shared() -> None:
    breach = {"breach": {"targets": "all"}}
    # in both the same is shared; what differs is how much further a breach then reaches
    near, far = ({"data_sharing_agreement": {"monthly_eur": 1e7, "exposed": exposed}} for exposed in (0.0, 2.0))
    little = changed(tiny(shocks=breach, instruments=near), "health_adoption")
    much = changed(tiny(shocks=breach, instruments=far), "health_adoption")
    assert much < little < 0.0
    assert changed(tiny(shocks=breach, behaviour__health__breach=0.0), "health_adoption") == 0.0


# ---- dependence


def cut(**overrides: Any) -> Ecosystem:
    """A world in which the provider of much of the service cuts all others off for three years."""
    shock = {"platform_cut_off": {"targets": ["DEU"], "duration_months": 36, "data_loss": 0.0}}
    cloud = {"cloud_access": {"monthly_eur": 1e7, "senders": ["DEU"]}}
    still = {"behaviour.health.capability_gain": 0.0, "behaviour.health.capability_fading": 0.0}
    return Ecosystem(**{**TINY, **still, "shocks": shock, "instruments": cloud, **overrides})


def loss(model: Ecosystem) -> tuple[np.ndarray, np.ndarray]:
    """Benefit that each country loses to the shock over the response, and what the closed form says."""
    month, config = model.announcement_month, model.config.behaviour.health
    model.advance(month)
    twin = to_the_end(model.fork("twin"))
    name = "health_benefit_by_country"
    monthly = twin.series_by_country()[name][month : to_the_end(model).month]
    lost = (monthly - model.series_by_country()[name][month:]).sum(axis=0)
    setting = model.setting
    now = circumstances(twin.state.handles, setting.world, config)
    deu = setting.world.country_index("DEU")
    share = np.where(np.arange(5) == deu, 0.0, now.service[:, deu])
    kept = benefit.kept_without(twin.state.health.capability, config)  # type: ignore[union-attr]
    kept = kept + (1.0 - kept) * now.kept
    return lost, benefit.cut_off_loss(monthly.mean(axis=0), share, kept, config)


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"behaviour.health.fallback": 0.6},
        {"behaviour.health.switch_months": 6.0},
        {
            "instruments": {
                "cloud_access": {"monthly_eur": 1e7, "senders": ["DEU"]},
                "regional_health_body": {"life_months": 0.0},
            }
        },
    ],
    ids=("as it is", "more at hand", "another provider sooner", "negotiated as one"),
)
def test_a_cut_off_costs_what_share_fallback_and_months_say(overrides: dict[str, Any]) -> None:
    """Seen through the whole model: shock, handle, service, benefit, beside the twin."""
    lost, wanted = loss(cut(**overrides))
    assert wanted.max() > 0.0
    # trust, errors and the share itself stand still in the response but for what stocks still gain
    np.testing.assert_allclose(lost, wanted, rtol=0.02, atol=1e-6)


def test_without_service_from_abroad_a_cut_off_costs_little() -> None:
    with_cloud, without = (loss(world)[0].sum() for world in (cut(), cut(instruments={})))
    assert 0.0 < without < 0.2 * with_cloud


def test_capability_grows_by_own_use_alone() -> None:
    """Cloud from abroad lifts adoption today and leaves capability behind; one's own machines lift both."""
    aimed = {"monthly_eur": 1e7, "senders": ["DEU"]}
    plain, cloud, own = (
        to_the_end(tiny(instruments=instruments)).series()
        for instruments in ({}, {"cloud_access": aimed}, {"health_ai_grant": aimed})
    )
    assert cloud["health_adoption"][-1] > plain["health_adoption"][-1] < own["health_adoption"][-1]
    assert cloud["health_capability"][-1] < plain["health_capability"][-1] < own["health_capability"][-1]
    assert cloud["health_dependence"][-1] > own["health_dependence"][-1] == plain["health_dependence"][-1]


# ---- oversight


def test_oversight_slows_and_protects() -> None:
    """Slower: what is in use is as old as the board takes. Safer: a wave takes less. Each is gone with its own part."""
    wave = {"misinformation_wave": {"targets": "all"}}
    data = {"data_sharing_agreement": {"monthly_eur": 1e7, "life_months": 60.0}}

    def world(**board: Any) -> Ecosystem:
        chosen = data | ({"oversight_board": {"monthly_eur": 1e6, "won": 0.0, **board}} if board else {})
        return tiny(shocks=wave, instruments=chosen)

    none, both = world(), world(limit=0.5)
    no_months, no_answer = world(limit=0.5, board_months=0.0), world(limit=0.0)
    errors = [to_the_end(model.fork("twin")).series()["health_error_mean"] for model in (none, both, no_months)]
    # cases that are shared month by month lower errors later where they wait for a board
    assert (errors[1][:12] > errors[0][:12]).all()
    # which also grow old while the others wait; and a board takes nothing away in the month in which it begins
    assert abs(errors[1][0] - errors[0][0]) < 0.02 * abs(errors[0][0])
    # without them it only costs its money, which hardly reaches what is shared
    assert np.abs(errors[2] - errors[0]).max() < 1e-4 * np.abs(errors[1] - errors[0]).max()
    taken = [changed(model, "health_adoption") for model in (none, both, no_months, no_answer)]
    assert taken[0] < taken[1] < 0.0
    assert taken[2] == pytest.approx(taken[1])
    assert taken[3] == pytest.approx(taken[0])


# ---- countermeasures


def test_countermeasures_are_technologies_of_health_that_come_into_use() -> None:
    rows = np.zeros(5, dtype=TECHNOLOGY)
    rows["stage"] = [IN_USE, IN_USE, IN_USE, PILOT, IN_USE]
    rows["sector"] = [0, 0, 3, 0, 0]
    rows["since_month"] = [50, 50, 50, 50, 49]
    rows["proposed_month"] = [10, 20, 0, 0, 0]
    assert countermeasures(rows, 50) == (2, 41 + 31)
    assert countermeasures(rows, 51) == (0, 0)


@pytest.mark.slow
def test_countermeasures_come_sooner_where_approvals_are_recognised() -> None:
    stages: dict[str, Any] = {
        "world.scale": 0.05, "mechanisms.stages": True, "behaviour.stages.pilot_chance": 0.8,
        "behaviour.stages.pilot_effort": 2.0, "behaviour.stages.pilot_months": 3.0,
        "behaviour.stages.scale_up_months": 3.0, "behaviour.stages.scale_up_eur": 2e5,
        "behaviour.stages.investment_hazard": 0.2, "behaviour.stages.approval_need": 1.0,
        "behaviour.stages.ethics_months": 6.0, "behaviour.stages.governance_months": 6.0,
        "funders": {"venture_fund": {"deals": 0.2}}, "timeline.response_months": 60,
    }  # fmt: skip
    sooner = []
    for seed in range(1, 5):
        found = []
        for limit in (0.0, 1.0):
            standard = {"health_ai_standard": {"monthly_eur": 1e7, "limit": limit, "life_months": 0.0}}
            model = Ecosystem(**{**TINY, **stages, "seed": seed, "instruments": standard})
            series = to_the_end(model).series()
            assert series["countermeasures"].sum() > 5
            assert not series["countermeasure_months"][series["countermeasures"] == 0].any()
            found.append(series["countermeasure_months"].sum() / series["countermeasures"].sum())
        sooner.append(found[0] - found[1])
    # one seed may come out so by chance: the mean of several lies two standard errors from nothing
    assert np.mean(sooner) > 2.0 * np.std(sooner, ddof=1) / len(sooner) ** 0.5
