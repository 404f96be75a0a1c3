"""Plots of one row or column of the pixels as a transparent GIF to be laid over the picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from omeropyr.connection.engines import rendering_engine
from omeropyr.connection.images import ImageFacts
from omeropyr.connection.raw_pixels import DTYPES, raw_pixels
from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.gateway.parameters import RenderingParameters
from omeropyr.gateway.rendering import Limits, check_plane, wanted_state
from omeropyr.marshal.channels import Channel, channels

WIDEST = 100
# The palette: what is transparent, a spare black, the white of the line that is measured; then a colour per channel.
_PALETTE = (0, 0, 0, 0, 0, 0, 255, 255, 255)
_TRANSPARENT, _WHITE, _FIRST = 0, 2, 3

Levels = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """What is measured: a row (`y` = place) or a column (`x` = place) of a plane; the width to draw it, in pixels."""

    axis: Literal["row", "column"]
    place: int
    z: int
    t: int
    width: int = 1


def line_plot(conn: Any, image: ImageFacts, asked: RenderingParameters, line: Line, limits: Limits) -> bytes:
    """Draw the values of the channels that are on, each over its own range, as a GIF of the image's size.

    Raises `ObjectNotFound` and `InvalidInput`.
    """
    _check(image, line, limits)
    with rendering_engine(conn, image) as engine:
        state = wanted_state(engine.saved, asked)
    shown = [index for index, channel in enumerate(state.channels) if channel.active]
    known = channels(conn, image)
    height = (image.size_y if line.axis == "row" else image.size_x) - 1
    with raw_pixels(conn, image) as raw:
        read = raw.row if line.axis == "row" else raw.column
        plots = [scaled(read(line.place, z=line.z, c=c, t=line.t), known[c], height) for c in shown]
    colours = [state.channels[index].rgba[:3] for index in shown]
    return draw((image.size_x, image.size_y), line, plots, colours)


def scaled(values: npt.NDArray[Any], channel: Channel, height: int) -> Levels:
    """Give values of a channel as 0 to `height`; 0 where all are the same."""
    span = channel.high - channel.low
    with np.errstate(invalid="ignore", over="ignore"):
        plot = (values.astype(np.float64) - channel.low) * (height / span if span > 0 else 0.0)
    return np.clip(np.nan_to_num(plot), 0, max(height, 0))


def draw(size: tuple[int, int], line: Line, plots: Sequence[Levels], colours: Sequence[tuple[int, int, int]]) -> bytes:
    """Draw plots over each other: from the bottom up along a row, from the left along a column."""
    picture = Image.new("P", size, _TRANSPARENT)
    # A palette of 256 colours has no room for more channels.
    plots, colours = plots[: 256 - _FIRST], colours[: 256 - _FIRST]
    picture.putpalette([*_PALETTE, *(value for colour in colours for value in colour)])
    pen = ImageDraw.Draw(picture)
    base = size[1] - 1
    across = line.axis == "row"
    ends = ((0, line.place), (size[0], line.place)) if across else ((line.place, 0), (line.place, size[1]))
    pen.line(ends, fill=_WHITE, width=line.width)
    for number, plot in enumerate(plots):
        levels = (base - plot if across else plot).tolist()
        last = levels[0]
        for place, level in enumerate(levels):
            step = ((place, last), (place, level)) if across else ((last, place), (level, place))
            pen.line(step, fill=_FIRST + number, width=line.width)
            last = level
    made = io.BytesIO()
    picture.save(made, format="gif", transparency=_TRANSPARENT)
    return made.getvalue()


def _check(image: ImageFacts, line: Line, limits: Limits) -> None:
    check_plane(image, line.z, line.t)
    if image.pixels_type not in DTYPES:
        raise InvalidInput(f"images of type {image.pixels_type} have no plots")
    if line.place >= (image.size_y if line.axis == "row" else image.size_x):
        raise ObjectNotFound(f"image {image.id} has {image.size_x} x {image.size_y} pixels")
    if not 1 <= line.width <= WIDEST:
        raise InvalidInput(f"a line is from 1 to {WIDEST} pixels wide")
    if image.size_x * image.size_y > limits.picture_pixels:
        raise InvalidInput(f"the plot would have {image.size_x} x {image.size_y} pixels, more than allowed")
