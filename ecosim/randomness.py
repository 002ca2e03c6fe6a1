"""Counter-based random numbers: a draw is a function of what it is for, never of when it is asked for.

Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, doi 10.1145/2063384.2063405): the key comes from seed and replicate,
the counter from the content of the question (who, with whom or which, month and purpose, block). A world and its
shocked twin therefore draw the same numbers wherever the shock has not changed the question.
"""

from __future__ import annotations

import hashlib
from math import sqrt

import numpy as np

from ecosim.kernels import kernel, kernel_row
from ecosim.numerics import cos_turns, exp, log

# What a draw is for. Values are part of the results: append, never renumber.
POPULATION_SIZE = 1
POPULATION_KNOWLEDGE = 2
POPULATION_STATE = 3
ARRIVAL = 4
LEAD_FUNDED = 5
LEAD_UNFUNDED = 6
PROPOSAL = 7
CANDIDATE = 8
ANSWER = 10
QUALITY = 11
EVALUATION = 12
GRANT = 13
MEMBER_LEAVES = 14
PARTNERSHIP_FAILS = 15
CLOSURE = 16
EXCLUSION = 17
SUPPLIER = 18
PAYMENT_DELAY = 19
OUTPUT = 21
CANDIDATE_INSTEAD = 22
CORE = 23
START = 24

PILOT = 40
APPROVAL_NEEDED = 43
APPROVAL = 44
RESEARCH_APPROVAL = 45
PILOT_RESULT = 46
INVESTMENT = 47
SCALE_UP_RESULT = 48
OUTBREAK = 50

#: A month that never comes.
NEVER = 2**30

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_MASK = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_26 = np.uint64(26)
_5 = np.uint64(5)
_6 = np.uint64(6)
_16 = np.uint64(16)
_TO_UNIT = 1.0 / 9007199254740992.0
_TO_UNIT_32 = 1.0 / 4294967296.0


