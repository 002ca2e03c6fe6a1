"""How a world stands before its first month."""

from __future__ import annotations

import numpy as np

from ecosim.health.measures import first_health
from ecosim.ledger import OWN_BOOK, Account, Ledger
from ecosim.outcomes import inclusion
from ecosim.partnerships.inherited import begin_with
from ecosim.partnerships.tax import claimable
from ecosim.record import Record
from ecosim.setting import Setting
from ecosim.state import Decided, Pipeline, State
from ecosim.tables import (
    ASSET,
    DEPARTURE,
    FUNDER,
    GOVERNMENT,
    MEMBER,
    MISSION,
    PARTNERSHIP,
    REGISTER,
    SEAT,
    SUPPLY,
    Table,
)  # fmt: skip
from ecosim.ties import Ties
from ecosim.world.facts import SECTORS
from ecosim.world.population import empty_memory


def first_state(setting: Setting) -> State:
    """The world before its first month: organisations without a past, missions at their posts, no money."""
    world, config = setting.world, setting.config
    n = world.n_countries
    organisations = setting.population.at_the_start()
    funders = np.zeros(setting.n_funders, dtype=FUNDER)
    governments = np.zeros(n, dtype=GOVERNMENT)
    governments["predictability"] = world.governance
    governments["stability"] = world.governance
    senders, hosts = np.nonzero((world.embassies + world.consulates) * (1 - np.eye(n, dtype=np.int16)))
    missions = np.zeros(len(senders), dtype=MISSION)
    missions["sender"], missions["host"] = senders, hosts
    missions["embassies"] = world.embassies[senders, hosts]
    missions["consulates"] = world.consulates[senders, hosts]
    each = config.behaviour.missions
    missions["staff"] = each.embassy_staff * missions["embassies"] + each.consulate_staff * missions["consulates"]
    allocation = np.zeros((len(config.instruments), n, n))
    for k, (_, instrument) in enumerate(sorted(config.instruments.items())):
        allocation[k] = instrument.first_allocation(world)
    intensity = np.ones(len(config.instruments))
    for decision in config.decisions.values():
        for name, share in decision.first_intensity().items():
            intensity[sorted(config.instruments).index(name)] = share
    ledger = Ledger(len(funders), setting.ahead_cents)
    opening = int(organisations["reserves_cents"][organisations["present"]].sum())
    ledger.post(0, OWN_BOOK, Account.OWN_INCOME, Account.RESERVES, opening)
    knowledge = setting.knowledge_at_rest
    state = State(
        month=0,
        organisations=organisations,
        known=setting.population.known_in(-1),
        memory=empty_memory(len(organisations)),
        knowledge=knowledge,
        skill=np.zeros_like(knowledge),
        # Room for what ten years of work leave, so that tables are rarely rebuilt; what is not used is not resident.
        partnerships=Table(PARTNERSHIP, 4 * len(organisations)),
        seats=Table(SEAT, 12 * len(organisations)),
        supplies=Table(SUPPLY, 4 * len(organisations) if config.mechanisms.supply else 1),
        departures=Table(DEPARTURE, len(organisations)),
        register=Table(REGISTER, 4 * len(organisations)),
        members=Table(MEMBER, 12 * len(organisations)),
        active=np.empty(0, dtype=np.int32),
        ties=Ties(4 * len(organisations)),
        vanished=0,
        unsettled=True,
        funders=funders,
        envelopes=np.zeros((len(funders), len(SECTORS)), dtype=np.int64),
        sector_share=np.tile(world.sector_money_share, (len(setting.terms), 1)),
        governments=governments,
        missions=missions,
        allocation=allocation,
        intensity=intensity,
        decided={name: Decided() for name in config.decisions},
        observed=np.zeros((n, n)),
        ledger=ledger,
        own_spent=np.zeros((len(organisations) if claimable(setting) else 0, 2), dtype=np.int64),
        earmarked=np.zeros((n, n), dtype=np.int64),
        trust_shift=np.zeros((n, n)),
        spent_eur={},
        stocks=np.zeros_like(allocation),
        assets=Table(ASSET, 16),
        handles=setting.base,
        effects=setting.effects(setting.base),
        pipeline=Pipeline(),
        record=Record(
            config.calendar.months,
            n,
            setting.risk.labels,
            len(SECTORS),
            config.mechanisms.stages,
            config.mechanisms.health,
        ),
        health=first_health(setting.health) if config.mechanisms.health else None,
    )
    if setting.projects is not None:
        begin_with(state, setting)
        # Who came before is no newcomer of the first month.
        state.record.last |= inclusion.ever_funded(state.organisations, world.low_income)
    return state
