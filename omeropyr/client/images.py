"""Images of a dataset, or of no container, as rows of the grid: one Ice call a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omeropyr.client.present import dates, image
from omeropyr.connection.query import Row, rows

ALL = -1
Page = tuple[int, int] | None

_ORPHANED = """
    not exists (select dl.id from DatasetImageLink dl where dl.child.id = i.id)
    and not exists (select ws.id from WellSample ws where ws.image.id = i.id)
"""
_THUMBNAIL = "(select max(th.version) from Thumbnail th where th.pixels.id = p.id and th.details.owner.id = :me)"


@dataclass(frozen=True)
class Wanted:
    """What a row holds besides name and permissions."""

    sizes: bool = False
    date: bool = False
    thumbnail_version: bool = False


def images_of_dataset(
    conn: Any, dataset_id: int | None, group_id: int, page: Page, user_id: int, wanted: Wanted
) -> list[dict[str, Any]]:
    """Give the images of a dataset by name; of all datasets and none when no dataset is named."""
    if dataset_id is None:
        return images_where(conn, "", group_id, page, user_id, wanted, {})
    where = "where i.id in (select il.child.id from DatasetImageLink il where il.parent.id = :dataset)"
    return images_where(conn, where, group_id, page, user_id, wanted, {"dataset": dataset_id})


def orphaned_images(
    conn: Any, owner_id: int, group_id: int, page: Page, user_id: int, wanted: Wanted
) -> list[dict[str, Any]]:
    """Give the images of an owner (-1: everybody) that lie in no dataset and no well, by name."""
    if owner_id == ALL:
        return images_where(conn, f"where {_ORPHANED}", group_id, page, user_id, wanted, {})
    where = f"where i.details.owner.id = :owner and {_ORPHANED}"
    return images_where(conn, where, group_id, page, user_id, wanted, {"owner": owner_id})


def images_where(
    conn: Any, where: str, group_id: int, page: Page, user_id: int, wanted: Wanted, values: dict[str, Any]
) -> list[dict[str, Any]]:
    """Give the images `i` that a condition of HQL, with `values` bound, selects; by name. One Ice call."""
    columns = ["i", "i.details.creationEvent.time"]
    joins = ""
    if wanted.sizes or wanted.thumbnail_version:
        columns += ["p.sizeX", "p.sizeY", "p.sizeZ", "p.sizeT"]
        joins = "left outer join i.pixels p"
    if wanted.thumbnail_version:
        columns.append(_THUMBNAIL)
        values = {**values, "me": user_id}
    hql = f"select {', '.join(columns)} from Image i {joins} {where} order by lower(i.name), i.id"  # noqa: S608 - constants
    found = rows(conn, hql, group_id=group_id, page=page, **values)
    return [_row(row, user_id, wanted) for row in found]


def _row(row: Row, user_id: int, wanted: Wanted) -> dict[str, Any]:
    found = image(row[0], user_id)
    if wanted.sizes and row[2] is not None:
        found |= dict(zip(("sizeX", "sizeY", "sizeZ", "sizeT"), row[2:6], strict=True))
    if wanted.date:
        found |= dates(row[0], row[1])
    if wanted.thumbnail_version and row[6] is not None:
        found["thumbVersion"] = row[6]
    return found
