"""Partner search: rounds of inviting, answering and seating, until consortia are full or their leads give up.

All consortia of a month search side by side. In a round each compares a handful of candidates for its next seat
(Gumbel-max, which is a multinomial logit) and asks the best; the asked answer; those who accept are seated, in one
fixed hashed order where two want the same last bit of capacity. Nothing depends on the order of rows in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim import randomness as rnd
from ecosim.kernels import kernel, kernel_making_arrays, kernel_row
from ecosim.numerics import log
from ecosim.partnerships.drafts import Drafts, fitness, topic_distance
from ecosim.tables import MEMORY, SUBSTITUTE, UNFUNDED
from ecosim.ties import first_slot, pair_key, recall

if TYPE_CHECKING:
    from ecosim.channels.effects import Effects
    from ecosim.state import State
    from ecosim.world.population import Population

#: Tries to find any candidate at all when none of those compared fits the consortium's rules.
FALLBACK_TRIES = 12


@kernel_row
def _draw_cumulative(cumulative, start, stop, u):
    """First position in [start, stop) whose running sum exceeds u times the last; -1 if all weights are 0."""
    if stop <= start or cumulative[stop - 1] <= 0.0:
        return -1
    target = u * cumulative[stop - 1]
    low = start
    high = stop - 1
    while low < high:
        middle = (low + high) // 2
        if cumulative[middle] > target:
            high = middle
        else:
            low = middle + 1
    return low


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
def _fits(candidate, draft, terms, seats, present, organisations, may, blocs, want_new, want_present):
    """Whether the candidate may sit in this consortium: there, not yet in, of an allowed country, fundable."""
    rec = organisations[candidate]
    if not rec.present:
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
        if rec.standing_draw >= may[terms, lead_country, rec.country]:
            return False
    return True


@kernel_making_arrays
def _never_funded(entry_organisation, offset, organisations):
    """The entries of organisations that no programme has funded yet, by country and sector as the entries are."""
    kept = np.empty(len(entry_organisation), dtype=np.int32)
    starts = np.zeros(len(offset), dtype=np.int64)
    n = 0
    for b in range(len(offset) - 1):
        for e in range(offset[b], offset[b + 1]):
            kept[n] = entry_organisation[e]
            rec = organisations[entry_organisation[e]]
            n += rec.present and rec.participations == 0
        starts[b + 1] = n
    return kept, starts


@kernel_row
def _someone_aware_of(
    sector, look, entry_organisation, entry_cumulative, offset, new_organisation, new_offset, n_sectors, u, v, newcomer,
    by_size, entry,
):  # fmt: skip
    """An organisation of the sector the lead is aware of: by size, or anyone never funded; -1 if there is none.

    ``by_size`` is uniform where it is sought by size, and 1 elsewhere: below ``entry`` of its country, someone never
    funded is met in its place, if there is one.
    """
    country = _draw_cumulative(look, 0, len(look), u)
    if country < 0:
        return -1
    block = country * n_sectors + sector
    if newcomer:
        # Newcomers are found by chance, not by size.
        n = new_offset[block + 1] - new_offset[block]
        return new_organisation[new_offset[block] + int(v * n)] if n > 0 else -1
    if by_size < entry[country]:
        n = new_offset[block + 1] - new_offset[block]
        if n > 0:
            return new_organisation[new_offset[block] + int(v * n)]
    at = _draw_cumulative(entry_cumulative, offset[block], offset[block + 1], v)
    return entry_organisation[at] if at >= 0 else -1


@kernel_row
def _where_met(met, n, routes, us, vs, past, via_partners, lead, draft, seats, organisations, memory, through):
    """Partnership in which each candidate is met: the core that re-forms, a past one of the lead's or of a member's.

    It is -1 where that organisation has no past. The number that is to choose the seat is left in ``us``.
    """
    for at in range(n):
        k = met[at]
        own = routes[k] < past
        seat = int((routes[k] - past) / (via_partners - past) * draft.members)
        whose = lead if own else seats[max(0, seat)]
        known = min(organisations[whose].remembered, MEMORY)
        found = memory[whose, int(us[k] * known)]
        through[at] = found if known > 0 else -1
        if own and draft.core >= 0:
            through[at] = draft.core
        else:
            us[k] = vs[k]


@kernel_row
def _members_of(met, n, through, us, register, members, candidates):
    """A random seat's organisation in each partnership; -1 if the seat is vacant, or there is no partnership."""
    for at in range(n):
        entry = register[max(0, through[at])]
        k = met[at]
        found = members[entry.first_member + int(us[k] * entry.members)].organisation
        candidates[k] = found if through[at] >= 0 else -1


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
def _touch_ties(candidates, able, n, organisations, lead_key, ties, pairs, slots):
    """Key of the lead's pair with each able candidate, and where the table of ties begins to look for it.

    A key of 0 marks strangers whose place is empty at first sight.
    """
    for at in range(n):
        pairs[at] = pair_key(lead_key, organisations[candidates[able[at]]].key)
        slots[at] = first_slot(ties, pairs[at])
    for at in range(n):
        pairs[at] *= np.uint64(ties[slots[at]].pair != np.uint64(0))


