"""The compiled inner loops (numba; they release the GIL, and are cached on disk after the first compilation).

Little-endian machines only, which every machine that has our dependencies' wheels is: a uint32 pixel is red + green *
2^8 + blue * 2^16 + 255 * 2^24.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from omeropyr.rendering.settings import FAMILIES, ChannelBinding

Array = npt.NDArray[Any]
OPAQUE = np.uint32(0xFF000000)
_BLOCK = 1024  # pixels summed at a time: in the first-level cache, and the last loop is vectorised


def lanes(added: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """What levels add, ``(256, 3)``, packed for adding: three lanes of 10 bits in a uint32, room for four channels."""
    wide = added.astype(np.uint32)
    packed: npt.NDArray[np.uint32] = wide[:, 0] | wide[:, 1] << np.uint32(10) | wide[:, 2] << np.uint32(20)
    return packed


def composite(planes: Sequence[Array], tables: Sequence[npt.NDArray[np.uint32]]) -> npt.NDArray[np.uint32]:
    """Look up, add, clamp: planes ``(h, w)`` of uint8 or uint16 into ``(h, w)`` RGBX.

    *tables* hold for each plane the :func:`lanes` of every value, ``(256 or 65536,)``.
    """
    out = np.empty(planes[0].shape, dtype=np.uint32)
    flat = out.reshape(-1)
    shown = [(_one_type(plane), _one_type(table)) for plane, table in zip(planes, tables, strict=True)]
    start = 0
    while start < len(shown):
        # The picture so far takes the place of one channel: colours only add up, so clamping early changes nothing.
        group = shown[start : start + (4 if start == 0 else 3)]
        (a, b, c, d), of = zip(*(group + [group[0]] * (4 - len(group))), strict=True)
        _composite(len(group), start == 0, a, b, c, d, *of, flat)
        start += len(group)
    return out


def _one_type(array: Array) -> Array:
    """Flat and read-only: windows of chunks, whole chunks and new arrays would be three types to the compiler."""
    flat = np.ascontiguousarray(array.reshape(-1)).view()
    flat.flags.writeable = False
    return flat


def quantize(plane: Array, channel: ChannelBinding, out: npt.NDArray[np.uint8]) -> None:
    """The float path: 32-bit and floating-point values ``(h, w)`` into levels, *out* C-contiguous.

    As :func:`omeropyr.rendering.quantize.quantize` does.
    """
    family = FAMILIES.index(channel.family)
    low, high = 0.0, 255.0
    with np.errstate(over="ignore"):
        if family == 1:
            low, high = np.power(0.0, channel.coefficient), np.power(255.0, channel.coefficient)
        elif family == 2:
            low, high = (np.exp(np.power(np.float64(value), channel.coefficient)) for value in (0.0, 255.0))
        elif family == 3:
            low, high = 0.0, np.log(255.0)
        slope = 1.0 if family == 0 else float(np.float64(255.0) / np.float64(high - low))
    start, end, reverse = channel.input_start, channel.input_end, channel.reverse_intensity
    flat, levels = _one_type(plane), out.reshape(-1)
    _quantize(flat, float(start), float(end), family, float(channel.coefficient), float(low), slope, reverse, levels)


@numba.njit(nogil=True, cache=True, boundscheck=False)
def _composite(
    count: int, fresh: bool, a: Array, b: Array, c: Array, d: Array, in_a: Array, in_b: Array, in_c: Array,
    in_d: Array, out: Array,
) -> None:  # fmt: skip
    total = np.empty(_BLOCK, np.uint32)
    for start in range(0, out.size, _BLOCK):
        end = min(start + _BLOCK, out.size)
        _sum(count, a[start:end], b[start:end], c[start:end], d[start:end], in_a, in_b, in_c, in_d, total)
        if not fresh:
            _add_picture(out[start:end], total)
        _clamp(total, out[start:end])


@numba.njit(nogil=True, cache=True, boundscheck=False)
def _sum(
    count: int, a: Array, b: Array, c: Array, d: Array, in_a: Array, in_b: Array, in_c: Array, in_d: Array, total: Array
) -> None:
    # All channels at once: loads of one pixel do not wait for the sums of another channel to be stored.
    if count == 4:
        for i in range(a.size):
            total[i] = in_a[a[i]] + in_b[b[i]] + in_c[c[i]] + in_d[d[i]]
    elif count == 3:
        for i in range(a.size):
            total[i] = in_a[a[i]] + in_b[b[i]] + in_c[c[i]]
    elif count == 2:
        for i in range(a.size):
            total[i] = in_a[a[i]] + in_b[b[i]]
    else:
        for i in range(a.size):
            total[i] = in_a[a[i]]


@numba.njit(nogil=True, cache=True, boundscheck=False)
def _add_picture(picture: Array, total: Array) -> None:
    byte = np.uint32(0xFF)
    for i in range(picture.size):
        one = picture[i]
        green, blue = one >> np.uint32(8) & byte, one >> np.uint32(16) & byte
        total[i] += one & byte | green << np.uint32(10) | blue << np.uint32(20)


@numba.njit(nogil=True, cache=True, boundscheck=False)
def _clamp(total: Array, picture: Array) -> None:
    lane, top = np.uint32(0x3FF), np.uint32(255)
    for i in range(picture.size):
        one = total[i]
        red, green = min(one & lane, top), min(one >> np.uint32(10) & lane, top)
        blue = min(one >> np.uint32(20), top)
        picture[i] = red | green << np.uint32(8) | blue << np.uint32(16) | np.uint32(0xFF000000)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _quantize(
    plane: Array, start: float, end: float, family: int, k: float, low: float, slope: float, reverse: bool, out: Array
) -> None:
    scale = 255.0 / (end - start) if end > start else 0.0
    offset = scale * start
    for i in range(plane.size):
        value = np.float64(plane[i])
        if value >= end and value >= start:
            level = 255.0
        elif value >= start:
            level = scale * value - offset
            if family == 1:
                level = slope * (level**k - low)
            elif family == 2:
                level = slope * (np.exp(level**k) - low)
            elif family == 3:
                level = slope * (np.log(level if level > 0 else 1.0) - low)
            level = 0.0 if np.isnan(level) else np.floor(level + 0.5)
            level = min(max(level, 0.0), 255.0)
        else:
            level = 0.0
        out[i] = np.uint8(255.0 - level if reverse else level)
