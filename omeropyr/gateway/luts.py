"""Lookup tables: the list, and one picture of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import imagecodecs
import numpy as np

from omeropyr.connection.lookup_tables import LookupTable, Table

GRADIENT = "gradient.png"
ROWS = 10
WIDTH = 256
_FADE = 180


def luts_data(tables: Sequence[LookupTable], colours: Mapping[int, Table | None] | None) -> dict[str, Any]:
    """Give the list, with the colours of each table where they are given.

    OMERO.web has two pictures, an old one in a file and a new one that is made; here both names mean the new one.
    """
    listed: list[dict[str, Any]] = []
    for place, table in enumerate(tables):
        entry: dict[str, Any] = {
            "id": table.id,
            "path": table.path,
            "name": table.name,
            "size": table.size,
            "png_index": place,
            "png_index_new": place,
        }
        if colours is not None:
            values = colours.get(table.id)
            entry["rgb"] = values.tolist() if values is not None else None
        listed.append(entry)
    names = [*(f"{table.path}{table.name}" for table in tables), GRADIENT]
    return {"luts": listed, "png_luts": names, "png_luts_new": names}


def luts_png(tables: Sequence[LookupTable], colours: Mapping[int, Table | None]) -> bytes:
    """Draw the tables below each other, ten rows each, as PNG; last what a slider is shaded with, black that fades.

    A table that could not be read is transparent.
    """
    picture = np.zeros((ROWS * (len(tables) + 1), WIDTH, 4), np.uint8)
    for place, table in enumerate(tables):
        values = colours.get(table.id)
        if values is not None:
            rows = picture[ROWS * place : ROWS * (place + 1)]
            rows[..., :3], rows[..., 3] = values, 255
    fading = np.round(np.interp(np.arange(WIDTH), (0, _FADE), (255, 0)))
    picture[-ROWS:, :, 3] = fading.astype(np.uint8)
    return bytes(imagecodecs.png_encode(picture, level=6))
