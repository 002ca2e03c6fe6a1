"""What the page asks for, turned into the words of a command: one way from there on, for page, command and Python.

A *body* is what the page sends, a link carries and a saved YAML is read into::

    {"policies": {"a": {dotted key: value}, "b": {...}},
     "shock": {"kind": ..., "countries": [...], "settings": {...}, "name": ...} or null,
     "draws": 20, "seed": 1, "off": [mechanisms], "coins": {instrument: coins}, "base": {dotted key: value}}

Nothing of it is executed: keys are those of a scenario, values are plain data, and no value names a file.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import shlex
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecosim.errors import InputError, nearest_key, nearest_name, shown
from ecosim.page.levers import BASE, COIN_EUR, COINS, MONTHS_AFTER, SEED, shock_name

if TYPE_CHECKING:
    from ecosim.lab.compose import Request

#: What a body may hold.
PARTS = ("policies", "shock", "draws", "seed", "off", "coins", "base")
#: Policies side by side; the second is the one compared with.
SIDES = ("a", "b")
#: Most draws of one run, most characters of a body, and most keys of a policy.
MOST_DRAWS, MOST_BYTES, MOST_KEYS = 100, 100_000, 400
#: Largest world a page runs, and its longest response: what many tabs may ask of one computer.
LARGEST_SCALE, LONGEST_MONTHS = 0.1, 240
_NAME = re.compile(r"[a-z][a-z0-9_]{0,80}")
_PAYMENT = re.compile(r"instruments\.\w+\.monthly_eur")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,150}")
#: Sections of a scenario that a body may not touch: own classes are code.
_CLOSED = ("agents", "shocks", "seed", "replicate")
#: The factor of a sweep whose levels are the two policies, and the level that only lends its calm output.
FACTOR, USUAL = "side", "usual"


@dataclass(frozen=True)
class Asked:
    """A checked body."""

    policies: dict[str, dict[str, Any]]
    shock: dict[str, Any] | None
    draws: int = 20
    seed: int = SEED
    off: tuple[str, ...] = ()
    coins: dict[str, int] = field(default_factory=dict)
    base: dict[str, Any] = field(default_factory=lambda: dict(BASE))

    @property
    def branch(self) -> str:
        """Name of the shock; ``placebo`` for none."""
        return str(self.shock["name"]) if self.shock else "placebo"

    def body(self) -> dict[str, Any]:
        """The body again, with everything said."""
        return {
            "policies": self.policies, "shock": self.shock, "draws": self.draws, "seed": self.seed,
            "off": list(self.off), "coins": self.coins, "base": self.base,
        }  # fmt: skip


def read(body: Any) -> Asked:
    """Check a body.

    Raises
    ------
    InputError
        In one line: the key, its value, what is allowed.
    """
    _plain(body)
    if not isinstance(body, Mapping):
        raise InputError("run", problem="is no mapping", allowed=", ".join(PARTS))
    for name in body:
        if name not in PARTS:
            raise InputError(str(name), problem="no such part of a run", allowed=", ".join(PARTS),
                             nearest=nearest_name(str(name), PARTS))  # fmt: skip
    base = {**BASE, **_settings("base", body.get("base") or {})}
    sides = body.get("policies") or {}
    if not isinstance(sides, Mapping) or not set(sides) <= set(SIDES):
        raise InputError("policies", shown(sides), problem="wrong type", allowed="{a: {key: value}, b: {key: value}}")
    policies = {side: _settings(f"policies.{side}", sides.get(side) or {}) for side in SIDES}
    for side, policy in policies.items():
        for key in policy:
            if key.startswith(("world.", "timeline.")):
                raise InputError(key, policy[key], problem=f"may not differ between policies (policies.{side})",
                                 allowed="base")  # fmt: skip
    asked = Asked(
        policies,
        _shock(body.get("shock")),
        _whole("draws", body.get("draws", 20), 1, MOST_DRAWS),
        _whole("seed", body.get("seed", SEED), 0, 2**53 - 1),
        _off(body.get("off") or ()),
        _coins(body.get("coins") or {}),
        base,
    )
    _small_enough(asked)
    return asked


def _plain(body: Any) -> None:
    """Refuse what is too large, too deep, or a reference that a config library might follow."""
    from ecosim.lab.compose import refuse_code

    try:
        size = len(json.dumps(body, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise InputError("run", problem="is no plain data (a number that is none, or nested too deeply)") from None
    if size > MOST_BYTES:
        raise InputError("run", problem=f"has {size:,} characters", allowed=f"at most {MOST_BYTES:,}")
    refuse_code(body, "what the page sent")


def _settings(where: str, given: Any) -> dict[str, Any]:
    from ecosim.catalogue.families import FAMILIES
    from ecosim.lab.keys import PATH_KEYS, all_keys
    from ecosim.scenario import Scenario

    if not isinstance(given, Mapping) or len(given) > MOST_KEYS:
        raise InputError(where, shown(given), problem="wrong type", allowed=f"{{key: value}}, at most {MOST_KEYS} keys")
    sections = [name for name in Scenario.model_fields if name not in _CLOSED]
    found: dict[str, Any] = {}
    for key, value in given.items():
        section, _, rest = str(key).partition(".")
        if not _KEY.fullmatch(str(key)) or section not in sections or not rest or key in PATH_KEYS:
            raise InputError(
                str(key), shown(value), problem=f"cannot be set on the page ({where})",
                allowed=f"keys of {', '.join(sections)}", nearest=nearest_key(str(key), all_keys()),
            )  # fmt: skip
        if section in FAMILIES and rest.endswith(".kind") and value not in FAMILIES[section]:
            raise InputError(str(key), shown(value), problem="no such kind", allowed=", ".join(FAMILIES[section]),
                             nearest=nearest_name(str(value), FAMILIES[section]))  # fmt: skip
        found[str(key)] = value
    return found


def _shock(given: Any) -> dict[str, Any] | None:
    from ecosim.shocks import REGISTRY as SHOCKS
    from ecosim.world.names import country_code

    if given is None:
        return None
    parts = ("kind", "countries", "settings", "name")
    if not isinstance(given, Mapping) or not set(given) <= set(parts):
        raise InputError("shock", shown(given), problem="wrong type", allowed="{kind: ..., countries: [...]}, or null")
    kind = given.get("kind")
    if kind not in SHOCKS:
        raise InputError("shock.kind", shown(kind), ", ".join(sorted(SHOCKS)), nearest_name(str(kind), SHOCKS),
                         problem="no such shock")  # fmt: skip
    countries = given.get("countries") or []
    if isinstance(countries, str) or not isinstance(countries, Sequence) or len(countries) > 60:
        raise InputError("shock.countries", shown(countries), problem="wrong type", allowed="a list of countries")
    codes = [str(country_code(str(code))) for code in countries]
    settings = given.get("settings") or {}
    if not isinstance(settings, Mapping) or not all(_NAME.fullmatch(str(name)) for name in settings):
        raise InputError("shock.settings", shown(settings), problem="wrong type", allowed="{parameter: value}")
    known = SHOCKS[str(kind)].model_fields
    for name in settings:
        if name not in known or name == "targets":
            raise InputError(f"shock.settings.{name}", problem="no such parameter", allowed=", ".join(known),
                             nearest=nearest_name(str(name), known))  # fmt: skip
    name = given.get("name") or shock_name(str(kind), codes)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        name = str(kind)
    return {"kind": kind, "countries": codes, "settings": dict(settings), "name": name}


def _whole(key: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InputError(key, shown(value), problem="out of range", allowed=f"a whole number from {least} to {most}")
    return value


def _off(given: Any) -> tuple[str, ...]:
    from ecosim.config.behaviour import MechanismsConfig

    known = tuple(MechanismsConfig.model_fields)
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise InputError("off", shown(given), problem="wrong type", allowed="a list of mechanisms")
    for name in given:
        if name not in known:
            raise InputError("off", shown(name), ", ".join(known), nearest_name(str(name), known),
                             problem="no such mechanism")  # fmt: skip
    return tuple(name for name in known if name in given)


def _coins(given: Any) -> dict[str, int]:
    from ecosim.instruments import REGISTRY as INSTRUMENTS

    if not isinstance(given, Mapping):
        raise InputError("coins", shown(given), problem="wrong type", allowed="{instrument: coins}")
    for kind in given:
        if kind not in INSTRUMENTS:
            raise InputError("coins", shown(kind), ", ".join(INSTRUMENTS), nearest_name(str(kind), INSTRUMENTS),
                             problem="no such instrument")  # fmt: skip
    coins = {str(kind): _whole(f"coins.{kind}", count, 0, COINS) for kind, count in given.items()}
    if sum(coins.values()) > COINS:
        raise InputError("coins", sum(coins.values()), problem="are more than there are", allowed=f"at most {COINS}")
    return {kind: count for kind, count in coins.items() if count}


def _small_enough(asked: Asked) -> None:
    """Refuse worlds that would hold a computer for hours: the page is for looks, `ecosim sweep` for the rest."""
    scale, months = asked.base.get("world.scale", 0.1), asked.base.get("timeline.response_months", MONTHS_AFTER)
    for key, value, most in (
        ("world.scale", scale, LARGEST_SCALE),
        ("timeline.response_months", months, LONGEST_MONTHS),
    ):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value > most:
            raise InputError(key, shown(value), problem="is too large for the page",
                             allowed=f"at most {most:g}; `ecosim sweep` runs more")  # fmt: skip
    if months < MONTHS_AFTER:
        raise InputError("timeline.response_months", months, problem="is less than the page shows",
                         allowed=f"at least {MONTHS_AFTER}")  # fmt: skip


# ---------------------------------------------------------------------------------------------- words


def words(asked: Asked, usual: Mapping[str, Any] | None = None) -> list[str]:
    """The run as words of ``ecosim sweep``: both policies, the same dice, every draw.

    Parameters
    ----------
    asked : Asked
        What is asked.
    usual : mapping, optional
        Settings of the policy beside whose calm output both stand; by default policy b.
    """
    policies = {side: _policy(asked, side) for side in SIDES}
    if policies["a"] == policies["b"]:
        # one policy beside itself is one history, not two that are equal
        del policies["b"]
    reference = next(reversed(policies))
    if usual is not None:
        reference = next((side for side, policy in policies.items() if policy == usual), USUAL)
        policies.setdefault(reference, dict(usual))
    chosen, laid = _laid(asked)
    return [
        # nothing of the experiment that a sweep runs where none is named
        "experiment=none",
        *chosen,
        *laid,
        f"seed={asked.seed}",
        "experiment.name=page",
        f"experiment.replicates={asked.draws}",
        "experiment.draw_parameters=true",
        "experiment.equal_budget=true",
        "experiment.placebos.organisation=all",
        f"experiment.factors={written({FACTOR: policies})}",
        f"experiment.reference={{{FACTOR}: {reference}}}",
    ]


def _laid(asked: Asked) -> tuple[list[str], list[str]]:
    """Options chosen and keys set that both policies share."""
    from ecosim.catalogue.families import FAMILIES

    base = dict(asked.base)
    chosen = [f"world={base.pop('world.preset')}"] if "world.preset" in base else []
    named: dict[str, list[str]] = {}
    for key in [*base, *(key for policy in asked.policies.values() for key in policy)]:
        section, _, rest = key.partition(".")
        if section in FAMILIES:
            named.setdefault(section, []).append(rest.partition(".")[0])
    named.setdefault("instruments", []).extend(asked.coins)
    kinds: list[str] = []
    for section, names in named.items():
        if names := list(dict.fromkeys(names)):
            chosen.append(f"{section}=[{','.join(names)}]")
    # an instrument of which nothing is bought does nothing; what one policy pays for the other has without its money
    paid = [key.split(".")[1] for policy in asked.policies.values() for key in policy if _PAYMENT.fullmatch(key)]
    kinds += [f"instruments.{name}.monthly_eur=0" for name in dict.fromkeys([*asked.coins, *paid])
              if f"instruments.{name}.monthly_eur" not in base]  # fmt: skip
    if asked.shock is not None:
        name = asked.shock["name"]
        chosen.append(f"shocks=[{name}]")
        kinds.append(f"shocks.{name}.kind={asked.shock['kind']}")
        if asked.shock["countries"]:
            kinds.append(f"shocks.{name}.targets={written(asked.shock['countries'])}")
        kinds += [f"shocks.{name}.{key}={written(value)}" for key, value in asked.shock["settings"].items()]
    # a kind is named before anything of it is set
    ordered = sorted(base.items(), key=lambda item: not item[0].endswith(".kind"))
    laid = [f"{key}={written(value)}" for key, value in ordered]
    laid += [f"mechanisms.{name}=false" for name in asked.off]
    return chosen, [*kinds, *laid]


def _policy(asked: Asked, side: str) -> dict[str, Any]:
    """What one policy sets: the coins are those of the first."""
    coins = {f"instruments.{kind}.monthly_eur": float(count * COIN_EUR) for kind, count in asked.coins.items()}
    return {**asked.policies[side], **(coins if side == "a" else {})}


def written(value: Any) -> str:
    """A value in Hydra's grammar; text always in quotes, so that nothing in it is grammar."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def request(asked: Asked) -> Request:
    """What the lab is asked, checked as on the command line; the words of :func:`words` give the same."""
    from ecosim.lab.compose import compose_plain, make_request

    return make_request(compose_plain(words(asked)))


