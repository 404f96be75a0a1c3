"""Regions of interest read by plane, and where they are among all of an image."""

from __future__ import annotations

from collections import Counter
from typing import Any

from omero_marshal import get_encoder

from omeropyr.connection.images import ImageFacts
from omeropyr.connection.query import rows
from omeropyr.errors import ObjectNotFound

_ON_PLANE = """
    from Roi r where r.image.id = :image and exists (
        select s.id from Shape s where s.roi.id = r.id
        and (s.theZ is null or (s.theZ >= :z0 and s.theZ <= :z1))
        and (s.theT is null or (s.theT >= :t0 and s.theT <= :t1)))
"""
_LOADED = """
    select distinct r from Roi r left outer join fetch r.shapes s left outer join fetch s.transform
    join fetch r.details.owner left outer join fetch s.details.owner where r.id in (:ids) order by r.id
"""
_COUNTS = """
    select s.theZ, s.theT, count(s.id) from Shape s where s.roi.image.id = :image group by s.theZ, s.theT
"""
_PLACE = {
    "roi": "select r.id, r.image.id from Roi r where r.id = :id",
    "shape": "select s.roi.id, s.roi.image.id, s.theZ, s.theT from Shape s where s.id = :id",
}
Json = dict[str, Any]
Span = tuple[int, int]


def by_plane(conn: Any, image_id: int, z: Span, t: Span, page: tuple[int, int]) -> Json:
    """The regions with a shape on planes *z* and *t* (first, last), all their shapes; *page* is (offset, limit)."""
    span: Json = {"z0": z[0], "z1": z[1], "t0": t[0], "t1": t[1], "image": image_id}
    total = rows(conn, f"select count(r.id) {_ON_PLANE}", **span)[0][0]
    ids = [row[0] for row in rows(conn, f"select r.id {_ON_PLANE} order by r.id", page=page, **span)]
    loaded = [row[0] for row in rows(conn, _LOADED, ids=ids)] if ids else []
    data = [get_encoder(roi.__class__).encode(roi) for roi in loaded]
    return {"data": data, "meta": {"offset": page[0], "limit": page[1], "totalCount": int(total)}}


def counts(conn: Any, image: ImageFacts) -> list[list[int]]:
    """How many shapes each plane shows, `[z][t]`; a shape without z or t is on all of them."""
    found: Counter[tuple[int, int]] = Counter()
    for z, t, count in rows(conn, _COUNTS, image=image.id):
        for place_z in range(image.size_z) if z is None else (z,):
            for place_t in range(image.size_t) if t is None else (t,):
                found[place_z, place_t] += count
    return [[found[z, t] for t in range(image.size_t)] for z in range(image.size_z)]


def page_data(conn: Any, kind: str, object_id: int) -> Json:
    """The place of a region, or of a shape's region, among those of its image by id. Raises ObjectNotFound."""
    place = rows(conn, _PLACE[kind], id=object_id)
    if not place:
        raise ObjectNotFound(f"There is no {kind} {object_id}, or you may not see it.")
    roi_id, image_id, *plane = place[0]
    before = rows(
        conn, "select count(r.id) from Roi r where r.image.id = :image and r.id < :roi", image=image_id, roi=roi_id
    )
    total = rows(conn, "select count(r.id) from Roi r where r.image.id = :image", image=image_id)
    found: Json = {"image": {"id": image_id}, "roi": {"id": roi_id}}
    found |= {"roi_index": int(before[0][0]), "roi_count": int(total[0][0])}
    return found | {name: at for name, at in zip(("theZ", "theT"), plane, strict=False) if at is not None}
