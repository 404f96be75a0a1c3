"""From the id of Pixels to the pixels.

Files found through the store, readers kept open, decoded chunks kept in memory.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from omeropyr.embedded.importer.in_place import GONE, NOWHERE, ImportRoots, stored_file
from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.pyramids import PyramidMissing, Pyramids
from omeropyr.embedded.pixels.raw import RawPixels
from omeropyr.embedded.pixels.reader import PIXELS_TYPES, Reader, ReaderError, open_reader
from omeropyr.embedded.pixels.statistics import plane_ranges
from omeropyr.embedded.pixels.tiff import TiffReader

if TYPE_CHECKING:
    from omeropyr.embedded.store import Store

Array = npt.NDArray[Any]
CACHE_BYTES = 256 * 2**20
OPEN_READERS = 128
PENDING = "Pending..."
"""``Pixels.sha1`` of planes that are not all written yet, as OMERO has it."""


@dataclass(frozen=True)
class PixelsInfo:
    """The facts about one Pixels that tile access needs; ``levels`` holds (width, height), full size first."""

    pixels_id: int
    image_id: int
    pixels_type: str
    size_x: int
    size_y: int
    size_z: int
    size_c: int
    size_t: int
    levels: tuple[tuple[int, int], ...]
    tile_size: tuple[int, int]
    rgb: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type of the planes, native byte order."""
        return PIXELS_TYPES[self.pixels_type]


@dataclass(frozen=True)
class _Open:
    reader: Reader
    series: int
    info: PixelsInfo
    fileset: int | None


