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


def lanes(contributions: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint64]:
    """Contributions ``(C, 256, 3)`` packed for adding: three lanes of 21 bits in a uint64, ``(C, 256)``.

    No overflow below 8,000 channels.
    """
    packed = np.zeros((len(contributions), 256), dtype=np.uint64)
    for row, values in zip(packed, contributions, strict=True):
        wide = values.astype(np.uint64)
        row[:] = wide[:, 0] | wide[:, 1] << np.uint64(21) | wide[:, 2] << np.uint64(42)
    return packed


def composite(stack: Array, levels: npt.NDArray[np.uint8], packed: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint32]:
    """Look up, colour, add, clamp: ``(C, h, w)`` uint8 or uint16, C-contiguous, into ``(h, w)`` RGBX."""
    out = np.empty(stack.shape[1:], dtype=np.uint32)
    _composite(stack.reshape(len(stack), -1), levels, packed, out.reshape(-1))
    return out


def quantize(plane: Array, channel: ChannelBinding, out: npt.NDArray[np.uint8]) -> None:
    """The float path: 32-bit and floating-point values ``(h, w)`` into levels.

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
    # Windows of cached chunks, whole chunks and new arrays would be three types to the compiler; this makes them one.
    plane = np.ascontiguousarray(plane).view()
    plane.flags.writeable = False
    _quantize(plane, float(start), float(end), family, float(channel.coefficient), float(low), slope, reverse, out)


@numba.njit(nogil=True, cache=True, boundscheck=False)
def _composite(stack: Array, levels: Array, packed: Array, out: Array) -> None:
    channels, size = stack.shape
    mask = np.uint64(0x1FFFFF)
    top = np.uint64(255)
    total = np.empty(_BLOCK, np.uint64)
    for start in range(0, size, _BLOCK):
        count = min(_BLOCK, size - start)
        for i in range(count):
            total[i] = packed[0, levels[0, stack[0, start + i]]]
        for c in range(1, channels):
            for i in range(count):
                total[i] += packed[c, levels[c, stack[c, start + i]]]
        for i in range(count):
            red = min(total[i] & mask, top)
            green = min(total[i] >> np.uint64(21) & mask, top)
            blue = min(total[i] >> np.uint64(42), top)
            out[start + i] = np.uint32(red | green << np.uint64(8) | blue << np.uint64(16) | np.uint64(0xFF000000))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _quantize(
    plane: Array, start: float, end: float, family: int, k: float, low: float, slope: float, reverse: bool, out: Array
) -> None:
    height, width = plane.shape
    scale = 255.0 / (end - start) if end > start else 0.0
    offset = scale * start
    for y in range(height):
        for x in range(width):
            value = np.float64(plane[y, x])
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
            out[y, x] = np.uint8(255.0 - level if reverse else level)
