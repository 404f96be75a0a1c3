"""A plate whose files' names say nothing to the server: a small JSON file beside them tells where each was taken.

It is a part of the Fileset, so that the server finds the same wells and fields whenever it opens the files::

    {"layout": 1, "plate": "Trial", "channels": ["DAPI", "GFP"], "sizes": [1, 2, 1],
     "fields": [{"row": 0, "column": 2, "field": 0, "planes": [[0, 0, 0, 0], [1, 0, 1, 0]]}]}

``sizes`` are Z, C, T; a plane is the number of its file in the Fileset, then z, c, t; rows, columns, fields and all
others count from 0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omeropyr.embedded.importer.patterns import FileGroup, Member
from omeropyr.embedded.importer.wells import MAX_COLUMNS, MAX_ROWS, PlateGroup, Position
from omeropyr.embedded.pixels.reader import MAX_PLANES, ReaderError

NAME = "layout.omeropyr.json"
_VERSION = 1
_MAX_BYTES = 64 * 2**20
_MAX_FIELD = 10_000


def write(path: Path, plate: PlateGroup) -> None:
    """Write the layout of *plate*, whose files will come in the order of its fields."""
    first = plate.fields[0][1]
    place = {name: number for number, name in enumerate(plate.names)}
    fields = [
        {
            "row": position.row,
            "column": position.column,
            "field": position.field,
            "planes": [[place[one.name], one.z, one.c, one.t] for one in made.members],
        }
        for position, made in plate.fields
    ]
    sizes = [first.size_z, first.size_c, first.size_t]
    said = {"layout": _VERSION, "plate": plate.name, "channels": list(first.channel_names), "sizes": sizes}
    path.write_text(json.dumps({**said, "fields": fields}), encoding="utf-8")


def split(paths: Sequence[Path]) -> tuple[Path | None, list[Path]]:
    """The layout among *paths*, if there is one, and the others."""
    found = [path for path in paths if path.name == NAME]
    return (found[0] if found else None), [path for path in paths if path.name != NAME]


def read(path: Path, names: Sequence[str]) -> PlateGroup:
    """The plate that a layout says the files of those *names* are. Raises :class:`ReaderError`."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ReaderError("the layout of the plate is too long")
        said = json.loads(path.read_bytes())
        if said["layout"] != _VERSION:
            raise ReaderError(f"a plate's layout of version {said['layout']} is not supported")
        fields = [(_position(one), _group(one, said, names)) for one in said["fields"]]
        plate = PlateGroup(str(said["plate"])[:255], tuple(sorted(fields, key=lambda one: one[0])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ReaderError(f"the layout of the plate is described wrongly: {type(error).__name__} {error}") from error
    if not fields or sorted(plate.names) != sorted(names):
        raise ReaderError("the layout of the plate does not name each of its files once")
    return plate


def _position(one: Mapping[str, Any]) -> Position:
    return Position(
        _number(one["row"], MAX_ROWS), _number(one["column"], MAX_COLUMNS), _number(one["field"], _MAX_FIELD)
    )


def _group(one: Mapping[str, Any], said: Mapping[str, Any], names: Sequence[str]) -> FileGroup:
    size_z, size_c, size_t = (_number(size, MAX_PLANES + 1) for size in said["sizes"])
    members = []
    for number, z, c, t in one["planes"]:
        place = {"z": _number(z, size_z), "c": _number(c, size_c), "t": _number(t, size_t)}
        members.append(Member(names[_number(number, len(names))], **place))
    if len({(member.z, member.c, member.t) for member in members}) != size_z * size_c * size_t or not members:
        raise ValueError("a field does not have all its planes")
    position = _position(one)
    title = f"{position.well} field {position.field + 1}"
    channels = tuple(str(name)[:255] for name in said["channels"])
    return FileGroup(title, tuple(members), size_z, size_c, size_t, channels if len(channels) == size_c else ())


def _number(value: Any, limit: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < limit:
        raise ValueError(f"{value!r} is not a number below {limit}")
    return value
