"""Masks as pictures: the pixels that belong to it in its colour, the others transparent."""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
import omero.model

from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.marshal.objects import plain

YELLOW = (255, 255, 0, 255)


def mask_png(mask: Any, most_pixels: int) -> bytes:
    """Give a PNG with an alpha channel; its colour is the mask's fill colour, else yellow.

    OMERO holds one bit a pixel, row by row without gaps, the highest bit of a byte first. Raises `ObjectNotFound` for
    a shape that is no mask and `InvalidInput` for one that is too large.
    """
    if not isinstance(mask, omero.model.Mask):
        raise ObjectNotFound("This shape is no mask.")
    width, height = (_side(plain(side)) for side in (mask.getWidth(), mask.getHeight()))
    if width * height > most_pixels:
        raise InvalidInput(f"a mask of {width} x {height} pixels is larger than {most_pixels} pixels")
    colour = plain(mask.getFillColor())
    rgba = YELLOW if colour is None else tuple((colour & 0xFFFFFFFF).to_bytes(4, "big"))
    inside = bits(bytes(mask.getBytes() or b""), width, height)
    painted = np.where(inside[..., None], np.array(rgba, np.uint8), np.uint8(0))
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(painted), level=1))


def bits(data: bytes, width: int, height: int) -> npt.NDArray[np.bool_]:
    """Give which pixels belong to a mask, `(height, width)`; what is missing of the bits is outside."""
    unpacked = np.unpackbits(np.frombuffer(data, np.uint8), count=width * height)
    return unpacked.astype(np.bool_).reshape(height, width)


def _side(value: float | None) -> int:
    if value is None or not 1 <= value < 2**31:
        raise InvalidInput("this mask has no size that could be shown")
    return int(value)
