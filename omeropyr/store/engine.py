"""Opening a database for web processes that share it: SQLite in a file of mode 0600, or any that SQLAlchemy reaches."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

BUSY_SECONDS = 5.0


def open_engine(url: str) -> Engine:
    """An engine for *url*; nothing is connected yet. sqlalchemy.exc.ArgumentError for what is no URL."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        # A connection that died with the database is noticed before it is used.
        return create_engine(parsed, pool_pre_ping=True, pool_recycle=1800, hide_parameters=True)
    # SQLite's connections cost next to nothing, and who waits for one of a few is not served in turn: with more threads
    # than connections a log-out waited for as long as others wrote.
    options: dict[str, Any] = {"max_overflow": -1} if parsed.database not in (None, "", ":memory:") else {}
    engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True, **options)
    path = Path(parsed.database) if parsed.database and parsed.database != ":memory:" else None

    @event.listens_for(engine, "do_connect")
    def prepare(*_args: Any) -> None:
        if path is not None:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # Transactions are begun by us, so that tables are made within them, too.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        exclusive = connection.get_execution_options().get("omeropyr_exclusive", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if exclusive else "BEGIN")

    return engine


def why_full(error: Exception) -> str | None:
    """Words for a database whose disk is full, None for any other failure."""
    full = "disk is full" in str(getattr(error, "orig", error)) or "No space left" in str(error)
    return "The disk of the web server's database is full. Tell your administrator." if full else None
