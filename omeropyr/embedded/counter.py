"""How many operations each session asked for: what "Ice calls" means in this project."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection

SIGNS_OF_LIFE = frozenset(("ServiceFactory.keepAlive", "ServiceFactory.keepAllAlive", "Router.refreshSession"))
"""What clients send by the clock, whatever their user does."""


class CallCounter:
    """Counts dispatched operations per session while it is switched on (instrument mode); thread-safe."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[str]] = {}

    def count(self, session_uuid: str, operation: str) -> None:
        """Note one dispatch of *operation* (``IQuery.find``) for the session."""
        if self.enabled:
            with self._lock:
                self._counts.setdefault(session_uuid, Counter())[operation] += 1

    def calls(self, session_uuid: str | None = None) -> Counter[str]:
        """Operations and how often they were asked for, of one session or of all."""
        with self._lock:
            if session_uuid is not None:
                return Counter(self._counts.get(session_uuid, {}))
            return sum(self._counts.values(), Counter())

    def total(self, session_uuid: str | None = None) -> int:
        """The number of operations, of one session or of all."""
        return self.calls(session_uuid).total()

    def sessions(self) -> set[str]:
        """The uuids of all sessions that asked for anything."""
        with self._lock:
            return set(self._counts)

    def asked(self, but: Collection[str] = ()) -> int:
        """The number of operations of all sessions but these, without what clients send by the clock."""
        with self._lock:
            counted = [counts for uuid, counts in self._counts.items() if uuid not in but]
            return sum(counts.total() - sum(counts[name] for name in SIGNS_OF_LIFE) for counts in counted)

    def reset(self) -> None:
        """Begin again at nothing."""
        with self._lock:
            self._counts.clear()
