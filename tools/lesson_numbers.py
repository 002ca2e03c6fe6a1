"""Repeat the numbers of the lessons: ``python -m tools.lesson_numbers [NAME ...]``.

``docs/lessons/numbers.toml`` holds every number that a lesson names, with the line of Python that gives it. Those lines
may use what stands in this file. Without names all cheap numbers are computed again; ``--slow`` adds the others.
``--write`` copies the numbers into the strings of the page.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
NUMBERS = ROOT / "docs" / "lessons" / "numbers.toml"
STRINGS = ROOT / "ecosim" / "page" / "front" / "src" / "lessons.json"


# --- 1: consortia among twelve countries -----------------------------------------------------------------------------


def left(countries: int, lost: int, size: int, members: int) -> float:
    """Chance that so many members of a consortium are left, when so many of the countries are lost (hypergeometric)."""
    if not 0 <= members <= min(size, countries - lost) or size - members > lost:
        return 0.0
    return math.comb(lost, size - members) * math.comb(countries - lost, members) / math.comb(countries, size)


def kept(countries: int, lost: int, size: int, quorum: float, what: str) -> float:
    """Mean share of the work, or of the collaboration, that is kept (percent).

    Each member does one person-month. Collaboration is work times the chance that two person-months come from different
    countries (DESIGN 13), so n members from n countries make n - 1. A consortium below its quorum does nothing.
    """
    worth = {"work": lambda n: n / size, "collaboration": lambda n: max(n - 1, 0) / (size - 1)}[what]
    return 100.0 * sum(left(countries, lost, size, n) * worth(n) for n in range(size + 1) if n >= quorum * size - 1e-9)


def coordination_cost(countries: int, kappa: float) -> float:
    """Work lost to coordination across so many countries rather than in one (percent): 1 - exp(-kappa (c - 1))."""
    return 100.0 * (1.0 - math.exp(-kappa * (countries - 1)))


# --- 2: contracts and calls ------------------------------------------------------------------------------------------


def payment_month(which: int, months: int, parts: int) -> int:
    """Month in which one of the later payments comes, with nothing late."""
    return which * months // (parts + 1)


def paid_by(month: int, months: int, ahead: float, parts: int) -> float:
    """Share of a grant paid before a month of the work, with nothing late (percent).

    With k parts after the first payment the work falls into k + 1 stretches; each payment comes at the start of its own
    (``ecosim/programmes/payments.py``).
    """
    if parts == 0:
        return 100.0
    due = sum(1 for k in range(1, parts + 1) if payment_month(k, months, parts) < month)
    return 100.0 * (ahead + (1.0 - ahead) * due / parts)


def calls_missed(gap: int, closed: int) -> list[float]:
    """Share of the calls of 48 months that fall into a closed time, for each month in which it may begin (percent)."""
    calls = range(0, 48, gap)
    return [100.0 * np.mean([(call - first) % 48 < closed for call in calls]) for first in range(48)]


# --- 3: picking a winner ---------------------------------------------------------------------------------------------


def best_of(number: int) -> float:
    """Mean of the largest of so many standard normal values."""
    from scipy.integrate import quad
    from scipy.stats import norm

    return float(quad(lambda x: x * number * norm.pdf(x) * norm.cdf(x) ** (number - 1), -12.0, 12.0)[0])


#: Money a month for each organisation at which 63 % of those who could come do: the default of ``embassy_hub``.
EUR_PER_ORGANISATION = 100.0


def come(eur: float) -> float:
    """Share of those who could come to a hub that do, at so many euro for each of them: the law of all instruments."""
    from ecosim.instruments.base import closed_share

    return float(closed_share(np.array([eur]), np.array([EUR_PER_ORGANISATION]), 1.0)[0])


def appropriation_eur() -> float:
    """Public money of the programme in a month, EUR: contributions to the projects of the window, by its months."""
    table = pd.read_csv(ROOT / "ecosim/world/data/programme.csv").set_index("quantity")["value"]
    return float(table["contribution_eur"] / table["window_months"])


# --- facts -----------------------------------------------------------------------------------------------------------


@cache
def data(name: str) -> pd.DataFrame:
    """A table of facts."""
    return pd.read_csv(ROOT / "ecosim" / "world" / "data" / f"{name}.csv", keep_default_na=True)


@cache
def partners() -> pd.DataFrame:
    """(C, C) share of the first country's co-publications of 2019 that are with the second."""
    table = data("copublications")
    wide = table.pivot_table(index="first", columns="second", values="works_2019", aggfunc="sum")
    names = sorted({*wide.index, *wide.columns})
    works = wide.reindex(index=names, columns=names).fillna(0.0)
    works = works + works.T
    return works.div(works.sum(axis=1), axis=0)


