"""The yardstick of the benchmarks plays by ecosim's rules, or the ratios would compare two different models."""

from collections import Counter

import numpy as np
import pytest

import ecosim.setting
from benchmarks.agreement import STAGE_OUTCOMES, SUCCESS, compare, table
from benchmarks.measuring import Result
from benchmarks.plain_mesa import PlainEcosystem
from ecosim.model import Ecosystem
from ecosim.record import COUNTRY_OUTCOMES, OUTCOMES, columns_of
from ecosim.scenario import with_overrides
from ecosim.tables import N_TYPES, STARTING
from ecosim.world.facts import INPUTS, SECTORS
from tests.pipeline.busy import PilotGrants


@pytest.mark.slow
@pytest.mark.parametrize("funders", [{}, {"national_agency": {"share_of_rd": 0.01}}])
def test_plain_mesa_and_ecosim_agree(funders):
    scenario = with_overrides(None, {"world.preset": "classroom", "world.scale": 0.02, "funders": funders})
    # Departures come in lumps, so that ten seeds would not know their own error.
    rows = compare(scenario, seeds=24)
    apart = [row.name for row in rows if not row.within(0.05, errors=4.0)]
    assert not apart, table(rows, 0.05)
    # Seeds average out: what is compared must be known well enough for a different rule to show.
    known = {row.name: row.error for row in rows}
    assert known["work"] < 0.02
    assert known["output"] < 0.05
    assert known["awards"] < 0.05


#: Much of every stage happens: most research leaves something to try, and nothing takes long.
BUSY_STAGES = {
    "world.preset": "classroom",
    "world.scale": 0.02,
    "mechanisms.stages": True,
    "behaviour.stages.pilot_chance": 0.6,
    "behaviour.stages.pilot_effort": 10.0,
    "behaviour.stages.site_start_months": 2.0,
    "behaviour.stages.pilot_months": 6.0,
    "behaviour.stages.pilot_longest_months": 14,
    "behaviour.stages.seeking_months": 12,
    "behaviour.stages.investment_hazard": 0.05,
    "behaviour.stages.scale_up_eur": 4e5,
    "behaviour.stages.scale_up_months": 6.0,
    "behaviour.stages.adoption_alone": 0.3,
    "channels.recognition.elsewhere": 0.3,
    "funders": {
        "venture_fund": {"deals": 0.05, "monthly_eur": 1e7},
        "development_bank": {"monthly_eur": 5e6, "loan_share": 0.5},
    },
}


def several_sites(monkeypatch):
    """Let pilots be tried at two or three sites, which costs more, without an instrument."""
    at_rest = ecosim.setting.base_handles

    def handles(*args):
        made = at_rest(*args).copy()
        made.pilot_sites[...] = 2.4
        made.pilot_cost[...] = 1.2
        return made

    monkeypatch.setattr(ecosim.setting, "base_handles", handles)


@pytest.mark.slow
@pytest.mark.parametrize("sites", ["one", "several"])
def test_plain_mesa_and_ecosim_agree_on_what_comes_after_research(sites, monkeypatch):
    if sites == "several":
        several_sites(monkeypatch)
    rows = compare(with_overrides(None, BUSY_STAGES), seeds=24)
    apart = [row.name for row in rows if not row.within(0.05, errors=4.0)]
    assert not apart, table(rows, 0.05)
    known = {row.name: row.error for row in rows}
    assert set(STAGE_OUTCOMES) <= set(known)
    for name, most in (
        ("pilots", 0.05),
        ("pilots_ended", 0.05),
        (SUCCESS, 0.06),
        ("scale_ups", 0.08),
        ("technologies_in_use", 0.08),
        ("private_money_eur", 0.1),
        ("lent_eur", 0.08),
        ("royalties_eur", 0.12),
        ("months_to_approve", 0.08),
    ):
        assert known[name] < most, table(rows, 0.05)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("programme.portfolio_evenness", 1.0),
        ("programme.countries_per_consortium", [2, 3]),
        ("programme.appropriation_by_year", {2015: 0.5}),
        ("world.preset", "global"),
    ],
)
def test_yardstick_refuses_what_it_leaves_out(name, value):
    with pytest.raises(NotImplementedError, match=name):
        PlainEcosystem(**{"world.preset": "classroom", name: value})


