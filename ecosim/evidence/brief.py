"""``ecosim brief``: what one country's cross-border research hangs on, and the single breaks that would cost it most.

A quick look in two parts. Exposure: by partner country, sector, supplier and funder, once from the facts that ship and
once from the last calm year of a simulated world. Breaks: the same world branched at one moment into a twin and one
branch per break, with common random numbers, over a few replicates. Breaks may be named (``break=DEU+GBR``), and two
programmes set beside each other (``programme=narrow,broad``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.analysis.coverage import Coverage, is_thin, percent
from ecosim.errors import InputError
from ecosim.evidence.brief_exposure import bought_abroad, exposure_table, facts_exposure, inputs_by_kind, shares, works
from ecosim.evidence.brief_question import RUPTURE, BriefConfig, Question, ask, bloc_name, find_country
from ecosim.evidence.brief_runs import (
    OF_WORLD,
    OWN_MONEY,
    PLACEBO,
    TWIN,
    Branch,
    calm_year,
    history_of,
    run_replicate,
    twin_exposure,
)
from ecosim.evidence.brief_tables import (
    LASTING,
    SPREAD,
    break_course,
    changes_elsewhere,
    lasting,
    own_money,
    spread_of,
    with_intervals,
)
from ecosim.evidence.brief_words import DIMENSIONS, FOCUS_COLUMNS, Brief
from ecosim.lab.compose import Request, compose_plain
from ecosim.scenario import as_plain

if TYPE_CHECKING:
    from ecosim.world.facts import World

#: Supplier countries whose loss is tried.
SUPPLIERS = 2
__all__ = ["BriefConfig", "Question", "ask", "brief", "carry_out", "chosen_breaks", "facts_exposure", "find_country",
           "inputs_by_kind", "put_together", "twin_exposure"]  # fmt: skip


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
    weight = np.nan_to_num(shares(joint_work)) + np.nan_to_num(shares(works(world, country)))
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
    tried: list[tuple[int, ...]] = []
    for k in _largest(weight, named, question.settings.partners):
        partner = world.countries[k]
        add(f"{RUPTURE}{world.country_names[k]}", "diplomatic_rupture", targets=[partner], counterparts=[code])
        tried.append((k,))
    for bloc in question.settings.blocs:
        others = bloc_of(bloc, world, country)
        # a bloc of one partner is that partner, and nobody breaks with himself
        if others and others not in tried:
            tried.append(others)
            targets = [world.countries[k] for k in others]
            add(f"{RUPTURE}{bloc_name(bloc)}", "diplomatic_rupture", targets=targets, counterparts=[code])
    add("exclusion from the programme", "programme_exclusion", targets=[code])
    for k in _largest(bought_abroad(world, country), named, SUPPLIERS):
        add(f"no inputs from {world.country_names[k]}", "supplier_loss", targets=[world.countries[k]])
    add("the programme's funder fails", "funder_withdrawal")
    return found


def _largest(values: NDArray[np.float64], allowed: NDArray[np.bool_], count: int) -> list[int]:
    order = np.argsort(-np.where(allowed, values, -1.0), kind="stable")
    return [int(k) for k in order[:count] if allowed[k] and values[k] > 0.0]


def bloc_of(bloc: str, world: World, country: int) -> tuple[int, ...]:
    """Positions of a bloc's members but for the country itself."""
    from ecosim.world.names import countries_named

    members = countries_named("blocs", [bloc_name(bloc)], world, rest=False)
    return tuple(sorted(world.country_index(code) for code in members if code != world.countries[country]))


def money_keys(question: Question) -> dict[str, Any]:
    """Keys of the policy under which the country spends money of its own; none where that is not tried.

    Who does not fund the programme has no budget there to add to.
    """
    from ecosim.levers import own_parts

    if not question.levers or own_parts(question.world)[question.country] <= 0.0:
        return {}
    return {
        "policy.levers": dict(question.levers), "policy.levers_share": 0.0,
        "policy.actor": [question.world.countries[question.country]],
        "policy.additional_eur": question.settings.own_eur,
    }  # fmt: skip


