"""An OMERO session that a program brings along in a header, where the site allows that (``omeropyr.session.header``).

For scripts that have logged in to OMERO already, such as those of ``omero login``: OMERO.web's ``bsession``, but never
in an address, where logs and histories keep it. It counts for the one request: no web session is made, and the OMERO
session is not the web's to end. A page of another site cannot send the header, so no token against forged requests is
needed.
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import asdict

from pyramid.request import Request

from omeropyr.connection.pool import POOL, ConnectionPool
from omeropyr.errors import NotLoggedIn, SessionExpired, TooManyLogins
from omeropyr.security.identity import Borrowed, Identity, IdentityCache
from omeropyr.security.login import identify
from omeropyr.security.throttle import Throttle
from omeropyr.settings.web import Web

log = logging.getLogger(__name__)

HEADER = "X-OMERO-Session"
SERVER = "X-OMERO-Server"
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
PURPOSE = "session header"
UNKNOWN = "This OMERO session is over, or there never was one."


class HeaderSessions:
    """Who comes with which OMERO session; one for each application."""

    def __init__(self, web: Web, throttle: Throttle) -> None:
        self._web = web
        self._throttle = throttle
        self._cache = IdentityCache()

    def identity(self, request: Request) -> Borrowed | None:
        """Who the header says, None without one. NotLoggedIn for a wrong one, TooManyLogins, OmeroUnavailable."""
        uuid = request.headers.get(HEADER)
        if uuid is None:
            return None
        server = request.headers.get(SERVER, "1")
        if not _UUID.fullmatch(uuid) or not server.isascii() or not server.isdigit() or len(server) > 3:
            raise NotLoggedIn(UNKNOWN)
        server_id = int(server)
        if not 1 <= server_id <= len(self._web.server_list):
            raise NotLoggedIn(f"There is no OMERO server {server_id}.")
        name = hashlib.sha256(f"{server_id} {uuid}".encode()).hexdigest()
        known = self._cache.get(name) or self._join(request, server_id, uuid)
        self._cache.put(name, known)
        return Borrowed(**asdict(known))

    def _join(self, request: Request, server_id: int, uuid: str) -> Identity:
        attempt = self._throttle.begin(uuid, request.remote_addr or "")
        if attempt.wait:
            raise TooManyLogins(retry_after=attempt.wait)
        pool: ConnectionPool = request.registry[POOL]
        try:
            conn = pool.lend(server_id, uuid)
        except SessionExpired:
            self._throttle.failed(attempt)
            log.info("a session by header was refused", extra={"server": server_id})
            raise NotLoggedIn(UNKNOWN) from None
        except BaseException:
            self._throttle.undecided(attempt)
            raise
        try:
            who = identify(conn, server_id, check_version=self._web.check_version)
        except BaseException:
            self._throttle.undecided(attempt)
            pool.take_back(server_id, uuid, conn, broken=True)
            raise
        pool.take_back(server_id, uuid, conn)
        self._throttle.succeeded(attempt)
        return who