@pytest.mark.parametrize(
    "funders",
    [{"philanthropy": {}}, {"national_agency": {"agreements": "all"}}, {"grants": PilotGrants(monthly_eur=2e6)}],
)
def test_yardstick_refuses_funders_it_does_not_play(funders):
    with pytest.raises(NotImplementedError, match="funders but agencies"):
        PlainEcosystem(**{"world.preset": "classroom", "mechanisms.stages": True, "funders": funders})


def test_yardstick_with_stages_keeps_the_books_of_banks_and_funds():
    model = PlainEcosystem(**BUSY_STAGES).advance(70)
    series, accounts, stages = model.series(), model.accounts, model.stages
    for column in ("pilots_succeeded", "scale_ups_failed", "licences", "lost_eur", "repaid_eur", "public_stakes_eur"):
        assert sum(series[column]) > 0, column
    (bank,), (fund,) = stages.banks, stages.funds
    assert sum(funder.unspent_cents for funder in model.funders) == accounts["unspent"]
    assert min(bank.funder.unspent_cents, fund.funder.unspent_cents, fund.pledged_cents, bank.debt_cents) >= 0
    assert accounts["pledged"] == fund.pledged_cents
    # What the public, investors and lenders gave is somewhere, to the cent.
    uses = ("unspent", "committed", "paid", "returned", "administration", "pledged", "equity", "lent", "lost", "repaid")
    assert sum(accounts[name] for name in uses) == -sum(accounts[name] for name in ("treasury", "investors", "lenders"))
    assert accounts["treasury"] == -70 * model.appropriation_cents
    live = [claim for technology in (*stages.trying, *stages.in_use) for claim in technology.claims]
    owing = [claim for claim in live if claim.loan]
    assert accounts["lent"] == sum(claim.cents - claim.repaid_cents for claim in owing)
    assert accounts["equity"] == sum(claim.cents for claim in live if not claim.loan)
    owed = sum(claim.private_cents - claim.repaid_private_cents for claim in owing)
    assert -accounts["lenders"] == owed + bank.debt_cents
    assert all(technology.owed_cents >= 0 and technology.purse_cents >= 0 for technology in stages.trying)


def test_yardstick_approves_research_in_the_months_that_recognition_leaves():
    at_rest = {**BUSY_STAGES, "behaviour.stages.approval_spread": 0.0, "behaviour.stages.approval_need": 1.0}
    rules = with_overrides(None, at_rest).behaviour.stages
    at_home = rules.ethics_months + rules.governance_months
    health = SECTORS.index("health")
    for recognised in (0.0, 0.25, 1.0):
        stages = PlainEcosystem(**at_rest).stages
        n = len(stages.climates)
        stages.need = [1.0] * len(SECTORS)
        stages.recognition = [[[recognised] * len(SECTORS) for _ in range(n)] for _ in range(n)]
        stages.agreed = [[float(a == b) for a in range(n)] for b in range(n)]
        assert stages.months_to_approve_research(health, 0, {0}) == pytest.approx(at_home)
        # Another country, whose rules agree in nothing, asks twice as long, less what the first approval stands for.
        abroad = 2.0 * at_home
        both = stages.months_to_approve_research(health, 0, {0, 1})
        assert both == pytest.approx(min(abroad, max(at_home, (1.0 - recognised) * abroad)))
        stages.need[health] = 0.0
        assert stages.months_to_approve_research(health, 0, {0, 1}) == 0.0


@pytest.mark.slow
def test_yardstick_records_what_ecosim_records_of_the_stages():
    model = PlainEcosystem(**BUSY_STAGES).advance(30)
    ours = Ecosystem(**BUSY_STAGES).advance(1)
    assert set(model.series()) == {*columns_of(True)[0], *ours.state.record.country_names}
    for name in ("adopters", "technology_jobs"):
        assert np.array(model.series()[f"{name}_by_country"]).sum(axis=1) == pytest.approx(model.series()[name])


