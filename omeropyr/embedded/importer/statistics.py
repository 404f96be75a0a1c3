"""The range of grey levels of each channel, from which first rendering settings are made."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from omeropyr.embedded.pixels.reader import Reader, Series

EXACT = 96_000_000
"""Pixels of one channel up to which all are looked at."""
_SMALLEST = 512  # a level at least this wide is representative
_WHOLE = 16_000_000  # planes up to this many pixels are read at once


def channel_range(reader: Reader, series: Series, channel: int) -> tuple[float, float]:
    """Smallest and largest value of a channel; of big images from a small level and some of the planes.

    Raises :class:`~omeropyr.embedded.pixels.reader.ReaderError` when the file is damaged where it is read.
    """
    level = _level(series)
    low, high = np.inf, -np.inf
    for z, t in _planes(series, level):
        for x, y, w, h in _tiles(series, level):
            values = reader.read_tile(series.index, level, z, channel, t, x, y, w, h)
            if values.dtype.kind == "f":
                values = values[np.isfinite(values)]
            if values.size:
                low, high = min(low, float(values.min())), max(high, float(values.max()))
    return (low, high) if low <= high else (0.0, 0.0)


def _level(series: Series) -> int:
    """The smallest resolution level that still shows what is there."""
    enough = [number for number, (width, height) in enumerate(series.levels) if max(width, height) >= _SMALLEST]
    return enough[-1] if enough else 0


def _planes(series: Series, level: int) -> list[tuple[int, int]]:
    planes = [(z, t) for t in range(series.size_t) for z in range(series.size_z)]
    width, height = series.levels[level]
    count = max(1, min(len(planes), EXACT // (width * height)))
    if count >= len(planes):
        return planes
    chosen = np.unique(np.linspace(0, len(planes) - 1, max(count, 2)).round().astype(int))
    return [planes[place] for place in chosen]


def _tiles(series: Series, level: int) -> Iterator[tuple[int, int, int, int]]:
    """One tile for all of a small plane; of a big one without levels, tiles spread evenly over it."""
    width, height = series.levels[level]
    if width * height <= _WHOLE:
        yield 0, 0, width, height
        return
    tile_w, tile_h = (min(side, 1024) for side in series.tile_size)
    for y in np.linspace(0, max(height - tile_h, 0), 8).astype(int):
        for x in np.linspace(0, max(width - tile_w, 0), 8).astype(int):
            yield int(x), int(y), min(tile_w, width), min(tile_h, height)
