"""What shocks, instruments and decisions share: a kind, declared handles, and a registry that fills itself."""

from __future__ import annotations

from abc import ABC
from typing import Any, ClassVar

from pydantic import SerializerFunctionWrapHandler, model_serializer, model_validator

from ecosim.channels.handles import HANDLE
from ecosim.config.schema import Section
from ecosim.errors import InputError, nearest_name


class Declared(Section, ABC):
    """A frozen group of parameters with a name in a config group and the handles it may change.

    A direct subclass is a family (shock, instrument, decision) and sets :attr:`registry`; every class below it that
    sets :attr:`kind` enters the registry when it is defined.
    """

    #: Every class of the family by the name of its option; filled by the classes themselves.
    registry: ClassVar[dict[str, Any]] = {}
    #: Name of the option.
    kind: ClassVar[str] = ""
    #: What the option sets, where that is not the default of its parameter.
    option: ClassVar[dict[str, Any]] = {}
    #: Names of the handles it may change (:data:`ecosim.channels.handles.HANDLES`).
    handles: ClassVar[frozenset[str]] = frozenset()
    #: Whether every kind of the family must declare handles.
    needs_handles: ClassVar[bool] = True
    #: One sentence for ``ecosim list``.
    summary: ClassVar[str] = ""
    #: What the project's source texts say that it stands for, word by word; or why they say nothing of it.
    passage: ClassVar[str] = ""
    why_no_passage: ClassVar[str] = ""
    #: Settings under which it has much to do, in any world: the catalogue prints them, and all contract tests run them.
    example: ClassVar[dict[str, Any]] = {}
    #: Other kinds that the example needs: by family, the name and the settings of each; and values of other sections.
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__dict__.get("kind"):
            return
        known = cls.registry.get(cls.kind)
        if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(
                f"{cls.__name__}: the kind '{cls.kind}' is taken by {known.__module__}.{known.__qualname__}"
            )
        if not cls.summary:
            raise TypeError(f"{cls.__name__}: set `summary`, one sentence for people")
        if cls.needs_handles and not cls.handles:
            raise TypeError(f"{cls.__name__}: set `handles`; allowed: {', '.join(HANDLE)}")
        if unknown := sorted(cls.handles - HANDLE.keys()):
            raise TypeError(f"{cls.__name__}: no handle '{', '.join(unknown)}'; allowed: {', '.join(HANDLE)}")
        cls.registry[cls.kind] = cls

    @model_validator(mode="before")
    @classmethod
    def _drop_own_kind(cls, values: Any) -> Any:
        # What is written by model_dump() can be read back by the class itself, not only by the scenario.
        if isinstance(values, dict) and values.get("kind") == cls.kind:
            return {key: value for key, value in values.items() if key != "kind"}
        return values

    @model_serializer(mode="wrap")
    def _write_kind(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # A saved scenario must say the kind, because the key under which it stands is free.
        return {"kind": self.kind, **write(self)}


def check_names(key: str, given: tuple[str, ...] | str, known: tuple[str, ...], word: str = "all") -> None:
    """Refuse names that this world does not have.

    Parameters
    ----------
    key : str
        Parameter, as the user would write it.
    given : tuple of str, or a word such as "all"
        What the scenario says; a word is always accepted.
    known : tuple of str
        Names that exist.
    word : str
        The word that may stand instead of names.

    Raises
    ------
    InputError
        If a name is not known.
    """
    if isinstance(given, str):
        return
    if not given:
        raise InputError(key, [], f"{word}, or any of {', '.join(known)}", problem="names none")
    for name in given:
        if name not in known:
            raise InputError(key, name, f"{word}, or any of {', '.join(known)}", nearest_name(name, known))
