"""Compiled loops of :mod:`ecosim.channels.effects`: each number is worked out once, without tables in between."""

from __future__ import annotations

from ecosim.kernels import kernel


@kernel
def open_work(
    political, mobility, data, technology_control, licence, regulation, willing, data_intensity,
    technology_sensitivity, regulation_weight, pace_response, out,
):  # fmt: skip
    """Write how open each pair is to work, how readily it is agreed to, and how fast it goes.

    Parameters
    ----------
    political, mobility, data, technology_control, licence, regulation : ndarray of float
        The handles.
    willing : ndarray of float, shape (C, C)
        Chance that who has room would accept, but for technology.
    data_intensity, technology_sensitivity, regulation_weight : ndarray of float, shapes (S,), (S,) and (S, parts)
        How far a sector's work depends on them.
    pace_response : float
        ``behaviour.work.pace_response``.
    out : ndarray of float, shape (3, C, C, S)
        Receives all three.
    """
    _, countries, _, sectors = out.shape
    for i in range(countries):
        for j in range(countries):
            for s in range(sectors):
                # Data and technology matter only as far as the sector's work depends on them.
                of_data = 1.0 - data_intensity[s] * (1.0 - data[i, j])
                technology = 1.0 - technology_sensitivity[s] * (1.0 - technology_control[i, j])
                technology *= licence[i, j, s]
                rules = 0.0
                for part in range(len(regulation)):
                    rules += regulation[part, i, j] * regulation_weight[s, part]
                out[0, i, j, s] = (political[i, j] + mobility[i, j] + of_data + technology + rules) / 5.0
                out[1, i, j, s] = willing[i, j] * technology
                out[2, i, j, s] = 1.0 - pace_response * (1.0 - (rules + of_data + mobility[i, j]) / 3.0)


@kernel
def let_in(place, near, mass, may, running, paid, agreed, out, alone):
    """Write whom funders of one kind of terms let in, where their leads look before doubt, and who may stay.

    Parameters
    ----------
    place : int
        Place of the terms.
    near, mass : ndarray of float, shapes (C, C, S) and (C, S)
        Weight of a country in search beside its size, and its size.
    may, running : ndarray of float, shape (C, C, S)
        Share that the rules let in: of those who begin, and of those at work.
    paid, agreed : ndarray of float, shape (C, C)
        Share that is paid by its own agency: in new work, and in work under way.
    out : ndarray of float, shape (5, T, C, C, S)
        Receives where leads look, whom the rules let in, the same with those paid elsewhere, and who may stay, in the
        same two ways.
    alone : ndarray of float, shape (T, C, S)
        Receives who may stay under whatever lead.
    """
    _, _, countries, _, sectors = out.shape
    look, eligibility, joining, staying, keeping = out[0], out[1], out[2], out[3], out[4]
    for i in range(countries):
        for j in range(countries):
            for s in range(sectors):
                begins = may[i, j, s]
                joins = max(begins, paid[i, j])
                stays = max(begins, running[i, j, s])
                keeps = max(max(stays, joins), agreed[i, j])
                # Whom the rules let in is settled when somebody is considered; a country that is out altogether is not
                # looked at.
                look[place, i, j, s] = mass[j, s] * near[i, j, s] if joins > 0.0 else 0.0
                eligibility[place, i, j, s] = begins
                joining[place, i, j, s] = joins
                staying[place, i, j, s] = stays
                keeping[place, i, j, s] = keeps
                if i == 0 or keeps > alone[place, j, s]:
                    alone[place, j, s] = keeps


@kernel
def running_look(near, left, out):
    """Write the running sum over partner countries of where leads look, (C, S, C).

    Parameters
    ----------
    near : ndarray of float, shape (C, C, S)
        Where they would look.
    left : ndarray of float, shape (C, C, S) or (C, C, 1)
        What doubt leaves of it.
    out : ndarray of float, shape (C, S, C)
        Receives it.
    """
    countries, sectors, _ = out.shape
    of_sector = 1 if left.shape[2] > 1 else 0
    for i in range(countries):
        for s in range(sectors):
            total = 0.0
            for j in range(countries):
                total += near[i, j, s] * left[i, j, s * of_sector]
                out[i, s, j] = total
