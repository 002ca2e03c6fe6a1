"""What shocks, instruments and decisions share: a kind, declared handles, and a registry that fills itself."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import SerializerFunctionWrapHandler, ValidationError, model_serializer, model_validator

from ecosim.channels.handles import HANDLE
from ecosim.config.schema import Section
from ecosim.errors import InputError, nearest_name, shown

#: Sections of a scenario that hold kinds, each with settings.
_KINDS = ("shocks", "decisions", "instruments", "funders")
_BESIDE = '{"shocks": {"diplomatic_rupture": {"targets": ["GBR"]}}}'


class RefusedError(TypeError):
    """A class that says something about itself that cannot be; one line that begins with its name."""


def _names(value: Any) -> bool:
    """Whether it is a mapping by names."""
    return isinstance(value, Mapping) and all(isinstance(name, str) for name in value)


class Declared(Section, ABC):
    """A frozen group of parameters with a name in a config group and the handles it may change.

    A direct subclass is a family (shock, instrument, decision) and sets :attr:`registry`; every class below it that
    sets :attr:`kind` enters the registry when it is defined.
    """

    #: Every class of the family by the name of its option; filled by the classes themselves.
    registry: ClassVar[dict[str, Any]] = {}
    #: Whether a class between the family and its kinds has parameters that the cards of those kinds shall name.
    of_some_kinds: ClassVar[bool] = False
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
    #: ``{"shocks": {"diplomatic_rupture": {"targets": ["GBR"]}}, "mechanisms": {"stages": True}}``.
    example_beside: ClassVar[dict[str, dict[str, Any]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__dict__.get("kind"):
            return
        known = cls.registry.get(cls.kind)
        if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise RefusedError(
                f"{cls.__name__}: the kind '{cls.kind}' is taken by {known.__module__}.{known.__qualname__}"
            )
        if not cls.summary:
            raise RefusedError(f"{cls.__name__}: set `summary`, one sentence for people")
        if cls.needs_handles and not cls.handles:
            raise RefusedError(f"{cls.__name__}: set `handles`; allowed: {', '.join(HANDLE)}")
        cls.only_known("handle", cls.handles, HANDLE)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register the class, once its parameters are there and its example is known to fit them."""
        super().__pydantic_init_subclass__(**kwargs)
        if cls.__dict__.get("kind"):
            cls._check_example()
            cls.registry[cls.kind] = cls

    @classmethod
    def only_known(cls, what: str, given: Iterable[str], known: Iterable[str], problem: str = "") -> None:
        """Refuse names that do not exist: the nearest valid name where there is one, or else all of them."""
        names = tuple(known)
        for name in sorted(given):
            if name not in names:
                hint = nearest_name(str(name), names)
                rest = f"did you mean {hint}?" if hint else f"allowed: {', '.join(names)}"
                raise RefusedError(f"{cls.__name__}: {problem or f'no {what}'} '{name}'; {rest}")

    @classmethod
    def one_of(cls, attribute: str, value: Any, allowed: Iterable[str]) -> None:
        """Refuse a value of an attribute of the class that is none of those allowed."""
        words = tuple(allowed)
        if value not in words:
            raise RefusedError(f"{cls.__name__}: {attribute} = {shown(repr(value))}; allowed: {', '.join(words)}")

    @classmethod
    def _check_example(cls) -> None:
        """Refuse an example that says nothing in a scenario: of a wrong shape, or with settings that do not fit.

        Whether the other kinds of ``example_beside`` exist and fit is asked when all are there
        (:func:`ecosim.lab.compose.load_plugins`).
        """
        if not _names(cls.example):
            what = f"{cls.__name__}: example = {shown(cls.example)}"
            raise RefusedError(f'{what}; allowed: parameters and their values, {{"targets": ["GBR"]}}')
        beside = f"{cls.__name__}: example_beside"
        sections: Any = cls.example_beside.items() if _names(cls.example_beside) else [("", None)]
        for section, inside in sections:
            if not _names(inside) or (section in _KINDS and not all(map(_names, inside.values()))):
                wrong = cls.example_beside if inside is None else {section: inside}
                allowed = f"by section, each kind and its settings, {_BESIDE}"
                raise RefusedError(f"{beside} = {shown(wrong)}; allowed: {allowed}")
        for name in cls.example:
            cls.only_known("parameter", [name], cls.model_fields, "example: no parameter")
        if cls.__pydantic_complete__:
            try:
                cls.model_validate({**cls.option, **cls.example})
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                key = ".".join(str(part) for part in first["loc"]) or "settings"
                value = shown(first["input"])
                raise RefusedError(f"{cls.__name__}: example: {key}={value}: {first['msg']}") from None

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


_OURS = str(Path(__file__).resolve().parents[1])


def of_user(kind: type) -> bool:
    """Whether a class is the user's own: those that ship are held to their declarations by the tests."""
    return kind.__module__.partition(".")[0] != "ecosim"


def fault(error: BaseException) -> str:
    """What went wrong, in a line; where a method of a kind of the user's own did, which, in what file and line.

    Examples
    --------
    >>> fault(KeyError("output"))
    "KeyError: 'output'"
    """
    what = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
    place = ""
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        owner = step.tb_frame.f_locals.get("self")
        if isinstance(owner, Declared) and not str(Path(code.co_filename).resolve()).startswith(_OURS):
            place = f"{owner.kind}.{code.co_name} ({Path(code.co_filename).name}, line {step.tb_lineno}): "
        step = step.tb_next
    return " ".join(f"{place}{what}".split())
