"""The parts a TIFF plane is stored in, tiles or strips: which of them a window needs, read by ``pread`` and decoded
alone.

Strips are often a few rows high, so several make up one chunk of at least ``BAND_ROWS`` rows. The common compressions
are decoded here with imagecodecs, everything else by tifffile's own decoder of the page.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import ReaderError

Array = npt.NDArray[Any]

BAND_ROWS = 64
BAND_BYTES = 2**20
MAX_CHUNK = 2**28
"""The largest decoded chunk in bytes; a plane stored as one larger compressed strip cannot be read by tiles."""

_NONE, _LZW, _JPEG, _DEFLATE, _ZSTD = 1, 5, 7, (8, 32946), 50000
_YCBCR = 6


@dataclass(frozen=True)
class Layout:
    """How the planes of one kind of page are cut up, told once from the page's tags."""

    width: int
    height: int
    chunk_width: int
    chunk_height: int
    across: int
    down: int
    samples: int
    planar: bool
    tiled: bool
    stored: np.dtype[Any]
    compression: int
    predictor: int
    simple: bool
    band: int
    decode_other: Callable[..., Any] = field(repr=False)
    jpeg_header: bytes | None = field(default=None, repr=False)
    ycbcr: bool = False

    @property
    def native(self) -> np.dtype[Any]:
        """The stored type in the machine's byte order; booleans and half floats become types OMERO has."""
        if self.stored.kind == "b":
            return np.dtype(np.uint8)
        if self.stored == np.float16:
            return np.dtype(np.float32)
        native: np.dtype[Any] = self.stored.newbyteorder("=")
        return native

    @property
    def depth(self) -> int:
        """Samples that lie side by side in one chunk."""
        return 1 if self.planar else self.samples


