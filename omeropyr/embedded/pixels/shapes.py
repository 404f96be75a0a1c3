"""Which pixels a shape covers. A pixel belongs to a shape when its centre lies inside (on the edge counts)."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import omero

Mask = npt.NDArray[np.bool_]
Points = npt.NDArray[np.float64]
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
FARTHEST = 2**24
"""Pixels from the origin; no image reaches so far."""
MOST_PIXELS = 2**24
"""Pixels of the box around a shape; values of more would not fit into memory beside everything else."""


class Bitmap:
    """The bytes of a Mask: one bit a pixel, row by row without gaps, the highest bit of a byte first."""

    @staticmethod
    def length(width: int, height: int) -> int:
        """Bytes of a mask of this size."""
        return (width * height + 7) // 8

    @staticmethod
    def read(data: bytes, width: int, height: int) -> Mask:
        """``(height, width)``; bits that are missing at the end count as not set."""
        bits = np.unpackbits(np.frombuffer(data, np.uint8))[: width * height]
        whole = np.zeros(width * height, bool)
        whole[: len(bits)] = bits.astype(bool)
        return whole.reshape(height, width)


def covered(shape: Any, size: tuple[int, int]) -> tuple[int, int, Mask]:
    """Left, top and the mask of a shape within an image of *size* (width, height).

    Raises ``omero.ApiUsageException`` for a shape that covers nothing by nature (Label, Path) or too much.
    """
    corners = _outline(shape)
    matrix = _matrix(shape.transform)
    placed = corners @ matrix[:, :2].T + matrix[:, 2]
    if not (np.abs(placed) <= FARTHEST).all():
        raise omero.ApiUsageException(None, None, "The shape is too far away, or its numbers are none.")
    low = np.floor(placed.min(axis=0)).astype(int) - 1
    high = np.ceil(placed.max(axis=0)).astype(int) + 2
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(size[0], int(high[0])), min(size[1], int(high[1]))
    if right <= left or bottom <= top:
        return left, top, np.zeros((0, 0), bool)
    if (right - left) * (bottom - top) > MOST_PIXELS:
        raise omero.ApiUsageException(None, None, f"The shape covers more than {MOST_PIXELS} pixels.")
    if isinstance(shape, omero.model.Line | omero.model.Polyline | omero.model.Point):
        return left, top, _along(placed, left, top, right, bottom)
    if isinstance(shape, omero.model.Polygon):
        return left, top, _in_polygon(placed, left, top, right, bottom)
    ys, xs = np.ogrid[top:bottom, left:right]
    try:
        back = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))
    except np.linalg.LinAlgError:
        return left, top, np.zeros((bottom - top, right - left), bool)
    x = back[0, 0] * xs + back[0, 1] * ys + back[0, 2]
    y = back[1, 0] * xs + back[1, 1] * ys + back[1, 2]
    return left, top, _inside(shape, corners, x, y)


def _value(number: Any) -> float:
    if number is None:
        raise omero.ApiUsageException(None, None, "The shape has no complete geometry.")
    return float(number.val)


def _outline(shape: Any) -> Points:
    """Corners of the shape (of its bounding box where it is round), before its transform."""
    if isinstance(shape, omero.model.Rectangle | omero.model.Mask):
        x, y, w, h = (_value(one) for one in (shape.x, shape.y, shape.width, shape.height))
        return np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
    if isinstance(shape, omero.model.Ellipse):
        x, y, rx, ry = (_value(one) for one in (shape.x, shape.y, shape.radiusX, shape.radiusY))
        return np.array([(x - rx, y - ry), (x + rx, y - ry), (x + rx, y + ry), (x - rx, y + ry)])
    if isinstance(shape, omero.model.Point):
        return np.array([(_value(shape.x), _value(shape.y))])
    if isinstance(shape, omero.model.Line):
        return np.array([(_value(shape.x1), _value(shape.y1)), (_value(shape.x2), _value(shape.y2))])
    if isinstance(shape, omero.model.Polygon | omero.model.Polyline):
        numbers = [float(one) for one in _NUMBER.findall(shape.points.val if shape.points is not None else "")]
        if len(numbers) >= 4:
            return np.array(numbers[: len(numbers) // 2 * 2]).reshape(-1, 2)
        raise omero.ApiUsageException(None, None, "The shape has no complete geometry.")
    raise omero.ApiUsageException(None, None, f"A {type(shape).__name__.removesuffix('I')} covers no pixels.")


def _matrix(transform: Any) -> Points:
    """``(2, 3)`` of an AffineTransform; null is the identity."""
    if transform is None:
        return np.array([[1.0, 0, 0], [0, 1, 0]])
    a = {name: _value(getattr(transform, name)) for name in ("a00", "a01", "a02", "a10", "a11", "a12")}
    return np.array([[a["a00"], a["a01"], a["a02"]], [a["a10"], a["a11"], a["a12"]]])


def _inside(shape: Any, corners: Points, x: Points, y: Points) -> Mask:
    """Whether the points are in the shape. Rectangles and masks cover the pixels whose index is in [x, x + width)."""
    if isinstance(shape, omero.model.Ellipse):
        centre = corners.mean(axis=0)
        radii = np.maximum((corners[2] - corners[0]) / 2, 1e-9)
        found: Mask = ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 <= 1
        return found
    (left, top), (right, bottom) = corners[0], corners[2]
    box: Mask = (x >= left) & (x < right) & (y >= top) & (y < bottom)
    if not isinstance(shape, omero.model.Mask):
        return box
    width, height = int(right - left), int(bottom - top)
    if not 0 <= width * height <= MOST_PIXELS:
        raise omero.ApiUsageException(None, None, f"The mask has more than {MOST_PIXELS} pixels.")
    bits = Bitmap.read(bytes(shape.bytes or b""), width, height)
    columns = np.clip((x - left).astype(int), 0, max(0, width - 1))
    rows = np.clip((y - top).astype(int), 0, max(0, height - 1))
    return box & bits[rows, columns] if bits.size else np.zeros(x.shape, bool)


def _in_polygon(corners: Points, left: int, top: int, right: int, bottom: int) -> Mask:
    """Even-odd rule; pixel centres on an edge count. Each edge is looked at only in the rows it crosses."""
    found = np.zeros((bottom - top, right - left), bool)
    edge = np.zeros_like(found)
    xs = np.arange(left, right, dtype=float)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        first, last = max(top, int(np.ceil(min(y1, y2)))), min(bottom - 1, int(np.floor(max(y1, y2))))
        if first > last:
            continue
        rows = slice(first - top, last - top + 1)
        if y1 == y2:
            edge[rows] |= (xs >= min(x1, x2)) & (xs <= max(x1, x2))
            continue
        ys = np.arange(first, last + 1, dtype=float)
        at = (x1 + (ys - y1) * (x2 - x1) / (y2 - y1))[:, None]
        found[rows] ^= (((y1 > ys) != (y2 > ys))[:, None]) & (xs < at)
        edge[rows] |= np.abs(xs - at) < 1e-9
    return found | edge


def _along(corners: Points, left: int, top: int, right: int, bottom: int) -> Mask:
    """The pixels that a line runs through: one in each step along its longer axis."""
    mask = np.zeros((bottom - top, right - left), bool)
    pairs = [(corners[0], corners[0])] if len(corners) == 1 else list(pairwise(corners))
    for start, end in pairs:
        steps = int(np.ceil(np.abs(end - start).max())) + 1
        points = np.floor(np.linspace(start, end, steps) + 0.5).astype(int) - (left, top)
        inside = (points >= 0).all(axis=1) & (points[:, 0] < right - left) & (points[:, 1] < bottom - top)
        mask[points[inside, 1], points[inside, 0]] = True
    return mask
