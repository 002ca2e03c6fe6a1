"""Tables of who takes part in what, in the shape in which CORDIS publishes real projects.

The multilateral programme stands in a table of its own, comparable with the data; what other funders pay, in grants of
their own or to members of the programme's projects, stands in another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.partnerships.register import rows_of
from ecosim.setting import Setting
from ecosim.state import State
from ecosim.tables import GRANTED, PROGRAMME
from ecosim.world.facts import ORGANISATION_TYPES, PROGRAMME_PARTS
from ecosim.world.participations import REQUIRED

if TYPE_CHECKING:
    import pandas as pd

#: Columns of the programme's table, in order.
COLUMNS = (*REQUIRED, "duration_months", "programme_part")
#: Columns of the table of other funders' grants.
GRANT_COLUMNS = (*COLUMNS, "funder", "funder_country", "project_of")


@dataclass(frozen=True, eq=False)
class _Members:
    """Everyone who has taken part in funded work that has started, members who left included; n of them."""

    partnership: NDArray[np.int64]
    organisation: NDArray[np.int64]
    coordinator: NDArray[np.bool_]
    #: Cents of the partnership's own funder, and of whoever pays the seat in its place.
    own_cents: NDArray[np.float64]
    other_cents: NDArray[np.float64]
    #: Row of the one who pays in its place; the partnership's own funder where nobody does.
    payer: NDArray[np.int64]

    def take(self, rows: NDArray[np.bool_]) -> _Members:
        """Some of them."""
        return _Members(*(value[rows] for value in vars(self).values()))


def _members(state: State) -> _Members:
    partnerships, seats, departures = state.partnerships.used, state.seats.used, state.departures.used
    started = (partnerships["funder"] >= 0) & (partnerships["status"] != GRANTED)
    here = started[seats["partnership"]] & (seats["organisation"] >= 0)
    left_rows = rows_of(state, departures["partnership"])
    gone = (left_rows >= 0) & started[left_rows] & (departures["joined_month"] <= departures["left_month"])
    here_rows = np.flatnonzero(here)
    leads = (
        partnerships["first_seat"][seats["partnership"][here_rows]]
        + (partnerships["lead_seat"][seats["partnership"][here_rows]])
    )
    both = {
        name: np.concatenate([seats[name][here], departures[name][gone]])
        for name in ("organisation", "grant_cents", "other_cents", "payer", "joined_month")
    }
    both["partnership"] = np.concatenate([seats["partnership"][here], left_rows[gone]])
    row = partnerships[both["partnership"]]
    # A seat's grant is divided over those who held it by the months each did, so that projects add up.
    end_month = row["start_month"] + row["planned_months"]
    left = np.where(np.arange(len(row)) < len(here_rows), end_month, 0)
    left[len(here_rows) :] = departures["left_month"][gone]
    held = np.clip(np.minimum(left, end_month) - both["joined_month"], 0, row["planned_months"])
    share = held / row["planned_months"]
    return _Members(
        both["partnership"].astype(np.int64),
        both["organisation"].astype(np.int64),
        np.concatenate([here_rows == leads, np.zeros(int(gone.sum()), dtype=np.bool_)]),
        (both["grant_cents"] - both["other_cents"]) * share,
        both["other_cents"] * share,
        np.where(both["other_cents"] > 0, both["payer"], row["funder"]).astype(np.int64),
    )


def _table(members: _Members, cents: NDArray[np.float64], state: State, setting: Setting) -> pd.DataFrame:
    """Columns of :data:`COLUMNS`, unsorted, with what somebody pays of each member's grant."""
    import pandas as pd

    rows = state.organisations[members.organisation]
    row = state.partnerships.used[members.partnership]
    first = np.datetime64(f"{setting.first_year:04d}-{setting.first_calendar_month + 1:02d}", "M")
    start = first + row["start_month"].astype("timedelta64[M]")
    end = start + row["planned_months"].astype("timedelta64[M]")
    codes = np.array(setting.world.cordis_codes)
    return pd.DataFrame(
        {
            "project": row["number"].astype(np.int64) + 1,
            "organisation": rows["key"].astype(np.int64),
            "role": np.where(members.coordinator, "coordinator", "participant"),
            "activity_type": np.array(ORGANISATION_TYPES)[rows["type"]],
            "country": codes[rows["country"]],
            "ec_contribution": np.round(cents / 100.0, 2),
            "start_date": start.astype("datetime64[ns]"),
            "end_date": end.astype("datetime64[ns]") - np.timedelta64(1, "D"),
            "duration_months": row["planned_months"].astype(np.int64),
            "programme_part": np.array(PROGRAMME_PARTS)[row["sector"]],
        }
    )


def participation_table(state: State, setting: Setting) -> pd.DataFrame:
    """One row per organisation and project of the programme that has started, members who left included.

    ``end_date`` is the contract's, as in CORDIS; ``ec_contribution`` in EUR, without what another funder pays in the
    programme's place; countries as CORDIS writes them (``EL``, ``UK``; ``ZZ`` for the aggregated rest). Organisations
    and projects are numbered by their content, so the same organisation has the same number in every arm.
    """
    members = _members(state)
    members = members.take(state.partnerships.used["funder"][members.partnership] == PROGRAMME)
    table = _table(members, members.own_cents, state, setting)
    return table.sort_values(["project", "organisation"], kind="stable", ignore_index=True)[list(COLUMNS)]


def grant_table(state: State, setting: Setting) -> pd.DataFrame:
    """One row per organisation, started grant, and funder beside the programme that pays it.

    As :func:`participation_table`, and beside it ``funder`` (an entry of ``funders``), ``funder_country`` (empty where
    it serves several) and ``project_of`` (whose project it is): an agency that pays its organisation's part in a
    project of the programme stands here with ``project_of`` "programme". ``ec_contribution`` is what this funder pays.
    """
    import pandas as pd

    members = _members(state)
    funder = state.partnerships.used["funder"][members.partnership].astype(np.int64)
    whole = (funder != PROGRAMME) & (members.payer == funder)
    names = np.array([setting.terms_of(f).name for f in range(setting.n_funders)])
    homes = np.array([_home(setting, f) for f in range(setting.n_funders)])
    parts = []
    for rows, payer, cents in (
        (funder != PROGRAMME, funder, members.own_cents),
        (members.payer != funder, members.payer, members.other_cents),
    ):
        # Whom somebody else pays in full has no row with nothing from the grant's own funder.
        kept = rows & ((cents > 0.0) | whole)
        table = _table(members.take(kept), cents[kept], state, setting)
        table["funder"] = names[payer[kept]]
        table["funder_country"] = homes[payer[kept]]
        table["project_of"] = names[funder[kept]]
        parts.append(table)
    joined = pd.concat(parts, ignore_index=True)
    joined = joined.sort_values(["project", "organisation", "funder"], kind="stable", ignore_index=True)
    return joined[list(GRANT_COLUMNS)]


def _home(setting: Setting, funder: int) -> str:
    """CORDIS code of the one country a funder serves; empty where it serves several."""
    served = np.flatnonzero(setting.terms_of(funder).funder_of == funder)
    return setting.world.cordis_codes[served[0]] if len(served) == 1 else ""