def test_yardstick_with_agencies_keeps_every_funders_books():
    model = PlainEcosystem(
        **{"world.preset": "classroom", "world.scale": 0.01, "funders": {"national_agency": {"share_of_rd": 0.01}}}
    ).advance(40)
    assert len(model.funders) == 6
    assert sum(funder.unspent_cents for funder in model.funders) == model.accounts["unspent"]
    funded = ("unspent", "committed", "paid", "returned", "administration")
    assert sum(model.accounts[name] for name in funded) == 40 * model.appropriation_cents
    theirs = [partnership for partnership in model.active if partnership.funder in model.funders[1:]]
    assert len(theirs) > 20
    for partnership in theirs:
        home = model.funders.index(partnership.funder)
        assert {model.terms[1].funder_of[seat.country] for seat in partnership.seats} == {home}


def test_yardstick_keeps_its_books():
    model = PlainEcosystem(**{"world.preset": "classroom", "world.scale": 0.01}).advance(30)
    held = sum(organisation.reserves_cents for organisation in model.agents)
    spent = model.accounts["own_work"] + model.accounts["advanced"]
    assert held > 0
    assert spent >= 0
    funded = ("unspent", "committed", "paid", "returned", "administration")
    assert sum(model.accounts[name] for name in funded) == 30 * model.appropriation_cents


def test_yardstick_counts_every_seat_as_load_and_every_advance_as_owed():
    # Late money makes members advance it; little room makes leads and substitutes compete for the last of it.
    model = PlainEcosystem(
        **{
            "world.preset": "classroom",
            "world.scale": 0.01,
            "programme.prefinancing": 0.2,
            "programme.payment_delay_months": 12.0,
            "behaviour.acceptance.capacity_per_size": 1.0,
        }
    ).advance(60)
    seats = [seat for partnership in model.active for seat in partnership.seats if seat.organisation is not None]
    held = Counter(seat.organisation for seat in seats)
    assert all(organisation.load == held[organisation] for organisation in model.agents)
    assert model.accounts["advanced"] == sum(seat.advanced_cents for seat in seats) > 0


def test_yardstick_records_what_ecosim_records():
    model = PlainEcosystem(**{"world.preset": "classroom", "world.scale": 0.01}).advance(30)
    series = model.series()
    assert set(series) == {name for name, _, _ in (*OUTCOMES, *COUNTRY_OUTCOMES)}
    for name in ("collaboration", "output", "work", "effort"):
        by_country = np.array(series[f"{name}_by_country"]).sum(axis=1)
        assert by_country == pytest.approx(series[name])
        parts = np.array(series[f"{name}_in_flight"]) + np.array(series[f"{name}_formed_after"])
        assert parts == pytest.approx(series[name])
    assert np.array(series["effort"]) + np.array(series["effort_domestic"]) == pytest.approx(series["work"])
    assert 0 < sum(series["collaboration"]) < sum(series["effort"])


def test_yardstick_without_quality_yields_its_work():
    # Between countries that work at full pace, without quality, diversity and access, output is work.
    model = PlainEcosystem(
        **{
            "world.preset": "classroom",
            "world.scale": 0.01,
            "behaviour.output.quality": 0.0,
            "behaviour.output.diversity": 0.0,
            "behaviour.output.access": 0.0,
            "behaviour.work.pace_response": 0.0,
        }
    ).advance(24)
    assert model.series()["output"] == pytest.approx(model.series()["work"])


def test_yardstick_in_calm_times_has_the_staff_that_contracts_ask_for():
    # All paid ahead and nobody to be replaced in a hurry: people are found before contracts start, and nobody leaves
    # while they run.
    model = PlainEcosystem(
        **{
            "world.preset": "classroom",
            "world.scale": 0.01,
            "programme.prefinancing": 1.0,
            "behaviour.work.member_withdrawal_hazard": 0.0,
        }
    ).advance(60)
    asked = [organisation for organisation in model.agents if organisation.at_work > 0.0]
    assert len(asked) > 10
    assert all(organisation.staffed() == 1.0 for organisation in asked)
    assert all(organisation.gone == 0.0 for organisation in asked)


def test_yardstick_substitute_without_start_up_works_at_once():
    shared = {
        "world.preset": "classroom",
        "world.scale": 0.02,
        "behaviour.work.grace_months": 0,
        "behaviour.work.member_withdrawal_hazard": 0.05,
    }
    states = {}
    for months in (0, 4):
        model = PlainEcosystem(**shared, **{"behaviour.work.start_up_months": months}).advance(36)
        assert sum(model.series()["members_replaced"]) > 0
        states[months] = Counter(seat.state for partnership in model.active for seat in partnership.seats)
    assert states[0][STARTING] == 0 < states[4][STARTING]