def layout_of(page: Any, byteorder: str) -> Layout:
    """The layout of a tifffile page. Raises :class:`ReaderError` for what cannot be read by tiles."""
    if page.imagedepth != 1:
        raise ReaderError("volumetric tiles are not supported")
    if page.dtype is None:
        raise ReaderError(f"samples of {page.bitspersample} bits are not supported")
    width, height, tiled = page.imagewidth, page.imagelength, page.is_tiled
    chunk_width, chunk_height = (page.tilewidth, page.tilelength) if tiled else (width, min(page.rowsperstrip, height))
    if min(width, height, chunk_width, chunk_height) < 1:
        raise ReaderError("the header gives tiles of no size")
    samples, planar = page.samplesperpixel, page.planarconfig == 2 and page.samplesperpixel > 1
    stored = page.dtype.newbyteorder(byteorder)
    simple = page.bitspersample == stored.itemsize * 8 and page.fillorder == 1 and page.photometric != _YCBCR
    compression, predictor = int(page.compression), int(page.predictor)
    nbytes = chunk_width * chunk_height * (1 if planar else samples) * stored.itemsize
    if nbytes > MAX_CHUNK and not (simple and compression == _NONE and not tiled):
        raise ReaderError(f"the plane is stored in pieces of {nbytes // 2**20} MB")
    across, down = -(-width // chunk_width), -(-height // chunk_height)
    return Layout(
        width, height, chunk_width, chunk_height, across, down, samples, planar, tiled, stored, compression, predictor,
        simple, 1 if tiled else max(1, BAND_ROWS // chunk_height), page.decode, page.jpegheader,
        page.photometric == _YCBCR,
    )  # fmt: skip


@dataclass(frozen=True)
class Plane:
    """Where one page's chunks lie: offsets and byte counts in the file at *path*, ``(chunks,) int64``."""

    key: tuple[str, int]
    path: str
    layout: Layout
    offsets: npt.NDArray[np.int64] = field(repr=False)
    counts: npt.NDArray[np.int64] = field(repr=False)
    jpeg_tables: bytes | None = field(default=None, repr=False)

    def check(self, file_size: int) -> None:
        """Raise :class:`ReaderError` unless all chunks are there and inside the file."""
        need = self.layout.across * self.layout.down * (self.layout.samples if self.layout.planar else 1)
        if len(self.offsets) < need or len(self.counts) < need:
            raise ReaderError(f"the header lists {len(self.offsets)} of {need} pieces of the image")
        ends = self.offsets[:need] + self.counts[:need]
        if need and (int(self.offsets.min()) < 0 or int(self.counts.min()) < 0 or int(ends.max()) > file_size):
            raise ReaderError(f"the file is truncated: it ends at {file_size} bytes, its image at {int(ends.max())}")
        if self.layout.compression == _NONE and self.layout.simple and not self.layout.tiled:
            stored = int(self.counts[:need].sum())
            layout = self.layout
            size = layout.width * layout.height * layout.samples * layout.stored.itemsize
            if 0 < stored < size:
                raise ReaderError(f"the file holds {stored} of the {size} bytes of its image")

    def contiguous(self, sample: int) -> bool:
        """Whether the rows of the plane follow each other uncompressed, so that any of them can be read alone."""
        if self.layout.compression != _NONE or self.layout.tiled or not self.layout.simple:
            return False
        first = sample * self.layout.down if self.layout.planar else 0
        offsets, counts = (array[first : first + self.layout.down] for array in (self.offsets, self.counts))
        return bool((offsets[1:] == offsets[:-1] + counts[:-1]).all())


def read_window(plane: Plane, cache: ChunkCache, sample: int, x: int, y: int, w: int, h: int) -> Array:
    """The window ``(h, w)`` of one sample of a plane, in native byte order.

    A view of a cached chunk where one holds it all.
    """
    layout = plane.layout
    group = sample if layout.planar else 0
    flat = plane.contiguous(group)
    if flat:
        row_bytes = layout.width * layout.depth * layout.stored.itemsize
        step_y, step_x = max(1, min(layout.height, max(16, BAND_BYTES // row_bytes))), layout.width
    else:
        step_y, step_x = layout.chunk_height * layout.band, layout.chunk_width
    rows, columns = range(y // step_y, (y + h - 1) // step_y + 1), range(x // step_x, (x + w - 1) // step_x + 1)
    out: Array | None = None
    for row in rows:
        for column in columns:
            key = (plane.key[0], plane.key[1], group, row, column)
            if flat:
                chunk = cache.get(key, lambda row=row: _read_rows(plane, group, row * step_y, step_y))  # type: ignore[misc]
            else:
                chunk = cache.get(key, lambda row=row, column=column: _read_band(plane, group, row, column))  # type: ignore[misc]
            part = chunk[..., 0] if layout.depth == 1 else chunk[..., sample]
            top, left = row * step_y, column * step_x
            y0, y1 = max(y, top), min(y + h, top + part.shape[0])
            x0, x1 = max(x, left), min(x + w, left + part.shape[1])
            piece = part[y0 - top : y1 - top, x0 - left : x1 - left]
            if len(rows) == len(columns) == 1:
                return piece
            if out is None:
                out = np.empty((h, w), dtype=chunk.dtype)
            out[y0 - y : y1 - y, x0 - x : x1 - x] = piece
    assert out is not None
    return out


def stored_jpeg(plane: Plane, x: int, y: int, w: int, h: int) -> bytes | None:
    """The JPEG of one tile as it lies in the file, if the window is just that tile; ``None`` otherwise.

    TIFF keeps the tables that all tiles share apart (TIFF 6.0, Technical Note 2); they are put back where a JPEG of its
    own has them. A tile at the edge goes beyond the image and is not given.
    """
    layout = plane.layout
    across, down = layout.chunk_width, layout.chunk_height
    whole = layout.tiled and (w, h) == (across, down) and x % across == y % down == 0
    if not (whole and layout.compression == _JPEG and layout.ycbcr and layout.samples == 3 and not layout.planar):
        return None
    index = y // down * layout.across + x // across
    count = int(plane.counts[index])
    data = _pread(plane.path, int(plane.offsets[index]), count) if count > 4 else b""
    if not (data.startswith(_START) and data.endswith(_END)):
        return None  # the decoder will say what is wrong
    tables = plane.jpeg_tables or b""
    return _START + tables.removeprefix(_START).removesuffix(_END) + data[len(_START) :]


_START, _END = b"\xff\xd8", b"\xff\xd9"  # of an image, in JPEG


def _read_rows(plane: Plane, group: int, top: int, count: int) -> Array:
    layout = plane.layout
    rows = min(count, layout.height - top)
    row_bytes = layout.width * layout.depth * layout.stored.itemsize
    start = int(plane.offsets[group * layout.down]) + top * row_bytes
    data = _pread(plane.path, start, rows * row_bytes)
    return np.frombuffer(data, layout.stored).reshape(rows, layout.width, layout.depth).astype(layout.native)


def _read_band(plane: Plane, group: int, row: int, column: int) -> Array:
    """One tile, or the strips of one band under each other."""
    layout = plane.layout
    first = row * layout.band
    rows = range(first, min(first + layout.band, layout.down))
    parts = [_read_chunk(plane, (group * layout.down + index) * layout.across + column, index) for index in rows]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _read_chunk(plane: Plane, index: int, row: int) -> Array:
    layout = plane.layout
    height = (
        layout.chunk_height if layout.tiled else min(layout.chunk_height, layout.height - row * layout.chunk_height)
    )
    shape = height, layout.chunk_width, layout.depth
    count = int(plane.counts[index])
    if count == 0:  # a sparse file: the chunk was never written
        return np.zeros(shape, layout.native)
    data = _pread(plane.path, int(plane.offsets[index]), count)
    try:
        decoded = _decode(plane, data, index, shape)
    except (ValueError, RuntimeError, TypeError, IndexError, MemoryError, OSError) as error:
        raise ReaderError(f"piece {index} of the image cannot be decoded: {error}") from error
    return decoded


def _decode(plane: Plane, data: bytes, index: int, shape: tuple[int, int, int]) -> Array:
    layout = plane.layout
    nbytes = shape[0] * shape[1] * shape[2] * layout.stored.itemsize
    unpack = _unpacker(layout) if layout.simple and layout.predictor in (1, 2) else None
    if unpack is None:
        return _decode_other(plane, data, index, shape)
    raw = unpack(data, nbytes)
    if len(raw) < nbytes:
        raise ReaderError(f"piece {index} of the image is cut short")
    array = np.frombuffer(raw, layout.stored, count=nbytes // layout.stored.itemsize).reshape(shape)
    array = array.astype(layout.stored.newbyteorder("="), copy=False)
    if layout.predictor == 2:
        array = imagecodecs.delta_decode(array, axis=-2)
    return array.astype(layout.native, copy=False)


def _unpacker(layout: Layout) -> Callable[[bytes, int], Any] | None:
    if layout.compression == _NONE:
        return lambda data, _size: data
    if layout.compression in _DEFLATE:
        return lambda data, size: imagecodecs.deflate_decode(data, out=size)
    if layout.compression == _ZSTD:
        return lambda data, size: imagecodecs.zstd_decode(data, out=size)
    if layout.compression == _LZW:
        return lambda data, size: imagecodecs.lzw_decode(data, out=size)
    return None


def _decode_other(plane: Plane, data: bytes, index: int, shape: tuple[int, int, int]) -> Array:
    layout = plane.layout
    options = (
        {"jpegtables": plane.jpeg_tables, "jpegheader": layout.jpeg_header} if layout.compression in (6, 7) else {}
    )
    found, _, _ = layout.decode_other(data, index, **options)
    out = np.zeros(shape, layout.native)
    if found is not None:
        part = found[0][: shape[0], : shape[1], : shape[2]]
        out[: part.shape[0], : part.shape[1], : part.shape[2]] = part
    return out


def _pread(path: str, offset: int, size: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            data = os.pread(descriptor, size, offset)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ReaderError(f"the file cannot be read: {error.strerror}") from error
    if len(data) < size:
        raise ReaderError(f"the file is truncated: {size} bytes wanted at {offset}, {len(data)} there")
    return data
