"""The connection that views get: omero-py's BlitzGateway over one joined OMERO session, with warm engines beside it."""

from __future__ import annotations

import contextlib
import logging
import re
import time
from typing import Any

import Ice
import omero
from omero.gateway import BlitzGateway

from omeropyr.connection.meter import IceMeter, MeteredProxy, MeteredService

AGENT = "OMERO.web"
ALL_GROUPS = -1
PING_MILLISECONDS = 2_000
FAILURES = (Ice.Exception, omero.ServerError, omero.ClientError)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def without_uuid(record: logging.LogRecord) -> bool:
    """Keeps OMERO's session out of *record*: omero-py logs it, and it is as good as a password."""
    record.msg, record.args = _UUID.sub("(a session)", record.getMessage()), None
    return True


for _name in ("omero.gateway", "omero.gateway.utils"):
    logging.getLogger(_name).addFilter(without_uuid)


class Gateway(BlitzGateway):  # type: ignore[misc]
    """A BlitzGateway on a client that has joined a session. ``close()`` of a view or an add-on ends nothing.

    ``engines`` holds what is warm: anything with a ``close()``, which is called when the connection is dropped.
    ``meter`` counts the Ice calls of the loan.
    """

    _proxies: Any
    c: Any

    def __init__(self, client: Any) -> None:
        self.meter = IceMeter()
        self.engines: dict[Any, Any] = {}
        self.last_used = time.monotonic()
        super().__init__(client_obj=client, useragent=AGENT)
        self._proxies = {name: MeteredService.of(service) for name, service in self._proxies.items()}

    @property
    def factory(self) -> Any:
        """OMERO's ServiceFactory, to make stateful services with; calls are counted, those of what it makes too."""
        return MeteredProxy(self.c.sf, self.meter)

    def reset(self) -> None:
        """Forget the options of whoever used the connection before; every group may be seen."""
        self.meter.reset()
        self.setDefaultOmeroGroup(None)
        self.setDefaultOmeroUser(None)
        self.SERVICE_OPTS = self.createServiceOptsDict()
        self.SERVICE_OPTS.setOmeroGroup(ALL_GROUPS)

    def alive(self) -> bool:
        """Whether the server still knows the session and the connection: one call."""
        try:
            self.ping()
        except FAILURES:
            return False
        return True

    def ping(self) -> None:
        """One call for a sign of life; what goes wrong passes through, Ice.TimeoutException after few seconds."""
        # OMERO.server answers False to a question without a service; what counts is that it answers.
        self.c.sf.ice_invocationTimeout(PING_MILLISECONDS).keepAlive(None)

    def cut(self) -> None:
        """Close the connection below whatever call is under way in another thread: it fails at once."""
        connection = self.c.sf.ice_getCachedConnection()
        if connection is not None:
            connection.close(True)

    def connect(self, sUuid: str | None = None) -> bool:  # noqa: ARG002 - as BlitzGateway names it
        """Whether it is connected. It connects never again: a lost connection is dropped and the pool joins anew."""
        return bool(self._connected)

    def close(self, hard: bool = False) -> None:
        """Nothing: the pool decides when a connection ends. *hard* is BlitzGateway's own and means as little."""

    def disconnect(self, *, end_session: bool = False) -> None:
        """Close the engines and the connection, and with *end_session* the OMERO session too."""
        for engine in self.engines.values():
            with contextlib.suppress(*FAILURES):
                engine.close()
        self.engines.clear()
        client = self.c
        if client is not None:
            with contextlib.suppress(*FAILURES):
                super().close(hard=end_session)
            # A service that could not be closed stops BlitzGateway half-way; the connection must not stay open.
            client.__del__()
            self.c = None
