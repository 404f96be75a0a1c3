"""The names of one query (or subquery): its aliases, the joins they need, and what may be read of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import omero
import omero.all
from sqlalchemy import ColumnElement, FromClause, Text, and_, bindparam, func, literal, null, or_, select, true
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import UnaryExpression

from omeropyr.embedded.hql.tree import Path
from omeropyr.embedded.model import Field, FieldKind, Kind, model
from omeropyr.embedded.schema import (
    CLASS,
    CREATED,
    EXTERNAL,
    GROUP,
    OWNER,
    PERMISSIONS,
    UPDATED,
    order_column,
    schema,
    unit_column,
)

WHOLE, OWN, ME, ONLY = "may_whole", "may_own", "may_me", "may_only"
"""Parameters of every statement: groups that may be read whole (JSON), groups of which only the caller's own objects
may be read (JSON), the caller, the one owner that ``omero.user`` asks for. A translation then serves every caller."""

SECRET = {("Session", "uuid")}
"""Fields that no query answers, not to anybody: a session's uuid is a log-in."""

DETAILS = {
    "owner": (OWNER, "Experimenter"),
    "group": (GROUP, "ExperimenterGroup"),
    "creationEvent": (CREATED, "Event"),
    "updateEvent": (UPDATED, "Event"),
    "externalInfo": (EXTERNAL, "ExternalInfo"),
}


@dataclass(eq=False)
class Source:
    """One table in a query, under one alias."""

    kind: Kind
    table: Any
    scope: Scope
    place: int

    def column(self, name: str) -> ColumnElement[Any]:
        """One of its columns."""
        found: ColumnElement[Any] = self.table.c[name]
        return found


class MapSource(Source):
    """The pairs of a map, each as a row with ``name`` and ``value``."""

    def column(self, name: str) -> ColumnElement[Any]:
        """Half of a pair."""
        return func.json_extract(self.table.c.value, "$[0]" if name == "name" else "$[1]", type_=Text)


@dataclass(eq=False)
class UnitSource(Source):
    """A value with a unit under an alias of its own; both are columns of the table that has the field."""

    item: Field | None = None

    def column(self, name: str) -> ColumnElement[Any]:
        """The value or its unit."""
        if self.item is None or name not in _QUANTITY.fields:
            raise refuse("Of a value with a unit, ask for its value or its unit.")
        found: ColumnElement[Any] = self.table.c[self.item.name if name == "value" else unit_column(self.item.name)]
        return found


_HALVES = {name: Field(name, FieldKind.SCALAR, "rstring") for name in ("name", "value")}
_PAIR = Kind("NamedValue", None, False, _HALVES)
_QUANTITY = Kind(
    "Quantity",
    None,
    False,
    {"value": Field("value", FieldKind.SCALAR, "rdouble"), "unit": Field("unit", FieldKind.SCALAR, "rstring")},
)


@dataclass
class Resolved:
    """Where a path leads: to *columns* of *source*. ``field`` is None for ids, classes and details."""

    source: Source
    columns: list[ColumnElement[Any]]
    type: str | None = None
    entity: Kind | None = None
    field: Field | None = None
    permissions: bool = False


def refuse(words: str) -> omero.QueryException:
    """The exception for a query that cannot be translated."""
    return omero.QueryException(None, None, words)


def readable(table: Any) -> ColumnElement[bool]:
    """What of a table a caller may read who may not read everything; see WHOLE, OWN and ME."""
    if OWNER not in table.c:
        return true()
    # A plus keeps SQLite from entering through the index of groups: a group holds more than what is asked for.
    group = UnaryExpression(table.c[GROUP], operator=operators.custom_op("+"), type_=table.c[GROUP].type)
    return or_(group.in_(_ids(WHOLE)), and_(group.in_(_ids(OWN)), table.c[OWNER] == bindparam(ME)))


def _ids(name: str) -> Any:
    return select(func.json_each(bindparam(name)).table_valued("value").c.value)


