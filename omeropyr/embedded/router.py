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
        self._lock = threading.Lock()
        self._servants: dict[str, Ice.Object] = {}

    def touch(self) -> UserSession:
        """The user's session, noted as used; OMERO's exception when it is over."""
        return self.server.sessions.use(self.session)

    def add_servant(self, service: Service, name: str) -> Any:
        """Serve *service* to this client under *name*; return its proxy. A second call with the name gives the same."""
        identity = Ice.Identity(name, self.category)
        with self._lock:
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

    def destroy(self) -> None:
        """The connection ends: stateful services let go, servants leave, the user's session loses a reference."""
        with self._lock:
            servants, self._servants = self._servants, {}
        for name, known in servants.items():
            # While the server stops, the adapter is gone before its clients are.
            with contextlib.suppress(Ice.ObjectAdapterDeactivatedException):
                self.server.adapter.remove(Ice.Identity(name, self.category))
            service: Service = known.service
            if isinstance(service, StatefulService):
                service.release()
        self.server.sessions.detach(self.session, self.close_on_destroy)


class _Gone(Ice.ConnectionCallback):  # type: ignore[misc]
    """Tells the router that a client's connection ended, by whatever way."""

    def __init__(self, router: Router, key: str) -> None:
        self._router = router
        self._key = key

    def heartbeat(self, con: Any) -> None:
        """A sign of life needs no answer."""

    def closed(self, con: Any) -> None:
        """Clean up behind the client."""
        self._router.forget(self._key)


class Router(Glacier2.Router):  # type: ignore[misc]
    """Glacier2's router, as far as clients of OMERO use it."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self._lock = threading.Lock()
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
        """Log in or join; answer the proxy of a ServiceFactory."""
        try:
            callback.ice_response(self._create_session(user, password, current))
        except WrongCredentials as wrong:
            callback.ice_exception(Glacier2.PermissionDeniedException(str(wrong)))
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
        self._server.sessions.attach(session)
        key = current.con.toString()
        with self._lock:
            previous = self._by_connection.pop(key, None)
            self._by_connection[key] = connection
        if previous is not None:
            previous.destroy()
        current.con.setCallback(_Gone(self, key))
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
        if connection is None:
            callback.ice_exception(Glacier2.SessionNotExistException())
            return
        try:
            connection.touch()
        except (omero.RemovedSessionException, omero.SessionTimeoutException):
            callback.ice_exception(Glacier2.SessionNotExistException())
            return
        callback.ice_response()

    def destroySession(self, current: Ice.Current) -> None:
        """The client leaves."""
        self._count(current, "destroySession")
        if not self.forget(current.con.toString()):
            raise Glacier2.SessionNotExistException

    def getSessionTimeout(self, current: Ice.Current | None = None) -> int:
        """Seconds between signs of life that suffice; 0: none are needed, the user's session has limits of its own."""
        return 0

    def getACMTimeout(self, current: Ice.Current | None = None) -> int:
        """Seconds after which an idle connection is closed; 0: never."""
        return 0

    def forget(self, key: str) -> bool:
        """End the router session of a connection; False when it has none."""
        with self._lock:
            connection = self._by_connection.pop(key, None)
        if connection is None:
            return False
        connection.destroy()
        return True

    def forget_all(self) -> None:
        """End all router sessions: the server stops."""
        with self._lock:
            keys = list(self._by_connection)
        for key in keys:
            self.forget(key)

    def forget_ended(self) -> None:
        """End the router sessions of those whose user's session is over, and hang up."""
        for connection in self.sessions():
            if connection.session.closed and self.forget(connection.ice_connection.toString()):
                connection.ice_connection.close(False)

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
