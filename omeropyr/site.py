"""All settings of a site, read together: core, ``omero.web.*`` and the add-ons that are on."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pyramid.config import Configurator

from omeropyr.addons import Addon
from omeropyr.addons.loader import find_addons, installed
from omeropyr.settings import checks
from omeropyr.settings.core import Core
from omeropyr.settings.declare import Reading, SettingsError, build, declarations, read
from omeropyr.settings.layers import layer
from omeropyr.settings.values import KEY, Settings, get_settings
from omeropyr.settings.web import Server, Web

log = logging.getLogger(__name__)
#: Where the registry keeps the embedded server that the site brings, or None.
CHILD = "omeropyr.child"


@dataclass(frozen=True)
class Site:
    """What ``main()`` starts with: settings, the add-ons that are on in their order, *notes* for the log.

    *child* is the embedded server this site brings, if it does.
    """

    settings: Settings
    addons: tuple[Addon, ...]
    notes: tuple[str, ...]
    child: Any = None

    def register(self, config: Configurator) -> None:
        """Give the settings to the application that *config* makes, and the notes to its log."""
        config.registry[KEY] = self.settings
        config.registry[CHILD] = self.child
        config.add_request_method(lambda request: get_settings(request.registry), "settings", reify=True)
        for note in self.notes:
            log.warning("%s", note)

    def with_server(self, server: Server, child: Any) -> Site:
        """The same site with *server*, which *child* is, as the one at log-in."""
        web = replace(self.settings.web, server_list=(server,))
        return replace(self, settings=replace(self.settings, web=web), child=child)


def read_site(raw: Mapping[str, str], ini: str | None = None, config: Path | None = None) -> Site:
    """Read and check every setting and add-on; SettingsError lists all problems.

    *raw* is the section ``[app:main]`` of file *ini*; below it lies *config*, OMERO's config.xml.
    """
    layers = layer(raw, config)
    core_reading = read(Core, "omeropyr.", layers.raw)
    web_reading = read(Web, "omero.web.", layers.raw, layers.places)
    addons, addon_problems = find_addons(core_reading.values["addons"])
    readings = {addon.name: read(addon.settings, f"addon.{addon.name}.", raw) for addon in addons if addon.settings}
    every = [core_reading, web_reading, *readings.values()]
    off = set(installed()) - {addon.name for addon in addons}
    unknown, notes = checks.undeclared(layers, [name for reading in every for name in reading.names], off)
    core, core_problems = build(Core, core_reading)
    web, web_problems = build(Web, web_reading)
    values, value_problems = _build_addons(addons, readings)
    problems = [*layers.problems, *(line for reading in every for line in reading.problems), *addon_problems]
    problems += [*unknown, *core_problems, *web_problems, *value_problems]
    if core is not None:
        problems += checks.two_servers(core, layers)
    if core is not None and web is not None:
        problems += checks.weak(core, web)
        problems += checks.listening(ini, web.application_server_host, web.application_server_port) if ini else []
    if problems or core is None or web is None:
        raise SettingsError(problems)
    notes = [*layers.notes, *notes, *checks.waiting(layers.raw, declarations(Web, "omero.web."))]
    if web.public_enabled and "public_user" not in {addon.name for addon in addons}:
        notes.append("omero.web.public.enabled is true, but the add-on public_user is off: visitors see nothing")
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
