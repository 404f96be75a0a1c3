"""The index: one FTS5 table with a row for each object that has text, kept by triggers of the objects' tables.

An object's row holds its own text only. Whoever searches images follows the links from matching annotations and files
at that moment: so a tag on ten thousand images is one row, and nobody finds an image by an annotation that they may not
read. Triggers, not the code that saves, because then no way of writing can forget the index, and both are one
transaction.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import Connection

from omeropyr.embedded.model import model
from omeropyr.embedded.schema import schema

TEXT, TERMS = "server__text", "server__text_term"
COLUMNS = ("name", "description", "body", "ns", "path")

_PAIRS = "(SELECT group_concat(value, ' ') FROM json_tree({row}.mapValue) WHERE type = 'text')"
_CJK = re.compile("([\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])")

# For each class its number (never to be changed: it is part of the rows' ids) and the fields of each column.
DOCUMENTS: dict[str, tuple[int, dict[str, tuple[str, ...]]]] = {
    "Annotation": (
        1,
        {
            "name": ("name",),
            "description": ("description",),
            "body": ("textValue", "termValue", "longValue", "doubleValue", "mapValue"),
            "ns": ("ns",),
        },
    ),
    "Dataset": (2, {"name": ("name",), "description": ("description",)}),
    "Experimenter": (3, {"name": ("omeName", "firstName", "middleName", "lastName"), "description": ("institution",)}),
    "ExperimenterGroup": (4, {"name": ("name",), "description": ("description",)}),
    "FilesetEntry": (5, {"path": ("clientPath",)}),
    "Folder": (6, {"name": ("name",), "description": ("description",)}),
    "Image": (7, {"name": ("name",), "description": ("description",)}),
    "OriginalFile": (8, {"name": ("name",), "path": ("path",)}),
    "Plate": (9, {"name": ("name", "externalIdentifier"), "description": ("description",)}),
    "PlateAcquisition": (10, {"name": ("name",), "description": ("description",)}),
    "Project": (11, {"name": ("name",), "description": ("description",)}),
    "Reagent": (12, {"name": ("name", "reagentIdentifier"), "description": ("description",)}),
    "Roi": (13, {"name": ("name",), "description": ("description",)}),
    "Screen": (
        14,
        {"name": ("name", "reagentSetIdentifier"), "description": ("description", "protocolDescription")},
    ),
    "Shape": (15, {"body": ("textValue",)}),
    "Well": (16, {"name": ("externalIdentifier",), "description": ("externalDescription", "type", "status")}),
    "LogicalChannel": (17, {"name": ("name", "fluor")}),
}
NUMBERS = 64
"""A row's id is the object's id times this, plus the number of its class."""


def words(text: Any) -> Any:
    """Text as it is indexed and searched: one form of each character (``µ`` and ``μ``), CJK characters apart.

    Chinese and Japanese have no spaces; with each character a word of its own, a word of them is a phrase.
    """
    if not isinstance(text, str) or text.isascii():
        return text
    return _CJK.sub(r" \1 ", unicodedata.normalize("NFKC", text))


def create(connection: Connection) -> None:
    """Make the index and the triggers that keep it; the rows of objects that are there already come by `fill`."""
    execute = connection.exec_driver_sql
    execute(f"CREATE VIRTUAL TABLE {TEXT} USING fts5({', '.join(COLUMNS)}, tokenize='unicode61 remove_diacritics 2')")
    execute(f"CREATE VIRTUAL TABLE {TERMS} USING fts5vocab('{TEXT}', 'row')")
    for root in DOCUMENTS:
        table = _table(root)
        fields = ", ".join(_fields(root))
        add = _add(root, "new")
        remove = f"DELETE FROM {TEXT} WHERE rowid = {_rowid(root, 'old')};"  # noqa: S608 - names of the schema
        execute(f"CREATE TRIGGER t_{table}_text_insert AFTER INSERT ON {table} BEGIN {add}; END")
        execute(f"CREATE TRIGGER t_{table}_text_update AFTER UPDATE OF {fields} ON {table} BEGIN {remove} {add}; END")
        execute(f"CREATE TRIGGER t_{table}_text_delete AFTER DELETE ON {table} BEGIN {remove} END")


def fill(connection: Connection) -> None:
    """Index all objects anew."""
    connection.exec_driver_sql(f"DELETE FROM {TEXT}")  # noqa: S608 - a constant
    for root in DOCUMENTS:
        connection.exec_driver_sql(_add(root, "o", f" FROM {_table(root)} o"))


def refresh(connection: Connection, root: str, object_id: int) -> None:
    """Index one object anew."""
    if root in DOCUMENTS:
        number = object_id * NUMBERS + DOCUMENTS[root][0]
        connection.exec_driver_sql(f"DELETE FROM {TEXT} WHERE rowid = ?", (number,))  # noqa: S608 - a constant
        source = f" FROM (SELECT * FROM {_table(root)} WHERE id = ?) o"  # noqa: S608 - names of the schema
        connection.exec_driver_sql(_add(root, "o", source), (object_id,))


def _add(root: str, row: str, source: str = "") -> str:
    """The statement that indexes *row*, when it has any text."""
    columns = DOCUMENTS[root][1]
    values = ", ".join(f"words({_text(columns[name], row)})" for name in columns)
    filled = " OR ".join(f"{row}.{field} IS NOT NULL" for field in _fields(root))
    return (
        f"INSERT INTO {TEXT}(rowid, {', '.join(columns)}) SELECT {_rowid(root, row)}, {values}{source} WHERE {filled}"
    )


def _text(fields: tuple[str, ...], row: str) -> str:
    parts = [_PAIRS.format(row=row) if field == "mapValue" else f"{row}.{field}" for field in fields]
    return parts[0] if len(parts) == 1 else " || ' ' || ".join(f"coalesce({part}, '')" for part in parts)


def _rowid(root: str, row: str) -> str:
    return f"{row}.id * {NUMBERS} + {DOCUMENTS[root][0]}"


def _fields(root: str) -> list[str]:
    return [field for fields in DOCUMENTS[root][1].values() for field in fields]


def _table(root: str) -> str:
    return schema().of(model()[root]).name
