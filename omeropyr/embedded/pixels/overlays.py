"""Binary masks of a table painted over the picture of a plane, as ``RenderingEngine.setOverlays`` asks for.

A mask is hard: where its bit is set the picture has its colour, whatever lies below. Bits are packed as in OMERO's
Mask shapes: row after row without padding, the first pixel in the highest bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import omero

from omeropyr.rendering.kernel import OPAQUE

Picture = npt.NDArray[np.uint32]
Region = tuple[int, int, int, int]
Size = tuple[int, int]


@dataclass(frozen=True)
class Overlay:
    """A mask ``(h, w) bool`` whose upper left corner lies at (*x*, *y*) of the full plane, and its colour."""

    mask: npt.NDArray[np.bool_]
    x: int
    y: int
    color: int
    """As a picture's pixel: bytes red, green, blue, 255 in memory."""


def from_column(column: Any, colors: Mapping[int, int], plane: Size) -> tuple[Overlay, ...]:
    """The masks of an ``omero.grid.MaskColumn``, whose values are those of the rows of *colors* (row to 0xRRGGBB).

    A row without width and height covers the *plane* (width, height). Raises ``omero.ValidationException`` for a mask
    that has fewer bits than pixels.
    """
    boxes = zip(column.x, column.y, column.w, column.h, strict=True)
    made = []
    for (row, color), box, data in zip(colors.items(), boxes, column.bytes, strict=True):
        x, y, w, h = (int(value) for value in box)
        if w < 1 or h < 1:
            (x, y), (w, h) = (0, 0), plane
        made.append(Overlay(_mask(row, data, w, h), x, y, _pixel(color)))
    return tuple(made)


def paint(picture: Picture, overlays: Sequence[Overlay], region: Region, level: Size, full: Size) -> Picture:
    """The picture with the masks over it.

    *picture* ``(h, w)`` shows the *region* (x, y, width, height) of a resolution level of size *level*; masks are in
    pixels of the *full* plane, of which the level's are looked up at their centres.
    """
    x, y, w, h = region
    columns = ((np.arange(x, x + w) + 0.5) * full[0] / level[0]).astype(np.intp)
    rows = ((np.arange(y, y + h) + 0.5) * full[1] / level[1]).astype(np.intp)
    painted: Picture = picture.copy()
    for overlay in overlays:
        height, width = overlay.mask.shape
        across, down = columns - overlay.x, rows - overlay.y
        inner_x, inner_y = (across >= 0) & (across < width), (down >= 0) & (down < height)
        hit = np.zeros(picture.shape, np.bool_)
        hit[np.ix_(inner_y, inner_x)] = overlay.mask[np.ix_(down[inner_y], across[inner_x])]
        painted[hit] = overlay.color
    return painted


def _mask(row: int, data: Any, w: int, h: int) -> npt.NDArray[np.bool_]:
    packed = np.frombuffer(bytes(bytearray(data)), np.uint8)
    if packed.size * 8 < w * h:
        raise omero.ValidationException(None, None, f"the mask of row {row} has fewer bits than {w} x {h} pixels")
    return np.unpackbits(packed, count=w * h).reshape(h, w).astype(np.bool_)


def _pixel(packed: int) -> int:
    red, green, blue = (packed >> shift & 0xFF for shift in (16, 8, 0))
    color = np.array([red, green, blue, 0], np.uint8).view(np.uint32)[0]
    return int(color | OPAQUE)
