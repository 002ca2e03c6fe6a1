"""The handles: everything a shock or an instrument may push, and nothing else.

:data:`HANDLES` is the one table of them. Their arrays at rest, the ranges they are kept in, the names a shock or an
instrument may declare, what counts as better in the contracts both are tested by, ``docs/HANDLES.md`` and ``ecosim list
handles`` all come from it. A handle enters the table together with the code that reads it.

A month's handles are rebuilt from the base facts, then pushed by shocks, then by instruments. They are never
undone step by step, so a shock that has passed returns the exact bits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecosim.errors import nearest_name

#: What an axis of a handle runs over.
Axis = Literal["country", "sector", "funder", "regulation part", "input", "firm size"]


@dataclass(frozen=True)
class Handle:
    """One row of the table: an array that shocks and instruments may push."""

    name: str
    axes: tuple[Axis, ...]
    #: One sentence for people. Between two countries a value is read from the first to the second.
    meaning: str
    #: Value without shocks and instruments; "base" where a function of facts makes it (:mod:`ecosim.channels.build`).
    rest: float | Literal["base"] = 1.0
    #: Which direction is good.
    better: Literal["up", "down"] = "up"
    low: float = 0.0
    high: float = 1.0
    #: Whether it is a channel: 1 means no obstacle, so there is a gap to close and a law can close it.
    channel: bool = False

    @property
    def sign(self) -> int:
        """1 where more is better, -1 where less is."""
        return 1 if self.better == "up" else -1

    @property
    def worst(self) -> float:
        """The bad end of its range."""
        return self.low if self.better == "up" else self.high

    @property
    def axes_text(self) -> str:
        """Its axes, for people: "country, country"."""
        return ", ".join(self.axes)

    @property
    def range_text(self) -> str:
        """Its range, for people: "0 to 1", or "from 1" without an upper end."""
        return f"from {self.low:g}" if self.high == inf else f"{self.low:g} to {self.high:g}"

    @property
    def rest_text(self) -> str:
        """Its value at rest, for people."""
        return "facts" if self.rest == "base" else f"{self.rest:g}"


_PAIR: tuple[Axis, Axis] = ("country", "country")


def _channel(name: str, axes: tuple[Axis, ...], meaning: str, rest: float | Literal["base"] = "base") -> Handle:
    return Handle(name, axes, meaning, rest=rest, channel=True)


def _health(name: str, axes: tuple[Axis, ...], meaning: str, **more: Any) -> Handle:
    return Handle(name, axes, f"{meaning} Read only with mechanisms.health=true.", **more)


#: Every handle. Channels first.
HANDLES: tuple[Handle, ...] = (
    _channel(
        "political", _PAIR,
        "How openly two countries deal with each other: who accepts, who stays, and the most trust there can be.",
    ),
    _channel("mobility", _PAIR, "How easily people of the first country work in the second."),
    _channel("regulation", ("regulation part", *_PAIR), "How far the rules of two countries agree, by part of law."),
    _channel("data", _PAIR, "How freely data may be shared; counts as far as a sector's work needs data."),
    _channel(
        "technology_control", _PAIR,
        "How freely controlled technology may be shared; counts as far as a sector's work is controlled.",
    ),
    _channel(
        "licence", (*_PAIR, "sector"),
        "Share of the joint work of two countries in a sector that rules made for that sector leave open, beside what "
        "the control of technology leaves.", rest=1.0,
    ),
    _channel("knowledge_access", _PAIR, "Share of the second country's knowledge that the first reaches; 1 at home."),
    _channel(
        "awareness", (*_PAIR, "sector"),
        "How likely the first country's organisations know one of the second, beside a compatriot.",
    ),
    _channel(
        "eligibility", (*_PAIR, "sector"),
        "Share of the second country's organisations that may be funded in a consortium led from the first, by sector: "
        "a country may be associated to parts of the programme. Of a country with itself, the share that may lead.",
    ),
    _channel(
        "running_grants", (*_PAIR, "sector"),
        "The same for grants already awarded, where it is more: what was promised stays promised at 1.", rest=1.0,
    ),
    _channel(
        "supply", ("input", *_PAIR),
        "How much of its inputs the first country gets from suppliers in the second, by kind.",
    ),
    _channel(
        "recognition", (*_PAIR, "sector"),
        "Share of an approval in the second country that one given in the first stands for; 1 at home. Read only with "
        "mechanisms.stages=true.",
    ),
    Handle("payment", ("funder",), "Share of due payments a funder makes."),
    Handle("appropriation", ("funder",), "Share of its new money a funder receives."),
    Handle(
        "agency_money", ("country",),
        "Share of its new money that a country's own agency receives; counts where there is a funder of that country "
        "alone.",
    ),
    Handle(
        "firm_income", ("country",),
        "What firms of a country earn for research of their own, and how much of it they begin, beside that at rest.",
        high=inf,
    ),
    Handle(
        "own_payment", ("country",),
        "Share of a country's organisations that its own agency pays, where another funder excludes them from taking "
        "part (not from leading); counts where there is an agency.", rest=0.0,
    ),
    Handle("capacity", ("country",), "Working capacity of a country's organisations, beside that at rest.", high=inf),
    Handle(
        "starting", ("country",),
        "Share of the work that leads of a country would begin which they do begin, beside that at rest.",
    ),
    Handle(
        "displaced", ("country",), "Share of a country's researchers who have had to leave it.", rest=0.0,
        better="down",
    ),
    Handle(
        "refuge", _PAIR,
        "Of researchers displaced from the first country who reach the second and find no work in research by "
        "themselves, the share who are given it.", rest=0.0,
    ),
    Handle(
        "friction_start", ("country",), "Months to approve and start, beside those at rest.", better="down", high=inf,
    ),
    Handle(
        "friction_replace", ("country",), "Months until a new member works, beside those at rest.", better="down",
        high=inf,
    ),
    Handle(
        "friction_switch", ("country",), "Months to qualify another supplier, beside those at rest.", better="down",
        high=inf,
    ),
    Handle(
        "input_stock", ("input", "country"), "Months of stock of a kind of input at a country's sites, beside those at "
        "rest.", high=inf,
    ),
    Handle(
        "suppliers_per_input", ("input",),
        "Mean number of qualified suppliers of a kind of input, for work that starts: 1.4 means that four in ten "
        "have a second one.",
        low=1.0, high=2.0,
    ),
    Handle(
        "pilot_cost", ("sector",), "Cost of a person-month where work is repeated at parallel sites, beside one site.",
        better="down", low=1.0, high=inf,
    ),
    Handle(
        "trust", _PAIR, "Added this month to the trust of every tie between two countries.", rest=0.0, low=-1.0,
    ),
    Handle(
        "newcomer_entry", _PAIR,
        "Share of those of the second country whom leads of the first would look for by size, in whose place they meet "
        "someone never funded.", rest=0.0,
    ),
    Handle(
        "firms_met", (*_PAIR, "sector"),
        "Share of those of the second country whom leads of the first would look for by size, in whose place they meet "
        "a firm, by sector. Read only with mechanisms.newcomers=true.", rest=0.0,
    ),
    Handle(
        "chance_met", ("country",),
        "Share of those a country's leads would meet by chance whom they do meet; in place of the others they look for "
        "organisations they know of.",
    ),
    Handle(
        "first_trust", _PAIR,
        "Trust between organisations of two countries that have no more of their own: of people who have met.",
        rest=0.0,
    ),
    Handle(
        "results_shown", _PAIR,
        "How much more trust moves by how joint work ends, up by success and down by failure, because both sides see "
        "it.",
        rest=0.0,
    ),
    Handle(
        "match_quality", ("country", "sector"),
        "Weight that fitting knowledge has where a country's leads choose, by sector, beside that at rest.", high=inf,
    ),
    Handle(
        "fair_terms", _PAIR,
        "Of organisations of the second country that would decline a lead of the first with all channels open, the "
        "share that accepts.", rest=0.0,
    ),
    Handle(
        "rotation", ("country",),
        "How far a country's organisations lead in turn with those of others that do, whatever their experience; "
        "counts in funded work.", rest=0.0,
    ),
    Handle(
        "expectation", _PAIR,
        "Belief of the first country's organisations that those of the second will stay able to work with them; counts "
        "in all work.",
    ),
    Handle(
        "programme_expectation", ("country", "sector"),
        "Belief of all who take part in the programme that a country's organisations will stay able to take part in "
        "it, by sector; counts in the work of funders of several countries.",
    ),
    Handle(
        "lead_expectation", ("country", "sector"),
        "The same of being able to lead in it.",
    ),
    Handle(
        "pilot_sites", ("sector",),
        "Mean number of sites, in different countries, of a partnership that needs inputs: 1.4 means that four in ten "
        "have a second one. With stages, of a pilot; research then works at one.",
        low=1.0, high=inf,
    ),
    Handle(
        "approval_months", ("country",),
        "Months to approve research and pilots, beside those at rest. Read only with mechanisms.stages=true.",
        better="down", high=inf,
    ),
    Handle(
        "site_start", _PAIR,
        "Months to set up a pilot's site in the second country for a technology of the first, beside those at rest. "
        "Read only with mechanisms.stages=true.", better="down", high=inf,
    ),
    Handle(
        "private_money", ("country",),
        "Private money that comes to a country's technologies, beside that at rest. Read only with "
        "mechanisms.stages=true.", high=inf,
    ),
    Handle(
        "risk_share", ("country",),
        "Share of private investors' losses in a country that the public bears. Read only with "
        "mechanisms.stages=true.", rest=0.0,
    ),
    Handle(
        "royalty_share", ("country",),
        "Royalties paid by users in a country, in sectors in which patents matter, beside those at rest. Read only "
        "with mechanisms.stages=true.", high=inf,
    ),
    Handle(
        "own_work", ("firm size", "country"),
        "Unfunded joint work that a country's firms start, beside that at rest: small and medium-sized ones, and large "
        "ones.", high=inf,
    ),
    Handle(
        "attention", ("sector",), "Unfunded joint work that is started in a sector, beside that at rest.", high=inf,
    ),
    Handle(
        "evaluation_error", ("country",),
        "Error with which proposals led from a country are evaluated, beside that at rest.", better="down", high=inf,
    ),
    Handle(
        "pilot_chance", ("sector",),
        "Chance that completed research of a sector leaves something to try, beside that at rest. Read only with "
        "mechanisms.stages=true.", high=inf,
    ),
    Handle(
        "leakage", _PAIR,
        "Share of the royalties on technologies of the first country that its owners lose in the second, where what "
        "was shared is used without a licence. Read only with mechanisms.stages=true.", rest=0.0, better="down",
    ),
    _health(
        "health_data", _PAIR,
        "Share of the second country's cases that it has agreed to share with the first's models; it comes as far as "
        "the data channel is open.", rest=0.0,
    ),
    _health(
        "health_data_in_place", _PAIR,
        "Share of the second country's cases from which the first's models may learn where they lie; no data channel "
        "is needed.", rest=0.0,
    ),
    _health("health_records", ("country",), "Cases of a country that models can learn from, beside those at rest.",
            high=inf),
    _health(
        "health_testing", ("country",),
        "How far a country tests the models it gets on each group of its people, and keeps its own where that errs "
        "less.", rest=0.0,
    ),
    _health(
        "health_review_months", ("country",), "Months for which a country reviews a new model before it is used.",
        rest=0.0, better="down", high=60.0,
    ),
    _health(
        "health_trust", ("country",),
        "Of those who do not trust health care with models, the share that is won: heard, or shown how models decide.",
        rest=0.0,
    ),
    _health("misinformation", ("country",), "How strong a wave of misinformation about health is.", rest=0.0,
            better="down"),
    _health("misinformation_reach", ("country",), "Share of people whom such a wave reaches, beside that at rest.",
            better="down"),
    _health("breach", ("country",), "How grave a breach of health records is.", rest=0.0, better="down"),
    _health("breach_reach", ("country",), "What of its records a breach reaches, beside a country's own.",
            better="down", high=inf),
    _health("health_workforce", ("country",), "Health workers able to use models, beside those at rest.", high=inf),
    _health("health_compute", ("country",), "Computing for models of health, beside that at rest.", high=inf),
    _health(
        "health_service", _PAIR,
        "Share of the first country's service of models that runs in the second, beside what it buys there anyway.",
        rest=0.0, better="down",
    ),
    _health("health_service_kept", ("country",), "Share of the loss by a cut-off of service that contracts prevent.",
            rest=0.0),
    _health("surveillance_algorithm", ("country",), "How far a country has a shared algorithm for its surveillance.",
            rest=0.0),
    _health("travel", _PAIR, "How many people of the first country travel to the second, beside those at rest."),
    _health("laboratories", ("country",), "Cases that a country's laboratories can count, beside those at rest."),
    _health("outbreaks", ("country",), "Outbreaks that begin in a country, beside those at rest.", better="down",
            high=inf),
)  # fmt: skip

#: The same by name.
HANDLE: dict[str, Handle] = {handle.name: handle for handle in HANDLES}

#: Names of the channels, the only handles with a gap to close.
CHANNELS: tuple[str, ...] = tuple(handle.name for handle in HANDLES if handle.channel)


#: What organisations believe: all that a threat that is never carried out may lower.
BELIEFS: frozenset[str] = frozenset({"expectation", "programme_expectation", "lead_expectation"})


def _no_handle(name: str) -> str:
    hint = nearest_name(name, tuple(HANDLE))
    return f"no handle '{name}'" + (f"; did you mean {hint}?" if hint else "")


class Handles:
    """What organisations face this month: one array per row of :data:`HANDLES`, an attribute each, and the ceilings.

    Parameters
    ----------
    values : mapping of str to ndarray of float
        One array for each handle.
    ceilings : mapping of str to ndarray of float, optional
        Highest value the law leaves open this month, by channel (absent = 1). Written by :meth:`close_by_law`, obeyed
        by :meth:`close_gap`; the model itself never reads it.
    """

    ceilings: dict[str, NDArray[np.float64]]

    def __init__(
        self, values: Mapping[str, NDArray[np.float64]], ceilings: Mapping[str, NDArray[np.float64]] | None = None
    ) -> None:
        vars(self).update({name: values[name] for name in HANDLE})
        self.ceilings = {} if ceilings is None else dict(ceilings)

    def __getattr__(self, name: str) -> NDArray[np.float64]:
        # asked only for what is not there
        raise AttributeError(name if name.startswith("__") else _no_handle(name))

    def __setattr__(self, name: str, value: Any) -> None:
        # A misspelt name must not become a push that nobody reads.
        if name not in HANDLE and name != "ceilings":
            raise AttributeError(_no_handle(name))
        super().__setattr__(name, value)

    @classmethod
    def at_rest(cls, lengths: Mapping[Axis, int], base: Mapping[str, NDArray[np.float64]]) -> Handles:
        """Make the handles of a world without shocks and instruments, within their ranges.

        Parameters
        ----------
        lengths : mapping of str to int
            Length of each axis.
        base : mapping of str to ndarray of float
            Values of the handles that functions of facts make.

        Raises
        ------
        ValueError
            If `base` does not hold exactly those, each in its shape.
        """
        from_facts = {handle.name for handle in HANDLES if handle.rest == "base"}
        if from_facts != base.keys():
            raise ValueError(f"wrong handles from facts: {', '.join(sorted(from_facts ^ base.keys()))}")
        values = {}
        for handle in HANDLES:
            shape = tuple(lengths[axis] for axis in handle.axes)
            values[handle.name] = base[handle.name] if handle.rest == "base" else np.full(shape, handle.rest)
            if values[handle.name].shape != shape:
                raise ValueError(f"{handle.name}: shape {values[handle.name].shape}, expected {shape}")
        handles = cls(values)
        handles.clip()
        return handles

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return the arrays by name of the handle, in the order of the table."""
        return dict(zip(HANDLE, map(vars(self).__getitem__, HANDLE), strict=True))

    def changed(self, before: Handles, names: Iterable[str] = HANDLE) -> Iterator[str]:
        """Those of the named handles whose values differ from earlier ones, found one after another."""
        for name in names:
            value, earlier = getattr(self, name), getattr(before, name)
            if value is not earlier and not np.array_equal(value, earlier):
                yield name

    def copy(self) -> Handles:
        """Return a deep copy whose arrays may be written."""
        return self.opened(HANDLE)

    def opened(self, names: Collection[str]) -> Handles:
        """A copy of which the named handles may be written; the others stay as they are, and refuse.

        Parameters
        ----------
        names : collection of str
            Of :data:`HANDLE`.
        """
        values = self.arrays()
        for name, value in values.items():
            if name in names or value.flags.writeable:
                values[name] = value.copy() if name in names else value.view()
                values[name].setflags(write=name in names)
        return Handles(values, {channel: ceiling.copy() for channel, ceiling in self.ceilings.items()})

    def closed(self, rest: Handles, others: Mapping[str, NDArray[np.float64]] | None = None) -> None:
        """Bring what was opened back into its range, in place; what was not is the very array of ``rest`` again.

        From here on none may be written. To compiled loops an array that may be written is of another type, so each
        mixture of both would be compiled anew.

        Parameters
        ----------
        rest : Handles
            At rest.
        others : mapping of str to ndarray of float, optional
            Arrays, within their ranges, that handles that were not opened get in place of those at rest.
        """
        others = {} if others is None else others
        for (name, value), at_rest in zip(self.arrays().items(), rest.arrays().values(), strict=True):
            if value.flags.writeable:
                self.clip((name,))
                value.setflags(write=False)
            else:
                setattr(self, name, others.get(name, at_rest))

    def lower(self, name: str, share: ArrayLike) -> None:
        """Take a share of a handle away: ``value * (1 - share)``. A share of 0 changes no bit.

        Parameters
        ----------
        name : str
            One of :data:`HANDLE`.
        share : array_like
            In [0, 1]; broadcast to the handle's shape.
        """
        value = getattr(self, name)
        value *= 1.0 - np.asarray(share, dtype=np.float64)

    def lengthen(self, name: str, share: ArrayLike) -> None:
        """Add a share of a handle to itself, ``value * (1 + share)``: longer months, dearer work. 0 changes no bit.

        Parameters
        ----------
        name : str
            One of :data:`HANDLE`.
        share : array_like
            0 or more; broadcast to the handle's shape.
        """
        value = getattr(self, name)
        value *= 1.0 + np.asarray(share, dtype=np.float64)

    def close_by_law(self, channel: str, share: ArrayLike) -> None:
        """Lower a channel, and forbid that money opens it again beyond ``1 - share``.

        Sanctions, exclusions and border closures bind governments and funders too: an instrument may work inside what
        the law leaves open, not against it.
        """
        self.lower(channel, share)
        self.lower_ceiling(channel, share)

    def fill(self, name: str, share: ArrayLike) -> None:
        """Close a share of what a handle lacks to 1: ``value + share * (1 - value)``. A share of 0 changes no bit.

        Parameters
        ----------
        name : str
            One of :data:`HANDLE`; of a channel, what the law forbids is for :meth:`close_gap`.
        share : array_like
            In [0, 1]; broadcast to the handle's shape.
        """
        value = getattr(self, name)
        added = 1.0 - value
        added *= np.asarray(share, dtype=np.float64)
        value += added

    def lower_ceiling(self, channel: str, share: ArrayLike) -> None:
        """Forbid that instruments raise a channel above ``1 - share``, leaving its value as it is."""
        value = self._channel(channel)
        law = np.broadcast_to(1.0 - np.asarray(share, dtype=np.float64), value.shape)
        before = self.ceilings.get(channel)
        self.ceilings[channel] = law.copy() if before is None else np.minimum(before, law)

    def close_gap(self, channel: str, share: ArrayLike) -> NDArray[np.float64]:
        """Close a share of the gap between a channel and what the law leaves open.

        Parameters
        ----------
        channel : str
            One of :data:`CHANNELS`.
        share : array_like
            Share of the remaining gap, in [0, 1]; broadcast to the channel's shape. 0 changes no bit.

        Returns
        -------
        ndarray
            What was added, in the shape of the channel.

        Raises
        ------
        ValueError
            If the handle is no channel: it has no gap to close.
        """
        value = self._channel(channel)
        # One array, not one for each operation: to get the memory of a large one takes longer than to fill it.
        added: NDArray[np.float64] = self.ceilings.get(channel, 1.0) - value
        np.maximum(added, 0.0, out=added)
        added *= np.asarray(share, dtype=np.float64)
        value += added
        return added

    def clip(self, names: Collection[str] = HANDLE) -> None:
        """Bring handles, all by default, back into their ranges, in place."""
        for name in names:
            value = getattr(self, name)
            value.clip(HANDLE[name].low, HANDLE[name].high, out=value)

    def _channel(self, name: str) -> NDArray[np.float64]:
        if name not in CHANNELS:
            raise ValueError(f"{name} is no channel; allowed: {', '.join(CHANNELS)}")
        value: NDArray[np.float64] = getattr(self, name)
        return value
