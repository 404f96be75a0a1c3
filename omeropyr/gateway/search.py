"""Search by full text: what OMERO's index finds, as the short JSON that lists hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from omeropyr.connection.query import rows
from omeropyr.connection.search import Found, Search, full_text
from omeropyr.gateway.image_lists import ThumbUrl, images

KINDS = ("Project", "Dataset", "Image")

_NAMED = {
    "Project": "select o.id, o.name, o.description from Project o where o.id in (:ids)",
    "Dataset": "select o.id, o.name, o.description from Dataset o where o.id in (:ids)",
}
_ABOVE = {
    "Image": "select l.child.id, l.parent.id from DatasetImageLink l where l.child.id in (:ids) order by l.id desc",
    "Dataset": "select l.child.id, l.parent.id from ProjectDatasetLink l where l.child.id in (:ids) order by l.id desc",
}
_AUTHOR = """
    select u.id from Experimenter u
    where lower(u.omeName) = :name or lower(u.lastName) = :name or lower(u.firstName) = :name
"""


@dataclass(frozen=True)
class Wanted:
    """Words in OMERO's syntax, of which kinds of objects, and of whom (a name; empty: of anybody)."""

    text: str
    kinds: tuple[str, ...] = KINDS
    author: str = ""


def find(conn: Any, wanted: Wanted) -> Found:
    """Give what is found, kind by kind, the best first. `InvalidInput` for a text that OMERO cannot read."""
    authors: list[int | None] = [None]
    if wanted.author:
        authors = [row[0] for row in rows(conn, _AUTHOR, name=wanted.author.lower())]
    found: Found = []
    for author in authors:
        found += full_text(conn, Search(wanted.text, wanted.kinds, owner_id=author))
    return sorted(dict.fromkeys(found), key=lambda one: wanted.kinds.index(one[0]))


def present(conn: Any, found: Found, thumb_url: ThumbUrl, *, parents: bool = False) -> list[dict[str, Any]]:
    """Give the short form of what was found, in its order; with `parents` what each lies in, innermost first."""
    known = _short(conn, found, thumb_url)
    if parents:
        above = _parents(conn, found)
        containers = _short(conn, {one for chain in above.values() for one in chain}, thumb_url)
        for one, short in known.items():
            short["parents"] = [containers[parent] for parent in above.get(one, ()) if parent in containers]
    return [known[one] for one in found if one in known]


def _short(conn: Any, wanted: Iterable[tuple[str, int]], thumb_url: ThumbUrl) -> dict[tuple[str, int], dict[str, Any]]:
    """At most one Ice call for each kind."""
    by_kind: dict[str, list[int]] = {}
    for kind, object_id in wanted:
        by_kind.setdefault(kind, []).append(object_id)
    found = {("Image", one["id"]): one for one in images(conn, by_kind.pop("Image", []), thumb_url)}
    for kind, ids in by_kind.items():
        for object_id, name, description in rows(conn, _NAMED[kind], ids=ids):
            short = {"type": kind, "id": object_id, "name": name, "description": description or ""}
            found[kind, object_id] = short
    return found


def _parents(conn: Any, found: Found) -> dict[tuple[str, int], list[tuple[str, int]]]:
    """The dataset of each image and the project of each dataset, the first where there are several. Two Ice calls."""
    image_ids = [object_id for kind, object_id in found if kind == "Image"]
    dataset_of = _above(conn, "Image", image_ids)
    dataset_ids = {object_id for kind, object_id in found if kind == "Dataset"} | set(dataset_of.values())
    project_of = _above(conn, "Dataset", sorted(dataset_ids))
    above: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for kind, object_id in found:
        chain = []
        dataset = dataset_of.get(object_id) if kind == "Image" else object_id if kind == "Dataset" else None
        if kind == "Image" and dataset is not None:
            chain.append(("Dataset", dataset))
        if dataset in project_of:
            chain.append(("Project", project_of[dataset]))
        above[kind, object_id] = chain
    return above


def _above(conn: Any, kind: str, ids: list[int]) -> dict[int, int]:
    return {child: parent for child, parent in rows(conn, _ABOVE[kind], ids=ids)} if ids else {}
