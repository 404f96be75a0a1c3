"""Links between containers and what lies in them: found, made and removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import omero.all
import omero.model

from omeropyr.client.deleting import delete
from omeropyr.connection.query import context, rows
from omeropyr.errors import Forbidden, InvalidInput, ObjectNotFound


class Kind(NamedTuple):
    """A sort of link: its class and those of its two ends."""

    link: str
    parent: str
    child: str


KINDS = {
    ("project", "dataset"): Kind("ProjectDatasetLink", "Project", "Dataset"),
    ("dataset", "image"): Kind("DatasetImageLink", "Dataset", "Image"),
    ("screen", "plate"): Kind("ScreenPlateLink", "Screen", "Plate"),
    ("tagset", "tag"): Kind("AnnotationAnnotationLink", "TagAnnotation", "TagAnnotation"),
}
IGNORED = ("experimenter", "orphaned")
"""Parents that OMERO.web's programs name although nothing is linked to them."""
Wanted = dict[tuple[str, str], list[tuple[int, int]]]
"""Pairs of parent and child by the words of their types."""


def parent_links(conn: Any, children: Mapping[str, Sequence[int]]) -> list[dict[str, Any]]:
    """Give the links above objects (ids by word: `image`, `dataset`, `plate`, `tag`). One Ice call for each word."""
    found = []
    for (parent_word, child_word), kind in KINDS.items():
        ids = children.get(child_word)
        if ids:
            hql = f"select l.id, l.parent.id, l.child.id from {kind.link} l where l.child.id in (:ids) order by l.id"  # noqa: S608 - a constant
            found += [
                {"id": link, "parent": {"type": parent_word, "id": parent}, "child": {"type": child_word, "id": child}}
                for link, parent, child in rows(conn, hql, ids=list(ids))
            ]
    return found


def make_links(conn: Any, wanted: Wanted, *, for_owners: bool = False) -> None:
    """Link children to parents, all or none; what is linked already stays so.

    With `for_owners` the links belong to the owners of the children, if the caller may write for others, as OMERO.web
    has it for administrators. Raises `ObjectNotFound`, `Forbidden`, and `InvalidInput` for ends in different groups.
    """
    for_owners = for_owners and "WriteOwned" in conn.getEventContext().adminPrivileges
    made: dict[int, list[Any]] = {}
    for words, pairs in wanted.items():
        kind = KINDS[words]
        parents = _ends(conn, kind.parent, words[0], [pair[0] for pair in pairs])
        children = _ends(conn, kind.child, words[1], [pair[1] for pair in pairs])
        known = set(_known(conn, kind, pairs))
        for parent_id, child_id in pairs:
            parent, child = parents[parent_id], children[child_id]
            if not parent.details.permissions.canLink():
                raise Forbidden(f"You may not put anything into {words[0]} {parent_id}.")
            group = parent.details.group.id.val
            if group != child.details.group.id.val:
                raise InvalidInput(f"{words[1]} {child_id} is in another group than {words[0]} {parent_id}")
            if (parent_id, child_id) not in known:
                link = _link(kind, parent, child)
                if for_owners:
                    link.details.owner = omero.model.ExperimenterI(child.details.owner.id.val, False)
                made.setdefault(group, []).append(link)
    for group, links in made.items():
        conn.getUpdateService().saveArray(links, context(conn, group))


def remove_links(conn: Any, wanted: Wanted) -> dict[str, dict[int, dict[str, list[int]]]]:
    """Remove links, all or none; give by parent which of the children are still linked elsewhere.

    Raises `ObjectNotFound` where there is none of them, `Forbidden` where one may not be removed.
    """
    doomed: dict[str, list[int]] = {}
    children: dict[str, set[int]] = {}
    for words, pairs in wanted.items():
        kind = KINDS[words]
        hql = f"select l, l.parent.id, l.child.id from {kind.link} l where l.child.id in (:ids)"  # noqa: S608 - a constant
        found = rows(conn, hql, ids=[child for _, child in pairs])
        for link, parent, child in found:
            if (parent, child) in pairs:
                if not link.details.permissions.canDelete():
                    raise Forbidden(f"You may not take {words[1]} {child} out of {words[0]} {parent}.")
                doomed.setdefault(kind.link, []).append(link.id.val)
        children.setdefault(words[1], set()).update(child for _, child in pairs)
    if not doomed:
        raise ObjectNotFound("There are no such links, or you may not see them.")
    delete(conn, doomed)
    remaining: dict[str, dict[int, dict[str, list[int]]]] = {}
    left = parent_links(conn, {word: sorted(ids) for word, ids in children.items()})
    for words, pairs in wanted.items():
        linked = {one["child"]["id"] for one in left if (one["parent"]["type"], one["child"]["type"]) == words}
        for parent, child in pairs:
            if child in linked:
                of_parent = remaining.setdefault(words[0], {}).setdefault(parent, {})
                of_parent.setdefault(words[1], []).append(child)
    return remaining


def _ends(conn: Any, name: str, word: str, ids: Sequence[int]) -> dict[int, Any]:
    found = rows(conn, f"select o from {name} o where o.id in (:ids)", ids=sorted(set(ids)))  # noqa: S608 - a constant
    known = {row[0].id.val: row[0] for row in found}
    missing = sorted(set(ids) - known.keys())
    if missing:
        raise ObjectNotFound(f"There is no {word} {missing[0]}, or you may not see it.")
    return known


def _known(conn: Any, kind: Kind, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    hql = f"select l.parent.id, l.child.id from {kind.link} l where l.child.id in (:ids)"  # noqa: S608 - a constant
    return [(row[0], row[1]) for row in rows(conn, hql, ids=[child for _, child in pairs])]


def _link(kind: Kind, parent: Any, child: Any) -> Any:
    link = getattr(omero.model, f"{kind.link}I")()
    link.parent = getattr(omero.model, f"{kind.parent}I")(parent.id.val, False)
    link.child = getattr(omero.model, f"{kind.child}I")(child.id.val, False)
    return link
