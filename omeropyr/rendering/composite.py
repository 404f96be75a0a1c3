"""Channels coloured and added: the reference in numpy, and ``render``, which takes the compiled way.

Each channel's level d adds ``int(colour d / 255)`` to red, green and blue (or its lookup table's entry), less with
alpha below 255; sums are clamped at 255. Source: the loop for packed integers of OMERO's ``RenderHSBRegionTask``.
Greyscale shows the first active channel's levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from omeropyr.rendering import kernel, quantize
from omeropyr.rendering.lut import lookup_table
from omeropyr.rendering.settings import ChannelBinding, Model, RenderingDef

Array = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]


def contribution(channel: ChannelBinding, model: Model = "rgb") -> Bytes:
    """What each level of the channel adds, ``(256, 3)``."""
    levels = np.arange(256)
    if model == "greyscale":
        return np.repeat(levels[:, None], 3, axis=1).astype(np.uint8)
    named = lookup_table(channel.lookup_table) if channel.lookup_table else None
    if named is not None:
        return named
    color = np.array([channel.red, channel.green, channel.blue]) / 255.0
    added = np.floor(levels[:, None] * color)
    faded: Bytes = np.floor(added * (channel.alpha / 255)).astype(np.uint8)
    return faded


def contributions(settings: RenderingDef) -> list[Bytes]:
    """What each level of each shown channel adds, ``(256, 3)`` each, the codomain applied."""
    levels = quantize.codomain(*settings.codomain, settings.bit_resolution)
    return [contribution(settings.channels[index], settings.model)[levels] for index in settings.shown]


def composite_reference(planes: Sequence[Array], settings: RenderingDef) -> Bytes:
    """The picture ``(h, w, 3)`` of the shown channels' planes, in plain numpy.

    *planes* are those of ``settings.shown``, in order.
    """
    height, width = planes[0].shape
    total = np.zeros((height, width, 3), dtype=np.uint32)
    for index, plane, added in zip(settings.shown, planes, contributions(settings), strict=True):
        total += added[quantize.quantize(plane, settings.channels[index])]
    return np.minimum(total, 255).astype(np.uint8)


class Composer:
    """Tables of one RenderingDef for one pixel type, built once and used for many tiles; safe for threads."""

    def __init__(self, settings: RenderingDef, dtype: np.dtype[Any]) -> None:
        self.settings = settings
        self._channels = [settings.channels[index] for index in settings.shown]
        # Values of up to 16 bits are looked up, wider ones become levels first.
        self._bits = np.dtype(f"u{dtype.itemsize}") if dtype.itemsize <= 2 and dtype.kind in "ui" else None
        values = dtype if self._bits is not None else None
        how = settings.model, settings.codomain, settings.bit_resolution
        self._tables = [_table(values, channel, *how) for channel in self._channels]

    def rgbx(self, planes: Sequence[Array]) -> npt.NDArray[np.uint32]:
        """The picture ``(h, w)``, one uint32 a pixel whose bytes in memory are red, green, blue, 255."""
        if not planes:
            raise ValueError("no channel is shown; the caller knows how large black should be")
        if self._bits is not None:
            return kernel.composite([plane.view(self._bits) for plane in planes], self._tables)
        levels = [np.empty(plane.shape, np.uint8) for plane in planes]
        for target, plane, channel in zip(levels, planes, self._channels, strict=True):
            kernel.quantize(plane, channel, target)
        return kernel.composite(levels, self._tables)


@lru_cache(maxsize=64)
def _table(
    dtype: np.dtype[Any] | None, channel: ChannelBinding, model: Model, codomain: tuple[int, int], bit_resolution: int
) -> npt.NDArray[np.uint32]:
    """What each value of an 8- or 16-bit *dtype*, or with ``None`` each level, adds: :func:`kernel.lanes` of it."""
    added = kernel.lanes(contribution(channel, model)[quantize.codomain(*codomain, bit_resolution)])
    return added if dtype is None else added[quantize.table(dtype, channel)]


def render(planes: Sequence[Array], settings: RenderingDef) -> npt.NDArray[np.uint32]:
    """One picture by the compiled way; see :meth:`Composer.rgbx`."""
    return Composer(settings, planes[0].dtype).rgbx(planes)


def black(height: int, width: int) -> npt.NDArray[np.uint32]:
    """The picture of no channel at all."""
    return np.full((height, width), kernel.OPAQUE, dtype=np.uint32)


def rgb_view(rgbx: npt.NDArray[np.uint32]) -> Bytes:
    """The same memory as ``(h, w, 4)`` bytes: red, green, blue, 255."""
    return rgbx.view(np.uint8).reshape(*rgbx.shape, 4)
