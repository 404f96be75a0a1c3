"""Writes the INI files and ``docs/settings.md`` from the declarations; a test compares them with the tree's.

``python -m omeropyr.settings.ini FOLDER`` writes all three. It imports every add-on that comes with omeropyr.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import textwrap
from importlib.metadata import entry_points
from pathlib import Path

from omeropyr.addons import GROUP, Addon
from omeropyr.settings.core import Core
from omeropyr.settings.declare import Declaration, convert, declarations
from omeropyr.settings.parsers import Pane
from omeropyr.settings.web import PARTS

ADDONS = "gateway client viewer admin api"
SET: dict[str, dict[str, str]] = {
    "development": {
        "omeropyr.state_dir": "%(here)s/var",
        "omeropyr.addons": ADDONS,
        "omeropyr.development": "true",
        "omeropyr.embedded": "true",
    },
    "production": {
        "omeropyr.state_dir": "/var/lib/omeropyr",
        "omeropyr.addons": ADDONS,
        "omero.web.allowed_hosts": '["omero.example.org", "localhost", "127.0.0.1", "[::1]"]',
        "omero.web.session_cookie_secure": "true",
        "omero.web.csrf_cookie_secure": "true",
    },
}
TITLES = {
    "development": "omeropyr on a developer's machine: omeropyr serve --ini development.ini",
    "production": "omeropyr for users, behind a web server that does https: omeropyr serve --ini production.ini",
}
FORMATTERS = {"development": "omeropyr.logs.ConsoleFormatter", "production": "omeropyr.logs.JsonFormatter"}
HEAD = """\
# {title}
# Every setting stands here. A line that begins with # shows the default (or, where there is none, an example).
# Generated from the declarations: python -m omeropyr.settings.ini .

[app:main]
use = egg:omeropyr
"""
TAIL = """
# Read by pserve only; omero.web.application_server.host and .port must say the same.
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = 4080
# Whom to believe is decided by omeropyr.trusted_proxies.
clear_untrusted_proxy_headers = false

[loggers]
keys = root, omeropyr

[handlers]
keys = console

[formatters]
keys = line

[logger_root]
level = WARNING
handlers = console

[logger_omeropyr]
level = INFO
handlers =
qualname = omeropyr

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = line

[formatter_line]
class = {formatter}
"""


def render(kind: str) -> str:
    """The text of ``development.ini`` or ``production.ini``."""
    parts = [HEAD.format(title=TITLES[kind]), _addons(SET[kind]["omeropyr.addons"].split())]
    for title, declared in sections():
        parts.append(f"\n# ---- {title}\n")
        parts += [_entry(one, SET[kind].get(one.name)) for one in declared]
    parts.append(TAIL.format(formatter=FORMATTERS[kind]))
    return "".join(parts)


def sections() -> list[tuple[str, list[Declaration]]]:
    """Every setting of the core and of the add-ons that come with it, under a title each."""
    found = [
        ("The core", declarations(Core, "omeropyr.")),
        *((f"{part.__doc__}, as OMERO.web calls them", declarations(part, "omero.web.")) for part in PARTS),
    ]
    for addon in shipped():
        if addon.settings is not None:
            found.append((f"Add-on {addon.name}", declarations(addon.settings, f"addon.{addon.name}.")))
    return found


def shipped() -> list[Addon]:
    """The add-ons that come with omeropyr, by name."""
    points = [point for point in entry_points(group=GROUP) if point.dist is not None and point.dist.name == "omeropyr"]
    return [point.load() for point in sorted(points, key=lambda point: point.name)]


def _addons(on: list[str]) -> str:
    """A line of comment for each add-on: what it does, and whether this file switches it on."""
    lines = ["\n# Add-ons that come with omeropyr; omeropyr.addons below names those that are on."]
    lines += [f"#   {'on ' if one.name in on else 'off'}  {one.name:14}{_what(one)}" for one in shipped()]
    return "\n".join(lines) + "\n"


def _what(addon: Addon) -> str:
    return f"{addon.title}; needs {', '.join(addon.requires)}" if addon.requires else addon.title


def text_of(one: Declaration) -> str:
    """The default of *one* as an INI writes it: what it is read back from; nothing where there is none."""
    value = one.default
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, re.Pattern):
        return str(value.pattern)
    if isinstance(value, tuple):
        rows = [dataclasses.asdict(each) if isinstance(each, Pane) else each for each in value]
        texts = (" ".join(str(each) for each in value), json.dumps(rows))
        return next(text for text in texts if _reads(one, text))
    return str(value)


def _reads(one: Declaration, text: str) -> bool:
    try:
        return bool(convert(one, text) == one.default)
    except ValueError:
        return False


def _entry(one: Declaration, value: str | None) -> str:
    words = one.doc + (" Required." if one.required else "")
    words += f" No effect yet: it is for {one.pending}." if one.pending else ""
    comment = textwrap.fill(words, 116, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
    if value is not None:
        return f"\n{comment}\n{one.name} = {value}\n"
    default = text_of(one)
    shown = one.example or default if default in ("", "[]") else default
    return f"\n{comment}\n# {one.name} = {shown}".rstrip() + "\n"


def main(folder: str) -> None:
    """Write all files into *folder*."""
    from omeropyr.settings.docs import page

    for kind in SET:
        (Path(folder) / f"{kind}.ini").write_text(render(kind), "utf-8")
    (Path(folder) / "docs" / "settings.md").write_text(page(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
