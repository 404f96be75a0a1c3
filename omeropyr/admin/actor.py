"""Who is at work: what OMERO says now, not what it said at log-in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omeropyr.errors import Forbidden

SYSTEM, USER, GUEST = "system", "user", "guest"
"""Names of the groups that every OMERO has: administrators, everybody who is active, and OMERO's own guest."""
SPECIAL = frozenset((SYSTEM, USER, GUEST))
ROOT_NAME, GUEST_NAME = "root", "guest"
FULL_ADMIN = "ReadSession"
"""The privilege that marks an administrator without restrictions."""


@dataclass(frozen=True)
class Actor:
    """The user of a request, with the ``AdminPrivilege`` values they have and the ids of their groups."""

    user_id: int
    is_admin: bool
    privileges: frozenset[str]
    member_of: frozenset[int]
    leads: frozenset[int]

    def may(self, privilege: str) -> bool:
        """Whether the user is an administrator with this privilege."""
        return self.is_admin and privilege in self.privileges


def read_actor(conn: Any) -> Actor:
    """Ask OMERO who is at work: one Ice call."""
    context = conn.getAdminService().getEventContext()
    return Actor(
        user_id=int(context.userId),
        is_admin=bool(context.isAdmin),
        privileges=frozenset(context.adminPrivileges or ()),
        member_of=frozenset(int(one) for one in context.memberOfGroups or ()),
        leads=frozenset(int(one) for one in context.leaderOfGroups or ()),
    )


def require_admin(conn: Any) -> Actor:
    """The actor; Forbidden where the user is no administrator any more."""
    actor = read_actor(conn)
    if not actor.is_admin:
        raise Forbidden("Only administrators may see this page.")
    return actor
