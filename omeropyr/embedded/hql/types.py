"""Which rtype an expression has, as Hibernate would say it."""

from __future__ import annotations

from collections.abc import Callable

from omeropyr.embedded.hql import tree

_RANK = ("rint", "rlong", "rfloat", "rdouble")
_FIXED = {
    "count": "rlong", "avg": "rdouble", "size": "rint", "index": "rint", "minindex": "rint", "maxindex": "rint",
    "length": "rint", "locate": "rint", "mod": "rint", "sqrt": "rdouble", "lower": "rstring", "upper": "rstring",
    "trim": "rstring", "concat": "rstring", "str": "rstring", "substring": "rstring", "type": "rstring",
}  # fmt: skip
_FIRST = ("min", "max", "abs", "nullif", "minelement", "maxelement")
CASTS = {
    "long": "rlong", "int": "rint", "integer": "rint", "double": "rdouble", "float": "rfloat", "string": "rstring",
    "boolean": "rbool",
}  # fmt: skip


def rtype_of(node: tree.Node, of_path: Callable[[tree.Path], str | None]) -> str | None:
    """The name of the rtype, None where only the value can tell; *of_path* knows the types of fields."""
    if isinstance(node, tree.Path):
        return of_path(node)
    if isinstance(node, tree.Literal):
        return _of_literal(node)
    if isinstance(node, tree.Call):
        return _of_call(node, of_path)
    if isinstance(node, tree.Case):
        return _first(tuple(value for _, value in node.whens) + ((node.otherwise,) if node.otherwise else ()), of_path)
    if isinstance(node, tree.Query):
        return rtype_of(node.items[0].value, of_path) if len(node.items) == 1 and _is_size(node) else None
    if isinstance(node, tree.Operation):
        return _of_operation(node, of_path)
    return "rbool" if isinstance(node, tree.Contained) else None


def _is_size(query: tree.Query) -> bool:
    value = query.items[0].value
    return isinstance(value, tree.Call) and value.name in _FIXED


def _of_literal(node: tree.Literal) -> str | None:
    if isinstance(node.value, bool):
        return "rbool"
    if isinstance(node.value, int):
        return "rlong" if node.long or abs(node.value) > 2**31 - 1 else "rint"
    if isinstance(node.value, float):
        return "rdouble"
    return "rstring" if isinstance(node.value, str) else None


def _of_call(node: tree.Call, of_path: Callable[[tree.Path], str | None]) -> str | None:
    if node.name == "cast":
        return CASTS.get(node.cast_to or "")
    if node.name == "sum":
        summed = _first(node.arguments, of_path)
        return {"rint": "rlong", "rfloat": "rdouble"}.get(summed or "", summed)
    if node.name == "coalesce" or node.name in _FIRST:
        return _first(node.arguments, of_path)
    return _FIXED.get(node.name)


def _of_operation(node: tree.Operation, of_path: Callable[[tree.Path], str | None]) -> str | None:
    if node.operator == "||":
        return "rstring"
    if node.operator not in ("+", "-", "*", "/", "neg"):
        return "rbool"
    found = [rtype_of(one, of_path) for one in node.operands]
    ranks = [_RANK.index(one) for one in found if one in _RANK]
    return _RANK[max(ranks)] if len(ranks) == len(found) else None


def _first(nodes: tuple[tree.Node, ...], of_path: Callable[[tree.Path], str | None]) -> str | None:
    return next((found for found in (rtype_of(one, of_path) for one in nodes) if found is not None), None)