def money_text(settings: BriefConfig) -> str:
    """What is tried of a country's own money, in words."""
    million = f"EUR {settings.own_eur / 1e6:,.3g} million a month"
    return (
        f"{million} for the levers of policy={settings.own_policy}, from the month of the breaks on, without a break,"
    )


def branches_of(question: Question, breaks: Mapping[str, tuple[str, dict[str, Any]]]) -> dict[str, tuple[str, Branch]]:
    """What is simulated beside twin and placebo: label -> (name in the scenario, branch)."""
    found = {label: (name, Branch(shock=settings)) for label, (name, settings) in breaks.items()}
    money = money_keys(question)
    return {**found, OWN_MONEY: ("money", Branch(money=money))} if money else found


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
    scouted = calm_year(history_of(as_plain(request.scenario)), [question.country])[question.country]
    breaks = chosen_breaks(question, scouted["partner"])
    numbers = range(request.scenario.replicate, request.scenario.replicate + settings.replicates)
    sides = question.programmes or {"": request}
    branches = branches_of(question, breaks)
    payloads = [
        {"config": {**as_plain(side.scenario), "replicate": r}, "replicate": r, "country": question.country,
         "branches": branches}
        for side in sides.values() for r in numbers
    ]  # fmt: skip
    with (
        Progress("replicates", len(payloads), quiet=quiet) as progress,
        Workers(worker_count(request.runner, len(payloads)), request.plugins) as workers,
    ):
        rows = workers.map(run_replicate, payloads, progress.update)
    of_side = [rows[k * len(numbers) : (k + 1) * len(numbers)] for k in range(len(sides))]
    found = [
        put_together(question, side, name, breaks, own)
        for (name, side), own in zip(sides.items(), of_side, strict=True)
    ]
    if len(found) == 1:
        return found[0]
    return replace(found[0], beside=found[1], differences=_differences(found, of_side, list(breaks), question.country))


