"""The demo's image files: what is seen through which microscope, written the way such instruments write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import tifffile

from omeropyr.embedded.demo import cells
from omeropyr.embedded.demo.fields import Array, camera, illumination, noise, through_the_lens
from omeropyr.embedded.demo.histology import GLASS, Painter
from omeropyr.embedded.demo.tissue import plan

TILE = 512

# Channel: what is modelled, its name, emission in nm, colour, photons at full brightness.
_Model = Callable[[cells.Culture, float], Array]
LIVE: tuple[tuple[_Model, str, int, str, float], ...] = (
    (cells.nuclei, "Hoechst 33342", 461, "3366FF", 420.0),
    (cells.actin, "LifeAct-mScarlet", 594, "FF3B30", 260.0),
    (cells.microtubules, "EGFP-tubulin", 509, "30D158", 150.0),
    (cells.vesicles, "LysoTracker Deep Red", 668, "FFD60A", 90.0),
)


def mitosis(path: Path, size: int = 512, depth: int = 11, frames: int = 6) -> None:
    """Live U2OS cells, one of them dividing: OME-TIFF, T x 4 channels x Z, 16 bit."""
    model = cells.culture(11, size, depth, max(size * size // 17000, 3), 34.0)
    model.cells[5 % len(model.cells)].divides_at = 0.0
    random = np.random.default_rng(12)
    light = illumination((size, size))
    stack = np.empty((frames, len(LIVE), depth, size, size), dtype=np.uint16)
    for time in range(frames):
        for channel, (draw, _, _, _, photons) in enumerate(LIVE):
            seen = through_the_lens(draw(model, float(time))) * (light * photons * 0.97**time)
            stack[time, channel] = camera(random, seen + 6.0)
    metadata = {
        "axes": "TCZYX",
        "Name": path.name.split(".")[0],
        "Channel": {
            "Name": [name for _, name, _, _, _ in LIVE],
            "EmissionWavelength": [emission for _, _, emission, _, _ in LIVE],
            "EmissionWavelengthUnit": ["nm"] * len(LIVE),
            "Color": [_ome_colour(colour) for _, _, _, colour, _ in LIVE],
        },
        **_physical(0.161, 0.6),
        "TimeIncrement": 180.0,
        "TimeIncrementUnit": "s",
    }
    tifffile.imwrite(path, stack, ome=True, photometric="minisblack", metadata=metadata, **_deflate())


def wound(path: Path, size: int = 512, frames: int = 18) -> None:
    """A scratch in a sheet of H2B-GFP cells that closes: OME-TIFF, a 2-D time-lapse, 16 bit."""
    model = cells.culture(31, size, 1, size * size // 1500, 9.5)
    middle, gap = size / 2, size * 0.21
    edge = noise(model.random, (size, size), 70, 2)[:, size // 2] * 9
    model.cells = [cell for cell in model.cells if abs(cell.x - middle + edge[int(cell.y) % size]) > gap]
    for number, cell in enumerate(model.cells):
        toward = np.sign(middle - cell.x) * 4.6 * np.exp(-(abs(cell.x - middle) - gap) / (size * 0.2))
        cell.drift = (toward + model.random.normal(0, 0.7), model.random.normal(0, 0.9))
        cell.divides_at = float(model.random.uniform(1, frames - 3)) if number % 11 == 5 else None
    random = np.random.default_rng(32)
    light = illumination((size, size), 0.35)
    stack = np.empty((frames, size, size), dtype=np.uint16)
    for time in range(frames):
        seen = through_the_lens(cells.nuclei(model, float(time)), sigma=1.2)[0] * (light * 240 * 0.985**time)
        stack[time] = camera(random, seen + 14.0)
    channel = {
        "Name": ["H2B-GFP"],
        "EmissionWavelength": [509],
        "EmissionWavelengthUnit": ["nm"],
        "Color": [_ome_colour("FFFFFF")],
    }
    metadata = {
        "axes": "TYX",
        "Name": path.name.split(".")[0],
        "Channel": channel,
        **_physical(0.65),
        "TimeIncrement": 600.0,
        "TimeIncrementUnit": "s",
    }
    tifffile.imwrite(path, stack, ome=True, photometric="minisblack", metadata=metadata, **_deflate())


def fixed_field(path: Path, seed: int, size: int = 640) -> None:
    """A field of fixed cells in three stains: ImageJ TIFF, 8 bit, labelled channels."""
    model = cells.culture(seed, size, 5, 24, 30.0)
    model.cells[seed % 24].divides_at = -2.0
    random = np.random.default_rng(seed + 1)
    light = illumination((size, size), 0.18)
    planes = np.empty((3, size, size), dtype=np.uint8)
    for channel, (draw, photons) in enumerate(
        ((cells.nuclei, 130.0), (cells.microtubules, 70.0), (cells.actin, 110.0))
    ):
        focus = 1 if draw is cells.actin else 2
        seen = through_the_lens(draw(model, 0.0), planes=range(focus, focus + 1))[0]
        grey = camera(random, seen * light * photons + 4.0, gain=1.0, offset=8.0, read=1.2)
        planes[channel] = np.clip(np.rint(grey * (235.0 / np.percentile(grey, 99.9))), 0, 255)
    metadata = {
        "axes": "CYX",
        "mode": "composite",
        "unit": "um",
        "Labels": ["DAPI", "alpha-tubulin", "Phalloidin"],
        "LUTs": [_lut(0.2, 0.45, 1.0), _lut(0.15, 0.9, 0.3), _lut(1.0, 0.25, 0.2)],
    }
    tifffile.imwrite(path, planes, imagej=True, resolution=(1 / 0.182, 1 / 0.182), metadata=metadata)


def slide(path: Path, size: int = 32768) -> None:
    """A colon section, H&E, 40x, in the middle of a slide: OME-TIFF of JPEG tiles, smaller levels in SubIFDs."""
    section = size // 2
    painter = Painter(plan(4, section), 5)
    levels = [np.empty((section >> level, section >> level, 3), np.uint8) for level in range(1, _levels(size))]
    options: dict[str, Any] = {
        "tile": (TILE, TILE),
        "photometric": "rgb",  # stored as YCbCr
        "compression": "jpeg",
        "compressionargs": {"level": 85},
        "maxworkers": 1,
    }
    metadata = {"axes": "YXS", "Name": path.name.split(".")[0], **_physical(0.2525)}
    with tifffile.TiffWriter(path, bigtiff=False, ome=True) as writer:
        tiles = _paint(painter, size, levels[0] if levels else None)
        full: dict[str, Any] = {"shape": (size, size, 3), "dtype": np.uint8, "metadata": metadata}
        writer.write(tiles, subifds=len(levels), **full, **options)
        for number, level in enumerate(levels):
            if number:
                _halve(levels[number - 1], level)
            whole = size >> (number + 1)
            smaller: dict[str, Any] = {"shape": (whole, whole, 3), "dtype": np.uint8, "metadata": None}
            writer.write(_mounted(level, whole), subfiletype=1, **smaller, **options)


def _levels(size: int) -> int:
    """How many levels until one tile shows everything."""
    return max(1, (size // TILE).bit_length())


def _paint(painter: Painter, size: int, half: npt.NDArray[np.uint8] | None) -> Iterator[npt.NDArray[np.uint8]]:
    """Every tile of the full size in reading order; leaves the section at half its size in *half*."""
    section, edge = painter.plan.size, (size - painter.plan.size) // 2
    for y in range(-edge, size - edge, TILE):
        for x in range(-edge, size - edge, TILE):
            if not (0 <= x < section and 0 <= y < section):
                yield painter.glass(x, y, TILE)
                continue
            tile = painter.tile(x, y, TILE)
            if half is not None:
                _halve(tile, half[y // 2 : (y + TILE) // 2, x // 2 : (x + TILE) // 2])
            yield tile


def _mounted(section: npt.NDArray[np.uint8], size: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Every tile of a smaller level of *size* pixels square, the *section* in the middle of bare glass."""
    edge = (size - section.shape[0]) // 2
    for y in range(0, size, TILE):
        for x in range(0, size, TILE):
            tile = np.empty((min(TILE, size), min(TILE, size), 3), np.uint8)
            tile[...] = GLASS
            top, left = max(y, edge), max(x, edge)
            part = section[top - edge : max(0, y + TILE - edge), left - edge : max(0, x + TILE - edge)]
            tile[top - y : top - y + part.shape[0], left - x : left - x + part.shape[1]] = part
            yield tile


