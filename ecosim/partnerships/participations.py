"""The participation table: a run's consortia in the shape in which CORDIS publishes real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecosim.partnerships.register import rows_of
from ecosim.setting import Setting
from ecosim.state import State
from ecosim.tables import GRANTED, PROGRAMME
from ecosim.world.facts import ORGANISATION_TYPES, PROGRAMME_PARTS
from ecosim.world.participations import REQUIRED

if TYPE_CHECKING:
    import pandas as pd

#: Columns of the table, in order.
COLUMNS = (*REQUIRED, "duration_months", "programme_part")


def participation_table(state: State, setting: Setting) -> pd.DataFrame:
    """One row per organisation and funded partnership that has started, members who left included.

    ``end_date`` is the contract's, as in CORDIS; ``ec_contribution`` in EUR; countries as CORDIS writes them (``EL``,
    ``UK``; ``ZZ`` for the aggregated rest). Organisations and projects are numbered by their content, so the same
    organisation has the same number in every arm.
    """
    import pandas as pd

    partnerships, seats, departures = state.partnerships.used, state.seats.used, state.departures.used
    started = (partnerships["funder"] == PROGRAMME) & (partnerships["status"] != GRANTED)
    here = started[seats["partnership"]] & (seats["organisation"] >= 0)
    left_rows = rows_of(state, departures["partnership"])
    gone = (left_rows >= 0) & started[left_rows] & (departures["joined_month"] <= departures["left_month"])
    here_rows = np.flatnonzero(here)
    leads = (
        partnerships["first_seat"][seats["partnership"][here_rows]]
        + (partnerships["lead_seat"][seats["partnership"][here_rows]])
    )
    partnership = np.concatenate([seats["partnership"][here], left_rows[gone]])
    organisation = np.concatenate([seats["organisation"][here], departures["organisation"][gone]])
    coordinator = np.concatenate([here_rows == leads, np.zeros(int(gone.sum()), dtype=np.bool_)])
    cents = np.concatenate([seats["grant_cents"][here], departures["grant_cents"][gone]])
    rows = state.organisations[organisation]
    row = partnerships[partnership]
    # A seat's grant is divided over those who held it by the months each did, so that projects add up.
    joined = np.concatenate([seats["joined_month"][here], departures["joined_month"][gone]])
    end_month = row["start_month"] + row["planned_months"]
    left = np.where(np.arange(len(joined)) < len(here_rows), end_month, 0)
    left[len(here_rows) :] = departures["left_month"][gone]
    held = np.clip(np.minimum(left, end_month) - joined, 0, row["planned_months"])
    cents = cents * (held / row["planned_months"])
    first = np.datetime64(f"{setting.first_year:04d}-{setting.first_calendar_month + 1:02d}", "M")
    start = first + row["start_month"].astype("timedelta64[M]")
    end = start + row["planned_months"].astype("timedelta64[M]")
    codes = np.array(setting.world.cordis_codes)
    table = pd.DataFrame(
        {
            "project": row["number"].astype(np.int64) + 1,
            "organisation": rows["key"].astype(np.int64),
            "role": np.where(coordinator, "coordinator", "participant"),
            "activity_type": np.array(ORGANISATION_TYPES)[rows["type"]],
            "country": codes[rows["country"]],
            "ec_contribution": np.round(cents / 100.0, 2),
            "start_date": start.astype("datetime64[ns]"),
            "end_date": end.astype("datetime64[ns]") - np.timedelta64(1, "D"),
            "duration_months": row["planned_months"].astype(np.int64),
            "programme_part": np.array(PROGRAMME_PARTS)[row["sector"]],
        }
    )
    return table.sort_values(["project", "organisation"], kind="stable", ignore_index=True)[list(COLUMNS)]
