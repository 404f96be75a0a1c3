"""An administrator goes on as another user; OMERO decides whether they may."""

from __future__ import annotations

import logging

import omero
import omero.sys
from pyramid.request import Request

from omeropyr.connection.pool import POOL
from omeropyr.errors import ObjectNotFound
from omeropyr.security.identity import Identity
from omeropyr.security.login import change_identity, identify

log = logging.getLogger(__name__)


def become(request: Request, user_name: str) -> Identity:
    """Make an OMERO session of *user_name* and put it behind a new web session; the administrator's own is over.

    It may be idle as long as the administrator's. ObjectNotFound for an unknown user; Forbidden, of OMERO, for who may
    not become them; LoginRefused for a user who is not active.
    """
    conn, admin_id = request.conn, request.omero.user_id
    admin = conn.getAdminService()
    try:
        user = admin.lookupExperimenter(user_name)
    except omero.ValidationException:
        # A kind of ApiUsageException that says nothing of whether there is such a user.
        raise
    except omero.ApiUsageException:
        raise ObjectNotFound("There is no user of this name.") from None
    principal = omero.sys.Principal()
    principal.name, principal.eventType = user.getOmeName().getValue(), "User"
    principal.group = admin.getDefaultGroup(user.getId().getValue()).getName().getValue()
    sessions = conn.getSessionService()
    idle = sessions.getSession(request.omero.session_uuid).getTimeToIdle().getValue()
    made = sessions.createSessionWithTimeouts(principal, 0, idle)
    joined = request.registry[POOL].servers.join(request.omero.server_id, made.getUuid().getValue())
    try:
        who = identify(joined, request.omero.server_id, check_version=False)
    except BaseException:
        joined.disconnect(end_session=True)
        raise
    change_identity(request, who, joined)
    log.info("became another user", extra={"user": who.user_id, "by": admin_id})
    return who
