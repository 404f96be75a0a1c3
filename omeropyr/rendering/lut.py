"""Lookup tables: names as OMERO lists them, ``(256, 3) uint8`` as values.

All tables here are made by formula: ramps of the additive and subtractive primaries, the hue circle, and the 3-3-2
bit colour cube.
"""

from __future__ import annotations

import colorsys
from functools import cache

import numpy as np
import numpy.typing as npt

_RAMPS = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "cyan": (0, 1, 1),
    "magenta": (1, 0, 1),
    "yellow": (1, 1, 0),
    "grays": (1, 1, 1),
}


def names() -> tuple[str, ...]:
    """The file names of all tables, sorted."""
    return tuple(sorted(f"{name}.lut" for name in (*_RAMPS, "spectrum", "3-3-2_rgb")))


@cache
def lookup_table(name: str) -> npt.NDArray[np.uint8] | None:
    """The table of that name, or ``None``; must not be written to."""
    stem = name.removesuffix(".lut").lower()
    levels = np.arange(256)
    if stem in _RAMPS:
        values = levels[:, None] * np.array(_RAMPS[stem])
    elif stem == "spectrum":
        values = np.array([colorsys.hsv_to_rgb(level / 255, 1, 1) for level in levels]) * 255
    elif stem == "3-3-2_rgb":
        values = np.stack([(levels >> 5) * 255 / 7, (levels >> 2 & 7) * 255 / 7, (levels & 3) * 255 / 3], axis=1)
    else:
        return None
    made: npt.NDArray[np.uint8] = np.round(values).astype(np.uint8)
    made.setflags(write=False)
    return made
