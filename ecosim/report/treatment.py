"""The treatment as realised, in words: what each policy's rules made of consortia and calls, beside its label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.outcomes.treatment import REALISED

if TYPE_CHECKING:
    import pandas as pd

#: A longest gap between calls is named where it is so many times the mean one.
_UNEVEN = 1.5
#: What is said of the programme's rules.
_PROGRAMME = ("countries", "members", "months_between_calls", "longest_gap_months", "paid_ahead")


def treatment_words(realised: Mapping[str, Any]) -> str:
    """What was realised, in a line; empty where nothing was measured.

    Parameters
    ----------
    realised : mapping
        Values by the names of :data:`ecosim.outcomes.treatment.REALISED`; means over replicates, or one run's.

    Examples
    --------
    >>> treatment_words({"realised_countries": 7.9, "realised_months_between_calls": 12.0})
    '7.9 countries, a call every 12 months'
    """
    values = {name: np.nan if realised.get(name) is None else float(realised[name]) for name in REALISED}
    countries, members, gap, longest, ahead = (values[f"realised_{name}"] for name in _PROGRAMME)
    said = []
    if np.isfinite(countries):
        size = f" for {members:.1f} organisations" if np.isfinite(members) else ""
        said.append(f"{countries:.1f} countries{size}")
    if np.isfinite(gap):
        every = _months(gap)
        most = f" ({longest:.0f} at most)" if longest > _UNEVEN * gap else ""
        said.append(f"a call every {every}{most}")
    of_any = values["realised_months_between_any_calls"]
    if np.isfinite(gap) and np.isfinite(of_any) and of_any < gap:
        said.append(f"one of some funder every {_months(of_any)}"
                    f" ({values['realised_longest_gap_any_months']:.0f} at most)")  # fmt: skip
    if np.isfinite(ahead):
        said.append(f"{100 * ahead:.0f} % paid ahead")
    public = values["realised_public_eur"]
    if np.isfinite(public):
        said.append(f"{public / 1e6:,.1f} million EUR of public money a month")
    return ", ".join(said)


def _months(gap: float) -> str:
    months = f"{gap:.0f} months" if abs(gap - round(gap)) < 0.05 else f"{gap:.1f} months"
    return "month" if months == "1 months" else months


def treatments(summary: pd.DataFrame) -> dict[str, str]:
    """Policy -> its treatment in words, in the order of the table.

    Parameters
    ----------
    summary : DataFrame
        From :func:`ecosim.analysis.measures.summarise`; results of before treatments were measured give nothing.
    """
    rows = summary.drop_duplicates("policy").set_index("policy").to_dict("index")
    found = {str(policy): treatment_words({str(name): value for name, value in row.items()})
             for policy, row in rows.items()}  # fmt: skip
    return {policy: words for policy, words in found.items() if words}


def public_money(summary: pd.DataFrame) -> dict[str, float]:
    """Policy -> public money a month as realised, EUR at full scale; empty for results that have not measured it."""
    if "realised_public_eur" not in summary:
        return {}
    rows = summary.dropna(subset=["realised_public_eur"]).drop_duplicates("policy")
    return {str(name): float(eur) for name, eur in zip(rows["policy"], rows["realised_public_eur"], strict=True)}
