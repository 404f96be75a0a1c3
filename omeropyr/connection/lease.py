"""``request.conn``: a connection for the length of one request, or of the body it streams."""

from __future__ import annotations

from typing import Any

import Ice
import omero
from pyramid.interfaces import ISecurityPolicy
from pyramid.request import Request

from omeropyr.connection.gateway import Gateway
from omeropyr.connection.pool import POOL, ConnectionPool
from omeropyr.errors import NotLoggedIn, SessionExpired, translate
from omeropyr.security.identity import VISITORS, Identity
from omeropyr.sessions import end

KEY = "omeropyr.lease"


class Lease:
    """The loan of one connection; given back once, by the request or by the stream that took it over."""

    def __init__(self, pool: ConnectionPool, who: Identity) -> None:
        self._pool = pool
        self._key = (who.server_id, who.session_uuid)
        self.conn: Gateway = pool.lend(*self._key)
        self.streamed = False
        self._returned = False

    def give_back(self, error: BaseException | None = None) -> None:
        """End the loan; after an *error* of the transport or the session the connection is dropped."""
        if not self._returned:
            self._returned = True
            self._pool.take_back(*self._key, self.conn, broken=breaks_connection(error))


def breaks_connection(error: BaseException | None) -> bool:
    """Whether a connection may be in an unknown state after *error*."""
    if error is None:
        return False
    lost = isinstance(error, Ice.LocalException | omero.ShutdownInProgress)
    return lost or isinstance(translate(error), NotLoggedIn)


def request_conn(request: Request) -> Gateway:
    """Lease a connection for this request. Raises NotLoggedIn, SessionExpired or OmeroUnavailable; never None."""
    pool: ConnectionPool = request.registry[POOL]
    who: Identity = request.omero
    try:
        lease = Lease(pool, who)
    except SessionExpired:
        if not who.is_public:
            # Otherwise the log-in page would take the browser for logged in and send it back here.
            _forget(request)
            raise
        lease = Lease(pool, _visitor_anew(request))
    request.environ[KEY] = lease
    request.add_finished_callback(_finish)
    return lease.conn


def drop(request: Request, error: BaseException) -> None:
    """Give the request's connection up, which *error* broke; ``request.conn`` leases another."""
    lease: Lease = request.environ.pop(KEY)
    lease.give_back(error)
    request.__dict__.pop("conn", None)


def lease_of(request: Request) -> Lease | None:
    """The request's lease, if it made one."""
    lease: Lease | None = request.environ.get(KEY)
    return lease


def _finish(request: Any) -> None:
    lease = lease_of(request)
    # After an error the body that was to be streamed is not sent: the error page is.
    if lease is not None and (not lease.streamed or request.exception is not None):
        lease.give_back(request.exception)


def _visitor_anew(request: Request) -> Identity:
    """All visitors share an OMERO session; when it is over, the next of them brings another for all."""
    who: Identity = request.registry[VISITORS].renew(request.omero)
    request.registry.getUtility(ISecurityPolicy).become(request, who)
    request.__dict__["omero"] = who
    return who


def _forget(request: Request) -> None:
    """The OMERO session is over, and so is the web session that stood for it."""
    end(request)
    request.registry.getUtility(ISecurityPolicy).forget(request)
