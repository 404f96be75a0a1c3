"""Planes that clients write.

One file per Pixels, ``Pixels/<id>``, big-endian, X fastest, then Y, Z, C, T (OMERO's ROMIO layout).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from omeropyr.embedded.pixels.reader import PIXELS_TYPES, ReaderError, Series, check_sizes, check_tile

Array = npt.NDArray[Any]


class RawPixels:
    """A reader and writer of one such file; the file appears with the first write, and what was not written is 0."""

    def __init__(self, path: Path, sizes: tuple[int, ...], pixels_type: str, name: str) -> None:
        if pixels_type not in PIXELS_TYPES:
            raise ReaderError(f"pixels of type {pixels_type} are not supported")
        size_x, size_y, size_z, size_c, size_t = sizes
        check_sizes(size_x, size_y, size_z, size_c, size_t)
        self.path = path
        self.token = str(path)
        self._stored = PIXELS_TYPES[pixels_type].newbyteorder(">")
        levels = ((size_x, size_y),)
        self._series = Series(
            0,
            name,
            size_x,
            size_y,
            size_z,
            size_c,
            size_t,
            pixels_type,
            levels=levels,
            tile_size=(size_x, min(size_y, 256)),
        )

    @property
    def series(self) -> Sequence[Series]:
        """The one image."""
        return (self._series,)

    @property
    def format(self) -> str:
        """OMERO's name for planes without a file format."""
        return "OMERO"

    @property
    def ome_xml(self) -> str | None:
        """None: the metadata are in the database alone."""
        return None

    @property
    def total(self) -> int:
        """The file's size in bytes when all planes are written."""
        s = self._series
        return int(s.size_x * s.size_y * s.size_z * s.size_c * s.size_t * self._stored.itemsize)

    def offset(self, z: int, c: int, t: int, y: int = 0, x: int = 0) -> int:
        """Where a pixel starts in the file, in bytes."""
        s = self._series
        return int(((((t * s.size_c + c) * s.size_z + z) * s.size_y + y) * s.size_x + x) * self._stored.itemsize)

    def read_tile(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        """Pixels ``(h, w)``, read from the file each time."""
        if series != 0:
            raise IndexError(f"no series {series}")
        check_tile(self._series, level, z, c, t, x, y, w, h)
        s = self._series
        rows = self.read_bytes(self.offset(z, c, t, y), h * s.size_x * self._stored.itemsize)
        plane = np.frombuffer(rows, self._stored).reshape(h, s.size_x)[:, x : x + w]
        return plane.astype(s.dtype)

    def read_bytes(self, offset: int, size: int) -> bytes:
        """Bytes of the file as they are; zeros where nothing was written.

        Raises :class:`ReaderError` before the first write.
        """
        if offset < 0 or size < 0 or offset + size > self.total:
            raise IndexError(f"bytes {offset} to {offset + size} are not inside {self.total}")
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            raise ReaderError("no plane of this image has been written yet") from None
        try:
            data = os.pread(descriptor, size, offset)
        finally:
            os.close(descriptor)
        return data.ljust(size, b"\0")

    def write_bytes(self, offset: int, data: bytes) -> None:
        """Write big-endian bytes. Raises :class:`IndexError` when they are not inside the image."""
        if offset < 0 or offset + len(data) > self.total:
            raise IndexError(f"bytes {offset} to {offset + len(data)} are not inside {self.total}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(descriptor, memoryview(data)[written:], offset + written)
        finally:
            os.close(descriptor)

    def write_tile(self, data: bytes, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> None:
        """Write a tile of big-endian bytes. Raises :class:`IndexError` when it is not inside or of another size."""
        check_tile(self._series, 0, z, c, t, x, y, w, h)
        row = w * self._stored.itemsize
        if len(data) != row * h:
            raise IndexError(f"{len(data)} bytes for a tile of {row * h}")
        if w == self._series.size_x:
            self.write_bytes(self.offset(z, c, t, y), data)
            return
        for line in range(h):
            self.write_bytes(self.offset(z, c, t, y + line, x), data[line * row : (line + 1) * row])

    def close(self) -> None:
        """Nothing stays open between calls."""
