"""Panels beside the data, pages of administration, and the page that the bare address leads to. PUBLIC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.registry import Registry
from pyramid.request import Request

from omeropyr.addons.contribute import contribute, contributions

PLACES = ("right", "center")
SUPPORTS = tuple(
    word
    for kind in ("project", "dataset", "image", "screen", "plate", "acquisition", "well", "tag")
    for word in (kind, f"{kind}s")
)


@dataclass(frozen=True)
class Panel:
    """A tab of the panel *where*: the page at *route*, which gets the selection as ``?image=1&image=2``."""

    id: str
    title: str
    route: str
    where: str
    supports: tuple[str, ...]
    permission: str | None
    order: int


@dataclass(frozen=True)
class AdminPage:
    """A page in the navigation of the administration."""

    id: str
    title: str
    route: str
    permission: str | None
    order: int


@dataclass(frozen=True)
class StartPage:
    """Where ``/`` leads, in place of the first link in the header."""

    id: str
    title: str
    route: str
    order: int


class PanelItem(NamedTuple):
    """A panel ready for a page, and for JSON."""

    id: str
    title: str
    url: str
    where: str
    supports: tuple[str, ...]


class AdminItem(NamedTuple):
    """A page of administration, ready to be linked to."""

    id: str
    title: str
    url: str
    current: bool


def includeme(config: Configurator) -> None:
    """Make the directives, ``request.panels`` and ``request.admin_pages`` known."""
    config.add_directive("add_panel", add_panel)
    config.add_directive("add_admin_page", add_admin_page)
    config.add_directive("add_start_page", add_start_page)
    config.add_request_method(panels, "panels", reify=True)
    config.add_request_method(admin_pages, "admin_pages", reify=True)


def add_panel(
    config: Configurator,
    id: str,
    title: str,
    route: str,
    where: str = "right",
    supports: tuple[str, ...] = ("image",),
    permission: str | None = None,
    order: int = 100,
) -> None:
    """Offer a tab beside the details (*where* ``right``) or the thumbnails (``center``), for what *supports* names.

    The words are those of Open with: ``image`` is exactly one, ``images`` one or more.
    """
    if where not in PLACES:
        raise ConfigurationError(f"add_panel {id!r}: where is 'right' or 'center', not {where!r}")
    odd = [word for word in supports if word not in SUPPORTS]
    if odd or not supports:
        raise ConfigurationError(f"add_panel {id!r}: supports has words of {', '.join(SUPPORTS)}, not {odd or 'none'}")
    contribute(config, Panel(id, title, route, where, tuple(supports), permission, order))


def add_admin_page(
    config: Configurator, id: str, title: str, route: str, permission: str | None = "admin", order: int = 100
) -> None:
    """Put a page into the navigation of the administration; its view must ask for the same *permission*."""
    contribute(config, AdminPage(id, title, route, permission, order))


def add_start_page(config: Configurator, id: str, title: str, route: str, order: int = 100) -> None:
    """Let ``/`` lead to *route*, which must be everybody's; a second start page is refused."""
    contribute(config, StartPage(id, title, route, order))
    config.action(("omeropyr", StartPage.__name__))


def panels(request: Request) -> list[PanelItem]:
    """``request.panels``: those that this user may see, right and centre, in their order."""
    return [
        PanelItem(one.id, one.title, request.route_path(one.route), one.where, one.supports)
        for one in contributions(request.registry, Panel)
        if _may(request, one.permission)
    ]


def admin_pages(request: Request) -> list[AdminItem]:
    """``request.admin_pages``: the add-ons' pages of administration that this user may see, in their order."""
    found = []
    for one in contributions(request.registry, AdminPage):
        if _may(request, one.permission):
            url = request.route_path(one.route)
            found.append(AdminItem(one.id, one.title, url, url == request.path))
    return found


def start_page(registry: Registry) -> StartPage | None:
    """Where ``/`` leads; None where no add-on says."""
    return next(iter(contributions(registry, StartPage)), None)


def _may(request: Request, permission: str | None) -> bool:
    return permission is None or bool(request.has_permission(permission, request))
