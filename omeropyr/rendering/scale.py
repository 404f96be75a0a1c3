"""Down-sampling by area average: thumbnails, and resolution levels by factors of two."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[Any]


def fit(width: int, height: int, longest: int) -> tuple[int, int]:
    """(width, height) of the same proportions whose longer side is *longest*; never 0."""
    ratio = longest / max(width, height)
    return max(1, int(width * ratio)), max(1, int(height * ratio))


def thumbnail(rgb: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    """A picture ``(h, w, 3 or 4)`` as ``(height, width, 3)``.

    Averaged over areas when smaller, interpolated when larger.
    """
    image = Image.fromarray(np.ascontiguousarray(rgb[..., :3]))
    if image.size == (width, height):
        return np.asarray(image)
    smaller = width <= image.width and height <= image.height
    return np.asarray(image.resize((width, height), Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR))


def halve(plane: Array) -> Array:
    """Each 2 x 2 block's mean, ``(ceil(h / 2), ceil(w / 2))``, in the plane's type.

    Edges of odd planes average what is there.
    """
    height, width = plane.shape
    if height % 2 or width % 2:
        plane = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
    wide = np.float64 if plane.dtype.kind == "f" else np.int64 if plane.dtype.itemsize > 2 else np.int32
    total: Array = plane[0::2, 0::2].astype(wide)
    total += plane[0::2, 1::2]
    total += plane[1::2, 0::2]
    total += plane[1::2, 1::2]
    halved: Array = (total / 4 if plane.dtype.kind == "f" else (total + 2) >> 2).astype(plane.dtype)
    return halved
