"""The tables: one for each topmost class of the model, with the fields of all classes below it.

Single-table inheritance, because clients ask polymorphic questions (``Annotation``, ``Shape``) far more often than for
one subclass, and SQLite stores a null column in no space worth naming. Beside the model stand tables for passwords,
administrators' privileges and the server's own facts, which HQL cannot reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
)

from omeropyr.embedded.model import Field, FieldKind, Kind, model

SCHEMA_VERSION = 3
OWNER, GROUP, CREATED, UPDATED = "owner__id", "group__id", "creation__event", "update__event"
CLASS, PERMISSIONS, EXTERNAL = "class__", "perm1__", "external__info"

_TYPES: dict[str, Any] = {
    "rstring": Text,
    "rint": Integer,
    "rlong": BigInteger,
    "rtime": BigInteger,
    "rdouble": Float,
    "rfloat": Float,
    "rbool": Boolean,
    "bytes": LargeBinary,
}


def unit_column(name: str) -> str:
    """The column that holds the unit of a field with a unit."""
    return f"{name}__unit"


def order_column(inverse: str) -> str:
    """The column of a child that holds its place in the parent's ordered collection."""
    return f"{inverse}__index"


@dataclass(frozen=True)
class Schema:
    """All tables. ``of(kind)`` is the table in which the rows of a class are."""

    metadata: MetaData
    tables: dict[str, Table]
    passwords: Table
    facts: Table

    def of(self, kind: Kind) -> Table:
        """The table of a class."""
        return self.tables[kind.root.name]


@cache
def schema() -> Schema:
    """The schema, made once in a process; it holds no state."""
    metadata = MetaData()
    ordered = _ordered_inverses()
    tables = {root.name: _table(metadata, root, ordered.get(root.name, set())) for root in model().roots}
    passwords = Table(
        "server__password", metadata, Column("user_id", Integer, primary_key=True), Column("hash", Text, nullable=False)
    )
    facts = Table(
        "server__fact", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False)
    )
    return Schema(metadata, tables, passwords, facts)


def _ordered_inverses() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for kind in model():
        for field in kind.fields.values():
            if field.kind is FieldKind.COLLECTION and is_ordered(kind, field):
                found.setdefault(model()[field.type].root.name, set()).add(field.inverse)
    return found


def is_ordered(kind: Kind, field: Field) -> bool:
    """Whether a collection keeps its order; a user's memberships do: the first is the default group."""
    return field.ordered or (kind.name == "Experimenter" and field.name == "groupExperimenterMap")


def _table(metadata: MetaData, root: Kind, ordered: set[str]) -> Table:
    name = f"m_{root.name.lower()}"
    columns: list[Column[Any]] = [Column("id", Integer, primary_key=True)]
    if any(kind.versioned for kind in root.tree()):
        columns.append(Column("version", Integer, nullable=False, default=0))
    if root.polymorphic:
        columns.append(Column(CLASS, Text, nullable=False))
    indexes: list[str] = []
    if not root.is_global:
        columns += [Column(OWNER, Integer, nullable=False), Column(GROUP, Integer, nullable=False)]
        columns += [Column(CREATED, Integer), Column(UPDATED, Integer), Column(EXTERNAL, Integer)]
        indexes += [OWNER, GROUP]
    if root.name == "ExperimenterGroup":
        columns.append(Column(PERMISSIONS, Integer, nullable=False))
    for field in root.all_fields.values():
        columns += _columns(field)
        if field.kind is FieldKind.ENTITY or field.name == "name":  # pages of a long list are ordered by name
            indexes.append(field.name)
    columns += [Column(order_column(inverse), Integer) for inverse in sorted(ordered)]
    table = Table(name, metadata, *columns, sqlite_autoincrement=True)
    for column in indexes:
        Index(f"i_{name}_{column}", table.c[column])
    if "name" in indexes:  # the lists of clients do not mind case
        Index(f"i_{name}_lower_name", func.lower(table.c.name))
    return table


def _columns(field: Field) -> list[Column[Any]]:
    if field.kind is FieldKind.SCALAR:
        return [Column(field.name, _TYPES[field.type])]
    if field.kind is FieldKind.UNIT:
        return [Column(field.name, Float), Column(unit_column(field.name), Text)]
    if field.kind is FieldKind.ENTITY:
        return [Column(field.name, Integer)]
    if field.kind in (FieldKind.MAP, FieldKind.STRINGS):
        return [Column(field.name, JSON)]
    return []
