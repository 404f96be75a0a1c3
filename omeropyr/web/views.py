"""The core's own addresses beside log-in and log-out: start, icon, keep-alive."""

from __future__ import annotations

from pyramid.httpexceptions import HTTPFound
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.addons.directives import NavLink, contributions
from omeropyr.addons.panels import start_page
from omeropyr.errors import NotLoggedIn, ObjectNotFound, Unavailable


def go_to_start(request: Request) -> Response:
    """``/`` leads to the start page that an add-on sets, else to the first page one offers in the header."""
    chosen = start_page(request.registry)
    if chosen is not None:
        return HTTPFound(location=request.route_path(chosen.route))
    links = contributions(request.registry, NavLink)
    first = next((link for link in links if link.route is not None), None)
    if first is None:
        raise ObjectNotFound("No page is switched on. The administrator names add-ons in the setting omeropyr.addons.")
    return HTTPFound(location=request.route_path(first.route))


def show_favicon(request: Request) -> Response:
    """Browsers ask here whatever the page says."""
    return HTTPFound(location=request.page_header.icon)


def keep_alive(request: Request) -> str:
    """Keep the OMERO session alive: ``OK`` or, as OMERO.web has it, ``Connection Failed`` with status 200."""
    try:
        return "OK" if request.conn.keepAlive() else "Connection Failed"
    except (NotLoggedIn, Unavailable):
        return "Connection Failed"
