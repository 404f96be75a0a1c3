"""Every address of an application, read from its registry: what walks over these needs no change for a new route."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

SAFE = ("GET", "HEAD")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# What needs no log-in. Whoever adds a public route has to name it here: the tests take no other's word for it.
PUBLIC = frozenset(
    (
        *("api.versions", "api.base", "api.token", "api.servers", "api.login", "api.openapi"),
        *("gateway.index", "gateway.open_with"),
        "start",
        "favicon",
        "keepalive",
        "login",
        "logout",
        "lost_password",
        "health.live",
        "health.ready",
    )
)
_PART = re.compile(r"\{([^{}:]+)(?::((?:[^{}]|\{[^{}]*\})*))?\}|\*(\w+)")
_SAMPLES = ("1", "0123456789ab", "x", "z")


@dataclass(frozen=True)
class Place:
    """A route: *methods* are those that its views name, none where one of them takes all."""

    name: str
    pattern: str
    methods: frozenset[str]

    @property
    def public(self) -> bool:
        """Whether nobody needs to be logged in."""
        return self.name in PUBLIC or self.static

    @property
    def static(self) -> bool:
        """Files that are the same for all."""
        return self.name.startswith(("static.", "__static/"))

    @property
    def api(self) -> bool:
        """Whether programs are asked to log in by 403 whatever they accept."""
        return self.pattern.startswith(("/api/", "/webclient/api/"))

    def answers(self, method: str) -> bool:
        """Whether a view takes *method*."""
        return not self.methods or method in self.methods

    def address(self, values: Mapping[str, object] | None = None, hostile: str | None = None) -> str:
        """An address of the route, with *values* in its parts, or *hostile* in all of them where it may stand."""

        def fill(match: re.Match[str]) -> str:
            name, allowed = match[1] or match[3], match[2] or ".*"
            samples = [str((values or {}).get(name, "")), *_SAMPLES]
            if hostile is not None:
                samples.insert(0, hostile)
            return quote(next(text for text in samples if text and re.fullmatch(allowed, text)), safe="")

        return _PART.sub(fill, self.pattern)


def places(app: Any) -> list[Place]:
    """All routes of the application."""
    introspector = app.registry.introspector
    methods: dict[str, set[str] | None] = {}
    for view in (item["introspectable"] for item in introspector.get_category("views")):
        given = view["request_methods"]
        known = methods.setdefault(view["route_name"], set())
        if given is None:
            methods[view["route_name"]] = None
        elif known is not None:
            known.update([given] if isinstance(given, str) else given)
    found = []
    for route in (item["introspectable"] for item in introspector.get_category("routes")):
        named = methods.get(route["name"]) or set()
        named |= {"HEAD"} if "GET" in named else set()
        found.append(Place(route["name"], "/" + route["pattern"].lstrip("/"), frozenset(named)))
    return found


def named(found: Iterable[Place]) -> list[str]:
    """For messages."""
    return [place.name for place in found]
