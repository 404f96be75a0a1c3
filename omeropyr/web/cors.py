"""Answers that scripts of other origins may read: those of ``omero.web.cors_origin_whitelist``, and only to read.

An origin is named in whole or not at all; there is no wildcard. Its scripts may send the user's cookies (which browsers
do where the cookie's SameSite lets them) and read JSON and pictures. Pages are never theirs, for they hold the token
against forged requests, and neither is the token by itself nor any answer to a request that changes something.
"""

from __future__ import annotations

from collections.abc import Callable

from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.settings.values import get_settings

Handler = Callable[[Request], Response]
READING = ("GET", "HEAD")
HEADERS = "Accept, If-None-Match, X-Requested-With"
EXPOSED = "ETag, X-Request-ID"
PREFLIGHT_SECONDS = 600
TOKENS = ("/token/", "/webclient/login/", "/webclient/logout/")
"""How the addresses end whose answers belong to the site's own pages."""


def includeme(config: Configurator) -> None:
    """Register the tween, where the site names any origin."""
    if get_settings(config.registry).web.cors_origin_whitelist:
        config.add_tween("omeropyr.web.cors.cors_tween_factory", under="omeropyr.csp.headers_tween_factory")


def cors_tween_factory(handler: Handler, registry: Registry) -> Handler:
    """The tween."""
    allowed = frozenset(origin.lower().rstrip("/") for origin in get_settings(registry).web.cors_origin_whitelist)

    def cors_tween(request: Request) -> Response:
        origin = request.headers.get("Origin", "")
        known = origin.lower() in allowed
        asked = request.headers.get("Access-Control-Request-Method")
        if request.method == "OPTIONS" and known and asked is not None and _may_be_read(request):
            return _preflight(origin, asked)
        response = handler(request)
        if request.method in READING and _is_data(response) and _may_be_read(request):
            # Also where no origin was sent: a cache must not give that answer to one that is allowed.
            response.vary = sorted({*(response.vary or ()), "Origin"})
            if known:
                _allow(response, origin)
        return response

    return cors_tween


def _preflight(origin: str, asked: str) -> Response:
    """Before a request with headers of its own the browser asks whether it may be sent."""
    response = Response(status=204)
    response.vary = ["Origin", "Access-Control-Request-Method"]
    if asked.upper() in READING:
        _allow(response, origin)
        response.headers["Access-Control-Allow-Methods"] = ", ".join(READING)
        response.headers["Access-Control-Allow-Headers"] = HEADERS
        response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response


def _allow(response: Response, origin: str) -> None:
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Allow-Credentials"] = "true"
    response.headers["Access-Control-Expose-Headers"] = EXPOSED


def _may_be_read(request: Request) -> bool:
    return not request.path_info.endswith(TOKENS)


def _is_data(response: Response) -> bool:
    kind = response.content_type or ""
    return kind == "application/json" or kind.startswith("image/") or response.status_int == 304
