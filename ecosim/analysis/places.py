"""Where something new should open: policies that aim an instrument at one host each, ranked, and what is there already.

What each policy sets stands in the manifest. A policy that aims no instrument at named hosts, such as money burnt, is
no place; it is what places are set beside.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ecosim.analysis.contrasts import FEWEST_CLUSTERS, simultaneous_intervals
from ecosim.analysis.ranking import rank_chances
from ecosim.analysis.resilience import mean_interval
from ecosim.world.facts import REFERENCE_YEAR
from ecosim.world.names import BLOC
from ecosim.world.tables import bloc_members, read_tables

if TYPE_CHECKING:
    import pandas as pd

#: Places that count as being in front.
FIRST = 3
#: Fewest places that can be ranked.
FEWEST = 2
#: What places are ranked on, and what stands beside it: delivered, so that what they cost in calm times counts too.
RANKED_ON, BESIDE = "delivered_output", "delivered_collaboration"
#: Columns of the table of places.
COLUMNS: tuple[str, ...] = (
    "policy", "hosts", "gain", "low", "high", "beside", "beside_low", "beside_high", "chance_first",
    "chance_among_first", "rank_low", "rank_high", "missions", "senders", "draws",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """The hosts that a policy aims an instrument at, and who pays for it."""

    hosts: tuple[str, ...]
    #: Countries that pay; empty for all.
    senders: tuple[str, ...]


def places_of(manifest: Mapping[str, Any], design: pd.DataFrame) -> dict[str, Place]:
    """Policy -> where it opens something, of the policies that name the hosts of an instrument.

    Parameters
    ----------
    manifest : mapping
        Of the sweep: ``policies`` with what each sets, and ``scenario``.
    design : DataFrame
        Design table.
    """
    chosen = manifest.get("scenario", {}).get("instruments", {})
    labels = design.drop_duplicates("history_id").set_index("history_id")["policy"].to_dict()
    found = {}
    for policy in manifest.get("policies", []):
        settings, label = policy.get("settings", {}), labels.get(policy["history_id"])
        named = [key for key in settings if key.startswith("instruments.") and key.endswith(".hosts")]
        if label is None or len(named) != 1 or isinstance(settings[named[0]], str):
            continue
        name = named[0].split(".")[1]
        senders = settings.get(f"instruments.{name}.senders", chosen.get(name, {}).get("senders", "all"))
        found[str(label)] = Place(_members(settings[named[0]]), () if senders == "all" else _members(senders))
    return found


def _members(names: Sequence[str]) -> tuple[str, ...]:
    """Codes of countries; a bloc stands for its members."""
    found: list[str] = []
    for name in names:
        bloc = str(name).removeprefix(BLOC)
        found += [str(name)] if bloc == name else sorted(bloc_members(bloc.upper(), REFERENCE_YEAR))
    return tuple(dict.fromkeys(found))


def covered(place: Place, countries: Collection[str]) -> tuple[int, int]:
    """Pairs of a sender and a host of a place that have a mission already (embassy or consulate), and all pairs.

    Parameters
    ----------
    place : Place
        Hosts and senders.
    countries : collection of str
        ISO 3 codes of the world at hand, for senders that are not named.
    """
    table = read_tables()["pairs"]
    posts = table.numbers("embassies") + table.numbers("consulates")
    there = {pair for pair, n in zip(zip(table.words("from"), table.words("to"), strict=True), posts, strict=True) if n}
    pairs = [(sender, host) for sender in place.senders or tuple(countries) for host in place.hosts if sender != host]
    return sum(pair in there for pair in pairs), len(pairs)


def rank_places(
    measures: pd.DataFrame, design: pd.DataFrame, places: Mapping[str, Place], countries: Collection[str],
    silent: Collection[str] = (),
) -> pd.DataFrame:  # fmt: skip
    """The ranking of places, the highest mean first; empty with fewer than two.

    Parameters
    ----------
    measures, design : DataFrame
        From :func:`ecosim.analysis.measures.per_replicate`; the design table.
    places : mapping
        From :func:`places_of`.
    countries : collection of str
        ISO 3 codes of the world at hand.
    silent : collection of str
        Shocks on which nothing is said.

    Returns
    -------
    DataFrame
        Columns of :data:`COLUMNS`. ``gain`` and ``beside`` are the differences in :data:`RANKED_ON` and :data:`BESIDE`
        from the reference policy, paired within draws, as a share of what that yields in calm times; means over shocks,
        with intervals that hold together for all places. Chances and ranks are among the places alone.
    """
    import pandas as pd

    reference = str(design.loc[design["reference"].astype(bool), "policy"].iloc[0]) if len(design) else ""
    known = [label for label in places if label != reference]
    if len(known) < FEWEST:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = measures[measures["shock"].notna() & ~measures["shock"].isin([*silent])]
    found: dict[str, Any] = {"policy": known, "hosts": [" ".join(places[label].hosts) for label in known]}
    for measure, names in ((RANKED_ON, ("gain", "low", "high")), (BESIDE, ("beside", "beside_low", "beside_high"))):
        each = rows.pivot_table(index=["cluster", "shock"], columns="policy", values=measure, aggfunc="mean")
        table = each.reindex(columns=[reference, *known]).dropna().groupby("cluster").mean()
        gained = table[known].to_numpy() - table[[reference]].to_numpy()
        pairs = simultaneous_intervals(gained)
        ends = (pairs.low, pairs.high) if len(table) >= FEWEST_CLUSTERS else (np.full(len(known), np.nan),) * 2
        found |= dict(zip(names, (pairs.estimate, *ends), strict=True))
        if measure == RANKED_ON:
            chances = rank_chances(gained.T, FIRST)
            found |= {name: chances[:, k] for k, name in enumerate(COLUMNS[8:12])} | {"draws": len(table)}
    there = [covered(places[label], countries) for label in known]
    found |= {"missions": [have for have, _ in there], "senders": [whole for _, whole in there]}
    table = pd.DataFrame(found)[list(COLUMNS)]
    return table.sort_values("gain", ascending=False, kind="stable", ignore_index=True)


def own_and_others(
    countries: pd.DataFrame, design: pd.DataFrame, places: Mapping[str, Place], seeds_per_draw: int = 1
) -> dict[str, tuple[float, float, float]]:
    """What hosts gain themselves, and all others, on average over places: change of collaboration under the shocks.

    Parameters
    ----------
    countries : DataFrame
        ``countries.parquet``, months of every run.
    design : DataFrame
        Design table.
    places : mapping
        From :func:`places_of`.
    seeds_per_draw : int
        Replicates that share a draw of the parameters.

    Returns
    -------
    dict
        ``itself`` and ``others``: mean, and 95 % interval, of the change beside the reference policy as a share of what
        they have there. Empty where months by country of every run were not kept.
    """
    if countries.empty or "replicate" not in countries or not places:
        return {}
    rows = countries[countries["arm"] == "shocked"]
    rows = rows.assign(policy=rows["design_id"].map(design.set_index("design_id")["policy"]))
    sums = rows.groupby(["policy", "replicate", "country"], observed=True)["collaboration"].sum().unstack("country")
    reference = str(design.loc[design["reference"].astype(bool), "policy"].iloc[0])
    if reference not in sums.index.get_level_values("policy"):
        return {}
    base = cast("pd.DataFrame", sums.loc[reference])
    parts: dict[str, list[Any]] = {"itself": [], "others": []}
    for label, place in places.items():
        hosts = [code for code in place.hosts if code in sums.columns]
        if label == reference or not hosts or label not in sums.index.get_level_values("policy"):
            continue
        under = cast("pd.DataFrame", sums.loc[label])
        mine = under.reindex(base.index)
        for of, columns in (("itself", hosts), ("others", [code for code in sums.columns if code not in hosts])):
            own, other = (np.asarray(table[columns], dtype=np.float64).sum(axis=1) for table in (mine, base))
            parts[of].append((own - other, other))
    found = {}
    for of, several in parts.items():
        if not several:
            return {}
        # summed over places before it is divided: a small host's own share would be of next to nothing
        change, whole = (np.sum([part[k] for part in several], axis=0) for k in (0, 1))
        # a replicate of which a run is missing has no change
        there = np.isfinite(change)
        shares = change[there] / whole[there].mean()
        found[of] = mean_interval(shares, base.index.to_numpy()[there] // max(1, seeds_per_draw))
    return found
