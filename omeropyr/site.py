"""All settings of a site, read together: core, ``omero.web.*`` and the add-ons that are on."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from configparser import ConfigParser
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pyramid.config import Configurator

from omeropyr.addons import Addon
from omeropyr.addons.loader import find_addons, installed
from omeropyr.settings.core import Core
from omeropyr.settings.declare import Reading, SettingsError, build, did_you_mean, read
from omeropyr.settings.known import KNOWN
from omeropyr.settings.values import KEY, Settings, get_settings
from omeropyr.settings.web import Web

log = logging.getLogger(__name__)

NAMESPACES = ("omeropyr.", "omero.", "addon.")


@dataclass(frozen=True)
class Site:
    """What ``main()`` starts with: settings, the add-ons that are on in their order, and *notes* for the log."""

    settings: Settings
    addons: tuple[Addon, ...]
    notes: tuple[str, ...]

    def register(self, config: Configurator) -> None:
        """Give the settings to the application that *config* makes, and the notes to its log."""
        config.registry[KEY] = self.settings
        config.add_request_method(lambda request: get_settings(request.registry), "settings", reify=True)
        for note in self.notes:
            log.info("setting without effect", extra={"note": note})


def read_site(raw: Mapping[str, str], ini: str | None = None) -> Site:
    """Read and check every setting and add-on of *raw*, a section of file *ini*; SettingsError lists all problems."""
    core_reading, web_reading = read(Core, "omeropyr.", raw), read(Web, "omero.web.", raw)
    addons, problems = find_addons(core_reading.values["addons"])
    readings = {addon.name: read(addon.settings, f"addon.{addon.name}.", raw) for addon in addons if addon.settings}
    every = [core_reading, web_reading, *readings.values()]
    off = set(installed()) - {addon.name for addon in addons}
    problems = [line for reading in every for line in reading.problems] + problems
    unknown, notes = _undeclared(raw, [name for reading in every for name in reading.names], off)
    core, core_problems = build(Core, core_reading)
    web, web_problems = build(Web, web_reading)
    values, addon_problems = _build_addons(addons, readings)
    problems += [*unknown, *core_problems, *web_problems, *addon_problems]
    if core is not None and web is not None:
        problems += _weak(core, web)
        problems += _server_problems(ini, web.application_server_host, web.application_server_port) if ini else []
    if problems or core is None or web is None:
        raise SettingsError(problems)
    return Site(Settings(core, web, MappingProxyType(values)), tuple(addons), tuple(notes))


def _build_addons(addons: Iterable[Addon], readings: Mapping[str, Reading]) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    problems: list[str] = []
    for addon in addons:
        if addon.settings is None:
            values[addon.name] = None
            continue
        value, more = build(addon.settings, readings[addon.name])
        values[addon.name] = value
        problems += more
    return values, problems


def _undeclared(raw: Iterable[str], declared: Iterable[str], off: set[str]) -> tuple[list[str], list[str]]:
    """(problems, notes) of the names nothing declares: misspelt, known but unread, of add-ons that are off."""
    names = set(declared)
    known = sorted(names | set(KNOWN))
    problems, notes = [], []
    for name in sorted(raw):
        if name in names or not name.startswith(NAMESPACES):
            continue
        if name in KNOWN:
            notes.append(f"{name} is accepted but has no effect: {KNOWN[name]}")
        elif name.startswith("addon.") and name.split(".")[1] in off:
            notes.append(f"{name} is ignored: add-on {name.split('.')[1]} is off")
        else:
            problems.append(f"{name}: unknown setting{did_you_mean(name, known)}")
    return problems, notes


def _weak(core: Core, web: Web) -> list[str]:
    """What a production site may not do; ``omeropyr.development = true`` allows it."""
    if core.development:
        return []
    unless = "must be true unless omeropyr.development is"
    found = []
    if not web.session_cookie_secure:
        found.append(f"omero.web.session_cookie_secure: {unless}, so that the session never travels in the clear")
    if not web.csrf_cookie_secure:
        found.append(f"omero.web.csrf_cookie_secure: {unless}, so that the token never travels in the clear")
    if core.state_dir.is_dir() and core.state_dir.stat().st_mode & 0o077:
        found.append(f"omeropyr.state_dir: {core.state_dir} can be read by others; run: chmod 700 {core.state_dir}")
    return found


def _server_problems(ini: str, host: str, port: int) -> list[str]:
    """Where ``[server:main]`` of *ini*, which ``pserve`` uses, disagrees with ``omero.web.application_server``."""
    parser = ConfigParser(interpolation=None)
    parser.read(ini, "utf-8")
    if not parser.has_section("server:main"):
        return []
    section = parser["server:main"]
    listen = section.get("listen", "").split()
    found_host, _, found_port = listen[0].rpartition(":") if listen else (section.get("host"), "", section.get("port"))
    problems = []
    if found_host and found_host != host:
        problems.append(
            f"[server:main] listens on {found_host}, omero.web.application_server.host is {host}; make them agree"
        )
    if found_port and found_port != str(port):
        problems.append(
            f"[server:main] listens on port {found_port}, omero.web.application_server.port is {port}; make them agree"
        )
    return problems
