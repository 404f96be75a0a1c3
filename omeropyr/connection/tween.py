"""Around every request: an id for it, the time it took, one line in the log."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable

from pyramid.interfaces import ISecurityPolicy
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.addons.ownership import addon_of_request
from omeropyr.connection.lease import lease_of
from omeropyr.logs import request_id

log = logging.getLogger("omeropyr.request")
HEADER = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_tween_factory(handler: Callable[[Request], Response], _registry: Registry) -> Callable[[Request], Response]:
    """The tween; a client's own ``X-Request-ID`` is kept when it is harmless."""

    def request_tween(request: Request) -> Response:
        sent = request.headers.get(HEADER, "")
        name = sent if _ID.fullmatch(sent) else uuid.uuid4().hex
        token = request_id.set(name)
        started = time.perf_counter()
        try:
            response = handler(request)
            response.headers[HEADER] = name
            _log(request, response.status_int, started)
            return response
        finally:
            # Servers use threads again: the next request must not carry this id.
            request_id.reset(token)

    return request_tween


def _log(request: Request, status: int, started: float) -> None:
    route = getattr(request, "matched_route", None)
    # Static files and the like ask for nobody's identity, nor does their log line.
    who = request.registry.getUtility(ISecurityPolicy).known(request)
    lease = lease_of(request)
    meter = lease.conn.meter if lease is not None else None
    facts = {
        "method": request.method,
        # Without the query, which may hold what is nobody's business.
        "path": request.environ.get("PATH_INFO", ""),
        "route": route.name if route is not None else None,
        "addon": addon_of_request(request),
        "status": status,
        "ms": round((time.perf_counter() - started) * 1000, 1),
        "user": who.user_id if who is not None else None,
        # Of a streamed body only what came before its first byte.
        "ice_calls": meter.calls if meter is not None else 0,
        "ice_ms": round(meter.seconds * 1000, 1) if meter is not None else 0.0,
    }
    log.info("request", extra=facts)
