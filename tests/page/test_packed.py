"""Arrays come back as they went in, up to half a step; what is broken is refused."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from ecosim.page.packed import pack, unpack


@given(arrays(float, array_shapes(max_dims=3, max_side=7), elements=st.floats(-1e6, 1e6) | st.just(float("nan"))),
       st.sampled_from(["u8", "u16"]), st.booleans())  # fmt: skip
def test_values_come_back_within_half_a_step(values, kind, delta):
    packed = pack(values, kind=kind, delta=delta)
    back = unpack(packed)
    assert back.shape == values.shape
    assert (np.isnan(back) == np.isnan(values)).all()
    known = np.isfinite(values)
    assert np.abs(back - values)[known].max(initial=0.0) <= 0.5 * packed["scale"] * (1 + 1e-6)


@given(arrays(np.uint8, (3, 9)), st.booleans())
def test_every_byte_comes_back_exactly(numbers, delta):
    values = np.where(numbers == 255, np.nan, 0.25 * numbers - 3.0)
    packed = pack(values, scale=0.25, offset=-3.0, delta=delta)
    np.testing.assert_array_equal(unpack(packed), values)


def test_the_bytes_are_those_the_contract_names():
    # raw deflate of differences that wrap around, in base64; 255 is no number
    packed = pack([[1.0, 3.0, 2.0, float("nan")]], scale=1.0, offset=0.0)
    assert list(zlib.decompress(base64.b64decode(packed["data"]), -15)) == [1, 2, 255, 253]
    wide = pack([258.0], kind="u16", scale=1.0, offset=0.0)
    assert list(zlib.decompress(base64.b64decode(wide["data"]), -15)) == [2, 1]


def test_what_lies_outside_the_steps_is_cut():
    assert unpack(pack([-1.0, 500.0], scale=1.0, offset=0.0)).tolist() == [0.0, 254.0]


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "f8"}, {"data": "%%%"}, {"data": "AAAA"}, {"shape": [3]}, {"shape": [-1]}, {"shape": [10**6, 10**6]},
        # a bomb: a little text for a lot of zeros
        {"data": base64.b64encode(zlib.compress(bytes(10**7), 9)[2:-4]).decode()},
    ],
)  # fmt: skip
def test_what_is_broken_is_refused(broken):
    with pytest.raises(ValueError, match="packed array"):
        unpack({**pack([1.0, 2.0]), **broken})
