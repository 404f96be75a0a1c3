"""Groups and people: the active group, pictures, and moving data between groups and owners."""

from __future__ import annotations

import hashlib
import io
from functools import lru_cache
from typing import Any

import omero
from PIL import Image, ImageDraw
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.client.forms import id_list, text_field, typed_id
from omeropyr.client.lookups import may_see_group
from omeropyr.client.moving import MOVABLE, Target, check_member, give, groups_for, move, split_filesets
from omeropyr.client.naming import CONTAINERS
from omeropyr.client.people import groups, members_by_group
from omeropyr.connection.files import facts_of
from omeropyr.connection.query import rows
from omeropyr.errors import Forbidden, InvalidInput, ObjectNotFound
from omeropyr.marshal.numbers import MAX_ID, integer
from omeropyr.security.login import switch_group
from omeropyr.security.redirects import safe_url
from omeropyr.web.downloads import send_original

_PICTURE = """
    select f.id, f.name, f.path, f.size, f.mimetype, f.hash, f.details.updateEvent.id
    from ExperimenterAnnotationLink l join l.child a join a.file f
    where l.parent.id = :id and a.ns = :ns and a.details.owner.id = :id order by f.id desc
"""
_GROUP = "select g.name from ExperimenterGroup g where g.id = :id"
SIDE = 96


def avatar(request: Request) -> Response:
    """Give the picture that a user has put up, or a plain one."""
    user_id = integer(request.matchdict["id"], "id", most=MAX_ID)
    namespace = omero.constants.namespaces.NSEXPERIMENTERPHOTO
    found = rows(request.conn, _PICTURE, group_id=-1, page=(0, 1), id=user_id, ns=namespace)
    if found:
        return send_original(request, facts_of(found[0]), show=True)
    picture = _silhouette()
    response = Response(body=picture, content_type="image/png", conditional_response=True)
    response.etag = hashlib.sha256(picture).hexdigest()[:32]
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.vary = ["Cookie"]
    return response


def active_group(request: Request) -> Response:
    """Have what the user makes from now on go into the group `active_group`; then lead to `url`."""
    group_id = integer(text_field(request, "active_group"), "active_group", most=MAX_ID)
    if not may_see_group(request, group_id):
        raise Forbidden("Not a member of Group")
    found = rows(request.conn, _GROUP, id=group_id)
    if not found:
        raise ObjectNotFound(f"There is no group {group_id}.")
    switch_group(request, group_id, found[0][0])
    return HTTPSeeOther(location=safe_url(request, text_field(request, "url") or request.route_path("client.index")))


def group_user_content(request: Request) -> dict[str, Any]:
    """Give the groups that the user sees, with the members of each, as part of a page."""
    who = request.omero
    listed = groups(request.conn, -1 if who.is_admin else who.user_id, None)
    members = members_by_group(request.conn, [group["id"] for group in listed])
    return {"groups": [(group, members.get(group["id"], [])) for group in listed if group["name"] != "guest"]}


def load_chgrp_groups(request: Request) -> dict[str, Any]:
    """Give the groups to which the objects named (`Project=1,2`) may go."""
    return groups_for(request.conn, _named(request.GET))


def fileset_check(request: Request) -> dict[str, Any]:
    """Give the filesets that moving or deleting the objects named would split, as JSON."""
    return {"action": request.matchdict["action"], "filesets": split_filesets(request.conn, _named(request.GET))}


def chgrp(request: Request) -> dict[str, Any]:
    """Move the objects named to `group_id`, into `target_id` or a new container; waits until that is done."""
    group_id = integer(text_field(request, "group_id"), "group_id", most=MAX_ID)
    named = _named(request.POST)
    if filesets := id_list(request.POST, "fileset"):
        named["Fileset"] = list(dict.fromkeys(named.get("Fileset", []) + filesets))
    if not named:
        raise InvalidInput(f"name what to move: {', '.join(MOVABLE)}")
    check_member(request.conn, group_id, is_admin=request.omero.is_admin)
    return move(request.conn, named, group_id, _target(request))


def chown(request: Request) -> dict[str, Any]:
    """Give the objects named to the user `owner_id`; waits until that is done, so no job is left to ask for."""
    owner_id = integer(text_field(request, "owner_id"), "owner_id", most=MAX_ID)
    named = _named(request.POST)
    if not named:
        raise InvalidInput(f"name what to give: {', '.join(MOVABLE)}")
    give(request.conn, named, owner_id)
    return {"jobIds": []}


def _target(request: Request) -> Target | None:
    name = text_field(request, "new_container_name")
    if name:
        kind = text_field(request, "new_container_type")
        if kind not in CONTAINERS:
            raise InvalidInput(f"new_container_type must be one of {', '.join(CONTAINERS)}")
        return Target(kind, name=name)
    chosen = text_field(request, "target_id")
    if not chosen:
        return None
    kind, object_id = typed_id(chosen, "target_id")
    if kind not in ("project", "dataset", "screen"):
        raise InvalidInput("target_id must be a project, dataset or screen, like dataset-1")
    return Target(kind, object_id)


def _named(fields: Any) -> dict[str, list[int]]:
    return {name: ids for name in MOVABLE if (ids := id_list(fields, name))}


@lru_cache(maxsize=1)
def _silhouette() -> bytes:
    """A person without a face on grey: PNG of 96 x 96 pixels."""
    picture = Image.new("RGB", (SIDE, SIDE), "#8a939c")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((30, 16, 66, 52), fill="#eceff1")
    draw.ellipse((12, 58, 84, 130), fill="#eceff1")
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
