"""A stateful service of OMERO behind a body that is made while it is sent, for clients of any patience.

A download keeps its connection, and on it a file or a table open, from chunk to chunk. Where the client lets it wait
(a slow line, a browser that asks where to save), both are given back, and taken again when the client goes on.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pyramid.request import Request

from omeropyr.connection.gateway import FAILURES
from omeropyr.connection.lease import Lease, breaks_connection, lease_of
from omeropyr.connection.pool import POOL

log = logging.getLogger(__name__)

PAUSES = "omeropyr.connection.pauses"
PATIENCE_SECONDS = 5.0
LOOK_SECONDS = 0.5

Open = Callable[[Any, int], Any]


class Held:
    """What ``open_(conn, key)`` gives (anything with a ``close()``), open for one *key* at a time.

    It takes over the connection of *request* and leases others later. Not for two threads at once: ``lock`` is
    whoever's turn it is.
    """

    def __init__(self, request: Request, open_: Open) -> None:
        self._pool = request.registry[POOL]
        self._who = request.omero
        self._open = open_
        self._lease: Lease | None = lease_of(request)
        if self._lease is not None:
            # Pyramid's finished callbacks run before the body is sent.
            self._lease.streamed = True
        self._key: int | None = None
        self._service: Any = None
        self.lock = threading.Lock()
        self.last_used = time.monotonic()

    def get(self, key: int) -> Any:
        """The service, open for *key*. Raises what leasing and opening raise."""
        if self._lease is None:
            self._lease = Lease(self._pool, self._who)
        if self._key != key or self._service is None:
            self._shut()
            self._service, self._key = self._open(self._lease.conn, key), key
        return self._service

    def release(self, error: BaseException | None = None) -> None:
        """Close the service and give the connection back; after an *error* it may be dropped. ``get`` begins anew."""
        try:
            if not breaks_connection(error):
                self._shut()
        except FAILURES as failure:
            error = failure
            log.info("a service could not be closed", extra={"cause": type(failure).__name__})
        finally:
            self._service = None
            lease, self._lease = self._lease, None
            if lease is not None:
                lease.give_back(error)

    def _shut(self) -> None:
        service, self._service = self._service, None
        if service is not None:
            service.close()


class HeldBody:
    """An ``app_iter`` whose chunks are made with *held*; closing it, at whatever point, lets that go."""

    def __init__(self, held: Held, chunks: Iterable[bytes], pauses: Pauses) -> None:
        self._held = held
        self._chunks = iter(chunks)
        self._pauses = pauses
        self._error: BaseException | None = None
        self._first: list[bytes] = []

    def begin(self) -> None:
        """Make the first chunk now, so that what goes wrong with it is told as an error and not by a body cut short."""
        try:
            self._first.append(next(self))
        except StopIteration:
            return
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._first:
            return self._first.pop()
        with self._held.lock:
            try:
                self._pauses.add(self._held)
                return next(self._chunks)
            except StopIteration:
                raise
            except BaseException as error:
                self._error = error
                raise
            finally:
                self._held.last_used = time.monotonic()

    def close(self) -> None:
        """End the loan."""
        self._pauses.remove(self._held)
        with self._held.lock:
            close = getattr(self._chunks, "close", None)
            try:
                if close is not None:
                    close()
            finally:
                self._held.release(self._error)


class Pauses:
    """Looks after what is held for clients that are slow; one per application. Its thread lives while there is any."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self.patience = patience
        self._lock = threading.Lock()
        self._held: set[Held] = set()
        self._thread: threading.Thread | None = None

    def add(self, held: Held) -> None:
        """*held* is in use from now on."""
        with self._lock:
            self._held.add(held)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pause-downloads", daemon=True)
                self._thread.start()

    def remove(self, held: Held) -> None:
        """*held* is in use no more."""
        with self._lock:
            self._held.discard(held)

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._lock:
                if not self._held:
                    self._thread = None
                    return
                waiting = [held for held in self._held if held.last_used < time.monotonic() - self.patience]
            for held in waiting:
                self._pause(held)

    def _pause(self, held: Held) -> None:
        if not held.lock.acquire(blocking=False):
            return
        try:
            # It may have gone on since.
            if held.last_used < time.monotonic() - self.patience:
                with contextlib.suppress(*FAILURES):
                    held.release()
                self.remove(held)
        except Exception:
            log.exception("a connection could not be taken from a slow client")
        finally:
            held.lock.release()
