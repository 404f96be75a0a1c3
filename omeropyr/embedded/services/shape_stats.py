"""The values of the pixels under shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import omero
from omero.rtypes import unwrap

from omeropyr.embedded.pixels.access import PixelAccess
from omeropyr.embedded.pixels.reader import ReaderError
from omeropyr.embedded.pixels.shapes import covered
from omeropyr.embedded.store import Transaction


@dataclass(frozen=True)
class Sizes:
    """Pixels of an image: id and the lengths of its axes."""

    pixels_id: int
    x: int
    y: int
    z: int
    c: int
    t: int


@dataclass(frozen=True)
class Placed:
    """A shape on the pixels of its image; ``channels`` are the ids of its LogicalChannels."""

    shape: Any
    sizes: Sizes
    channels: tuple[int, ...]

    @property
    def pixels_id(self) -> int:
        """The Pixels below."""
        return self.sizes.pixels_id

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the image."""
        return self.sizes.x, self.sizes.y


def sizes_of_image(tx: Transaction, image_id: int | None) -> Sizes:
    """ApiUsageException when there is no image or it has no pixels."""
    rows = tx.values(
        "select p.id, p.sizeX, p.sizeY, p.sizeZ, p.sizeC, p.sizeT from Pixels p where p.image.id = :id order by p.id",
        {"id": image_id},
    )
    if not rows:
        raise omero.ApiUsageException(None, None, "The region belongs to no image with pixels.")
    return Sizes(*(int(one) for one in rows[0]))


def load(tx: Transaction, ids: Sequence[int]) -> list[Placed]:
    """Shapes with their images, in the order of *ids*; ValidationException for one that the caller does not see."""
    query = "select s from Shape s left outer join fetch s.transform left outer join fetch s.roi where s.id in (:ids)"
    known = {shape.id.val: shape for shape in tx.find(query, {"ids": list(ids)})}
    images: dict[int | None, tuple[Sizes, tuple[int, ...]]] = {}
    placed = []
    for one in ids:
        if one not in known:
            raise omero.ValidationException(None, None, f"There is no Shape {one}.")
        roi = known[one].roi
        image_id = roi.image.id.val if roi.image is not None else None
        if image_id not in images:
            sizes = sizes_of_image(tx, image_id)
            images[image_id] = sizes, _channels(tx, sizes.pixels_id)
        placed.append(Placed(known[one], *images[image_id]))
    return placed


def _channels(tx: Transaction, pixels_id: int) -> tuple[int, ...]:
    query = "select c.logicalChannel.id from Channel c where c.pixels.id = :id order by index(c), c.id"
    return tuple(int(row[0]) for row in tx.values(query, {"id": pixels_id}))


def measure(
    pixels: PixelAccess, place: Placed, plane: tuple[int, int] | None, channels: Sequence[int] = ()
) -> omero.api.ShapeStats:
    """Statistics of each channel under a shape: the shape's own, or *channels*, or all.

    *plane* is z and t where the shape has none; without it the image must not have several. The deviation is that of a
    sample (divided by n - 1). A shape outside of the image gives zeros and a count of 0.
    """
    z, t = _plane(place, plane)
    own = unwrap(place.shape.theC)
    chosen = list(channels) or ([int(own)] if own is not None else list(range(place.sizes.c)))
    if any(not 0 <= one < place.sizes.c for one in chosen):
        raise omero.ApiUsageException(None, None, f"The image has {place.sizes.c} channels.")
    left, top, mask = covered(place.shape, place.size)
    height, width = mask.shape
    stats = []
    for channel in chosen:
        values = np.zeros(0)
        if mask.any():
            try:
                values = pixels.tile(place.pixels_id, 0, z, channel, t, left, top, width, height)[mask].astype(float)
            except ReaderError as error:
                raise omero.ResourceError(None, None, str(error)) from None
        stats.append(_summary(values))
    ids = [place.channels[one] if one < len(place.channels) else -1 for one in chosen]
    return _as_stats(place.shape.id.val, ids, stats)


def together(stats: Sequence[omero.api.ShapeStats]) -> omero.api.ShapeStats:
    """The statistics of several shapes as if they were one; a pixel under two shapes counts twice."""
    channels = list(dict.fromkeys(one for each in stats for one in each.channelIds))
    found = []
    for channel in channels:
        parts = [(each, each.channelIds.index(channel)) for each in stats if channel in each.channelIds]
        parts = [(each, at) for each, at in parts if each.pointsCount[at]]
        count = sum(each.pointsCount[at] for each, at in parts)
        total = sum(each.sum[at] for each, at in parts)
        mean = total / count if count else 0.0
        squares = sum(
            each.stdDev[at] ** 2 * (each.pointsCount[at] - 1) + each.pointsCount[at] * (each.mean[at] - mean) ** 2
            for each, at in parts
        )
        low = min((each.min[at] for each, at in parts), default=0.0)
        high = max((each.max[at] for each, at in parts), default=0.0)
        found.append((count, low, high, total, mean, float(np.sqrt(squares / (count - 1))) if count > 1 else 0.0))
    return _as_stats(-1, channels, found)


def _plane(place: Placed, plane: tuple[int, int] | None) -> tuple[int, int]:
    chosen = []
    for name, length, other in (("theZ", place.sizes.z, 0), ("theT", place.sizes.t, 1)):
        own = unwrap(getattr(place.shape, name))
        if own is None and plane is None and length > 1:
            raise omero.ApiUsageException(
                None, None, f"Shape {place.shape.id.val} has no {name}: its plane is not known."
            )
        at = int(own) if own is not None else (plane[other] if plane is not None else 0)
        if not 0 <= at < length:
            raise omero.ApiUsageException(None, None, f"{name} {at} is outside of the image.")
        chosen.append(at)
    return chosen[0], chosen[1]


_Summary = tuple[int, float, float, float, float, float]


def _summary(values: Any) -> _Summary:
    """Count, least, largest, sum, mean, deviation."""
    count = len(values)
    if not count:
        return 0, 0.0, 0.0, 0.0, 0.0, 0.0
    deviation = float(values.std(ddof=1)) if count > 1 else 0.0
    return count, float(values.min()), float(values.max()), float(values.sum()), float(values.mean()), deviation


def _as_stats(shape_id: int, channels: list[int], found: list[_Summary]) -> omero.api.ShapeStats:
    counts, low, high, total, mean, deviation = (
        (list(part) for part in zip(*found, strict=True)) if found else ([],) * 6
    )
    return omero.api.ShapeStats(shape_id, channels, counts, low, high, total, mean, deviation)
