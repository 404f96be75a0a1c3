"""What the API's answers have in common: JSON that nobody keeps, absolute addresses, numbers of the address."""

from __future__ import annotations

import json
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from omeropyr.api.present import Links


def answer_json(data: Any, status: int = 200) -> Response:
    """Answer `data` as JSON."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    response = Response(body=text.encode(), status=status, content_type="application/json", charset="utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def address(request: Request, route: str) -> str:
    """The absolute address of a route without parts: below `omero.web.api.absolute_url`, else as it was asked for."""
    own: str | None = request.settings.web.api_absolute_url
    if own is None:
        return str(request.route_url(route))
    return own.rstrip("/") + str(request.route_path(route))


def links(request: Request) -> Links:
    """What makes the links of objects."""
    return Links(f"{address(request, 'api.base')}m/")


def number(request: Request, name: str) -> int:
    """A number of the address; however long it is, which is no mistake: nothing has such an id."""
    text = request.matchdict[name].lstrip("0") or "0"
    return int(text) if len(text) < 20 else 10**20
