"""What `ecosim validate` is asked: words of the command line, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecosim.config.schema import Section, parameter
from ecosim.errors import InputError, nearest_name
from ecosim.evidence import nulls, validation
from ecosim.lab.compose import (
    Request,
    compose_plain,
    make_request,
    read_value,
    validated,
)

if TYPE_CHECKING:
    pass


class ValidateConfig(Section):
    """What is compared, and how often it is simulated."""

    windows: int = parameter(5, "Simulated windows, each a replicate of its own; 20 for reference.", bounds=(1, 10_000))
    start: str = parameter("2014-01", "First month of the window in the data (YYYY-MM).")
    end: str = parameter("2016-12", "Last month of the window (YYYY-MM).")
    tolerance: float = parameter(
        validation.TOLERANCE, "Half-width of the narrowest band, as a share of the simulated mean.", bounds=(0.0, 1.0)
    )
    shuffles: int = parameter(
        nulls.SHUFFLES, "Tables shuffled for each null model, with --data; those of the shipped targets are fixed.",
        bounds=(2, 10_000),
    )  # fmt: skip
    strict: bool = parameter(
        False, "End with exit code 1 when a row that says something (predicted, met by no shuffle) is outside its band."
    )


@dataclass(frozen=True)
class Question:
    """A request to validate, read from the command line."""

    request: Request
    settings: ValidateConfig
    plain: dict[str, Any]
    #: The user's own words on the scenario.
    overrides: tuple[str, ...]

    def says(self, key: str) -> bool:
        """Whether the user has set a key."""
        return any(word.lstrip("+").partition("=")[0] == key for word in self.overrides)


def ask(overrides: Sequence[str], config_dirs: Sequence[str] = (), saved: Mapping[str, Any] | None = None) -> Question:
    """Read overrides, those of ``validate`` among them; ``saved`` is a scenario under them.

    Raises
    ------
    InputError
        Naming the first key that is wrong.
    """
    own: dict[str, Any] = {}
    rest: list[str] = []
    for word in overrides:
        key, equals, value = word.lstrip("+").partition("=")
        if not key.startswith("validate."):
            rest.append(word)
            continue
        name = key.removeprefix("validate.")
        if not equals or name not in ValidateConfig.model_fields:
            known = [f"validate.{field}" for field in ValidateConfig.model_fields]
            raise InputError(
                key, value or None, ", ".join(known), nearest_name(key, known), problem="no such parameter"
            )
        # Text stays text: YAML would read a month as a number's neighbour.
        text = ValidateConfig.model_fields[name].annotation is str
        own[name] = value if text else read_value(key, value)
    settings = validated(ValidateConfig, own, "validate.")
    assert isinstance(settings, ValidateConfig)
    for name in ("start", "end"):
        _check_month(f"validate.{name}", getattr(settings, name))
    if validation.months_between(settings.start, settings.end) < 0:
        raise InputError("validate.end", settings.end, problem=f"lies before validate.start={settings.start}")
    plain = compose_plain(rest, config_dirs=config_dirs, saved=saved)
    request = make_request(plain)
    if request.runner.dry_run:
        raise InputError("runner.dry_run", "true", problem="validate has no dry run; before it begins it says how much "
                         "it simulates and how much memory that takes", allowed="false")  # fmt: skip
    return Question(request, settings, plain, tuple(rest))


def _check_month(key: str, value: str) -> None:
    from ecosim.lab.check import month_number

    month_number(key, value)


# ---------------------------------------------------------------------------------------------- windows
