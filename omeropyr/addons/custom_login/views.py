"""The site's files, its colours, and the preview of its log-in page."""

from __future__ import annotations

from typing import Any, NamedTuple

from pyramid.renderers import get_renderer
from pyramid.request import Request
from pyramid.response import FileResponse, Response

from omeropyr.addons.custom_login.brand import COLOURS, Brand, make_brand
from omeropyr.addons.custom_login.words import WORDS
from omeropyr.errors import ObjectNotFound
from omeropyr.settings.parsers import Link
from omeropyr.web.login_views import Words, login_form

BRAND = "omeropyr.addons.custom_login"
IMMUTABLE = "public, max-age=31536000, immutable"
HARMLESS = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Shown(NamedTuple):
    """The brand as a template needs it: addresses instead of files."""

    title: str
    language: str
    words: Words
    welcome: str
    footer: tuple[Link, ...]
    colours: str
    logo: str | None
    logo_dark: str | None
    favicon: str | None


def brand_of(request: Request) -> Brand:
    """What the site has set; in development its files are read again for each page."""
    if request.settings.core.development:
        return make_brand(request.addon_settings("custom_login"))
    brand: Brand = request.registry[BRAND]
    return brand


def shown(request: Request) -> Shown:
    """The brand for a template."""
    brand = brand_of(request)
    address = {
        name: request.route_path("custom_login.file", name=name, version=brand.versions[name]) for name in brand.files
    }
    return Shown(
        title=brand.title,
        language=brand.language,
        words=WORDS[brand.language],
        welcome=brand.welcome,
        footer=brand.footer,
        colours=request.route_path("custom_login.colours", version=brand.versions[COLOURS]),
        logo=address.get("logo"),
        logo_dark=address.get("logo_dark"),
        favicon=address.get("favicon"),
    )


def show_file(request: Request) -> Response:
    """A picture of the site. A script in an SVG does not run, even when it is opened by itself."""
    brand, name = brand_of(request), request.matchdict["name"]
    if name not in brand.files:
        raise ObjectNotFound
    response = FileResponse(str(brand.files[name]), request=request)
    response.headers["Content-Security-Policy"] = HARMLESS
    return _kept(request, response, brand.versions[name])


def show_colours(request: Request) -> Response:
    """The style sheet with the site's colours."""
    brand = brand_of(request)
    response = Response(text=brand.colours, content_type="text/css", charset="utf-8")
    return _kept(request, response, brand.versions[COLOURS])


def show_preview(request: Request) -> dict[str, Any]:
    """The log-in page as it would be; its form does nothing."""
    return {
        **login_form(request, ""),
        "page": get_renderer("omeropyr.addons.custom_login:templates/login.pt").implementation(),
        "live": request.addon_settings("custom_login").live,
    }


def _kept(request: Request, response: Response, version: str) -> Response:
    """For ever where the address has the present *version*."""
    current = request.matchdict["version"] == version
    response.headers["Cache-Control"] = IMMUTABLE if current else "public, no-cache"
    return response
