"""What a selected expression is, and how its columns become a value for the client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import omero
import omero.all
from omero import rtypes

from omeropyr.embedded.model import Field, Kind

if TYPE_CHECKING:
    from omeropyr.embedded.loader import Loader

_CLASSES: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "rstring": (rtypes.RStringI, str),
    "rint": (rtypes.RIntI, int),
    "rlong": (rtypes.RLongI, int),
    "rtime": (rtypes.RTimeI, int),
    "rdouble": (rtypes.RDoubleI, float),
    "rfloat": (rtypes.RFloatI, float),
}
_TRUTH = {True: rtypes.rbool(True), False: rtypes.rbool(False)}
Columns = Iterator[Sequence[Any]]
"""The columns of an answer, each with the cells of all rows."""


class Maker(dict[Any, Any]):
    """Makes values of one rtype: ``maker[value]``, None for None.

    Equal values are one object: rtypes never change, and Ice sends each but once.
    """

    def __init__(self, type_name: str) -> None:
        super().__init__({None: None})
        self._class, self._plain = _CLASSES.get(type_name, (None, bool))

    def __missing__(self, value: Any) -> Any:
        """The rtype of a value not met before."""
        if self._class is None:
            return _TRUTH[bool(value)]
        made = self[value] = self._class.__new__(self._class)
        made.__dict__["_val"] = self._plain(value)
        return made


@dataclass
class Fetch:
    """What is loaded together with an object: fields (``details.owner`` too) and what is fetched below them."""

    below: dict[str, Fetch] = field(default_factory=dict)


class Output:
    """One selected expression: it takes some columns of the answer."""

    def plains(self, columns: Columns, loader: Loader) -> Sequence[Any]:
        """Its values of all rows for Python; takes its own from *columns*."""
        return next(columns)

    def rtypes(self, columns: Columns, loader: Loader) -> Sequence[omero.RType | None]:
        """The values for the wire."""
        return [to_rtype(value) for value in self.plains(columns, loader)]


@dataclass
class Scalar(Output):
    """A number, a text, a truth value; *type* is the rtype's name where a field says it."""

    type: str | None = None

    def plains(self, columns: Columns, loader: Loader) -> Sequence[Any]:
        """The values; SQLite has no truth values of its own."""
        cells = next(columns)
        return [None if cell is None else bool(cell) for cell in cells] if self.type == "rbool" else cells

    def rtypes(self, columns: Columns, loader: Loader) -> Sequence[omero.RType | None]:
        """The values as their field's rtype."""
        if self.type not in _CLASSES:
            return super().rtypes(columns, loader)
        make = Maker(self.type)
        try:
            return list(map(make.__getitem__, next(columns)))
        except (TypeError, ValueError):
            raise omero.QueryException(None, None, f"A value is no {self.type}; use cast() or str().") from None


@dataclass
class Entity(Output):
    """An object, by its id; loaded with what *fetch* says."""

    kind: Kind
    fetch: Fetch = field(default_factory=Fetch)

    def plains(self, columns: Columns, loader: Loader) -> Sequence[Any]:
        """The objects, None where there is none or it may not be read."""
        ids = [None if cell is None else int(cell) for cell in next(columns)]
        known = {obj.id.val: obj for obj in loader.load(self.kind, (one for one in ids if one is not None), self.fetch)}
        return [known.get(one) for one in ids]

    def rtypes(self, columns: Columns, loader: Loader) -> Sequence[omero.RType | None]:
        """The objects in their envelopes."""
        return [None if found is None else rtypes.robject(found) for found in self.plains(columns, loader)]


@dataclass
class Unit(Output):
    """A value with a unit: two columns."""

    field: Field

    def plains(self, columns: Columns, loader: Loader) -> Sequence[Any]:
        """``omero.model`` objects such as LengthI."""
        return [unit_value(self.field, *cells) for cells in zip(next(columns), next(columns), strict=True)]

    def rtypes(self, columns: Columns, loader: Loader) -> Sequence[omero.RType | None]:
        """OMERO answers a map of value, unit and symbol."""
        return [_unit_map(found) for found in self.plains(columns, loader)]


def _unit_map(found: Any) -> omero.RType | None:
    if found is None:
        return None
    return rtypes.rmap(
        {
            "value": rtypes.rdouble(found.getValue()),
            "unit": rtypes.rstring(found.getUnit().name),
            "symbol": rtypes.rstring(found.getSymbol()),
        }
    )


@dataclass
class Permissions(Output):
    """``obj.details.permissions``: owner and group of an object of class *kind*, two columns."""

    kind: str

    def plains(self, columns: Columns, loader: Loader) -> Sequence[Any]:
        """What the caller may do, as OMERO's ``..._details_permissions`` says it."""
        return [loader.permissions_map(self.kind, *cells) for cells in zip(next(columns), next(columns), strict=True)]

    def rtypes(self, columns: Columns, loader: Loader) -> Sequence[omero.RType | None]:
        """The same as maps; equal ones are one object."""
        made: dict[Any, Any] = {}
        for cells in (pairs := list(zip(next(columns), next(columns), strict=True))):
            if cells not in made:
                found = loader.permissions_map(self.kind, *cells)
                made[cells] = rtypes.rmap({name: to_rtype(value) for name, value in found.items()})
        return [made[cells] for cells in pairs]


@dataclass
class Bundle(Output):
    """``new map(...)`` or ``new list(...)``."""

    kind: str
    items: list[tuple[str, Output]]

    def plains(self, columns: Columns, loader: Loader) -> Sequence[Any]:
        """Dicts or lists."""
        names = [name for name, _ in self.items]
        rows = zip(*(output.plains(columns, loader) for _, output in self.items), strict=True)
        return [dict(zip(names, row, strict=True)) if self.kind == "map" else list(row) for row in rows]

    def rtypes(self, columns: Columns, loader: Loader) -> Sequence[omero.RType | None]:
        """Maps or lists on the wire."""
        names = [name for name, _ in self.items]
        rows = zip(*(output.rtypes(columns, loader) for _, output in self.items), strict=True)
        if self.kind == "map":
            return [rtypes.rmap(dict(zip(names, row, strict=True))) for row in rows]
        return [rtypes.rlist(list(row)) for row in rows]


def unit_value(of: Field, value: float | None, unit: str | None) -> Any:
    """A value with a unit as OMERO's own object; None where there is none."""
    if value is None:
        return None
    cls = getattr(omero.model, f"{of.type}I")
    enum = getattr(omero.model.enums, f"Units{of.type}")
    return cls(float(value), getattr(enum, unit or "", None) or next(iter(enum._enumerators.values())))


def to_rtype(value: Any) -> omero.RType | None:
    """A Python value as an rtype: whole numbers are long, as counts and ids are."""
    if value is None or isinstance(value, omero.RType):
        return value
    if isinstance(value, bool):
        return rtypes.rbool(value)
    if isinstance(value, int):
        return rtypes.rlong(value)
    if isinstance(value, float):
        return rtypes.rdouble(value)
    if isinstance(value, str):
        return rtypes.rstring(value)
    if isinstance(value, omero.model.IObject):
        return rtypes.robject(value)
    if isinstance(value, list):
        return rtypes.rlist([to_rtype(one) for one in value])
    raise omero.QueryException(None, None, f"A {type(value).__name__} cannot be answered.")
