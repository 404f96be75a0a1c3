"""The OMERO sessions of a user whose password was changed: whoever knew the old one is out."""

from __future__ import annotations

from typing import Any

import omero
from omero.rtypes import rlong, unwrap

from omeropyr.admin.jobs import JobFailed, wait_for

SOON = 1  # milliseconds


def end_other_sessions(conn: Any, user_id: int) -> int:
    """End the sessions of the user, but the one of *conn*; how many. One Ice job, and one for each session.

    Users end their own, administrators with the privilege ReadSession those of others; of the rest OMERO tells no uuid.
    """
    own = conn.getEventContext().sessionUuid
    answer = wait_for(conn, omero.cmd.CurrentSessionsRequest())
    told = zip(answer.sessions, answer.contexts, strict=True)
    uuids = {unwrap(one.uuid) for one, context in told if one is not None and context.userId == user_id}
    return sum(_end(conn, uuid) for uuid in uuids - {own, None})


def _end(conn: Any, uuid: str) -> bool:
    """Whether it was still there. ISession.closeSession would only take one reference from it, and only an own one."""
    try:
        wait_for(conn, omero.cmd.UpdateSessionTimeoutRequest(session=uuid, timeToLive=rlong(SOON)))
    except JobFailed:
        return False
    return True
