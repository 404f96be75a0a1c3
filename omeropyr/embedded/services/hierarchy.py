"""Trees of containers: from the top down to images, and from images up to the top."""

from __future__ import annotations

from typing import Any

import omero

from omeropyr.embedded.services.parameters import Wishes
from omeropyr.embedded.store import Transaction

_BELOW = {
    "Project": ("datasetLinks", "ProjectDatasetLink", "Dataset"),
    "Dataset": ("imageLinks", "DatasetImageLink", "Image"),
    "Screen": ("plateLinks", "ScreenPlateLink", "Plate"),
}
"""A container's collection of links, their class, and the class below."""
_LOOSE = {"Project": "Dataset", "Dataset": "Image", "Screen": "Plate"}
"""What the option ``orphan`` adds: objects of the class below that are in no container."""
_OWNERS = "left outer join fetch {a}.details.owner left outer join fetch {a}.details.creationEvent"
_PIXELS = "left outer join fetch {a}.pixels px left outer join fetch px.pixelsType"
ROOTS = ("Project", "Dataset", "Screen", "Plate")
TOPS = ("Project", "Dataset")
ACQUISITION = (
    "left outer join fetch i.stageLabel left outer join fetch i.imagingEnvironment left outer join fetch "
    "i.objectiveSettings os left outer join fetch os.objective left outer join fetch os.medium"
)


def load(tx: Transaction, name: str, ids: list[int], wished: Wishes) -> list[Any]:
    """Containers of the class *name* (all when there are no *ids*) with what is below them."""
    if not ids and wished.leaves and wished.owner is None and wished.group is None:
        raise omero.ApiUsageException(
            None, None, "Name containers, an owner or a group: these are all images there are."
        )
    where, values = ([], {}) if ids else wished.conditions("o")
    named: dict[str, Any] = {**values, "ids": ids}
    if ids:
        where.append("o.id in (:ids)")
    condition = f"where {' and '.join(where)}" if where else ""
    found = [int(row[0]) for row in tx.values(f"select o.id from {name} o {condition} order by o.id", named)]  # noqa: S608 - names of the model
    roots = tx.find(
        f"select o from {name} o {_OWNERS.format(a='o')} {_fetches(name, bool(wished.leaves))} "  # noqa: S608 - names of the model
        "where o.id in (:ids) order by o.id",
        {"ids": wished.page(found)},
    )
    return [*roots, *_loose(tx, name, wished)] if wished.orphan else roots


def find(tx: Transaction, name: str, ids: list[int], wished: Wishes) -> list[Any]:
    """The roots of the trees that lead from containers of the class *name* or below to the images *ids*."""
    images = tx.find(
        f"select o from Image o {_OWNERS.format(a='o')} {_PIXELS.format(a='o')} where o.id in (:ids) order by o.id",  # noqa: S608 - fixed texts
        {"ids": ids},
    )
    level: list[Any] = images
    roots: list[Any] = []
    for parent in ("Dataset", "Project")[: 1 + (name == "Project")]:
        above, held = _parents(tx, parent, level, wished)
        roots = [one for one in level if one.id.val not in held] + roots
        level = above
    return [*level, *roots]


def _parents(tx: Transaction, parent: str, children: list[Any], wished: Wishes) -> tuple[list[Any], set[int]]:
    """The containers of *children*, holding just these, and the ids of the children that are in one."""
    links, kind, _ = _BELOW[parent]
    more, values = wished.conditions("o")
    rows = tx.values(
        f"select l.id, o.id, l.child.id from {kind} l, {parent} o where l.parent.id = o.id and l.child.id in (:ids) "  # noqa: S608 - names of the model
        f"{''.join(f' and {one}' for one in more)} order by o.id, l.id",
        {**values, "ids": [child.id.val for child in children]},
    )
    known = {child.id.val: child for child in children}
    found = tx.find(
        f"select o from {parent} o {_OWNERS.format(a='o')} where o.id in (:ids) order by o.id",  # noqa: S608 - names of the model
        {"ids": [row[1] for row in rows]},
    )
    above = {one.id.val: one for one in found}
    query = f"select l from {kind} l where l.id in (:ids)"  # noqa: S608 - names of the model
    made = {one.id.val: one for one in tx.find(query, {"ids": [row[0] for row in rows]})}
    for container in found:
        setattr(container, f"_{links}Seq", [])
        setattr(container, f"_{links}Loaded", True)
    for link_id, parent_id, child_id in rows:
        link = made[link_id]
        link.parent, link.child = above[parent_id], known[child_id]
        getattr(above[parent_id], f"_{links}Seq").append(link)
    return found, {int(row[2]) for row in rows}


def _loose(tx: Transaction, name: str, wished: Wishes) -> list[Any]:
    if name not in _LOOSE:
        return []
    below, kind = _LOOSE[name], _BELOW[name][1]
    where, values = wished.conditions("o")
    leaves = below == "Image" or bool(wished.leaves)
    fetches = _PIXELS.format(a="o") if below == "Image" else _fetches(below, leaves)
    if below == "Image" and not wished.leaves:
        return []
    conditions = "".join(f" and {one}" for one in where)
    return tx.find(
        f"select o from {below} o {_OWNERS.format(a='o')} {fetches} "  # noqa: S608 - names of the model
        f"where o.id not in (select l.child.id from {kind} l) {conditions} order by o.id",
        values,
    )


def _fetches(name: str, leaves: bool) -> str:
    text, alias, level = "", "o", 0
    while name in _BELOW:
        links, _, below = _BELOW[name]
        if below == "Image" and not leaves:
            break
        level += 1
        text += f" left outer join fetch {alias}.{links} l{level} left outer join fetch l{level}.child c{level} "
        text += _OWNERS.format(a=f"c{level}")
        text += f" {_PIXELS.format(a=f'c{level}')}" if below == "Image" else ""
        name, alias = below, f"c{level}"
    if name == "Plate":
        text += f" left outer join fetch {alias}.plateAcquisitions"
    return text
