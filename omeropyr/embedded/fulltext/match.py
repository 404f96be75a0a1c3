"""From words, phrases and ranges to expressions of FTS5. A user's text is only ever inside an FTS5 string."""

from __future__ import annotations

import difflib
import re
import unicodedata

import omero
from sqlalchemy import Connection, text

from omeropyr.embedded.fulltext.index import TERMS, words
from omeropyr.embedded.fulltext.syntax import Phrase, Range, Word

MOST_TERMS = 1024
"""Words of the index that one word with wildcards may stand for; Lucene's own limit."""
NOTHING = '"" AND ""'
_PIECE = re.compile(r"(?:[^\W_]|[*?])+")
_WILD = re.compile(r"[*?]")


class Matcher:
    """Makes expressions; asks the index which words there are. *leading*: a word may begin with a wildcard."""

    def __init__(self, connection: Connection, leading: bool) -> None:
        self._connection = connection
        self._leading = leading

    def expression(self, leaf: Word | Phrase | Range) -> str | None:
        """What FTS5 looks for; None for a leaf without a letter or digit, NOTHING when no word of the index fits."""
        if isinstance(leaf, Range):
            return _any(self._between(leaf))
        if isinstance(leaf, Phrase):
            return _string(_pieces(_WILD.sub(" ", leaf.text)))
        return self._word(leaf)

    def _word(self, word: Word) -> str | None:
        if word.text[:1] in ("*", "?") and not self._leading:
            raise omero.ApiUsageException(
                None, None, "A search word may begin with * or ? only after setAllowLeadingWildcard(True): it is slow."
            )
        found = _pieces(word.text)
        pieces = [piece for piece in found if _WILD.sub("", piece)]
        if found and not pieces:
            raise omero.ApiUsageException(None, None, "A search word needs more than wildcards.")
        if word.similar is not None:
            return _every([_any(self.similar(piece, word.similar)) for piece in pieces])
        if not any(_WILD.search(piece) for piece in pieces):
            return _string(pieces)
        early = [*pieces[:-1], pieces[-1][:-1]]
        if pieces[-1].endswith("*") and not any(map(_WILD.search, early)):
            return f"{_string(early)} *"
        return _every([self._piece(piece) for piece in pieces])

    def _piece(self, piece: str) -> str:
        if not _WILD.search(piece):
            return _string([piece]) or NOTHING
        if not _WILD.search(piece[:-1]) and piece.endswith("*"):
            return f"{_string([piece[:-1]])} *"
        return _any(self._terms("term GLOB :pattern", pattern=_folded(piece)))

    def _between(self, limits: Range) -> list[str]:
        less, more = ("<=", ">=") if limits.inclusive else ("<", ">")
        parts = {
            "low": f"term {more} :low" if limits.low is not None else "",
            "high": f"term {less} :high" if limits.high is not None else "",
        }
        given = {name: _folded(getattr(limits, name)) for name, part in parts.items() if part}
        return self._terms(" AND ".join(part for part in parts.values() if part) or "1", **given)

    def _terms(self, condition: str, **values: str) -> list[str]:
        statement = f"SELECT term FROM {TERMS} WHERE {condition} LIMIT {MOST_TERMS + 1}"  # noqa: S608 - built above
        found = [str(row[0]) for row in self._connection.execute(text(statement), values)]
        if len(found) > MOST_TERMS:
            raise omero.ApiUsageException(
                None, None, f"More than {MOST_TERMS} words fit the wildcards. Write more letters."
            )
        return found

    def similar(self, word: str, least: float) -> list[str]:
        """Words of the index that are like *word*, the most alike first."""
        wanted = _folded(word)
        statement = text(f"SELECT term FROM {TERMS} WHERE length(term) BETWEEN :short AND :long")  # noqa: S608
        size = {"short": int(len(wanted) * least), "long": int(len(wanted) / max(least, 0.1)) + 1}
        known = [str(row[0]) for row in self._connection.execute(statement, size)]
        return difflib.get_close_matches(wanted, known, 50, least)


def plain(leaf: Word | Phrase) -> str:
    """The text of a leaf as the index has it, without wildcards: for comparing with values beside the index."""
    return " ".join(_folded(piece) for piece in _pieces(_WILD.sub(" ", leaf.text)))


def _pieces(text_: str) -> list[str]:
    return _PIECE.findall(str(words(text_)))


def _folded(text_: str) -> str:
    apart = unicodedata.normalize("NFKD", str(words(text_)))
    return "".join(mark for mark in apart if not unicodedata.combining(mark)).lower()


def _string(pieces: list[str]) -> str | None:
    return f'"{" ".join(pieces)}"' if pieces else None


def _any(terms: list[str]) -> str:
    return "(" + " OR ".join(f'"{term}"' for term in terms) + ")" if terms else NOTHING


def _every(parts: list[str]) -> str | None:
    if NOTHING in parts:
        return NOTHING
    return "(" + " AND ".join(parts) + ")" if parts else None
