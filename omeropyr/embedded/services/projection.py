"""IProjection: the focal planes of an image into one, as bytes or as a new image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import omero
from omero.constants.projection import ProjectionType
from omero.rtypes import rint, rstring, unwrap

from omeropyr.embedded.dispatch import Service
from omeropyr.embedded.pixels import renderdefs
from omeropyr.embedded.pixels.errors import as_omero
from omeropyr.embedded.pixels.reader import PIXELS_TYPES
from omeropyr.embedded.services.pixels import PixelsService
from omeropyr.rendering.projection import Projection, project

if TYPE_CHECKING:
    from omeropyr.embedded.dispatch import Call

Array = npt.NDArray[Any]
KINDS: dict[Any, Projection] = {
    ProjectionType.MAXIMUMINTENSITY: "max",
    ProjectionType.MEANINTENSITY: "mean",
    ProjectionType.SUMINTENSITY: "sum",
}
"""OMERO's names of the projections and ours."""


class ProjectionService(Service):
    """``omero.api.IProjection``. The last plane of a range is part of it."""

    slice_type: ClassVar[type] = omero.api.IProjection

    def projectStack(
        self, call: Call, pixelsId: int, pixelsType: Any, algorithm: Any, timepoint: int, channelIndex: int,
        stepping: int, start: int, end: int,
    ) -> bytes:  # fmt: skip
        """The projection of one channel and time point, big-endian bytes of *pixelsType* (null: the image's)."""
        with call.server.store.read(call.actor) as transaction:
            renderdefs.load_pixels(transaction, pixelsId)
        dtype = _dtype(call, pixelsId, pixelsType)
        plane = _projected(call, pixelsId, algorithm, (timepoint, channelIndex), range(start, end + 1, _step(stepping)))
        return _cut(plane, dtype).astype(dtype.newbyteorder(">")).tobytes()

    def projectPixels(
        self, call: Call, pixelsId: int, pixelsType: Any, algorithm: Any, tStart: int, tEnd: int,
        channelList: Sequence[int], stepping: int, zStart: int, zEnd: int, name: str,
    ) -> int:  # fmt: skip
        """A new image of one focal plane, with the time points and channels asked for; returns its id."""
        with call.server.store.read(call.actor) as transaction:
            source = renderdefs.load_pixels(transaction, pixelsId)
        _check_ranges(source, (tStart, tEnd), (zStart, zEnd), channelList)
        dtype = _dtype(call, pixelsId, pixelsType)
        image_id = unwrap(
            PixelsService().copyAndResizeImage(
                call, source.image.id.val, None, None, rint(1), rint(tEnd - tStart + 1), channelList, "", False
            )
        )
        pixels = self._rename(call, image_id, name, pixelsType)
        depths = range(zStart, zEnd + 1, _step(stepping))
        for t in range(tStart, tEnd + 1):
            for place, channel in enumerate(channelList):
                plane = _cut(_projected(call, pixelsId, algorithm, (t, channel), depths), dtype)
                with as_omero(), call.server.pixels.write(pixels) as raw:
                    data = plane.astype(dtype.newbyteorder(">")).tobytes()
                    raw.write_tile(data, 0, place, t - tStart, 0, 0, plane.shape[1], plane.shape[0])
        return int(image_id)

    @staticmethod
    def _rename(call: Call, image_id: int, name: str, pixels_type: Any) -> int:
        """Give the new image its name and pixel type; the id of its Pixels."""
        with call.server.store.write(call.actor) as transaction:
            image = transaction.get("Image", image_id)
            if name:
                image.name = rstring(name)
                transaction.save(image)
            pixels_id = transaction.values("select p.id from Pixels p where p.image.id = :id", {"id": image_id})[0][0]
            if pixels_type is not None:
                pixels = transaction.get("Pixels", pixels_id)
                value = unwrap(pixels_type.value)
                pixels.pixelsType = transaction.find(
                    "select e from PixelsType e where e.value = :value", {"value": value}
                )[0]
                transaction.save(pixels)
        return int(pixels_id)


def _projected(call: Call, pixels_id: int, algorithm: Any, place: tuple[int, int], depths: range) -> Array:
    access = call.server.pixels
    t, c = place
    if not depths:
        raise omero.ApiUsageException(None, None, "no focal plane to project")
    with as_omero():
        return project((access.plane(pixels_id, z, c, t) for z in depths), KINDS[algorithm])


def _dtype(call: Call, pixels_id: int, pixels_type: Any) -> np.dtype[Any]:
    if pixels_type is None:
        with as_omero():
            return call.server.pixels.info(pixels_id).dtype
    name = unwrap(pixels_type.value)
    if name not in PIXELS_TYPES:
        raise omero.ValidationException(None, None, f"there is no pixel type {name!r}")
    return PIXELS_TYPES[name]


def _cut(plane: Array, dtype: np.dtype[Any]) -> Array:
    """Values into another type: what it cannot hold becomes its smallest or largest value."""
    if dtype.kind != "f" and plane.dtype != dtype:
        info = np.iinfo(dtype)
        plane = np.clip(plane, info.min, info.max)
    return plane.astype(dtype)


def _step(stepping: int) -> int:
    if stepping < 1:
        raise omero.ApiUsageException(None, None, f"a step of {stepping} leads nowhere")
    return stepping


def _check_ranges(pixels: Any, times: tuple[int, int], depths: tuple[int, int], channels: Sequence[int]) -> None:
    for axis, (first, last), size in (("time points", times, pixels.sizeT.val), ("planes", depths, pixels.sizeZ.val)):
        if not 0 <= first <= last < size:
            raise omero.ValidationException(None, None, f"there are no {axis} from {first} to {last}")
    if not channels or not all(0 <= channel < pixels.sizeC.val for channel in channels):
        raise omero.ValidationException(None, None, f"there are no channels {list(channels)}")