def put_together(
    question: Question, request: Request, programme: str, breaks: Mapping[str, tuple[str, dict[str, Any]]],
    rows: Sequence[Mapping[str, Any]],
) -> Brief:  # fmt: skip
    """The brief, from its replicates.

    Parameters
    ----------
    question : Question
        What was asked.
    request : Request
        What was simulated, under ``programme`` where two stand side by side.
    programme : str
        Its name, or nothing.
    breaks : mapping
        From :func:`chosen_breaks`.
    rows : sequence of mapping
        From :func:`ecosim.evidence.brief_runs.run_replicate`.

    Raises
    ------
    InputError
        Where fewer than two replicates can be used.
    """
    import pandas as pd

    from ecosim.analysis.contrasts import OPEN, verdict

    world, country, settings = question.world, question.country, question.settings
    good = _usable(rows, country)
    failed = tuple(f"replicate {row['replicate']}: {row['error']}" for row in rows if row["error"])
    if len(good) < 2:
        why = failed[0] if failed else "the country does no cross-border work at this scale"
        raise InputError("replicates", settings.replicates, problem=f"fewer than two could be used ({why})",
                         allowed="a larger world.scale or more replicates")  # fmt: skip
    labels = [*breaks, PLACEBO]
    # (replicates, branches, C) collaboration over the window, and (replicates, 1, C) that of the twin
    areas = np.array([[row["found"][label].areas for label in labels] for row in good])
    twin = np.array([[row["found"][TWIN].areas] for row in good])
    monthly = _monthly(good, country) / request.scenario.world.scale
    lost_each = 1.0 - areas[:, :, country] / twin[:, :, country]
    lost, low, high = with_intervals(lost_each)
    table = pd.DataFrame(
        {"break": labels, "kind": [*(settings["kind"] for _, settings in breaks.values()), PLACEBO],
         "lost_share": lost, "low": low, "high": high, "lost_person_months": lost * monthly, "replicates": len(good)}
    )  # fmt: skip
    table = table.assign(**spread_of(-lost_each))
    table["verdict"] = [
        verdict(-row["high"], -row["low"], row["share_helped"], row["share_hurt"]) for row in table.to_dict("records")
    ]
    focus = question.focus
    elsewhere = focus != country
    if elsewhere and (twin[:, 0, focus] > 0.0).all():
        own = with_intervals(1.0 - areas[:, :, focus] / twin[:, :, focus])
        table = table.assign(**dict(zip(FOCUS_COLUMNS, own, strict=True)))
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
    course = break_course(good, labels, country)
    table = table.merge(lasting(course), on="break", how="left")
    silent = list(table.loc[table["no_verdict"] != "", "break"])
    numbers = [name for name in ("lost_share", "low", "high", "lost_person_months", *FOCUS_COLUMNS, *LASTING, *SPREAD)
               if name in table]  # fmt: skip
    table.loc[table["no_verdict"] != "", numbers] = np.nan
    table.loc[table["no_verdict"] != "", "verdict"] = OPEN
    table = table.sort_values("lost_share", ascending=False, kind="stable", na_position="last", ignore_index=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    exposure = exposure_table(world, country, {name: mean[name] for name in DIMENSIONS})
    spoken = [label for label in breaks if label not in silent]
    return Brief(
        country=world.countries[country], name=world.country_names[country], exposure=exposure, breaks=table,
        inputs=inputs_by_kind(world, country),
        noise={name: float(noise[name]) for name in ("lost_share", "low", "high", *FOCUS_COLUMNS) if name in noise},
        notes=(*_thin_country(question, mean), *_notes(question, request, len(good), monthly)), failed=failed,
        seen_from=world.country_names[question.focus] if elsewhere else "", programme=programme,
        course=course[~course["break"].isin(silent)].reset_index(drop=True),
        others=changes_elsewhere(question, good, spoken, request.scenario.world.scale),
        money=own_money(question, good, request.scenario.world.scale),
        spent=money_text(settings) if money_keys(question) else "",
    )  # fmt: skip


def _monthly(good: Sequence[Mapping[str, Any]], country: int) -> float:
    """Person-months a month that the country has in the twin, at the scale of the world."""
    return float(np.mean([row["found"][TWIN].areas[country] / row["months"] for row in good]))


def _usable(rows: Sequence[Mapping[str, Any]], country: int) -> list[Mapping[str, Any]]:
    return [row for row in rows if not row["error"] and row["found"][TWIN].areas[country] > 0.0]


def _differences(
    found: Sequence[Brief], of_side: Sequence[Sequence[Mapping[str, Any]]], labels: list[str], country: int
) -> Any:
    """What the second programme makes of each break beside the first, paired by replicate."""
    import pandas as pd

    from ecosim.analysis.contrasts import FEWEST_CLUSTERS, simultaneous_intervals

    sides = [{row["replicate"]: row["found"] for row in _usable(rows, country)} for rows in of_side]
    both = sorted(sides[0].keys() & sides[1].keys())
    lost = np.array([[[1.0 - side[r][label].areas[country] / side[r][TWIN].areas[country] for label in labels]
                      for r in both] for side in sides])  # fmt: skip
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
    joint_works = question.world.copublications.astype(np.float64)
    joint_works[np.diag_indices_from(joint_works)] = 0.0
    joint = mean[OF_WORLD]
    return float(joint_works[place].sum() / joint_works.sum()), float(joint[place] / joint.sum())


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
    facts = shares(bought_abroad(world, country) if supplier else works(world, country))
    twin = np.nan_to_num(shares(simulated))
    of_both = {world.countries[k]: (float(facts[k]), float(twin[k])) for k in places}
    name = world.country_names[country]
    own = Coverage(kind, "supplier" if supplier else "member_country", of_both, name)
    return (own,) if supplier else (own, whole)


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
