"""From options and overrides to a checked request: Hydra composes, the typed schema checks, nothing is instantiated."""

from __future__ import annotations

import copy
import datetime
import hashlib
import importlib
import importlib.util
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from ecosim.catalogue.cards import example_of, preset_of
from ecosim.catalogue.families import FAMILIES, kind_of, yield_to_cases
from ecosim.channels.declared import Declared, RefusedError
from ecosim.errors import (
    DEEPEST,
    InputError,
    nearest_key,
    nearest_name,
    plain_data,
    plain_text,
    short_label,
    shown,
    usable_path,
)
from ecosim.lab.keys import (
    PATH_KEYS,
    SETTINGS,
    all_keys,
    allowed_values,
    former_key,
    holds_countries,
    section_names,
)
from ecosim.lab.settings import ExperimentConfig, OutputConfig, RunnerConfig
from ecosim.scenario import Scenario, as_plain
from ecosim.shocks.base import dated_twice

#: Config groups, in the order of the defaults list.
GROUPS: tuple[str, ...] = ("world", "policy", "programme", *FAMILIES, "scenario", "experiment", "runner", "output")
#: Groups of which several options may be chosen: the families of kinds, whose classes are their options.
LIST_GROUPS: tuple[str, ...] = tuple(FAMILIES)
#: Mappings that an override replaces as a whole.
_REPLACED = (
    "experiment.factors", "experiment.uncertainties", "experiment.branches", "experiment.reference",
    "experiment.contrasts",
)  # fmt: skip
#: Mappings by name of which an override may set one entry; whether there is such a name is said with the scenario.
_BY_NAME = ("policy.levers",)


@dataclass(frozen=True)
class Request:
    """What the user asked for, checked."""

    scenario: Scenario
    experiment: ExperimentConfig
    runner: RunnerConfig
    output: OutputConfig
    #: Module or file -> SHA-256 of its source.
    plugins: dict[str, str] = field(default_factory=dict)
    #: What the scenario was composed from; None when it was made otherwise.
    composed: Composed | None = field(default=None, repr=False, compare=False)

    def with_options(self, options: Mapping[str, Any]) -> Scenario:
        """The scenario with other options of some groups, as if they had been named last on the command line.

        Parameters
        ----------
        options : mapping
            Group -> option (instruments: a list of options).
        """
        if self.composed is None:
            raise InputError(
                next(iter(options)), problem="options can be varied only in an experiment composed from options"
            )
        words = [word for word in self.composed.words if word.partition("=")[0].lstrip("+") not in options]
        words += [f"{group}={shown(option)}" for group, option in options.items()]
        plain = compose_plain(words, config_dirs=self.composed.config_dirs, saved=self.composed.saved)
        return make_request(plain).scenario


class Composed(dict[str, Any]):
    """Composed data, with the words they were composed from."""

    def __init__(
        self,
        plain: Mapping[Any, Any],
        words: Sequence[str],
        config_dirs: Sequence[str],
        saved: Mapping[str, Any] | None,
    ) -> None:
        super().__init__({str(key): value for key, value in plain.items()})
        self.words = tuple(words)
        self.config_dirs = tuple(config_dirs)
        self.saved = saved

    def keys_set(self) -> tuple[str, ...]:
        """Dotted keys that the words set, in their order; options chosen are none."""
        found: list[str] = []
        for item in parse_overrides(self.words, self.config_dirs):
            if item.key_or_group not in GROUPS and not item.is_delete():
                found += _leaves(item.key_or_group, item.value())
        return tuple(found)


def _leaves(key: str, value: Any) -> list[str]:
    if isinstance(value, Mapping) and value:
        return [leaf for name, item in value.items() for leaf in _leaves(f"{key}.{name}", item)]
    return [key]


def conf_folder() -> Path:
    """Folder of the options that ship: inside the installed package, or beside it in a repository."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "conf", package.parent / "conf"):
        if (folder / "config.yaml").is_file():
            return folder
    raise InputError("conf", None, problem=f"no options found beside the package {package}; install ecosim again")


def options(group: str, config_dirs: Sequence[str] = ()) -> dict[str, str]:
    """Names of the options of a group, with the first sentence of comment in each file, or what a kind's class says."""
    found = {kind: cls.summary for kind, cls in FAMILIES.get(group, {}).items()}
    return dict(sorted((found | _option_files(group, config_dirs)).items()))


def _option_files(group: str, config_dirs: Sequence[str] = ()) -> dict[str, str]:
    """Options of a group that have a file, with the first sentence of comment in each."""
    found: dict[str, str] = {}
    for name, path in _paths(group, config_dirs):
        comments = []
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if not line.startswith("#"):
                break
            if not line.startswith("# @package"):
                comments.append(line.lstrip("# ").strip())
        found[name] = " ".join(comments)
    return found


