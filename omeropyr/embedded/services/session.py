"""``ISession``: a client looks at and ends its own session; administrators make sessions for others."""

from __future__ import annotations

import omero
from omero.rtypes import unwrap

from omeropyr.embedded import accounts
from omeropyr.embedded.accounts import WrongCredentials
from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.sessions import IDLE_SECONDS, Origin, UserSession


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
        """End a session of the caller; answers -2 (no connection left), or RemovedSessionException when it was over."""
        found = _own(call, str(unwrap(session.uuid)))
        call.server.sessions.close(found.uuid)
        return -2

    def getMyOpenSessions(self, call: Call) -> list[omero.model.Session]:
        """The caller's sessions."""
        sessions = call.server.sessions
        return [sessions.as_model(one) for one in sessions.all() if one.actor.user_id == call.actor.user_id]

    def createUserSession(self, call: Call, live: int, idle: int, group: str) -> omero.model.Session:
        """Another session of the caller; times in milliseconds, no longer than those of the one that asks."""
        session = call.server.sessions.create(call.session.actor, Origin("", call.session.user_ip, group or ""))
        if idle:
            session.time_to_idle = min(idle / 1000, call.session.time_to_idle)
        session.time_to_live = live / 1000
        return call.server.sessions.as_model(session)

    def createSessionWithTimeout(self, call: Call, principal: omero.sys.Principal, live: int) -> omero.model.Session:
        """A session for another user, made by an administrator with the privilege Sudo; lives *live* milliseconds."""
        return self.createSessionWithTimeouts(call, principal, live, int(IDLE_SECONDS * 1000))

    def createSessionWithTimeouts(
        self, call: Call, principal: omero.sys.Principal, live: int, idle: int
    ) -> omero.model.Session:
        """The same with a time to idle; both in milliseconds, 0 for no limit."""
        if not call.actor.may("Sudo"):
            raise omero.SecurityViolation(None, None, "Only administrators who may sudo make sessions for others.")
        sessions = call.server.sessions
        user_id = accounts.user_id(call.server.store, principal.name)
        if user_id is None:
            raise omero.ApiUsageException(None, None, f"There is no user {principal.name!r}.")
        actor = accounts.actor(call.server.store, user_id)
        if actor.privileges - call.actor.privileges:
            raise omero.SecurityViolation(None, None, "That user may do more than you.")
        session = sessions.create(actor, Origin("sudo", call.session.user_ip, principal.group or ""))
        session.time_to_live, session.time_to_idle = live / 1000, idle / 1000
        return sessions.as_model(session)

    def createSession(self, call: Call, principal: omero.sys.Principal, credentials: str) -> omero.model.Session:
        """A session for a user whose password the caller knows."""
        origin = Origin("", call.session.user_ip, principal.group or "")
        try:
            session = call.server.sessions.log_in(principal.name, credentials, origin)
        except WrongCredentials as wrong:
            raise omero.SecurityViolation(None, None, str(wrong)) from None
        return call.server.sessions.as_model(session)

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


def _keep(values: dict[str, omero.RType], key: str, value: omero.RType | None) -> None:
    if value is None:
        values.pop(key, None)
    else:
        values[key] = value
