"""Projections of tiles and regions, which OMERO's engine does for whole planes only: computed here from raw pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from omeropyr.connection.engines import Picture
from omeropyr.connection.images import ImageFacts
from omeropyr.connection.raw_pixels import DTYPES, Stack, raw_pixels
from omeropyr.connection.rendering_state import ChannelState, RenderingState
from omeropyr.errors import InvalidInput
from omeropyr.rendering import quantize
from omeropyr.rendering.composite import contribution
from omeropyr.rendering.projection import Projection, project
from omeropyr.rendering.settings import ChannelBinding, Family, Model, RenderingDef

Array = npt.NDArray[Any]
Tables = Mapping[str, npt.NDArray[np.uint8]]
"""Lookup tables `(256, 3)` by name."""
KINDS: dict[str, Projection] = {"intmax": "max", "intmean": "mean", "intsum": "sum"}


def project_box(
    conn: Any, image: ImageFacts, state: RenderingState, kind: str, stack: Stack, *, tables: Tables, most_bytes: int
) -> Picture:
    """Project a rectangle of some planes and render the result, `(height, width, 3)`; `kind` is a key of `KINDS`.

    Raises `InvalidInput` where more than `most_bytes` would be read.
    """
    settings = rendering_def(state)
    width, height = stack.box[2:]
    if not settings.shown:
        return np.zeros((height, width, 3), np.uint8)
    if image.pixels_type not in DTYPES:
        raise InvalidInput(f"images of type {image.pixels_type} can't be projected")
    values = (stack.last - stack.first + 1) * width * height * len(settings.shown)
    needed = values * np.dtype(DTYPES[image.pixels_type]).itemsize
    if needed > most_bytes:
        raise InvalidInput(f"this projection would read {needed} bytes, more than {most_bytes}: ask for fewer planes")
    with raw_pixels(conn, image) as raw:
        planes = [project(raw.planes(c, stack), KINDS[kind]) for c in settings.shown]
    total = np.zeros((height, width, 3), np.uint32)
    for index, plane in zip(settings.shown, planes, strict=True):
        channel = settings.channels[index]
        total += added_by(channel, settings.model, tables)[_levels(plane, channel)]
    return np.minimum(total, 255).astype(np.uint8)


def rendering_def(state: RenderingState) -> RenderingDef:
    """Give the same settings as the renderer names them."""
    model: Model = "greyscale" if state.model == "greyscale" else "rgb"
    return RenderingDef(tuple(_binding(channel) for channel in state.channels), model)


def _binding(channel: ChannelState) -> ChannelBinding:
    red, green, blue, alpha = channel.rgba
    return ChannelBinding(
        active=channel.active,
        input_start=channel.start,
        input_end=channel.end,
        family=cast(Family, channel.family),
        coefficient=channel.coefficient,
        red=red,
        green=green,
        blue=blue,
        alpha=alpha,
        lookup_table=channel.lut,
        reverse_intensity=channel.inverted,
    )


def added_by(channel: ChannelBinding, model: Model, tables: Tables) -> npt.NDArray[np.uint8]:
    """Give what each level of a channel adds to the picture, `(256, 3)`: the server's table where it names one."""
    named = tables.get(channel.lookup_table) if channel.lookup_table and model == "rgb" else None
    return contribution(channel, model) if named is None else named


def _levels(plane: Array, channel: ChannelBinding) -> npt.NDArray[np.uint8]:
    if plane.dtype.itemsize <= 2 and plane.dtype.kind in "ui":
        found: npt.NDArray[np.uint8] = quantize.table(plane.dtype, channel)[plane.view(f"u{plane.dtype.itemsize}")]
        return found
    return quantize.quantize(plane, channel)
