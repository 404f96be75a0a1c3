"""HQL text to tree."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from pathlib import Path as FilePath
from typing import Any

import omero
import omero.all
from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import UnexpectedToken, VisitError

from omeropyr.embedded.hql import tree

LONGEST = 100_000


@cache
def _parser() -> Lark:
    grammar = (FilePath(__file__).parent / "grammar.lark").read_text("utf-8")
    # LALR reads a query in a millisecond; its lexer knows by the place in the query which words are key words.
    return Lark(grammar, parser="lalr", lexer="contextual", maybe_placeholders=False)


@lru_cache(maxsize=256)
def parse(text: str) -> tree.Query:
    """The tree of a query; ``omero.QueryException`` that shows the place where it stops making sense."""
    if len(text) > LONGEST:
        raise omero.QueryException(None, None, f"The query is longer than {LONGEST} characters.")
    try:
        return _Builder().transform(_parser().parse(text))  # type: ignore[no-any-return]
    except UnexpectedInput as error:
        early = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        place = len(text) if early or error.pos_in_stream is None else error.pos_in_stream
        near = text[place : place + 40]
        raise refused(f"The query cannot be understood at {place}: {near!r} ({position(text, place)})") from None
    except VisitError as error:
        if isinstance(error.orig_exc, omero.QueryException):
            raise error.orig_exc from None
        raise refused("The query is nested too deeply.") from None
    except RecursionError:
        raise refused("The query is nested too deeply.") from None


def refused(words: str) -> omero.QueryException:
    """The exception for a query that cannot be read."""
    return omero.QueryException(None, None, words)


def position(text: str, place: int) -> str:
    """A place in a text for people."""
    before = text[:place]
    return f"line {before.count(chr(10)) + 1}, column {place - before.rfind(chr(10))}"


def _tokens(children: list[Any], kind: str) -> bool:
    return any(isinstance(child, Token) and child.type == kind for child in children)


def _nodes(children: list[Any]) -> tuple[Any, ...]:
    return tuple(child for child in children if not isinstance(child, Token))


class _Builder(Transformer[Token, Any]):
    """One method a rule of the grammar."""

    def start(self, children: list[Any]) -> Any:
        return children[0]

    def query(self, children: list[Any]) -> tree.Query:
        parts = dict(children)
        distinct, items = parts.get("select", (False, ()))
        return tree.Query(
            items,
            distinct,
            parts["from"],
            parts.get("where"),
            parts.get("group", ()),
            parts.get("having"),
            parts.get("order", ()),
        )

    def select(self, children: list[Any]) -> tuple[str, Any]:
        return "select", (_tokens(children, "DISTINCT"), _nodes(children))

    def item(self, children: list[Any]) -> tree.Item:
        return tree.Item(children[0], str(children[1]) if len(children) > 1 else None)

    def new_object(self, children: list[Any]) -> tree.New:
        return tree.New(str(children[0]).lower(), tuple(children[1:]))

    def root(self, children: list[Any]) -> tree.Root:
        return tree.Root(children[0], str(children[1]) if len(children) > 1 else None)

    def join_kind(self, children: list[Any]) -> bool:
        return _tokens(children, "LEFT")

    def join(self, children: list[Any]) -> tree.Join:
        outer = any(child is True for child in children)
        fetch = _tokens(children, "FETCH")
        rest = [child for child in children if not isinstance(child, bool) and getattr(child, "type", "") != "FETCH"]
        alias = next((str(child) for child in rest[1:] if isinstance(child, Token)), None)
        condition = next((child for child in rest[1:] if isinstance(child, tree.Node)), None)
        return tree.Join(rest[0], alias, outer, fetch, condition)

    def where(self, children: list[Any]) -> tuple[str, Any]:
        return "where", children[0]

    def group(self, children: list[Any]) -> tuple[str, Any]:
        return "group", tuple(children)

    def having(self, children: list[Any]) -> tuple[str, Any]:
        return "having", children[0]

    def order(self, children: list[Any]) -> tuple[str, Any]:
        return "order", tuple(children)

    def order_item(self, children: list[Any]) -> tree.Order:
        words = [str(child).lower() for child in children[1:]]
        nulls = next((word.split()[-1] for word in words if word.startswith("nulls")), None)
        return tree.Order(children[0], words[:1] in (["desc"], ["descending"]), nulls)

    def or_expr(self, children: list[Any]) -> tree.Operation:
        return tree.Operation("or", tuple(children))

    def and_expr(self, children: list[Any]) -> tree.Operation:
        return tree.Operation("and", tuple(children))

    def negation(self, children: list[Any]) -> tree.Operation:
        return tree.Operation("not", tuple(children))

    def comparison(self, children: list[Any]) -> tree.Operation:
        return tree.Operation(str(children[1]), (children[0], children[2]))

    def simple_case(self, children: list[Any]) -> tree.Case:
        of, *rest = children
        made = self.case(rest)
        whens = tuple((tree.Operation("=", (of, value)), result) for value, result in made.whens)
        return tree.Case(whens, made.otherwise)

    def exists_elements(self, children: list[Any]) -> tree.Node:
        return tree.Operation("not", (tree.Operation("is empty", (children[0],)),))

    def like(self, children: list[Any]) -> tree.Node:
        return _negated(children, tree.Operation("like", _nodes(children)))

    def contained(self, children: list[Any]) -> tree.Node:
        value, where = _nodes(children)
        return _negated(children, tree.Contained(value, where))

    def between(self, children: list[Any]) -> tree.Node:
        return _negated(children, tree.Operation("between", _nodes(children)))

    def is_null(self, children: list[Any]) -> tree.Node:
        return _negated(children, tree.Operation("is null", _nodes(children)))

    def is_empty(self, children: list[Any]) -> tree.Node:
        return _negated(children, tree.Operation("is empty", _nodes(children)))

    def member(self, children: list[Any]) -> tree.Node:
        value, where = _nodes(children)
        return _negated(children, tree.Contained(value, where))

    def exists(self, children: list[Any]) -> tree.Operation:
        return tree.Operation("exists", tuple(children))

    def in_list(self, children: list[Any]) -> Any:
        return children[0]

    def in_query(self, children: list[Any]) -> Any:
        return children[0]

    def in_elements(self, children: list[Any]) -> Any:
        return children[0]

    def in_values(self, children: list[Any]) -> Any:
        # `x in (:ids)` and `x in :ids` are the same.
        return children[0] if len(children) == 1 and isinstance(children[0], tree.Param) else list(children)

    def sum(self, children: list[Any]) -> tree.Node:
        return _left_to_right(children)

    def product(self, children: list[Any]) -> tree.Node:
        return _left_to_right(children)

    def negative(self, children: list[Any]) -> tree.Node:
        return tree.Operation("neg", (children[-1],))

    def positive(self, children: list[Any]) -> Any:
        return children[-1]

    def subquery(self, children: list[Any]) -> Any:
        return children[0]

    def argument(self, children: list[Any]) -> tuple[tree.Node, str | None]:
        return children[0], str(children[1]) if len(children) > 1 else None

    def call(self, children: list[Any]) -> tree.Call:
        arguments = [child for child in children[1:] if isinstance(child, tuple)]
        cast_to = arguments[0][1] if arguments else None
        return tree.Call(
            str(children[0]).lower(),
            tuple(value for value, _ in arguments),
            _tokens(children[1:], "DISTINCT"),
            _tokens(children[1:], "STAR"),
            cast_to.lower() if cast_to else None,
        )

    def when(self, children: list[Any]) -> tuple[Any, Any]:
        return children[0], children[1]

    def case(self, children: list[Any]) -> tree.Case:
        whens = tuple(child for child in children if isinstance(child, tuple))
        rest = [child for child in children if isinstance(child, tree.Node)]
        return tree.Case(whens, rest[0] if rest else None)

    def path(self, children: list[Any]) -> tree.Path:
        return tree.Path(tuple(str(child) for child in children))

    def param(self, children: list[Any]) -> tree.Param:
        return tree.Param(str(children[0]))

    def literal(self, children: list[Any]) -> tree.Literal:
        token = children[0]
        text = str(token)
        if token.type == "STRING":
            return tree.Literal(text[1:-1].replace("''", "'"))
        if token.type == "NUMBER":
            return _number(text)
        return tree.Literal({"TRUE": True, "FALSE": False, "NULL": None}[token.type])


setattr(_Builder, "from", lambda _self, children: ("from", tuple(children)))


def _number(text: str) -> tree.Literal:
    digits = text.rstrip("lLdDfF")
    if not digits.isdigit() or text[-1] in "dDfF":
        number = float(digits)
        if not math.isfinite(number):
            raise refused(f"The number {digits[:30]} is too large.")
        return tree.Literal(number)
    if len(digits) > 19 or int(digits) >= 2**63:
        raise refused(f"The number {digits[:30]} is too large.")
    return tree.Literal(int(digits), long=text[-1] in "lL")


def _negated(children: list[Any], node: tree.Node) -> tree.Node:
    return tree.Operation("not", (node,)) if _tokens(children, "NOT") else node


def _left_to_right(children: list[Any]) -> tree.Node:
    result = children[0]
    for place in range(1, len(children), 2):
        result = tree.Operation(str(children[place]), (result, children[place + 1]))
    return result  # type: ignore[no-any-return]