def command(asked: Asked, usual: Mapping[str, Any] | None = None) -> str:
    """The lines that give the same numbers in a shell: the sweep, then its three scores."""
    return shlex.join(["ecosim", "sweep", *words(asked, usual)]) + "\npython -m ecosim.page.scores"


def python(asked: Asked, usual: Mapping[str, Any] | None = None) -> str:
    """The lines that give the same numbers in Python."""
    listed = "".join(f"    {word!r},\n" for word in words(asked, usual))
    return (
        "import ecosim\nfrom ecosim.page.scores import scores\n\n"
        f"result = ecosim.sweep(\n{listed})\nprint(scores(result).to_string(index=False))\n"
    )


# ---------------------------------------------------------------------------------------------- YAML and links

_HEAD = """\
# From the page of ecosim (policy {side}, draw {draw} of {draws}). Run it: ecosim run --from FILE
# What is assumed has the values drawn for this draw; without them it has those that are stated.
"""


def to_yaml(asked: Asked, side: str = "a", draw: int = 0) -> str:
    """One policy and one draw as a scenario for ``ecosim run --from``: what differs from the defaults.

    Parameters
    ----------
    asked : Asked
        What the page asks.
    side : {"a", "b"}
        Which policy.
    draw : int
        Which draw: its chance, and its values of what is assumed.
    """
    import yaml

    from ecosim.lab.design import make_plan
    from ecosim.lab.draws import as_changes
    from ecosim.scenario import with_keys

    if side not in SIDES:
        raise InputError("side", shown(side), ", ".join(SIDES), problem="no such policy")
    plan = make_plan(request(asked))
    history = min(SIDES.index(side), len(plan.histories) - 1)
    unit = next(unit for unit in plan.units if unit.history_id == history and unit.replicate == draw)
    config = plan.payload(unit)["config"]
    # What was drawn is told even where it is the default, or it would be drawn anew.
    drawn = as_changes(plan.drawn, plan.values_of(plan.draw_of(draw)))
    return _HEAD.format(side=side, draw=draw, draws=asked.draws) + yaml.safe_dump(
        with_keys(_beside_defaults(config), drawn), sort_keys=False, allow_unicode=True
    )


