"""Taking annotations off objects, and things out of what they lie in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omeropyr.client.deleting import delete
from omeropyr.client.links import KINDS as CONTAINER_LINKS
from omeropyr.client.links import remove_links
from omeropyr.client.naming import KINDS
from omeropyr.connection.query import rows
from omeropyr.errors import Forbidden, InvalidInput, ObjectNotFound
from omeropyr.marshal.annotations import PARENTS

ANNOTATIONS = ("tag", "tagset", "comment", "file", "map", "rating", "annotation")
_LINKS = "select l from {name}AnnotationLink l where l.child.id = :id and l.parent.id in (:ids)"
_OTHERS = "select count(l.id) from {name}AnnotationLink l where l.child.id = :id"


def take_off(conn: Any, kind: str, object_id: int, parents: Sequence[tuple[str, int]]) -> None:
    """Take an annotation off its bearers, or a thing out of its containers (pairs of word and id).

    Those links go that the caller may remove. A comment that nothing bears any more goes with the last. Raises
    `ObjectNotFound` where there is no such link, `Forbidden` where none of them may be removed.
    """
    if not parents:
        raise InvalidInput("parent must say what to take it off, like image-1")
    within = [(word, number) for word, number in parents if (word, kind) in CONTAINER_LINKS]
    if within:
        remove_links(conn, {(word, kind): [(number, object_id)] for word, number in within})
        return
    if kind not in ANNOTATIONS:
        raise InvalidInput(f"nothing links {kind} to {parents[0][0]}")
    delete(conn, _removable(conn, kind, object_id, parents))
    if kind == "comment":
        _clear(conn, object_id)


def _removable(conn: Any, kind: str, object_id: int, parents: Sequence[tuple[str, int]]) -> dict[str, list[int]]:
    """The links of an annotation to bearers that the caller may remove, by class."""
    by_class: dict[str, list[int]] = {}
    for word, number in parents:
        if word not in PARENTS:
            raise InvalidInput(f"{word} bears no annotations")
        by_class.setdefault(PARENTS[word], []).append(number)
    found: dict[str, list[int]] = {}
    refused = False
    for name, ids in by_class.items():
        for (link,) in rows(conn, _LINKS.format(name=name), id=object_id, ids=ids):
            if link.details.permissions.canDelete():
                found.setdefault(f"{name}AnnotationLink", []).append(link.id.val)
            else:
                refused = True
    if not found and refused:
        raise Forbidden(f"You may not take {kind} {object_id} off: somebody else put it there.")
    if not found:
        raise ObjectNotFound(f"{kind} {object_id} is on none of these, or you may not see it.")
    return found


def _clear(conn: Any, comment_id: int) -> None:
    """Delete a comment that nothing bears any more, where the caller may."""
    found = rows(conn, "select a from CommentAnnotation a where a.id = :id", id=comment_id)
    if not found or not found[0][0].details.permissions.canDelete():
        return
    if not any(rows(conn, _OTHERS.format(name=name), id=comment_id)[0][0] for name in set(PARENTS.values())):
        delete(conn, {KINDS["comment"]: [comment_id]})
