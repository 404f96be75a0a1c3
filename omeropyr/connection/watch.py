"""Looks after the connections that are lent: where a server falls silent in the middle of calls, they are cut.

Otherwise a server that hangs would hold every thread of the web server until its calls time out, and pages that need
no OMERO would wait with them. A call may take as long as it likes while the server answers anything else.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator, Mapping

from omeropyr.connection.breaker import Breaker
from omeropyr.connection.gateway import FAILURES, Gateway

log = logging.getLogger(__name__)

# So long nothing may be heard of a server that was asked; then it is asked for a sign of life.
SILENT_SECONDS = 2.0
HUSHED_SECONDS = 0.5
# OMERO lets who comes with a wrong password, or a session that is over, wait for seconds: that is no silence.
JOIN_SECONDS = 6.0
LOOK_SECONDS = 0.5


class Watch:
    """The loans of one pool; its thread lives while there are any. Thread-safe."""

    def __init__(self, breakers: Mapping[int, Breaker]) -> None:
        self._breakers = breakers
        self._lock = threading.Lock()
        self._lent: dict[Gateway, int] = {}
        self._joins: dict[object, tuple[int, float]] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def lent(self, server_id: int, conn: Gateway) -> None:
        """*conn* is somebody's from now on."""
        with self._lock:
            self._lent[conn] = server_id
            self._begin()

    def returned(self, conn: Gateway) -> None:
        """*conn* is nobody's any more."""
        with self._lock:
            self._lent.pop(conn, None)

    @contextlib.contextmanager
    def joining(self, server_id: int) -> Iterator[None]:
        """While a session of the server is being joined."""
        mark = object()
        with self._lock:
            self._joins[mark] = (server_id, time.monotonic())
            self._begin()
        try:
            yield
        finally:
            with self._lock:
                del self._joins[mark]

    def silent(self, server_id: int) -> bool:
        """Whether most of those who have a connection to the server wait for it, and it answers none."""
        limit = time.monotonic() - HUSHED_SECONDS
        with self._lock:
            began = [conn.meter.since for conn, its in self._lent.items() if its == server_id]
            joins = [since for its, since in self._joins.values() if its == server_id]
        waiting = [since for since in began if since is not None and since < limit]
        waiting += [since for since in joins if since < time.monotonic() - JOIN_SECONDS]
        return self._breakers[server_id].heard_at < limit and 2 * len(waiting) >= len(began) + len(joins) > 0

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()

    def _begin(self) -> None:
        if self._thread is None and not self._stop.is_set():
            self._thread = threading.Thread(target=self._run, name="watch-connections", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        quiet = 0
        while not self._stop.wait(LOOK_SECONDS):
            with self._lock:
                quiet = 0 if self._lent or self._joins else quiet + 1
                if quiet > 10:
                    self._thread = None
                    return
            try:
                self._look()
            except Exception:
                log.exception("looking after the connections failed")

    def _look(self) -> None:
        """Ask each server that fell silent for a sign of life, and cut its calls where none comes."""
        with self._lock:
            lent, joins = dict(self._lent), list(self._joins.values())
        limit = time.monotonic() - SILENT_SECONDS
        waiting = [(conn, server) for conn, server in lent.items() if (conn.meter.since or limit + 1) < limit]
        slow = {server for _, server in waiting} | {
            server for server, began in joins if began < time.monotonic() - JOIN_SECONDS
        }
        for server in slow:
            breaker = self._breakers[server]
            if breaker.heard_at >= limit:
                continue
            stuck = [conn for conn, its in waiting if its == server]
            if stuck and _answers(stuck[0]):
                breaker.heard()
                continue
            log.warning("an OMERO server does not answer", extra={"server": server, "calls": len(stuck)})
            breaker.failed()
            for conn in stuck:
                with contextlib.suppress(*FAILURES):
                    conn.cut()


def _answers(conn: Gateway) -> bool:
    """Whether the server gives a sign of life on *conn*, which another thread uses: a call of its own beside it."""
    try:
        conn.ping()
    except FAILURES:
        return False
    return True
