"""Which routes a visitor without an account may read, declared by those who own them. PUBLIC.

A site with a public user (``omero.web.public.enabled``) shows OMERO's data to visitors who have not logged in. They
reach no route that has not been declared here: ``config.add_public_view("figure.index")``. The declaration only says
that the page is fit for it; whether a site has a public user, and which addresses it opens, the site decides.

This is not for pages without users' data, such as a log-in: those say ``permission=NO_PERMISSION_REQUIRED``.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.registry import Registry

from omeropyr.addons.contribute import contribute, contributions

SAFE = frozenset({"GET", "HEAD"})
METHODS = SAFE | {"POST", "PUT", "PATCH", "DELETE"}


@dataclass(frozen=True)
class PublicView:
    """A route that the public user may ask, by *methods*; *reason* says why one that is not GET changes nothing."""

    id: str
    title: str
    route: str
    methods: frozenset[str]
    reason: str
    order: int = 100


def includeme(config: Configurator) -> None:
    """Make the directive known."""
    config.add_directive("add_public_view", add_public_view)


def add_public_view(
    config: Configurator, route: str, *, methods: tuple[str, ...] = ("GET",), title: str = "", reason: str = ""
) -> None:
    """Declare that a public visitor may read *route*, one of the add-on's own.

    *methods* other than GET and HEAD need a *reason*: what they do although they look like a change, such as a query
    that is too long for an address. ``GET`` brings ``HEAD`` with it.
    """
    wanted = frozenset(methods) | (SAFE if "GET" in methods else frozenset())
    if not wanted or not wanted <= METHODS:
        raise ConfigurationError(f"add_public_view {route!r}: methods are of {', '.join(sorted(METHODS))}")
    if not wanted <= SAFE and not reason:
        raise ConfigurationError(f"add_public_view {route!r}: a reason is needed for methods other than GET")
    contribute(config, PublicView(route, title or route, route, wanted, reason))


def public_routes(registry: Registry) -> dict[str, PublicView]:
    """Every declared route by its name."""
    return {one.route: one for one in contributions(registry, PublicView)}
