"""What a brief is asked: which country, how closely, and which breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import field_validator

from ecosim.config.schema import Section, parameter
from ecosim.config.timeline import SHORTEST_BURN_IN, burn_in_for
from ecosim.errors import InputError
from ecosim.lab.compose import Request, compose_plain, make_request, read_value, validated

if TYPE_CHECKING:
    from ecosim.world.facts import World

#: How a break with partners is named, before who they are.
RUPTURE = "rupture with "
#: Laid under what the user says: long enough for a portfolio to grow, short enough for a minute.
TIMELINE: tuple[str, ...] = (
    "timeline.burn_in_months=72", "timeline.calm_months=12", "timeline.calm_jitter_months=11",
    "timeline.response_months=36",
)  # fmt: skip


class BriefConfig(Section):
    """Which country, and how closely it is looked at."""

    country: str = parameter("", "Country the brief is about, by code or name.")
    focus: str = parameter("", "Country whose own losses and gains stand beside; alone, the one the brief is about.")
    replicates: int = parameter(12, "Simulated histories; each meets every break.", bounds=(2, 10_000))
    partners: int = parameter(
        5, "Main partners with which a rupture is tried, where no break is named.", bounds=(1, 100)
    )
    blocs: tuple[str, ...] = parameter(
        (), "Blocs (as in bloc:NAME) with whose other members a rupture is tried beside those with partners."
    )
    own_eur: float = parameter(
        0.0, "New money of the country's own from the month of the breaks on, whose worth is tried; 0: none.",
        unit="EUR/month", bounds=(0.0, 1e9),
    )  # fmt: skip
    own_policy: str = parameter("balanced", "Policy whose levers that money buys.")

    @field_validator("blocs", mode="before")
    @classmethod
    def _one_bloc_is_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


@dataclass(frozen=True)
class Question:
    """A brief asked for, checked."""

    request: Request
    settings: BriefConfig
    world: World
    #: Position of the country in the world.
    country: int
    #: Position of the country whose own losses stand beside; the same unless another was named.
    focus: int
    #: Breaks that were named: label -> positions of the countries with which relations break at once.
    named: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    #: Programme -> what is simulated under it, where two stand side by side; the first is that of ``request``.
    programmes: Mapping[str, Request] = field(default_factory=dict)
    #: Shares of the levers that money of its own buys; none where it is not tried.
    levers: Mapping[str, float] = field(default_factory=dict)


def ask(
    words: Sequence[str], config_dirs: Sequence[str] = (), plugins: Mapping[str, str] | None = None, *,
    named: bool = True,
) -> Question:  # fmt: skip
    """Read overrides, those of ``brief`` among them.

    Parameters
    ----------
    words : sequence of str
        The overrides.
    config_dirs, plugins
        As for any command.
    named : bool
        Whether a country must be named; without one the question is about the first of the world.

    Raises
    ------
    InputError
        Naming the first key that is wrong.
    """
    from ecosim.lab.check import check
    from ecosim.world import load_world

    own: dict[str, Any] = {}
    broken: str | None = None
    programmes: tuple[str, ...] = ()
    rest: list[str] = []
    for word in words:
        key, _, value = word.lstrip("+").partition("=")
        if key == "break":
            if broken is not None:
                raise InputError("break", value, "break=[DEU,GBR] for several", problem="given twice")
            broken = value
        elif key in BriefConfig.model_fields:
            # a country is text, also where YAML reads `NO` as a truth value
            own[key] = _unquoted(value) if key in ("country", "focus") else read_value(key, value)
        elif key.split(".")[0].split("/")[0].lstrip("~") in ("shocks", "experiment", "scenario"):
            raise InputError(key, value or None, problem="has no place here: a brief brings its own breaks and design")
        elif key == "programme" and "," in value:
            programmes = _two_programmes(value)
        else:
            rest.append(word)
    settings = validated(BriefConfig, own, "")
    assert isinstance(settings, BriefConfig)
    sides = [[f"programme={name}"] for name in programmes] or [[]]

    def composed(timeline: Sequence[str]) -> list[Request]:
        words = [[*timeline, *rest, *side] for side in sides]
        return [make_request(compose_plain(one, config_dirs=config_dirs), plugins) for one in words]

    requests = composed(TIMELINE)
    said = any(word.lstrip("+").startswith("timeline.burn_in_months=") for word in rest)
    needed = max(burn_in_for(request.scenario.longest_gap_months) for request in requests)
    if not said and needed > SHORTEST_BURN_IN:
        # Calls so far apart need the burn-in that a scenario has by itself; of two programmes, the longer one.
        timeline = [word for word in TIMELINE if not word.startswith("timeline.burn_in_months=")]
        requests = composed([*timeline, f"timeline.burn_in_months={needed}"] if programmes else timeline)
    for request in requests:
        check(request.scenario)
    world = load_world(requests[0].scenario.world)
    # alone, a focus is what the brief is about
    key = "focus" if settings.focus and not settings.country else "country"
    country = find_country(settings.country or settings.focus, world, key) if named else 0
    focus = find_country(settings.focus, world, "focus") if settings.focus else country
    breaks = {} if broken is None else named_breaks(broken, world, country)
    beside = dict(zip(programmes, requests, strict=True)) if programmes else {}
    check_blocs(settings.blocs, world)
    levers = levers_of(settings, requests, config_dirs)
    return Question(requests[0], settings, world, country, focus, breaks, beside, levers)


def check_blocs(blocs: Sequence[str], world: World) -> None:
    """Refuse a bloc that the world does not have.

    Raises
    ------
    InputError
        Naming it.
    """
    from ecosim.world.names import countries_named

    for bloc in blocs:
        countries_named("blocs", [bloc_name(bloc)], world, rest=False)


def levers_of(settings: BriefConfig, requests: Sequence[Request], config_dirs: Sequence[str] = ()) -> dict[str, float]:
    """Levers that a country's own money buys, with their shares; none where there is no such money.

    Raises
    ------
    InputError
        For a policy that does not exist or has no levers, and beside a scenario that has some of its own.
    """
    if not settings.own_eur:
        return {}
    if any(any(request.scenario.policy.levers.values()) for request in requests):
        raise InputError(
            "own_eur", f"{settings.own_eur:g}", "a policy without levers, or own_eur=0",
            problem="cannot be told from the money of the scenario's own levers",
        )  # fmt: skip
    found = compose_plain([f"policy={settings.own_policy}"], config_dirs=config_dirs)["policy"]["levers"]
    if not any(found.values()):
        raise InputError("own_policy", settings.own_policy, "a policy that has levers (ecosim list policies)",
                         problem="buys nothing")  # fmt: skip
    return {name: float(share) for name, share in found.items() if share}


def _two_programmes(value: str) -> tuple[str, ...]:
    """Names in ``programme=narrow,broad``."""
    names = tuple(name.strip() for name in value.strip("[]").split(","))
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise InputError(
            "programme", value, problem="does not name two different programmes",
            allowed="one, or two to be set side by side (programme=narrow,broad)",
        )  # fmt: skip
    return names


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0] else text


def named_breaks(value: str, world: World, country: int) -> dict[str, tuple[int, ...]]:
    """Breaks as they are written: ``DEU+GBR`` both at once, ``[bloc:eu,NLD]`` each alone.

    Parameters
    ----------
    value : str
        Countries by code or name, and blocs; those joined by ``+`` break at once.
    world : World
        Facts.
    country : int
        The country that breaks with them; as a member of a bloc it breaks with the others.

    Returns
    -------
    dict
        What to call the break -> positions of the countries, in the order of the world.

    Raises
    ------
    InputError
        For a country or bloc the world does not have, for the country itself, and for what is named twice.
    """
    from ecosim.world.names import BLOC, countries_named

    text = value.strip()
    listed = text.startswith("[") and text.endswith("]")
    items = [_unquoted(item) for item in (text[1:-1].split(",") if listed else [text])]
    found: dict[str, tuple[int, ...]] = {}
    own = world.countries[country]
    for item in items:
        parts = [_unquoted(part) for part in item.split("+")]
        if not all(parts):
            raise InputError(
                "break", value or None, problem="lacks a country" if item else "names no country",
                allowed="DEU+GBR (both at once) or [bloc:eu,NLD] (one after the other)",
            )  # fmt: skip
        codes: dict[str, None] = {}
        names: list[str] = []
        for part in parts:
            is_bloc = part.lower().startswith(BLOC)
            members = countries_named("break", [part], world, rest=False)
            others = [code for code in members if code != own]
            if not others:
                raise InputError(
                    "break", part, "other countries, or blocs with others", problem="is the country itself"
                )
            if not is_bloc and others[0] in codes:
                raise InputError("break", item, "each country once", problem=f"names {part} twice")
            codes |= dict.fromkeys(others)
            names.append(part.lower() if is_bloc else world.country_names[world.country_index(others[0])])
        places = tuple(sorted(world.country_index(code) for code in codes))
        if places in found.values():
            raise InputError("break", value, "each break once", problem=f"{item} is the same break as one before it")
        *first, last = names
        listing = f"{', '.join(first)} and {last}" if first else last
        found[f"{RUPTURE}{listing}"] = places
    return found


def find_country(code: str, world: World, key: str = "country") -> int:
    """Position of a country by its code or name; ``key`` is what asks for it.

    Raises
    ------
    InputError
        For a country the world does not have, and for the aggregated rest.
    """
    from ecosim.world.names import countries_named

    if not code:
        raise InputError(key, problem="is missing", allowed=f"one of {', '.join(world.country_names)}")
    (found,) = countries_named(key, [code], world, rest=False, blocs=False)
    return world.country_index(found)


def bloc_name(bloc: str) -> str:
    """A bloc as it is written elsewhere: ``bloc:eu``."""
    from ecosim.world.names import BLOC

    return bloc.lower() if bloc.lower().startswith(BLOC) else f"{BLOC}{bloc.lower()}"