def _paths(group: str, config_dirs: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Files of options of a group; of two with one name the later counts."""
    for folder in [conf_folder(), *map(Path, config_dirs)]:
        for path in sorted((folder / group).glob("*.yaml")):
            yield path.stem, path


def presets(group: str, config_dirs: Sequence[str] = ()) -> dict[str, str]:
    """Options of a family that are another kind with other numbers, and of which kind each is a preset.

    Classes that act just as the one they descend from, and files that name a kind that is not their own name.
    """
    import yaml

    found = {kind: preset_of(cls) for kind, cls in FAMILIES.get(group, {}).items() if preset_of(cls)}
    for name, path in _paths(group, config_dirs) if group in FAMILIES else ():
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError, yaml.YAMLError):
            # whoever chooses it is told what is wrong with it
            continue
        kind = content.get("kind") if isinstance(content, Mapping) else None
        if isinstance(kind, str) and kind != name and kind in FAMILIES[group]:
            found[name] = kind
    return found


def schema_defaults() -> dict[str, Any]:
    """Every key with its default, as plain data: the ground on which options are laid."""
    plain = as_plain(Scenario())
    for name, model in SETTINGS.items():
        plain[name] = model().model_dump(mode="json")
    return plain


def register_schema() -> None:
    """Make the defaults known to Hydra, so that `--cfg` shows them and unknown keys show.

    Under a name of our own: another Hydra program may be running around us. What stands there already is left, for
    Hydra takes a tenth of a second to store it all.
    """
    from hydra.core.config_store import ConfigStore

    store = ConfigStore.instance()

    def stands(group: str, name: str, cls: type) -> bool:
        there = store.repo.get(group, {}) if group else store.repo
        return getattr(there.get(f"{name}.yaml"), "provider", "") == "ecosim" and _stored.get((group, name)) is cls

    if not stands("", "ecosim_schema", Scenario):
        store.store(name="ecosim_schema", node=schema_defaults(), provider="ecosim")
        _stored["", "ecosim_schema"] = Scenario
    for group, registry in FAMILIES.items():
        for kind, cls in registry.items():
            if stands(group, kind, cls):
                continue
            node = {"kind": kind, **cls.option}
            store.store(group=group, name=kind, node=node, package=f"{group}.{kind}", provider="ecosim")
            _stored[group, kind] = cls


#: What Hydra has of us: the class by group and name of its option.
_stored: dict[tuple[str, str], type] = {}


# ---------------------------------------------------------------------------------------------- overrides


def parse_overrides(overrides: Sequence[str], config_dirs: Sequence[str] = (), *, several: bool = False) -> list[Any]:
    """Check the names in overrides, in Hydra's grammar.

    Parameters
    ----------
    overrides : sequence of str
        ``key=value``, ``group=option``, ``+key=value``, ``~key``.
    config_dirs : sequence of str
        Folders with further options.
    several : bool
        Whether an override may carry several values (multirun).

    Returns
    -------
    list of hydra.core.override_parser.types.Override
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    parser = OverridesParser.create()
    parsed = []
    own_kinds = _named_kinds(overrides)
    for word in overrides:
        refuse_unreadable(word)
        # with several values, quotes tell where one ends
        text = word if several else as_it_stands(word)
        try:
            override = parser.parse_override(text)
        except HydraException as error:
            raise InputError(word, problem=f"cannot be read ({_first_line(error)})", allowed="key=value") from None
        except (RecursionError, ValueError) as error:
            # Python reads no whole number of more than a few thousand digits
            raise InputError(word, problem=f"cannot be read ({_first_line(error)})", allowed="key=value") from None
        if override.is_sweep_override() and not several:
            raise InputError(
                text, problem="has several values", allowed="one value, a list [a,b], or `ecosim run -m` for each"
            )
        key = override.key_or_group
        if key.split(".")[0].split("/")[0] != "hydra":
            if key in GROUPS:
                _check_choice(override, config_dirs, own_kinds)
            else:
                _check_key(key, override)
        parsed.append(override)
    return parsed


#: Longest override, in letters.
_LONGEST_WORD = 100_000


def refuse_unreadable(word: str) -> None:
    """Refuse an override that a parser would take minutes or all memory for, before one sees it.

    Raises
    ------
    InputError
        If it is very long, holds a zero byte or bytes that are no UTF-8, or opens too many brackets inside each other.
    """
    key = word.partition("=")[0]
    plain_text(key, word)
    if len(word) > _LONGEST_WORD:
        raise InputError(key, f"{len(word)} letters", problem="is too long",
                         allowed=f"at most {_LONGEST_WORD:,} letters; more fits in a file (--config-dir)")  # fmt: skip
    depth = deepest = 0
    for letter in word:
        depth += (letter in "[{(") - (letter in "]})")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise InputError(key, word.partition("=")[2], problem="is nested too deeply",
                         allowed=f"at most {DEEPEST} lists or mappings inside each other")  # fmt: skip


def as_it_stands(word: str) -> str:
    r"""An override whose value is quoted for Hydra where its key holds a path or countries, whose names are free.

    What begins with a bracket or a quote is Hydra's already, but for names in a list of countries.

    Examples
    --------
    >>> as_it_stands("output.folder=Ergebnisse Ü, (1)#=")
    "output.folder='Ergebnisse Ü, (1)#='"
    >>> as_it_stands("shocks.a.targets=[Côte d'Ivoire,DEU]")
    "shocks.a.targets=['Côte d\\'Ivoire',DEU]"
    """
    signed, equals, value = word.partition("=")
    key = signed.lstrip("+")
    countries = holds_countries(key)
    if not equals or not (countries or key in PATH_KEYS):
        return word
    value = value.strip()
    if countries and value.startswith("[") and value.endswith("]"):
        items = [item.strip() for item in value[1:-1].split(",")]
        if not any(item[:1] in _QUOTES for item in items):
            return f"{signed}=[{','.join(item if _SIMPLE.fullmatch(item) else quoted(item) for item in items)}]"
    in_quotes = len(value) > 1 and value[0] in _QUOTES and value[-1] == value[0]
    if not value or value[0] == "[" or in_quotes or value.lower() in ("null", "false"):
        return word
    # a number of points is none of a file
    if key == "experiment.points" and value.isdigit():
        return word
    return f"{signed}={quoted(value)}"


#: How a value begins that is quoted, and what Hydra reads in a list without quotes.
_QUOTES = ("'", '"')
_SIMPLE = re.compile(r"[\w:.+-]*", re.ASCII)


def quoted(text: str) -> str:
    """A value in quotes, as Hydra's grammar has it: backslashes count only before a quote."""
    return "'" + re.sub(r"(\\*)('|$)", lambda found: found[1] * 2 + ("\\'" if found[2] else ""), text) + "'"


def _named_kinds(overrides: Sequence[str]) -> dict[tuple[str, str], str]:
    """Shocks and instruments under names of their own: (group, name) -> kind, from ``shocks.NAME.kind=KIND``."""
    found: dict[tuple[str, str], str] = {}
    for word in overrides:
        key, equals, value = word.lstrip("+").partition("=")
        group, _, rest = key.partition(".")
        name, _, field = rest.partition(".")
        if not equals or group not in LIST_GROUPS or not name:
            continue
        inside = re.match(r"\{\s*(?:.*,)?\s*kind\s*:\s*['\"]?(\w+)", value)
        if field == "kind":
            found[group, name] = value.strip("'\" ")
        elif not field and inside:
            found[group, name] = inside[1]
    return found


def _nearest_option(name: str, known: Mapping[str, str]) -> str | None:
    """The option that is written much like a name, or the only one of which the file or the class speaks of it."""
    word = re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)
    speaking = [option for option, text in known.items() if len(name) > 3 and word.search(text)]
    return nearest_name(name, known) or (speaking[0] if len(speaking) == 1 else None)


