"""Agencies that pay their own organisations in each other's grants."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from ecosim.errors import InputError
from ecosim.ledger import Account
from ecosim.model import Ecosystem
from tests.models import SMALL, fingerprint, to_the_end
from tests.month.test_money import check_books


@cache
def run(agreements: Any = "all", **settings: Any) -> Ecosystem:
    return to_the_end(
        Ecosystem(
            **{**SMALL, "world.scale": 0.05},
            funders={"national_agency": {"agreements": agreements, **settings}},
        )
    )


def joint(model: Ecosystem) -> tuple[np.ndarray, np.ndarray]:
    """Seats in agencies' grants, and whether each is of another country than the agency's."""
    state = model.state
    seats = state.seats.used
    own = state.partnerships.used["funder"][seats["partnership"]]
    seats, own = seats[own > 0], own[own > 0]
    home = model.setting.agency_of[seats["country"]]
    return seats, home != own


def test_each_agency_pays_its_own_and_the_books_balance() -> None:
    model = run()
    seats, abroad = joint(model)
    assert abroad.sum() > 100
    home = model.setting.agency_of[seats["country"]]
    assert (seats["payer"][abroad] == home[abroad]).all()
    assert (seats["other_cents"][abroad] == seats["grant_cents"][abroad]).all()
    assert (seats["other_cents"][~abroad] == 0).all()
    check_books(Ecosystem(**SMALL, funders={"national_agency": {"agreements": "all"}}).advance(40))
    assert model.ledger.imbalance() == 0
    table = model.grants()
    project_of_others = table[table["funder_country"] != ""]
    assert (project_of_others["funder_country"] == project_of_others["country"]).all()


def test_agreements_bind_those_who_have_made_them_and_no_others() -> None:
    model = run(("DEU", "GBR", "POL"))
    seats, abroad = joint(model)
    signed = [model.setting.world.country_index(code) for code in ("DEU", "GBR", "POL")]
    assert abroad.sum() > 50
    assert set(seats["country"][abroad].tolist()) == set(signed)
    rows = model.state.partnerships.used[np.unique(seats["partnership"][abroad])]
    leads = model.state.seats.used["country"][rows["first_seat"]]
    assert set(leads.tolist()) == set(signed)


def test_without_agreements_nobody_is_paid_abroad_and_nothing_is_kept() -> None:
    model = run("none")
    assert not joint(model)[1].any()
    assert fingerprint(run("none", joint_share=0.5)) == fingerprint(model)
    # Agreements join countries: more of all work crosses borders.
    share = [one.series()["collaboration"][30:].sum() / one.series()["work"][30:].sum() for one in (run(), model)]
    assert share[0] > share[1]


def test_aligned_calls_leave_money_for_others_grants() -> None:
    """An agency that offered all its money in its own call would have none for its partners' calls of the month."""
    model = run(calendar="aligned")
    assert joint(model)[1].sum() > 100


def test_no_agency_promises_what_it_does_not_have() -> None:
    model = Ecosystem(
        **SMALL, funders={"national_agency": {"agreements": "all", "joint_share": 0.05, "calendar": "aligned"}}
    )
    while model.running:
        model.step()
        unspent = model.ledger.balance[1:-1, Account.UNSPENT]
        assert (unspent >= -model.setting.ahead_cents[1:]).all()
    check_books(model)


def test_a_rupture_ends_new_joint_grants_and_honours_those_that_run() -> None:
    rupture = {"targets": ["DEU"], "severity": 1.0}
    model = Ecosystem(
        **{**SMALL, "world.scale": 0.05, "timeline.response_months": 36},
        shocks={"diplomatic_rupture": rupture},
        funders={"national_agency": {"agreements": "all"}},
    )
    month = model.advance(model.announcement_month).announcement_month
    to_the_end(model)
    seats, abroad = joint(model)
    germany = model.setting.world.country_index("DEU")
    proposed = model.state.partnerships.used["proposed_month"][seats["partnership"]]
    ours = abroad & (seats["country"] == germany)
    assert (ours & (proposed < month)).sum() > 10
    assert (ours & (proposed >= month)).sum() == 0


def test_unknown_countries_are_refused() -> None:
    with pytest.raises(InputError, match=r"funders\.national_agency\.agreements.*JPN"):
        Ecosystem(**SMALL, funders={"national_agency": {"agreements": ["DEU", "JPN"]}})
