"""Reading Beaker's session cookie without making a session."""

from __future__ import annotations

from beaker.session import SignedCookie
from pyramid.request import Request

from omeropyr.sessions.records import is_session_id


class SignedId:
    """The id in the session cookie *name*, signed with *secret* as Beaker signs it."""

    def __init__(self, name: str, secret: str) -> None:
        self.name = name
        self._signed = SignedCookie(secret)

    def raw(self, request: Request) -> str | None:
        """The cookie as it came."""
        value: str | None = request.cookies.get(self.name)
        return value

    def read(self, raw: str) -> str | None:
        """The session id in the cookie's text, None when it is not ours."""
        found, _ = self._signed.value_decode(raw)
        return found if isinstance(found, str) and is_session_id(found) else None
