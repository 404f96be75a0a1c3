"""Users, groups and who belongs where, as they are changed by administrators and group owners."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import omero
from omero.model import Experimenter, ExperimenterGroup, ExperimenterGroupI, ExperimenterI, GroupExperimenterMapI
from omero.rtypes import rbool, rstring, unwrap

from omeropyr.embedded.permissions import (
    GUEST_USER,
    LEVELS,
    RESTRICTION,
    ROOT_USER,
    SYSTEM,
    SYSTEM_GROUP,
    USER_GROUP,
    level,
)
from omeropyr.embedded.store import Store, Transaction

_PERSON = ("firstName", "middleName", "lastName", "email", "institution")


def create_user(
    store: Store, user: Experimenter, group_ids: Sequence[int], privileges: Collection[str] | None = None
) -> int:
    """A new user in groups, the first of which is their default; ValidationException when the name is taken.

    *privileges* are those of an administrator, None for all.
    """
    name = str(unwrap(user.omeName) or "").strip()
    if not name or not unwrap(user.firstName) or not unwrap(user.lastName):
        raise omero.ValidationException(None, None, "A user needs a log-in name, a first name and a last name.")
    with store.write(SYSTEM) as tx:
        if tx.values("select e.id from Experimenter e where e.omeName = :name", {"name": name}):
            raise omero.ValidationException(None, None, f"There is a user {name!r} already.")
        new = ExperimenterI()
        new.omeName, new.ldap = rstring(name), rbool(False)
        for field in _PERSON:
            setattr(new, field, getattr(user, field))
        if privileges is not None:
            new.config = _restrictions(tx, privileges)
        user_id = int(tx.save(new).id.val)
        for group_id in dict.fromkeys(group_ids):
            _add(tx, user_id, group_id)
    return user_id


def create_group(store: Store, group: ExperimenterGroup) -> int:
    """A new group; ValidationException when the name is taken."""
    name = str(unwrap(group.name) or "").strip()
    if not name:
        raise omero.ValidationException(None, None, "A group needs a name.")
    given = group.details.permissions if group.details is not None else None
    wanted = level(int(given.perm1)) if given is not None else LEVELS[0]
    with store.write(SYSTEM) as tx:
        if tx.values("select g.id from ExperimenterGroup g where g.name = :name", {"name": name}):
            raise omero.ValidationException(None, None, f"There is a group {name!r} already.")
        new = ExperimenterGroupI()
        new.name, new.description, new.ldap = rstring(name), group.description, rbool(False)
        new.details.permissions = omero.model.PermissionsI(wanted.text)
        return int(tx.save(new).id.val)


def add(store: Store, user_id: int, group_id: int) -> None:
    """Make a user a member of a group; one who is stays so."""
    with store.write(SYSTEM) as tx:
        if _map_id(tx, user_id, group_id) is None:
            _add(tx, user_id, group_id)


def remove(store: Store, user_id: int, group_ids: Collection[int]) -> None:
    """Take a user out of groups.

    ValidationException when no group, or only that of all users, would be left, or root would stop being what it is.
    """
    gone = set(group_ids)
    if user_id == ROOT_USER and gone & {SYSTEM_GROUP, USER_GROUP}:
        raise omero.ValidationException(None, None, "root stays an administrator and a user.")
    with store.write(SYSTEM) as tx:
        hql = "select m.parent.id, m.id from GroupExperimenterMap m where m.child.id = :id"
        maps = {int(group): int(map_id) for group, map_id in tx.values(hql, {"id": user_id})}
        left = set(maps) - gone
        if not left:
            raise omero.ValidationException(None, None, "A user belongs to at least one group.")
        if left == {USER_GROUP}:
            raise omero.ValidationException(None, None, "A user needs a group beside that of all users.")
        for group_id in gone & set(maps):
            tx.delete("GroupExperimenterMap", maps[group_id])


def members(store: Store, group_id: int) -> list[int]:
    """The users in a group."""
    with store.read(SYSTEM) as tx:
        found = tx.values("select m.child.id from GroupExperimenterMap m where m.parent.id = :id", {"id": group_id})
    return [int(row[0]) for row in found]


def set_owner(store: Store, user_id: int, group_id: int, owner: bool) -> None:
    """Make a user an owner of a group, or a plain member."""
    with store.write(SYSTEM) as tx:
        map_id = _map_id(tx, user_id, group_id)
        if map_id is None:
            _add(tx, user_id, group_id, owner)
            return
        link = tx.get("GroupExperimenterMap", map_id)
        link.owner = rbool(owner)
        tx.save(link)


def set_default(store: Store, user_id: int, group_id: int) -> None:
    """Say which of their groups a user works in; ApiUsageException for one they are not in."""
    with store.write(SYSTEM) as tx:
        if _map_id(tx, user_id, group_id) is None:
            raise omero.ApiUsageException(None, None, f"User {user_id} is not a member of group {group_id}.")
        tx.set_default_group(user_id, group_id)


def update_user(store: Store, user_id: int, changed: Experimenter, *, with_name: bool) -> None:
    """Take over names, institution and e-mail address, and with *with_name* the log-in name.

    ValidationException for a log-in name that is taken, or for another one of root or guest.
    """
    with store.write(SYSTEM) as tx:
        known = tx.get("Experimenter", user_id)
        name = str(unwrap(changed.omeName) or "")
        if with_name and name != known.omeName.val:
            if user_id in (ROOT_USER, GUEST_USER) or not name.strip():
                raise omero.ValidationException(None, None, f"The user {known.omeName.val!r} keeps this name.")
            if tx.values("select e.id from Experimenter e where e.omeName = :name", {"name": name}):
                raise omero.ValidationException(None, None, f"There is a user {name!r} already.")
        for field in (*_PERSON, *(("omeName",) if with_name else ())):
            setattr(known, field, getattr(changed, field))
        tx.save(known)


def restrict(store: Store, user_id: int, privileges: Collection[str]) -> None:
    """Leave a user these ``AdminPrivilege`` values of an administrator; they matter when the user is one."""
    with store.write(SYSTEM) as tx:
        known = tx.get("Experimenter", user_id)
        other = [one for one in known.config or [] if not one.name.startswith(RESTRICTION)]
        known.config = [*other, *_restrictions(tx, privileges)]
        tx.save(known)


def _restrictions(tx: Transaction, privileges: Collection[str]) -> list[omero.model.NamedValue]:
    every = [str(row[0]) for row in tx.values("select p.value from AdminPrivilege p order by p.id")]
    return [omero.model.NamedValue(RESTRICTION + value, "false") for value in every if value not in privileges]


def _map_id(tx: Transaction, user_id: int, group_id: int) -> int | None:
    found = tx.values(
        "select m.id from GroupExperimenterMap m where m.child.id = :user and m.parent.id = :group",
        {"user": user_id, "group": group_id},
    )
    return int(found[0][0]) if found else None


def _add(tx: Transaction, user_id: int, group_id: int, owner: bool = False) -> None:
    link = GroupExperimenterMapI()
    link.parent, link.child = ExperimenterGroupI(group_id, False), ExperimenterI(user_id, False)
    link.owner = rbool(owner)
    tx.save(link)
