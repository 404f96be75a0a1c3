"""Logging in and out: an OMERO session is made or ended, and the browser gets a new web session each time."""

from __future__ import annotations

import logging
import re
import uuid
from dataclasses import replace

import Glacier2
import omero
from pyramid.interfaces import ISecurityPolicy
from pyramid.request import Request

from omeropyr.addons.events import UserLoggedIn, UserLoggedOut, announce
from omeropyr.connection.gateway import FAILURES, Gateway
from omeropyr.connection.pool import POOL, ConnectionPool
from omeropyr.errors import InvalidInput, LoginRefused, OmeroUnavailable, TooManyLogins, translate
from omeropyr.security.csrf import CsrfPolicy, make_token
from omeropyr.security.identity import SESSION_KEY, Identity
from omeropyr.security.throttle import Attempt, Throttle
from omeropyr.sessions import end, renew

log = logging.getLogger(__name__)

THROTTLE = "omeropyr.security.throttle"
LONGEST_PASSWORD = 4096
LONGEST_NAME = 255
OLDEST_SERVER = (5, 5)
INACTIVE = "This user is not active. Ask your administrator."
DENIED = (Glacier2.PermissionDeniedException, omero.SecurityViolation, omero.AuthenticationException)


def log_in(request: Request, server_id: int, username: str, password: str, *, token: str | None = None) -> None:
    """Make an OMERO session and put it behind a new web session, with a new CSRF token unless *token* is to be its own.

    Raises LoginRefused for wrong or missing credentials, an inactive user and a server that is too old; TooManyLogins
    while an account is guessed at; OmeroUnavailable when the server does not answer; SessionsUnavailable and
    StoreUnavailable when the site itself cannot keep what a log-in needs.
    """
    if not _worth_asking(username, password):
        raise LoginRefused(request.settings.web.login_incorrect_credentials_text)
    throttle: Throttle = request.registry[THROTTLE]
    attempt = throttle.begin(username, request.remote_addr or "")
    if attempt.wait:
        raise TooManyLogins(retry_after=attempt.wait)
    conn, who = _new_session(request, attempt, server_id, username, password)
    throttle.succeeded(attempt)
    change_identity(request, replace(who, csrf_token=token) if token else who, conn)
    log.info("logged in", extra={"user": who.user_id, "server": server_id})


def change_identity(request: Request, who: Identity, conn: Gateway) -> None:
    """From now on the browser is *who*, over *conn*; whoever it was before is logged out.

    Every change goes through here: log-in, sudo, from public to a user. The browser gets a new session id, the old
    record is removed, and the old OMERO session ends. When the record cannot be written, all stays as it was.
    """
    try:
        renew(request, {SESSION_KEY: who.to_session()})
    except BaseException:
        conn.disconnect(end_session=True)
        raise
    _leave(request)
    _keep(request.registry[POOL], who, conn)
    CsrfPolicy.set_cookie(request, who.csrf_token)
    request.registry.getUtility(ISecurityPolicy).become(request, who)
    announce(UserLoggedIn(request, who.user_id, who.user_name))


def switch_group(request: Request, group_id: int, group_name: str) -> None:
    """From now on what the user makes goes into another group; the session stays the same. Checks nothing."""
    if request.omero.shared:
        # A session that a program brought along must not end up behind a cookie.
        raise InvalidInput("There is no web session that could keep the group: name it in each request.")
    who = replace(request.omero, group_id=group_id, group_name=group_name)
    request.session[SESSION_KEY] = who.to_session()
    request.registry.getUtility(ISecurityPolicy).become(request, who)


def log_out(request: Request) -> None:
    """End the OMERO session and the web session. An OMERO that does not answer does not stop the second."""
    _leave(request)
    end(request)
    request.registry.getUtility(ISecurityPolicy).forget(request)
    CsrfPolicy.set_cookie(request, make_token())


def identify(conn: Gateway, server_id: int, *, check_version: bool = True) -> Identity:
    """What the web session keeps of a new OMERO session: four Ice calls. LoginRefused where it is of no use."""
    if check_version and (problem := unsuitable(conn.getConfigService().getVersion())):
        raise LoginRefused(problem)
    admin = conn.getAdminService()
    context = admin.getEventContext()
    if not context.isAdmin and admin.getSecurityRoles().userGroupId not in context.memberOfGroups:
        # OMERO.server lets inactive users in: they are those who left the group "user".
        raise LoginRefused(INACTIVE)
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


def unsuitable(version: str) -> str | None:
    """Why a server of this version (``5.6.14-ice36``) cannot be used; one without numbers is given a chance."""
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None:
        return None
    number = (int(found[1]), int(found[2]))
    oldest = ".".join(str(part) for part in OLDEST_SERVER)
    if number < OLDEST_SERVER:
        return f"This OMERO server has version {version}; {oldest} or newer is needed."
    if number[0] > OLDEST_SERVER[0]:
        return f"This OMERO server has version {version}; this site works with {oldest} up to {OLDEST_SERVER[0]}.x."
    return None


def _new_session(
    request: Request, attempt: Attempt, server_id: int, username: str, password: str
) -> tuple[Gateway, Identity]:
    """An OMERO session and who it is for; the errors of :func:`log_in`. None of them holds what was typed."""
    throttle: Throttle = request.registry[THROTTLE]
    web = request.settings.web
    try:
        conn = request.registry[POOL].servers.create(server_id, username, password, request.remote_addr or "")
        try:
            return conn, identify(conn, server_id, check_version=web.check_version)
        except BaseException:
            conn.disconnect(end_session=True)
            raise
    except DENIED as error:
        if "not active" in str(getattr(error, "reason", "")):
            # The embedded server says so itself, of who knows the password.
            throttle.undecided(attempt)
            raise LoginRefused(INACTIVE) from None
        throttle.failed(attempt)
        log.info("log-in refused", extra={"server": server_id})
        raise LoginRefused(web.login_incorrect_credentials_text) from None
    except Exception as error:
        # Logged, and raised again as what a user is told.
        throttle.undecided(attempt)
        if isinstance(error, LoginRefused):
            raise
        known = translate(error)
        log.warning("log-in failed", extra={"server": server_id, "cause": type(error).__name__})
        raise known if isinstance(known, OmeroUnavailable) else OmeroUnavailable() from None


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
    if who is not None and not who.shared:
        request.registry[POOL].end(who.server_id, who.session_uuid)
        log.info("logged out", extra={"user": who.user_id})
        announce(UserLoggedOut(request, who.user_id, who.user_name))


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
