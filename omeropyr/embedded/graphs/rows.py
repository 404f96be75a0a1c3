"""Rows of the model by id and by what they point at, for sets of ids of any size."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, null, select, update

from omeropyr.embedded.model import Kind, model
from omeropyr.embedded.schema import CLASS, EXTERNAL, GROUP, OWNER, schema

REPO = "repo"


class Row(NamedTuple):
    """What the graph commands need to know of an object; owner and group are null for what belongs to nobody."""

    kind: str
    id: int
    owner: int | None
    group: int | None
    repo: str | None = None
    """Of an OriginalFile: the repository that it is in, which says who guards it."""

    @property
    def root(self) -> str:
        """The class whose table the row is in."""
        return model()[self.kind].root.name


def among(column: Any, ids: Collection[int] | Collection[str]) -> ColumnElement[bool]:
    """Whether a column is one of *ids*: they go as one parameter, however many there are."""
    listed = func.json_each(json.dumps(list(ids))).table_valued("value")
    found: ColumnElement[bool] = column.in_(select(listed.c.value))
    return found


class Rows:
    """Reads and changes rows of one transaction, without asking who may."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_id(self, kind: Kind, ids: Collection[int]) -> list[Row]:
        """The objects of a class that there are among *ids*."""
        return [row for _, row in self._rows(kind, "id", ids)]

    def pointing(self, kind: Kind, field: str, ids: Collection[int]) -> list[tuple[int, Row]]:
        """Objects of a class whose *field* points at one of *ids*, each after that id."""
        return self._rows(kind, field, ids)

    def pointers(self, kind: Kind, field: str, ids: Collection[int]) -> list[tuple[int, int]]:
        """For objects of a class by id: their id and what *field* points at, where it points at anything."""
        table = schema().of(kind)
        if not ids:
            return []
        here = select(table.c.id, table.c[field]).where(among(table.c.id, ids), table.c[field].is_not(None))
        return [(row[0], row[1]) for row in self._connection.execute(here)]

    def external(self, kind: Kind, ids: Collection[int]) -> list[tuple[int, int]]:
        """The same for the ExternalInfo in their details."""
        return self.pointers(kind, EXTERNAL, ids) if EXTERNAL in schema().of(kind).c else []

    def namespace(self, annotation_id: int) -> str | None:
        """The namespace of an annotation."""
        table = schema().of(model()["Annotation"])
        found: str | None = self._connection.execute(select(table.c.ns).where(table.c.id == annotation_id)).scalar()
        return found

    def all_ids(self, kind: Kind) -> list[int]:
        """Every object of a class."""
        table = schema().of(kind)
        statement = select(table.c.id)
        if CLASS in table.c:
            statement = statement.where(table.c[CLASS].in_(kind.names))
        return list(self._connection.execute(statement).scalars())

    def _rows(self, kind: Kind, column: str, ids: Collection[int]) -> list[tuple[int, Row]]:
        table = schema().of(kind)
        if not ids:
            return []
        details = [table.c[name] if name in table.c else null() for name in (CLASS, OWNER, GROUP, REPO)]
        statement = select(table.c[column].label("at"), table.c.id, *details).where(among(table.c[column], ids))
        if CLASS in table.c and kind.base is not None:
            statement = statement.where(table.c[CLASS].in_(kind.names))
        name = kind.root.name
        return [
            (at, Row(known or name, row_id, owner, group, repo))
            for at, row_id, known, owner, group, repo in self._connection.execute(statement)
        ]

    # --- changes ---

    def delete(self, kind: Kind, ids: Collection[int]) -> None:
        """Delete rows by id."""
        table = schema().of(kind)
        self._connection.execute(delete(table).where(among(table.c.id, ids)))

    def assign(self, kind: Kind, ids: Collection[int], column: str, value: Any) -> None:
        """Set one column of rows by id."""
        table = schema().of(kind)
        if column not in table.c:
            return
        self._connection.execute(update(table).where(among(table.c.id, ids)).values({column: value}))
