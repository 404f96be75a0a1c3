"""Translations kept for the next time, and running them within limits of time and size."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import omero
import omero.all
from sqlalchemy import Connection, Select
from sqlalchemy.exc import StatementError

from omeropyr.embedded.hql.parse import parse, position
from omeropyr.embedded.hql.translate import Translated, translate

KEPT = 512
LONGEST_KEPT = 20_000
_STEPS = 20_000
"""Steps of SQLite's machine, some tenths of a millisecond, between two looks at the clock."""


@dataclass(frozen=True)
class Limits:
    """How long a query may take, and how many rows it may find."""

    seconds: float = 20.0
    rows: int = 1_000_000


class Statements:
    """The translations of one store, those asked for last. Thread-safe. ``limits`` hold for every query."""

    def __init__(self) -> None:
        self.limits = Limits()
        self._kept: OrderedDict[Any, Translated] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, hql: str, shapes: Mapping[str, bool], limited: bool, one_owner: bool) -> Translated:
        """The select for a query; ``omero.QueryException`` with the place that cannot be translated."""
        key = (hql, tuple(sorted(shapes.items())), limited, one_owner)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        made = _translated(hql, shapes, limited, one_owner)
        if len(hql) <= LONGEST_KEPT:
            with self._lock:
                self._kept[key] = made
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return made


def _translated(hql: str, shapes: Mapping[str, bool], limited: bool, one_owner: bool) -> Translated:
    try:
        return translate(parse(hql), shapes, limited, one_owner)
    except RecursionError:
        raise omero.QueryException(None, None, "The query is nested too deeply.") from None
    except omero.QueryException as error:
        if " (line " not in error.message:
            error.message += _place(hql, error.message)
        raise


def _place(hql: str, words: str) -> str:
    """Where in the query the first of the *words* stands that looks like a name of it."""
    quoted, dotted = re.findall(r"'([\w.]+)'", words), re.findall(r"\w\.(\w+)", words)
    for name in (*quoted, *dotted, *re.findall(r"\w[\w.]*\w", words)):
        found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", hql)
        if found is not None and name.lower() not in _COMMON:
            return f" ({position(hql, found.start())})"
    return ""


# of our messages, not of the query
_COMMON = frozenset(("a", "an", "and", "as", "for", "has", "in", "is", "no", "not", "of", "or", "the", "value"))


def answer(
    connection: Connection, statement: Select[Any], values: Mapping[str, Any], limits: Limits
) -> list[Sequence[Any]]:
    """The rows of a query; ``omero.QueryException`` when it takes too long, finds too much, or SQLite refuses it."""
    until = time.monotonic() + limits.seconds
    driver: Any = connection.connection.dbapi_connection
    driver.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
    try:
        rows: list[Any] = list(connection.execute(statement, values).fetchmany(limits.rows + 1))
    except StatementError as error:
        if time.monotonic() > until:
            raise omero.QueryException(None, None, "The query took too long and was stopped.") from None
        raise omero.QueryException(None, None, f"The query cannot be run: {error.orig}") from None
    except (OverflowError, UnicodeError):
        raise omero.QueryException(None, None, "A parameter is no value that the database knows.") from None
    except RecursionError:
        raise omero.QueryException(None, None, "The query is nested too deeply.") from None
    finally:
        driver.set_progress_handler(None, 0)
    if len(rows) > limits.rows:
        raise omero.QueryException(None, None, f"The query finds more than {limits.rows} rows; ask for pages.")
    return rows
