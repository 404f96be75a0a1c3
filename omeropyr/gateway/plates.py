"""The wells of a plate as the grid that OMERO.web's programs draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from omeropyr.connection.query import Row, rows
from omeropyr.errors import ObjectNotFound, TooLarge
from omeropyr.marshal.images import simple_image

Layout = Literal["expand", "shrink", "trim"]
LAYOUTS: tuple[Layout, ...] = ("expand", "shrink", "trim")
MOST_WELLS = 250_000
_EVEN = (8, 12)  # rows and columns of the smallest usual plate; larger ones are multiples of it

_PLATE = """
    select p.rowNamingConvention, p.columnNamingConvention,
           (select min(w.row) from Well w where w.plate.id = p.id),
           (select max(w.row) from Well w where w.plate.id = p.id),
           (select min(w.column) from Well w where w.plate.id = p.id),
           (select max(w.column) from Well w where w.plate.id = p.id)
    from Plate p where p.id = :id
"""
_FIELDS = "select count(ws.id) from WellSample ws join ws.well w where w.plate.id = :id {} group by w.id"
_SAMPLES = """
    select w.id, w.row, w.column, i, u.firstName, u.lastName, e.time
    from Well w join w.wellSamples ws join ws.image i join i.details.owner u join i.details.creationEvent e
    where w.plate.id = :id {} order by w.row, w.column, index(ws)
"""
_SIZE = "select p.sizeX, p.sizeY from Pixels p where p.image.id = :id order by p.id"


@dataclass(frozen=True)
class Wanted:
    """Which field of each well (from 0), of all or of one acquisition, and how much of the plate around the wells."""

    field: int = 0
    acquisition: int | None = None
    layout: Layout = "expand"


def plate_grid(conn: Any, plate_id: int, wanted: Wanted, thumb_url: Callable[[int], str]) -> dict[str, Any]:
    """Give `grid`, `rowlabels`, `collabels` and `image_sizes` as OMERO.web does, and how many `fields` there are.

    Raises `ObjectNotFound` and `TooLarge`. Four queries.
    """
    found = rows(conn, _PLATE, id=plate_id)
    if not found:
        raise ObjectNotFound(f"There is no plate {plate_id}, or you may not see it.")
    row_names, column_names, *ends = found[0]
    top, height = _span(ends[0], ends[1], _EVEN[0], wanted.layout)
    left, width = _span(ends[2], ends[3], _EVEN[1], wanted.layout)
    if width * height > MOST_WELLS:
        raise TooLarge(f"This plate has {height:,} rows and {width:,} columns: a grid may have {MOST_WELLS:,} places.")
    grid: list[list[dict[str, Any] | None]] = [[None] * width for _ in range(height)]
    samples = _samples(conn, plate_id, wanted)
    for well, row, column, image, first, last, created in samples:
        cell = simple_image(image, f"{first} {last}".strip(), created, thumb_url(image.getId().getValue()))
        grid[row - top][column - left] = {**cell, "wellId": well, "field": wanted.field}
    return {
        "grid": grid,
        "rowlabels": [label(top + place, row_names, "letter") for place in range(height)],
        "collabels": [label(left + place, column_names, "number") for place in range(width)],
        "image_sizes": _sizes(conn, samples),
        "fields": _fields(conn, plate_id, wanted),
    }


def _span(lowest: int | None, highest: int | None, even: int, layout: Layout) -> tuple[int, int]:
    """The first row or column that is shown, and how many."""
    if lowest is None or highest is None:
        return 0, even if layout == "expand" else 0
    if layout == "shrink":
        return lowest, highest - lowest + 1
    if layout == "trim":
        return 0, highest + 1
    return 0, -(-(highest + 1) // even) * even


def _samples(conn: Any, plate_id: int, wanted: Wanted) -> list[Row]:
    if wanted.acquisition is None:
        return rows(conn, _SAMPLES.format("and index(ws) = :field"), id=plate_id, field=wanted.field)
    # Fields of an acquisition are counted from its own first one in each well.
    of = rows(conn, _SAMPLES.format("and ws.plateAcquisition.id = :run"), id=plate_id, run=wanted.acquisition)
    by_well: dict[int, list[Row]] = {}
    for row in of:
        by_well.setdefault(row[0], []).append(row)
    return [found[wanted.field] for found in by_well.values() if wanted.field < len(found)]


def _fields(conn: Any, plate_id: int, wanted: Wanted) -> int:
    if wanted.acquisition is None:
        found = rows(conn, _FIELDS.format(""), id=plate_id)
    else:
        of = "and ws.plateAcquisition.id = :run"
        found = rows(conn, _FIELDS.format(of), id=plate_id, run=wanted.acquisition)
    return max((int(row[0]) for row in found), default=0)


def _sizes(conn: Any, samples: Sequence[Row]) -> list[dict[str, int]]:
    """The size of the first image: those of a plate are alike."""
    if not samples:
        return []
    image_id = samples[0][3].getId().getValue()
    return [{"x": row[0], "y": row[1], "image_id": image_id} for row in rows(conn, _SIZE, id=image_id)[:1]]


def label(place: int, convention: str | None, usual: str) -> str | int:
    """Give the name of a row or column (from 0): a letter (`A`, `AA` after `Z`) or a number from 1."""
    if (convention or usual) != "letter":
        return place + 1
    return chr(65 + place) if place < 26 else f"{label(place // 26 - 1, 'letter', usual)}{chr(65 + place % 26)}"