def test_yardstick_substitute_takes_over_the_work_that_the_money_of_its_seat_buys():
    # Members leave often, so that seats change hands over borders.
    model = PlainEcosystem(
        **{
            "world.preset": "classroom",
            "world.scale": 0.02,
            "behaviour.work.price_elasticity": 1.0,
            "behaviour.work.grace_months": 1,
            "behaviour.work.start_up_months": 0,
            "behaviour.work.member_withdrawal_hazard": 0.05,
        }
    ).advance(36)
    spent_of_grant: dict[bool, list[float]] = {False: [], True: []}
    for partnership in model.active:
        for seat in partnership.seats:
            if partnership.funded and seat.organisation is not None:
                monthly = seat.person_months * model.cost_cents[seat.country]
                substitute = seat.joined_month > partnership.start_month
                spent_of_grant[substitute].append(monthly * partnership.planned_months / seat.grant_cents)
    assert spent_of_grant[False] == pytest.approx([1.0] * len(spent_of_grant[False]))
    # In a dearer country less work for the money, in a cheaper one the same work for less of it.
    assert max(spent_of_grant[True]) <= 1.0 + 1e-9
    assert min(spent_of_grant[True]) < 0.99
    series = model.series()
    assert 0 < sum(series["seats_substituted"]) < sum(series["seats_vacated"]) < sum(series["seats_in_flight"])


def test_yardstick_fills_the_seats_that_types_leave_open_and_no_others():
    # Without cores every consortium has the mix of an observed one that its lead could propose.
    model = PlainEcosystem(
        **{
            "world.preset": "classroom",
            "world.scale": 0.02,
            "mechanisms.core_reform": False,
            "behaviour.work.member_withdrawal_hazard": 0.0,
        }
    ).advance(40)
    funded = [partnership for partnership in model.active if partnership.funded]
    assert len(funded) > 20
    for partnership in funded:
        members = Counter(seat.organisation.type for seat in partnership.seats)
        lead = partnership.lead.organisation.type
        waited = model.config.programme.time_to_grant_months
        called = partnership.funder.terms.called_for(model._setting.year(partnership.proposed_month + waited))
        observed = called.shapes[partnership.sector][lead]
        left = [
            [of_type - members[kind] + (kind == lead and of_type == 0) for kind, of_type in enumerate(shape.types)]
            for shape in observed
            if shape.months == partnership.planned_months
        ]
        # A lead whose type has no seat takes one of another type.
        assert any(min(rest) >= 0 for rest in left)


def test_yardstick_lets_a_partner_bring_the_core_that_fills_most_seats():
    model = PlainEcosystem(
        **{"world.preset": "classroom", "world.scale": 0.02, "behaviour.search.core_share": 10.0}
    ).advance(60)
    with_past = [organisation for organisation in model.agents if organisation.past]
    brought = of_others = 0
    for lead in with_past:
        partnership = lead.past[-1]
        if not partnership.funded:
            continue
        draft = model._draft(lead, partnership.sector, model.funders[0])
        draft.size, draft.kind, draft.circle = len(partnership.seats), partnership.kind, 0
        types = [draft.size] * 5
        core = model._brought(draft, types)
        if core is None:
            continue
        brought += 1
        assert core.kind == partnership.kind
        assert draft.size / 2.0 <= len(core.seats) <= draft.size * 2.0
        of_others += core not in lead.past
    assert brought > 30
    # Consortia of others than the lead's own re-form too.
    assert of_others > 5


def test_yardstick_puts_proposals_of_a_month_together():
    model = PlainEcosystem(
        **{"world.preset": "classroom", "world.scale": 0.02, "behaviour.search.core_share": 10.0}
    ).advance(12)
    leads = [organisation for organisation in model.agents if organisation.topics]
    drafts = [model._draft(lead, min(lead.topics), model.funders[0]) for lead in leads]
    model._join_siblings(drafts)
    siblings = [draft for draft in drafts if draft.elder is not None]
    assert len(siblings) > 10
    for draft in siblings:
        assert draft.elder.elder is None
        assert (draft.elder.sector, draft.elder.kind) == (draft.sector, draft.kind)