@kernel_making_arrays
def _invite(
    looking, key, month, drafts, seats, present, organisations, topics, skill, memory, register, members, ties,
    entry_organisation, entry_cumulative, offset, look_funded, look_unfunded, newcomer_entry, openness, joining,
    eligibility, trust_ceiling, trust_shift, blocs, p, new_organisation, new_offset,
):  # fmt: skip
    q = p[0]
    n_sectors = topics.shape[1]
    half_life = q.trust_half_life_months
    candidates = np.empty(max(1, q.search_candidates_per_seat), dtype=np.int64)
    met = np.empty(len(candidates), dtype=np.int64)
    heard = np.empty(len(candidates), dtype=np.int64)
    able = np.empty(len(candidates), dtype=np.int64)
    through = np.empty(len(candidates), dtype=np.int64)
    slots = np.empty(len(candidates), dtype=np.uint64)
    pairs = np.empty(len(candidates), dtype=np.uint64)
    routes = np.empty(len(candidates))
    us = np.empty(len(candidates))
    vs = np.empty(len(candidates))
    noises = np.empty(len(candidates))
    allowed = np.empty(look_unfunded.shape[2])
    for d in looking:
        draft = drafts[d]
        draft.accepted = False
        draft.asks -= 1
        lead = draft.lead
        lead_country = organisations[lead].country
        lead_key = organisations[lead].key
        s = draft.sector
        mine = seats[d]
        here = present[d]
        remaining = draft.size - draft.members
        want_new = draft.countries_wanted > 0 and draft.countries_wanted - draft.countries >= remaining
        want_present = draft.countries_wanted > 0 and draft.countries >= draft.countries_wanted
        if draft.blocs_fewest > 0 and not want_new:
            count, _ = _blocs_present(here, blocs, 0)
            if draft.blocs_fewest > count:
                want_present = False
        terms = p[max(draft.funder, 0)].funder_terms
        # A seat that falls free is the funder's to pay: whom another would have to pay is not asked.
        may = eligibility if draft.purpose == SUBSTITUTE else joining
        look = look_unfunded[lead_country, s] if draft.purpose == UNFUNDED else look_funded[terms, lead_country, s]
        if want_new or want_present:
            _allowed(look, here, want_present, allowed)
            look = allowed
        best = -1
        best_value = -np.inf
        base_block = draft.asked * 128
        draft.asked += 1
        past = q.search_past_partner_share
        others = 1.0
        if draft.core >= 0:
            # A core that re-forms leaves less room for everybody else alike.
            others = (1.0 - q.search_core_strength) / max(1.0 - past, 1e-9)
            past = q.search_core_strength
        via_partners = past + others * q.search_partners_partner_share
        via_newcomers = via_partners + others * q.search_newcomer_share
        tries = q.search_candidates_per_seat + FALLBACK_TRIES
        # Candidates are named first and weighed after, in plain loops over all of them, so that the memory they lie in
        # is fetched side by side: waiting for it one by one took most of the time. If none of them fits, more are tried
        # one by one.
        first = 0
        last = q.search_candidates_per_seat
        while first < tries and best < 0:
            rnd.many_uniforms(
                key, draft.lead_key, draft.tag, month, rnd.CANDIDATE, base_block + first, last - first, routes, us, vs,
                noises,
            )  # fmt: skip
            n_met = _split(routes, last - first, via_partners if first == 0 else 0.0, met, heard)
            n_heard = last - first - n_met
            _where_met(
                met, n_met, routes, us, vs, past, via_partners, lead, draft, mine, organisations, memory, through
            )
            _members_of(met, n_met, through, us, register, members, candidates)
            for at in range(n_met):
                k = met[at]
                if candidates[k] < 0:
                    # No such partner: someone the lead is aware of instead, by numbers not used yet.
                    us[k], vs[k], _, _ = rnd.four_uniforms(
                        key, draft.lead_key, draft.tag, month, rnd.CANDIDATE_INSTEAD, base_block + k
                    )
                    heard[n_heard] = k
                    n_heard += 1
            for at in range(n_heard):
                k = heard[at]
                newcomer = q.on_newcomers == 1 and first == 0 and via_partners <= routes[k] < via_newcomers
                by_size = 1.0
                if q.on_newcomers == 1 and first == 0 and routes[k] >= via_newcomers:
                    by_size = (routes[k] - via_newcomers) / (1.0 - via_newcomers)
                candidates[k] = _someone_aware_of(
                    s, look, entry_organisation, entry_cumulative, offset, new_organisation, new_offset, n_sectors,
                    us[k], vs[k], newcomer, by_size, newcomer_entry[lead_country],
                )  # fmt: skip
            n_able = _able(candidates, last - first, topics, s, q.on_knowledge == 0, able)
            _touch_ties(candidates, able, n_able, organisations, lead_key, ties, pairs, slots)
            for at in range(n_able):
                k = able[at]
                candidate = candidates[k]
                if not _fits(candidate, draft, terms, mine, here, organisations, may, blocs, want_new, want_present):
                    continue
                rec = organisations[candidate]
                value = q.search_choice_noise * rnd.gumbel(noises[k])
                value += q.search_capability_weight * (rec.capability + skill[candidate, s])
                value += q.search_channel_weight * openness[lead_country, rec.country, s]
                trust, joint = recall(ties, pairs[at], slots[at], month, half_life)
                if q.on_familiarity == 1 and joint > 0:
                    value += q.search_familiarity_weight * log(1.0 + joint)
                if q.on_trust == 1:
                    trust = min(
                        max(trust + trust_shift[lead_country, rec.country], 0.0),
                        trust_ceiling[lead_country, rec.country],
                    )
                    value += q.search_trust_weight * trust
                if q.on_knowledge == 1:
                    distance = topic_distance(draft.topic, topics[candidate, s])
                    value += q.search_knowledge_weight * fitness(distance, q.search_knowledge_optimum)
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
def _answer(looking, key, month, drafts, organisations, acceptance):
    for d in looking:
        draft = drafts[d]
        if draft.invited >= 0:
            rec = organisations[draft.invited]
            draft.accepted = accepts(
                key, rec.load, rec.capacity, acceptance[organisations[draft.lead].country, rec.country, draft.sector],
                rec.key, draft.lead_key, draft.tag, draft.asked, month,
            )  # fmt: skip


