"""Countries and blocs as people write them.

A country may be written ISO 3, ISO 2, as CORDIS does (``EL``, ``UK``) or by name; a scenario keeps ISO 3. A bloc is a
membership of ``blocs.csv``, written ``bloc:eu``, and stands for its members in the world at hand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.errors import InputError, nearest_name
from ecosim.world.facts import REFERENCE_YEAR, REST_CODE, World
from ecosim.world.tables import bloc_members, read_tables

#: What a bloc's name begins with where countries are asked for.
BLOC = "bloc:"
#: ISO 2 codes that differ from those of CORDIS.
_ISO_2 = {"GB": "GBR", "GR": "GRC"}
#: Other names in use, without accents; those of the tables are known anyway.
_ALSO_CALLED = {
    "britain": "GBR",
    "great britain": "GBR",
    "bosnia": "BIH",
    "czech republic": "CZE",
    "emirates": "ARE",
    "holland": "NLD",
    "korea": "KOR",
    "macedonia": "MKD",
    "republic of korea": "KOR",
    "republic of moldova": "MDA",
    "russian federation": "RUS",
    "slovak republic": "SVK",
    "turkey": "TUR",
    "uae": "ARE",
    "united states of america": "USA",
    "viet nam": "VNM",
}


def folded(text: str) -> str:
    """Words in lower case, without accents and marks."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", letters.casefold()).strip()


def plain(text: str) -> str:
    """A name in lower case, without accents, marks and a leading "the"."""
    return folded(text).removeprefix("the ")


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    """Every way to write a country of the tables, plain, to its ISO 3 code."""
    table = read_tables()["countries"]
    codes = table.words("iso3")
    found = dict(_ALSO_CALLED) | {two.lower(): code for two, code in _ISO_2.items()}
    found |= {"zz": REST_CODE, "rest of the world": REST_CODE}
    for column in ("name", "cordis_code", "iso3"):
        found |= {plain(text): code for text, code in zip(table.words(column), codes, strict=True)}
    return found


def country_code(written: Any) -> Any:
    """ISO 3 code of a country, or the bloc, as a scenario keeps it.

    Parameters
    ----------
    written : str or bool
        Code or name in any case; ``bloc:NAME``; or False, which is how YAML reads Norway's ``NO``.

    Returns
    -------
    str
        What is not known comes back (codes in capitals), for the world at hand to refuse; so does anything but text.

    Examples
    --------
    >>> [country_code(text) for text in ("ch", "UK", "the Netherlands", False, "bloc:Five Eyes")]
    ['CHE', 'GBR', 'NLD', 'NOR', 'bloc:five_eyes']
    """
    if written is False:
        return "NOR"
    if not isinstance(written, str):
        return written
    text = written.strip()
    if text.lower().startswith(BLOC):
        return BLOC + plain(text[len(BLOC) :]).replace(" ", "_")
    return _known().get(plain(text)) or (text.upper() if len(text) <= 3 else text)


def is_known(code: object) -> bool:
    """Whether this is the ISO 3 code of a country of the tables, be it in the world at hand or not."""
    return code in read_tables()["countries"].words("iso3")


def as_countries(written: Any, *words: str) -> Any:
    """What a field that asks for countries keeps: one of its words, or a tuple of codes.

    Parameters
    ----------
    written : Any
        A word, one country or bloc, or a list of them; anything else comes back for the schema to refuse.
    *words : str
        Words the field takes instead of countries, such as ``all``.
    """
    if isinstance(written, str) and written.strip().lower() in words:
        return written.strip().lower()
    if isinstance(written, str) or written is False:
        return (country_code(written),)
    if isinstance(written, (list, tuple)):
        return tuple(country_code(item) for item in written)
    return written


