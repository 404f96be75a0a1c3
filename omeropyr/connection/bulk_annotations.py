"""Tables that are attached to an object, or to what it lies in: ``Plate.wells`` finds the plate of a well."""

from __future__ import annotations

from typing import Any

from omero.constants.namespaces import NSBULKANNOTATIONS

from omeropyr.connection.query import rows
from omeropyr.errors import InvalidInput, ObjectNotFound

MIMETYPE = "OMERO.tables"
DEEPEST = 10

# Which words may follow a type in a path, and where they lead. No other word gets into a query.
STEPS: dict[str, dict[str, str]] = {
    "Screen": {"plateLinks": "ScreenPlateLink"},
    "ScreenPlateLink": {"child": "Plate", "parent": "Screen"},
    "Plate": {"wells": "Well", "screenLinks": "ScreenPlateLink", "plateAcquisitions": "PlateAcquisition"},
    "PlateAcquisition": {"plate": "Plate", "wellSample": "WellSample"},
    "Well": {"wellSamples": "WellSample", "plate": "Plate"},
    "WellSample": {"image": "Image", "well": "Well", "plateAcquisition": "PlateAcquisition"},
    "Project": {"datasetLinks": "ProjectDatasetLink"},
    "ProjectDatasetLink": {"child": "Dataset", "parent": "Project"},
    "Dataset": {"imageLinks": "DatasetImageLink", "projectLinks": "ProjectDatasetLink"},
    "DatasetImageLink": {"child": "Image", "parent": "Dataset"},
    "Image": {"datasetLinks": "DatasetImageLink", "wellSamples": "WellSample", "fileset": "Fileset", "rois": "Roi"},
    "Fileset": {"images": "Image"},
    "Roi": {"image": "Image"},
}
ANNOTATED = ("Screen", "Plate", "PlateAcquisition", "Well", "Project", "Dataset", "Image", "Fileset", "Roi")
_LINKS = {
    kind: f"""
    select a.id, f.id, f.name, a.ns, l.parent.id, o.firstName, o.lastName, u.firstName, u.lastName, e.time
    from {kind}AnnotationLink l, FileAnnotation a join a.file f join a.details.owner o
    join l.details.owner u join l.details.creationEvent e
    where l.child.id = a.id and l.parent.id in (:ids) and (a.ns = :ns or f.mimetype = :mimetype) order by a.id, l.id
    """  # noqa: S608 - of the words above only
    for kind in ANNOTATED
}


def objects_query(path: str) -> tuple[str, str]:
    """The type that a path begins with, and the query for its objects from which the path leads to ``:id``.

    InvalidInput where the path is none in OMERO's model.
    """
    kind, *steps = path.split(".")
    if kind not in ANNOTATED:
        raise InvalidInput(f"{kind[:50]} is not one of {', '.join(ANNOTATED)}")
    if len(steps) > DEEPEST:
        raise InvalidInput(f"a path has at most {DEEPEST} steps")
    joins, at = [], kind
    for number, step in enumerate(steps):
        known = STEPS[at]
        if step not in known:
            raise InvalidInput(f"{at} has no {step[:50]} to follow; it has {', '.join(known)}")
        joins.append(f"join obj{number}.{step} obj{number + 1}")
        at = known[step]
    # Every word is from the list above.
    query = f"select distinct obj0.id from {kind} obj0 {' '.join(joins)} where obj{len(steps)}.id = :id"  # noqa: S608
    return kind, query


def bulk_annotations(conn: Any, path: str, object_id: int) -> list[dict[str, Any]]:
    """The tables attached to the objects that a path leads from, as OMERO.web's programs know them. Two Ice calls.

    InvalidInput for a path that is none, ObjectNotFound where there is no such object.
    """
    kind, query = objects_query(path)
    found = sorted(row[0] for row in rows(conn, query, id=object_id))
    if not found:
        raise ObjectNotFound(f"There is no {path} {object_id}, or you may not see it.")
    links = rows(conn, _LINKS[kind], ids=found, ns=NSBULKANNOTATIONS, mimetype=MIMETYPE)
    return [
        {
            "id": annotation,
            "file": file,
            "name": name,
            "ns": ns,
            "parentType": kind,
            "parentId": parent,
            "owner": f"{first} {last}",
            "addedBy": f"{added_first} {added_last}",
            "addedOn": time,
        }
        for annotation, file, name, ns, parent, first, last, added_first, added_last, time in links
    ]
