"""Users, groups and who belongs where, as they are changed by administrators and group owners."""

from __future__ import annotations

from collections.abc import Sequence

import omero
from omero.model import Experimenter, ExperimenterGroup, ExperimenterGroupI, ExperimenterI, GroupExperimenterMapI
from omero.rtypes import rbool, rstring, unwrap

from omeropyr.embedded.permissions import LEVELS, ROOT_USER, SYSTEM, SYSTEM_GROUP, level
from omeropyr.embedded.store import Store, Transaction

_PERSON = ("firstName", "middleName", "lastName", "email", "institution")


def create_user(store: Store, user: Experimenter, group_ids: Sequence[int]) -> int:
    """A new user in groups, the first of which is their default; ValidationException when the name is taken."""
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


def remove(store: Store, user_id: int, group_id: int) -> None:
    """Take a user out of a group. The last group and root's place among administrators stay."""
    with store.write(SYSTEM) as tx:
        map_id = _map_id(tx, user_id, group_id)
        if map_id is None:
            return
        count = tx.values("select count(m) from GroupExperimenterMap m where m.child.id = :id", {"id": user_id})[0][0]
        if count <= 1:
            raise omero.ValidationException(None, None, "A user belongs to at least one group.")
        if (user_id, group_id) == (ROOT_USER, SYSTEM_GROUP):
            raise omero.ValidationException(None, None, "root stays an administrator.")
        tx.delete("GroupExperimenterMap", map_id)


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
    """Take over names, institution and e-mail address, and with *with_name* the log-in name."""
    with store.write(SYSTEM) as tx:
        known = tx.get("Experimenter", user_id)
        for field in (*_PERSON, *(("omeName",) if with_name else ())):
            setattr(known, field, getattr(changed, field))
        tx.save(known)


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
