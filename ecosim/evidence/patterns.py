"""Patterns of a participation table, real or simulated: the same code measures both.

A table has one row per organisation and project, in the shape in which CORDIS publishes Horizon 2020. Network figures
describe the one-mode projection on organisations, in which two are linked if they share a project.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.evidence.shuffles import shuffled
from ecosim.world.participations import REQUIRED, read_participations

if TYPE_CHECKING:
    import pandas as pd
    import scipy.sparse as sp

    from ecosim.state import State

__all__ = [
    "REQUIRED",
    "between",
    "collaborative",
    "flat",
    "funded_pairs",
    "led_from_predecessor",
    "measure",
    "read_participations",
    "unfunded_pairs",
]

#: A funded consortium has at least this many organisations.
FEWEST_MEMBERS = 3
#: Programme parts left out: mobility and single-researcher grants.
LEFT_OUT = "MSCA|ERC"
#: Consortia with more members are left out where every pair counts by itself.
LARGEST_FOR_PAIRS = 60
#: A predecessor of a consortium of at least so many members is one that starts earlier and has at least this share of
#: them.
PREDECESSOR_SIZE, PREDECESSOR_SHARE = 8, 0.3
#: Shares of organisations removed when tolerance is measured.
REMOVED = (0.05, 0.1, 0.2, 0.3)
#: Quantiles of sizes, countries and durations.
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
DAYS_PER_MONTH = 30.44


def collaborative(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the collaborative projects: dated, at least three organisations, no mobility or single-researcher grant."""
    kept = table.dropna(subset=["start_date"]).drop_duplicates(["project", "organisation"])
    if "programme_part" in kept:
        kept = kept.assign(programme_part=kept["programme_part"].fillna(""))
        kept = kept[~kept["programme_part"].str.contains(LEFT_OUT)]
    else:
        kept = kept.assign(programme_part="")
    size = kept.groupby("project")["organisation"].transform("size")
    return kept[size >= FEWEST_MEMBERS].copy()


