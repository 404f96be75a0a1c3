"""Sessions of users: made by a password, joined by their uuid, ended by a close or by time.

A session lives in the server's memory and outlives the connections that use it; each connection holds one reference.
Its uuid is as good as a password, so it is never logged.
"""

from __future__ import annotations

import threading
import time
import uuid as uuids
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import omero
from omero.rtypes import rint, rlong, rstring, rtime

from omeropyr.embedded import accounts, settings
from omeropyr.embedded.accounts import WrongCredentials
from omeropyr.embedded.permissions import GUEST_USER, USER_GROUP, Actor
from omeropyr.embedded.store import Store
from omeropyr.embedded.throttle import Throttle

IDLE_SECONDS = 600.0


@dataclass
class UserSession:
    """One log-in of one user. Times are seconds since the epoch; a limit of 0 means none.

    ``sudoer`` is who made the session for another; ``only_groups`` are those that a group owner made it for. ``hits``
    counts the operations asked for.
    """

    number: int
    uuid: str = field(repr=False)
    actor: Actor
    agent: str = ""
    user_ip: str = ""
    time_to_idle: float = IDLE_SECONDS
    time_to_live: float = 0.0
    started: float = field(default_factory=time.time)
    last_used: float = field(default_factory=time.time)
    references: int = 0
    closed: bool = False
    sudoer: Actor | None = None
    only_groups: frozenset[int] | None = None
    hits: int = 0
    inputs: dict[str, omero.RType] = field(default_factory=dict)
    outputs: dict[str, omero.RType] = field(default_factory=dict)

    def expired(self, now: float) -> str | None:
        """Why the session is over by time, or None."""
        if self.time_to_live and now - self.started > self.time_to_live:
            return f"the session lived its {self.time_to_live:.0f} seconds"
        if self.time_to_idle and now - self.last_used > self.time_to_idle:
            return f"the session was not used for {self.time_to_idle:.0f} seconds"
        return None

    def counters(self) -> dict[str, omero.RType]:
        """What a list of sessions tells beside user, group and agent; times in milliseconds since the epoch."""
        last = rtime(int(self.last_used * 1000))
        return {"hitCount": rlong(self.hits), "lastAccessTime": last, "references": rint(self.references)}


@dataclass(frozen=True)
class Origin:
    """Where a log-in comes from: the client program, its address, and the name of the group it wants to work in."""

    agent: str = ""
    user_ip: str = ""
    group: str = ""


NOWHERE = Origin()


