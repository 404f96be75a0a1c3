"""Leica LIF by liffile: a series for each image of the file, and for each field of a mosaic."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import ChannelInfo, ReaderError, Series, check_sizes, pixels_type
from omeropyr.embedded.pixels.vendors import xml
from omeropyr.embedded.pixels.vendors.base import Array, VendorReader, library, line

MAGIC = b"\x70\0\0\0"
MARK = b"\x2a"
"""The ninth byte of a LIF file."""

_MAX_IMAGES = 20_000
_LENGTHS = {"m": 1e6, "mm": 1e3, "µm": 1.0, "um": 1.0, "nm": 1e-3}
_TIMES = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "min": 60.0}
_COLORS = {
    "red": (255, 0, 0, 255), "green": (0, 255, 0, 255), "blue": (0, 0, 255, 255), "cyan": (0, 255, 255, 255),
    "magenta": (255, 0, 255, 255), "yellow": (255, 255, 0, 255), "gray": (255, 255, 255, 255),
}  # fmt: skip


@dataclass(frozen=True)
class _Stored:
    """Where the planes of one series are: an image of the file, its field, the axes that count as time."""

    image: Any
    field: int | None
    times: tuple[tuple[str, int], ...]


class LifReader(VendorReader):
    """A LIF file; references to other files are not followed."""

    format = "LeicaLIF"

    def __init__(self, path: Path, cache: ChunkCache) -> None:
        super().__init__(path, cache)
        made = library("liffile", "LIF")
        _check_xml(path)
        try:
            self._file = made.LifFile(path)
            self._hold(self._file.close)
            found = list(self._find())
        except ReaderError:
            raise
        except Exception as error:
            raise ReaderError(f"not a readable LIF: {line(error)}") from error
        self._stored = [stored for stored, _ in found]
        self.series = tuple(series for _, series in found)

    def _find(self) -> Iterator[tuple[_Stored, Series]]:
        count = 0
        images = [image for image in self._file.images if not image.is_flim]
        if not images:
            raise ReaderError("the LIF holds no image that can be read")
        for image in images:
            fields = image.sizes.get("M", 1)
            if count + fields > _MAX_IMAGES:
                raise ReaderError(f"the LIF has more than {_MAX_IMAGES} images")
            for field in range(fields):
                yield _series(image, count, field if "M" in image.sizes else None)
                count += 1

    def _block(self, series: Series, level: int) -> tuple[int, int]:
        return series.size_x, series.size_y  # liffile reads frames as a whole

    def _decode(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        stored, sizes = self._stored[series], self._stored[series].image.sizes
        at = {"Z": z, "C": c} | ({"M": stored.field} if stored.field is not None else {})
        for axis, size in reversed(stored.times):
            t, at[axis] = divmod(t, size)
        frame: Array = stored.image.frame(**{axis: place for axis, place in at.items() if axis in sizes})
        return frame


def _series(image: Any, index: int, field: int | None) -> tuple[_Stored, Series]:
    sizes: Mapping[str, int] = image.sizes
    frame = image.frames.frame_sizes
    if "".join(frame) not in ("YX", "YXS"):
        raise ReaderError(f"the image {image.name} has frames of {''.join(frame)!r}, which are not supported")
    samples = sizes.get("S", 1)
    times = tuple((axis, size) for axis, size in sizes.items() if axis not in "ZCMYXS")
    size_t = math.prod(size for _, size in times)
    size_z, size_c = sizes.get("Z", 1), sizes.get("C", 1) * samples
    check_sizes(sizes["X"], sizes["Y"], size_z, size_c, size_t)
    if samples > 1 and (samples != 3 or sizes.get("C", 1) > 1):
        raise ReaderError(f"the image {image.name} has {samples} samples in each pixel, which is not supported")
    if sizes["X"] * sizes["Y"] * samples * image.dtype.itemsize > image.memory_block.size:
        raise ReaderError(f"the image {image.name} is shorter than its description says")
    steps = {one.label: _step(one) for one in image._dimensions}
    series = Series(
        index, image.name if field is None else f"{image.name} field {field + 1}", sizes["X"], sizes["Y"],
        size_z, size_c, size_t, pixels_type(image.dtype), channels=_channels(image) if samples == 1 else (),
        levels=((sizes["X"], sizes["Y"]),), tile_size=(min(sizes["X"], 512), min(sizes["Y"], 512)), rgb=samples == 3,
        significant_bits=_bits(image),
        physical_size_x=steps.get("X"), physical_size_y=steps.get("Y"), physical_size_z=steps.get("Z"),
        time_increment=steps.get("T"), acquisition_date=_date(image), metadata=xml.flat(image.xml_element),
    )  # fmt: skip
    return _Stored(image, field, times), series


def _channels(image: Any) -> tuple[ChannelInfo, ...]:
    names = [channel.lut_name for channel in image._channels]
    return tuple(ChannelInfo(name or None, _COLORS.get((name or "").lower())) for name in names)


def _bits(image: Any) -> int | None:
    found = {channel.resolution for channel in image._channels}
    return found.pop() if len(found) == 1 else None


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
        if not 0 < length <= 2 * xml.MAX_CHARACTERS or length > path.stat().st_size:
            raise ReaderError("not a readable LIF: its description is cut off")
        xml.check(stream.read(length).decode("utf-16-le", "replace"))
