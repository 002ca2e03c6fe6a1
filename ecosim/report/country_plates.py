"""The countries in a report: which are hit, how often, and who loses and who gains."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ecosim.analysis.places import FIRST
from ecosim.report.content import COUNTRIES, MOST_MAPS, AbsentError, Content, Plate, Trace, left_out, slug
from ecosim.report.folder import BY_COUNTRY, DESIGN, RUNS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Branches of shocks whose countries are drawn; of more, the tables hold the numbers.
MOST_BRANCHES = 6
HOW_HIT = (
    "The darker a country, the larger the share of replicates in which the shock hits it; white is never, pale blue is "
    "beyond this world. Small countries are dots; those beyond the map are squares at its edge."
)
RESTS_HIT = (
    "Countries that are drawn differ from replicate to replicate, and are the same for all policies. Outlines: Natural "
    "Earth."
)
HOW_GAINS = (
    "Bars: percent of what the country itself yields in calm times. At the right: the same in points of what all "
    "countries yield together; by these, the ten that lose most and the ten that gain most are chosen. A square "
    "marks a country that is hit, the number beside its name the share of replicates in which it is (without one: "
    "always). Ticks: the same country under each other policy, beside that policy's calm times."
)
RESTS_GAINS = (
    "Output under {policy}, beside the same world without the shock, over the whole response. Each interval holds "
    "alone, at 95 %: of twenty countries that nothing happens to, one seems to lose or gain by chance. Where countries "
    "are drawn, a country's bar mixes worlds in which it is hit with worlds in which others are. Ticks are means "
    "alone; policies are compared above, not here."
)
_HITS_FROM = Trace(
    (RUNS, DESIGN), f"plots.hit_figure(report.hit_panels()[:{MOST_MAPS}], report.countries)",
    "replicates of the reference policy in which the shock hits the country, as a share of all.",
    "7.14 Instruments, shocks and decisions",
)  # fmt: skip
HOW_PLACES = (
    "The darker a country, the larger the chance that what opens there is among the first; white countries were not "
    "ranked, pale blue is beyond this world. Small countries are dots; those beyond the map are squares at its edge."
)
RESTS_PLACES = (
    "Chances are over resampled draws, so they say how well the means are known. Where all chances are alike, the "
    "ranking is by lot. Outlines: Natural Earth."
)
_PLACES_FROM = Trace(
    (RUNS, DESIGN), "plots.place_map(report.place_chances, report.countries)",
    "share of resamples over draws in which the mean of output delivered is among the highest.",
    "7.14 Instruments, shocks and decisions",
)  # fmt: skip
_GAINS_FORMULA = (
    "share = (S - T) / T, with S and T the sums over replicates of the country's output under the shock and in the "
    "twin; points = (S - T) / the sum of T over all countries."
)


def _draw_hits(content: Content) -> Figure:
    from ecosim.plots import hit_figure

    return hit_figure(content.hit_panels()[:MOST_MAPS], content.countries)


def _read_hits(content: Content) -> str:
    from ecosim.plots.hits import hit_words

    panels = content.hit_panels()
    said = [f"{hit.title}: {hit_words(hit, 3)}" for hit in panels[:MOST_MAPS]]
    more = f"; {len(panels) - MOST_MAPS} more shocks in runs.parquet" if len(panels) > MOST_MAPS else ""
    text = f"{'; '.join(said)}{more}."
    return f"{text[0].upper()}{text[1:]}"


def _need_countries(content: Content, branch: str) -> None:
    content.need_shocks()
    content.need_repetition()
    if content.by_country.empty:
        raise AbsentError("the months of each country were not kept (output.countries=none)")
    rows = content.by_country
    if not ((rows["policy"] == content.reference) & (rows["shock"] == branch)).any():
        raise AbsentError("no run of the reference policy was compared")


def _draw_countries(branch: str, content: Content) -> Figure:
    from ecosim.plots import country_figure

    _need_countries(content, branch)
    return country_figure(content.by_country, content.reference, branch, content.hit_shares(branch))


def _read_countries(branch: str, content: Content) -> str:
    from ecosim.plots.countries import ends_of
    from ecosim.plots.maps import country_name

    _need_countries(content, branch)
    if branch in content.result.no_verdict:
        return content.result.no_verdict[branch]
    ends = ends_of(content.by_country, content.reference, branch)
    sure = ends[ends["sure"]]
    if sure.empty:
        return "Of no country is it sure whether it loses or gains."
    said = []
    for rows, verb in ((sure[sure["share"] < 0.0], "loses"), (sure[sure["share"] > 0.0], "gains")):
        if rows.empty:
            said.append(f"none surely {verb}")
            continue
        row = rows.iloc[int(rows["points"].abs().argmax())]
        said.append(
            f"{country_name(row['country'])} surely {verb} most, {abs(row['points']):.2f} points of all countries' "
            f"output and {abs(row['share']):.0f} % of its own"
        )
    rest = len(ends) - len(sure)
    end = f"; of {rest} of the {len(ends)} shown the sign is open" if rest else ""
    return f"{said[0][0].upper()}{said[0][1:]}; {said[1]}{end}."


def _draw_places(content: Content) -> Figure:
    from ecosim.plots import place_map

    return place_map(content.place_chances, content.countries)


def _read_places(content: Content) -> str:
    ranked = content.result.places
    if ranked["chance_first"].isna().all():
        return "One draw says nothing of where to open."
    first = ranked.iloc[int(ranked["chance_first"].to_numpy().argmax())]
    lot, several = 100 / len(ranked), 100 * first["chance_among_first"]
    return (
        f"{first['policy']} is first with a chance of {100 * first['chance_first']:.0f} % (by lot {lot:.0f} %), and "
        f"among the first {FIRST} with {several:.0f} % (by lot {FIRST * lot:.0f} %); of {len(ranked)}, "
        f"{int((ranked['low'] > 0.0).sum())} surely do better than {content.reference}."
    )


def country_plates(content: Content) -> list[Plate]:
    """The map of countries hit, and for each branch of shocks who loses and who gains."""
    taken: set[str] = set()
    found = [Plate("hit", "Which countries are hit, and how often?", _draw_hits, _read_hits, RESTS_HIT, HOW_HIT,
                   COUNTRIES, _HITS_FROM)]  # fmt: skip
    found += [
        Plate(
            slug("countries", branch, taken), f"Who loses and who gains: {content.say(branch)}?",
            partial(_draw_countries, branch), partial(_read_countries, branch),
            RESTS_GAINS.format(policy=content.reference), HOW_GAINS, COUNTRIES,
            Trace((BY_COUNTRY, RUNS, DESIGN),
                  f"plots.country_figure(report.by_country, report.reference, {branch!r}, "
                  f"report.hit_shares({branch!r}))", _GAINS_FORMULA),
        )
        for branch in content.shocks[:MOST_BRANCHES]
    ]  # fmt: skip
    if len(content.result.places):
        found.insert(0, Plate("places", "Where should it open?", _draw_places, _read_places, RESTS_PLACES, HOW_PLACES,
                              COUNTRIES, _PLACES_FROM))  # fmt: skip
    if len(content.shocks) > MOST_BRANCHES:
        words = f"there are {len(content.shocks)} shocks, the first {MOST_BRANCHES} are drawn; {BY_COUNTRY} has all"
        found.append(left_out("Who loses and who gains", words))
    return found
