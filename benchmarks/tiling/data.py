"""Images that compress and encode about as fluorescence and histology do, written tile by tile.

Every tile follows from its place alone, so that it can be made again to compare with what was read. The smaller levels
hold the same texture, not the same picture: nothing is measured on them, viewers only want them to be there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
import tifffile

Array = npt.NDArray[Any]
CHANNELS, TILE, RGB_TILE = 4, 512, 256
RGB_QUALITY = 85
_BATCH = 32


class Fluorescence:
    """Four channels of uint16: blobs of two sizes on a dim ground, with the noise of photons and of the camera."""

    def __init__(self) -> None:
        random = np.random.default_rng(4)
        self._ground = [_around(_blobs(random, 1024, peak)) for peak in (3000, 2000, 4000, 1500)]
        self._noise = _around(random.standard_normal((1024, 1024)).astype(np.float32))

    def tile(self, level: int, c: int, row: int, column: int) -> Array:
        """``(512, 512) uint16``, the same for the same place."""
        random = np.random.default_rng((level, c, row, column))
        y, x, v, u = random.integers(0, 1024, 4)
        ground = _cut(self._ground[c], y, x, TILE)
        noisy = ground + np.sqrt(ground) * _cut(self._noise, v, u, TILE)
        return np.maximum(noisy, 0).astype(np.uint16)

    @staticmethod
    def small(number: int) -> Array:
        """An image ``(256, 256) uint16`` of one channel."""
        random = np.random.default_rng(number)
        ground = _blobs(random, 256, 3000)
        return (ground + np.sqrt(ground) * random.standard_normal(ground.shape)).clip(0).astype(np.uint16)


class Histology:
    """Red, green and blue of stained tissue: smooth with some grain, ``(256, 256, 3) uint8``."""

    def __init__(self) -> None:
        random = np.random.default_rng(5)
        amount = [_blobs(random, 1024, 1.0) for _ in range(2)]
        stains = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]], np.float32)  # haematoxylin, eosin
        density = sum(one[..., None] * stain for one, stain in zip(amount, stains, strict=True))
        grain = random.standard_normal((1024, 1024, 1)).astype(np.float32) * 3
        self._picture = _around(np.clip(240 * np.exp(-density) + grain, 0, 255).astype(np.uint8))

    def tile(self, level: int, row: int, column: int) -> Array:
        """``(256, 256, 3) uint8``, the same for the same place."""
        y, x = np.random.default_rng((level, row, column)).integers(0, 1024, 2)
        return np.ascontiguousarray(_cut(self._picture, y, x, RGB_TILE))


def sides(side: int, tile: int) -> list[int]:
    """The sides of all levels, full size first, down to one tile."""
    found = [side]
    while found[-1] > tile:
        found.append(found[-1] // 2)
    return found


def write_ome_tiff(path: Path, side: int, source: Fluorescence) -> None:
    """OME-TIFF of four channels, tiles of 512 packed by deflate with the horizontal predictor, levels as SubIFDs."""

    def packed(place: tuple[int, int, int, int]) -> bytes:
        plane = imagecodecs.delta_encode(source.tile(*place), axis=-1)
        return bytes(imagecodecs.deflate_encode(plane, level=6))

    levels = sides(side, TILE)
    layout: dict[str, Any] = {
        "dtype": np.uint16, "tile": (TILE, TILE), "compression": "zlib", "predictor": 2, "photometric": "minisblack",
    }  # fmt: skip
    with tifffile.TiffWriter(path, bigtiff=True, ome=True) as writer:
        for level, width in enumerate(levels):
            more = {"subifds": len(levels) - 1, "metadata": {"axes": "CYX"}} if level == 0 else {"subfiletype": 1}
            shape = (CHANNELS, width, width)
            writer.write(_packed(packed, places(level, width)), shape=shape, **layout, **more)


def write_small_tiles(path: Path, side: int, tile: int, source: Fluorescence) -> None:
    """OME-TIFF of the same pixels' corner in tiles of another size, without levels."""
    per = side // TILE
    planes = [
        np.block([[source.tile(0, c, row, column) for column in range(per)] for row in range(per)])
        for c in range(CHANNELS)
    ]
    tifffile.imwrite(
        path, np.stack(planes), ome=True, tile=(tile, tile), compression="zlib", predictor=2, photometric="minisblack",
        metadata={"axes": "CYX"},
    )  # fmt: skip


