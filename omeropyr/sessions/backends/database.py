"""Session records in a table of any database that SQLAlchemy reaches."""

from __future__ import annotations

import time

from sqlalchemy import Column, Float, LargeBinary, MetaData, String, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from omeropyr.sessions.records import parse
from omeropyr.sessions.store import SessionStore
from omeropyr.store.engine import open_engine, why_full

METADATA = MetaData()
SESSIONS = Table(
    "omeropyr_sessions",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("expires", Float, nullable=False, index=True),
    Column("content", LargeBinary, nullable=False),
)


class DatabaseStore(SessionStore):
    """Records at *url*, an SQLAlchemy URL; the table is made at the first use."""

    name = "database"
    failures = (SQLAlchemyError, OSError)

    def __init__(self, url: str, lifetime: float) -> None:
        super().__init__(lifetime)
        self._url = url
        self._engine = open_engine(url)
        self._there = False

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()

    def _fetch(self, session_id: str) -> bytes | None:
        self._make()
        with self._engine.connect() as connection:
            found = connection.scalar(select(SESSIONS.c.content).where(SESSIONS.c.id == session_id))
        # SQLite gives text back as text, whatever the column is.
        return found.encode("utf-8", "surrogatepass") if isinstance(found, str) else found

    def _put(self, session_id: str, content: bytes) -> None:
        self._make()
        row = {"content": content, "expires": time.time() + self.lifetime}
        with self._engine.begin() as connection:
            if connection.execute(update(SESSIONS).where(SESSIONS.c.id == session_id).values(row)).rowcount:
                return
            try:
                with connection.begin_nested():
                    connection.execute(insert(SESSIONS).values(id=session_id, **row))
            except IntegrityError:  # another process was as quick
                connection.execute(update(SESSIONS).where(SESSIONS.c.id == session_id).values(row))

    def _swap(self, session_id: str, old: bytes, new: bytes) -> bool:
        same = (SESSIONS.c.id == session_id) & (SESSIONS.c.content == old)
        statement = update(SESSIONS).where(same).values(content=new, expires=time.time() + self.lifetime)
        with self._engine.begin() as connection:
            return bool(connection.execute(statement).rowcount)

    def _delete(self, session_id: str) -> None:
        self._make()
        with self._engine.begin() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.id == session_id))

    def _clear(self) -> int:
        self._make()
        with self._engine.begin() as connection:
            count = connection.execute(delete(SESSIONS).where(SESSIONS.c.expires <= time.time())).rowcount
        with self._engine.connect() as connection:
            rows = connection.execute(select(SESSIONS.c.id, SESSIONS.c.content)).all()
        spoilt = [id for id, content in rows if not isinstance(content, bytes) or parse(content) is None]
        for session_id in spoilt:
            self._delete(session_id)
        return count + len(spoilt)

    def _why(self, error: Exception) -> str | None:
        return why_full(error)

    def _make(self) -> None:
        """At the first use, not at the start: a database that is down then is no obstacle."""
        if not self._there:
            METADATA.create_all(self._engine)
            self._there = True
