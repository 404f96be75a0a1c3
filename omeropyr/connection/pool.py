"""Joined connections, kept per OMERO session: joining anew costs a TLS handshake and five calls, a lease costs none."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable

import Ice

from omeropyr.connection.breaker import Breaker
from omeropyr.connection.gateway import FAILURES, Gateway
from omeropyr.connection.servers import UNREACHABLE, Servers
from omeropyr.connection.watch import Watch
from omeropyr.errors import NotLoggedIn, OmeroUnavailable, SessionExpired, translate
from omeropyr.settings.web import Web

log = logging.getLogger(__name__)

POOL = "omeropyr.connection.pool"
MOST_PER_SESSION = 8
# Threads of the web server that no request for OMERO gets: /health/ and static files go on.
SPARE_THREADS = 2
MOST_JOINING = 4
MOST_IDLE = 128
MOST_ENDED = 10_000
WAIT_SECONDS = 30.0
IDLE_SECONDS = 300.0
# Older than this, a connection is asked for a sign of life before it is lent.
DOUBT_SECONDS = 30.0
LOOK_SECONDS = 0.25
BUSY = "Too many requests at once. Try again shortly."

Key = tuple[int, str]


class ConnectionPool:
    """Connections by (server id, session uuid). Thread-safe; one for each application."""

    def __init__(self, web: Web) -> None:
        self.servers = Servers(web)
        self._most = max(1, web.wsgi_threads - SPARE_THREADS)
        self._changed = threading.Condition()
        self._idle: dict[Key, list[Gateway]] = {}
        self._lent: Counter[Key] = Counter()
        self._joining: Counter[int] = Counter()
        self._breakers: defaultdict[int, Breaker] = defaultdict(Breaker)
        self.watch = Watch(self._breakers)
        self._ended: OrderedDict[Key, None] = OrderedDict()

    def adopt(self, server_id: int, session_uuid: str, conn: Gateway) -> None:
        """Keep a connection that was made elsewhere (at log-in)."""
        conn.last_used = time.monotonic()
        conn.meter.heard = self._breakers[server_id].heard
        conn.meter.heard()
        with self._changed:
            self._idle.setdefault((server_id, session_uuid), []).append(conn)

    def lend(self, server_id: int, session_uuid: str) -> Gateway:
        """A connection for one user at a time. Raises SessionExpired or OmeroUnavailable."""
        key = (server_id, session_uuid)
        _close_later(self._surplus())
        breaker = self._breakers[server_id]
        conn = self._take(key)
        try:
            breaker.enter()
        except BaseException:
            self._return(key, conn)
            raise
        try:
            conn = self._sound(conn, breaker) or self._join(key, breaker)
        except BaseException:
            self._return(key)
            raise
        conn.reset()
        self.watch.lent(server_id, conn)
        return conn

    def take_back(self, server_id: int, session_uuid: str, conn: Gateway, *, broken: bool = False) -> None:
        """The end of a loan; a *broken* connection is not lent again, and others are looked at before they are."""
        key = (server_id, session_uuid)
        self.watch.returned(conn)
        conn.last_used = time.monotonic()
        if broken:
            self._breakers[server_id].doubt()
        if broken:
            _close_later([conn])
        self._return(key, None if broken else conn)

    def end(self, server_id: int, session_uuid: str) -> None:
        """End an OMERO session and its connections; a server that does not answer forgets it by itself."""
        key = (server_id, session_uuid)
        with self._changed:
            self._ended[key] = None
            while len(self._ended) > MOST_ENDED:
                self._ended.popitem(last=False)
            idle = self._idle.pop(key, [])
        try:
            # One that is known to work: a lost one would not tell that it could not end the session.
            while idle and not idle[-1].alive():
                _close_later([idle.pop()])
            first = idle.pop() if idle else self.servers.join(server_id, session_uuid)
            first.disconnect(end_session=True)
        except FAILURES as error:
            log.info("an OMERO session could not be ended", extra={"cause": type(error).__name__})
        _close_later(idle)

    def close(self) -> None:
        """Drop all idle connections and look after none any more."""
        self.watch.stop()
        with self._changed:
            idle, self._idle = self._idle, {}
        for conns in idle.values():
            for conn in conns:
                conn.disconnect()

    def size(self) -> int:
        """How many connections are idle or lent."""
        with self._changed:
            return sum(len(conns) for conns in self._idle.values()) + self._lent.total()

    def _take(self, key: Key) -> Gateway | None:
        """Count a loan; an idle connection if there is one, None when one may be made."""
        with self._changed:
            self._wait(lambda: self._lent[key] < MOST_PER_SESSION and self._out(key[0]) < self._most, key[0])
            self._lent[key] += 1
            idle = self._idle.get(key)
            return idle.pop() if idle else None

    def _out(self, server_id: int) -> int:
        """How many connections to the server are lent."""
        return sum(count for (its, _), count in self._lent.items() if its == server_id)

    def _wait(self, free: Callable[[], bool], server_id: int) -> None:
        """Until *free*, but neither for ever nor for a server that does not answer. OmeroUnavailable says so."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not free():
            left = deadline - time.monotonic()
            if self._breakers[server_id].is_open:
                raise OmeroUnavailable(retry_after=2)
            if left <= 0 or self.watch.silent(server_id):
                raise OmeroUnavailable(BUSY, retry_after=2)
            self._changed.wait(min(left, LOOK_SECONDS))

    def _return(self, key: Key, conn: Gateway | None = None) -> None:
        """The end of a loan: *conn* is idle again, unless its session was ended meanwhile."""
        with self._changed:
            over = key in self._ended
            if conn is not None and not over:
                self._idle.setdefault(key, []).append(conn)
            self._lent[key] -= 1
            if self._lent[key] <= 0:
                del self._lent[key]
            self._changed.notify_all()
        if conn is not None and over:
            _close_later([conn])

    def _sound(self, conn: Gateway | None, breaker: Breaker) -> Gateway | None:
        """*conn* if it works; OmeroUnavailable where the server itself does not answer."""
        if conn is None:
            return None
        doubtful = breaker.is_open or conn.last_used <= max(breaker.doubted_at, time.monotonic() - DOUBT_SECONDS)
        if not doubtful:
            return conn
        try:
            conn.ping()
        except FAILURES as error:
            _close_later([conn])
            if isinstance(error, Ice.TimeoutException):
                breaker.failed()
                raise OmeroUnavailable(retry_after=1) from None
            return None
        breaker.heard()
        return conn

    def _join(self, key: Key, breaker: Breaker) -> Gateway:
        with self._changed:
            if key in self._ended:
                raise SessionExpired
            # So that a server that hangs holds a few requests, not all.
            self._wait(lambda: self._joining[key[0]] < MOST_JOINING, key[0])
            self._joining[key[0]] += 1
        try:
            with self.watch.joining(key[0]):
                conn = self.servers.join(*key)
        except Exception as error:  # noqa: BLE001 - logged, and raised again as what a user is told
            known = translate(error)
            log.info("joining a session failed", extra={"cause": type(error).__name__})
            if isinstance(known, NotLoggedIn) and not isinstance(error, Ice.LocalException):
                breaker.heard()
                raise SessionExpired from None
            # A connection that is lost half-way says nothing of the server: it was there.
            if isinstance(error, UNREACHABLE):
                breaker.failed()
            raise (known if isinstance(known, OmeroUnavailable) else OmeroUnavailable()) from None
        finally:
            with self._changed:
                self._joining[key[0]] -= 1
                self._changed.notify_all()
        conn.meter.heard = breaker.heard
        conn.meter.heard()
        return conn

    def _surplus(self) -> list[Gateway]:
        """Take out the connections that nobody used for long, and the longest unused ones beyond ``MOST_IDLE``."""
        limit = time.monotonic() - IDLE_SECONDS
        with self._changed:
            times = sorted((conn.last_used for conns in self._idle.values() for conn in conns), reverse=True)
            if len(times) > MOST_IDLE:
                limit = max(limit, times[MOST_IDLE - 1])
            dropped: list[Gateway] = []
            for key, conns in list(self._idle.items()):
                kept = [conn for conn in conns if conn.last_used >= limit]
                if len(kept) < len(conns):
                    dropped += [conn for conn in conns if conn.last_used < limit]
                    self._idle[key] = kept
                if not kept:
                    del self._idle[key]
        return dropped


def _close_later(conns: Iterable[Gateway]) -> None:
    """Close without making a request wait: a server that hangs may take its time to hear the farewell."""
    doomed = list(conns)
    if doomed:
        threading.Thread(target=_close_all, args=(doomed,), name="close-connections", daemon=True).start()


def _close_all(conns: Iterable[Gateway]) -> None:
    for conn in conns:
        conn.disconnect()
