"""Zeiss CZI by pylibCZIrw (libCZI): scenes, mosaics, resolution levels, all compressions that libCZI knows.

Source of the metadata's places: the published CZI format and the files that libCZI writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import ChannelInfo, ReaderError, Series, check_sizes, pixels_type
from omeropyr.embedded.pixels.vendors import xml
from omeropyr.embedded.pixels.vendors.base import Array, VendorReader, library, line

MAGIC = b"ZISRAWFILE"
_TYPES: dict[str, tuple[type[np.generic], bool]] = {
    "Gray8": (np.uint8, False), "Gray16": (np.uint16, False), "Gray32Float": (np.float32, False),
    "Bgr24": (np.uint8, True), "Bgr48": (np.uint16, True),
}  # fmt: skip
_RGB = tuple(ChannelInfo(name, (*rgb, 255)) for name, rgb in (
    ("Red", (255, 0, 0)), ("Green", (0, 255, 0)), ("Blue", (0, 0, 255)),
))  # fmt: skip
_MAX_SCENES = 20_000
_MAX_BLOCKS = 1_000_000
_SMALLEST = 32  # pixels; the scale of a smaller block is not told well by its rounded sizes
_METRES = 1e6  # micrometres


@dataclass(frozen=True)
class _Scene:
    """One scene: its number in the file (``None``: the file has no scenes), its place, the scale of each level."""

    number: int | None
    x: int
    y: int
    scales: tuple[int, ...]


class CziReader(VendorReader):
    """A CZI file: a series for each scene, the mosaic of each put together by libCZI."""

    format = "ZeissCZI"

    def __init__(self, path: Path, cache: ChunkCache) -> None:
        super().__init__(path, cache)
        made = library("pylibCZIrw.czi", "CZI")
        try:
            self._file = made.CziReader(str(path))
            self._hold(self._file.close)
            self._scenes, self.series = self._describe()
        except ReaderError:
            raise
        except Exception as error:
            raise ReaderError(f"not a readable CZI: {line(error)}") from error

    def _decode(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        scene = self._scenes[series]
        scale = scene.scales[level]
        window = (scene.x + x * scale, scene.y + y * scale, w * scale, h * scale)
        plane = {"T": t, "Z": z, "C": c}
        pixels: Array = self._file.read(roi=window, plane=plane, scene=scene.number, zoom=1 / scale)
        # libCZI's colour pixels are blue, green, red.
        return pixels[:h, :w, ::-1] if self.series[series].rgb else pixels[:h, :w]

    def _describe(self) -> tuple[tuple[_Scene, ...], tuple[Series, ...]]:
        box = {axis: end - start for axis, (start, end) in self._file.total_bounding_box.items()}
        for axis in sorted(set(box) - set("TZCXY")):
            if box[axis] > 1:
                raise ReaderError(f"a CZI with {box[axis]} images along the dimension {axis} is not supported")
        check_sizes(1, 1, box["Z"], box["C"], box["T"])
        dtype, rgb = self._pixels(box["C"])
        told = _Told.of(self._file.raw_metadata)
        rectangles = self._file.scenes_bounding_rectangle_no_pyramid
        if len(rectangles) > _MAX_SCENES:
            raise ReaderError(f"the CZI has more than {_MAX_SCENES} scenes")
        places: Mapping[int | None, Any] = rectangles or {None: self._file.total_bounding_rectangle_no_pyramid}
        scales = self._scales()
        made = []
        for index, (number, place) in enumerate(sorted(places.items(), key=lambda one: one[0] or 0)):
            size_c = 3 if rgb else box["C"]
            check_sizes(place.w, place.h, box["Z"], size_c, box["T"])
            own = tuple(scale for scale in scales if place.w // scale and place.h // scale)
            name = told.scenes.get(number or 0) or (f"Scene {index + 1}" if len(places) > 1 else self._path.name)
            series = Series(
                index, name, place.w, place.h, box["Z"], size_c, box["T"], pixels_type(np.dtype(dtype)),
                channels=_RGB if rgb else told.channels[:size_c], rgb=rgb,
                levels=tuple((place.w // scale, place.h // scale) for scale in own), tile_size=(512, 512),
                physical_size_x=told.sizes.get("X"), physical_size_y=told.sizes.get("Y"),
                physical_size_z=told.sizes.get("Z"), time_increment=told.increment, acquisition_date=told.date,
                description=told.description, metadata=told.metadata,
            )  # fmt: skip
            made.append((_Scene(number, place.x, place.y, own), series))
        return tuple(scene for scene, _ in made), tuple(series for _, series in made)

    def _pixels(self, size_c: int) -> tuple[type[np.generic], bool]:
        names = {self._file.get_channel_pixel_type(channel) for channel in range(size_c)}
        if len(names) > 1:
            raise ReaderError("a CZI whose channels have different pixel types is not supported")
        (name,) = names
        if name not in _TYPES:
            raise ReaderError(f"CZI pixels of type {name} are not supported")
        if _TYPES[name][1] and size_c > 1:
            raise ReaderError("a CZI of several colour channels is not supported")
        return _TYPES[name]

    def _scales(self) -> tuple[int, ...]:
        """How much smaller each level is that the file holds, 1 first."""
        found = {1}

        def look(index: int, info: Any) -> bool:
            stored = max(info.physicalSize.w, info.physicalSize.h)
            if stored >= _SMALLEST:
                found.add(round(max(info.logicalRect.w, info.logicalRect.h) / stored))
            return index < _MAX_BLOCKS

        self._file.enumerate_subblocks(look)
        return tuple(sorted(scale for scale in found if scale >= 1))


@dataclass(frozen=True)
class _Told:
    """What the metadata say: micrometres, seconds, names of scenes by their number."""

    channels: tuple[ChannelInfo, ...]
    sizes: Mapping[str, float]
    scenes: Mapping[int, str]
    increment: float | None
    date: datetime | None
    description: str | None
    metadata: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, text: str) -> _Told:
        """Read the document; an empty one says nothing."""
        if not text.strip():
            return cls((), {}, {}, None, None, None, ())
        root = xml.parse(text)
        top = root.find("Metadata")
        top = root if top is None else top
        sizes = {
            one.get("Id", ""): float(f"{value * _METRES:.12g}")  # 1e-7 m are 0.1 µm
            for one in top.iterfind("Scaling/Items/Distance")
            if (value := xml.number(one.findtext("Value"))) is not None
        }
        image, document = top.find("Information/Image"), top.find("Information/Document")
        names = top.iterfind("Information/Image/Dimensions/S/Scenes/Scene")
        return cls(
            _channels(top),
            sizes,
            {int(one.get("Index", "0")): one.get("Name", "") for one in names if one.get("Index", "0").isdigit()},
            xml.number(top.findtext("Information/Image/Dimensions/T/Positions/Interval/Increment")),
            _date(image.findtext("AcquisitionDateAndTime") if image is not None else None),
            (document.findtext("Description") or document.findtext("Comment")) if document is not None else None,
            xml.flat(top),
        )


def _channels(top: xml.Element) -> tuple[ChannelInfo, ...]:
    shown = {one.get("Id"): one for one in top.iterfind("DisplaySetting/Channels/Channel")}
    made = []
    for one in top.iterfind("Information/Image/Dimensions/Channels/Channel"):
        display = shown.get(one.get("Id"))
        told = one.findtext("Color") or (display.findtext("Color") if display is not None else None)
        made.append(
            ChannelInfo(
                one.get("Name") or (display.get("Name") if display is not None else None),
                xml.color(told),
                xml.number(one.findtext("EmissionWavelength")),
                xml.number(one.findtext("ExcitationWavelength")),
            )
        )
    return tuple(made)


def _date(text: str | None) -> datetime | None:
    """ISO 8601; seconds with seven decimals, as Zeiss writes them, lose the last."""
    head, point, tail = (text or "").strip().rstrip("Z").partition(".")
    with suppress(ValueError):
        date = datetime.fromisoformat(f"{head}{point}{tail[:6].ljust(6, '0')}" if point else head)
        return date if date.tzinfo else date.replace(tzinfo=timezone.utc)
    return None
