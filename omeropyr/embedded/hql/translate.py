"""An HQL tree to a SQLAlchemy select, with every value bound, never written into the text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    tuple_,
)

from omeropyr.embedded.hql import tree
from omeropyr.embedded.hql.outputs import Bundle, Entity, Fetch, Output, Permissions, Scalar, Unit
from omeropyr.embedded.hql.scope import Resolved, Scope, Source, refuse
from omeropyr.embedded.model import FieldKind, model
from omeropyr.embedded.permissions import Readable
from omeropyr.embedded.schema import OWNER, order_column

_PACKAGES = {"Annotation": "annotations", "Job": "jobs", "LightSource": "acquisition", "Shape": "roi"}
"""Java packages of the hierarchies whose members a client may want to tell apart."""

MOST_VALUES = 100_000
MANY_VALUES = 500
"""More than these go to SQLite as one JSON text: it takes only so many single values."""

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "||": lambda a, b: cast(a, String).concat(cast(b, String)),
    # Backslash, as PostgreSQL under OMERO has it.
    "like": lambda a, b: a.like(b, escape="\\"),
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "lower": func.lower,
    "upper": func.upper,
    "sum": func.sum,
    "min": func.min,
    "max": func.max,
    "avg": func.avg,
    "coalesce": func.coalesce,
    "nullif": func.nullif,
    "length": func.length,
    "trim": func.trim,
    "abs": func.abs,
    "substring": func.substr,
}
_CASTS = {
    "long": BigInteger,
    "int": BigInteger,
    "integer": BigInteger,
    "double": Float,
    "float": Float,
    "string": String,
}


@dataclass(frozen=True)
class Translated:
    """The select, and what each of its columns is."""

    statement: Select[Any]
    outputs: list[Output]
    multiplied: bool = False
    """Whether fetched collections make several rows of one selected object."""


def translate(
    query: tree.Query, values: Mapping[str, Any], may: Readable, user_id: int, only_user: int | None = None
) -> Translated:
    """The select for *query* with *values* for its parameters; ``omero.QueryException`` for what SQL cannot say."""
    return _Translator(values, Scope(may, user_id), only_user).query(query)


class _Translator:
    def __init__(self, values: Mapping[str, Any], scope: Scope, only_user: int | None = None) -> None:
        self._values = values
        self._scope = scope
        self._only_user = only_user
        self._fetched: dict[Source, Fetch] = {}
        self._fetches_collection = False

    # --- queries ---

    def query(self, query: tree.Query) -> Translated:
        first = self._sources(query)
        outputs: list[Output] = []
        columns: list[Any] = []
        for item in query.items or (tree.Item(tree.Path((first,)), None),):
            output, made = self._output(item.value)
            outputs.append(output)
            columns += made
        statement = select(*(column.label(f"c{place}") for place, column in enumerate(columns)))
        multiplied = self._fetches_collection and len(outputs) == 1 and isinstance(outputs[0], Entity)
        return Translated(self._finish(statement, query), outputs, multiplied)

    def subquery(self, query: tree.Query) -> Select[Any]:
        """One column, for ``in``, ``exists`` and values."""
        inner = _Translator(self._values, Scope(self._scope._may, self._scope._user_id, self._scope))
        first = inner._sources(query)
        items = query.items or (tree.Item(tree.Path((first,)), None),)
        statement = select(*(inner.value(item.value) for item in items))
        return inner._finish(statement, query)

    def _sources(self, query: tree.Query) -> str:
        names: list[str] = []
        for entry in query.sources:
            if isinstance(entry, tree.Join):
                self._join(entry)
                continue
            name = entry.alias or str(entry.path)
            source = self._root(entry.path, name)
            if self._only_user is not None and OWNER in source.table.c:
                self._scope.conditions.append(source.column(OWNER) == self._only_user)
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

    def _join(self, entry: tree.Join) -> None:
        wanted = entry.condition
        condition = None if wanted is None else lambda: self.value(wanted)
        source = self._scope.join(entry.path, entry.alias, entry.outer, condition)
        if entry.fetch:
            parent = self._scope.source_of(_owner_path(entry.path))
            item = parent.kind.all_fields.get(entry.path.names[-1])
            self._fetches_collection |= item is not None and item.kind in (FieldKind.COLLECTION, FieldKind.MAP)
            name = ".".join(entry.path.names[-2:]) if "details" in entry.path.names[-2:-1] else entry.path.names[-1]
            below = self._fetched.setdefault(parent, Fetch()).below
            below[name] = self._fetched.setdefault(source, Fetch())

    def _finish(self, statement: Select[Any], query: tree.Query) -> Select[Any]:
        where = [self.value(query.where)] if query.where is not None else []
        groups = [self.value(node) for node in query.group]
        having = [self.value(query.having)] if query.having is not None else []
        order = [self.value(key.value) for key in query.order]
        # Only now are all joins known that paths asked for.
        statement = statement.select_from(*self._scope.froms).where(and_(true(), *self._scope.conditions, *where))
        if groups:
            statement = statement.group_by(*groups)
        if having:
            statement = statement.having(*having)
        keys = [key.desc() if wanted.descending else key.asc() for key, wanted in zip(order, query.order, strict=True)]
        statement = statement.order_by(*keys) if keys else statement
        statement = statement.distinct() if query.distinct else statement
        outside = self._scope.outer
        return statement.correlate(*_tables(outside)) if outside is not None else statement

    # --- what is selected ---

    def _output(self, node: tree.Node) -> tuple[Output, list[Any]]:
        if isinstance(node, tree.New):
            made = [(item.name or str(place), *self._output(item.value)) for place, item in enumerate(node.items)]
            return Bundle(node.kind, [(name, out) for name, out, _ in made]), [
                col for _, _, cols in made for col in cols
            ]
        if isinstance(node, tree.Path):
            found = self._path(node)
            if isinstance(found, Resolved):
                return self._resolved_output(found)
        return Scalar(self._type(node)), [self.value(node)]

    def _resolved_output(self, found: Resolved) -> tuple[Output, list[Any]]:
        if found.permissions:
            return Permissions(), found.columns
        if found.field is not None and found.field.kind is FieldKind.UNIT and len(found.columns) == 2:
            return Unit(found.field), found.columns
        if found.entity is not None:
            own = self._fetched.get(found.source, Fetch()) if found.field is None else Fetch()
            return Entity(found.entity, own), found.columns
        return Scalar(found.type), [_one(found)]

    def _type(self, node: tree.Node) -> str | None:
        """The rtype of an expression, where it follows from a field."""
        if isinstance(node, tree.Call) and node.name in ("min", "max", "sum", "coalesce") and node.arguments:
            return self._type(node.arguments[0])
        if isinstance(node, tree.Path):
            found = self._path(node)
            return found.type if isinstance(found, Resolved) else None
        boolean = isinstance(node, tree.Contained) or (
            isinstance(node, tree.Operation) and node.operator not in ("+", "-", "*", "/", "||", "neg")
        )
        return "rbool" if boolean else None

    def _path(self, path: tree.Path) -> Resolved | str:
        """Where a path leads, or the name of a class as text."""
        if len(path.names) == 1 and self._scope.find(path.names[0]) is None:
            kind = model().find(path.names[0])
            if kind is not None and path.names[0][0].isupper():
                return kind.name
        return self._scope.resolve(path)

    # --- expressions ---

    def value(self, node: tree.Node) -> ColumnElement[Any]:
        """The SQL of an expression."""
        handler = getattr(self, f"_{type(node).__name__.lower()}_value", None)
        if handler is None:
            raise refuse(f"{type(node).__name__} has no value here.")
        result: ColumnElement[Any] = handler(node)
        return result

    def _literal_value(self, node: tree.Literal) -> Any:
        return null() if node.value is None else literal(node.value)

    def _param_value(self, node: tree.Param) -> Any:
        found = self._given(node.name)
        if isinstance(found, list):
            return tuple_(*(bindparam(None, one, unique=True) for one in found))
        return null() if found is None else bindparam(None, found, unique=True)

    def _given(self, name: str) -> Any:
        if name not in self._values:
            raise refuse(f"The parameter :{name} has no value.")
        return self._values[name]

    def _path_value(self, node: tree.Path) -> Any:
        found = self._path(node)
        return literal(found) if isinstance(found, str) else _one(found)

    def _query_value(self, node: tree.Query) -> Any:
        return self.subquery(node).scalar_subquery()

    def _case_value(self, node: tree.Case) -> Any:
        whens = [(self.value(condition), self.value(result)) for condition, result in node.whens]
        return case(*whens, else_=self.value(node.otherwise) if node.otherwise is not None else None)

    def _contained_value(self, node: tree.Contained) -> Any:
        value = self.value(node.value)
        if isinstance(node.where, tree.Param):
            given = self._given(node.where.name)
            values = given if isinstance(given, list) else [given]
            if len(values) > MOST_VALUES:
                raise refuse(f":{node.where.name} has more than {MOST_VALUES} values.")
            if len(values) > MANY_VALUES:
                return value.in_(select(func.json_each(json.dumps(values)).table_valued("value").c.value))
            return value.in_(values) if values else false()
        if isinstance(node.where, tree.Query):
            return value.in_(self.subquery(node.where))
        if isinstance(node.where, tree.Path):
            return value.in_(self._collection(node.where))
        return value.in_([self.value(one) for one in node.where])

    def _operation_value(self, node: tree.Operation) -> Any:
        name = node.operator
        if name == "exists":
            return exists(self.subquery(node.operands[0]))  # type: ignore[arg-type]
        if name == "is empty":
            return not_(exists(self._collection(node.operands[0])))
        operands = [self.value(one) for one in node.operands]
        if name == "and":
            return and_(*operands)
        if name == "or":
            return or_(*operands)
        if name == "not":
            return not_(operands[0])
        if name == "neg":
            return -operands[0]
        if name == "is null":
            return operands[0].is_(None)
        if name == "between":
            return operands[0].between(operands[1], operands[2])
        return _BINARY[name](*operands)

    def _call_value(self, node: tree.Call) -> Any:
        if node.name == "count":
            return self._count(node)
        if node.name == "size":
            collection = self._collection(node.arguments[0])
            return select(func.count()).select_from(collection.subquery()).scalar_subquery()
        if node.name == "type":
            return self._java_class(node)
        if node.name in ("index", "minindex", "maxindex"):
            place = self._index(node.arguments[0])
            return place if node.name == "index" else getattr(func, node.name[:3])(place)
        arguments = [self.value(one) for one in node.arguments]
        if node.name == "cast" and node.cast_to in _CASTS:
            return cast(arguments[0], _CASTS[node.cast_to])
        if node.name == "str":
            return cast(arguments[0], String)
        if node.name == "concat":
            result: Any = cast(arguments[0], String)
            for one in arguments[1:]:
                result = result.concat(cast(one, String))
            return result
        if node.name not in _FUNCTIONS:
            raise refuse(f"There is no function {node.name}().")
        return _FUNCTIONS[node.name](arguments[0].distinct() if node.distinct else arguments[0], *arguments[1:])

    def _java_class(self, node: tree.Call) -> Any:
        """``type(x)`` and ``type(x.class)`` are the full name of x's Java class in OMERO."""
        path = node.arguments[0] if len(node.arguments) == 1 else None
        if not isinstance(path, tree.Path):
            raise refuse("type() takes one object.")
        names = path.names if path.names[-1] == "class" else (*path.names, "class")
        found = self._scope.resolve(tree.Path(names))
        package = _PACKAGES.get(found.source.kind.root.name)
        if package is None:
            raise refuse(f"type() is for {', '.join(_PACKAGES)}.")
        return literal(f"ome.model.{package}.").concat(_one(found))

    def _count(self, node: tree.Call) -> Any:
        if node.star or not node.arguments:
            return func.count()
        counted = self.value(node.arguments[0])
        return func.count(counted.distinct() if node.distinct else counted)

    def _index(self, node: tree.Node) -> Any:
        """The place of an object in the ordered collection that holds it."""
        found = self._scope.resolve(node) if isinstance(node, tree.Path) else None
        columns = [] if found is None else [col for col in found.source.table.c if col.name.endswith(order_column(""))]
        if len(columns) != 1:
            raise refuse("index() takes the alias of an ordered collection.")
        return columns[0]

    def _collection(self, node: tree.Node) -> Select[Any]:
        """The ids in the collection that a path names."""
        found = self._scope.resolve(node) if isinstance(node, tree.Path) else None
        item = None if found is None else found.field
        if found is None or item is None or item.kind is not FieldKind.COLLECTION:
            raise refuse("A collection is expected here.")
        inner = Scope(self._scope._may, self._scope._user_id, self._scope)
        source = inner.add_root(model()[item.type], "element")
        statement = select(source.column("id")).where(
            source.column(item.inverse) == found.source.column("id"), *inner.conditions
        )
        return statement.correlate(*_tables(self._scope))


def _one(found: Resolved) -> Any:
    if not found.columns:
        raise refuse(f"A collection ({found.field.name if found.field else ''}) is not a value; join it.")
    if found.permissions:
        raise refuse("Permissions can be selected, not compared.")
    return found.columns[0]


def _owner_path(path: tree.Path) -> tree.Path:
    names = path.names[:-1]
    return tree.Path(names[:-1] if names[-1] == "details" else names)


def _tables(scope: Scope | None) -> list[Any]:
    """All tables of a query and of those around it."""
    found: list[Any] = []
    while scope is not None:
        for source in scope.aliases.values():
            waiting = [source]
            while waiting:
                one = waiting.pop()
                found.append(one.table)
                waiting += one.joined.values()
        scope = scope.outer
    return found
