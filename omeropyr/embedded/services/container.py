"""``IContainer``: images with their pixels, hierarchies of containers, counts, and links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import omero
from omero.rtypes import unwrap

from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.model import FieldKind, model
from omeropyr.embedded.services import hierarchy
from omeropyr.embedded.services.parameters import Wishes, id_list, kind_of, wishes
from omeropyr.embedded.services.update import Update
from omeropyr.embedded.store import Transaction

_IMAGES = (
    "select i from Image i left outer join fetch i.pixels p left outer join fetch p.pixelsType "
    "left outer join fetch p.dimensionOrder left outer join fetch i.details.owner "
    "left outer join fetch i.details.creationEvent left outer join fetch i.details.updateEvent "
)
_IMAGES_OF = {
    "Image": "i.id in (:ids)",
    "Dataset": "i.id in (select l.child.id from DatasetImageLink l where l.parent.id in (:ids))",
    "Project": "i.id in (select l.child.id from DatasetImageLink l where l.parent.id in "
    "(select d.child.id from ProjectDatasetLink d where d.parent.id in (:ids)))",
    "Screen": "i.id in (select s.image.id from WellSample s where s.well.plate.id in "
    "(select l.child.id from ScreenPlateLink l where l.parent.id in (:ids)))",
    "Plate": "i.id in (select s.image.id from WellSample s where s.well.plate.id in (:ids))",
    "PlateAcquisition": "i.id in (select s.image.id from WellSample s where s.plateAcquisition.id in (:ids))",
    "Well": "i.id in (select s.image.id from WellSample s where s.well.id in (:ids))",
    "Fileset": "i.fileset.id in (:ids)",
}


class Container(Service):
    """What clients draw their trees from."""

    slice_type = omero.api.IContainer

    # --- images ---

    def getImages(
        self, call: Call, kind: str, ids: Sequence[int], params: omero.sys.Parameters | None
    ) -> list[omero.model.Image]:
        """The images among, or in, the objects named; options: owner, group, period, page, acquisition data."""
        name = kind_of(kind, *_IMAGES_OF).name
        with call.server.store.read(call.actor) as tx:
            return _images(tx, [_IMAGES_OF[name]], {"ids": id_list(ids)}, wishes(params))

    def getUserImages(self, call: Call, params: omero.sys.Parameters | None) -> list[omero.model.Image]:
        """The images of a user (``exp`` of the options) or a group, the caller's when neither is named."""
        wished = wishes(params)
        own = wished.owner is None and wished.group is None
        with call.server.store.read(call.actor) as tx:
            where = ["i.details.owner.id = :me"] if own else []
            return _images(tx, where, {"me": call.actor.user_id}, wished)

    def getImagesByOptions(self, call: Call, params: omero.sys.Parameters | None) -> list[omero.model.Image]:
        """The images of a period (``startTime``, ``endTime``), an owner or a group; one of them has to be named."""
        wished = wishes(params)
        if all(one is None for one in (wished.owner, wished.group, wished.start, wished.end)):
            raise omero.ApiUsageException(None, None, "Name an owner, a group or a period: startTime, endTime.")
        with call.server.store.read(call.actor) as tx:
            return _images(tx, [], {}, wished)

    def getImagesBySplitFilesets(
        self, call: Call, included: Mapping[str, Sequence[int]], params: omero.sys.Parameters | None
    ) -> dict[int, dict[bool, list[int]]]:
        """Filesets of which some but not all images are in the objects named: image ids, in (True) and not (False)."""
        inside: set[int] = set()
        with call.server.store.read(call.actor) as tx:
            for kind, ids in (included or {}).items():
                name = kind_of(kind, *_IMAGES_OF).name
                query = f"select i.id from Image i where {_IMAGES_OF[name]}"  # noqa: S608 - fixed texts
                inside |= {int(row[0]) for row in tx.values(query, {"ids": id_list(ids)})}
            rows = tx.values(
                "select i.fileset.id, i.id from Image i where i.fileset.id in "
                "(select k.fileset.id from Image k where k.id in (:ids)) order by i.id",
                {"ids": sorted(inside)},
            )
        found: dict[int, dict[bool, list[int]]] = {}
        for fileset, image in rows:
            found.setdefault(int(fileset), {}).setdefault(image in inside, []).append(int(image))
        return {fileset: parts for fileset, parts in sorted(found.items()) if len(parts) == 2}

    # --- hierarchies ---

    def loadContainerHierarchy(
        self, call: Call, kind: str, ids: Sequence[int], params: omero.sys.Parameters | None
    ) -> list[omero.model.IObject]:
        """Containers with what is in them; images only with the option ``leaves``, loose containers with ``orphan``.

        Without ids all containers, of the owner or group named, else all that the caller may read.
        """
        name = kind_of(kind, *hierarchy.ROOTS).name
        with call.server.store.read(call.actor) as tx:
            return hierarchy.load(tx, name, id_list(ids), wishes(params))

    def findContainerHierarchies(
        self, call: Call, kind: str, ids: Sequence[int], params: omero.sys.Parameters | None
    ) -> list[omero.model.IObject]:
        """The topmost containers that lead to the images named, with only what lies on the way to them."""
        name = kind_of(kind, *hierarchy.TOPS).name
        with call.server.store.read(call.actor) as tx:
            return hierarchy.find(tx, name, id_list(ids), wishes(params))

    # --- collections ---

    def getCollectionCount(
        self, call: Call, kind: str, field: str, ids: Sequence[int], _params: omero.sys.Parameters | None
    ) -> dict[int, int]:
        """How many objects are in a collection (``imageLinks``) of each object."""
        found = kind_of(kind)
        item = found.fields.get((field or "").rpartition("_")[2])
        if item is None or item.kind is not FieldKind.COLLECTION:
            raise omero.ApiUsageException(None, None, f"{kind} has no collection {field!r}.")
        hql = (
            f"select o.id, (select count(c.id) from {item.type} c where c.{item.inverse}.id = o.id) "  # noqa: S608 - names of the model
            f"from {found.name} o where o.id in (:ids)"
        )
        wanted = id_list(ids)
        with call.server.store.read(call.actor) as tx:
            counts = {int(key): int(count) for key, count in tx.values(hql, {"ids": wanted})}
        return {one: counts.get(one, 0) for one in wanted}

    def retrieveCollection(
        self, call: Call, obj: omero.model.IObject, field: str, _params: omero.sys.Parameters | None
    ) -> list[omero.model.IObject]:
        """What is in a collection of a stored object, loaded."""
        if obj is None or obj.id is None:
            raise omero.ApiUsageException(None, None, "An object with an id is expected.")
        kind = model().of(obj)
        item = kind.fields.get((field or "").rpartition("_")[2])
        if item is None or item.kind is not FieldKind.COLLECTION:
            raise omero.ApiUsageException(None, None, f"{kind.name} has no collection {field!r}.")
        with call.server.store.read(call.actor) as tx:
            owner = tx.get(kind.name, obj.id.val)
            query = f"select c from {item.type} c where c.{item.inverse}.id = :id order by c.id"  # noqa: S608 - names of the model
            return tx.find(query, {"id": owner.id.val})

    # --- changes ---

    def createDataObject(
        self, call: Call, obj: omero.model.IObject, params: omero.sys.Parameters | None
    ) -> omero.model.IObject:
        """Save a new object with the links it has."""
        return self.createDataObjects(call, [obj], params)[0]

    def createDataObjects(
        self, call: Call, dataObjects: Sequence[omero.model.IObject], params: omero.sys.Parameters | None
    ) -> list[omero.model.IObject]:
        """Save new objects: all of them or none."""
        return Update().saveAndReturnArray(call, dataObjects)

    def updateDataObject(
        self, call: Call, obj: omero.model.IObject, params: omero.sys.Parameters | None
    ) -> omero.model.IObject:
        """Save a changed object."""
        return self.updateDataObjects(call, [obj], params)[0]

    def updateDataObjects(
        self, call: Call, objs: Sequence[omero.model.IObject], params: omero.sys.Parameters | None
    ) -> list[omero.model.IObject]:
        """Save changed objects: all of them or none."""
        return Update().saveAndReturnArray(call, objs)

    def link(
        self, call: Call, links: Sequence[omero.model.IObject], params: omero.sys.Parameters | None
    ) -> list[omero.model.IObject]:
        """Save new links."""
        return Update().saveAndReturnArray(call, _links(links))

    def unlink(self, call: Call, links: Sequence[omero.model.IObject], params: omero.sys.Parameters | None) -> None:
        """Delete links, not what they link; all or none. A link without an id is found by its two ends."""
        with call.server.store.write(call.actor) as tx:
            for link in _links(links):
                tx.delete(model().of(link).name, _stored(tx, link))


