"""The OMERO session that all visitors of this process share, and who gets it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict

from pyramid.config import Configurator
from pyramid.request import Request

from omeropyr.addons.public import PublicView, public_routes
from omeropyr.addons.public_user.gate import Gate
from omeropyr.connection.pool import POOL, SPARE_THREADS, ConnectionPool
from omeropyr.errors import LoginRefused, OmeropyrError, OmeroUnavailable, translate
from omeropyr.security.identity import VISITORS, Visitor
from omeropyr.security.login import DENIED, identify
from omeropyr.settings.values import Settings, get_settings

log = logging.getLogger(__name__)

RETRY_SECONDS = 30.0
"""After OMERO refused the public user, it is not asked again for so long."""
WAIT_SECONDS = 2.0
"""How long a request waits for another one that is making the session."""


class Visitors:
    """Knows who a request without a log-in is; one for each application, safe for threads."""

    def __init__(self, settings: Settings, pool: ConnectionPool, gate: Gate) -> None:
        self.gate = gate
        self._web = settings.web
        self._pool = pool
        self._lock = threading.Lock()
        # Who waits holds a thread of the web server: an OMERO that hangs must not hold them all.
        self._places = threading.BoundedSemaphore(max(1, settings.web.wsgi_threads - SPARE_THREADS))
        # The public user, and since when: replaced as one, so that it can be read without the lock.
        self._made: tuple[Visitor, float] | None = None
        self._refused = 0.0

    def identity(self, request: Request) -> Visitor | None:
        """The public user where the request may be made by anybody, else None. OmeroUnavailable where OMERO is down."""
        route = getattr(request, "matched_route", None)
        path = request.environ.get("PATH_INFO", "")
        if route is None or not self.gate.open(route.name, request.method, path):
            return None
        return self._fresh() or self._one_at_a_time()

    def renew(self, over: Visitor) -> Visitor:
        """The public user anew, after OMERO ended the session of *over*. LoginRefused where it does not let them in."""
        found = self._one_at_a_time(over.session_uuid)
        if found is None:
            raise LoginRefused("The public user cannot log in at the moment.")
        return found

    def _fresh(self) -> Visitor | None:
        made = self._made
        return made[0] if made is not None and time.monotonic() - made[1] < self._web.public_cache_timeout else None

    def _one_at_a_time(self, over: str = "") -> Visitor | None:
        """The public user, by a new session if need be, or if theirs is *over*. OmeroUnavailable while OMERO hangs."""
        if not self._places.acquire(blocking=False):
            raise OmeroUnavailable(retry_after=2)
        try:
            if not self._lock.acquire(timeout=WAIT_SECONDS):
                raise OmeroUnavailable(retry_after=2)
            try:
                if self._made is not None and self._made[0].session_uuid == over:
                    self._made = None
                return self._fresh() or self._anew()
            finally:
                self._lock.release()
        finally:
            self._places.release()

    def _anew(self) -> Visitor | None:
        now = time.monotonic()
        if now - self._refused < RETRY_SECONDS and self._refused:
            return None
        # One whose time is over is not ended here: visitors are reading by it. OMERO ends it when it is idle.
        self._made = None
        try:
            self._made = (self._log_in(), now)
        except LoginRefused as error:
            self._refused = now
            log.error("the public user cannot log in: %s", error.message)
        return self._made[0] if self._made is not None else None

    def _log_in(self) -> Visitor:
        web = self._web
        if not web.public_user or not web.public_password:
            raise LoginRefused("omero.web.public.user and omero.web.public.password are both needed.")
        try:
            conn = self._pool.servers.create(web.public_server_id, web.public_user, web.public_password, "")
        except DENIED:
            raise LoginRefused("OMERO refuses its name or its password.") from None
        except OmeropyrError:
            raise
        except Exception as error:
            known = translate(error)
            raise known if isinstance(known, OmeroUnavailable) else OmeroUnavailable() from error
        try:
            who = identify(conn, web.public_server_id, check_version=web.check_version)
            if who.is_admin:
                raise LoginRefused("it is an administrator; the public must not be one.")
        except BaseException:
            conn.disconnect(end_session=True)
            raise
        self._pool.adopt(who.server_id, who.session_uuid, conn)
        log.info("public session made", extra={"user": who.user_id, "server": who.server_id})
        return Visitor(**asdict(who))


def includeme(config: Configurator) -> None:
    """Let requests without a log-in be those of the public user, where a route and the site allow it."""
    settings = get_settings(config.registry)

    def register() -> None:
        gate = make_gate(settings, public_routes(config.registry))
        config.registry[VISITORS] = Visitors(settings, config.registry[POOL], gate)

    # Last of all actions: by then every add-on has declared its routes.
    config.action(("omeropyr", "visitors"), register, order=1000)


def make_gate(settings: Settings, routes: Mapping[str, PublicView]) -> Gate:
    """The gate of a site."""
    web = settings.web
    return Gate(web.public_enabled, web.public_url_filter, web.prefix, routes)
