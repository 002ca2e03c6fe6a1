"""Exponential, logarithm, powers and their kin from additions, multiplications and divisions alone.

The standard leaves the last bit of these functions open, and libraries use the freedom: NumPy computes them otherwise
with AVX-512 than without, the C library otherwise with fused multiply-add than without, and matrix products add in an
order that depends on the processor. Addition, multiplication, division and the square root are exact to the last bit
everywhere. Everything on the way to a result therefore uses the functions of this file, in compiled code and outside
it. They stay within three units in the last place of the true value (the
angle of a cosine: five).

Methods are those of any textbook (Muller 2016, Elementary Functions, 3rd edition, Birkhäuser): the argument is brought
near 0 by an exact step, a series does the rest, and what rounding loses on the way is carried along where it counts.
"""

from __future__ import annotations

from math import ceil, floor, inf, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ecosim.kernels import kernel, kernel_row

#: ln 2 in two parts; the first has so many trailing zeros that a whole number up to 2**11 times it is exact.
_LN2 = 0.6931471805599453
_LN2_HIGH = float.fromhex("0x1.62e42fefa3800p-1")
_LN2_LOW = float.fromhex("0x1.ef35793c76730p-45")
_PER_LN2 = 1.4426950408889634
_TURN = 6.283185307179586
#: Splits a number into two halves of 26 bits whose products are exact (Veltkamp; Dekker 1971, Numer. Math. 18).
_SPLITTER = 134217729.0
_SMALLEST_NORMAL = 2.2250738585072014e-308
_MANTISSA = np.int64(0x000FFFFFFFFFFFFF)
_EXPONENT_OF_1 = np.int64(0x3FF0000000000000)
_EXPONENT_OF_HALF = np.int64(0x3FE0000000000000)
#: Mantissa of the square root of 2: numbers from there on are halved, so that what is left lies around 1.
_MANTISSA_OF_SQRT2 = np.int64(0x6A09E667F3BCD)
_BIAS = np.int64(1023)
_52 = np.int64(52)


@kernel_row
def _two_to(k):
    """2**k for a whole number within the normal range, -1022 to 1023."""
    return np.int64((np.int64(k) + _BIAS) << _52).view(np.float64)


@kernel_row
def _scaled(x, k):
    """``x * 2**k``, in two steps where 2**k itself is out of range."""
    if k > 1023:
        return x * _two_to(1023) * _two_to(min(k - 1023, 1023))
    if k < -1022:
        return x * _two_to(-969) * _two_to(max(k + 969, -1022))
    return x * _two_to(k)


@kernel_row
def _growth(r, rest):
    """``exp(r + rest) - 1`` for ``r`` within half of ln 2 and a ``rest`` that is rounding of it.

    From ``r coth(r/2) = 2 + r**2/6 - r**4/360 + ...`` (Bernoulli numbers), good to 1e-18.
    """
    t = r * r
    u = t * t
    series = (1.0 / 6.0 - t * (1.0 / 360.0)) + u * (
        (1.0 / 15120.0 - t * (1.0 / 604800.0)) + u * (1.0 / 23950080.0 - t * (691.0 / 653837184000.0))
    )
    c = r - t * series
    return r + (r * c / (2.0 - c) + (rest + rest * r))


@kernel_row
def _exp_of_sum(high, low):
    """``exp(high + low)`` where ``low`` is what rounding lost of ``high``, which is finite and below 750 in size."""
    k = floor(high * _PER_LN2 + 0.5)
    whole = float(k)
    reduced = high - whole * _LN2_HIGH
    low = low - whole * _LN2_LOW
    r = reduced + low
    return _scaled(1.0 + _growth(r, (reduced - r) + low), int(k))


@kernel_row
def exp(x):
    """Exponential function."""
    x = np.float64(x)
    if not (-746.0 < x < 710.0):
        if x >= 710.0:
            return inf
        return 0.0 if x < 0.0 else nan
    return _exp_of_sum(x, 0.0)


@kernel
def expm1(x):
    """``exp(x) - 1`` without loss near 0."""
    if -0.34 < x < 0.34:
        return _growth(x, 0.0)
    return exp(x) - 1.0


@kernel_row
def half_to(x):
    """``0.5 ** x``, exact at whole numbers: what is left after x half-lives."""
    if not (-1025.0 < x < 1076.0):
        if x >= 1076.0:
            return 0.0
        return inf if x < 0.0 else nan
    k = floor(x + 0.5)
    return _scaled(1.0 + _growth((k - x) * _LN2, 0.0), -int(k))


@kernel_row
def _binary(x):
    """Whole number ``k`` and ``m`` around 1 (square root of a half to that of 2) with ``x = m * 2**k``, for x > 0."""
    k = np.int64(0)
    if x < _SMALLEST_NORMAL:
        x = x * 18014398509481984.0
        k = np.int64(-54)
    bits = np.float64(x).view(np.int64)
    k += (bits >> _52) - _BIAS
    mantissa = bits & _MANTISSA
    if mantissa >= _MANTISSA_OF_SQRT2:
        return k + np.int64(1), np.int64(mantissa | _EXPONENT_OF_HALF).view(np.float64)
    return k, np.int64(mantissa | _EXPONENT_OF_1).view(np.float64)


