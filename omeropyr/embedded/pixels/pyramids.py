"""Resolution levels of large images that are stored without any: made in the background, kept in the data folder.

``Pyramids/<id of Pixels>/1.tif``, ``2.tif`` and so on hold all planes (T slowest, then C, then Z) of each level, in
tiles of 512 pixels packed by Zstandard; a level is half the one before, and the last fits into one tile. Until the
folder is complete, who asks for the pixels is told to come back: OMERO's ``MissingPyramidException``.
"""

from __future__ import annotations

import itertools
import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import Reader, Series, check_tile
from omeropyr.embedded.pixels.tiff import TiffReader
from omeropyr.rendering.scale import halve

log = logging.getLogger(__name__)

Array = npt.NDArray[Any]
LARGE = 3192 * 3192
"""OMERO's default for the size of a plane from which on it wants resolution levels."""
TILE = 512
FOLDER = "Pyramids"
_BACK_OFF = (500, 60_000)  # the shortest and the longest wait in milliseconds that is asked for


class PyramidMissing(Exception):
    """The levels are being made: come back after ``back_off`` milliseconds. ``done`` is from 0 to 1."""

    def __init__(self, pixels_id: int, back_off: int, done: float) -> None:
        super().__init__(f"The image is being prepared for viewing: {done:.0%} done.")
        self.pixels_id, self.back_off, self.done = pixels_id, back_off, done


class _Stopped(Exception):
    """The server ends, or the image was deleted: the levels are not wanted any more."""


@dataclass
class _Work:
    """One pyramid in the making."""

    future: Future[None]
    tiles: int
    made: int = 0
    started: float | None = None
    stop: bool = False

    @property
    def done(self) -> float:
        return self.made / self.tiles if self.tiles else 0.0

    @property
    def back_off(self) -> int:
        """Milliseconds until it may be finished, as fast as it went so far."""
        if self.started is None or not self.made:
            return 2000
        left = (time.monotonic() - self.started) * (1 - self.done) / self.done
        return int(min(max(left * 1000, _BACK_OFF[0]), _BACK_OFF[1]))


def needs_levels(series: Series) -> bool:
    """Whether an image is large and stored without levels."""
    return len(series.levels) == 1 and series.size_x * series.size_y > LARGE


