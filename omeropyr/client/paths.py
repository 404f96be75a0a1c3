"""The ways that lead to an object: owner, project, dataset, image. What `?show=image-1` opens, step by step."""

from __future__ import annotations

from typing import Any

from omeropyr.connection.query import Row, rows

_PATHS = {
    "image": """
        select i.details.owner.id, p.id, d.id, i.id from Image i
        left outer join i.datasetLinks dl left outer join dl.parent d
        left outer join d.projectLinks pl left outer join pl.parent p
        where i.id = :id order by d.id, p.id
    """,
    "dataset": """
        select d.details.owner.id, p.id, d.id from Dataset d
        left outer join d.projectLinks pl left outer join pl.parent p
        where d.id = :id order by p.id
    """,
    "project": "select p.details.owner.id, p.id from Project p where p.id = :id",
    "plate": """
        select t.details.owner.id, s.id, t.id from Plate t
        left outer join t.screenLinks sl left outer join sl.parent s
        where t.id = :id order by s.id
    """,
    "screen": "select s.details.owner.id, s.id from Screen s where s.id = :id",
}
_STEPS = {
    "image": ("experimenter", "project", "dataset", "image"),
    "dataset": ("experimenter", "project", "dataset"),
    "project": ("experimenter", "project"),
    "plate": ("experimenter", "screen", "plate"),
    "screen": ("experimenter", "screen"),
}
KINDS = tuple(_STEPS)

_PLACE = """
    select (select count(a.id) from DatasetImageLink a where a.parent.id = :dataset),
           (select count(b.id) from DatasetImageLink b where b.parent.id = :dataset
                and (lower(b.child.name) < lower(i.name)
                     or (lower(b.child.name) = lower(i.name) and b.child.id < i.id)))
    from Image i where i.id = :id
"""


def paths_to(
    conn: Any, kind: str, object_id: int, *, through: dict[str, int], group_id: int, page_size: int
) -> list[list[dict[str, Any]]]:
    """Give every path to an object, from its owner down; only those that lead `through` the ids named by type.

    An image in a dataset also says where it stands: the dataset's `childCount`, the image's `childIndex` (from 0) and
    `childPage` (from 1), in the order of the grid.
    """
    found = rows(conn, _PATHS[kind], group_id=group_id, id=object_id)
    paths = [_path(kind, row) for row in found]
    paths = [path for path in paths if all(_leads_through(path, *step) for step in through.items())]
    if kind == "image":
        for path in paths:
            _place(conn, path, object_id, group_id, page_size)
    return paths


def _path(kind: str, row: Row) -> list[dict[str, Any]]:
    path = [{"type": step, "id": value} for step, value in zip(_STEPS[kind], row, strict=True) if value is not None]
    if kind == "image" and row[2] is None:
        path.insert(1, {"type": "orphaned", "id": row[0]})
    return path


def _leads_through(path: list[dict[str, Any]], kind: str, object_id: int) -> bool:
    return any(step["type"] == kind and step["id"] == object_id for step in path)


def _place(conn: Any, path: list[dict[str, Any]], image_id: int, group_id: int, page_size: int) -> None:
    dataset = next((step for step in path if step["type"] == "dataset"), None)
    if dataset is None:
        return
    ((count, before),) = rows(conn, _PLACE, group_id=group_id, dataset=dataset["id"], id=image_id)
    dataset["childCount"] = int(count)
    path[-1] |= {"childIndex": int(before), "childPage": int(before) // page_size + 1}
