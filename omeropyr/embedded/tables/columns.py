"""Columns of a table: which types there are, and their values as numpy arrays and on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import omero
import omero.all
import omero.grid

Array = npt.NDArray[Any]

LARGEST_CELL = 2**20
"""Characters of a text, or numbers of an array, that one cell holds at most."""
_LONG, _INT, _DOUBLE, _FLOAT, _BOOL, _BYTES = "<i8", "<i4", "<f8", "<f4", "|b1", "|O"
_SCALARS = {
    "FileColumn": _LONG,
    "ImageColumn": _LONG,
    "DatasetColumn": _LONG,
    "RoiColumn": _LONG,
    "WellColumn": _LONG,
    "PlateColumn": _LONG,
    "LongColumn": _LONG,
    "BoolColumn": _BOOL,
    "DoubleColumn": _DOUBLE,
}
_ARRAYS = {"FloatArrayColumn": _FLOAT, "DoubleArrayColumn": _DOUBLE, "LongArrayColumn": _LONG}
_MASK = {"imageId": _LONG, "theZ": _INT, "theT": _INT, "x": _DOUBLE, "y": _DOUBLE, "w": _DOUBLE, "h": _DOUBLE}


@dataclass(frozen=True)
class Part:
    """One array of a column: the attribute of the Ice object it is in, and its type (``|O``: bytes of any length)."""

    attribute: str
    dtype: str
    width: int = 0

    @property
    def numpy(self) -> np.dtype[Any]:
        """The type of one cell."""
        return np.dtype((self.dtype, (self.width,))) if self.width else np.dtype(self.dtype)


@dataclass(frozen=True)
class Column:
    """A column's name, type (such as ``LongColumn``), description and, for texts and arrays, size of a cell."""

    name: str
    type: str
    description: str
    size: int = 0

    @property
    def parts(self) -> tuple[Part, ...]:
        """The arrays that hold its values."""
        if self.type == "MaskColumn":
            return (*(Part(name, dtype) for name, dtype in _MASK.items()), Part("bytes", _BYTES))
        if self.type == "StringColumn":
            return (Part("values", f"|S{self.size}"),)
        if self.type in _ARRAYS:
            return (Part("values", _ARRAYS[self.type], self.size),)
        return (Part("values", _SCALARS[self.type]),)

    @property
    def searchable(self) -> bool:
        """Whether a condition can name it: it has one value a row."""
        return self.type in _SCALARS or self.type == "StringColumn"

    def header(self) -> Any:
        """An empty column for the wire."""
        made = getattr(omero.grid, self.type)()
        made.name, made.description = self.name, self.description
        if hasattr(made, "size"):
            made.size = self.size
        return made

    def on_wire(self, arrays: Sequence[Array]) -> Any:
        """The column with values. Ice takes numpy's arrays of numbers as they are."""
        made = self.header()
        for part, values in zip(self.parts, arrays, strict=True):
            if part.dtype.startswith("|S"):
                plain: Any = [text.decode("utf-8", "replace") for text in values.tolist()]
            elif part.width or part.dtype == _BYTES:
                plain = values.tolist()
            else:
                plain = np.ascontiguousarray(values)
            setattr(made, part.attribute, plain)
        return made

    def arrays(self, sent: Any) -> list[Array]:
        """The values of a column that a client sent. ValidationException when they do not fit this column."""
        found = [self._array(part, getattr(sent, part.attribute, None)) for part in self.parts]
        if len({len(one) for one in found}) != 1:
            raise omero.ValidationException(None, None, f"The lists of column {self.name} differ in length.")
        return found

    def _array(self, part: Part, values: Any) -> Array:
        values = [] if values is None else values
        if part.dtype == _BYTES:
            made = np.empty(len(values), object)
            made[:] = [bytes(bytearray(one)) if isinstance(one, list) else bytes(one) for one in values]
            return made
        if part.dtype.startswith("|S"):
            encoded = [text.encode() for text in values]
            if any(len(one) > self.size for one in encoded):
                words = f"A text in column {self.name} has at most {self.size} bytes of UTF-8."
                raise omero.ValidationException(None, None, words)
            return np.array(encoded, part.numpy)
        if part.width and any(one is None or len(one) != part.width for one in values):
            raise omero.ValidationException(None, None, f"Arrays of column {self.name} have {part.width} numbers.")
        shape = (len(values), part.width) if part.width else (len(values),)
        return np.asarray(values, part.dtype).reshape(shape)


def column_of(sent: Any) -> Column:
    """The column that a client's Ice object stands for. ApiUsageException when no table can have it."""
    kind = type(sent).ice_staticId().rsplit("::", 1)[-1] if sent is not None else "null"
    if kind not in _SCALARS and kind not in _ARRAYS and kind not in ("StringColumn", "MaskColumn"):
        raise omero.ApiUsageException(None, None, f"A table has no column of type {kind}.")
    if not sent.name:
        raise omero.ApiUsageException(None, None, "Every column has a name.")
    if sent.name.startswith("__") or "\0" in sent.name or "/" in sent.name or len(sent.name) > 1000:
        raise omero.ApiUsageException(None, None, f"A column cannot be named {sent.name[:100]!r}.")
    size = int(getattr(sent, "size", 0))
    if (kind in _ARRAYS or kind == "StringColumn") and not 0 < size <= LARGEST_CELL:
        raise omero.ApiUsageException(None, None, f"Column {sent.name} needs a size from 1 to {LARGEST_CELL}.")
    return Column(sent.name, kind, sent.description or "", size)


def stored_column(name: str, kind: str, description: str, size: int) -> Column:
    """A column as a file has it. ValueError when it cannot be one."""
    sized = kind in _ARRAYS or kind == "StringColumn"
    if not (sized and 0 < size <= LARGEST_CELL) and kind not in _SCALARS and kind != "MaskColumn":
        raise ValueError(kind)
    return Column(name, kind, description, size if sized else 0)
