"""Zarr arrays, version 2 and 3, as far as microscopes' files use them: chunks are read one by one from their files.

Sources: the Zarr specifications 2 and 3 (zarr-specs.readthedocs.io), among them the codecs ``bytes``, ``transpose``,
``blosc``, ``gzip``, ``zstd``, ``crc32c`` and ``sharding_indexed``. zarr-python itself takes milliseconds a chunk and
does not get faster by threads; a tile needs neither its stores nor its event loop.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.checksum import crc32c
from omeropyr.embedded.pixels.reader import ReaderError

Array = npt.NDArray[Any]
Decode = Callable[[bytes, int], bytes]
"""Unpacks bytes into no more than so many; what would be longer is an error, before memory is taken for it."""

MAX_CHUNK = 2**28
"""The largest chunk in bytes, decoded, that is believed."""
MAX_JSON = 2**24
_EMPTY = 2**64 - 1  # offset and length of a chunk that a shard does not hold
_CHECKSUM = 4  # bytes
_SEPARATORS = frozenset((".", "/"))


@dataclass(frozen=True)
class Codecs:
    """How the bytes of a chunk become an array: stored shape and order, number format, and what unpacks the bytes."""

    dtype: np.dtype[Any]
    unpack: tuple[Decode, ...]
    order: tuple[int, ...] | None = None
    """For each axis of the stored array its axis in the chunk; ``None``: the same."""

    def decode(self, data: bytes, shape: tuple[int, ...]) -> Array:
        """The chunk of *shape* in native byte order. Raises :class:`ReaderError` for what does not fit."""
        count = math.prod(shape)
        try:
            for number, step in enumerate(self.unpack, 1):
                # Just as long as what comes out: what is shorter than its room is copied once more.
                left = _CHECKSUM * self.unpack[number:].count(_without_checksum)
                data = step(data, count * self.dtype.itemsize + left)
        except (ValueError, RuntimeError, OSError, MemoryError) as error:
            raise ReaderError(f"a chunk cannot be decoded: {error}") from error
        if len(data) < count * self.dtype.itemsize:
            raise ReaderError(f"a chunk holds {len(data)} of {count * self.dtype.itemsize} bytes")
        flat = np.frombuffer(data, self.dtype, count).astype(self.dtype.newbyteorder("="), copy=False)
        if self.order is None:
            return flat.reshape(shape)
        stored = flat.reshape([shape[axis] for axis in self.order])
        return np.ascontiguousarray(stored.transpose(np.argsort(self.order)))


@dataclass(frozen=True)
class Shards:
    """Files that hold many chunks and an index of where each is."""

    shape: tuple[int, ...]
    index_unpack: tuple[Decode, ...]
    index_size: int
    at_start: bool


@dataclass(frozen=True)
class ZarrArray:
    """One array: *shape* in *chunks*; ``key`` is the file of a chunk (of a shard, where there are shards)."""

    folder: Path
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    codecs: Codecs
    fill: Any
    key: Callable[[tuple[int, ...]], str] = field(repr=False)
    shards: Shards | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type of what is read, in native byte order."""
        native: np.dtype[Any] = self.codecs.dtype.newbyteorder("=")
        return native

    def window(self, cache: ChunkCache, leading: Sequence[int], y: int, x: int, h: int, w: int) -> Array:
        """Pixels ``(h, w)`` of the last two axes at the indices *leading* of the others."""
        height, width = self.chunks[-2:]
        inside = tuple(index % size for index, size in zip(leading, self.chunks, strict=False))
        place = tuple(index // size for index, size in zip(leading, self.chunks, strict=False))
        rows, columns = range(y // height, (y + h - 1) // height + 1), range(x // width, (x + w - 1) // width + 1)
        out: Array | None = None
        for row, column in itertools.product(rows, columns):
            chunk: Array = self._chunk(cache, (*place, row, column))[inside]
            top, left = row * height, column * width
            y0, y1, x0, x1 = max(y, top), min(y + h, top + height), max(x, left), min(x + w, left + width)
            piece = chunk[y0 - top : y1 - top, x0 - left : x1 - left]
            if len(rows) == len(columns) == 1:
                alone: Array = piece
                return alone
            if out is None:
                out = np.empty((h, w), self.dtype)
            out[y0 - y : y1 - y, x0 - x : x1 - x] = piece
        assert out is not None
        return out

    def _chunk(self, cache: ChunkCache, place: tuple[int, ...]) -> Array:
        return cache.get((str(self.folder), place), lambda: self._read(cache, place))

    def _read(self, cache: ChunkCache, place: tuple[int, ...]) -> Array:
        data = self._sharded(cache, place) if self.shards else _file(f"{self.folder}/{self.key(place)}")
        if data is None:
            return np.full(self.chunks, self.fill, self.dtype)
        return self.codecs.decode(data, self.chunks)

    def _sharded(self, cache: ChunkCache, place: tuple[int, ...]) -> bytes | None:
        shards = self.shards
        assert shards is not None
        per = tuple(size // chunk for size, chunk in zip(shards.shape, self.chunks, strict=True))
        path = self.folder / self.key(tuple(index // many for index, many in zip(place, per, strict=True)))
        index = cache.get((str(self.folder), "index", str(path)), lambda: _index(path, shards, per))
        offset, length = (int(one) for one in index[tuple(i % many for i, many in zip(place, per, strict=True))])
        return None if offset == length == _EMPTY else _part(path, offset, length)


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file, ``None`` when there is no such file. Raises :class:`ReaderError` for a bad one."""
    data = _file(path, MAX_JSON)
    if data is None:
        return None
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ReaderError(f"{path.name} is not JSON") from error
    if not isinstance(found, dict):
        raise ReaderError(f"{path.name} is not a JSON object")
    return found


def open_array(folder: Path) -> ZarrArray:
    """The array in *folder*. Raises :class:`ReaderError`."""
    try:
        if (meta := read_json(folder / "zarr.json")) is not None:
            return _version_3(folder, meta)
        if (meta := read_json(folder / ".zarray")) is not None:
            return _version_2(folder, meta)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ReaderError(f"the Zarr array {folder.name} is described wrongly: {error!r}") from error
    raise ReaderError(f"there is no Zarr array {folder.name}")


# --- version 2 ---


def _version_2(folder: Path, meta: Mapping[str, Any]) -> ZarrArray:
    shape, chunks = _sizes(meta["shape"]), _sizes(meta["chunks"])
    dtype = _number(np.dtype(meta["dtype"]))
    _check(shape, chunks, dtype)
    unpack = (*((_codec_2(meta["compressor"]),) if meta.get("compressor") else ()),)
    for one in reversed(meta.get("filters") or []):
        unpack = (*unpack, _codec_2(one))
    separator = meta.get("dimension_separator", ".")
    if separator not in _SEPARATORS:
        raise ReaderError(f"chunk names with {separator!r} are not known")
    order = tuple(reversed(range(len(shape)))) if meta.get("order") == "F" else None
    fill = _fill(meta.get("fill_value"), dtype)
    return ZarrArray(folder, shape, chunks, Codecs(dtype, unpack, order), fill, _joined(separator))


def _codec_2(given: Mapping[str, Any]) -> Decode:
    name = given["id"]
    if name == "shuffle":
        size = int(given.get("elementsize", 4))
        return lambda data, _most: _unshuffle(data, size)
    known = _UNPACK.get(name)
    if known is None:
        raise ReaderError(f"Zarr chunks packed by {name!r} are not supported")
    return known


def _unshuffle(data: bytes, size: int) -> bytes:
    whole = len(data) // size * size
    shuffled = np.frombuffer(data[:whole], np.uint8).reshape(size, -1)
    return bytes(shuffled.T.tobytes()) + data[whole:]


# --- version 3 ---


def _version_3(folder: Path, meta: Mapping[str, Any]) -> ZarrArray:
    if meta.get("node_type") != "array":
        raise ReaderError(f"{folder.name} is a Zarr group, not an array")
    shape = _sizes(meta["shape"])
    grid = meta["chunk_grid"]
    if grid["name"] != "regular":
        raise ReaderError(f"a Zarr chunk grid {grid['name']!r} is not supported")
    outer = _sizes(grid["configuration"]["chunk_shape"])
    dtype = _number(np.dtype(meta["data_type"]))
    codecs, chunks, shards = list(meta["codecs"]), outer, None
    if codecs[0]["name"] == "sharding_indexed":
        settings = codecs[0]["configuration"]
        chunks = _sizes(settings["chunk_shape"])
        if len(codecs) > 1 or any(size % chunk for size, chunk in zip(outer, chunks, strict=True)):
            raise ReaderError("the shards of the Zarr array are not supported")
        shards = _shards(outer, chunks, settings)
        codecs = settings["codecs"]
    _check(shape, chunks, dtype)
    made = _codecs_3(codecs, dtype, len(shape))
    return ZarrArray(folder, shape, chunks, made, _fill(meta.get("fill_value"), dtype), _key_3(meta), shards)


def _shards(outer: tuple[int, ...], chunks: tuple[int, ...], settings: Mapping[str, Any]) -> Shards:
    count = math.prod(size // chunk for size, chunk in zip(outer, chunks, strict=True))
    index = settings["index_codecs"]
    check = any(one["name"] == "crc32c" for one in index)
    if any(one["name"] not in ("bytes", "crc32c") for one in index):
        raise ReaderError("packed indices of Zarr shards are not supported")
    unpack: tuple[Decode, ...] = (_without_checksum,) if check else ()
    return Shards(outer, unpack, count * 16 + _CHECKSUM * check, settings.get("index_location", "end") == "start")


def _codecs_3(given: Sequence[Mapping[str, Any]], dtype: np.dtype[Any], axes: int) -> Codecs:
    order: tuple[int, ...] | None = None
    unpack: list[Decode] = []
    for one in given:
        name, settings = one["name"], one.get("configuration") or {}
        if name == "transpose":
            order = tuple(int(axis) for axis in settings["order"])
            if sorted(order) != list(range(axes)):
                raise ReaderError("a Zarr array is transposed by axes that it does not have")
        elif name == "bytes":
            dtype = dtype.newbyteorder(">" if settings.get("endian") == "big" else "<")
        elif name == "crc32c":
            unpack.insert(0, _without_checksum)
        elif name in _UNPACK:
            unpack.insert(0, _UNPACK[name])
        else:
            raise ReaderError(f"Zarr chunks packed by {name!r} are not supported")
    return Codecs(dtype, tuple(unpack), order)


def _key_3(meta: Mapping[str, Any]) -> Callable[[tuple[int, ...]], str]:
    encoding = meta.get("chunk_key_encoding") or {"name": "default"}
    settings = encoding.get("configuration") or {}
    separator = settings.get("separator", "/" if encoding["name"] == "default" else ".")
    if encoding["name"] not in ("default", "v2") or separator not in _SEPARATORS:
        raise ReaderError("the chunk names of the Zarr array are not known")
    plain = _joined(separator)
    if encoding["name"] == "v2":
        return plain
    return lambda place: f"c{separator}{plain(place)}"


# --- what both share ---

_UNPACK: dict[str, Decode] = {
    "blosc": lambda data, most: bytes(imagecodecs.blosc_decode(data, numthreads=1, out=most)),
    "zstd": lambda data, most: bytes(imagecodecs.zstd_decode(data, out=most)),
    "gzip": lambda data, most: bytes(imagecodecs.gzip_decode(data, out=most)),
    "zlib": lambda data, most: bytes(imagecodecs.zlib_decode(data, out=most)),
    "lz4": lambda data, most: bytes(imagecodecs.lz4_decode(data, header=True, out=most)),
    "bz2": lambda data, most: bytes(imagecodecs.bz2_decode(data, out=most)),
}


def _without_checksum(data: bytes, _most: int) -> bytes:
    """What the checksum at the end vouches for."""
    body, told = data[:-_CHECKSUM], int.from_bytes(data[-_CHECKSUM:], "little")
    if crc32c(body) != told:
        raise ReaderError("a checksum in the Zarr array does not fit")
    return body


def _joined(separator: str) -> Callable[[tuple[int, ...]], str]:
    return lambda place: separator.join(map(str, place))


def _sizes(given: Sequence[Any]) -> tuple[int, ...]:
    found = tuple(int(size) for size in given)
    if len(found) < 2 or len(found) > 8 or min(found) < 1:
        raise ReaderError(f"a Zarr array of shape {found} is not an image")
    return found


def _number(dtype: np.dtype[Any]) -> np.dtype[Any]:
    if dtype.kind not in "iufb":
        raise ReaderError(f"Zarr arrays of {dtype} are not supported")
    return dtype


def _check(shape: tuple[int, ...], chunks: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if len(chunks) != len(shape):
        raise ReaderError("the chunks of the Zarr array do not have its dimensions")
    if math.prod(chunks) * dtype.itemsize > MAX_CHUNK:
        raise ReaderError(f"the Zarr array has chunks of {math.prod(chunks) * dtype.itemsize // 2**20} MB")


def _fill(given: Any, dtype: np.dtype[Any]) -> Any:
    """What stands where no chunk was written; a number that the type cannot hold is an error."""
    if given is None or isinstance(given, str):
        known = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
        return known.get(given or "", 0) if dtype.kind == "f" else 0
    return np.array(given).astype(dtype.newbyteorder("="))[()]


def _file(path: str | Path, limit: int = MAX_CHUNK * 2) -> bytes | None:
    """The bytes of a file, ``None`` when there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY)  # Python's own files take longer to open than a chunk to be read
        try:
            told = os.fstat(descriptor)
            if stat.S_ISDIR(told.st_mode):
                return None
            if told.st_size > limit:
                raise ReaderError(f"{Path(path).name} is too long")
            return _read_whole(descriptor, told.st_size)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ReaderError(f"{Path(path).name} cannot be read: {error.strerror}") from error


def _read_whole(descriptor: int, size: int) -> bytes:
    data = os.read(descriptor, size)
    while len(data) < size and (more := os.read(descriptor, size - len(data))):
        data += more
    return data


def _part(path: Path, offset: int, length: int) -> bytes | None:
    if length > MAX_CHUNK * 2:
        raise ReaderError(f"{path.name} claims a chunk of {length} bytes")
    try:
        with path.open("rb") as file:
            data = os.pread(file.fileno(), length, offset)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ReaderError(f"{path.name} cannot be read: {error.strerror}") from error
    if len(data) < length:
        raise ReaderError(f"{path.name} is truncated")
    return data


def _index(path: Path, shards: Shards, per: tuple[int, ...]) -> Array:
    """Offset and length of each chunk in a shard, ``(*chunks a shard, 2) uint64``."""
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return np.full((*per, 2), _EMPTY, np.uint64)
    if size < shards.index_size:
        raise ReaderError(f"{path.name} is truncated")
    data = _part(path, 0 if shards.at_start else size - shards.index_size, shards.index_size) or b""
    for step in shards.index_unpack:
        data = step(data, shards.index_size)
    return np.frombuffer(data, "<u8").reshape(*per, 2)