@kernel_making_arrays
def _seat(looking, drafts, seats, present, organisations):
    """Seat those who accepted; returns the consortia still looking, in order."""
    n = 0
    for d in looking:
        draft = drafts[d]
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
                seats[d, draft.members] = draft.invited
                draft.members += 1
                if present[d, rec.country] == 0:
                    draft.countries += 1
                present[d, rec.country] += 1
        draft.invited = -1
        if draft.members < draft.size and draft.asks > 0:
            looking[n] = d
            n += 1
    return looking[:n]


@kernel_making_arrays
def _still_looking(drafts):
    """Positions of the consortia with a free seat and invitations left."""
    looking = np.empty(len(drafts), dtype=np.int64)
    n = 0
    for d in range(len(drafts)):
        if drafts[d].members < drafts[d].size and drafts[d].asks > 0:
            looking[n] = d
            n += 1
    return looking[:n]


@kernel_making_arrays
def _search(
    key, month, drafts, seats, present, organisations, topics, skill, memory, register, members, ties,
    entry_organisation, entry_cumulative, offset, look_funded, look_unfunded, newcomer_entry, openness, joining,
    eligibility, trust_ceiling, trust_shift, blocs, p, acceptance,
):  # fmt: skip
    """All rounds at once, where no organisation is scripted: the same three phases, without leaving compiled code."""
    new_organisation, new_offset = _never_funded(entry_organisation, offset, organisations)
    looking = _still_looking(drafts)
    while len(looking) > 0:
        _invite(
            looking, key, month, drafts, seats, present, organisations, topics, skill, memory, register, members,
            ties, entry_organisation, entry_cumulative, offset, look_funded, look_unfunded, newcomer_entry, openness,
            joining, eligibility, trust_ceiling, trust_shift, blocs, p, new_organisation, new_offset,
        )  # fmt: skip
        _answer(looking, key, month, drafts, organisations, acceptance)
        looking = _seat(looking, drafts, seats, present, organisations)


#: Decides for scripted organisations; gets the drafts and the positions whose invited organisation is scripted.
ScriptedAnswers = Callable[[Drafts, NDArray[np.intp]], None]


def fill(
    drafts: Drafts, state: State, population: Population, effects: Effects, blocs: NDArray[np.int8],
    parameters: NDArray[np.void], key: np.uint64, month: int, scripted: NDArray[np.bool_] | None = None,
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
    known = state.known
    surroundings = (
        key, month, drafts.rows, drafts.seats, drafts.present, state.organisations, population.topics,
        state.skill, state.memory, state.register.rows, state.members.rows, state.ties.slots, known.organisation,
        known.cumulative, known.offset, effects.look_funded, effects.look_unfunded, effects.newcomer_entry,
        effects.openness, effects.joining, effects.eligibility, effects.trust_ceiling, state.trust_shift, blocs,
        parameters,
    )  # fmt: skip
    if scripted is None or answer_scripted is None:
        _search(*surroundings, effects.acceptance)
        return
    newcomers = _never_funded(known.organisation, known.offset, state.organisations)
    looking = _still_looking(drafts.rows)
    while len(looking) > 0:
        _invite(looking, *surroundings, *newcomers)
        _answer(looking, key, month, drafts.rows, state.organisations, effects.acceptance)
        invited = drafts.rows["invited"]
        at = np.flatnonzero((invited >= 0) & scripted[invited])
        if len(at):
            answer_scripted(drafts, at)
        looking = _seat(looking, drafts.rows, drafts.seats, drafts.present, state.organisations)
