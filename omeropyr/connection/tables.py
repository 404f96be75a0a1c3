"""OMERO.tables: columns, rows and facts of a table, read in pieces that fit in memory; closed in any case."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import omero
import omero.all
import omero.grid
from omero.rtypes import unwrap

from omeropyr.connection.held import Held
from omeropyr.connection.query import context, rows
from omeropyr.connection.table_conditions import condition
from omeropyr.errors import InvalidInput, ObjectNotFound, TooLarge

CELLS_AT_ONCE = 200_000
ALL_GROUPS = -1
_NOT_A_TABLE = (omero.ValidationException, omero.ApiUsageException, omero.InternalException, omero.ResourceError)
_MASK = ("imageId", "theZ", "theT", "x", "y", "w", "h")

Places = range | list[int]
"""Numbers of rows: all between two, or some."""


@dataclass(frozen=True)
class Wanted:
    """Which rows and columns: a query (``*``: all), names (none: all), and a part of the rows that are found."""

    query: str = "*"
    columns: tuple[str, ...] = ()
    offset: int = 0
    limit: int | None = None


class Table:
    """An open table: its columns as OMERO's objects, and how many rows it has. Two Ice calls."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self.headers: list[Any] = list(handle.getHeaders())
        self.count = int(handle.getNumberOfRows())

    def close(self) -> None:
        """Let OMERO close it."""
        self._handle.close()

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [header.name for header in self.headers]

    def places(self, names: Sequence[str]) -> list[int]:
        """Where columns are, in the order asked for; all where none is named. InvalidInput where none is there."""
        known = {name: place for place, name in reversed(list(enumerate(self.names)))}
        found = [known[name] for name in names if name in known]
        if names and not found:
            raise InvalidInput(f"this table has no column {names[0][:100]}; it has {', '.join(self.names[:20])}")
        return found or list(range(len(self.headers)))

    def hits(self, query: str, start: int = 0, stop: int | None = None) -> Places:
        """The rows from *start* to *stop* for which *query* holds. InvalidInput where it is no query for this table."""
        stop = self.count if stop is None else min(stop, self.count)
        wanted = condition(query, self.names)
        if wanted is None:
            return range(min(start, stop), stop)
        if start >= stop:
            return []
        try:
            return list(self._handle.getWhereList(wanted, None, start, stop, 1))
        except (omero.ApiUsageException, omero.ValidationException, omero.InternalException):
            raise InvalidInput(
                "OMERO cannot use this query for this table: texts are compared with texts, numbers with numbers"
            ) from None

    def rows(self, places: Sequence[int], hits: Places) -> Iterator[list[list[Any]]]:
        """The cells of some columns, ready for JSON, row by row, in batches."""
        step = max(1, CELLS_AT_ONCE // max(1, len(places)))
        for first in range(0, len(hits), step):
            columns = [values(column) for column in self.read(places, hits[first : first + step])]
            yield [list(row) for row in zip(*columns, strict=True)]

    def read(self, places: Sequence[int], hits: Places) -> list[Any]:
        """Columns with the values of some rows. One Ice call."""
        if not len(hits):
            return [self.headers[place] for place in places]
        if isinstance(hits, range) or (len(hits) == hits[-1] - hits[0] + 1 == len(set(hits)) and hits == sorted(hits)):
            return list(self._handle.read(list(places), hits[0], hits[-1] + 1).columns)
        return list(self._handle.slice(list(places), hits).columns)

    def facts(self) -> dict[str, Any]:
        """What its makers wrote about it; texts that are JSON are read. One Ice call."""
        known = {name: unwrap(value) for name, value in self._handle.getAllMetadata().items()}
        return {name: _decoded(value) for name, value in known.items() if not name.startswith("__")}


def open_table(conn: Any, file_id: int) -> Table:
    """The table in a file, to be closed by the caller. ObjectNotFound where there is no such file or it is none."""
    if not rows(conn, "select f.id from OriginalFile f where f.id = :id", id=file_id):
        raise ObjectNotFound(f"There is no file {file_id}, or you may not see it.")
    none = ObjectNotFound(f"File {file_id} is no table, or OMERO cannot open it.")
    file = omero.model.OriginalFileI(file_id, False)
    try:
        handle = conn.factory.sharedResources().openTable(file, context(conn, ALL_GROUPS))
    except _NOT_A_TABLE:
        raise none from None
    if not handle:
        raise none
    try:
        return Table(handle)
    except BaseException as error:
        if isinstance(error, omero.ServerError):
            handle.close()
        if isinstance(error, _NOT_A_TABLE):
            raise none from None
        raise


@contextmanager
def opened_table(conn: Any, file_id: int) -> Iterator[Table]:
    """The table in a file, closed afterwards."""
    table = open_table(conn, file_id)
    try:
        yield table
    finally:
        table.close()


def values(column: Any) -> list[Any]:
    """The cells of a column, ready for JSON, which knows no NaN and no infinity: null."""
    if isinstance(column, omero.grid.MaskColumn):
        parts = [getattr(column, name) or () for name in _MASK]
        return [dict(zip(_MASK, map(_cell, row), strict=True)) for row in zip(*parts, strict=False)]
    found = column.values
    return [] if found is None else [_cell(value) for value in found]


def kind(column: Any) -> str:
    """What OMERO calls the type of a column: ``LongColumn``."""
    return type(column).__name__


def found_rows(table: Table, wanted: Wanted, most: int) -> tuple[list[int], Places, dict[str, int | None]]:
    """Columns, rows, and OMERO.web's facts about them. TooLarge for more rows than *most*. At most one Ice call."""
    places = table.places(wanted.columns)
    hits = table.hits(wanted.query)
    total = len(hits)
    stop = total if wanted.limit is None else wanted.offset + wanted.limit
    hits = hits[wanted.offset : stop]
    if len(hits) > most:
        raise TooLarge(f"These are {len(hits):,} rows; one request may ask for {most:,}. Use offset and limit.")
    meta = {"rowCount": table.count, "totalCount": total, "limit": wanted.limit, "offset": wanted.offset}
    return places, hits, meta


def query_table(table: Table, wanted: Wanted, most: int) -> dict[str, Any]:
    """Rows as OMERO.web's programs know them: ``data`` with columns and rows, ``meta`` with their numbers."""
    places, hits, meta = found_rows(table, wanted, most)
    data = {
        "column_types": [kind(table.headers[place]) for place in places],
        "columns": [table.headers[place].name for place in places],
        "rows": [row for batch in table.rows(places, hits) for row in batch],
    }
    return {"data": data, "meta": meta}


def csv_chunks(held: Held, file_id: int, places: Sequence[int], hits: Places, *, header: bool) -> Iterator[bytes]:
    """Rows as CSV (RFC 4180 but for the line ends, UTF-8); *held* opens tables by ``open_table``."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    if header:
        writer.writerow([held.get(file_id).headers[place].name for place in places])
    step = max(1, CELLS_AT_ONCE // max(1, len(places)))
    for first in range(0, len(hits), step):
        # It may be another connection's by now, where the client let it wait.
        columns = [_texts(column) for column in held.get(file_id).read(places, hits[first : first + step])]
        writer.writerows(zip(*columns, strict=True))
        yield lines.getvalue().encode()
        lines.seek(0)
        lines.truncate()
    if not len(hits):
        yield lines.getvalue().encode()


def _texts(column: Any) -> list[Any]:
    if isinstance(column, omero.grid.MaskColumn):
        return [json.dumps(cell) for cell in values(column)]
    found = [] if column.values is None else column.values
    return [cell if isinstance(cell, str | float | int) else json.dumps(_cell(cell)) for cell in found]


def describe(table: Table) -> dict[str, Any]:
    """Columns, number of rows and what its makers wrote about a table."""
    columns = [{"name": one.name, "description": one.description, "type": kind(one)} for one in table.headers]
    return {"columns": columns, "totalCount": table.count, "user_metadata": table.facts()}


def where_list(table: Table, query: str, start: int, most_cells: int) -> dict[str, Any]:
    """Numbers of the rows for which *query* holds, of at most as many rows from *start* as there may be cells."""
    end = min(table.count, start + most_cells)
    found = list(table.hits(query, start, end))
    meta = {
        "partialCount": len(found),
        "rowCount": table.count,
        "columnCount": len(table.headers),
        "start": start,
        "end": end,
        "maxCells": most_cells,
    }
    return {"rows": found, "meta": meta}


def table_slice(table: Table, rows_text: str, columns_text: str, most_cells: int) -> dict[str, Any]:
    """The cells of numbered rows and columns (``1,2,5-10``), column by column. InvalidInput, TooLarge."""
    columns = numbers(columns_text, "columns", len(table.headers), most_cells)
    picked = numbers(rows_text, "rows", table.count, most_cells // len(columns))
    meta = {
        "columns": [table.headers[place].name for place in columns],
        "rowCount": table.count,
        "columnCount": len(table.headers),
        "maxCells": most_cells,
    }
    return {"columns": [values(column) for column in table.read(columns, picked)], "meta": meta}


def numbers(text: str, what: str, count: int, most: int) -> list[int]:
    """The numbers in ``1,2,5-10``, each below *count*, at most *most*. InvalidInput, TooLarge."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not _is_number(first) or (dash and not _is_number(last)):
            raise InvalidInput(f"{what} must be numbers and ranges, such as 1,2,5-10")
        start, stop = int(first), int(last or first)
        if stop < start or stop >= count:
            raise InvalidInput(f"{what} must be from 0 to {count - 1}, the smaller number of a range first")
        if len(found) + stop - start + 1 > most:
            raise TooLarge(f"This is more than one request may ask for: at most {most:,} {what} of this table.")
        found.extend(range(start, stop + 1))
    return found


def id_bits(table: Table, query: str, column: str, largest: int) -> bytes:
    """A bit for each value of a column that occurs, from the highest bit of the first byte; one zero byte for none.

    The first column where there is none of the name. InvalidInput for one without whole numbers, or larger ones.
    """
    place = table.names.index(column) if column in table.names else 0
    bits = bytearray(1)
    for batch in table.rows([place], table.hits(query)):
        for (value,) in batch:
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= largest:
                raise InvalidInput(f"column {table.names[place]} has values that are no numbers from 0 to {largest}")
            if value >> 3 >= len(bits):
                bits.extend(bytes((value >> 3) + 1 - len(bits)))
            bits[value >> 3] |= 0x80 >> (value & 7)
    return bytes(bits)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_cell(one) for one in value]
    return value


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return _cell(value)
    try:
        return json.loads(value, parse_constant=lambda _name: None)
    except (ValueError, RecursionError):
        return value
