"""The core's own pages: start, log-in, log-out, keep-alive. What they do stands in ``omeropyr.security``."""

from __future__ import annotations

from typing import Any, NamedTuple

from pyramid.httpexceptions import HTTPFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.addons.directives import NavLink, contributions
from omeropyr.errors import InvalidInput, NotLoggedIn, ObjectNotFound, OmeropyrError, OmeroUnavailable
from omeropyr.security import log_in, log_out, safe_url
from omeropyr.web.error_views import wants_json


class ServerChoice(NamedTuple):
    """A server of the log-in form."""

    id: int
    name: str


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


def show_login(request: Request) -> Any:
    """The log-in form; whoever is logged in already goes on."""
    url = request.GET.get("url", "")
    if request.is_authenticated:
        return HTTPFound(location=safe_url(request, url))
    return login_form(request, url)


def submit_login(request: Request) -> Any:
    """Log in and go on to ``url``, or show the form again with what is wrong."""
    url, username = request.POST.get("url", ""), request.POST.get("username", "").strip()
    try:
        server_id = chosen_server(request)
        log_in(request, server_id, username, request.POST.get("password", ""))
    except OmeropyrError as error:
        if wants_json(request):
            raise
        request.response.status_int = error.status
        if hasattr(error, "retry_after"):
            request.response.headers["Retry-After"] = str(error.retry_after)
        return login_form(request, url, username=username, error=error.message)
    return HTTPSeeOther(location=safe_url(request, url))


def show_logout(_request: Request) -> dict[str, Any]:
    """Asks before logging out: a link must not do it."""
    return {}


def submit_logout(request: Request) -> Response:
    """Log out; the OMERO session ends with it."""
    log_out(request)
    return HTTPSeeOther(location=request.route_path("login"))


def keep_alive(request: Request) -> str:
    """Keep the OMERO session alive: ``OK`` or, as OMERO.web has it, ``Connection Failed`` with status 200."""
    try:
        return "OK" if request.conn.keepAlive() else "Connection Failed"
    except (NotLoggedIn, OmeroUnavailable):
        return "Connection Failed"


def chosen_server(request: Request) -> int:
    """The id of the server the form names, from 1; the first one where it names none."""
    text = request.POST.get("server", "") or "1"
    count = len(request.settings.web.server_list)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= count):
        raise InvalidInput("There is no such server.")
    return int(text)


def login_form(request: Request, url: str, *, username: str = "", error: str | None = None) -> dict[str, Any]:
    """What ``login.pt`` shows."""
    servers = request.settings.web.server_list
    named = request.params.get("server", "")
    return {
        "url": url,
        "username": username,
        "server_list": [ServerChoice(place, server.name) for place, server in enumerate(servers, 1)],
        "server_id": int(named) if named in {str(place) for place in range(1, len(servers) + 1)} else 1,
        "show_server": len(servers) > 1,
        "error": error,
    }
