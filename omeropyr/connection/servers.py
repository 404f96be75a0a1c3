"""Reaching the OMERO servers of ``omero.web.server_list``: log in, join a session, encrypted or not."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import Ice
from omero.clients import BaseClient

from omeropyr.connection.gateway import AGENT, FAILURES, Gateway
from omeropyr.settings.web import Server, Web

log = logging.getLogger(__name__)

CONNECT_MILLISECONDS = 5_000
CALL_MILLISECONDS = 60_000
JOIN_MILLISECONDS = 10_000
INSECURE = "omero.router.insecure"
UNREACHABLE = (
    Ice.ConnectFailedException,
    Ice.TimeoutException,
    Ice.DNSException,
    Ice.EndpointParseException,
    Ice.ProxyParseException,
)


class Servers:
    """Makes connections; knows from each server whether it takes unencrypted ones. Thread-safe; one per application."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._lock = threading.Lock()
        # Where a server takes unencrypted connections; "" for nowhere.
        self._insecure: dict[int, str] = {}

    def create(self, server_id: int, username: str, password: str, address: str) -> Gateway:
        """Log in at server *server_id* (from 1), always encrypted; the exceptions of Glacier2 and Ice pass through."""
        client = _client(self._web.server_list[server_id - 1])
        if address:
            client.setIP(address)
        return _connected(client, lambda: client.createSession(username, password))

    def join(self, server_id: int, session_uuid: str) -> Gateway:
        """Connect to an OMERO session that exists, unencrypted where site and server agree on it."""
        server = self._web.server_list[server_id - 1]
        router = "" if self._web.secure else self._known(server_id)
        if router:
            try:
                client = _client(server, router, _Joining)
                return _connected(client, lambda: client.joinSession(session_uuid))
            except UNREACHABLE as error:
                if isinstance(error, Ice.InvocationTimeoutException):
                    raise
                log.warning("no unencrypted connection", extra={"server": server_id, "cause": type(error).__name__})
                self._remember(server_id, "")
        secure = _client(server, kind=_Joining)
        conn = _connected(secure, lambda: secure.joinSession(session_uuid))
        self.learn(server_id, conn)
        return conn

    def learn(self, server_id: int, conn: Gateway) -> bool:
        """Ask once whether the server takes unencrypted connections; True when it does and the site wants them."""
        if self._web.secure:
            return False
        with self._lock:
            known = server_id in self._insecure
        if not known:
            host = self._web.server_list[server_id - 1].host
            try:
                router = conn.getConfigService().getConfigValue(INSECURE) or ""
            except FAILURES:
                return False
            self._remember(server_id, router.replace("@omero.host@", host))
        return bool(self._known(server_id))

    def _known(self, server_id: int) -> str:
        with self._lock:
            return self._insecure.get(server_id, "")

    def _remember(self, server_id: int, router: str) -> None:
        with self._lock:
            self._insecure[server_id] = router


def _connected(client: Any, connect: Callable[[], Any]) -> Gateway:
    try:
        # Otherwise the OMERO session would end with the first of its connections.
        connect().detachOnDestroy()
        return Gateway(client)
    except BaseException:
        client.__del__()
        raise


class _Joining(BaseClient):  # type: ignore[misc]
    """A client that waits less for the router: to join is quick, and a server that hangs must not hold requests."""

    def getRouter(self, comm: Any) -> Any:
        return super().getRouter(comm).ice_invocationTimeout(JOIN_MILLISECONDS)


def _client(server: Server, router: str = "", kind: type[Any] = BaseClient) -> Any:
    settings = [
        f"--Ice.Override.ConnectTimeout={CONNECT_MILLISECONDS}",
        f"--Ice.Default.InvocationTimeout={CALL_MILLISECONDS}",
        *([f"--Ice.Default.Router={router}"] if router else []),
    ]
    client = kind(host=server.host, port=server.port, args=settings)
    client.setAgent(AGENT)
    return client
