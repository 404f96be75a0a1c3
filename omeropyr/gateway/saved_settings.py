"""Rendering settings saved, copied from image to image, and reset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from omeropyr.connection.engines import rendering_engine
from omeropyr.connection.images import ImageFacts, image_facts
from omeropyr.connection.query import context, rows
from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.gateway.parameters import RenderingParameters
from omeropyr.gateway.rendering import wanted_state
from omeropyr.marshal.images import label_of

MOST_TARGETS = 1_000
# What settings can be reset in, by the words that programs send; and how HQL finds their images.
TARGETS = {
    "image": "Image",
    "dataset": "Dataset",
    "project": "Project",
    "plate": "Plate",
    "screen": "Screen",
    "acquisition": "PlateAcquisition",
}
_GROUPS = {
    "Image": "select o.details.group.id from Image o where o.id = :id",
    "Dataset": "select o.details.group.id from Dataset o where o.id = :id",
    "Project": "select o.details.group.id from Project o where o.id = :id",
    "Plate": "select o.details.group.id from Plate o where o.id = :id",
    "Screen": "select o.details.group.id from Screen o where o.id = :id",
    "PlateAcquisition": "select o.details.group.id from PlateAcquisition o where o.id = :id",
}
_MEMBERS = {
    "dataset": "select l.child.id from DatasetImageLink l where l.parent.id in (:ids) order by l.child.id",
    "plate": "select s.image.id from WellSample s where s.well.plate.id in (:ids) order by s.image.id",
    "acquisition": "select s.image.id from WellSample s where s.plateAcquisition.id in (:ids) order by s.image.id",
}
_FITTING = """
    select p.image.id from Pixels p join p.pixelsType t
    where p.sizeC = :channels and t.value = :type and p.image.id in (:ids) order by p.image.id
"""
_SIBLINGS = """
    select p.id, p.image.id from Pixels p join p.pixelsType t
    where p.sizeC = :channels and t.value = :type and p.image.id in (
        select il.child.id from DatasetImageLink il where il.parent.id in (
            select pl.child.id from ProjectDatasetLink pl where pl.parent.id in (
                select mine.parent.id from ProjectDatasetLink mine where mine.child.id in (
                    select ml.parent.id from DatasetImageLink ml where ml.child.id = :id))))
    order by p.image.id
"""
_LABELS = """
    select p.id, lc.name, lc.emissionWave.value, index(c)
    from Pixels p join p.channels c join c.logicalChannel lc where p.id in (:ids) order by p.id, index(c)
