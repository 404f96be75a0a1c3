"""The page of add-ons, settings and health."""

from __future__ import annotations

from pyramid.request import Request

from omeropyr.admin.actor import require_admin
from omeropyr.admin.navigation import shown
from omeropyr.admin.site_facts import addon_rows, health_of, settings_of
from omeropyr.version import __version__

SECTION = "addons"


def addons(request: Request) -> dict[str, object]:
    """What runs here."""
    require_admin(request.conn)
    return shown(
        request,
        SECTION,
        version=__version__,
        rows=addon_rows(request.registry),
        parts=settings_of(request.registry),
        health=health_of(request.registry),
    )
