"""Lookup tables: names as OMERO lists them, ``(256, 3) uint8`` as values.

Most are made here: ramps of the primaries, and colours between a few points of our own choice, for the names that
people know. Where a name is OMERO's the colours are much like its own, not the same. The tables that are data are
matplotlib's in the folder ``luts``, which says whose they are.
"""

from __future__ import annotations

import colorsys
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float64]
Point = tuple[float, int, int, int]

_DATA = ("viridis", "magma", "inferno", "plasma")
_RAMPS = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "cyan": (0, 1, 1),
    "magenta": (1, 0, 1),
    "yellow": (1, 1, 0),
    "grays": (1, 1, 1),
}
# Where along the table which colour is; between the points it is mixed.
_POINTS: dict[str, tuple[Point, ...]] = {
    "fire": ((0, 0, 0, 0), (0.2, 70, 0, 150), (0.4, 190, 10, 90), (0.6, 245, 90, 0), (0.85, 255, 215, 40),
             (1, 255, 255, 255)),
    "ice": ((0, 0, 0, 0), (0.35, 0, 50, 140), (0.7, 60, 170, 235), (1, 240, 255, 255)),
    "glow": ((0, 0, 0, 0), (0.4, 200, 40, 0), (0.75, 255, 190, 60), (1, 255, 255, 230)),
    "thermal": ((0, 0, 0, 0), (0.25, 40, 0, 120), (0.5, 200, 0, 90), (0.75, 255, 150, 0), (1, 255, 255, 200)),
    "cool": ((0, 0, 255, 255), (1, 255, 0, 255)),
    "sepia": ((0, 0, 0, 0), (0.5, 140, 105, 70), (1, 255, 240, 205)),
    "rainbow_rgb": ((0, 0, 0, 255), (0.25, 0, 255, 255), (0.5, 0, 255, 0), (0.75, 255, 255, 0), (1, 255, 0, 0)),
    "blue_orange_icb": ((0, 0, 45, 110), (0.5, 245, 245, 245), (1, 200, 90, 0)),
    "red-green": ((0, 255, 0, 0), (0.5, 0, 0, 0), (1, 0, 255, 0)),
    "red_hot": ((0, 0, 0, 0), (0.45, 255, 0, 0), (0.8, 255, 255, 0), (1, 255, 255, 255)),
    "orange_hot": ((0, 0, 0, 0), (0.6, 255, 120, 0), (1, 255, 255, 255)),
    "yellow_hot": ((0, 0, 0, 0), (0.6, 255, 230, 0), (1, 255, 255, 255)),
    "magenta_hot": ((0, 0, 0, 0), (0.6, 255, 0, 255), (1, 255, 255, 255)),
    "green_fire_blue": ((0, 0, 0, 0), (0.3, 0, 0, 190), (0.6, 0, 170, 110), (0.85, 200, 255, 0), (1, 255, 255, 255)),
    "phase": ((0, 255, 60, 60), (0.25, 170, 170, 0), (0.5, 0, 180, 120), (0.75, 60, 100, 255), (1, 255, 60, 60)),
}  # fmt: skip


def names() -> tuple[str, ...]:
    """The file names of all tables, sorted."""
    made = (*_RAMPS, *_POINTS, *_DATA, "spectrum", "3-3-2_rgb", "hilo", "16_colors", "6_shades")
    return tuple(sorted(f"{name}.lut" for name in made))


@cache
def lookup_table(name: str) -> Table | None:
    """The table of that name, or ``None``; must not be written to."""
    values = _values(name.removesuffix(".lut").lower())
    if values is None:
        return None
    made: Table = np.round(values).astype(np.uint8)
    made.setflags(write=False)
    return made


def _values(stem: str) -> Values | None:
    levels = np.arange(256)
    if stem in _DATA:
        data = resources.files(__package__).joinpath(f"luts/{stem}.lut").read_bytes()
        kept: Values = np.frombuffer(data, np.uint8).reshape(3, 256).T.astype(np.float64)
        return kept
    if stem in _RAMPS:
        return np.outer(levels, _RAMPS[stem]).astype(np.float64)
    if stem in _POINTS:
        places, *colors = zip(*_POINTS[stem], strict=True)
        mixed: Values = np.stack([np.interp(levels / 255, places, color) for color in colors], axis=1)
        return mixed
    if stem == "spectrum":
        return _hues(levels / 255)
    if stem == "16_colors":
        return _hues(levels // 16 / 16)
    if stem == "6_shades":
        return np.outer(levels * 6 // 256, (51.0, 51.0, 51.0))
    if stem == "3-3-2_rgb":
        cube: Values = np.stack([(levels >> 5) * 255 / 7, (levels >> 2 & 7) * 255 / 7, (levels & 3) * 255 / 3], axis=1)
        return cube
    if stem == "hilo":  # what is cut off at either end of the window shows
        grey: Values = np.repeat(levels[:, None].astype(np.float64), 3, axis=1)
        grey[0], grey[255] = (0, 0, 255), (255, 0, 0)
        return grey
    return None


def _hues(places: Values) -> Values:
    return np.array([colorsys.hsv_to_rgb(place, 1, 1) for place in places]) * 255
