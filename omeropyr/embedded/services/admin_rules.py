"""Who may change accounts, and the look-ups that the parts of IAdmin share.

The rules are those of OMERO's ``AdminImpl``: a privilege, or owning the groups concerned; and nobody gives what they
have not. Beyond OMERO, nobody changes the account, the privileges or the memberships in ``system`` of someone who may
do more than they.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import omero
from omero.rtypes import unwrap

from omeropyr.embedded import accounts
from omeropyr.embedded.dispatch import Call
from omeropyr.embedded.permissions import GUEST_USER, SYSTEM, SYSTEM_GROUP, USER_GROUP
from omeropyr.embedded.sessions import is_guest

USER_FETCH = (
    "select distinct e from Experimenter e left outer join fetch e.groupExperimenterMap m "
    "left outer join fetch m.parent g"
)
GROUP_FETCH = (
    "select distinct g from ExperimenterGroup g left outer join fetch g.groupExperimenterMap m "
    "left outer join fetch m.child e"
)


def number(obj: omero.model.IObject | None) -> int:
    """The id of an argument; ApiUsageException when it is null or has none."""
    if obj is None or obj.id is None:
        raise omero.ApiUsageException(None, None, "An object with an id is expected.")
    return int(obj.id.val)


def every(call: Call, hql: str, key: Any = None) -> list[Any]:
    """All objects that a query on accounts selects."""
    with call.server.store.read(SYSTEM) as tx:
        return tx.find(hql, {} if key is None else {"key": key})


def one(call: Call, hql: str, key: Any, missing: str) -> Any:
    """The one object that it selects; ApiUsageException with *missing* when there is none."""
    found = every(call, hql, key)
    if not found:
        raise omero.ApiUsageException(None, None, missing)
    return found[0]


def group_by_name(call: Call, name: str) -> omero.model.ExperimenterGroup:
    """A group with its members."""
    return one(call, f"{GROUP_FETCH} where g.name = :key", name, f"There is no group {name!r}.")


def user_by_name(call: Call, name: str) -> omero.model.Experimenter:
    """A user with their memberships."""
    return one(call, f"{USER_FETCH} where e.omeName = :key", name, f"There is no user {name!r}.")


def privileges_of(call: Call, user_id: int) -> frozenset[str]:
    """AdminPrivilege values of a user, none for one who is no administrator; ValidationException when unknown."""
    return accounts.actor(call.server.store, user_id).privileges


def all_privileges(call: Call) -> dict[str, omero.model.AdminPrivilege]:
    """All values of the enumeration."""
    return {found.value.val: found for found in every(call, "select p from AdminPrivilege p order by p.value")}


def named(call: Call, privileges: Iterable[omero.model.AdminPrivilege | None]) -> frozenset[str]:
    """The values of an argument; ApiUsageException for one that there is not."""
    values = {str(unwrap(found.value)) if found is not None else "" for found in privileges}
    unknown = values - set(all_privileges(call))
    if unknown:
        raise omero.ApiUsageException(None, None, f"There is no privilege {sorted(unknown)[0]!r}.")
    return frozenset(values)


def require(call: Call, privilege: str) -> None:
    """SecurityViolation unless the caller is an administrator with this privilege."""
    if not call.actor.may(privilege):
        raise omero.SecurityViolation(None, None, f"Only administrators with the privilege {privilege} may do this.")


def require_admin(call: Call) -> None:
    """SecurityViolation unless the caller is an administrator."""
    if not call.actor.is_admin:
        raise omero.SecurityViolation(None, None, "Only administrators may do this.")


def require_for_groups(call: Call, privilege: str, group_ids: Collection[int]) -> None:
    """SecurityViolation unless the caller has the privilege or owns all the groups."""
    if not group_ids or not all(call.actor.leads(group_id) for group_id in group_ids):
        require(call, privilege)


def require_for_user(call: Call, user_id: int) -> None:
    """SecurityViolation unless the caller may change users, or owns a group of this one who may not do more."""
    target = accounts.actor(call.server.store, user_id)
    if not any(call.actor.leads(group_id) for group_id in target.member_of):
        require(call, "ModifyUser")
    require_no_less(call, user_id)


def require_no_less(call: Call, user_id: int) -> None:
    """SecurityViolation when the user is an administrator with privileges that the caller has not."""
    target = accounts.actor(call.server.store, user_id)
    if target.privileges - call.actor.privileges or (target.is_admin and not call.actor.is_admin):
        raise omero.SecurityViolation(None, None, "That user may do more than you.")


def require_membership(call: Call, user_id: int, group_ids: Collection[int]) -> None:
    """SecurityViolation unless the caller may say who belongs to the groups, and this user to ``system``."""
    require_for_groups(call, "ModifyGroupMembership", group_ids)
    if SYSTEM_GROUP in group_ids:
        refuse_gain(call, user_id)


def refuse_gain(call: Call, user_id: int) -> None:
    """SecurityViolation when a user would, as an administrator, have privileges that the caller has not."""
    with call.server.store.read(SYSTEM) as tx:
        gained = tx.privileges(user_id)
    refuse_giving(call, gained)


def refuse_giving(call: Call, privileges: Collection[str]) -> None:
    """SecurityViolation when the caller is no administrator or has not all of these privileges."""
    require_admin(call)
    if set(privileges) - call.actor.privileges:
        raise omero.SecurityViolation(None, None, "Nobody gives privileges of an administrator that they have not.")


def refuse_guest(call: Call, user_id: int | None = None) -> None:
    """The guest's account is everybody's: SecurityViolation when it is the caller's or the one to be changed."""
    if is_guest(call.session) or user_id == GUEST_USER:
        raise omero.SecurityViolation(None, None, "The guest's account stays as it is.")


def own_groups(group_ids: Iterable[int]) -> list[int]:
    """Without the group of all users, which nobody owns."""
    return [group_id for group_id in group_ids if group_id != USER_GROUP]