def write_ome_zarr(folder: Path, side: int, source: Fluorescence) -> None:
    """OME-Zarr 0.4 of the same pixels, chunks of 512 packed by blosc (lz4, shuffled)."""
    levels = sides(side, TILE)
    kinds = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
    axes = [{"name": name, "type": kind} for name, kind in kinds.items()]
    scales = [[1.0, 1.0, 1.0, 2.0**level, 2.0**level] for level in range(len(levels))]
    sets = [
        {"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": scale}]}
        for level, scale in enumerate(scales)
    ]
    for level, width in enumerate(levels):
        array = folder / str(level)
        array.mkdir(parents=True)
        (array / ".zarray").write_text(
            json.dumps({
                "zarr_format": 2, "shape": [1, CHANNELS, 1, width, width], "chunks": [1, 1, 1, TILE, TILE],
                "dtype": "<u2",
                "compressor": {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0},
                "fill_value": 0, "order": "C", "filters": None, "dimension_separator": "/",
            })
        )  # fmt: skip
        for place, data in zip(places(level, width), _packed(_blosc(source), places(level, width)), strict=True):
            _, c, row, column = place
            target = array.joinpath("0", str(c), "0", str(row), str(column))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    (folder / ".zgroup").write_text('{"zarr_format": 2}')
    named = {"version": "0.4", "axes": axes, "datasets": sets, "name": "fluorescence"}
    channels = [{"label": f"channel {c}", "color": "ffffff", "active": True} for c in range(CHANNELS)]
    (folder / ".zattrs").write_text(json.dumps({"multiscales": [named], "omero": {"channels": channels}}))


def write_slide(path: Path, side: int, source: Histology) -> None:
    """A brightfield slide: JPEG tiles of 256 with colours at half resolution, levels one after the other."""

    def packed(place: tuple[int, int, int]) -> bytes:
        return bytes(imagecodecs.jpeg8_encode(source.tile(*place), level=RGB_QUALITY, subsampling="420"))

    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        for level, width in enumerate(sides(side, RGB_TILE)):
            tiles = ((level, y, x) for y in range(width // RGB_TILE) for x in range(width // RGB_TILE))
            writer.write(
                _packed(packed, tiles), shape=(width, width, 3), dtype=np.uint8, tile=(RGB_TILE, RGB_TILE),
                compression="jpeg", photometric="ycbcr", subsampling=(2, 2), metadata=None,
                subfiletype=1 if level else 0,
            )  # fmt: skip


def places(level: int, width: int) -> Iterator[tuple[int, int, int, int]]:
    """(level, channel, row, column) of every tile of a level, in the files' order."""
    count = width // TILE
    return ((level, c, y, x) for c in range(CHANNELS) for y in range(count) for x in range(count))


def _blosc(source: Fluorescence) -> Callable[[tuple[int, int, int, int]], bytes]:
    def packed(place: tuple[int, int, int, int]) -> bytes:
        plane = source.tile(*place)
        made = imagecodecs.blosc_encode(plane, compressor="lz4", level=5, shuffle=1, typesize=2, numthreads=1)
        return bytes(made)

    return packed


def _packed(pack: Callable[[Any], bytes], where: Iterator[Any]) -> Iterator[bytes]:
    """Packed tiles in order, made on two threads, a few at a time."""
    with ThreadPoolExecutor(2) as pool:
        batch: list[Any] = []
        for place in where:
            batch.append(place)
            if len(batch) == _BATCH:
                yield from pool.map(pack, batch)
                batch = []
        yield from pool.map(pack, batch)


def _blobs(random: np.random.Generator, side: int, peak: float) -> npt.NDArray[np.float32]:
    """Round spots of two sizes, ``(side, side)``, that meet at the borders as a torus does."""
    total = np.zeros((side, side), np.float32)
    for radius, count, share in ((24, 60, 1.0), (3, 400, 0.5)):
        points = np.zeros((side, side), np.float32)
        points[random.integers(0, side, count), random.integers(0, side, count)] = random.uniform(0.4, 1, count)
        frequency = np.fft.fftfreq(side).astype(np.float32)
        soft = np.exp(-2 * (np.pi * radius) ** 2 * (frequency[:, None] ** 2 + frequency[None, :] ** 2))
        smooth = np.fft.ifft2(np.fft.fft2(points) * soft).real.astype(np.float32)
        total += share * smooth / smooth.max()
    return np.maximum(total * peak + 0.05 * peak, 0).astype(np.float32)


def _around(array: Array) -> Array:
    """The array and as much of itself again on two sides as a tile may reach into."""
    return np.pad(array, [(0, TILE), (0, TILE)] + [(0, 0)] * (array.ndim - 2), mode="wrap")


def _cut(array: Array, y: int, x: int, size: int) -> Array:
    return array[y : y + size, x : x + size]
