"""Partner search: rounds of inviting, answering and seating, until consortia are full or their leads give up.

All consortia of a month search side by side. In a round each compares a handful of candidates for its next seat
(Gumbel-max, which is a multinomial logit) and asks the best; the asked answer; those who accept are seated, in one
fixed hashed order where two want the same last bit of capacity. Nothing depends on the order of rows in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.kernels import kernel, kernel_making_arrays, kernel_row
from ecosim.numerics import log
from ecosim.partnerships.cores import one_like
from ecosim.partnerships.drafts import Drafts, topic_fit
from ecosim.tables import MEMORY, N_TYPES, PRC, SUBSTITUTE, UNFUNDED
from ecosim.ties import first_slot, pair_key, recall

if TYPE_CHECKING:
    from ecosim.setting import Setting
    from ecosim.state import State

#: Tries to find any candidate at all when none of those compared fits the consortium's rules.
FALLBACK_TRIES = 12


class Some(NamedTuple):
    """Some of the entries of organisations, by country and sector as all entries are."""

    organisation: NDArray[np.int32]
    offset: NDArray[np.int64]


class Tried(NamedTuple):
    """Room for what is noted of the candidates of one seat, a place for each candidate."""

    candidates: NDArray[np.int64]
    #: Places of those met through others, of those heard of, and of those able.
    met: NDArray[np.int64]
    heard: NDArray[np.int64]
    able: NDArray[np.int64]
    #: Partnership in which each is met.
    through: NDArray[np.int64]
    #: Where the table of ties begins to look for the lead's pair with each, and the key of that pair.
    slots: NDArray[np.uint64]
    pairs: NDArray[np.uint64]
    #: Four uniform numbers for each.
    routes: NDArray[np.float64]
    us: NDArray[np.float64]
    vs: NDArray[np.float64]
    noises: NDArray[np.float64]
    #: (C,) running sum over countries where a rule leaves some of them out.
    allowed: NDArray[np.float64]


@kernel_making_arrays
def _room(p, n_countries):
    """Room for the candidates of a seat."""
    n = max(1, p[0].search_candidates_per_seat)
    return Tried(
        np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64),
        np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.uint64),
        np.empty(n, dtype=np.uint64), np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n_countries),
    )  # fmt: skip


@kernel_row
def _first_above(running, low, high, target):
    """First position from ``low`` on whose running sum exceeds the target; ``high`` if none before it does."""
    while low < high:
        middle = (low + high) // 2
        if running[middle] > target:
            high = middle
        else:
            low = middle + 1
    return low


@kernel_row
def _draw_country(look, u):
    """A country drawn by weights of which sums run; -1 if all are 0."""
    last = len(look) - 1
    return _first_above(look, 0, last, u * look[last]) if look[last] > 0.0 else -1


@kernel_row
def _allowed(look, present, want_present, allowed):
    """Running sum over the countries that are, or are not, in the consortium yet."""
    total = 0.0
    before = 0.0
    for c in range(len(look)):
        total += (look[c] - before) * ((present[c] > 0) == want_present)
        before = look[c]
        allowed[c] = total


@kernel
def _blocs_present(present, blocs, extra):
    """Number of blocs among the present countries, and whether the bloc ``extra`` is one of them."""
    seen = np.uint64(0)
    for c in range(len(present)):
        if present[c] > 0:
            seen |= np.uint64(1) << np.uint64(blocs[c])
    count = 0
    bits = seen
    while bits != np.uint64(0):
        count += 1
        bits &= bits - np.uint64(1)
    return count, (seen >> np.uint64(extra)) & np.uint64(1) == np.uint64(1)


@kernel_row
def _fits(candidate, draft, terms, seats, present, open_types, organisations, may, blocs, want_new, want_present):
    """Whether the candidate may sit here: there, not yet in, of an allowed country and a type wanted, fundable."""
    rec = organisations[candidate]
    if not rec.present or open_types[rec.type] <= 0:
        return False
    for m in range(draft.members):
        if seats[m] == candidate:
            return False
    if want_new and present[rec.country] > 0:
        return False
    if want_present and present[rec.country] == 0:
        return False
    if draft.blocs_most > 0:
        count, is_in = _blocs_present(present, blocs, blocs[rec.country])
        if not is_in and count >= draft.blocs_most:
            return False
        if is_in and draft.size - draft.members <= draft.blocs_fewest - count:
            return False
    if draft.purpose != UNFUNDED and draft.grant_cents > 0:
        lead_country = organisations[draft.lead].country
        if rec.standing_draw >= may[terms, lead_country, rec.country, draft.sector]:
            return False
    return True


@kernel_making_arrays
def _never_funded(known, organisations, entry):
    """The entries of organisations that no programme has funded yet, by country and sector as the entries are.

    None where no country has any ``entry`` of newcomers: then nobody asks for them.
    """
    starts = np.zeros((len(known.offset) - 1) // N_TYPES + 1, dtype=np.int64)
    if not entry.any():
        return Some(np.empty(0, dtype=np.int32), starts)
    kept = np.empty(len(known.organisation), dtype=np.int32)
    n = 0
    for b in range(len(starts) - 1):
        for e in range(known.offset[b * N_TYPES], known.offset[(b + 1) * N_TYPES]):
            kept[n] = known.organisation[e]
            rec = organisations[known.organisation[e]]
            n += rec.present and rec.participations == 0
        starts[b + 1] = n
    return Some(kept, starts)


@kernel_row
def _anyone_of(some, block, v):
    """One of some organisations of a block of entries, each with the same chance; -1 if there is none."""
    n = some.offset[block + 1] - some.offset[block]
    return some.organisation[some.offset[block] + int(v * n)] if n > 0 else -1


@kernel_row
def one_wanted(known, running, block, open_types, v):
    """One of the entries of a block that are of a type with seats open, by weights of which sums run; -1 if none."""
    total = 0.0
    for t in range(N_TYPES):
        last = known.offset[block * N_TYPES + t + 1]
        if open_types[t] > 0 and last > known.offset[block * N_TYPES + t]:
            total += running[last - 1]
    target = v * total
    found = -1
    for t in range(N_TYPES):
        low, last = known.offset[block * N_TYPES + t], known.offset[block * N_TYPES + t + 1]
        if open_types[t] <= 0 or last <= low or running[last - 1] <= 0.0:
            continue
        high = last - 1
        if target >= running[high]:
            # Of another type; of the last one, where sums are not exact.
            target -= running[high]
            found = known.organisation[high]
            continue
        return known.organisation[_first_above(running, low, high, target)]
    return found


@kernel_row
def _someone_aware_of(sector, look, known, newcomers, open_types, u, v, by_chance, by_size, entry, met):
    """An organisation of a type wanted the lead is aware of: by size, or anyone by chance; -1 if there is none.

    ``by_size`` is uniform where it is sought by size, and 1 elsewhere: below ``entry`` of its country, someone never
    funded is met in its place, if there is one; of the others, below ``met`` of its country and sector, a firm.
    """
    country = _draw_country(look, u)
    if country < 0:
        return -1
    block = country * met.shape[1] + sector
    if by_chance:
        # Whatever their size and past: as the pool of the never funded empties, fewer of those met are newcomers.
        return one_wanted(known, known.shares, block, open_types, v)
    found = -1
    if by_size < entry[country]:
        found = _anyone_of(newcomers, block, v)
    elif by_size < entry[country] + (1.0 - entry[country]) * met[country, sector]:
        found = _anyone_of(known, block * N_TYPES + PRC, v)
    return found if found >= 0 else one_wanted(known, known.weights, block, open_types, v)


@kernel_row
def _where_met(tried, n, past, via_partners, draft, seats, organisations, memory):
    """Partnership in which each candidate is met: a past one of the lead's or of a member's.

    It is -1 where that organisation has no past. The number that is to choose the seat is left in ``us``.
    """
    for at in range(n):
        k = tried.met[at]
        own = tried.routes[k] < past
        seat = int((tried.routes[k] - past) / (via_partners - past) * draft.members)
        whose = draft.lead if own else seats[max(0, seat)]
        known = min(organisations[whose].remembered, MEMORY)
        found = memory[whose, int(tried.us[k] * known)]
        tried.through[at] = found if known > 0 else -1
        tried.us[k] = tried.vs[k]


@kernel_row
def _core_members(tried, n, draft, drafts, rows):
    """Members of the core, from a random one on: of a past one, two of three from among its own core.

    Where another proposal of the month is put together with this one, its members are the core. In a circle all of its
    recent consortia are: who has been in more of them is named more often.
    """
    if draft.elder >= 0:
        seated = drafts.rows[draft.elder].members
        start = int(tried.us[0] * seated)
        for k in range(n):
            tried.candidates[k] = drafts.seats[draft.elder, (start + k) % seated]
        return
    if draft.circle > 0:
        for k in range(n):
            past = rows.register[one_like(draft, drafts.recent, tried.vs[k])]
            tried.candidates[k] = rows.members[past.first_member + int(tried.us[k] * past.members)].organisation
        return
    past = rows.register[draft.core]
    for k in range(n):
        among = past.core_seats if k % 3 < 2 else past.members
        start = int(tried.us[0] * among)
        tried.candidates[k] = rows.members[past.first_member + (start + k) % among].organisation


@kernel_row
def _members_of(tried, n, register, members):
    """A random seat's organisation in each partnership; -1 if the seat is vacant, or there is no partnership."""
    for at in range(n):
        entry = register[max(0, tried.through[at])]
        k = tried.met[at]
        found = members[entry.first_member + int(tried.us[k] * entry.members)].organisation
        tried.candidates[k] = found if tried.through[at] >= 0 else -1


