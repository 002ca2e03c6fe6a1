"""Exponential, logarithm and powers: right, exact where it counts, and the only ones on the way to a result."""

from __future__ import annotations

import ast
import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import ecosim
from ecosim import numerics

PACKAGE = Path(ecosim.__file__).parent
N = 20_000


def spread(low: float, high: float) -> NDArray[np.float64]:
    return np.random.default_rng(11).uniform(low, high, N)


def units_apart(values: NDArray[np.float64], right: list[float]) -> float:
    """Largest distance in units in the last place."""
    return max(abs(a - b) / math.ulp(b) for a, b in zip(values.tolist(), right, strict=True))


CASES: dict[str, tuple[Callable[..., NDArray[np.float64]], Callable[[float], float], NDArray[np.float64], float]] = {
    "exp": (numerics.exp_each, math.exp, np.append(spread(-745.0, 709.0), spread(-1.0, 1.0)), 2.0),
    "expm1": (numerics.expm1_each, math.expm1, np.append(spread(-40.0, 40.0), spread(-1e-3, 1e-3)), 4.0),
    "log": (numerics.log_each, math.log, np.append(spread(0.0, 3.0), 10.0 ** spread(-308.0, 308.0)), 2.0),
    "cosine": (
        numerics.cos_turns_each,
        lambda u: math.cos(2.0 * math.pi * u),
        # away from the quarters, where the angle handed to the library is itself rounded
        np.append(spread(-0.1, 0.1), spread(0.4, 0.6)),
        4.0,
    ),
    "angle": (numerics.arccos_each, math.acos, spread(-1.0, 1.0), 7.0),
}


@pytest.mark.parametrize("name", CASES)
def test_values_are_those_of_the_library_but_for_the_last_bits(name: str) -> None:
    ours, library, x, allowed = CASES[name]
    assert units_apart(ours(x), [library(one) for one in x.tolist()]) <= allowed


@pytest.mark.parametrize("exponent", [0.3, 0.9, -1.7, 3.0, 12.5])
def test_powers_are_those_of_the_library_but_for_the_last_bits(exponent: float) -> None:
    x = np.append(spread(0.0, 2.0), 10.0 ** spread(-20.0, 20.0))
    assert units_apart(numerics.power_each(x, exponent), [one**exponent for one in x.tolist()]) <= 3.0


def test_powers_are_exact_where_results_rest_on_it() -> None:
    x = np.append(spread(0.0, 5.0), 10.0 ** spread(-300.0, 300.0))
    assert (numerics.power_each(x, 0.0) == 1.0).all()
    assert (numerics.power_each(x, 1.0) == x).all()
    assert (numerics.power_each(x, -1.0) == 1.0 / x).all()
    assert (numerics.power_each(x, 0.5) == np.sqrt(x)).all()
    with np.errstate(over="ignore"):
        assert (numerics.power_each(x, 2.0) == x * x).all()
    assert [numerics.power(1.0, y) for y in (-3.3, 0.7, 1e300)] == [1.0, 1.0, 1.0]
    assert [numerics.power(10.0, float(n)) for n in range(16)] == [10.0**n for n in range(16)]


def test_a_half_life_halves_exactly() -> None:
    assert [numerics.half_to(float(n)) for n in range(-1000, 1074)] == [2.0**-n for n in range(-1000, 1074)]
    x = spread(-30.0, 60.0)
    assert max(abs(numerics.half_to(one) / 0.5**one - 1.0) for one in x.tolist()) < 4e-16


def same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


@pytest.mark.parametrize("x", [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, 1e308, -745.2, 709.9, -2.5])
def test_ends_of_the_range_are_those_of_numpy(x: float) -> None:
    with np.errstate(all="ignore"):
        assert same(numerics.exp(x), float(np.exp(x)))
        assert math.isclose(numerics.log(x), np.log(x), rel_tol=1e-15) or same(numerics.log(x), float(np.log(x)))
        assert same(numerics.arccos(x), float(np.arccos(x)))
        for y in (0.0, 3.0, -3.0, 2.5, -2.5, 4.0, math.inf, -math.inf, math.nan):
            right = float(np.power(x, y))
            # what nobody asks for may differ: powers of -0 and -inf, and (-1) ** inf
            if not (math.copysign(1.0, x) < 0.0 and (x == 0.0 or math.isinf(x) or math.isinf(y))):
                assert math.isclose(numerics.power(x, y), right, rel_tol=1e-15) or same(numerics.power(x, y), right)