def _check_choice(override: Any, config_dirs: Sequence[str], own_kinds: Mapping[tuple[str, str], str]) -> None:
    group = override.key_or_group
    if override.is_delete():
        return
    known = options(group, config_dirs)
    known |= dict.fromkeys((name for of, name in own_kinds if of == group), "")
    chosen = list(override.sweep_iterator()) if override.is_sweep_override() else [override.value()]
    names = [name for item in chosen for name in (item if isinstance(item, list) else [item])]
    for name in names:
        if name is None or isinstance(name, dict):
            raise InputError(
                group, name, problem=f"takes the name of an option; one key is set with {group}.KEY=VALUE",
                allowed=", ".join(known),
            )  # fmt: skip
        if str(name) not in known:
            nameless = _without_kind()
            raise InputError(
                group, name, problem="no such option" + (f" ({nameless})" if nameless else ""),
                allowed=", ".join(known), nearest=_nearest_option(str(name), known),
            )  # fmt: skip
    for item in chosen if group in LIST_GROUPS else ():
        given = [str(name) for name in item] if isinstance(item, list) else []
        twice = next((name for name in given if given.count(name) > 1), None)
        if twice is not None:
            raise InputError(
                group, item, problem=f"names {twice} twice",
                allowed=f"two of one kind under names of their own: {group}=[a,b] {group}.a.kind={twice} ...",
            )  # fmt: skip
    if group not in LIST_GROUPS and any(isinstance(item, list) for item in chosen):
        raise InputError(group, chosen[0], problem="takes one option", allowed=", ".join(known))


def _check_key(key: str, override: Any) -> None:
    known = all_keys()
    parts = key.split(".")
    if key in known or key in section_names():
        return
    # shocks.<name>.<field>: the name is the scenario's own, the field is checked when the kind is known
    if parts[0] in LIST_GROUPS and len(parts) in (2, 3):
        return
    if ".".join(parts[:2]) in _REPLACED or ".".join(parts[:-1]) in _BY_NAME:
        return
    _, equals, value = override.input_line.partition("=")
    gone = former_key(key, value if equals else None)
    if gone is not None:
        raise gone
    near = nearest_key(key, {*known, *GROUPS})
    raise InputError(key, value if equals else None, problem="no such parameter", nearest=near)


