"""How often what happened since the site started; one for each application, never a global."""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import Any

TALLY = "omeropyr_panel.tally"


class Tally:
    """Counts events by their name."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()

    def note(self, event: Any) -> None:
        """A subscriber: count *event*."""
        with self._lock:
            self._counts[type(event).__name__] += 1

    def counts(self) -> dict[str, int]:
        """How often each event happened."""
        with self._lock:
            return dict(self._counts)

    def check(self) -> None:
        """A health check raises when something is wrong."""
        if any(count < 0 for count in self.counts().values()):
            raise ValueError("counts below zero")