class Scope:
    """Aliases of one query; asks *outer*, the query around it, for names that are not its own.

    *limited*: the caller may not read everything; *one_owner*: objects that are asked for are of one owner.
    """

    def __init__(self, limited: bool, one_owner: bool = False, outer: Scope | None = None) -> None:
        self._limited = limited
        self._one_owner = one_owner
        self.outer = outer
        self.aliases: dict[str, Source] = {}
        self.froms: list[FromClause] = []
        self.conditions: list[ColumnElement[bool]] = []
        self.tables: list[Any] = []
        self._implied: dict[tuple[Source, str], Source] = {}

    def inner(self) -> Scope:
        """The names of a subquery."""
        return Scope(self._limited, self._one_owner, self)

    # --- adding sources ---

    def add_root(self, kind: Kind, alias: str) -> Source:
        """``from Kind alias``."""
        source = self._source(kind, len(self.froms))
        self.froms.append(source.table)
        self.conditions += [self._class_condition(source), self.readable(source)]
        if self._one_owner and OWNER in source.table.c:
            self.conditions.append(source.column(OWNER) == bindparam(ONLY))
        self._name(alias, source)
        return source

    def join(self, path: Path, alias: str | None, outer: bool, condition: Any) -> Source:
        """``join path alias``; *condition* makes the rest of the ON clause once the alias has its name."""
        names = path.names
        detail = names[-2] == "details" if len(names) > 2 else False
        parent = self.source_of(Path(names[:-2] if detail else names[:-1]))
        name = f"details.{names[-1]}" if detail else names[-1]
        item = parent.kind.all_fields.get(name)
        if item is not None and item.kind is FieldKind.UNIT and condition is None:
            quantity = UnitSource(_QUANTITY, parent.table, self, parent.place, item=item)
            self._name(alias or str(path), quantity)  # joins nothing: an object without the value stays
            return quantity
        source, clause = self._beside(parent, name)
        self._name(alias or str(path), source)
        if condition is not None:
            # What it names is joined before, so that the condition may stand in the ON clause: of an outer join
            # it must not take rows away.
            before = len(self._implied)
            clause = and_(clause, condition())
            if len(self._implied) > before:
                raise refuse("A condition of `with` can ask for fields of what is joined, not of what lies beyond it.")
        self._put(parent, source, clause, outer)
        return source

    def source_of(self, path: Path) -> Source:
        """The table that a path leads to, joined where it is not yet."""
        names = path.names
        found = self.find(names[0])
        if found is None:
            found, names = self._first(names[0]), ("", *names)
        detail = False
        for name in names[1:]:
            if name == "details" and not detail:
                detail = True
                continue
            found = self._implicit(found, f"details.{name}" if detail else name)
            detail = False
        return found

    def _source(self, kind: Kind, place: int) -> Source:
        source = Source(kind, schema().of(kind).alias(), self, place)
        self.tables.append(source.table)
        return source

    def _name(self, alias: str, source: Source) -> None:
        if alias in self.aliases:
            raise refuse(f"The alias {alias!r} is used twice.")
        self.aliases[alias] = source

    def _implicit(self, parent: Source, name: str) -> Source:
        """What a path leads over. As in Hibernate an object without it is left out, whatever is asked of it."""
        key = (parent, name)
        item = parent.kind.all_fields.get(name)
        if item is not None and item.kind is FieldKind.COLLECTION:
            raise refuse(f"{parent.kind.name}.{name} is a collection; join it under an alias.")
        if key not in self._implied:
            known = parent.scope._implied.get(key)
            if known is not None:
                return known
            if parent.scope is self:
                source, clause = self._beside(parent, name)
                self._put(parent, source, clause, outer=False)
            else:  # of an object of the query around this one: it is this one that finds nothing then
                source, clause = self._beside(parent, name, len(self.froms))
                self.froms.append(source.table)
                self.conditions.append(clause)
            self._implied[key] = source
        return self._implied[key]

    def _beside(self, parent: Source, name: str, place: int | None = None) -> tuple[Source, ColumnElement[bool]]:
        """The table at the other end of an association, and what belongs together of the two."""
        place = parent.place if place is None else place
        item = parent.kind.all_fields.get(name)
        if item is not None and item.kind is FieldKind.MAP:
            pairs = func.json_each(parent.column(name)).table_valued("key", "value").alias()
            self.tables.append(pairs)
            return MapSource(_PAIR, pairs, self, place), true()
        kind, on = self._association(parent, name)
        source = self._source(kind, place)
        return source, and_(on(source), self._class_condition(source), self.readable(source))

    def _put(self, parent: Source, source: Source, clause: ColumnElement[bool], outer: bool) -> None:
        self.froms[parent.place] = self.froms[parent.place].join(source.table, clause, isouter=outer)

    def _association(self, parent: Source, name: str) -> tuple[Kind, Any]:
        detail = DETAILS.get(name.removeprefix("details.")) if name.startswith("details.") else None
        if detail is not None and detail[0] in parent.table.c:
            return model()[detail[1]], lambda source: parent.column(detail[0]) == source.column("id")
        item = parent.kind.all_fields.get(name)
        if item is None or item.kind not in (FieldKind.ENTITY, FieldKind.COLLECTION):
            raise refuse(f"{parent.kind.name}.{name} is nothing to join.")
        if item.kind is FieldKind.ENTITY:
            return model()[item.type], lambda source: parent.column(item.name) == source.column("id")
        return model()[item.type], lambda source: source.column(item.inverse) == parent.column("id")

    # --- conditions ---

    @staticmethod
    def _class_condition(source: Source) -> ColumnElement[bool]:
        kind = source.kind
        if not kind.polymorphic or kind.root is kind:
            return true()
        return source.column(CLASS).in_(kind.names)

    def readable(self, source: Source) -> ColumnElement[bool]:
        """What of a table the caller may read."""
        return readable(source.table) if self._limited else true()

    # --- names ---

    def find(self, alias: str) -> Source | None:
        """The source of an alias, of this query or one around it."""
        found = self.aliases.get(alias)
        return found if found is not None or self.outer is None else self.outer.find(alias)

    def _first(self, name: str) -> Source:
        """The source that a bare field belongs to: the first of the query."""
        for source in self.aliases.values():
            known = name in source.kind.all_fields or name in ("id", "version", "class", "details")
            if known:
                return source
        raise refuse(f"{name!r} is neither an alias, nor a field, nor a class.")

    def resolve(self, path: Path) -> Resolved:
        """The columns that a path means."""
        names = path.names
        source = self.find(names[0])
        if source is None:
            source, names = self._first(names[0]), ("", *names)
        if len(names) == 1:
            return Resolved(source, [source.column("id")], "rlong", source.kind)
        place = 1
        while place < len(names):
            found = _ending(source, names[place:])
            if found is not None:
                return found
            if names[place] == "details":
                place += 1
                names = (*names[:place], f"details.{names[place]}", *names[place + 1 :])
            source = self._implicit(source, names[place])
            place += 1
        raise refuse(f"{path} leads nowhere.")


