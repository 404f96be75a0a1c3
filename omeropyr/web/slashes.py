"""Addresses without the slash at their end, as people type them and OMERO.web's programs send them.

Where the same address with a slash is one of the site's, a GET is sent there (301, as OMERO.web does), and below
``/api/`` it is served as it stands: a client that changes something follows no redirect.
"""

from __future__ import annotations

from collections.abc import Callable

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPMovedPermanently, HTTPNotFound
from pyramid.interfaces import IRoutesMapper
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid.tweens import EXCVIEW

Handler = Callable[[Request], Response]
SERVED = "/api/"


def includeme(config: Configurator) -> None:
    """Register the tween."""
    config.add_tween("omeropyr.web.slashes.slash_tween_factory", under=EXCVIEW)


def slash_tween_factory(handler: Handler, registry: Registry) -> Handler:
    """The tween."""

    def slash_tween(request: Request) -> Response:
        try:
            return handler(request)
        except HTTPNotFound:
            path = request.path_info
            if getattr(request, "matched_route", None) is not None or not _lacks_slash(registry, path):
                raise
            if path.startswith(SERVED):
                request.path_info = f"{path}/"
                return handler(request)
            if request.method not in ("GET", "HEAD"):
                raise
            query = f"?{request.query_string}" if request.query_string else ""
            return HTTPMovedPermanently(location=f"{request.path}/{query}")

    return slash_tween


def _lacks_slash(registry: Registry, path: str) -> bool:
    """Is *path* with a slash at its end an address of the site?"""
    if path.endswith("/"):
        return False
    routes = registry.getUtility(IRoutesMapper).get_routes()
    return any(route.match(f"{path}/") is not None for route in routes)
