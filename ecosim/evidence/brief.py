"""``ecosim brief``: what one country's cross-border research hangs on, and the single breaks that would cost it most.

A quick look in two parts. Exposure: by partner country, sector, supplier and funder, once from the facts that ship and
once from the last calm year of a simulated world. Breaks: the same world branched at one moment into a twin and one
branch per break, with common random numbers, over a few replicates. Breaks may be named (``break=DEU+GBR``), and two
programmes set beside each other (``programme=narrow,broad``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.analysis.coverage import Coverage, is_thin, percent
from ecosim.config.schema import Section, parameter
from ecosim.config.timeline import SHORTEST_BURN_IN, burn_in_for
from ecosim.errors import InputError
from ecosim.evidence.brief_words import DIMENSIONS, FOCUS_COLUMNS, Brief
from ecosim.lab.compose import Request, build_scenario, compose_plain, make_request, read_value, validated
from ecosim.scenario import as_plain, with_keys

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
_PLACEBO = "placebo"
#: Name under which every country's part of all joint work is kept beside the exposure of one.
_OF_WORLD = "of_world"


class BriefConfig(Section):
    """Which country, and how closely it is looked at."""

    country: str = parameter("", "Country the brief is about, by code or name.")
    focus: str = parameter("", "Country whose own losses and gains stand beside; alone, the one the brief is about.")
    replicates: int = parameter(12, "Simulated histories; each meets every break.", bounds=(2, 10_000))
    partners: int = parameter(
        5, "Main partners with which a rupture is tried, where no break is named.", bounds=(1, 100)
    )


@dataclass(frozen=True)
class Question:
    """A brief asked for, checked."""

    request: Request
    settings: BriefConfig
    world: World
    #: Position of the country in the world.
    country: int
    #: Position of the country whose own losses stand beside; the same unless another was named.
    focus: int
    #: Breaks that were named: label -> positions of the countries with which relations break at once.
    named: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    #: Programme -> what is simulated under it, where two stand side by side; the first is that of ``request``.
    programmes: Mapping[str, Request] = field(default_factory=dict)


def brief(*words: str, quiet: bool = True) -> Brief:
    """Look at one country.

    Parameters
    ----------
    *words : str
        ``"country=NL"``, ``"focus=DEU"``, ``"break=DEU+GBR"``, ``"replicates=12"``, ``"partners=5"``, and overrides of
        the scenario; ``"programme=narrow,broad"`` sets two side by side.
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
    broken: str | None = None
    programmes: tuple[str, ...] = ()
    rest: list[str] = []
    for word in words:
        key, _, value = word.lstrip("+").partition("=")
        if key == "break":
            if broken is not None:
                raise InputError("break", value, "break=[DEU,GBR] for several", problem="given twice")
            broken = value
        elif key in BriefConfig.model_fields:
            # a country is text, also where YAML reads `NO` as a truth value
            own[key] = _unquoted(value) if key in ("country", "focus") else read_value(key, value)
        elif key.split(".")[0].split("/")[0].lstrip("~") in ("shocks", "experiment", "scenario"):
            raise InputError(key, value or None, problem="has no place here: a brief brings its own breaks and design")
        elif key == "programme" and "," in value:
            programmes = _two_programmes(value)
        else:
            rest.append(word)
    settings = validated(BriefConfig, own, "")
    assert isinstance(settings, BriefConfig)
    sides = [[f"programme={name}"] for name in programmes] or [[]]

    def composed(timeline: Sequence[str]) -> list[Request]:
        words = [[*timeline, *rest, *side] for side in sides]
        return [make_request(compose_plain(one, config_dirs=config_dirs), plugins) for one in words]

    requests = composed(TIMELINE)
    said = any(word.lstrip("+").startswith("timeline.burn_in_months=") for word in rest)
    needed = max(burn_in_for(request.scenario.longest_gap_months) for request in requests)
    if not said and needed > SHORTEST_BURN_IN:
        # Calls so far apart need the burn-in that a scenario has by itself; of two programmes, the longer one.
        timeline = [word for word in TIMELINE if not word.startswith("timeline.burn_in_months=")]
        requests = composed([*timeline, f"timeline.burn_in_months={needed}"] if programmes else timeline)
    for request in requests:
        check(request.scenario)
    world = load_world(requests[0].scenario.world)
    # alone, a focus is what the brief is about
    country = find_country(
        settings.country or settings.focus, world, "focus" if settings.focus and not settings.country else "country"
    )
    focus = find_country(settings.focus, world, "focus") if settings.focus else country
    named = {} if broken is None else named_breaks(broken, world, country)
    beside = dict(zip(programmes, requests, strict=True)) if programmes else {}
    return Question(requests[0], settings, world, country, focus, named, beside)


