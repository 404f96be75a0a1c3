"""Links at the top, viewers and entries of Open with: what an add-on contributes to the pages of others. PUBLIC.

Every directive is a Pyramid action: the same id twice is refused with both files and lines, and each shows up in the
introspector under the category ``omeropyr <kind>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.registry import Registry
from pyramid.request import Request

from omeropyr.addons.contribute import contribute, contributions
from omeropyr.addons.ownership import addon_of_request
from omeropyr.settings.values import get_settings

__all__ = ["NavLink", "OpenWith", "Viewer", "contributions", "default_viewer"]


@dataclass(frozen=True)
class NavLink:
    """A link at the top of every page: to a *route* without parameters, or to a *url*."""

    id: str
    title: str
    route: str | None
    url: str | None
    target: str | None
    permission: str | None
    order: int


@dataclass(frozen=True)
class Viewer:
    """A page that opens one image: *route* takes the image's id as ``iid``."""

    id: str
    title: str
    route: str
    permission: str | None
    order: int


@dataclass(frozen=True)
class OpenWith:
    """An entry of the Open-with menu; *supports* has OMERO.web's words: ``image``, ``images``, ``dataset`` ..."""

    id: str
    title: str
    route: str
    supports: tuple[str, ...]
    script: str | None
    target: str
    permission: str | None
    order: int


class NavItem(NamedTuple):
    """A link of ``request.nav``, ready to be shown."""

    id: str
    title: str
    url: str
    target: str | None
    current: bool


def includeme(config: Configurator) -> None:
    """Make the directives and ``request.nav`` known; panels, overrides and public views have files of their own."""
    config.include("omeropyr.addons.panels")
    config.include("omeropyr.addons.overrides")
    config.include("omeropyr.addons.public")
    config.add_directive("add_nav_link", add_nav_link)
    config.add_directive("add_viewer", add_viewer)
    config.add_directive("add_open_with", add_open_with)
    config.add_request_method(nav, "nav", reify=True)


def add_nav_link(
    config: Configurator,
    id: str,
    title: str,
    route: str | None = None,
    url: str | None = None,
    target: str | None = None,
    permission: str | None = None,
    order: int = 100,
) -> None:
    """Put a link at the top of every page; shown to those who have *permission*, by *order*, then title."""
    if (route is None) == (url is None):
        raise ConfigurationError(f"add_nav_link {id!r}: give either route or url")
    contribute(config, NavLink(id, title, route, url, target, permission, order))


def add_viewer(
    config: Configurator,
    id: str,
    title: str,
    route: str,
    permission: str | None = None,
    order: int = 100,
) -> None:
    """Offer a viewer: ``omeropyr.viewer.default`` may name it; *route* takes ``iid``."""
    contribute(config, Viewer(id, title, route, permission, order))


def add_open_with(
    config: Configurator,
    id: str,
    title: str,
    route: str,
    supports: tuple[str, ...] = ("image",),
    script: str | None = None,
    target: str = "_blank",
    permission: str | None = None,
    order: int = 100,
) -> None:
    """Offer to open selected objects at *route*, which gets them as ``?image=1&image=2`` (OMERO.web's Open with)."""
    contribute(config, OpenWith(id, title, route, tuple(supports), script, target, permission, order))


def default_viewer(registry: Registry) -> Viewer | None:
    """The viewer that opens an image: the one the site names, else the first offered; None where none is on."""
    offered = contributions(registry, Viewer)
    wanted = get_settings(registry).core.viewer_default
    return next((viewer for viewer in offered if viewer.id == wanted), offered[0] if offered else None)


def nav(request: Request) -> list[NavItem]:
    """``request.nav``: the links at the top of the page that this user may follow."""
    items = []
    for link in contributions(request.registry, NavLink):
        # Any context will do; a request that failed early has none of its own.
        if link.permission is not None and not request.has_permission(link.permission, request):
            continue
        url = link.url if link.route is None else request.route_path(link.route)
        items.append(NavItem(link.id, link.title, url or "", link.target, _is_current(request, link, url or "")))
    return items


def _is_current(request: Request, link: NavLink, url: str) -> bool:
    """Whether this is the page that the link leads to, or one below it of the same add-on."""
    if url == request.path:
        return True
    below = url.endswith("/") and request.path.startswith(url)
    return below and link.id.partition(".")[0] == addon_of_request(request)
