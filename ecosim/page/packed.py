"""Arrays packed into text: whole numbers of one or two bytes, differenced, deflated, in base64.

The page reads them with the browser's own ``DecompressionStream("deflate-raw")``. A value is ``offset + scale * n``;
the largest ``n`` stands for not-a-number.
"""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Kind = Literal["u8", "u16"]
_TYPES: dict[str, np.dtype[Any]] = {"u8": np.dtype("<u1"), "u16": np.dtype("<u2")}
#: Bits of the window of raw deflate: negative for no header.
_RAW = -15
#: Most values of one array that are unpacked: a small text may stand for much.
_MOST_VALUES = 50_000_000


def pack(
    values: ArrayLike, *, kind: Kind = "u8", scale: float | None = None, offset: float | None = None, delta: bool = True
) -> dict[str, Any]:
    """Pack an array.

    Parameters
    ----------
    values : array_like
        Finite values and not-a-number.
    kind : {"u8", "u16"}
        254 or 65,534 steps.
    scale, offset : float, optional
        Step, and value at 0; by default those that just hold all values. What lies outside is cut.
    delta : bool
        Whether differences along the last axis are stored: smaller where neighbours are alike.

    Returns
    -------
    dict
        ``shape``, ``type``, ``scale``, ``offset``, ``delta`` and ``data``; plain data.

    Examples
    --------
    >>> unpack(pack([[0.0, 0.5, float("nan")]], scale=0.5, offset=0.0)).tolist()
    [[0.0, 0.5, nan]]
    """
    array = np.asarray(values, dtype=np.float64)
    known = array[np.isfinite(array)]
    last = np.iinfo(_TYPES[kind]).max
    if offset is None:
        offset = float(known.min()) if known.size else 0.0
    if scale is None:
        scale = float(known.max() - offset) / (last - 1) if known.size else 0.0
    # all values alike, or none
    scale = float(scale) if scale > 0.0 else 1.0
    numbers = steps(array, kind=kind, scale=scale, offset=offset)
    if delta and array.ndim and numbers.shape[-1] > 1:
        # differences wrap around, and so does their sum
        numbers = np.concatenate([numbers[..., :1], np.diff(numbers, axis=-1)], axis=-1)
    deflate = zlib.compressobj(9, zlib.DEFLATED, _RAW)
    content = deflate.compress(numbers.tobytes()) + deflate.flush()
    return {
        "shape": list(array.shape), "type": kind, "scale": scale, "offset": float(offset), "delta": bool(delta),
        "data": base64.b64encode(content).decode("ascii"),
    }  # fmt: skip


def steps(values: ArrayLike, *, kind: Kind, scale: float, offset: float) -> NDArray[Any]:
    """The whole numbers that stand for values; not-a-number is the largest."""
    array = np.asarray(values, dtype=np.float64)
    last = np.iinfo(_TYPES[kind]).max
    known = np.isfinite(array)
    whole = np.rint((np.where(known, array, offset) - offset) / scale)
    return np.where(known, np.clip(whole, 0, last - 1), last).astype(_TYPES[kind])


def unpack(packed: Mapping[str, Any]) -> NDArray[np.float64]:
    """The values of a packed array.

    Raises
    ------
    ValueError
        If it is none: another type, broken text, or not as many values as its shape says.
    """
    kind = _TYPES.get(str(packed.get("type")))
    if kind is None:
        raise ValueError(f"packed arrays are of type u8 or u16, not {packed.get('type')}")
    shape = tuple(int(length) for length in packed["shape"])
    count = math.prod(shape)
    if min(shape, default=0) < 0 or count > _MOST_VALUES:
        raise ValueError(f"a packed array has no shape {shape}")
    size = count * kind.itemsize
    try:
        inflate = zlib.decompressobj(_RAW)
        content = inflate.decompress(base64.b64decode(packed["data"], validate=True), size + 1)
    except (zlib.error, binascii.Error) as error:
        raise ValueError(f"the data of a packed array are broken ({error})") from None
    if len(content) != size:
        raise ValueError(f"a packed array of shape {shape} has {size} bytes, not {len(content)}")
    numbers = np.frombuffer(content, kind).reshape(shape)
    if packed.get("delta") and numbers.ndim:
        numbers = np.cumsum(numbers, axis=-1, dtype=kind)
    last = np.iinfo(kind).max
    values = float(packed["offset"]) + float(packed["scale"]) * numbers.astype(np.float64)
    return np.where(numbers == last, np.nan, values)
