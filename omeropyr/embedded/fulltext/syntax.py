"""The query syntax of Lucene, as far as users of OMERO type it, into a tree of words, phrases, ranges and groups.

``a b`` is ``a OR b``; ``AND`` binds closer; ``NOT``, ``-`` and ``+`` stand before one clause; ``field:word`` and
``field:(a b)`` limit the field; ``*`` and ``?`` are wildcards, ``word~`` means similar words; ``[a TO b]`` is a range
with its ends, ``{a TO b}`` one without; a backslash takes the meaning off the next character. Boosts (``^2``) are read
and ignored. Source: Apache Lucene 2.9, "Query Parser Syntax".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

import omero

SIMILAR = 0.5
"""How alike a word has to be for ``word~`` without a number; Lucene's own."""
DEEPEST, MOST = 50, 1024
"""Brackets in each other, and words of one query."""
_SPECIAL = set(' \t\r\n()":^[]{}~')
_FIELD = re.compile(r"([A-Za-z_][\w.]*):")
_NUMBER = re.compile(r"\d*\.?\d+|")


@dataclass(frozen=True)
class Word:
    """One word, perhaps with wildcards; *similar* between 0 and 1 asks for words that are so much alike."""

    text: str
    field: str = ""
    similar: float | None = None


@dataclass(frozen=True)
class Phrase:
    """Words that stand together in this order."""

    text: str
    field: str = ""


@dataclass(frozen=True)
class Range:
    """Values between two texts; None where an end is open."""

    low: str | None
    high: str | None
    field: str = ""
    inclusive: bool = True


@dataclass(frozen=True)
class Group:
    """At least one of *some* (when nothing is a must), all of *must*, none of *none*."""

    some: tuple[Node, ...] = ()
    must: tuple[Node, ...] = ()
    none: tuple[Node, ...] = ()


Node = Word | Phrase | Range | Group


def parse(query: str) -> Node:
    """The tree of *query*; ``omero.ApiUsageException`` says where it cannot be understood."""
    return _Parser(query).parse()


def parse_kindly(query: str) -> Node:
    """The same for what a user typed into a search box: without its marks where they make no sense."""
    try:
        return parse(query)
    except omero.ApiUsageException:
        return parse(re.sub(r"[^\w*?.\s-]|(?<!\w)-", " ", query))


