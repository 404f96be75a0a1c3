"""Pictures into files: JPEG, PNG, TIFF by encoders that release the GIL (Pillow's hold it while writing to memory)."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
import tifffile

Array = npt.NDArray[Any]


def jpeg(picture: Array, quality: float = 0.85) -> bytes:
    """JPEG of RGBX ``(h, w) uint32`` or of bytes ``(h, w, 3)``; *quality* 0..1 is OMERO's compression level."""
    level = min(max(round(quality * 100), 1), 100)
    if picture.dtype == np.uint32:
        picture = picture.view(np.uint8).reshape(*picture.shape, 4)
    colorspace = imagecodecs.JPEG8.CS.EXT_RGBX if picture.shape[2] == 4 else imagecodecs.JPEG8.CS.RGB
    encoded = imagecodecs.jpeg8_encode(
        np.ascontiguousarray(picture), level=level, colorspace=colorspace, outcolorspace="YCBCR", subsampling="420"
    )
    return bytes(encoded)


def png(picture: Array) -> bytes:
    """PNG (24 bit) of the same."""
    if picture.dtype == np.uint32:
        picture = picture.view(np.uint8).reshape(*picture.shape, 4)
    encoded = imagecodecs.png_encode(np.ascontiguousarray(picture[..., :3]), level=1)
    return bytes(encoded)


def tiff(picture: Array) -> bytes:
    """TIFF (24 bit, deflated, every value kept) of the same."""
    if picture.dtype == np.uint32:
        picture = picture.view(np.uint8).reshape(*picture.shape, 4)
    written = BytesIO()
    rgb = np.ascontiguousarray(picture[..., :3])
    tifffile.imwrite(written, rgb, photometric="rgb", compression="zlib", predictor=True, metadata=None)
    return written.getvalue()
