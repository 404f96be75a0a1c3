"""What a selected expression is, and how its columns become a value for the client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import omero
import omero.all
from omero import rtypes

from omeropyr.embedded.model import Field, Kind

if TYPE_CHECKING:
    from omeropyr.embedded.loader import Loader

_RTYPES: dict[str, Callable[[Any], omero.RType]] = {
    "rstring": rtypes.rstring,
    "rint": rtypes.rint,
    "rlong": rtypes.rlong,
    "rtime": rtypes.rtime,
    "rdouble": rtypes.rdouble,
    "rfloat": rtypes.rfloat,
    "rbool": rtypes.rbool,
}


@dataclass
class Fetch:
    """What is loaded together with an object: fields (``details.owner`` too) and what is fetched below them."""

    below: dict[str, Fetch] = field(default_factory=dict)


class Output:
    """One selected expression: it takes ``width`` columns of a row."""

    width = 1

    def plain(self, cells: Iterator[Any], loader: Loader) -> Any:
        """The value for Python; takes its own columns from *cells*."""
        return next(cells)

    def rtype(self, cells: Iterator[Any], loader: Loader) -> omero.RType | None:
        """The value for the wire."""
        return to_rtype(self.plain(cells, loader))


@dataclass
class Scalar(Output):
    """A number, a text, a truth value; *type* is the rtype's name where a field says it."""

    type: str | None = None

    def plain(self, cells: Iterator[Any], loader: Loader) -> Any:
        """The value; SQLite has no truth values of its own."""
        value = next(cells)
        return bool(value) if self.type == "rbool" and value is not None else value

    def rtype(self, cells: Iterator[Any], loader: Loader) -> omero.RType | None:
        """The value as its field's rtype."""
        value = self.plain(cells, loader)
        if value is None:
            return None
        return _RTYPES[self.type](value) if self.type in _RTYPES else to_rtype(value)


@dataclass
class Entity(Output):
    """An object, by its id; loaded with what *fetch* says."""

    kind: Kind
    fetch: Fetch = field(default_factory=Fetch)
    loaded: bool = True

    def plain(self, cells: Iterator[Any], loader: Loader) -> Any:
        """The object, None where there is none or it may not be read."""
        object_id = next(cells)
        return None if object_id is None else loader.get(self.kind, int(object_id), self.fetch)

    def rtype(self, cells: Iterator[Any], loader: Loader) -> omero.RType | None:
        """The object in its envelope."""
        found = self.plain(cells, loader)
        return None if found is None else rtypes.robject(found)


@dataclass
class Unit(Output):
    """A value with a unit: two columns."""

    field: Field
    width = 2

    def plain(self, cells: Iterator[Any], loader: Loader) -> Any:
        """An ``omero.model`` object such as LengthI."""
        return unit_value(self.field, next(cells), next(cells))

    def rtype(self, cells: Iterator[Any], loader: Loader) -> omero.RType | None:
        """OMERO answers a map of value, unit and symbol."""
        found = self.plain(cells, loader)
        if found is None:
            return None
        unit = found.getUnit().name
        return rtypes.rmap(
            {
                "value": rtypes.rdouble(found.getValue()),
                "unit": rtypes.rstring(unit),
                "symbol": rtypes.rstring(found.getSymbol()),
            }
        )


class Permissions(Output):
    """``obj.details.permissions``: owner and group of the object, two columns."""

    width = 2

    def plain(self, cells: Iterator[Any], loader: Loader) -> Any:
        """What the caller may do, as OMERO's ``..._details_permissions`` says it."""
        return loader.permissions_map(next(cells), next(cells))

    def rtype(self, cells: Iterator[Any], loader: Loader) -> omero.RType | None:
        """The same as a map."""
        found = self.plain(cells, loader)
        return rtypes.rmap({name: to_rtype(value) for name, value in found.items()})


@dataclass
class Bundle(Output):
    """``new map(...)`` or ``new list(...)``."""

    kind: str
    items: list[tuple[str, Output]]

    def __post_init__(self) -> None:
        self.width = sum(output.width for _, output in self.items)

    def plain(self, cells: Iterator[Any], loader: Loader) -> Any:
        """A dict or a list."""
        values = [(name, output.plain(cells, loader)) for name, output in self.items]
        return dict(values) if self.kind == "map" else [value for _, value in values]

    def rtype(self, cells: Iterator[Any], loader: Loader) -> omero.RType | None:
        """A map or a list on the wire."""
        values = [(name, output.rtype(cells, loader)) for name, output in self.items]
        return rtypes.rmap(dict(values)) if self.kind == "map" else rtypes.rlist([value for _, value in values])


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
