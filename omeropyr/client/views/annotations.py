"""What hangs on objects, and what is tagged."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request

from omeropyr.client.forms import id_list, named_objects
from omeropyr.client.images import Wanted
from omeropyr.client.lookups import ALL, flag, number, scope
from omeropyr.client.tags import delete_tags, tagged, tags
from omeropyr.errors import InvalidInput
from omeropyr.marshal.annotations import KINDS, annotations_of, inherited

PAGES_AT_ONCE = 100
"""Annotations are listed by this many pages of objects, as OMERO.web has it."""


def list_annotations(request: Request) -> dict[str, Any]:
    """Give the annotations of the objects named, and with `parents` what they get from where they lie."""
    asked = scope(request, limit=request.settings.web.page_size * PAGES_AT_ONCE)
    kind = request.GET.get("type") or None
    if kind is not None and kind not in KINDS:
        raise InvalidInput(f"type must be one of {', '.join(KINDS)}")
    filters: dict[str, Any] = {"kind": kind, "ns": request.GET.get("ns"), "group_id": asked.group_id}
    named = named_objects(request.GET)
    found = annotations_of(request.conn, named, page=asked.page, **filters)
    if not flag(request, "parents"):
        return {"annotations": found.annotations, "experimenters": found.experimenters}
    above, lineage = inherited(request.conn, named, page=asked.page, **filters)
    people = {person["id"]: person for person in (*found.experimenters, *above.experimenters)}
    return {
        "annotations": found.annotations,
        "parents": {"annotations": above.annotations, "lineage": lineage},
        "experimenters": [people[key] for key in sorted(people)],
    }


def tags_and_tagged(request: Request) -> dict[str, Any]:
    """Give tags and sets of tags; of the one that `id` names what is in it and what bears it."""
    asked = scope(request)
    owner = number(request, "experimenter_id", ALL)
    if not request.GET.get("id"):
        loose = flag(request, "orphaned")
        return {"tags": tags(request.conn, owner, asked.group_id, asked.page, asked.user_id, loose=loose)}
    tag_id = number(request, "id", 0)
    wanted = Wanted(flag(request, "sizeXYZ"), flag(request, "date"), flag(request, "thumbVersion"))
    inside = tags(request.conn, ALL, asked.group_id, asked.page, asked.user_id, set_id=tag_id)
    return {"tags": inside} | tagged(request.conn, tag_id, owner, asked.group_id, asked.page, asked.user_id, wanted)


def delete_tag(request: Request) -> dict[str, Any]:
    """Delete the tags of `id`; what bears them stays."""
    ids = id_list(request.GET, "id") or id_list(request.POST, "id")
    if not ids:
        raise InvalidInput("id must name the tags to delete")
    delete_tags(request.conn, ids)
    return {}


def shares(_request: Request) -> dict[str, Any]:
    """Give none: OMERO's shares are not offered here."""
    return {"shares": [], "discussions": []}
