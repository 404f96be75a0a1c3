"""Whether an OMERO server is worth asking: one that is down or hangs costs a few requests their time, not all.

After a failure nobody is sent to the server for a moment; then one request tries, and the others go on being told 503
until it comes back with an answer. The pauses grow up to ``LONGEST_PAUSE``, so that a server that is back is in use
again within seconds.
"""

from __future__ import annotations

import math
import threading
import time

from omeropyr.errors import OmeroUnavailable

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 3.0
# A request that tries and is never heard of again keeps the others waiting no longer than this.
TRIAL_SECONDS = 15.0


class Breaker:
    """Of one server, for one application. Thread-safe."""

    def __init__(self) -> None:
        self.heard_at = 0.0
        """When the server last answered, whatever it was; as all times here by ``time.monotonic``."""
        self.doubted_at = 0.0
        """Connections that were last used before this may be dead."""
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_until = 0.0
        self._trial: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the server was down when it was last asked."""
        return self._failures > 0

    def enter(self) -> None:
        """Go on to the server; OmeroUnavailable while it is down, but for the one who tries."""
        if not self._failures:
            return
        with self._lock:
            now = time.monotonic()
            if not self._failures:
                return
            if now < self._closed_until:
                raise OmeroUnavailable(retry_after=max(1, math.ceil(self._closed_until - now)))
            if self._trial is not None and now - self._trial < TRIAL_SECONDS:
                raise OmeroUnavailable(retry_after=1)
            self._trial = now

    def heard(self) -> None:
        """The server answered."""
        self.heard_at = time.monotonic()
        if self._failures:
            with self._lock:
                self._failures, self._trial = 0, None

    def failed(self) -> None:
        """The server could not be reached, or does not answer."""
        with self._lock:
            now = time.monotonic()
            if now >= self._closed_until:
                # Those that fail together count once.
                self._closed_until = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._failures)
                self._failures += 1
            self._trial = None
            self.doubted_at = now

    def doubt(self) -> None:
        """A connection was lost: the others may be, too."""
        self.doubted_at = time.monotonic()
