"""TIFF in its many kinds (plain, OME, ImageJ, LSM, STK, SVS ...): metadata by tifffile, parsed once.

Pixels by :mod:`chunks`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from omeropyr.embedded.pixels import omexml
from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.chunks import Layout, Plane, layout_of, read_window, stored_jpeg
from omeropyr.embedded.pixels.reader import ReaderError, Series, check_sizes, check_tile, pixels_type
from omeropyr.embedded.pixels.tiffmeta import describe

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class _Axes:
    """How planes (z, c, t) map to pages: for each axis before Y its kind and size, and the samples within a page."""

    leading: tuple[tuple[str, int], ...]
    samples: int

    def sizes(self) -> tuple[int, int, int]:
        """(Z, C, T); axes without a place of their own count as time."""
        of = {kind: math.prod(size for name, size in self.leading if name == kind) for kind in "ZCT"}
        return of["Z"], of["C"] * self.samples, of["T"]

    def page(self, z: int, c: int, t: int) -> tuple[int, int]:
        """(page, sample) of a plane."""
        left = {"Z": z, "C": c // self.samples, "T": t}
        page, factor = 0, 1
        for kind, size in reversed(self.leading):
            left[kind], index = divmod(left[kind], size)
            page += index * factor
            factor *= size
        return page, c % self.samples


@dataclass(frozen=True)
class _Stored:
    """One series as it lies in the files: planes by level and page (``None``: not in the files)."""

    axes: _Axes
    levels: tuple[tuple[Plane | None, ...], ...]


class TiffReader:
    """A TIFF file, or the files of one OME-TIFF together, of which the first is opened."""

    def __init__(self, paths: Sequence[Path], cache: ChunkCache) -> None:
        self._cache = cache
        self._sizes: dict[str, int] = {}
        self._layouts: dict[int, Layout] = {}
        self._pages = 0
        path = paths[0]
        try:
            with tifffile.TiffFile(path, omexml=self._check_first(path, {other.name for other in paths})) as file:
                self.format = "OMETiff" if file.is_ome else "TIFF"
                self.ome_xml = file.pages.first.description if file.is_ome else None
                images = file.series[:1] if file.is_lsm else file.series  # the rest of an LSM are thumbnails
                made = [self._read_series(index, found) for index, found in enumerate(images)]
                described = describe(file, [series for series, _ in made])
        except ReaderError:
            raise
        except Exception as error:
            raise ReaderError(f"not a readable TIFF: {_line(error)}") from error
        if not made:
            raise ReaderError("the file holds no image")
        self.series: tuple[Series, ...] = tuple(described)
        self._stored = [stored for _, stored in made]

    def read_tile(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        """Pixels ``(h, w)``, read-only; see :class:`omeropyr.embedded.pixels.reader.Reader`."""
        found = self.series[series]
        check_tile(found, level, z, c, t, x, y, w, h)
        stored = self._stored[series]
        page, sample = stored.axes.page(z, c, t)
        plane = stored.levels[level][page]
        if plane is None:
            raise ReaderError(f"the plane z={z} c={c} t={t} is in a file that is not here")
        return read_window(plane, self._cache, sample, x, y, w, h)

    def stored_jpeg(self, series: int, level: int, z: int, t: int, x: int, y: int, w: int, h: int) -> bytes | None:
        """The colour tile as the file has it, where it has just that as a JPEG; ``None`` otherwise."""
        found = self.series[series]
        check_tile(found, level, z, 0, t, x, y, w, h)
        stored = self._stored[series]
        plane = stored.levels[level][stored.axes.page(z, 0, t)[0]]
        return stored_jpeg(plane, x, y, w, h) if found.size_c == 3 and plane is not None else None

    def close(self) -> None:
        """Forget the decoded chunks of these files; nothing stays open between calls."""
        for path in self._sizes:
            self._cache.drop(path)

    @staticmethod
    def _check_first(path: Path, names: set[str]) -> str | None:
        """Refuse what would harm before tifffile builds its series; OME-XML to read instead of the file's own."""
        with tifffile.TiffFile(path) as file:
            first = file.pages.first
            check_sizes(first.imagewidth, first.imagelength)
            return omexml.local(file.ome_metadata, path.name, names) if file.is_ome else None

    def _read_series(self, index: int, found: Any) -> tuple[Series, _Stored]:
        axes = _axes(found)
        size_z, size_c, size_t = axes.sizes()
        levels: list[tuple[Plane | None, ...]] = []
        shapes: list[tuple[int, int]] = []
        for level in found.levels:
            if levels and _axes(level) != axes:
                continue
            key = level.keyframe
            check_sizes(key.imagewidth, key.imagelength, size_z, size_c, size_t)
            levels.append(self._planes(level, math.prod(size for _, size in axes.leading)))
            shapes.append((key.imagewidth, key.imagelength))
        layout = self._layouts[id(found.keyframe)]
        tile = (layout.chunk_width, layout.chunk_height) if layout.tiled else (min(layout.width, 512), 512)
        rgb = axes.samples in (3, 4) and layout.native.itemsize == 1 and found.kind != "lsm"
        series = Series(
            index, found.name or "", *shapes[0], size_z, size_c, size_t, pixels_type(layout.native),
            levels=tuple(shapes), tile_size=tile, rgb=rgb,
        )  # fmt: skip
        return series, _Stored(axes, tuple(levels))

    def _planes(self, level: Any, count: int) -> tuple[Plane | None, ...]:
        pages = list(level.pages)
        if len(pages) == 1 < count:
            if level.dataoffset is None:
                raise ReaderError(f"the file holds 1 of {count} planes")
            return tuple(self._contiguous(level, index) for index in range(count))
        if len(pages) < count:
            raise ReaderError(f"the file holds {len(pages)} of {count} planes")
        return tuple(None if page is None else self._plane(page) for page in pages[:count])

    def _plane(self, page: Any) -> Plane:
        offsets = np.asarray(page.dataoffsets, dtype=np.int64)
        counts = np.asarray(page.databytecounts, dtype=np.int64)
        layout = self._layout(page.keyframe, page.parent.byteorder)
        return self._checked(page, layout, offsets, counts, page.jpegtables)

    def _contiguous(self, level: Any, index: int) -> Plane:
        """A plane of a series whose planes follow each other without pages of their own (ImageJ, STK)."""
        key = level.keyframe
        layout = self._layout(key, key.parent.byteorder)
        layout = replace(layout, chunk_height=layout.height, down=1, band=1)
        samples = layout.samples if layout.planar else 1
        size = layout.width * layout.height * layout.depth * layout.stored.itemsize
        offsets = level.dataoffset + size * (index * samples + np.arange(samples, dtype=np.int64))
        return self._checked(key, layout, offsets, np.full(samples, size, dtype=np.int64), None)

    def _checked(self, page: Any, layout: Layout, offsets: Any, counts: Any, tables: bytes | None) -> Plane:
        path = page.parent.filehandle.path
        if path not in self._sizes:
            self._sizes[path] = Path(path).stat().st_size
        plane = Plane((path, self._pages), path, layout, offsets, counts, tables)
        self._pages += 1
        plane.check(self._sizes[path])
        return plane

    def _layout(self, key: Any, byteorder: str) -> Layout:
        layout = self._layouts.get(id(key))
        if layout is None:
            layout = self._layouts[id(key)] = layout_of(key, byteorder)
        return layout


def _axes(found: Any) -> _Axes:
    key = found.keyframe
    inner = len(key.shape)
    names, shape = found.axes[: len(found.axes) - inner], found.shape[: len(found.shape) - inner]
    kinds = tuple((name if name in "ZCT" else "T", int(size)) for name, size in zip(names, shape, strict=True))
    return _Axes(kinds, int(key.samplesperpixel) if inner > 2 else 1)


def _line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__)[:200]
