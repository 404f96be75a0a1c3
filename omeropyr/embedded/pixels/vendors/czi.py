"""Zeiss CZI by pylibCZIrw (libCZI): scenes, mosaics, resolution levels, all compressions that libCZI knows.

The library works in a process of its own (:mod:`czi_process`), for a damaged file can end the process that decodes it.
Source of the metadata's places: the published CZI format and the files that libCZI writes.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import ChannelInfo, ReaderError, Series, check_sizes, pixels_type
from omeropyr.embedded.pixels.vendors import czi_process, markup
from omeropyr.embedded.pixels.vendors.base import Array, VendorReader, line, missing

MAGIC = b"ZISRAWFILE"
_TYPES: dict[str, tuple[type[np.generic], bool]] = {
    "Gray8": (np.uint8, False), "Gray16": (np.uint16, False), "Gray32Float": (np.float32, False),
    "Bgr24": (np.uint8, True), "Bgr48": (np.uint16, True),
}  # fmt: skip
_RGB = tuple(ChannelInfo(name, (*rgb, 255)) for name, rgb in (
    ("Red", (255, 0, 0)), ("Green", (0, 255, 0)), ("Blue", (0, 0, 255)),
))  # fmt: skip
_MAX_SCENES = 20_000
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
        if importlib.util.find_spec("pylibCZIrw") is None:
            raise missing("CZI")
        self._process = _Process(path)
        self._hold(self._process.end)
        try:
            self._scenes, self.series = self._describe()
        except ReaderError:
            self.close()
            raise
        except Exception as error:
            self.close()
            raise ReaderError(f"not a readable CZI: {line(error)}") from error

    def _decode(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        scene = self._scenes[series]
        scale = scene.scales[level]
        window = (scene.x + x * scale, scene.y + y * scale, w * scale, h * scale)
        plane = {"T": t, "Z": z, "C": c}
        said, data = self._process.ask({"window": window, "plane": plane, "scene": scene.number, "scale": scale})
        pixels: Array = np.frombuffer(data, said["dtype"]).reshape(said["shape"])
        # libCZI's colour pixels are blue, green, red.
        return pixels[:h, :w, ::-1] if self.series[series].rgb else pixels[:h, :w]

    def _describe(self) -> tuple[tuple[_Scene, ...], tuple[Series, ...]]:
        said, _ = self._process.ask({})
        box = said["box"]
        for axis in sorted(set(box) - set("TZCXY")):
            if box[axis] > 1:
                raise ReaderError(f"a CZI with {box[axis]} images along the dimension {axis} is not supported")
        check_sizes(1, 1, box["Z"], box["C"], box["T"])
        dtype, rgb = _pixels(said["types"], box["C"])
        told = _Told.of(said["metadata"])
        scenes = [(number, tuple(place)) for number, *place in said["scenes"]] or [(None, tuple(said["whole"]))]
        if len(scenes) > _MAX_SCENES:
            raise ReaderError(f"the CZI has more than {_MAX_SCENES} scenes")
        made = []
        for index, (number, (x, y, w, h)) in enumerate(sorted(scenes, key=lambda one: one[0] or 0)):
            size_c = 3 if rgb else box["C"]
            check_sizes(w, h, box["Z"], size_c, box["T"])
            own = tuple(scale for scale in said["scales"] if w // scale and h // scale)
            name = told.scenes.get(number or 0) or (f"Scene {index + 1}" if len(scenes) > 1 else self._path.name)
            series = Series(
                index, name, w, h, box["Z"], size_c, box["T"], pixels_type(np.dtype(dtype)),
                channels=_RGB if rgb else told.channels[:size_c], rgb=rgb,
                levels=tuple((w // scale, h // scale) for scale in own), tile_size=(512, 512),
                physical_size_x=told.sizes.get("X"), physical_size_y=told.sizes.get("Y"),
                physical_size_z=told.sizes.get("Z"), time_increment=told.increment, acquisition_date=told.date,
                description=told.description, metadata=told.metadata,
            )  # fmt: skip
            made.append((_Scene(number, x, y, own), series))
        return tuple(scene for scene, _ in made), tuple(series for _, series in made)


def _pixels(names: Sequence[str], size_c: int) -> tuple[type[np.generic], bool]:
    """The pixel type of all channels, and whether they are colours."""
    if len(names) > 1:
        raise ReaderError("a CZI whose channels have different pixel types is not supported")
    (name,) = names
    if name not in _TYPES:
        raise ReaderError(f"CZI pixels of type {name} are not supported")
    if _TYPES[name][1] and size_c > 1:
        raise ReaderError("a CZI of several colour channels is not supported")
    return _TYPES[name]


class _Process:
    """The process that reads one file: started when it is asked, and again when it has ended for want of questions."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._running: subprocess.Popen[bytes] | None = None

    def ask(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        """The answer and the bytes behind it. Raises :class:`ReaderError` with what the library says of the file."""
        for _ in range(2):  # the first may find a process that has just ended
            try:
                said, data = self._try(json.dumps(request).encode() + b"\n")
            except (OSError, ValueError):
                self.end()
                continue
            if "error" in said:
                raise ReaderError(said["error"])
            return said, data
        raise ReaderError("the file is damaged, its reader came to an end over it")

    def end(self) -> None:
        """End the process; a second call does nothing."""
        running, self._running = self._running, None
        if running is not None:
            running.kill()
            for stream in (running.stdin, running.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
            running.wait()

    def _try(self, request: bytes) -> tuple[dict[str, Any], bytes]:
        if self._running is None:
            command = [sys.executable, czi_process.__file__, str(self._path)]
            self._running = subprocess.Popen(  # noqa: S603 # our own file, no shell
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        into, out = self._running.stdin, self._running.stdout
        if into is None or out is None:
            raise OSError("no pipes")
        into.write(request)
        into.flush()
        said: dict[str, Any] = json.loads(out.readline())  # nothing: the process has ended
        data = out.read(said.get("bytes", 0))
        if len(data) != said.get("bytes", 0):
            raise ValueError("the process ended within its answer")
        return said, data


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
        root = markup.parse(text)
        top = root.find("Metadata")
        top = root if top is None else top
        sizes = {
            one.get("Id", ""): float(f"{value * _METRES:.12g}")  # 1e-7 m are 0.1 µm
            for one in top.iterfind("Scaling/Items/Distance")
            if (value := markup.number(one.findtext("Value"))) is not None
        }
        image, document = top.find("Information/Image"), top.find("Information/Document")
        names = top.iterfind("Information/Image/Dimensions/S/Scenes/Scene")
        return cls(
            _channels(top),
            sizes,
            {int(one.get("Index", "0")): one.get("Name", "") for one in names if one.get("Index", "0").isdigit()},
            markup.number(top.findtext("Information/Image/Dimensions/T/Positions/Interval/Increment")),
            _date(image.findtext("AcquisitionDateAndTime") if image is not None else None),
            (document.findtext("Description") or document.findtext("Comment")) if document is not None else None,
            markup.flat(top),
        )


def _channels(top: markup.Element) -> tuple[ChannelInfo, ...]:
    shown = {one.get("Id"): one for one in top.iterfind("DisplaySetting/Channels/Channel")}
    made = []
    for one in top.iterfind("Information/Image/Dimensions/Channels/Channel"):
        display = shown.get(one.get("Id"))
        told = one.findtext("Color") or (display.findtext("Color") if display is not None else None)
        made.append(
            ChannelInfo(
                one.get("Name") or (display.get("Name") if display is not None else None),
                markup.color(told),
                markup.number(one.findtext("EmissionWavelength")),
                markup.number(one.findtext("ExcitationWavelength")),
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