@lru_cache(maxsize=16)
def blocs_in(world: World) -> dict[str, tuple[str, ...]]:
    """Blocs with a member in this world: plain name to ISO 3 codes, in order of name.

    Memberships of ``blocs.csv`` in the year at which facts stand (:data:`ecosim.world.facts.REFERENCE_YEAR`), and the
    blocs of the world's own partition, the only ones that made-up countries have.
    """
    here = [code for code, named in zip(world.countries, world.named, strict=True) if named]
    found: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(read_tables()["blocs"].words("bloc")):
        members = bloc_members(name, REFERENCE_YEAR)
        found[name.lower()] = tuple(code for code in here if code in members)
    of_partition = dict(zip(world.countries, world.bloc.tolist(), strict=True))
    for number, title in enumerate(world.bloc_names):
        own = tuple(code for code in here if of_partition[code] == number)
        # The same members under a second name would only lengthen the list.
        if own not in found.values():
            found[plain(title).replace(" ", "_")] = own
    return {name: members for name, members in sorted(found.items()) if members}


def countries_named(
    key: str,
    names: Sequence[str],
    world: World,
    *,
    words: Sequence[str] = (),
    rest: bool = True,
    blocs: bool = True,
) -> tuple[str, ...]:
    """Countries of a world that a list names, in the order of the list; a bloc gives its members.

    Parameters
    ----------
    key : str
        Parameter, as the user would write it.
    names : sequence of str
        Countries in any spelling, and blocs.
    world : World
        Facts.
    words : sequence of str
        What the parameter takes beside countries, for the error.
    rest : bool
        Whether the aggregated rest of the world counts as a country.
    blocs : bool
        Whether a bloc may stand for its members.

    Raises
    ------
    InputError
        If the list is empty, or a country or a bloc is not in this world.
    """
    here = [code for code, named in zip(world.countries, world.named, strict=True) if named or rest]
    # Made-up countries are in no table; the world knows what they are called.
    own = {plain(text): code for column in (world.country_names, world.cordis_codes)
           for text, code in zip(column, world.countries, strict=True) if code in here}  # fmt: skip
    either = "".join(f"{word}, " for word in (*words, *([f"{BLOC}NAME"] if blocs else [])))
    if not names:
        raise InputError(key, list(names), problem="names no country", allowed=f"{either}countries by code or name")
    found: list[str] = []
    for name in names:
        code = country_code(name)
        code = own.get(plain(str(name)), code) if code not in here else code
        if blocs and str(code).startswith(BLOC):
            known = {BLOC + bloc: members for bloc, members in blocs_in(world).items()}
            if code not in known:
                problem = f"no such bloc in world '{world.name}'"
                raise InputError(key, name, ", ".join(known), nearest_name(code, known), problem=problem)
            found += known[code]
        elif code in here:
            found.append(code)
        else:
            near, problem = _nearest(str(name), world, [*here, *words]), f"no such country in world '{world.name}'"
            if near and is_known(code) and code not in world.countries:
                # Switzerland, where the world has none, is no slip for China
                near, problem = None, f"is not in world '{world.name}'"
            raise InputError(key, name, f"{either}countries by code or name: {', '.join(here)}", near, problem=problem)
    return tuple(dict.fromkeys(found))


def _nearest(name: str, world: World, codes: Sequence[str]) -> str | None:
    """What was probably meant: the country whose name begins so, the nearest code, or the nearest name."""
    begins = [title for title in world.country_names if plain(title).startswith(plain(name))]
    if len(begins) == 1:
        return begins[0]
    near = nearest_name(name, codes, cutoff=0.5) if len(name) <= 5 else None
    return near or nearest_name(name, [*world.country_names, *codes])


@lru_cache(maxsize=64)
def country_mask(names: tuple[str, ...] | str, world: World) -> NDArray[np.bool_]:
    """(C,): the countries that a list names; the word ``all`` for every one. Read-only.

    Raises
    ------
    InputError
        As :func:`countries_named`.
    """
    if names == "all":
        mask = np.ones(world.n_countries, dtype=np.bool_)
    else:
        chosen = countries_named("countries", (names,) if isinstance(names, str) else names, world)
        mask = np.isin(np.array(world.countries), chosen)
    mask.setflags(write=False)
    return mask
