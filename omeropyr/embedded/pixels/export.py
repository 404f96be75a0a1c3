"""One image as OME-TIFF, or as the OME-XML alone: written plane by plane, so that the size of an image is no matter.

tifffile writes both; here stands what of OMERO's model goes into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile
from omero.rtypes import unwrap

from omeropyr.embedded.pixels.access import PixelAccess, PixelsInfo

Array = npt.NDArray[Any]
_BIG = 2**31  # bytes of pixels from which offsets of 32 bits may not do


def metadata(pixels: Any, info: PixelsInfo) -> dict[str, Any]:
    """What loaded Pixels say, under tifffile's names of OME-XML's attributes."""
    image = pixels.image
    made: dict[str, Any] = {"axes": "TCZYX", "Name": unwrap(image.name) or "Image"}
    if unwrap(image.description):
        made["Description"] = unwrap(image.description)
    for axis in "XYZ":
        size = getattr(pixels, f"physicalSize{axis}")
        if size is not None:
            made[f"PhysicalSize{axis}"], made[f"PhysicalSize{axis}Unit"] = size.getValue(), size.getSymbol()
    if pixels.timeIncrement is not None:
        made["TimeIncrement"] = pixels.timeIncrement.getValue()
        made["TimeIncrementUnit"] = pixels.timeIncrement.getSymbol()
    made["SignificantBits"] = unwrap(pixels.significantBits) or 8 * info.dtype.itemsize
    made["Channel"] = _channels(pixels, info)
    return made


def _channels(pixels: Any, info: PixelsInfo) -> dict[str, list[Any]]:
    names: list[Any] = []
    colors: list[Any] = []
    for number, channel in enumerate(list(pixels.copyChannels())[: info.size_c]):
        logical = channel.logicalChannel
        name = unwrap(logical.name) if logical is not None and logical.isLoaded() else None
        names.append(name or f"Channel {number}")
        red, green, blue, alpha = (unwrap(getattr(channel, part)) for part in ("red", "green", "blue", "alpha"))
        packed = 0xFFFFFFFF if None in (red, green, blue) else red << 24 | green << 16 | blue << 8 | (alpha or 255)
        colors.append(packed - 2**32 if packed >= 2**31 else packed)
    return {"Name": names, "Color": colors}


def write_tiff(path: Path, access: PixelAccess, info: PixelsInfo, facts: dict[str, Any]) -> None:
    """Write an OME-TIFF of all planes at full size, in native byte order, deflated.

    Raises :class:`omeropyr.embedded.pixels.reader.ReaderError` where the source is damaged.
    """
    shape = info.size_t, info.size_c, info.size_z, info.size_y, info.size_x
    nbytes = int(np.prod(shape, dtype=np.int64)) * info.dtype.itemsize
    planes = _planes(access, info)
    options: dict[str, Any] = {"photometric": "minisblack", "compression": "zlib", "metadata": facts}
    tifffile.imwrite(path, planes, shape=shape, dtype=info.dtype, ome=True, bigtiff=nbytes > _BIG, **options)


def _planes(access: PixelAccess, info: PixelsInfo) -> Iterator[Array]:
    for t in range(info.size_t):
        for c in range(info.size_c):
            for z in range(info.size_z):
                yield np.ascontiguousarray(access.plane(info.pixels_id, z, c, t))


def xml(info: PixelsInfo, facts: dict[str, Any]) -> str:
    """The OME-XML of the image, without pixels."""
    shape = info.size_t, info.size_c, info.size_z, info.size_y, info.size_x
    stored = (info.size_t * info.size_c * info.size_z, 1, 1, info.size_y, info.size_x, 1)
    document = tifffile.OmeXml()
    document.addimage(info.dtype, shape, stored, **facts)
    return str(document.tostring())
