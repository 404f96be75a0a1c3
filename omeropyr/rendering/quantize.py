"""From pixel values to 0..255: the window and the curve of one channel.

Formulas: OMERO's own, as its Java classes ``Quantization_8_16_bit`` and ``Quantization_float`` in the package
``omeis.providers.re.quantum`` compute them. Below the window 0, from its end on 255, between them

    u = 255 (x - start) / (end - start),   d = round(255 (f(u) - f(0)) / (f(255) - f(0)))

with f(u) = u (linear), u^k (polynomial), exp(u^k) (exponential), ln(u) with u <= 0 taken for 1 (logarithmic, k
unused), and halves rounded up. Reverse intensity is 255 - d afterwards. Where the curve leaves the range of doubles
OMERO's cast makes 0 of it, and so do we.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from omeropyr.rendering.settings import ChannelBinding, Family

Array = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]


def curve(values: Array, family: Family, coefficient: float) -> npt.NDArray[np.float64]:
    """The curve f of *family* on float values."""
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if family == "polynomial":
            return np.power(values, coefficient)
        if family == "exponential":
            return np.exp(np.power(values, coefficient))
        if family == "logarithmic":
            return np.log(np.where(values <= 0, 1.0, values))
    return values


def quantize(plane: Array, channel: ChannelBinding) -> Bytes:
    """Values of any type to 0..255 of the same shape: the reference, for every pixel type; not-a-number becomes 0."""
    start, end = channel.input_start, channel.input_end
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        values = np.asarray(plane).astype(np.float64)  # a signalling not-a-number complains even here
        scaled = (
            255.0 / (end - start) * values - 255.0 / (end - start) * start if end > start else np.zeros_like(values)
        )
        if channel.family != "linear":
            low, high = curve(np.array([0.0, 255.0]), channel.family, channel.coefficient)
            scaled = 255.0 / (high - low) * (curve(scaled, channel.family, channel.coefficient) - low)
        rounded = np.floor(np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0) + 0.5)
    inside = np.where(values >= end, 255.0, np.clip(rounded, 0.0, 255.0))
    levels: Bytes = np.where(values >= start, inside, 0.0).astype(np.uint8)
    return 255 - levels if channel.reverse_intensity else levels


def codomain(start: int, end: int, bit_resolution: int) -> Bytes:
    """What each level 0..255 becomes in the codomain *start* to *end* of so many steps, ``(256,)``."""
    levels = np.arange(256) / 255.0
    stepped = np.floor(levels * bit_resolution + 0.5) / bit_resolution
    made: Bytes = np.floor(start + stepped * (end - start) + 0.5).astype(np.uint8)
    return made


@lru_cache(maxsize=64)
def table(dtype: np.dtype[Any], channel: ChannelBinding) -> Bytes:
    """The levels of every value of an 8- or 16-bit *dtype*, ``(256 or 65536,)``.

    Indexed by the value's bits taken as unsigned.
    """
    unsigned = np.dtype(f"u{dtype.itemsize}")
    values = np.arange(2 ** (8 * dtype.itemsize), dtype=np.uint32).astype(unsigned).view(dtype)
    above, ended = values >= channel.input_start, values >= channel.input_end
    made: Bytes = np.where(above ^ channel.reverse_intensity, np.uint8(255), np.uint8(0))
    # Windows are narrow beside the type's range: the curve is worth its time only within them.
    inside = np.flatnonzero(above & ~ended)
    made[inside] = quantize(values[inside], channel)
    made.setflags(write=False)
    return made