def _ending(source: Source, rest: tuple[str, ...]) -> Resolved | None:
    """What the *rest* of a path is when no further join is needed for it."""
    name, tail = rest[0], rest[1:]
    if not tail and name in ("id", "version") and name in source.table.c:
        return Resolved(source, [source.column(name)], "rlong" if name == "id" else "rint")
    if not tail and name == "class":
        return Resolved(source, [_class_of(source)], "rstring")
    if name == "details":
        return _details(source, tail)
    item = source.kind.all_fields.get(name)
    if item is None:
        raise refuse(f"{source.kind.name} has no field {name!r}.")
    if (source.kind.root.name, name) in SECRET:
        raise omero.SecurityViolation(None, None, f"{source.kind.name}.{name} is not for queries.")
    return _field(source, item, tail)


def _field(source: Source, item: Field, tail: tuple[str, ...]) -> Resolved | None:
    if item.kind is FieldKind.ENTITY and tail in ((), ("id",)):
        kind = model()[item.type]
        return Resolved(source, [source.column(item.name)], "rlong", None if tail else kind, item)
    if item.kind is FieldKind.UNIT and tail in ((), ("value",), ("unit",)):
        value, unit = source.column(item.name), source.column(unit_column(item.name))
        if not tail:
            return Resolved(source, [value, unit], "rdouble", None, item)
        return Resolved(source, [value if tail == ("value",) else unit], "rdouble" if tail == ("value",) else "rstring")
    if item.kind is FieldKind.SCALAR and not tail:
        return Resolved(source, [source.column(item.name)], item.type, None, item)
    if item.kind is FieldKind.COLLECTION and not tail:
        return Resolved(source, [], None, None, item)
    if item.kind is FieldKind.ENTITY:
        return None
    raise refuse(f"{source.kind.name}.{item.name} has nothing below it, or cannot be asked for like this.")


def _details(source: Source, tail: tuple[str, ...]) -> Resolved | None:
    if tail == ("permissions", "perm1") and PERMISSIONS in source.table.c:
        return Resolved(source, [source.column(PERMISSIONS)], "rlong")
    if tail == ("permissions",):
        return Resolved(source, permission_columns(source), permissions=True)
    known = DETAILS.get(tail[0]) if tail else None
    if known is None or known[0] not in source.table.c:
        raise refuse(f"{source.kind.name} has no details like {'.'.join(tail) or 'this'}.")
    if tail[1:] in ((), ("id",)):
        return Resolved(source, [source.column(known[0])], "rlong", model()[known[1]] if not tail[1:] else None)
    return None


def permission_columns(source: Source) -> list[ColumnElement[Any]]:
    """Owner and group of an object; a group of users stands for itself."""
    if OWNER in source.table.c:
        return [source.column(OWNER), source.column(GROUP)]
    return [null(), source.column("id") if PERMISSIONS in source.table.c else null()]


def place_in_collection(source: Source) -> ColumnElement[Any] | None:
    """The column with the place of an object in the ordered collection that holds it; None where nothing orders it."""
    columns = [column for column in source.table.c if column.name.endswith(order_column(""))]
    return columns[0] if len(columns) == 1 else None


def _class_of(source: Source) -> Any:
    return source.column(CLASS) if CLASS in source.table.c else literal(source.kind.name)
