"""``IAdmin``: who is who. Everyone may look up users and groups, as in OMERO."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import omero
from omero.model import Experimenter, ExperimenterGroup
from omero.rtypes import rlist

from omeropyr.embedded import accounts
from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.model import model
from omeropyr.embedded.permissions import GUEST_GROUP, GUEST_USER, ROOT_USER, SYSTEM_GROUP, USER_GROUP
from omeropyr.embedded.services.admin_rules import (
    GROUP_FETCH,
    USER_FETCH,
    all_privileges,
    every,
    group_by_name,
    named,
    number,
    one,
    privileges_of,
    user_by_name,
)


class AdminLookups(Service):
    """The part of IAdmin that changes nothing."""

    # --- who am I ---

    def getEventContext(self, call: Call) -> omero.sys.EventContext:
        """The caller, in the group of the call."""
        actor = call.actor if call.actor.group_id >= 0 else call.session.actor
        return call.server.sessions.event_context(call.session, actor)

    def getSecurityRoles(self, call: Call) -> omero.sys.Roles:
        """Ids and names that every OMERO has."""
        roles = omero.sys.Roles()
        roles.rootId, roles.rootName = ROOT_USER, "root"
        roles.guestId, roles.guestName = GUEST_USER, "guest"
        roles.systemGroupId, roles.systemGroupName = SYSTEM_GROUP, "system"
        roles.userGroupId, roles.userGroupName = USER_GROUP, "user"
        roles.guestGroupId, roles.guestGroupName = GUEST_GROUP, "guest"
        return roles

    def getCurrentAdminPrivileges(self, call: Call) -> list[omero.model.AdminPrivilege]:
        """What the caller may do as an administrator."""
        return _objects(call, call.session.actor.privileges)

    def getAdminPrivileges(self, call: Call, user: Experimenter) -> list[omero.model.AdminPrivilege]:
        """What a user may do as an administrator."""
        return _objects(call, privileges_of(call, number(user)))

    def getAdminsWithPrivileges(
        self, call: Call, privileges: Sequence[omero.model.AdminPrivilege]
    ) -> list[Experimenter]:
        """The administrators who have all of these privileges, maybe more."""
        wanted = named(call, privileges)
        return [
            user
            for user in self.containedExperimenters(call, SYSTEM_GROUP)
            if wanted <= privileges_of(call, user.id.val)
        ]

    def canUpdate(self, call: Call, obj: omero.model.IObject) -> bool:
        """Whether the caller may change an object."""
        with call.server.store.read(call.session.actor.in_group(-1)) as tx:
            permissions = tx.get(model().of(obj).name, number(obj)).details.permissions
        return bool(permissions.canEdit())

    # --- looking up ---

    def getExperimenter(self, call: Call, user_id: int) -> Experimenter:
        """A user with their memberships; ApiUsageException when there is none."""
        return one(call, f"{USER_FETCH} where e.id = :key", user_id, f"There is no user {user_id}.")

    def lookupExperimenter(self, call: Call, name: str) -> Experimenter:
        """A user by log-in name."""
        return user_by_name(call, name)

    def lookupExperimenters(self, call: Call) -> list[Experimenter]:
        """All users with their memberships."""
        return every(call, f"{USER_FETCH} order by e.id")

    def getGroup(self, call: Call, group_id: int) -> ExperimenterGroup:
        """A group with its members; ApiUsageException when there is none."""
        return one(call, f"{GROUP_FETCH} where g.id = :key", group_id, f"There is no group {group_id}.")

    def lookupGroup(self, call: Call, name: str) -> ExperimenterGroup:
        """A group by name."""
        return group_by_name(call, name)

    def lookupGroups(self, call: Call) -> list[ExperimenterGroup]:
        """All groups with their members."""
        return every(call, f"{GROUP_FETCH} order by g.id")

    def containedExperimenters(self, call: Call, group_id: int) -> list[Experimenter]:
        """The members of a group."""
        where = "where e.id in (select n.child.id from GroupExperimenterMap n where n.parent.id = :key) order by e.id"
        return every(call, f"{USER_FETCH} {where}", group_id)

    def containedGroups(self, call: Call, user_id: int) -> list[ExperimenterGroup]:
        """The groups of a user."""
        where = "where g.id in (select n.parent.id from GroupExperimenterMap n where n.child.id = :key) order by g.id"
        return every(call, f"{GROUP_FETCH} {where}", user_id)

    def getDefaultGroup(self, call: Call, user_id: int) -> ExperimenterGroup:
        """The group that a user works in unless they say otherwise."""
        return self.getGroup(call, accounts.actor(call.server.store, user_id).group_id)

    def getMemberOfGroupIds(self, call: Call, user: Experimenter) -> list[int]:
        """Ids of the groups of a user."""
        return sorted(accounts.actor(call.server.store, number(user)).member_of)

    def getLeaderOfGroupIds(self, call: Call, user: Experimenter) -> list[int]:
        """Ids of the groups that a user owns."""
        return sorted(accounts.actor(call.server.store, number(user)).leader_of)

    def lookupLdapAuthExperimenter(self, call: Call, user_id: int) -> str:
        """The LDAP name of a user: none has one here."""
        return ""

    def lookupLdapAuthExperimenters(self, call: Call) -> omero.RList:
        """Users who log in by LDAP: none here."""
        return rlist()


def _objects(call: Call, privileges: Collection[str]) -> list[omero.model.AdminPrivilege]:
    return [found for value, found in all_privileges(call).items() if value in privileges]