def hydra_arguments(overrides: Sequence[str], config_dirs: Sequence[str] = ()) -> list[str]:
    """Overrides for Hydra's own command line, after the same check of names; keys may add to the schema's mappings."""
    arguments = []
    own_kinds = _named_kinds(overrides)
    for text, override in zip(overrides, parse_overrides(overrides, config_dirs, several=True), strict=True):
        if override.key_or_group in LIST_GROUPS and not (override.is_sweep_override() or override.is_delete()):
            chosen = override.value()
            names = [str(name) for name in (chosen if isinstance(chosen, list) else [chosen])]
            replaced = sorted(_USUAL[override.key_or_group] - set(names))
            arguments += [f"~{override.key_or_group}.{name}" for name in replaced]
            own = [name for name in names if (override.key_or_group, name) in own_kinds]
            if own:
                group = override.key_or_group
                arguments.append(f"{group}=[{','.join(name for name in names if name not in own)}]")
                for name in own:
                    settings = _option_of(group, own_kinds[group, name], config_dirs)
                    arguments += [f"++{group}.{name}.{key}={shown(value)}" for key, value in settings.items()]
                continue
        plain = override.key_or_group in GROUPS or text[0] in "+~" or text.startswith("hydra")
        arguments.append(text if plain else f"++{text}")
    return arguments


# ---------------------------------------------------------------------------------------------- composition


def compose_plain(
    overrides: Sequence[str] = (),
    *,
    config_dirs: Sequence[str] = (),
    saved: Mapping[str, Any] | None = None,
) -> Composed:
    """Compose options and overrides to plain data.

    Parameters
    ----------
    overrides : sequence of str
        In Hydra's grammar.
    config_dirs : sequence of str
        Folders with further options.
    saved : mapping, optional
        A saved scenario, laid over the options; an option named in ``overrides`` replaces its whole part of it.
    """
    with _one_at_a_time:
        return _compose_plain(overrides, config_dirs, saved)


#: Kinds that a scenario has when none of their family are chosen.
_USUAL: dict[str, frozenset[str]] = {
    group: frozenset(Scenario.model_fields[group].get_default(call_default_factory=True)) for group in FAMILIES
}
#: Hydra's registries and parsers are those of the process.
_one_at_a_time = threading.RLock()


def _compose_plain(overrides: Sequence[str], config_dirs: Sequence[str], saved: Mapping[str, Any] | None) -> Composed:
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    for folder in config_dirs:
        if not Path(usable_path("--config-dir", folder)).is_dir():
            raise InputError("--config-dir", folder, problem="no such folder")
    parsed = parse_overrides(overrides, config_dirs)
    register_schema()
    choices = [item for item in parsed if item.key_or_group in GROUPS]
    values = [item for item in parsed if item.key_or_group not in GROUPS]
    _refuse_two_dates(values)
    if saved is not None and any(item.key_or_group == "scenario" for item in choices):
        raise InputError("scenario", problem="cannot be chosen beside a saved scenario", allowed="one of them")
    own_kinds = _named_kinds(overrides)
    arguments, added = _choices_with_files(choices, config_dirs)
    arguments += [item.input_line for item in values if item.key_or_group.startswith("hydra")]
    try:
        try:
            config = _laid_together(arguments, config_dirs)
        except (HydraException, OmegaConfBaseException, RecursionError, MemoryError, OSError):
            raise
        except Exception as error:
            # nothing but Hydra and the option files is at work here, and it raises whatever it stumbles over in a file
            raise InputError("config", problem=f"cannot be composed ({_first_line(error)})") from None
        OmegaConf.set_struct(config, False)
        for group in {item.key_or_group for item in choices if item.key_or_group in FAMILIES}:
            # what the defaults name goes when others are chosen
            for name in [name for name in config[group] if name in _USUAL[group]]:
                del config[group][name]
        for group, name in added:
            config[group][name] = _option_of(group, own_kinds.get((group, name), name), config_dirs)
        if saved is not None:
            replaced = {item.key_or_group for item in choices}
            laid = {key: value for key, value in saved.items() if key not in replaced}
            for group in LIST_GROUPS:
                if group in laid:
                    config[group] = {}
            config.merge_with(OmegaConf.create(laid))
        for item in values:
            if not item.key_or_group.startswith("hydra"):
                _apply(config, item)
        plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except InputError:
        raise
    except RecursionError:
        raise InputError("config", problem="is nested too deeply", allowed=f"at most {DEEPEST} levels") from None
    except MemoryError:
        raise InputError("config", problem="holds too much for the memory of this computer") from None
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError("config", problem=_first_line(error)) from None
    except OSError as error:
        raise InputError("conf", problem=f"cannot be read ({error})") from None
    except Exception as error:
        # YAML's own errors share no base class with the above
        if type(error).__module__.startswith("yaml"):
            raise InputError("config", problem=f"is not valid YAML ({_first_line(error)})") from None
        raise
    assert isinstance(plain, dict)
    for section, content in plain.items():
        plain_data(str(section), content)
    yield_to_cases(plain.get("shocks"), [item.key_or_group for item in values])
    return Composed(plain, overrides, config_dirs, saved)


def _laid_together(arguments: Sequence[str], config_dirs: Sequence[str]) -> Any:
    """Options laid together: those that ship only once for the same choice, which takes Hydra a tenth of a second.

    A file of the user may refer to what changes meanwhile, so nothing of it is kept.
    """
    if config_dirs or any("$" in word or word.startswith("hydra") for word in arguments):
        return _loaded(arguments, config_dirs)
    return copy.deepcopy(_shipped(tuple(arguments), _stamps()))


