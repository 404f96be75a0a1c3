"""What stands around the application: whom to believe about the client, and the prefix the site is reached under."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from omeropyr.settings.core import Network

StartResponse = Callable[..., Any]
App = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT")


class TrustedProxy:
    """Believes ``X-Forwarded-*`` only from *proxies*, and removes these headers from all others' requests.

    The client is the last address of X-Forwarded-For that is not itself a trusted proxy.
    """

    registry: Any = None

    def __init__(self, app: App, proxies: Sequence[Network]) -> None:
        self.app = app
        self.proxies = tuple(proxies)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        if self._trusted(environ.get("REMOTE_ADDR", "")):
            self._apply(environ)
        for name in (*FORWARDED, "HTTP_FORWARDED"):
            environ.pop(name, None)
        return self.app(environ, start_response)

    def _trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address.strip())
        except ValueError:
            return False
        return any(parsed in network for network in self.proxies)

    def _apply(self, environ: dict[str, Any]) -> None:
        hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        for hop in reversed(hops):
            if not _is_address(hop):
                break
            environ["REMOTE_ADDR"] = hop
            if not self._trusted(hop):
                break
        proto = _last(environ, "HTTP_X_FORWARDED_PROTO").lower()
        if proto in ("http", "https"):
            environ["wsgi.url_scheme"] = proto
        host = _last(environ, "HTTP_X_FORWARDED_HOST")
        if host and not set(host) & set("/\\@?# \t"):
            environ["HTTP_HOST"] = host
        port = _last(environ, "HTTP_X_FORWARDED_PORT")
        if port.isascii() and port.isdigit():
            environ["SERVER_PORT"] = port


class Prefix:
    """Serves the application below *prefix*: SCRIPT_NAME is set from the site's settings, never by a client."""

    def __init__(self, app: App, prefix: str) -> None:
        self.app = app
        self.prefix = prefix

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request; an address outside the prefix leads to the site's first page."""
        path = environ.get("PATH_INFO", "")
        if path != self.prefix and not path.startswith(f"{self.prefix}/"):
            headers = [("Location", f"{self.prefix}/"), ("Content-Length", "0"), ("Cache-Control", "no-store")]
            start_response("302 Found", [*headers, ("Referrer-Policy", "same-origin")])
            return [b""]
        environ["SCRIPT_NAME"] = self.prefix
        environ["PATH_INFO"] = path[len(self.prefix) :] or "/"
        return self.app(environ, start_response)


def wrap(app: Any, proxies: Sequence[Network], prefix: str) -> TrustedProxy:
    """The Pyramid application *app* inside what this site needs."""
    inner = Prefix(app, prefix) if prefix else app
    outer = TrustedProxy(inner, proxies)
    outer.registry = app.registry
    return outer


def _last(environ: dict[str, Any], name: str) -> str:
    return str(environ.get(name, "")).rpartition(",")[2].strip()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
