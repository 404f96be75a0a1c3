"""``ISession``: a client looks at and ends its own session; administrators and group owners make some for others."""

from __future__ import annotations

import omero
from omero.constants import AGENT
from omero.rtypes import unwrap

from omeropyr.embedded import accounts, settings
from omeropyr.embedded.accounts import WrongCredentials
from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.permissions import Actor
from omeropyr.embedded.sessions import Origin, UserSession

CLIENTS = ("OMERO.insight", "OMERO.web", "OMERO.importer")
"""Agents that OMERO counts as its clients."""


class Session(Service):
    """Every operation takes the session by its uuid, which nobody but its user has."""

    slice_type = omero.api.ISession

    def getSession(self, call: Call, uuid: str) -> omero.model.Session:
        """A session of the caller."""
        return call.server.sessions.as_model(_own(call, uuid))

    def getReferenceCount(self, call: Call, uuid: str) -> int:
        """How many connections use a session of the caller."""
        return _own(call, uuid).references

    def closeSession(self, call: Call, session: omero.model.Session) -> int:
        """Take one reference from a session of the caller; answers how many are left.

        -2: there was no other, the session is over. -1: there is no such session.
        """
        uuid = str(unwrap(session.uuid) or "") if session is not None else ""
        try:
            found = _own(call, uuid)
        except omero.SessionException:
            return -1
        return call.server.sessions.release(found)

    def getMyOpenSessions(self, call: Call) -> list[omero.model.Session]:
        """The caller's sessions, the newest first."""
        return _open_sessions(call)

    def getMyOpenAgentSessions(self, call: Call, agent: str) -> list[omero.model.Session]:
        """Those that a client program of this name opened."""
        return _open_sessions(call, agent or "")

    def getMyOpenClientSessions(self, call: Call) -> list[omero.model.Session]:
        """Those that one of OMERO's own clients opened."""
        return _open_sessions(call, *CLIENTS)

    def createUserSession(self, call: Call, live: int, idle: int, group: str) -> omero.model.Session:
        """Another session of the caller; times in milliseconds, within what the server's settings allow."""
        times = _times(call, live, idle)
        asking = call.session
        origin = _origin(call, "createSession", group)
        session = call.server.sessions.create(asking.actor, origin, asking.sudoer, asking.only_groups)
        call.server.sessions.set_times(session, *times)
        return call.server.sessions.as_model(session)

    def createSessionWithTimeout(self, call: Call, principal: omero.sys.Principal, live: int) -> omero.model.Session:
        """A session for another user that lives *live* milliseconds, used or not."""
        return self.createSessionWithTimeouts(call, principal, live, 0)

    def createSessionWithTimeouts(
        self, call: Call, principal: omero.sys.Principal, live: int, idle: int
    ) -> omero.model.Session:
        """The same with a time to idle; both in milliseconds, 0 for no limit.

        For administrators with the privilege Sudo, and for group owners as far as their groups go. Nobody becomes
        somebody who may do more than they.
        """
        if live < 0 or idle < 0:
            raise omero.ApiUsageException(None, None, "Times are not below 0.")
        actor = _named(call, principal)
        only_groups = None if call.actor.may("Sudo") else _groups_led(call, actor, principal)
        if actor.privileges - call.actor.privileges or (actor.is_admin and not call.actor.is_admin):
            raise omero.SecurityViolation(None, None, "That user may do more than you.")
        sudoer = call.session.sudoer or call.session.actor
        origin = _origin(call, "OMERO.sudo", principal.group)
        session = call.server.sessions.create(actor, origin, sudoer, only_groups)
        call.server.sessions.set_times(session, live / 1000, idle / 1000)
        return call.server.sessions.as_model(session)

    def createSession(self, call: Call, principal: omero.sys.Principal, credentials: str) -> omero.model.Session:
        """A session for a user whose password the caller knows; AuthenticationException when it is another."""
        sessions = call.server.sessions
        name = principal.name if principal is not None else ""
        if not sessions.is_join(name, credentials) and sessions.throttle.blocked(name):
            raise omero.AuthenticationException("Too many wrong passwords: wait a few seconds.")
        try:
            session = sessions.log_in(name, credentials, _origin(call, "createSession", principal and principal.group))
        except WrongCredentials as wrong:
            raise omero.AuthenticationException(str(wrong)) from None
        return sessions.as_model(session)

    def getInput(self, call: Call, uuid: str, key: str) -> omero.RType | None:
        """A value that was put with the session."""
        return _own(call, uuid).inputs.get(key)

    def setInput(self, call: Call, uuid: str, key: str, value: omero.RType | None) -> None:
        """Keep a value with the session; null takes it away."""
        _keep(_own(call, uuid).inputs, key, value)

    def getInputKeys(self, call: Call, uuid: str) -> list[str]:
        """Names of the values."""
        return sorted(_own(call, uuid).inputs)

    def getInputs(self, call: Call, uuid: str) -> dict[str, omero.RType]:
        """All values."""
        return dict(_own(call, uuid).inputs)

    def getOutput(self, call: Call, uuid: str, key: str) -> omero.RType | None:
        """The same for results."""
        return _own(call, uuid).outputs.get(key)

    def setOutput(self, call: Call, uuid: str, key: str, value: omero.RType | None) -> None:
        """Keep a result with the session; null takes it away."""
        _keep(_own(call, uuid).outputs, key, value)

    def getOutputKeys(self, call: Call, uuid: str) -> list[str]:
        """Names of the results."""
        return sorted(_own(call, uuid).outputs)

    def getOutputs(self, call: Call, uuid: str) -> dict[str, omero.RType]:
        """All results."""
        return dict(_own(call, uuid).outputs)


