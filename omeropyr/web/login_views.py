"""The log-in page, log-out, and the way to a new password. What they do stands in ``omeropyr.security``."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound, HTTPSeeOther
from pyramid.renderers import get_renderer
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from omeropyr.errors import InvalidInput, ObjectNotFound, OmeropyrError
from omeropyr.security import log_in, log_out, safe_url
from omeropyr.security.lost_password import LOST
from omeropyr.settings import get_settings
from omeropyr.web.error_views import wants_json

SENT = (
    "If there is an account with this user name and e-mail address, a new password is on its way to that address. "
    "If nothing comes within a few minutes, ask your administrator."
)


class Words(NamedTuple):
    """The words of the log-in form; an add-on that replaces ``web/login.pt`` may put others under ``words``."""

    log_in: str = "Log in"
    server: str = "Server"
    user_name: str = "User name"
    password: str = "Password"  # noqa: S105 - the word above the field
    forgotten: str = "Forgotten your password?"


class ServerChoice(NamedTuple):
    """A server of a form."""

    id: int
    name: str


def includeme(config: Configurator) -> None:
    """Routes and views, and leave for the browser to load the logo of ``omero.web.login_logo``."""
    config.add_route("login", "/webclient/login/")
    config.add_route("logout", "/webclient/logout/")
    config.add_route("lost_password", "/webadmin/forgottenpassword/")
    public: dict[str, Any] = {"permission": NO_PERMISSION_REQUIRED}
    for route, show, submit in (
        ("login", show_login, submit_login),
        ("logout", show_logout, submit_logout),
        ("lost_password", show_lost_password, submit_lost_password),
    ):
        page = {"route_name": route, "renderer": f"omeropyr:web/{route}.pt", **public}
        config.add_view(show, request_method="GET", **page)
        config.add_view(submit, request_method="POST", **page)
    logo = urlsplit(get_settings(config.registry).web.login_logo or "")
    if logo.scheme in ("http", "https") and logo.netloc:
        config.add_csp(img_src=[f"{logo.scheme}://{logo.netloc}"])


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
        log_in(request, chosen_server(request), username, request.POST.get("password", ""))
    except OmeropyrError as error:
        return login_form(request, url, username=username, error=explain(request, error))
    return HTTPSeeOther(location=safe_url(request, url))


def show_logout(_request: Request) -> dict[str, Any]:
    """Asks before logging out: a link must not do it."""
    return {}


def submit_logout(request: Request) -> Response:
    """Log out; the OMERO session ends with it."""
    log_out(request)
    return HTTPSeeOther(location=request.route_path("login"))


def show_lost_password(request: Request) -> dict[str, Any]:
    """The form that asks for a new password."""
    return lost_form(request)


def submit_lost_password(request: Request) -> dict[str, Any]:
    """Have it sent. The answer is the same whether or not there is such an account."""
    form = lost_form(request)
    username, email = (request.POST.get(name, "").strip() for name in ("username", "email"))
    try:
        request.registry[LOST].ask(request, chosen_server(request), username, email)
    except OmeropyrError as error:
        return {**form, "username": username, "email": email, "error": explain(request, error)}
    return {**form, "sent": SENT}


def explain(request: Request, error: OmeropyrError) -> str:
    """The words for a form that is shown again, with the status of *error*; to programs the error itself."""
    if wants_json(request):
        raise error
    request.response.status_int = error.status
    if hasattr(error, "retry_after"):
        request.response.headers["Retry-After"] = str(error.retry_after)
    return error.message


def chosen_server(request: Request) -> int:
    """The id of the server the form names, from 1; the first one where it names none."""
    text = request.POST.get("server", "") or "1"
    count = len(request.settings.web.server_list)
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= count):
        raise InvalidInput("There is no such server.")
    return int(text)


def login_form(request: Request, url: str, *, username: str = "", error: str | None = None) -> dict[str, Any]:
    """What ``login.pt`` shows; ``form`` is the form itself, a macro for whatever page replaces it."""
    web = request.settings.web
    return {
        **server_choice(request),
        "url": url,
        "username": username,
        "error": error,
        "login_logo": web.login_logo,
        "form": get_renderer("omeropyr:web/login_form.pt").implementation(),
        "words": Words(),
        "lost_password": request.route_path("lost_password") if web.show_forgot_password else None,
    }


def lost_form(request: Request) -> dict[str, Any]:
    """What ``lost_password.pt`` shows. ObjectNotFound where the site does not offer it."""
    if not request.settings.web.show_forgot_password:
        raise ObjectNotFound
    return {**server_choice(request), "username": "", "email": "", "error": None, "sent": None}


def server_choice(request: Request) -> dict[str, Any]:
    """The servers of the site and the one that is chosen."""
    servers = request.settings.web.server_list
    named = request.params.get("server", "")
    return {
        "server_list": [ServerChoice(place, server.name) for place, server in enumerate(servers, 1)],
        "server_id": int(named) if named in {str(place) for place in range(1, len(servers) + 1)} else 1,
        "show_server": len(servers) > 1,
    }
