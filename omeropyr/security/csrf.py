"""Tokens against forged requests, as OMERO.web's clients know them.

Cookie ``csrftoken`` (the one cookie that scripts may read), header ``X-CSRFToken``, form field
``csrfmiddlewaretoken``. Who is logged in has the token of their session: one planted with a cookie is worth nothing.
"""

from __future__ import annotations

import re
import secrets
from hmac import compare_digest
from urllib.parse import urlsplit

from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.interfaces import ICSRFStoragePolicy
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.security.identity import Borrowed
from omeropyr.sessions import cookie_path

COOKIE = "csrftoken"
HEADER = "X-CSRFToken"
FIELD = "csrfmiddlewaretoken"
YEAR = 365 * 24 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def make_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


class CsrfPolicy:
    """Pyramid's ICSRFStoragePolicy."""

    def new_csrf_token(self, request: Request) -> str:
        """A new token for somebody who is not logged in; a session keeps its own."""
        token = make_token()
        self.set_cookie(request, token)
        return token

    def get_csrf_token(self, request: Request) -> str:
        """The token of this browser, made now where it has none."""
        who = request.identity
        sent = request.cookies.get(COOKIE, "")
        if isinstance(who, Borrowed):
            return str(who.csrf_token)
        if who is not None and not who.is_public:
            if sent != who.csrf_token:
                self.set_cookie(request, who.csrf_token)
            return str(who.csrf_token)
        # Twice in one request the token is the same, although the cookie comes only with the next.
        made: str | None = request.environ.get("omeropyr.csrf")
        if made is None:
            made = sent if _TOKEN.fullmatch(sent) else self.new_csrf_token(request)
            request.environ["omeropyr.csrf"] = made
        return made

    def check_csrf_token(self, request: Request, supplied_token: str) -> bool:
        """Whether a request that changes something is the site's own; BadCSRFOrigin when it comes from elsewhere."""
        who = request.identity
        check_origin(request)
        if isinstance(who, Borrowed):
            return True  # who else could have sent the session
        own = who is not None and not who.is_public
        expected = who.csrf_token if own else request.cookies.get(COOKIE, "")
        if not _TOKEN.fullmatch(expected):
            return False
        return compare_digest(expected.encode(), supplied_token.encode("utf-8", "surrogatepass"))

    @staticmethod
    def set_cookie(request: Request, token: str) -> None:
        """Send the token as a cookie with this response."""
        web = request.settings.web

        def send(_request: Request, response: Response) -> None:
            response.set_cookie(
                COOKIE,
                token,
                max_age=YEAR,
                path=cookie_path(request.registry),
                domain=web.session_cookie_domain,
                secure=web.csrf_cookie_secure or request.scheme == "https",
                httponly=False,
                samesite=web.csrf_cookie_samesite,
            )

        request.add_response_callback(send)


def check_origin(request: Request) -> None:
    """BadCSRFOrigin where Origin, or else Referer, names another site; over https one of them has to be there."""
    origin = request.headers.get("Origin")
    source = origin if origin is not None else request.headers.get("Referer")
    if source is None:
        if request.scheme == "https":
            raise BadCSRFOrigin("neither Origin nor Referer was sent")
        return
    try:
        parts = urlsplit(source)
        sent = f"{parts.scheme}://{parts.netloc}".lower()
    except ValueError:
        sent = ""
    allowed = {
        request.host_url.lower(),
        *(entry.lower().rstrip("/") for entry in request.settings.web.csrf_trusted_origins),
    }
    if sent not in allowed:
        raise BadCSRFOrigin("the request comes from another site")


def require_header_token(request: Request) -> None:
    """BadCSRFToken or BadCSRFOrigin unless the header has the token; of the body nothing is read.

    For views that say ``require_csrf=False`` because what they are sent is large.
    """
    policy = request.registry.getUtility(ICSRFStoragePolicy)
    if not policy.check_csrf_token(request, request.headers.get(HEADER, "")):
        raise BadCSRFToken(f"the token must come as the header {HEADER}")
