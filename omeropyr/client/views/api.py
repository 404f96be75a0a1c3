"""The lists that the browser client shows, as JSON."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from omeropyr.client.containers import DATASET, PLATE, acquisitions, children, top_containers
from omeropyr.client.images import Wanted, images_of_dataset, orphaned_images
from omeropyr.client.lookups import ALL, client_config, flag, number, scope
from omeropyr.client.people import find_experimenter
from omeropyr.client.people import groups as find_groups
from omeropyr.errors import InvalidInput, ObjectNotFound
from omeropyr.marshal.numbers import MAX_ID, integer
from omeropyr.marshal.paths import KINDS, paths_to

INSIDE = ("tag", "tagset", "roi", "shape")


def groups(request: Request) -> dict[str, Any]:
    """Give the groups of `member`, by default the user's own; all groups to an admin."""
    own = ALL if request.omero.is_admin else request.omero.user_id
    member = number(request, "member", ALL)
    return {"groups": find_groups(request.conn, own if member == ALL else member, scope(request).page)}


def experimenter(request: Request) -> dict[str, Any]:
    """Give the names of a user; -1 stands for all members."""
    wanted = integer(request.matchdict["id"], "id", most=MAX_ID)
    if wanted == ALL:
        return {"experimenter": {"id": ALL, "omeName": "All Members", "firstName": "All Members", "lastName": ""}}
    user = request.omero
    found = find_experimenter(request.conn, wanted, user.user_id, is_admin=user.is_admin)
    if found is None:
        raise ObjectNotFound(f"There is no experimenter {wanted}, or you may not see them.")
    return {"experimenter": found}


def containers(request: Request) -> dict[str, Any]:
    """Give what stands at the top of the tree of the owner `id` (-1: everybody)."""
    asked = scope(request)
    owner = number(request, "id", ALL)
    lists, orphans = top_containers(request.conn, owner, asked.group_id, asked.page, asked.user_id)
    answer: dict[str, Any] = dict(lists)
    config = client_config(request)
    if config.orphans_enabled or request.omero.is_admin or owner == asked.user_id:
        answer["orphaned"] = {"id": owner, "childCount": orphans, "name": config.orphans_name}
    return answer


def datasets(request: Request) -> dict[str, Any]:
    """Give the datasets of the project `id`, or all."""
    asked = scope(request)
    parent = _parent(request)
    return {"datasets": children(request.conn, DATASET, parent, asked.group_id, asked.page, asked.user_id)}


def plates(request: Request) -> dict[str, Any]:
    """Give the plates of the screen `id`, or all."""
    asked = scope(request)
    return {"plates": children(request.conn, PLATE, _parent(request), asked.group_id, asked.page, asked.user_id)}


def images(request: Request) -> dict[str, Any]:
    """Give the images of the dataset `id`, or with `orphaned` those of `experimenter_id` that lie in no container."""
    asked = scope(request)
    wanted = Wanted(flag(request, "sizeXYZ"), flag(request, "date"), flag(request, "thumbVersion"))
    if flag(request, "orphaned"):
        owner = number(request, "experimenter_id", ALL)
        found = orphaned_images(request.conn, owner, asked.group_id, asked.page, asked.user_id, wanted)
    else:
        found = images_of_dataset(request.conn, _parent(request), asked.group_id, asked.page, asked.user_id, wanted)
    return {"images": found}


def plate_acquisitions(request: Request) -> dict[str, Any]:
    """Give the runs of the plate `id`."""
    asked = scope(request)
    plate = _parent(request)
    if plate is None:
        raise InvalidInput("id must name the plate")
    return {"acquisitions": acquisitions(request.conn, plate, asked.group_id, asked.page, asked.user_id)}


def paths_to_object(request: Request) -> dict[str, Any]:
    """Give the paths to the innermost object named, through the outer ones named with it."""
    asked = scope(request)
    wanted = {kind: number(request, kind, 0) for kind in (*KINDS, *INSIDE) if request.GET.get(kind)}
    if "run" in request.GET:
        wanted["acquisition"] = number(request, "run", 0)
    if not wanted:
        raise InvalidInput(f"name an object to find, one of {', '.join((*KINDS, *INSIDE))}")
    page_size = number(request, "page_size", request.settings.web.page_size)
    if not 1 <= page_size <= 10_000:
        raise InvalidInput("page_size must be from 1 to 10000")
    return {"paths": paths_to(request.conn, wanted, group_id=asked.group_id, page_size=page_size)}


def _parent(request: Request) -> int | None:
    return number(request, "id", 0) if request.GET.get("id") else None
