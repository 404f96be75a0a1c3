"""The server's lookup tables: which there are, and the colours in their files, read once and kept.

A file holds three bytes for each of 256 levels, in one of these forms: 768 bytes, all red values, then green, then
blue; the same behind a header of 32 bytes; or text of 256 lines whose last three columns are red, green, blue.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import omero

log = logging.getLogger(__name__)

Table = npt.NDArray[np.uint8]
MIMETYPE = "text/x-lut"
LARGEST_FILE = 2**20
_BYTES = 768


@dataclass(frozen=True)
class LookupTable:
    """A file of a lookup table; `path` ends in a slash, `size` is in bytes."""

    id: int
    path: str
    name: str
    size: int
    version: str
    """Changes whenever the colours do."""


def parse(data: bytes) -> Table | None:
    """Give the colours in a file, `(256, 3)`; `None` where it holds none."""
    if len(data) in (_BYTES, _BYTES + 32):
        planar: Table = np.frombuffer(data[-_BYTES:], np.uint8).reshape(3, 256).T.copy()
        return planar
    colours = [colour for line in data.decode("latin-1").splitlines() if (colour := _colour(line)) is not None]
    return np.array(colours, np.uint8) if len(colours) == 256 else None


def _colour(line: str) -> tuple[int, ...] | None:
    last = line.split()[-3:]
    if len(last) < 3 or not all(word.isascii() and word.isdigit() and len(word) <= 3 for word in last):
        return None
    values = tuple(int(word) for word in last)
    return values if max(values) <= 255 else None


class LookupTables:
    """The tables of each server, the list for `seconds`, colours as long as their file stays the same.

    One per application, safe for threads.
    """

    def __init__(self, seconds: float = 60.0, most: int = 2_000) -> None:
        self._seconds = seconds
        self._most = most
        self._lists: dict[Hashable, tuple[float, tuple[LookupTable, ...]]] = {}
        self._colours: OrderedDict[tuple[Hashable, int, str], Table | None] = OrderedDict()
        self._lock = threading.Lock()

    def all(self, server: Hashable, conn: Any, *, fresh: bool = False) -> tuple[LookupTable, ...]:
        """Give the tables of a server by name: one Ice call where they aren't known, are old, or `fresh` is wanted."""
        with self._lock:
            seen, known = self._lists.get(server, (0.0, ()))
        if fresh or not known or time.monotonic() - seen > self._seconds:
            known = _ask(conn)
            with self._lock:
                self._lists[server] = (time.monotonic(), known)
        return known

    def colours(self, server: Hashable, conn: Any, tables: Iterable[LookupTable]) -> dict[int, Table | None]:
        """Give colours by id; those not known are read, by two Ice calls each and two more."""
        wanted = list(tables)
        with self._lock:
            found = {
                table.id: self._colours[key]
                for table in wanted
                if (key := (server, table.id, table.version)) in self._colours
            }
        missing = [table for table in wanted if table.id not in found]
        if missing:
            read = _read(conn, missing)
            found |= read
            with self._lock:
                for table in missing:
                    self._colours[server, table.id, table.version] = read[table.id]
                while len(self._colours) > self._most:
                    self._colours.popitem(last=False)
        return found

    def by_name(self, server: Hashable, conn: Any) -> dict[str, Table]:
        """Give the colours of all tables by their name; of two with one name those of the first."""
        tables = self.all(server, conn)
        colours = self.colours(server, conn, tables)
        named: dict[str, Table] = {}
        for table in tables:
            if (values := colours[table.id]) is not None:
                named.setdefault(table.name, values)
        return named


def _ask(conn: Any) -> tuple[LookupTable, ...]:
    # As OMERO.web asks: in the user's own group, for official files are seen from each.
    found = conn.getScriptService().getScriptsByMimetype(MIMETYPE)
    tables = [_table(file) for file in found]
    return tuple(sorted(tables, key=lambda table: (table.name.lower(), table.path, table.id)))


def _table(file: Any) -> LookupTable:
    digest, event = file.getHash(), file.getDetails().getUpdateEvent()
    version = f"{digest.getValue() if digest else ''}-{event.getId().getValue() if event else ''}"
    return LookupTable(
        id=file.getId().getValue(),
        path=file.getPath().getValue(),
        name=file.getName().getValue(),
        size=int(file.getSize().getValue()) if file.getSize() else 0,
        version=version,
    )


def _read(conn: Any, tables: Iterable[LookupTable]) -> dict[int, Table | None]:
    store = conn.factory.createRawFileStore()
    try:
        return {table.id: _colours_in(store, table, conn) for table in tables}
    finally:
        store.close()


def _colours_in(store: Any, table: LookupTable, conn: Any) -> Table | None:
    if not 0 < table.size <= LARGEST_FILE:
        return None
    try:
        store.setFileId(table.id, conn.SERVICE_OPTS)
        found = parse(bytes(store.read(0, table.size)))
    except omero.ServerError as error:
        # One file that is gone leaves the others as they are.
        log.info("lookup table %s could not be read: %s", table.id, type(error).__name__)
        return None
    if found is not None:
        found.setflags(write=False)
    return found
