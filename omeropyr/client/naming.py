"""New containers and tags, and the names, descriptions and channel names of what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import omero.all
import omero.model
from omero.rtypes import rstring

from omeropyr.client.annotating import make_tag
from omeropyr.client.links import KINDS as LINKS
from omeropyr.client.targets import check_may, save
from omeropyr.connection.query import objects
from omeropyr.errors import InvalidInput, ObjectNotFound

KINDS = {
    "project": "Project",
    "dataset": "Dataset",
    "image": "Image",
    "screen": "Screen",
    "plate": "Plate",
    "acquisition": "PlateAcquisition",
    "run": "PlateAcquisition",
    "well": "Well",
    "tag": "TagAnnotation",
    "tagset": "TagAnnotation",
    "comment": "CommentAnnotation",
    "file": "FileAnnotation",
    "map": "MapAnnotation",
    "rating": "LongAnnotation",
    "annotation": "Annotation",
    "roi": "Roi",
    "fileset": "Fileset",
}
"""OMERO's class by the word that actions use."""
CONTAINERS = ("project", "dataset", "screen", "tag", "tagset")
"""What can be made."""
INSIDE = {"project": "dataset", "dataset": "image", "screen": "plate", "tagset": "tag"}
LONGEST_NAME = 255
_WITHOUT_NAME = ("Well",)
_CHANNELS = """
    select p from Pixels p join fetch p.image i
    left outer join fetch p.channels c left outer join fetch c.logicalChannel where i.id in (:ids)
"""
_IMAGES_OF = {
    "image": "select i from Image i where i.id = :id",
    "dataset": "select i from DatasetImageLink l join l.child i where l.parent.id = :id",
    "plate": "select i from Image i where i.id in (select s.image.id from WellSample s where s.well.plate.id = :id)",
}


class New(NamedTuple):
    """A container to be made: of a kind, in a parent (word and id) or in none, of or of another owner."""

    kind: str
    name: str
    description: str = ""
    parent: tuple[str, int] | None = None
    owner_id: int | None = None


def create(conn: Any, new: New, image_ids: Sequence[int], group_id: int) -> int:
    """Make a container or tag, with images in it if it is a dataset; give its id. All or nothing.

    It is made in the group of its parent, else that of its images, else `group_id`. Raises `InvalidInput`,
    `ObjectNotFound`, `Forbidden`.
    """
    made: Any
    if new.kind in ("tag", "tagset"):
        made = make_tag(new.name, new.description, is_set=new.kind == "tagset")
    else:
        made = getattr(omero.model, f"{KINDS[new.kind]}I")()
        made.name = rstring(new.name)
        made.description = rstring(new.description) if new.description else None
    owner = None if new.owner_id is None else omero.model.ExperimenterI(new.owner_id, False)
    made.details.owner = owner
    links = []
    if new.parent is not None:
        word, parent_id = new.parent
        if INSIDE.get(word) != new.kind:
            raise InvalidInput(f"no {new.kind} can be made in a {word}")
        (above,) = check_may(conn, KINDS[word], [parent_id], "canLink")
        group_id = above.details.group.id.val
        links.append(_link((word, new.kind), getattr(omero.model, f"{KINDS[word]}I")(parent_id, False), made, owner))
    if image_ids:
        if new.kind != "dataset":
            raise InvalidInput(f"images cannot lie in a {new.kind}")
        images = check_may(conn, "Image", image_ids, "canLink")
        groups = {image.details.group.id.val for image in images}
        if len(groups) > 1 or (new.parent is not None and group_id not in groups):
            raise InvalidInput("all of this must be in one group")
        group_id = groups.pop()
        children = [omero.model.ImageI(image_id, False) for image_id in image_ids]
        links += [_link(("dataset", "image"), made, child, owner) for child in children]
    if not links:
        return int(save(conn, [made], group_id)[0].id.val)
    saved = save(conn, links, group_id)[0]
    return int((saved.child if new.parent is not None else saved.parent).id.val)


def _link(words: tuple[str, str], parent: Any, child: Any, owner: Any) -> Any:
    link = getattr(omero.model, f"{LINKS[words].link}I")()
    link.parent, link.child, link.details.owner = parent, child, owner
    return link


def rename(conn: Any, kind: str, object_id: int, name: str) -> None:
    """Give a thing another name, a tag another text; two Ice calls."""
    _change(conn, kind, object_id, "textValue" if kind in ("tag", "tagset", "comment") else "name", name)


def describe(conn: Any, kind: str, object_id: int, description: str) -> None:
    """Give a thing another description, or none; two Ice calls."""
    _change(conn, kind, object_id, "description", description)


def _change(conn: Any, kind: str, object_id: int, field: str, text: str) -> None:
    if KINDS[kind] in _WITHOUT_NAME:
        raise InvalidInput(f"a {kind} has no {field}")
    (found,) = check_may(conn, KINDS[kind], [object_id], "canEdit")
    setattr(found, field, rstring(text) if text else None)
    save(conn, [found], found.details.group.id.val)


def name_channels(
    conn: Any, image_id: int, names: Mapping[int, str], within: tuple[str, int] | None
) -> tuple[int, int]:
    """Name channels (by place from 0) of an image, or of all images with as many channels in a dataset or plate.

    Gives how many images there are, and how many were changed. Raises `ObjectNotFound`, `Forbidden`, `InvalidInput`.
    """
    (image,) = check_may(conn, "Image", [image_id], "canEdit")
    (pixels,) = objects(conn, _CHANNELS, ids=[image_id])
    size_c = pixels.sizeC.val
    unknown = [place for place in names if place >= size_c]
    if unknown:
        raise InvalidInput(f"image {image_id} has {size_c} channels, none of place {unknown[0]}")
    word, object_id = within or ("image", image_id)
    if word not in _IMAGES_OF:
        raise InvalidInput("parentId must be a dataset or a plate, like dataset-1")
    images = objects(conn, _IMAGES_OF[word], id=object_id)
    if not images:
        raise ObjectNotFound(f"There is no {word} {object_id} with images, or you may not see it.")
    group = image.details.group.id.val
    own = [one for one in images if one.details.group.id.val == group]
    check_may(conn, "Image", [one.id.val for one in own], "canEdit")
    found = objects(conn, _CHANNELS, ids=[one.id.val for one in own])
    alike = [one for one in found if one.sizeC.val == size_c]
    changed: dict[int, Any] = {}
    for one in alike:
        for place, channel in enumerate(one.copyChannels()):
            if place in names:
                logical = channel.logicalChannel
                logical.name = rstring(names[place])
                changed[logical.id.val] = logical
    if changed:
        save(conn, list(changed.values()), group)
    return len(images), len(alike)
