"""The treatment as realised: what a programme's rules made of consortia and calls, not what they asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.tables import PROGRAMME

if TYPE_CHECKING:
    from ecosim.config.programme import ProgrammeConfig
    from ecosim.config.timeline import Calendar

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


def realised(
    rows: NDArray[np.void], appropriated_eur: NDArray[np.float64], programme: ProgrammeConfig, calendar: Calendar,
    reform_month: int, scale: float,
) -> dict[str, float]:  # fmt: skip
    """The treatment of one run, so far.

    Consortia are those proposed during observation, under the programme's rules; calls are counted since these rules
    began, so that calls years apart show their distance too. A small consortium cannot have more countries than seats:
    a rule of many countries realises fewer on average.

    Parameters
    ----------
    rows : ndarray of dtype PARTNERSHIP
        All partnerships so far.
    appropriated_eur : ndarray of float, shape (months so far,)
        Public money appropriated each month.
    programme : ProgrammeConfig
        The programme's rules, in force since ``reform_month``.
    calendar : Calendar
        Dates of the run.
    reform_month : int
        Month of the reform.
    scale : float
        ``world.scale`` of the scenario.

    Returns
    -------
    dict
        The names of :data:`REALISED`; not-a-number where there is nothing to measure.
    """
    proposed = rows["proposed_month"]
    ours = (rows["funder"] == PROGRAMME) & (proposed >= max(reform_month, 0))
    seen = rows[ours & (proposed >= calendar.burn_in_months) & (proposed < calendar.observation_end)]
    gaps = np.diff(np.unique(proposed[ours]))
    of_any = np.diff(np.unique(proposed[(rows["funder"] >= 0) & (proposed >= max(reform_month, 0))]))
    nothing = float("nan")
    appropriated = appropriated_eur[calendar.burn_in_months : calendar.observation_end]
    return {
        "realised_countries": float(seen["countries"].mean()) if len(seen) else nothing,
        "realised_members": float(seen["seats"].mean()) if len(seen) else nothing,
        "realised_months_between_calls": float(gaps.mean()) if len(gaps) else nothing,
        "realised_longest_gap_months": float(gaps.max()) if len(gaps) else nothing,
        "realised_months_between_any_calls": float(of_any.mean()) if len(of_any) else nothing,
        "realised_longest_gap_any_months": float(of_any.max()) if len(of_any) else nothing,
        "realised_paid_ahead": programme.prefinancing,
        "realised_public_eur": (float(appropriated.mean()) / scale if len(appropriated) else nothing),
    }
