"""What an atlas is asked: of which countries, how closely, and by which command each page is repeated."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from pydantic import field_validator

from ecosim.config.schema import parameter
from ecosim.errors import InputError
from ecosim.evidence.brief import BriefConfig, Question, ask
from ecosim.lab.compose import read_value, validated
from ecosim.lab.settings import RunnerConfig
from ecosim.world.facts import World

#: Share of the world ``europe`` that is simulated where nothing is said: with it all its countries take about a quarter
#: of an hour on two processors.
SCALE = 0.03


class AtlasConfig(BriefConfig):
    """Of which countries, and how closely each is looked at."""

    countries: tuple[str, ...] | Literal["all"] = parameter(
        "all", "Countries that get a page, by code or name, or bloc:NAME for its members; or 'all'."
    )
    replicates: int = parameter(10, "Simulated histories; each meets every break of every country.", bounds=(2, 10_000))
    partners: int = parameter(4, "Main partners of each country with which a rupture is tried.", bounds=(1, 100))
    blocs: tuple[str, ...] = parameter(
        ("eu", "efta"), "Blocs (as in bloc:NAME) with whose other members each country breaks in turn."
    )
    own_eur: float = parameter(
        1e6, "New money of a country's own from the month of the breaks on, whose worth is tried; 0: none.",
        unit="EUR/month", bounds=(0.0, 1e9),
    )  # fmt: skip

    @field_validator("countries", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) and value != "all" else value


@dataclass(frozen=True)
class AtlasQuestion:
    """An atlas asked for, checked."""

    #: The question of a brief, of no country in particular.
    brief: Question
    settings: AtlasConfig
    #: Positions of the countries that get a page, in the order of the world.
    countries: tuple[int, ...]
    #: Words after ``ecosim brief country=CODE`` that repeat a page.
    words: tuple[str, ...]

    @property
    def world(self) -> World:
        """Facts."""
        return self.brief.world

    @property
    def runner(self) -> RunnerConfig:
        """How it is carried out."""
        return self.brief.request.runner

    @property
    def replicates(self) -> range:
        """Numbers of the histories."""
        first = self.brief.request.scenario.replicate
        return range(first, first + self.settings.replicates)

    def of(self, country: int) -> Question:
        """The question of one country's brief."""
        return replace(self.brief, country=country, focus=country)

    def command(self, country: int, *more: str) -> str:
        """The command that prints what a country's page shows."""
        return shlex.join(["ecosim", "brief", f"country={self.world.countries[country]}", *self.words, *more])


def ask_atlas(
    words: Sequence[str], config_dirs: Sequence[str] = (), plugins: Mapping[str, str] | None = None
) -> AtlasQuestion:
    """Read overrides, those of ``atlas`` among them.

    Raises
    ------
    InputError
        Naming the first key that is wrong.
    """
    own: dict[str, Any] = {}
    rest: list[str] = []
    countries: str | None = None
    for word in words:
        key, _, value = word.lstrip("+").partition("=")
        if key in ("countries", "focus"):
            if countries is not None:
                raise InputError(key, value, "countries=[NLD,DEU]", problem="names countries a second time")
            countries = value
        elif key in ("country", "break"):
            raise InputError(key, value, "countries=[NLD,DEU] makes some pages only; ecosim brief asks about one "
                             "country", problem="has no place here")  # fmt: skip
        elif key == "programme" and "," in value:
            raise InputError(key, value, "one; ecosim brief sets two side by side", problem="names several programmes")
        elif key in AtlasConfig.model_fields:
            own[key] = read_value(key, value)
        else:
            rest.append(word)
    settings = validated(AtlasConfig, own, "")
    assert isinstance(settings, AtlasConfig)
    rest = _with_scale(rest)
    own_words = [
        f"replicates={settings.replicates}", f"partners={settings.partners}",
        f"blocs=[{','.join(settings.blocs)}]", f"own_eur={_plain(settings.own_eur)}",
    ]  # fmt: skip
    if settings.own_policy != BriefConfig.model_fields["own_policy"].default:
        own_words.append(f"own_policy={settings.own_policy}")
    # any country does: what is asked of it is what is asked of all
    found = ask([*own_words, "country=", *rest], config_dirs, plugins, named=False)
    chosen = _chosen(countries, found.world)
    repeat = [word for word in rest if not word.lstrip("+").startswith(("output.", "runner."))]
    return AtlasQuestion(found, settings, chosen, (*own_words, *repeat))


def _plain(number: float) -> str:
    """A sum without an exponent, which YAML would read as a word."""
    return f"{number:.0f}" if number == round(number) else repr(number)


def _with_scale(words: Sequence[str]) -> list[str]:
    """The words, with the share of the world where it is left open; other worlds have a share of their own."""
    said = [word.lstrip("+").partition("=") for word in words]
    open_ = not any(key in ("world.scale", "world.preset") or (key == "world" and value != "europe")
                    for key, _, value in said)  # fmt: skip
    return [*words, f"world.scale={SCALE:g}"] if open_ else list(words)


def _chosen(value: str | None, world: World) -> tuple[int, ...]:
    """Positions of the countries that were named; all but the aggregated rest by default."""
    from ecosim.world.names import countries_named

    everyone = tuple(int(c) for c in np.flatnonzero(world.named))
    if value is None or value.strip() == "all":
        return everyone
    text = value.strip()
    listed = text.startswith("[") and text.endswith("]")
    items = [item.strip().strip("'\"") for item in (text[1:-1].split(",") if listed else [text])]
    if not all(items):
        raise InputError("countries", value or None, "[NLD,DEU], or all", problem="lacks a country")
    codes = countries_named("countries", items, world, rest=False)
    return tuple(sorted(world.country_index(code) for code in codes))
