"""Images without pixels on disk, described by their file's name, as Bio-Formats names them.

``cells&sizeX=512&sizeY=512&sizeC=3&pixelType=uint16.fake`` is one image of three channels. Known keys: sizeX, sizeY,
sizeZ, sizeC, sizeT, pixelType, series, resolutions, resolutionScale, rgb, physicalSizeX/Y/Z (micrometres), plates,
plateRows, plateCols, fields. Each plane is a ramp along x; squares of ten pixels in its first rows hold the numbers
of series, plane, z, c and t, so that a test can tell which plane it got. A key that is not known is ignored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from omeropyr.embedded.importer.wells import MAX_COLUMNS, MAX_ROWS, Position, Run
from omeropyr.embedded.pixels.reader import PIXELS_TYPES, ReaderError, Series, check_sizes, check_tile

Array = npt.NDArray[Any]
SUFFIX = ".fake"
BOX = 10
"""The side in pixels of the squares that hold the numbers of a plane."""

_SIZES = {"sizex": 512, "sizey": 512, "sizez": 1, "sizec": 1, "sizet": 1}
_MAX_SERIES = 20_000


class FakeReader:
    """The images that a name describes."""

    ome_xml: str | None = None
    format = "Fake"

    def __init__(self, name: str) -> None:
        title, settings = _parse(name)
        rows, columns = _number(settings, "platerows", 1), _number(settings, "platecols", 1)
        fields, runs = _number(settings, "fields", 1), _number(settings, "plateacqs", 1)
        if not 1 <= runs <= 100 or fields < 1:
            raise ReaderError(f"{runs} runs of {fields} fields are too many, or none")
        if rows > MAX_ROWS or columns > MAX_COLUMNS:
            raise ReaderError(f"a plate of {rows} x {columns} wells is larger than any")
        plate = any(key in settings for key in ("plates", "platerows", "platecols", "fields", "plateacqs"))
        every = fields * runs
        self.well_positions: tuple[Position, ...] = (
            tuple(Position(row, column, f) for row in range(rows) for column in range(columns) for f in range(every))
            if plate and rows * columns * every <= _MAX_SERIES
            else ()
        )
        passes = [Run(number, f"Run {number + 1}", most_fields=fields) for number in range(runs)]
        told = "plateacqs" in settings
        self.well_runs = tuple(passes[one.field // fields] for one in self.well_positions) if told else ()
        count = len(self.well_positions) or (rows * columns * every if plate else _number(settings, "series", 1))
        if not 1 <= count <= _MAX_SERIES:
            raise ReaderError(f"{count} images are more than {_MAX_SERIES}, or none")
        self.series: tuple[Series, ...] = tuple(
            _series(self._title(title, index, count), index, settings) for index in range(count)
        )

    def _title(self, title: str, index: int, count: int) -> str:
        if self.well_positions:
            position = self.well_positions[index]
            return f"{position.well} field {position.field + 1}"
        return title if count == 1 else f"{title} {index + 1}"

    def read_tile(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        """Pixels ``(h, w)``; see :class:`omeropyr.embedded.pixels.reader.Reader`."""
        found = self.series[series]
        check_tile(found, level, z, c, t, x, y, w, h)
        step = found.levels[0][0] / found.levels[level][0]
        across = ((np.arange(x, x + w) * step) % _period(found)).astype(found.dtype)
        out: Array = np.broadcast_to(across, (h, w)).copy()
        plane = (t * found.size_c + c) * found.size_z + z
        for place, value in enumerate((series, plane, z, c, t)):
            left, right = max(x, place * BOX) - x, min(x + w, (place + 1) * BOX) - x
            if left < right and y < BOX:
                out[: BOX - y, left:right] = np.array(value % _period(found)).astype(found.dtype)
        return out

    def close(self) -> None:
        """Nothing is open."""


def _period(series: Series) -> int:
    """After how many values a ramp starts again."""
    if series.pixels_type == "bit":
        return 2
    kind = series.dtype
    return 2**16 if kind.kind == "f" or kind.itemsize > 2 else int(np.iinfo(kind).max) + 1


def _parse(name: str) -> tuple[str, dict[str, str]]:
    title, *parts = name.removesuffix(SUFFIX).split("&")
    settings = {}
    for part in parts:
        key, _, value = part.partition("=")
        settings[key.strip().lower()] = value.strip()
    return title or "Image", settings


def _number(settings: dict[str, str], key: str, default: int) -> int:
    text = settings.get(key, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ReaderError(f"{key}={text} is not a number")
    return int(text)


def _length(settings: dict[str, str], axis: str) -> float | None:
    text = settings.get(f"physicalsize{axis}", "").removesuffix("µm").removesuffix("um")
    try:
        return float(text) if text else None
    except ValueError as error:
        raise ReaderError(f"physicalSize{axis.upper()}={text} is not a length in micrometres") from error


def _series(title: str, index: int, settings: dict[str, str]) -> Series:
    x, y, z, c, t = (_number(settings, key, default) for key, default in _SIZES.items())
    check_sizes(x, y, z, c, t)
    kind = settings.get("pixeltype", "uint8")
    if kind not in PIXELS_TYPES:
        raise ReaderError(f"pixelType={kind} is not one of {', '.join(PIXELS_TYPES)}")
    rgb = _number(settings, "rgb", 1) == 3
    return Series(
        index, title, x, y, z, 3 if rgb else c, t, kind,
        levels=_levels(x, y, settings), rgb=rgb,
        physical_size_x=_length(settings, "x"), physical_size_y=_length(settings, "y"),
        physical_size_z=_length(settings, "z"),
    )  # fmt: skip


def _levels(x: int, y: int, settings: dict[str, str]) -> tuple[tuple[int, int], ...]:
    scale = _number(settings, "resolutionscale", 2)
    levels = [(x, y)]
    for _ in range(1, _number(settings, "resolutions", 1)):
        if scale < 2 or max(levels[-1]) < scale:
            break
        levels.append((max(1, levels[-1][0] // scale), max(1, levels[-1][1] // scale)))
    return tuple(levels)


def is_fake(path: Path) -> bool:
    """Whether a file's name describes an image."""
    return path.name.lower().endswith(SUFFIX)
