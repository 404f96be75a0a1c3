"""OMERO's configuration as lines of ``[app:main]``: ``omeropyr settings --from-omero FILE``."""

from __future__ import annotations

from collections.abc import Mapping

from omeropyr.settings.core import Core
from omeropyr.settings.declare import Declaration, convert, declarations
from omeropyr.settings.known import KNOWN
from omeropyr.settings.layers import flags, rename
from omeropyr.settings.omero_config import hidden, web_settings
from omeropyr.settings.web import Web


def ini_lines(values: Mapping[str, str]) -> list[str]:
    """A line for each web setting among OMERO's *values*, sorted; those that cannot be taken over are comments.

    A secret is not copied: its line says where to put it.
    """
    declared = {one.name: one for one in [*declarations(Core, "omeropyr."), *declarations(Web, "omero.web.")]}
    found, _ = rename(web_settings(values, flags()))
    lines = [_line(name, text, declared) for name, text in sorted(found.items())]
    masked = (name for name, text in sorted(values.items()) if name.startswith("omero.web.") and hidden(text))
    return lines + [f"# {name}: the value was hidden when it was written; set it by hand" for name in masked]


def _line(name: str, text: str, declared: Mapping[str, Declaration]) -> str:
    if name in KNOWN:
        return f"# {name}: no effect here, {KNOWN[name]}"
    one = declared.get(name)
    if one is None:
        return f"# {name}: unknown here"
    if one.secret:
        return f"# {name} = {one.example}  (a secret: put it into such a file, mode 0600)"
    try:
        convert(one, text)
    except ValueError as error:
        return f"# {name} = {escaped(text)}  ({error})"
    return f"{name} = {escaped(text)}".rstrip()


def escaped(text: str) -> str:
    """*text* as an INI file holds it: a percent sign doubled, further lines indented."""
    return "\n    ".join(line for line in text.replace("%", "%%").splitlines() if line.strip())