def share_of_partner(first: str, second: str) -> float:
    """Share of a country's co-publications that are with another (percent)."""
    return 100.0 * float(partners().loc[first, second])


def with_largest_partner(country: str) -> int:
    """How many countries have this one as their largest partner."""
    return int((partners().idxmax(axis=1) == country).sum())


def supplier_share(kind: str, country: str) -> float:
    """Share of a kind of input that comes from a country, over all (percent)."""
    table = data("inputs")
    return 100.0 * float(table.query("kind == @kind and country == @country")["supplier_share"].iloc[0])


@cache
def participations() -> pd.Series:
    """Participations by country in the projects of the window, most first."""
    table = data("population").dropna(subset=["iso3"]).set_index("iso3")
    columns = [f"participations_{kind}" for kind in ("HES", "REC", "PRC", "PUB", "OTH")]
    return table[columns].sum(axis=1).groupby(level=0).sum().sort_values(ascending=False, kind="stable")


def peripheral() -> list[str]:
    """Countries that the facts mark as peripheral."""
    table = data("countries")
    return list(table.loc[table["peripheral"] == 1, "iso3"])


# --- what the model assumes ------------------------------------------------------------------------------------------


def parameter(key: str) -> float:
    """Default of a parameter."""
    return float(_field(key).default)


def parameter_range(key: str) -> tuple[float, float]:
    """Plausible range of an assumed parameter."""
    low, high = _field(key).json_schema_extra["range"]
    return float(low), float(high)


def _field(key: str) -> Any:
    from ecosim.scenario import Scenario

    *sections, name = key.split(".")
    model: Any = Scenario()
    for section in sections:
        model = getattr(model, section)
    return type(model).model_fields[name]


def experiment(name: str, *path: str) -> Any:
    """A value in the file of an experiment that ships."""
    import yaml

    value = yaml.safe_load((ROOT / "conf" / "experiment" / f"{name}.yaml").read_text(encoding="utf-8"))["experiment"]
    for word in path:
        value = value[word]
    return value


def best_rule() -> tuple[int, float]:
    """Fewest draws, and least chance, at which ecosim calls a policy best."""
    from ecosim.analysis import ranking

    return ranking.FEWEST_FOR_BEST, ranking.CLEAR


# --- 4: two ways to depend less --------------------------------------------------------------------------------------


#: Work with each of five partners in the game.
FIVE_PARTNERS = (40, 20, 15, 15, 10)


def after(partners_at_first: Sequence[float], factors: Sequence[float]) -> tuple[float, float]:
    """Largest share among foreign partners, and work with all beside before, after each is multiplied (percent)."""
    now = [work * factor for work, factor in zip(partners_at_first, factors, strict=True)]
    return 100.0 * max(now) / sum(now), 100.0 * sum(now) / sum(partners_at_first)


# --- 5: luck that grows ----------------------------------------------------------------------------------------------


def urn(draws: int, least: float) -> float:
    """Chance that one of two colours has at least this share after so many draws with one bead added (percent).

    Polya's urn from one bead of each: the number of red beads is every value from 1 to draws + 1 with the same chance.
    """
    beads = draws + 2
    reached = [max(red, beads - red) / beads >= least - 1e-12 for red in range(1, draws + 2)]
    return 100.0 * float(np.mean(reached))