class Sessions:
    """All sessions of one server; thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._sessions: dict[str, UserSession] = {}
        self._numbers = 0
        self.throttle = Throttle()
        self.on_end: Callable[[UserSession], None] = lambda _: None
        """Told of each session that ends; called with the lock held, so it must not wait."""

    def is_join(self, user: str, password: str) -> bool:
        """Whether this is not a log-in but the uuid of a session that there is, twice."""
        with self._lock:
            return user == password and user in self._sessions

    def log_in(self, user: str, password: str, origin: Origin = NOWHERE) -> UserSession:
        """Join the session whose uuid *user* and *password* both are, else make one; WrongCredentials otherwise."""
        if user and user == password:
            with self._lock:
                known = self._sessions.get(user)
                if known is not None:
                    return self.use(known)
        try:
            user_id = accounts.authenticate(self._store, user, password)
        except WrongCredentials as wrong:
            # Slows down guessing without telling whether the account exists.
            wrong.pause = self.throttle.failed(user)
            raise
        self.throttle.succeeded(user)
        try:
            return self.create(accounts.actor(self._store, user_id), origin)
        except omero.SecurityViolation as refused:
            raise WrongCredentials(refused.message) from None

    def create(
        self,
        actor: Actor,
        origin: Origin = NOWHERE,
        sudoer: Actor | None = None,
        only_groups: frozenset[int] | None = None,
    ) -> UserSession:
        """Make a session for *actor*; SecurityViolation when the group that *origin* names is not theirs."""
        group_id = self._group_named(origin.group)
        if group_id is not None:
            actor = actor.in_group(group_id)
        idle = settings.milliseconds(self._store, "omero.sessions.timeout") / 1000
        live = settings.milliseconds(self._store, "omero.sessions.maximum") / 1000
        with self._lock:
            self._numbers += 1
            session = UserSession(self._numbers, str(uuids.uuid4()), actor, origin.agent, origin.user_ip, idle, live)
            session.sudoer, session.only_groups = sudoer, only_groups
            session.actor = _limited(session, actor)
            self._sessions[session.uuid] = session
            return session

    def _group_named(self, group: str) -> int | None:
        """The id of the group that a client wants to log in to, None for the default one."""
        if not group or group.startswith("-"):
            return None
        if group.isascii() and group.isdigit() and len(group) < 19:
            return int(group)
        group_id = accounts.group_id(self._store, group)
        if group_id is None:
            raise omero.SecurityViolation(None, None, f"There is no group {group!r}.")
        return group_id

    def find(self, uuid: str) -> UserSession:
        """The session of this uuid, without using it; RemovedSession- or SessionTimeoutException when it is over."""
        with self._lock:
            session = self._sessions.get(uuid)
            if session is None:
                raise omero.RemovedSessionException(None, None, "There is no such session.")
            self._check_time(session, time.time())
            return session

    def use(self, session: UserSession) -> UserSession:
        """Note that the session is being used; RemovedSession- or SessionTimeoutException when it is over."""
        now = time.time()
        with self._lock:
            if session.closed:
                raise omero.RemovedSessionException(None, None, "The session was closed.")
            self._check_time(session, now)
            session.last_used = now
            session.hits += 1
            return session

    def _check_time(self, session: UserSession, now: float) -> None:
        reason = session.expired(now)
        if reason is not None:
            self._remove(session)
            raise omero.SessionTimeoutException(None, None, f"Log in again: {reason}.")

    def attach(self, session: UserSession) -> None:
        """One more connection uses the session; RemovedSessionException when it ended just now."""
        with self._lock:
            if session.closed:
                raise omero.RemovedSessionException(None, None, "The session was closed.")
            session.references += 1

    def detach(self, session: UserSession, close: bool) -> int:
        """One connection less; the last one ends the session when it asked for that. Returns the connections left."""
        with self._lock:
            session.references = max(0, session.references - 1)
            if close and session.references == 0:
                self._remove(session)
            return session.references

    def close(self, uuid: str) -> None:
        """End a session, whoever is connected; RemovedSessionException when it is not there."""
        with self._lock:
            self._remove(self.find(uuid))

    def release(self, session: UserSession) -> int:
        """Take one reference away, whosever it was, as ISession.closeSession does; -2 when that ended the session."""
        with self._lock:
            return self.detach(session, close=True) or -2

    def sweep(self) -> None:
        """Forget the sessions whose time is over."""
        now = time.time()
        with self._lock:
            for session in [one for one in self._sessions.values() if one.expired(now)]:
                self._remove(session)

    def all(self) -> list[UserSession]:
        """The sessions there are."""
        with self._lock:
            return list(self._sessions.values())

    def set_times(self, session: UserSession, live: float | None, idle: float | None) -> None:
        """Change how long a session lives and may be unused, in seconds; None leaves one as it is, 0 means no limit."""
        with self._lock:
            session.time_to_live = session.time_to_live if live is None else live
            session.time_to_idle = session.time_to_idle if idle is None else idle

    def set_group(self, session: UserSession, group_id: int) -> None:
        """Make *group_id* the session's own; SecurityViolation where its user does not belong."""
        with self._lock:
            if session.only_groups is not None:
                raise omero.SecurityViolation(None, None, "Group-sudo session cannot change context!")
            actor = accounts.actor(self._store, session.actor.user_id)
            session.actor = _limited(session, actor.in_group(group_id))

    def refresh_user(self, user_id: int) -> None:
        """Look up again what a user may do, after a change of memberships or privileges, for all their sessions.

        The sessions of who is not active any more, or not there, end.
        """
        try:
            actor = accounts.actor(self._store, user_id)
        except omero.ValidationException:
            actor = None
        with self._lock:
            for session in list(self._sessions.values()):
                if session.sudoer is not None and session.sudoer.user_id == user_id:
                    session.sudoer = actor
                    self._refresh(session, accounts.actor(self._store, session.actor.user_id) if actor else None)
                if session.actor.user_id == user_id:
                    self._refresh(session, actor)

    def _refresh(self, session: UserSession, actor: Actor | None) -> None:
        if actor is None or not accounts.is_active(actor):
            self._remove(session)
            return
        group = session.actor.group_id if session.actor.group_id in actor.member_of else actor.group_id
        session.actor = _limited(session, replace(actor, group_id=group))

    def check_password(self, session: UserSession, password: str) -> None:
        """SecurityViolation when *password* is not that of the session's user, or was guessed too often."""
        name = session.actor.user_name
        if self.throttle.blocked(name):
            raise omero.SecurityViolation(None, None, "Too many wrong passwords: wait a few seconds.")
        if not accounts.password_is(self._store, session.actor.user_id, password):
            self.throttle.failed(name)
            raise omero.SecurityViolation(None, None, "The password is wrong.")
        self.throttle.succeeded(name)

    def _remove(self, session: UserSession) -> None:
        if not session.closed:
            session.closed = True
            self._sessions.pop(session.uuid, None)
            self.on_end(session)

    def event_context(self, session: UserSession, actor: Actor | None = None) -> omero.sys.EventContext:
        """What IAdmin.getEventContext answers for the session."""
        actor = actor or session.actor
        context = omero.sys.EventContext()
        context.shareId = -1
        context.sessionId, context.sessionUuid = session.number, session.uuid
        context.userId, context.userName = actor.user_id, actor.user_name
        context.groupId = actor.group_id
        context.groupName, context.groupPermissions = accounts.group_facts(self._store, actor.group_id)
        context.isAdmin = actor.is_admin
        context.adminPrivileges = sorted(actor.privileges)
        context.eventId, context.eventType = -1, actor.event_type
        context.memberOfGroups = sorted(actor.member_of)
        context.leaderOfGroups = sorted(actor.leader_of)
        if session.sudoer is not None:
            context.sudoerId, context.sudoerName = rlong(session.sudoer.user_id), rstring(session.sudoer.user_name)
        return context

    def as_model(self, session: UserSession) -> omero.model.SessionI:
        """The session as OMERO's own object; the uuid is in it, so it is for the session's own user only."""
        obj = omero.model.SessionI(session.number, True)
        obj.uuid = rstring(session.uuid)
        obj.owner = omero.model.ExperimenterI(session.actor.user_id, False)
        obj.timeToIdle, obj.timeToLive = (
            rlong(int(session.time_to_idle * 1000)),
            rlong(int(session.time_to_live * 1000)),
        )
        obj.started = rtime(int(session.started * 1000))
        # omero-py warns of userIP by its public name, as OMERO does not fill it any more.
        obj.userAgent, obj._userIP = rstring(session.agent), rstring(session.user_ip)
        if session.sudoer is not None:
            obj.sudoer = omero.model.ExperimenterI(session.sudoer.user_id, False)
        obj.defaultEventType = rstring(session.actor.event_type)
        obj.details.owner = omero.model.ExperimenterI(session.actor.user_id, False)
        obj.details.group = omero.model.ExperimenterGroupI(session.actor.group_id, False)
        return obj


def _limited(session: UserSession, actor: Actor) -> Actor:
    """The actor as far as the session lets it: no more privileges than the sudoer's, no more groups than were given."""
    actor = replace(actor, session_id=session.number)
    if session.sudoer is not None:
        actor = replace(actor, privileges=actor.privileges & session.sudoer.privileges)
    if session.only_groups is not None:
        member_of = actor.member_of & (session.only_groups | {USER_GROUP})
        actor = replace(actor, member_of=member_of, leader_of=actor.leader_of & session.only_groups)
    return actor


def is_guest(session: UserSession) -> bool:
    """Whether the session is the guest's, who may ask for little."""
    return session.actor.user_id == GUEST_USER