@kernel_row
def _split(routes, n, border, below, above):
    """Positions below a border and those above it, in two lists; returns how many are below.

    Without a choice of ways: nothing costs more in search than a turn the processor did not foresee.
    """
    n_below = 0
    for k in range(n):
        below[n_below] = k
        above[k - n_below] = k
        n_below += routes[k] < border
    return n_below


@kernel_row
def _able(candidates, n, topics, sector, anyone, able):
    """Positions of candidates that know something of the sector (a topic of 0 marks nothing); returns how many."""
    n_able = 0
    for k in range(n):
        able[n_able] = k
        knows = anyone | (topics[max(candidates[k], 0), sector] != 0.0)
        n_able += (candidates[k] >= 0) & knows
    return n_able


@kernel_row
def _touch_ties(tried, n, organisations, lead_key, ties):
    """Key of the lead's pair with each able candidate, and where the table of ties begins to look for it.

    A key of 0 marks strangers whose place is empty at first sight.
    """
    for at in range(n):
        tried.pairs[at] = pair_key(lead_key, organisations[tried.candidates[tried.able[at]]].key)
        tried.slots[at] = first_slot(ties, tried.pairs[at])
    for at in range(n):
        tried.pairs[at] *= np.uint64(ties[tried.slots[at]].pair != np.uint64(0))


