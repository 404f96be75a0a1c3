"""Pixel values as they are, by a store that stays open with the pooled connection: rows, columns, stacks, histograms.

with raw_pixels(conn, facts) as raw:
    for plane in raw.planes(0, Stack(t=0, first=0, last=9, box=(0, 0, 512, 512))):
        ...
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import Ice
import numpy as np
import numpy.typing as npt
import omero
import omero.gateway  # loads the Slice modules that omero.romio stands in

from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import context

log = logging.getLogger(__name__)

Array = npt.NDArray[Any]
Box = tuple[int, int, int, int]
T = TypeVar("T")

KEY = "raw pixels"
DTYPES = {
    "bit": ">u1",
    "int8": ">i1",
    "uint8": ">u1",
    "int16": ">i2",
    "uint16": ">u2",
    "int32": ">i4",
    "uint32": ">u4",
    "float": ">f4",
    "double": ">f8",
}
"""numpy's names for OMERO's pixel types, in the byte order that is sent."""
ONE_ANSWER = 2**25
"""Bytes that are asked for by one call: Ice has a limit on messages."""


@dataclass(frozen=True)
class Stack:
    """The same rectangle (x, y, width, height at `level`, 0 = full resolution) of planes `first` to `last`."""

    t: int
    first: int
    last: int
    box: Box
    level: int = 0
    levels: int = 1
    """How many levels the image has."""


class RawPixels:
    """The pixels of one image; its store may serve other images later."""

    def __init__(self, conn: Any, image: ImageFacts) -> None:
        self._conn = conn
        self._open(image)

    def _open(self, image: ImageFacts) -> None:
        self._store = self._conn.factory.createRawPixelsStore()
        try:
            self._choose(image)
        except BaseException:
            self.close()
            raise

    def _choose(self, image: ImageFacts) -> None:
        self.image = image
        self._ctx = context(self._conn, image.group_id)
        self._level = 0
        self._store.setPixelsId(image.pixels_id, False, self._ctx)

    def turn_to(self, image: ImageFacts) -> None:
        """Serve `image` from now on: no Ice call where it is the same one, unchanged."""
        same = self.image.pixels_id == image.pixels_id and self.image.version == image.version
        if not same:
            try:
                self._choose(image)
            except Ice.ObjectNotExistException:
                self._open(image)

    def close(self) -> None:
        """Let the server drop the store; one that is gone already is fine."""
        try:
            self._store.close()
        except (Ice.Exception, omero.ServerError) as error:
            log.debug("a store of pixels did not close: %s", type(error).__name__)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the values, in the byte order of this machine. KeyError for complex numbers."""
        return np.dtype(DTYPES[self.image.pixels_type].replace(">", "="))

    def row(self, y: int, *, z: int, c: int, t: int) -> Array:
        """The values of row `y` of a plane, `(size_x,)`."""
        return self._values(lambda: self._store.getRow(y, z, c, t, self._ctx))

    def column(self, x: int, *, z: int, c: int, t: int) -> Array:
        """The values of column `x` of a plane, `(size_y,)`."""
        return self._values(lambda: self._store.getCol(x, z, c, t, self._ctx))

    def histogram(self, *, c: int, z: int, t: int, bins: int) -> list[int]:
        """How many values of a plane fall into each of `bins` between the least and the greatest of the channel."""
        plane = omero.romio.PlaneDef(omero.romio.XY)
        plane.z, plane.t = z, t
        counts = self._once_more(lambda: self._store.getHistogram([c], bins, True, plane, self._ctx))
        return [int(count) for count in counts[c]]

    def planes(self, c: int, stack: Stack) -> Iterator[Array]:
        """Give the rectangles of a stack in channel `c`, one plane after the other, `(height, width)`.

        Of images without levels many planes are read by one Ice call; how OMERO reads blocks of a level is not told.
        """
        x, y, width, height = stack.box
        if stack.levels > 1:
            for z in range(stack.first, stack.last + 1):
                yield self._tile(z, c, stack)
            return
        at_once = max(1, ONE_ANSWER // (width * height * self.dtype.itemsize))
        for z in range(stack.first, stack.last + 1, at_once):
            count = min(at_once, stack.last + 1 - z)
            block = self._block([x, y, z, c, stack.t], [width, height, count, 1, 1])
            yield from block.reshape(count, height, width)

    def _block(self, offset: list[int], size: list[int]) -> Array:
        return self._values(lambda: self._store.getHypercube(offset, size, [1] * 5, self._ctx))

    def _tile(self, z: int, c: int, stack: Stack) -> Array:
        def call() -> Any:
            self._set_level(stack.level, stack.levels)
            return self._store.getTile(z, c, stack.t, *stack.box, self._ctx)

        return self._values(call).reshape(stack.box[3], stack.box[2])

    def _set_level(self, level: int, levels: int) -> None:
        if level != self._level:
            # OMERO counts from the smallest.
            self._store.setResolutionLevel(levels - 1 - level, self._ctx)
            self._level = level

    def _values(self, call: Callable[[], Any]) -> Array:
        values = np.frombuffer(self._once_more(call), DTYPES[self.image.pixels_type])
        return values.astype(self.dtype)

    def _once_more(self, call: Callable[[], T]) -> T:
        """Run `call`; when the server has dropped the store meanwhile, open another and run it once more."""
        try:
            return call()
        except Ice.ObjectNotExistException:
            log.info("the store of pixels of image %s was gone: opened again", self.image.id)
            self._open(self.image)
            return call()


@contextmanager
def raw_pixels(conn: Any, image: ImageFacts) -> Iterator[RawPixels]:
    """Lend the connection's store of pixels, turned to an image; one that failed is not kept."""
    raw: RawPixels | None = conn.engines.pop(KEY, None)
    try:
        if raw is None:
            raw = RawPixels(conn, image)
        else:
            raw.turn_to(image)
        yield raw
    except BaseException:
        if raw is not None:
            raw.close()
        raise
    conn.engines[KEY] = raw
