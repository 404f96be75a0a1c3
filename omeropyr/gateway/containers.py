"""Projects, datasets and their images as the short JSON of /webgateway/proj and /webgateway/dataset."""

from __future__ import annotations

from typing import Any

from omeropyr.connection.query import rows
from omeropyr.errors import ObjectNotFound

_IMAGES = """
    select i.id from DatasetImageLink l join l.child i where l.parent.id = :id order by lower(i.name), i.id
"""


def projects(conn: Any) -> list[dict[str, Any]]:
    """Give every project the user may see, by name."""
    found = rows(conn, "select p.id, p.name, p.description from Project p order by lower(p.name), p.id")
    return [{"id": row[0], "name": row[1], "description": row[2] or ""} for row in found]


def detail(conn: Any, kind: str, object_id: int) -> dict[str, Any]:
    """Give name and description of a `Project` or `Dataset`; raises `ObjectNotFound`."""
    hql = {
        "Project": "select o.id, o.name, o.description from Project o where o.id = :id",
        "Dataset": "select o.id, o.name, o.description from Dataset o where o.id = :id",
    }[kind]
    found = rows(conn, hql, id=object_id)
    if not found:
        raise ObjectNotFound(f"There is no {kind.lower()} {object_id}, or you may not see it.")
    return {"type": kind, "id": found[0][0], "name": found[0][1], "description": found[0][2] or ""}


def datasets(conn: Any, project_id: int) -> list[dict[str, Any]]:
    """Give the datasets of a project by name, with how many images they hold."""
    found = rows(
        conn,
        """select d.id, d.name, d.description, (select count(il.id) from DatasetImageLink il where il.parent.id = d.id)
           from ProjectDatasetLink l join l.child d where l.parent.id = :id order by lower(d.name), d.id""",
        id=project_id,
    )
    return [
        {"type": "Dataset", "id": row[0], "name": row[1], "description": row[2] or "", "child_count": int(row[3])}
        for row in found
    ]


def image_ids(conn: Any, dataset_id: int) -> list[int]:
    """Give the images of a dataset by name; raises `ObjectNotFound` where there is no such dataset."""
    detail(conn, "Dataset", dataset_id)
    return [row[0] for row in rows(conn, _IMAGES, id=dataset_id)]
