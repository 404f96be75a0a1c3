"""Every setting of a site with its value, its default, and where the value comes from; secrets stay hidden."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omeropyr.settings.declare import Declaration
from omeropyr.settings.ini import text_of

HIDDEN = "(hidden)"
NARROWEST, WIDEST = 72, 160


@dataclass(frozen=True)
class Row:
    """One setting. *value* is the text that counts, *source* its file or ``default``; ``required`` if missing."""

    name: str
    value: str
    default: str
    source: str
    help: str
    secret: bool
    effect: str

    def as_json(self) -> dict[str, Any]:
        """The row for programs."""
        return dict(vars(self))


def rows(declared: Iterable[Declaration], raw: Mapping[str, str], places: Mapping[str, str], ini: str) -> list[Row]:
    """A row for each of *declared*: *raw* holds what is set, *places* the file of each that is not *ini*."""
    found = []
    for one in declared:
        default = text_of(one)
        if one.name in raw:
            value, source = raw[one.name].strip(), places.get(one.name, ini)
        else:
            value, source = default, "required" if one.required else "default"
        if one.secret and value and not value.startswith(("file:", "env:")):
            value = HIDDEN
        effect = f"none yet: it is for {one.pending}" if one.pending else ""
        found.append(Row(one.name, value, default, source, one.doc, one.secret, effect))
    return found


def table(found: Sequence[Row], width: int | None = None) -> str:
    """*found* as text: name, value, default and source in columns, the help below."""
    width = width or min(WIDEST, max(NARROWEST, shutil.get_terminal_size((120, 24)).columns))
    names = max((len(row.name) for row in found), default=4)
    room = (width - names - 2) // 3
    lines = [_columns(("NAME", "VALUE", "DEFAULT", "FROM"), names, room)]
    for row in found:
        lines.append(_columns((row.name, row.value or "-", row.default or "-", row.source), names, room))
        words = row.help + (f" Effect: {row.effect}." if row.effect else "")
        lines.append(textwrap.fill(words, width, initial_indent="    ", subsequent_indent="    "))
    return "\n".join(lines)


def _columns(cells: tuple[str, str, str, str], names: int, room: int) -> str:
    name, value, default, source = cells
    cut = [text if len(text) < room else f"{text[: room - 3]}.." for text in (value, default)]
    return f"{name:{names}}  {cut[0]:{room}}{cut[1]:{room}}{source}".rstrip()
