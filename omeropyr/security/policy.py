"""Pyramid's security policy: identity from the session cookie, permission from the one table. No Ice call."""

from __future__ import annotations

from typing import Any

from pyramid.request import Request, RequestLocalCache
from pyramid.security import Allowed, Denied

from omeropyr.errors import NotLoggedIn, OmeropyrError
from omeropyr.security.identity import HEADER_SESSIONS, VISITORS, Identity, IdentityCache
from omeropyr.security.permissions import permits
from omeropyr.sessions import COOKIE, STORE


class SecurityPolicy:
    """One for each application; remembers cookies for a moment."""

    def __init__(self) -> None:
        self.cache = IdentityCache()
        self._per_request = RequestLocalCache(self._load)

    def identity(self, request: Request) -> Identity | None:
        """Who is logged in; SessionsUnavailable where that cannot be known."""
        try:
            found: Identity | None = self._per_request.get_or_create(request)
        except OmeropyrError:
            # Asked for once: the error page is shown to nobody in particular.
            self._per_request.set(request, None)
            raise
        return found

    def known(self, request: Request) -> Identity | None:
        """Who is logged in, if the request asked before; nothing is read for it."""
        found: Identity | None = self._per_request.get(request, None)
        return found

    def authenticated_userid(self, request: Request) -> str | None:
        """Id of the OMERO user."""
        who = self.identity(request)
        return str(who.user_id) if who else None

    def permits(self, request: Request, _context: Any, permission: str) -> Allowed | Denied:
        """Whether the request may use a view."""
        who = self.identity(request)
        if permits(who, permission):
            return Allowed("%s has %s", who.user_id if who else None, permission)
        return Denied(
            "not logged in" if who is None else "%s lacks %s", *(() if who is None else (who.user_id, permission))
        )

    def remember(self, request: Request, userid: str, **_kw: Any) -> list[tuple[str, str]]:
        """Logging in is ``omeropyr.security.log_in``'s: there is nothing to remember by a bare user id."""
        raise NotImplementedError("use omeropyr.security.log_in")

    def forget(self, request: Request, **_kw: Any) -> list[tuple[str, str]]:
        """The identity is not asked for again in this request, nor from the cache."""
        self.cache.forget(request.registry[COOKIE].raw(request))
        self._per_request.set(request, None)
        return []

    def become(self, request: Request, who: Identity) -> None:
        """The rest of this request is served to *who*."""
        self.cache.forget(request.registry[COOKIE].raw(request))
        self._per_request.set(request, who)

    def _load(self, request: Request) -> Identity | None:
        """Who logged in; else the program that brought a session along; else, where all may look, the public user."""
        who = self._logged_in(request)
        for source in (HEADER_SESSIONS, VISITORS):
            known = request.registry.get(source)
            if who is None and known is not None:
                who = known.identity(request)
        return who

    def _logged_in(self, request: Request) -> Identity | None:
        cookie = request.registry[COOKIE]
        raw = cookie.raw(request)
        if not raw:
            return None
        known = self.cache.get(raw)
        if known is not None:
            return known
        session_id = cookie.read(raw)
        who = Identity.from_session(request.registry[STORE].values(session_id)) if session_id else None
        if who is not None:
            self.cache.put(raw, who)
        return who


def request_identity(request: Request) -> Identity:
    """``request.omero``: who is logged in; NotLoggedIn when nobody is."""
    who = request.identity
    if who is None:
        raise NotLoggedIn
    return who  # type: ignore[no-any-return]
