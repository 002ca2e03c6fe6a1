"""What every file of results holds: files, tables, columns, each with its unit, its period and what it is.

Names are declared beside what computes them (:data:`ecosim.record.OUTCOMES`,
:data:`ecosim.analysis.naming.MEANINGS`, :data:`ecosim.outcomes.treatment.REALISED`) and joined here with all others.
``tools/results_page.py`` writes the reference part of ``docs/how-to/read-results.md`` from it, and a test compares it
with the files that a small run and small sweeps write.

In a name, ``<column>`` stands for one of :data:`STANDS_FOR`, and what is in square brackets may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ecosim.analysis.common_numbers import COLUMNS as _COMMON_NUMBERS
from ecosim.analysis.coverage import COLUMNS as _COVERED_COLUMNS
from ecosim.analysis.measures import ADDED
from ecosim.analysis.naming import BY_COLUMN, BY_OUTCOME, BY_WINDOW, MEASURES, OF_PRIMARY
from ecosim.analysis.resilience import COLUMNS, RECOVERED_WITHIN, SEAT_MONTHS, WINDOWS
from ecosim.analysis.start_years import COUNTED, SHARES
from ecosim.outcomes.collaboration import COUNTRY_OUTCOMES
from ecosim.outcomes.derived import DERIVED, DERIVED_OF_STAGES
from ecosim.outcomes.health import BY_COUNTRY as HEALTH_BY_COUNTRY
from ecosim.outcomes.health import COUNTRY_OUTCOMES as HEALTH_COUNTRY_OUTCOMES
from ecosim.outcomes.health import OUTCOMES as HEALTH
from ecosim.outcomes.measured import MEASURED
from ecosim.outcomes.stages import OUTCOMES as STAGES
from ecosim.outcomes.treatment import REALISED
from ecosim.record import OUTCOMES
from ecosim.report import folder
from ecosim.world.participations.writing import ORGANIZATION, PROJECT

#: What a name in angle brackets stands for: words, and the names it may be (none: any).
STANDS_FOR: dict[str, tuple[str, tuple[str, ...]]] = {
    "column": ("one of the four columns that are measured", COLUMNS),
    "window": ("months from the announcement on", tuple(str(window) for window in WINDOWS)),
    "outcome": ("any outcome of `series.parquet`, and what it has at risk", ()),
    "measure": ("any name of `ecosim list measures`", MEASURES),
    "measured": (
        "an outcome of inclusion, autonomy or health with a measure of its own (table below)",
        tuple(item.name for item in MEASURED),
    ),
    "shock": ("a label of `experiment.branches`, by default the name of a shock", ()),
    "factor": ("a factor of the experiment", ()),
    "input": ("a factor or a dotted key that a design of points varies", ()),
}

#: Periods. A response is cut to whole half-years where it is summed.
MONTH, RESPONSE, RUN, YEAR = "the month", "the response", "the whole run", "a year"
_WINDOW = "the response, or the window named"
_NONE = "-"
_PERSON_MONTHS = "person-months"
_OUTPUT = "person-months of mean quality"
_SHARE = "share"


@dataclass(frozen=True)
class Column:
    """One column of a table, or several of one pattern."""

    name: str
    unit: str
    #: Which months it is about; a dash where it is about none.
    over: str
    meaning: str

    def matches(self, name: str, known: Mapping[str, Iterable[str]] = MappingProxyType({})) -> bool:
        """Whether it is the column of that name.

        Parameters
        ----------
        name : str
            A column as it was written.
        known : mapping
            What a name in angle brackets stands for in these results, where :data:`STANDS_FOR` leaves it open.

        Examples
        --------
        >>> Column("area_<column>[_<window>]", "", "", "").matches("area_output_24")
        True
        >>> Column("exposure:<shock>", "", "", "").matches("exposure:flood", {"shock": ["drought"]})
        False
        """
        return re.fullmatch(_pattern(self.name, known), name) is not None


@dataclass(frozen=True)
class Table:
    """One table of a folder of results."""

    file: str
    #: Commands that write it, and when.
    by: str
    #: What a row is.
    row: str
    columns: tuple[Column, ...]
    note: str = ""

    def column(self, name: str, known: Mapping[str, Iterable[str]] = MappingProxyType({})) -> Column | None:
        """The column of that name (:meth:`Column.matches`): declared by itself, or else by a pattern."""
        plain = [item for item in self.columns if item.name == name]
        return next(iter([*plain, *(item for item in self.columns if item.matches(name, known))]), None)


def _pattern(name: str, known: Mapping[str, Iterable[str]]) -> str:
    """A name as a regular expression."""

    def one_of(match: re.Match[str]) -> str:
        names = tuple(known.get(match[1], STANDS_FOR[match[1]][1]))
        if names or match[1] in known:
            return f"(?:{'|'.join(map(re.escape, names))})" if names else "(?!)"
        return ".+"

    text = re.escape(name).replace(r"\[", "(?:").replace(r"\]", ")?")
    return re.sub(r"<(\w+)>", one_of, text)


def _columns(rows: Iterable[tuple[str, str, str, str]]) -> tuple[Column, ...]:
    return tuple(Column(*row) for row in rows)


# ---------------------------------------------------------------------------------------------- keys

_POINT_KEYS = _columns((
    ("design_id", "number", _NONE, "The policy and shock, as in `design.parquet`; empty in twins and placebos, which "
     "belong to a history and not to a shock"),
    ("history_id", "number", _NONE, "The policy, and with points the point: what is simulated before any shock"),
))  # fmt: skip
_RUN_KEYS = (
    *_POINT_KEYS,
    *_columns((
        ("replicate", "number", _NONE, "The course of chance, from 0; the same for all policies and shocks"),
        ("seed", "number", _NONE, "The scenario's seed, which with the replicate sets every random number"),
        ("arm", "text", _NONE, "`shocked`, `twin`, `placebo` or `scattered` (see above)"),
    )),
)  # fmt: skip

# ---------------------------------------------------------------------------------------------- months

_SHARED_UNIT = f"{_PERSON_MONTHS} (of mean quality for output)"
_AT_RISK = (
    ("<column>_at_risk:<shock>", "Of the column, the part in partnerships that the shock can hit: with a member in "
     "the countries hit, paid by the funder hit, or supplied from there"),
    ("<column>_at_risk_in_flight:<shock>", "Of this, the part in partnerships proposed before the announcement"),
)  # fmt: skip
_MONTHLY = tuple(Column(name, unit, MONTH, meaning) for name, unit, meaning in (*OUTCOMES, *DERIVED))
_STAGES = tuple(
    Column(name, unit, MONTH, f"{meaning}; only with mechanisms.stages=true")
    for name, unit, meaning in (*STAGES, *DERIVED_OF_STAGES)
)
_HEALTH = tuple(
    Column(name, unit, MONTH, f"{meaning}; only with mechanisms.health=true") for name, unit, meaning in HEALTH
)
SERIES = Table(
    folder.SERIES, "run, sweep", "a month of a run, from the end of burn-in on (with `output.series=quantiles`: of a "
    "quantile over replicates; with `none`: no file)",
    (
        *_RUN_KEYS,
        Column("month", "months", _NONE, "Month of the run, from 0 with burn-in; the announcement's is in "
               "`runs.parquet`"),
        Column("quantile", _SHARE, _NONE, "Only with `output.series=quantiles`: .05, .25, .5, .75 or .95; replicate "
               "and seed are then absent"),
        *_MONTHLY,
        *_STAGES,
        *_HEALTH,
        *(Column(name, _SHARED_UNIT, MONTH, meaning) for name, meaning in _AT_RISK),
    ),
)  # fmt: skip

_BY_COUNTRY = {name.removesuffix("_by_country"): (unit, meaning) for name, unit, meaning in COUNTRY_OUTCOMES}
COUNTRIES = Table(
    folder.COUNTRIES, "run, sweep", "a country in a month of a run, from the announcement on (with "
    "`output.countries=means`: of the mean over replicates; with `none`: no file)",
    (
        *_RUN_KEYS,
        Column("month", "months", _NONE, "Month of the run, as in `series.parquet`"),
        Column("months_since_announcement", "months", _NONE, "Only with `output.countries=means`, in place of `month`, "
               "`replicate` and `seed`: replicates are announced in different months"),
        Column("replicates", "number", _NONE, "Only with `output.countries=means`: replicates in the mean"),
        Column("country", "ISO 3", _NONE, "The country; `ROW` is the rest of the world"),
        *(Column(name, _BY_COUNTRY[name][0], MONTH, _BY_COUNTRY[name][1]) for name in COLUMNS),
        *(
            Column(name, unit, MONTH, f"{meaning}; only with mechanisms.health=true")
            for name, (_, unit, meaning) in zip(HEALTH_BY_COUNTRY, HEALTH_COUNTRY_OUTCOMES, strict=True)
        ),
    ),
)  # fmt: skip

_COUNTED_UNITS = {"members": "members", "grant_eur": "EUR", **dict.fromkeys(SHARES, _SHARE)}
_YEARS = "partnerships that started in the year"
START_YEARS = Table(
    folder.START_YEARS, "run, sweep, unless `output.countries=none`", "a country and a year in which partnerships "
    "started, in a run", (
        *_RUN_KEYS,
        Column("start_year", "year", _NONE, "From the end of the burn-in on"),
        Column("country", "ISO 3", _NONE, "The country; `ROW` is the rest of the world"),
        *(Column(name, _COUNTED_UNITS.get(name, "partnerships"), _YEARS, f"{words[0].upper()}{words[1:]}")
          for name, words in COUNTED.items()),
    ),
)  # fmt: skip
_COVERED = {
    "shock": ("text", "Name of the shock"),
    "country": ("ISO 3", "A country that it hits"),
    "partner": ("ISO 3", "A country that loses it"),
    "at_risk": ("text", "`member_country`: joint work beside co-publications; `supplier`: inputs from abroad"),
    "facts_of_world": (_SHARE, "What the two have with each other, of all there is: in the facts"),
    "simulated_of_world": (_SHARE, "The same in the simulated world"),
    "facts_of_partner": (_SHARE, "What the two have with each other, of all that the partner has: in the facts"),
    "simulated_of_partner": (_SHARE, "The same in the simulated world"),
}
COVERAGE = Table(
    folder.COVERAGE, "run, sweep, where a shock hits countries", "a country that a shock hits, and a country that "
    "loses it, in a run", (
        *_RUN_KEYS,
        *(Column(name, *_COVERED[name][:1], "the last month before the announcement", _COVERED[name][1])
          for name in _COVERED_COLUMNS),
    ),
)  # fmt: skip

# ---------------------------------------------------------------------------------------------- runs

_SEATS = {
    "in_flight": "Sum of the seats of funded partnerships proposed before the announcement",
    "vacated": "Of these, seats in which the first member does not take part",
    "substituted": "Of these, seats in which a substitute is at work",
}
_REALISED_UNITS = {
    "realised_countries": "countries", "realised_members": "organisations", "realised_months_between_calls": "months",
    "realised_longest_gap_months": "months", "realised_paid_ahead": _SHARE,
    "realised_public_eur": "EUR", "realised_months_between_any_calls": "months",
    "realised_longest_gap_any_months": "months",
}  # fmt: skip
_REALISED = tuple(
    Column(name, _REALISED_UNITS[name], "the months observed", f"{meaning}; of the twin")
    for name, meaning in REALISED.items()
)
RUNS = Table(
    folder.RUNS, "run, sweep", "a run", (
        *_RUN_KEYS,
        *_columns((
            ("status", "text", _NONE, "`ok` or `failed`"),
            ("error", "text", _NONE, "Why it failed, in one line"),
            ("announcement_month", "month of the run", _NONE, "The first month in which the shock is known"),
            ("observation_end_month", "month of the run", _NONE, "The month before which observation ends"),
            ("seconds", "seconds", _NONE, "What this branch took"),
            ("history_seconds", "seconds", _NONE, "What the months before the announcement took, which all branches of "
             "a history share"),
            ("targets", "ISO 3", _NONE, "Countries hit, by shock: `rupture: DEU FRA; withdrawal: all`"),
            ("window_months", "months", _NONE, "Length of the response in whole half-years"),
            ("area_<column>[_<window>]", _SHARED_UNIT, _WINDOW, "Sum of the column over the months"),
            ("area_<column>_in_flight", _SHARED_UNIT, RESPONSE, "Of the sum, the part in partnerships proposed before "
             "the announcement"),
            ("area_<column>_formed_after", _SHARED_UNIT, RESPONSE, "Of the sum, the part in partnerships proposed "
             "since"),
            ("area_<column>_at_risk:<shock>", _SHARED_UNIT, RESPONSE, "Of the sum, the part that the shock can hit"),
            ("area_<column>_at_risk_in_flight:<shock>", _SHARED_UNIT, RESPONSE, "Of this, the part proposed before the "
             "announcement"),
            *((f"area_seats_{name}_{SEAT_MONTHS}", "seat-months", f"{SEAT_MONTHS} months from the announcement",
               words) for name, words in _SEATS.items()),
            ("mean_<outcome>", "that of the outcome", "announcement to the end of observation",
             "Mean over the months that have a value"),
            ("exposure:<shock>", _SHARE, "first half-year of the response", "Collaboration that the shock can hit; of "
             "twins and placebos"),
            ("drawdown", _SHARE, RESPONSE, "Deepest half-year of collaboration below the twin"),
            ("recovery_months", "months", RESPONSE, "Months from the announcement until collaboration is back within "
             f"{100 * RECOVERED_WITHIN:g} % of the twin, after the deepest point; empty if it never fell that far"),
            ("recovery_censored", "0 or 1", RESPONSE, "1 if the run ended before it was back"),
            ("sustained_<column>[_<window>]", _SHARE, _WINDOW, "The sum as a share of the twin's"),
            ("final_gap_<column>[_<window>]", _SHARE, "the last twelve months of the response or window",
             "What is missing beside the twin"),
            ("worst_year_<column>", _SHARE, RESPONSE, "The lowest share of the twin's in any twelve months in a row"),
            ("months_below_half_<column>", "months", RESPONSE, "Months with less than half of the twin's"),
            ("scattered_countries", "countries", _NONE, "Of a scattered placebo: countries over which the shock was "
             "spread"),
        )),
        *_REALISED,
    ),
    "What compares with the twin is empty in the twin's own row.",
)  # fmt: skip

# ---------------------------------------------------------------------------------------------- other data

DESIGN = Table(
    folder.DESIGN, "run, sweep", "a policy meeting a shock (with points: at a point)", (
        *_columns((
            ("design_id", "number", _NONE, "Number of the row"),
            ("history_id", "number", _NONE, "The policy, and with points the point: what is simulated before any "
             "shock"),
            ("shock", "text", _NONE, "Label of the branch; empty without shocks"),
            ("shocks", "text", _NONE, "Names of the shocks that act together under this label"),
            ("policy", "text", _NONE, "The policy: its levels, joined"),
            ("reference", "true or false", _NONE, "Whether it is the policy that the others are compared with"),
            ("point", "number", _NONE, "Only with points: the point of the design"),
            ("<factor>", "that of the factor", _NONE, "Level of each factor; a number where the level is one"),
            ("<input>", "that of the key", _NONE, "Only with points: value of each uncertain input, after `point`"),
        )),
    ),
)  # fmt: skip
POINTS = Table(
    folder.POINTS, "sweep with a design of points", "one row of the design, in its order", _columns((
        ("point", "number", _NONE, "The point; rows that are alike share one"),
        ("unit:<input>", _SHARE, _NONE, "Where the value lies in its range, 0 to 1"),
        ("<input>", "that of the key", _NONE, "Value of each input"),
    )),
)  # fmt: skip
DRAWS = Table(
    folder.DRAWS, "sweep with drawn parameters", "a drawn parameter of a replicate", _columns((
        ("replicate", "number", _NONE, "As in `runs.parquet`"),
        ("draw", "number", _NONE, "Replicates with the same number share their values"),
        ("parameter", "text", _NONE, "Dotted key, as in PARAMETERS.md"),
        ("value", "that of the key", _NONE, "What was drawn"),
    )),
)  # fmt: skip
PAIRS = Table(
    folder.PAIRS, "run, sweep (its first three replicates)", "two countries that worked together in a period", (
        *_RUN_KEYS,
        *_columns((
            ("period", "text", _NONE, "`before`: the year before the announcement; `during`: the second year after it; "
             "`after`: the last year observed; `year`: a calendar year (of `ecosim run`)"),
            ("year", "year", _NONE, "The calendar year, where the period is one; else empty"),
            ("country_a", "ISO 3", _NONE, "One country"),
            ("country_b", "ISO 3", _NONE, "The other; the same for work inside a country"),
            ("person_months", "person-months a month", "the period", "Their joint work: their part of collaboration"),
            ("person_months_funded", "person-months a month", "the period", "Of this, in funded partnerships"),
            ("person_months_unfunded", "person-months a month", "the period", "Of this, in unfunded partnerships"),
            ("targets", "ISO 3", _NONE, "Countries that the shocks hit, or `all`"),
        )),
    ),
)  # fmt: skip
FAILED = Table(
    folder.FAILED, "run, sweep, when a run failed", "a history of which a run failed", _columns((
        ("history_id", "number", _NONE, "As in `runs.parquet`"),
        ("replicate", "number", _NONE, "As in `runs.parquet`"),
        ("error", "text", _NONE, "The first error, in one line"),
        ("traceback", "text", _NONE, "Where in the program it was"),
        ("config", "JSON", _NONE, "The scenario: write it to a file and say `ecosim run --from FILE`"),
    )),
)  # fmt: skip
_MEMBER = _columns((
        ("project", "number", _NONE, "The partnership"),
        ("organisation", "number", _NONE, "The organisation; the same in every arm"),
        ("role", "text", _NONE, "`coordinator` or `participant`"),
        ("activity_type", "text", _NONE, "HES (university), REC (institute), PRC (firm), PUB (public body), OTH"),
        ("country", "CORDIS code", _NONE, "EL is Greece, UK the United Kingdom, ZZ the rest of the world"),
        ("ec_contribution", "EUR", "the whole contract", "The member's part of the grant, from this funder"),
        ("start_date", "date", _NONE, "First day of the contract"),
        ("end_date", "date", _NONE, "Last day of the contract, however it ended"),
        ("duration_months", "months", _NONE, "Length of the contract"),
        ("programme_part", "text", _NONE, "Part of the programme ([participation tables](participation-tables.md))"),
))  # fmt: skip
_ARM = Column("arm", "text", _NONE, "`shocked`, or without a shock `twin`")
PARTICIPATIONS = Table(
    folder.PARTICIPATIONS, "run; `ecosim validate --save FILE` writes the same", "a member of a project",
    (*_MEMBER, _ARM),
    "The multilateral programme alone: projects that have started, members that left included, of the shocked run, or "
    "without a shock of the twin.",
)  # fmt: skip
GRANTS = Table(
    folder.GRANTS, "run, with other funders than the programme", "a member of a grant, and who pays it", (
        *_MEMBER,
        *_columns((
            ("funder", "text", _NONE, "Who pays: an entry of `funders`"),
            ("funder_country", "CORDIS code", _NONE, "The country it serves; empty where there are several"),
            ("project_of", "text", _NONE, "Whose project it is: `programme` where an agency pays its organisation's "
             "part in a project of the programme"),
        )),
        _ARM,
    ),
    "What other funders than the programme pay; read it with pandas, or as `grants` of `ecosim.simulate`.",
)  # fmt: skip
TWIN_PARTICIPATIONS = Table(
    folder.TWIN_PARTICIPATIONS, "run, where there are shocks", PARTICIPATIONS.row, PARTICIPATIONS.columns,
    "As `participations.parquet`, of the world without the shocks. Organisations have the same numbers in both.",
)  # fmt: skip
TWIN_GRANTS = Table(
    folder.TWIN_GRANTS, "run, where there are shocks and other funders than the programme", GRANTS.row, GRANTS.columns,
    "As `grants.parquet`, of the world without the shocks.",
)  # fmt: skip

# ---------------------------------------------------------------------------------------------- summaries

_INTERVAL = "The mean; with `_low` and `_high`, the ends of its 95 % interval"
SUMMARY = Table(
    "summary.csv", "sweep", "a policy under a shock (over all points that every policy met)", (
        *DESIGN.columns,
        *_columns((
            ("replicates", "number", _NONE, "Runs that finished"),
            ("clusters", "number", _NONE, "Of these, independent draws"),
            ("<measure>", "as in the table of measures", "as in the table of measures", _INTERVAL),
            ("<measure>_low", "that of the measure", "that of the measure", "Lower end of the interval"),
            ("<measure>_high", "that of the measure", "that of the measure", "Upper end of the interval"),
            ("never_hit_share", _SHARE, RESPONSE, "Runs that did not fall by more than 5 % and by more than most "
             "placebos do"),
            ("not_recovered_share", _SHARE, RESPONSE, "Of the runs that fell, those not back when observation ended"),
            ("recovery_horizon_months", "months", _NONE, "Months up to which the mean of `recovery_months` is taken"),
        )),
        *_REALISED,
        *_columns((
            (ADDED, _SHARE, RESPONSE, "Public money that governments added after the shock, beside the budget, of the "
             "public money of the twin"),
            ("probability_best", "probability", RESPONSE, "That the policy has the highest mean output delivered"),
            ("best_share", _SHARE, RESPONSE, "Draws in which it is ahead of all others"),
            ("regret", _SHARE, RESPONSE, "What it falls short of the best policy of each draw, mean over draws"),
            ("regret_q90", _SHARE, RESPONSE, "The same, exceeded in one of ten draws"),
            ("ranked_draws", "number", _NONE, "Draws that all policies met"),
            ("no_verdict", "text", _NONE, "Why no verdict is given on the shock, where none is: what it hits is hardly "
             "simulated"),
        )),
    ),
    "Of one scenario (`ecosim run`), `summary.csv` has the rows and columns of `runs.parquet`.",
)  # fmt: skip
CONTRASTS = Table(
    "contrasts.csv", "sweep", "a comparison under a shock, on a measure", _columns((
        ("contrast", "text", _NONE, "Name of the comparison"),
        ("factor", "text", _NONE, "What differs"),
        ("level", "text", _NONE, "Its level on one side"),
        ("against", "text", _NONE, "Its level on the other"),
        ("where", "text", _NONE, "Levels of other factors it is restricted to"),
        ("shock", "text", _NONE, "Label of the branch"),
        ("measure", "text", _NONE, "What is compared"),
        ("estimate", "that of the measure", "that of the measure", "Mean difference, level less against"),
        ("standard_error", "that of the measure", "that of the measure", "Standard error of the mean"),
        ("low", "that of the measure", "that of the measure", "Lower end of its interval: all intervals of one measure "
         "hold at once with 95 % confidence"),
        ("high", "that of the measure", "that of the measure", "Upper end"),
        ("verdict", "text", _NONE, "`helps`, `hurts`, `no effect` (each perhaps `on average`) or `undecided`"),
        ("margin", "that of the measure", "that of the measure", "The smallest effect of interest: less is too little "
         "to matter"),
        ("critical", "standard errors", _NONE, "Half of the interval"),
        ("clusters", "number", _NONE, "Independent draws (or seeds) behind it"),
        ("draw_low", "that of the measure", "that of the measure", "Lower end of the band that holds 90 % of draws; "
         "from 19 draws"),
        ("draw_high", "that of the measure", "that of the measure", "Upper end of it"),
        ("draw_min", "that of the measure", "that of the measure", "The smallest draw"),
        ("draw_max", "that of the measure", "that of the measure", "The largest draw"),
        ("share_helped", _SHARE, _NONE, "Draws that are better by more than the margin"),
        ("share_hurt", _SHARE, _NONE, "Draws that are worse by more than the margin"),
        ("draws", "number", _NONE, "Draws with a value"),
        ("left_to_chance", _SHARE, _NONE, "How much of the spread over draws is chance; empty with one seed a draw"),
        ("baseline", _SHARE, "that of the measure", "Of `delivered_*`: the part of the difference that is there "
         "without a shock"),
        ("sustained", _SHARE, "that of the measure", "Of `delivered_*`: the same comparison of what is sustained"),
    )),
)  # fmt: skip
_WITH_OBJECTIVES = "sweep with `experiment.objectives`"
_ITS = "that of the measure"
WEIGHING = Table(
    folder.WEIGHING, _WITH_OBJECTIVES, "a policy, over all shocks and under each", _columns((
        ("shock", "text", _NONE, "Label of the branch, or `all shocks`"),
        ("policy", "text", _NONE, "The policy"),
        ("reference", "true or false", _NONE, "Whether the others are set beside it"),
        ("<measure>", _ITS, _ITS, "Mean of an objective over draws; of all shocks, over these too"),
        ("<measure>_difference", _ITS, _ITS, "Mean difference from the reference policy"),
        ("<measure>_low", _ITS, _ITS, "Lower end of its interval: all policies' hold at once with 95 % confidence"),
        ("<measure>_high", _ITS, _ITS, "Upper end"),
        ("<measure>_verdict", "text", _NONE, "As `verdict` in `contrasts.csv`; empty for the reference policy"),
        ("in_set", _SHARE, _NONE, "Draws in which no other policy is as good in all objectives and better in one"),
        ("in_set_of_means", "probability", _NONE, "That the same holds of the means over draws (bootstrap)"),
        ("set_of_means", "true or false", _NONE, "Whether it holds of the means at hand"),
        ("by_chance", _SHARE, _NONE, "`in_set` of a policy picked by chance: names shuffled within each draw"),
        ("of_means_by_chance", "probability", _NONE, "The same of the means of draws with shuffled names"),
        ("chance_low", _SHARE, _NONE, "Above this lies the `in_set` of all policies in 95 % of shuffles"),
        ("chance_high", _SHARE, _NONE, "And below this"),
        ("draws", "number", _NONE, "Draws that all policies met"),
    )),
)  # fmt: skip
BEATS = Table(
    folder.BEATS, _WITH_OBJECTIVES, "two policies, over all shocks and under each", _columns((
        ("shock", "text", _NONE, "Label of the branch, or `all shocks`"),
        ("policy", "text", _NONE, "The first policy"),
        ("beats", "text", _NONE, "The second policy"),
        ("share", _SHARE, _NONE, "Draws in which the first is as good in all objectives and better in one"),
        ("of_means", "true or false", _NONE, "Whether that holds of the means over draws"),
        ("by_chance", _SHARE, _NONE, "The largest share of any pair is no larger in 95 % of shuffles"),
        ("draws", "number", _NONE, "Draws that all policies met"),
    )),
)  # fmt: skip
TRADE_OFF = Table(
    folder.TRADE_OFF, _WITH_OBJECTIVES, "a step of a dose, for an objective that is sought; empty without a dose",
    _columns((
        ("shock", "text", _NONE, "`all shocks`, or the only one"),
        ("dose", "text", _NONE, "What is given in steps"),
        ("level", "number", _NONE, "The step"),
        ("policy", "text", _NONE, "The policy of the step"),
        ("gain", "text", _NONE, "The objective that is sought"),
        ("cost", "text", _NONE, "The objective that is given up: the first"),
        ("gained", _ITS, _ITS, "How much better it is than at the first step"),
        ("gained_low", _ITS, _ITS, "Lower end of its interval: those of all steps hold at once with 95 % confidence"),
        ("gained_high", _ITS, _ITS, "Upper end"),
        ("lost", _ITS, _ITS, "How much worse the one given up is than at the first step"),
        ("lost_low", _ITS, _ITS, "Lower end of its interval"),
        ("lost_high", _ITS, _ITS, "Upper end"),
        ("more", _ITS, _ITS, "How much better the one sought is than at the step before"),
        ("more_low", _ITS, _ITS, "Lower end of its interval"),
        ("more_high", _ITS, _ITS, "Upper end"),
        ("rate", "points per point", _NONE, "Lost for each point gained; empty where nothing is surely gained"),
        ("rate_low", "points per point", _NONE, "Lower end of its interval (bootstrap)"),
        ("rate_high", "points per point", _NONE, "Upper end"),
        ("draws", "number", _NONE, "Draws that all steps met"),
    )),
)  # fmt: skip
_PAIRED = {
    "outcome": ("text", "What is compared, run by run"),
    "shock": ("text", "Label of the branch"),
    "policy": ("text", "The policy"),
    "against": ("text", "What it is paired with: the reference policy, or its own twin"),
    "pairs": ("number", "Pairs of runs with the same random numbers"),
    "variance_paired": ("square of the outcome's", "Variance of their differences"),
    "variance_independent": ("square of the outcome's", "What it would be if they shared no random numbers"),
    "saved": (_SHARE, "1 - paired / independent: how much of the noise sharing takes away"),
    "correlation": ("-1 to 1", "Between the two"),
}
PAIRED = Table(
    "common_numbers.csv", "sweep", "an outcome of a policy beside another world with the same random numbers",
    tuple(Column(name, _PAIRED[name][0], _NONE, _PAIRED[name][1]) for name in _COMMON_NUMBERS),
)  # fmt: skip
_CHANGES = (
    ("twin", "a month", "Mean without the shock, over replicates"),
    ("change", "a month", "What the shock adds to it; below zero is a loss"),
    ("share", "", "The change as a share of the country's own; with `_low` and `_high` the ends of its 95 % interval"),
    ("share_low", "", "Lower end of the interval"),
    ("share_high", "", "Upper end of the interval"),
)
BY_COUNTRY = Table(
    folder.BY_COUNTRY, "sweep, unless `output.countries=none`", "a country under a policy and shock", (
        DESIGN.columns[0],
        *_columns((
            ("policy", "text", _NONE, "The policy"),
            ("shock", "text", _NONE, "Label of the branch"),
            ("country", "ISO 3", _NONE, "The country; `ROW` is the rest of the world"),
            ("replicates", "number", _NONE, "Pairs of a run and its twin"),
        )),
        *(Column(f"{column}_{name}", f"{unit} {rate}" if rate else _SHARE, RESPONSE, f"{column.capitalize()}: {words}")
          for column, unit in (("output", _OUTPUT), ("collaboration", _PERSON_MONTHS))
          for name, rate, words in _CHANGES),
        Column("rank", "number", _NONE, "1 for the country that loses most output under this policy and shock"),
    ),
)  # fmt: skip

BY_START_YEAR = Table(
    folder.BY_START_YEAR, "run, sweep, unless `output.countries=none`", "a country and a start year under a policy and "
    "shock", (
        *BY_COUNTRY.columns[:4],
        Column("start_year", "year", _NONE, "As in `start_years.parquet`"),
        BY_COUNTRY.columns[4],
        *(Column(f"{name}_{end}", _COUNTED_UNITS.get(name, "partnerships"), _YEARS,
                 f"{words[0].upper()}{words[1:]}: {said}")
          for name, words in COUNTED.items()
          for end, said in (("twin", "without the shock"), ("shocked", "with it"), ("change", "what it adds"))),
    ),
)  # fmt: skip

# ---------------------------------------------------------------------------------------------- CORDIS

_ORGANIZATION = {
    "projectID": "The project", "projectAcronym": "`ECOSIM-` and the project", "organisationID": "The organisation",
    "name": "`Simulated organisation` and its number", "activityType": "As `activity_type`", "country": "CORDIS code",
    "order": "Place in the project, from 1", "role": "As `role`", "ecContribution": "EUR, with a decimal comma",
    "netEcContribution": "The same",
}  # fmt: skip
_PROJECT = {
    "id": "The project", "acronym": "`ECOSIM-` and the project", "title": "Says that the project is simulated",
    "startDate": "First day of the contract", "endDate": "Last day of it", "ecMaxContribution": "EUR, all members",
    "legalBasis": "Horizon 2020 code of the part", "frameworkProgramme": "`H2020`",
}  # fmt: skip


def _cordis(file: str, row: str, names: Iterable[str], known: Mapping[str, str]) -> Table:
    return Table(
        f"cordis/{file}", "run with `output.cordis=true`", row,
        tuple(Column(name, "EUR" if "Contribution" in name else "text", _NONE, known[name]) if name in known
              else Column(name, _NONE, _NONE, "Empty: a simulated organisation has none") for name in names),
    )  # fmt: skip


#: Every table that a command writes.
TABLES: tuple[Table, ...] = (
    DESIGN, RUNS, SERIES, COUNTRIES, START_YEARS, COVERAGE, PAIRS, FAILED, DRAWS, POINTS, SUMMARY, CONTRASTS,
    BY_COUNTRY, BY_START_YEAR, PAIRED, WEIGHING, BEATS, TRADE_OFF, PARTICIPATIONS, GRANTS,
    TWIN_PARTICIPATIONS, TWIN_GRANTS,
    _cordis("organization.csv", "a member of a project", ORGANIZATION, _ORGANIZATION),
    _cordis("project.csv", "a project", PROJECT, _PROJECT),
)  # fmt: skip
#: Files that are no tables: name, or folder with a stroke at its end; which command writes it; what it is.
OTHER_FILES: tuple[tuple[str, str, str], ...] = (
    (folder.MANIFEST, "run, sweep", "What was asked, what it was made with, how it ended, and the seals of all files "
     "(below)"),
    (folder.LOG, "run, sweep", "What happened when, and how fast; tracebacks of what failed"),
    (f"{folder.NETWORKS}/", "run with `output.network`", "Who worked with whom in a month, a file for each arm"),
    (folder.SCENARIO, "run", "The scenario, for `ecosim run --from FILE`"),
    (f"{folder.FIGURES}/", "run, sweep, report", "Every figure as PNG and SVG"),
    (folder.REPORT, "report", "The page, which holds its figures and needs no other file"),
    (f"{folder.PARTS}/", "sweep, while it runs", "Finished work, in files of the same columns, each part with "
     "`seals.json` (length and checksum of its files)"),
    (f"{folder.SET_ASIDE}/", "run, sweep", "Files that were damaged or of another sweep, moved out of the way"),
    (folder.LOCK, "run, sweep, while they run", "Which process writes"),
)  # fmt: skip

#: Entries of ``manifest.json``.
MANIFEST: dict[str, str] = {
    "program": "`ecosim`",
    "version": "Version of ecosim",
    "status": "`running`, `interrupted` or `complete`",
    "created": "When it began, with the zone",
    "finished": "When it ended",
    "command": "The command that made it",
    "experiment": "The experiment, every key",
    "output": "What was kept, and where",
    "scenario": "The scenario of the reference policy, every key",
    "policies": "Each policy: its history, levels and what they set",
    "branches": "Label to the shocks that act together",
    "design": "Only with points: kind, inputs with ranges, and what SALib needs",
    "drawn": "Each drawn parameter: lowest, highest, prior",
    "held_at_fitted_values": "Parameters fitted to data, which are not drawn",
    "counts": "Policies, replicates, histories, runs, drawn parameters",
    "fingerprint": "What the name of the folder is made of: `all`, and each part",
    "versions": "Versions of Python and the libraries",
    "timings": "Seconds, workers, histories run",
    "failed_runs": "How many runs failed",
    "figures": "Figures that the sweep drew",
    "auto": "Only with `experiment.replicates=auto`: where it stopped, and why",
    "why_new": "Why this is another folder than that of the last sweep of this name",
    "files": "Length in bytes and CRC-32 of each file",
    "pending": "The same of files being written",
    "digest": "SHA-256 of all other entries, its first half",
}


def table_of(file: str) -> Table | None:
    """The table in a file of a folder of results."""
    return next((table for table in TABLES if table.file == file), None)


def measures() -> Iterator[Column]:
    """Measures by pattern: unit, period, what they are; all that ``summary.csv`` may hold."""
    for name, words in BY_WINDOW.items():
        over = "the last twelve months of the response or window" if name == "final_gap" else _WINDOW
        yield Column(f"{name}_<column>[_<window>]", _SHARE, over, f"The column {words}")
    for name, words in BY_COLUMN.items():
        unit = "months" if name.startswith("months") else _SHARE
        said = f"The column {words}" if words.startswith("in ") else f"{words[0].upper()}{words[1:]}"
        yield Column(f"{name}_<column>", unit, RESPONSE, said)
    for name, words in BY_OUTCOME.items():
        yield Column(f"{name}_<measured>", "that of the measured outcome", RESPONSE, f"The measured outcome {words}")
    periods = {"exposure": "first half-year of the response", "substituted": f"{SEAT_MONTHS} months from announcement"}
    for name, words in OF_PRIMARY.items():
        unit = "months" if name.endswith("months") else _SHARE
        yield Column(name, unit, periods.get(name, RESPONSE), f"{words[0].upper()}{words[1:]}")
