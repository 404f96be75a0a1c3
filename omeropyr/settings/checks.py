"""What is wrong with settings that are each valid: names nothing declares, weak values, servers that disagree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from configparser import ConfigParser

from omeropyr.settings.core import Core
from omeropyr.settings.declare import Declaration, convert, did_you_mean
from omeropyr.settings.known import KNOWN
from omeropyr.settings.layers import Layers
from omeropyr.settings.web import Web

NAMESPACES = ("omeropyr.", "omero.", "addon.")


def undeclared(layers: Layers, declared: Iterable[str], off: set[str]) -> tuple[list[str], list[str]]:
    """(problems, notes) of the names nothing declares: misspelt, known but unread, of add-ons that are off.

    A strange name in OMERO's config.xml is only noted: other programs read that file, too.
    """
    names = set(declared)
    known = sorted(names | set(KNOWN))
    problems, notes = [], []
    for name in sorted(layers.raw):
        if name in names or not name.startswith(NAMESPACES):
            continue
        if name in KNOWN:
            notes.append(f"{name} is accepted but has no effect: {KNOWN[name]}")
        elif name.startswith("addon.") and name.split(".")[1] in off:
            notes.append(f"{name} is ignored: add-on {name.split('.')[1]} is off")
        elif name in layers.places:
            notes.append(f"{name} in {layers.places[name]} is ignored: unknown setting{did_you_mean(name, known)}")
        else:
            problems.append(f"{name}: unknown setting{did_you_mean(name, known)}")
    return problems, notes


def waiting(raw: Mapping[str, str], declared: Iterable[Declaration]) -> list[str]:
    """A line for each setting that differs from its default although nothing reads it yet."""
    return [
        f"{one.name} is accepted but has no effect yet: it is for {one.pending}"
        for one in declared
        if one.pending and one.name in raw and _differs(one, raw[one.name])
    ]


def _differs(one: Declaration, text: str) -> bool:
    try:
        return bool(convert(one, text) != one.default)
    except ValueError:
        return False


def weak(core: Core, web: Web) -> list[str]:
    """What a production site may not do; ``omeropyr.development = true`` allows it."""
    if core.development:
        return []
    unless = "must be true unless omeropyr.development is"
    found = []
    if core.embedded:
        found.append(
            "omeropyr.embedded: must be false unless omeropyr.development is true; "
            "run `omeropyr embedded` and name it in omero.web.server_list"
        )
    if not web.session_cookie_secure:
        found.append(f"omero.web.session_cookie_secure: {unless}, so that the session never travels in the clear")
    if not web.csrf_cookie_secure:
        found.append(f"omero.web.csrf_cookie_secure: {unless}, so that the token never travels in the clear")
    for folder in (core.state_dir, core.state_dir / "sessions"):
        if folder.is_dir() and folder.stat().st_mode & 0o077:
            found.append(f"omeropyr.state_dir: {folder} can be read by others; run: chmod 700 {folder}")
    return found


def two_servers(core: Core, layers: Layers) -> list[str]:
    """Where both an embedded server and others are asked for."""
    name = "omero.web.server_list"
    if not core.embedded or name not in layers.raw or name in layers.places:
        return []
    return [f"{name}: leave it out while omeropyr.embedded is true, which offers the embedded server"]


def listening(ini: str, host: str, port: int) -> list[str]:
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