@kernel
def _invite(looking, month, drafts, rows, known, newcomers, choice, fixed, p, tried):
    """Let every consortium that is looking compare candidates for its next seat and ask the best, in place."""
    q = p[0]
    key, topics, blocs = fixed.key, fixed.topics, fixed.blocs
    organisations, ties = rows.organisations, rows.ties
    candidates = tried.candidates
    half_life = q.trust_half_life_months
    for d in looking:
        draft = drafts.rows[d]
        draft.accepted = False
        draft.asks -= 1
        lead_country = organisations[draft.lead].country
        lead_key = organisations[draft.lead].key
        s = draft.sector
        mine = drafts.seats[d]
        here = drafts.present[d]
        remaining = draft.size - draft.members
        want_new = draft.countries_wanted > 0 and draft.countries_wanted - draft.countries >= remaining
        want_present = draft.countries_wanted > 0 and draft.countries >= draft.countries_wanted
        if draft.blocs_fewest > 0 and not want_new:
            count, _ = _blocs_present(here, blocs, 0)
            if draft.blocs_fewest > count:
                want_present = False
        terms = p[max(draft.funder, 0)].funder_terms
        # A seat that falls free is the funder's to pay: whom another would have to pay is not asked.
        may = choice.eligibility if draft.purpose == SUBSTITUTE else choice.joining
        look = choice.look_funded[terms, lead_country, s]
        if draft.purpose == UNFUNDED:
            look = choice.look_unfunded[lead_country, s]
        if want_new or want_present:
            _allowed(look, here, want_present, tried.allowed)
            look = tried.allowed
        best = -1
        best_value = -np.inf
        base_block = draft.asked * 128
        draft.asked += 1
        if draft.asks < 2 * remaining:
            # What is left of the core cannot join; the other invitations are for the other seats.
            draft.core_seats = min(draft.core_seats, draft.members - 1)
        from_core = draft.members <= draft.core_seats and (draft.core >= 0 or draft.elder >= 0)
        past = q.search_past_partner_share
        via_partners = past + q.search_partners_partner_share
        via_chance = via_partners + q.search_newcomer_share * choice.chance_met[lead_country]
        tries = q.search_candidates_per_seat + (0 if from_core else FALLBACK_TRIES)
        # Candidates are named first and weighed after, in plain loops over all of them, so that the memory they lie in
        # is fetched side by side: waiting for it one by one took most of the time. If none of them fits, more are tried
        # one by one.
        first = 0
        last = q.search_candidates_per_seat
        while first < tries and best < 0:
            rnd.many_uniforms(
                key, draft.lead_key, draft.tag, month, rnd.CANDIDATE, base_block + first, last - first, tried.routes,
                tried.us, tried.vs, tried.noises,
            )  # fmt: skip
            n_met = n_heard = 0
            if from_core:
                _core_members(tried, last, draft, drafts, rows)
            else:
                n_met = _split(tried.routes, last - first, via_partners if first == 0 else 0.0, tried.met, tried.heard)
                n_heard = last - first - n_met
            _where_met(tried, n_met, past, via_partners, draft, mine, organisations, rows.memory)
            _members_of(tried, n_met, rows.register, rows.members)
            for at in range(n_met):
                k = tried.met[at]
                if candidates[k] < 0:
                    # No such partner: someone the lead is aware of instead, by numbers not used yet.
                    tried.us[k], tried.vs[k], _, _ = rnd.four_uniforms(
                        key, draft.lead_key, draft.tag, month, rnd.CANDIDATE_INSTEAD, base_block + k
                    )
                    tried.heard[n_heard] = k
                    n_heard += 1
            for at in range(n_heard):
                k = tried.heard[at]
                route = tried.routes[k]
                by_chance = q.on_newcomers == 1 and first == 0 and via_partners <= route < via_chance
                by_size = 1.0
                if q.on_newcomers == 1 and first == 0 and route >= via_chance:
                    by_size = (route - via_chance) / (1.0 - via_chance)
                candidates[k] = _someone_aware_of(
                    s, look, known, newcomers, drafts.open_types[d], tried.us[k], tried.vs[k], by_chance, by_size,
                    choice.newcomer_entry[lead_country], choice.firms_met[lead_country],
                )  # fmt: skip
            # A circle has members in sectors of which they know nothing.
            anyone = q.on_knowledge == 0 or (from_core and draft.circle > 0)
            n_able = _able(candidates, last - first, topics, s, anyone, tried.able)
            _touch_ties(tried, n_able, organisations, lead_key, ties)
            for at in range(n_able):
                k = tried.able[at]
                candidate = candidates[k]
                if not _fits(
                    candidate, draft, terms, mine, here, drafts.open_types[d], organisations, may, blocs, want_new,
                    want_present,
                ):  # fmt: skip
                    continue
                rec = organisations[candidate]
                value = q.search_choice_noise * rnd.gumbel(tried.noises[k])
                value += q.search_capability_weight * (rec.capability + rows.skill[candidate, s])
                value += q.search_channel_weight * choice.openness[lead_country, rec.country, s]
                trust, joint = recall(ties, tried.pairs[at], tried.slots[at], month, half_life)
                if q.on_familiarity == 1 and joint > 0:
                    value += q.search_familiarity_weight * log(1.0 + joint)
                if q.on_trust == 1:
                    trust = min(
                        max(
                            trust + rows.trust_shift[lead_country, rec.country],
                            choice.first_trust[lead_country, rec.country],
                        ),
                        choice.trust_ceiling[lead_country, rec.country],
                    )
                    value += q.search_trust_weight * trust
                if q.on_knowledge == 1:
                    weight = q.search_knowledge_weight * choice.match_quality[lead_country, s]
                    value += weight * topic_fit(draft.topic, topics[candidate, s], p)
                if value > best_value:
                    best_value = value
                    best = candidate
            first = last
            last += 1
        draft.invited = best


