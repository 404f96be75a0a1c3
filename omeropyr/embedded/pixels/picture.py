"""PNG and JPEG files by Pillow: small enough to be decoded whole, once, into the chunk cache."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import ChannelInfo, ReaderError, Series, check_sizes, check_tile, pixels_type

Array = npt.NDArray[Any]
MAX_PIXELS = 2**27
"""The largest picture in pixels that is decoded; such a file unpacks to 400 MB."""
_MODES = {"1": "L", "P": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "LA": "L", "RGBA": "RGB"}
_COLORS = (
    ChannelInfo("Red", (255, 0, 0, 255)),
    ChannelInfo("Green", (0, 255, 0, 255)),
    ChannelInfo("Blue", (0, 0, 255, 255)),
)


class PictureReader:
    """One PNG or JPEG file: one plane of one channel (grey, 8 or 16 bit) or three (colour).

    Transparency is left out.
    """

    ome_xml: str | None = None

    def __init__(self, path: Path, cache: ChunkCache) -> None:
        self._path = path
        self._cache = cache
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                with Image.open(path, formats=("PNG", "JPEG")) as image:
                    width, height, mode, self.format = image.width, image.height, image.mode, str(image.format)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, UnidentifiedImageError) as error:
            raise ReaderError(f"not a readable picture: {error}") from error
        check_sizes(width, height)
        if width * height > MAX_PIXELS:
            raise ReaderError(f"a picture of {width} x {height} pixels is too large for its format")
        self._mode = _MODES.get(mode, mode)
        kind = pixels_type(np.dtype(np.uint16 if mode.startswith("I") else np.uint8))
        rgb = self._mode == "RGB"
        self.series = (
            Series(
                0, path.name, width, height, 1, 3 if rgb else 1, 1, kind,
                channels=_COLORS if rgb else (ChannelInfo(),), levels=((width, height),), tile_size=(512, 512), rgb=rgb,
            ),
        )  # fmt: skip

    def read_tile(self, series: int, level: int, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        """Pixels ``(h, w)``, read-only."""
        check_tile(self.series[series], level, z, c, t, x, y, w, h)
        whole = self._cache.get((str(self._path), 0), self._decode)
        return whole[y : y + h, x : x + w, c]

    def _decode(self) -> Array:
        found = self.series[0]
        try:
            with Image.open(self._path, formats=("PNG", "JPEG")) as image:
                pixels = np.asarray(image if image.mode == self._mode else image.convert(self._mode))
        except (OSError, ValueError, SyntaxError) as error:
            raise ReaderError(f"the picture cannot be decoded: {error}") from error
        return np.array(pixels.reshape(found.size_y, found.size_x, found.size_c), dtype=found.dtype)

    def close(self) -> None:
        """Forget the decoded picture."""
        self._cache.drop(str(self._path))
