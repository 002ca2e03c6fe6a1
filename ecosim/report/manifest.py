"""What a manifest says, as types: a folder that somebody else wrote is judged by them once, when it is opened.

Only what reading results relies on is typed; anything else a manifest holds is passed on as it stands.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Count = Annotated[int, Field(ge=0)]
#: A name or a number, as levels and conditions are written.
Scalar = bool | int | float | str
Ends = tuple[float, float]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class SealPart(_Part):
    """Length and checksum of a file."""

    bytes: Count
    crc32: str


class Compared(_Part):
    """A comparison the experiment declared."""

    factor: Scalar
    level: Scalar
    against: Scalar
    measures: list[str] = []
    where: dict[str, Scalar] = {}


class Asked(_Part):
    """The experiment."""

    name: str = ""
    question: str = ""
    factors: dict[str, Any] = {}
    uncertainties: dict[str, Any] = {}
    contrasts: dict[str, Compared] = {}
    seeds_per_draw: Annotated[int, Field(ge=1)] = 1
    smallest_effect: float | dict[str, float | dict[str, float]] | None = None
    break_even: list[str] = []
    break_even_pairs: list[tuple[str, str]] = []


class Written(_Part):
    """What was kept."""

    folder: str = "results"
    series: Literal["all", "quantiles", "none"] = "all"
    countries: Literal["all", "means", "none"] = "all"


class Counted(_Part):
    """How much was run."""

    policies: Count = 0
    designs: Count = 0
    replicates: Annotated[int, Field(ge=1)]
    histories: Count = 0
    runs: Count = 0
    drawn_parameters: Count = 0


class Axis(_Part):
    """One input of a design of points: a range, or values."""

    kind: Literal["lever", "uncertainty"]
    range: Ends = (0.0, 1.0)
    prior: Literal["uniform", "log_uniform"] = "uniform"
    values: list[Scalar] = []


class Axes(_Part):
    """SALib's definition of them."""

    num_vars: Count
    names: list[str]
    bounds: list[Ends]


class Laid(_Part):
    """A design of points."""

    kind: str
    levers: Literal["crossed", "sampled"]
    rows: Count
    points: Count
    settings: dict[str, Any]
    inputs: dict[str, Axis]
    problem: Axes
    digest: str


class Marks(_Part):
    """What the results depend on."""

    all: str


class World(_Part):
    """Which world; its other keys are as the scenario has them."""

    preset: str = ""


class Simulated(_Part):
    """The scenario, as far as it is read again."""

    world: World = World()
    shocks: dict[str, Any] = {}
    instruments: dict[str, Any] = {}
    programme: dict[str, Any] = {}
    policy: dict[str, Any] = {}


class Manifest(_Part):
    """``manifest.json``."""

    program: Literal["ecosim"]
    status: str = ""
    experiment: Asked
    output: Written
    counts: Counted
    fingerprint: Marks
    versions: dict[str, str]
    scenario: Simulated
    policies: list[dict[str, Any]] = []
    branches: dict[str, list[str]] = {}
    #: Absent without points, and never null.
    design: Laid = Field(default_factory=lambda: Laid.model_construct())
    #: Key -> low, high, prior.
    drawn: dict[str, tuple[float, float, str]] = {}
    held_at_fitted_values: list[str] = []
    files: dict[str, SealPart] = {}
    pending: dict[str, SealPart] = {}


def first_fault(text: str) -> str:
    """The dotted name of the first entry that is missing or of another type; empty when all is well.

    Parameters
    ----------
    text : str
        A manifest, as JSON of a mapping.
    """
    try:
        Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        names: list[str] = []
        inside: Any = json.loads(text)
        for part in first["loc"]:
            # where a value may be of several kinds, pydantic also names the kind
            there = part in inside if isinstance(inside, dict) else isinstance(inside, list) and isinstance(part, int)
            if not there and first["type"] != "missing":
                break
            names.append(str(part))
            inside = inside[part] if there else None
        return ".".join(names) or "the whole"
    return ""
