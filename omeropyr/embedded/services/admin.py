"""``IAdmin``: users, groups and who belongs where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import omero
from omero import RString
from omero.model import Experimenter, ExperimenterGroup, ExperimenterGroupI
from omero.rtypes import unwrap

from omeropyr.embedded import accounts, memberships
from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.model import model
from omeropyr.embedded.permissions import GUEST_GROUP, GUEST_USER, ROOT_USER, SYSTEM, SYSTEM_GROUP, USER_GROUP
from omeropyr.embedded.sessions import is_guest

_USER_FETCH = (
    "select distinct e from Experimenter e left outer join fetch e.groupExperimenterMap m "
    "left outer join fetch m.parent g"
)
_GROUP_FETCH = (
    "select distinct g from ExperimenterGroup g left outer join fetch g.groupExperimenterMap m "
    "left outer join fetch m.child e"
)


class Admin(Service):
    """What a client asks about users and groups; administrators change them, group owners their own group's members."""

    slice_type = omero.api.IAdmin

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
        return _privilege_objects(call, call.session.actor.privileges)

    def getAdminPrivileges(self, call: Call, user: Experimenter) -> list[omero.model.AdminPrivilege]:
        """What a user may do as an administrator."""
        return _privilege_objects(call, accounts.actor(call.server.store, user.id.val).privileges)

    def canUpdate(self, call: Call, obj: omero.model.IObject) -> bool:
        """Whether the caller may change an object."""
        with call.server.store.read(call.session.actor.in_group(-1)) as tx:
            permissions = tx.get(model().of(obj).name, obj.id.val).details.permissions
        return bool(permissions.canEdit())

    # --- looking up ---

    def getExperimenter(self, call: Call, user_id: int) -> Experimenter:
        """A user with their memberships; ApiUsageException when there is none."""
        return _one(call, f"{_USER_FETCH} where e.id = :key", user_id, f"There is no user {user_id}.")

    def lookupExperimenter(self, call: Call, name: str) -> Experimenter:
        """A user by log-in name."""
        return _one(call, f"{_USER_FETCH} where e.omeName = :key", name, f"There is no user {name!r}.")

    def lookupExperimenters(self, call: Call) -> list[Experimenter]:
        """All users with their memberships."""
        return _all(call, f"{_USER_FETCH} order by e.id")

    def getGroup(self, call: Call, group_id: int) -> ExperimenterGroup:
        """A group with its members; ApiUsageException when there is none."""
        return _one(call, f"{_GROUP_FETCH} where g.id = :key", group_id, f"There is no group {group_id}.")

    def lookupGroup(self, call: Call, name: str) -> ExperimenterGroup:
        """A group by name."""
        return _one(call, f"{_GROUP_FETCH} where g.name = :key", name, f"There is no group {name!r}.")

    def lookupGroups(self, call: Call) -> list[ExperimenterGroup]:
        """All groups with their members."""
        return _all(call, f"{_GROUP_FETCH} order by g.id")

    def containedExperimenters(self, call: Call, group_id: int) -> list[Experimenter]:
        """The members of a group."""
        where = "where e.id in (select n.child.id from GroupExperimenterMap n where n.parent.id = :key) order by e.id"
        return _all(call, f"{_USER_FETCH} {where}", group_id)

    def containedGroups(self, call: Call, user_id: int) -> list[ExperimenterGroup]:
        """The groups of a user."""
        where = "where g.id in (select n.parent.id from GroupExperimenterMap n where n.child.id = :key) order by g.id"
        return _all(call, f"{_GROUP_FETCH} {where}", user_id)

    def getDefaultGroup(self, call: Call, user_id: int) -> ExperimenterGroup:
        """The group that a user works in unless they say otherwise."""
        return self.getGroup(call, accounts.actor(call.server.store, user_id).group_id)

    def getMemberOfGroupIds(self, call: Call, user: Experimenter) -> list[int]:
        """Ids of the groups of a user."""
        return sorted(accounts.actor(call.server.store, user.id.val).member_of)

    def getLeaderOfGroupIds(self, call: Call, user: Experimenter) -> list[int]:
        """Ids of the groups that a user owns."""
        return sorted(accounts.actor(call.server.store, user.id.val).leader_of)

    def lookupLdapAuthExperimenter(self, call: Call, user_id: int) -> str:
        """The LDAP name of a user: none has one here."""
        return ""

    def lookupLdapAuthExperimenters(self, call: Call) -> list[dict[str, Any]]:
        """Users who log in by LDAP: none here."""
        return []

    def getMyUserPhotos(self, call: Call) -> list[omero.model.OriginalFile]:
        """The caller's avatar files."""
        hql = (
            "select f from Experimenter e join e.annotationLinks l join l.child a join a.file f "
            "where e.id = :id and a.ns = :ns"
        )
        ns = omero.constants.namespaces.NSEXPERIMENTERPHOTO
        with call.server.store.read(call.session.actor.in_group(-1)) as tx:
            return tx.find(hql, {"id": call.session.actor.user_id, "ns": ns})

    # --- making and changing ---

    def createUser(self, call: Call, user: Experimenter, group: str) -> int:
        """A new user without a password, in *group* and in the group of all users."""
        target = self.lookupGroup(call, group)
        return self.createExperimenter(call, user, target, [ExperimenterGroupI(USER_GROUP, False)])

    def createSystemUser(self, call: Call, user: Experimenter) -> int:
        """A new administrator without a password."""
        return self.createExperimenter(
            call, user, ExperimenterGroupI(SYSTEM_GROUP, False), [ExperimenterGroupI(USER_GROUP, False)]
        )

    def createExperimenter(
        self, call: Call, user: Experimenter, default: ExperimenterGroup, others: Sequence[ExperimenterGroup]
    ) -> int:
        """A new user without a password; answers the id."""
        _require(call, "ModifyUser")
        groups = [default.id.val, *(group.id.val for group in others)]
        if SYSTEM_GROUP in groups:
            _require_all(call)
        return memberships.create_user(call.server.store, user, groups)

    def createExperimenterWithPassword(
        self,
        call: Call,
        user: Experimenter,
        password: RString,
        default: ExperimenterGroup,
        others: Sequence[ExperimenterGroup],
    ) -> int:
        """A new user who can log in; answers the id. ApiUsageException for an empty password."""
        secret = str(unwrap(password) or "")
        if not secret:
            raise omero.ApiUsageException(None, None, "An empty password is not allowed.")
        user_id = self.createExperimenter(call, user, default, others)
        accounts.set_password(call.server.store, user_id, secret)
        return user_id

    def createGroup(self, call: Call, group: ExperimenterGroup) -> int:
        """A new group; its level is in ``details.permissions``, private when nothing is said."""
        _require(call, "ModifyGroup")
        return memberships.create_group(call.server.store, group)

    def addGroups(self, call: Call, user: Experimenter, groups: Sequence[ExperimenterGroup]) -> None:
        """Make a user a member of groups."""
        for group in groups:
            _require_for_group(call, group.id.val)
            memberships.add(call.server.store, user.id.val, group.id.val)
        call.server.sessions.refresh_user(user.id.val)

    def removeGroups(self, call: Call, user: Experimenter, groups: Sequence[ExperimenterGroup]) -> None:
        """Take a user out of groups."""
        for group in groups:
            _require_for_group(call, group.id.val)
            memberships.remove(call.server.store, user.id.val, group.id.val)
        call.server.sessions.refresh_user(user.id.val)

    def setDefaultGroup(self, call: Call, user: Experimenter, group: ExperimenterGroup) -> None:
        """Say which of their groups a user works in; everyone for themselves."""
        if user.id.val != call.session.actor.user_id:
            _require(call, "ModifyUser")
        memberships.set_default(call.server.store, user.id.val, group.id.val)

    def setGroupOwner(self, call: Call, group: ExperimenterGroup, user: Experimenter) -> None:
        """Make a member an owner of the group."""
        self.addGroupOwners(call, group, [user])

    def unsetGroupOwner(self, call: Call, group: ExperimenterGroup, user: Experimenter) -> None:
        """Make an owner a plain member."""
        self.removeGroupOwners(call, group, [user])

    def addGroupOwners(self, call: Call, group: ExperimenterGroup, users: Sequence[Experimenter]) -> None:
        """Make users members and owners of the group."""
        self._set_owners(call, group.id.val, users, True)

    def removeGroupOwners(self, call: Call, group: ExperimenterGroup, users: Sequence[Experimenter]) -> None:
        """Make owners plain members."""
        self._set_owners(call, group.id.val, users, False)

    @staticmethod
    def _set_owners(call: Call, group_id: int, users: Sequence[Experimenter], owner: bool) -> None:
        _require_for_group(call, group_id)
        for user in users:
            memberships.set_owner(call.server.store, user.id.val, group_id, owner)
            call.server.sessions.refresh_user(user.id.val)

    def updateSelf(self, call: Call, user: Experimenter) -> None:
        """Change the caller's own names, institution and e-mail address."""
        _refuse_guest(call)
        memberships.update_user(call.server.store, call.session.actor.user_id, user, with_name=False)

    def updateExperimenter(self, call: Call, user: Experimenter) -> None:
        """Change a user's names, institution and e-mail address."""
        _require(call, "ModifyUser")
        _require_no_less(call, user.id.val)
        memberships.update_user(call.server.store, user.id.val, user, with_name=True)

    # --- passwords ---

    def changePassword(self, call: Call, password: RString) -> None:
        """Replace the caller's password."""
        _refuse_guest(call)
        accounts.set_password(call.server.store, call.session.actor.user_id, str(unwrap(password) or ""))

    def changePasswordWithOldPassword(self, call: Call, old: RString, password: RString) -> None:
        """Replace the caller's password, the old one shown; SecurityViolation when that is wrong."""
        if not accounts.password_is(call.server.store, call.session.actor.user_id, str(unwrap(old) or "")):
            raise omero.SecurityViolation(None, None, "The old password is wrong.")
        self.changePassword(call, password)

    def changeUserPassword(self, call: Call, name: str, password: RString) -> None:
        """Replace another user's password."""
        _require(call, "ModifyUser")
        user_id = self.lookupExperimenter(call, name).id.val
        _require_no_less(call, user_id)
        accounts.set_password(call.server.store, user_id, str(unwrap(password) or ""))

    def synchronizeLoginCache(self, call: Call) -> None:
        """Nothing is cached: log-ins are looked up each time."""


