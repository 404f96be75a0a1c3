"""Transactions on the durable store."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from omeropyr.errors import StoreUnavailable
from omeropyr.store.engine import open_engine, why_full
from omeropyr.store.migration import migrate
from omeropyr.store.tables import SCHEMA

log = logging.getLogger(__name__)


class DurableStore:
    """The database at *url*. Thread-safe; StoreUnavailable where it does not answer, is full or too new.

    ValueError for what is no URL of a database whose driver is installed.
    """

    def __init__(self, url: str) -> None:
        try:
            self._engine = open_engine(url)
        except (SQLAlchemyError, ImportError) as error:  # neither tells the URL, which may hold a password
            raise ValueError(
                f"this is no SQLAlchemy URL of a database with its driver ({type(error).__name__})"
            ) from None
        self._exclusive = self._engine.execution_options(omeropyr_exclusive=True)
        self._opening = threading.Lock()
        self._open = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self._reached():
            self._prepare()
            with self._engine.begin() as connection:
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The one writer at a time, of all processes: what it reads is still so when it writes."""
        with self._reached():
            self._prepare()
            with self._exclusive.begin() as connection:
                # SQLite has begun so; other databases wait here.
                connection.execute(select(SCHEMA.c.version).with_for_update())
                yield connection

    def check(self) -> None:
        """StoreUnavailable unless it can be written."""
        with self.write():
            pass

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()

    def _prepare(self) -> None:
        with self._opening:
            if not self._open:
                migrate(self._exclusive)
                self._open = True

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            log.error("the durable store failed", extra={"cause": f"{type(error).__name__}: {error}"[:300]})
            raise StoreUnavailable(why_full(error)) from None
