"""The objects that a request wants to change: all there, all allowed, and in which group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import omero.all
import omero.model

from omeropyr.connection.query import context, rows
from omeropyr.errors import Forbidden, InvalidInput, ObjectNotFound

WORDS = {
    "canAnnotate": "annotate",
    "canEdit": "change",
    "canDelete": "delete",
    "canLink": "put anything into",
    "canChgrp": "move",
    "canChown": "give away",
}
_CALLED = {"PlateAcquisition": "run"}


def check_may(conn: Any, name: str, ids: Sequence[int], permission: str) -> list[Any]:
    """Give the objects of one class, by id, if the caller may do this with all. One Ice call.

    Raises `ObjectNotFound` for one that is missing or not to be seen, `Forbidden` with words that say which.
    """
    found = rows(conn, f"select o from {name} o where o.id in (:ids)", ids=sorted(set(ids)))  # noqa: S608 - a class's name
    known = {row[0].id.val: row[0] for row in found}
    called = _CALLED.get(name, name.removesuffix("Annotation").lower() or "annotation")
    for object_id in ids:
        if object_id not in known:
            raise ObjectNotFound(f"There is no {called} {object_id}, or you may not see it.")
        if not getattr(known[object_id].details.permissions, permission)():
            raise Forbidden(f"You may not {WORDS[permission]} {called} {object_id}.")
    return [known[object_id] for object_id in sorted(known)]


class Targets:
    """Objects of one group that may be annotated, found by `find_targets`: pairs of class and id."""

    def __init__(self, objects: list[tuple[str, int]], group_id: int) -> None:
        self.objects = objects
        self.group_id = group_id

    def by_class(self) -> dict[str, list[int]]:
        """Give the ids by class."""
        found: dict[str, list[int]] = {}
        for name, object_id in self.objects:
            found.setdefault(name, []).append(object_id)
        return found

    def links(self, annotation: Any) -> list[Any]:
        """Give new links of all objects to one annotation, or to a stored one by its id and class."""
        return [annotation_link(name, object_id, annotation) for name, object_id in self.objects]


def annotation_link(name: str, object_id: int, annotation: Any) -> Any:
    """Give a new link of an object to an annotation, not yet saved."""
    link = getattr(omero.model, f"{name}AnnotationLinkI")()
    link.parent = getattr(omero.model, f"{name}I")(object_id, False)
    link.child = annotation
    return link


def find_targets(conn: Any, named: Mapping[str, Sequence[int]]) -> Targets:
    """Find the objects (ids by class) that are to be annotated. One Ice call for each class.

    Raises `InvalidInput` where none is named or they are of several groups, `ObjectNotFound` and `Forbidden`.
    """
    objects, groups = [], set[int]()
    for name, ids in named.items():
        for obj in check_may(conn, name, ids, "canAnnotate"):
            objects.append((name, obj.id.val))
            groups.add(obj.details.group.id.val)
    if not objects:
        raise InvalidInput("name what is to be annotated, like image=1")
    if len(groups) > 1:
        raise InvalidInput("what is annotated at once must be in one group")
    return Targets(objects, groups.pop())


def save(conn: Any, objects: Sequence[Any], group_id: int) -> list[Any]:
    """Save objects in a group, all or none; give them as they are stored. One Ice call."""
    return list(conn.getUpdateService().saveAndReturnArray(list(objects), context(conn, group_id)))
