"""``omero.grid.Table``: one client's handle on a table."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import omero
import omero.all
import omero.grid
from omero.rtypes import rfloat, rlong, rstring, unwrap

from omeropyr.embedded.dispatch import Call, StatefulService
from omeropyr.embedded.permissions import ALL_GROUPS
from omeropyr.embedded.services.rawfile import note_bytes
from omeropyr.embedded.tables import conditions
from omeropyr.embedded.tables.columns import Array, Column, column_of

log = logging.getLogger(__name__)

MOST_BYTES = 200_000_000
"""Of the numbers and texts of one answer; Ice's messages end at 250 MB."""
_ROW_NUMBERS = "omero.tables.include_row_numbers"
_OWN_FACT = "__modified"


class Table(StatefulService):
    """Reads for all who may read the OriginalFile, changes for those who may edit it."""

    slice_type = omero.grid.Table

    def __init__(self, call: Call, original: omero.model.OriginalFile) -> None:
        self._server = call.server
        self._file_id = int(original.id.val)
        self._writable = bool(original.details.permissions.canEdit())
        self._actor = replace(call.actor, group_id=ALL_GROUPS, only_user=None)
        self._me = uuid.uuid4().int
        self._changed = False
        self._closed = False
        self._file = self._server.tables.acquire(self._file_id)

    # --- the table as a whole ---

    def getOriginalFile(self, call: Call) -> omero.model.OriginalFile:
        """The OriginalFile that the table is the bytes of."""
        with self._server.store.read(self._actor) as tx:
            found: omero.model.OriginalFile = tx.get("OriginalFile", self._file_id)
        return found

    def getHeaders(self, call: Call) -> list[Any]:
        """The columns, without values."""
        return [column.header() for column in self._file.columns]

    def getNumberOfRows(self, call: Call) -> int:
        """How many rows there are."""
        return self._file.rows

    def close(self, call: Call) -> None:
        """Note size and hash in the OriginalFile if the table was changed, and let go."""
        super().close(call)

    def release(self) -> None:
        """Also when the client vanished: what it added is there, so the OriginalFile says so."""
        if self._closed:
            return
        self._closed = True
        self._server.tables.release(self._file_id)
        if not self._changed:
            return
        try:
            note_bytes(self._server, self._actor, self._file_id)
        except (FileNotFoundError, omero.ServerError) as error:  # deleted or given away while it was open
            log.warning("a table's file was not noted", exc_info=error, extra={"file": self._file_id})

    def delete(self, call: Call) -> None:
        """Delete the OriginalFile, with its annotations' links, and the table."""
        from omeropyr.embedded.graphs import delete

        self._check_writable()
        self._changed = False
        self.close(call)
        with self._server.store.write(self._actor) as tx:
            plan = delete.plan(tx, {"OriginalFile": [self._file_id]}, None, None, lambda: None)
            delete.carry_out(plan)
        plan.files.remove(self._server.data)

    # --- reading ---

    def getWhereList(
        self, call: Call, condition: str, variables: Mapping[str, Any] | None, start: int, stop: int, step: int
    ) -> Array:
        """Indexes of the rows for which *condition* holds, in a range as Python's slices have it; 0 stands for none."""
        found = conditions.parse(condition)
        places, values = self._names(found.names, variables or {})
        kinds = {name: np.empty(0, self._file.columns[place].parts[0].numpy) for name, place in places.items()}
        found({**values, **kinds})  # refuses what cannot be a condition, however many rows there are
        if step < 0:
            raise omero.ApiUsageException(None, None, "The step must not be negative.")
        first, last, every = slice(start or None, stop or None, step or None).indices(self._file.rows)

        def holds(arrays: list[Array]) -> Array:
            result: Array = found({**values, **dict(zip(places, arrays, strict=True))})
            return result

        hits = self._file.scan(list(places.values()), first, last, holds)
        wanted: Array = hits[(hits - first) % every == 0]
        return wanted

    def readCoordinates(self, call: Call, rowNumbers: Sequence[int]) -> omero.grid.Data:
        """All columns of the rows, in the order asked for."""
        return self._rows(call, range(len(self._file.columns)), self._checked_rows(rowNumbers))

    def read(self, call: Call, colNumbers: Sequence[int], start: int, stop: int) -> omero.grid.Data:
        """Some columns of a range of rows; start and stop 0: all rows."""
        places = self._checked_places(colNumbers)
        if start == stop == 0:
            stop = self._file.rows
        first, last, _ = slice(start, stop).indices(self._file.rows)
        last = max(first, last)
        self._check_size(places, last - first)
        return self._data(call, places, self._file.read(places, first, last), np.arange(first, last))

    def slice(self, call: Call, colNumbers: Sequence[int] | None, rowNumbers: Sequence[int] | None) -> omero.grid.Data:
        """Some columns (none named: all) of some rows (none named: all)."""
        places = self._checked_places(colNumbers or range(len(self._file.columns)))
        if not rowNumbers:
            return self.read(call, places, 0, 0)
        return self._rows(call, places, self._checked_rows(rowNumbers))

    # --- writing ---

    def initialize(self, call: Call, cols: Sequence[Any]) -> None:
        """Give the table its columns."""
        self._check_writable()
        if not cols:
            raise omero.ApiUsageException(None, None, "A table needs columns.")
        self._file.initialize([column_of(col) for col in cols], self._me)
        self._changed = True

    def addColumn(self, call: Call, col: Any) -> int:
        """Add a column with a value for each row; return its place."""
        self._check_writable()
        column = column_of(col)
        place = self._file.add_column(column, column.arrays(col), self._me)
        self._changed = True
        return place

    def addData(self, call: Call, cols: Sequence[Any]) -> None:
        """Add rows: all columns, of one length."""
        self._check_writable()
        columns = self._file.columns
        values = [column.arrays(col) for column, col in zip(columns, self._in_order(columns, cols), strict=True)]
        if len({len(parts[0]) for parts in values}) != 1:
            raise omero.ValidationException(None, None, "The columns differ in length.")
        if len(values[0][0]):
            self._file.append(values, self._me)
            self._changed = True

    def update(self, call: Call, modifiedData: omero.grid.Data) -> None:
        """Write back rows that were read. OptimisticLockException when another client changed the table meanwhile."""
        self._check_writable()
        if modifiedData is None or not modifiedData.columns or not modifiedData.rowNumbers:
            raise omero.ApiUsageException(None, None, "Data with columns and row numbers are expected.")
        rows = self._checked_rows(modifiedData.rowNumbers)
        known = {column.name: place for place, column in enumerate(self._file.columns)}
        places = [known.get(col.name, -1) if col is not None else -1 for col in modifiedData.columns]
        if -1 in places or len(set(places)) != len(places):
            raise omero.ApiUsageException(None, None, f"The table's columns are {', '.join(known)}.")
        pairs = zip(places, modifiedData.columns, strict=True)
        values = [self._same_type(self._file.columns[place], col).arrays(col) for place, col in pairs]
        if any(len(parts[0]) != len(rows) for parts in values):
            raise omero.ApiUsageException(None, None, f"There are {len(rows)} row numbers, but not as many values.")
        if 0 < modifiedData.lastModification < self._file.modified_by_others(self._me):
            raise omero.OptimisticLockException(None, None, "The table was changed after these data were read.")
        self._file.update(rows, places, values, self._me)
        self._changed = True

    # --- metadata ---

    def getMetadata(self, call: Call, key: str) -> omero.RType | None:
        """One fact about the table; null when there is none."""
        return self.getAllMetadata(call).get(key)

    def getAllMetadata(self, call: Call) -> dict[str, omero.RType]:
        """All facts, those the table keeps itself (``__version``, ``__initialized``) too."""
        _ = self._file.columns
        return {name: _wrapped(value) for name, value in self._file.facts().items() if name != _OWN_FACT}

    def setMetadata(self, call: Call, key: str, value: omero.RType) -> None:
        """Write one fact: a text, an integer or a float."""
        self._set_facts({key: value}, replace=False)

    def setAllMetadata(self, call: Call, dict: Mapping[str, omero.RType] | None) -> None:
        """Write all facts; those that are not among them go."""
        self._set_facts(dict or {}, replace=True)

    def _set_facts(self, facts: Mapping[str, Any], *, replace: bool) -> None:
        self._check_writable()
        _ = self._file.columns
        for name, value in facts.items():
            if name.startswith("__"):
                raise omero.ApiUsageException(None, None, f"Names from __ are the table's own: {name[:100]}.")
            if not isinstance(value, omero.RString | omero.RLong | omero.RInt | omero.RFloat):
                raise omero.ValidationException(None, None, "Metadata are rstring, rlong, rint or rfloat.")
        self._file.set_facts({name: unwrap(value) for name, value in facts.items()}, self._me, replace=replace)
        self._changed = True

    # --- checks ---

    def _check_writable(self) -> None:
        if not self._writable:
            raise omero.SecurityViolation(None, None, f"You may not change OriginalFile {self._file_id}.")

    def _checked_places(self, numbers: Sequence[int]) -> list[int]:
        count = len(self._file.columns)
        if not numbers or not all(0 <= number < count for number in numbers):
            raise omero.ApiUsageException(None, None, f"Columns are numbered from 0 to {count - 1}.")
        return list(numbers)

    def _checked_rows(self, numbers: Sequence[int]) -> Array:
        count = self._file.rows
        rows = np.asarray(numbers if numbers is not None else [], np.int64)
        if not len(rows) or rows.min() < 0 or rows.max() >= count:
            raise omero.ApiUsageException(None, None, f"At least one row from 0 to {count - 1} is expected.")
        return rows

    def _check_size(self, places: Sequence[int], rows: int) -> None:
        cells = sum(part.numpy.itemsize for place in places for part in self._file.columns[place].parts)
        if cells * rows > MOST_BYTES:
            raise omero.ApiUsageException(None, None, f"These are more than {MOST_BYTES} bytes: ask for fewer rows.")

    def _in_order(self, columns: Sequence[Column], sent: Sequence[Any]) -> list[Any]:
        """The columns as they came, in the table's order: by name, or by place where the names are others."""
        if not sent or len(sent) != len(columns) or any(col is None for col in sent):
            raise omero.ApiUsageException(None, None, f"The table has {len(columns)} columns; all of them are needed.")
        by_name = {col.name: col for col in sent}
        ordered = [by_name.get(column.name) for column in columns]
        found = list(sent) if None in ordered else ordered
        for column, col in zip(columns, found, strict=True):
            self._same_type(column, col)
        return found

    @staticmethod
    def _same_type(column: Column, sent: Any) -> Column:
        kind = type(sent).ice_staticId().rsplit("::", 1)[-1]
        if kind != column.type:
            raise omero.ApiUsageException(None, None, f"Column {column.name} is a {column.type}, not a {kind}.")
        return column

    def _names(self, names: frozenset[str], variables: Mapping[str, Any]) -> tuple[dict[str, int], dict[str, Any]]:
        """What the names of a condition are: columns by place, and values. A text that names a column is the column."""
        known = {column.name: place for place, column in enumerate(self._file.columns)}
        places: dict[str, int] = {}
        values: dict[str, Any] = {}
        for name in names:
            value = unwrap(variables[name]) if name in variables else name
            if isinstance(value, str) and value in known:
                if not self._file.columns[known[value]].searchable:
                    raise omero.ApiUsageException(None, None, f"Column {value} has several values a row.")
                places[name] = known[value]
            elif name not in variables:
                raise omero.ApiUsageException(None, None, f"There is no column or variable {name!r}.")
            else:
                values[name] = _plain(name, value)
        return places, values

    # --- answers ---

    def _rows(self, call: Call, places: Sequence[int], rows: Array) -> omero.grid.Data:
        self._check_size(places, len(rows))
        return self._data(call, places, self._file.at(places, rows), rows)

    def _data(self, call: Call, places: Sequence[int], values: list[list[Array]], rows: Array) -> omero.grid.Data:
        columns = self._file.columns
        made = omero.grid.Data()
        made.columns = [columns[place].on_wire(parts) for place, parts in zip(places, values, strict=True)]
        if call.current.ctx.get(_ROW_NUMBERS, "true").lower() == "true":
            made.rowNumbers = rows
        made.lastModification = self._file.modified
        return made


def _wrapped(value: Any) -> omero.RType:
    if isinstance(value, int):
        return rlong(value)
    return rfloat(value) if isinstance(value, float) else rstring(value)


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return np.bool_(value)
    if isinstance(value, int):
        return np.int64(value)
    if isinstance(value, float):
        return np.float64(value)
    if isinstance(value, str):
        return value.encode()
    raise omero.ApiUsageException(None, None, f"Variable {name} is no number, text or truth value.")
