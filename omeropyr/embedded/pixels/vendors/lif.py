"""Leica LIF: described by liffile, read where its memory blocks lie.

A series for each image of the file, and for each field of a mosaic. Windows are cut out of the block by the distances
in bytes that the file states for each dimension, so that no frame is read as a whole.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import ChannelInfo, ReaderError, Series, check_sizes, pixels_type
from omeropyr.embedded.pixels.vendors import markup
from omeropyr.embedded.pixels.vendors.base import BLOCK, Array, VendorReader, library, line

MAGIC = b"\x70\0\0\0"
MARK = b"\x2a"
"""The ninth byte of a LIF file."""

_MAX_IMAGES = 20_000
_RED_GREEN_BLUE = [1, 2, 3]  # Leica's ChannelTag
_LENGTHS = {"m": 1e6, "mm": 1e3, "µm": 1.0, "um": 1.0, "nm": 1e-3}
_TIMES = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "min": 60.0}
_COLORS = {
    "red": (255, 0, 0, 255), "green": (0, 255, 0, 255), "blue": (0, 0, 255, 255), "cyan": (0, 255, 255, 255),
    "magenta": (255, 0, 255, 255), "yellow": (255, 255, 0, 255), "gray": (255, 255, 255, 255),
}  # fmt: skip


@dataclass(frozen=True)
class _Axis:
    """How many elements a dimension has, and the bytes from one to the next."""

    size: int = 1
    step: int = 0


@dataclass(frozen=True)
class _Stored:
    """Where the planes of one series are in the file: its beginning, the channels behind it, the distances."""

    start: int
    channels: tuple[int, ...]
    dtype: np.dtype[Any]
    x: _Axis
    y: _Axis
    z: _Axis
    times: tuple[_Axis, ...]


class LifReader(VendorReader):
    """A LIF file; references to other files are not followed."""

    format = "LeicaLIF"

    def __init__(self, path: Path, cache: ChunkCache) -> None:
        super().__init__(path, cache)
        made = library("liffile", "LIF")
        _check_xml(path)
        try:
            with made.LifFile(path) as file:
                found = list(_find(file))
            with path.open("rb") as stream:
                self._bytes = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        except ReaderError:
            raise
        except Exception as error:
            raise ReaderError(f"not a readable LIF: {line(error)}") from error
        self._hold(self._bytes.close)
        self._stored = [stored for stored, _ in found]
        self.series = tuple(series for _, series in found)

    def _samples(self, series: Series) -> int:
        return 1

    def _decode(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        stored = self._stored[series]
        start = stored.start + stored.channels[c] + z * stored.z.step + y * stored.y.step + x * stored.x.step
        for axis in reversed(stored.times):
            t, place = divmod(t, axis.size)
            start += place * axis.step
        window: Array = np.ndarray((h, w), stored.dtype, self._bytes, start, (stored.y.step, stored.x.step))
        return window


def _find(file: Any) -> Iterator[tuple[_Stored, Series]]:
    count = 0
    images = [image for image in file.images if not image.is_flim]
    if not images:
        raise ReaderError("the LIF holds no image that can be read")
    for image in images:
        fields = next((one.number_elements for one in image._dimensions if one.label == "M"), 1)
        if count + fields > _MAX_IMAGES:
            raise ReaderError(f"the LIF has more than {_MAX_IMAGES} images")
        for field in range(fields):
            yield _series(image, count, field, fields)
            count += 1


def _series(image: Any, index: int, field: int, fields: int) -> tuple[_Stored, Series]:
    axes = {one.label: _Axis(one.number_elements, one.bytes_inc) for one in image._dimensions}
    if not {"X", "Y"} <= set(axes):
        raise ReaderError(f"the image {image.name} of dimensions {''.join(axes)!r} is not supported")
    x, y, z = axes.pop("X"), axes.pop("Y"), axes.pop("Z", _Axis())
    mosaic = axes.pop("M", _Axis())
    times = tuple(axes.values())  # dimensions without a place of their own count as time
    channels, rgb = _channels(image)
    size_t = math.prod(axis.size for axis in times)
    check_sizes(x.size, y.size, z.size, len(channels), size_t)
    dtype = np.dtype(channels[0].dtype)
    _check_inside(image, (x, y, z, mosaic, *times), max(channel.bytes_inc for channel in channels) + dtype.itemsize)
    start = image.memory_block.offset + field * mosaic.step
    stored = _Stored(start, tuple(channel.bytes_inc for channel in channels), dtype, x, y, z, times)
    steps = {one.label: _step(one) for one in image._dimensions}
    bits = {channel.resolution for channel in channels}
    series = Series(
        index, image.name if fields == 1 else f"{image.name} field {field + 1}", x.size, y.size,
        z.size, len(channels), size_t, pixels_type(dtype), channels=() if rgb else _infos(channels), rgb=rgb,
        levels=((x.size, y.size),), tile_size=(min(x.size, BLOCK), min(y.size, BLOCK)),
        significant_bits=bits.pop() if len(bits) == 1 else None,
        physical_size_x=steps.get("X"), physical_size_y=steps.get("Y"), physical_size_z=steps.get("Z"),
        time_increment=steps.get("T"), acquisition_date=_date(image), metadata=markup.flat(image.xml_element),
    )  # fmt: skip
    return stored, series


def _channels(image: Any) -> tuple[Sequence[Any], bool]:
    """The channels, those of a colour camera as red, green, blue; and whether they are that."""
    channels: Sequence[Any] = image._channels
    if not channels:
        raise ReaderError(f"the image {image.name} has no channels")
    if len({channel.dtype for channel in channels}) > 1:
        raise ReaderError(f"the image {image.name} has channels of different pixel types, which is not supported")
    by_colour = sorted(channels, key=lambda channel: int(channel.channel_tag))
    rgb = [channel.channel_tag for channel in by_colour] == _RED_GREEN_BLUE
    return (by_colour, True) if rgb else (channels, False)


def _check_inside(image: Any, axes: Sequence[_Axis], last: int) -> None:
    """Refuse what does not lie in the image's own memory block; *last*: bytes that the last pixel needs."""
    if any(axis.size < 1 or axis.step < 0 for axis in axes):
        raise ReaderError(f"the image {image.name} is described wrongly")
    if image.memory_block.offset < 0 or image.memory_block.frames:
        raise ReaderError(f"the pixels of the image {image.name} are in other files")
    if sum((axis.size - 1) * axis.step for axis in axes) + last > image.memory_block.size:
        raise ReaderError(f"the image {image.name} is shorter than its description says")


