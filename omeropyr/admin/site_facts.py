"""What runs on this site: add-ons with versions, settings without secrets, and whether all is well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid.registry import Registry

from omeropyr.addons.command import Row, rows
from omeropyr.addons.include import KEY as ADDONS
from omeropyr.addons.loader import installed
from omeropyr.health import KEY as CHECKS
from omeropyr.health import passes
from omeropyr.settings import get_settings
from omeropyr.settings.declare import Declaration, declarations
from omeropyr.settings.listing import HIDDEN


@dataclass(frozen=True)
class Value:
    """A setting as it counts now; secrets are hidden, set or not."""

    name: str
    value: str
    default: bool
    help: str


def addon_rows(registry: Registry) -> list[Row]:
    """The add-ons of the site and those that are installed beside them."""
    active = registry[ADDONS]
    return rows(installed(), list(active.values()), list(active))


def settings_of(registry: Registry) -> dict[str, list[Value]]:
    """Settings by part: the core's, OMERO.web's, and those of each add-on that has some."""
    settings = get_settings(registry)
    parts: dict[str, tuple[str, Any]] = {
        "omeropyr": ("omeropyr.", settings.core),
        "omero.web": ("omero.web.", settings.web),
    }
    for name, values in settings.addons.items():
        if values is not None:
            parts[name] = (f"addon.{name}.", values)
    return {
        part: [_value(one, values) for one in declarations(type(values), prefix)]
        for part, (prefix, values) in parts.items()
    }


def health_of(registry: Registry) -> dict[str, bool]:
    """Whether each health check passes."""
    return {name: passes(name, check) for name, check in sorted(registry[CHECKS].items())}


def _value(one: Declaration, values: Any) -> Value:
    value = getattr(values, one.field)
    shown = "" if value is None else str(value)
    if one.secret:
        shown = HIDDEN if shown else ""
    return Value(one.name, shown, not one.required and value == one.default, one.doc)
