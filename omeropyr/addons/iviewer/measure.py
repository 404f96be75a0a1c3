"""Values under the pointer and under shapes, as OMERO.iviewer asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import context
from omeropyr.errors import InvalidInput

AROUND = 25
"""Pixels to each side of the pointer that are read at once."""

_NUMPY = {
    "bit": "u1", "int8": "i1", "uint8": "u1", "int16": ">i2", "uint16": ">u2", "int32": ">i4", "uint32": ">u4",
    "float": ">f4", "double": ">f8",
}  # fmt: skip
Json = dict[str, Any]


def intensity(
    conn: Any, image: ImageFacts, plane: tuple[int, int], place: tuple[int, int], channels: Sequence[int]
) -> Json:
    """The values of *channels* around *place* (x, y) on *plane* (z, t), cut to the image: `{"x-y": {channel: value}}`.

    Raises InvalidInput for what lies outside of the image.
    """
    (z, t), (x, y) = plane, place
    inside = 0 <= x < image.size_x and 0 <= y < image.size_y and 0 <= z < image.size_z and 0 <= t < image.size_t
    if not inside or not all(0 <= channel < image.size_c for channel in channels):
        raise InvalidInput("there is no such pixel, plane or channel in the image")
    left, top = max(0, x - AROUND), max(0, y - AROUND)
    w, h = min(image.size_x, x + AROUND + 1) - left, min(image.size_y, y + AROUND + 1) - top
    values = _read(conn, image, (z, t), (left, top, w, h), channels)
    pixels = {
        f"{left + column}-{top + row}": {str(channel): tile[row, column].item() for channel, tile in values.items()}
        for row in range(h)
        for column in range(w)
    }
    return {"count": len(pixels), "pixels": pixels}


def _read(
    conn: Any, image: ImageFacts, plane: tuple[int, int], box: tuple[int, int, int, int], channels: Sequence[int]
) -> dict[int, np.ndarray[Any, Any]]:
    dtype = _NUMPY.get(image.pixels_type)
    if dtype is None:
        raise InvalidInput(f"values of {image.pixels_type} pixels are not read")
    (z, t), (x, y, w, h) = plane, box
    store = conn.c.sf.createRawPixelsStore()
    try:
        store.setPixelsId(image.pixels_id, False, context(conn, image.group_id))
        if store.requiresPixelsPyramid():
            store.setResolutionLevel(store.getResolutionLevels() - 1)
        return {
            channel: np.frombuffer(store.getTile(z, channel, t, x, y, w, h), dtype).reshape(h, w)
            for channel in channels
        }
    finally:
        store.close()


def shape_stats(conn: Any, shape_ids: Sequence[int], z: int, t: int, channels: Sequence[int]) -> dict[str, list[Json]]:
    """Count, least, largest, sum, mean and deviation under shapes on a plane, by shape and channel.

    *z* and *t* count for shapes that lie on all planes.
    """
    service = conn.getRoiService()
    found = service.getShapeStatsRestricted(list(shape_ids), z, t, list(channels), context(conn))
    return {str(one.shapeId): [_channel(one, place, channels) for place in range(len(one.mean))] for one in found}


def _channel(stats: Any, place: int, channels: Sequence[int]) -> Json:
    names = {"points": "pointsCount", "min": "min", "max": "max", "sum": "sum", "mean": "mean", "std_dev": "stdDev"}
    values = {name: getattr(stats, field)[place] for name, field in names.items()}
    # OMERO tells logical channels by their ids, in the order asked for; the viewer counts channels.
    return {"index": channels[place] if channels else place, **values}
