"""Session records in redis. Whether they outlive its restart is redis's own setting (``appendonly``)."""

from __future__ import annotations

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from omeropyr.sessions.store import SessionStore

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0
SWAP = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""


class RedisStore(SessionStore):
    """Records at *url* (``redis://host:6379/0``, ``rediss://``, ``unix://``)."""

    name = "redis"
    failures = (RedisError, OSError)
    expires_by_itself = True

    def __init__(self, url: str, lifetime: float) -> None:
        super().__init__(lifetime)
        self._client = Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            # Once more: a connection kept from before a restart of redis is dead.
            retry=Retry(NoBackoff(), 1),
        )
        self._swapping = self._client.register_script(SWAP)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _fetch(self, session_id: str) -> bytes | None:
        return self._client.get(_key(session_id))  # type: ignore[return-value]

    def _put(self, session_id: str, content: bytes) -> None:
        self._client.set(_key(session_id), content, px=self._milliseconds())

    def _swap(self, session_id: str, old: bytes, new: bytes) -> bool:
        return bool(self._swapping(keys=[_key(session_id)], args=[old, new, self._milliseconds()]))

    def _delete(self, session_id: str) -> None:
        self._client.delete(_key(session_id))

    def _milliseconds(self) -> int:
        return max(1, int(self.lifetime * 1000))


def _key(session_id: str) -> str:
    return f"omeropyr:session:{session_id}"
