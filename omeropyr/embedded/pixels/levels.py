"""Resolution levels for images that are large but stored without any: made from the pixels when asked for, by steps
of two.

Only up to ``MAX_PIXELS`` a plane; what is larger needs levels in its file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import Reader, Series, check_tile
from omeropyr.rendering.scale import halve

Array = npt.NDArray[Any]
LARGE = 3192 * 3192
"""OMERO's default for the size of a plane from which on it wants resolution levels."""
MAX_PIXELS = 12288 * 12288
_SMALLEST = 512
_ROWS = 512


def with_levels(reader: Reader, cache: ChunkCache) -> Reader:
    """The reader itself, or one that adds levels to the series that need them."""
    if any(_needs(series) for series in reader.series):
        return _WithLevels(reader, cache)
    return reader


def _needs(series: Series) -> bool:
    return len(series.levels) == 1 and LARGE < series.size_x * series.size_y <= MAX_PIXELS


def _halves(series: Series) -> tuple[tuple[int, int], ...]:
    levels = [series.levels[0]]
    while max(levels[-1]) > _SMALLEST:
        width, height = levels[-1]
        levels.append((-(-width // 2), -(-height // 2)))
    return tuple(levels)


class _WithLevels:
    def __init__(self, reader: Reader, cache: ChunkCache) -> None:
        self._reader = reader
        self._cache = cache
        self._token = f"levels:{id(self)}"
        self.format = reader.format
        self.ome_xml = reader.ome_xml
        self.series: Sequence[Series] = tuple(
            replace(series, levels=_halves(series)) if _needs(series) else series for series in reader.series
        )

    def read_tile(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        found = self.series[series]
        check_tile(found, level, z, c, t, x, y, w, h)
        if level == 0 or len(self._reader.series[series].levels) > 1:
            return self._reader.read_tile(series, level, z, c, t, x, y, w, h)
        return self._level(series, level, z, c, t)[y : y + h, x : x + w]

    def _level(self, series: int, level: int, z: int, c: int, t: int) -> Array:
        key = (self._token, series, level, z, c, t)
        return self._cache.get(key, lambda: self._make(series, level, z, c, t))

    def _make(self, series: int, level: int, z: int, c: int, t: int) -> Array:
        if level > 1:
            return halve(self._level(series, level - 1, z, c, t))
        width, height = self.series[series].levels[0]
        bands = (
            halve(self._reader.read_tile(series, 0, z, c, t, 0, y, width, min(_ROWS, height - y)))
            for y in range(0, height, _ROWS)
        )
        return np.concatenate(list(bands))

    def close(self) -> None:
        self._cache.drop(self._token)
        self._reader.close()