@kernel_row
def _beyond_first(z):
    """``(log((1+s)/(1-s)) - 2 s) / s`` from ``z = s*s`` of at most .03: 2/3 z + 2/5 z**2 + ..., good to 1e-18."""
    w = z * z
    odd = 2.0 / 3.0 + w * (2.0 / 7.0 + w * (2.0 / 11.0 + w * (2.0 / 15.0 + w * (2.0 / 19.0))))
    even = 2.0 / 5.0 + w * (2.0 / 9.0 + w * (2.0 / 13.0 + w * (2.0 / 17.0 + w * (2.0 / 21.0))))
    return z * odd + w * even


@kernel_row
def log(x):
    """Natural logarithm."""
    x = np.float64(x)
    if not (0.0 < x < inf):
        if x == 0.0:
            return -inf
        return x if x > 0.0 else nan
    k, m = _binary(x)
    f = m - 1.0
    s = f / (2.0 + f)
    # 2 s = f - s f, and s f is the smaller the nearer to 1: the leading term carries no rounding.
    half_square = 0.5 * f * f
    rest = s * (half_square + _beyond_first(s * s))
    whole = float(k)
    return whole * _LN2_HIGH - ((half_square - (rest + whole * _LN2_LOW)) - f)


@kernel_row
def _lost_in_product(a, b, product):
    """What rounding lost in ``product = a * b``, exactly (Dekker 1971)."""
    t = _SPLITTER * a
    a_high = t - (t - a)
    a_low = a - a_high
    t = _SPLITTER * b
    b_high = t - (t - b)
    b_low = b - b_high
    return ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


@kernel
def _power_of_positive(x, y):
    """``x ** y`` for finite x > 0 and y of moderate size: ``exp(y log x)`` with the logarithm in two parts."""
    k, m = _binary(x)
    f = m - 1.0
    g = m + 1.0
    g_low = m - (g - 1.0)
    s = f / g
    product = s * g
    s_low = (((f - product) - _lost_in_product(s, g, product)) - s * g_low) / g
    whole = float(k)
    first = whole * _LN2_HIGH
    high = first + 2.0 * s
    lost = (first - high) + 2.0 * s if k != 0 else 0.0
    low = lost + (2.0 * s_low + (s * _beyond_first(s * s) + whole * _LN2_LOW))
    total = high + low
    low = (high - total) + low
    high = y * total
    if not (-746.0 < high < 710.0):
        return inf if high > 0.0 else 0.0
    return _exp_of_sum(high, _lost_in_product(y, total, high) + y * low)


@kernel
def power(x, y):
    """``x ** y``; exact where y is 0, 1, 2, -1 or one half (where the square root is as exact as a number can be)."""
    x, y = np.float64(x), np.float64(y)
    if y == 0.0 or x == 1.0:
        return 1.0
    if y == 1.0:
        return x
    if y == 2.0:
        return x * x
    if y == 0.5:
        return sqrt(x) if x >= 0.0 else nan
    if y == -1.0:
        return 1.0 / x
    if not (x == x and y == y):
        return nan
    if x == 0.0 or x == inf:
        return 0.0 if (x == 0.0) == (y > 0.0) else inf
    if abs(y) > 1e30:
        return inf if (abs(x) > 1.0) == (y > 0.0) else 0.0
    if x < 0.0:
        if floor(y) != ceil(y):
            return nan
        size = _power_of_positive(-x, y) if x > -inf else (inf if y > 0.0 else 0.0)
        half = 0.5 * y
        return size if floor(half) == ceil(half) else -size
    return _power_of_positive(x, y)


@kernel_row
def _sine(x):
    """Sine within an eighth of a turn, from its series, good to 1e-19."""
    z = x * x
    series = 1.0 / 6.0 - z * (1.0 / 120.0 - z * (1.0 / 5040.0 - z * (1.0 / 362880.0 - z * (
        1.0 / 39916800.0 - z * (1.0 / 6227020800.0 - z * (1.0 / 1307674368000.0 - z * (1.0 / 355687428096000.0)))
    ))))  # fmt: skip
    return x - x * z * series


@kernel_row
def _cosine(x):
    """Cosine within an eighth of a turn, from its series, good to 1e-18."""
    z = x * x
    series = 1.0 / 24.0 - z * (1.0 / 720.0 - z * (1.0 / 40320.0 - z * (1.0 / 3628800.0 - z * (
        1.0 / 479001600.0 - z * (1.0 / 87178291200.0 - z * (1.0 / 20922789888000.0)))
    )))  # fmt: skip
    half = 0.5 * z
    w = 1.0 - half
    return w + (((1.0 - w) - half) + z * z * series)


