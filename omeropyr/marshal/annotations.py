"""What is annotated to objects, as OMERO.web's `api/annotations` gives it. PUBLIC.

Kinds are `tag`, `file`, `comment`, `rating`, `map` and `custom` (all others).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from omero.constants.metadata import NSINSIGHTRATING
from omero.constants.permissions import BINARYACCESS

from omeropyr.connection.query import objects, rows
from omeropyr.marshal.objects import iso_date, owner_id, plain

PARENTS = {
    "project": "Project",
    "dataset": "Dataset",
    "image": "Image",
    "screen": "Screen",
    "plate": "Plate",
    "acquisition": "PlateAcquisition",
    "run": "PlateAcquisition",
    "well": "Well",
}
"""OMERO's class of each sort of object that bears annotations, by the word that requests use."""

_LINKS = """
    select l from {parent}AnnotationLink l
    join fetch l.details.creationEvent join fetch l.details.owner join fetch l.parent
    join fetch l.child a join fetch a.details.creationEvent join fetch a.details.owner
    left outer join fetch a.file
    where l.parent.id in (:ids) {conditions} order by a.id, l.id
"""
_RATING = "a.class = LongAnnotation and a.ns = :rating"
_NAMED = ("TagAnnotation", "FileAnnotation", "CommentAnnotation", "MapAnnotation")
KINDS = {
    "tag": "a.class = TagAnnotation",
    "file": "a.class = FileAnnotation",
    "comment": "a.class = CommentAnnotation",
    "rating": _RATING,
    "map": "a.class = MapAnnotation",
    "custom": " and ".join([*(f"a.class <> {name}" for name in _NAMED), "(a.ns is null or a.ns <> :rating)"]),
}
"""The condition on annotations of each kind."""

_VALUES = ("textValue", "longValue", "doubleValue", "boolValue", "termValue", "timeValue")
_MAY = ("canDelete", "canAnnotate", "canLink", "canEdit")

_ANCESTORS = {
    "Image": """
        select i.id, i.name, d.id, p.id, w.id, r.id, t.id, s.id from Image i
        left outer join i.datasetLinks dl left outer join dl.parent d
        left outer join d.projectLinks pl left outer join pl.parent p
        left outer join i.wellSamples f left outer join f.well w
        left outer join f.plateAcquisition r left outer join w.plate t
        left outer join t.screenLinks sl left outer join sl.parent s where i.id in (:ids)
    """,
    "Dataset": """
        select d.id, d.name, p.id from Dataset d join d.projectLinks pl join pl.parent p where d.id in (:ids)
    """,
    "Well": """
        select w.id, t.name, r.id, t.id, s.id from Well w join w.plate t
        left outer join w.wellSamples f left outer join f.plateAcquisition r
        left outer join t.screenLinks sl left outer join sl.parent s where w.id in (:ids)
    """,
    "PlateAcquisition": """
        select r.id, r.name, t.id, s.id from PlateAcquisition r join r.plate t
        left outer join t.screenLinks sl left outer join sl.parent s where r.id in (:ids)
    """,
    "Plate": "select t.id, t.name, s.id from Plate t join t.screenLinks sl join sl.parent s where t.id in (:ids)",
}
_ABOVE = {
    "Image": ("Dataset", "Project", "Well", "PlateAcquisition", "Plate", "Screen"),
    "Dataset": ("Project",),
    "Well": ("PlateAcquisition", "Plate", "Screen"),
    "PlateAcquisition": ("Plate", "Screen"),
    "Plate": ("Screen",),
}


class Found(NamedTuple):
    """Annotations, one for each of their links, and the people behind annotations and links, by id."""

    annotations: list[dict[str, Any]]
    experimenters: list[dict[str, Any]]


