"""Draft consortia: who takes the lead, in what, and what the consortium should look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.kernels import kernel, kernel_making_arrays, kernel_row
from ecosim.numerics import exp, log
from ecosim.partnerships.cores import NONE_RECENT, Alike, Recent, core_of, kind_of, recent_consortia, took_part
from ecosim.tables import DRAFT, FUNDED, MAX_SEATS
from ecosim.world.facts import ORGANISATION_TYPES

if TYPE_CHECKING:
    from ecosim.config.programme import ProgrammeConfig
    from ecosim.programmes.calls import Shapes
    from ecosim.setting import Setting
    from ecosim.state import State

#: Drafts one organisation starts in one sector and month at most: a draft's number has sixteen bits of its tag.
MOST_DRAFTS = 0xFFFF
#: Seats open to a type where nothing is said of types.
ANY = 0x7FFF


class ConsortiumRule(NamedTuple):
    """Fewest and most countries and blocs that a funder wants in a consortium; 0 for no rule."""

    fewest_countries: int = 0
    most_countries: int = 0
    fewest_blocs: int = 0
    most_blocs: int = 0


def rule_of(programme: ProgrammeConfig) -> ConsortiumRule:
    """The rule on consortia of a programme."""
    return ConsortiumRule(*(programme.countries_per_consortium or (0, 0)), *(programme.blocs_per_consortium or (0, 0)))


class DraftArrays(NamedTuple):
    """Drafts as compiled loops take them; see :class:`Drafts`."""

    rows: NDArray[np.void]
    seats: NDArray[np.int32]
    present: NDArray[np.uint8]
    open_types: NDArray[np.int16]
    recent: Recent


@dataclass
class Drafts:
    """Consortia being put together in one month, in a fixed order that favours no country.

    Attributes
    ----------
    rows : ndarray, dtype ``DRAFT``, shape (D,)
    seats : ndarray of int32, shape (D, most seats + 1)
        Organisations that have joined, the lead first; -1 beyond. One place more than seats: whoever is being replaced
        stands beside the substitute.
    present : ndarray of uint8, shape (D, C)
        Members by country.
    open_types : ndarray of int16, shape (D, T)
        Seats still open to organisations of each type; :data:`ANY` where any may have all of them.
    recent : Recent
        The consortia that those of a circle grow out of.
    """

    rows: NDArray[np.void]
    seats: NDArray[np.int32]
    present: NDArray[np.uint8]
    open_types: NDArray[np.int16]
    recent: Recent = NONE_RECENT

    @classmethod
    def empty(cls, n: int, n_countries: int, most_seats: int = MAX_SEATS) -> Drafts:
        """Room for n drafts of at most that many seats."""
        rows = np.zeros(n, dtype=DRAFT)
        rows["core"] = rows["elder"] = -1
        return cls.of(rows, n_countries, most_seats)

    @classmethod
    def of(cls, rows: NDArray[np.void], n_countries: int, most_seats: int) -> Drafts:
        """Drafts of these rows, with nobody seated."""
        n = len(rows)
        return cls(
            rows,
            np.full((n, most_seats + 1), -1, dtype=np.int32),
            np.zeros((n, n_countries), dtype=np.uint8),
            np.full((n, len(ORGANISATION_TYPES)), ANY, dtype=np.int16),
        )

    @property
    def arrays(self) -> DraftArrays:
        """The drafts for compiled loops."""
        return DraftArrays(self.rows, self.seats, self.present, self.open_types, self.recent)

    def taken(self, places: NDArray[np.intp]) -> Drafts:
        """Some of them, in the order given."""
        # `take` moves a row as a whole, indexing field by field
        return Drafts(
            self.rows.take(places), self.seats.take(places, axis=0), self.present.take(places, axis=0),
            self.open_types.take(places, axis=0), self.recent,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def joined(cls, parts: Sequence[Drafts], month: int) -> Drafts:
        """Drafts of several terms as one, in hashed order again."""
        if len(parts) == 1:
            return parts[0]
        width = max(part.seats.shape[1] for part in parts)
        seats = [np.pad(part.seats, ((0, 0), (0, width - part.seats.shape[1])), constant_values=-1) for part in parts]
        rows = np.concatenate([part.rows for part in parts])
        together = cls(
            rows, np.concatenate(seats), np.concatenate([part.present for part in parts]),
            np.concatenate([part.open_types for part in parts]), parts[0].recent,
        )  # fmt: skip
        return together.taken(np.argsort(_hashes(rows, month), kind="stable"))


@kernel_making_arrays
def _hashes(rows, month):
    hashes = np.empty(len(rows), dtype=np.uint64)
    for d in range(len(rows)):
        hashes[d] = rnd.mix(rows[d].lead_key, rows[d].tag, month)
    return hashes


@kernel_row
def _pull(rec):
    """How far experience draws an organisation to lead, 0 to 1."""
    return rec.experience / (1.0 + rec.experience)


@kernel_making_arrays
def _pull_in_turn(
    organisations, entry_organisation, entry_arrival, entry_sector, lead_weight, funder_of, wanted, rotation, month,
):  # fmt: skip
    """Mean pull of experience on those who lead in turn, in the shape of ``wanted``; 0 where nobody does."""
    mean = np.zeros(wanted.shape)
    if not rotation.any():
        return mean
    by = np.zeros(wanted.shape)
    for e in range(len(entry_organisation)):
        rec = organisations[entry_organisation[e]]
        f = funder_of[rec.country]
        if entry_arrival[e] > month or f < 0:
            continue
        weight = lead_weight[e] * rotation[rec.country]
        mean[f, entry_sector[e]] += weight * _pull(rec)
        by[f, entry_sector[e]] += weight
    for f in range(wanted.shape[0]):
        for s in range(wanted.shape[1]):
            if by[f, s] > 0.0:
                mean[f, s] /= by[f, s]
    return mean


@kernel_making_arrays
def expected_leads(
    organisations, entry_organisation, entry_arrival, entry_sector, lead_weight, funder_of, wanted, readiness, may_lead,
    rotation, month, experience_pull,
):  # fmt: skip
    """Expected number of drafts that each (organisation, sector) entry starts this month.

    Parameters
    ----------
    funder_of : ndarray of int, shape (C,)
        The row of ``wanted`` that leads from each country go by; -1 where none may lead.
    wanted : ndarray of float, shape (rows, S)
        Drafts expected of all leads of a row together.
    readiness, may_lead : ndarray of float, shape (S, C)
        What doubt leaves, and the share of a country's organisations that may lead.
    rotation : ndarray of float, shape (C,)
        How far a country's organisations lead in turn: of a share of its pull, experience counts as the mean of all who
        do, so that leading passes among them and none is lost or gained.

    Weights are normalised over the organisations the arrival schedule says are there, not over those still able to
    lead: a shock that stops some from leading must not make the others lead more.

    Returns
    -------
    ndarray of float, shape (entries,)
    """
    n = len(entry_organisation)
    in_turn = _pull_in_turn(
        organisations, entry_organisation, entry_arrival, entry_sector, lead_weight, funder_of, wanted, rotation, month
    )
    total = np.zeros(wanted.shape)
    expected = np.zeros(n)
    for e in range(n):
        if entry_arrival[e] > month:
            continue
        rec = organisations[entry_organisation[e]]
        f = funder_of[rec.country]
        if f < 0:
            continue
        # Those who took part before apply more often (Enger and Castellacci 2016).
        weight = lead_weight[e] * (1.0 + experience_pull * rec.experience / (1.0 + rec.experience))
        if rotation[rec.country] > 0.0:
            pull = _pull(rec) + rotation[rec.country] * (in_turn[f, entry_sector[e]] - _pull(rec))
            weight = lead_weight[e] * (1.0 + experience_pull * pull)
        total[f, entry_sector[e]] += weight
        if rec.present and rec.load < rec.capacity and rec.standing_draw < may_lead[entry_sector[e], rec.country]:
            expected[e] = weight * readiness[entry_sector[e], rec.country]
    for e in range(n):
        if expected[e] > 0.0:
            f = funder_of[organisations[entry_organisation[e]].country]
            s = entry_sector[e]
            expected[e] *= wanted[f, s] / total[f, s]
    return expected


@kernel
def draw_lead(key, organisation_key, sector, expected, month, purpose):
    """Number of drafts one organisation starts in one sector this month: a Poisson draw."""
    # Most expectations are tiny: 1 - x < exp(-x) settles them with one draw and no exponential.
    if rnd.uniform(key, organisation_key, sector, month, purpose, 0) < 1.0 - expected:
        return 0
    return min(rnd.poisson(key, expected, organisation_key, sector, month, purpose), MOST_DRAFTS)


@kernel_making_arrays
def draw_leads(key, entry_key, entry_sector, expected, month, purpose):
    """Number of drafts each entry starts: a Poisson draw keyed by organisation, sector and month."""
    n = len(expected)
    counts = np.zeros(n, dtype=np.int32)
    # In a loop of their own the first draws are computed several at a time, and nearly all of them say no.
    first = np.empty(n)
    for e in range(n):
        first[e] = rnd.uniform(key, entry_key[e], entry_sector[e], month, purpose, 0)
    for e in range(n):
        if first[e] >= 1.0 - expected[e]:
            counts[e] = draw_lead(key, entry_key[e], entry_sector[e], expected[e], month, purpose)
    return counts


@kernel_row
def _like(shapes, sector, lead_type):
    """First and last + 1 of the observed consortia that a lead of a type may propose in a sector.

    Those which one of its type coordinates; all of the sector if there is none, and all if nothing was observed in the
    sector, as for its mean grant.
    """
    n_types = shapes.types.shape[1]
    block = sector * n_types
    first, last = shapes.offset[block + lead_type], shapes.offset[block + lead_type + 1]
    if first == last:
        first, last = shapes.offset[block], shapes.offset[block + n_types]
    if first == last:
        first, last = 0, len(shapes.rows)
    return first, last


@kernel
def _write(month, purpose, counts, index, calls, rows, recent, fixed, p, drafts, order):
    """Write a draft for every lead that has room, in place; returns how many."""
    shapes, funder_of, rule = calls
    q = p[0]
    key, topics = fixed.key, fixed.topics
    organisations = rows.organisations
    n_countries = len(fixed.price)
    core_share = q.search_core_share if q.on_core_reform == 1 else 0.0
    d = 0
    for e in range(len(counts)):
        for attempt in range(counts[e]):
            i = index.organisation[e]
            s = index.sector[e]
            rec = organisations[i]
            # Unfunded work starts at once and takes up room. A proposal does so only while its lead writes others:
            # nobody proposes to lead more than it could.
            if rec.load >= rec.capacity:
                continue
            rec.load += 1
            draft = drafts[d]
            f = funder_of[rec.country]
            # Who proposes to several funders in a month proposes different things.
            tag = (p[max(f, 0)].funder_terms << 28) | (purpose << 24) | (s << 16) | attempt
            draft.lead_key = rec.key
            draft.tag = tag
            draft.purpose = purpose
            draft.funder = f
            draft.lead = i
            draft.sector = s
            # The work is near the lead's own topic, not at it.
            u, v = rnd.two_uniforms(key, rec.key, tag, month, rnd.PROPOSAL, 0)
            w, x = rnd.two_uniforms(key, rec.key, tag, month, rnd.PROPOSAL, 1)
            topic = topics[i, s] + q.search_topic_spread * (w - 0.5)
            draft.topic = topic - np.floor(topic)
            if purpose == FUNDED:
                first, last = _like(shapes, s, rec.type)
                draft.shape = first + int(u * (last - first))
                shape = shapes.rows[draft.shape]
                draft.size = min(int(shape.size), MAX_SEATS)
                draft.duration_months = shape.duration_months
                draft.grant_cents = shape.grant_eur * 100
                wanted = int(shape.countries)
                if rule.most_countries > 0:
                    draft.countries_ruled = True
                    wanted = rule.fewest_countries + int(v * (rule.most_countries - rule.fewest_countries + 1))
                draft.countries_wanted = min(wanted, n_countries, int(draft.size))
                draft.blocs_fewest = rule.fewest_blocs
                draft.blocs_most = rule.most_blocs
            else:
                draft.shape = -1
                draft.size = 2 + int(u < q.work_unfunded_third_member) + int(u < q.work_unfunded_fourth_member)
                draft.duration_months = max(3, min(240, int(-q.work_unfunded_duration_months * log(1.0 - v))))
            draft.core = draft.elder = -1
            if purpose == FUNDED:
                # Of unfunded work nobody has counted what grows out of what.
                draft.kind = kind_of(shapes.types[draft.shape], rec.type)
                draft.core_chance = shape.core_chance
                draft.circle = shape.circle
                draft.sibling_chance = core_share * shape.sibling_chance
                draft.core_seats = int(q.search_core_strength * shape.core_members + 0.5)
                if x < core_share * draft.core_chance:
                    alike = Alike(
                        s, draft.kind, int(draft.circle), int(draft.size), q.search_like_size, int(draft.core_seats)
                    )
                    draft.core = core_of(i, shapes.types[draft.shape], alike, recent, rows, topics, key, tag, month)
            if draft.core >= 0:
                draft.core_seats -= took_part(i, rows.register[draft.core], rows.members)
                if not draft.countries_ruled:
                    # Whoever comes together again has its countries already.
                    draft.countries_wanted = 0
            draft.members = 1
            draft.countries = 1
            draft.asks = 2 * draft.size + q.search_spare_invitations
            draft.invited = -1
            draft.partnership = -1
            order[d] = rnd.mix(rec.key, tag, month)
            d += 1
    if purpose == FUNDED:
        for written in range(d):
            organisations[drafts[written].lead].load -= 1
    return d


@kernel
def _seat_leads(drafts, organisations, types):
    """Give every lead its seat, and open the others to the types of the consortium it is like."""
    n_types = types.shape[1]
    for d in range(len(drafts.rows)):
        row = drafts.rows[d]
        lead = organisations[row.lead]
        drafts.seats[d, 0] = row.lead
        drafts.present[d, lead.country] = 1
        if row.shape < 0:
            continue
        counted = 0
        for t in range(n_types):
            counted += types[row.shape, t]
        if counted == 0:
            continue
        mine = lead.type
        for t in range(n_types):
            drafts.open_types[d, t] = types[row.shape, t]
        if drafts.open_types[d, mine] == 0:
            # Coordinated by another type: the lead takes a seat of the type that has most.
            for t in range(n_types):
                if drafts.open_types[d, t] > drafts.open_types[d, mine]:
                    mine = t
        drafts.open_types[d, mine] -= 1


def write_drafts(
    state: State, setting: Setting, counts: NDArray[np.int32], purpose: int, funder_of: NDArray[np.int16],
    shapes: Shapes, rule: ConsortiumRule,
) -> Drafts:  # fmt: skip
    """Turn counts of leads into draft consortia with their wishes, in hashed order.

    Parameters
    ----------
    counts : ndarray of int, shape (entries,)
        Drafts started by each entry of the search index.
    funder_of : ndarray of int16, shape (C,)
        The funder to whom leads from each country propose; -1 for unfunded work.
    shapes : Shapes
        Consortia the funder calls for.

    Returns
    -------
    Drafts
    """
    n, n_countries = int(counts.sum()), setting.world.n_countries
    if n == 0:
        return Drafts.empty(0, n_countries, 0)
    rows = np.zeros(n, dtype=DRAFT)
    order = np.zeros(n, dtype=np.uint64)
    p = setting.parameters_in(state.month)
    since = state.month - int(p[0]["search_core_months"])
    # only consortia that a funder calls for grow out of others
    recent = NONE_RECENT
    if purpose == FUNDED:
        world = setting.world
        n_circles = int(world.consortium_shapes["circle"].max(initial=0))
        recent = recent_consortia(
            state.register.rows, state.register.n, len(world.sector_money_share), n_circles, since
        )
    n = _write(
        state.month, purpose, counts, setting.population.index, (shapes, funder_of, rule),
        state.rows, recent, setting.fixed, p, rows, order,
    )  # fmt: skip
    in_order = rows.take(np.argsort(order[:n], kind="stable"))
    drafts = Drafts.of(in_order, n_countries, int(rows["size"].max()))
    drafts.recent = recent
    _seat_leads(drafts.arrays, state.organisations, shapes.types)
    return drafts


@kernel_row
def fitness(distance, optimum):
    """How well knowledge at a distance fits: an inverted U around the optimum (Nooteboom et al. 2007), at most 1.

    Notes
    -----
    ``exp(-((d - optimum) / (2 * optimum))**2)``: too near adds nothing new, too far cannot be understood.
    """
    if optimum <= 0.0:
        return exp(-((distance / 0.1) ** 2))
    z = (distance - optimum) / (2.0 * optimum)
    return exp(-z * z)


@kernel_row
def topic_distance(a, b):
    """Distance of two topics on the unit circle, 0 to 0.5."""
    d = abs(a - b)
    return min(d, 1.0 - d)


@kernel_row
def topic_fit(topic, own_topic, p):
    """How well an organisation's knowledge fits a topic, 0 to 1; 0 if it knows nothing of the sector."""
    if own_topic == 0.0:
        return 0.0
    return fitness(topic_distance(topic, own_topic), p[0].search_knowledge_optimum)
