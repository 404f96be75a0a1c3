"""What may be asked of a table: the conditions of PyTables, as a small grammar, read before OMERO sees them.

OMERO hands a condition to an evaluator of expressions as it is. So what gets there is numbers, texts, names of this
table's columns, operators and a few functions, and nothing else. Also ``Well-12``, OMERO.web's short form.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from omeropyr.errors import InvalidInput

EVERYTHING = "*"
LONGEST = 100_000
"""Characters of a condition."""
DEEPEST = 50
"""Parentheses, signs and calls within each other."""

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))
  | (?P<text>b?(?:'[^'\\\n]*'|"[^"\\\n]*"))
  | (?P<name>[^\W\d]\w*)
  | (?P<sign>\*\*|<<|>>|<=|>=|==|!=|[-+*/%&|^~<>(),])
    )""",
    re.VERBOSE,
)
_SHORT = re.compile(r"([^\W\d]\w*)-([0-9]{1,19})")
_LOWER = ("Image", "Roi", "Plate", "Well")
_BINARY = frozenset(("**", "<<", ">>", "<=", ">=", "==", "!=", "-", "+", "*", "/", "%", "&", "|", "^", "<", ">"))
_COMPARISONS = frozenset(("<=", ">=", "==", "!=", "<", ">"))
_SIGNS = frozenset(("-", "+", "~"))
_CONSTANTS = frozenset(("True", "False"))
_FUNCTIONS = {
    **dict.fromkeys(("sqrt", "exp", "expm1", "log", "log10", "log1p", "abs", "floor", "ceil"), 1),
    **dict.fromkeys(
        (f"{before}{name}{after}" for name in ("sin", "cos", "tan") for before in ("", "arc") for after in ("", "h")), 1
    ),
    **dict.fromkeys(("isnan", "isfinite", "isinf"), 1),
    "arctan2": 2,
    "contains": 2,
    "where": 3,
}


def condition(query: str, columns: Collection[str]) -> str | None:
    """The condition that *query* stands for, as OMERO takes it; None for ``*``, which is every row.

    InvalidInput says what is wrong with it.
    """
    text = query.strip()
    if text == EVERYTHING:
        return None
    if not text:
        raise InvalidInput("query is required: a condition such as Well==3, or * for every row")
    short = _SHORT.fullmatch(text)
    if short is not None and short[1] not in _FUNCTIONS:
        return f"({_column(short[1], columns)}=={short[2]})"
    _Reader(text, columns).check()
    return text


def _column(name: str, columns: Collection[str]) -> str:
    if name in columns:
        return name
    if name in _LOWER and name.lower() in columns:
        return name.lower()
    known = ", ".join(sorted(columns)[:20])
    raise InvalidInput(f"query: this table has no column {name[:100]}; it has {known}")


class _Reader:
    """A reader that keeps nothing: it only says whether it understands."""

    def __init__(self, text: str, columns: Collection[str]) -> None:
        if len(text) > LONGEST:
            raise InvalidInput(f"query has more than {LONGEST} characters")
        self._columns = columns
        self._tokens = _tokens(text)
        self._place = 0
        self._depth = 0

    def check(self) -> None:
        """Raise InvalidInput where the text is no condition."""
        if not self._expression():
            raise InvalidInput("query must compare something, such as Well==3")
        if self._place < len(self._tokens):
            raise self._unexpected()

    @property
    def _now(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("", "")

    def _unexpected(self) -> InvalidInput:
        text = self._now[1]
        return InvalidInput(f"query: {text[:50]!r} was not expected" if text else "query ends too early")

    def _sign(self, *signs: str) -> bool:
        if self._now[0] == "sign" and self._now[1] in signs:
            self._place += 1
            return True
        return False

    def _expression(self) -> bool:
        """Whether something in it is compared or is of a kind that can be true."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise InvalidInput(f"query is nested more than {DEEPEST} deep")
        compared, truth = 0, self._operand()
        while self._now[0] == "sign" and self._now[1] in _BINARY:
            compared += self._now[1] in _COMPARISONS
            if compared > 1:
                raise InvalidInput("query: write (a < b) & (b < c)")
            self._place += 1
            truth |= self._operand()
        self._depth -= 1
        return bool(compared) or truth

    def _operand(self) -> bool:
        signs = 0
        while self._sign(*_SIGNS):
            signs += 1
            if signs > DEEPEST:
                raise InvalidInput(f"query has more than {DEEPEST} signs in a row")
        kind, text = self._now
        if self._sign("("):
            truth = self._expression()
            if not self._sign(")"):
                raise self._unexpected()
            return truth
        if kind not in ("number", "text", "name"):
            raise self._unexpected()
        self._place += 1
        return self._name(text) if kind == "name" else False

    def _name(self, name: str) -> bool:
        if self._now == ("sign", "("):
            self._call(name)
            return True
        if name in _CONSTANTS:
            return True
        if name not in self._columns:
            _column(name, self._columns)
            raise InvalidInput(f"query: write {name.lower()}, as the column is called")
        # Whether the column holds truth values is for the table to say.
        return True

    def _call(self, name: str) -> None:
        wanted = _FUNCTIONS.get(name)
        if wanted is None:
            raise InvalidInput(f"query: there is no function {name[:50]}")
        self._place += 1
        self._expression()
        for _ in range(wanted - 1):
            if not self._sign(","):
                raise self._unexpected()
            self._expression()
        if not self._sign(")"):
            raise self._unexpected()


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            rest = text[place:].strip()
            raise InvalidInput(f"query: {rest[0]!r} is not understood")
        kind = match.lastgroup or ""
        found.append((kind, match[kind]))
        place = match.end()
    return found
