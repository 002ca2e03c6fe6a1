"""Partnerships by country and the year in which they started, of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis.start_years import COUNTED

if TYPE_CHECKING:
    from ecosim.model import Ecosystem


def by_start_year(model: Ecosystem, first_month: int) -> dict[str, Any]:
    """Partnerships that have started since a month: a row per start year and country.

    Parameters
    ----------
    model : Ecosystem
        At the end of its run.
    first_month : int
        Those that started earlier are left out.

    Returns
    -------
    dict
        ``start_year`` (calendar), ``country`` (its place in the world), ``countries`` (all codes, ISO 3), and
        :data:`ecosim.analysis.start_years.COUNTED`, float32. Every country stands in every year.

    Notes
    -----
    Members who left count, as in the participation table. A seat's grant goes to those who held it by the months each
    did. Who leads is who leads at the end. Shares are those of the multilateral programme alone, and 0 where nothing
    started.
    """
    from ecosim.partnerships.register import rows_of, unfunded_members
    from ecosim.tables import GRANTED, PROGRAMME

    state, setting = model.state, model.setting
    codes = setting.world.countries
    n = len(codes)
    partnerships, seats, departures = state.partnerships.used, state.seats.used, state.departures.used
    last_month = max(first_month, model.month - 1)
    first_year, last_year = (
        setting.first_year + (setting.first_calendar_month + month) // 12 for month in (first_month, last_month)
    )
    years = last_year - first_year + 1
    started = (
        (partnerships["funder"] >= 0)
        & (partnerships["status"] != GRANTED)
        & (partnerships["start_month"] >= first_month)
        & (partnerships["start_month"] <= last_month)
    )

    def year(month: np.ndarray) -> np.ndarray:
        return setting.first_year + (setting.first_calendar_month + month) // 12 - first_year

    here = np.flatnonzero(started[seats["partnership"]] & (seats["organisation"] >= 0))
    left_rows = rows_of(state, departures["partnership"])
    gone = np.flatnonzero(
        (left_rows >= 0) & started[left_rows] & (departures["joined_month"] <= departures["left_month"])
    )
    of = np.concatenate([seats["partnership"][here], left_rows[gone]])
    organisation = np.concatenate([seats["organisation"][here], departures["organisation"][gone]])
    country = state.organisations["country"][organisation].astype(np.int64)
    row = partnerships[of]
    cell = year(row["start_month"]) * n + country
    leads = np.zeros(len(of), dtype=np.bool_)
    leads[: len(here)] = here == row["first_seat"][: len(here)] + row["lead_seat"][: len(here)]
    end = row["start_month"] + row["planned_months"]
    joined = np.concatenate([seats["joined_month"][here], departures["joined_month"][gone]])
    left = np.concatenate([end[: len(here)], departures["left_month"][gone]])
    held = np.clip(np.minimum(left, end) - joined, 0, row["planned_months"])
    cents = np.concatenate([seats["grant_cents"][here], departures["grant_cents"][gone]])
    by_others = np.concatenate([seats["other_cents"][here], departures["other_cents"][gone]])
    part = held / np.maximum(row["planned_months"], 1)
    euros = cents / 100.0 * part
    of_programme = row["funder"] == PROGRAMME
    paid = np.where(of_programme, (cents - by_others) / 100.0 * part, 0.0)

    def share(weight: np.ndarray) -> np.ndarray:
        # of nothing at all the sums are whole numbers
        found = np.bincount(cell, weight, years * n).astype(np.float64).reshape(years, n)
        whole = found.sum(axis=1, keepdims=True)
        return np.divide(found, whole, out=np.zeros_like(found), where=whole > 0.0).ravel().astype(np.float32)

    def counted(weight: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(cell, weight, years * n).astype(np.float32)

    def once(partnership: np.ndarray, country: np.ndarray, start_month: np.ndarray) -> np.ndarray:
        # a country with several members in a partnership counts once
        one, where = np.divmod(np.unique(partnership.astype(np.int64) * n + country), n)
        return np.bincount(year(start_month[one]) * n + where, minlength=years * n).astype(np.float32)

    # unfunded work that is over may have no rows left
    own, whose = unfunded_members(state, first_month, last_month)
    own_country = state.organisations["country"][whose].astype(np.int64)
    taking_part = np.bincount(cell, of_programme, years * n)
    unpaid = np.bincount(cell, of_programme & (paid < 0.005), years * n)
    values = {
        "participation_share": share(of_programme),
        "money_share": share(paid),
        "coordination_share": share(of_programme & leads),
        "unpaid_share": (unpaid / np.maximum(taking_part, 1.0)).astype(np.float32),
        "partnerships": once(of, country, partnerships["start_month"]),
        "partnerships_unfunded": once(own, own_country, state.register.used["start_month"]),
        "members": counted(),
        "led": np.bincount(cell[leads], minlength=years * n).astype(np.float32),
        "grant_eur": counted(euros),
    }
    return {
        "start_year": np.repeat(np.arange(first_year, last_year + 1, dtype=np.int16), n),
        "country": np.tile(np.arange(n, dtype=np.int16), years),
        "countries": list(codes),
        **{name: values[name] for name in COUNTED},
    }
