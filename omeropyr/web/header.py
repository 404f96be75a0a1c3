"""What a site puts into the header of every page: a logo, an icon, links beside those of add-ons; and signs of life."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from pyramid.config import Configurator
from pyramid.request import Request

from omeropyr.addons.directives import NavItem
from omeropyr.csp import allow_pictures
from omeropyr.settings.parsers import Link
from omeropyr.settings.values import get_settings

#: OMERO.web's names of pages, and ours.
PAGES = {"webindex": "client.index", "webadmin_index": "admin.index", "myaccount": "admin.myaccount"}


@dataclass(frozen=True)
class Header:
    """What templates know as ``header``; addresses are ready to be used."""

    logo: str | None
    logo_link: str
    icon: str
    links: tuple[NavItem, ...]
    user_menu: bool
    ping_interval: int
    """Milliseconds between signs of life; 0 for none."""


def includeme(config: Configurator) -> None:
    """Let browsers load the site's pictures on every page, and make ``request.page_header`` known."""
    web = get_settings(config.registry).web
    for address in (web.top_logo, web.favicon_url):
        parts = urlsplit(address or "")
        if parts.scheme in ("http", "https") and parts.netloc:
            allow_pictures(config.registry, f"{parts.scheme}://{parts.netloc}")
    config.add_request_method(header, "page_header", reify=True)


def header(request: Request) -> Header:
    """The header of the page that *request* asks for."""
    web = request.settings.web
    return Header(
        logo=_address(request, web.top_logo),
        logo_link=_address(request, web.top_logo_link) or f"{request.script_name}/",
        icon=_address(request, web.favicon_url) or request.static_path("omeropyr:web/static/logo.svg"),
        links=tuple(_links(request, web.ui_top_links)),
        user_menu=web.user_dropdown,
        ping_interval=web.ping_interval,
    )


def _address(request: Request, text: str | None) -> str | None:
    """*text* where it is a whole address or path; otherwise it is a static file, as OMERO.web has it."""
    if not text:
        return None
    if text.startswith("/") or urlsplit(text).scheme:
        return text
    return f"{request.script_name}/static/{text}"


def _links(request: Request, wanted: tuple[Link, ...]) -> list[NavItem]:
    """The site's links that no add-on brings; a page that is not switched on has none."""
    brought = {item.url for item in request.nav}
    found = []
    for number, link in enumerate(wanted):
        url = _target(request, link)
        if url is None or url in brought:
            continue
        target = link.options.get("target")
        target = "_blank" if target == "new" else target
        found.append(NavItem(f"site.{number}", link.label, url, target, url == request.path))
    return found


def _target(request: Request, link: Link) -> str | None:
    parts = urlsplit(link.target)
    if parts.scheme in ("http", "https", "mailto") or link.target.startswith("/"):
        return link.target
    try:
        return str(request.route_path(PAGES.get(link.target, link.target)))
    except KeyError:
        return None
