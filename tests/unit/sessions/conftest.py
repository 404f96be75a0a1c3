"""Each store of session records, empty: files, a table, and real servers of memcached and redis."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from omeropyr.sessions.backends.database import DatabaseStore
from omeropyr.sessions.backends.file import FileStore
from omeropyr.sessions.backends.memcached import MemcachedStore
from omeropyr.sessions.backends.redis import RedisStore
from omeropyr.sessions.store import SessionStore
from tests.store_servers import memcached as memcached
from tests.store_servers import redis_server as redis_server

BACKENDS = ("file", "database", "memcached", "redis")


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SessionStore]:
    """One of the four, with a life time of a minute."""
    made = make_store(request, request.param, tmp_path)
    yield made
    made.close()


def make_store(request: pytest.FixtureRequest, backend: str, folder: Path) -> SessionStore:
    if backend == "file":
        return FileStore(folder / "sessions", 60.0)
    if backend == "database":
        return DatabaseStore(f"sqlite:///{folder / 'sessions.db'}", 60.0)
    if backend == "memcached":
        return MemcachedStore([request.getfixturevalue("memcached").location], 60.0)
    return RedisStore(request.getfixturevalue("redis_server").location, 60.0)


@pytest.fixture
def session_id() -> str:
    """An id that no other test has: the servers are shared."""
    return secrets.token_hex(16)
