"""One mapping from what a site says in its files, nearest first: the INI, then OMERO's config.xml, then defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from omeropyr.settings.declare import declarations
from omeropyr.settings.known import RENAMED
from omeropyr.settings.omero_config import ConfigError, read_file, web_settings
from omeropyr.settings.web import Web


@dataclass(frozen=True)
class Layers:
    """*raw*: name -> text under today's names. *places*: the file of each that does not stand in the INI."""

    raw: Mapping[str, str]
    places: Mapping[str, str]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def layer(ini: Mapping[str, str], config: Path | None) -> Layers:
    """Put *ini* over what file *config* (OMERO's config.xml) says about the web."""
    problems: list[str] = []
    below: dict[str, str] = {}
    if config is not None:
        try:
            below = web_settings(read_file(config), flags())
        except ConfigError as error:
            problems.append(f"OMERODIR: {error}")
    above, notes = rename(ini)
    below, more = rename(below)
    places = {name: str(config) for name in below if name not in above}
    return Layers({**below, **above}, places, tuple(problems), (*notes, *more))


def rename(raw: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """*raw* under today's names, and a line for each old one."""
    found = {name: value for name, value in raw.items() if name not in RENAMED}
    notes = []
    for old, new in RENAMED.items():
        if old not in raw:
            continue
        if new in raw:
            notes.append(f"{old} is ignored: {new}, its name today, is set as well")
        else:
            found[new] = raw[old]
            notes.append(f"{old} is called {new} today; please rename it")
    return found, notes


def flags() -> list[str]:
    """The names of ``omero.web.*`` that are true or false; OMERO writes them in more ways than an INI may."""
    return [one.name for one in declarations(Web, "omero.web.") if one.type is bool]