def _refuse_two_dates(values: Sequence[Any]) -> None:
    """Refuse a shock of which one event is dated both by a month of the calendar and by months after another."""
    said: dict[str, dict[str, Any]] = {}
    for item in values:
        group, _, rest = item.key_or_group.partition(".")
        name, _, field = rest.partition(".")
        if group != "shocks" or item.is_delete():
            continue
        value = item.value()
        said.setdefault(name, {}).update({field: value} if field else value if isinstance(value, dict) else {})
    for name, settings in said.items():
        refuse_two_dates(name, settings)


def refuse_two_dates(name: str, settings: Mapping[str, Any]) -> None:
    """Refuse what somebody wrote of a shock if it dates one event in both ways."""
    event = dated_twice(settings)
    if event is not None:
        raise InputError(
            f"shocks.{name}.{event}", settings[event], "one of them",
            problem=f"stands beside {event}_after_months={shown(settings[f'{event}_after_months'])}",
        )  # fmt: skip


def _stamps() -> tuple[tuple[str, int, int], ...]:
    """What tells whether an option file that ships has changed."""
    found = [(str(path), path.stat()) for path in sorted(conf_folder().rglob("*.yaml"))]
    return tuple((path, at.st_mtime_ns, at.st_size) for path, at in found)


@lru_cache(maxsize=64)
def _shipped(arguments: tuple[str, ...], stamps: tuple[tuple[str, int, int], ...]) -> Any:
    return _loaded(arguments, ())


def _loaded(arguments: Sequence[str], config_dirs: Sequence[str]) -> Any:
    """What Hydra's loader gives, as its compose API would, without the global state of that.

    A program that runs in Hydra, is being initialised, or composes in another thread keeps what it has.
    """
    from hydra._internal.config_loader_impl import ConfigLoaderImpl
    from hydra._internal.utils import create_config_search_path
    from hydra.core.config_search_path import SearchPathElement
    from hydra.core.utils import setup_globals
    from hydra.types import RunMode
    from hydra.version import VersionBase, setbase
    from omegaconf import open_dict

    folders = create_config_search_path(f"file://{conf_folder()}")
    for folder in config_dirs:
        # before the last, which is Hydra's own schema
        folders.get_path().insert(-1, SearchPathElement("ecosim", f"file://{Path(folder).resolve()}"))
    # for what users' own options may refer to, such as the date
    setup_globals()
    before = VersionBase.instance().version_base
    setbase("1.3")
    try:
        loader = ConfigLoaderImpl(folders)
        vars(loader.get_sources()[-1])["store"] = _own_store()
        config = loader.load_configuration(
            "config",
            ["hydra.job.name=ecosim", *arguments],
            RunMode.RUN,
            from_shell=False,
            validate_sweep_overrides=False,
        )
    finally:
        VersionBase.instance().version_base = before
    with open_dict(config):
        del config["hydra"]
    return config


def _own_store() -> Any:
    """What is registered with Hydra, without options that a program around us keeps under the names of ours."""
    from hydra.core.config_store import ConfigStore

    class OwnStore(ConfigStore):
        """It hands out copies of what it holds: Hydra, which copies all that it reads from, need not copy it whole."""

        def __deepcopy__(self, memo: dict[int, Any]) -> OwnStore:
            return self

    # the class itself always gives the one that all share
    own: Any = object.__new__(OwnStore)
    own.repo = {
        name: node
        for name, node in ConfigStore.instance().repo.items()
        if name in ("hydra", "ecosim_schema.yaml") or name.startswith("_")
    }
    # the groups of kinds are there, and nothing in them but what classes of ours have put there
    for group in FAMILIES:
        there = ConfigStore.instance().repo.get(group, {})
        own.repo[group] = {name: node for name, node in there.items() if getattr(node, "provider", "") == "ecosim"}
    return own