@dataclass
class _Parser:
    text: str
    place: int = 0
    depth: int = 0
    leaves: int = 0
    fields: list[str] = field(default_factory=lambda: [""])

    def parse(self) -> Node:
        found = self._alternatives()
        if self.place < len(self.text):
            self._fail("a closing bracket has no opening one")
        if found is None:
            self._fail("there is nothing to search for")
        return found

    def _fail(self, why: str) -> NoReturn:
        words = f"The query cannot be understood at character {self.place + 1}: {why}."
        raise omero.ApiUsageException(None, None, words)

    def _space(self) -> None:
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1

    def _take(self, *words: str) -> bool:
        """Take one of *words* when it comes next; one of letters has to end there."""
        self._space()
        for word in words:
            end = self.place + len(word)
            if self.text.startswith(word, self.place):
                if word.isalpha() and end < len(self.text) and self.text[end] not in _SPECIAL:
                    continue
                self.place = end
                return True
        return False

    # --- clauses ---

    def _alternatives(self) -> Node | None:
        parts: dict[str, list[Node]] = {"some": [], "must": [], "none": []}
        self._space()
        while self.place < len(self.text) and self.text[self.place] != ")":
            if self._take("OR", "||"):
                if not any(parts.values()):
                    self._fail("OR stands between two words")
                self._space()
                if self.place >= len(self.text) or self.text[self.place] == ")":
                    self._fail("OR stands between two words")
            sign, node = self._conjunction()
            parts[sign].append(node)
            self._space()
        return _group(parts)

    def _conjunction(self) -> tuple[str, Node]:
        parts: dict[str, list[Node]] = {"some": [], "must": [], "none": []}
        sign, node = self._clause()
        if not self._take("AND", "&&"):
            return sign, node
        while True:
            parts["none" if sign == "none" else "must"].append(node)
            sign, node = self._clause()
            if not self._take("AND", "&&"):
                parts["none" if sign == "none" else "must"].append(node)
                return "some", _group(parts) or node

    def _clause(self) -> tuple[str, Node]:
        sign = "some"
        if self._take("NOT", "!", "-"):
            sign = "none"
        elif self._take("+"):
            sign = "must"
        self._space()
        return sign, self._primary()

    def _primary(self) -> Node:
        named = _FIELD.match(self.text, self.place)
        if named is None:
            return self._operand()
        self.place = named.end()
        self.fields.append(named[1])
        try:
            self._space()
            return self._operand()
        finally:
            self.fields.pop()

    def _operand(self) -> Node:
        if self.place >= len(self.text):
            self._fail("a word is missing at the end")
        self.leaves += 1
        if self.leaves > MOST:
            self._fail(f"there are more than {MOST} words")
        mark = self.text[self.place]
        node: Node
        if mark == "(":
            node = self._brackets()
        elif mark == '"':
            node = self._phrase()
        elif mark in "[{":
            node = self._range()
        elif mark in _SPECIAL or self._keyword():
            self._fail(f"{self._keyword() or mark} stands where a word is expected")
        else:
            node = self._word()
        if self.text.startswith("^", self.place):
            self.place += 1
            self._number()
        return node

    def _keyword(self) -> str:
        found = re.compile(r"(?:AND|OR|NOT)(?![^\s()\":^])|&&|\|\|").match(self.text, self.place)
        return found[0] if found else ""

    def _number(self) -> str:
        found = _NUMBER.match(self.text, self.place)
        number = found[0] if found else ""
        self.place += len(number)
        return number

    def _brackets(self) -> Node:
        self.place += 1
        self.depth += 1
        if self.depth > DEEPEST:
            self._fail("there are too many brackets in each other")
        found = self._alternatives()
        if not self._take(")"):
            self._fail("a bracket is not closed")
        self.depth -= 1
        if found is None:
            self._fail("there is nothing between the brackets")
        return found

    # --- leaves ---

    def _until(self, end: str) -> str:
        out: list[str] = []
        while self.place < len(self.text) and self.text[self.place] != end:
            if self.text[self.place] == "\\":
                self.place += 1
            out.append(self.text[self.place : self.place + 1])
            self.place += 1
        return "".join(out)

    def _phrase(self) -> Node:
        start = self.place
        self.place += 1
        text = self._until('"')
        if self.place >= len(self.text):
            self.place = start
            self._fail("a quotation mark is not closed")
        self.place += 1
        if self.text.startswith("~", self.place):
            self.place += 1
            self._number()
        return Phrase(text, self.fields[-1])

    def _range(self) -> Node:
        inclusive = self.text[self.place] == "["
        start = self.place
        self.place += 1
        inside = self._until("]" if inclusive else "}")
        ends = re.fullmatch(r"\s*(\S+)\s+TO\s+(\S+)\s*", inside)
        if self.place >= len(self.text) or ends is None:
            self.place = start
            self._fail("a range is written [from TO to]")
        self.place += 1
        low, high = (None if end == "*" else end.strip('"') for end in ends.groups())
        return Range(low, high, self.fields[-1], inclusive)

    def _word(self) -> Node:
        out: list[str] = []
        while self.place < len(self.text) and self.text[self.place] not in _SPECIAL - {":"}:
            mark = self.text[self.place]
            if mark == "\\":
                self.place += 1
                mark = self.text[self.place : self.place + 1]
                mark = " " if mark in "*?" else mark
            out.append(mark)
            self.place += 1
        similar = None
        if self.text.startswith("~", self.place):
            self.place += 1
            number = self._number()
            similar = float(number) if number and float(number) < 1 else SIMILAR
        return Word("".join(out), self.fields[-1], similar)


def _group(parts: dict[str, list[Node]]) -> Node | None:
    if not any(parts.values()):
        return None
    if len(parts["some"]) == 1 and not parts["must"] and not parts["none"]:
        return parts["some"][0]
    return Group(*(tuple(parts[name]) for name in ("some", "must", "none")))