@kernel_row
def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10: four 32-bit words from a 128-bit counter and a 64-bit key (all as uint64 below 2**32)."""
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0 = ((p1 >> _32) ^ c1 ^ k0) & _MASK
        c2 = ((p0 >> _32) ^ c3 ^ k1) & _MASK
        c1 = p1 & _MASK
        c3 = p0 & _MASK
        k0 = (k0 + _W0) & _MASK
        k1 = (k1 + _W1) & _MASK
    return c0, c1, c2, c3


@kernel_row
def two_uniforms(key, entity, other, month, purpose, block):
    """Two independent uniform numbers in [0, 1), 53 bits each.

    Parameters
    ----------
    key : uint64
        From :func:`replicate_key`.
    entity, other : int
        Content keys (below 2**32): who, and with whom or which.
    month : int
        Month of the question (below 2**16).
    purpose : int
        One of this module's constants (below 2**16).
    block : int
        Index of the draw within the question (below 2**32).
    """
    c2 = (np.uint64(purpose) << _16) | (np.uint64(month) & np.uint64(0xFFFF))
    w0, w1, w2, w3 = philox(
        np.uint64(entity) & _MASK, np.uint64(other) & _MASK, c2, np.uint64(block) & _MASK, key & _MASK, key >> _32
    )
    a = ((w0 >> _5) << _26) | (w1 >> _6)
    b = ((w2 >> _5) << _26) | (w3 >> _6)
    return np.float64(a) * _TO_UNIT, np.float64(b) * _TO_UNIT


@kernel_row
def four_uniforms(key, entity, other, month, purpose, block):
    """Four independent uniform numbers in (0, 1), 32 bits each; see :func:`two_uniforms`."""
    c2 = (np.uint64(purpose) << _16) | (np.uint64(month) & np.uint64(0xFFFF))
    w0, w1, w2, w3 = philox(
        np.uint64(entity) & _MASK, np.uint64(other) & _MASK, c2, np.uint64(block) & _MASK, key & _MASK, key >> _32
    )
    return (
        (np.float64(w0) + 0.5) * _TO_UNIT_32,
        (np.float64(w1) + 0.5) * _TO_UNIT_32,
        (np.float64(w2) + 0.5) * _TO_UNIT_32,
        (np.float64(w3) + 0.5) * _TO_UNIT_32,
    )


@kernel
def many_uniforms(key, entity, other, month, purpose, block, n, first, second, third, fourth):
    """The four uniform numbers of ``n`` blocks one after another, as :func:`four_uniforms` draws them.

    Side by side in one plain loop they are computed several at a time.
    """
    c0 = np.uint64(entity) & _MASK
    c1 = np.uint64(other) & _MASK
    c2 = (np.uint64(purpose) << _16) | (np.uint64(month) & np.uint64(0xFFFF))
    k0 = key & _MASK
    k1 = key >> _32
    for i in range(n):
        w0, w1, w2, w3 = philox(c0, c1, c2, np.uint64(block + i) & _MASK, k0, k1)
        first[i] = (np.float64(w0) + 0.5) * _TO_UNIT_32
        second[i] = (np.float64(w1) + 0.5) * _TO_UNIT_32
        third[i] = (np.float64(w2) + 0.5) * _TO_UNIT_32
        fourth[i] = (np.float64(w3) + 0.5) * _TO_UNIT_32


@kernel_row
def mix(a, b, c):
    """Hash three whole numbers to 32 bits (splitmix finaliser); for content keys and fixed orders."""
    h = (np.uint64(a) * np.uint64(0x9E3779B97F4A7C15)) ^ (np.uint64(b) * np.uint64(0xC2B2AE3D27D4EB4F))
    h ^= np.uint64(c) * np.uint64(0x165667B19E3779F9)
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (h ^ (h >> np.uint64(31))) & _MASK


@kernel_row
def uniform(key, entity, other, month, purpose, block):
    """One uniform number in [0, 1); see :func:`two_uniforms`."""
    a, _ = two_uniforms(key, entity, other, month, purpose, block)
    return a


@kernel_row
def first_month(u, hazard, start):
    """Month of the first event of a constant monthly hazard from ``start`` on, from one uniform number.

    The same law as asking ``U < hazard`` every month (geometric waiting time), for one draw.
    """
    if hazard <= 0.0:
        return NEVER
    if hazard >= 1.0:
        return start
    wait = log(1.0 - u) / log(1.0 - hazard)
    return start + int(wait) if wait < 100000.0 else NEVER


@kernel_row
def whole_months(months, u):
    """A duration in whole months: of two neighbours the one that a uniform number picks, so that the mean is exact."""
    return int(months + u)


@kernel_row
def gumbel(u):
    """Standard Gumbel variate from a uniform number; choosing the largest value plus noise is a multinomial logit."""
    return -log(-log(u + 1e-300) + 1e-300)


@kernel
def normal(key, entity, other, month, purpose, block):
    """One standard normal variate (Box-Muller)."""
    a, b = two_uniforms(key, entity, other, month, purpose, block)
    return sqrt(-2.0 * log(1.0 - a)) * cos_turns(b)


@kernel
def poisson(key, mean, entity, other, month, purpose):
    """Poisson variate; by the normal approximation where the mean is so large that inversion would underflow."""
    if mean > 500.0:
        return max(0, int(mean + sqrt(mean) * normal(key, entity, other, month, purpose, 0) + 0.5))
    return poisson_from(uniform(key, entity, other, month, purpose, 0), mean)


@kernel
def poisson_from(u, mean):
    """Poisson variate by inversion of one uniform number; for small means."""
    # 1 - x <= exp(-x): most months of most partnerships yield nothing, and need no exponential to know it.
    if u < 1.0 - mean:
        return 0
    term = exp(-mean)
    total = term
    n = 0
    while u > total and n < 1000:
        n += 1
        term *= mean / n
        total += term
    return n


def replicate_key(seed: int, replicate: int) -> np.uint64:
    """The 64-bit key of all draws of one replicate."""
    digest = hashlib.sha256(f"ecosim {seed} {replicate}".encode()).digest()
    return np.uint64(int.from_bytes(digest[:8], "little"))


def named_uniform(seed: int, replicate: int, name: str) -> float:
    """A uniform number in [0, 1) for a question asked once per replicate, such as a shock's target."""
    digest = hashlib.sha256(f"ecosim {seed} {replicate} {name}".encode()).digest()
    return (int.from_bytes(digest[:8], "little") >> 11) * _TO_UNIT