def _choices_with_files(choices: Sequence[Any], config_dirs: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Split chosen options into Hydra arguments and kinds, whose class is their option."""
    arguments: list[str] = []
    added: list[tuple[str, str]] = []
    for item in choices:
        group = item.key_or_group
        if group not in FAMILIES or item.is_delete() or item.package is not None:
            arguments.append(item.input_line)
            continue
        value = item.value()
        names = [str(name) for name in (value if isinstance(value, list) else [value])]
        known = _option_files(group, config_dirs)
        # only the last choice of a group counts, as in Hydra
        added = [pair for pair in added if pair[0] != group]
        added += [(group, name) for name in names if name not in known]
        arguments.append(f"{group}=[{','.join(name for name in names if name in known)}]")
    return arguments, added


def _option_of(group: str, kind: str, config_dirs: Sequence[str]) -> dict[str, Any]:
    """What the option of a kind sets; the kind alone where it has no file, or nobody knows it."""
    from omegaconf import OmegaConf

    if kind in _option_files(group, config_dirs):
        for folder in (*map(Path, reversed(config_dirs)), conf_folder()):
            path = folder / group / f"{kind}.yaml"
            if path.is_file():
                plain = OmegaConf.to_container(OmegaConf.load(path))
                if isinstance(plain, dict) and not {"defaults", group} & set(plain):
                    return {"kind": kind, **{str(key): item for key, item in plain.items()}}
    known = FAMILIES[group].get(kind)
    return {"kind": kind, **(known.option if known is not None else {})}


def _apply(config: Any, override: Any) -> None:
    from omegaconf import OmegaConf

    key = override.key_or_group
    parts = key.split(".")
    if override.is_delete():
        parent = OmegaConf.select(config, ".".join(parts[:-1])) if len(parts) > 1 else config
        if parent is None or parts[-1] not in parent:
            raise InputError(f"~{key}", problem="nothing there to remove")
        del parent[parts[-1]]
        return
    value = override.value()
    if parts[0] in LIST_GROUPS and parts[1] not in config[parts[0]] and not isinstance(value, dict):
        chosen = ", ".join(config[parts[0]]) or "none"
        raise InputError(
            key, value, problem=f"'{parts[1]}' is not among the chosen {parts[0]} ({chosen})",
            allowed=f"choose it first: {parts[0]}=[{parts[1]}]", nearest=nearest_name(parts[1], config[parts[0]]),
        )  # fmt: skip
    OmegaConf.update(config, key, value, merge=key not in _REPLACED, force_add=True)


def read_value(key: str, text: str) -> Any:
    """The value that a word gives to a key of a command's own, such as ``validate.windows``.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    import yaml

    refuse_unreadable(f"{key}={text}")
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(key, text, problem=f"cannot be read ({_first_line(error)})", allowed="a value") from None


def read_saved(path: str) -> dict[str, Any]:
    """Read a saved scenario; it is data only.

    Raises
    ------
    InputError
        If the file cannot be read, is not a mapping, or contains ``hydra``, ``_target_`` or an interpolation.
    """
    import yaml

    usable_path("--from", path)
    try:
        saved = yaml.safe_load(Path(expanded(path)).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("--from", path, problem=f"cannot be read ({_first_line(error)})") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError("--from", path, problem=f"is not valid YAML ({_first_line(error)})") from None
    if not isinstance(saved, dict):
        raise InputError("--from", path, problem="holds no scenario", allowed="a mapping of scenario keys")
    # of data that holds a thousand lists in each other, or a part of itself, no copy can be made
    plain_data(f"--from={path}", saved)
    saved = dates_as_text(saved)
    refuse_code(saved, path)
    allowed = {*Scenario.model_fields, *SETTINGS}
    for key in saved:
        if key not in allowed:
            raise InputError(
                str(key), problem=f"no such section (in {path})", allowed=", ".join(sorted(allowed)),
                nearest=nearest_name(str(key), allowed),
            )  # fmt: skip
    return saved


def dates_as_text(data: Any) -> Any:
    """The same data with dates as they are written."""
    if isinstance(data, dict):
        return {key: dates_as_text(value) for key, value in data.items()}
    if isinstance(data, list):
        return [dates_as_text(value) for value in data]
    return data.isoformat() if isinstance(data, datetime.date) else data


def refuse_code(data: Any, where: str) -> None:
    """Refuse anything in untrusted data that a config library might act on."""
    stack = [data]
    seen: set[int] = set()
    while stack:
        item = stack.pop()
        if isinstance(item, (dict, list)):
            if id(item) in seen:
                continue
            seen.add(id(item))
        if isinstance(item, dict):
            for key, value in item.items():
                if key in ("hydra", "_target_", "defaults") or not isinstance(key, (str, int, float)):
                    raise InputError(str(key), problem=f"may not stand in a saved scenario ({where})")
                stack += [key, value]
        elif isinstance(item, list):
            stack += item
        elif isinstance(item, str) and ("${" in item or item == "???"):
            raise InputError("--from", item, problem=f"references may not stand in a saved scenario ({where})")


# ---------------------------------------------------------------------------------------------- typed objects


def make_request(plain: Mapping[str, Any], plugins: Mapping[str, str] | None = None) -> Request:
    """Check composed data against the schema, section by section."""
    for section, content in plain.items():
        plain_data(str(section), content)
    rest = _settled(plain)
    for key in PATH_KEYS:
        section, _, name = key.partition(".")
        inside = rest.get(section)
        path = inside.get(name) if isinstance(inside, Mapping) else None
        if isinstance(path, str):
            usable_path(key, path)
    sections: dict[str, Any] = {}
    for name, model in SETTINGS.items():
        sections[name] = validated(model, rest.pop(name, None) or {}, f"{name}.")
    composed = plain if isinstance(plain, Composed) else None
    scenario = build_scenario(rest)
    if composed is not None and sections["experiment"].draw_parameters:
        sections["experiment"] = _holding(sections["experiment"], scenario, composed.keys_set())
    return Request(scenario=scenario, plugins=dict(plugins or {}), composed=composed, **sections)


def _settled(plain: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which paths begin at the user's home where they say so (``~/x``)."""
    return _changed(plain, PATH_KEYS, lambda value: expanded(value) if isinstance(value, str) else value)


def _changed(plain: Mapping[str, Any], keys: Iterable[str], change: Callable[[Any], Any]) -> dict[str, Any]:
    """A copy in which the values of some dotted keys are changed, where they are there."""
    data = dict(plain)
    for key in keys:
        section, _, name = key.partition(".")
        inside = data.get(section)
        if isinstance(inside, Mapping) and name in inside:
            data[section] = {**inside, name: change(inside[name])}
    return data


def expanded(path: str) -> str:
    """A path with the user's home in place of ``~``, where there is one."""
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError:
        # there is no such user, so it is a name like any other
        return path


def _holding(experiment: Any, scenario: Scenario, keys: Sequence[str]) -> Any:
    """The experiment that draws over nothing an override sets, even where that happens to be the default."""
    from ecosim.lab.draws import drawn_parameters

    drawn = {item.key for item in drawn_parameters([scenario], experiment.hold)}
    held = tuple(key for key in dict.fromkeys(keys) if key in drawn)
    return experiment.model_copy(update={"hold": (*experiment.hold, *held)}) if held else experiment


def build_scenario(plain: Mapping[str, Any]) -> Scenario:
    """Make the typed scenario from plain data.

    Raises
    ------
    InputError
        Naming the first key that is wrong.
    """
    data = _with_months(plain)
    for group in FAMILIES:
        chosen = data.get(group)
        if not isinstance(chosen, Mapping):
            if not chosen:
                data.pop(group, None)
            continue
        data[group] = {short_label(group, name): _of_kind(group, str(name), item) for name, item in chosen.items()}
    scenario = validated(Scenario, data, "")
    assert isinstance(scenario, Scenario)
    return scenario


#: Keys that hold a month; the day of a whole date is left out.
_MONTH_KEYS = ("timeline.start", "timeline.observed_from", "policy.start")
_DATE = re.compile(r"(\d{4}-\d{2})-\d{2}(?:[T ]00:00(?::00)?)?")


def _with_months(plain: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in which months are written YYYY-MM: YAML also reads dates, and dates are often whole."""
    return _changed(plain, _MONTH_KEYS, _month_of)


def _month_of(value: Any) -> Any:
    """The month of a whole date; anything else as it is, for the schema to judge."""
    text = value.isoformat() if isinstance(value, datetime.date) else value
    found = _DATE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return value
    try:
        datetime.date.fromisoformat(text[:10])
    except ValueError:
        return value
    return found[1]


def _of_kind(group: str, name: str, settings: Any) -> BaseModel:
    if isinstance(settings, BaseModel):
        return settings
    kind, rest = kind_of(group, name, settings)
    return validated(kind, rest, f"{group}.{name}.")


def validated(model: type[BaseModel], data: Any, prefix: str) -> BaseModel:
    """Validate data, with the first error as an :class:`InputError`."""
    if isinstance(data, Mapping):
        for key in data:
            if not isinstance(key, str):
                raise InputError(f"{prefix}{key}", problem="no such parameter", allowed="names of parameters")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _as_input_error(error, model, prefix) from None
    except RecursionError:
        raise InputError(prefix.rstrip(".") or "config", problem="is nested too deeply") from None


_PROBLEMS = {
    "greater_than_equal": "out of range",
    "less_than_equal": "out of range",
    "finite_number": "must be a finite number",
    "literal_error": "no such option",
    "missing": "is missing",
}


def _as_input_error(error: ValidationError, model: type[BaseModel], prefix: str) -> InputError:
    first = error.errors(include_url=False)[0]
    names: list[str] = []
    inside: Any = model
    field_info = None
    for part in first["loc"]:
        if isinstance(inside, type) and issubclass(inside, BaseModel):
            names.append(str(part))
            field_info = inside.model_fields.get(str(part))
            inside = field_info.annotation if field_info is not None else None
        else:
            break
    key = prefix + ".".join(names) if names else prefix.rstrip(".") or "config"
    kind = first["type"]
    if kind == "extra_forbidden":
        gone = former_key(key, _short(first["input"]))
        if gone is not None:
            return gone
        of_kinds = _kinds_with(key)
        if of_kinds:
            return InputError(key, _short(first["input"]), problem=f"no such parameter; {of_kinds} has it")
        siblings = {f"{prefix}{name}" for name in model.model_fields}
        near = nearest_name(key, siblings) or nearest_name(key, {*siblings, *all_keys()})
        return InputError(key, _short(first["input"]), problem="no such parameter", nearest=near)
    inside_error = first.get("ctx", {}).get("error")
    if isinstance(inside_error, InputError):
        # it names its own key
        return inside_error
    if kind in ("value_error", "assertion_error"):
        return InputError(key, _short(first["input"]), problem=str(first.get("ctx", {}).get("error", first["msg"])))
    near = None
    allowed = allowed_values(field_info) if field_info is not None else "a mapping {key: value, ...}"
    literal = any(item["type"] == "literal_error" and item["loc"][: len(names)] == first["loc"][: len(names)]
                  for item in error.errors())  # fmt: skip
    if literal and isinstance(first["input"], str):
        near = nearest_name(first["input"], allowed.replace(" or ", ", ").split(", "))
    given = first["input"]
    problem = _PROBLEMS.get(kind, "wrong type")
    if kind == "missing" and len(first["loc"]) > len(names):
        # an element of a list, not the key
        problem = "has too few elements"
    return InputError(key, "null" if given is None else given, allowed, near, problem=problem)


def _kinds_with(key: str) -> str:
    """Other kinds of shock or instrument that have a parameter of this name; empty for none."""
    group, _, leaf = key.rpartition(".")
    group = group.partition(".")[0]
    if group not in LIST_GROUPS:
        return ""
    return ", ".join(kind for kind, made in sorted(FAMILIES[group].items()) if leaf in made.model_fields)


def _short(value: Any) -> Any:
    return None if isinstance(value, (dict, BaseModel)) else value


def compose(*overrides: str, seed: int | None = None, config_dir: str | None = None) -> Scenario:
    """Compose a scenario from options and overrides, as on the command line.

    Parameters
    ----------
    *overrides : str
        ``"world=classroom"``, ``"shocks=[rupture,supplier_loss]"``, ``"programme.tranches=3"``.
    seed : int, optional
        Shorthand for ``"seed=..."``.
    config_dir : str, optional
        A folder with options of your own.

    Returns
    -------
    Scenario
        Checked and frozen.

    Raises
    ------
    InputError
        Naming the key, what is allowed and the nearest valid name.
    """
    from ecosim.lab.check import check

    words = [*overrides, *([f"seed={seed}"] if seed is not None else [])]
    scenario = make_request(compose_plain(words, config_dirs=[config_dir] if config_dir else [])).scenario
    check(scenario)
    return scenario


# ---------------------------------------------------------------------------------------------- plugins


def plugin_module(path: Path) -> str:
    """Name under which a plugin file is known: two files of one name in two folders are two modules."""
    return f"ecosim_plugin_{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"


def load_plugins(names: Iterable[str]) -> dict[str, str]:
    """Import the user's own mechanisms, which register themselves; return the hash of each source.

    Parameters
    ----------
    names : iterable of str
        Importable modules (the current folder counts) or paths of Python files.
    """
    hashes: dict[str, str] = {}
    for name in names:
        path = Path(usable_path("--plugin", name))
        try:
            if path.suffix == ".py":
                source = path.read_bytes()
                module_name = plugin_module(path)
                if module_name not in sys.modules:
                    spec = importlib.util.spec_from_file_location(module_name, path)
                    assert spec is not None
                    assert spec.loader is not None
                    module = importlib.util.module_from_spec(spec)
                    sys.modules[module_name] = module
                    try:
                        spec.loader.exec_module(module)
                    except BaseException:
                        del sys.modules[module_name]
                        raise
            else:
                if str(Path.cwd()) not in sys.path:
                    sys.path.insert(0, str(Path.cwd()))
                module = importlib.import_module(name)
                module_name = module.__name__
                source = Path(module.__file__).read_bytes() if module.__file__ else name.encode()
        except RefusedError as error:
            # the file is there, and a class in it says of itself what cannot be
            raise InputError(name, problem=_first_line(error)) from None
        except (Exception, SystemExit) as error:
            found = path.suffix == ".py" and path.is_file()
            raise InputError(
                "--plugin", name,
                problem=f"cannot be imported ({type(error).__name__}: {_first_line(error)}{_line_in(path, error)})",
                allowed="" if found else "a module on the path or a .py file",
            ) from None  # fmt: skip
        hashes[name] = hashlib.sha256(source).hexdigest()
        _PLUGINS[name] = module_name
    for name in hashes:
        _check_examples(name, _PLUGINS[name])
    return hashes


#: Plugins that have been loaded: as they were named, and the name of the module.
_PLUGINS: dict[str, str] = {}


def _check_examples(name: str, module: str) -> None:
    """Refuse a kind of a plugin whose example no scenario can be made of, with what it needs beside it."""
    for family, registry in FAMILIES.items():
        for cls in [cls for cls in registry.values() if cls.__module__ == module]:
            try:
                build_scenario(example_of(family, cls))
            except InputError as error:
                raise InputError(name, problem=f"{cls.__name__}: example or example_beside: {error}") from None


def _without_kind() -> str:
    """Classes in plugins that no option names because they have no kind, in a sentence; empty where there are none."""
    for name, module in _PLUGINS.items():
        for cls in vars(sys.modules.get(module)).values() if module in sys.modules else ():
            mine = isinstance(cls, type) and cls.__module__ == module and issubclass(cls, Declared)
            if mine and "kind" not in cls.__dict__ and not cls.__subclasses__():
                return f"{name} defines {cls.__name__} without `kind`"
    return ""


def _line_in(path: Path, error: BaseException) -> str:
    """Where in a plugin its import failed, as the end of a sentence; empty where that is not known, or is said."""
    if isinstance(error, SyntaxError):
        return ""
    lines = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if Path(frame.f_code.co_filename) == path.absolute()
    ]
    return f", line {lines[-1]}" if lines else ""


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
