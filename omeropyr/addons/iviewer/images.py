"""What OMERO.iviewer reads of an image beside `imgData`: regions, physical sizes, dates, times, fields of a well."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import omero
import omero.model
from omero.model.enums import UnitsTime

from omeropyr.connection.client_config import ClientConfig
from omeropyr.connection.images import ImageFacts, image_facts
from omeropyr.connection.query import one, rows
from omeropyr.errors import ObjectNotFound
from omeropyr.marshal.images import image_data as marshal_image
from omeropyr.marshal.objects import acquired
from omeropyr.rendering.settings import FAMILIES

_SIZES = """
    select p from Pixels p join fetch p.image i join fetch i.details.creationEvent where p.id = :id
"""
_TIMES = """
    select p from PlaneInfo p where p.pixels.id = :id and p.theC = 0 and p.theZ = 0 order by p.theT
"""
_FIELDS = """
    select i.id, i.name from WellSample s join s.image i where s.well.id = :id order by s.id
"""
Json = dict[str, Any]


def find(conn: Any, image_id: int) -> ImageFacts:
    """The facts of an image. Raises ObjectNotFound."""
    found = image_facts(conn, [image_id]).get(image_id)
    if found is None:
        raise ObjectNotFound("Image not found")
    return found


def image_data(conn: Any, image: ImageFacts, config: ClientConfig) -> Json:
    """`imgData` and what OMERO.iviewer's scripts read beside it. Raises ObjectNotFound."""
    found = marshal_image(conn, image, config)
    if found is None:
        raise ObjectNotFound("Image not found")
    if "ConcurrencyException" in found:
        return found
    pixels = one(conn, _SIZES, id=image.pixels_id)
    if pixels is None:
        raise ObjectNotFound("Image not found")
    found["roi_count"] = roi_count(conn, image.id)
    found.setdefault("pixel_size", {}).update(_physical_sizes(pixels))
    found["delta_t_unit_symbol"] = None
    found["families"] = list(FAMILIES)
    loaded = pixels.getImage()
    found["import_date"] = _date(loaded.getDetails().getCreationEvent().getTime().getValue())
    if (taken := acquired(loaded)) is not None:
        found["acquisition_date"] = _date(taken)
    return found


def roi_count(conn: Any, image_id: int) -> int:
    """How many regions the image has that the user may see."""
    return int(rows(conn, "select count(r.id) from Roi r where r.image.id = :id", id=image_id)[0][0])


def delta_t(conn: Any, image: ImageFacts) -> Json | list[Any]:
    """When each time point was taken, in seconds after the first plane; nothing where there is one only."""
    if image.size_t == 1:
        return []
    times = [0.0] * image.size_t
    for (plane,) in rows(conn, _TIMES, id=image.pixels_id):
        place, time = plane.getTheT().getValue(), plane.getDeltaT()
        if time is not None and 0 <= place < image.size_t:
            times[place] = float(omero.model.TimeI(time, UnitsTime.SECOND).getValue())
    return {"delta_t": times, "delta_t_unit_symbol": "s", "image_id": image.id}


def image_of(conn: Any, kind: str, object_id: int) -> int:
    """The image that a region (*kind* `roi`) or shape lies on. Raises ObjectNotFound."""
    queries = {
        "roi": "select r.image.id from Roi r where r.id = :id",
        "shape": "select s.roi.image.id from Shape s where s.id = :id",
    }
    found = rows(conn, queries[kind], id=object_id)
    if not found:
        raise ObjectNotFound("Image not found")
    return int(found[0][0])


def well_images(conn: Any, well_id: int, page: tuple[int, int]) -> Json:
    """The images of a well by field; *page* is (offset, limit)."""
    count = rows(conn, "select count(s.id) from WellSample s where s.well.id = :id", id=well_id)[0][0]
    data = [{"@id": row[0], "Name": row[1]} for row in rows(conn, _FIELDS, page=page, id=well_id)]
    return {"data": data, "meta": {"offset": page[0], "limit": page[1], "totalCount": int(count)}}


def _physical_sizes(pixels: Any) -> Json:
    found: Json = {}
    for axis in "XYZ":
        size = getattr(pixels, f"getPhysicalSize{axis}")()
        if size is not None:
            low = axis.lower()
            found |= {
                f"unit_{low}": size.getValue(),
                f"symbol_{low}": size.getSymbol(),
                f"unit_id_{low}": str(size.getUnit()),
            }
    return found


def _date(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