def halves(series: Series) -> tuple[tuple[int, int], ...]:
    """(width, height) of all levels of a pyramid, full size first."""
    levels = [series.levels[0]]
    while max(levels[-1]) > TILE:
        width, height = levels[-1]
        levels.append((-(-width // 2), -(-height // 2)))
    return tuple(levels)


class Pyramids:
    """Makes pyramids one after the other in a thread of its own."""

    def __init__(self, data: Path, cache: ChunkCache) -> None:
        self._folder = data / FOLDER
        self._cache = cache
        self._lock = threading.Lock()
        self._running: dict[int, _Work] = {}
        self._failed: dict[int, str] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="pyramids")
        self._go = threading.Event()
        self._go.set()
        if self._folder.is_dir():
            for left in self._folder.glob("making-*"):  # by a server that was killed
                shutil.rmtree(left, ignore_errors=True)

    def with_levels(self, pixels_id: int, reader: Reader, series: int, opened: Callable[[], Reader]) -> Reader:
        """The reader with the levels of its image *series*.

        *opened* opens the same files once more for the background. Raises :class:`PyramidMissing` until all are
        there; where they cannot be made (a full disk, a damaged file) the image stays as it is, with one level.
        """
        if not needs_levels(reader.series[series]):
            return reader
        if (self._folder / str(pixels_id)).is_dir():
            return _WithLevels(reader, series, self._levels(pixels_id, reader.series[series]), self._cache)
        with self._lock:
            if pixels_id in self._failed:
                return reader
            work = self._running.get(pixels_id)
            if work is None:
                found = reader.series[series]
                work = self._running[pixels_id] = _Work(Future(), _count(found))
                work.future = self._pool.submit(self._make, pixels_id, series, opened, work)
        raise PyramidMissing(pixels_id, work.back_off, work.done)

    def check(self, pixels_id: int) -> None:
        """Raise :class:`PyramidMissing` while the levels of these Pixels are being made."""
        with self._lock:
            work = self._running.get(pixels_id)
        if work is not None:
            raise PyramidMissing(pixels_id, work.back_off, work.done)

    def wait(self, pixels_id: int, seconds: float | None = None) -> None:
        """Wait until the levels of these Pixels are made, if they are being made."""
        with self._lock:
            work = self._running.get(pixels_id)
        if work is not None:
            wait([work.future], seconds)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside, nothing is made: for tests of what clients are told meanwhile."""
        self._go.clear()
        try:
            yield
        finally:
            self._go.set()

    def remove(self, pixels_id: int) -> None:
        """Delete the levels, as after a deletion of the image."""
        with self._lock:
            work = self._running.get(pixels_id)
            self._failed.pop(pixels_id, None)
            if work is not None:
                work.stop = True
        shutil.rmtree(self._folder / str(pixels_id), ignore_errors=True)

    def close(self) -> None:
        """Stop; what is not finished is begun anew at the next need."""
        with self._lock:
            for work in self._running.values():
                work.stop = True
        self._go.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _levels(self, pixels_id: int, series: Series) -> list[TiffReader]:
        folder = self._folder / str(pixels_id)
        return [TiffReader([folder / f"{level}.tif"], self._cache) for level in range(1, len(halves(series)))]

    def _make(self, pixels_id: int, series: int, opened: Callable[[], Reader], work: _Work) -> None:
        making: Path | None = None
        try:
            self._go.wait()
            work.started = time.monotonic()
            self._folder.mkdir(mode=0o700, exist_ok=True)
            making = Path(tempfile.mkdtemp(prefix="making-", dir=self._folder))
            self._write(making, opened(), series, work)
            making.rename(self._folder / str(pixels_id))
        except _Stopped:
            log.info("levels of Pixels %d are not wanted any more", pixels_id)
        except Exception as error:
            log.exception("no levels could be made of Pixels %d", pixels_id)
            with self._lock:
                self._failed[pixels_id] = str(error)
        finally:
            if making is not None:
                shutil.rmtree(making, ignore_errors=True)
            with self._lock:
                self._running.pop(pixels_id, None)

    def _write(self, folder: Path, reader: Reader, series: int, work: _Work) -> None:
        found = reader.series[series]
        cache = ChunkCache(32 * 2**20)  # of its own: what is read once must not push out what people look at
        source: Reader = reader
        planes = _planes(found)
        try:
            for level, (width, height) in enumerate(halves(found)[1:], 1):
                read = _reading(source, series, level == 1)
                tiles = (tile for plane in planes for tile in _tiles(read, plane, (width, height), work))
                _write_level(folder / f"{level}.tif", tiles, (len(planes), height, width), found.dtype)
                source.close()
                source = TiffReader([folder / f"{level}.tif"], cache)
                planes = [(0, 0, index) for index in range(len(planes))]
        finally:
            source.close()


Plane = tuple[int, int, int]
Read = Callable[[Plane, int, int, int, int], Array]


def _planes(series: Series) -> list[Plane]:
    """(z, c, t) of every plane, T slowest, then C."""
    axes = range(series.size_t), range(series.size_c), range(series.size_z)
    return [(z, c, t) for t, c, z in itertools.product(*axes)]


def _count(series: Series) -> int:
    """How many tiles there are to make."""
    planes = len(_planes(series))
    return planes * sum(-(-width // TILE) * -(-height // TILE) for width, height in halves(series)[1:])


def _reading(source: Reader, series: int, first: bool) -> Read:
    number = series if first else 0
    width, height = source.series[number].levels[0]

    def read(plane: Plane, x: int, y: int, w: int, h: int) -> Array:
        z, c, t = plane
        return source.read_tile(number, 0, z, c, t, x, y, min(w, width - x), min(h, height - y))

    return read


def _tiles(read: Read, plane: Plane, size: tuple[int, int], work: _Work) -> Iterator[Array]:
    """Every tile of a plane of a level, from the level before."""
    width, height = size
    for y in range(0, height, TILE):
        for x in range(0, width, TILE):
            if work.stop:
                raise _Stopped
            yield halve(read(plane, 2 * x, 2 * y, 2 * TILE, 2 * TILE))
            work.made += 1


def _write_level(path: Path, tiles: Iterator[Array], shape: tuple[int, int, int], dtype: np.dtype[Any]) -> None:
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        writer.write(
            tiles,
            shape=shape,
            dtype=dtype,
            tile=(TILE, TILE),
            photometric="minisblack",
            compression="zstd",
            compressionargs={"level": 1},
            predictor=2 if dtype.kind in "ui" else None,
            metadata=None,
            maxworkers=1,
        )


class _WithLevels:
    """A reader whose image *number* has levels from files of their own."""

    def __init__(self, reader: Reader, number: int, levels: Sequence[Reader], cache: ChunkCache) -> None:
        self._reader = reader
        self._number = number
        self._levels = levels
        self._cache = cache
        self.format = reader.format
        self.ome_xml = reader.ome_xml
        made = list(reader.series)
        made[number] = replace(made[number], levels=halves(made[number]), tile_size=(TILE, TILE))
        self.series: Sequence[Series] = tuple(made)

    def read_tile(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        """Pixels ``(h, w)``, read-only; see :class:`omeropyr.embedded.pixels.reader.Reader`."""
        found = self.series[series]
        check_tile(found, level, z, c, t, x, y, w, h)
        if level == 0 or series != self._number:
            return self._reader.read_tile(series, level, z, c, t, x, y, w, h)
        plane = (t * found.size_c + c) * found.size_z + z
        return self._levels[level - 1].read_tile(0, 0, 0, 0, plane, x, y, w, h)

    def close(self) -> None:
        """Close the files of all levels."""
        for one in (self._reader, *self._levels):
            one.close()