@kernel_row
def accepts(key, load, capacity, acceptance, candidate_key, lead_key, tag, asked, month):
    """Whether an organisation accepts: it has room, and the channel to the lead is open enough for it."""
    if load >= capacity:
        return False
    return rnd.uniform(key, candidate_key, rnd.mix(lead_key, tag, asked), month, rnd.ANSWER, 0) < acceptance


@kernel
def _answer(looking, key, month, drafts, organisations, choice, p):
    for d in looking:
        draft = drafts[d]
        if draft.invited >= 0:
            rec = organisations[draft.invited]
            acceptance = choice.acceptance[p[max(draft.funder, 0)].funder_terms]
            if draft.purpose == UNFUNDED:
                acceptance = choice.acceptance_unfunded
            draft.accepted = accepts(
                key, rec.load, rec.capacity, acceptance[organisations[draft.lead].country, rec.country, draft.sector],
                rec.key, draft.lead_key, draft.tag, draft.asked, month,
            )  # fmt: skip


@kernel_making_arrays
def _seat(looking, drafts, organisations):
    """Seat those who accepted; returns the consortia still looking, in order."""
    n = 0
    for d in looking:
        draft = drafts.rows[d]
        if draft.invited >= 0 and draft.accepted:
            rec = organisations[draft.invited]
            # A proposal binds nobody yet; other work starts at once and takes up room.
            if draft.grant_cents > 0 and draft.purpose != SUBSTITUTE:
                room = True
            else:
                room = rec.load < rec.capacity
                if room:
                    rec.load += 1
            if room:
                drafts.seats[d, draft.members] = draft.invited
                draft.members += 1
                if drafts.present[d, rec.country] == 0:
                    draft.countries += 1
                drafts.present[d, rec.country] += 1
                drafts.open_types[d, rec.type] -= 1
        draft.invited = -1
        if draft.members < draft.size and draft.asks > 0:
            looking[n] = d
            n += 1
    return looking[:n]


