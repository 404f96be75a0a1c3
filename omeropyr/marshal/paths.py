"""The ways that lead to an object, as OMERO.web's `paths_to_object`: owner, project, dataset, image. PUBLIC.

A path is a list of steps `{"type", "id"}` from the owner of its topmost container down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omeropyr.connection.query import Row, rows

Path = list[dict[str, Any]]

_IMAGE = """
    select coalesce(p.details.owner.id, d.details.owner.id, i.details.owner.id), p.id, d.id,
           (select count(x.id) from DatasetImageLink x where x.parent.id = d.id), i.details.group.id
    from Image i
    left outer join i.datasetLinks dl left outer join dl.parent d
    left outer join d.projectLinks pl left outer join pl.parent p
    where i.id = :id order by p.id, d.id
"""
_WELL = """
    select coalesce(s.details.owner.id, t.details.owner.id), s.id, t.id, a.id, w.id
    from WellSample f join f.well w join w.plate t
    left outer join f.plateAcquisition a
    left outer join t.screenLinks sl left outer join sl.parent s
    where f.{part}.id = :id order by s.id, t.id, a.id, w.id
"""
_QUERIES = {
    "dataset": """
        select coalesce(p.details.owner.id, d.details.owner.id), p.id, d.id from Dataset d
        left outer join d.projectLinks pl left outer join pl.parent p where d.id = :id order by p.id
    """,
    "project": "select p.details.owner.id, p.id from Project p where p.id = :id",
    "acquisition": """
        select coalesce(s.details.owner.id, t.details.owner.id), s.id, t.id, a.id from PlateAcquisition a
        join a.plate t left outer join t.screenLinks sl left outer join sl.parent s where a.id = :id order by s.id
    """,
    "plate": """
        select coalesce(s.details.owner.id, t.details.owner.id), s.id, t.id from Plate t
        left outer join t.screenLinks sl left outer join sl.parent s where t.id = :id order by s.id
    """,
    "screen": "select s.details.owner.id, s.id from Screen s where s.id = :id",
}
_STEPS = {
    "dataset": ("experimenter", "project", "dataset"),
    "project": ("experimenter", "project"),
    "well": ("experimenter", "screen", "plate", "acquisition", "well"),
    "acquisition": ("experimenter", "screen", "plate", "acquisition"),
    "plate": ("experimenter", "screen", "plate"),
    "screen": ("experimenter", "screen"),
}
KINDS = ("image", "dataset", "project", "well", "acquisition", "plate", "screen", "experimenter")
"""What a path may lead to, the innermost first: what is named of them last says through what it leads."""

_TAG_IN_SET = """
    select s.details.owner.id, s.id, t.id from TagAnnotation s join s.annotationLinks l join l.child t
    where t.id = :id order by s.id
"""
_TAG = "select t.details.owner.id, t.id from TagAnnotation t where t.id = :id"
_ROI = "select r.image.id, r.id from Roi r where r.id = :id"
_SHAPE = "select r.image.id, r.id from Shape s join s.roi r where s.id = :id"

_BEFORE = """
    (lower(b.name) < lower(i.name) or (lower(b.name) = lower(i.name) and b.id < i.id))
"""
_PLACE = f"""
    select (select count(l.id) from DatasetImageLink l join l.child b where l.parent.id = :dataset and {_BEFORE})
    from Image i where i.id = :id
"""  # noqa: S608 - constants
_LOOSE = """
    b.details.owner.id = :owner and b.details.group.id = :group
    and not exists (select dl.id from DatasetImageLink dl where dl.child.id = b.id)
    and not exists (select f.id from WellSample f where f.image.id = b.id)
"""
_LOOSE_PLACE = f"""
    select (select count(b.id) from Image b where {_LOOSE}),
           (select count(b.id) from Image b where {_LOOSE} and {_BEFORE})
    from Image i where i.id = :id
