"""``IContainer``: images with their pixels, hierarchies of containers, counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import omero
from omero.rtypes import unwrap

from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.model import FieldKind, model

_IMAGES = (
    "select i from Image i left outer join fetch i.pixels p left outer join fetch p.pixelsType "
    "left outer join fetch p.dimensionOrder left outer join fetch i.details.creationEvent "
)
# Class -> (links down, class below)
_BELOW = {
    "Project": ("datasetLinks", "Dataset"),
    "Dataset": ("imageLinks", "Image"),
    "Screen": ("plateLinks", "Plate"),
}
_IMAGES_OF = {
    "Image": "i.id in (:ids)",
    "Dataset": "i.id in (select l.child.id from DatasetImageLink l where l.parent.id in (:ids))",
    "Project": "i.id in (select l.child.id from DatasetImageLink l where l.parent.id in "
    "(select d.child.id from ProjectDatasetLink d where d.parent.id in (:ids)))",
    "Plate": "i.id in (select s.image.id from WellSample s where s.well.plate.id in (:ids))",
}


class Container(Service):
    """What clients draw their trees from."""

    slice_type = omero.api.IContainer

    def getImages(
        self, call: Call, kind: str, ids: Sequence[int], params: omero.sys.Parameters | None
    ) -> list[omero.model.Image]:
        """The images among, or in, the objects named."""
        name = _name(kind)
        if name not in _IMAGES_OF:
            raise omero.ApiUsageException(None, None, f"There are no images in a {name}.")
        hql = f"{_IMAGES} where {_IMAGES_OF[name]} order by i.id"
        with call.server.store.read(call.actor) as tx:
            return _page(tx.find(hql, {"ids": list(ids)}), params)

    def getUserImages(self, call: Call, params: omero.sys.Parameters | None) -> list[omero.model.Image]:
        """The images of a user (``exp`` of the options), the caller when none is named."""
        options = params.theFilter if params is not None else None
        owner = unwrap(options.ownerId) if options is not None else None
        with call.server.store.read(call.actor) as tx:
            hql = f"{_IMAGES} where i.details.owner.id = :owner order by i.id"
            return _page(tx.find(hql, {"owner": call.actor.user_id if owner is None else owner}), params)

    def loadContainerHierarchy(
        self, call: Call, kind: str, ids: Sequence[int], params: omero.sys.Parameters | None
    ) -> list[omero.model.IObject]:
        """Containers (all when *ids* is empty) with what is in them; images only with the option ``leaves``."""
        name = _name(kind)
        if name not in _BELOW:
            raise omero.ApiUsageException(None, None, f"A {name} is no container.")
        options = params.theFilter if params is not None else None
        leaves = bool(unwrap(params.theOptions.leaf)) if params is not None and params.theOptions is not None else False
        where = ["o.id in (:ids)"] if ids else []
        values: dict[str, Any] = {"ids": list(ids)}
        if options is not None and options.ownerId is not None:
            where.append("o.details.owner.id = :owner")
            values["owner"] = unwrap(options.ownerId)
        if options is not None and options.groupId is not None:
            where.append("o.details.group.id = :group")
            values["group"] = unwrap(options.groupId)
        condition = f"where {' and '.join(where)}" if where else ""
        with call.server.store.read(call.actor) as tx:
            return tx.find(f"select o from {name} o {_fetches(name, leaves)} {condition} order by o.id", values)  # noqa: S608 - names of the model

    def getCollectionCount(
        self, call: Call, kind: str, field: str, ids: Sequence[int], _params: omero.sys.Parameters | None
    ) -> dict[int, int]:
        """How many objects are in a collection (``imageLinks``) of each object."""
        found = model().find(kind)
        item = None if found is None else found.fields.get(field.rpartition("_")[2])
        if found is None or item is None or item.kind is not FieldKind.COLLECTION:
            raise omero.ApiUsageException(None, None, f"{kind} has no collection {field!r}.")
        hql = (
            f"select o.id, (select count(c.id) from {item.type} c where c.{item.inverse}.id = o.id) "  # noqa: S608 - names of the model
            f"from {found.name} o where o.id in (:ids)"
        )
        with call.server.store.read(call.actor) as tx:
            counts = {int(key): int(count) for key, count in tx.values(hql, {"ids": list(ids)})}
        return {one: counts.get(one, 0) for one in ids}


def _name(kind: str) -> str:
    found = model().find(kind)
    if found is None:
        raise omero.ApiUsageException(None, None, f"There is no class {kind!r}.")
    return found.name


def _fetches(name: str, leaves: bool) -> str:
    text, alias, level = "", "o", 0
    while name in _BELOW:
        links, below = _BELOW[name]
        if below == "Image" and not leaves:
            break
        level += 1
        text += f" left outer join fetch {alias}.{links} l{level} left outer join fetch l{level}.child c{level}"
        name, alias = below, f"c{level}"
    return text


def _page(found: list[Any], params: omero.sys.Parameters | None) -> list[Any]:
    options = params.theFilter if params is not None else None
    offset = int(unwrap(options.offset) or 0) if options is not None else 0
    limit = unwrap(options.limit) if options is not None else None
    return found[offset:] if limit is None else found[offset : offset + int(limit)]
