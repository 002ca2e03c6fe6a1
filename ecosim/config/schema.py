"""How a parameter says what it is: value, unit, range, and where it comes from.

One declaration serves the config check, ``docs/PARAMETERS.md``, ``ecosim list parameters`` and, later, the sliders of
the page and the draws of parameter uncertainty.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Prior = Literal["uniform", "log_uniform"]
Role = Literal["choice", "sourced", "fitted", "assumed"]


class Section(BaseModel):
    """A frozen group of parameters; unknown keys, not-a-number and infinity are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True, defer_build=True)

    @property
    def idle(self) -> frozenset[str]:
        """Parameters that have no effect beside the values of the others, and so are not drawn over."""
        return frozenset()


def parameter(
    default: Any,
    description: str,
    *,
    unit: str = "",
    bounds: tuple[float | None, float | None] = (None, None),
    assumed: tuple[float, float] | None = None,
    fitted: tuple[float, float] | None = None,
    source: str | None = None,
    prior: Prior = "uniform",
) -> Any:
    """Declare one parameter of a :class:`Section`.

    Parameters
    ----------
    default
        Value used unless a scenario says otherwise.
    description : str
        One sentence, for people.
    unit : str
        Unit of the value ("months", "EUR", "share"); empty for names and counts without one.
    bounds : (float | None, float | None)
        Smallest and largest value the simulator accepts.
    assumed : (float, float), optional
        Plausible range of a value no data set identifies; uncertainty analysis draws from it.
    fitted : (float, float), optional
        Range searched when the parameter is set by simulated moments.
    source : str, optional
        Publication or data set the value comes from.
    prior : {"uniform", "log_uniform"}
        How ``assumed`` is drawn from.

    Returns
    -------
    pydantic.fields.FieldInfo
        A parameter is a ``choice`` of the user unless it is ``assumed``, ``fitted`` or ``sourced``.
    """
    role: Role = "choice"
    if assumed is not None:
        role = "assumed"
    elif fitted is not None:
        role = "fitted"
    elif source is not None:
        role = "sourced"
    extra: dict[str, Any] = {"unit": unit, "role": role, "prior": prior}
    if source is not None:
        extra["source"] = source
    if assumed is not None or fitted is not None:
        extra["range"] = list(assumed or fitted or ())
    return Field(default, description=description, ge=bounds[0], le=bounds[1], json_schema_extra=extra)
