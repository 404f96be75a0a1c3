"""New rows of one save, written together at its end: one statement for each class instead of one for each object."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text


class Rows:
    """Gives ids at once and writes later. The one writer may: nobody else takes an id meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._next: dict[str, int] = {}
        self._waiting: dict[str, tuple[Table, list[dict[str, Any]]]] = {}
        self._last: dict[tuple[str, str, int], int] = {}

    def add(self, table: Table, values: dict[str, Any]) -> int:
        """Note a row; return the id that it will have."""
        if table.name not in self._next:
            self._next[table.name] = self._highest(table) + 1
        object_id = self._next[table.name]
        self._next[table.name] += 1
        self._waiting.setdefault(table.name, (table, []))[1].append({**values, "id": object_id})
        return object_id

    def flush(self) -> None:
        """Write what waits."""
        for table, rows in self._waiting.values():
            empty = dict.fromkeys(table.c.keys())
            self._connection.execute(insert(table), [{**empty, **row} for row in rows])
        self._waiting.clear()
        self._next.clear()

    def next_place(self, table: Table, column: str, inverse: str, parent: int) -> int:
        """The place after the last in the ordered collection of *parent*, rows that wait included."""
        key = (table.name, column, parent)
        if key not in self._last:
            last = select(func.max(table.c[column])).where(table.c[inverse] == parent)
            found = self._connection.execute(last).scalar()
            self._last[key] = -1 if found is None else int(found)
        self._last[key] += 1
        return self._last[key]

    def placed(self, table: Table, column: str, parent: int, place: int) -> None:
        """Note that a row takes a *place*."""
        key = (table.name, column, parent)
        if key in self._last:
            self._last[key] = max(self._last[key], place)

    def _highest(self, table: Table) -> int:
        # Ids are never given twice, also of rows that are gone.
        given = self._connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :n"), {"n": table.name})
        there = self._connection.execute(select(func.max(table.c.id))).scalar()
        return max(int(given.scalar() or 0), int(-1 if there is None else there))
