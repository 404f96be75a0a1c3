"""Where session records live: what every back end does alike. A back end adds five steps of its own."""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from omeropyr.errors import SessionsUnavailable
from omeropyr.sessions.records import Record, Values, is_session_id, merge, pack, parse

log = logging.getLogger(__name__)

T = TypeVar("T")
MOST_TRIES = 200
PROBE = "0" * 32  # a record that a health check writes and removes


class SessionStore(ABC):
    """Records by session id; each lives *lifetime* seconds after its last write. Thread-safe, shared by processes.

    SessionsUnavailable where the back end does not answer or is full; ValueError for what is no session id.
    """

    name: ClassVar[str]
    failures: ClassVar[tuple[type[Exception], ...]]
    expires_by_itself: ClassVar[bool] = False

    def __init__(self, lifetime: float) -> None:
        self.lifetime = lifetime

    def values(self, session_id: str) -> Values | None:
        """The session's values; None when there is no such session, or its time is over."""
        record = self._record(session_id, self._reach(self._fetch, _checked(session_id)))
        return record.values if record is not None and record.expires > time.time() else None

    def create(self, session_id: str, values: Mapping[str, Any]) -> None:
        """Write a record, whole or not at all."""
        self._reach(self._put, _checked(session_id), self._pack(values))

    def update(self, session_id: str, base: Values, mine: Values) -> bool:
        """Bring the changes between *base* and *mine* to the record; False when it is gone.

        What others wrote meanwhile stays, and what was removed meanwhile (a log-out) stays removed.
        """
        for _ in range(MOST_TRIES):
            content = self._reach(self._fetch, _checked(session_id))
            record = self._record(session_id, content)
            if content is None or record is None or record.expires <= time.time():
                return False
            if self._reach(self._swap, session_id, content, self._pack(merge(record.values, base, mine))):
                return True
        raise SessionsUnavailable("Too many changes of this session at once. Try again shortly.")

    def remove(self, session_id: str) -> None:
        """Remove a record; one that is not there is fine."""
        if is_session_id(session_id):
            self._reach(self._delete, session_id)

    def clear_expired(self) -> int:
        """Remove what is over or spoilt; how many that were."""
        return self._reach(self._clear)

    def check(self) -> None:
        """SessionsUnavailable unless a record can be written and removed."""
        self.create(PROBE, {})
        self.remove(PROBE)

    def close(self) -> None:  # noqa: B027 - a store without connections has nothing to do
        """Let go of connections."""

    @abstractmethod
    def _fetch(self, session_id: str) -> bytes | None:
        """The record's bytes, None where there is none."""

    @abstractmethod
    def _put(self, session_id: str, content: bytes) -> None:
        """Write a record, there or not."""

    @abstractmethod
    def _swap(self, session_id: str, old: bytes, new: bytes) -> bool:
        """Write *new* where *old* still stands, in one step; False where it does not."""

    @abstractmethod
    def _delete(self, session_id: str) -> None:
        """Remove a record, there or not."""

    def _clear(self) -> int:
        """Nothing, where the store itself removes what is over."""
        return 0

    def _why(self, _error: Exception) -> str | None:
        """What a user is told of a failure, where there is more to say than that the store does not answer."""
        return None

    def _pack(self, values: Mapping[str, Any]) -> bytes:
        return pack(values, time.time() + self.lifetime)

    def _record(self, session_id: str, content: bytes | None) -> Record | None:
        record = None if content is None else parse(content)
        if content is not None and record is None:
            extra = {"bytes": len(content), "store": self.name}
            log.warning("a session record cannot be read; it is removed and counts as logged out", extra=extra)
            self.remove(session_id)
        return record

    def _reach(self, step: Callable[..., T], *args: Any) -> T:
        try:
            return step(*args)
        except self.failures as error:
            cause = f"{type(error).__name__}: {error}"[:300]
            log.error("the session store failed", extra={"store": self.name, "cause": cause})
            raise SessionsUnavailable(self._why(error)) from None


def _checked(session_id: str) -> str:
    if not is_session_id(session_id):
        raise ValueError("not a session id")
    return session_id
