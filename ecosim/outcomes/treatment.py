"""The treatment as realised: what a programme's rules made of consortia and calls, not what they asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecosim.tables import PROGRAMME

if TYPE_CHECKING:
    from ecosim.setting import Setting
    from ecosim.state import State

#: What is measured of each run -> what it is.
REALISED: dict[str, str] = {
    "realised_countries": "Mean countries of the consortia funded during observation, as contracted",
    "realised_members": "Mean organisations of the same consortia",
    "realised_months_between_calls": "Mean months from one call that funded something to the next",
    "realised_longest_gap_months": "Most months from one such call to the next",
    "realised_months_between_any_calls": "Mean months from one call of any funder that funded something to the next",
    "realised_longest_gap_any_months": "Most months from one such call to the next",
    "realised_paid_ahead": "Share of a grant that is paid when work starts",
    "realised_public_eur": "Public money appropriated a month by all public funders together, at full scale",
}


def realised(state: State, setting: Setting) -> dict[str, float]:
    """The treatment of one run, so far.

    Consortia are those proposed during observation, under the programme's rules; calls are counted since these rules
    began, so that calls years apart show their distance too. A small consortium cannot have more countries than seats:
    a rule of many countries realises fewer on average.

    Returns
    -------
    dict
        The names of :data:`REALISED`; not-a-number where there is nothing to measure.
    """
    rows = state.partnerships.used
    proposed = rows["proposed_month"]
    ours = (rows["funder"] == PROGRAMME) & (proposed >= max(setting.reform_month, 0))
    calendar = setting.config.calendar
    seen = rows[ours & (proposed >= calendar.burn_in_months) & (proposed < calendar.observation_end)]
    gaps = np.diff(np.unique(proposed[ours]))
    of_any = np.diff(np.unique(proposed[(rows["funder"] >= 0) & (proposed >= max(setting.reform_month, 0))]))
    nothing = float("nan")
    record = state.record
    observed = slice(calendar.burn_in_months, min(state.month, calendar.observation_end))
    appropriated = record.rows[observed, record.columns["appropriated_eur"]]
    return {
        "realised_countries": float(seen["countries"].mean()) if len(seen) else nothing,
        "realised_members": float(seen["seats"].mean()) if len(seen) else nothing,
        "realised_months_between_calls": float(gaps.mean()) if len(gaps) else nothing,
        "realised_longest_gap_months": float(gaps.max()) if len(gaps) else nothing,
        "realised_months_between_any_calls": float(of_any.mean()) if len(of_any) else nothing,
        "realised_longest_gap_any_months": float(of_any.max()) if len(of_any) else nothing,
        "realised_paid_ahead": setting.config.programme.prefinancing,
        "realised_public_eur": (
            float(appropriated.mean()) / setting.config.world.scale if len(appropriated) else nothing
        ),
    }
