"""An administrator goes on as another user."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.errors import ObjectNotFound
from omeropyr.gateway.answers import answer_json
from omeropyr.security.su import become

LONGEST = 255


def ask(request: Request) -> dict[str, Any]:
    """Ask first: a link must not do it."""
    request.response.headers["Cache-Control"] = "no-store"
    return {"name": _name(request)}


def su(request: Request) -> Response:
    """Become the user of the address: ``true`` for programs, the start page for people."""
    become(request, _name(request))
    if "text/html" in request.headers.get("Accept", ""):
        return HTTPSeeOther(location=request.route_path("start"))
    return answer_json(request, True, jsonp=False)


def _name(request: Request) -> str:
    name: str = request.matchdict["user"]
    if len(name) > LONGEST or not name.isprintable():
        raise ObjectNotFound("There is no user of this name.")
    return name