def _own(call: Call, uuid: str) -> UserSession:
    """The session of this uuid if it is the caller's (an administrator's: anyone's); as if not there otherwise."""
    session = call.server.sessions.find(uuid)
    if session.actor.user_id != call.actor.user_id and not call.actor.is_admin:
        raise omero.RemovedSessionException(None, None, "There is no such session.")
    return session


def _open_sessions(call: Call, *agents: str) -> list[omero.model.Session]:
    """The caller's sessions by agent; what administrators opened in the caller's name is for who may read sessions."""
    sessions = call.server.sessions
    sudoer = _id(call.session.sudoer)
    found = [
        one
        for one in sessions.all()
        if one.actor.user_id == call.actor.user_id
        and (not agents or one.agent in agents)
        and (_id(one.sudoer) == sudoer or call.actor.may("ReadSession"))
    ]
    return [sessions.as_model(one) for one in sorted(found, key=lambda one: one.number, reverse=True)]


def _id(actor: Actor | None) -> int | None:
    return None if actor is None else actor.user_id


def _origin(call: Call, agent: str, group: str | None) -> Origin:
    wanted = "" if group == "user" else group or ""
    return Origin(call.current.ctx.get(AGENT, agent), call.session.user_ip, wanted)


def _named(call: Call, principal: omero.sys.Principal | None) -> Actor:
    """The user that a principal names."""
    user_id = accounts.user_id(call.server.store, principal.name) if principal is not None else None
    if user_id is None:
        raise omero.ApiUsageException(None, None, "There is no user of that name.")
    return accounts.actor(call.server.store, user_id)


def _groups_led(call: Call, actor: Actor, principal: omero.sys.Principal) -> frozenset[int]:
    """The groups to which a session is limited that a group owner makes; SecurityViolation for another's group."""
    named = principal.group if principal.group and principal.group != "user" else None
    wanted = accounts.group_id(call.server.store, named) if named else actor.group_id
    if wanted not in call.session.actor.leader_of:
        raise omero.SecurityViolation(None, None, f"Group sudo is not permitted for group {named or wanted}.")
    return call.session.actor.leader_of


def _times(call: Call, live: int, idle: int) -> tuple[float, float]:
    """Seconds to live and to idle that a user may have; SecurityViolation for no limit where the server has one."""
    if live < 0 or idle < 0:
        raise omero.ApiUsageException(None, None, "Times are not below 0.")
    store = call.server.store
    return (
        _within(live, settings.milliseconds(store, "omero.sessions.max_user_time_to_live"), "timeToLive"),
        _within(idle, settings.milliseconds(store, "omero.sessions.max_user_time_to_idle"), "timeToIdle"),
    )


def _within(wanted: int, most: int, name: str) -> float:
    if most and not wanted:
        raise omero.SecurityViolation(None, None, f"Cannot disable {name}. Value must be between 1 and {most}")
    return (min(wanted, most) if most else wanted) / 1000


def _keep(values: dict[str, omero.RType], key: str, value: omero.RType | None) -> None:
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value
