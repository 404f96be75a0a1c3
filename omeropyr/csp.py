"""The security headers of every response, put in after the view and the add-on ran.

Scripts run only from the site itself or with the nonce of this very response (``request.csp_nonce``). An add-on may
widen the policy for its own pages: ``config.add_csp(img_src=["https://tiles.example.org"])``.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid.tweens import INGRESS

from omeropyr.addons.ownership import addon_of_request, current_addon

Handler = Callable[[Request], Response]
KEY = "omeropyr.csp"
PICTURES = "omeropyr.csp.pictures"

POLICY: dict[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:", "blob:"),
    "font-src": ("'self'",),
    "connect-src": ("'self'",),
    "worker-src": ("'self'", "blob:"),
    "frame-src": ("'self'",),
    "manifest-src": ("'self'",),
    "media-src": ("'self'",),
    "form-action": ("'self'",),
    "base-uri": ("'none'",),
    "frame-ancestors": ("'self'",),
}
WIDENABLE = ("script_src", "style_src", "img_src", "font_src", "connect_src", "worker_src", "frame_src", "media_src")
REFUSED = ("'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:")


def includeme(config: Configurator) -> None:
    """Register the nonce, the tween and the directive."""
    config.add_request_method(lambda _request: secrets.token_urlsafe(16), "csp_nonce", reify=True)
    config.add_tween("omeropyr.csp.headers_tween_factory", under=INGRESS)
    config.add_directive("add_csp", add_csp)
    config.registry[KEY] = {}


def add_csp(config: Configurator, **sources: Sequence[str]) -> None:
    """Allow more sources on the pages of the add-on that is being included; ``script_src=["https://..."]``."""
    addon = current_addon(config.registry) or "core"
    for name, values in sources.items():
        if name not in WIDENABLE:
            raise ValueError(f"add_csp: {name} is not one of {', '.join(WIDENABLE)}")
        loose = [value for value in values if value in REFUSED and name in ("script_src", "worker_src")]
        if loose:
            raise ValueError(f"add_csp: {name} may not allow {loose[0]}")
    widened = {name.replace("_", "-"): tuple(values) for name, values in sources.items()}
    intr = config.introspectable("omeropyr csp", addon, f"content security policy of {addon}", "csp")
    intr["sources"] = widened

    def register() -> None:
        config.registry[KEY][addon] = widened

    config.action(("omeropyr.csp", addon), register, introspectables=(intr,))


def allow_pictures(registry: Registry, origin: str) -> None:
    """Let every page show pictures of *origin*: those that the site's settings name."""
    registry.setdefault(PICTURES, []).append(origin)


def policy(registry: Registry, addon: str | None, nonce: str | None) -> str:
    """The header's text for a page of *addon*; *nonce* only where the response is a page."""
    more: dict[str, tuple[str, ...]] = registry[KEY].get(addon or "core", {})
    parts = []
    for name, sources in POLICY.items():
        words = [*sources, *more.get(name, ())]
        if name == "img-src":
            words += [origin for origin in registry.get(PICTURES, ()) if origin not in words]
        if name == "script-src" and nonce:
            words.append(f"'nonce-{nonce}'")
        parts.append(f"{name} {' '.join(words)}")
    return "; ".join(parts)


def headers_tween_factory(handler: Handler, registry: Registry) -> Handler:
    """The outermost tween: no response leaves without the core's headers."""

    def headers_tween(request: Request) -> Response:
        response = handler(request)
        set_headers(request, response, registry)
        return response

    return headers_tween


def set_headers(request: Request, response: Response, registry: Registry) -> None:
    """Set the security headers of *response*, over whatever the view set; a view's ``sandbox`` is kept."""
    headers: Any = response.headers
    page = response.content_type in ("text/html", "application/xhtml+xml")
    if "sandbox" not in headers.get("Content-Security-Policy", ""):
        nonce = request.csp_nonce if page else None
        headers["Content-Security-Policy"] = policy(registry, addon_of_request(request), nonce)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "SAMEORIGIN"
    headers["Referrer-Policy"] = "same-origin"
    if request.scheme == "https":
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if "Cache-Control" not in headers:
        binary = (response.content_type or "").startswith(("image/", "application/octet-stream"))
        headers["Cache-Control"] = "private" if binary else "no-store"
