"""Who moves money: one government alone against all together, and policies that have new money.

A sweep's manifest says what each policy sets. Nothing here is about policies of which none moves one government's own
budget (``policy.actor``) or has new money (``policy.additional_eur``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.analysis import resilience
from ecosim.analysis.budgets import differ
from ecosim.world.facts import REFERENCE_YEAR
from ecosim.world.tables import bloc_members

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

#: Columns of the table of who acts.
ACTING: tuple[str, ...] = (
    "shock", "actor", "policy", "acts", "of", "outcome", "estimate", "low", "high", "clusters",
)  # fmt: skip
#: Outcomes compared.
OUTCOMES: tuple[str, ...] = ("output", "collaboration")


@dataclass(frozen=True)
class Set:
    """What a policy sets of money."""

    #: Instrument -> share of the money of levers.
    levers: tuple[tuple[str, float], ...]
    #: Countries that act; empty for all.
    actor: tuple[str, ...]
    #: New money, EUR a month.
    additional_eur: float
    #: Everything else that it sets otherwise than the experiment.
    others: tuple[tuple[str, str], ...]


def money_set(manifest: Mapping[str, Any], design: pd.DataFrame) -> dict[str, Set]:
    """Policy -> what it sets of money; empty where the manifest does not say what policies set."""
    base = manifest.get("scenario", {}).get("policy", {})
    labels = design.drop_duplicates("history_id").set_index("history_id")["policy"].to_dict()
    found = {}
    for policy in manifest.get("policies", []):
        if "settings" not in policy or policy["history_id"] not in labels:
            return {}
        settings = policy["settings"]
        levers = dict(base.get("levers", {}))
        for key, value in settings.items():
            if key.startswith("policy.levers."):
                levers[key.removeprefix("policy.levers.")] = value
        actor = settings.get("policy.actor", base.get("actor", "all"))
        others = {
            key: str(value) for key, value in settings.items()
            if not key.startswith(("policy.levers.", "policy.actor", "policy.additional_eur"))
        }  # fmt: skip
        found[labels[policy["history_id"]]] = Set(
            tuple(sorted((name, share) for name, share in levers.items() if share)),
            () if actor in ("all", None) else tuple(actor),
            float(settings.get("policy.additional_eur", base.get("additional_eur", 0.0)) or 0.0),
            tuple(sorted(others.items())),
        )
    return found


def new_money(manifest: Mapping[str, Any], design: pd.DataFrame) -> dict[str, float]:
    """Policy -> new money that it has more than the reference policy, EUR a month; empty where none differs.

    Such policies have no equal budget with the others, and stand in a table of their own.
    """
    found = {label: item.additional_eur for label, item in money_set(manifest, design).items()}
    if not differ(found.values()):
        return {}
    reference = found[str(design.loc[design["reference"], "policy"].iloc[0])]
    return {label: eur - reference for label, eur in found.items() if eur != reference}


def somebody_acts_alone(manifest: Mapping[str, Any], design: pd.DataFrame) -> bool:
    """Whether a policy moves one government's own budget, so that :func:`alone_and_together` has something to say."""
    return any(item.actor and item.levers for item in money_set(manifest, design).values())


def alone_and_together(
    countries: pd.DataFrame, manifest: Mapping[str, Any], design: pd.DataFrame, seeds_per_draw: int = 1
) -> pd.DataFrame:
    """What a government gains by moving its own budget alone, and what it gains when all move theirs.

    Parameters
    ----------
    countries : DataFrame
        ``countries.parquet``, months of every run.
    manifest : mapping
        Of the sweep.
    design : DataFrame
        Design table.
    seeds_per_draw : int
        Replicates that share a draw of the parameters.

    Returns
    -------
    DataFrame
        Columns of :data:`ACTING`. For each policy with an actor (``acts`` alone) and the policy that differs from it in
        the actor alone (together): what it changes beside the policy without levers, for the actor (``of`` itself) and
        for all other countries (others), as a share of what they have without levers; mean over replicates with its
        95 % interval, paired by replicate. ``shock`` is empty for calm times. No row where there is no policy without
        levers to set them beside, or only means over replicates were kept.
    """
    import pandas as pd

    sets = money_set(manifest, design)
    nobody = next((label for label, item in sets.items() if not item.levers and not item.additional_eur), None)
    acting = {label: item for label, item in sets.items() if item.actor and item.levers}
    if nobody is None or not acting or countries.empty or "replicate" not in countries:
        return pd.DataFrame(columns=list(ACTING))
    rows = []
    for label, item in acting.items():
        together = next(
            (other for other, its in sets.items() if not its.actor and its.levers == item.levers
             and its.others == item.others and its.additional_eur == item.additional_eur), None,
        )  # fmt: skip
        members = _members(item.actor)
        for shock in (None, *design["shock"].dropna().unique()):
            base = _values(countries, design, nobody, shock, members)
            for acts, policy in (("alone", label), ("together", together)):
                if policy is None:
                    continue
                values = _values(countries, design, policy, shock, members)
                both = base.add_suffix("_nobody").join(values, how="inner")
                clusters = both.index.to_numpy() // max(1, seeds_per_draw)
                names = [f"{of}_{outcome}" for of in ("itself", "others") for outcome in OUTCOMES]
                gained = [
                    (both[name] - both[f"{name}_nobody"]).to_numpy() / both[f"{name}_nobody"].mean() for name in names
                ]
                means = resilience.mean_intervals(np.column_stack(gained), clusters)
                for name, (mean, low, high) in zip(names, means.tolist(), strict=True):
                    of, outcome = name.split("_")
                    rows.append((shock or "", " ".join(item.actor), policy, acts, of, outcome, mean, low, high,
                                 len(np.unique(clusters))))  # fmt: skip
    return pd.DataFrame(rows, columns=list(ACTING))


def _members(actor: tuple[str, ...]) -> tuple[str, ...]:
    """Codes of the countries that act; a bloc stands for its members."""
    found: list[str] = []
    for name in actor:
        bloc = name.removeprefix("bloc:")
        found += [name] if bloc == name else sorted(bloc_members(bloc.upper(), REFERENCE_YEAR))
    return tuple(found)


def _values(
    countries: pd.DataFrame, design: pd.DataFrame, policy: str, shock: str | None, actor: tuple[str, ...]
) -> pd.DataFrame:
    """Replicate -> what the actor and all others have a month of each outcome, under a policy and a shock or none."""
    import pandas as pd

    mine = design[design["policy"] == policy]
    if shock is None:
        rows = countries[(countries["arm"] == "twin") & countries["history_id"].isin(mine["history_id"])]
    else:
        points = mine.loc[mine["shock"] == shock, "design_id"]
        rows = countries[(countries["arm"] == "shocked") & countries["design_id"].isin(points)]
    months = rows.groupby("replicate")["month"].nunique()
    own: NDArray[np.bool_] = rows["country"].isin(actor).to_numpy()
    found: dict[str, pd.Series] = {}
    for of, part in (("itself", rows[own]), ("others", rows[~own])):
        sums = part.groupby("replicate")[list(OUTCOMES)].sum().div(months, axis=0)
        found |= {f"{of}_{outcome}": sums[outcome].astype(np.float64) for outcome in OUTCOMES}
    return pd.DataFrame(found)
