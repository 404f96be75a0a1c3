"""Small pictures of one shape: what is around it in the image, and its outline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from omeropyr.connection.engines import WarmEngine, rendering_engine
from omeropyr.connection.images import ImageFacts
from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.gateway.parameters import RenderingParameters
from omeropyr.gateway.rendering import Limits, encoded, wanted_state
from omeropyr.marshal.rois import affine, plane_order, points, shape_data

WIDTH, HEIGHT = 250, 166
GREY = (221, 221, 221)
RED = (255, 0, 0)
COLOURS = {
    "f00": RED,
    "0f0": (0, 255, 0),
    "00f": (0, 0, 255),
    "ff0": (255, 255, 0),
    "fff": (255, 255, 255),
    "000": (0, 0, 0),
}
QUALITY = 0.9
# How much wider than the shape the picture is.
AROUND = 1.5
# A shape that lies further out than any image is wide is as good as at this place, in pixels.
FAR = 1e7
_CORNERS = 72

Point = tuple[float, float]


@dataclass(frozen=True)
class Outline:
    """The lines of a shape in pixels of the full resolution; a closed one ends where it began."""

    corners: tuple[Point, ...]
    closed: bool

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width and height."""
        x, y = zip(*self.corners, strict=True)
        return min(x), min(y), max(x) - min(x), max(y) - min(y)


def outline(shape: Any) -> Outline:
    """Give the outline of a shape as it lies in the image. Raises `InvalidInput` where it has no place."""
    data = shape_data(shape)
    corners, closed = _corners(shape, data)
    if not corners or not all(value is not None and math.isfinite(value) for corner in corners for value in corner):
        raise InvalidInput(f"shape {data['id']} has no place that could be shown")
    a00, a10, a01, a11, a02, a12 = affine(shape) or (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    moved = [(a00 * x + a01 * y + a02, a10 * x + a11 * y + a12) for x, y in corners]
    return Outline(tuple((_near(x), _near(y)) for x, y in moved), closed)


def _near(value: float) -> float:
    return min(max(value, -FAR), FAR) if math.isfinite(value) else 0.0


def _corners(shape: Any, data: dict[str, Any]) -> tuple[list[Point], bool]:
    kind = data["type"]
    if kind in ("PolyLine", "Polygon"):
        text = shape.getPoints()
        return [(float(x), float(y)) for x, y in points(text.getValue() if text else "")], kind == "Polygon"
    if kind == "Line":
        return [(data["x1"], data["y1"]), (data["x2"], data["y2"])], False
    if kind == "Shape" or data["x"] is None or data["y"] is None:
        return [], False
    x, y = data["x"], data["y"]
    if kind == "Ellipse":
        return _ellipse(x, y, data["radiusX"] or 0.0, data["radiusY"] or 0.0), True
    width, height = data.get("width") or 0.0, data.get("height") or 0.0
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)], True


def _ellipse(x: float, y: float, radius_x: float, radius_y: float) -> list[Point]:
    angles = [2 * math.pi * number / _CORNERS for number in range(_CORNERS)]
    return [(x + radius_x * math.cos(angle), y + radius_y * math.sin(angle)) for angle in angles]


def shape_thumbnail(
    conn: Any,
    image: ImageFacts,
    shapes: Sequence[Any],
    asked: RenderingParameters,
    colour: tuple[int, int, int],
    limits: Limits,
) -> bytes:
    """Give a JPEG, 250 pixels wide, of one of the shapes: one on the plane that is shown first, else the first.

    Raises `ObjectNotFound` where there is no shape, and `InvalidInput`.
    """
    with rendering_engine(conn, image) as engine:
        shape = _choose(shapes, engine.saved.default_z, engine.saved.default_t)
        lines = outline(shape)
        left, top, width, height = frame(lines)
        data = shape_data(shape)
        z = min(max(data.get("theZ", engine.saved.default_z), 0), image.size_z - 1)
        t = min(max(data.get("theT", engine.saved.default_t), 0), image.size_t - 1)
        picture = Image.new("RGB", (WIDTH, HEIGHT), GREY)
        _paste(picture, engine, wanted_state(engine.saved, asked), (z, t), (left, top, width, height), limits)
    scale_x, scale_y = WIDTH / width, HEIGHT / height
    corners = [((x - left) * scale_x, (y - top) * scale_y) for x, y in lines.corners]
    if lines.closed:
        corners.append(corners[0])
    pen = ImageDraw.Draw(picture)
    if lines.box[2:] == (0, 0):
        x, y = corners[0]
        corners = [(x - 1, y), (x + 1, y)]
    pen.line(corners, fill=colour, width=2)
    quality = QUALITY if asked.quality is None else asked.quality
    return encoded(np.asarray(picture), "jpeg", quality)


def frame(lines: Outline) -> tuple[float, float, float, float]:
    """Give what the picture shows (left, top, width, height): the shape in its middle, at least 250 pixels."""
    x, y, shape_width, shape_height = lines.box
    width = max(shape_width * AROUND, shape_height * AROUND * WIDTH / HEIGHT, float(WIDTH))
    height = width * HEIGHT / WIDTH
    return x + (shape_width - width) / 2, y + (shape_height - height) / 2, width, height


def _choose(shapes: Sequence[Any], z: int, t: int) -> Any:
    if not shapes:
        raise ObjectNotFound("This region has no shapes.")
    known = sorted(((shape_data(shape), shape) for shape in shapes), key=lambda one: plane_order(one[0]))
    on_time = [one for one in known if one[0].get("theT", t) == t]
    on_plane = [one for one in on_time if one[0].get("theZ", z) == z]
    return (on_plane or on_time or known)[0][1]


def _paste(
    picture: Image.Image,
    engine: WarmEngine,
    state: Any,
    plane: tuple[int, int],
    shown: tuple[float, float, float, float],
    limits: Limits,
) -> None:
    """Put what there is of the image into the picture, from the smallest level that is sharp enough."""
    left, top, width, height = shown
    levels = engine.levels()
    sharp = [number for number, size in enumerate(levels) if width * size[0] / levels[0][0] >= WIDTH]
    level = sharp[-1] if sharp else 0
    fx, fy = (levels[level][axis] / levels[0][axis] for axis in (0, 1))
    x0, y0 = max(0, math.floor(left * fx)), max(0, math.floor(top * fy))
    x1 = min(levels[level][0], math.ceil((left + width) * fx))
    y1 = min(levels[level][1], math.ceil((top + height) * fy))
    if x1 <= x0 or y1 <= y0:
        return
    if (x1 - x0) * (y1 - y0) > limits.picture_pixels:
        raise InvalidInput("the shape is too large for a thumbnail")
    z, t = plane
    pixels = engine.render_pixels(state, z=z, t=t, box=(x0, y0, x1 - x0, y1 - y0), level=level)
    scale_x, scale_y = WIDTH / (width * fx), HEIGHT / (height * fy)
    size = max(1, round((x1 - x0) * scale_x)), max(1, round((y1 - y0) * scale_y))
    smaller = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)
    picture.paste(smaller, (round((x0 - left * fx) * scale_x), round((y0 - top * fy) * scale_y)))
