"""Smallest and largest values of channels, and histograms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from omeropyr.embedded.pixels.reader import Reader, Series

Array = npt.NDArray[Any]
MAX_PIXELS = 64 * 2**20
"""As many pixels of one channel are read for its range.

Of larger ones a smaller level, or planes spread over Z and T, or bands of rows spread over a huge plane.
"""
_ROWS = 512
_COLUMNS = 8192


def plane_ranges(reader: Reader, series: int) -> list[tuple[float, float]]:
    """(minimum, maximum) of each channel; not-a-number is left out. Raises :class:`ReaderError` for damaged files."""
    found = reader.series[series]
    level = _level(found)
    planes = _planes(found, level)
    return [_channel_range(reader, found, level, c, planes) for c in range(found.size_c)]


def histogram(plane: Array, bins: int, low: float, high: float) -> list[int]:
    """Counts in *bins* equal steps from *low* to *high*, both inclusive; values outside are not counted."""
    counts, _ = np.histogram(plane, bins=bins, range=(low, high if high > low else low + 1))
    return [int(count) for count in counts]


def _level(series: Series) -> int:
    """The largest level of which one plane is small enough."""
    for level, (width, height) in enumerate(series.levels):
        if width * height <= MAX_PIXELS:
            return level
    return len(series.levels) - 1


def _planes(series: Series, level: int) -> list[tuple[int, int]]:
    width, height = series.levels[level]
    planes = [(z, t) for t in range(series.size_t) for z in range(series.size_z)]
    most = max(1, MAX_PIXELS // (width * height))
    step = max(1, -(-len(planes) // most))
    return planes[::step]


def _channel_range(
    reader: Reader, series: Series, level: int, c: int, planes: list[tuple[int, int]]
) -> tuple[float, float]:
    low, high = np.inf, -np.inf
    for z, t in planes:
        for piece in _pieces(reader, series, level, z, c, t):
            values = piece[np.isfinite(piece)] if piece.dtype.kind == "f" else piece
            if values.size:
                low, high = min(low, float(values.min())), max(high, float(values.max()))
    return (low, high) if low <= high else (0.0, 0.0)


def _pieces(reader: Reader, series: Series, level: int, z: int, c: int, t: int) -> Iterator[Array]:
    """A plane in pieces, so that a large one is never whole in memory; of a huge one some, the first and last too."""
    width, height = series.levels[level]
    bands: Sequence[int] = range(0, height, _ROWS)
    most = max(2, MAX_PIXELS // (_ROWS * width))
    if len(bands) > most:
        bands = [bands[place * (len(bands) - 1) // (most - 1)] for place in range(most)]
    for y in bands:
        for x in range(0, width, _COLUMNS):
            w, h = min(_COLUMNS, width - x), min(_ROWS, height - y)
            yield reader.read_tile(series.index, level, z, c, t, x, y, w, h)
