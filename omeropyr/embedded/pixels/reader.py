"""What a reader of image files offers, and how one is opened.

A reader parses the metadata of its files once and afterwards reads tiles: only the parts of a file that a tile needs
are read and decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from omeropyr.embedded.pixels.cache import ChunkCache

Array = npt.NDArray[Any]

MAX_SIDE = 2**20
"""The longest side in pixels that is believed; a header that says more is taken for broken."""
MAX_PLANES = 2**20
"""The largest number of planes (Z x C x T) that is believed."""

PIXELS_TYPES: dict[str, np.dtype[Any]] = {
    "int8": np.dtype(np.int8),
    "uint8": np.dtype(np.uint8),
    "int16": np.dtype(np.int16),
    "uint16": np.dtype(np.uint16),
    "int32": np.dtype(np.int32),
    "uint32": np.dtype(np.uint32),
    "float": np.dtype(np.float32),
    "double": np.dtype(np.float64),
    "bit": np.dtype(np.uint8),
}
"""OMERO's PixelsType values and the numpy type in which planes of each are handed out (native byte order)."""
_NAMES = {dtype: name for name, dtype in PIXELS_TYPES.items() if name != "bit"}


class ReaderError(Exception):
    """A file cannot be read as an image; the message is one line for the person who imports it."""


@dataclass(frozen=True)
class ChannelInfo:
    """What a file says about one channel: name, RGBA colour (0-255), wavelengths in nanometres."""

    name: str | None = None
    color: tuple[int, int, int, int] | None = None
    emission: float | None = None
    excitation: float | None = None


@dataclass(frozen=True)
class Series:
    """One image of a file (``Image.series`` is its index): five dimensions, pixel type, levels, metadata.

    ``levels`` holds (width, height) of each resolution level, **full size first** (OMERO's ``setResolutionLevel``
    counts the other way). ``tile_size`` is the (width, height) that is cheapest to read. Physical sizes are
    micrometres, the time increment seconds.
    """

    index: int
    name: str
    size_x: int
    size_y: int
    size_z: int
    size_c: int
    size_t: int
    pixels_type: str
    dimension_order: str = "XYZCT"
    channels: tuple[ChannelInfo, ...] = ()
    levels: tuple[tuple[int, int], ...] = ()
    tile_size: tuple[int, int] = (256, 256)
    rgb: bool = False
    significant_bits: int | None = None
    physical_size_x: float | None = None
    physical_size_y: float | None = None
    physical_size_z: float | None = None
    time_increment: float | None = None
    acquisition_date: datetime | None = None
    description: str | None = None
    metadata: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type of the planes, in native byte order."""
        return PIXELS_TYPES[self.pixels_type]


class Reader(Protocol):
    """One open file or set of files; safe to use from several threads until closed."""

    @property
    def series(self) -> Sequence[Series]:
        """The images of the files."""

    @property
    def format(self) -> str:
        """The name of the file format, as in OMERO's ``Format`` values ("TIFF", "OMETiff", "PNG", "JPEG")."""

    @property
    def ome_xml(self) -> str | None:
        """The OME-XML of the file, as it stands there."""

    def read_tile(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        """Pixels ``(h, w)`` of the series' dtype; ``level`` 0 is full size.

        Raises :class:`ReaderError` when the file is damaged there and :class:`IndexError` when the tile is not inside
        the level.
        """

    def close(self) -> None:
        """Close the files; a second call does nothing."""


def pixels_type(dtype: np.dtype[Any]) -> str:
    """OMERO's name of a numpy type. Raises :class:`ReaderError` for types that OMERO does not have."""
    name = _NAMES.get(dtype.newbyteorder("="))
    if name is None:
        raise ReaderError(f"pixels of type {dtype} are not supported")
    return name


def check_sizes(size_x: int, size_y: int, size_z: int = 1, size_c: int = 1, size_t: int = 1) -> None:
    """Refuse dimensions that no real image has, before anything is allocated. Raises :class:`ReaderError`."""
    if min(size_x, size_y, size_z, size_c, size_t) < 1:
        raise ReaderError(f"an image of {size_x} x {size_y} pixels and {size_z} x {size_c} x {size_t} planes is empty")
    if max(size_x, size_y) > MAX_SIDE or size_z * size_c * size_t > MAX_PLANES:
        raise ReaderError(f"the header claims {size_x} x {size_y} pixels and {size_z} x {size_c} x {size_t} planes")


def check_tile(series: Series, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> None:
    """Raise :class:`IndexError` unless the tile lies inside the level and the plane exists."""
    if not (0 <= z < series.size_z and 0 <= c < series.size_c and 0 <= t < series.size_t):
        raise IndexError(f"no plane z={z} c={c} t={t}")
    if not 0 <= level < len(series.levels):
        raise IndexError(f"no resolution level {level}")
    width, height = series.levels[level]
    if w < 1 or h < 1 or x < 0 or y < 0 or x + w > width or y + h > height:
        raise IndexError(f"tile {x},{y} {w}x{h} is not inside {width}x{height}")


def open_reader(
    paths: Sequence[Path], names: Sequence[str] | None = None, *, cache: ChunkCache | None = None
) -> Reader:
    """Open one file, or the files of one Fileset together.

    Several files are grouped by their names (*names*, by default the files' own) with the importer's file patterns:
    one group of planes becomes one series; the files of a multi-file OME-TIFF find each other among *paths* only.
    Raises :class:`ReaderError`.
    """
    from omeropyr.embedded.pixels.opening import open_files

    return open_files(paths, names, cache or ChunkCache(64 * 2**20))
