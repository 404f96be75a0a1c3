"""Expressions of HQL in SQL. Every value is bound, never written into the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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
    func,
    literal,
    not_,
    null,
    or_,
    select,
)
from sqlalchemy.types import UserDefinedType

from omeropyr.embedded.graphs.names import full_name
from omeropyr.embedded.hql import tree
from omeropyr.embedded.hql.scope import Resolved, Scope, Source, place_in_collection, refuse
from omeropyr.embedded.model import Field, FieldKind, model

if TYPE_CHECKING:
    from collections.abc import Mapping


class AnyType(UserDefinedType[Any]):
    """A parameter that is handed to the driver as it is, whatever it is compared to."""

    cache_ok = True

    def get_col_spec(self, **_kw: Any) -> str:
        """Nothing is stored under this type."""
        return "BLOB"


GIVEN = "given_"
"""Before the names of a query's own parameters, so that they meet none of ours."""

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "!=": lambda a, b: a != b,
    "^=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "+": lambda a, b: a.op("+", precedence=7)(b),
    "-": lambda a, b: a.op("-", precedence=7)(b),
    "*": lambda a, b: a.op("*", precedence=8)(b),
    # Of whole numbers a whole number, as in PostgreSQL; SQLAlchemy's own would make a fraction of it.
    "/": lambda a, b: a.op("/", precedence=8)(b),
    "||": lambda a, b: cast(a, String).concat(cast(b, String)),
}
_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "lower": (1, func.lower),
    "upper": (1, func.upper),
    "sum": (1, func.sum),
    "min": (1, func.min),
    "max": (1, func.max),
    "avg": (1, func.avg),
    "coalesce": (0, func.coalesce),
    "nullif": (2, func.nullif),
    "length": (1, func.length),
    "trim": (1, func.trim),
    "abs": (1, func.abs),
    "sqrt": (1, func.sqrt),
    "mod": (2, lambda a, b: a.op("%", precedence=8)(b)),
    "locate": (2, lambda what, where: func.instr(where, what)),
    "substring": (0, func.substr),
    "str": (1, lambda a: cast(a, String)),
}
"""How many arguments (0: two or more, for coalesce one), and the SQL of them."""
_CASTS = {
    "long": BigInteger, "int": BigInteger, "integer": BigInteger, "boolean": BigInteger,
    "double": Float, "float": Float, "string": String,
}  # fmt: skip


