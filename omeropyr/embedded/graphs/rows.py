"""Rows of the model by id and by what they point at, for sets of ids of any size."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, delete, select, update

from omeropyr.embedded.model import Kind, model
from omeropyr.embedded.schema import CLASS, EXTERNAL, GROUP, OWNER, schema

CHUNK = 5000
"""Ids in one statement; SQLite takes 32,766."""
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


def chunks(ids: Collection[int]) -> Iterator[Sequence[int]]:
    """The ids, as many at a time as one statement takes."""
    ordered = list(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


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
        found: list[tuple[int, int]] = []
        for part in chunks(ids):
            here = select(table.c.id, table.c[field]).where(table.c.id.in_(part), table.c[field].is_not(None))
            found += [(int(row[0]), int(row[1])) for row in self._connection.execute(here)]
        return found

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
        wanted = [table.c[column], table.c.id, *_details(table)]
        found: list[tuple[int, Row]] = []
        for part in chunks(ids):
            statement = select(*wanted).where(table.c[column].in_(part))
            if CLASS in table.c and kind.base is not None:
                statement = statement.where(table.c[CLASS].in_(kind.names))
            for row in self._connection.execute(statement).mappings():
                name = row[CLASS] if CLASS in table.c else kind.name
                found.append(
                    (int(row[column]), Row(name, int(row["id"]), row.get(OWNER), row.get(GROUP), row.get(REPO)))
                )
        return found

    # --- changes ---

    def delete(self, kind: Kind, ids: Collection[int]) -> None:
        """Delete rows by id."""
        table = schema().of(kind)
        for part in chunks(ids):
            self._connection.execute(delete(table).where(table.c.id.in_(part)))

    def assign(self, kind: Kind, ids: Collection[int], column: str, value: Any) -> None:
        """Set one column of rows by id."""
        table = schema().of(kind)
        if column not in table.c:
            return
        for part in chunks(ids):
            self._connection.execute(update(table).where(table.c.id.in_(part)).values({column: value}))


def _details(table: Table) -> list[Any]:
    return [table.c[name] for name in (CLASS, OWNER, GROUP, REPO) if name in table.c]
