"""The front door: Glacier2's router as OMERO's clients call it, one router session for each connection.

Clients find it at ``OMERO.Glacier2/router``. It hands out a ServiceFactory and routes everything over the connection
that the client opened, in both directions: a callback goes through ``current.con.createProxy``.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import uuid as uuids
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import Glacier2
import Ice
import omero
from omero.constants import AGENT, GROUP, IP

from omeropyr.embedded.accounts import WrongCredentials
from omeropyr.embedded.dispatch import Service, StatefulService, failure, servant
from omeropyr.embedded.sessions import Origin, UserSession

if TYPE_CHECKING:
    from omeropyr.embedded.server import EmbeddedServer

log = logging.getLogger(__name__)
IDENTITY = Ice.Identity("router", "OMERO.Glacier2")


def typed(proxy: Any, slice_type: type) -> Any:
    """*proxy* as a proxy of *slice_type*: Ice checks the type when it answers with one."""
    _, *modules, name = slice_type.ice_staticId().split("::")  # type: ignore[attr-defined]
    return getattr(sys.modules[".".join(modules)], f"{name}Prx").uncheckedCast(proxy)


class RouterSession:
    """One client connection that logged in: its servants, and the user's session behind it."""

    def __init__(self, server: EmbeddedServer, session: UserSession, connection: Any) -> None:
        self.server = server
        self.session = session
        self.ice_connection = connection
        self.category = str(uuids.uuid4())
        self.close_on_destroy = True
        self.with_password = False
        """Whether the client showed the password on this connection, instead of a session's uuid."""
        self.callback: Any = None
        """The client's ``omero.api.ClientCallback``, over its own connection."""
        self._lock = threading.Lock()
        self._ended = False
        self._servants: dict[str, Ice.Object] = {}

    def touch(self) -> UserSession:
        """The user's session, noted as used; OMERO's exception when it is over."""
        return self.server.sessions.use(self.session)

    def add_servant(self, service: Service, name: str) -> Any:
        """Serve *service* to this client under *name*; return its proxy. A second call with the name gives the same."""
        identity = Ice.Identity(name, self.category)
        with self._lock:
            if self._ended:
                raise omero.RemovedSessionException(None, None, "The client is gone.")
            if name not in self._servants:
                self._servants[name] = servant(service, self)
                self.server.adapter.add(self._servants[name], identity)
        return typed(self.server.adapter.createProxy(identity), service.slice_type)

    def add_stateful(self, service: Service, name: str) -> Any:
        """Serve a new stateful service under a name of its own; return its proxy."""
        return self.add_servant(service, f"{uuids.uuid4()}{name}")

    def remove_servant(self, identity: Ice.Identity) -> None:
        """Stop serving what is at *identity*."""
        with self._lock:
            known = self._servants.pop(identity.name, None)
        if known is not None:
            self.server.adapter.remove(identity)

    def active_services(self) -> list[str]:
        """Names of the services that this client holds."""
        with self._lock:
            return sorted(self._servants)

    def service(self, name: str) -> Service | None:
        """The service that is served under *name*."""
        with self._lock:
            known = self._servants.get(name)
        service: Service | None = getattr(known, "service", None)
        return service

    def tell(self, operation: str, *arguments: Any) -> None:
        """Call an operation of the client's callback object, if it has one, and do not wait for it."""
        if self.callback is not None:
            # A client that is gone, or a server that is going, has nobody to tell.
            with contextlib.suppress(Ice.LocalException):
                getattr(self.callback, f"begin_{operation}")(*arguments)

    def destroy(self) -> None:
        """The connection ends: stateful services let go, servants leave, the user's session loses a reference."""
        with self._lock:
            self._ended = True
            servants, self._servants = self._servants, {}
        for name, known in servants.items():
            # While the server stops, the adapter is gone before its clients are.
            with contextlib.suppress(Ice.ObjectAdapterDeactivatedException):
                self.server.adapter.remove(Ice.Identity(name, self.category))
            service: Service = known.service
            if isinstance(service, StatefulService):
                _release(service)
        self.server.sessions.detach(self.session, self.close_on_destroy)


