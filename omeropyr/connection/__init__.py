"""Everything that talks to OMERO: a pool of joined connections, their lease by a request, warm engines, streams."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.tweens import EXCVIEW

from omeropyr.connection.held import PAUSES, Pauses
from omeropyr.connection.lease import request_conn
from omeropyr.connection.pool import POOL, ConnectionPool
from omeropyr.settings import get_settings


def includeme(config: Configurator) -> None:
    """``request.conn``, the pool behind it, and the tween that names and times every request."""
    config.registry[POOL] = ConnectionPool(get_settings(config.registry).web)
    config.registry[PAUSES] = Pauses()
    config.add_request_method(request_conn, "conn", reify=True)
    config.add_tween("omeropyr.connection.tween.request_tween_factory", over=EXCVIEW)
    config.add_tween("omeropyr.connection.again.again_tween_factory", under=EXCVIEW)
