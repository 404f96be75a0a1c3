"""What ``omero config set`` wrote: OMERO's ``config.xml``, or the output of ``omero config get``.

The file is read as data only: a document type, an entity or a reference to another file is refused.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

PROFILE = "omero.config.profile"
INTERNAL = "__ACTIVE__"
LARGEST = 10_000_000
_LINE = re.compile(r"([A-Za-z][A-Za-z0-9_.]*)=(.*)")
_MASK = re.compile(r"\*{3,}")


class ConfigError(Exception):
    """The file cannot be read; the message names it."""


def path_of(environ: Mapping[str, str]) -> Path | None:
    """``$OMERODIR/etc/grid/config.xml``, None where OMERODIR is not set or nothing was ever configured there."""
    folder = environ.get("OMERODIR")
    path = Path(folder) / "etc" / "grid" / "config.xml" if folder else None
    return path if path is not None and path.exists() else None


def read_file(path: Path, profile: str | None = None) -> dict[str, str]:
    """Every name and value in *path*, config.xml or the output of ``omero config get``. ConfigError if unreadable."""
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError(f"{path} is larger than {LARGEST} bytes")
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path} ({type(error).__name__})") from error
    return read_xml(text, path, profile) if text.lstrip("\ufeff \t\r\n").startswith("<") else read_lines(text, path)


def read_xml(text: str, path: Path, profile: str | None = None) -> dict[str, str]:
    """The properties of *profile* (by default the active one) in a config.xml."""
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, ValueError) as error:
        said = "it holds a document type or entities" if isinstance(error, DefusedXmlException) else str(error)
        raise ConfigError(f"{path} is no config.xml of OMERO ({said})") from error
    blocks = {block.get("id"): _properties(block) for block in root.iter("properties")}
    active = profile or os.environ.get("OMERO_CONFIG") or blocks.get(INTERNAL, {}).get(PROFILE, "default")
    return blocks.get(active, {})


def _properties(block: Element) -> dict[str, str]:
    return {each.get("name", ""): each.get("value", "") for each in block.iter("property")}


def read_lines(text: str, path: Path) -> dict[str, str]:
    """``name=value`` a line; a line without a name carries on the value before it."""
    found: dict[str, str] = {}
    name = None
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match:
            name, found[match[1]] = match[1], match[2]
        elif name is not None:
            found[name] += f"\n{line}"
        elif line.strip():
            raise ConfigError(f"{path} is neither a config.xml of OMERO nor the output of omero config get")
    return found


def web_settings(values: Mapping[str, str], flags: Iterable[str] = ()) -> dict[str, str]:
    """What of OMERO's *values* concerns the web, as an INI says it; *flags* are the names that are true or false.

    Without a server list, the server is the one that OMERO's own settings name.
    """
    found = {name: value for name, value in values.items() if name.startswith("omero.web.") and not hidden(value)}
    host = values.get("omero.master.host") or values.get("Ice.Default.Host")
    if host:
        found.setdefault("omero.web.server_list", json.dumps([[host, 4064, "omero"]]))
    for name in flags:
        if name in found:
            found[name] = {"t": "true", "1": "true", "f": "false", "0": "false"}.get(found[name].lower(), found[name])
    return found


def hidden(value: str) -> bool:
    """Is *value* the asterisks that ``omero config get`` shows for a password?"""
    return bool(_MASK.fullmatch(value.strip()))
