"""Every error as flat JSON or as a page, never with a stack trace; what is a defect goes to the log with one."""

from __future__ import annotations

import html
import logging
from typing import Any
from urllib.parse import parse_qsl

from pyramid.config import Configurator
from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken, PredicateMismatch, URLDecodeError
from pyramid.httpexceptions import HTTPClientError, HTTPException, HTTPFound, HTTPServerError
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    MethodNotAllowed,
    NotLoggedIn,
    ObjectNotFound,
    OmeropyrError,
    TooLarge,
    TooManyLogins,
    Unavailable,
    translate,
)
from omeropyr.logs import request_id

log = logging.getLogger(__name__)

CREDENTIALS = frozenset(("bsession", "username", "password"))
KINDS: dict[int, type[OmeropyrError]] = {
    kind.status: kind for kind in (InvalidInput, Forbidden, ObjectNotFound, MethodNotAllowed, Conflict, TooLarge)
}


def includeme(config: Configurator) -> None:
    """Register the exception views."""
    for context in (OmeropyrError, HTTPClientError, HTTPServerError, Exception):
        config.add_exception_view(show_error, context=context)


def show_error(exc: Exception, request: Request) -> Response:
    """The one exception view."""
    error = as_error(exc, request)
    if error is None:
        log.error("unexpected error", exc_info=exc, extra={"path": request.environ.get("PATH_INFO", "")})
        error = OmeropyrError("Something went wrong on the server. The administrator finds it under this request id.")
    elif error is not exc and not isinstance(exc, HTTPException):
        log.warning("refused by OMERO", extra={"code": error.code, "cause": type(exc).__name__, "said": _said(exc)})
    if isinstance(error, NotLoggedIn) and not wants_json(request, pages=("/webgateway/",)):
        return HTTPFound(location=request.route_path("login", _query={"url": _asked(request)}))
    response = _json(error) if wants_json(request) else _page(error, request)
    response.status_int = error.status
    if isinstance(error, Unavailable | TooManyLogins):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, MethodNotAllowed) and error.details:
        response.headers["Allow"] = ", ".join(error.details["allow"])
    response.headers["Cache-Control"] = "no-store"
    return response


def as_error(exc: Exception, request: Request) -> OmeropyrError | None:
    """Our error for whatever was raised while *request* was served; None where it is a defect."""
    if isinstance(exc, BadCSRFToken | BadCSRFOrigin):
        return Forbidden(f"CSRF Failed: {_csrf_reason(exc)}")
    if isinstance(exc, PredicateMismatch) and (allowed := methods_of(request)):
        return MethodNotAllowed(details={"allow": allowed})
    if isinstance(exc, URLDecodeError | UnicodeDecodeError):
        return InvalidInput("The address is not valid UTF-8.")
    if isinstance(exc, HTTPException):
        if exc.status_int == 403 and not request.is_authenticated:
            return NotLoggedIn()
        kind = KINDS.get(exc.status_int)
        return kind() if kind else _other(exc)
    return translate(exc)


def methods_of(request: Request) -> list[str]:
    """The methods the matched route answers, where the request's own is not one of them; else nothing."""
    route = getattr(request, "matched_route", None)
    if route is None:
        return []
    views = request.registry.introspector.get_category("views") or []
    found: set[str] = set()
    for view in (item["introspectable"] for item in views):
        if view.get("route_name") == route.name:
            methods = view.get("request_methods") or ()
            found.update((methods,) if isinstance(methods, str) else methods)
    found |= {"HEAD"} if "GET" in found else set()
    return [] if not found or request.method in found else sorted(found)


def wants_json(request: Request, pages: tuple[str, ...] = ()) -> bool:
    """Is the client a program? XHR, an API's address (unless below *pages*), or JSON preferred by ``Accept``."""
    path = request.environ.get("PATH_INFO", "")
    if request.is_xhr or path.startswith("/api/") or path.startswith("/webclient/api/"):
        return True
    accept = request.headers.get("Accept", "")
    if path.startswith("/webgateway/") and "/webgateway/" not in pages:
        return "text/html" not in accept
    return "application/json" in accept and "text/html" not in accept


def _json(error: OmeropyrError) -> Response:
    body: dict[str, Any] = {"message": error.message, "code": error.code, "request_id": request_id.get()}
    if error.details:
        body["details"] = error.details
    return Response(json_body=body, content_type="application/json", charset="utf-8")


def _page(error: OmeropyrError, request: Request) -> Response:
    shown = {
        "status": error.status,
        "title": error.title,
        "message": error.message,
        "request_id": request_id.get(),
    }
    try:
        return render_to_response("omeropyr:web/error.pt", shown, request=request)
    except Exception:
        log.exception("the error page failed")
        lines = [f"<p>{html.escape(str(shown[name]))}</p>" for name in ("message", "request_id")]
        title = html.escape(f"{error.status} {error.title}")
        text = f"<!doctype html><html lang='en'><title>{title}</title><h1>{title}</h1>{''.join(lines)}</html>"
        return Response(text, content_type="text/html", charset="utf-8")


def _other(exc: HTTPException) -> OmeropyrError:
    error = OmeropyrError(exc.title)
    error.status, error.title, error.code = exc.status_int, exc.title, exc.title.lower().replace(" ", "_")  # type: ignore[misc]
    return error


def _asked(request: Request) -> str:
    """Where to go after log-in: the page that was asked for, or nothing after a POST."""
    if request.method not in ("GET", "HEAD"):
        return ""
    # OMERO.web takes credentials from any address. Here they do nothing, and so go nowhere from here.
    names = {name for name, _ in parse_qsl(request.query_string, keep_blank_values=True)}
    return str(request.path if CREDENTIALS & names else request.path_qs)


def _csrf_reason(exc: Exception) -> str:
    origin = isinstance(exc, BadCSRFOrigin)
    return "the request comes from another site." if origin else "the token is missing or wrong."


def _said(exc: Exception) -> str:
    return str(getattr(exc, "message", "") or exc)[:500]
