"""Which add-on a route belongs to, known from who added it; None is the core."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from pyramid.registry import Registry
from pyramid.request import Request

INCLUDING = "omeropyr.including"
OWNERS = "omeropyr.route_owners"


@contextmanager
def including(registry: Registry, name: str) -> Iterator[None]:
    """While add-on *name* is included, :func:`current_addon` says so."""
    registry[INCLUDING] = name
    try:
        yield
    finally:
        del registry[INCLUDING]


def current_addon(registry: Registry) -> str | None:
    """The add-on that is being included now."""
    return cast("str | None", registry.get(INCLUDING))


def own_route(registry: Registry, route: str, addon: str) -> None:
    """Remember that *addon* added *route*."""
    registry.setdefault(OWNERS, {})[route] = addon


def addon_of_route(registry: Registry, route: str) -> str | None:
    """The add-on that added *route*."""
    return cast("str | None", registry.get(OWNERS, {}).get(route))


def addon_of_request(request: Request) -> str | None:
    """The add-on whose route matched *request*."""
    route = getattr(request, "matched_route", None)
    return addon_of_route(request.registry, route.name) if route is not None else None
