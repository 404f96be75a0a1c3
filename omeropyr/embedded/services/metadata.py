"""``IMetadata``: annotations of objects, tags and tag sets, acquisition metadata, import logs.

What each operation loads follows OMERO's MetadataImpl: annotations come with their owner and creation event, file
annotations with their file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import omero
from omero.constants.metadata import NSINSIGHTTAGSET
from omero.rtypes import rlong

from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.model import Kind, model
from omeropyr.embedded.services import acquisition
from omeropyr.embedded.services.parameters import id_list, kind_of, wishes
from omeropyr.embedded.store import Transaction

_DETAILS = "left outer join fetch a.details.owner left outer join fetch a.details.creationEvent"
_TAGGED = ("Project", "Dataset", "Image", "Screen", "Plate")
_TAGGED_FETCHES = {
    "Image": "left outer join fetch o.pixels p left outer join fetch p.pixelsType",
    "Project": "left outer join fetch o.datasetLinks dl left outer join fetch dl.child",
    "Screen": "left outer join fetch o.plateLinks pl left outer join fetch pl.child",
}
_LOGS = (
    "select f.id, o from FilesetJobLink fl join fl.parent f join fl.child j, JobOriginalFileLink l join l.child o "
    "where l.parent.id = j.id and f.id in (:ids) and o.mimetype = 'application/omero-log-file' order by o.id"
)


class Metadata(Service):
    """Every operation sees what the caller may read in the group of the call."""

    slice_type = omero.api.IMetadata

    def loadChannelAcquisitionData(self, call: Call, ids: Sequence[int]) -> list[omero.model.LogicalChannel]:
        """Logical channels with detector, light source, filters, light path and OTF."""
        with call.server.store.read(call.actor) as tx:
            return acquisition.channels(tx, id_list(ids))

    def loadInstrument(self, call: Call, id: int) -> omero.model.Instrument | None:
        """An instrument with all its components; null when there is none."""
        with call.server.store.read(call.actor) as tx:
            return acquisition.instrument(tx, id)

    def loadAnnotations(
        self,
        call: Call,
        rootType: str,
        rootIds: Sequence[int],
        annotationTypes: Sequence[str] | None,
        annotatorIds: Sequence[int] | None,
        options: omero.sys.Parameters | None,
    ) -> dict[int, list[omero.model.IObject]]:
        """An entry for each object that the caller sees, with its annotations of the named classes and annotators."""
        kind = _annotated(rootType)
        wanted = tuple(kind_of(name).python for name in annotationTypes or ())
        annotators = id_list(annotatorIds)
        where = "and l.details.owner.id in (:annotators)" if annotators else ""
        with call.server.store.read(call.actor) as tx:
            seen = tx.values(f"select o.id from {kind.name} o where o.id in (:ids)", {"ids": id_list(rootIds)})  # noqa: S608 - names of the model
            found: dict[int, list[Any]] = {int(row[0]): [] for row in seen}
            rows = tx.values(
                f"select l.parent.id, l.child.id from {kind.name}AnnotationLink l "  # noqa: S608 - names of the model
                f"where l.parent.id in (:ids) {where} order by l.id",
                {"ids": list(found), "annotators": annotators},
            )
            known = _annotations(tx, (int(row[1]) for row in rows))
        for parent, child in rows:
            one = known.get(int(child))
            if one is not None and one not in found[parent] and (not wanted or isinstance(one, wanted)):
                found[parent].append(one)
        return found

    def loadSpecifiedAnnotations(
        self,
        call: Call,
        annotationType: str,
        include: Sequence[str] | None,
        exclude: Sequence[str] | None,
        options: omero.sys.Parameters | None,
    ) -> list[omero.model.Annotation]:
        """Annotations of one class, those with or without some namespaces, of an owner when the options name one."""
        with call.server.store.read(call.actor) as tx:
            ids = _specified(tx, annotationType, include, exclude, options)
            known = _annotations(tx, ids)
        return [known[one] for one in ids if one in known]

    def countSpecifiedAnnotations(
        self,
        call: Call,
        annotationType: str,
        include: Sequence[str] | None,
        exclude: Sequence[str] | None,
        options: omero.sys.Parameters | None,
    ) -> omero.RLong:
        """How many loadSpecifiedAnnotations would give."""
        with call.server.store.read(call.actor) as tx:
            return rlong(len(_specified(tx, annotationType, include, exclude, options)))

    def loadSpecifiedAnnotationsLinkedTo(
        self,
        call: Call,
        annotationType: str,
        include: Sequence[str] | None,
        exclude: Sequence[str] | None,
        rootNodeType: str,
        rootNodeIds: Sequence[int],
        options: omero.sys.Parameters | None,
    ) -> dict[int, list[omero.model.Annotation]]:
        """The same for what is linked to objects: an entry for each object that has any."""
        kind = _annotated(rootNodeType)
        with call.server.store.read(call.actor) as tx:
            wanted = set(_specified(tx, annotationType, include, exclude, options))
            rows = tx.values(
                f"select l.parent.id, l.child.id from {kind.name}AnnotationLink l "  # noqa: S608 - names of the model
                "where l.parent.id in (:ids) order by l.id",
                {"ids": id_list(rootNodeIds)},
            )
            rows = [row for row in rows if row[1] in wanted]
            known = _annotations(tx, (int(row[1]) for row in rows))
        found: dict[int, list[Any]] = {}
        for parent, child in dict.fromkeys(rows):
            if child in known:
                found.setdefault(int(parent), []).append(known[child])
        return found

    def loadAnnotation(self, call: Call, annotationIds: Sequence[int]) -> list[omero.model.Annotation]:
        """Annotations by id; those that are not there are left out."""
        with call.server.store.read(call.actor) as tx:
            known = _annotations(tx, annotationIds or ())
        return [known[one] for one in sorted(known)]

    def loadTagContent(
        self, call: Call, ids: Sequence[int], options: omero.sys.Parameters | None
    ) -> dict[int, list[omero.model.IObject]]:
        """Projects (with datasets), datasets, images (with pixels), screens (with plates) and plates of each tag."""
        found: dict[int, list[Any]] = {tag: [] for tag in id_list(ids)}
        with call.server.store.read(call.actor) as tx:
            for name in _TAGGED:
                rows = tx.values(
                    f"select distinct l.child.id, l.parent.id from {name}AnnotationLink l "  # noqa: S608 - names of the model
                    "where l.child.id in (:ids) order by l.parent.id",
                    {"ids": list(found)},
                )
                objects = tx.find(
                    f"select o from {name} o left outer join fetch o.details.owner {_TAGGED_FETCHES.get(name, '')} "  # noqa: S608 - names of the model
                    "where o.id in (:ids)",
                    {"ids": list({int(row[1]) for row in rows})},
                )
                known = {one.id.val: one for one in objects}
                for tag, parent in rows:
                    if parent in known:
                        found[tag].append(known[parent])
        return found

    def getTaggedObjectsCount(
        self, call: Call, ids: Sequence[int], options: omero.sys.Parameters | None
    ) -> dict[int, int]:
        """How many objects loadTagContent would give for each tag."""
        counts = dict.fromkeys(id_list(ids), 0)
        with call.server.store.read(call.actor) as tx:
            for name in _TAGGED:
                rows = tx.values(
                    f"select l.child.id, count(distinct l.parent.id) from {name}AnnotationLink l "  # noqa: S608 - names of the model
                    "where l.child.id in (:ids) group by l.child.id",
                    {"ids": list(counts)},
                )
                for tag, count in rows:
                    counts[int(tag)] += int(count)
        return counts

    def loadTagSets(self, call: Call, options: omero.sys.Parameters | None) -> list[omero.model.IObject]:
        """Tag sets with links to their tags; with the option ``orphan`` also the tags that are in none of these."""
        wished = wishes(options)
        owned = "and a.details.owner.id = :owner" if wished.owner is not None else ""
        values = {"ns": NSINSIGHTTAGSET, "owner": wished.owner}
        with call.server.store.read(call.actor) as tx:
            sets = tx.find(
                f"select a from TagAnnotation a {_DETAILS} left outer join fetch a.annotationLinks l "  # noqa: S608 - fixed texts
                "left outer join fetch l.child c left outer join fetch c.details.owner "
                f"where a.ns = :ns {owned} order by a.id",
                values,
            )
            if not wished.orphan:
                return sets
            inside = {link.child.id.val for one in sets for link in one.copyAnnotationLinks()}
            tags = tx.find(
                f"select a from TagAnnotation a {_DETAILS} where (a.ns is null or a.ns <> :ns) {owned} order by a.id",  # noqa: S608 - fixed texts
                values,
            )
        return [*sets, *(tag for tag in tags if tag.id.val not in inside)]

    def loadAnnotationsUsedNotOwned(self, call: Call, annotationType: str, userID: int) -> list[omero.model.IObject]:
        """Annotations of others that a user linked to projects, datasets, images, screens or plates."""
        with call.server.store.read(call.actor) as tx:
            known = _annotations(tx, _borrowed(tx, annotationType, userID))
        return [known[one] for one in sorted(known)]

    def countAnnotationsUsedNotOwned(self, call: Call, annotationType: str, userID: int) -> omero.RLong:
        """How many those are."""
        with call.server.store.read(call.actor) as tx:
            return rlong(len(_borrowed(tx, annotationType, userID)))

    def loadLogFiles(self, call: Call, rootType: str, ids: Sequence[int]) -> dict[int, list[omero.model.IObject]]:
        """The files with the logs of the imports of Images or Filesets, by their ids."""
        kind = kind_of(rootType, "Image", "Fileset")
        with call.server.store.read(call.actor) as tx:
            roots = {one: [one] for one in id_list(ids)}
            if kind.name == "Image":
                query = "select i.fileset.id, i.id from Image i where i.id in (:ids) and i.fileset is not null"
                roots = {}
                for fileset, image in tx.values(query, {"ids": id_list(ids)}):
                    roots.setdefault(int(fileset), []).append(int(image))
            found: dict[int, list[Any]] = {}
            for fileset, file in tx.values(_LOGS, {"ids": list(roots)}):
                for root in roots[fileset]:
                    found.setdefault(root, []).append(file)
        return found


def _annotated(name: str | None) -> Kind:
    kind = kind_of(name)
    if model().find(f"{kind.name}AnnotationLink") is None:
        raise omero.ApiUsageException(None, None, f"{kind.name} has no annotations.")
    return kind


def _annotation_class(name: str | None) -> str:
    kind = kind_of(name)
    if kind.root.name != "Annotation":
        raise omero.ApiUsageException(None, None, f"{kind.name} is not a class of annotations.")
    return kind.name


def _annotations(tx: Transaction, ids: Any) -> dict[int, Any]:
    """Annotations by id, with owner and creation event; files of file annotations are loaded."""
    wanted = id_list(ids)
    found = tx.find(f"select a from Annotation a {_DETAILS} where a.id in (:ids)", {"ids": wanted})  # noqa: S608 - fixed texts
    tx.find(
        "select a from FileAnnotation a left outer join fetch a.file f left outer join fetch f.hasher "
        "where a.id in (:ids)",
        {"ids": wanted},
    )
    return {int(one.id.val): one for one in found}


def _specified(
    tx: Transaction,
    kind: str,
    include: Sequence[str] | None,
    exclude: Sequence[str] | None,
    options: omero.sys.Parameters | None,
) -> list[int]:
    where, values = wishes(options).conditions("a")
    named: dict[str, Any] = {**values, "include": list(include or ()), "exclude": list(exclude or ())}
    if include:
        where.append("a.ns in (:include)")
    if exclude:
        where.append("(a.ns is null or a.ns not in (:exclude))")
    name = _annotation_class(kind)
    if name == "FileAnnotation":
        where.append("a.file is not null")
    condition = f"where {' and '.join(where)}" if where else ""
    return [int(row[0]) for row in tx.values(f"select a.id from {name} a {condition} order by a.id", named)]  # noqa: S608 - names of the model


def _borrowed(tx: Transaction, kind: str, user: int) -> set[int]:
    name = _annotation_class(kind)
    found: set[int] = set()
    for root in _TAGGED:
        query = (
            f"select a.id from {name} a, {root}AnnotationLink l where l.child.id = a.id "  # noqa: S608 - names of the model
            "and l.details.owner.id = :user and a.details.owner.id <> :user"
        )
        found |= {int(row[0]) for row in tx.values(query, {"user": user})}
    return found