def _share(organisation, sector):
    """Share of an organisation's knowledge in a sector."""
    return organisation.unfunded_pull[sector] / organisation.size


def test_yardstick_meets_by_chance_whoever_has_arrived():
    model = PlainEcosystem(**{"world.preset": "classroom", "world.scale": 0.02}).advance(24)
    lead = next(organisation for organisation in model.agents if organisation.funded_pull)
    sector = next(iter(lead.topics))
    draft = model._draft(lead, sector, model.funders[0])
    draft.open_types = None
    met = Counter(model._someone_known(draft, False, False, True) for _ in range(4000))
    assert any(one.participations > 0 for one in met)
    assert any(one.participations == 0 for one in met)
    largest = max(met, key=lambda one: one.size)
    # The largest of its country is met as often as what it knows of the sector says, but for luck.
    at_home = [
        one
        for (country, of, _), pool in model.pools.items()
        if (country, of) == (largest.country, sector)
        for one in pool.organisations
    ]
    here, known = sum(met[one] for one in at_home), sum(_share(one, sector) for one in at_home)
    assert len(at_home) > 4
    assert met[largest] / here < 3.0 * _share(largest, sector) / known + 0.02
    # Where seats are left for one type alone, nobody else is met.
    draft.open_types = [int(kind == largest.type) for kind in range(N_TYPES)]
    met_now = [model._someone_known(draft, False, False, True) for _ in range(200)]
    assert {one.type for one in met_now if one is not None} == {largest.type}


def test_yardstick_who_knows_more_than_usual_learns_less():
    model = PlainEcosystem(
        **{
            "world.preset": "classroom",
            "world.scale": 0.01,
            "behaviour.knowledge.absorption": 0.0,
            "behaviour.knowledge.diminishing": 2.0,
        }
    ).advance(24)
    partnership = next(one for one in model.active if one.output_now > 0.0 and one.working > 2)
    at_work = [seat for seat in partnership.seats if seat.work_now > 0.0]
    sector = partnership.sector
    for seat in at_work:
        seat.organisation.knowledge[sector] = seat.organisation.at_rest[sector]
    at_work[0].organisation.knowledge[sector] *= 2.0
    model._teach(partnership, at_work)
    taken = [seat.organisation.learnt[sector] / seat.work_now for seat in at_work]
    assert taken[0] > 0.0
    assert taken[1:] == pytest.approx([4.0 * taken[0]] * (len(taken) - 1))


@pytest.mark.parametrize(("must_be", "passed"), [("at least", True), ("at most", False)])
def test_result_compares_in_the_right_direction(must_be, passed):
    assert Result("a", "b", 2.0, must_be, 1.0).passed is passed


@pytest.mark.slow
def test_the_yardstick_shares_out_what_is_short_by_the_same_rules(monkeypatch):
    """Where two of five countries never export and a third sends half, inputs allow the same share of work in both."""

    def never_whole(world):
        flow = np.ones((len(INPUTS), world.n_countries, world.n_countries))
        for code, left in (("DEU", 0.0), ("GBR", 0.0), ("ESP", 0.5)):
            flow[:, :, world.country_index(code)] = left
        place = np.arange(world.n_countries)
        flow[:, place, place] = 1.0
        return flow

    monkeypatch.setattr("ecosim.channels.supply.base", never_whole)
    short = {"behaviour.supply.spare_capacity": 0.0, "behaviour.supply.switch_equipment_months": 2.0,
             "behaviour.supply.switch_cloud_months": 2.0, "timeline.burn_in_months": 60}  # fmt: skip
    found = {}
    for kind in (Ecosystem, PlainEcosystem):
        shares, switched = [], 0
        for seed in range(4):
            model = kind(**{"world.preset": "classroom", "world.scale": 0.02, "seed": seed, **short}).advance(60)
            shares.append(float(np.mean(model.series()["supply_continuity"][24:60])))
            switched += np.sum(model.series()["suppliers_switched"][24:60]) / np.sum(model.series()["work"][24:60])
        found[kind] = np.mean(shares), switched
    ours, plain = found[Ecosystem], found[PlainEcosystem]
    assert ours[0] < 0.95
    assert plain[0] == pytest.approx(ours[0], abs=0.01)
    assert plain[1] == pytest.approx(ours[1], rel=0.25)
