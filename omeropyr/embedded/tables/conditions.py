"""Conditions of ``Table.getWhereList``, as PyTables takes them: ``(Well == 3) & (x > 2.5) | ~flag``.

A grammar of our own, never ``eval``: names are columns or variables, everything else is numbers, texts, operators and a
fixed list of functions. Precedence is Python's, as in PyTables: ``&`` and ``|`` bind tighter than comparisons. Division
is true division, ``%`` has the sign of the left side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import omero
import omero.all

LONGEST = 100_000
"""Characters of a condition."""
DEEPEST = 60
"""Parentheses, signs and calls within each other."""

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))
  | (?P<text>b?(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
  | (?P<name>[^\W\d]\w*)
  | (?P<sign>\*\*|<<|>>|<=|>=|==|!=|[-+*/%&|^~<>(),])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
_KEYWORDS = frozenset(("and", "or", "not", "in", "is", "if", "else", "lambda", "None"))
_CONSTANTS = {"True": np.True_, "False": np.False_}

Values = Mapping[str, Any]
Node = Callable[[Values], Any]


def _is_text(value: Any) -> bool:
    return bool(np.asarray(value).dtype.kind in "SU")


def _numeric(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(*values: Any) -> Any:
        if any(_is_text(value) for value in values):
            raise TypeError("a text is not a number")
        return function(*values)

    return apply


def _comparing(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(left: Any, right: Any) -> Any:
        if _is_text(left) != _is_text(right):
            raise TypeError("a text cannot be compared with a number")
        return function(left, right)

    return apply


def _contains(text: Any, part: Any) -> Any:
    if not (_is_text(text) and _is_text(part)):
        raise TypeError("contains() takes two texts")
    return np.char.find(text, part) >= 0


def _where(condition: Any, yes: Any, no: Any) -> Any:
    if np.asarray(condition).dtype != bool or _is_text(yes) != _is_text(no):
        raise TypeError("where() takes a condition and two values of one kind")
    return np.where(condition, yes, no)


_LEVELS: tuple[dict[str, Callable[..., Any]], ...] = (
    {"|": _numeric(np.bitwise_or)},
    {"^": _numeric(np.bitwise_xor)},
    {"&": _numeric(np.bitwise_and)},
    {"<<": _numeric(np.left_shift), ">>": _numeric(np.right_shift)},
    {"+": _numeric(np.add), "-": _numeric(np.subtract)},
    {"*": _numeric(np.multiply), "/": _numeric(np.true_divide), "%": _numeric(np.fmod)},
)
_COMPARISONS = {
    "==": _comparing(np.equal),
    "!=": _comparing(np.not_equal),
    "<": _comparing(np.less),
    "<=": _comparing(np.less_equal),
    ">": _comparing(np.greater),
    ">=": _comparing(np.greater_equal),
}
_SIGNS = {"-": _numeric(np.negative), "+": _numeric(np.positive), "~": _numeric(np.invert)}
_power = _numeric(np.power)
_ROOTS = ("sqrt", "exp", "expm1", "log", "log10", "log1p", "abs", "floor", "ceil", "isnan", "isfinite", "isinf")
_ANGLES = tuple(
    f"{before}{name}{after}" for name in ("sin", "cos", "tan") for before in ("", "arc") for after in ("", "h")
)
_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    **{name: (1, _numeric(getattr(np, name))) for name in (*_ROOTS, *_ANGLES)},
    "arctan2": (2, _numeric(np.arctan2)),
    "where": (3, _where),
    "contains": (2, _contains),
}


@dataclass(frozen=True)
class Condition:
    """A condition that was read; ``names`` are the columns and variables in it."""

    text: str
    names: frozenset[str]
    _root: Node

    def __call__(self, values: Values) -> Any:
        """Which rows it holds for, as booleans; *values* gives each name its numpy array or value.

        ApiUsageException when the condition is no condition for these values.
        """
        try:
            with np.errstate(all="ignore"):
                found = np.asarray(self._root(values))
        except (TypeError, ValueError) as error:
            raise _bad(self.text, str(error)) from None
        if found.dtype != bool or found.ndim != 1:
            raise _bad(self.text, "it is not true or false for each row")
        return found


def parse(text: str) -> Condition:
    """Read a condition. ApiUsageException says where it cannot be understood."""
    if len(text) > LONGEST:
        raise _bad(text[:100], f"it has more than {LONGEST} characters")
    reader = _Reader(text)
    root = reader.comparison()
    if reader.kind:
        raise reader.unexpected()
    return Condition(text, frozenset(reader.names), root)


def _bad(text: str, why: str) -> Exception:
    made: Exception = omero.ApiUsageException(None, None, f"Bad condition: {text[:200]!r}: {why}.")
    return made


class _Reader:
    """A reader by recursive descent, one token ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: set[str] = set()
        self.kind, self.symbol = "", ""
        self._place = self._next = 0
        self._depth = 0
        self.advance()

    def unexpected(self) -> Exception:
        """The exception for the current token."""
        what = f"{self.symbol!r} at character {self._place}" if self.kind else "its end"
        return _bad(self.text, f"{what} was not expected")

    def advance(self) -> str:
        """Go on; return the token that was current."""
        before = self.symbol
        rest = self.text[self._next :]
        found = _TOKEN.match(self.text, self._next)
        if found is None:
            if rest.strip():
                raise _bad(self.text, f"{rest.strip()[0]!r} at character {self._next} is not understood")
            self.kind, self.symbol = "", ""
            return before
        self.kind = found.lastgroup or ""
        self.symbol = found[self.kind]
        self._place, self._next = found.start(self.kind), found.end()
        return before

    def expect(self, sign: str) -> None:
        """Go past *sign*."""
        if self.kind != "sign" or self.symbol != sign:
            raise self.unexpected()
        self.advance()

    def comparison(self) -> Node:
        """``sum == sum``; Python's chains, ``1 < x < 2``, are refused, as PyTables does."""
        left = self._level(0)
        if self.kind != "sign" or self.symbol not in _COMPARISONS:
            return left
        function = _COMPARISONS[self.advance()]
        right = self._level(0)
        if self.symbol in _COMPARISONS and self.kind == "sign":
            raise _bad(self.text, "write (a < b) & (b < c)")
        return lambda values: function(left(values), right(values))

    def _level(self, number: int) -> Node:
        if number == len(_LEVELS):
            return self._signed()
        node = self._level(number + 1)
        steps: list[tuple[Callable[..., Any], Node]] = []
        while self.kind == "sign" and self.symbol in _LEVELS[number]:
            function = _LEVELS[number][self.advance()]
            steps.append((function, self._level(number + 1)))
        return _folded(node, steps) if steps else node

    def _signed(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _bad(self.text, f"it is nested more than {DEEPEST} deep")
        try:
            if self.kind == "sign" and self.symbol in _SIGNS:
                function = _SIGNS[self.advance()]
                inner = self._signed()
                return lambda values: function(inner(values))
            base = self._atom()
            if self.kind == "sign" and self.symbol == "**":
                self.advance()
                power = self._signed()
                return lambda values: _power(base(values), power(values))
            return base
        finally:
            self._depth -= 1

    def _atom(self) -> Node:
        if self.kind == "number":
            return self._constant(_number(self.text, self.advance()))
        if self.kind == "text":
            return self._constant(_text(self.advance()))
        if self.kind == "name":
            return self._name()
        self.expect("(")
        inner = self.comparison()
        self.expect(")")
        return inner

    def _name(self) -> Node:
        if self.symbol in _KEYWORDS:
            raise _bad(self.text, f"{self.symbol!r} is not understood; write & | ~ with parentheses")
        name = self.advance()
        if self.kind == "sign" and self.symbol == "(":
            return self._call(name)
        if name in _CONSTANTS:
            return self._constant(_CONSTANTS[name])
        self.names.add(name)
        return lambda values: values[name]

    def _call(self, name: str) -> Node:
        if name not in _FUNCTIONS:
            raise _bad(self.text, f"there is no function {name!r}")
        count, function = _FUNCTIONS[name]
        self.advance()
        arguments = [self.comparison()]
        while self.kind == "sign" and self.symbol == ",":
            self.advance()
            arguments.append(self.comparison())
        self.expect(")")
        if len(arguments) != count:
            raise _bad(self.text, f"{name}() takes {count} values")
        return lambda values: function(*(argument(values) for argument in arguments))

    @staticmethod
    def _constant(value: Any) -> Node:
        return lambda _: value


def _folded(first: Node, steps: list[tuple[Callable[..., Any], Node]]) -> Node:
    """A chain of operators of one level, from the left; a loop, so that a long chain is not deep."""

    def run(values: Values) -> Any:
        result = first(values)
        for function, node in steps:
            result = function(result, node(values))
        return result

    return run


def _number(text: str, token: str) -> Any:
    # numpy's own numbers: 9**9**9 overflows at once, where Python's would compute for hours.
    if not token.isdigit():
        return np.float64(token)
    if len(token) > 19 or int(token) >= 2**63:
        raise _bad(text, f"{token[:30]} is too large")
    return np.int64(token)


def _text(token: str) -> bytes:
    inner = token.removeprefix("b")[1:-1]
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), inner).encode()
