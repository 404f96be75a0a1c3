"""Lists and single objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.addons.events import ObjectsDeleted, announce
from omeropyr.api import saving
from omeropyr.api.answers import answer_json, links, number
from omeropyr.api.endpoints import INDEX, Endpoint, Operation
from omeropyr.api.kinds import Kind
from omeropyr.api.objects import ALL, Found, Wanted, find, page
from omeropyr.api.parameters import read
from omeropyr.api.present import normalize, present
from omeropyr.errors import ObjectNotFound
from omeropyr.marshal.numbers import MAX_INT
from omeropyr.marshal.ome import Encoder


def many(request: Request, endpoint: Endpoint, operation: Operation) -> Response:
    """Give a page of a list."""
    kind = _kind(endpoint)
    query = read(request.GET, operation.query)
    wanted = _wanted(request, endpoint, kind, query)
    found = page(request.conn, kind, wanted)
    shown = _shown(request, kind, counts=found.counts, fields=found.fields)
    answer: dict[str, Any] = {"data": [shown(one) for one in found.found]}
    if query.get("normalize"):
        answer |= normalize(answer["data"])
    answer["meta"] = {
        "offset": wanted.offset,
        "limit": wanted.limit,
        "maxLimit": request.settings.web.api_max_limit,
        "totalCount": found.total,
    }
    return answer_json(answer)


def single(request: Request, endpoint: Endpoint, operation: Operation) -> Response:
    """Give one object."""
    kind = _kind(endpoint)
    counted = bool(read(request.GET, operation.query).get("childCount"))
    found = find(request.conn, kind, number(request, "id"), user_id=asking(request), counted=counted)
    return answer_object(request, kind, found)


def delete(request: Request, endpoint: Endpoint, _operation: Operation) -> Response:
    """Delete an object and give what it was."""
    kind = _kind(endpoint)
    found = find(request.conn, kind, number(request, "id"))
    saving.delete(request.conn, kind, found.obj)
    announce(ObjectsDeleted(request, {kind.name: (number(request, "id"),)}))
    return answer_object(request, kind, found)


def answer_object(request: Request, kind: Kind, found: Found, status: int = 200) -> Response:
    """Answer one object."""
    shown = _shown(request, kind, counts=found.counts, fields=found.fields)
    return answer_json({"data": shown(found.obj)}, status)


def asking(request: Request) -> int | None:
    """Give the id of who asks, unless that is an admin, who may see everybody."""
    return None if request.omero.is_admin else int(request.omero.user_id)


def _shown(request: Request, kind: Kind, **more: Any) -> Callable[[Any], dict[str, Any]]:
    who, made, encoder = request.omero, links(request), Encoder()

    def shown(obj: Any) -> dict[str, Any]:
        return present(kind, obj, made, encoder, may_write_to=lambda one: who.is_admin or one == who.user_id, **more)

    return shown


def _wanted(request: Request, endpoint: Endpoint, kind: Kind, query: dict[str, Any]) -> Wanted:
    web = request.settings.web
    limit, offset = query.get("limit", -1), query.get("offset", 0)
    filters = {name: query[name] for name in kind.filters if name in query}
    filters |= {name: number(request, name) for name in endpoint.parts if name != INDEX}
    index = number(request, INDEX) if INDEX in endpoint.parts else None
    if index is not None and index > MAX_INT:
        raise ObjectNotFound("No well has so many fields.")
    return Wanted(
        offset=max(offset, 0),
        limit=min(limit, web.api_max_limit) if limit >= 0 else web.api_limit,
        filters=filters,
        owner=query.get("owner", ALL),
        group=query.get("group", ALL),
        orphaned=query.get("orphaned", False),
        counted=query.get("childCount", False),
        index=index,
        user_id=asking(request) if kind.visible else None,
    )


def _kind(endpoint: Endpoint) -> Kind:
    assert endpoint.kind is not None
    return endpoint.kind
