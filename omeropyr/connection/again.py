"""A request whose connection turns out to be lost is served over another one, where that is safe.

OMERO may have been restarted, or a firewall may have dropped a connection that was idle: the session behind it often
lives on. What only reads is done once more. What may have changed something is not: it is told to try again, or to log
in where the session is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import Ice
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.connection.lease import breaks_connection, drop, lease_of
from omeropyr.errors import OmeroUnavailable

Handler = Callable[[Request], Response]
READING = ("GET", "HEAD")


def again_tween_factory(handler: Handler, _registry: Registry) -> Handler:
    """The tween, inside of the one that makes error pages."""

    def again_tween(request: Request) -> Response:
        try:
            return handler(request)
        except Exception as error:
            lease = lease_of(request)
            late = isinstance(error, Ice.TimeoutException)
            if lease is None or lease.streamed or late or not breaks_connection(error):
                raise
            drop(request, error)
            if request.method in READING:
                return _once_more(handler, request)
            _check(request, error)

    return again_tween


def _once_more(handler: Handler, request: Request) -> Response:
    try:
        return handler(request)
    except Exception as error:
        if lease_of(request) is None or not breaks_connection(error):
            raise
        drop(request, error)
        _check(request, error)


def _check(request: Request, error: Exception) -> NoReturn:
    """SessionExpired only where the session is over indeed: a lost connection may say the same."""
    # Raises SessionExpired where that is what happened, and OmeroUnavailable while OMERO is down.
    request.conn  # noqa: B018
    raise OmeroUnavailable(retry_after=1) from error
