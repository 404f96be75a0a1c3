"""Where programs begin: versions, links, token, servers, log-in, and the description of the API."""

from __future__ import annotations

from typing import Any

from pyramid.csrf import get_csrf_token
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.api.answers import address, answer_json
from omeropyr.api.endpoints import LISTED, Endpoint, Operation
from omeropyr.api.openapi import describe
from omeropyr.api.saving import read_object
from omeropyr.api.session import chosen_server, enter, event_context
from omeropyr.errors import InvalidInput, LoginRefused
from omeropyr.marshal.ome import SCHEMA
from omeropyr.security.csrf import CsrfPolicy


def versions(request: Request, _endpoint: Endpoint, _operation: Operation) -> Response:
    """Give the versions of the API: there is one."""
    return answer_json({"data": [{"version": "0", "url:base": address(request, "api.base")}]})


def base(request: Request, _endpoint: Endpoint, _operation: Operation) -> Response:
    """Give the addresses of the lists, and of what a program needs before."""
    names = [kind.plural for kind in LISTED]
    found = {f"url:{name}": address(request, f"api.{name}") for name in (*names, "token", "servers", "login", "save")}
    return answer_json({**found, "url:schema": SCHEMA, "url:openapi": address(request, "api.openapi")})


def token(request: Request, _endpoint: Endpoint, _operation: Operation) -> Response:
    """Give the token that every change needs, and the cookie to go with it."""
    found = get_csrf_token(request)
    CsrfPolicy.set_cookie(request, found)
    return answer_json({"data": found})


def servers(request: Request, _endpoint: Endpoint, _operation: Operation) -> Response:
    """Give the OMERO servers that one may log in to."""
    listed = enumerate(request.settings.web.server_list, 1)
    found = [{"id": place, "host": one.host, "port": one.port, "server": one.name} for place, one in listed]
    return answer_json({"data": found})


def login(request: Request, _endpoint: Endpoint, _operation: Operation) -> Response:
    """Log in, or without name and password tell who is."""
    sent = _credentials(request)
    username, password = (_text(sent, name) for name in ("username", "password"))
    if not username and not password:
        who = request.identity
        if who is None or who.is_public:
            raise LoginRefused("Send username and password.")
    else:
        enter(request, chosen_server(request, sent.get("server")), username, password)
    return answer_json({"success": True, "eventContext": event_context(request)})


def description(request: Request, _endpoint: Endpoint, _operation: Operation) -> Response:
    """Give the OpenAPI description of all this."""
    web = request.settings.web
    return answer_json(describe(address(request, "api.versions"), web.api_limit, web.api_max_limit))


def _credentials(request: Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return read_object(request.body)
    return dict(request.POST)


def _text(sent: dict[str, Any], name: str) -> str:
    found = sent.get(name, "")
    if not isinstance(found, str) or any("\ud800" <= each <= "\udfff" for each in found):
        raise InvalidInput(f"{name} must be a text")
    return found
