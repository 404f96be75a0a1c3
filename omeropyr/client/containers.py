"""Projects, datasets, screens and plates as rows of the tree: one Ice call a list."""

from __future__ import annotations

from typing import Any, NamedTuple

from omeropyr.client.present import acquisition, container
from omeropyr.connection.query import Row, rows

ALL = -1
Page = tuple[int, int] | None


class Kind(NamedTuple):
    """A sort of container: its class, the alias its HQL uses, and the subselect that counts its children."""

    name: str
    counts: str
    parents: str | None


PROJECT = Kind("Project", "select count(l.id) from ProjectDatasetLink l where l.parent.id = o.id", None)
DATASET = Kind(
    "Dataset",
    "select count(l.id) from DatasetImageLink l where l.parent.id = o.id",
    "ProjectDatasetLink",
)
SCREEN = Kind("Screen", "select count(l.id) from ScreenPlateLink l where l.parent.id = o.id", None)
PLATE = Kind("Plate", "select count(a.id) from PlateAcquisition a where a.plate.id = o.id", "ScreenPlateLink")

# One row whatever there is: which lists are worth asking for, and how many images lie in no container.
_CONTENT = """
    select (select count(p.id) from Project p {project}),
           (select count(d.id) from Dataset d {dataset}),
           (select count(s.id) from Screen s {screen}),
           (select count(t.id) from Plate t {plate}),
           (select count(i.id) from Image i where {image}
                not exists (select dl.id from DatasetImageLink dl where dl.child.id = i.id)
                and not exists (select ws.id from WellSample ws where ws.image.id = i.id))
    from Experimenter me where me.id = :me
"""
_KINDS = {"projects": PROJECT, "datasets": DATASET, "screens": SCREEN, "plates": PLATE}


def top_containers(
    conn: Any, owner_id: int, group_id: int, page: Page, user_id: int
) -> tuple[dict[str, list[dict[str, Any]]], int]:
    """Give `projects`, `screens`, the `datasets` and `plates` that lie in none, and the number of orphaned images.

    `owner_id` -1 is everybody. One Ice call, and one for each sort of container that the owner has.
    """
    content = _content(conn, owner_id, group_id, user_id)
    lists = {
        name: top_level(conn, kind, owner_id, group_id, page, user_id) if content[place] else []
        for place, (name, kind) in enumerate(_KINDS.items())
    }
    return lists, content[-1]


def _content(conn: Any, owner_id: int, group_id: int, user_id: int) -> tuple[int, ...]:
    if owner_id == ALL:
        hql = _CONTENT.format(project="", dataset="", screen="", plate="", image="")
        found = rows(conn, hql, group_id=group_id, me=user_id)
    else:
        mine = "where {}.details.owner.id = :owner"
        hql = _CONTENT.format(
            project=mine.format("p"),
            dataset=mine.format("d"),
            screen=mine.format("s"),
            plate=mine.format("t"),
            image="i.details.owner.id = :owner and",
        )
        found = rows(conn, hql, group_id=group_id, me=user_id, owner=owner_id)
    return tuple(int(count) for count in found[0])


def top_level(conn: Any, kind: Kind, owner_id: int, group_id: int, page: Page, user_id: int) -> list[dict[str, Any]]:
    """Give the containers of `kind` that have no parent: one Ice call."""
    conditions = []
    values: dict[str, Any] = {}
    if owner_id != ALL:
        conditions.append("o.details.owner.id = :owner")
        values["owner"] = owner_id
    if kind.parents is not None:
        conditions.append(f"not exists (select pl.id from {kind.parents} pl where pl.child.id = o.id)")  # noqa: S608 - a constant
    where = f"where {' and '.join(conditions)}" if conditions else ""
    found = rows(conn, _select(kind, where), group_id=group_id, page=page, **values)
    return _present(found, user_id)


def children(
    conn: Any, kind: Kind, parent_id: int | None, group_id: int, page: Page, user_id: int
) -> list[dict[str, Any]]:
    """Give the datasets of a project, or the plates of a screen; all of them when no parent is named."""
    if parent_id is None:
        found = rows(conn, _select(kind, ""), group_id=group_id, page=page)
    else:
        where = f"where o.id in (select pl.child.id from {kind.parents} pl where pl.parent.id = :parent)"  # noqa: S608 - a constant
        found = rows(conn, _select(kind, where), group_id=group_id, page=page, parent=parent_id)
    return _present(found, user_id)


def acquisitions(conn: Any, plate_id: int, group_id: int, page: Page, user_id: int) -> list[dict[str, Any]]:
    """Give the runs of a plate, the first first: one Ice call."""
    hql = "select o from PlateAcquisition o where o.plate.id = :plate order by o.startTime, lower(o.name), o.id"
    return [acquisition(row[0], user_id) for row in rows(conn, hql, group_id=group_id, page=page, plate=plate_id)]


def _select(kind: Kind, where: str) -> str:
    return f"select o, ({kind.counts}) from {kind.name} o {where} order by lower(o.name), o.id"  # noqa: S608 - constants


def _present(found: list[Row], user_id: int) -> list[dict[str, Any]]:
    return [container(obj, int(count), user_id) for obj, count in found]
