"""What an add-on contributes to the pages of others. PUBLIC.

Every directive is a Pyramid action: the same id twice is refused with both files and lines, and each shows up in the
introspector under the category ``omeropyr <kind>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.registry import Registry
from pyramid.request import Request

from omeropyr.addons.ownership import current_addon
from omeropyr.settings.values import get_settings

KEY = "omeropyr.contributions"


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


C = TypeVar("C", NavLink, Viewer, OpenWith)


def includeme(config: Configurator) -> None:
    """Make the directives and ``request.nav`` known."""
    config.registry[KEY] = {NavLink: {}, Viewer: {}, OpenWith: {}}
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
    _contribute(config, NavLink(id, title, route, url, target, permission, order))


def add_viewer(
    config: Configurator,
    id: str,
    title: str,
    route: str,
    permission: str | None = None,
    order: int = 100,
) -> None:
    """Offer a viewer: ``omeropyr.viewer.default`` may name it; *route* takes ``iid``."""
    _contribute(config, Viewer(id, title, route, permission, order))


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
    _contribute(config, OpenWith(id, title, route, tuple(supports), script, target, permission, order))


def contributions(registry: Registry, kind: type[C]) -> list[C]:
    """What the add-ons contribute of *kind*, by order, then title."""
    found: dict[str, C] = registry[KEY][kind]
    return sorted(found.values(), key=lambda one: (one.order, one.title))


def default_viewer(registry: Registry) -> Viewer | None:
    """The viewer that opens an image: the one the site names, else the first offered; None where none is on."""
    offered = contributions(registry, Viewer)
    wanted = get_settings(registry).core.viewer_default
    return next((viewer for viewer in offered if viewer.id == wanted), offered[0] if offered else None)


def nav(request: Request) -> list[NavItem]:
    """``request.nav``: the links at the top of the page that this user may follow."""
    items = []
    for link in contributions(request.registry, NavLink):
        if link.permission is not None and not request.has_permission(link.permission):
            continue
        url = link.url if link.route is None else request.route_path(link.route)
        items.append(NavItem(link.id, link.title, url or "", link.target, url == request.path))
    return items


def _contribute(config: Configurator, one: Any) -> None:
    kind = type(one)
    addon = current_addon(config.registry)
    if addon is not None and not one.id.startswith(f"{addon}."):
        raise ConfigurationError(f"add-on {addon!r}: the id {one.id!r} must begin with '{addon}.'")
    intr = config.introspectable(f"omeropyr {kind.__name__}", one.id, one.title, kind.__name__)
    intr["contribution"] = one

    def register() -> None:
        config.registry[KEY][kind][one.id] = one

    config.action(("omeropyr", kind.__name__, one.id), register, introspectables=(intr,))
