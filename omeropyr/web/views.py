"""The core's own pages: start, log-in, log-out, keep-alive. What they do stands in ``omeropyr.security``."""

from __future__ import annotations

from pyramid.httpexceptions import HTTPFound
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.addons.directives import NavLink, contributions
from omeropyr.errors import ObjectNotFound


def go_to_start(request: Request) -> Response:
    """``/`` leads to the first page an add-on offers in the header."""
    links = contributions(request.registry, NavLink)
    first = next((link for link in links if link.route is not None), None)
    if first is None:
        raise ObjectNotFound("No page is switched on. The administrator names add-ons in the setting omeropyr.addons.")
    return HTTPFound(location=request.route_path(first.route))


def show_favicon(request: Request) -> Response:
    """Browsers ask here whatever the page says."""
    return HTTPFound(location=request.static_path("omeropyr:web/static/logo.svg"))
