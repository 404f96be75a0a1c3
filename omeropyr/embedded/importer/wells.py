"""Plates told from file names: well, field, channel, focal plane and time point as screening microscopes write them.

Pure, like :mod:`patterns`: only names are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from omeropyr.embedded.importer.patterns import FileGroup, Member

MAX_ROWS, MAX_COLUMNS = 32, 48
"""A plate of 1,536 wells, the largest there is."""


@dataclass(frozen=True, order=True)
class Position:
    """Where an image was taken: row and column of the well from 0, number of the field from 0."""

    row: int
    column: int
    field: int

    @property
    def well(self) -> str:
        """The well as people call it: ``A1``, ``AF48``."""
        return f"{row_name(self.row)}{self.column + 1}"


@dataclass(frozen=True)
class Run:
    """A pass of the microscope over a plate (OMERO's PlateAcquisition); equal runs are one. Times in milliseconds."""

    number: int
    name: str | None = None
    description: str | None = None
    start: int | None = None
    end: int | None = None
    most_fields: int | None = None


@dataclass(frozen=True)
class PlateGroup:
    """The files of one plate: for each field of each well, row by row, the planes of its image."""

    name: str
    fields: tuple[tuple[Position, FileGroup], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names, in the order of the fields."""
        return tuple(name for _, made in self.fields for name in made.names)


# One pattern for each maker's names; ``plate`` is what all files of a plate share.
_MAKERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Cellomics ArrayScan: AS_09047_050428030001_O01f00d2
        r"^(?P<plate>.+?)_(?P<row>[A-P])(?P<column>\d\d)f(?P<field>\d\d)d(?P<c>\d{1,2})$",
        # Yokogawa CellVoyager: plate_A01_T0001F001L01A01Z01C01
        r"^(?P<plate>.+?)_(?P<row>[A-P])(?P<column>\d\d)"
        r"_T(?P<t>\d{4})F(?P<field>\d{3})L\d\dA\d\dZ(?P<z>\d\d)C(?P<c>\d\d)$",
        # Perkin Elmer Opera, Operetta: r02c05f03p01-ch1sk1fk1fl1
        r"^(?P<plate>)r(?P<row>\d\d)c(?P<column>\d\d)f(?P<field>\d\d+)p(?P<z>\d\d+)"
        r"-ch(?P<c>\d+)sk(?P<t>\d+)(?:fk\d+)?(?:fl\d+)?$",
        # GE InCell: A - 1(fld 1 wv DAPI - DAPI z 1 time 1)
        r"^(?P<plate>)(?P<row>[A-P]) - (?P<column>\d+)\(fld (?P<field>\d+)"
        r"(?: wv (?P<c>[^)]+?))?(?: z (?P<z>\d+))?(?: time (?P<t>\d+))?\)$",
        # Molecular Devices MetaXpress, ImageXpress: plate_A01_s1_w1, with a UUID behind
        r"^(?P<plate>.+?)_(?P<row>[A-P])(?P<column>\d\d)(?:_s(?P<field>\d+))?(?:_w(?P<c>\d+))?"
        r"(?:_z(?P<z>\d+))?(?:_t(?P<t>\d+))?(?:[0-9A-F]{8}-[-0-9A-F]{27})?$",
    )
)
_EXTENSIONS = frozenset((".tif", ".tiff", ".png", ".flex"))


@dataclass(frozen=True)
class _Named:
    name: str
    position: Position
    z: int
    c: int | str
    t: int


def row_name(row: int) -> str:
    """``A`` for 0, ``Z`` for 25, ``AA`` for 26."""
    return chr(65 + row) if row < 26 else chr(64 + row // 26) + chr(65 + row % 26)


def plates(names: Iterable[str]) -> tuple[list[PlateGroup], list[str]]:
    """The plates that *names* make up, and the names that are in none.

    A plate has two wells at least, and every field the same channels, focal planes and time points; a plate with a
    gap is none, and its files stand for themselves.
    """
    families: dict[tuple[str, ...], list[_Named]] = {}
    ordered = list(dict.fromkeys(names))
    for name in ordered:
        found = _parse(name)
        if found is not None:
            families.setdefault(found[0], []).append(found[1])
    made = [plate for key, family in families.items() if (plate := _assemble(key, family)) is not None]
    taken = {name for plate in made for name in plate.names}
    return made, [name for name in ordered if name not in taken]


def by_pattern(names: Iterable[str], pattern: re.Pattern[str]) -> tuple[list[PlateGroup], list[str]]:
    """The plates of the *names* that *pattern* finds something in, and the names in which it finds nothing.

    Its groups are ``row`` and ``column``, or ``well`` (``B07``), and if need be ``field``, ``c``, ``z``, ``t`` and
    ``plate``. A pattern with a ``/`` is looked for in the whole path, any other in the file's name.
    Raises :class:`ValueError` with a line for people when it does not fit.
    """
    groups = set(pattern.groupindex)
    if not (groups >= {"row", "column"} or "well" in groups) or groups - _GROUPS:
        raise ValueError("a pattern needs the named groups row and column, or well; it may have field, c, z, t, plate")
    families: dict[tuple[str, ...], list[_Named]] = {}
    rest = []
    for name in dict.fromkeys(names):
        path = PurePosixPath(name)
        match = pattern.search(str(path) if "/" in pattern.pattern else path.name)
        if match is None:
            rest.append(name)
            continue
        named = _named(name, match.groupdict())
        if named is None:
            raise ValueError(f"what the pattern finds in {path.name} is no well, field or plane")
        families.setdefault((match.groupdict().get("plate") or "",), []).append(named)
    made = []
    for (title,), family in families.items():
        folder = str(PurePosixPath(family[0].name).parent)
        plate = _assemble((folder, "", "", title), family, least=1)
        if plate is None:
            raise ValueError("the pattern finds fields with different channels, focal planes or time points")
        made.append(plate)
    return made, rest


_GROUPS = frozenset(("row", "column", "well", "field", "c", "z", "t", "plate"))
_WELL = re.compile(r"^(?P<row>[A-Za-z]{1,2})[-_ ]?(?P<column>\d{1,2})$")


def _named(name: str, parts: dict[str, str | None]) -> _Named | None:
    if (well := parts.get("well")) is not None:
        match = _WELL.match(well)
        parts = parts | match.groupdict() if match else parts
    row, column = _row(parts.get("row") or ""), parts.get("column") or ""
    numbers = {axis: parts.get(axis) or "0" for axis in ("field", "z", "t")}
    if not column.isdigit() or not all(value.isdigit() for value in numbers.values()):
        return None
    if not (0 <= row < MAX_ROWS and 1 <= int(column) <= MAX_COLUMNS):
        return None
    channel = parts.get("c") or "0"
    position = Position(row, int(column) - 1, int(numbers["field"]))
    c = int(channel) if channel.isdigit() else channel
    return _Named(name, position, int(numbers["z"]), c, int(numbers["t"]))


def _row(text: str) -> int:
    """The row's number from 0, of a number from 1 or of letters (``A``, ``AF``); -1 for anything else."""
    if text.isdigit():
        return int(text) - 1
    if not text.isascii() or not text.isalpha():
        return -1
    row = 0
    for letter in text.upper():
        row = row * 26 + ord(letter) - 64
    return row - 1


def _parse(name: str) -> tuple[tuple[str, ...], _Named] | None:
    path = PurePosixPath(name)
    if path.suffix.lower() not in _EXTENSIONS or path.stem.lower().endswith(".ome"):
        return None
    for number, maker in enumerate(_MAKERS):
        match = maker.match(path.stem)
        if match is None:
            continue
        parts = match.groupdict()
        row = int(parts["row"]) - 1 if parts["row"].isdigit() else ord(parts["row"].upper()) - 65
        column = int(parts["column"]) - 1
        if not (0 <= row < MAX_ROWS and 0 <= column < MAX_COLUMNS):
            continue
        channel = parts.get("c") or "0"
        position = Position(row, column, int(parts.get("field") or 0))
        z, t = int(parts.get("z") or 0), int(parts.get("t") or 0)
        named = _Named(name, position, z, int(channel) if channel.isdigit() else channel, t)
        return (str(path.parent), path.suffix.lower(), str(number), parts["plate"]), named
    return None


def _assemble(key: tuple[str, ...], family: Sequence[_Named], least: int = 2) -> PlateGroup | None:
    fields: dict[Position, list[_Named]] = {}
    for one in family:
        fields.setdefault(one.position, []).append(one)
    if len({(position.row, position.column) for position in fields}) < least:
        return None
    planes = {frozenset((one.t, one.c, one.z) for one in field) for field in fields.values()}
    count = len(next(iter(planes)))
    if len(planes) > 1 or any(len(field) != count for field in fields.values()):
        return None
    every = next(iter(planes))
    ts, zs = sorted({t for t, _, _ in every}), sorted({z for _, _, z in every})
    cs = sorted({c for _, c, _ in every}, key=lambda value: (isinstance(value, str), value))
    if count != len(ts) * len(cs) * len(zs):
        return None
    name = key[3] or PurePosixPath(key[0]).name or "Plate"
    labels = tuple(one if isinstance(one, str) else f"Channel {one}" for one in cs)
    first: dict[tuple[int, int], int] = {}
    for position in sorted(fields):
        first.setdefault((position.row, position.column), position.field)
    made = []
    for position in sorted(fields):
        members = sorted(
            (Member(one.name, z=zs.index(one.z), c=cs.index(one.c), t=ts.index(one.t)) for one in fields[position]),
            key=lambda member: (member.t, member.c, member.z),
        )
        placed = Position(position.row, position.column, position.field - first[position.row, position.column])
        title = f"{placed.well} field {placed.field + 1}"
        made.append(
            (placed, FileGroup(title, tuple(members), len(zs), len(cs), len(ts), labels if len(cs) > 1 else ()))
        )
    return PlateGroup(name, tuple(made))