@kernel_making_arrays
def _still_looking(drafts, siblings):
    """Positions of the consortia with a free seat and invitations left: siblings of others, or all but these."""
    looking = np.empty(len(drafts), dtype=np.int64)
    n = 0
    for d in range(len(drafts)):
        if (drafts[d].elder >= 0) == siblings and drafts[d].members < drafts[d].size and drafts[d].asks > 0:
            looking[n] = d
            n += 1
    return looking[:n]


@kernel_making_arrays
def _search(month, drafts, rows, known, choice, fixed, p):
    """All rounds at once, where no organisation is scripted: the same three phases, without leaving compiled code."""
    newcomers = _never_funded(known, rows.organisations, choice.newcomer_entry)
    tried = _room(p, len(fixed.price))
    for siblings in (False, True):
        looking = _still_looking(drafts.rows, siblings)
        while len(looking) > 0:
            _invite(looking, month, drafts, rows, known, newcomers, choice, fixed, p, tried)
            _answer(looking, fixed.key, month, drafts.rows, rows.organisations, choice, p)
            looking = _seat(looking, drafts, rows.organisations)


#: Decides for scripted organisations; gets the drafts and the positions whose invited organisation is scripted.
ScriptedAnswers = Callable[[Drafts, NDArray[np.intp]], None]


def fill(
    drafts: Drafts, state: State, setting: Setting, scripted: NDArray[np.bool_] | None = None,
    answer_scripted: ScriptedAnswers | None = None,
) -> None:  # fmt: skip
    """Fill the seats of draft consortia, in place.

    Parameters
    ----------
    drafts : Drafts
        Consortia with their leads seated.
    scripted : ndarray of bool, shape (N,), optional
        Organisations whose answers a user's class decides, one by one, through ``answer_scripted``.
    """
    if len(drafts) == 0:
        return
    month, known, choice, fixed = state.month, state.known, state.effects.choice, setting.fixed
    arrays, rows, parameters = drafts.arrays, state.rows, setting.parameters_in(month)
    if scripted is None or answer_scripted is None:
        _search(month, arrays, rows, known, choice, fixed, parameters)
        return
    newcomers = _never_funded(known, state.organisations, choice.newcomer_entry)
    tried = _room(parameters, setting.world.n_countries)
    for siblings in (False, True):
        looking = _still_looking(drafts.rows, siblings)
        while len(looking) > 0:
            _invite(looking, month, arrays, rows, known, newcomers, choice, fixed, parameters, tried)
            _answer(looking, fixed.key, month, drafts.rows, state.organisations, choice, parameters)
            invited = drafts.rows["invited"]
            at = np.flatnonzero((invited >= 0) & scripted[invited])
            if len(at):
                answer_scripted(drafts, at)
            looking = _seat(looking, arrays, state.organisations)
