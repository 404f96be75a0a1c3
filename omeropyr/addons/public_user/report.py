"""``omeropyr public-report``: what visitors without an account can reach, and what else the filter would match."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pyramid.paster import get_appsettings
from pyramid.registry import Registry
from pyramid.security import NO_PERMISSION_REQUIRED

from omeropyr import make_app
from omeropyr.addons.ownership import addon_of_route
from omeropyr.addons.public import public_routes
from omeropyr.addons.public_user.gate import Gate
from omeropyr.addons.public_user.visitors import make_gate
from omeropyr.cli import CommandError
from omeropyr.settings import SettingsError, get_settings
from omeropyr.settings.omero_config import path_of
from omeropyr.site import read_site

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_PART = re.compile(r"\{([^{}:]+)(?::((?:[^{}]|\{[^{}]*\})*))?\}|\*(\w+)")
# What a part of an address may be, for an example of it.
_SAMPLES = ("1", "0123456789ab", "x", "z", "Image")


@dataclass(frozen=True)
class Entry:
    """One method of one route; *path* is an example of its address, below the site's prefix."""

    method: str
    route: str
    path: str
    addon: str
    declared: bool
    matched: bool
    free: bool
    """Whether it needs no log-in on any site: pages of the log-in, static files, signs of life."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options beside ``--ini``."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Print the report; what the filter matches beside what is for the public is named, and stays closed."""
    if not Path(args.ini).is_file():
        raise CommandError(f"there is no {args.ini}; name the settings file by --ini FILE")
    settings = dict(get_appsettings(args.ini))
    try:
        site = read_site(settings, args.ini, path_of(os.environ))
        core = replace(site.settings.core, embedded=False)  # nothing is started for a report
        app = make_app(replace(site, settings=replace(site.settings, core=core)), settings)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    reached, more = report(app.registry)
    if args.json:
        found = {"reached": [entry.__dict__ for entry in reached], "overopened": [entry.__dict__ for entry in more]}
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(app.registry, reached, more)))
    return 0


def report(registry: Registry) -> tuple[list[Entry], list[Entry]]:
    """What visitors reach of the site's data, and what the filter matches although nobody declared it for them."""
    every = list(entries(registry))
    reached = [one for one in every if one.declared and one.matched and not one.free]
    more = [one for one in every if one.matched and not one.declared and not one.free]
    return reached, more


def entries(registry: Registry) -> Iterator[Entry]:
    """Every method of every route of the application."""
    gate = gate_of(registry)
    on = "public_user" in registry["omeropyr.addons"]
    for name, pattern, methods, free in _routes(registry):
        path = _PART.sub(_example, pattern)
        for method in methods:
            declared = name in gate.routes and method in gate.routes[name].methods
            matched = on and gate.enabled and gate.matches(path)
            yield Entry(method, name, path, addon_of_route(registry, name) or "core", declared, matched, free)


def gate_of(registry: Registry) -> Gate:
    """The gate as the site's settings make it."""
    return make_gate(get_settings(registry), public_routes(registry))


def _routes(registry: Registry) -> Iterator[tuple[str, str, list[str], bool]]:
    introspector = registry.introspector
    methods: dict[str, set[str]] = {}
    closed: set[str] = set()
    for view in (item["introspectable"] for item in introspector.get_category("views")):
        given, route = view["request_methods"], view["route_name"]
        named = set(METHODS) if given is None else {given} if isinstance(given, str) else set(given)
        methods.setdefault(route, set()).update(named | ({"HEAD"} if "GET" in named else set()))
        if _permission(introspector, view) != NO_PERMISSION_REQUIRED:
            closed.add(route)
    for route in (item["introspectable"] for item in introspector.get_category("routes")):
        name, pattern = route["name"], "/" + route["pattern"].lstrip("/")
        static = name.startswith(("static.", "__static/"))
        known = [method for method in METHODS if method in methods.get(name, set())]
        yield name, pattern, known, static or name not in closed


def _permission(introspector: Any, view: Any) -> Any:
    related = [one for one in introspector.related(view) if one.category_name == "permissions"]
    return related[0]["value"] if related else None


def _example(match: re.Match[str]) -> str:
    allowed = match[2] or ".*"
    return next((text for text in _SAMPLES if re.fullmatch(allowed, text)), "1")


def _lines(registry: Registry, reached: list[Entry], more: list[Entry]) -> Iterator[str]:
    web = get_settings(registry).web
    if "public_user" not in registry["omeropyr.addons"]:
        yield "The add-on public_user is off: visitors reach nothing of OMERO."
        return
    if not web.public_enabled:
        yield "omero.web.public.enabled is false: visitors reach nothing of OMERO."
        return
    yield f"Visitors see what the user {web.public_user!r} sees at {len(reached)} addresses:"
    yield from (f"  {one.method:5} {web.prefix}{one.path}  ({one.route})" for one in reached)
    if not reached:
        yield "  none. omero.web.public.url_filter matches no address that is for the public."
    if more:
        yield ""
        yield "omero.web.public.url_filter also matches these. They stay closed, because they are not for reading:"
        yield from (f"  {one.method:5} {web.prefix}{one.path}  ({one.route})" for one in more)
