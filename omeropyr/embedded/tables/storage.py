"""One table in one SQLite file: columns in chunks of up to 65,536 rows, each chunk the bytes of a numpy array.

Every change is one transaction with a rollback journal: after ``kill -9`` the file is as it was before or after it.
Chunks of small appends are merged like a binary counter, so that n rows added one by one are copied log n times.

A file may have been uploaded by anybody: nothing in it is executed (its schema has to be ours word for word), sizes are
checked before memory is taken, and what does not fit is a ValidationException.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import omero
import omero.all

from omeropyr.embedded.tables.columns import Array, Column, Part, stored_column

CHUNK_ROWS = 65_536
CHUNK_BYTES = 2**22
"""Rows and, for wide cells, bytes of one part of a column that a chunk has at most."""
MOST_COLUMNS = 4096
_HEAD = b"SQLite format 3\0"
_SCHEMA = (
    "CREATE TABLE fact (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE columns (place INTEGER PRIMARY KEY, name TEXT, type TEXT, description TEXT, size INTEGER)",
    "CREATE TABLE chunk (start INTEGER PRIMARY KEY, rows INTEGER NOT NULL)",
    "CREATE TABLE part (start INTEGER, place INTEGER, number INTEGER, data BLOB, PRIMARY KEY (start, place, number))",
)
_TEXT, _MANY = "|S", "|O"

Chunk = tuple[int, int]
Rows = Sequence[Sequence[Array]]
"""For each column the arrays of its parts."""


class TableFile:
    """Opens the table at *path*, or makes it. Thread-safe. ValidationException when the file is something else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not _is_sqlite(path):
            raise omero.ValidationException(None, None, "The file is not a table of this server.")
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._columns: tuple[Column, ...] = ()
        self._chunks: list[Chunk] = []
        try:
            with self._guarded():
                self._prepare()
                self._load()
        except BaseException:
            self._connection.close()
            raise
        stored = self.facts().get("__modified")
        self._latest: tuple[int, int] = (int(stored) if isinstance(stored, int) else 0, 0)
        self._earlier = 0

    def _prepare(self) -> None:
        run = self._connection.execute
        # No trigger or view of a hostile file may call anything.
        run("PRAGMA trusted_schema=OFF")
        run("PRAGMA cell_size_check=ON")
        run("PRAGMA page_size=8192")
        run("PRAGMA journal_mode=DELETE")
        run("PRAGMA synchronous=NORMAL")
        found = {row[0] for row in run("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")}
        if not found:
            with self._transaction():
                for statement in _SCHEMA:
                    run(statement)
        elif found != set(_SCHEMA):
            raise omero.ValidationException(None, None, "The file is not a table of this server.")

    def _load(self) -> None:
        run = self._connection.execute
        rows = run("SELECT name, type, description, size FROM columns ORDER BY place").fetchall()
        self._columns = tuple(stored_column(str(n), str(t), str(d), int(s)) for n, t, d, s in rows)
        self._chunks = [(int(start), int(size)) for start, size in run("SELECT start, rows FROM chunk ORDER BY start")]
        expected = 0
        for start, size in self._chunks:
            if start != expected or not 0 < size <= CHUNK_ROWS:
                raise ValueError(start)
            expected += size

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """One thread at a time; a damaged file and a full disk become OMERO's exceptions."""
        with self._lock:
            try:
                yield
            except sqlite3.OperationalError as error:
                raise omero.ResourceError(None, None, f"The table cannot be read or written: {error}") from error
            except (sqlite3.DatabaseError, zlib.error, ValueError, KeyError) as error:
                raise omero.ValidationException(None, None, "The table's file is damaged.") from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _changing(self, by: int) -> Iterator[None]:
        """One change by the client *by*: all of it is kept, or nothing."""
        with self._guarded():
            if not self._path.exists():
                raise omero.ResourceError(None, None, "The table was deleted.")
            before = (self._columns, list(self._chunks))
            stamp = max(int(time.time() * 1000), self._latest[0] + 1)
            try:
                with self._transaction():
                    yield
                    self._set_fact("__modified", stamp)
            except BaseException:
                self._columns, self._chunks = before
                raise
            if self._latest[1] != by:
                self._earlier = self._latest[0]
            self._latest = (stamp, by)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    # --- facts ---

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns; ApiUsageException while there are none."""
        if not self._columns:
            raise omero.ApiUsageException(None, None, "The table has no columns yet: call initialize.")
        return self._columns

    @property
    def rows(self) -> int:
        """How many rows there are."""
        with self._lock:
            _ = self.columns
            return sum(self._chunks[-1]) if self._chunks else 0

    @property
    def modified(self) -> int:
        """When it was changed last, in ms; 0 for never."""
        return self._latest[0]

    def modified_by_others(self, than: int) -> int:
        """When somebody else than the client *than* changed it last, in ms."""
        with self._lock:
            return self._latest[0] if self._latest[1] != than else self._earlier

    def facts(self) -> dict[str, Any]:
        """What is written about the table: the clients' own facts and, from ``__``, the table's."""
        with self._guarded():
            return dict(self._connection.execute("SELECT name, value FROM fact").fetchall())

    def set_facts(self, facts: Mapping[str, Any], by: int, *, replace: bool) -> None:
        """Write facts (numbers and texts); *replace* takes away the clients' others."""
        with self._changing(by):
            if replace:
                self._connection.execute("DELETE FROM fact WHERE substr(name, 1, 2) <> '__'")
            for name, value in facts.items():
                self._set_fact(name, value)

    def _set_fact(self, name: str, value: Any) -> None:
        self._connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    # --- columns ---

    def initialize(self, columns: Sequence[Column], by: int) -> None:
        """Give an empty table its columns. ValidationException if it has some."""
        with self._changing(by):
            if self._columns:
                raise omero.ValidationException(None, None, "The table has its columns already.")
            if not 0 < len(columns) <= MOST_COLUMNS:
                raise omero.ApiUsageException(None, None, f"A table has 1 to {MOST_COLUMNS} columns.")
            for column in columns:
                self._new_column(column)
            self._set_fact("__version", "2")
            self._set_fact("__initialized", time.time())

    def add_column(self, column: Column, values: Sequence[Array], by: int) -> int:
        """Put a column behind the others, with a value for each row; return its place."""
        with self._changing(by):
            if len(values[0]) != self.rows or len(self.columns) >= MOST_COLUMNS:
                words = f"A new column has {self.rows} values, one for each row."
                raise omero.ApiUsageException(None, None, words)
            self._new_column(column)
            place = len(self._columns) - 1
            for start, size in self._chunks:
                self._write(start, place, [one[start : start + size] for one in values])
            return place

    def _new_column(self, column: Column) -> None:
        if any(known.name == column.name for known in self._columns):
            raise omero.ApiUsageException(None, None, f"There are two columns {column.name!r}.")
        values = (len(self._columns), column.name, column.type, column.description, column.size)
        self._connection.execute("INSERT INTO columns VALUES (?, ?, ?, ?, ?)", values)
        self._columns = (*self._columns, column)

    # --- rows ---

    def append(self, columns: Rows, by: int) -> None:
        """Add rows: for each column the arrays of its parts, all of one length."""
        with self._changing(by):
            new = len(columns[0][0])
            taken = [list(parts) for parts in columns]
            most = self._chunk_rows()
            while self._chunks and self._chunks[-1][1] <= new and self._chunks[-1][1] + new <= most:
                start, size = self._chunks.pop()
                for place, parts in enumerate(taken):
                    taken[place] = [
                        np.concatenate([self._part(start, size, place, number), part])
                        for number, part in enumerate(parts)
                    ]
                self._connection.execute("DELETE FROM chunk WHERE start = ?", (start,))
                self._connection.execute("DELETE FROM part WHERE start = ?", (start,))
                new += size
            first = sum(self._chunks[-1]) if self._chunks else 0
            for offset in range(0, new, most):
                size = min(most, new - offset)
                self._connection.execute("INSERT INTO chunk VALUES (?, ?)", (first + offset, size))
                self._chunks.append((first + offset, size))
                for place, parts in enumerate(taken):
                    self._write(first + offset, place, [part[offset : offset + size] for part in parts])

    def update(self, rows: Array, places: Sequence[int], columns: Rows, by: int) -> None:
        """Write the cells of *rows* (indexes) in the columns at *places*."""
        with self._changing(by):
            for start, size in self._chunks:
                mine = np.flatnonzero((rows >= start) & (rows < start + size))
                if not len(mine):
                    continue
                for place, parts in zip(places, columns, strict=True):
                    changed = []
                    for number, part in enumerate(parts):
                        old = self._part(start, size, place, number).copy()
                        old[rows[mine] - start] = part[mine]
                        changed.append(old)
                    self._write(start, place, changed)

    def read(self, places: Sequence[int], start: int, stop: int) -> list[list[Array]]:
        """The rows from *start* to *stop* of the columns at *places*."""
        with self._guarded():
            chunks = [(s, n) for s, n in self._chunks if s < stop and s + n > start]
            return [self._column(place, chunks, lambda s: slice(max(0, start - s), stop - s)) for place in places]

    def at(self, places: Sequence[int], rows: Array) -> list[list[Array]]:
        """The *rows* (indexes, in any order) of the columns at *places*."""
        with self._guarded():
            order = np.argsort(rows, kind="stable")
            wanted = rows[order]
            back = np.empty_like(order)
            back[order] = np.arange(len(order))
            bounds = {s: np.searchsorted(wanted, (s, s + n)) for s, n in self._chunks}
            chunks = [(s, n) for s, n in self._chunks if bounds[s][0] < bounds[s][1]]

            def mine(start: int) -> Array:
                low, high = bounds[start]
                picked: Array = wanted[low:high] - start
                return picked

            return [[part[back] for part in self._column(place, chunks, mine)] for place in places]

    def scan(self, places: Sequence[int], start: int, stop: int, holds: Callable[[list[Array]], Array]) -> Array:
        """Indexes of the rows from *start* to *stop* for which *holds* says so, given the columns chunk by chunk."""
        hits = [np.empty(0, np.int64)]
        with self._guarded():
            for first, size in self._chunks:
                if first < stop and first + size > start:
                    found = np.flatnonzero(holds([self._part(first, size, place, 0) for place in places])) + first
                    hits.append(found[(found >= start) & (found < stop)])
        return np.concatenate(hits)

    def _column(self, place: int, chunks: Sequence[Chunk], select: Callable[[int], Any]) -> list[Array]:
        found = []
        for number, part in enumerate(self._columns[place].parts):
            pieces = [self._part(start, size, place, number)[select(start)] for start, size in chunks]
            found.append(np.concatenate(pieces) if pieces else np.empty(0, part.numpy))
        return found

    # --- bytes ---

    def _chunk_rows(self) -> int:
        widest = max(part.numpy.itemsize for column in self._columns for part in column.parts)
        return max(1, min(CHUNK_ROWS, CHUNK_BYTES // widest))

    def _write(self, start: int, place: int, parts: Sequence[Array]) -> None:
        for number, (part, values) in enumerate(zip(self._columns[place].parts, parts, strict=True)):
            row = (start, place, number, _packed(part, values))
            self._connection.execute("INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?)", row)

    def _part(self, start: int, size: int, place: int, number: int) -> Array:
        found = self._connection.execute(
            "SELECT data FROM part WHERE start = ? AND place = ? AND number = ?", (start, place, number)
        ).fetchone()
        if found is None or not isinstance(found[0], bytes):
            raise ValueError(start)
        return _unpacked(self._columns[place].parts[number], size, found[0])


def _packed(part: Part, values: Array) -> bytes:
    if part.dtype == _MANY:
        sizes = np.array([len(one) for one in values], "<i8")
        return sizes.tobytes() + b"".join(values.tolist())
    plain = values.tobytes()
    # Texts are mostly padding.
    return zlib.compress(plain, 1) if part.dtype.startswith(_TEXT) else plain


def _unpacked(part: Part, size: int, data: bytes) -> Array:
    if part.dtype == _MANY:
        ends = np.cumsum(np.frombuffer(data, "<i8", size))
        inner = data[8 * size :]
        found = np.empty(size, object)
        found[:] = [inner[end - length : end] for end, length in zip(ends, np.diff(ends, prepend=0), strict=True)]
        return found
    if part.dtype.startswith(_TEXT):
        data = zlib.decompressobj().decompress(data, size * part.numpy.itemsize)
    shape = (size, part.width) if part.width else (size,)
    return np.frombuffer(data, part.dtype).reshape(shape)


def _is_sqlite(path: Path) -> bool:
    """Whether a file is empty, or begins as SQLite's do."""
    with path.open("rb") as stream:
        return stream.read(len(_HEAD)) in (b"", _HEAD)