def _images(tx: Transaction, where: list[str], values: dict[str, Any], wished: Wishes) -> list[Any]:
    more, named = wished.conditions("i")
    period = [
        ("i.details.creationEvent.time >= :start", wished.start),
        ("i.details.creationEvent.time <= :end", wished.end),
    ]
    conditions = [*where, *more, *(text for text, value in period if value is not None)]
    values = {**values, **named, "start": wished.start, "end": wished.end}
    condition = f"where {' and '.join(conditions)}" if conditions else ""
    found = [int(row[0]) for row in tx.values(f"select i.id from Image i {condition} order by i.id", values)]  # noqa: S608 - fixed texts
    query = f"{_IMAGES} {hierarchy.ACQUISITION if wished.acquisition else ''} where i.id in (:ids) order by i.id"
    return tx.find(query, {"ids": wished.page(found)})


def _links(links: Sequence[omero.model.IObject] | None) -> list[omero.model.IObject]:
    if any(link is None or not model().of(link).is_link for link in links or ()):
        raise omero.ApiUsageException(None, None, "Links are expected, such as ProjectDatasetLink.")
    return list(links or ())


def _stored(tx: Transaction, link: Any) -> int:
    if link.id is not None:
        return int(link.id.val)
    ends = {name: getattr(link, name) for name in ("parent", "child")}
    if any(end is None or end.id is None for end in ends.values()):
        raise omero.ApiUsageException(None, None, "A link needs an id, or a parent and a child with ids.")
    kind = model().of(link).name
    values = {name: unwrap(end.id) for name, end in ends.items()}
    query = f"select l.id from {kind} l where l.parent.id = :parent and l.child.id = :child order by l.id"  # noqa: S608 - names of the model
    found = tx.values(query, values)
    if not found:
        raise omero.ValidationException(None, None, f"There is no {kind} of these two objects.")
    return int(found[0][0])
