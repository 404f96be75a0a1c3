"""RawPixelsStore: pixel values as they are, big-endian, read by tile, row, plane, stack.

And written for images that clients make.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import omero
from omero.rtypes import rstring

from omeropyr.embedded.dispatch import StatefulService
from omeropyr.embedded.pixels import renderdefs
from omeropyr.embedded.pixels.errors import as_omero
from omeropyr.embedded.pixels.statistics import histogram
from omeropyr.embedded.services.pyramid import PyramidOperations

if TYPE_CHECKING:
    from omeropyr.embedded.dispatch import Call

Array = npt.NDArray[Any]
MAX_BYTES = 2**28
"""The largest answer; Ice has a limit on messages of its own, and clients take larger images by tiles."""


class RawPixelsStore(PyramidOperations, StatefulService):
    """``omero.api.RawPixelsStore`` for one Pixels."""

    slice_type: ClassVar[type] = omero.api.RawPixelsStore

    def __init__(self) -> None:
        super().__init__()
        self._pixels: Any = None
        self._written = False
        self._modified = False

    def setPixelsId(self, call: Call, pixelsId: int, _bypassOriginalFile: bool) -> None:
        """Choose the Pixels; ``omero.ValidationException`` when the caller may not see them.

        ``omero.MissingPyramidException`` while levels of a large image are being made.
        """
        with call.server.store.read(call.actor) as transaction:
            self._pixels = renderdefs.load_pixels(transaction, pixelsId)
        self._written = self._modified = False
        with as_omero():
            call.server.pixels.pyramids.check(pixelsId)
        self.use(call, pixelsId)

    def getPixelsId(self, _call: Call) -> int:
        """The chosen id."""
        return self.pixels_id()

    def getPixelsPath(self, call: Call) -> str:
        """Where planes written by clients lie, relative to the data folder."""
        self.info(call)
        return f"Pixels/{self.pixels_id()}"

    def prepare(self, _call: Call, _pixelsIds: Sequence[int]) -> None:
        """A hint that these will be asked for; opening them is quick enough to wait until then."""

    # --- sizes and offsets, in bytes ---------------------------------------------------------------------------------

    def getByteWidth(self, call: Call) -> int:
        """Bytes of one value."""
        return self.info(call).dtype.itemsize

    def isSigned(self, call: Call) -> bool:
        """Whether values may be negative."""
        return self.info(call).dtype.kind != "u"

    def isFloat(self, call: Call) -> bool:
        """Whether values have fractions."""
        return self.info(call).dtype.kind == "f"

    def getRowSize(self, call: Call) -> int:
        """Bytes of a row of the current level."""
        return self._size(call)[0] * self.getByteWidth(call)

    def getPlaneSize(self, call: Call) -> int:
        """Bytes of a plane of the current level."""
        return self.getRowSize(call) * self._size(call)[1]

    def getStackSize(self, call: Call) -> int:
        """Bytes of all focal planes of a channel and time point."""
        return self.getPlaneSize(call) * self.info(call).size_z

    def getTimepointSize(self, call: Call) -> int:
        """Bytes of all channels of a time point."""
        return self.getStackSize(call) * self.info(call).size_c

    def getTotalSize(self, call: Call) -> int:
        """Bytes of everything."""
        return self.getTimepointSize(call) * self.info(call).size_t

    def getRowOffset(self, call: Call, y: int, z: int, c: int, t: int) -> int:
        """Where a row starts in everything."""
        return self.getPlaneOffset(call, z, c, t) + y * self.getRowSize(call)

    def getPlaneOffset(self, call: Call, z: int, c: int, t: int) -> int:
        """Where a plane starts."""
        return self.getStackOffset(call, c, t) + z * self.getPlaneSize(call)

    def getStackOffset(self, call: Call, c: int, t: int) -> int:
        """Where a stack starts."""
        return self.getTimepointOffset(call, t) + c * self.getStackSize(call)

    def getTimepointOffset(self, call: Call, t: int) -> int:
        """Where a time point starts."""
        return t * self.getTimepointSize(call)

    # --- reading -----------------------------------------------------------------------------------------------------

    def getTile(self, call: Call, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> bytes:
        """A tile of the current level."""
        return self._bytes(self._tile(call, z, c, t, x, y, w, h))

    def getPlane(self, call: Call, z: int, c: int, t: int) -> bytes:
        """A plane of the current level."""
        return self._bytes(self._plane(call, z, c, t))

    def getPlaneRegion(self, call: Call, z: int, c: int, t: int, size: int, offset: int) -> bytes:
        """*size* values of a plane, from value *offset* on."""
        width = self.getByteWidth(call)
        return self.getPlane(call, z, c, t)[offset * width : (offset + size) * width]

    def getRow(self, call: Call, y: int, z: int, c: int, t: int) -> bytes:
        """A row of the current level."""
        return self._bytes(self._tile(call, z, c, t, 0, y, self._size(call)[0], 1))

    def getCol(self, call: Call, x: int, z: int, c: int, t: int) -> bytes:
        """A column of the current level."""
        return self._bytes(self._tile(call, z, c, t, x, 0, 1, self._size(call)[1]))

    def getStack(self, call: Call, c: int, t: int) -> bytes:
        """All focal planes of a channel and time point."""
        self._allow(self.getStackSize(call))
        return b"".join(self.getPlane(call, z, c, t) for z in range(self.info(call).size_z))

    def getTimepoint(self, call: Call, t: int) -> bytes:
        """All channels of a time point."""
        self._allow(self.getTimepointSize(call))
        return b"".join(self.getStack(call, c, t) for c in range(self.info(call).size_c))

    def getRegion(self, call: Call, size: int, offset: int) -> bytes:
        """*size* bytes of everything, from byte *offset* on."""
        self._allow(size)
        info, plane = self.info(call), self.getPlaneSize(call)
        if size < 0 or offset < 0 or offset + size > self.getTotalSize(call):
            raise omero.ApiUsageException(None, None, f"bytes {offset} to {offset + size} are not inside the image")
        parts = []
        for index in range(offset // plane, -(-(offset + size) // plane)):
            z, c, t = index % info.size_z, index // info.size_z % info.size_c, index // info.size_z // info.size_c
            parts.append(self.getPlane(call, z, c, t))
        start = offset - offset // plane * plane
        return b"".join(parts)[start : start + size]

    def getHypercube(self, call: Call, offset: Sequence[int], size: Sequence[int], step: Sequence[int]) -> bytes:
        """A block of five dimensions, in the order X, Y, Z, C, T."""
        if not (len(offset) == len(size) == len(step) == 5 and min(step) > 0):
            raise omero.ApiUsageException(None, None, "a block has five offsets, sizes and steps")
        (x, y, z, c, t), (w, h, *_) = offset, size
        self._allow(
            int(np.prod([-(-count // by) for count, by in zip(size, step, strict=True)])) * self.getByteWidth(call)
        )
        planes = (
            self._tile(call, at_z, at_c, at_t, x, y, w, h)[:: step[1], :: step[0]]
            for at_t in range(t, t + size[4], step[4])
            for at_c in range(c, c + size[3], step[3])
            for at_z in range(z, z + size[2], step[2])
        )
        return b"".join(self._bytes(plane) for plane in planes)

    def getHistogram(
        self, call: Call, channels: Sequence[int], binCount: int, globalRange: bool, plane: Any
    ) -> dict[int, list[int]]:
        """Counts of the values of a plane (or its region) by channel, over the channel's or the plane's own range."""
        if not 1 <= binCount <= 65536:
            raise omero.ApiUsageException(None, None, f"{binCount} bins are not from 1 to 65536")
        level = self._small_level(call)
        counts = {}
        for c in channels:
            if plane.region is not None:
                box = (plane.region.x, plane.region.y, plane.region.width, plane.region.height)
                values = self._tile(call, plane.z, c, plane.t, *box)
            else:
                with as_omero():
                    values = call.server.pixels.plane(self.pixels_id(), plane.z, c, plane.t, level)
            low, high = self._range(call, c) if globalRange else (float(values.min()), float(values.max()))
            counts[c] = histogram(values, binCount, low, high)
        return counts

    def findMinMax(self, call: Call, channels: Sequence[int]) -> dict[int, list[float]]:
        """Smallest and largest value of each channel."""
        return {c: list(self._range(call, c)) for c in channels}

    def calculateMessageDigest(self, call: Call) -> bytes:
        """SHA-1 of all planes in the order Z, C, T."""
        info, digest = self.info(call), hashlib.sha1(usedforsecurity=False)
        for t in range(info.size_t):
            for c in range(info.size_c):
                for z in range(info.size_z):
                    digest.update(self.getPlane(call, z, c, t))
        return digest.digest()

    # --- writing -----------------------------------------------------------------------------------------------------

    def setTile(self, call: Call, buf: bytes, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> None:
        """Write a tile of big-endian values."""
        self._may_write(call)
        with as_omero(), call.server.pixels.write(self.pixels_id()) as raw:
            raw.write_tile(bytes(buf), z, c, t, x, y, w, h)

    def setPlane(self, call: Call, buf: bytes, z: int, c: int, t: int) -> None:
        """Write a plane."""
        info = self.info(call)
        self.setTile(call, buf, z, c, t, 0, 0, info.size_x, info.size_y)

    def setRow(self, call: Call, buf: bytes, y: int, z: int, c: int, t: int) -> None:
        """Write a row."""
        self.setTile(call, buf, z, c, t, 0, y, self.info(call).size_x, 1)

    def setStack(self, call: Call, buf: bytes, _z: int, c: int, t: int) -> None:
        """Write all focal planes of a channel and time point."""
        self._write(call, self.getStackOffset(call, c, t), buf, self.getStackSize(call))

    def setTimepoint(self, call: Call, buf: bytes, t: int) -> None:
        """Write all channels of a time point."""
        self._write(call, self.getTimepointOffset(call, t), buf, self.getTimepointSize(call))

    def setRegion(self, call: Call, size: int, offset: int, buffer: bytes) -> None:
        """Write *size* bytes of everything, from byte *offset* on."""
        self._write(call, offset, buffer, size)

    def save(self, call: Call) -> Any:
        """Finish writing: the digest goes into the Pixels, which are returned."""
        digest = self.calculateMessageDigest(call).hex()
        group = self._pixels.details.group.id.val
        with call.server.store.write(call.actor.in_group(group)) as transaction:
            pixels = transaction.get("Pixels", self.pixels_id())
            pixels.sha1 = rstring(digest)
            saved = transaction.save(pixels)
        self._modified = False
        call.server.pixels.written(self.pixels_id())
        return saved

    def close(self, call: Call) -> None:
        """As ``save``, if planes were written since, which is how OMERO's own clients leave it."""
        try:
            if self._modified:
                self.save(call)
        finally:
            super().close(call)

    # --- inner -------------------------------------------------------------------------------------------------------

    def _size(self, call: Call) -> tuple[int, int]:
        return self.info(call).levels[self.level(call)]

    def _tile(self, call: Call, z: int, c: int, t: int, x: int, y: int, w: int, h: int) -> Array:
        self._allow(w * h * self.getByteWidth(call))
        with as_omero():
            return call.server.pixels.tile(self.pixels_id(), self.level(call), z, c, t, x, y, w, h)

    def _plane(self, call: Call, z: int, c: int, t: int) -> Array:
        return self._tile(call, z, c, t, 0, 0, *self._size(call))

    @staticmethod
    def _bytes(values: Array) -> bytes:
        return values.astype(values.dtype.newbyteorder(">"), copy=False).tobytes()

    @staticmethod
    def _allow(size: int) -> None:
        if size > MAX_BYTES:
            raise omero.ApiUsageException(None, None, f"{size} bytes are too many for one answer; ask for tiles")

    def _range(self, call: Call, c: int) -> tuple[float, float]:
        with as_omero():
            facts = renderdefs.channel_facts(self._pixels, call.server.pixels)
            return facts[c].minimum, facts[c].maximum

    def _small_level(self, call: Call) -> int:
        """The largest level that a histogram may look at whole."""
        levels = self.info(call).levels
        return next((n for n, (width, height) in enumerate(levels) if width * height <= 2**24), len(levels) - 1)

    def _may_write(self, call: Call) -> None:
        """Only who may edit the image writes its pixels; looked up once."""
        if not self._written:
            self.pixels_id()
            if not self._pixels.details.permissions.canEdit():
                raise omero.SecurityViolation(
                    None, None, f"User {call.actor.user_id} may not write Pixels {self.pixels_id()}"
                )
            self._written = True
        self._modified = True

    def _write(self, call: Call, offset: int, data: bytes, size: int) -> None:
        if len(data) != size:
            raise omero.ApiUsageException(None, None, f"{len(data)} bytes given for {size}")
        self._may_write(call)
        with as_omero(), call.server.pixels.write(self.pixels_id()) as raw:
            raw.write_bytes(offset, bytes(data))
