"""The facts about who is logged in, kept in the web session so that no request asks OMERO for them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

SESSION_KEY = "omero"
#: Where the registry keeps who visitors without an account are, if the site has an add-on that lets them in.
VISITORS = "omeropyr.security.visitors"
#: And who programs are that bring an OMERO session along in a header, if the site allows that.
HEADER_SESSIONS = "omeropyr.security.header_sessions"
CACHE_SECONDS = 30.0
MOST_CACHED = 10_000


@dataclass(frozen=True)
class Identity:
    """``request.omero``. The uuid of the OMERO session is as good as a password: it is in no ``repr``, page or log."""

    server_id: int
    user_id: int
    user_name: str
    full_name: str
    group_id: int
    group_name: str
    is_admin: bool
    session_uuid: str = field(repr=False)
    csrf_token: str = field(repr=False)

    @property
    def is_public(self) -> bool:
        """Whether this is nobody in particular: a visitor who sees what the public user sees."""
        return False

    @property
    def shared(self) -> bool:
        """Whether the OMERO session behind it is not this browser's to end."""
        return False

    def to_session(self) -> dict[str, Any]:
        """The values as JSON can hold them."""
        return asdict(self)

    @classmethod
    def from_session(cls, values: Mapping[str, Any] | None) -> Identity | None:
        """The identity in a session's values, None where there is none or one of another version."""
        stored = (values or {}).get(SESSION_KEY)
        if not isinstance(stored, dict) or set(stored) != {one.name for one in fields(cls)}:
            return None
        return cls(**stored)


@dataclass(frozen=True)
class Visitor(Identity):
    """The public user, whom all visitors share: never in a web session; no browser ends its OMERO session."""

    @property
    def is_public(self) -> bool:
        """True."""
        return True

    @property
    def shared(self) -> bool:
        """True: other visitors go on with it."""
        return True


@dataclass(frozen=True)
class Borrowed(Identity):
    """Who a program is that brought its own OMERO session along, for one request."""

    @property
    def shared(self) -> bool:
        """True: the program goes on with it."""
        return True


class IdentityCache:
    """Who came with which cookie, for a short time: tiles come by the hundred and read no session.

    Every change of identity forgets the cookie at once; other processes notice after ``CACHE_SECONDS``, and OMERO
    refuses a session that was closed in any case.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # None stands for a cookie that is over: a slow request must not bring it back.
        self._known: OrderedDict[str, tuple[float, Identity | None]] = OrderedDict()

    def get(self, cookie: str) -> Identity | None:
        """Who came with *cookie* lately."""
        with self._lock:
            when, known = self._known.get(cookie, (0.0, None))
        return known if time.monotonic() - when < CACHE_SECONDS else None

    def put(self, cookie: str, identity: Identity) -> None:
        """Remember who comes with *cookie*."""
        with self._lock:
            if self._known.get(cookie, (0.0, identity))[1] is not None:
                self._note(cookie, identity)

    def forget(self, cookie: str | None) -> None:
        """Forget *cookie* for good: no session has the same one again."""
        if cookie:
            with self._lock:
                self._note(cookie, None)

    def _note(self, cookie: str, identity: Identity | None) -> None:
        self._known[cookie] = (time.monotonic(), identity)
        self._known.move_to_end(cookie)
        while len(self._known) > MOST_CACHED:
            self._known.popitem(last=False)