def between(table: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """Projects that start from the first day of one month (YYYY-MM) to the last day of another."""
    import pandas as pd

    start = pd.Timestamp(f"{first}-01")
    end = pd.Timestamp(f"{last}-01") + pd.offsets.MonthBegin(1)
    return table[(table["start_date"] >= start) & (table["start_date"] < end)]


# ---------------------------------------------------------------------------------------------- measures


def gini(values: NDArray[np.integer | np.floating]) -> float:
    """Gini coefficient."""
    x = np.sort(np.asarray(values, dtype=np.float64))
    n = len(x)
    total = x.sum()
    return float((2 * np.arange(1, n + 1) - n - 1) @ x / (n * total)) if n and total > 0.0 else float("nan")


def hill(values: NDArray[np.integer | np.floating], smallest: float) -> float:
    """Exponent of a power-law tail from a smallest value on (maximum likelihood); nan with 20 values or fewer."""
    x = np.asarray(values, dtype=np.float64)
    x = x[x >= smallest]
    return float(1 + len(x) / np.log(x / (smallest - 0.5)).sum()) if len(x) > 20 else float("nan")


def incidence(table: pd.DataFrame) -> sp.csr_matrix:
    """Projects by organisations, 1 where one takes part."""
    import pandas as pd
    import scipy.sparse as sp

    rows, columns = pd.Categorical(table["project"]), pd.Categorical(table["organisation"])
    return sp.csr_matrix(
        (np.ones(len(table)), (rows.codes, columns.codes)), shape=(len(rows.categories), len(columns.categories))
    )


def joint_projects(b: sp.csr_matrix) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Joint projects of each pair of organisations, and the network without weights."""
    weights = (b.T @ b).tocsr()
    weights.setdiag(0)
    weights.eliminate_zeros()
    links = weights.copy()
    links.data[:] = 1
    return weights, links


def _upper(weights: sp.csr_matrix) -> NDArray[np.float64]:
    import scipy.sparse as sp

    values: NDArray[np.float64] = sp.triu(weights, 1).data
    return values


def repeated_pair_share(b: sp.csr_matrix) -> float:
    """Share of linked pairs with two joint projects or more."""
    return _mean(_upper(joint_projects(b)[0]) >= 2)


def _mean(values: Any) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _giant(links: sp.csr_matrix) -> int:
    from scipy.sparse.csgraph import connected_components

    if links.shape[0] == 0:
        return 0
    _, label = connected_components(links, directed=False)
    return int(np.bincount(label).max())


def network(b: sp.csr_matrix, seed: int = 0) -> dict[str, float]:
    """Figures of the one-mode projection on organisations.

    Parameters
    ----------
    b : csr_matrix
        From :func:`incidence`.
    seed : int
        Draws the 150 organisations from which path lengths are measured.
    """
    from scipy.sparse.csgraph import connected_components, dijkstra

    weights, links = joint_projects(b)
    n = links.shape[0]
    degree = np.asarray(links.sum(1)).ravel()
    _, label = connected_components(links, directed=False)
    sizes = np.bincount(label)
    giant = np.flatnonzero(label == sizes.argmax())
    triangles = np.asarray(links.multiply(links @ links).sum(1)).ravel() / 2
    possible = degree * (degree - 1) / 2
    some = possible > 0
    sources = np.random.default_rng(seed).choice(len(giant), min(150, len(giant)), replace=False)
    paths = dijkstra(links[giant][:, giant], indices=sources, unweighted=True)
    ends, joint = links.tocoo(), _upper(weights)
    a, z = degree[ends.row], degree[ends.col]
    varied = len(a) > 0 and a.std() > 0.0
    return {
        "organisations": n,
        "mean_degree": float(degree.mean()),
        "median_degree": float(np.median(degree)),
        "degree_tail_30": hill(degree, 30),
        "giant_share": float(sizes.max() / n),
        "local_clustering": _mean(triangles[some] / possible[some]),
        "transitivity": float(triangles.sum() / possible.sum()) if possible.sum() else float("nan"),
        "path_length": _mean(paths[paths > 0]),
        "assortativity": float(np.corrcoef(a, z)[0, 1]) if varied else float("nan"),
        "repeated_pair_share": _mean(joint >= 2),
        "mean_tie_weight": _mean(joint),
    }


def _pairs(table: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every pair of organisations of every consortium up to the largest counted.

    Returns
    -------
    (ndarray, ndarray)
        For each pair, the place of its project in the order of first appearance, and a number of the pair.
    """
    import pandas as pd

    project = pd.factorize(table["project"], sort=False)[0]
    organisation, names = pd.factorize(table["organisation"], sort=True)
    order = np.lexsort((organisation, project))
    organisation = organisation[order].astype(np.int64)
    sizes = np.bincount(project)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    projects: list[NDArray[np.int64]] = []
    pairs: list[NDArray[np.int64]] = []
    for size in np.unique(sizes[sizes <= LARGEST_FOR_PAIRS]):
        i, j = np.triu_indices(int(size), 1)
        which = np.flatnonzero(sizes == size)
        seats = organisation[starts[which][:, None] + np.arange(size)[None, :]]
        pairs.append((seats[:, i] * len(names) + seats[:, j]).ravel())
        projects.append(np.repeat(which, len(i)))
    empty = np.empty(0, dtype=np.int64)
    return np.concatenate(projects or [empty]), np.concatenate(pairs or [empty])


def prior_pair_share(table: pd.DataFrame) -> dict[int, float]:
    """Share of pairs that worked together before, within the table, by year of start."""
    ordered = table.sort_values("start_date")
    project, pair = _pairs(ordered)
    year_of = ordered.drop_duplicates("project")["start_date"].dt.year.to_numpy()
    order = np.lexsort((project, pair))
    again = np.zeros(len(pair), dtype=np.bool_)
    again[order[1:]] = pair[order[1:]] == pair[order[:-1]]
    year = year_of[project]
    return {int(y): round(float(again[year == y].mean()), 3) for y in np.unique(year)}


def tie_survival(table: pd.DataFrame, snapshot: str) -> list[float]:
    """Share of pairs at work together on a day that are so again 1, 2, ... 5 years later (contract dates)."""
    import pandas as pd

    project, pair = _pairs(table)
    dates = table.drop_duplicates("project")[["start_date", "end_date"]]
    start, end = dates["start_date"].to_numpy()[project], dates["end_date"].to_numpy()[project]
    day = pd.Timestamp(snapshot)
    pair = pd.factorize(pair)[0]

    def together(when: pd.Timestamp) -> NDArray[np.bool_]:
        at = np.datetime64(when)
        alive = np.zeros(int(pair.max()) + 1 if len(pair) else 0, dtype=np.bool_)
        alive[pair[(start <= at) & (at < end)]] = True
        return alive

    now = together(day)
    if not now.any():
        return [float("nan")] * 5
    return [round(float(together(day + pd.DateOffset(years=y))[now].mean()), 3) for y in range(1, 6)]


def led_from_predecessor(table: pd.DataFrame) -> tuple[float, int]:
    """Share of large consortia with a predecessor that the coordinator of a predecessor leads, and how many there are.

    Large are those of :data:`PREDECESSOR_SIZE` members or more. A predecessor starts on an earlier day and has
    :data:`PREDECESSOR_SHARE` of their members or more.
    """
    import pandas as pd

    b = incidence(table)
    project, organisation = pd.Categorical(table["project"]), pd.Categorical(table["organisation"])
    leads = (table["role"] == "coordinator").to_numpy()
    lead = np.full(b.shape[0], -1)
    # should a project name several, the first one counts
    lead[project.codes[leads][::-1]] = organisation.codes[leads][::-1]
    start = np.empty(b.shape[0], dtype="datetime64[ns]")
    start[project.codes] = table["start_date"].to_numpy()
    size = np.asarray(b.sum(axis=1)).ravel()
    shared = (b @ b.T).tocoo()
    one, other = shared.row, shared.col
    kept = (
        (size[one] >= PREDECESSOR_SIZE) & (lead[one] >= 0) & (start[other] < start[one])
        & (shared.data >= PREDECESSOR_SHARE * size[one])
    )  # fmt: skip
    one, other = one[kept], other[kept]
    cases = np.unique(one)
    led = np.unique(one[lead[one] == lead[other]])
    return (len(led) / len(cases) if len(cases) else float("nan")), len(cases)


def measure(table: pd.DataFrame, snapshot: str | None = None, seed: int = 0) -> dict[str, Any]:
    """Every pattern of a table.

    Parameters
    ----------
    table : pandas.DataFrame
        Collaborative projects (:func:`collaborative`) of one window.
    snapshot : str, optional
        A day (YYYY-MM-DD) from which the survival of ties is followed.
    seed : int
        Draws the sources of path lengths and the organisations removed at random.

    Returns
    -------
    dict
        Numbers, lists and mappings by the name of the pattern.
    """
    by_project = table.groupby("project")
    size, countries = by_project["organisation"].size(), by_project["country"].nunique()
    starts = by_project["start_date"].first()
    months = (by_project["end_date"].first() - starts).dt.days / DAYS_PER_MONTH
    out: dict[str, Any] = {
        "projects": len(size),
        "participations": len(table),
        "size_mean": float(size.mean()),
        "size_q": _quantiles(size),
        "countries_mean": float(countries.mean()),
        "countries_q": _quantiles(countries),
        "duration_mean": float(months.mean()),
        "duration_q": _quantiles(months),
        "type_share": _shares(table["activity_type"]),
        "coordinator_type_share": _shares(table.loc[table["role"] == "coordinator", "activity_type"]),
        "start_month_share": _shares(starts.dt.month, by_name=True),
    }
    kinds = table.groupby("activity_type")["organisation"].nunique().sort_values(ascending=False, kind="stable")
    out["organisations_by_type"] = {str(kind): int(count) for kind, count in kinds.items()}
    per_organisation = table.groupby("organisation")["project"].nunique()
    ranked = per_organisation.sort_values()
    for name, share in (("top1_share", 0.01), ("top10_share", 0.1)):
        top = ranked.tail(max(1, int(len(ranked) * share)))
        out[name] = float(top.sum() / ranked.sum())
    out["projects_per_org"] = float(per_organisation.mean())
    out["one_project_share"] = _mean(per_organisation == 1)
    out["gini_projects"] = gini(per_organisation.to_numpy())
    out["gini_money"] = gini(table.groupby("organisation")["ec_contribution"].sum().to_numpy())
    out["tail_projects_5"] = hill(per_organisation.to_numpy(), 5)
    share_of_country = table["country"].value_counts(normalize=True)
    out["country_share"] = {str(code): float(share) for code, share in share_of_country.items()}
    out["country_hhi"] = float((share_of_country**2).sum())
    from_country = table.groupby(["project", "country"]).size().to_numpy()
    pairs = float((size * (size - 1) / 2).sum())
    out["domestic_pair_share"] = float((from_country * (from_country - 1) / 2).sum() / pairs)
    out["domestic_pair_share_random"] = out["country_hhi"]
    b = incidence(table)
    out.update(network(b, seed))
    out["repeated_pair_share_null"] = repeated_pair_share(incidence(shuffled(table, seed=1)))
    out["repeated_pair_share_null_within"] = repeated_pair_share(incidence(shuffled(table, seed=2, within=True)))
    out["repetition_above_null_within"] = out["repeated_pair_share"] - out["repeated_pair_share_null_within"]
    small = table[by_project["organisation"].transform("size") <= 20]
    out["repeated_pair_share_upto20"] = repeated_pair_share(incidence(small)) if len(small) else float("nan")
    year = table["start_date"].dt.year
    first = table.groupby("organisation")["start_date"].transform("min").dt.year
    out["newcomer_share_by_year"] = {
        int(y): round(
            table.loc[(year == y) & (first == y), "organisation"].nunique()
            / table.loc[year == y, "organisation"].nunique(), 3,
        )
        for y in sorted(year.unique())
    }  # fmt: skip
    if (table["programme_part"] != "").any():
        out["by_part"] = _by_part(table)
    out["led_from_predecessor"] = led_from_predecessor(table)[0]
    weights, links = joint_projects(b)
    joint = _upper(weights)
    out["p_another_given_k"] = [
        round(float((joint >= k + 1).sum() / max(1, (joint >= k).sum())), 3) for k in range(1, 6)
    ]
    out["prior_pair_share_by_year"] = prior_pair_share(table)
    if snapshot is not None:
        out["tie_survival"] = tie_survival(table, snapshot)
    degree = np.asarray(links.sum(1)).ravel()
    n = len(degree)
    orders = (
        ("attack_targeted", np.argsort(-degree, kind="stable")),
        ("attack_random", np.random.default_rng(seed).permutation(n)),
    )
    for name, order in orders:
        out[name] = []
        for share in REMOVED:
            kept = np.sort(order[int(n * share) :])
            out[name].append(round(_giant(links[kept][:, kept]) / n, 3))
    return out


def _quantiles(values: pd.Series) -> list[float]:
    return [round(float(v), 1) for v in values.quantile(list(QUANTILES))]


def _shares(values: pd.Series, by_name: bool = False) -> dict[Any, float]:
    counts = values.value_counts(normalize=True)
    return dict((counts.sort_index() if by_name else counts).round(3).to_dict())


def _by_part(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    groups = table.assign(
        part=table["programme_part"].str.split("|").str[0],
        months=(table["end_date"] - table["start_date"]).dt.days / DAYS_PER_MONTH,
    ).groupby("part")
    found = {}
    for part, rows in groups:
        by_project = rows.groupby("project")
        found[str(part)] = {
            "projects": int(rows["project"].nunique()),
            "size": round(len(rows) / rows["project"].nunique(), 1),
            "countries": round(float(by_project["country"].nunique().mean()), 1),
            "months": round(float(by_project["months"].first().mean()), 1),
            "eur_per_participation": round(float(rows["ec_contribution"].mean()), -2),
            "firms": round(float((rows["activity_type"] == "PRC").mean()), 2),
        }
    return found


#: Labels of the places in patterns that are lists.
_LABELS: dict[str, tuple[str, ...]] = {
    **{name: tuple(f"{100 * q:g}%" for q in QUANTILES) for name in ("size_q", "countries_q", "duration_q")},
    "p_another_given_k": ("1", "2", "3", "4", "5"),
    "tie_survival": ("1y", "2y", "3y", "4y", "5y"),
    **{name: tuple(f"{100 * share:g}%" for share in REMOVED) for name in ("attack_targeted", "attack_random")},
}


def flat(measured: Mapping[str, Any]) -> dict[str, float]:
    """Patterns as single numbers: ``size_q[50%]``, ``newcomer_share_by_year[2016]``; programme parts are left out."""
    rows: dict[str, float] = {}
    for name, value in measured.items():
        if name == "by_part":
            continue
        if isinstance(value, Mapping):
            rows.update({f"{name}[{key}]": float(item) for key, item in value.items()})
        elif isinstance(value, list):
            rows.update({f"{name}[{key}]": float(item) for key, item in zip(_LABELS[name], value, strict=True)})
        else:
            rows[name] = float(value)
    return rows


# ---------------------------------------------------------------------------------------------- pairs of countries


def funded_pairs(table: pd.DataFrame, codes: tuple[str, ...]) -> NDArray[np.float64]:
    """Pairs of participants by their countries, shape (C, C), symmetric; own pairs on the diagonal.

    Parameters
    ----------
    codes : tuple of str
        Countries as CORDIS writes them; participants of others are left out.
    """
    import pandas as pd
    import scipy.sparse as sp

    place = table["country"].map({code: k for k, code in enumerate(codes)})
    kept = place.notna().to_numpy()
    project = pd.factorize(table.loc[kept, "project"])[0]
    counts = sp.csr_matrix(
        (np.ones(int(kept.sum())), (project, place[kept].astype(int))), shape=(int(kept.sum()) + 1, len(codes))
    )
    return _pairs_of(counts)


def unfunded_pairs(state: State, n_countries: int, first_month: int, last_month: int) -> NDArray[np.float64]:
    """The same for unfunded partnerships started from one month to another, members that left included."""
    import scipy.sparse as sp

    from ecosim.partnerships.register import unfunded_members

    partnership, organisation = unfunded_members(state, first_month, last_month)
    country = state.organisations["country"][organisation]
    counts = sp.csr_matrix((np.ones(len(country)), (partnership, country)), shape=(state.register.n, n_countries))
    return _pairs_of(counts)


def _pairs_of(counts: sp.csr_matrix) -> NDArray[np.float64]:
    counts.sum_duplicates()
    pairs: NDArray[np.float64] = (counts.T @ counts).toarray()
    own = counts.copy()
    own.data = own.data * (own.data - 1) / 2
    np.fill_diagonal(pairs, np.asarray(own.sum(0)).ravel())
    return pairs
