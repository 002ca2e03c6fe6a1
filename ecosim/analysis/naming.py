"""Names of the measures of a sweep, what each is made of, and whether one exists.

A measure is ``<measure>_<column>[_<window>]``: ``sustained_collaboration_24``, ``delivered_output``; without a window
it is of the whole response. Beside them stand measures of the whole response alone (``worst_year_output``), and those
of the primary column (``fragility``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ecosim.analysis.resilience import COLUMNS, SEAT_MONTHS, WINDOWS, named
from ecosim.errors import InputError, nearest_name
from ecosim.outcomes.measured import BY_NAME, MEASURED, POINTS, Difference

#: Measures of every column and window: what each is.
BY_WINDOW: dict[str, str] = {
    "sustained": "under the shock, as a share of the policy's own twin",
    "delivered": "under the shock, as a share of the reference policy's twin",
    "baseline_cost": "given up in calm times, as a share of the reference policy's twin",
    "final_gap": "missing in the last twelve months, as a share of the policy's own twin",
}
#: Measures of every column, over the whole response.
BY_COLUMN: dict[str, str] = {
    "worst_year": "in the worst twelve months in a row, as a share of the policy's own twin",
    "months_below_half": "months in which less than half of the twin's is done",
}
#: Measures of the primary column, over the whole response.
OF_PRIMARY: dict[str, str] = {
    "added": "collaboration protected beyond what the reference policy protects, as a share of its twin",
    "loss_beyond_placebo": "collaboration lost beyond what the loss of one organisation costs",
    "concentration": "collaboration lost beyond what the same shock costs on small countries that expose as much",
    "exposure": "share of collaboration with a targeted endpoint, in the first half-year",
    "fragility": "collaboration in flight lost, per unit of it that was exposed",
    "substituted": f"share of seat-months vacated in {SEAT_MONTHS} months in which a substitute worked",
    "drawdown": "deepest half-year of collaboration below the twin",
    "drawdown_beyond_placebo": "the same beyond the placebo's",
    "recovery_months": "months until collaboration is back within 5 % of the twin",
}


#: Measures of the outcomes of inclusion, autonomy and health (:data:`ecosim.outcomes.measured.MEASURED`): of each, over
#: the whole response.
BY_OUTCOME: dict[str, str] = {
    "level": "under the shock, mean from announcement to the end of observation",
    "change": "the same, less that of the policy's own twin",
}


def windowed() -> Iterator[tuple[str, str, int | None]]:
    """Measure, column and window of every name of :data:`BY_WINDOW`."""
    for column in COLUMNS:
        for window in (None, *WINDOWS):
            for measure in BY_WINDOW:
                yield measure, column, window


def window_of(name: str) -> int | None:
    """Months a measure is taken over; None for the whole response."""
    ending = name.rpartition("_")[2]
    if name == "substituted":
        return SEAT_MONTHS
    return int(ending) if ending.isdigit() else None


def _meanings() -> dict[str, str]:
    found = {}
    for measure, column, window in windowed():
        over = "" if window is None else f", in {window} months from announcement"
        found[named(measure, column, window)] = f"{column} {BY_WINDOW[measure]}{over}"
    for column in COLUMNS:
        found |= {named(measure, column): f"{column}: {words}" for measure, words in BY_COLUMN.items()}
    for item in MEASURED:
        better = "more" if item.better > 0 else "less"
        found |= {named(measure, item.name): f"{plain(item.name)} {words} ({item.unit}; {better} is better)"
                  for measure, words in BY_OUTCOME.items()}  # fmt: skip
    return found | OF_PRIMARY


def plain(name: Any) -> str:
    """A name from the data as a reader would write it."""
    return str(name).replace("_", " ")


#: Name of a measure of :data:`BY_OUTCOME` -> measure, outcome.
_OUTCOME_OF: dict[str, tuple[str, str]] = {
    named(measure, item.name): (measure, item.name) for item in MEASURED for measure in BY_OUTCOME
}
#: Every measure: name -> what it is.
MEANINGS: dict[str, str] = _meanings()
MEASURES: tuple[str, ...] = tuple(MEANINGS)


def _contrasted() -> dict[str, tuple[str, str, int]]:
    found: dict[str, tuple[str, str, int]] = {}
    for measure, column, window in windowed():
        parts = {
            "sustained": ("shock_area", "twin_area", 1),
            "delivered": ("shock_area", "reference_twin", 1),
            "baseline_cost": ("given_up", "reference_twin", -1),
        }
        name = named(measure, column, window)
        if measure in parts:
            top, bottom, better = parts[measure]
            found[name] = (named(top, column, window), named(bottom, column, window), better)
        else:
            found[name] = (name, "one", -1)
    found |= {named("worst_year", column): (named("worst_year", column), "one", 1) for column in COLUMNS}
    for item in MEASURED:
        found |= {named(measure, item.name): (named(measure, item.name), "one", item.better) for measure in BY_OUTCOME}
    found["fragility"] = ("in_flight_lost", "exposed_area", -1)
    found["substituted"] = ("seats_filled", "seats_lost", 1)
    return found


#: What may be contrasted: measure -> (numerator, denominator, sign of what is better), columns of a replicate's row.
CONTRASTED: dict[str, tuple[str, str, int]] = _contrasted()
#: Measures whose denominator may be next to nothing in one replicate: always the ratio of sums.
SUMMED: tuple[str, ...] = ("fragility", "substituted")
#: In words, what may be asked for.
_CONTRASTABLE = (
    f"{', '.join(BY_WINDOW)} (each with _{', _'.join(COLUMNS)}, and with or without "
    f"_{', _'.join(str(window) for window in WINDOWS)}), worst_year with a column, level and change of an outcome of "
    "inclusion, autonomy or health, fragility, substituted; `ecosim list measures` names all"
)


def split(name: str) -> tuple[str, str] | None:
    """The measure and the rest of the name of one of :data:`BY_WINDOW`; None for other measures.

    Examples
    --------
    >>> split("baseline_cost_output_24")
    ('baseline_cost', 'output_24')
    """
    for measure in BY_WINDOW:
        if name in MEANINGS and name.startswith(f"{measure}_"):
            return measure, name.removeprefix(f"{measure}_")
    return None


def twin_of(name: str, measure: str) -> str:
    """The same column and window under another measure of :data:`BY_WINDOW`: ``delivered_output`` as ``sustained``."""
    found = split(name)
    if found is None:
        raise ValueError(f"{name} is not taken over a window")
    return f"{measure}_{found[1]}"


def title(name: str) -> str:
    """A measure in a few words, for headings.

    Examples
    --------
    >>> title("sustained_collaboration_24"), title("worst_year_output"), title("recovery_months")
    ('collaboration sustained, 24 months', 'output in the worst year', 'recovery months')
    """
    if name in _OUTCOME_OF:
        measure, outcome = _OUTCOME_OF[name]
        return (BY_NAME[outcome].words or plain(outcome)) + (", change by the shock" if measure == "change" else "")
    words = {
        "sustained": "{} sustained", "delivered": "{} delivered", "baseline_cost": "{} given up in calm times",
        "final_gap": "{} missing at the end", "worst_year": "{} in the worst year",
        "months_below_half": "months of {} below half",
    }  # fmt: skip
    for measure, pattern in words.items():
        rest = name.removeprefix(f"{measure}_")
        if name in MEANINGS and rest != name:
            column, _, window = rest.partition("_")
            return pattern.format(column) + (f", {window} months" if window else "")
    return plain(name)


def change_of(name: str) -> tuple[str, int] | None:
    """Of a measure of :data:`BY_OUTCOME`, that of the change by the shock, and the sign of what is better.

    Examples
    --------
    >>> change_of("level_health_error_mean"), change_of("delivered_output")
    (('change_health_error_mean', -1), None)
    """
    if name not in _OUTCOME_OF:
        return None
    outcome = _OUTCOME_OF[name][1]
    return named("change", outcome), BY_NAME[outcome].better


def difference_of(name: str) -> Difference:
    """In what a difference of a measure is said: most in points, those of days or months in these.

    Examples
    --------
    >>> [difference_of(name).unit for name in ("delivered_output", "level_health_harmed", "change_detection_days")]
    ['points', 'points', 'days']
    """
    return BY_NAME[_OUTCOME_OF[name][1]].difference if name in _OUTCOME_OF else POINTS


def in_unit(value: float, name: str) -> float:
    """A difference of a measure as it is said, with one decimal and without a minus before nothing.

    Examples
    --------
    >>> in_unit(-0.0123, "delivered_output"), in_unit(-2.34, "level_lead_time_days"), in_unit(-1e-9, "fragility")
    (-1.2, -2.3, 0.0)
    """
    return round(difference_of(name).times * float(value), 1) + 0.0


def said_in(name: str) -> str:
    """In what the differences of a measure are said, with what a point is a point of.

    Examples
    --------
    >>> said_in("level_lead_time_days"), said_in("fragility")
    ('days', 'points of the exposed collaboration in flight')
    """
    unit = difference_of(name)
    return f"{unit.unit} of {base_of(name)}" if unit.of_a_share else unit.unit


def base_of(name: str) -> str:
    """What a point of a measure is a point of."""
    if name in _OUTCOME_OF:
        return f"the {BY_NAME[_OUTCOME_OF[name][1]].unit} itself"
    found = split(name)
    column = found[1].partition("_")[0] if found is not None else name.rpartition("_")[2]
    if found is not None and found[0] in ("delivered", "baseline_cost"):
        return f"the reference policy's calm-time {column}"
    own = f"the policy's own calm-time {column}"
    return {"fragility": "the exposed collaboration in flight", "substituted": "the seat-months vacated"}.get(name, own)


def check_measure(
    key: str, name: object, *, contrasted: bool = False, response_months: int | None = None, in_points: bool = False
) -> str:
    """Refuse what is no measure, or needs more months than are observed.

    Parameters
    ----------
    key : str
        Where it stands, for the message.
    name : object
        What was given.
    contrasted : bool
        Whether it must be one of :data:`CONTRASTED`.
    response_months : int, optional
        Months observed after the announcement.
    in_points : bool
        Whether its differences must be in points, as where several measures stand on one scale.

    Raises
    ------
    InputError
    """
    known: Mapping[str, object] = CONTRASTED if contrasted else MEANINGS
    if not isinstance(name, str) or name not in known:
        exists = isinstance(name, str) and name in MEANINGS
        raise InputError(
            key, name, problem="cannot be contrasted" if exists else "no such measure",
            allowed=_CONTRASTABLE if contrasted else "a name of `ecosim list measures`",
            nearest=_nearest(str(name), [*known]),
        )  # fmt: skip
    unit = difference_of(name)
    if in_points and not unit.of_a_share:
        raise InputError(key, name, problem=f"is in {unit.unit}, and stands on one scale with shares",
                         allowed="a measure that is a share or an index")  # fmt: skip
    window = window_of(name)
    if window is not None and response_months is not None and window > response_months and name != "substituted":
        raise InputError(
            key, name, problem=f"needs {window} months of response, of which {response_months} are observed",
            allowed=f"a window within timeline.response_months={response_months}, or none",
        )  # fmt: skip
    return name


def _nearest(name: str, known: Collection[str]) -> str | None:
    """The nearest name; of a measure without its column, that of the primary measures."""
    bare = {named(measure, "collaboration"): measure for measure in (*BY_WINDOW, *BY_COLUMN)}
    bare["delivered_output"] = bare.pop("delivered_collaboration")
    for full, measure in bare.items():
        if name == measure and full in known:
            return full
    return nearest_name(name, known)
