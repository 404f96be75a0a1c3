"""The tree of an HQL query. Nodes are values: equal queries give equal trees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Node:
    """Anything that has a value in a query."""


@dataclass(frozen=True)
class Literal(Node):
    """A constant: text, number, true, false or null; *long* for ``1L``."""

    value: str | int | float | bool | None
    long: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Param(Node):
    """``:name``."""

    name: str


@dataclass(frozen=True)
class Path(Node):
    """``alias.field.field``, a bare field, an alias, or the name of a class."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(frozen=True)
class Call(Node):
    """A function: ``count``, ``lower``, ``cast(x as long)`` (*cast_to*), ``count(*)`` (*star*)."""

    name: str
    arguments: tuple[Node, ...]
    distinct: bool = False
    star: bool = False
    cast_to: str | None = None


@dataclass(frozen=True)
class Operation(Node):
    """An operator between or before operands: ``and``, ``or``, ``not``, ``=``, ``+``, ``||``, ``like`` ..."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Contained(Node):
    """``x in (...)``: *where* is a list of nodes, a parameter, a query or the path of a collection."""

    value: Node
    where: Any


@dataclass(frozen=True)
class Case(Node):
    """``case when c then v ... else v end``."""

    whens: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True)
class New(Node):
    """``new map(x as name, ...)`` or ``new list(x, ...)``."""

    kind: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Item:
    """One selected expression with its name."""

    value: Node
    name: str | None


@dataclass(frozen=True)
class Root:
    """``from Path alias``; the path is a class, or a collection of an outer query's alias."""

    path: Path
    alias: str | None


@dataclass(frozen=True)
class Join:
    """``[left] join [fetch] path alias [with condition]``."""

    path: Path
    alias: str | None
    outer: bool
    fetch: bool
    condition: Node | None


@dataclass(frozen=True)
class Order:
    """One key of ``order by``; *nulls* is ``first``, ``last``, or None for what the direction means."""

    value: Node
    descending: bool
    nulls: str | None = None


@dataclass(frozen=True)
class Query(Node):
    """A whole query, or a subquery."""

    items: tuple[Item, ...]
    distinct: bool
    sources: tuple[Root | Join, ...]
    where: Node | None
    group: tuple[Node, ...]
    having: Node | None
    order: tuple[Order, ...]
