"""A plane, region or projection of Pixels into a picture.

Reads what the shown channels need, at the level asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from omeropyr.embedded.pixels.access import PixelAccess, PixelsInfo
from omeropyr.embedded.pixels.overlays import Overlay, paint
from omeropyr.rendering import scale
from omeropyr.rendering.composite import Composer, black, rgb_view
from omeropyr.rendering.projection import Projection, project
from omeropyr.rendering.settings import RenderingDef

Array = npt.NDArray[Any]
Picture = npt.NDArray[np.uint32]
Region = tuple[int, int, int, int]
_SLOW = 0.0006  # seconds from which handing work to a thread costs less than it saves
MAX_PIXELS = 2**27
"""The largest picture that is rendered at once; of larger planes regions must be asked for."""


class Renderer:
    """Renders one Pixels with settings that may be replaced; the settings' tables are kept until they are."""

    def __init__(self, access: PixelAccess, pixels_id: int, settings: RenderingDef) -> None:
        self.access = access
        self.info: PixelsInfo = access.info(pixels_id)
        self._composer = Composer(settings, self.info.dtype)
        self.overlays: tuple[Overlay, ...] = ()

    @property
    def settings(self) -> RenderingDef:
        """The settings in use."""
        return self._composer.settings

    @settings.setter
    def settings(self, settings: RenderingDef) -> None:
        if settings != self._composer.settings:
            self._composer = Composer(settings, self.info.dtype)

    def region(self, level: int, z: int, t: int, region: Region | None = None) -> Picture:
        """A region (x, y, width, height) of an XY plane, cut to the level's borders; ``None`` for the whole plane.

        Raises :class:`IndexError` for a plane or a region outside of the image and for too large a picture.
        """
        x, y, w, h = self._cut(level, region)
        tile = self.access.tile
        pixels_id = self.info.pixels_id
        picture = self._compose((h, w), lambda c: tile(pixels_id, level, z, c, t, x, y, w, h))
        return self._painted(picture, level, (x, y, w, h))

    def stored_jpeg(self, level: int, z: int, t: int, region: Region | None = None) -> bytes | None:
        """The picture as the file has it, where it is a JPEG tile and the settings change nothing; else ``None``."""
        if not (self.info.rgb and self.info.pixels_type == "uint8" and self.settings.as_stored) or self.overlays:
            return None
        return self.access.stored_jpeg(self.info.pixels_id, level, z, t, self._cut(level, region))

    def projected(self, kind: Projection, t: int, start: int, end: int, step: int = 1) -> Picture:
        """The projection of the planes from *start* to *end* (inclusive) of each channel, full size."""
        if not 0 <= start <= end < self.info.size_z or step < 1:
            raise IndexError(f"no planes from {start} to {end}")
        _, _, w, h = self._cut(0, None)
        planes = range(start, end + 1, step)
        pixels_id, plane = self.info.pixels_id, self.access.plane
        picture = self._compose((h, w), lambda c: project((plane(pixels_id, z, c, t) for z in planes), kind))
        return self._painted(picture, 0, (0, 0, w, h))

    def section(self, axis: str, position: int, t: int) -> Picture:
        """A section across Z: "xz" at a row ``(Z, X)``, or "zy" at a column ``(Y, Z)``."""
        info, tile = self.info, self.access.tile

        def rows(c: int) -> Array:
            place = (0, position, info.size_x, 1) if axis == "xz" else (position, 0, 1, info.size_y)
            parts = [tile(info.pixels_id, 0, z, c, t, *place) for z in range(info.size_z)]
            return np.concatenate(parts, axis=0 if axis == "xz" else 1)

        return self._compose((info.size_z, info.size_x) if axis == "xz" else (info.size_y, info.size_z), rows)

    def thumbnail(self, width: int, height: int, z: int | None = None, t: int | None = None) -> npt.NDArray[np.uint8]:
        """The picture ``(height, width, 3)`` of a plane, by default the settings' own.

        Averaged from the next larger level.
        """
        z, t = self.settings.default_z if z is None else z, self.settings.default_t if t is None else t
        level = 0
        for number, (level_width, level_height) in enumerate(self.info.levels):
            if level_width >= width and level_height >= height:
                level = number
        return scale.thumbnail(rgb_view(self.region(level, z, t)), width, height)

    def _painted(self, picture: Picture, level: int, region: Region) -> Picture:
        if not self.overlays:
            return picture
        return paint(picture, self.overlays, region, self.info.levels[level], self.info.levels[0])

    def _compose(self, shape: tuple[int, int], read: Callable[[int], Array]) -> Picture:
        composer = self._composer
        shown = composer.settings.shown
        if not shown:
            return black(*shape)
        return composer.rgbx(self._read(shown, read))

    def _read(self, shown: Sequence[int], read: Callable[[int], Array]) -> list[Array]:
        """The channels' pixels; where they have to be decoded first, on all cores."""
        began = time.perf_counter()
        first = read(shown[0])
        if time.perf_counter() - began < _SLOW or len(shown) == 1:
            return [first, *(read(c) for c in shown[1:])]
        return [first, *self.access.workers.map(read, shown[1:])]

    def _cut(self, level: int, region: Region | None) -> Region:
        if not 0 <= level < len(self.info.levels):
            raise IndexError(f"no resolution level {level}")
        width, height = self.info.levels[level]
        x, y, w, h = region or (0, 0, width, height)
        w, h = min(w, width - x), min(h, height - y)
        if x < 0 or y < 0 or w < 1 or h < 1:
            raise IndexError(f"the region {region} is not inside {width} x {height}")
        if w * h > MAX_PIXELS:
            raise IndexError(f"{w} x {h} pixels are too many for one picture")
        return x, y, w, h
