"""Tags, sets of tags, and what bears them: as lists of the browser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omeropyr.client.deleting import delete
from omeropyr.client.images import Wanted, images_where
from omeropyr.client.present import acquisition, container, tag, well
from omeropyr.connection.query import rows
from omeropyr.errors import ObjectNotFound

ALL = -1
Page = tuple[int, int] | None

_TAGS = """
    select t,
           (select count(distinct il.parent.id) from ImageAnnotationLink il where il.child.id = t.id),
           (select count(sl.id) from AnnotationAnnotationLink sl where sl.parent.id = t.id)
    from TagAnnotation t {where} order by lower(t.textValue), t.id
"""
_IN_SET = "select l.id from AnnotationAnnotationLink l where l.child.id = t.id"
_CHILDREN = {
    "Project": "(select count(c.id) from ProjectDatasetLink c where c.parent.id = o.id)",
    "Dataset": "(select count(c.id) from DatasetImageLink c where c.parent.id = o.id)",
    "Screen": "(select count(c.id) from ScreenPlateLink c where c.parent.id = o.id)",
    "Plate": "(select count(c.id) from PlateAcquisition c where c.plate.id = o.id)",
}
_NAMES = {"projects": "Project", "datasets": "Dataset", "screens": "Screen", "plates": "Plate"}


def tags(
    conn: Any,
    owner_id: int,
    group_id: int,
    page: Page,
    user_id: int,
    *,
    loose: bool = False,
    set_id: int | None = None,
) -> list[dict[str, Any]]:
    """Give the tags and sets of an owner (-1: everybody) by name; only those in no set, or those in one. One Ice call.

    `childCount` of a tag is how many images bear it, that of a set how many tags are in it.
    """
    conditions, values = [], dict[str, Any]()
    if owner_id != ALL:
        conditions.append("t.details.owner.id = :owner")
        values["owner"] = owner_id
    if loose:
        conditions.append(f"not exists ({_IN_SET})")
    if set_id is not None:
        conditions.append(f"exists ({_IN_SET} and l.parent.id = :set)")
        values["set"] = set_id
    where = f"where {' and '.join(conditions)}" if conditions else ""
    found = rows(conn, _TAGS.format(where=where), group_id=group_id, page=page, **values)
    return [tag(obj, int(images), int(inside), user_id) for obj, images, inside in found]


def tagged(
    conn: Any, tag_id: int, owner_id: int, group_id: int, page: Page, user_id: int, wanted: Wanted
) -> dict[str, list[dict[str, Any]]]:
    """Give what bears a tag, of an owner (-1: everybody), by class and name: seven Ice calls."""
    owned = "" if owner_id == ALL else "and o.details.owner.id = :owner"
    values = {"tag": tag_id} if owner_id == ALL else {"tag": tag_id, "owner": owner_id}
    found: dict[str, list[dict[str, Any]]] = {}
    for key, name in _NAMES.items():
        hql = f"""select o, {_CHILDREN[name]} from {name} o
            where o.id in (select l.parent.id from {name}AnnotationLink l where l.child.id = :tag) {owned}
            order by lower(o.name), o.id"""  # noqa: S608 - constants
        listed = rows(conn, hql, group_id=group_id, page=page, **values)
        found[key] = [container(obj, int(count), user_id) for obj, count in listed]
    bearing = "i.id in (select l.parent.id from ImageAnnotationLink l where l.child.id = :tag)"
    owned_image = "" if owner_id == ALL else "and i.details.owner.id = :owner"
    found["images"] = images_where(conn, f"where {bearing} {owned_image}", group_id, page, user_id, wanted, values)
    runs = f"""select o from PlateAcquisition o
        where o.id in (select l.parent.id from PlateAcquisitionAnnotationLink l where l.child.id = :tag) {owned}
        order by lower(o.name), o.id"""  # noqa: S608 - constants
    found["acquisitions"] = [
        acquisition(row[0], user_id) for row in rows(conn, runs, group_id=group_id, page=page, **values)
    ]
    wells = f"""select o, p from Well o join o.plate p
        where o.id in (select l.parent.id from WellAnnotationLink l where l.child.id = :tag) {owned}
        order by p.id, o.column, o.row"""  # noqa: S608 - constants
    found["wells"] = [
        well(row[0], row[1], user_id) for row in rows(conn, wells, group_id=group_id, page=page, **values)
    ]
    return found


def delete_tags(conn: Any, tag_ids: Sequence[int]) -> None:
    """Delete tags or sets; what bears them, and the tags of a set, stay. Raises `ObjectNotFound`, `Forbidden`."""
    known = {row[0] for row in rows(conn, "select t.id from TagAnnotation t where t.id in (:ids)", ids=list(tag_ids))}
    missing = sorted(set(tag_ids) - known)
    if missing:
        raise ObjectNotFound(f"There is no tag {missing[0]}, or you may not see it.")
    delete(conn, {"TagAnnotation": tag_ids})
