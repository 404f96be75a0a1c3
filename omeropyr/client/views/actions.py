"""OMERO.web's `action/...`: making, naming, unlinking and deleting; each by POST alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.request import Request

from omeropyr.addons.events import AnnotationsChanged, ObjectsDeleted, announce
from omeropyr.client import naming
from omeropyr.client.deleting import delete
from omeropyr.client.forms import id_list, text_field, typed_id
from omeropyr.client.unlinking import ANNOTATIONS, take_off
from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.marshal.numbers import MAX_ID, integer

DONE = {"bad": "false"}
REQUIRED = {"bad": "true", "errs": {"name": "This field is required."}}
TOO_LONG = {"bad": "true", "errs": {"name": f"At most {naming.LONGEST_NAME} characters."}}
DELETABLE = ("image", "dataset", "project", "tag", "screen", "plate", "well", "acquisition")


def act(request: Request) -> dict[str, Any]:
    """Do the action that the address names."""
    action = request.matchdict["action"]
    if action not in ACTIONS:
        raise ObjectNotFound(f"There is no action {action}.")
    return ACTIONS[action](request)


def add_container(request: Request) -> dict[str, Any]:
    """Make a container of `folder_type`, or what lies in the one that the address names; `image` are to be in it."""
    parent = _object(request) if "kind" in request.matchdict else None
    kind = naming.INSIDE.get(parent[0], "") if parent else text_field(request, "folder_type")
    if kind not in naming.CONTAINERS:
        raise InvalidInput(f"folder_type must be one of {', '.join(naming.CONTAINERS)}")
    name = text_field(request, "name")
    if not name or len(name) > naming.LONGEST_NAME:
        return TOO_LONG if name else REQUIRED
    owner = text_field(request, "owner")
    owner_id = integer(owner, "owner", most=MAX_ID) if owner else request.omero.user_id
    new = naming.New(
        kind, name, text_field(request, "description"), parent, owner_id if owner_id != request.omero.user_id else None
    )
    made = naming.create(request.conn, new, id_list(request.POST, "image"), request.omero.group_id)
    return DONE | {"id": made}


def save_name(request: Request) -> dict[str, Any]:
    """Give a thing the name of the form."""
    kind, object_id = _object(request)
    name = text_field(request, "name")
    if not name or len(name) > naming.LONGEST_NAME:
        return TOO_LONG if name else REQUIRED
    naming.rename(request.conn, kind, object_id, name)
    return DONE | {"o_type": kind}


def save_description(request: Request) -> dict[str, Any]:
    """Give a thing the description of the form; an empty one takes it away."""
    kind, object_id = _object(request)
    naming.describe(request.conn, kind, object_id, text_field(request, "description"))
    return DONE | {"o_type": kind}


def remove(request: Request) -> dict[str, Any]:
    """Take an annotation off, or a thing out of, what `parent` names: `image-1|image-2`."""
    kind, object_id = _object(request)
    parents = [typed_id(part, "parent") for part in text_field(request, "parent").split("|") if part]
    take_off(request.conn, kind, object_id, parents)
    if kind in ANNOTATIONS:
        bearers: dict[str, tuple[int, ...]] = {}
        for word, number in parents:
            name = naming.KINDS.get(word, word.title())
            bearers[name] = (*bearers.get(name, ()), number)
        announce(AnnotationsChanged(request, bearers))
    return DONE


def delete_one(request: Request) -> dict[str, Any]:
    """Delete a thing: with `child` what lies in it too, with `anns` tags and files that nothing else bears."""
    kind, object_id = _object(request)
    return _delete(request, {naming.KINDS[kind]: [object_id]})


def delete_many(request: Request) -> dict[str, Any]:
    """Delete all that is named, or nothing."""
    named = {naming.KINDS[word]: ids for word in DELETABLE if (ids := id_list(request.POST, word))}
    if not named:
        raise InvalidInput(f"name what to delete: {', '.join(DELETABLE)}")
    return _delete(request, named)


def edit_channel_names(request: Request) -> dict[str, Any]:
    """Name the channels of an image (`channel0`, `channel1`); with `confirm_apply` those of all in `parentId`."""
    image_id = integer(request.matchdict["id"], "id", most=MAX_ID)
    names = {}
    for field in request.POST:
        if field.startswith("channel") and field[7:].isascii() and field[7:].isdigit():
            names[integer(field[7:], field)] = text_field(request, field)[: naming.LONGEST_NAME]
    if not names:
        raise InvalidInput("channel0, channel1 and so on must hold the names")
    within = typed_id(text_field(request, "parentId"), "parentId") if "confirm_apply" in request.POST else None
    images, changed = naming.name_channels(request.conn, image_id, names, within)
    told = {str(place + 1): name for place, name in names.items()}
    return {"channelNames": told, "imageCount": images, "updateCount": changed}


def _delete(request: Request, targets: dict[str, list[int]]) -> dict[str, Any]:
    options = {name: text_field(request, field).lower() in ("on", "true", "1") for name, field in OPTIONS.items()}
    gone = delete(request.conn, targets, children=options["children"], annotations=options["annotations"])
    announce(ObjectsDeleted(request, {name: tuple(ids) for name, ids in gone.items()}))
    return DONE


def _object(request: Request) -> tuple[str, int]:
    kind = request.matchdict.get("kind", "")
    if kind not in naming.KINDS:
        raise InvalidInput(f"the type must be one of {', '.join(naming.KINDS)}")
    return kind, integer(request.matchdict["id"], "id", most=MAX_ID)


OPTIONS = {"children": "child", "annotations": "anns"}
ACTIONS: dict[str, Callable[[Request], dict[str, Any]]] = {
    "addnewcontainer": add_container,
    "savename": save_name,
    "savedescription": save_description,
    "remove": remove,
    "delete": delete_one,
    "deletemany": delete_many,
}