"""  # noqa: S608 - constants


def paths_to(conn: Any, wanted: Mapping[str, int], *, group_id: int = -1, page_size: int = 200) -> list[Path]:
    """Give every path to the innermost object of `wanted`, through the others that it names: ids by type.

    Types are `KINDS` and `tag`, `tagset`, `roi` and `shape`, whose image's path is given with the region at its end.
    An image's dataset says its `childCount`, and where that is more than `page_size` the image's `childIndex` (from 0,
    by name) and `childPage` (from 1); so does the step `orphaned`. An image that lies in a well alone ends at the well,
    a well at its run, as OMERO.web has it. At most 3 Ice calls and one more for each dataset with many images.
    """
    if wanted.keys() & {"tag", "tagset"}:
        return _paths_to_tag(conn, wanted, group_id)
    region: Path = []
    if wanted.keys() & {"roi", "shape"}:
        found = _region(conn, wanted, group_id)
        if found is None:
            return []
        image_id, region = found
        wanted = {**wanted, "image": image_id}
    kind = next((kind for kind in KINDS if kind in wanted), None)
    if kind is None:
        return []
    if kind == "image":
        return [path + region for path in _paths_to_image(conn, wanted, group_id, page_size)]
    if kind == "experimenter":
        return [[{"type": kind, "id": wanted[kind]}]]
    hql = _WELL.format(part="well") if kind == "well" else _QUERIES[kind]
    found_rows = rows(conn, hql, group_id=group_id, id=wanted[kind])
    paths = _paths(_STEPS[kind], found_rows, wanted)
    return _unlike([path[:-1] for path in paths]) if kind == "well" else paths


def _paths_to_image(conn: Any, wanted: Mapping[str, int], group_id: int, page_size: int) -> list[Path]:
    image_id = wanted["image"]
    links = rows(conn, _IMAGE, group_id=group_id, id=image_id)
    if not any(link[2] for link in links):
        found = rows(conn, _WELL.format(part="image"), group_id=group_id, id=image_id) if links else []
        if found:
            return _unlike(_paths(_STEPS["well"], found, wanted))
    counts = {link[2]: int(link[3]) for link in links}
    group = links[0][4] if links else -1
    paths = _paths(("experimenter", "project", "dataset"), [link[:3] for link in links], wanted)
    for path in paths:
        last = path[-1]
        if last["type"] == "dataset":
            last["childCount"] = counts[last["id"]]
            if last["childCount"] > page_size:
                ((before,),) = rows(conn, _PLACE, group_id=group_id, dataset=last["id"], id=image_id)
                last |= _place(int(before), page_size)
        else:
            path.append(_orphaned(conn, image_id, last["id"], group, page_size))
        path.append({"type": "image", "id": image_id})
    return paths


def _orphaned(conn: Any, image_id: int, owner_id: int, group_id: int, page_size: int) -> dict[str, Any]:
    step: dict[str, Any] = {"type": "orphaned", "id": owner_id}
    ((count, before),) = rows(conn, _LOOSE_PLACE, id=image_id, owner=owner_id, group=group_id)
    if int(count) > page_size:
        step |= {"childCount": int(count), **_place(int(before), page_size)}
    return step


def _place(before: int, page_size: int) -> dict[str, int]:
    return {"childIndex": before, "childPage": before // page_size + 1}


def _paths(steps: tuple[str, ...], found: list[Row], wanted: Mapping[str, int]) -> list[Path]:
    """Steps of the rows that lead through all that is wanted of their columns; what is null is no step."""
    through = [(place, wanted[step]) for place, step in enumerate(steps) if step in wanted]
    return [
        [{"type": step, "id": value} for step, value in zip(steps, row, strict=True) if value is not None]
        for row in found
        if all(row[place] == value for place, value in through)
    ]


def _unlike(paths: list[Path]) -> list[Path]:
    """Each path once: the fields of a well are many, the way to it is one."""
    return [path for place, path in enumerate(paths) if path not in paths[:place]]


def _region(conn: Any, wanted: Mapping[str, int], group_id: int) -> tuple[int, Path] | None:
    """The image of a region or shape, and the steps that end its path."""
    kind = "shape" if "shape" in wanted else "roi"
    found = rows(conn, _SHAPE if kind == "shape" else _ROI, group_id=group_id, id=wanted[kind])
    if not found or found[0][0] is None:
        return None
    image_id, roi_id = found[0]
    region: Path = [{"type": "roi", "id": roi_id}]
    if kind == "shape":
        region.append({"type": "shape", "id": wanted[kind]})
    return image_id, region


def _paths_to_tag(conn: Any, wanted: Mapping[str, int], group_id: int) -> list[Path]:
    """The way to a tag goes through each of its sets, or through none; a set has its owner alone."""
    if "tag" not in wanted:
        found = rows(conn, _TAG, group_id=group_id, id=wanted["tagset"])
        return _paths(("experimenter", "tagset"), found, wanted)
    found = rows(conn, _TAG_IN_SET, group_id=group_id, id=wanted["tag"])
    paths = _paths(("experimenter", "tagset", "tag"), found, wanted)
    if paths:
        return paths
    return _paths(("experimenter", "tag"), rows(conn, _TAG, group_id=group_id, id=wanted["tag"]), wanted)
