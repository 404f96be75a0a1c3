"""Session records in memcached. It forgets them when it is restarted, and the oldest ones when it is full."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pymemcache.client.base import PooledClient
from pymemcache.exceptions import MemcacheError

from omeropyr.sessions.store import SessionStore

T = TypeVar("T")
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0
# memcached takes more seconds than this for a date.
MOST_RELATIVE = 30 * 24 * 3600


class MemcachedStore(SessionStore):
    """Records on *servers* (``host:port`` or ``unix:/path``), each on one of them by its id."""

    name = "memcached"
    failures = (MemcacheError, OSError)
    expires_by_itself = True

    def __init__(self, servers: Sequence[str], lifetime: float) -> None:
        super().__init__(lifetime)
        # Without a serializer values are bytes both ways.
        self._clients = [
            PooledClient(server, connect_timeout=CONNECT_SECONDS, timeout=ANSWER_SECONDS, no_delay=True)
            for server in servers
        ]

    def close(self) -> None:
        """Let go of connections."""
        for client in self._clients:
            client.close()

    def _fetch(self, session_id: str) -> bytes | None:
        found: bytes | None = self._ask(session_id, lambda client, key: client.get(key))
        return found

    def _put(self, session_id: str, content: bytes) -> None:
        self._ask(session_id, lambda client, key: client.set(key, content, expire=self._expire(), noreply=False))

    def _swap(self, session_id: str, old: bytes, new: bytes) -> bool:
        found, token = self._ask(session_id, lambda client, key: client.gets(key))
        if found != old:
            return False
        return bool(
            self._ask(session_id, lambda client, key: client.cas(key, new, token, expire=self._expire(), noreply=False))
        )

    def _delete(self, session_id: str) -> None:
        self._ask(session_id, lambda client, key: client.delete(key, noreply=False))

    def _ask(self, session_id: str, step: Callable[[Any, str], T]) -> T:
        client = self._clients[zlib.crc32(session_id.encode()) % len(self._clients)]
        key = f"omeropyr:session:{session_id}"
        try:
            return step(client, key)
        except (MemcacheError, ConnectionError):
            # A connection kept from before a restart of memcached is dead, and so are the others.
            client.close()
            return step(client, key)

    def _expire(self) -> int:
        seconds = int(self.lifetime) + 1
        return seconds if seconds <= MOST_RELATIVE else int(time.time()) + seconds
