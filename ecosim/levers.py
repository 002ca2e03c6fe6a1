"""A policy's levers: how a part of the public money is split over instruments, and whose money it is.

``policy.levers`` names instruments and their shares of it. The money comes out of the appropriation that also buys
grants, so all policies of one appropriation have an equal budget, however they split it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.config.programme import PolicyConfig
from ecosim.errors import InputError, nearest_name, shown
from ecosim.instruments.base import REGISTRY, Instrument
from ecosim.world.facts import World
from ecosim.world.names import countries_named

#: Keys of a lever's instrument that the policy sets.
_MONEY, _SENDERS = "monthly_eur", "senders"


def own_parts(world: World) -> NDArray[np.float64]:
    """Each government's own part of the appropriation, shape (C,); sums to 1.

    Those who fund the programme pay by GDP: the Union's own resources are for most part levied on national income, and
    associated countries pay by GDP (Horizon 2020 association agreements). Who is not a member or associated pays
    nothing.
    """
    paying = np.where((world.programme_standing >= 1.0) & world.named, world.gdp_busd, 0.0)
    return np.asarray(paying / paying.sum() if paying.sum() > 0.0 else paying)


def part_moved(policy: PolicyConfig, world: World) -> float:
    """Share of the appropriation whose owners act: 1, or the actors' own part.

    Raises
    ------
    InputError
        If an actor is not in the world, or pays nothing to the programme.
    """
    if policy.actor == "all":
        return 1.0
    parts = own_parts(world)
    chosen = countries_named("policy.actor", policy.actor, world, rest=False)
    for code in chosen:
        if parts[world.countries.index(code)] <= 0.0:
            paying = [own for own, part in zip(world.countries, parts, strict=True) if part > 0.0]
            raise InputError(
                "policy.actor", code, f"those who fund it: {', '.join(paying)}",
                problem="pays nothing to the programme, so it has no budget of its own to move",
            )  # fmt: skip
    return float(parts[[world.countries.index(code) for code in chosen]].sum())


def lever_money(policy: PolicyConfig, world: World) -> float:
    """EUR a month at full scale that all levers have together."""
    whole = policy.appropriation_eur_per_month
    whole = world.appropriation_eur_per_month if whole is None else whole
    return policy.levers_share * whole * part_moved(policy, world) + policy.additional_eur


def apportioned(instruments: Mapping[str, Instrument], policy: PolicyConfig, world: World) -> dict[str, Instrument]:
    """The instruments of a scenario, with the levers of its policy among them and their money.

    Parameters
    ----------
    instruments : mapping
        Those the scenario chooses, by name. A lever may be one of them, with parameters of its own but for the money;
        else it is the kind of its name, as its option has it.
    policy : PolicyConfig
        Names the levers.
    world : World
        Facts: the appropriation, and who pays.

    Raises
    ------
    InputError
        If a lever is no instrument, has money or senders of its own beside the policy's, or gets more than it may have.
    """
    made = dict(instruments)
    money = lever_money(policy, world)
    for name, share in policy.levers.items():
        own = made.get(name)
        if own is None and name not in REGISTRY:
            known = sorted({*REGISTRY, *made})
            raise InputError(
                f"policy.levers.{name}", f"{share:g}", ", ".join(known), nearest_name(name, known),
                problem="no such instrument",
            )  # fmt: skip
        eur = share * money
        sets: dict[str, Any] = {_MONEY: eur}
        instrument = own
        if instrument is None:
            option = {key: value for key, value in REGISTRY[name].option.items() if key != _MONEY}
            instrument = REGISTRY[name](**option)
        if policy.actor != "all" and "countries" in type(instrument).aims:
            sets[_SENDERS] = policy.actor
        for key in sets:
            if own is not None and key in own.model_fields_set and getattr(own, key) != sets[key]:
                raise InputError(
                    f"instruments.{name}.{key}", shown(getattr(own, key)),
                    f"one of them: leave it out, or take {name} out of policy.levers",
                    problem=f"stands beside policy.levers.{name}, which sets it",
                )  # fmt: skip
        most = 1e9
        if eur > most:
            raise InputError(
                f"policy.levers.{name}", f"{share:g}", f"at most {most:,.0f} EUR a month for one instrument",
                problem=f"comes to {eur:,.0f} EUR a month",
            )  # fmt: skip
        made[name] = instrument.model_copy(update=sets)
    return made


def without_lever_money(plain: dict[str, Any], policy: PolicyConfig, instruments: Mapping[str, Instrument]) -> None:
    """Take out of a scenario's plain data, in place, what its policy will put there again when it is built.

    So a policy with other levers, built from the same data, keeps no money of these.
    """
    for name in policy.levers:
        kept = {key: value for key, value in plain[name].items() if key != _MONEY}
        if policy.actor != "all" and "countries" in type(instruments[name]).aims:
            kept.pop(_SENDERS, None)
        kind = REGISTRY.get(name)
        usual = kind(**{key: value for key, value in kind.option.items() if key != _MONEY}) if kind else None
        if usual is not None and kept == {
            "kind": name, **{key: value for key, value in usual.model_dump(mode="json").items() if key in kept}
        }:  # fmt: skip
            del plain[name]
        else:
            plain[name] = kept