def _infos(channels: Sequence[Any]) -> tuple[ChannelInfo, ...]:
    names = [channel.lut_name for channel in channels]
    return tuple(ChannelInfo(name or None, _COLORS.get((name or "").lower())) for name in names)


def _step(dimension: Any) -> float | None:
    """Micrometres or seconds from one element to the next; ``Length`` goes from the first to the last."""
    units = _TIMES if dimension.label == "T" else _LENGTHS
    if dimension.number_elements < 2 or dimension.unit not in units:
        return None
    step = abs(dimension.length) * units[dimension.unit] / (dimension.number_elements - 1)
    return float(f"{step:.12g}") if math.isfinite(step) and step > 0 else None


def _date(image: Any) -> datetime | None:
    """When the first plane was taken."""
    stamps = image.timestamps
    if stamps is None or not len(stamps):
        return None
    seconds = stamps[0].astype("datetime64[s]").astype(int)
    return datetime.fromtimestamp(int(seconds), timezone.utc) if 0 < seconds < 2**32 else None


def _check_xml(path: Path) -> None:
    """Refuse XML that could expand before liffile reads it."""
    with path.open("rb") as stream:
        head = stream.read(13)
        length = struct.unpack("<I", head[9:])[0] * 2 if len(head) == 13 else 0
        if not 0 < length <= 2 * markup.MAX_CHARACTERS or length > path.stat().st_size:
            raise ReaderError("not a readable LIF: its description is cut off")
        markup.check(stream.read(length).decode("utf-16-le", "replace"))
