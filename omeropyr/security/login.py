"""Logging in and out: an OMERO session is made or ended, and the browser gets a new web session each time."""

from __future__ import annotations

import logging

import Glacier2
import omero
from pyramid.request import Request

from omeropyr.connection.gateway import Gateway, create_session
from omeropyr.connection.pool import POOL
from omeropyr.errors import LoginRefused, OmeroUnavailable, TooManyLogins, translate
from omeropyr.security.csrf import CsrfPolicy, make_token
from omeropyr.security.identity import SESSION_KEY, Identity
from omeropyr.sessions import end, renew

log = logging.getLogger(__name__)

THROTTLE = "omeropyr.security.throttle"
LONGEST_PASSWORD = 4096
LONGEST_NAME = 255


def log_in(request: Request, server_id: int, username: str, password: str) -> None:
    """Make an OMERO session and put it behind a new web session.

    Raises LoginRefused for wrong or missing credentials, TooManyLogins while an account is guessed at, and
    OmeroUnavailable when the server does not answer.
    """
    throttle = request.registry[THROTTLE]
    address = request.remote_addr or ""
    wait = throttle.wait(username, address)
    if wait:
        raise TooManyLogins(retry_after=wait)
    refused = LoginRefused(request.settings.web.login_incorrect_credentials_text)
    if not _worth_asking(username, password):
        raise refused
    try:
        conn = create_session(request.settings.web, server_id, username, password, address)
    except (Glacier2.PermissionDeniedException, omero.SecurityViolation, omero.AuthenticationException):
        throttle.failed(username, address)
        log.info("log-in refused", extra={"server": server_id})
        raise refused from None
    except Exception as error:
        known = translate(error)
        log.warning("log-in failed", extra={"server": server_id, "cause": type(error).__name__})
        raise known if isinstance(known, OmeroUnavailable) else OmeroUnavailable() from None
    throttle.succeeded(username)
    who = identity_of(conn, server_id)
    _leave(request)
    renew(request)
    request.session[SESSION_KEY] = who.to_session()
    request.registry[POOL].adopt(who.server_id, who.session_uuid, conn)
    CsrfPolicy.set_cookie(request, who.csrf_token)
    request.registry.queryUtility(_policy_interface()).become(request, who)
    log.info("logged in", extra={"user": who.user_id, "server": server_id})


def log_out(request: Request) -> None:
    """End the OMERO session and the web session. An OMERO that does not answer does not stop the second."""
    _leave(request)
    end(request)
    request.registry.queryUtility(_policy_interface()).forget(request)
    CsrfPolicy.set_cookie(request, make_token())


def identity_of(conn: Gateway, server_id: int) -> Identity:
    """What the web session keeps of a new OMERO session: two Ice calls."""
    context = conn.getEventContext()
    user = conn.getAdminService().getExperimenter(context.userId)
    names = [user.firstName, user.lastName]
    return Identity(
        server_id=server_id,
        user_id=context.userId,
        user_name=context.userName,
        full_name=" ".join(name.val for name in names if name is not None and name.val),
        group_id=context.groupId,
        group_name=context.groupName,
        is_admin=context.isAdmin,
        session_uuid=context.sessionUuid,
        csrf_token=make_token(),
    )


def _leave(request: Request) -> None:
    """End the OMERO session of whoever is logged in."""
    who: Identity | None = request.identity
    if who is not None:
        request.registry[POOL].end(who.server_id, who.session_uuid)
        log.info("logged out", extra={"user": who.user_id})


def _worth_asking(username: str, password: str) -> bool:
    """Whether the pair could be right: an empty password, or OMERO's guest, never is."""
    fits = 0 < len(username) <= LONGEST_NAME and len(password) <= LONGEST_PASSWORD
    return fits and bool(password.strip()) and "\0" not in username + password and username != "guest"


def _policy_interface() -> type:
    from pyramid.interfaces import ISecurityPolicy

    return ISecurityPolicy  # type: ignore[no-any-return]
