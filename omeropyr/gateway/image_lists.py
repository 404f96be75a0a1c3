"""Images as the short JSON that lists hold, found by their ids or by where they lie; and their files' paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from omeropyr.connection.query import Row, rows
from omeropyr.errors import ObjectNotFound
from omeropyr.gateway.plates import label
from omeropyr.marshal.images import simple_image
from omeropyr.marshal.objects import iso_date

_IMAGES = """
    select i, u.firstName, u.lastName, e.time
    from Image i join i.details.owner u join i.details.creationEvent e where i.id in (:ids)
"""
_SIZES = "select p.image.id, p.sizeX, p.sizeY from Pixels p where p.image.id in (:ids) order by p.id desc"
_WELL = """
    select w.row, w.column, p.id, p.rowNamingConvention, p.columnNamingConvention
    from Well w join w.plate p where w.id = :id
"""
_SAMPLES = """
    select s, i.id, r.id, r.name, r.startTime from WellSample s join s.image i left outer join s.plateAcquisition r
    where s.well.id = :id order by index(s)
"""
_FILES = """
    select f.path, f.name, e.clientPath from FilesetEntry e join e.originalFile f
    where e.fileset.id = :id order by index(e)
"""
_PLANE_SIDES = ("omero.pixeldata.max_plane_width", "omero.pixeldata.max_plane_height")
_USUAL_SIDE = 3192
AT_ONCE = 10_000
"""Ids in one query: databases take some 30,000."""

ThumbUrl = Callable[[int], str]


def images(conn: Any, ids: Sequence[int], thumb_url: ThumbUrl, *, sizes: bool = False) -> list[dict[str, Any]]:
    """Give images in the order of their ids; missing ones are left out. One Ice call for ten thousand.

    `sizes` adds `size` and whether OMERO reads the image in tiles: three calls more.
    """
    found = {row[0].getId().getValue(): _short(row, thumb_url) for row in _rows(conn, _IMAGES, ids)}
    if sizes and found:
        most = _largest_plane(conn)
        for image_id, width, height in _rows(conn, _SIZES, list(found)):
            found[image_id] |= {"size": {"width": width, "height": height}, "tiled": width * height > most}
    return [found[image_id] for image_id in ids if image_id in found]


def _rows(conn: Any, hql: str, ids: Sequence[int]) -> Iterator[Row]:
    for first in range(0, len(ids), AT_ONCE):
        yield from rows(conn, hql, ids=list(ids[first : first + AT_ONCE]))


def _short(row: Row, thumb_url: ThumbUrl) -> dict[str, Any]:
    image, first, last, created = row
    return simple_image(image, f"{first} {last}".strip(), created, thumb_url(image.getId().getValue()))


def _largest_plane(conn: Any) -> int:
    """Give the pixels of a plane beyond which OMERO makes pyramids."""
    service = conn.getConfigService()
    sides = [service.getConfigValue(name) for name in _PLANE_SIDES]
    width, height = (int(side) if side and side.isdigit() else _USUAL_SIDE for side in sides)
    return width * height


def well(conn: Any, well_id: int, thumb_url: ThumbUrl) -> dict[str, Any]:
    """Give the first image of a well, with the well's place (`A1`) and plate. `ObjectNotFound`. Three Ice calls."""
    found = rows(conn, _WELL, id=well_id)
    samples = rows(conn, _SAMPLES, id=well_id) if found else []
    first = images(conn, [row[1] for row in samples[:1]], thumb_url)
    if not first:
        raise ObjectNotFound(f"There is no well {well_id} with an image, or you may not see it.")
    row, column, plate_id, row_names, column_names = found[0]
    place = f"{label(row, row_names, 'letter')}{label(column, column_names, 'number')}"
    return {**first[0], "wellPos": place, "plateId": plate_id, "wellId": well_id}


def well_images(conn: Any, well_id: int, run: int | None, thumb_url: ThumbUrl) -> list[dict[str, Any]]:
    """Give the images of a well, of one run or of all, with their places on the stage. `ObjectNotFound`."""
    samples = [row for row in rows(conn, _SAMPLES, id=well_id) if run is None or row[2] in (None, run)]
    if not samples and not rows(conn, _WELL, id=well_id):
        raise ObjectNotFound(f"There is no well {well_id}, or you may not see it.")
    known = {image["id"]: image for image in images(conn, list({row[1] for row in samples}), thumb_url)}
    return [_in_well(known[row[1]], row) for row in samples if row[1] in known]


def _in_well(image: dict[str, Any], sample: Row) -> dict[str, Any]:
    found = dict(image)
    field, _, run, name, started = sample
    if run is not None:
        named = name or (iso_date(started)[:19].replace("T", " ") if started is not None else f"Run {run}")
        found["name"] = f"{image['name']} [Run: {named}]"
    lengths = {"x": field.getPosX(), "y": field.getPosY()}
    position = {
        axis: {"value": length.getValue(), "unit": str(length.getUnit())}
        for axis, length in lengths.items()
        if length is not None
    }
    return found | ({"position": position} if position else {})


def file_paths(conn: Any, image_id: int) -> dict[str, Any]:
    """Give where an image's files are in OMERO and where they came from; nothing without a fileset.

    `ObjectNotFound`. Two Ice calls.
    """
    found = rows(conn, "select i.id, f.id from Image i left outer join i.fileset f where i.id = :id", id=image_id)
    if not found:
        raise ObjectNotFound(f"There is no image {image_id}, or you may not see it.")
    fileset = found[0][1]
    if fileset is None:
        return {}
    files = rows(conn, _FILES, id=fileset)
    return {
        "repo": [f"{path}{name}" for path, name, _ in files],
        "client": [origin for _, _, origin in files],
        "fileset": {"id": fileset},
    }
