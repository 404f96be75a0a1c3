"""Our own way to a tile, and the limit: the same steps as bare calls of the libraries, everything else done before."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
import tifffile

from omeropyr.embedded.pixels.access import PixelAccess
from omeropyr.embedded.pixels.renderer import Renderer
from omeropyr.rendering import encode, kernel, quantize
from omeropyr.rendering.composite import contributions
from omeropyr.rendering.settings import ChannelBinding, RenderingDef
from tiling.data import CHANNELS, RGB_TILE, TILE

Array = npt.NDArray[Any]
QUALITY = 90
COLORS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 0, 255))
WINDOWS = ((150, 3200), (100, 2200), (200, 4200), (75, 1700))


def settings() -> RenderingDef:
    """Four channels, one window and one colour each."""
    channels = [
        ChannelBinding(input_start=start, input_end=end, red=red, green=green, blue=blue)
        for (start, end), (red, green, blue) in zip(WINDOWS, COLORS, strict=True)
    ]
    return RenderingDef(tuple(channels))


def moved(number: int) -> RenderingDef:
    """The same after a pull at the first channel's slider; another for each number."""
    first, *others = settings().channels
    return RenderingDef((replace(first, input_end=first.input_end - 1 - number), *others))


def as_stored() -> RenderingDef:
    """Red, green and blue as they are."""
    return RenderingDef(tuple(ChannelBinding(red=r, green=g, blue=b) for r, g, b in COLORS[:3]))


def spread(side: int, tile: int, count: int) -> list[tuple[int, int]]:
    """(column, row) of random tiles; each place once as long as there are others."""
    per = side // tile
    every = [(x, y) for y in range(per) for x in range(per)]
    random.Random(7).shuffle(every)
    return [every[number % len(every)] for number in range(count)]


class Serial:
    """Works in the thread that asks, where the server hands channels to other cores."""

    def map(self, work: Callable[[Any], Any], values: Iterable[Any]) -> Iterator[Any]:
        """As the executor's."""
        return map(work, values)

    def shutdown(self) -> None:
        """Nothing."""


class Files(PixelAccess):
    """The server's access to pixels, without its store: Pixels 1 are those of the one file."""

    def __init__(self, path: Path, cache_bytes: int, *, serial: bool = False) -> None:
        super().__init__(path.parent, None, cache_bytes=cache_bytes)  # type: ignore[arg-type]
        self._path = path
        if serial:
            self.workers.shutdown()
            self.workers = Serial()  # type: ignore[assignment]

    def _fileset(self, pixels_id: int) -> tuple[int | None, int, int]:
        return pixels_id, 0, pixels_id

    def _files(self, _fileset: int) -> tuple[list[Path], list[str]]:
        return [self._path], [self._path.name]


class Ours:
    """Tiles as the rendering engine makes them."""

    def __init__(
        self,
        path: Path,
        where: list[tuple[int, int]],
        size: int,
        *,
        cache: int = 0,
        serial: bool = False,
        shown: RenderingDef | None = None,
    ) -> None:
        self.access = Files(path, cache, serial=serial)
        self.renderer = Renderer(self.access, 1, shown or settings())
        self.where, self.size = where, size

    def box(self, number: int) -> tuple[int, int, int, int]:
        """(x, y, width, height) of a tile by its number."""
        column, row = self.where[number % len(self.where)]
        return column * self.size, row * self.size, self.size, self.size

    def tile(self, number: int) -> bytes:
        """Read, compose, encode."""
        return encode.jpeg(self.renderer.region(0, 0, 0, self.box(number)), QUALITY / 100)

    def stored(self, number: int) -> bytes:
        """The JPEG that the file holds."""
        found = self.renderer.stored_jpeg(0, 0, 0, self.box(number))
        assert found is not None
        return found

    def drag(self, number: int, tiles: int) -> None:
        """New settings, and as many tiles with them."""
        self.renderer.settings = moved(number)
        for index in range(tiles):
            self.tile(index)


class Limit:
    """What the libraries need for one tile: pixels decoded into memory at hand, the kernel, the encoder."""

    def __init__(self, where: list[tuple[int, int]]) -> None:
        self.where = where
        shown = zip(settings().channels, contributions(settings()), strict=True)
        self.tables = [kernel.lanes(added)[quantize.table(np.dtype(np.uint16), channel)] for channel, added in shown]

    def picture(self, stack: Sequence[Array] | Array) -> Array:
        """The kernel alone."""
        return kernel.composite(list(stack), self.tables)

    @staticmethod
    def encoded(picture: Array) -> bytes:
        """The encoder alone."""
        bands = picture.view(np.uint8).reshape(*picture.shape, 4)
        return bytes(
            imagecodecs.jpeg8_encode(
                bands, level=QUALITY, colorspace=imagecodecs.JPEG8.CS.EXT_RGBX, outcolorspace="YCBCR", subsampling="420"
            )
        )


class TiffLimit(Limit):
    """``pread``, deflate, predictor, kernel, encoder."""

    def __init__(self, path: Path, where: list[tuple[int, int]]) -> None:
        super().__init__(where)
        with tifffile.TiffFile(path) as file:
            pages = list(file.series[0].pages)
            self.across = pages[0].imagewidth // TILE
            self.parts = [
                [(int(offset), int(count)) for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True)]
                for page in pages
            ]
        self.file = os.open(path, os.O_RDONLY)

    def tile(self, number: int) -> bytes:
        """One tile."""
        column, row = self.where[number % len(self.where)]
        index = row * self.across + column
        stack = np.empty((CHANNELS, TILE, TILE), np.uint16)
        packed = np.empty(TILE * TILE * 2, np.uint8)
        plane = packed.view(np.uint16).reshape(TILE, TILE)
        for target, parts in zip(stack, self.parts, strict=True):
            offset, count = parts[index]
            imagecodecs.deflate_decode(os.pread(self.file, count, offset), out=packed)
            imagecodecs.delta_decode(plane, axis=-1, out=target)
        return self.encoded(self.picture(stack))


class ZarrLimit(Limit):
    """Files read whole, blosc, kernel, encoder."""

    def __init__(self, path: Path, where: list[tuple[int, int]]) -> None:
        super().__init__(where)
        self.names = {
            (c, x, y): f"{path}/0/0/{c}/0/{y}/{x}".encode() for c in range(CHANNELS) for x, y in set(where)
        }  # fmt: skip

    def tile(self, number: int) -> bytes:
        """One tile."""
        column, row = self.where[number % len(self.where)]
        stack = np.empty((CHANNELS, TILE, TILE), np.uint16)
        for c, target in enumerate(stack):
            with open(self.names[c, column, row], "rb", buffering=0) as file:  # noqa: PTH123 # as few steps as there can be
                imagecodecs.blosc_decode(file.read(), numthreads=1, out=memoryview(target.reshape(-1).view(np.uint8)))
        return self.encoded(self.picture(stack))


def slide_places(side: int, count: int) -> list[tuple[int, int]]:
    """(column, row) of random tiles of the slide."""
    return spread(side, RGB_TILE, count)