def _all(call: Call, hql: str, key: Any = None) -> list[Any]:
    with call.server.store.read(SYSTEM) as tx:
        return tx.find(hql, {} if key is None else {"key": key})


def _one(call: Call, hql: str, key: Any, missing: str) -> Any:
    found = _all(call, hql, key)
    if not found:
        raise omero.ApiUsageException(None, None, missing)
    return found[0]


def _require(call: Call, privilege: str) -> None:
    if not call.actor.may(privilege):
        raise omero.SecurityViolation(None, None, f"Only administrators with the privilege {privilege} may do this.")


def _require_for_group(call: Call, group_id: int) -> None:
    """Members of a group are for its owners; of the group of administrators, for administrators."""
    if group_id not in call.actor.leader_of or group_id in (SYSTEM_GROUP, USER_GROUP):
        _require(call, "ModifyGroupMembership")
    if group_id == SYSTEM_GROUP:
        _require_all(call)


def _require_all(call: Call) -> None:
    """Whoever makes administrators could make themselves anything, so they must be that already."""
    with call.server.store.read(SYSTEM) as tx:
        every = {str(row[0]) for row in tx.values("select p.value from AdminPrivilege p")}
    if not call.actor.is_admin or every - call.session.actor.privileges:
        raise omero.SecurityViolation(None, None, "Only administrators with every privilege say who is one.")


def _require_no_less(call: Call, user_id: int) -> None:
    """Nobody changes the account of someone who may do more."""
    if accounts.actor(call.server.store, user_id).privileges - call.session.actor.privileges:
        raise omero.SecurityViolation(None, None, "That user may do more than you.")


def _refuse_guest(call: Call) -> None:
    """The guest's account is everybody's."""
    if is_guest(call.session):
        raise omero.SecurityViolation(None, None, "The guest changes nothing.")


def _privilege_objects(call: Call, privileges: frozenset[str]) -> list[omero.model.AdminPrivilege]:
    with call.server.store.read(SYSTEM) as tx:
        found = tx.find("select p from AdminPrivilege p order by p.value")
    return [privilege for privilege in found if privilege.value.val in privileges]