@numba.njit(cache=True, nogil=True)
def _halve(source: npt.NDArray[np.uint8], target: npt.NDArray[np.uint8]) -> None:
    """Mean of each 2 x 2 pixels (Y, X, 3) into *target* (Y/2, X/2, 3)."""
    for row in range(target.shape[0]):
        for column in range(target.shape[1]):
            for channel in range(3):
                upper = np.uint16(source[2 * row, 2 * column, channel]) + source[2 * row, 2 * column + 1, channel]
                lower = (
                    np.uint16(source[2 * row + 1, 2 * column, channel]) + source[2 * row + 1, 2 * column + 1, channel]
                )
                target[row, column, channel] = (upper + lower + 2) >> 2


def _lut(red: float, green: float, blue: float) -> npt.NDArray[np.uint8]:
    """ImageJ's lookup table (3, 256) from black to a colour."""
    return np.asarray(np.outer((red, green, blue), np.arange(256)).round(), dtype=np.uint8)


def _physical(pixel: float, step: float | None = None) -> dict[str, Any]:
    """Sizes in micrometres as OME-XML has them."""
    sizes: dict[str, Any] = {}
    for axis in "XY":
        sizes |= {f"PhysicalSize{axis}": pixel, f"PhysicalSize{axis}Unit": "µm"}
    return sizes if step is None else sizes | {"PhysicalSizeZ": step, "PhysicalSizeZUnit": "µm"}


def _ome_colour(rgb: str) -> int:
    """Red, green, blue, alpha packed in a signed 32-bit number, as OME-XML wants it."""
    value = int(rgb + "FF", 16)
    return value - (1 << 32) if value >= 1 << 31 else value


def _deflate() -> dict[str, Any]:
    return {
        "tile": (256, 256),
        "compression": "zlib",
        "predictor": True,
        "compressionargs": {"level": 4},
        "maxworkers": 1,
    }