@kernel_row
def cos_turns(u):
    """Cosine of ``u`` turns (of the angle 2 pi u), for u of moderate size; exact at quarter turns."""
    quarters = floor(4.0 * u + 0.5)
    angle = (u - 0.25 * quarters) * _TURN
    at = int(quarters) & 3
    value = _sine(angle) if at & 1 else _cosine(angle)
    return -value if at == 1 or at == 2 else value


@kernel
def arccos(x):
    """Angle from 0 to pi whose cosine is ``x``."""
    if not (-1.0 <= x <= 1.0):
        return nan
    if x == -1.0:
        return 0.5 * _TURN
    t = sqrt((1.0 - x) / (1.0 + x))
    # The angle is twice the arctangent of t. Halving it four times leaves at most .1; a series does the rest.
    backwards = t > 1.0
    if backwards:
        t = 1.0 / t
    for _ in range(3):
        t = t / (1.0 + sqrt(1.0 + t * t))
    z = t * t
    series = 1.0 / 3.0 - z * (1.0 / 5.0 - z * (1.0 / 7.0 - z * (1.0 / 9.0 - z * (
        1.0 / 11.0 - z * (1.0 / 13.0 - z * (1.0 / 15.0 - z * (1.0 / 17.0)))
    ))))  # fmt: skip
    angle = 16.0 * (t - t * z * series)
    return 0.5 * _TURN - angle if backwards else angle


@kernel
def _exps(x, out):
    for i in range(len(x)):
        out[i] = exp(x[i])


@kernel
def _expm1s(x, out):
    for i in range(len(x)):
        out[i] = expm1(x[i])


@kernel
def _saturated(x, most, out):
    for i in range(len(x)):
        out[i] = most * -expm1(-x[i])


@kernel
def _logs(x, out):
    for i in range(len(x)):
        out[i] = log(x[i])


@kernel
def _powers(x, y, out):
    for i in range(len(x)):
        # Sectors of a pair are often alike. Zeros have a sign, which a comparison does not see.
        alike = i > 0 and x[i] == x[i - 1] and x[i] != 0.0
        out[i] = out[i - 1] if alike else power(x[i], y)


@kernel
def _cosines(u, out):
    for i in range(len(u)):
        out[i] = cos_turns(u[i])


@kernel
def _angles(x, out):
    for i in range(len(x)):
        out[i] = arccos(x[i])


@kernel
def _products(a, b, out):
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            for j in range(b.shape[1]):
                out[i, j] += a[i, k] * b[k, j]


def _flat(x: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A copy in one row, in C order, and an array of the shape given to hold answers."""
    values = np.ascontiguousarray(x, dtype=np.float64)
    return values.ravel(), np.empty(np.shape(x))


def exp_each(x: ArrayLike) -> NDArray[np.float64]:
    """Exponential of every element; same shape."""
    values, out = _flat(x)
    _exps(values, out.reshape(-1))
    return out


def expm1_each(x: ArrayLike) -> NDArray[np.float64]:
    """``exp(x) - 1`` of every element; same shape."""
    values, out = _flat(x)
    _expm1s(values, out.reshape(-1))
    return out


def saturated_each(x: ArrayLike, most: float) -> NDArray[np.float64]:
    """``most * (1 - exp(-x))`` of every element; same shape."""
    values, out = _flat(x)
    _saturated(values, float(most), out.reshape(-1))
    return out


def log_each(x: ArrayLike) -> NDArray[np.float64]:
    """Natural logarithm of every element; same shape."""
    values, out = _flat(x)
    _logs(values, out.reshape(-1))
    return out


def power_each(x: ArrayLike, exponent: float) -> NDArray[np.float64]:
    """Every element to the power of one exponent; same shape. Equal values that follow one another are done once."""
    values, out = _flat(x)
    _powers(values, float(exponent), out.reshape(-1))
    return out


def cos_turns_each(u: ArrayLike) -> NDArray[np.float64]:
    """Cosine of every element, in turns; same shape. The sine is that of a quarter turn less."""
    values, out = _flat(u)
    _cosines(values, out.reshape(-1))
    return out


def arccos_each(x: ArrayLike) -> NDArray[np.float64]:
    """Angle of every cosine; same shape."""
    values, out = _flat(x)
    _angles(values, out.reshape(-1))
    return out


def product(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Matrix product, or that of a matrix and a vector on either side, adding in the order of the elements.

    Linear algebra libraries add in an order that depends on processor and threads. For matrices of countries.
    """
    left, right = np.atleast_2d(a), b[:, None] if np.ndim(b) == 1 else b
    out = np.zeros((left.shape[0], right.shape[1]))
    _products(np.ascontiguousarray(left, dtype=np.float64), np.ascontiguousarray(right, dtype=np.float64), out)
    return out.reshape(np.shape(a)[:-1] + np.shape(b)[1:])