def coin(draws: int, least: float) -> float:
    """The same chance where every draw is a fair coin and nothing grows (percent)."""
    beads = draws + 2
    each = [math.comb(draws, red) / 2**draws for red in range(draws + 1)]
    return 100.0 * sum(p for red, p in enumerate(each) if max(red + 1, beads - red - 1) / beads >= least - 1e-12)


def best_funded(noise: float, funded: float) -> float:
    """Chance that a proposal among the truly best is funded, when as many are funded as are best (percent).

    Quality and error of evaluation are normal; the error has ``noise`` standard deviations of quality.
    """
    from scipy.stats import multivariate_normal, norm

    low = norm.ppf(funded)
    both = multivariate_normal(cov=[[1.0, rho := 1.0 / math.sqrt(1.0 + noise**2)], [rho, 1.0]]).cdf([low, low])
    return 100.0 * float(both) / funded


# --- 6: health -------------------------------------------------------------------------------------------------------


@cache
def health() -> dict[str, Any]:
    """Facts of all countries, and what follows from them, at the values of docs/HEALTH.md."""
    from ecosim.config.health import HealthConfig
    from ecosim.config.world import WorldConfig
    from ecosim.health import errors
    from ecosim.world import load_world
    from ecosim.world.health import health_facts

    config, world = HealthConfig(), load_world(WorldConfig(preset="global"))
    facts = health_facts(world.countries)
    return {
        "config": config, "world": world, "facts": facts, "n": world.n_countries,
        "groups": errors.population_groups(facts, world.distance_km, config),
    }  # fmt: skip


def health_error(loss: float, sharing: str, what: str) -> float:
    """Mean over people, worst group, gap (all percent), groups harmed, or people in them (million).

    Parameters
    ----------
    loss : float
        ``external_loss``: what a model loses on people unlike those it learned from.
    sharing : {'own', 'pooled'}
    what : {'mean', 'worst', 'gap', 'harmed', 'people'}
    """
    from ecosim.health import errors

    it = health()
    config = it["config"].model_copy(update={"external_loss": loss})
    every = np.ones(it["n"], dtype=bool)
    access = {"own": errors.own_data(it["n"]), "pooled": errors.pooled_data(every, np.ones((it["n"], it["n"])))}
    alone, found = (errors.group_errors(it["groups"], access[name], config) for name in ("own", sharing))
    groups, people = errors.harmed(alone, found, it["groups"].people)
    over = errors.spread(found, it["groups"].people)
    return {"mean": 100.0 * over.mean, "worst": 100.0 * over.worst, "gap": 100.0 * over.gap,
            "harmed": float(groups.sum()), "people": people}[what]  # fmt: skip


def lead_days(growth: float, share: float, whose: str) -> float:
    """Days between a country's knowing of an outbreak and its arrival: median of the others, or best of the first.

    Parameters
    ----------
    growth : float
        Growth of infections in a day.
    share : float
        How open the data channels are, 0 to 1.
    whose : {'others', 'first'}
    """
    from ecosim.health import detection, spread

    it = health()
    n, config = it["n"], it["config"].model_copy(update={"growth_per_day": growth})
    counted = detection.surveillance(it["facts"].gdp_per_head_usd, config)
    found, reported = detection.detection_days(counted, n, config), detection.reporting_days(counted, config)
    arrival = spread.arrival_days(spread.journeys(it["world"].gdp_busd, it["world"].distance_km, config), config)
    lead = spread.lead_days(
        arrival, spread.warned_days(found, reported, np.full((n, n), share), config), found, reported
    )
    own = np.eye(n, dtype=bool)
    return float(np.median(lead[~own])) if whose == "others" else float(lead[own].max())


