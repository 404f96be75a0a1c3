"""Whether what is measured is right: without that, times say nothing."""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt

from omeropyr.rendering import quantize
from omeropyr.rendering.composite import composite_reference, contributions, rgb_view
from tiling.data import CHANNELS, TILE, Fluorescence
from tiling.ours import Limit, Ours, settings

Array = npt.NDArray[Any]
LEAST_PSNR = 45.0  # decibels between pictures that went through JPEG


class Wrong(Exception):
    """A picture that is not what the settings make of the pixels."""


def check_ours(ours: Ours, source: Fluorescence, numbers: range) -> None:
    """Pictures before encoding equal the numpy reference of the pixels that were written."""
    for number in numbers:
        expected = composite_reference(_planes(source, ours.box(number)), settings())
        found = rgb_view(ours.renderer.region(0, 0, 0, ours.box(number)))[..., :3]
        if not np.array_equal(found, expected):
            raise Wrong(f"tile {number} differs from the reference at {int((found != expected).sum())} values")


def check_limit(limit: Any, ours: Ours, numbers: range) -> None:
    """The limit gives the same JPEG, byte for byte."""
    for number in numbers:
        if limit.tile(number) != ours.tile(number):
            raise Wrong(f"the limit's tile {number} is another picture")


def check_lightened(picture: bytes, source: Fluorescence, place: tuple[int, int]) -> float:
    """The peer's JPEG, which takes the brightest channel rather than their sum: decibels against the reference."""
    column, row = place
    planes = [source.tile(0, c, row, column) for c in range(CHANNELS)]
    expected = np.zeros((TILE, TILE, 3), np.uint8)
    for plane, channel, added in zip(planes, settings().channels, contributions(settings()), strict=True):
        expected = np.maximum(expected, added[quantize.quantize(plane, channel)])
    bands = np.dstack([expected, np.full((TILE, TILE, 1), 255, np.uint8)])
    decibels = psnr(
        imagecodecs.jpeg8_decode(picture), imagecodecs.jpeg8_decode(Limit.encoded(bands.view(np.uint32)[..., 0]))
    )
    if decibels < LEAST_PSNR:
        raise Wrong(f"the peer's tile is {decibels:.1f} dB from the reference")
    return decibels


def check_slide(found: bytes, expected: Array) -> float:
    """A JPEG of the slide against the pixels that were packed: decibels."""
    decibels = psnr(imagecodecs.jpeg8_decode(found), expected)
    if decibels < 30:  # it lost something when it was packed
        raise Wrong(f"the slide's tile is {decibels:.1f} dB from what was written")
    return decibels


def psnr(found: Array, expected: Array) -> float:
    """Peak signal to noise of 8-bit pictures, in decibels."""
    error = float(np.mean((found.astype(np.float64) - expected) ** 2))
    return 10 * float(np.log10(255**2 / error)) if error else 99.0


def _planes(source: Fluorescence, box: tuple[int, int, int, int]) -> list[Array]:
    x, y, width, height = box
    planes = [source.tile(0, c, y // TILE, x // TILE) for c in range(CHANNELS)]
    return [plane[y % TILE : y % TILE + height, x % TILE : x % TILE + width] for plane in planes]
