"""How a contribution is taken in: one place for its id, its clash, its introspectable and its order."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any, Protocol, TypeVar

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.registry import Registry

from omeropyr.addons.ownership import current_addon
from omeropyr.settings.declare import did_you_mean

KEY = "omeropyr.contributions"
CATEGORY = "omeropyr {}"


class Contribution(Protocol):
    """What every kind has: an *id* that begins with the add-on's name, a *title* for the eye, and a place."""

    @property
    def id(self) -> str:
        """``figure.index``."""

    @property
    def title(self) -> str:
        """What users read."""

    @property
    def order(self) -> int:
        """Small numbers come first."""


C = TypeVar("C", bound=Contribution)


def contribute(config: Configurator, one: Contribution) -> None:
    """Register *one* as a Pyramid action; the same kind and id twice is a clash."""
    own_id(config, one.id)
    kind = type(one)
    intr = config.introspectable(CATEGORY.format(kind.__name__), one.id, one.title, kind.__name__)
    intr["contribution"] = one
    intr["addon"] = current_addon(config.registry)

    def register() -> None:
        config.registry.setdefault(KEY, {}).setdefault(kind, {})[one.id] = one

    config.action(("omeropyr", kind.__name__, one.id), register, introspectables=(intr,))


def own_id(config: Configurator, id: str) -> None:
    """ConfigurationError where the add-on that is being included uses an *id* in another's name."""
    addon = current_addon(config.registry)
    if addon is not None and not id.startswith(f"{addon}."):
        raise ConfigurationError(f"add-on {addon!r}: the id {id!r} must begin with '{addon}.'")


def contributions(registry: Registry, kind: type[C]) -> list[C]:
    """What core and add-ons contribute of *kind*, by order, then title."""
    found: dict[str, C] = registry.get(KEY, {}).get(kind, {})
    return sorted(found.values(), key=lambda one: (one.order, one.title))


def unknown_routes(config: Configurator, broken: Container[str]) -> list[str]:
    """A line for each contribution that names a route which nobody adds; add-ons that are *broken* say so already."""
    said = [intr for action in config.action_state.actions for intr in action["introspectables"]]
    routes = [str(intr["name"]) for intr in said if intr.category_name == "routes"]
    return [line for intr in said if _checked(intr, broken) for line in _unknown(intr, routes)]


def _checked(intr: Any, broken: Container[str]) -> bool:
    return "contribution" in intr and intr["addon"] not in broken


def _unknown(intr: Any, routes: Iterable[str]) -> list[str]:
    one, known = intr["contribution"], sorted(routes)
    route = getattr(one, "route", None)
    if route is None or route in known:
        return []
    who = f"add-on {intr['addon']!r}: " if intr["addon"] else ""
    kind = type(one).__name__
    return [f"{who}{kind} {one.id!r} names the route {route!r}, which nobody adds{did_you_mean(route, known)}"]
