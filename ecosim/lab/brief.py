"""``ecosim brief``: what one country's cross-border research hangs on, and the single breaks that would cost it most.

A quick look in two parts. Exposure: by partner country, sector, supplier and funder, once from the facts that ship and
once from the last calm year of a simulated world. Breaks: the same world branched at one moment into a twin and one
branch per break, with common random numbers, over a few replicates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.errors import InputError
from ecosim.lab.compose import (
    Request,
    as_plain,
    build_scenario,
    compose_plain,
    make_request,
    read_value,
    validated,
    with_keys,
)
from ecosim.scenario import SHORTEST_BURN_IN, burn_in_for
from ecosim.schema import Section, parameter

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.model import Ecosystem
    from ecosim.world.facts import World

#: Laid under what the user says: long enough for a portfolio to grow, short enough for a minute.
TIMELINE: tuple[str, ...] = (
    "timeline.burn_in_months=72", "timeline.calm_months=12", "timeline.calm_jitter_months=11",
    "timeline.response_months=36",
)  # fmt: skip
#: Months before the breaks from which exposure is read.
CALM_YEAR = 12
#: Supplier countries whose loss is tried.
SUPPLIERS = 2
#: Rows of exposure printed per dimension.
_ROWS = 5
_PLACEBO = "placebo"
#: Dimension -> (heading, what the facts count, what the twin counts).
DIMENSIONS: dict[str, tuple[str, str, str]] = {
    "partner": ("Partner countries", "co-publications", "joint work"),
    "sector": ("Sectors", "participations", "cross-border work"),
    "supplier": ("Suppliers", "foreign inputs", "work that needs inputs"),
    "funder": ("Funders", "", "cross-border work"),
}


class BriefConfig(Section):
    """Which country, and how closely it is looked at."""

    country: str = parameter("", "Country the brief is about, by code or name.")
    replicates: int = parameter(12, "Simulated histories; each meets every break.", bounds=(2, 10_000))
    partners: int = parameter(5, "Main partners with which a rupture is tried.", bounds=(1, 100))


@dataclass(frozen=True)
class Question:
    """A brief asked for, checked."""

    request: Request
    settings: BriefConfig
    world: World
    #: Position of the country in the world.
    country: int


@dataclass(frozen=True)
class Brief:
    """What came out."""

    country: str
    name: str
    #: A row per dimension and item: ``dimension, code, name, facts_share, twin_share``; shares in [0, 1].
    exposure: pd.DataFrame
    #: A row per break, the costliest first: ``rank, break, kind, lost_share`` of the country's cross-border work with
    #: ``low, high`` (simultaneous, 95 %), ``lost_person_months`` a month at full scale, ``replicates``.
    breaks: pd.DataFrame
    #: The same of removing one organisation of median degree: what is noise.
    noise: Mapping[str, float]
    notes: tuple[str, ...] = ()
    #: Replicates that failed, with the error.
    failed: tuple[str, ...] = field(default=())

    def text(self) -> str:
        """The brief in words."""
        return _text(self)


def brief(*words: str, quiet: bool = True) -> Brief:
    """Look at one country.

    Parameters
    ----------
    *words : str
        ``"country=NL"``, ``"replicates=12"``, ``"partners=5"``, and overrides of the scenario.
    quiet : bool
        False shows progress on the error stream.

    Raises
    ------
    InputError
        For an unknown country or key, and for shocks: a brief brings its own.
    """
    return carry_out(ask(words), quiet=quiet)


def ask(words: Sequence[str], config_dirs: Sequence[str] = (), plugins: Mapping[str, str] | None = None) -> Question:
    """Read overrides, those of ``brief`` among them.

    Raises
    ------
    InputError
        Naming the first key that is wrong.
    """
    from ecosim.lab.check import check
    from ecosim.world import load_world

    own: dict[str, Any] = {}
    rest: list[str] = []
    for word in words:
        key, _, value = word.lstrip("+").partition("=")
        if key in BriefConfig.model_fields:
            # a country is text, also where YAML reads `NO` as a truth value
            own[key] = value if key == "country" else read_value(key, value)
        elif key.split(".")[0].split("/")[0].lstrip("~") in ("shocks", "experiment"):
            raise InputError(key, value or None, problem="has no place here: a brief brings its own breaks and design")
        else:
            rest.append(word)
    settings = validated(BriefConfig, own, "")
    assert isinstance(settings, BriefConfig)
    request = make_request(compose_plain([*TIMELINE, *rest], config_dirs=config_dirs), plugins)
    said = any(word.lstrip("+").startswith("timeline.burn_in_months=") for word in rest)
    if not said and burn_in_for(request.scenario.programme.gap_months) > SHORTEST_BURN_IN:
        # Calls so far apart need the burn-in that a scenario has by itself.
        words = [word for word in TIMELINE if not word.startswith("timeline.burn_in_months=")]
        request = make_request(compose_plain([*words, *rest], config_dirs=config_dirs), plugins)
    check(request.scenario)
    world = load_world(request.scenario.world)
    return Question(request, settings, world, find_country(settings.country, world))


def find_country(code: str, world: World) -> int:
    """Position of a country by its code or name.

    Raises
    ------
    InputError
        For a country the world does not have, and for the aggregated rest.
    """
    from ecosim.world.names import countries_named

    if not code:
        raise InputError("country", problem="is missing", allowed=f"one of {', '.join(world.country_names)}")
    (found,) = countries_named("country", [code], world, rest=False, blocs=False)
    return world.country_index(found)


# ---------------------------------------------------------------------------------------------- exposure


def facts_exposure(world: World, country: int) -> pd.DataFrame:
    """Exposure from the facts that ship.

    Returns
    -------
    DataFrame
        Columns ``dimension, code, name, facts_share``: of co-publications by partner, of participations by sector
        (shrunk towards the mean mix), of foreign inputs by supplier.
    """
    import pandas as pd

    from ecosim.world.facts import SECTORS

    rows = []
    for dimension, values in (("partner", _works(world, country)), ("supplier", world.supplier_share[country])):
        for k, share in enumerate(_shares(values)):
            if k != country:
                rows.append((dimension, world.countries[k], world.country_names[k], share))
    for sector, share in zip(SECTORS, world.country_sector_share[country], strict=True):
        rows.append(("sector", sector, sector.replace("_", " "), float(share)))
    return pd.DataFrame(rows, columns=["dimension", "code", "name", "facts_share"])


def twin_exposure(model: Ecosystem, country: int) -> dict[str, NDArray[np.float64]]:
    """What a country's work of the last month hung on, in person-months.

    Parameters
    ----------
    model : Ecosystem
        After at least one month.
    country : int
        Position in the world.

    Returns
    -------
    dict of str to ndarray
        ``partner`` (C,): joint work with each country; ``sector`` (S,), ``supplier`` (C,), ``funder`` (2,: programme,
        own means): its part of collaboration, the work of its members times the share of the other countries. What
        needs inputs is spread over the suppliers of its pilot sites.
    """
    from ecosim.tables import ACTIVE, MAX_SITES
    from ecosim.world.facts import SECTORS

    state, n = model.state, model.setting.world.n_countries
    partner = model.country_pairs()[country].copy()
    partner[country] = 0.0
    partnerships, seats = state.partnerships.used, state.seats.used
    at_work = np.zeros(len(partnerships), dtype=np.bool_)
    at_work[state.active] = True
    at_work &= (partnerships["status"] == ACTIVE) & (partnerships["work_now"] > 0.0)
    mine = (seats["country"] == country) & (seats["work_now"] > 0.0) & at_work[seats["partnership"]]
    worked = np.bincount(seats["partnership"][mine], seats["work_now"][mine], len(partnerships))
    of = np.flatnonzero(worked)
    rows, own = partnerships[of], worked[of]
    part = own * (1.0 - own / rows["work_now"])
    supplier = np.zeros(n)
    for k in range(MAX_SITES):
        used = rows["sites"] > k
        np.add.at(supplier, rows[f"supplier_{k}"][used], (part / np.maximum(rows["sites"], 1))[used])
    return {
        "partner": partner,
        "sector": np.bincount(rows["sector"], part, len(SECTORS)),
        "supplier": supplier,
        "funder": np.bincount((rows["funder"] < 0).astype(np.intp), part, 2),
    }


def _works(world: World, country: int) -> NDArray[np.float64]:
    """Works co-authored a year with each other country, (C,)."""
    works = world.copublications[country].astype(np.float64)
    works[country] = 0.0
    return works


def _shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    total = float(values.sum())
    return values / total if total > 0.0 else np.full(len(values), np.nan)


# ---------------------------------------------------------------------------------------------- breaks


def chosen_breaks(question: Question, joint_work: NDArray[np.float64]) -> dict[str, tuple[str, dict[str, Any]]]:
    """The single breaks that are tried: label -> (name in the scenario, settings of the shock).

    Ruptures with its main partners (by joint work in the twin and co-publications in the facts, weighing the same), its
    exclusion from the programme, the loss of its largest suppliers, the withdrawal of the funder; each with the dates
    of the option that ships.

    Parameters
    ----------
    question : Question
        What was asked.
    joint_work : ndarray of float, shape (C,)
        Joint work with each country in the twin.
    """
    world, country = question.world, question.country
    code = world.countries[country]
    weight = np.nan_to_num(_shares(joint_work)) + np.nan_to_num(_shares(_works(world, country)))
    kinds = ("diplomatic_rupture", "programme_exclusion", "supplier_loss", "funder_withdrawal")
    shipped = compose_plain([f"shocks=[{','.join(kinds)}]"])["shocks"]
    named = world.named & (np.arange(world.n_countries) != country)
    found: dict[str, tuple[str, dict[str, Any]]] = {}

    def add(label: str, kind: str, **settings: Any) -> None:
        found[label] = f"break_{len(found)}", {**shipped[kind], "kind": kind, **settings}

    for k in _largest(weight, named, question.settings.partners):
        partner = world.countries[k]
        add(f"rupture with {world.country_names[k]}", "diplomatic_rupture", targets=[partner], counterparts=[code])
    add("exclusion from the programme", "programme_exclusion", targets=[code])
    for k in _largest(world.supplier_share[country], named, SUPPLIERS):
        add(f"no inputs from {world.country_names[k]}", "supplier_loss", targets=[world.countries[k]])
    add("the programme's funder fails", "funder_withdrawal")
    return found


def _largest(values: NDArray[np.float64], allowed: NDArray[np.bool_], count: int) -> list[int]:
    order = np.argsort(-np.where(allowed, values, -1.0), kind="stable")
    return [int(k) for k in order[:count] if allowed[k] and values[k] > 0.0]


def _history(config: Mapping[str, Any]) -> Ecosystem:
    from ecosim.model import Ecosystem

    return Ecosystem(build_scenario(config))


def _calm_year(model: Ecosystem, country: int) -> dict[str, NDArray[np.float64]]:
    """Advance to the announcement and average :func:`twin_exposure` over the last year before it."""
    sums: dict[str, NDArray[np.float64]] = {}
    first = max(model.announcement_month - CALM_YEAR, 0)
    model.advance(first)
    for month in range(first, model.announcement_month):
        model.advance(month + 1)
        for name, values in twin_exposure(model, country).items():
            sums[name] = sums.get(name, 0.0) + values / CALM_YEAR
    return sums


def run_replicate(payload: dict[str, Any]) -> dict[str, Any]:
    """One history with its twin, its placebo and every break; for a worker.

    Returns
    -------
    dict
        ``replicate, error`` (empty when all went well), ``area``: the country's part of collaboration (person-months)
        by arm over so many ``months``, and ``exposure``.
    """
    from threadpoolctl import threadpool_limits

    from ecosim.lab.branches import release
    from ecosim.outcomes.resilience import area, whole_blocks_end

    country, areas = payload["country"], {}
    try:
        with threadpool_limits(limits=1):
            history = _history(payload["config"])
            exposure = _calm_year(history, country)
            end = history.config.calendar.observation_end
            for label in ("twin", _PLACEBO, *payload["breaks"]):
                name = payload["breaks"].get(label)
                world = history.fork("shocked", [name]) if name else history.fork(label)
                world.advance(end)
                work = world.series_by_country()["collaboration_by_country"][:, country]
                areas[label] = area(work, history.announcement_month, end)
                release(world)
            months = whole_blocks_end(history.announcement_month, end) - history.announcement_month
            release(history)
    except Exception as error:
        return {"replicate": payload["replicate"], "error": f"{type(error).__name__}: {error}"}
    return {"replicate": payload["replicate"], "error": "", "area": areas, "months": months, "exposure": exposure}


def carry_out(question: Question, *, quiet: bool = False) -> Brief:
    """Scout for the main partners, simulate, and put the tables together.

    Raises
    ------
    InputError
        Where the country has no cross-border work to lose, or fewer than two replicates succeed.
    """
    from ecosim.lab.runner import warm_kernels, worker_count
    from ecosim.lab.workers import Workers
    from ecosim.progress import Progress

    request, settings = question.request, question.settings
    warm_kernels(quiet=quiet)
    base = as_plain(request.scenario)
    scouted = _calm_year(_history(base), question.country)
    breaks = chosen_breaks(question, scouted["partner"])
    base = with_keys(base, {"shocks": dict(breaks.values())})
    numbers = range(request.scenario.replicate, request.scenario.replicate + settings.replicates)
    payloads = [
        {"config": {**base, "replicate": r}, "replicate": r, "country": question.country,
         "breaks": {label: name for label, (name, _) in breaks.items()}}
        for r in numbers
    ]  # fmt: skip
    with (
        Progress("replicates", len(payloads), quiet=quiet) as progress,
        Workers(worker_count(request.runner, len(payloads)), request.plugins) as workers,
    ):
        rows = workers.map(run_replicate, payloads, progress.update)
    return _put_together(question, breaks, rows)


def _put_together(
    question: Question, breaks: Mapping[str, tuple[str, dict[str, Any]]], rows: Sequence[Mapping[str, Any]]
) -> Brief:
    import pandas as pd

    from ecosim.analysis.contrasts import FEWEST_CLUSTERS, simultaneous_intervals

    world, country, settings = question.world, question.country, question.settings
    good = [row for row in rows if not row["error"] and row["area"]["twin"] > 0.0]
    failed = tuple(f"replicate {row['replicate']}: {row['error']}" for row in rows if row["error"])
    if len(good) < 2:
        why = failed[0] if failed else "the country does no cross-border work at this scale"
        raise InputError("replicates", settings.replicates, problem=f"fewer than two could be used ({why})",
                         allowed="a larger world.scale or more replicates")  # fmt: skip
    labels = [*breaks, _PLACEBO]
    lost = np.array([[1.0 - row["area"][label] / row["area"]["twin"] for label in labels] for row in good])
    found = simultaneous_intervals(lost)
    # from a handful of replicates an interval says nothing
    judged = len(good) >= FEWEST_CLUSTERS
    low, high = (found.low, found.high) if judged else (np.full(len(labels), np.nan) for _ in range(2))
    scenario = question.request.scenario
    monthly = float(np.mean([row["area"]["twin"] / row["months"] for row in good])) / scenario.world.scale
    table = pd.DataFrame(
        {"break": labels, "kind": [*(settings["kind"] for _, settings in breaks.values()), _PLACEBO],
         "lost_share": found.estimate, "low": low, "high": high,
         "lost_person_months": found.estimate * monthly, "replicates": len(good)}
    )  # fmt: skip
    noise = table.iloc[-1]
    table = table.iloc[:-1].sort_values("lost_share", ascending=False, kind="stable").reset_index(drop=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    mean = {name: np.mean([row["exposure"][name] for row in good], axis=0) for name in good[0]["exposure"]}
    exposure = _exposure_table(world, country, mean)
    return Brief(
        country=world.countries[country], name=world.country_names[country], exposure=exposure, breaks=table,
        noise={name: float(noise[name]) for name in ("lost_share", "low", "high")},
        notes=_notes(question, len(good), monthly), failed=failed,
    )  # fmt: skip


def _exposure_table(world: World, country: int, mean: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    import pandas as pd

    from ecosim.world.facts import SECTORS

    codes = {"partner": world.countries, "supplier": world.countries, "sector": SECTORS,
             "funder": ("programme", "own_means")}  # fmt: skip
    twin = pd.DataFrame(
        [(dimension, code, share) for dimension, values in mean.items()
         for code, share in zip(codes[dimension], _shares(values), strict=True)],
        columns=["dimension", "code", "twin_share"],
    )  # fmt: skip
    table = facts_exposure(world, country).merge(twin, on=["dimension", "code"], how="outer")
    # inputs may come from home too, which is no exposure to another country but belongs in the sum
    names = dict(zip(world.countries, world.country_names, strict=True))
    names[world.countries[country]] += " (at home)"
    names |= {"programme": "the programme", "own_means": "own means (unfunded work)"}
    table["name"] = table["name"].fillna(table["code"].map(names))
    table = table[~((table["dimension"] == "partner") & (table["code"] == world.countries[country]))]
    order = {name: k for k, name in enumerate(DIMENSIONS)}
    table["order"] = table["dimension"].map(order)
    table["size"] = table[["facts_share", "twin_share"]].max(axis=1)
    table = table.sort_values(["order", "size"], ascending=[True, False], kind="stable")
    return table[["dimension", "code", "name", "facts_share", "twin_share"]].reset_index(drop=True)


def _notes(question: Question, replicates: int, monthly: float) -> tuple[str, ...]:
    world, country, scenario = question.world, question.country, question.request.scenario
    timeline = scenario.timeline
    code = world.countries[country]
    notes = [
        f"A quick look, not a study: {replicates} replicates of world {world.name} at scale {scenario.world.scale:g}, "
        f"at least {timeline.response_months} months after each break, every assumed parameter at its default. Where "
        "intervals overlap the order is not settled; more replicates narrow them (replicates=40).",
        "Shares of facts are co-publications, Horizon 2020 participations and inter-country inputs of the reference "
        "years; shares of the twin come from the simulated year before the breaks. Neither knows what happened since.",
        f"In calm times the country's part of collaboration is about {monthly:,.0f} person-months a month, at full "
        "scale: its members' work times the share of the others. Breaks keep the dates of the options that ship: "
        "ruptures last, exclusion comes with a year's notice, inputs stop for a year, the funder fails for two. A "
        "rupture is between the two countries alone; a lost supplier and a failing funder hit others too.",
    ]
    money = _programme_money(code)
    if money is not None:
        spent = float(world.gdp_busd[country] * world.gerd_share_of_gdp[country]) * 1e9
        share = f", {100 * money / spent:.1f} % of its spending on R&D (dollars taken at par)" if spent > 0.0 else ""
        notes.append(
            f"Money: the programme brought EUR {money / 1e6:,.0f} million a year in the reference window{share}."
        )
    foreign = float(world.foreign_input_share[country])
    notes.append(f"Foreign inputs are {100 * foreign:.0f} % of the intermediate inputs of its economy.")
    return tuple(notes)


def _programme_money(code: str) -> float | None:
    """Programme contribution to a country a year in the reference window (EUR); None for countries without a row."""
    from ecosim.world.tables import read_tables

    tables = read_tables()
    population = tables["population"]
    codes = population.words("iso3")
    if code not in codes:
        return None
    programme = dict(
        zip(tables["programme"].words("quantity"), tables["programme"].numbers("value", float), strict=True)
    )
    contribution = population.numbers("contribution_eur", float, 0.0)
    return float(contribution[codes.index(code)]) * 12.0 / float(programme["window_months"])


# ---------------------------------------------------------------------------------------------- words


def _text(found: Brief) -> str:
    import textwrap

    lines = [f"{found.name} ({found.country}): what its cross-border research hangs on", ""]
    for dimension, (heading, facts, twin) in DIMENSIONS.items():
        rows = found.exposure[found.exposure["dimension"] == dimension].head(_ROWS)
        head = f"{heading:<34}"
        lines.append(head + (f"{'facts: ' + facts:>24}" if facts else " " * 24) + f"{'twin: ' + twin:>30}")
        for row in rows.to_dict("records"):
            known = _percent(row["facts_share"]) if facts else ""
            lines.append(f"  {row['name']:<32.32}{known:>24}{_percent(row['twin_share']):>30}")
        lines.append("")
    lines.append("Single breaks, the costliest first: share of its collaboration lost (95 % for all at once)")
    for row in found.breaks.to_dict("records"):
        sure = "" if row["low"] > 0.0 or row["high"] < 0.0 else "   may be zero"
        lines.append(f"  {row['rank']:>2}  {row['break']:<36.36}{100 * row['lost_share']:>7.1f} %  {_span(row)}{sure}")
    lines.append(
        f"   -  {'one organisation less (noise)':<36}{100 * found.noise['lost_share']:>7.1f} %  {_span(found.noise)}"
    )
    lines += ["", "What this rests on"]
    for note in found.notes:
        lines += textwrap.wrap(note, 110, initial_indent="  - ", subsequent_indent="    ")
    lines += [f"  - failed: {text}" for text in found.failed]
    return "\n".join(lines)


def _span(row: Mapping[Any, Any]) -> str:
    """The interval, where there are replicates enough for one."""
    return f"({100 * row['low']:.1f} .. {100 * row['high']:.1f})" if np.isfinite(row["low"]) else "(no interval)"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if np.isfinite(share) else "-"