def _release(service: StatefulService) -> None:
    try:
        service.release()
    except Exception:
        # The other services of the client have to let go all the same.
        log.exception("a service did not let go")


class _Gone(Ice.ConnectionCallback):  # type: ignore[misc]
    """Tells the router that a client's connection ended, by whatever way."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def heartbeat(self, con: Any) -> None:
        """A sign of life needs no answer."""

    def closed(self, con: Any) -> None:
        """Clean up behind the client."""
        self._router.forget(con)


class Router(Glacier2.Router):  # type: ignore[misc]
    """Glacier2's router, as far as clients of OMERO use it."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self._lock = threading.Lock()
        # By both addresses. They may be another client's before the end of the last one is noticed: see forget.
        self._by_connection: dict[str, RouterSession] = {}

    # --- called before there is a session ---

    def getClientProxy(self, current: Ice.Current | None = None) -> None:
        """Null: clients go on using the router's own endpoints."""

    def getServerProxy(self, current: Ice.Current | None = None) -> Any:
        """Where a client's callbacks seem to live; they really go back over the client's connection."""
        return self._server.adapter.createProxy(IDENTITY)

    def addProxies(self, proxies: list[Any], current: Ice.Current | None = None) -> list[Any]:
        """Nothing to add: this router is the server. No proxy is ever evicted."""
        self._count(current, "addProxies")
        return []

    def createSession_async(self, callback: Any, user: str, password: str, current: Ice.Current) -> None:
        """Log in or join; answer the proxy of a ServiceFactory, later where passwords of the account are guessed."""
        answer = partial(self._answer_log_in, callback, user, password, current)
        faults = self._server.faults
        if faults.enabled and faults.meet("Router.createSession", current, answer, callback.ice_exception):
            return
        answer()

    def _answer_log_in(self, callback: Any, user: str, password: str, current: Ice.Current) -> None:
        sessions = self._server.sessions
        wait = 0.0 if sessions.is_join(user, password) else sessions.throttle.wait(user)
        if wait is None:
            callback.ice_exception(Glacier2.PermissionDeniedException("Too many wrong passwords: wait a minute."))
        elif wait:
            self._server.later.after(wait, partial(self._log_in_after_wait, callback, user, password, current))
        else:
            self._log_in(callback, user, password, current)

    def _log_in_after_wait(self, callback: Any, user: str, password: str, current: Ice.Current) -> None:
        self._server.sessions.throttle.waited(user)
        self._log_in(callback, user, password, current)

    def _log_in(self, callback: Any, user: str, password: str, current: Ice.Current) -> None:
        try:
            callback.ice_response(self._create_session(user, password, current))
        except WrongCredentials as wrong:
            denied = Glacier2.PermissionDeniedException(str(wrong))
            self._server.later.after(wrong.pause, partial(callback.ice_exception, denied))
        except (omero.RemovedSessionException, omero.SessionTimeoutException) as over:
            callback.ice_exception(Glacier2.PermissionDeniedException(over.message))
        except Exception as error:  # noqa: BLE001 - failure() logs it
            failure(error, "Router.createSession")
            callback.ice_exception(Glacier2.CannotCreateSessionException("The server failed; its log says why."))

    def createSessionFromSecureConnection_async(self, callback: Any, current: Ice.Current) -> None:
        """OMERO knows no log-in by certificate."""
        callback.ice_exception(Glacier2.PermissionDeniedException("Log in by user name and password."))

    def _create_session(self, user: str, password: str, current: Ice.Current) -> Any:
        from omeropyr.embedded.services.factory import ServiceFactory

        context = dict(current.ctx)
        peer = current.con.getInfo().remoteAddress
        origin = Origin(context.get(AGENT, ""), context.get(IP) or peer, context.get(GROUP, ""))
        session = self._server.sessions.log_in(user, password, origin)
        connection = RouterSession(self._server, session, current.con)
        connection.with_password = password != session.uuid
        self._server.sessions.attach(session)
        with self._lock:
            previous = self._by_connection.pop(current.con.toString(), None)
            self._by_connection[current.con.toString()] = connection
        if previous is not None:
            previous.destroy()
        # Ice calls back at once when the client has hung up already.
        current.con.setCallback(_Gone(self))
        self._server.counter.count(session.uuid, "Router.createSession")
        return connection.add_servant(ServiceFactory(), session.uuid)

    # --- called by a client that logged in ---

    def getCategoryForClient(self, current: Ice.Current) -> str:
        """The category of identities for the client's callback objects."""
        connection = self._count(current, "getCategoryForClient")
        return connection.category if connection else ""

    def refreshSession_async(self, callback: Any, current: Ice.Current) -> None:
        """A sign of life of the client."""
        connection = self._count(current, "refreshSession")
        answer = partial(self._refresh, callback, connection)
        faults = self._server.faults
        if faults.enabled and faults.meet("Router.refreshSession", current, answer, callback.ice_exception):
            return
        answer()

    def _refresh(self, callback: Any, connection: RouterSession | None) -> None:
        try:
            if connection is None:
                raise omero.RemovedSessionException
            connection.touch()
        except (omero.RemovedSessionException, omero.SessionTimeoutException):
            callback.ice_exception(Glacier2.SessionNotExistException())
            return
        callback.ice_response()

    def destroySession(self, current: Ice.Current) -> None:
        """The client leaves."""
        self._count(current, "destroySession")
        if not self.forget(current.con):
            raise Glacier2.SessionNotExistException

    def getSessionTimeout(self, current: Ice.Current | None = None) -> int:
        """Seconds between signs of life that suffice; 0: none are needed, the user's session has limits of its own."""
        return 0

    def getACMTimeout(self, current: Ice.Current | None = None) -> int:
        """Seconds after which an idle connection is closed; 0: never."""
        return 0

    def forget(self, connection: Any) -> bool:
        """End the router session of an Ice connection; False when it has none."""
        with self._lock:
            known = self._by_connection.get(connection.toString())
            if known is None or known.ice_connection != connection:
                return False
            del self._by_connection[connection.toString()]
        known.destroy()
        return True

    def forget_all(self) -> None:
        """End all router sessions: the server stops."""
        for known in self.sessions():
            self.forget(known.ice_connection)

    def forget_ended(self) -> None:
        """End the router sessions of those whose user's session is over, and hang up."""
        for known in self.sessions():
            if known.session.closed and self.forget(known.ice_connection):
                # Not gracefully: that waits for clients that do not answer.
                known.ice_connection.close(True)

    def session_ended(self, session: UserSession) -> None:
        """Tell the clients that are connected that their session is over."""
        self._tell(lambda known: known.session is session, "sessionClosed")

    def ask_for_life(self) -> None:
        """Let the clients show that they are there; a connection that cannot carry this is closed by Ice."""
        self._tell(lambda _: True, "requestHeartbeat")

    def announce_stop(self, milliseconds: int) -> None:
        """Tell all clients that the server stops, and their sessions with it."""
        self._tell(lambda _: True, "shutdownIn", milliseconds)
        self._tell(lambda _: True, "sessionClosed")

    def _tell(self, to: Callable[[RouterSession], bool], operation: str, *arguments: Any) -> None:
        for known in self.sessions():
            if to(known):
                known.tell(operation, *arguments)

    def sessions(self) -> list[RouterSession]:
        """The connections that are logged in."""
        with self._lock:
            return list(self._by_connection.values())

    def _count(self, current: Ice.Current | None, operation: str) -> RouterSession | None:
        if current is None:
            return None
        with self._lock:
            connection = self._by_connection.get(current.con.toString())
        if connection is not None:
            self._server.counter.count(connection.session.uuid, f"Router.{operation}")
        return connection
