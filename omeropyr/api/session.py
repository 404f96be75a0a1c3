"""Logging in by the API: with name and password, or again into an OMERO session that its programs hold."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import Ice
import omero
from pyramid.request import Request

from omeropyr.connection.pool import POOL
from omeropyr.errors import InvalidInput, LoginRefused, OmeroUnavailable, TooManyLogins, translate
from omeropyr.security import change_identity, identify, log_in
from omeropyr.security.csrf import FIELD, HEADER
from omeropyr.security.login import DENIED, THROTTLE


def enter(request: Request, server_id: int, username: str, password: str) -> None:
    """Log in; the token that came with the request remains the session's, as its programs fetch it once.

    A session's id as name and password at once joins that session, where `omero.web.api.session_uuid` lets programs
    have it. Raises what ``omeropyr.security.log_in`` raises.
    """
    token = request.headers.get(HEADER) or request.POST.get(FIELD)
    if request.settings.web.api_session_uuid and username == password and _is_uuid(username):
        _join(request, server_id, username, token)
    else:
        log_in(request, server_id, username, password, token=token)


def event_context(request: Request) -> dict[str, Any]:
    """Give who is logged in; the id of the OMERO session only where the site lets programs have it. One Ice call."""
    context = request.conn.getAdminService().getEventContext()
    found = {
        "sessionId": context.sessionId,
        "sessionUuid": context.sessionUuid,
        "userId": context.userId,
        "userName": context.userName,
        "groupId": context.groupId,
        "groupName": context.groupName,
        "isAdmin": context.isAdmin,
        "eventId": context.eventId,
        "eventType": context.eventType,
        "memberOfGroups": list(context.memberOfGroups),
        "leaderOfGroups": list(context.leaderOfGroups),
    }
    if not request.settings.web.api_session_uuid:
        del found["sessionUuid"]
    return found


def chosen_server(request: Request, named: Any) -> int:
    """Read the id of a server, from 1; the first where none is named. Raises `InvalidInput`."""
    text = str(named if named not in (None, "") else 1)
    count = len(request.settings.web.server_list)
    if isinstance(named, bool) or not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= count):
        raise InvalidInput("There is no such server.")
    return int(text)


def _join(request: Request, server_id: int, session_uuid: str, token: str | None) -> None:
    who = request.identity
    if who is not None and (who.server_id, who.session_uuid) == (server_id, session_uuid):
        return  # To enter it anew would end it first.
    throttle = request.registry[THROTTLE]
    attempt = throttle.begin(session_uuid, request.remote_addr or "")
    if attempt.wait:
        raise TooManyLogins(retry_after=attempt.wait)
    try:
        conn = request.registry[POOL].servers.join(server_id, session_uuid)
    except DENIED:
        throttle.failed(attempt)
        raise LoginRefused(request.settings.web.login_incorrect_credentials_text) from None
    except (Ice.Exception, omero.ServerError, omero.ClientError) as error:
        throttle.undecided(attempt)
        known = translate(error)
        raise known if isinstance(known, OmeroUnavailable) else OmeroUnavailable() from None
    try:
        found = identify(conn, server_id, check_version=request.settings.web.check_version)
    except BaseException:
        throttle.undecided(attempt)
        conn.disconnect()
        raise
    throttle.succeeded(attempt)
    change_identity(request, replace(found, csrf_token=token) if token else found, conn)


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