def _two_programmes(value: str) -> tuple[str, ...]:
    """Names in ``programme=narrow,broad``."""
    names = tuple(name.strip() for name in value.strip("[]").split(","))
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise InputError(
            "programme", value, problem="does not name two different programmes",
            allowed="one, or two to be set side by side (programme=narrow,broad)",
        )  # fmt: skip
    return names


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0] else text


def named_breaks(value: str, world: World, country: int) -> dict[str, tuple[int, ...]]:
    """Breaks as they are written: ``DEU+GBR`` both at once, ``[bloc:eu,NLD]`` each alone.

    Parameters
    ----------
    value : str
        Countries by code or name, and blocs; those joined by ``+`` break at once.
    world : World
        Facts.
    country : int
        The country that breaks with them; as a member of a bloc it breaks with the others.

    Returns
    -------
    dict
        What to call the break -> positions of the countries, in the order of the world.

    Raises
    ------
    InputError
        For a country or bloc the world does not have, for the country itself, and for what is named twice.
    """
    from ecosim.world.names import BLOC, countries_named

    text = value.strip()
    listed = text.startswith("[") and text.endswith("]")
    items = [_unquoted(item) for item in (text[1:-1].split(",") if listed else [text])]
    found: dict[str, tuple[int, ...]] = {}
    own = world.countries[country]
    for item in items:
        parts = [_unquoted(part) for part in item.split("+")]
        if not all(parts):
            raise InputError(
                "break", value or None, problem="lacks a country" if item else "names no country",
                allowed="DEU+GBR (both at once) or [bloc:eu,NLD] (one after the other)",
            )  # fmt: skip
        codes: dict[str, None] = {}
        names: list[str] = []
        for part in parts:
            is_bloc = part.lower().startswith(BLOC)
            members = countries_named("break", [part], world, rest=False)
            others = [code for code in members if code != own]
            if not others:
                raise InputError(
                    "break", part, "other countries, or blocs with others", problem="is the country itself"
                )
            if not is_bloc and others[0] in codes:
                raise InputError("break", item, "each country once", problem=f"names {part} twice")
            codes |= dict.fromkeys(others)
            names.append(part.lower() if is_bloc else world.country_names[world.country_index(others[0])])
        places = tuple(sorted(world.country_index(code) for code in codes))
        if places in found.values():
            raise InputError("break", value, "each break once", problem=f"{item} is the same break as one before it")
        *first, last = names
        listing = f"{', '.join(first)} and {last}" if first else last
        found[f"rupture with {listing}"] = places
    return found


