"""Sessions by commands: who is logged in, and how long a session may be unused.

The uuid of a session is as good as a password. Users get their own; of others they learn who works in which group, as
in OMERO. Administrators with the privilege ReadSession get all.
"""

from __future__ import annotations

import omero
from omero.rtypes import unwrap

from omeropyr.embedded import settings
from omeropyr.embedded.commands.handle import CommandFailed, Handle, Job
from omeropyr.embedded.dispatch import Call
from omeropyr.embedded.permissions import GUEST_USER
from omeropyr.embedded.sessions import UserSession

_LIMITS = {
    "timeToLive": "omero.sessions.max_user_time_to_live",
    "timeToIdle": "omero.sessions.max_user_time_to_idle",
}


class CurrentSessions(Job):
    """``CurrentSessionsRequest``: three lists of one length; what is not for the caller is null or empty in them."""

    def run(self, handle: Handle) -> omero.cmd.Response:
        """Look through the sessions there are now, the oldest first."""
        known = self.call.server.sessions
        response = omero.cmd.CurrentSessionsResponse([], [], [])
        for session in sorted(known.all(), key=lambda one: one.number):
            if _readable(self.call, session):
                response.sessions.append(known.as_model(session))
                response.contexts.append(known.event_context(session))
                response.data.append(session.counters())
            elif self.call.actor.user_id != GUEST_USER:
                response.sessions.append(None)
                response.contexts.append(_outline(known.event_context(session)))
                response.data.append({})
        return response


class UpdateTimeout(Job):
    """``UpdateSessionTimeoutRequest``: milliseconds; who is no administrator gets no more than the settings allow."""

    def run(self, handle: Handle) -> omero.cmd.Response:
        """Change the times that the request names."""
        session = self._session()
        wanted = {name: unwrap(getattr(self.request, name)) for name in _LIMITS}
        if all(value is None for value in wanted.values()):
            raise CommandFailed("Neither timeToLive nor timeToIdle is given.", "no-update-performed")
        before = {"timeToLive": session.time_to_live, "timeToIdle": session.time_to_idle}
        times = {name: self._allowed(name, value, before[name]) for name, value in wanted.items()}
        self.call.server.sessions.set_times(session, times["timeToLive"], times["timeToIdle"])
        return omero.cmd.OK()

    def _session(self) -> UserSession:
        try:
            found: UserSession = self.call.server.sessions.find(self.request.session or "")
        except omero.RemovedSessionException:
            found = None  # type: ignore[assignment]
        own = found is not None and found.actor.user_id == self.call.actor.user_id
        if found is None or not (own or self.call.actor.may("ReadSession")):
            raise CommandFailed("There is no such session.", "no-session")
        return found

    def _allowed(self, name: str, wanted: int | None, before: float) -> float | None:
        """Seconds; None leaves the time as it is."""
        if wanted is None:
            return None
        if self.call.actor.is_admin:
            return max(0, wanted) / 1000
        if wanted <= 0 and wanted / 1000 != before:
            facts = {"field": name, "target": str(wanted), "current": str(int(before * 1000))}
            raise CommandFailed("Only administrators switch a time off.", "non-admin-disabling", parameters=facts)
        most = settings.milliseconds(self.call.server.store, _LIMITS[name])
        return (min(wanted, most) if most > 0 else wanted) / 1000


def _readable(call: Call, session: UserSession) -> bool:
    """The caller's own, but not what an administrator opened in their name."""
    if call.actor.may("ReadSession"):
        return True
    sudoers = [None if one.sudoer is None else one.sudoer.user_id for one in (session, call.session)]
    return session.actor.user_id == call.actor.user_id and sudoers[0] == sudoers[1]


def _outline(context: omero.sys.EventContext) -> omero.sys.EventContext:
    made = omero.sys.EventContext()
    for name in ("userId", "userName", "groupId", "groupName", "isAdmin"):
        setattr(made, name, getattr(context, name))
    return made
