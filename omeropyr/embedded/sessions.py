"""Sessions of users: made by a password, joined by their uuid, ended by a close or by time.

A session lives in the server's memory and outlives the connections that use it; each connection holds one reference.
Its uuid is as good as a password, so it is never logged.
"""

from __future__ import annotations

import threading
import time
import uuid as uuids
from dataclasses import dataclass, field, replace

import omero
from omero.rtypes import rlong, rstring, rtime

from omeropyr.embedded import accounts
from omeropyr.embedded.accounts import WrongCredentials
from omeropyr.embedded.permissions import GUEST_USER, Actor
from omeropyr.embedded.store import Store

IDLE_SECONDS = 600.0
FAILURE_DELAY_SECONDS = 0.5


@dataclass
class UserSession:
    """One log-in of one user. Times are seconds since the epoch; a limit of 0 means none."""

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
    inputs: dict[str, omero.RType] = field(default_factory=dict)
    outputs: dict[str, omero.RType] = field(default_factory=dict)

    def expired(self, now: float) -> str | None:
        """Why the session is over by time, or None."""
        if self.time_to_live and now - self.started > self.time_to_live:
            return f"the session lived its {self.time_to_live:.0f} seconds"
        if self.time_to_idle and now - self.last_used > self.time_to_idle:
            return f"the session was not used for {self.time_to_idle:.0f} seconds"
        return None


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

    def log_in(self, user: str, password: str, origin: Origin = NOWHERE) -> UserSession:
        """Join the session whose uuid *user* and *password* both are, else make one; WrongCredentials otherwise."""
        if user and user == password:
            with self._lock:
                known = self._sessions.get(user)
                if known is not None:
                    return self.use(known)
        if not password:
            raise WrongCredentials("An empty password is never right.")
        try:
            user_id = accounts.authenticate(self._store, user, password)
        except WrongCredentials:
            # Slows down guessing without telling whether the account exists.
            time.sleep(FAILURE_DELAY_SECONDS)
            raise
        try:
            return self.create(accounts.actor(self._store, user_id), origin)
        except omero.SecurityViolation as refused:
            raise WrongCredentials(refused.message) from None

    def create(self, actor: Actor, origin: Origin = NOWHERE) -> UserSession:
        """Make a session for *actor*; SecurityViolation when the group that *origin* names is not theirs."""
        if origin.group and origin.group.removeprefix("-").isdigit():
            actor = actor.in_group(int(origin.group))
        elif origin.group:
            group_id = accounts.group_id(self._store, origin.group)
            if group_id is None:
                raise omero.SecurityViolation(None, None, f"There is no group {origin.group!r}.")
            actor = actor.in_group(group_id)
        with self._lock:
            self._numbers += 1
            session = UserSession(self._numbers, str(uuids.uuid4()), actor, origin.agent, origin.user_ip)
            session.actor = replace(actor, session_id=session.number)
            self._sessions[session.uuid] = session
            return session

    def find(self, uuid: str) -> UserSession:
        """The session of this uuid, without using it; RemovedSessionException when there is none."""
        with self._lock:
            session = self._sessions.get(uuid)
        if session is None:
            raise omero.RemovedSessionException(None, None, "There is no such session.")
        return session

    def use(self, session: UserSession) -> UserSession:
        """Note that the session is being used; RemovedSession- or SessionTimeoutException when it is over."""
        now = time.time()
        with self._lock:
            if session.closed:
                raise omero.RemovedSessionException(None, None, "The session was closed.")
            reason = session.expired(now)
            if reason is not None:
                self._remove(session)
                raise omero.SessionTimeoutException(None, None, f"Log in again: {reason}.")
            session.last_used = now
            return session

    def attach(self, session: UserSession) -> None:
        """One more connection uses the session."""
        with self._lock:
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

    def set_group(self, session: UserSession, group_id: int) -> None:
        """Make *group_id* the session's own; SecurityViolation where its user does not belong."""
        with self._lock:
            actor = accounts.actor(self._store, session.actor.user_id)
            session.actor = replace(actor.in_group(group_id), session_id=session.number)

    def refresh_user(self, user_id: int) -> None:
        """Look up again what a user belongs to, for all their sessions, after a change of memberships."""
        with self._lock:
            for session in self._sessions.values():
                if session.actor.user_id == user_id:
                    actor = accounts.actor(self._store, user_id)
                    group = session.actor.group_id if session.actor.group_id in actor.member_of else actor.group_id
                    session.actor = replace(actor, group_id=group, session_id=session.number)

    def check_password(self, session: UserSession, password: str) -> None:
        """SecurityViolation when *password* is not that of the session's user."""
        if not accounts.password_is(self._store, session.actor.user_id, password):
            time.sleep(FAILURE_DELAY_SECONDS)
            raise omero.SecurityViolation(None, None, "The password is wrong.")

    def _remove(self, session: UserSession) -> None:
        session.closed = True
        self._sessions.pop(session.uuid, None)

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
        obj.userAgent = rstring(session.agent)
        obj.defaultEventType = rstring(session.actor.event_type)
        obj.details.owner = omero.model.ExperimenterI(session.actor.user_id, False)
        obj.details.group = omero.model.ExperimenterGroupI(session.actor.group_id, False)
        return obj


def is_guest(session: UserSession) -> bool:
    """Whether the session is the guest's, who may ask for little."""
    return session.actor.user_id == GUEST_USER
