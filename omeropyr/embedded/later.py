"""Work that is to be done in a while, by one thread: nothing in the server waits with a client's thread."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)


class Later:
    """A clock that does short pieces of work when their time comes; the thread starts with the first of them."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._numbers = itertools.count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._thread: threading.Thread | None = None
        self._closed = False

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        """Do *work* in *seconds*; at once, in this thread, when the clock was closed."""
        with self._wake:
            if not self._closed:
                heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), work))
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="later", daemon=True)
                    self._thread.start()
                self._wake.notify()
                return
        _do(work)

    def close(self) -> None:
        """Do what is left at once; returns when it is done."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (work := self._next()) is not None:
            _do(work)

    def _next(self) -> Callable[[], None] | None:
        with self._wake:
            while True:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and (wait <= 0 or self._closed):
                    return heapq.heappop(self._due)[2]
                if self._closed:
                    return None
                self._wake.wait(wait)


def _do(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:
        log.exception("delayed work failed")