def _beside_defaults(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a scenario differs from the defaults; kinds are whole."""
    from ecosim.catalogue.families import FAMILIES
    from ecosim.lab.compose import compose_plain, make_request
    from ecosim.scenario import as_plain

    usual = as_plain(make_request(compose_plain([])).scenario)

    def differing(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in mine.items():
            other = theirs.get(name)
            if isinstance(value, Mapping) and isinstance(other, Mapping):
                if inside := differing(value, other):
                    found[name] = inside
            elif value != other or name not in theirs:
                found[name] = value
        return found

    kinds = {family: config[family] for family in FAMILIES if config.get(family) != usual.get(family)}
    rest = differing({k: v for k, v in config.items() if k not in FAMILIES}, usual)
    return rest | kinds


def from_yaml(text: str) -> Asked:
    """Read a saved scenario into what the page asks: one shock at most; what it sets holds for both policies.

    Raises
    ------
    InputError
        As ``ecosim run --from``; and where it says more than the page can show.
    """
    import yaml

    from ecosim.errors import plain_data
    from ecosim.lab.compose import compose_plain, dates_as_text, make_request, refuse_code
    from ecosim.scenario import Scenario, as_plain

    if len(text) > MOST_BYTES:
        raise InputError("--from", problem=f"has {len(text):,} characters", allowed=f"at most {MOST_BYTES:,}")
    try:
        saved = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        line = " ".join(str(error).split())
        raise InputError("--from", problem=f"is not valid YAML ({line})") from None
    if not isinstance(saved, dict):
        raise InputError("--from", problem="holds no scenario", allowed="a mapping of scenario keys")
    plain_data("--from", saved)
    saved = dates_as_text(saved)
    refuse_code(saved, "the file")
    for key in saved:
        if key not in Scenario.model_fields:
            raise InputError(str(key), problem="no such section", allowed=", ".join(Scenario.model_fields),
                             nearest=nearest_name(str(key), Scenario.model_fields))  # fmt: skip
    # the same line as the command's where it would refuse
    make_request(compose_plain([], saved=saved))
    # what a file leaves open is what it is on the command line, not what it is on the page
    usual = as_plain(make_request(compose_plain([])).scenario)
    shocks = saved.pop("shocks", None) or {}
    if len(shocks) > 1:
        raise InputError("shocks", shown(list(shocks)), problem="are several; the page has one", allowed="one shock")
    if saved.get("replicate"):
        raise InputError("replicate", saved["replicate"], problem="is a draw of its own; the page begins with 0",
                         allowed="0")  # fmt: skip
    seed = saved.pop("seed", SEED)
    saved.pop("replicate", None)
    base = {**{key: _at(usual, key) for key in BASE}, **dict(_flat(saved, ""))}
    shock = next((_shock_of(name, settings) for name, settings in shocks.items()), None)
    asked = read({"policies": {}, "shock": shock, "seed": seed, "base": base})
    request(asked)
    return asked


def _at(plain: Mapping[str, Any], key: str) -> Any:
    section, _, name = key.partition(".")
    return plain[section][name]


def _shock_of(name: str, settings: Any) -> dict[str, Any]:
    settings = dict(settings or {})
    kind, targets = settings.pop("kind", name), settings.pop("targets", None)
    countries = [targets] if isinstance(targets, str) else targets
    if isinstance(targets, str) and targets in ("drawn", "all"):
        countries = []
    return {"kind": kind, "name": str(name), "countries": countries or [], "settings": settings}


def _flat(data: Mapping[str, Any], prefix: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in data.items():
        if isinstance(value, Mapping) and value:
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", value))
    return found


def to_link(asked: Asked) -> str:
    """The part of an address after ``#p=``: the body, deflated, in base64url."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = deflate.compress(json.dumps(asked.body(), separators=(",", ":")).encode()) + deflate.flush()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def from_link(text: str) -> Asked:
    """What a link asks.

    Raises
    ------
    InputError
        For a broken one, in one line.
    """
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        inflate = zlib.decompressobj(-15)
        body = json.loads(inflate.decompress(content, MOST_BYTES))
        whole = inflate.eof
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        whole, body = False, None
    if not whole:
        raise InputError("link", problem="is broken: it was cut short, or is none", allowed="a whole link of this page")
    return read(body)
