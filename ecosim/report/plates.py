"""The figures of a report: how each is drawn, what it shows in one sentence, and what it rests on.

What is said is computed from the tables. A figure whose data a folder does not have raises
:class:`ecosim.report.content.AbsentError`, which says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecosim.analysis.breakeven import FEWEST_FOR_MAP
from ecosim.analysis.contrasts import sign_is_sure
from ecosim.analysis.naming import plain
from ecosim.report import answer
from ecosim.report.content import AbsentError, Content, Plate, Trace, share_of
from ecosim.report.country_plates import country_plates
from ecosim.report.error_plates import error_plates
from ecosim.report.folder import DESIGN, DRAWS, PAIRS, POINTS, RUNS, SERIES
from ecosim.report.lever_plates import lever_plates

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ecosim.analysis.breakeven import TwoWay
    from ecosim.analysis.doses import Dose


#: Verdicts by which an effect has a sign.
SIGNS = ("helps", "helps on average", "hurts", "hurts on average")


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def _shocks(count: int) -> str:
    return "the shock" if count == 1 else f"{count} shocks"


def _draw_arms(content: Content) -> Figure:
    from ecosim.plots import with_and_without

    content.need_shocks()
    content.need_series()
    return with_and_without(content.series, content.runs, content.shown)


def _read_arms(content: Content) -> str:
    rows = content.reference_rows().sort_values("sustained_collaboration")
    if rows.empty:
        return "The reference policy has no finished run with a shock."
    worst = rows.iloc[0]
    text = (
        f"Under {content.say(worst['shock'])} the reference policy keeps {_percent(worst['sustained_collaboration'])} "
        f"of its collaboration, and in its worst half-year {_percent(1 - worst['drawdown'])} of it"
    )
    if len(rows) > 1:
        text += f"; under {plain(rows.iloc[-1]['shock'])} it keeps {_percent(rows.iloc[-1]['sustained_collaboration'])}"
    return text + "."


def _draw_curves(content: Content) -> Figure:
    from ecosim.plots import resilience_curves

    content.need_shocks()
    content.need_policies()
    content.need_series()
    return resilience_curves(content.series, content.runs, content.design, compared=content.result.beside_reference)


def _draw_output_curves(content: Content) -> Figure:
    from ecosim.plots import resilience_curves

    content.need_shocks()
    content.need_policies()
    content.need_series("output")
    return resilience_curves(
        content.series, content.runs, content.design, "output", compared=content.result.beside_reference
    )


def _read_output_curves(content: Content) -> str:
    rows = content.judged[content.judged["worst_year_output"].notna() & content.judged["shock"].notna()]
    if rows.empty:
        return "The response is too short to hold a year."
    low = rows.sort_values("worst_year_output").iloc[0]
    return (
        f"The lowest output of a year stands at {_percent(low['worst_year_output'])} of the policy's own calm-time "
        f"output: {low['policy']} under {plain(low['shock'])}."
    )


def _read_curves(content: Content) -> str:
    table = content.result.beside_reference
    table = table[(table["measure"] == "sustained_collaboration") & np.isfinite(table["estimate"])]
    table = table[table["shock"].isin(content.judged["shock"])]
    surely = table[table["verdict"].isin(SIGNS)]
    if surely.empty:
        return "Of no policy it is decided that it keeps more or less of its collaboration than the reference policy."
    row = surely.loc[surely["estimate"].abs().idxmax()]
    more = "more" if row["estimate"] > 0.0 else "less"
    return (
        f"Policies differ most under {plain(row['shock'])}: {row['policy']} surely keeps {more} of its own calm-time "
        f"collaboration than {row['reference']}, by {100 * abs(row['estimate']):.1f} points{_within(row)}."
    )


def _draw_heat(content: Content) -> Figure:
    from ecosim.plots import heat_map

    content.need_shocks()
    content.need_policies()
    content.need_columns("delivered_output")
    return heat_map(content.judged, compared=content.result.beside_reference).figure  # type: ignore[return-value]


def _read_heat(content: Content) -> str:
    by_shock = content.judged.dropna(subset="shock").groupby("shock")["delivered_output"].mean()
    return (
        f"Whatever the policy, the shock matters more: {plain(by_shock.idxmin())} leaves {_percent(by_shock.min())} "
        f"of the calm-time output on average, {plain(by_shock.idxmax())} {_percent(by_shock.max())}."
        if np.ptp(by_shock) > content.judged.groupby("shock")["delivered_output"].agg(np.ptp).max()
        else "The means of policies lie further apart than those of shocks; coloured is what of it is decided."
    )


def _draw_policies(content: Content) -> Figure:
    from ecosim.plots import policy_forest

    content.need_shocks()
    content.need_policies()
    content.need_columns("delivered_output")
    return policy_forest(content.judged, content.design, smallest=content.result.smallest)


def _read_policies(content: Content) -> str:
    limits = content.result.smallest
    near, rows = 0, content.judged[content.judged["delivered_output"].notna() & content.judged["shock"].notna()]
    shocks = list(rows["shock"].unique())
    for shock in shocks:
        mine = rows[rows["shock"] == shock]
        reference = mine.loc[mine["reference"].astype(bool), "delivered_output"]
        limit = limits.of(str(shock), "delivered_output")
        near += bool(len(reference)) and bool(
            ((mine["delivered_output"] - float(reference.iloc[0])).abs() < limit).all()
        )
    if not near:
        return (
            f"Under {'the shock' if len(shocks) == 1 else 'every shock'} at least one policy's mean is further from "
            "the reference policy's than is too little to matter; whether that is sure, the levers below say."
        )
    return (
        f"Under {near} of {_shocks(len(shocks))} every policy's mean lies so near the reference policy's that it is "
        "too little to matter."
    )


def _responses(content: Content) -> list[tuple[Dose, list[pd.DataFrame]]]:
    content.need_shocks()
    if not content.result.responses:
        raise AbsentError("nothing is given in three or more steps")
    return content.result.responses


def _draw_doses(content: Content) -> Figure:
    from ecosim.plots import dose_response_curves

    given = [(dose.name, tables) for dose, tables in _responses(content)]
    return dose_response_curves(given, smallest=content.result.smallest)


def _read_doses(content: Content) -> str:
    from ecosim.plots.style import parameter_name

    said = []
    for dose, (table, *_) in _responses(content):
        apart = table[np.isfinite(table["difference"])]
        if apart.empty:
            continue
        surely = apart[sign_is_sure(apart["low"], apart["high"])]
        if surely.empty:
            said.append(f"Along {parameter_name(dose.name)}, no step surely delivers more or less output")
            continue
        far = surely.loc[surely["difference"].abs().idxmax()]
        where = f" under {plain(far['shock'])}" if far["shock"] else ""
        line = f" ({plain(far['line'])})" if len(dose.lines) > 1 else ""
        said.append(
            f"Along {parameter_name(dose.name)}, output delivered differs most from the points with a black rim{where} "
            f"at {answer.amount(far['level'])}{line}: {100 * far['difference']:+.1f} points{_within(far)}"
        )
    return f"{'. '.join(said)}." if said else "No step has a finished run."


def _within(row: pd.Series) -> str:
    return f" [{100 * row['low']:+.1f}, {100 * row['high']:+.1f}]" if np.isfinite(row["low"]) else ""


def _draw_weighing(content: Content) -> Figure:
    from ecosim.plots import weighing_figure

    content.need_shocks()
    if not content.result.objectives:
        raise AbsentError("the experiment names no objectives that policies are weighed on at once")
    if content.result.weighing.empty:
        raise AbsentError("no draw has all outcomes of all policies")
    return weighing_figure(content.result.weighing, content.result.objectives, paths=content.result.dose_paths)


def _read_weighing(content: Content) -> str:
    from ecosim.report.answers.weighing import findings

    return " ".join(findings(content.result))


def _draw_loss(content: Content) -> Figure:
    from ecosim.plots import loss_bars

    content.need_shocks()
    content.need_repetition()
    content.need_columns("exposure", "fragility", "substituted")
    return loss_bars(content.judged, content.design)


def _read_loss(content: Content) -> str:
    rows = content.judged[content.judged["exposure"].notna() & content.judged["fragility"].notna()]
    if rows.empty:
        return "Too few partnerships are at risk to say how fragile they are."
    means = rows.groupby("shock")[["exposure", "fragility", "substituted"]].mean()
    worst = means.iloc[int(means["fragility"].argmax())]
    text = (
        f"{plain(str(worst.name)).capitalize()} touches {_percent(worst['exposure'])} of the work; of what it "
        f"touches, {_percent(worst['fragility'])} of the work in flight is lost"
    )
    if not np.isfinite(worst["substituted"]):
        return f"{text}."
    return f"{text}, and substitutes work in {_percent(worst['substituted'])} of the seat-months vacated."


def _draw_recovery(content: Content) -> Figure:
    from ecosim.plots import recovery_curves

    content.need_shocks()
    content.need_repetition()
    if not content.result.compared["recovery_months"].notna().any():
        raise AbsentError("no run fell by more than 5 %, so there is nothing to recover from")
    return recovery_curves(content.result.compared, content.design)


def _read_recovery(content: Content) -> str:
    from ecosim.analysis.resilience import kaplan_meier

    said = []
    for shock in content.shocks:
        if shock in content.result.no_verdict:
            continue
        rows = content.result.compared[content.result.compared["shock"] == shock]
        hit = rows[rows["recovery_months"].notna()]
        if hit.empty:
            continue
        times, share = kaplan_meier(hit["recovery_months"], hit["recovery_censored"].to_numpy(float) > 0)
        back = times[share <= 0.5]
        when = f"half are back after {back[0] / 12:.1f} years" if len(back) else "fewer than half are back by the end"
        said.append((len(hit) / len(rows), f"{plain(shock)} hits {len(hit)} of {len(rows)} runs, and {when}"))
    said.sort(key=lambda item: -item[0])
    if not said:
        raise AbsentError("of no shock that took anything a verdict is given")
    text = "; ".join(words for _, words in said[:2])
    return f"{text[0].upper()}{text[1:]}."


def _draw_map(content: Content) -> Figure:
    from ecosim.plots import partner_maps

    point, replicate = content.mapped
    return partner_maps(content.pairs, content.design, point, replicate)


def _read_map(content: Content) -> str:
    from ecosim.plots.maps import MOST_NAMED, hit_countries, outlines

    point, replicate = content.mapped
    own = content.pairs[
        (content.pairs["history_id"] == point["history_id"]) & (content.pairs["replicate"] == replicate)
    ]
    shocked = own[(own["arm"] == "shocked") & (own["design_id"] == point["design_id"])]
    targets = hit_countries(shocked)
    start = f"Replicate {replicate}, reference policy, {content.say(point['shock'])}: "
    if content.single:
        start = f"Under {content.say(point['shock'])} "
    if not targets:
        return f"{start}the shock hits all countries alike; links thin out and come back with the money."
    shares = [share_of(own[(own["arm"] == "twin") & (own["period"] == "before")], targets)]
    shares += [share_of(shocked[shocked["period"] == period], targets) for period in ("during", "after")]
    named = [outlines()[code].name if code in outlines() else code for code in targets]
    names = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    if len(named) > MOST_NAMED:
        names = f"the {len(named)} countries hit ({', '.join(targets)})"
    return (
        f"{start}links of {names} carry {_percent(shares[0])} of joint work the year before, {_percent(shares[1])} in "
        f"the second year and {_percent(shares[2])} in the last."
        + ("" if content.single else " Of the replicates kept, this is the one in which the countries hit weigh most.")
    )


def _draw_money(content: Content) -> Figure:
    from ecosim.plots import money_over_time

    content.need_series("appropriated_eur", "paid_eur")
    if not ((content.runs["arm"] == "twin") & (content.runs["status"] == "ok")).any():
        raise AbsentError("no run without shock finished")
    return money_over_time(content.series, content.runs, content.shown)


def _read_money(content: Content) -> str:
    from ecosim.plots.money import money_states

    history = content.design.loc[content.design["reference"].astype(bool), "history_id"].iloc[0]
    own = content.series[content.series["history_id"] == history]
    twin = money_states(own[own["arm"] == "twin"]).iloc[-1]
    total = twin["appropriated_eur"]
    given_up = [
        f", {_percent(twin[name] / total, 1)} {words}"
        for name, words in (
            ("tax_forgone_eur", "left with firms as tax forgone"),
            ("pilots_eur", "paid for pilots"),
            ("guaranteed_eur", "paid for what private investors lost"),
        )
        if twin[name] > 0.0
    ]
    return (
        f"Without shock, of EUR {total / 1e6:,.0f} million {_percent(twin['paid_eur'] / total)} is paid to "
        f"partnerships by the end, {_percent(twin['returned_eur'] / total)} returned, "
        f"{_percent((twin['committed_eur'] + twin['unspent_eur']) / total)} promised or still to be promised"
        f"{''.join(given_up)}, and "
        f"{_percent((twin['administration_eur'] + twin['instruments_eur']) / total, 1)} spent on administration and "
        "instruments."
    )


def _draw_break_even(content: Content) -> Figure:
    from ecosim.plots import break_even_bars

    return break_even_bars(content.turns())


def _read_break_even(content: Content) -> str:
    from ecosim.plots.style import parameter_name

    table = content.turns()
    found = table[np.isfinite(table["value"])]
    if found.empty:
        return f"None of the {len(table)} comparisons surely changes sign inside the plausible range."
    row = found.iloc[0]
    return (
        f"{len(found)} of {len(table)} comparisons change sign inside the plausible range; {row['contrast']} under "
        f"{plain(row['shock'])}, for one, at {parameter_name(row['parameter'])} = "
        f"{answer.amount(row['value'])} [{answer.amount(row['value_low'])}, {answer.amount(row['value_high'])}]."
    )


def _maps(content: Content) -> list[TwoWay]:
    content.need_shocks()
    maps = content.result.break_even_maps
    if not maps:
        raise AbsentError("the experiment names no pair of drawn parameters")
    if not any(np.isfinite(found.effect).all() for found in maps):
        raise AbsentError(f"a map takes {FEWEST_FOR_MAP} draws")
    return maps


def _draw_maps(content: Content) -> Figure:
    from ecosim.plots import break_even_maps

    return break_even_maps(_maps(content))


def _read_maps(content: Content) -> str:
    from ecosim.plots.style import parameter_name

    found = max(_maps(content), key=lambda one: min(one.share(1), one.share(-1)))
    return (
        f"Over {parameter_name(found.first)} and {parameter_name(found.second)}, {found.contrast} under "
        f"{plain(found.shock)} surely helps in {_percent(found.share(1))} of the plausible range and surely hurts in "
        f"{_percent(found.share(-1))}; {_percent(found.share(0))} is open."
    )


def _draw_importance(content: Content) -> Figure:
    from ecosim.plots import importance_bars

    return importance_bars(content.importance_tables())


def _read_importance(content: Content) -> str:
    from ecosim.plots.style import parameter_name

    clear = {shock: item.stand_out() for shock, item in content.importances().items() if item.stand_out()}
    if not clear:
        return "Under no shock does a single parameter move the leading policies apart by more than chance would."
    said = [f"under {plain(shock)} {' and '.join(map(parameter_name, names))}" for shock, names in clear.items()]
    return f"What moves the two leading policies apart beyond chance: {'; '.join(said)}."


def _draw_run(content: Content) -> Figure:
    from ecosim.plots import run_curves

    if not content.single:
        raise AbsentError("")
    content.need_series()
    return run_curves(content.series, content.runs).figure  # type: ignore[return-value]


def plates(content: Content) -> list[Plate]:
    """The figures of a report, in the order of the page: levers, countries, and the course of events."""
    return [*lever_plates(content), *error_plates(content), *country_plates(content), *PLATES]


#: Tables that figures are made from.
_MONTHS, _SUMS, _DRAWN = (SERIES, RUNS, DESIGN), ("summary.csv", RUNS, DESIGN), (RUNS, DESIGN, DRAWS, POINTS)
_DELIVERED = (
    "delivered = A(policy, shock) / A(reference, twin), with A the sum of output over the months of the response; mean "
    "over replicates."
)
TURNS = (
    "the value at which the local linear regression of the difference on the parameter, over the draws, crosses zero; "
    "for the chance p of a shock, the p at which p x difference under it + (1 - p) x difference in calm times is zero."
)

#: The figures that every report has: how a shock unfolds, and what the answer rests on.
PLATES: tuple[Plate, ...] = (
    Plate("with_and_without", "With the shock and without", _draw_arms, _read_arms,
          "The two worlds share every random number until the shock is announced, so what differs afterwards is its "
          "doing. Six-month means; 100 is the year before, without shock.",
          trace=Trace(_MONTHS, "plots.with_and_without(report.series, report.runs, report.shown)",
          "100 x six-month mean of collaboration / mean of the twin in the year before the announcement, mean over "
          "replicates.")),
    Plate("run", "The course of events", _draw_run,
          lambda content: "One history month by month; the dotted line marks the announcement.",
          "One replicate shows one course of events.",
          trace=Trace(_MONTHS, "plots.run_curves(report.series, report.runs).figure",
          "collaboration of each month, as recorded: the sum over partnerships and their countries of work x (1 - the "
          "country's share of the partnership's work).",
          "4. Design concepts")),
    Plate("resilience_curves", "How each policy holds up", _draw_curves, _read_curves,
          "Each policy is measured against its own world without the shock; what a policy costs in calm times shows in "
          "the comparison of output delivered, not here. Inside the grey band a difference is noise. Each panel has "
          "its own scale, never narrower than 20 points.",
          trace=Trace(_MONTHS, "plots.resilience_curves(report.series, report.runs, report.design, "
                      "compared=report.result.beside_reference)",
          "100 x six-month mean of collaboration under the shock / the same of the policy's own twin, mean over "
          "replicates.")),
    Plate("output_curves", "What it does to output", _draw_output_curves, _read_output_curves,
          "As above, of what the work yields: quality, pace and diversity count, not hours alone.",
          trace=Trace(_MONTHS, 'plots.resilience_curves(report.series, report.runs, report.design, "output", '
                      'compared=report.result.beside_reference)',
          "100 x six-month mean of output under the shock / the same of the policy's own twin, mean over "
          "replicates.")),
    Plate("heat_map", "Output delivered, policies by shocks", _draw_heat, _read_heat,
          "All policies spend from the same appropriation. Colour is the difference from the reference policy, where "
          "it is decided; what is open is hatched and has its interval alone. The intervals of all differences are "
          "right at once with 95 % confidence.",
          trace=Trace(_SUMS, "plots.heat_map(report.judged, compared=report.result.beside_reference).figure",
          _DELIVERED)),
    Plate("policies", "Policies compared, shock by shock", _draw_policies, _read_policies,
          "Replicates share their random numbers across policies, so differences are surer than the intervals of the "
          "single means suggest.",
          trace=Trace(_SUMS, "plots.policy_forest(report.judged, report.design, smallest=report.result.smallest)",
          _DELIVERED)),
    Plate("dose", "Dose and response", _draw_doses, _read_doses,
          "Levers are judged by the reference policy's step, policies by the reference policy at the same step (both "
          "have a black rim), paired within replicates: bars are intervals of that difference, all of a panel right "
          "at once with 95 % confidence; steps whose difference may be of either sign are hollow. "
          "Each panel has its own scale, never narrower than 10 points.",
          trace=Trace((RUNS, DESIGN), "plots.dose_response_curves([(dose.name, tables) for dose, tables in "
          "report.result.responses], smallest=report.result.smallest)",
          _DELIVERED)),
    Plate("weighing", "All outcomes at once", _draw_weighing, _read_weighing,
          "A policy beats another where it is at least as good in all outcomes and better in one. Filled: unbeaten "
          "surely more often than a policy picked by chance; hollow: open. Bars: intervals of the difference from the "
          "reference policy, all of an outcome right at once with 95 % confidence. The grey band holds the shares of "
          "all policies in 95 % of shuffles of their names within each draw: with many outcomes most are unbeaten "
          "whatever they do.",
          trace=Trace((RUNS, DESIGN, "weighing.csv"), "plots.weighing_figure(report.result.weighing, "
          "report.result.objectives, paths=report.result.dose_paths)",
          "outcomes of each draw, mean over shocks, less the reference policy's; unbeaten = share of draws in which no "
          "other policy is at least as good in all and better in one.")),
    Plate("loss", "What is exposed, what breaks, which seats are filled", _draw_loss, _read_loss,
          "Exposure is arithmetic: the share of collaboration with a member in the countries hit, paid by the funder "
          "hit or supplied from there. Fragility counts the same partnerships in both worlds; seats are followed for "
          "two years after the announcement.",
          trace=Trace(_SUMS, "plots.loss_bars(report.judged, report.design)",
          "exposure = collaboration at risk / all, in the twin's first half-year; fragility = (I(twin) - I(shock)) / "
          "R(twin), with I the work in flight at the announcement and R its part at risk; substituted = seat-months "
          "filled / vacated, each beyond the twin's.")),
    Plate("recovery", "How long recovery takes", _draw_recovery, _read_recovery,
          "Recovered means within 5 % of the world without the shock after the deepest point. Ticks mark runs that "
          "ended before; they count as not recovered, not as recovered at the end (Kaplan and Meier).",
          trace=Trace((RUNS, DESIGN), "plots.recovery_curves(report.result.compared, report.design)",
          "share not yet back = product over months t of (1 - runs back at t / runs not back and still observed before "
          "t).")),
    Plate("partners", "Who works with whom", _draw_map, _read_map,
          "A pair's joint work is its part of collaboration. Countries beyond the map "
          "stand at its edge as squares. One history, not an average. Outlines: Natural Earth.",
          trace=Trace((PAIRS, DESIGN), "plots.partner_maps(report.pairs, report.design, *report.mapped)",
          "joint work of countries a and b = sum over partnerships of 2 x work of a x work of b / work of all, a "
          "month; over all pairs it is collaboration.", "4. Design concepts")),
    Plate("money", "Where the money is", _draw_money, _read_money,
          "Appropriated = paid + promised + not yet promised + returned + instruments + administration, to the cent, "
          "counted from the first month drawn. Mean over replicates; panels of shocks that move no money are left "
          "out.",
          trace=Trace(_MONTHS, "plots.money_over_time(report.series, report.runs, report.shown)",
          "appropriated = paid + promised + not yet promised + returned + instruments + administration.",
          "7.13 Money")),
    Plate("break_even", "Where the answer turns", _draw_break_even, _read_break_even,
          "One parameter is varied over the range in which it may lie, all others averaged over theirs; on the chance "
          "of a shock, 0 is never and 1 for sure.",
          trace=Trace(_DRAWN, "plots.break_even_bars(report.turns())",
          TURNS)),
    Plate("importance", "Which assumptions move the answer", _draw_importance, _read_importance,
          "Share of the variance of the difference between the two leading policies that only this parameter explains, "
          "by a regression over the draws; hatched bars are no larger than the largest that chance would give.",
          trace=Trace(_DRAWN, "plots.importance_bars(report.importance_tables())",
          "share of variance explained by the parameter in a stepwise regression on ranks, over the draws.")),
    Plate("break_even_maps", "Where two assumptions together turn the answer", _draw_maps, _read_maps,
          "A surface fitted over the draws, all other assumptions averaged over theirs. Coloured where the 95 % "
          "interval at that point leaves out nothing; hatched where it does not.",
          trace=Trace(_DRAWN, "plots.break_even_maps(report.result.break_even_maps)",
          "difference = quadratic surface in both parameters, fitted over the draws; intervals by bootstrap.")),
)  # fmt: skip
