"""An HQL tree to a SQLAlchemy select that serves every caller and every value of its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select, true

from omeropyr.embedded.hql import tree
from omeropyr.embedded.hql.expressions import Expressions, one_column, tables_around
from omeropyr.embedded.hql.outputs import Bundle, Entity, Fetch, Output, Permissions, Scalar, Unit
from omeropyr.embedded.hql.scope import DETAILS, Resolved, Scope, Source, permission_columns, refuse
from omeropyr.embedded.hql.types import rtype_of
from omeropyr.embedded.model import FieldKind, model

MOST_COLUMNS = 1000
PERMISSIONS_SUFFIX = "_details_permissions"
_ALWAYS_THERE = frozenset(f"details.{name}" for name in DETAILS if name != "externalInfo")
"""What every object has: to fetch it takes no row away."""


@dataclass(frozen=True)
class Translated:
    """The select, and what each of its columns is."""

    statement: Select[Any]
    outputs: list[Output]
    multiplied: Select[Any] | None = None
    """Where fetched collections make several rows of one selected object: the same with each object once."""

    def page(self, offset: int, limit: int) -> Select[Any]:
        """Some of the rows; a page of objects is one of objects, not of what is fetched with them."""
        wanted = self.statement if self.multiplied is None else self.multiplied
        return wanted.offset(offset).limit(limit)


def translate(query: tree.Query, shapes: Mapping[str, bool], limited: bool, one_owner: bool = False) -> Translated:
    """The select for *query*; ``omero.QueryException`` for what SQL cannot say.

    *shapes* has the names of the parameters and whether each is a list; *limited*: the caller may not read everything;
    *one_owner*: only one owner's objects are asked for. Values come later: see ``expressions.GIVEN`` and ``scope.ME``.
    """
    return _Translator(shapes, Scope(limited, one_owner)).query(query)


class _Translator(Expressions):
    def __init__(self, shapes: Mapping[str, bool], scope: Scope) -> None:
        super().__init__(shapes, scope)
        self._fetched: dict[Source, Fetch] = {}
        self._fetches_collection = False
        self._roots: set[Source] = set()
        self._fetch_only: dict[str, tuple[Fetch, str]] = {}

    # --- queries ---

    def query(self, query: tree.Query) -> Translated:
        if len(query.items) > MOST_COLUMNS:
            raise refuse(f"A query selects at most {MOST_COLUMNS} values.")
        first = self._sources(query)
        outputs: list[Output] = []
        columns: list[Any] = []
        for item in query.items or (tree.Item(tree.Path((first,)), None),):
            output, made = self._output(item.value)
            outputs.append(output)
            columns += made
        labelled = [column.label(f"c{place}") for place, column in enumerate(columns)]
        keys = self._keys(query)
        plain = self._finish(select(*labelled), query)
        statement = plain.order_by(*keys) if keys else plain
        if not (self._fetches_collection and len(outputs) == 1 and isinstance(outputs[0], Entity)):
            return Translated(statement, outputs)
        place = func.row_number().over(order_by=keys or None).label("place")
        each = self._finish(select(*labelled, place), query, distinct=False).subquery()
        once = select(each.c.c0).group_by(each.c.c0).order_by(func.min(each.c.place))
        return Translated(statement, outputs, once)

    def subquery(self, query: tree.Query) -> Select[Any]:
        inner = _Translator(self._shapes, self._scope.inner())
        first = inner._sources(query)
        items = query.items or (tree.Item(tree.Path((first,)), None),)
        keys = inner._keys(query)
        statement = inner._finish(select(*(inner.value(item.value) for item in items)), query)
        statement = statement.order_by(*keys) if keys else statement
        return statement.correlate(*tables_around(inner._scope))

    def _sources(self, query: tree.Query) -> str:
        names: list[str] = []
        spared = self._spared(query) if self._scope.outer is None else set()
        for entry in query.sources:
            if isinstance(entry, tree.Join):
                self._fetch_later(entry) if id(entry) in spared else self._join(entry)
                continue
            name = entry.alias or str(entry.path)
            self._roots.add(self._root(entry.path, name))
            names.append(name)
        return names[0]

    def _root(self, path: tree.Path, name: str) -> Source:
        """A class, or in a subquery a collection of an object of the query around it (``from d.imageLinks l``)."""
        if len(path.names) > 1 and self._scope.find(path.names[0]) is not None:
            owner = self._scope.source_of(tree.Path(path.names[:-1]))
            item = owner.kind.all_fields.get(path.names[-1])
            if item is None or item.kind is not FieldKind.COLLECTION:
                raise refuse(f"{path} is no collection.")
            source = self._scope.add_root(model()[item.type], name)
            self._scope.conditions.append(source.column(item.inverse) == owner.column("id"))
            return source
        kind = model().find(str(path))
        if kind is None:
            raise refuse(f"There is no class {path}.")
        return self._scope.add_root(kind, name)

    # --- joins and fetches ---

    @staticmethod
    def _spared(query: tree.Query) -> set[int]:
        """Joins that only say what to fetch: the loader does that, and the database need not join."""
        used = {path.names[0] for path in _paths((query.items, query.where, query.group, query.having, query.order))}
        known = {entry.alias for entry in query.sources}
        spared: set[int] = set()
        for entry in reversed(query.sources):
            if isinstance(entry, tree.Root):
                continue
            owner = entry.path.names[0]
            harmless = entry.outer or ".".join(entry.path.names[1:]) in _ALWAYS_THERE
            named = entry.alias is not None and entry.alias in used
            if entry.fetch and harmless and not named and entry.condition is None and owner in known:
                spared.add(id(entry))
            else:
                used |= {owner} | {path.names[0] for path in _paths(entry.condition)}
        return spared

    def _join(self, entry: tree.Join) -> None:
        wanted = entry.condition
        condition = None if wanted is None else lambda: self.value(wanted)
        source = self._scope.join(entry.path, entry.alias, entry.outer, condition)
        if not entry.fetch:
            return
        names = entry.path.names
        parent = self._scope.source_of(_owner_path(entry.path))
        item = parent.kind.all_fields.get(names[-1])
        self._fetches_collection |= item is not None and item.kind in (FieldKind.COLLECTION, FieldKind.MAP)
        below = self._fetched.setdefault(parent, Fetch()).below
        below[_field_name(names)] = self._fetched.setdefault(source, Fetch())

    def _fetch_later(self, entry: tree.Join) -> None:
        """Note what to fetch, without a join. What it hangs on is a source, or itself fetched like this."""
        names = entry.path.names
        known = self._fetch_only.get(names[0])
        if known is not None:
            fetch, kind_name = known
        else:
            source = self._scope.source_of(tree.Path(names[:1]))
            fetch, kind_name = self._fetched.setdefault(source, Fetch()), source.kind.name
        kind = model()[kind_name]
        for name in _steps(names[1:]):
            item = kind.all_fields.get(name)
            detail = DETAILS.get(name.removeprefix("details.")) if name.startswith("details.") else None
            if detail is None and (item is None or item.kind in (FieldKind.SCALAR, FieldKind.STRINGS)):
                raise refuse(f"{kind.name}.{name} is nothing to join.")
            fetch = fetch.below.setdefault(name, Fetch())
            if item is not None and item.kind in (FieldKind.UNIT, FieldKind.MAP):
                break
            kind = model()[detail[1] if detail is not None else item.type]  # type: ignore[union-attr]
        alias = entry.alias or str(entry.path)
        if alias in self._fetch_only or alias in self._scope.aliases:
            raise refuse(f"The alias {alias!r} is used twice.")
        self._fetch_only[alias] = (fetch, kind.name)

    def _finish(self, statement: Select[Any], query: tree.Query, distinct: bool = True) -> Select[Any]:
        where = [self.value(query.where)] if query.where is not None else []
        groups = [self.value(node) for node in query.group]
        having = [self.value(query.having)] if query.having is not None else []
        # Only now are all joins known that paths asked for.
        statement = statement.select_from(*self._scope.froms).where(and_(true(), *self._scope.conditions, *where))
        if groups:
            statement = statement.group_by(*groups)
        if having:
            statement = statement.having(*having)
        return statement.distinct() if query.distinct and distinct else statement

    def _keys(self, query: tree.Query) -> list[Any]:
        return [self._key(wanted, {item.name: item.value for item in query.items}) for wanted in query.order]

    def _key(self, wanted: tree.Order, named: Mapping[str | None, tree.Node]) -> Any:
        """A key of the order. Nulls come where PostgreSQL has them: last when ascending, first when descending."""
        node = wanted.value
        if isinstance(node, tree.Path) and len(node.names) == 1 and self._scope.find(node.names[0]) is None:
            node = named.get(node.names[0], node)
        key = self.value(node)
        ordered = key.desc() if wanted.descending else key.asc()
        if wanted.nulls is None and isinstance(node, tree.Path) and self._never_null(node):
            return ordered  # an index gives this order; SQLite would not see it behind a word about nulls
        first = wanted.descending if wanted.nulls is None else wanted.nulls == "first"
        return ordered.nulls_first() if first else ordered.nulls_last()

    def _never_null(self, node: tree.Path) -> bool:
        found = self.path(node)
        if isinstance(found, str) or found.source not in self._roots:
            return isinstance(found, str)
        return found.field is None or not found.field.nullable

    # --- what is selected ---

    def _output(self, node: tree.Node) -> tuple[Output, list[Any]]:
        if isinstance(node, tree.New):
            made = [(item.name or str(place), *self._named(item)) for place, item in enumerate(node.items)]
            return Bundle(node.kind, [(name, out) for name, out, _ in made]), [
                col for _, _, cols in made for col in cols
            ]
        if isinstance(node, tree.Path):
            found = self.path(node)
            if isinstance(found, Resolved):
                return self._resolved_output(found)
        return Scalar(rtype_of(node, self._type)), [self.value(node)]

    def _named(self, item: tree.Item) -> tuple[Output, list[Any]]:
        """A value of a map; OMERO answers what may be done with an object under a name that ends so."""
        if item.name is not None and item.name.endswith(PERMISSIONS_SUFFIX) and isinstance(item.value, tree.Path):
            found = self.path(item.value)
            if isinstance(found, Resolved) and found.entity is not None:
                source = found.source if found.field is None else self._scope.source_of(item.value)
                return Permissions(source.kind.name), permission_columns(source)
        return self._output(item.value)

    def _type(self, path: tree.Path) -> str | None:
        if path.names[-1] == "size" and len(path.names) > 1:
            return "rint"
        found = self.path(path)
        return found.type if isinstance(found, Resolved) else "rstring"

    def _resolved_output(self, found: Resolved) -> tuple[Output, list[Any]]:
        if found.permissions:
            return Permissions(found.source.kind.name), found.columns
        if found.field is not None and found.field.kind is FieldKind.UNIT and len(found.columns) == 2:
            return Unit(found.field), found.columns
        if found.entity is not None:
            own = self._fetched.get(found.source, Fetch()) if found.field is None else Fetch()
            return Entity(found.entity, own), found.columns
        return Scalar(found.type), [one_column(found)]


def _owner_path(path: tree.Path) -> tree.Path:
    names = path.names[:-1]
    return tree.Path(names[:-1] if names[-1] == "details" else names)


def _field_name(names: tuple[str, ...]) -> str:
    return ".".join(names[-2:]) if names[-2:-1] == ("details",) else names[-1]


def _steps(names: tuple[str, ...]) -> Iterator[str]:
    """``details.owner`` is one step."""
    waiting = iter(names)
    for name in waiting:
        yield f"details.{next(waiting, '')}" if name == "details" else name


def _paths(node: Any) -> Iterator[tree.Path]:
    """All paths in a part of a tree."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tree.Path):
            yield one
        elif isinstance(one, tuple | list):
            waiting += one
        elif is_dataclass(one):
            waiting += [getattr(one, item.name) for item in fields(one)]
