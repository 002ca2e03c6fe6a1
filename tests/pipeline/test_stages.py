"""From research to use: what each stage asks for, what moves it, and that nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from ecosim import randomness as rnd
from ecosim.channels.handles import Handles
from ecosim.config.stages import StagesConfig
from ecosim.ledger import Account
from ecosim.model import Ecosystem
from ecosim.outcomes.inclusion import DERIVED_OF_STAGES
from ecosim.outcomes.stages import COUNTRY_OUTCOMES, OUTCOMES
from ecosim.pipeline import money
from ecosim.pipeline.approvals import all_approved
from ecosim.pipeline.pilots import chance_of, run_and_judge
from ecosim.tables import GIVEN_UP, IN_USE, PILOT, SCALE_UP, SEEKING, SITE, TECHNOLOGY
from ecosim.world import load_world
from ecosim.world.climates import climates, latitudes
from tests.models import INSTRUMENTS, SHOCKS, bits, differing, fingerprint, small, to_the_end
from tests.pipeline.busy import PAYERS, fast, rewrite

STAGES = tuple(name for name, _, _ in OUTCOMES)


@cache
def done() -> Ecosystem:
    return to_the_end(fast())


def recognise(share: float) -> Callable[[Handles], None]:
    """Every approval counts so much abroad."""

    def push(base: Handles) -> None:
        base.recognition.fill(share)
        for c in range(len(base.recognition)):
            base.recognition[c, c] = 1.0

    return push


def pushed(push: Callable[[Handles], None], **changes: Any) -> Ecosystem:
    """A busy model at its end, with other handles at rest."""
    model = fast(**changes)
    rewrite(model.setting.base, push)
    return to_the_end(model)


# ---- off and on


def test_off_there_is_nothing_of_it() -> None:
    model = to_the_end(small())
    assert model.state.pipeline.technologies.n == 0
    assert not set(STAGES) & set(model.series())
    assert not {name for name, _, _ in COUNTRY_OUTCOMES} & set(model.series_by_country())


def test_off_no_parameter_of_it_changes_a_bit() -> None:
    changed = small(
        behaviour__stages__ethics_months=20.0, behaviour__stages__pilot_chance=0.9, channels__recognition__elsewhere=0.9
    )
    assert fingerprint(to_the_end(changed)) == fingerprint(to_the_end(small()))


def test_every_column_moves() -> None:
    def disturbed(base: Handles) -> None:
        base.risk_share.fill(0.5)
        base.leakage.fill(0.2)

    model = pushed(disturbed, funders=PAYERS)
    series = model.series()
    assert {name for name in STAGES if not series[name].any()} == set()
    assert all(model.series_by_country()[name].any() for name, _, _ in COUNTRY_OUTCOMES)
    assert series["adopters"] == pytest.approx(model.series_by_country()["adopters_by_country"].sum(axis=1))
    assert series["technology_jobs"] == pytest.approx(
        model.series_by_country()["technology_jobs_by_country"].sum(axis=1)
    )


def test_every_technology_is_in_one_stage_and_counted_once() -> None:
    model = done()
    series, rows = model.series(), model.state.pipeline.technologies.used
    count = np.bincount(rows["stage"], minlength=5)
    assert len(rows) == series["pilots"].sum()
    assert count[PILOT] == series["pilots_under_way"][-1]
    assert count[IN_USE] == series["technologies_in_use"][-1] == (series["ventures"] + series["licences"]).sum()
    assert count[GIVEN_UP] == series["technologies_given_up"].sum()
    assert (
        count[SEEKING]
        + series["scale_ups"].sum()
        + (series["technologies_given_up"] - series["scale_ups_failed"]).sum()
        - (series["pilots_ended"] - series["pilots_succeeded"]).sum()
        == series["pilots_succeeded"].sum()
    )
    assert (
        count[SCALE_UP]
        == (series["scale_ups"] - series["scale_ups_failed"] - series["ventures"] - series["licences"]).sum()
    )


def test_owners_share_by_work_done() -> None:
    model = done()
    pipeline, seats = model.state.pipeline, model.state.seats.rows
    assert pipeline.technologies.n > 50
    for row in pipeline.technologies.used[:50]:
        owners = pipeline.owners.used[row["first_owner"] : row["first_owner"] + row["owners"]]
        origin = model.state.partnerships.rows[row["origin"]]
        held = seats[origin["first_seat"] : origin["first_seat"] + origin["seats"]]
        worked = held[(held["effort"] > 0.0) & (held["organisation"] >= 0)]
        assert owners["organisation"].tolist() == worked["organisation"].tolist()
        assert owners["share"] == pytest.approx(worked["effort"] / worked["effort"].sum())


def test_research_works_at_one_site_and_pilots_at_several() -> None:
    model = to_the_end(fast(instruments=INSTRUMENTS))
    assert model.state.partnerships.used["sites"].max() == 1
    assert model.state.pipeline.technologies.used["sites"].max() > 1
    assert to_the_end(small(instruments=INSTRUMENTS)).state.partnerships.used["sites"].max() > 1


# ---- forks, twins


def test_a_world_and_its_twin_are_the_same_until_the_announcement_and_forks_keep_bytes() -> None:
    model = fast(shocks=SHOCKS, funders=PAYERS)
    model.advance(model.announcement_month)
    twin, other = model.fork("twin"), model.fork("twin")
    assert differing(twin.state, model.state) == set()
    snapshot = model.snapshot()
    for world in (model, twin, other):
        to_the_end(world)
    first = bits(model.state)
    assert bits(twin.state) == bits(other.state) != first
    model.restore(snapshot)
    assert bits(to_the_end(model).state) == first


def test_without_a_shock_the_fork_is_the_world() -> None:
    model = fast(funders=PAYERS)
    model.advance(model.announcement_month)
    twin = to_the_end(model.fork("twin"))
    assert differing(twin.state, to_the_end(model).state) == set()


def test_the_placebo_runs() -> None:
    model = fast(funders=PAYERS)
    model.advance(model.announcement_month)
    assert to_the_end(model.fork("placebo")).ledger.imbalance() == 0


# ---- pilots prove


def judged(quality: float, places: list[int], n: int = 4000) -> float:
    """Share of n pilots, each done at sites in these climates (a country each), that succeed."""
    model = fast()
    technologies, sites = np.zeros(n, dtype=TECHNOLOGY), np.zeros(n * len(places), dtype=SITE)
    technologies["lead_key"] = np.arange(n)
    technologies["quality"] = quality
    technologies["first_site"] = np.arange(n) * len(places)
    technologies["sites"] = len(places)
    sites["climate"] = np.tile(places, n)
    sites["months_run"] = 1e3
    counts = np.zeros(3, dtype=np.int64)
    run_and_judge(model.setting.key, 0, technologies, sites, model.setting.parameters, counts)
    assert counts[0] == n
    return counts[1] / n


def test_a_pilot_in_more_climates_proves_more() -> None:
    rules = fast().config.behaviour.stages
    one, alike, apart = judged(0.0, [4]), judged(0.0, [4, 4, 4]), judged(0.0, [4, 5, 6])
    assert one < alike < apart
    log3 = np.log(3.0)
    assert one == pytest.approx(rules.success, abs=0.03)
    assert alike == pytest.approx(chance_of(rules.success, rules.success_populations * log3), abs=0.03)
    both = (rules.success_populations + rules.success_climates) * log3
    assert apart == pytest.approx(chance_of(rules.success, both), abs=0.03)
    assert judged(1.0, [4]) == pytest.approx(chance_of(rules.success, rules.success_quality), abs=0.03)


def test_parallel_pilots_are_tried_in_more_climates_succeed_more_and_cost_more() -> None:
    shares, costs, tried = [], [], []
    for sites in (1.0, 3.0):
        ended = succeeded = months = pilots = 0.0
        for seed in range(1, 5):
            model = pushed(lambda base, k=sites: base.pilot_sites.fill(k), seed=seed, world__preset="europe",
                           world__scale=0.01, funders={"grants": PAYERS["pilot_grants"]})  # fmt: skip
            series = model.series()
            ended, succeeded = ended + series["pilots_ended"].sum(), succeeded + series["pilots_succeeded"].sum()
            months += series["pilot_site_months"].sum()
            pilots += model.state.pipeline.technologies.n
            rows = model.state.pipeline.technologies.used
            tried.append((sites, rows["climates"][rows["stage"] != PILOT].mean()))
        shares.append(succeeded / ended)
        costs.append(months / pilots)
    assert shares[1] > shares[0]
    assert costs[1] > 1.5 * costs[0]
    assert np.mean([mean for sites, mean in tried if sites > 1]) > np.mean([mean for k, mean in tried if k == 1]) + 0.2


def test_climates_are_bands_of_latitude_and_the_rest_of_the_world_is_its_own() -> None:
    world = load_world(fast(world__preset="europe").config.world)
    bands = dict(zip(world.countries, climates(world, 10.0).tolist(), strict=True))
    assert (bands["ESP"], bands["DEU"], bands["NOR"], bands["ROW"]) == (4, 5, 6, -1)
    made_up = load_world(fast(world__preset="synthetic", world__n_countries=40).config.world)
    assert latitudes(made_up).min() < -60.0
    assert latitudes(made_up).max() > 60.0
    assert len(set(climates(made_up, 10.0).tolist())) >= 7
    assert len(set(climates(made_up, 90.0).tolist())) == 1


# ---- approvals


def test_the_closed_form_of_recognition() -> None:
    asked = np.array([2.0, 6.0, 10.0])
    recognition = np.zeros((3, 3, 1))
    countries, room = np.arange(3), np.zeros(3, dtype=np.bool_)
    assert all_approved(asked.copy(), countries, 3, 0, recognition, room) == 10.0
    recognition[0, 2] = 0.5
    assert all_approved(asked.copy(), countries, 3, 0, recognition, room) == 6.0
    recognition[...] = 1.0
    assert all_approved(asked.copy(), countries, 3, 0, recognition, room) == 2.0
    # A chain: the second is soon done because of the first, and spares the third.
    recognition[...] = 0.0
    recognition[0, 1] = 0.5
    recognition[1, 2] = 0.9
    taken = asked.copy()
    assert all_approved(taken, countries, 3, 0, recognition, room) == pytest.approx(3.0)
    assert taken.tolist() == pytest.approx([2.0, 3.0, 3.0])
    assert not room.any()


def waits(model: Ecosystem) -> float:
    rows = model.state.partnerships.used
    funded = rows[rows["funder"] >= 0]
    return float((funded["start_month"] - funded["proposed_month"]).mean())


def test_recognition_moves_months_to_approve_in_research_and_pilots_and_markets() -> None:
    waited, piloted, market = [], [], []
    for share in (0.0, 1.0):

        def push(base: Handles, share: float = share) -> None:
            recognise(share)(base)
            base.pilot_sites.fill(3.0)

        model = pushed(push)
        waited.append(waits(model))
        rows, sites = model.state.pipeline.technologies.used, model.state.pipeline.sites.used
        began = rows["began_month"][sites["technology"]]
        asked = (sites["approval_months"] > 0.0) & (sites["approved_month"] >= 0)
        piloted.append((sites["approved_month"] - began)[asked].mean())
        market.append(rows["market_now"][rows["needs_approval"] & (rows["market_now"] > 0.0)].mean())
    assert waited[1] < waited[0]
    assert piloted[1] < piloted[0]
    assert market[1] > market[0]


def test_recognition_moves_nothing_else() -> None:
    """Where nothing asks for approval no bit moves; where pilots alone do, research and its money do not."""
    settings = {"behaviour__stages__approval_need": 0.0}
    one = pushed(recognise(0.0), **settings)
    other = pushed(recognise(1.0), **settings)
    assert fingerprint(one) == fingerprint(other)
    assert one.series()["adopters"][-1] > 0.0

    # Free pilots that earn nothing touch no reserves, and research of medians 0 waits for nobody. Then recognition
    # moves markets, and no column that is not of the stages.
    free = {
        "behaviour__stages__pilot_site_eur": 0.0, "behaviour__stages__royalty_rate": 0.0,
        "behaviour__stages__ethics_months": 0.0, "behaviour__stages__governance_months": 0.0,
    }  # fmt: skip
    one = pushed(recognise(0.0), **free)
    other = pushed(recognise(1.0), **free)
    a, b = one.series(), other.series()
    moved = {name for name in a if a[name].tobytes() != b[name].tobytes()}
    assert {"scale_ups", "adopters"} <= moved
    of_stages = {*STAGES, *(name for name, _, _ in DERIVED_OF_STAGES)}
    assert moved <= of_stages - {"pilots_under_way", "pilots_ended", "pilots_succeeded", "pilot_site_months"}
    assert differing(one.state, other.state) <= {
        name for name in bits(one.state) if name.startswith(("pipeline.", "handles", "effects", "ledger.", "record"))
    }


def test_a_slow_country_is_slow_alone() -> None:
    """Only sites and members of the country wait longer."""

    def slow(base: Handles) -> None:
        recognise(0.0)(base)
        base.approval_months[0] = 3.0

    rest = pushed(recognise(0.0)).state.partnerships.used
    late = pushed(slow)
    rows = late.state.partnerships.used
    # Before anything else follows from it: the first calls.
    first = min(rows["proposed_month"][rows["funder"] >= 0])
    same = (rest["proposed_month"] == first) & (rest["funder"] >= 0)
    assert (rest["tag"][same] == rows["tag"][: len(same)][same]).all()
    later = (rows["start_month"][: len(same)] - rest["start_month"])[same]
    assert later.min() == 0
    assert later.max() > 0
    seats = late.state.seats.rows
    for row in rows[: len(same)][same][later > 0]:
        members = seats["country"][row["first_seat"] : row["first_seat"] + row["seats"]]
        assert (members == 0).any()


@pytest.mark.parametrize("beside", [0.0, 0.5, 2.0])
def test_a_site_is_set_up_in_the_months_that_are_left_of_it(beside: float) -> None:
    """Between the approval and the first month run lie as many months as the handle says; at rest four."""

    def first_run(share: float) -> int:
        def push(base: Handles) -> None:
            base.site_start.fill(share)

        settings = {"behaviour__stages__site_start_months": 4.0, "behaviour__stages__pilot_site_eur": 0.0}
        model = fast(**settings, behaviour__stages__approval_need=0.0)
        rewrite(model.setting.base, push)
        while not (model.state.pipeline.sites.used["months_run"] > 0.0).any():
            model.step()
        return model.month - int(model.state.pipeline.technologies.used["began_month"].min())

    assert first_run(beside) - first_run(1.0) == 4.0 * (beside - 1.0)


def test_waiting_moves_every_date_of_a_grant() -> None:
    model = done()
    rows, seats = model.state.partnerships.used, model.state.seats.rows
    assert (model.state.register.used["start_month"][rows["number"]] == rows["start_month"]).all()
    assert (rows["fails_month"] >= rows["start_month"]).all()
    waiting = rows[rows["status"] == 0]
    assert (waiting["next_payment_month"] == waiting["start_month"]).all()
    for row in waiting:
        held = seats[row["first_seat"] : row["first_seat"] + row["seats"]]
        assert (held["joined_month"] == row["start_month"]).all()
        assert (held["leaves_month"] >= row["start_month"]).all()
    unfunded = rows[rows["funder"] < 0]
    assert (unfunded["start_month"] == unfunded["proposed_month"]).all()


# ---- private money


def seeking(model: Ecosystem, n: int, **columns: Any) -> np.ndarray:
    """Put n technologies that seek money in place of all there are."""
    pipeline = model.state.pipeline
    for table in (pipeline.technologies, pipeline.owners, pipeline.sites, pipeline.claims):
        table.n = 0
    pipeline.technologies.reserve(n)
    pipeline.technologies.n = n
    rows = pipeline.technologies.used
    rows[...] = np.zeros(n, dtype=TECHNOLOGY)
    rows["lead_key"], rows["stage"], rows["flow_now"], rows["market_now"] = np.arange(n), SEEKING, 1.0, 1.0
    for name, value in columns.items():
        rows[name] = value
    return rows


@pytest.mark.parametrize("factor", [1.0, 2.0, 3.0])
def test_an_early_grant_multiplies_the_chance_of_private_money(factor: float) -> None:
    found = []
    for granted in (False, True):
        model = fast(behaviour__stages__early_grant=factor, behaviour__stages__investment_hazard=0.01)
        seeking(model, 20_000, granted=granted)
        found.append(len(money.invest(model.state, model.setting)))
    assert found[0] == pytest.approx(200, rel=0.2)
    assert found[1] / found[0] == pytest.approx(factor, rel=0.2)
    assert (found[0] == found[1]) == (factor == 1.0)


@pytest.mark.parametrize(
    ("column", "value", "less"),
    [("market_now", 0.25, 0.25), ("flow_now", 0.5, 0.5), ("purse_cents", 15_000_000, 2.0)],
)
def test_what_draws_investors(column: str, value: Any, less: float) -> None:
    model = fast(behaviour__stages__investment_hazard=0.05, behaviour__stages__need_response=0.5)
    seeking(model, 20_000, **{column: value})
    assert len(money.invest(model.state, model.setting)) == pytest.approx(1000 * less, rel=0.1)


def test_a_fund_sees_belief_and_borders_and_no_more() -> None:
    model = fast(funders={"venture_fund": {"countries": ["DEU"]}})
    fund, world = model.config.funders["venture_fund"], model.setting.world
    home, income = model.setting.stages.payers[0].home, model.setting.stages.arrays.income_share
    handles = model.setting.base.copy()
    before = fund.appetite(handles, home, income)
    for name in handles.arrays():
        if name != "political":
            getattr(handles, name)[...] *= 0.5
    assert fund.appetite(handles, home, income).tobytes() == before.tobytes()
    handles.political[world.country_index("DEU"), world.country_index("GBR")] *= 0.5
    after = fund.appetite(handles, home, income)
    assert after[world.country_index("GBR")] == pytest.approx(0.5 * before[world.country_index("GBR")])
    assert (
        np.delete(after, world.country_index("GBR")).tolist() == np.delete(before, world.country_index("GBR")).tolist()
    )


def test_doubt_keeps_investors_away_and_a_public_share_of_the_risk_brings_them_back() -> None:
    found = {}
    for belief, borne in ((1.0, 0.0), (0.5, 0.0), (0.5, 1.0), (1.0, 1.0)):
        model = fast(behaviour__stages__investment_hazard=0.05)
        seeking(model, 20_000)
        model.state.handles = model.setting.base.copy()
        model.state.handles.expectation[...] = belief
        model.state.handles.risk_share[...] = borne
        found[belief, borne] = len(money.invest(model.state, model.setting))
    assert found[0.5, 0.0] == pytest.approx(0.5 * found[1.0, 0.0], rel=0.15)
    assert found[0.5, 1.0] == found[1.0, 1.0] > found[1.0, 0.0]


def test_pledges_wait_no_longer_than_two_years() -> None:
    model = fast(funders={"venture_fund": {"deals": 0.0}})
    to_the_end(model)
    payer = model.setting.stages.payers[0]
    assert model.ledger.cents(Account.PLEDGED, payer.funder) == 24 * payer.private_cents


# ---- use


def test_adoption_follows_the_law_of_bass_where_a_country_is_open() -> None:
    model = done()
    pipeline = model.state.pipeline
    rules, n = model.config.behaviour.stages, model.setting.world.n_countries
    rows = pipeline.technologies.used
    oldest = rows[(rows["stage"] == IN_USE) & ~rows["needs_approval"]][0]
    home = int(oldest["country"])
    share = float(pipeline.adoption.used[oldest["first_adoption"] + home]["share"])
    months = model.month - int(oldest["since_month"])
    p, q = rules.adoption_alone / 12.0, rules.adoption_by_others / 12.0
    expected = 0.0
    for _ in range(months):
        expected += (p + q * expected) * (1.0 - expected)
    assert share == pytest.approx(expected)
    # The law in continuous time (Bass 1969, equation 7) lies near.
    decayed = np.exp(-(p + q) * months)
    assert share == pytest.approx((1.0 - decayed) / (1.0 + q / p * decayed), abs=0.03)
    assert pipeline.adoption.n == n * np.count_nonzero(rows["stage"] == IN_USE)


def test_royalties_go_to_owners_and_double_only_where_patents_matter() -> None:
    plain = done()
    double = pushed(lambda base: base.royalty_share.fill(2.0))
    month = int(np.argmax(plain.series()["royalties_eur"] > 0.0))
    assert plain.series()["royalties_eur"][month] > 0.0
    ratio = double.series()["royalties_eur"][month] / plain.series()["royalties_eur"][month]
    assert 1.0 <= ratio <= 2.0 + 1e-4  # cents are whole
    last = plain.state.pipeline.technologies.used
    again = double.state.pipeline.technologies.used
    paired = min(len(last), len(again))
    one, two = last[:paired], again[:paired]
    both = (one["stage"] == IN_USE) & (two["stage"] == IN_USE) & (one["sales_eur"] == two["sales_eur"])
    patents = plain.setting.stages.arrays.patents[one["sector"]]
    assert (both & patents).any()
    assert (both & ~patents).any()
    rate = plain.config.behaviour.stages.royalty_rate
    assert two["royalties_eur"][both & patents] == pytest.approx(2.0 * rate * one["sales_eur"][both & patents])
    assert two["royalties_eur"][both & ~patents] == pytest.approx(rate * one["sales_eur"][both & ~patents])


# ---- every parameter


def test_asking_for_less_finds_money_sooner_down_to_the_least_need() -> None:
    def found(least: float) -> float:
        bank = {"development_bank": {"loan_share": 0.98, "subsidy": 0.0}}
        settings = {"behaviour__stages__need_response": 1.0, "behaviour__stages__investment_hazard": 0.01}
        return float(to_the_end(fast(**settings, behaviour__stages__least_need=least, funders=bank)).series()[
            "scale_ups"
        ].sum())  # fmt: skip

    assert found(0.02) > found(0.2) > found(1.0) > 0.0


def test_every_parameter_has_a_source_or_a_range() -> None:
    for name, field in StagesConfig.model_fields.items():
        assert field.json_schema_extra["role"] in ("assumed", "sourced"), name  # type: ignore[index,call-overload]


def test_purposes_of_draws_are_not_shared() -> None:
    names = ("PILOT", "APPROVAL_NEEDED", "APPROVAL", "RESEARCH_APPROVAL", "PILOT_RESULT",
             "INVESTMENT", "SCALE_UP_RESULT")  # fmt: skip
    values = [value for name, value in vars(rnd).items() if name.isupper() and isinstance(value, int)]
    assert all(values.count(getattr(rnd, name)) == 1 for name in names)


def test_what_leaks_is_counted_and_is_what_owners_would_have_had() -> None:
    plain, leaking = done(), pushed(lambda base: base.leakage.fill(0.3))
    assert not plain.series()["royalties_leaked_eur"].any()
    paid, leaked = (leaking.series()[name] for name in ("royalties_eur", "royalties_leaked_eur"))
    month = int(np.argmax(plain.series()["royalties_eur"] > 0.0))
    # in the first month nothing else has followed from it yet
    assert paid[month] + leaked[month] == pytest.approx(plain.series()["royalties_eur"][month], abs=0.1)
    assert leaked[month] == pytest.approx(0.3 * plain.series()["royalties_eur"][month], abs=0.1)
    assert leaked.sum() == pytest.approx(0.3 / 0.7 * paid.sum(), rel=1e-3)