def test_a_matrix_product_is_one_and_keeps_shapes() -> None:
    a, b = spread(0.0, 1.0)[:12].reshape(3, 4), spread(-1.0, 1.0)[:8].reshape(4, 2)
    for left, right in ((a, b), (a[0], b), (a, b[:, 0]), (a[:, ::2], b[::2])):
        assert numerics.product(left, right).shape == (left @ right).shape
        np.testing.assert_allclose(numerics.product(left, right), left @ right, rtol=1e-14)


KNOWN = {
    "exp": "cb4ec0d01066",
    "expm1": "12b8c8800210",
    "log": "a535da71314d",
    "power": "6abdeda6dda0",
    "cosine": "46c31fc699ab",
    "angle": "8544ac46390c",
    "half": "798e92f5ac07",
}


def test_bytes_are_the_same_on_every_processor() -> None:
    """Known digests: a machine on which one of them differs cannot repeat anybody's results."""
    x = (np.arange(20_000) * 0.6180339887498949) % 1.0
    grids = {
        "exp": numerics.exp_each(1400.0 * x - 700.0),
        "expm1": numerics.expm1_each(8.0 * x - 4.0),
        "log": numerics.log_each(3.0 * x + 1e-300),
        "power": numerics.power_each(50.0 * x, 1.37),
        "cosine": numerics.cos_turns_each(x),
        "angle": numerics.arccos_each(2.0 * x - 1.0),
        "half": np.array([numerics.half_to(80.0 * one) for one in x.tolist()]),
    }
    assert {name: hashlib.sha256(values.tobytes()).hexdigest()[:12] for name, values in grids.items()} == KNOWN


#: Files that only read results, or facts of what a run was: any function will do.
READERS = ("analysis", "plots", "report", "evidence", "numerics.py")
#: Rounded differently by different processors or libraries.
OPEN = {
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "power", "float_power", "pow", "cbrt", "hypot"),
    *("sin", "cos", "tan", "sinc", "arcsin", "arccos", "arctan", "arctan2", "asin", "acos", "atan", "atan2"),
    *("sinh", "cosh", "tanh", "logaddexp", "geomspace", "logspace", "einsum", "dot", "matmul", "inner", "tensordot"),
}


def _is_exact_power(node: ast.BinOp) -> bool:
    """Squares, and powers of two constants, are products."""
    square = isinstance(node.right, ast.Constant) and node.right.value == 2
    return square or (isinstance(node.left, ast.Constant) and isinstance(node.right, ast.Constant))


def test_nothing_on_the_way_to_a_result_uses_another_exponential_power_or_matrix_product() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        where = path.relative_to(PACKAGE).as_posix()
        if where.startswith(READERS):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                wrong = node.value.id in ("np", "math") and node.attr in OPEN
            elif isinstance(node, ast.ImportFrom):
                wrong = node.module in ("math", "numpy") and any(name.name in OPEN for name in node.names)
            elif isinstance(node, ast.BinOp | ast.AugAssign):
                power = isinstance(node.op, ast.Pow) and not (isinstance(node, ast.BinOp) and _is_exact_power(node))
                wrong = power or isinstance(node.op, ast.MatMult)
            else:
                continue
            if wrong:
                found.append(f"ecosim/{where}:{node.lineno}: {ast.unparse(node)}")
    assert found == []


def test_powers_of_equal_values_in_a_row_are_those_of_each() -> None:
    rng = np.random.default_rng(4)
    alike = np.repeat(rng.random((7, 5, 1)), 4, axis=2)
    for x in (alike, rng.random((7, 5, 4)), np.array([0.0, -0.0, -0.0, np.inf, np.inf, np.nan, -2.0, -2.0])):
        for exponent in (0.0, 1.0, -1.0, 2.08, -0.5):
            each = np.array([numerics.power(value, exponent) for value in x.ravel()])
            assert numerics.power_each(x, exponent).tobytes() == each.tobytes()
