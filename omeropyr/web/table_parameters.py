"""What a request says of a table: query, columns, part of the rows; the same in all addresses of tables."""

from __future__ import annotations

from pyramid.request import Request

from omeropyr.connection.tables import Wanted
from omeropyr.errors import InvalidInput
from omeropyr.marshal.numbers import MAX_ID, integer

MOST_COLUMNS = 1_000


def wanted_rows(request: Request, *, query: str | None = None, limit: int | None = None) -> Wanted:
    """Read ``query``, ``col_names``, ``offset`` and ``limit``; *query* and *limit* are for what is left out."""
    asked = request.GET.get("query") or query
    if asked is None:
        raise InvalidInput("query is required: a condition such as Well==3, or * for every row")
    columns = request.GET.getall("col_names")
    if len(columns) > MOST_COLUMNS:
        raise InvalidInput(f"at most {MOST_COLUMNS} columns can be named")
    offset = not_negative(request, "offset", 0) or 0
    return Wanted(asked, tuple(columns), offset, not_negative(request, "limit", limit))


def not_negative(request: Request, name: str, default: int | None) -> int | None:
    """A whole number of the query, from 0."""
    text = request.GET.get(name, "")
    if not text:
        return default
    value = integer(text, name, most=MAX_ID)
    if value < 0:
        raise InvalidInput(f"{name} must not be negative")
    return value
