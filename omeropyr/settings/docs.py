"""The text of ``docs/settings.md``; ``python -m omeropyr.settings.ini .`` writes it."""

from __future__ import annotations

from collections.abc import Iterable

from omeropyr.settings.declare import Declaration
from omeropyr.settings.ini import sections, text_of
from omeropyr.settings.known import KNOWN, RENAMED

HEAD = """\
# Settings

<!-- Generated from the declarations by `python -m omeropyr.settings.ini .`; a test compares. -->

Settings stand in the section `[app:main]` of an INI file. `development.ini` and `production.ini` show every one of
them, with its default behind a `#`. `omeropyr settings --ini FILE` lists them with their values and where each comes
from, `omeropyr addons --ini FILE` the add-ons.

* **All problems are told at once** when omeropyr starts, each with the name of the setting and what is expected. A name
  that nothing declares is refused, with the nearest that something does.
* **Secrets** are never shown. Write `file:/etc/omeropyr/session-secret` or `env:SESSION_SECRET`, and the value is read
  from there.
* **Paths** are absolute; `%(here)s` is the folder of the INI file. A `%` in a value is written `%%`.
* **OMERO's own configuration.** With `OMERODIR` set, what `omero config set` wrote into `etc/grid/config.xml` counts
  where the INI says nothing: `omero config set omero.web.prefix /omero` works as OMERO's documentation says.
  `omeropyr settings --from-omero FILE` prints that file, or the output of `omero config get`, as lines of an INI.
* **pserve** listens where `[server:main]` says, `omeropyr serve` where `omero.web.application_server.host` and `.port`
  say. Where the two differ neither starts.
* **A web server in front** is believed about the client when `omeropyr.trusted_proxies` holds its address, and the name
  that users type has to be in `omero.web.allowed_hosts`.
* **Production** refuses cookies that may travel in the clear, weak secrets, folders that others can read and the
  embedded server. `omeropyr.development = true` allows them on a developer's machine.
"""
TABLE = "\n| Setting | Default | What it is for |\n|---|---|---|\n"
RENAMES = """
## Other names

These are read, with a warning: they are called differently today.

| Before | Today |
|---|---|
"""
WITHOUT_EFFECT = """
## Without effect

These names of OMERO.web are accepted, so that a configuration can be carried over, and a warning says why they have no
effect.

| Setting | Why |
|---|---|
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, declared in sections():
        parts += [f"\n## {title}\n", TABLE, *_rows(declared)]
    parts += [RENAMES, *(f"| `{old}` | `{new}` |\n" for old, new in sorted(RENAMED.items()))]
    parts += [WITHOUT_EFFECT]
    for why in dict.fromkeys(KNOWN.values()):
        names = " ".join(f"`{name}`" for name in sorted(KNOWN) if KNOWN[name] == why)
        parts.append(f"| {names} | {_cell(why)} |\n")
    return "".join(parts)


def _rows(declared: Iterable[Declaration]) -> list[str]:
    found = []
    for one in declared:
        default = text_of(one)
        shown = "required" if one.required else f"`{_cell(default)}`" if default not in ("", "[]") else "-"
        words = one.doc
        if one.example and shown in ("-", "required"):
            words += f" Example: `{one.example}`."
        if one.secret:
            words += " A secret."
        if one.pending:
            words += f" *No effect yet: it is for {one.pending}.*"
        found.append(f"| `{one.name}` | {shown} | {_cell(words)} |\n")
    return found


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
