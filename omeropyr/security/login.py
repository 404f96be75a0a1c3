"""Logging in and out: an OMERO session is made or ended, and the browser gets a new web session each time."""

from __future__ import annotations

import logging
import re
import uuid

import Glacier2
import omero
from pyramid.interfaces import ISecurityPolicy
from pyramid.request import Request

from omeropyr.connection.gateway import FAILURES, Gateway
from omeropyr.connection.pool import POOL, ConnectionPool
from omeropyr.errors import LoginRefused, OmeroUnavailable, TooManyLogins, translate
from omeropyr.security.csrf import CsrfPolicy, make_token
from omeropyr.security.identity import SESSION_KEY, Identity
from omeropyr.sessions import end, renew

log = logging.getLogger(__name__)

THROTTLE = "omeropyr.security.throttle"
LONGEST_PASSWORD = 4096
LONGEST_NAME = 255
OLDEST_SERVER = (5, 5)


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
    if not _worth_asking(username, password):
        raise LoginRefused(request.settings.web.login_incorrect_credentials_text)
    conn, who = _new_session(request, server_id, username, password)
    throttle.succeeded(username, address)
    _leave(request)
    renew(request)
    request.session[SESSION_KEY] = who.to_session()
    _keep(request.registry[POOL], who, conn)
    CsrfPolicy.set_cookie(request, who.csrf_token)
    request.registry.getUtility(ISecurityPolicy).become(request, who)
    log.info("logged in", extra={"user": who.user_id, "server": server_id})


def _new_session(request: Request, server_id: int, username: str, password: str) -> tuple[Gateway, Identity]:
    """An OMERO session and who it is for; the errors of :func:`log_in`. None of them holds what was typed."""
    address = request.remote_addr or ""
    try:
        conn = request.registry[POOL].servers.create(server_id, username, password, address)
        try:
            return conn, _accepted(conn, server_id)
        except BaseException:
            conn.disconnect(end_session=True)
            raise
    except LoginRefused:
        raise
    except (Glacier2.PermissionDeniedException, omero.SecurityViolation, omero.AuthenticationException):
        request.registry[THROTTLE].failed(username, address)
        log.info("log-in refused", extra={"server": server_id})
        raise LoginRefused(request.settings.web.login_incorrect_credentials_text) from None
    except Exception as error:  # noqa: BLE001 - logged, and raised again as what a user is told
        known = translate(error)
        log.warning("log-in failed", extra={"server": server_id, "cause": type(error).__name__})
        raise known if isinstance(known, OmeroUnavailable) else OmeroUnavailable() from None


def log_out(request: Request) -> None:
    """End the OMERO session and the web session. An OMERO that does not answer does not stop the second."""
    _leave(request)
    end(request)
    request.registry.getUtility(ISecurityPolicy).forget(request)
    CsrfPolicy.set_cookie(request, make_token())


def _accepted(conn: Gateway, server_id: int) -> Identity:
    """What the web session keeps of a new OMERO session: four Ice calls. LoginRefused where it is of no use."""
    version = conn.getConfigService().getVersion()
    if is_too_old(version):
        oldest = ".".join(str(number) for number in OLDEST_SERVER)
        raise LoginRefused(f"This OMERO server has version {version}; {oldest} or newer is needed.")
    admin = conn.getAdminService()
    context = admin.getEventContext()
    if not context.isAdmin and admin.getSecurityRoles().userGroupId not in context.memberOfGroups:
        # OMERO lets inactive users in: they are those who left the group "user".
        raise LoginRefused("This user is not active. Ask your administrator.")
    user = admin.getExperimenter(context.userId)
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


def is_too_old(version: str) -> bool:
    """Whether a server of this version (``5.6.14-ice36``) cannot be used; one without numbers is given a chance."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) < OLDEST_SERVER


def _keep(pool: ConnectionPool, who: Identity, conn: Gateway) -> None:
    """Keep the connection of the log-in; it is encrypted, so where others need not be, it makes way for one of them."""
    if pool.servers.learn(who.server_id, conn):
        try:
            other = pool.servers.join(who.server_id, who.session_uuid)
        except FAILURES as error:
            log.info("the encrypted connection is kept", extra={"cause": type(error).__name__})
        else:
            conn.disconnect()
            conn = other
    pool.adopt(who.server_id, who.session_uuid, conn)


def _leave(request: Request) -> None:
    """End the OMERO session of whoever is logged in."""
    who: Identity | None = request.identity
    if who is not None:
        request.registry[POOL].end(who.server_id, who.session_uuid)
        log.info("logged out", extra={"user": who.user_id})


def _worth_asking(username: str, password: str) -> bool:
    """Whether the pair could be right: an empty password, or OMERO's guest, never is.

    OMERO also takes the id of a session as name and password at once. That is no log-in, so it is refused.
    """
    fits = 0 < len(username) <= LONGEST_NAME and len(password) <= LONGEST_PASSWORD
    known = bool(password.strip()) and "\0" not in username + password
    return fits and known and username != "guest" and not _is_uuid(username)


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
