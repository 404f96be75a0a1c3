"""``IAdmin``: groups, who belongs to them, and what moves between them."""

from __future__ import annotations

from collections.abc import Sequence

import omero
from omero.model import Experimenter, ExperimenterGroup, IObject, Permissions

from omeropyr.embedded import groups, memberships
from omeropyr.embedded.dispatch import Call, Service
from omeropyr.embedded.model import Kind, model
from omeropyr.embedded.permissions import SYSTEM, SYSTEM_GROUP, USER_GROUP, level
from omeropyr.embedded.services.admin_rules import (
    group_by_name,
    number,
    refuse_guest,
    require,
    require_for_groups,
    require_membership,
    require_no_less,
    user_by_name,
)


class AdminGroups(Service):
    """The part of IAdmin for groups; their owners do most of it for their own."""

    def createGroup(self, call: Call, group: ExperimenterGroup) -> int:
        """A new group; its level is in ``details.permissions``, private when nothing is said."""
        require(call, "ModifyGroup")
        return memberships.create_group(call.server.store, group)

    def updateGroup(self, call: Call, group: ExperimenterGroup) -> None:
        """Change name, description and level of a group. The group that the session works in keeps its name."""
        group_id = number(group)
        require_for_groups(call, "ModifyGroup", [group_id])
        before = _name(call, group_id)
        if group_id == call.actor.group_id and group.name is not None and group.name.val != before:
            raise omero.ValidationException(None, None, f"Work in another group to rename {before!r}.")
        groups.update_group(call.server.store, group)

    def deleteGroup(self, call: Call, group: ExperimenterGroup) -> None:
        """Delete an empty group; ValidationException for any other."""
        require_for_groups(call, "ModifyGroup", [number(group)])
        members = memberships.members(call.server.store, number(group))
        groups.delete_group(call.server.store, number(group))
        for user_id in members:
            call.server.sessions.refresh_user(user_id)

    # --- who belongs where ---

    def addGroups(self, call: Call, user: Experimenter, groups: Sequence[ExperimenterGroup]) -> None:
        """Make a user a member of groups."""
        if not groups:
            raise omero.ValidationException(None, None, "No group was named.")
        user_id, group_ids = number(user), [number(group) for group in groups]
        refuse_guest(call, user_id)
        require_membership(call, user_id, group_ids)
        for group_id in group_ids:
            memberships.add(call.server.store, user_id, group_id)
        call.server.sessions.refresh_user(user_id)

    def removeGroups(self, call: Call, user: Experimenter, groups: Sequence[ExperimenterGroup]) -> None:
        """Take a user out of groups; nobody takes themselves out of ``system`` or ``user``."""
        user_id, group_ids = number(user), [number(group) for group in groups or ()]
        if not group_ids:
            return
        refuse_guest(call, user_id)
        require_for_groups(call, "ModifyGroupMembership", group_ids)
        if {SYSTEM_GROUP, USER_GROUP} & set(group_ids):
            require_no_less(call, user_id)
            if user_id == call.actor.user_id:
                raise omero.ValidationException(None, None, "Nobody takes themselves out of system or user.")
        memberships.remove(call.server.store, user_id, group_ids)
        call.server.sessions.refresh_user(user_id)

    def setDefaultGroup(self, call: Call, user: Experimenter, group: ExperimenterGroup) -> None:
        """Say which of their groups a user works in; everyone for themselves."""
        user_id, group_id = number(user), number(group)
        refuse_guest(call, user_id)
        if user_id != call.actor.user_id:
            require(call, "ModifyUser")
        if group_id == USER_GROUP:
            raise omero.ApiUsageException(None, None, "Nobody works in the group of all users.")
        memberships.set_default(call.server.store, user_id, group_id)

    def setGroupOwner(self, call: Call, group: ExperimenterGroup, user: Experimenter) -> None:
        """Make a member an owner of the group."""
        self.addGroupOwners(call, group, [user])

    def unsetGroupOwner(self, call: Call, group: ExperimenterGroup, user: Experimenter) -> None:
        """Make an owner a plain member."""
        self.removeGroupOwners(call, group, [user])

    def addGroupOwners(self, call: Call, group: ExperimenterGroup, users: Sequence[Experimenter]) -> None:
        """Make users members and owners of the group."""
        _set_owners(call, number(group), users, True)

    def removeGroupOwners(self, call: Call, group: ExperimenterGroup, users: Sequence[Experimenter]) -> None:
        """Make owners plain members."""
        _set_owners(call, number(group), users, False)

    # --- what OMERO keeps for old clients, and moves ---

    def changePermissions(self, call: Call, obj: IObject, perms: Permissions) -> None:
        """Change the level of a group; SecurityViolation for anything else, whose permissions are its group's."""
        if perms is None or obj is None or model().of(obj).name != "ExperimenterGroup":
            raise omero.SecurityViolation(None, None, "Only groups have permissions of their own.")
        require_for_groups(call, "ModifyGroup", [number(obj)])
        with call.server.store.write(SYSTEM) as tx:
            groups.change_level(tx, number(obj), level(int(perms.perm1)))

    def changeOwner(self, call: Call, obj: IObject, name: str) -> None:
        """Give one object, without what hangs on it, to another user; the command Chown2 gives all of it."""
        kind, user_id = _kind(obj), number(user_by_name(call, name))
        with call.server.store.write(call.actor.in_group(-1)) as tx:
            if not tx.get(kind.name, number(obj)).details.permissions.canChown():
                raise omero.SecurityViolation(None, None, f"You may not give {kind.name} {number(obj)} away.")
            groups.move(tx, kind, number(obj), owner=user_id)

    def changeGroup(self, call: Call, obj: IObject, name: str) -> None:
        """Move one object, an image with its pixels, to another group; the command Chgrp2 moves all that hangs on it.

        SecurityViolation when something that stays points at it.
        """
        kind, object_id, group_id = _kind(obj), number(obj), number(group_by_name(call, name))
        if group_id == USER_GROUP:
            raise omero.SecurityViolation(None, None, "Use moveToCommonSpace for the group of all users.")
        if group_id not in call.actor.member_of and not call.actor.may("Chgrp"):
            raise omero.SecurityViolation(None, None, f"You are not a member of {name!r}.")
        with call.server.store.write(call.actor.in_group(-1)) as tx:
            if not tx.get(kind.name, object_id).details.permissions.canChgrp():
                raise omero.SecurityViolation(None, None, f"You may not move {kind.name} {object_id}.")
            groups.move(tx, kind, object_id, group=group_id)
            if kind.name == "Image":
                for (pixels_id,) in tx.values("select p.id from Pixels p where p.image.id = :id", {"id": object_id}):
                    groups.move(tx, model()["Pixels"], pixels_id, group=group_id)
            behind = groups.left_behind(tx, kind, object_id, group_id)
            if behind:
                raise omero.SecurityViolation(None, None, f"These would stay behind: {', '.join(behind)}.")

    def moveToCommonSpace(self, call: Call, objs: Sequence[IObject]) -> None:
        """Put objects into the group of all users, where everyone sees them."""
        for obj in objs:
            if obj is None:
                continue
            kind = _kind(obj)
            with call.server.store.write(call.actor.in_group(-1)) as tx:
                group_id = int(tx.get(kind.name, number(obj)).details.group.id.val)
                if group_id != USER_GROUP:
                    require_for_groups(call, "ModifyGroup", [group_id])
                    groups.move(tx, kind, number(obj), group=USER_GROUP)


def _set_owners(call: Call, group_id: int, users: Sequence[Experimenter], owner: bool) -> None:
    for user_id in [number(user) for user in users]:
        refuse_guest(call, user_id)
        require_membership(call, user_id, [group_id])
        if group_id == SYSTEM_GROUP:
            require_no_less(call, user_id)
        memberships.set_owner(call.server.store, user_id, group_id, owner)
        call.server.sessions.refresh_user(user_id)


def _name(call: Call, group_id: int) -> str:
    with call.server.store.read(SYSTEM) as tx:
        return str(tx.get("ExperimenterGroup", group_id).name.val)


def _kind(obj: IObject | None) -> Kind:
    number(obj)
    kind = model().of(obj)
    if kind.is_global:
        raise omero.SecurityViolation(None, None, f"A {kind.name} has no owner and no group.")
    return kind