def annotations_of(
    conn: Any,
    parents: Mapping[str, Sequence[int]],
    *,
    kind: str | None = None,
    ns: str | None = None,
    group_id: int = -1,
    page: tuple[int, int] | None = None,
) -> Found:
    """Give what hangs on objects: `parents` are ids by class (`{"Image": [1, 2]}`), of at most `page` (offset, limit).

    Objects that are missing or may not be seen have none. One Ice call for each class of `parents`.
    """
    conditions, values = "", dict[str, Any]()
    if kind is not None:
        conditions += f" and {KINDS[kind]}"
        values |= {"rating": NSINSIGHTRATING} if kind in ("rating", "custom") else {}
    if ns is not None:
        conditions += " and a.ns = :ns"
        values["ns"] = ns
    found, people = [], dict[int, dict[str, Any]]()
    for parent, ids in parents.items():
        if ids:
            hql = _LINKS.format(parent=parent, conditions=conditions)
            for link in objects(conn, hql, group_id=group_id, page=page, ids=list(ids), **values):
                found.append(marshal_annotation(link.child, link))
                for owner in (link.details.owner, link.child.details.owner):
                    people[owner.id.val] = _experimenter(owner)
    found.sort(key=lambda annotation: (annotation["id"], annotation["link"]["id"]))
    return Found(found, [people[key] for key in sorted(people)])


def inherited(conn: Any, parents: Mapping[str, Sequence[int]], **filters: Any) -> tuple[Found, dict[str, Any]]:
    """Give what hangs on all that the objects lie in, and their `lineage`.

    That has for each class ("DatasetI") and id (as text) of a container the named objects in it:
    `[{"id", "class", "name"}]`. `filters` are those of `annotations_of`. One Ice call for each class of `parents`, and
    one for each class of container that there is.
    """
    lineage: dict[str, dict[int, dict[tuple[str, int], dict[str, Any]]]] = {}
    for name, ids in parents.items():
        if ids and name in _ANCESTORS:
            for row in rows(conn, _ANCESTORS[name], group_id=filters.get("group_id", -1), ids=list(ids)):
                child = {"id": row[0], "class": f"{name}I", **({} if name == "Well" else {"name": row[1] or ""})}
                for above, container in zip(_ABOVE[name], row[2:], strict=True):
                    if container is not None:
                        lineage.setdefault(above, {}).setdefault(container, {})[name, row[0]] = child
    found = annotations_of(conn, {above: list(known) for above, known in lineage.items()}, **filters)
    written = {
        f"{above}I": {str(container): list(children.values()) for container, children in known.items()}
        for above, known in lineage.items()
    }
    return found, written


def marshal_annotation(annotation: Any, link: Any | None = None) -> dict[str, Any]:
    """Give one annotation, loaded with its details, file and creation event, and the link by which it was found."""
    found: dict[str, Any] = {
        "id": annotation.id.val,
        "ns": plain(annotation.ns),
        "name": plain(annotation.name),
        "description": plain(annotation.description),
        **_details(annotation),
        "class": type(annotation).__name__,
    }
    if link is not None:
        parent = link.parent
        bearer = {"id": parent.id.val, "class": type(parent).__name__}
        if parent.isLoaded() and hasattr(parent, "name"):
            bearer["name"] = plain(parent.name)
        found["link"] = {"id": link.id.val, **_details(link), "parent": bearer}
    return found | _content(annotation, found)


def _content(annotation: Any, found: dict[str, Any]) -> dict[str, Any]:
    if hasattr(annotation, "getMapValue"):
        return {"values": [[pair.name, pair.value] for pair in annotation.getMapValue() or () if pair is not None]}
    if hasattr(annotation, "file"):
        granted = annotation.details.permissions
        found["permissions"]["canDownload"] = not (granted and granted.isRestricted(BINARYACCESS))
        file = annotation.file
        return {} if file is None else {"file": _file(file)}
    return {name: plain(getattr(annotation, name)) for name in _VALUES if hasattr(annotation, name)}


def _file(file: Any) -> dict[str, Any]:
    return {
        "id": file.id.val,
        "name": plain(file.name),
        "size": plain(file.size),
        "path": plain(file.path),
        "mimetype": plain(file.mimetype),
    }


def _details(obj: Any) -> dict[str, Any]:
    granted = obj.details.permissions
    return {
        "owner": {"id": owner_id(obj)},
        "date": iso_date(obj.details.creationEvent.time.val),
        "permissions": {word: bool(granted and getattr(granted, word)()) for word in _MAY},
    }


def _experimenter(owner: Any) -> dict[str, Any]:
    return {
        "id": owner.id.val,
        "omeName": plain(owner.omeName),
        "firstName": plain(owner.firstName),
        "lastName": plain(owner.lastName),
    }
