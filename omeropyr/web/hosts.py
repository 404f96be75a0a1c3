"""Requests for a host that the site does not have get 400, so that no link or redirect of ours leads to it.

Which hosts it has says ``omero.web.allowed_hosts``. The host is the ``Host`` header, or what a trusted proxy says it
was. ``/health/`` answers under every name: those who probe it know only an address, and it links to nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence

from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid.tweens import EXCVIEW

from omeropyr.errors import InvalidInput
from omeropyr.settings import get_settings

log = logging.getLogger(__name__)
Handler = Callable[[Request], Response]
_HOST = re.compile(r"([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


def includeme(config: Configurator) -> None:
    """Register the tween: inside the one that makes error pages, around everything else."""
    config.add_tween("omeropyr.web.hosts.host_tween_factory", under=EXCVIEW)


def host_tween_factory(handler: Handler, registry: Registry) -> Handler:
    """The tween."""
    web = get_settings(registry).web
    allowed = (*web.allowed_hosts, web.application_server_host)

    def host_tween(request: Request) -> Response:
        sent = request.environ.get("HTTP_HOST", "")
        if not is_allowed(sent, allowed) and not request.path_info.startswith("/health/"):
            log.warning("foreign host refused; is it missing in omero.web.allowed_hosts?", extra={"host": sent})
            raise InvalidInput(
                "This site is not reached under this name. Whoever runs it can allow it by omero.web.allowed_hosts."
            )
        return handler(request)

    return host_tween


def is_allowed(sent: str, allowed: Sequence[str]) -> bool:
    """Is *sent*, a ``Host`` header, among *allowed* (``name``, ``.domain`` and all below it, ``*``)? Ports don't count.

    What is no host at all, like two of them or a part with ``@``, never is.
    """
    match = _HOST.fullmatch(sent.lower())
    if match is None:
        return False
    host = match[1].rstrip(".")
    return any(
        one in ("*", host) or (one.startswith(".") and (host == one[1:] or host.endswith(one))) for one in allowed
    )