def find_country(code: str, world: World, key: str = "country") -> int:
    """Position of a country by its code or name; ``key`` is what asks for it.

    Raises
    ------
    InputError
        For a country the world does not have, and for the aggregated rest.
    """
    from ecosim.world.names import countries_named

    if not code:
        raise InputError(key, problem="is missing", allowed=f"one of {', '.join(world.country_names)}")
    (found,) = countries_named(key, [code], world, rest=False, blocs=False)
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
    for dimension, values in (("partner", _works(world, country)), ("supplier", _bought_abroad(world, country))):
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
        needs inputs counts once for every kind it needs, spread over the suppliers of its sites.
    """
    from ecosim.partnerships.supplied import by_supplier
    from ecosim.tables import ACTIVE
    from ecosim.world.facts import INPUTS, SECTORS

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
    value = np.zeros(len(partnerships))
    value[of] = part
    supplier = by_supplier(state, value, (len(INPUTS), n, n)).sum(axis=(0, 1))
    return {
        "partner": partner,
        "sector": np.bincount(rows["sector"], part, len(SECTORS)),
        "supplier": supplier,
        "funder": np.bincount((rows["funder"] < 0).astype(np.intp), part, 2),
    }


def _bought_abroad(world: World, country: int) -> NDArray[np.float64]:
    """What it buys from each other country, (C,): each kind of input by how much of its work needs it."""
    needed = (world.country_sector_share[country][:, None] * world.input_intensity).sum(axis=0)
    bought = (needed[:, None] * world.purchases[:, country]).sum(axis=0)
    bought[country] = 0.0
    return np.asarray(bought)


def inputs_by_kind(world: World, country: int) -> pd.DataFrame:
    """Where a country's research users get each kind of input, from the facts that ship.

    Returns
    -------
    DataFrame
        A row per kind and foreign supplier, the largest first: ``kind, foreign_share, code, name, share``; shares of
        all that it buys of the kind.
    """
    import pandas as pd

    from ecosim.world.facts import INPUTS

    rows = []
    for k, kind in enumerate(INPUTS):
        bought = world.purchases[k, country].copy()
        foreign = 1.0 - float(bought[country])
        bought[country] = 0.0
        rows += [
            (kind, foreign, world.countries[c], world.country_names[c], float(bought[c]))
            for c in np.argsort(-bought, kind="stable")
            if bought[c] > 0.0
        ]
    return pd.DataFrame(rows, columns=["kind", "foreign_share", "code", "name", "share"])


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

    Those that were named, where any were. Else ruptures with its main partners (by joint work in the twin and
    co-publications in the facts, weighing the same), its exclusion from the programme, the loss of its largest
    suppliers, the withdrawal of the funder; each with the dates of the option that ships.

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

    if question.named:
        for label, places in question.named.items():
            targets = [world.countries[k] for k in places]
            add(label, "diplomatic_rupture", targets=targets, counterparts=[code])
        return found
    for k in _largest(weight, named, question.settings.partners):
        partner = world.countries[k]
        add(f"rupture with {world.country_names[k]}", "diplomatic_rupture", targets=[partner], counterparts=[code])
    add("exclusion from the programme", "programme_exclusion", targets=[code])
    for k in _largest(_bought_abroad(world, country), named, SUPPLIERS):
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
    """Advance to the announcement and average the year before it: :func:`twin_exposure`, and its part of the world."""
    sums: dict[str, NDArray[np.float64]] = {}
    first = max(model.announcement_month - CALM_YEAR, 0)
    model.advance(first)
    for month in range(first, model.announcement_month):
        model.advance(month + 1)
        found = twin_exposure(model, country)
        # beside it, what every country has of all joint work
        joint = model.country_pairs()
        np.fill_diagonal(joint, 0.0)
        found[_OF_WORLD] = joint.sum(axis=1)
        for name, values in found.items():
            sums[name] = sums.get(name, 0.0) + values / CALM_YEAR
    return sums


def run_replicate(payload: dict[str, Any]) -> dict[str, Any]:
    """One history with its twin, its placebo and every break; for a worker.

    Returns
    -------
    dict
        ``replicate, error`` (empty when all went well), ``area``: the country's part of collaboration (person-months)
        by arm over so many ``months``, ``focus``: the same of the country in focus, and ``exposure``.
    """
    from threadpoolctl import threadpool_limits

    from ecosim.analysis.resilience import area, whole_blocks_end
    from ecosim.lab.branches import release

    country, areas, focus = payload["country"], {}, {}
    try:
        with threadpool_limits(limits=1):
            history = _history(payload["config"])
            exposure = _calm_year(history, country)
            end = history.config.calendar.observation_end
            for label in ("twin", _PLACEBO, *payload["breaks"]):
                name = payload["breaks"].get(label)
                world = history.fork("shocked", [name]) if name else history.fork(label)
                world.advance(end)
                work = world.series_by_country()["collaboration_by_country"]
                areas[label] = area(work[:, country], history.announcement_month, end)
                focus[label] = area(work[:, payload["focus"]], history.announcement_month, end)
                release(world)
            months = whole_blocks_end(history.announcement_month, end) - history.announcement_month
            release(history)
    except Exception as error:
        return {"replicate": payload["replicate"], "error": f"{type(error).__name__}: {error}"}
    return {"replicate": payload["replicate"], "error": "", "area": areas, "focus": focus, "months": months,
            "exposure": exposure}  # fmt: skip


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
    scouted = _calm_year(_history(as_plain(request.scenario)), question.country)
    breaks = chosen_breaks(question, scouted["partner"])
    numbers = range(request.scenario.replicate, request.scenario.replicate + settings.replicates)
    sides = question.programmes or {"": request}
    payloads = [
        {"config": {**with_keys(as_plain(side.scenario), {"shocks": dict(breaks.values())}), "replicate": r},
         "replicate": r, "country": question.country, "focus": question.focus,
         "breaks": {label: name for label, (name, _) in breaks.items()}}
        for side in sides.values() for r in numbers
    ]  # fmt: skip
    with (
        Progress("replicates", len(payloads), quiet=quiet) as progress,
        Workers(worker_count(request.runner, len(payloads)), request.plugins) as workers,
    ):
        rows = workers.map(run_replicate, payloads, progress.update)
    of_side = [rows[k * len(numbers) : (k + 1) * len(numbers)] for k in range(len(sides))]
    found = [
        _put_together(question, side, name, breaks, own)
        for (name, side), own in zip(sides.items(), of_side, strict=True)
    ]
    if len(found) == 1:
        return found[0]
    return replace(found[0], beside=found[1], differences=_differences(found, of_side, list(breaks)))


def _put_together(
    question: Question, request: Request, programme: str, breaks: Mapping[str, tuple[str, dict[str, Any]]],
    rows: Sequence[Mapping[str, Any]],
) -> Brief:  # fmt: skip
    import pandas as pd

    from ecosim.analysis.contrasts import FEWEST_CLUSTERS, simultaneous_intervals

    world, country, settings = question.world, question.country, question.settings
    good = _usable(rows)
    failed = tuple(f"replicate {row['replicate']}: {row['error']}" for row in rows if row["error"])
    if len(good) < 2:
        why = failed[0] if failed else "the country does no cross-border work at this scale"
        raise InputError("replicates", settings.replicates, problem=f"fewer than two could be used ({why})",
                         allowed="a larger world.scale or more replicates")  # fmt: skip
    labels = [*breaks, _PLACEBO]
    # from a handful of replicates an interval says nothing
    judged = len(good) >= FEWEST_CLUSTERS

    def with_interval(of: str) -> list[NDArray[np.float64]]:
        lost = np.array([[1.0 - row[of][label] / row[of]["twin"] for label in labels] for row in good])
        found = simultaneous_intervals(lost)
        low, high = (found.low, found.high) if judged else (np.full(len(labels), np.nan) for _ in range(2))
        return [found.estimate, low, high]

    lost, low, high = with_interval("area")
    monthly = float(np.mean([row["area"]["twin"] / row["months"] for row in good])) / request.scenario.world.scale
    table = pd.DataFrame(
        {"break": labels, "kind": [*(settings["kind"] for _, settings in breaks.values()), _PLACEBO],
         "lost_share": lost, "low": low, "high": high, "lost_person_months": lost * monthly, "replicates": len(good)}
    )  # fmt: skip
    elsewhere = question.focus != country
    if elsewhere and all(row["focus"]["twin"] > 0.0 for row in good):
        table = table.assign(**dict(zip(FOCUS_COLUMNS, with_interval("focus"), strict=True)))
    elif elsewhere:
        table = table.assign(**dict.fromkeys(FOCUS_COLUMNS, np.nan))
    mean = {name: np.mean([row["exposure"][name] for row in good], axis=0) for name in good[0]["exposure"]}
    noise = table.iloc[-1]
    table = table.iloc[:-1].reset_index(drop=True)
    covered = [_coverage(question, mean, settings) for _, settings in breaks.values()]
    table["facts_share"] = [found[0].facts if found else np.nan for found in covered]
    table["twin_share"] = [found[0].simulated if found else np.nan for found in covered]
    table["no_verdict"] = [
        next((one.words(label) for one in found if not one.enough), "")
        for found, label in zip(covered, breaks, strict=True)
    ]
    numbers = [name for name in ("lost_share", "low", "high", "lost_person_months", *FOCUS_COLUMNS) if name in table]
    table.loc[table["no_verdict"] != "", numbers] = np.nan
    table = table.sort_values("lost_share", ascending=False, kind="stable", na_position="last", ignore_index=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    exposure = _exposure_table(world, country, {name: mean[name] for name in DIMENSIONS})
    return Brief(
        country=world.countries[country], name=world.country_names[country], exposure=exposure, breaks=table,
        inputs=inputs_by_kind(world, country),
        noise={name: float(noise[name]) for name in ("lost_share", "low", "high", *FOCUS_COLUMNS) if name in noise},
        notes=(*_thin_country(question, mean), *_notes(question, request, len(good), monthly)), failed=failed,
        seen_from=world.country_names[question.focus] if elsewhere else "", programme=programme,
    )  # fmt: skip


def _usable(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if not row["error"] and row["area"]["twin"] > 0.0]


def _differences(found: Sequence[Brief], of_side: Sequence[Sequence[Mapping[str, Any]]], labels: list[str]) -> Any:
    """What the second programme makes of each break beside the first, paired by replicate."""
    import pandas as pd

    from ecosim.analysis.contrasts import FEWEST_CLUSTERS, simultaneous_intervals

    sides = [{row["replicate"]: row["area"] for row in _usable(rows)} for rows in of_side]
    both = sorted(sides[0].keys() & sides[1].keys())
    lost = np.array([[[1.0 - side[r][label] / side[r]["twin"] for label in labels] for r in both] for side in sides])
    table = pd.DataFrame({"break": labels})
    for name, one in zip(("first", "second"), found, strict=True):
        table[name] = one.breaks.set_index("break")["lost_share"].reindex(labels).to_numpy()
    differences = simultaneous_intervals(lost[1] - lost[0]) if len(both) >= 2 else None
    judged = differences is not None and len(both) >= FEWEST_CLUSTERS
    blank = np.full(len(labels), np.nan)
    table["difference"] = blank if differences is None else differences.estimate
    table["low"] = differences.low if judged and differences is not None else blank
    table["high"] = differences.high if judged and differences is not None else blank
    # of what is hardly simulated under one of them nothing is said
    table.loc[table[["first", "second"]].isna().any(axis=1), ["difference", "low", "high"]] = np.nan
    return table.sort_values("first", ascending=False, kind="stable", na_position="last", ignore_index=True)


def _of_world(question: Question, mean: Mapping[str, NDArray[np.float64]], place: int) -> tuple[float, float]:
    """A country's part of the world's co-publications, and of its simulated joint work."""
    works = question.world.copublications.astype(np.float64)
    works[np.diag_indices_from(works)] = 0.0
    joint = mean[_OF_WORLD]
    return float(works[place].sum() / works.sum()), float(joint[place] / joint.sum())


def _thin_country(question: Question, mean: Mapping[str, NDArray[np.float64]]) -> tuple[str, ...]:
    """A note where the country itself is hardly simulated: all numbers are then those of a handful."""
    facts, simulated = _of_world(question, mean, question.country)
    if not is_thin(facts, simulated):
        return ()
    name = question.world.country_names[question.country]
    return (
        f"{name} itself is hardly simulated: it has {percent(simulated)} of the simulated joint work, beside "
        f"{percent(facts)} of co-publications in the facts. Its shares are those of a few organisations.",
    )


def _coverage(
    question: Question, mean: Mapping[str, NDArray[np.float64]], settings: Mapping[str, Any]
) -> tuple[Coverage, ...]:
    """What a break takes, in the facts and in the twin: from the country, and of a rupture in the whole world as well.

    A partner that is hardly simulated may by chance work with one of a few organisations, so both must be covered.
    Nothing where the programme's money fails.
    """
    world, country, kind = question.world, question.country, settings["kind"]
    if kind == "funder_withdrawal":
        return ()
    places = [world.country_index(code) for code in settings["targets"]]
    whole = Coverage(kind, "member_country", {world.countries[k]: _of_world(question, mean, k) for k in places})
    if kind == "programme_exclusion":
        # what is excluded is the country itself, so its part of the world counts
        return (whole,)
    supplier = kind == "supplier_loss"
    simulated = mean["supplier" if supplier else "partner"].copy()
    # inputs from home are no exposure to another country
    simulated[country] = 0.0
    facts = _shares(_bought_abroad(world, country) if supplier else _works(world, country))
    twin = np.nan_to_num(_shares(simulated))
    shares = {world.countries[k]: (float(facts[k]), float(twin[k])) for k in places}
    name = world.country_names[country]
    own = Coverage(kind, "supplier" if supplier else "member_country", shares, name)
    return (own,) if supplier else (own, whole)


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


def _notes(question: Question, request: Request, replicates: int, monthly: float) -> tuple[str, ...]:
    world, country, scenario = question.world, question.country, request.scenario
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
    notes.append(
        "Inputs are those of research and professional users, 2014 (OECD); who sells abroad is who sells to the world. "
        "Electronics and instruments are one industry in the data, and information technology services stand for cloud "
        "and compute."
    )
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