class Expressions:
    """The values of one query. *shapes* says of each parameter whether it is a list."""

    def __init__(self, shapes: Mapping[str, bool], scope: Scope) -> None:
        self._shapes = shapes
        self._scope = scope

    def subquery(self, query: tree.Query) -> Select[Any]:
        """One column, for ``in``, ``exists`` and values."""
        raise NotImplementedError

    def value(self, node: tree.Node) -> ColumnElement[Any]:
        """The SQL of an expression."""
        handler = getattr(self, f"_{type(node).__name__.lower()}_value", None)
        if handler is None:
            raise refuse(f"`new {getattr(node, 'kind', '')}` has no value here.")
        result: ColumnElement[Any] = handler(node)
        return result

    def path(self, path: tree.Path) -> Resolved | str:
        """Where a path leads, or the name of a class as text."""
        first = path.names[0]
        if self._scope.find(first) is None and (len(path.names) == 1 or first in ("ome", "omero")):
            kind = model().find(path.names[-1])
            if kind is not None and path.names[-1][0].isupper():
                return kind.name
        return self._scope.resolve(path)

    def _literal_value(self, node: tree.Literal) -> Any:
        return null() if node.value is None else literal(node.value)

    def _param_value(self, node: tree.Param) -> Any:
        if self._is_list(node):
            raise refuse(f"The parameter :{node.name} is a list, which only `in` takes.")
        return bindparam(GIVEN + node.name, type_=AnyType())

    def _is_list(self, node: tree.Param) -> bool:
        if node.name not in self._shapes:
            raise refuse(f"The parameter :{node.name} has no value.")
        return self._shapes[node.name]

    def _path_value(self, node: tree.Path) -> Any:
        if node.names[-1] == "size" and len(node.names) > 1:
            before = tree.Path(node.names[:-1])
            found = self.path(before)
            if isinstance(found, Resolved) and found.field is not None and found.field.kind is FieldKind.COLLECTION:
                return self._size(before)
        found = self.path(node)
        return literal(found) if isinstance(found, str) else one_column(found)

    def _query_value(self, node: tree.Query) -> Any:
        return self.subquery(node).scalar_subquery()

    def _case_value(self, node: tree.Case) -> Any:
        whens = [(self.value(condition), self.value(result)) for condition, result in node.whens]
        return case(*whens, else_=self.value(node.otherwise) if node.otherwise is not None else None)

    def _contained_value(self, node: tree.Contained) -> Any:
        value = self.value(node.value)
        if isinstance(node.where, tree.Param):
            if not self._is_list(node.where):
                return value == self.value(node.where)
            # One text for lists of any length: SQLite takes only so many single values.
            given = bindparam(GIVEN + node.where.name, type_=AnyType())
            return value.in_(select(func.json_each(given).table_valued("value").c.value))
        if isinstance(node.where, tree.Query):
            return value.in_(self.subquery(node.where))
        if isinstance(node.where, tree.Path):
            return value.in_(self._collection(node.where)[1])
        return value.in_([self.value(one) for one in node.where])

    def _operation_value(self, node: tree.Operation) -> Any:
        name = node.operator
        if name == "exists":
            return exists(self.subquery(node.operands[0]))  # type: ignore[arg-type]
        if name == "is empty":
            return not_(exists(self._collection(node.operands[0])[1]))
        operands = [self.value(one) for one in node.operands]
        if name in ("and", "or"):
            return (and_ if name == "and" else or_)(*operands)
        if name == "not":
            return not_(operands[0])
        if name == "neg":
            return literal(0).op("-", precedence=7)(operands[0])
        if name == "is null":
            return operands[0].is_(None)
        if name == "between":
            return operands[0].between(operands[1], operands[2])
        if name == "like":
            return self._like(node, operands)
        return _BINARY[name](*operands)

    @staticmethod
    def _like(node: tree.Operation, operands: list[Any]) -> Any:
        # Backslash, as PostgreSQL under OMERO has it.
        escape: Any = "\\"
        if len(operands) == 3:
            escape = getattr(node.operands[2], "value", None)
            if not isinstance(escape, str) or len(escape) != 1:
                raise refuse("`escape` takes one character in quotes.")
        return operands[0].like(operands[1], escape=escape)

    # --- functions ---

    def _call_value(self, node: tree.Call) -> Any:
        special = getattr(self, f"_call_{node.name}", None)
        if special is not None:
            if not node.arguments and not node.star:
                raise refuse(f"{node.name}() takes an argument.")
            return special(node)
        if node.name not in _FUNCTIONS:
            raise refuse(f"There is no function {node.name}().")
        count, function = _FUNCTIONS[node.name]
        if node.star or len(node.arguments) != count if count else not 1 <= len(node.arguments) <= 100:
            raise refuse(f"{node.name}() takes another number of arguments.")
        arguments = [self.value(one) for one in node.arguments]
        return function(arguments[0].distinct() if node.distinct else arguments[0], *arguments[1:])

    def _call_count(self, node: tree.Call) -> Any:
        if node.star:
            return func.count()
        counted = self.value(node.arguments[0])
        return func.count(counted.distinct() if node.distinct else counted)

    def _call_cast(self, node: tree.Call) -> Any:
        wanted = _CASTS.get(node.cast_to or "")
        if wanted is None:
            raise refuse(f"cast() knows {', '.join(_CASTS)}, not {node.cast_to!r}.")
        return cast(self.value(node.arguments[0]), wanted)

    def _call_concat(self, node: tree.Call) -> Any:
        result: Any = cast(self.value(node.arguments[0]), String)
        for one in node.arguments[1:]:
            result = result.concat(cast(self.value(one), String))
        return result

    def _call_size(self, node: tree.Call) -> Any:
        return self._size(node.arguments[0])

    def _size(self, node: tree.Node) -> Any:
        return select(func.count()).select_from(self._collection(node)[1].subquery()).scalar_subquery()

    def _call_type(self, node: tree.Call) -> Any:
        """``type(x)`` and ``type(x.class)`` are the full name of x's Java class in OMERO."""
        path = node.arguments[0]
        if not isinstance(path, tree.Path):
            raise refuse("type() takes one object.")
        found = self._scope.resolve(tree.Path(path.names if path.names[-1] == "class" else (*path.names, "class")))
        kinds = (kind for kind in found.source.kind.root.tree() if not kind.abstract)
        return case({kind.name: full_name(kind.name) for kind in kinds}, value=one_column(found))

    def _call_index(self, node: tree.Call) -> Any:
        path = node.arguments[0]
        found = self._scope.resolve(path) if isinstance(path, tree.Path) else None
        if found is not None and found.field is not None and found.field.kind is FieldKind.COLLECTION:
            raise refuse("index() takes the alias of an ordered collection.")
        return _place(found.source if found is not None else None)

    def _call_minindex(self, node: tree.Call) -> Any:
        return self._of_places(node, func.min)

    def _call_maxindex(self, node: tree.Call) -> Any:
        return self._of_places(node, func.max)

    def _of_places(self, node: tree.Call, function: Any) -> Any:
        """Of an alias the lowest (highest) place of a group of rows, of a collection of what is in it."""
        path = node.arguments[0]
        found = self._scope.resolve(path) if isinstance(path, tree.Path) else None
        if found is not None and found.field is not None and found.field.kind is FieldKind.COLLECTION:
            source, ids = self._collection(path)
            return ids.with_only_columns(function(_place(source)), maintain_column_froms=True).scalar_subquery()
        return function(_place(found.source if found is not None else None))

    def _call_minelement(self, node: tree.Call) -> Any:
        source, ids = self._collection(node.arguments[0])
        return ids.with_only_columns(func.min(source.column("id")), maintain_column_froms=True).scalar_subquery()

    def _call_maxelement(self, node: tree.Call) -> Any:
        source, ids = self._collection(node.arguments[0])
        return ids.with_only_columns(func.max(source.column("id")), maintain_column_froms=True).scalar_subquery()

    def _collection(self, node: tree.Node) -> tuple[Source, Select[Any]]:
        """The table of the collection that a path names, and the ids in it."""
        found = self._scope.resolve(node) if isinstance(node, tree.Path) else None
        item: Field | None = None if found is None else found.field
        if found is None or item is None or item.kind is not FieldKind.COLLECTION:
            raise refuse("A collection is expected here.")
        inner = Scope(self._scope._limited, outer=self._scope)
        source = inner.add_root(model()[item.type], "element")
        statement = select(source.column("id")).where(
            source.column(item.inverse) == found.source.column("id"), *inner.conditions
        )
        return source, statement.correlate(*tables_around(inner))


def one_column(found: Resolved) -> Any:
    """The one column that a value has; QueryException for collections and permissions."""
    if not found.columns:
        raise refuse(f"A collection ({found.field.name if found.field else ''}) is not a value; join it.")
    if found.permissions:
        raise refuse("Permissions can be selected, not compared.")
    return found.columns[0]


def _place(source: Source | None) -> Any:
    place = None if source is None else place_in_collection(source)
    if place is None:
        raise refuse("index() takes the alias of an ordered collection.")
    return place


def tables_around(scope: Scope) -> list[Any]:
    """All tables of the queries around a subquery."""
    found: list[Any] = []
    outer = scope.outer
    while outer is not None:
        found += outer.tables
        outer = outer.outer
    return found
