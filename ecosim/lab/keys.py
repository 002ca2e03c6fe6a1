"""Every key a user may set, from the typed schema: for checks, lists, documentation and nearest names."""

from __future__ import annotations

import itertools
import math
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ecosim.catalogue.families import FAMILIES
from ecosim.errors import InputError
from ecosim.lab.settings import ExperimentConfig, OutputConfig, RunnerConfig
from ecosim.scenario import Scenario

#: Sections beside the scenario.
SETTINGS: dict[str, type[BaseModel]] = {
    "experiment": ExperimentConfig,
    "runner": RunnerConfig,
    "output": OutputConfig,
}


@dataclass(frozen=True)
class Key:
    """One parameter: its dotted name and what the schema says about it."""

    name: str
    default: Any
    description: str
    unit: str
    role: str
    allowed: str
    range: tuple[float, float] | None
    prior: str
    source: str
    field: FieldInfo


def scenario_keys() -> list[Key]:
    """Parameters of the scenario, in the order of the schema; those of kinds (shocks, instruments, ...) once each."""
    keys = list(_walk(Scenario, ""))
    for group, registry in FAMILIES.items():
        for kind in sorted(registry):
            keys += _walk(registry[kind], f"{group}.{kind}.")
    return keys


def settings_keys() -> list[Key]:
    """Parameters of the sections experiment, runner and output."""
    return [key for section, model in SETTINGS.items() for key in _walk(model, f"{section}.")]


def all_keys() -> Mapping[str, Key]:
    """Every parameter by its dotted name."""
    return _all_keys(*(tuple(registry.values()) for registry in FAMILIES.values()))


@lru_cache(maxsize=4)
def _all_keys(*registered: tuple[type[BaseModel], ...]) -> Mapping[str, Key]:
    """The same, walked once for the kinds that are registered: each word of a command asks."""
    return types.MappingProxyType({key.name: key for key in [*scenario_keys(), *settings_keys()]})


#: Keys that are no more -> the key in their place, what each value is now, and why.
_CALLS_A_YEAR = {"observed": "observed"} | {str(k): str(12 // k) for k in (1, 2, 3, 4, 6, 12)}
_FORMER: dict[str, tuple[str, dict[str, str], str]] = {
    "programme.cohorts_per_year": ("programme.months_between_calls", _CALLS_A_YEAR, "calls are counted in months"),
    "behaviour.work.supplier_switch_months": (
        "behaviour.supply.switch_equipment_months",
        {},
        "inputs come in kinds, each with months of its own",
    ),
}


def former_key(key: str, value: Any) -> InputError | None:
    """What to say of a key that was there once: the key in its place, and its value where one is the same."""
    if key not in _FORMER:
        return None
    now, values, why = _FORMER[key]
    same = values.get(str(value))
    return InputError(key, value, f"{now}={same}" if same else "", None if same else now, problem=f"is gone: {why} now")


#: Keys that hold a file or a folder.
PATH_KEYS = frozenset({"output.folder", "world.participations", "experiment.points"})
#: Keys that hold countries by code or name, and the last part of such keys of kinds and policies.
_COUNTRY_KEYS = frozenset({"world.countries", "country", "focus", "break"})
_COUNTRY_FIELDS = frozenset({"targets", "counterparts", "users", "hosts", "senders", "actor", "countries"})


def holds_countries(key: str) -> bool:
    """Whether a key asks for countries."""
    group, _, rest = key.partition(".")
    return key in _COUNTRY_KEYS or (group in (*FAMILIES, "policy") and rest.rpartition(".")[2] in
                                    _COUNTRY_FIELDS)  # fmt: skip


def section_names() -> set[str]:
    """Dotted names of sections (``behaviour.search``), which may be set whole."""
    return _section_names(tuple(all_keys()))


@lru_cache(maxsize=4)
def _section_names(keys: tuple[str, ...]) -> set[str]:
    names: set[str] = set()
    for name in keys:
        parts = name.split(".")
        names.update(".".join(parts[:depth]) for depth in range(1, len(parts)))
    return names | FAMILIES.keys()


def _walk(model: type[BaseModel], prefix: str) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _walk(annotation, f"{prefix}{name}.")
            continue
        if prefix == "" and name in FAMILIES:
            continue
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        limits: Any = extra.get("range")
        yield Key(
            name=f"{prefix}{name}",
            default=field.get_default(call_default_factory=True),
            description=field.description or "",
            unit=str(extra.get("unit", "")),
            role=str(extra.get("role", "choice")),
            allowed=allowed_values(field),
            range=(float(limits[0]), float(limits[1])) if limits else None,
            prior=str(extra.get("prior", "")),
            source=str(extra.get("source", "")),
            field=field,
        )


def allowed_values(field: FieldInfo) -> str:
    """What a field accepts, in words."""
    lower: float | None = None
    upper: float | None = None
    for rule in field.metadata:
        lower = getattr(rule, "ge", lower)
        upper = getattr(rule, "le", upper)
    return _in_words(field.annotation, lower, upper)


def _in_words(annotation: Any, lower: float | None, upper: float | None) -> str:
    origin = get_origin(annotation)
    if origin is Annotated:
        annotation, *rules = get_args(annotation)
        for rule in itertools.chain.from_iterable(getattr(item, "metadata", ()) for item in rules):
            lower, upper = getattr(rule, "ge", lower), getattr(rule, "le", upper)
        return _in_words(annotation, lower, upper)
    if annotation is bool:
        return "true or false"
    if annotation in (int, float):
        noun = "a whole number" if annotation is int else "a number"
        return noun + _interval(lower, upper)
    if annotation is str:
        return "text"
    if annotation is type(None):
        return "null"
    if origin is Literal:
        return ", ".join(str(value) for value in get_args(annotation))
    if origin in (Union, types.UnionType):
        return " or ".join(_in_words(item, lower, upper) for item in get_args(annotation))
    if origin is tuple:
        items = get_args(annotation)
        if len(items) == 2 and items[1] is Ellipsis:
            return f"a list [{_in_words(items[0], None, None)}, ...]"
        return "[" + ", ".join(_in_words(item, None, None) for item in items) + "]"
    if origin is dict:
        return "a mapping {name: ...}"
    return "a mapping {key: value, ...}" if isinstance(annotation, type) else "a value of another type"


def _interval(lower: float | None, upper: float | None) -> str:
    low = lower is not None and math.isfinite(lower)
    high = upper is not None and math.isfinite(upper)
    if low and high:
        return f" from {_number(lower)} to {_number(upper)}"
    if low:
        return f" of at least {_number(lower)}"
    if high:
        return f" of at most {_number(upper)}"
    return ""


def _number(value: float | None) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"
