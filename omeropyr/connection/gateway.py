"""The connection that views get: omero-py's BlitzGateway over one joined OMERO session, with warm engines beside it."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import Ice
import omero
from omero.gateway import BlitzGateway

from omeropyr.settings.web import Web

AGENT = "OMERO.web"
CONNECT_MILLISECONDS = 5_000
CALL_MILLISECONDS = 60_000
ALL_GROUPS = -1
FAILURES = (Ice.Exception, omero.ServerError, omero.ClientError)


class Gateway(BlitzGateway):
    """A BlitzGateway on a client that has joined a session. ``close()`` of a view or an add-on does not end the session."""

    def __init__(self, client: Any) -> None:
        super().__init__(client_obj=client, useragent=AGENT)
        self.engines: dict[Any, Any] = {}
        self.last_used = time.monotonic()

    def reset(self) -> None:
        """Forget the options of whoever used the connection before; every group may be seen."""
        self.setDefaultOmeroGroup(None)
        self.setDefaultOmeroUser(None)
        self.SERVICE_OPTS = self.createServiceOptsDict()
        self.SERVICE_OPTS.setOmeroGroup(ALL_GROUPS)

    def close(self, hard: bool = False) -> None:
        """Nothing: the pool decides when a connection ends. *hard* is BlitzGateway's own and means as little."""

    def disconnect(self, *, end_session: bool = False) -> None:
        """Close the engines and the connection, and with *end_session* the OMERO session too."""
        for engine in self.engines.values():
            with contextlib.suppress(*FAILURES):
                engine.close()
        self.engines.clear()
        with contextlib.suppress(*FAILURES):
            super().close(hard=end_session)


def create_session(web: Web, server_id: int, username: str, password: str, address: str) -> Gateway:
    """Log in at server *server_id* (from 1); the exceptions of Glacier2 and Ice pass through."""
    client = _client(web, server_id)
    if address:
        client.setIP(address)
    return _connected(client, lambda: client.createSession(username, password))


def join_session(web: Web, server_id: int, session_uuid: str) -> Gateway:
    """Connect to an OMERO session that exists; the exceptions of Glacier2 and Ice pass through."""
    client = _client(web, server_id)
    return _connected(client, lambda: client.joinSession(session_uuid))


def _connected(client: Any, connect: Any) -> Gateway:
    try:
        # Otherwise the OMERO session would end with the first of its connections.
        connect().detachOnDestroy()
        return Gateway(client)
    except BaseException:
        client.__del__()
        raise


def _client(web: Web, server_id: int) -> Any:
    server = web.server_list[server_id - 1]
    limits = [
        f"--Ice.Override.ConnectTimeout={CONNECT_MILLISECONDS}",
        f"--Ice.Default.InvocationTimeout={CALL_MILLISECONDS}",
    ]
    client = omero.client(host=server.host, port=server.port, args=limits)
    client.setAgent(AGENT)
    return client
