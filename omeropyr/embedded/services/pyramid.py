"""Resolution levels: the operations that RawPixelsStore and RenderingEngine share.

OMERO counts levels two ways: ``setResolutionLevel`` from the smallest (0) to full size, descriptions from full size
down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import omero

from omeropyr.embedded.pixels.access import PixelsInfo
from omeropyr.embedded.pixels.errors import as_omero

if TYPE_CHECKING:
    from omeropyr.embedded.dispatch import Call

LARGEST_TILE = 1024


class PyramidOperations:
    """``omero.api.PyramidService`` for one Pixels at a time."""

    def __init__(self) -> None:
        self._id: int | None = None
        self._info: PixelsInfo | None = None
        self._level = 0

    def use(self, _call: Call, pixels_id: int) -> None:
        """Choose the Pixels that the caller was found to be allowed to see."""
        self._id, self._info, self._level = pixels_id, None, 0

    def pixels_id(self) -> int:
        """The chosen id; ``omero.ApiUsageException`` before any was chosen."""
        if self._id is None:
            raise omero.ApiUsageException(None, None, "no pixels have been chosen")
        return self._id

    def info(self, call: Call) -> PixelsInfo:
        """Facts about the chosen Pixels; ``omero.ResourceError`` when their files cannot be read."""
        if self._info is None:
            with as_omero():
                self._info = call.server.pixels.info(self.pixels_id())
        return self._info

    def level(self, _call: Call) -> int:
        """The level to read from, 0 for full size."""
        return self._level

    def requiresPixelsPyramid(self, call: Call) -> bool:
        """Whether the image is large enough to need resolution levels."""
        return len(self.info(call).levels) > 1

    def getResolutionLevels(self, call: Call) -> int:
        """How many levels there are."""
        return len(self.info(call).levels)

    def getResolutionDescriptions(self, call: Call) -> list[Any]:
        """Width and height of each level, full size first."""
        return [omero.api.ResolutionDescription(width, height) for width, height in self.info(call).levels]

    def getResolutionLevel(self, call: Call) -> int:
        """The current level, counted from the smallest."""
        return len(self.info(call).levels) - 1 - self._level

    def setResolutionLevel(self, call: Call, resolutionLevel: int) -> None:
        """Choose a level, counted from the smallest."""
        count = len(self.info(call).levels)
        if not 0 <= resolutionLevel < count:
            raise omero.ApiUsageException(None, None, f"no resolution level {resolutionLevel} of {count}")
        self._level = count - 1 - resolutionLevel

    def getTileSize(self, call: Call) -> list[int]:
        """Width and height of the tiles that are cheapest to ask for, never larger than the image."""
        info = self.info(call)
        return [min(*sides, LARGEST_TILE) for sides in zip(info.tile_size, (info.size_x, info.size_y), strict=True)]
