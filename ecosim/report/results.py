"""What a run or a sweep found, read from its folder: tables, and every analysis of them when it is first asked for.

Nothing here simulates, and nothing that does is imported: reading results must be quick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.analysis.actors import alone_and_together, new_money, somebody_acts_alone
from ecosim.analysis.common_numbers import common_numbers_table
from ecosim.analysis.contrasts import OPEN, Contrast, contrast_values, contrasts_of, estimate_contrasts
from ecosim.analysis.countries import LOOKED_AT, by_country
from ecosim.analysis.coverage import Coverage, coverage_of, silences
from ecosim.analysis.errors_by_group import Errors, asked, errors_by_group
from ecosim.analysis.measures import POINT, factor_columns, over_points, per_replicate, points_as_replicates, summarise
from ecosim.analysis.measures import design_over_points as _design_over_points
from ecosim.analysis.naming import MEASURES, check_measure
from ecosim.analysis.places import own_and_others, places_of, rank_places
from ecosim.analysis.ranking import draws_matrix
from ecosim.analysis.resilience import COLUMNS as PRINCIPAL_COLUMNS
from ecosim.analysis.smallest import SmallestEffects, smallest_effects_of
from ecosim.analysis.spread import Spread
from ecosim.analysis.start_years import by_start_year
from ecosim.analysis.weighing import trade_off, weighing_tables
from ecosim.errors import InputError, nearest_name
from ecosim.outcomes.measured import hangs_on_joint_work
from ecosim.report import answer, reading
from ecosim.report.answers import answer_of
from ecosim.report.folder import (
    COUNTRIES,
    COVERAGE,
    DRAWS,
    MANIFEST,
    PAIRS,
    SERIES,
    START_YEARS,
    find_folder,
)  # fmt: skip
from ecosim.report.hit import hit_words, how_often
from ecosim.report.problem import BY_CHANCE, Problem, problem_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from networkx import Graph

    from ecosim.analysis.breakeven import TwoWay
    from ecosim.analysis.doses import Dose
    from ecosim.analysis.ranking import Importance, Standing
    from ecosim.model import Arm
    from ecosim.networks import Nodes
    from ecosim.scenario import Scenario

#: Column of the summary that says why no verdict is given on a shock; there when one is not.
NO_VERDICT = answer.NO_VERDICT
#: What :meth:`SweepResult.compare` compares unless told.
COMPARED = (
    "sustained_collaboration", "delivered_output", "baseline_cost_output", "worst_year_collaboration"
)  # fmt: skip
#: Columns of a run's months that are no outcomes.
_NO_OUTCOMES = frozenset({"design_id", "history_id", "replicate", "seed", "arm", "month", "country"})


@dataclass
class SweepResult:
    """Results of a sweep, read from its folder when first looked at."""

    folder: Path
    manifest: dict[str, Any] = field(repr=False)
    #: Country the results are seen from (:meth:`focused`); empty for the whole world.
    seen_from: str = ""

    @cached_property
    def design(self) -> pd.DataFrame:
        """A row per design point: ids, shock, levels of every factor."""
        return reading.read_design(self.folder)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row per run: keys, status, scalar outcomes."""
        return reading.read_runs(self.folder, self.design)

    @cached_property
    def series(self) -> pd.DataFrame:
        """Monthly outcomes of every run; empty when they were not kept."""
        import pandas as pd

        return reading.read_all_series(self.folder) if (self.folder / SERIES).exists() else pd.DataFrame()

    @cached_property
    def countries(self) -> pd.DataFrame:
        """Monthly outcomes by country of every run, or their means over replicates; empty when they were not kept."""
        import pandas as pd

        return reading.read_countries(self.folder) if (self.folder / COUNTRIES).exists() else pd.DataFrame()

    @cached_property
    def by_country(self) -> pd.DataFrame:
        """Who loses and who gains: change of each country's output and collaboration, per policy and shock."""
        return by_country(*self._by_policy(self._compared_by_country))

    def _by_policy(self, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, int]:
        """A table of runs with the design of its rows and how many seeds share a draw; points count as replicates."""
        seeds = int(self._experiment.get("seeds_per_draw", 1))
        if not self.pooled or "replicate" not in table:
            return table, self.design, seeds
        table = points_as_replicates(table, self.design, int(table["replicate"].max()) + 1)
        return table, self.policies, int(self.manifest["counts"]["replicates"]) if self._by_chance else seeds

    @property
    def _compared_by_country(self) -> pd.DataFrame:
        """What is compared of :attr:`countries`, read alone unless all of it is there: it is the largest table."""
        if "countries" in vars(self) or not (self.folder / COUNTRIES).exists():
            return self.countries
        return reading.read_some_of_countries(self.folder, LOOKED_AT)

    @cached_property
    def errors_by_group(self) -> Errors:
        """Whose models err less, of each comparison that asks for it: by country, by population group and income.

        Empty (:mod:`ecosim.analysis.errors_by_group`) where none asks, or nothing was kept by country.
        """
        import pandas as pd

        from ecosim.world.health import health_facts

        # the months of all countries take a while to read
        table = self.countries if asked(self.primary_contrasts) else pd.DataFrame()
        table, design, seeds = self._by_policy(table)
        return errors_by_group(table, design, self.primary_contrasts, health_facts, seeds)

    @cached_property
    def start_years(self) -> pd.DataFrame:
        """Partnerships by country and start year of every run; empty when nothing was kept by country."""
        import pandas as pd

        return reading.read_start_years(self.folder) if (self.folder / START_YEARS).exists() else pd.DataFrame()

    @cached_property
    def by_start_year(self) -> pd.DataFrame:
        """Partnerships by country and start year without and with each shock, per policy: means over replicates."""
        table, design = self.start_years, self.design
        if self.pooled and len(table):
            table = points_as_replicates(table, design, int(table["replicate"].max()) + 1)
            design = self.policies
        return by_start_year(table, design)

    @cached_property
    def new_money(self) -> dict[str, float]:
        """Policies with other new money than the reference policy: how much more, EUR a month."""
        return new_money(self.manifest, self.design)

    @cached_property
    def alone_and_together(self) -> pd.DataFrame:
        """What one government gains by moving its own budget alone, and when all do (``policy.actor``)."""
        import pandas as pd

        if self.pooled or not somebody_acts_alone(self.manifest, self.design):
            return alone_and_together(pd.DataFrame(), {}, self.design)
        seeds = int(self._experiment.get("seeds_per_draw", 1))
        return alone_and_together(self.countries, self.manifest, self.design, seeds)

    @cached_property
    def places(self) -> pd.DataFrame:
        """Places where something may open, ranked (:func:`ecosim.analysis.places.rank_places`); else empty."""
        found = places_of(self.manifest, self.design)
        return rank_places(self.compared, self.policies, found, self.country_codes if found else (), [*self.no_verdict])

    @property
    def country_codes(self) -> list[str]:
        """ISO 3 codes of the world at hand, as far as months by country were kept."""
        return [str(code) for code in self.countries["country"].unique()] if len(self.countries) else []

    @cached_property
    def places_own(self) -> dict[str, tuple[float, float, float]]:
        """What hosts gain themselves, and all others (:func:`ecosim.analysis.places.own_and_others`)."""
        if self.pooled:
            return {}
        found = places_of(self.manifest, self.design)
        seeds = int(self._experiment.get("seeds_per_draw", 1))
        return own_and_others(self.countries, self.design, found, seeds) if found else {}

    @cached_property
    def stops(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """What each step of money adds to the one below it, and up to where each instrument surely pays."""
        import pandas as pd

        from ecosim.analysis.doses import lever_doses
        from ecosim.analysis.stops import LINES, STEPS, marginal_gains, where_it_stops

        doses = lever_doses(self.policies, self._experiment.get("factors", {}), self.manifest.get("scenario", {}))
        money = [dose for dose in doses if dose.name == "monthly_eur"]
        if not money:
            return pd.DataFrame(columns=list(STEPS)), pd.DataFrame(columns=list(LINES))
        steps = marginal_gains(self._judged, money[0])
        return steps, where_it_stops(steps)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Joint work of pairs of countries, of a few replicates; empty when it was not kept."""
        import pandas as pd

        return reading.read_pairs(self.folder, self.design) if (self.folder / PAIRS).exists() else pd.DataFrame()

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """What the countries hit are in the simulated world and in the facts (:mod:`ecosim.analysis.coverage`).

        Empty in folders of before it was kept.
        """
        import pandas as pd

        if not (self.folder / COVERAGE).exists():
            return pd.DataFrame()
        return reading.read_coverage(self.folder, self.design)

    @cached_property
    def covered(self) -> dict[str, list[Coverage]]:
        """Label of a branch -> coverage of each of its shocks, under the reference policy, over all replicates."""
        return covered_by(self.coverage, self.design, self.seen_from)

    @cached_property
    def no_verdict(self) -> dict[str, str]:
        """Label of a branch -> why no verdict is given on it: a country it hits is hardly simulated.

        Verdicts on measures that do not hang on joint work
        (:func:`~ecosim.outcomes.measured.hangs_on_joint_work`) stand all the same.
        """
        # one scenario's shocks act under a label that says nothing
        single = len(self.design) == 1
        return {
            label: " ".join(one.words("" if single or len(found) > 1 else label) for one in found if not one.enough)
            for label, found in self.covered.items()
            if silences(found)
        }

    @cached_property
    def draws(self) -> pd.DataFrame:
        """What was drawn: ``replicate, draw, parameter, value``; empty when parameters kept their values."""
        import pandas as pd

        if (self.folder / DRAWS).exists():
            return reading.read_draws(self.folder)
        return pd.DataFrame(columns=["replicate", "draw", "parameter", "value"])

    @cached_property
    def measures(self) -> pd.DataFrame:
        """Every measure of resilience, per policy, shock and replicate (and point, when the design has points)."""
        return per_replicate(self.runs, self.design, int(self._experiment.get("seeds_per_draw", 1)))

    @cached_property
    def points(self) -> pd.DataFrame:
        """Rows of the design in their order: ``point``, value of every input, coordinates; empty without points."""
        import pandas as pd

        return reading.read_points(self.folder) if self._laid else pd.DataFrame({POINT: []})

    @cached_property
    def problem(self) -> Problem:
        """What an analysis of sensitivity needs to know of the design."""
        return problem_of(self.folder, self.manifest)

    def outcome(self, measure: str, shock: str, policy: str | None = None) -> pd.Series:
        """Mean of a measure over replicates for every row of the design, in the order its analysis needs.

        Parameters
        ----------
        measure : str
            Name of a measure.
        shock : str
            Label of the branch.
        policy : str, optional
            Label of the policy; needed when several meet every point.

        Returns
        -------
        Series of float
            Blank where no run finished.
        """
        points, rows = self.problem.points, self.measures
        check_measure("measure", measure)
        known = {"measure": [name for name in MEASURES if name in rows],
                 "shock": list(self.design["shock"].dropna().unique()),
                 "policy": list(self.design["policy"].unique())}  # fmt: skip
        for key, given in (("measure", measure), ("shock", shock), ("policy", policy)):
            if given is not None:
                _need_known(key, given, known[key])
        if policy is None and self.pooled and len(known["policy"]) > 1:
            raise InputError("policy", problem="is missing: every point was met by several",
                             allowed=", ".join(known["policy"][:20]))  # fmt: skip
        rows = rows[(rows["shock"] == shock) & ((rows["policy"] == policy) | (policy is None))]
        means = rows.groupby(POINT)[measure].mean()
        return means.reindex(points).rename(measure).reset_index(drop=True)

    @cached_property
    def by_point(self) -> pd.DataFrame:
        """Mean of every measure over replicates: a row per policy, point and shock, with the design's columns."""
        names = [name for name in MEASURES if name in self.measures]
        means = self.measures.groupby("design_id")[names].mean()
        counts = self.measures.groupby("design_id").size().rename("replicates")
        return self.design.join(counts, on="design_id").join(means, on="design_id")

    @property
    def _laid(self) -> dict[str, Any]:
        """What the manifest says of the design of points; empty without any."""
        return dict(self.manifest.get("design", {}))

    @property
    def pooled(self) -> bool:
        """Whether every policy met every point, so that policies are compared over all of them."""
        return self._laid.get("levers") == "crossed"

    @property
    def _by_chance(self) -> bool:
        return self.pooled and self._laid["kind"] in BY_CHANCE

    @cached_property
    def compared(self) -> pd.DataFrame:
        """Measures as policies are compared: those of all points together, when every policy met every point."""
        return over_points(self.measures, self.design, by_chance=self._by_chance) if self.pooled else self.measures

    @cached_property
    def policies(self) -> pd.DataFrame:
        """The design without its points: a row per policy and shock."""
        return _design_over_points(self.design) if self.pooled else self.design

    @cached_property
    def _laid_draws(self) -> pd.DataFrame:
        """What the comparison varies over, in the shape of :attr:`draws`: points laid by chance, or draws."""
        if not self._by_chance:
            return self.draws
        names = [name for name, item in self._laid["inputs"].items() if "range" in item]
        points = self.points.drop_duplicates(POINT)
        long = points.melt(id_vars=POINT, value_vars=names, var_name="parameter", value_name="value")
        long = long.rename(columns={POINT: "draw"}).assign(replicate=long[POINT])
        return long[["replicate", "draw", "parameter", "value"]].astype({"parameter": "str", "value": "float64"})

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Mean and interval of every measure, per policy and shock (over all points that every policy met)."""
        table = summarise(self.compared, self.policies, self.new_money)
        if not self.no_verdict:
            return table
        silent = table["shock"].isin([*self.no_verdict])
        table[NO_VERDICT] = table["shock"].map(self.no_verdict).fillna("")
        return table.assign(
            **{name: table[name].mask(silent) for name in ("probability_best", "best_share", "regret") if name in table}
        )

    @property
    def primary_contrasts(self) -> tuple[Contrast, ...]:
        """What the experiment declared to compare."""
        return self.contrasts_from(self.design)

    def contrasts_from(self, design: pd.DataFrame) -> tuple[Contrast, ...]:
        """What the experiment declared to compare, or else every level of each factor.

        Where levers were changed one at a time, the others stay as in the first point; in any other design over levers
        no two points differ in one lever alone, and nothing is compared that was not declared.
        """
        levels = {name: list(dict.fromkeys(design[name])) for name in factor_columns(design)}
        declared = self._experiment.get("contrasts", {})
        for label, content in declared.items():
            self._check_contrast(str(label), content, levels)
        if declared or self._laid.get("levers") != "sampled":
            return contrasts_of(declared, levels)
        if self._laid["kind"] != "one_at_a_time" or self._experiment.get("uncertainties"):
            return ()
        first = {name: known[0] for name, known in levels.items()}
        return tuple(
            replace(item, where={name: level for name, level in first.items() if name != item.factor})
            for item in contrasts_of({}, levels)
        )

    def _check_contrast(self, label: str, content: Mapping[str, Any], levels: Mapping[str, Sequence[Any]]) -> None:
        """Refuse a comparison of what the design does not have: a manifest of another sweep."""
        key = f"{self.folder / MANIFEST}, section experiment.contrasts.{label}"
        named = [str(content["factor"]), *map(str, content.get("where", {}))]
        for name in named:
            if name not in levels:
                raise InputError(key, name, ", ".join(levels), problem="names no factor of design.parquet")
        for name in content.get("measures", ()):
            check_measure(key, name, contrasted=True)

    @cached_property
    def contrasts(self) -> pd.DataFrame:
        """Every primary contrast under every shock: estimate, interval of the mean, spread over draws, verdict."""
        return self._estimated(self.primary_contrasts)

    def _estimated(self, contrasts: Sequence[Contrast]) -> pd.DataFrame:
        table = estimate_contrasts(self.compared, self.policies, contrasts, smallest=self.smallest)
        # nothing is decided about the loss of what is hardly there
        silent = table["shock"].isin([*self.no_verdict]) & table["measure"].map(hangs_on_joint_work).astype(bool)
        table["verdict"] = table["verdict"].mask(silent, OPEN)
        # all points share the same seeds, so chance is no noise from one point to the next
        return table.assign(left_to_chance=float("nan")) if self.pooled else table

    @property
    def smallest(self) -> SmallestEffects:
        """Smallest effects of interest, as the experiment fixed them."""
        return smallest_effects_of(self._experiment.get("smallest_effect"))

    @property
    def spread_over(self) -> str:
        """What the spread over draws is over: ``draws`` of the assumptions, ``points`` laid by chance, or ``seeds``."""
        if self._by_chance:
            return "points"
        return "seeds" if self.draws.empty or self.pooled else "draws"

    @property
    def reference(self) -> str:
        """The policy of the experiment that the others are measured against."""
        return str(self.design.loc[self.design["reference"].astype(bool), "policy"].iloc[0])

    def compare(self, reference: str | None = None, measures: Sequence[str] = COMPARED) -> pd.DataFrame:
        """Every policy beside one of them, under every shock, paired by replicate or draw.

        Parameters
        ----------
        reference : str, optional
            Policy to compare with, as in :attr:`summary`; that of the experiment by default. Shares of work are then of
            its unshocked work.
        measures : sequence of str
            Names of :data:`ecosim.analysis.naming.CONTRASTED`, such as ``sustained_collaboration_24``.

        Returns
        -------
        DataFrame
            A row per measure, policy and shock: ``policy, reference, shock, measure, estimate, standard_error, low,
            high, verdict, margin, clusters``, and the spread over draws from ``draw_low`` to ``left_to_chance`` as in
            :attr:`contrasts`. The estimate is the difference from the reference; all intervals of one measure hold
            together with 95 % confidence.

        Raises
        ------
        InputError
            If there is no such policy or measure.
        """
        policies = [str(name) for name in self.design["policy"].unique()]
        if reference is None:
            reference = self.reference
        _need_known("reference", reference, policies)
        for name in measures:
            check_measure("measures", name, contrasted=True)
        # the same results, as they would be had the experiment named this reference
        turned = self
        if reference != self.reference:
            turned = SweepResult(self.folder, self.manifest)
            vars(turned).update(runs=self.runs, design=self.design.assign(reference=self.design["policy"] == reference))
        others = [Contrast(name, "policy", name, reference, tuple(measures)) for name in policies if name != reference]
        found = turned._estimated(others)
        found = found.rename(columns={"contrast": "policy", "against": "reference"})
        columns = ["policy", "reference", "shock", "measure", "estimate", "standard_error", "low", "high", "verdict",
                   "margin", "clusters", *Spread.__dataclass_fields__, "left_to_chance"]  # fmt: skip
        return found[columns]

    @cached_property
    def beside_reference(self) -> pd.DataFrame:
        """Every policy beside the reference policy of the experiment (:meth:`compare`)."""
        return self.compare()

    @cached_property
    def common_numbers(self) -> pd.DataFrame:
        """What common random numbers save: variance of paired differences beside that of independent ones."""
        return common_numbers_table(self.compared)

    @cached_property
    def break_even(self) -> pd.DataFrame:
        """Where the primary contrasts turn: along parameters, and with the chance of each shock."""
        from ecosim.analysis.breakeven import break_even_table

        wanted = list(self._experiment.get("break_even", ()))
        table = break_even_table(
            self.compared, self.policies, self.primary_contrasts, self._laid_draws, wanted, self._ranges
        )
        return table[~table["shock"].isin([*self.no_verdict])] if len(table) and self.no_verdict else table

    def effect_by_draw(
        self, contrast: str, shock: str, parameter: str, measure: str = "delivered_output"
    ) -> pd.DataFrame:
        """One contrast against one drawn parameter: columns ``draw, value, effect``, for curves and scatter plots.

        Parameters
        ----------
        contrast, shock, parameter : str
            Names as in :attr:`contrasts` and :attr:`draws`.
        measure : str
            Measure of the contrast.
        """
        known = {item.name: item for item in self.primary_contrasts}
        parameters = list(self._laid_draws["parameter"].unique())
        for given, allowed, key in ((contrast, list(known), "contrast"), (parameter, parameters, "parameter")):
            _need_known(key, given, allowed)
        effect = contrast_values(self.compared, known[contrast], shock, measure).rename("effect")
        value = draws_matrix(self._laid_draws)[parameter].rename("value")
        return value.to_frame().join(effect, how="inner").rename_axis("draw").reset_index()

    @cached_property
    def responses(self) -> list[tuple[Dose, list[pd.DataFrame]]]:
        """Everything given in steps, with output delivered at each; with a single line, collaboration kept as well."""
        from ecosim.analysis.doses import MOST_DOSES, dose_response, lever_doses, uncertain_doses

        unchosen = uncertain_doses(self.design)
        levers = lever_doses(self.policies, self._experiment.get("factors", {}), self.manifest.get("scenario", {}))
        found = [(dose, self.compared) for dose in levers]
        found += [(dose, self.measures) for dose in unchosen if len(unchosen) <= MOST_DOSES]
        return [
            (dose, [dose_response(table, dose, name).assign(measure=name)
                    for name in ("delivered_output", "sustained_collaboration")[: 2 if len(dose.lines) == 1 else 1]])
            for dose, table in found[:MOST_DOSES]
        ]  # fmt: skip

    @cached_property
    def variance(self) -> pd.DataFrame:
        """Variance of ``delivered_output`` from seeds and from parameters; empty without several seeds a draw."""
        from ecosim.analysis.variance import split_table

        seeds = int(self._experiment.get("seeds_per_draw", 1))
        if self._by_chance:
            seeds = int(self.manifest["counts"]["replicates"])
        table = self.compared
        return split_table(table.iloc[:0] if self._laid_draws.empty or seeds < 2 else table)

    @cached_property
    def importances(self) -> dict[str, Importance]:
        """Shock -> what moves the difference of its two leading policies; empty without draws."""
        from ecosim.analysis.ranking import turning_parameters

        found = {}
        if len(self._laid_draws):
            for shock, rows in self.summary.dropna(subset="delivered_output").groupby("shock", sort=False):
                if shock in self.no_verdict:
                    continue
                first, *others = rows.sort_values("delivered_output", ascending=False, kind="stable")["design_id"]
                if others:
                    found[str(shock)] = turning_parameters(
                        self.compared, self._laid_draws, str(shock), first, others[0]
                    )
        return found

    @cached_property
    def undecided_beside_first(self) -> dict[str, tuple[str, ...]]:
        """Shock -> policies beside which it is open whether the one called best is ahead; only where one would be."""
        from ecosim.analysis.ranking import clear_first

        leading: dict[str, list[str]] = {}
        for shock, rows in self.summary.groupby("shock", sort=False):
            if shock not in self.no_verdict and (first := clear_first(rows)):
                leading.setdefault(first, []).append(str(shock))
        found = {}
        for first, shocks in leading.items():
            table = self.compare(first, ("delivered_output",))
            # whose money differs is ranked with nobody; less than matters is decided too
            table = table[(table["verdict"] == OPEN) & ~table["policy"].isin([*self.new_money])]
            for shock in shocks:
                found[shock] = tuple(table.loc[table["shock"] == shock, "policy"])
        return found

    @cached_property
    def standings(self) -> dict[str, Standing]:
        """Shock -> how the policies stand under it, and whether one of them may be called best."""
        from ecosim.analysis.ranking import standing

        found = {}
        for shock, rows in self.summary.groupby("shock", sort=False):
            if shock in self.no_verdict:
                continue
            one = standing(
                rows, self.importances.get(str(shock)), undecided=self.undecided_beside_first.get(str(shock), ())
            )
            if one is not None:
                found[str(shock)] = one
        return found

    @cached_property
    def break_even_maps(self) -> list[TwoWay]:
        """A map per contrast, shock and pair in ``experiment.break_even_pairs``."""
        from ecosim.analysis.breakeven import two_way_maps

        pairs = [(str(first), str(second)) for first, second in self._experiment.get("break_even_pairs", ())]
        maps = two_way_maps(self.compared, self.policies, self.primary_contrasts, self._laid_draws, pairs, self._ranges)
        return [one for one in maps if one.shock not in self.no_verdict]

    @property
    def _ranges(self) -> dict[str, tuple[float, float, str]]:
        """Range and prior of everything drawn."""
        if self._by_chance:
            return {name: (*item["range"], item["prior"]) for name, item in self._laid["inputs"].items()
                    if "range" in item}  # fmt: skip
        return {name: tuple(item) for name, item in self.manifest.get("drawn", {}).items()}

    @property
    def _experiment(self) -> dict[str, Any]:
        return dict(self.manifest.get("experiment", {}))

    @property
    def _judged(self) -> pd.DataFrame:
        """Measures under the shocks on which there is a verdict."""
        return self.compared[~self.compared["shock"].isin([*self.no_verdict])]

    @property
    def objectives(self) -> tuple[str, ...]:
        """Measures on which the experiment weighs its policies all at once; empty for most."""
        return tuple(self._experiment.get("objectives", ()))

    @cached_property
    def _weighing(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        policies = [str(name) for name in self.policies["policy"].unique() if name not in self.new_money]
        return weighing_tables(self._judged, policies, self.reference, self.objectives, self.smallest)

    @property
    def weighing(self) -> pd.DataFrame:
        """Policies weighed on all objectives at once (:func:`ecosim.analysis.weighing.weighing_tables`)."""
        return self._weighing[0]

    @property
    def beats(self) -> pd.DataFrame:
        """Which policy beats which in all objectives, in how many draws."""
        return self._weighing[1]

    @cached_property
    def trade_off(self) -> pd.DataFrame:
        """What each step of a dose gains and loses (:func:`ecosim.analysis.weighing.trade_off`); empty without any."""
        return trade_off(self._judged, self._steps, self.objectives)

    @property
    def dose_paths(self) -> list[list[str]]:
        """Policies of each dose, from the step that others are judged by on; of an experiment with objectives."""
        return [[policy for _, policy in steps] for steps in self._steps.values()]

    @cached_property
    def _steps(self) -> dict[str, list[tuple[float, str]]]:
        by_design = dict(zip(self.policies["design_id"], self.policies["policy"], strict=True))
        doses: dict[str, list[tuple[float, str]]] = {}
        for dose, _ in self.responses if self.objectives else ():
            steps = dose.steps[(dose.steps["shock"] == dose.shocks[0]) & (dose.steps["line"] == dose.lines[0])]
            own = [(float(row["level"]), str(by_design[row["design_id"]]), row["base"] == row["design_id"])
                   for row in steps.to_dict("records")]  # fmt: skip
            first = [step[:2] for step in own if step[2]]
            away = [step[:2] for step in own if not step[2]]
            doses[dose.name] = first + sorted(away, key=lambda step: abs(step[0] - first[0][0]))
        return doses

    @property
    def failed_runs(self) -> int:
        """Number of runs that failed."""
        return int((self.runs["status"] != "ok").sum())

    @property
    def seen_from_name(self) -> str:
        """Name of the country the results are seen from; empty for the whole world."""
        from ecosim.world.tables import read_tables

        table = read_tables()["countries"]
        return dict(zip(table.words("iso3"), table.words("name"), strict=True)).get(self.seen_from, self.seen_from)

    @property
    def question(self) -> str:
        """What the experiment asks."""
        return str(self._experiment.get("question", ""))

    def focused(self, country: str) -> SweepResult:
        """The same results as one country sees them: of its own part of collaboration, output and work.

        Parameters
        ----------
        country : str
            ISO 3, ISO 2 or CORDIS code, or name.

        Returns
        -------
        SweepResult
            Its measures, contrasts and screen are those of the country's part; exposure, fragility and recovery, which
            are the world's, are blank.

        Raises
        ------
        InputError
            If the country is not in these results, or they kept no months by country.
        """
        from ecosim.analysis.focus import runs_of_country
        from ecosim.world.names import country_code

        if self.countries.empty or "replicate" not in self.countries:
            raise InputError("focus", country, problem="these results hold no months by country of every run",
                             allowed="a sweep with output.countries=all")  # fmt: skip
        known = sorted(str(code) for code in self.countries["country"].unique())
        code = str(country_code(country))
        _need_known("focus", code, known)
        turned = SweepResult(self.folder, self.manifest)
        found = runs_of_country(self.runs, self.countries, code)
        vars(turned).update(
            runs=found, design=self.design, draws=self.draws, countries=self.countries, coverage=self.coverage
        )
        turned.seen_from = code
        return turned

    def screen(self, full: bool = False) -> str:
        """The answer on one screen of 24 lines and 80 columns; ``full`` if the whole answer follows."""
        from ecosim.report.kept import reference_words
        from ecosim.report.screen import screen

        line = "" if self.seen_from else reference_words(self.contrasts, self.manifest)
        return "\n".join(screen(self, reference_line=line, full=full))

    def text(self) -> str:
        """The whole answer in words; seen from a country, with what becomes of its work with each partner."""
        words = self._answer()
        if not self.seen_from or self.pooled:
            return words
        from ecosim.report.focus import partners_text

        shown = self.design[~self.design["shock"].isin([*self.no_verdict])]
        said = partners_text(self.seen_from, self.pairs, shown)
        return f"{words}\n\n{said}" if said else words

    def partners(self, shock: str) -> pd.DataFrame:
        """Seen from a country (:meth:`focused`): its joint work with each partner, of the reference policy.

        Parameters
        ----------
        shock : str
            Label of the branch.

        Returns
        -------
        DataFrame
            From :func:`ecosim.report.focus.partners_of`, means over the replicates whose pairs were kept.
        """
        from ecosim.report.focus import partners_under

        _need_known("shock", shock, list(self.design["shock"].dropna().unique()))
        return partners_under(self.seen_from, self.pairs, self.design, shock)

    def _answer(self) -> str:
        points = None
        if self.pooled:
            laid = self._laid
            points = answer.Points(laid["points"], len(laid["inputs"]), laid["kind"], self._by_chance)
        beside = answer.Beside(
            question=self.question,
            importances=self.importances,
            break_even=self.break_even,
            variance=self.variance,
            drawn_parameters=int(self.manifest["counts"].get("drawn_parameters", 0)),
            fitted_held=bool(self.manifest.get("held_at_fitted_values", [])),
            common_numbers=self.common_numbers,
            responses=[(dose, tables[0]) for dose, tables in self.responses],
            points=points,
            hit={
                shock: hit_words(found.replicates, found.by_shock)
                for shock, found in how_often(self.runs, self.design).items()
            },
            smallest=self.smallest,
            undecided=self.undecided_beside_first,
            spread_over=self.spread_over,
            seen_from=self.seen_from_name,
            coverage=self.covered,
            no_verdict=self.no_verdict,
            new_money=self.new_money,
            acting=None if self.seen_from else self.alone_and_together,
        )
        words = answer.answer_text(self.summary, self.contrasts, self.policies, beside)
        more = [] if self.seen_from else answer_of(self).text(self)
        return "\n".join([words, *([""] if more else []), *more])

    def plot_curves(self) -> Figure:
        """Resilience curves: a panel per shock, a line per policy."""
        from ecosim.plots import resilience_curves

        # a hundred outcomes are kept, and few are drawn
        there = "series" in vars(self) or not (self.folder / SERIES).exists()
        series = self.series if there else reading.read_series(self.folder, self.design)
        return resilience_curves(series, self.runs, self.design, compared=self.beside_reference)

    def plot_heat_map(self, measure: str = "delivered_output", ax: Axes | None = None) -> Axes:
        """Heat map of one measure: policies by shocks, coloured where the difference from the reference is decided."""
        from ecosim.plots import heat_map

        check_measure("measure", measure)
        return heat_map(self.summary, measure, ax=ax, compared=self.beside_reference)

    def _repr_html_(self) -> str:
        """The screen and the heat map, as a notebook shows them."""
        from ecosim.report.notebook import as_html

        picture = None if self.measures.empty else self.plot_heat_map()
        return as_html(self.screen(), picture, "Output delivered by each policy under each shock")


def covered_by(coverage: pd.DataFrame, design: pd.DataFrame, seen_from: str = "") -> dict[str, list[Coverage]]:
    """Coverage of each shock of every branch under the reference policy.

    Parameters
    ----------
    coverage, design : DataFrame
        ``coverage.parquet``, or nothing; and the design table.
    seen_from : str
        ISO 3 code of the country of which shares are; empty for the whole world.
    """
    if coverage.empty:
        return {}
    found = {}
    own = design[design["reference"].astype(bool) & design["shock"].notna()]
    for label in dict.fromkeys(own["shock"]):
        ids = own.loc[own["shock"] == label, "design_id"]
        mine = coverage_of(coverage[coverage["design_id"].isin(ids)], seen_from)
        if mine:
            found[str(label)] = mine
    return found


def _need_known(key: str, given: str, known: Sequence[str]) -> None:
    """Refuse a name that is none of those known."""
    if given not in known:
        raise InputError(key, given, ", ".join(known[:20]), nearest_name(str(given), known), problem="unknown")


@dataclass
class RunResult:
    """One scenario with its twin and its placebo."""

    scenario: Scenario
    #: A row per arm.
    runs: pd.DataFrame
    #: Monthly outcomes of every arm.
    series: pd.DataFrame
    design: pd.DataFrame = field(repr=False)
    #: CORDIS-shaped table of the shocked run (of the twin when there is no shock); its column ``arm`` says which.
    participations: pd.DataFrame | None = field(repr=False)
    #: What other funders than the programme pay, in the same shape, of the same arm; None where there is none.
    grants: pd.DataFrame | None = field(default=None, repr=False)
    #: The same two tables of the twin.
    twin_participations: pd.DataFrame | None = field(default=None, repr=False)
    twin_grants: pd.DataFrame | None = field(default=None, repr=False)
    #: Joint work of pairs of countries, a mapping of columns per arm (:mod:`ecosim.lab.pairs`).
    pairs: list[dict[str, Any]] = field(default_factory=list, repr=False)
    #: Months by country of every arm (:func:`ecosim.lab.branches.by_country`).
    countries: list[dict[str, Any]] = field(default_factory=list, repr=False)
    #: Networks of the months in ``output.network``, by month and arm (:func:`ecosim.network` makes any other).
    networks: dict[tuple[int, str], Graph] = field(default_factory=dict, repr=False)
    manifest: dict[str, Any] = field(default_factory=dict, repr=False)
    #: Partnerships by country and start year of every arm (:func:`ecosim.lab.start_years.by_start_year`).
    start_years: list[dict[str, Any]] = field(default_factory=list, repr=False)
    #: Coverage of the countries hit (:func:`ecosim.lab.coverage.measured`).
    coverage: list[dict[str, Any]] = field(default_factory=list, repr=False)

    @cached_property
    def covered(self) -> dict[str, list[Coverage]]:
        """Coverage of each shock (:attr:`SweepResult.covered`)."""
        return self._covered("")

    def _covered(self, seen_from: str) -> dict[str, list[Coverage]]:
        return covered_by(_frame(self.coverage), self.design, seen_from)

    @cached_property
    def months_by_country(self) -> pd.DataFrame:
        """Every arm's months by country, from the announcement on, as in ``countries.parquet``."""
        return _frame(self.countries)

    @cached_property
    def by_country(self) -> pd.DataFrame:
        """Who loses and who gains (:func:`ecosim.analysis.countries.by_country`), without intervals."""
        return by_country(self.months_by_country, self.design)

    @cached_property
    def by_start_year(self) -> pd.DataFrame:
        """Partnerships by country and start year (:func:`ecosim.analysis.start_years.by_start_year`)."""
        return by_start_year(_frame(self.start_years), self.design)

    def text(self, focus: str | None = None) -> str:
        """The answer in words.

        Parameters
        ----------
        focus : str, optional
            Country, by code or name, whose own losses, gains and partners are said before the world's.

        Raises
        ------
        InputError
            If the country is not in these results.
        """
        world = answer.one_scenario_text(self.runs, self.design, self.covered, self.series)
        if focus is None:
            return world
        from ecosim.report.focus import focus_text
        from ecosim.world.names import country_code

        known = sorted(dict.fromkeys(self.months_by_country["country"])) if self.countries else []
        if not known:
            raise InputError("focus", focus, problem="nothing was kept by country", allowed="output.countries=all")
        code = str(country_code(focus))
        _need_known("focus", code, known)
        own = focus_text(
            code, self.by_country, self.runs, self.design, _frame(self.pairs), covered=self._covered(code),
            scale=self.scenario.world.scale, months=self.months_by_country,
        )  # fmt: skip
        return f"{own}\n\nAll countries\n{world}"

    def plot(self, outcome: str = "collaboration", ax: Axes | None = None, *, country: str | None = None) -> Axes:
        """One outcome over time: shocked, twin and placebo.

        Parameters
        ----------
        outcome : str
            Column of :attr:`series`; for a country ``collaboration``, ``output``, ``work`` or ``effort``.
        ax : Axes, optional
            Where to draw; on a new figure by default.
        country : str, optional
            Code or name: that country's part alone, from the announcement on.

        Raises
        ------
        InputError
            If no run finished, or there is no such outcome or country.
        """
        from ecosim.plots import run_curves

        table = self.series if country is None else self.series_by_country(country)
        if table.empty:
            raise InputError("plot", outcome, problem="no run finished, so there is nothing to draw")
        _need_known("outcome", outcome, [name for name in table.columns if name not in _NO_OUTCOMES])
        ax = run_curves(table, self.runs, outcome, ax=ax)
        if country is not None:
            ax.set_title(str(table["country"].iloc[0]))
        return ax

    def series_by_country(self, country: str | None = None) -> pd.DataFrame:
        """Monthly collaboration, output, work and effort of every country, from the announcement on.

        Parameters
        ----------
        country : str, optional
            Code or name of the one that is wanted; all by default.

        Returns
        -------
        DataFrame
            ``arm``, ``replicate``, ``month``, ``country`` (ISO 3) and the four columns, person-months.

        Raises
        ------
        InputError
            If the world has no such country.
        """
        import numpy as np
        import pandas as pd

        from ecosim.world.names import country_code

        columns = ("arm", "replicate", "month", "country", *PRINCIPAL_COLUMNS)
        parts = [
            pd.DataFrame({**{name: part[name] for name in columns if name != "country"},
                          "country": np.array(part["countries"])[part["country"]]})[list(columns)]
            for part in self.countries
        ]  # fmt: skip
        table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))
        if country is None:
            return table
        code = str(country_code(country))
        _need_known("country", code, sorted(map(str, table["country"].unique())))
        return table[table["country"] == code].reset_index(drop=True)

    def network(self, month: int | str | None = None, *, arm: Arm = "shocked", nodes: Nodes = "organisations") -> Graph:
        """Who worked with whom in any month (:func:`ecosim.network`), simulated again to the same bits."""
        from ecosim.networks import network

        return network(self, month, arm=arm, nodes=nodes)

    def _repr_html_(self) -> str:
        """The answer and the curves of collaboration, as a notebook shows them."""
        from ecosim.report.notebook import as_html

        picture = None if self.series.empty else self.plot()
        return as_html(self.text(), picture, "Collaboration over time, with and without the shocks")


def _frame(runs: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Columns of several runs as one table; a country's place in the world becomes its code."""
    import pandas as pd

    frames = []
    for run in runs:
        columns = {name: value for name, value in run.items() if name != "countries"}
        if "countries" in run:
            columns["country"] = [run["countries"][place] for place in run["country"]]
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def load(folder: str | Path | None = None) -> SweepResult:
    """Load the results of a sweep.

    Parameters
    ----------
    folder : path, optional
        The folder the sweep named, or one above it (``results/headline``): then the newest below. By default the
        newest under ``results``.

    Raises
    ------
    InputError
        If there is none, or a file in it is damaged, missing, or was changed since it was written.
    """
    path = find_folder(folder)
    return SweepResult(path, reading.read_manifest(path))
