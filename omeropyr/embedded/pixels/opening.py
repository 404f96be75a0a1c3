"""Which reader a file needs, told from its first bytes; and files that together make one image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy.typing as npt

from omeropyr.embedded.importer import layout, patterns, wells
from omeropyr.embedded.pixels import omezarr
from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.fake import FakeReader, is_fake
from omeropyr.embedded.pixels.picture import PictureReader
from omeropyr.embedded.pixels.plate import PlateReader
from omeropyr.embedded.pixels.reader import ChannelInfo, Reader, ReaderError, Series, check_sizes, check_tile
from omeropyr.embedded.pixels.tiff import TiffReader
from omeropyr.embedded.pixels.vendors import HEAD, open_vendor

Array = npt.NDArray[Any]
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def open_files(paths: Sequence[Path], names: Sequence[str] | None, cache: ChunkCache) -> Reader:
    """See :func:`omeropyr.embedded.pixels.reader.open_reader`."""
    if not paths:
        raise ReaderError("no files were given")
    if (root := omezarr.root_of(paths)) is not None:
        return omezarr.OmeZarrReader(root, cache)
    told, files = layout.split(paths)
    if told is not None and files:
        return _open_told(told, files, cache)
    if len(paths) == 1:
        return _open_one(paths, cache)
    named = dict(zip(names if names is not None else [str(path) for path in paths], paths, strict=True))
    plates, rest = wells.plates(named)
    if len(plates) == 1 and not rest:
        return PlateReader(plates[0], lambda made: _open_group(made, [named[name] for name in made.names], cache))
    groups = [group for group in patterns.group(named) if group.grouped]
    if len(groups) == 1 and len(groups[0].members) == len(paths):
        return GroupReader(groups[0], [named[member.name] for member in groups[0].members], cache)
    reader = _open_one(paths, cache)
    if reader.format != "OMETiff":
        raise ReaderError(f"{len(paths)} files were given together that are not one image")
    return reader


def _open_told(told: Path, files: Sequence[Path], cache: ChunkCache) -> Reader:
    """A plate as its layout says it is."""
    bare = [path.name for path in files]
    names = bare if len(set(bare)) == len(bare) else [f"{number}/{name}" for number, name in enumerate(bare)]
    named = dict(zip(names, files, strict=True))
    plate = layout.read(told, names)
    return PlateReader(plate, lambda made: _open_group(made, [named[name] for name in made.names], cache))


def _open_group(made: patterns.FileGroup, paths: Sequence[Path], cache: ChunkCache) -> Reader:
    return GroupReader(made, paths, cache) if made.grouped else _open_one(paths, cache)


def _open_one(paths: Sequence[Path], cache: ChunkCache) -> Reader:
    if is_fake(paths[0]):
        return FakeReader(paths[0].name)
    try:
        with paths[0].open("rb") as file:
            start = file.read(HEAD)
    except OSError as error:
        raise ReaderError(f"the file cannot be read: {error.strerror}") from error
    if not start:
        raise ReaderError("the file is empty")
    if start[:4] in _TIFF:
        return TiffReader(paths, cache)
    if start.startswith(_PICTURES):
        return PictureReader(paths[0], cache)
    if (found := open_vendor(paths[0], start, cache)) is not None:
        return found
    raise ReaderError("not a format that can be read (TIFF, OME-TIFF, OME-Zarr, PNG, JPEG, CZI, ND2, LIF, MRC)")


class GroupReader:
    """Single-plane files as the channels, focal planes and time points of one image."""

    ome_xml: str | None = None

    def __init__(self, group: patterns.FileGroup, paths: Sequence[Path], cache: ChunkCache) -> None:
        self._readers = [_open_one([path], cache) for path in paths]
        self._planes = {(member.z, member.c, member.t): index for index, member in enumerate(group.members)}
        first = self._readers[0].series[0]
        self._samples = first.size_c
        for reader, member in zip(self._readers, group.members, strict=True):
            _check_alike(reader, first, member.name)
        size_c = group.size_c * self._samples
        check_sizes(first.size_x, first.size_y, group.size_z, size_c, group.size_t)
        names = group.channel_names or (None,) * group.size_c
        channels = first.channels if self._samples > 1 else tuple(ChannelInfo(name) for name in names)
        self.format = self._readers[0].format
        made = replace(
            first, name=group.name, size_z=group.size_z, size_c=size_c, size_t=group.size_t, channels=channels[:size_c]
        )
        self.series: tuple[Series, ...] = (made,)

    def read_tile(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        """Pixels ``(h, w)``, read-only."""
        check_tile(self.series[series], level, z, c, t, x, y, w, h)
        index = self._planes[z, c // self._samples, t]
        return self._readers[index].read_tile(0, level, 0, c % self._samples, 0, x, y, w, h)

    def close(self) -> None:
        """Close the reader of each file."""
        for reader in self._readers:
            reader.close()


def _check_alike(reader: Reader, first: Series, name: str) -> None:
    found = reader.series[0]
    shape = found.size_x, found.size_y, found.size_c, found.pixels_type, found.levels
    planes = found.size_z * found.size_t * len(reader.series)
    if planes != 1 or shape != (first.size_x, first.size_y, first.size_c, first.pixels_type, first.levels):
        raise ReaderError(f"{name} does not have the same size and pixel type as the other files of the image")