"""
_AT_ONCE = 500

Outcome = dict[str, list[int]]


@dataclass(frozen=True)
class Settings:
    """Rendering settings as a request says them; the plane to show first (from 0) where it says so."""

    asked: RenderingParameters
    z: int | None = None
    t: int | None = None


def save(conn: Any, image: ImageFacts, settings: Settings) -> None:
    """Save settings as the user's own; raises `InvalidInput` for a plane that the image has not.

    Those of channels that are off are saved too, and the curve of each channel.
    """
    for name, place, count in (("z", settings.z, image.size_z), ("t", settings.t, image.size_t)):
        if place is not None and not 0 <= place < count:
            raise InvalidInput(f"{name} must be from 1 to {count}")
    with rendering_engine(conn, image) as engine:
        state = wanted_state(engine.saved, settings.asked)
        if settings.z is not None:
            state = replace(state, default_z=settings.z)
        if settings.t is not None:
            state = replace(state, default_t=settings.t)
        engine.save(state)


def copy_from(conn: Any, source_id: int, kind: str, ids: Sequence[int]) -> Outcome:
    """Copy the saved settings of an image to others, or to those in datasets, plates, acquisitions (`kind`).

    Gives the ids of images by whether it was done, as `true` and `false`. Raises `ObjectNotFound`.
    """
    source = image_facts(conn, [source_id]).get(source_id)
    if source is None:
        raise ObjectNotFound(f"There is no image {source_id}, or you may not see it.")
    done = _apply(conn, source, kind, ids)
    return {"true": [one for one in done["true"] if one != source_id], "false": done["false"]}


def copy_settings(conn: Any, settings: Settings, like_id: int | None, kind: str, ids: Sequence[int]) -> Outcome:
    """Save settings for images that are like image `like_id`: of its pixel type and number of channels.

    They are saved for the first of the targets and copied from there, so that no other image is touched.
    """
    targets = _images(conn, kind, ids)
    first = _first_fitting(conn, targets, like_id)
    if first is None:
        return {"true": [], "false": targets}
    z = None if settings.z is None else min(settings.z, first.size_z - 1)
    t = None if settings.t is None else min(settings.t, first.size_t - 1)
    save(conn, first, Settings(settings.asked, z, t))
    done = _apply(conn, first, kind, ids)
    true = done["true"] if first.id in done["true"] else [first.id, *done["true"]]
    return {"true": true, "false": [one for one in done["false"] if one != first.id]}


def reset(conn: Any, kind: str, ids: Sequence[int], *, to_owners: bool) -> list[int]:
    """Bring settings back to those at import, or to those of each image's owner; gives the ids of changed images."""
    if kind not in TARGETS:
        raise InvalidInput(f"to_type must be one of {', '.join(TARGETS)}")
    name = TARGETS[kind]
    groups = rows(conn, _GROUPS[name], id=ids[0])
    if not groups:
        raise ObjectNotFound(f"There is no {kind} {ids[0]}, or you may not see it.")
    service = conn.getRenderingSettingsService()
    change = service.resetDefaultsByOwnerInSet if to_owners else service.resetDefaultsInSet
    return [int(one) for one in change(name, list(ids), context(conn, groups[0][0]))]


def compatible(conn: Any, image: ImageFacts) -> list[int]:
    """Give the images of the same projects that settings can be copied to: same type, same names of channels."""
    found = {row[0]: row[1] for row in rows(conn, _SIBLINGS, **_alike(image), id=image.id)}
    if not found:
        return []
    labels = _labels(conn, [image.pixels_id, *found])
    wanted = labels.get(image.pixels_id)
    return [one for pixels_id, one in found.items() if one != image.id and labels.get(pixels_id) == wanted]


def _alike(image: ImageFacts) -> dict[str, Any]:
    return {"channels": image.size_c, "type": image.pixels_type}


def _labels(conn: Any, pixels_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for start in range(0, len(pixels_ids), _AT_ONCE):
        for pixels_id, name, emission, index in rows(conn, _LABELS, ids=pixels_ids[start : start + _AT_ONCE]):
            found.setdefault(pixels_id, []).append(label_of(index, name, emission))
    return {pixels_id: sorted(names) for pixels_id, names in found.items()}


def _images(conn: Any, kind: str, ids: Sequence[int]) -> list[int]:
    if kind == "image":
        return list(ids)
    return sorted({row[0] for row in rows(conn, _MEMBERS[kind], ids=list(ids))})


def _first_fitting(conn: Any, targets: Sequence[int], like_id: int | None) -> ImageFacts | None:
    like = image_facts(conn, [like_id]).get(like_id) if like_id is not None else None
    for start in range(0, len(targets), _AT_ONCE):
        ids = list(targets[start : start + _AT_ONCE])
        if like is not None:
            ids = [row[0] for row in rows(conn, _FITTING, page=(0, 1), **_alike(like), ids=ids)]
        found = image_facts(conn, ids[:1])
        if found:
            return next(iter(found.values()))
    return None


def _apply(conn: Any, source: ImageFacts, kind: str, ids: Sequence[int]) -> Outcome:
    # OMERO copies to plates; an acquisition is only some of one, so that its images are named.
    name, targets = ("Image", _images(conn, kind, ids)) if kind == "acquisition" else (TARGETS[kind], list(ids))
    if not targets:
        return {"true": [], "false": []}
    apply: Callable[..., Any] = conn.getRenderingSettingsService().applySettingsToSet
    done = apply(source.pixels_id, name, targets, context(conn, source.group_id))
    return {"true": [int(one) for one in done.get(True, ())], "false": [int(one) for one in done.get(False, ())]}
