"""What is special to instruments of rules, money and supply."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from ecosim.instruments.aligned_timelines import AlignedTimelines
from ecosim.instruments.approval_fast_track import ApprovalFastTrack
from ecosim.instruments.blended_finance import BlendedFinance
from ecosim.instruments.industry_advisory import IndustryAdvisory
from ecosim.instruments.investor_visits import InvestorVisits
from ecosim.instruments.multilateral_forum import MultilateralForum
from ecosim.instruments.nda import Nda
from ecosim.instruments.regulatory_dialogue import RegulatoryDialogue
from ecosim.instruments.technology_understanding import TechnologyUnderstanding
from ecosim.ledger import Account
from ecosim.world.facts import BASIC_SECTORS, REGULATION_PARTS, SECTORS
from tests.instruments.contract import InstrumentBench
from tests.models import SMALL, small, to_the_end

DEU, POL, USA, CHN = 0, 2, 4, 5


class TestApprovalFastTrack(InstrumentBench):
    instrument = ApprovalFastTrack
    pair = ("DEU", "USA")

    def test_starts_follow_by_the_part_that_is_approval_and_haste_counts_for_less_abroad_alone(self) -> None:
        handles = self.run(1e12, limit=0.5)
        assert handles.approval_months[DEU] == pytest.approx(0.5)
        assert handles.friction_start[DEU] == pytest.approx(1.0 - 0.2 * 0.5)
        assert (handles.approval_months[1:] == 1.0).all()
        assert (handles.recognition[DEU, 1:] < self.base.recognition[DEU, 1:]).all()
        assert (handles.recognition[DEU, DEU] == 1.0).all()
        assert (handles.recognition[1:] == self.base.recognition[1:]).all()


class TestRegulatoryDialogue(InstrumentBench):
    instrument = RegulatoryDialogue
    pair = ("DEU", "CHN")

    def test_each_part_is_a_preset(self) -> None:
        for k, part in enumerate(REGULATION_PARTS):
            moved = (self.run(1e6, parts=(part,)).regulation != self.base.regulation).any(axis=(1, 2))
            assert moved.tolist() == [k == other for other in range(len(REGULATION_PARTS))]
        with pytest.raises(ValueError, match=r"instruments\.mine\.parts=ethic.*did you mean"):
            RegulatoryDialogue(parts=("ethic",)).check("mine", self.world)

    def test_few_parts_come_nearer_for_the_same_money_and_the_payer_alone_adjusts(self) -> None:
        one, all_parts = self.run(1e4, parts=("ethics",)), self.run(1e4)
        assert one.regulation[0, DEU, CHN] > all_parts.regulation[0, DEU, CHN] > self.base.regulation[0, DEU, CHN]
        assert (one.regulation == one.regulation.transpose(0, 2, 1)).all()
        assert one.friction_start[DEU] > 1.0
        assert (one.friction_start[1:] == 1.0).all()


class TestMultilateralForum(InstrumentBench):
    instrument = MultilateralForum

    def test_rules_come_nearer_between_blocs_alone_and_belief_among_all_members(self) -> None:
        handles = self.run(1e6, senders=("DEU", "POL", "USA"), hosts=("DEU", "POL", "USA"))
        moved = (handles.regulation != self.base.regulation).any(axis=0)
        assert moved[DEU, USA]
        assert moved[USA, POL]
        assert moved.sum() == 4
        believed = handles.expectation > self.base.expectation
        assert believed[DEU, POL]
        assert believed.sum() == 6
        assert (handles.friction_start > 1.0).tolist() == [True, False, True, False, True, False]


class TestTechnologyUnderstanding(InstrumentBench):
    instrument = TechnologyUnderstanding
    pair = ("DEU", "CHN")

    def test_what_is_opened_leaks_and_where_nothing_is_to_open_nothing_leaks(self) -> None:
        handles = self.run(1e6)
        opened = handles.technology_control - self.base.technology_control
        assert opened[DEU, CHN] > 0.0
        assert handles.leakage == pytest.approx(0.2 * opened)
        within = self.run(1e6, hosts=("FRA",))
        assert not within.leakage.any()
        assert within.royalty_share[DEU] > 1.0

    def test_an_nda_opens_less_without_leaking_and_takes_months(self) -> None:
        made = Nda(senders=("DEU",), hosts=("CHN",))
        handles = self.base.copy()
        made.push(handles, self.world, 1e6 * made.first_allocation(self.world))
        assert self.base.technology_control[DEU, CHN] < handles.technology_control[DEU, CHN]
        assert handles.technology_control[DEU, CHN] < self.run(1e6).technology_control[DEU, CHN]
        assert not handles.leakage.any()
        assert handles.friction_start[DEU] > 1.0


class TestInvestorVisits(InstrumentBench):
    instrument = InvestorVisits
    pair = ("DEU", "POL")

    def test_the_visited_gain_and_the_small_are_overlooked(self) -> None:
        handles = self.run(1e6)
        assert handles.private_money[POL] > 1.0
        assert (np.delete(handles.private_money, POL) == 1.0).all()
        organisations = self.world.organisations.sum(axis=1)
        kept = (handles.awareness / self.base.awareness)[DEU, 1:, 0]
        # the smaller a country, the more awareness of it is lost
        assert (np.diff(kept[np.argsort(organisations[1:])]) > 0.0).all()


class TestBlendedFinance(InstrumentBench):
    instrument = BlendedFinance
    pair = ("DEU", "POL")

    def test_a_euro_reaches_less_far_where_income_is_low(self) -> None:
        assert self.world.peripheral[POL]
        poor = self.run(1e3).risk_share[POL]
        alike = self.run(1e3, reach_rich=0.6).risk_share[POL]
        assert 0.0 < poor < alike

    #: Research soon leaves something, which soon looks for money, and often fails.
    QUICK: ClassVar[dict[str, object]] = {
        **SMALL, "mechanisms.stages": True, "behaviour.stages.pilot_chance": 0.8, "behaviour.stages.pilot_effort": 2.0,
        "behaviour.stages.site_start_months": 1.0, "behaviour.stages.pilot_months": 3.0,
        "behaviour.stages.scale_up_months": 3.0, "behaviour.stages.scale_up_eur": 2e5,
        "behaviour.stages.investment_hazard": 0.1, "behaviour.stages.scale_up_failure": 0.6,
    }  # fmt: skip

    def test_what_investors_lose_is_paid_out_of_the_same_public_money(self) -> None:
        paid = []
        for monthly_eur in (0.0, 4e6):
            model = small(**self.QUICK, instruments={"blended_finance": {"monthly_eur": monthly_eur}})
            to_the_end(model)
            assert model.ledger.imbalance() == 0
            paid.append(model.ledger.cents(Account.GUARANTEED))
        assert paid[0] == 0 < paid[1]


class TestIndustryAdvisory(InstrumentBench):
    instrument = IndustryAdvisory

    def test_applied_sectors_gain_and_basic_ones_lose(self) -> None:
        handles = self.run(1e6)
        basic = np.isin(np.array(SECTORS), BASIC_SECTORS)
        assert ((handles.pilot_chance > 1.0) == ~basic).all()
        assert ((handles.attention < 1.0) == basic).all()

    def test_nobody_listens_in_sectors_where_there_is_nothing_to_apply(self) -> None:
        handles = self.run(1e6, sectors=BASIC_SECTORS)
        assert (handles.pilot_chance == 1.0).all()
        assert (handles.attention == 1.0).all()


class TestAlignedTimelines(InstrumentBench):
    instrument = AlignedTimelines
    pair = ("DEU", "USA")

    def test_who_is_judged_sooner_is_judged_more_coarsely(self) -> None:
        handles = self.run(1e12, limit=0.3, coarser=0.2, cofunding=0.4)
        assert handles.friction_start[DEU] == pytest.approx(0.7)
        assert handles.own_payment[DEU] == pytest.approx(0.4)
        assert handles.evaluation_error.tolist() == pytest.approx([1.2, 1.0, 1.0, 1.0, 1.0, 1.0])