class PixelAccess:
    """Tiles and planes by the id of Pixels; safe for threads. Who may see them is for the caller to have checked."""

    def __init__(
        self, data: Path, store: Store, *, cache_bytes: int = CACHE_BYTES, import_roots: ImportRoots | None = None
    ) -> None:
        self.cache = ChunkCache(cache_bytes)
        self.workers = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="chunks")
        self.pyramids = Pyramids(data, self.cache)
        self._data = data
        self._import_roots = import_roots or ImportRoots(data)
        self._store = store
        self._lock = threading.Lock()
        self._opened: OrderedDict[int, _Open] = OrderedDict()
        self._readers: WeakValueDictionary[int, Reader] = WeakValueDictionary()
        self._writing: dict[int, RawPixels] = {}

    def info(self, pixels_id: int) -> PixelsInfo:
        """Dimensions, type and levels.

        Raises :class:`ReaderError` when the files are not there or cannot be read, and as all that follows
        :class:`omeropyr.embedded.pixels.pyramids.PyramidMissing` while levels of a large image are being made.
        """
        return self._open(pixels_id).info

    def levels(self, pixels_id: int) -> tuple[tuple[int, int], ...]:
        """(width, height) of each resolution level, full size first."""
        return self.info(pixels_id).levels

    def tile(self, pixels_id: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        """Pixels ``(h, w)``, possibly read-only; ``level`` 0 is full size.

        Raises :class:`IndexError` for a tile that is not inside the level and :class:`ReaderError` for damaged files.
        """
        opened = self._open(pixels_id)
        return opened.reader.read_tile(opened.series, level, z, c, t, x, y, w, h)

    def stored_jpeg(self, pixels_id: int, level: int, z: int, t: int, box: tuple[int, int, int, int]) -> bytes | None:
        """A colour tile as its file has it, where it has just that window as a JPEG; ``None`` otherwise."""
        opened = self._open(pixels_id)
        if not isinstance(opened.reader, TiffReader):
            return None
        return opened.reader.stored_jpeg(opened.series, level, z, t, *box)

    def plane(self, pixels_id: int, z: int, c: int, t: int, level: int = 0) -> Array:
        """A whole plane ``(h, w)`` of a level."""
        width, height = self.levels(pixels_id)[level]
        return self.tile(pixels_id, level, z, c, t, 0, 0, width, height)

    def ranges(self, pixels_id: int) -> list[tuple[float, float]]:
        """The smallest and the largest value of each channel, read from the pixels (of huge images.

        From a smaller level).
        """
        opened = self._open(pixels_id)
        return plane_ranges(opened.reader, opened.series)

    def metadata(self, pixels_id: int) -> tuple[dict[str, str], dict[str, str]]:
        """What the files say beyond OMERO's model, as texts: of all their images, and of this one only."""
        opened = self._open(pixels_id)
        own = dict(opened.reader.series[opened.series].metadata)
        others = [dict(one.metadata) for one in opened.reader.series]
        shared = {name: text for name, text in own.items() if all(one.get(name) == text for one in others)}
        return shared, {name: text for name, text in own.items() if name not in shared}

    @contextmanager
    def write(self, pixels_id: int) -> Iterator[RawPixels]:
        """The planes that clients write, ``Pixels/<id>``; only of Pixels that no file was imported for."""
        if self._fileset(pixels_id)[0] is not None:
            raise ReaderError("pixels of imported files cannot be written")
        with self._lock:
            raw = self._writing.get(pixels_id)
            if raw is None:
                raw = self._writing[pixels_id] = self._raw(pixels_id)[0]
        yield raw
        self.cache.drop(raw.token)

    def written(self, pixels_id: int) -> None:
        """A client has written all planes: levels that were made of what was there before are not theirs."""
        self.pyramids.remove(pixels_id)
        self.forget(pixels_id)
        self.prepare(pixels_id)

    def prepare(self, pixels_id: int) -> None:
        """Begin with the levels of a large image now rather than when somebody looks."""
        with suppress(PyramidMissing, ReaderError):
            self.info(pixels_id)

    def forget(self, pixels_id: int) -> None:
        """Close what is open of these Pixels and of others in the same files, as after a deletion."""
        with self._lock:
            opened = self._opened.pop(pixels_id, None)
            self._writing.pop(pixels_id, None)
            if opened is not None and opened.fileset is not None:
                self._readers.pop(opened.fileset, None)
                for other in [key for key, one in self._opened.items() if one.fileset == opened.fileset]:
                    del self._opened[other]
        if opened is not None:
            opened.reader.close()

    def close(self) -> None:
        """Close all readers."""
        self.pyramids.close()
        self.workers.shutdown()
        for pixels_id in list(self._opened):
            self.forget(pixels_id)

    def _open(self, pixels_id: int) -> _Open:
        with self._lock:
            opened = self._opened.get(pixels_id)
            if opened is not None:
                self._opened.move_to_end(pixels_id)
                return opened
        opened = self._make(pixels_id)
        with self._lock:
            self._opened[pixels_id] = opened
            # One in use elsewhere may be dropped here: it lives on until that use ends.
            while len(self._opened) > OPEN_READERS:
                self._opened.popitem(last=False)
        return opened

    def _make(self, pixels_id: int) -> _Open:
        self.pyramids.check(pixels_id)
        fileset, series, image_id = self._fileset(pixels_id)
        reader: Reader
        if fileset is None:
            raw, complete = self._raw(pixels_id)
            reader, series = raw, 0
            if complete:
                reader = self.pyramids.with_levels(pixels_id, raw, 0, lambda: raw)
        else:
            reader = self._shared(fileset)
            if 0 <= series < len(reader.series):
                again = partial(self._read_apart, fileset)
                reader = self.pyramids.with_levels(pixels_id, reader, series, again)
        if not 0 <= series < len(reader.series):
            raise ReaderError(f"the files hold {len(reader.series)} images; number {series} is not among them")
        found = reader.series[series]
        sizes = found.size_x, found.size_y, found.size_z, found.size_c, found.size_t
        info = PixelsInfo(pixels_id, image_id, found.pixels_type, *sizes, found.levels, found.tile_size, found.rgb)
        return _Open(reader, series, info, fileset)

    def _shared(self, fileset: int) -> Reader:
        """One reader for all images of a Fileset, which may be a plate of thousands of files."""
        with self._lock:
            found = self._readers.get(fileset)
        if found is None:
            found = open_reader(*self._files(fileset), cache=self.cache)
            with self._lock:
                found = self._readers.setdefault(fileset, found)
        return found

    def _read_apart(self, fileset: int) -> Reader:
        """A reader whose chunks do not push out what people look at."""
        return open_reader(*self._files(fileset), cache=ChunkCache(64 * 2**20))

    def _fileset(self, pixels_id: int) -> tuple[int | None, int, int]:
        """The id of the Fileset (``None`` for pixels that clients write), the series within its files.

        The image's id.
        """
        from omeropyr.embedded.permissions import SYSTEM

        with self._store.read(SYSTEM) as transaction:
            rows = transaction.values(
                "select i.id, i.series, f.id from Pixels p join p.image i left outer join i.fileset f where p.id = :id",
                {"id": pixels_id},
            )
        if not rows:
            raise ReaderError(f"there are no Pixels {pixels_id}")
        image_id, series, fileset = rows[0]
        return fileset, series or 0, image_id

    def _files(self, fileset: int) -> tuple[list[Path], list[str]]:
        from omeropyr.embedded.permissions import SYSTEM

        with self._store.read(SYSTEM) as transaction:
            rows = transaction.values(
                "select o.path, o.name, o.details.owner.id, e.id from FilesetEntry e join e.originalFile o"
                " where e.fileset.id = :id and o.repo = :repo order by e.id",
                {"id": fileset, "repo": self._store.uuid},
            )
        if not rows:
            raise ReaderError(f"Fileset {fileset} has no files")
        names = [PurePosixPath(str(folder).lstrip("/")) / name for folder, name, _, _ in rows]
        paths = []
        for name, (_, _, owner, _) in zip(names, rows, strict=True):
            path = stored_file(self._data / "ManagedRepository", str(name), owner, self._import_roots)
            if path is None:
                raise ReaderError(NOWHERE.format(name.name))
            if path.is_symlink() and not path.exists():
                raise ReaderError(GONE.format(name.name))
            paths.append(path)
        return paths, [str(name) for name in names]

    def _raw(self, pixels_id: int) -> tuple[RawPixels, bool]:
        """The planes that clients write, and whether they said that all are written."""
        from omeropyr.embedded.permissions import SYSTEM

        with self._store.read(SYSTEM) as transaction:
            rows = transaction.values(
                "select p.sizeX, p.sizeY, p.sizeZ, p.sizeC, p.sizeT, y.value, i.name, p.sha1"
                " from Pixels p join p.pixelsType y join p.image i where p.id = :id",
                {"id": pixels_id},
            )
        if not rows:
            raise ReaderError(f"there are no Pixels {pixels_id}")
        *sizes, kind, name, digest = rows[0]
        raw = RawPixels(self._data / "Pixels" / str(pixels_id), tuple(sizes), kind, name or "")
        return raw, raw.path.exists() and digest not in (None, "", PENDING)