def detection_days(countries: int, summed: bool) -> float:
    """Days until an outbreak in one country is found, by its own count or by the sum of all (full surveillance)."""
    from ecosim.health import detection

    config = health()["config"]
    if summed:
        return float(detection.summed_detection_days(1.0, countries, config))
    return float(detection.detection_days(np.ones(1), countries, config)[0])


def cut_off_months(share: float, fallback: float, months: float) -> float:
    """Months of benefit that a cut-off costs a country without local capability (``benefit.cut_off_loss``)."""
    from ecosim.health import benefit

    config = health()["config"].model_copy(update={"fallback": fallback, "switch_months": months})
    kept_without = benefit.kept_without(np.zeros(1), config)
    return float(benefit.cut_off_loss(np.ones(1), np.array([share]), kept_without, config)[0])


# --- simulated worlds ------------------------------------------------------------------------------------------------

#: A small world, so that a run takes seconds: Germany is cut off; every draw has other values for all that is assumed.
SMALL = (
    "experiment=none", "world=europe", "world.scale=0.005", "timeline.burn_in_months=24", "timeline.calm_months=6",
    "timeline.calm_jitter_months=0", "timeline.response_months=24", "shocks=[diplomatic_rupture]",
    "shocks.diplomatic_rupture.targets=[DEU]", "experiment.name=lesson",
    "experiment.factors={programme: [narrow, broad]}", "experiment.replicates=20", "experiment.draw_parameters=true",
    "output.figures=false",
)  # fmt: skip


@cache
def simulated() -> pd.DataFrame:
    """Measures of consortia of 2 to 4 countries (``narrow``) and of 8 to 11 (``broad``), by draw."""
    import ecosim

    with tempfile.TemporaryDirectory() as folder:
        result = ecosim.sweep(*SMALL, "runner.processes=0", output=folder)
        return result.measures.set_index(["programme", "replicate"])


def drawn_mean(programme: str, measure: str) -> float:
    """Mean of a measure over the draws (percent)."""
    return 100.0 * float(simulated().loc[programme, measure].mean())


def draws_with_more(first: str, second: str, measure: str) -> int:
    """In how many draws the first programme has more of a measure than the second."""
    table = simulated()[measure]
    return int((table.loc[first] > table.loc[second]).sum())


# --- the file --------------------------------------------------------------------------------------------------------


def load() -> dict[str, dict[str, Any]]:
    """Every number by name."""
    return tomllib.loads(NUMBERS.read_text(encoding="utf-8"))


def compute(entry: dict[str, Any]) -> float:
    """The number that an entry's line of Python gives now."""
    return float(eval(entry["python"], dict(globals())))


def shown(entry: dict[str, Any]) -> str:
    """How a lesson writes it."""
    return f"{entry['value']:,.{entry.get('digits', 0)}f}"


def for_the_page() -> dict[str, dict[str, Any]]:
    """The numbers as the page's strings hold them."""
    return {name: {"value": one["value"], "digits": one.get("digits", 0), "unit": one.get("unit", "")}
            for name, one in load().items()}  # fmt: skip


def main(words: Sequence[str]) -> int:
    """Print numbers as the file has them and as they come out now; 1 if any differs."""
    if "--write" in words:
        lessons = json.loads(STRINGS.read_text(encoding="utf-8"))
        lessons["numbers"] = for_the_page()
        STRINGS.write_text(json.dumps(lessons, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return 0
    numbers = load()
    names = [word for word in words if not word.startswith("-")]
    unknown = [name for name in names if name not in numbers]
    if unknown:
        print(f"{unknown[0]}: no such number; docs/lessons/numbers.toml names them all", file=sys.stderr)
        return 2
    wrong = 0
    for name, entry in numbers.items():
        if name in names or (not names and ("--slow" in words or not entry.get("slow", False))):
            now = compute(entry)
            right = abs(now - entry["value"]) <= entry.get("tolerance", 0.0)
            wrong += not right
            print(f"{name} = {shown(entry)} {entry.get('unit', '')}: {now:.6g} {'' if right else 'DIFFERS'}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
