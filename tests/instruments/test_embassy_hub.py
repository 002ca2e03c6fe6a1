from __future__ import annotations

import numpy as np
import pytest

from ecosim.agents import Mission
from ecosim.channels.handles import Handles
from ecosim.instruments.embassy_hub import EmbassyHub
from tests.instruments.contract import InstrumentBench
from tests.models import small, to_the_end, with_handles


class TestEmbassyHub(InstrumentBench):
    instrument = EmbassyHub
    pair = ("DEU", "USA")

    def test_each_side_is_met_by_the_other(self) -> None:
        entry = self.run(5e4).newcomer_entry
        assert entry[0, 4] > 0.0
        assert entry[4, 0] > 0.0
        entry[0, 4] = entry[4, 0] = 0.0
        assert not entry.any()

    def test_a_hub_reaches_a_larger_share_of_a_small_country(self) -> None:
        entry = self.run(5e4, senders=("DEU",), hosts=("CHN",)).newcomer_entry
        organisations = self.world.organisations.sum(axis=1)
        assert organisations[0] > organisations[5]
        assert entry[0, 5] > entry[5, 0] > 0.0

    def test_whoever_comes_finds_a_site_set_up_in_the_host_alone(self) -> None:
        made = self.run(5e4)
        spared = 1.0 - made.site_start
        assert spared[0, 4] == pytest.approx(made.newcomer_entry[4, 0])
        assert spared[0, 4] > 0.0
        assert spared[4, 4] == pytest.approx(made.newcomer_entry[0, 4])
        spared[0, 4] = spared[4, 4] = 0.0
        assert not spared.any()

    def test_two_hubs_in_a_host_set_up_more_of_its_sites_than_either(self) -> None:
        made = EmbassyHub(senders=("DEU", "CHN"), hosts=("USA",))
        both = self.run(1e5, senders=("DEU", "CHN"), hosts=("USA",)).site_start[4, 4]
        one, other = (self.run(1e5, senders=(sender,), hosts=("USA",)).site_start[4, 4] for sender in made.senders)
        assert both < min(one, other) < 1.0

    def test_more_money_opens_more_of_them_where_most_missions_are(self) -> None:
        shares = EmbassyHub(monthly_eur=3.5 * 5e4, running_eur=5e4).first_allocation(self.world)
        assert (shares > 0.0).sum() == 3
        missions = (self.world.embassies + self.world.consulates) * (1 - np.eye(6))
        assert missions[shares > 0.0].min() >= missions[shares == 0.0].max()


def test_a_mission_shows_its_assets() -> None:
    model = small(instruments={"embassy_hub": {"monthly_eur": 1e5, "build_eur": 2e5}}).advance(20)
    owning = [mission for mission in model.agents_by_type[Mission] if mission.assets]
    assert len(owning) == 2
    for mission in owning:
        (hub,) = mission.assets
        assert (hub.kind, hub.state, hub.condition) == ("hub", "open", 1.0)
        assert "health" in hub.sectors
        assert 0 < hub.built_month < 20


def test_newcomers_are_met_where_hubs_are_and_only_if_the_mechanism_is_on() -> None:
    """More of those who join are newcomers; with the mechanism off the handle has no reader."""

    def newcomers(entry: float, **overrides: object) -> float:
        def met(handles: Handles) -> None:
            handles.newcomer_entry += entry * (1.0 - np.eye(5))

        # One seed differs by 5 % by chance alone.
        seeds = [{"world__scale": 0.1, "seed": seed, **overrides} for seed in (1, 2, 3)]
        return float(sum(to_the_end(with_handles(met, **each)).series()["newcomers"].sum() for each in seeds))

    assert newcomers(0.9) > newcomers(0.3) > newcomers(0.0)
    assert newcomers(0.9, mechanisms__newcomers=False) == newcomers(0.0, mechanisms__newcomers=False)
