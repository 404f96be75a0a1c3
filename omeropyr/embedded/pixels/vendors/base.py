"""What the readers of microscope makers' files share: one open file, a lock, and decoded blocks in the cache."""

from __future__ import annotations

import importlib
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import ReaderError, Series, check_tile

Array = npt.NDArray[Any]
BLOCK = 512
"""The side in pixels of the blocks in which files without tiles of their own are read."""


class VendorReader:
    """A file that a library holds open; libraries are asked by one thread at a time.

    Kinds of files set :attr:`series` and say how a window is read (:meth:`_decode`). The file is closed by
    :meth:`close`, or when nobody holds the reader any more.
    """

    format = ""
    ome_xml: str | None = None
    series: tuple[Series, ...] = ()

    def __init__(self, path: Path, cache: ChunkCache) -> None:
        self._path = path
        self._cache = cache
        self._lock = threading.Lock()
        self._closing: weakref.finalize[..., VendorReader] | None = None

    def read_tile(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        """Pixels ``(h, w)``, read-only; see :class:`omeropyr.embedded.pixels.reader.Reader`."""
        found = self.series[series]
        check_tile(found, level, z, c, t, x, y, w, h)
        samples = self._samples(found)
        plane = (series, level, z, c // samples, t)
        width, height = self._block(found, level)
        columns, rows = range(x // width, (x + w - 1) // width + 1), range(y // height, (y + h - 1) // height + 1)
        if len(columns) == len(rows) == 1:
            block = self._part(plane, columns[0], rows[0], (width, height))
            top, left = y - rows[0] * height, x - columns[0] * width
            return block[top : top + h, left : left + w, c % samples]
        out: Array = np.empty((h, w), found.dtype)
        for row in rows:
            for column in columns:
                block = self._part(plane, column, row, (width, height))[..., c % samples]
                top, left = max(y, row * height), max(x, column * width)
                bottom = min(y + h, row * height + block.shape[0])
                right = min(x + w, column * width + block.shape[1])
                part = block[top - row * height : bottom - row * height, left - column * width : right - column * width]
                out[top - y : bottom - y, left - x : right - x] = part
        out.setflags(write=False)
        return out

    def close(self) -> None:
        """Close the file and forget its decoded blocks; a second call does nothing."""
        if self._closing is not None and self._closing.alive:
            with self._lock:
                self._closing()
            self._cache.drop(str(self._path))

    def _hold(self, close: Callable[[], Any]) -> None:
        """Have *close* called once, by :meth:`close` or when the reader is dropped."""
        self._closing = weakref.finalize(self, close)

    def _samples(self, series: Series) -> int:
        """The number of channels that lie pixel by pixel and are read together."""
        return series.size_c if series.rgb else 1

    def _block(self, series: Series, level: int) -> tuple[int, int]:
        """Width and height of the blocks that are decoded and kept."""
        return BLOCK, BLOCK

    def _decode(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        """Pixels ``(h, w, samples)`` or ``(h, w)``; *c* counts the groups of channels that are read together."""
        raise NotImplementedError

    def _part(self, plane: tuple[int, int, int, int, int], column: int, row: int, block: tuple[int, int]) -> Array:
        key = (str(self._path), *plane, column, row)
        return self._cache.get(key, lambda: self._read(plane, column * block[0], row * block[1], block))

    def _read(self, plane: tuple[int, int, int, int, int], x: int, y: int, block: tuple[int, int]) -> Array:
        found = self.series[plane[0]]
        width, height = found.levels[plane[1]]
        w, h = min(block[0], width - x), min(block[1], height - y)
        samples = self._samples(found)
        with self._lock:
            if self._closing is None or not self._closing.alive:
                raise ReaderError("the file is closed")
            try:
                pixels = self._decode(*plane, x, y, w, h)
                # A copy: what the libraries hand out may lie in the file itself, which goes when it is closed.
                return np.array(pixels, dtype=found.dtype, order="C").reshape(h, w, samples)
            except Exception as error:
                raise ReaderError(f"the pixels cannot be read: {line(error)}") from error


def library(module: str, files: str) -> Any:
    """The library that reads *files*. Raises :class:`ReaderError` where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise missing(files) from error


def missing(files: str) -> ReaderError:
    """What to raise, and to do, where the library for *files* is not installed."""
    return ReaderError(f"{files} files need `pip install omeropyr[formats]`")


def line(error: BaseException) -> str:
    """The first line of an error's message, or the name of its type."""
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__)[:200]
