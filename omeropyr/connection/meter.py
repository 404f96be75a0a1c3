"""How many Ice calls a connection made, and how long they took: what the log line of a request says.

The count is the client's own: calls through BlitzGateway's services and through ``Gateway.factory``. What omero-py's
client does by itself (joining, signs of life) is not in it; the server's count is the whole truth.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import Ice
from omero.gateway import ProxyObjectWrapper

# Answered by the proxy itself, or the second half of a call that was counted when it began.
_LOCAL = ("ice_", "end_", "_")


class IceMeter:
    """Calls and seconds since the last :meth:`reset`; of one connection, which one request uses at a time."""

    def __init__(self) -> None:
        self.calls = 0
        self.seconds = 0.0
        self.since: float | None = None
        """When the call under way began (``time.monotonic``); None while there is none."""
        self.heard: Callable[[], None] = lambda: None
        """Called when the server answers, be it with an exception of its own."""

    def reset(self) -> None:
        """Begin again at nothing."""
        self.calls, self.seconds = 0, 0.0

    def call(self, operation: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call *operation* and note it, whether or not it fails."""
        started, self.since = time.perf_counter(), time.monotonic()
        try:
            answer = operation(*arguments, **named)
        except Ice.UserException:
            self.heard()
            raise
        else:
            self.heard()
            return answer
        finally:
            self.since = None
            self.calls += 1
            self.seconds += time.perf_counter() - started


class MeteredProxy:
    """An Ice proxy whose operations are noted, as are those of the proxies that they answer."""

    def __init__(self, proxy: Any, meter: IceMeter) -> None:
        self._proxy = proxy
        self._meter = meter

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._proxy, name)
        if name.startswith(_LOCAL) or not callable(operation):
            return operation

        def call(*arguments: Any, **named: Any) -> Any:
            found = self._meter.call(operation, *arguments, **named)
            return MeteredProxy(found, self._meter) if isinstance(found, Ice.ObjectPrx) else found

        return call


class MeteredService(ProxyObjectWrapper):  # type: ignore[misc]
    """A service of BlitzGateway whose calls are noted.

    BlitzGateway's own kind also asks for a sign of life before each use, logs in anew when a connection is lost, and
    logs the arguments of what failed. Here the pool looks after connections, and an argument may be a password.
    """

    @classmethod
    def of(cls, service: ProxyObjectWrapper) -> MeteredService:
        """The same service, noted."""
        return cls(service._conn, service._func_str, service._cast_to, service._service_name)

    def clone(self) -> MeteredService:
        """Another instance of the same (stateful) service."""
        return self.of(self)

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._getObj(), name)
        if name.startswith(_LOCAL) or not callable(operation):
            return operation
        meter: IceMeter = self._conn.meter
        return lambda *arguments, **named: meter.call(operation, *arguments, **named)

    _obj: Any

    def _getObj(self) -> Any:
        if not self._obj:
            self._obj = self._conn.meter.call(self._create_func)
        return self._obj
