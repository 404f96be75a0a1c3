"""``/health/live``: the process answers. ``/health/ready``: every check passes, OMERO's first of all.

A check is registered by ``config.add_health_check("figure.disk", check)``: a function without arguments that raises
where something is wrong. OMERO's own asks whether one of the site's servers takes connections.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED

from omeropyr.settings import Server, get_settings

log = logging.getLogger(__name__)
KEY = "omeropyr.health"


def includeme(config: Configurator) -> None:
    """Register the two addresses and the directive."""
    config.registry[KEY] = {}
    config.add_directive("add_health_check", add_health_check)
    servers = get_settings(config.registry).web.server_list
    add_health_check(config, "omero", lambda: reach_omero(servers))
    config.add_route("health.live", "/health/live")
    config.add_route("health.ready", "/health/ready")
    public = {"permission": NO_PERMISSION_REQUIRED, "renderer": "json", "request_method": "GET"}
    config.add_view(show_live, route_name="health.live", **public)
    config.add_view(show_ready, route_name="health.ready", **public)


def add_health_check(config: Configurator, id: str, check: Callable[[], object]) -> None:
    """Let ``/health/ready`` call *check*; it says 503 while one raises."""
    intr = config.introspectable("omeropyr health checks", id, id, "health check")

    def register() -> None:
        config.registry[KEY][id] = check

    config.action(("omeropyr.health", id), register, introspectables=(intr,))


def show_live(_request: Request) -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


def show_ready(request: Request) -> dict[str, Any]:
    """Which checks pass; 503 where one does not. Why stands in the log only: the page is public."""
    results = {name: passes(name, check) for name, check in sorted(request.registry[KEY].items())}
    well = all(results.values())
    request.response.status_int = 200 if well else 503
    return {
        "status": "ok" if well else "failing",
        "checks": {name: "ok" if passed else "failing" for name, passed in results.items()},
    }


def reach_omero(servers: Sequence[Server]) -> None:
    """Connect to the first of *servers* that answers within two seconds; OSError where none does."""
    refused: OSError | None = None
    for server in servers:
        try:
            socket.create_connection((server.host, server.port), timeout=2).close()
        except OSError as error:
            refused = error
        else:
            return
    if refused is not None:
        raise refused


def passes(name: str, check: Callable[[], object]) -> bool:
    """Whether *check* raises nothing; what it raises goes to the log."""
    try:
        check()
    except Exception as error:  # noqa: BLE001 - whatever a check raises means that it fails
        log.warning("health check failed", extra={"check": name, "cause": f"{type(error).__name__}: {error}"})
        return False
    return True
