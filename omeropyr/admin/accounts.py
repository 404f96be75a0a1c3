"""One user: what OMERO knows, what may be changed, and changing it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import omero
from omero.model import AdminPrivilegeI, ExperimenterGroupI, ExperimenterI
from omero.rtypes import rstring

from omeropyr.admin.actor import FULL_ADMIN, GUEST_NAME, ROOT_NAME, SYSTEM, USER, Actor
from omeropyr.admin.privileges import PRIVILEGES
from omeropyr.admin.steps import Step
from omeropyr.admin.users import Membership, UserRow, full_admins, user_row
from omeropyr.connection.query import rows
from omeropyr.errors import ObjectNotFound

ROLES = ("user", "administrator", "restricted_administrator")
EVERY = frozenset(one.value for one in PRIVILEGES) | {FULL_ADMIN}


@dataclass(frozen=True)
class Account:
    """A user with what is needed to edit them: *groups* without ``user`` and ``system``, their default, privileges."""

    row: UserRow
    default_group: int | None
    privileges: frozenset[str]

    @property
    def group_ids(self) -> frozenset[int]:
        """Ids of the groups."""
        return frozenset(one.group_id for one in self.row.groups)


@dataclass(frozen=True)
class Wanted:
    """How a user should be."""

    name: str
    first_name: str
    middle_name: str
    last_name: str
    email: str
    institution: str
    role: str
    active: bool
    privileges: frozenset[str]
    groups: tuple[int, ...]
    default_group: int


@dataclass(frozen=True)
class Locks:
    """What of an account stays as it is, and why; None where it may be changed."""

    name: str | None
    active: str | None
    role: str | None
    password: str | None
    everything: str | None


def find_account(conn: Any, user_id: int) -> Account:
    """A user; ObjectNotFound where there is none. Up to four Ice calls."""
    service = conn.getAdminService()
    try:
        person = service.getExperimenter(user_id)
    except omero.ValidationException:
        # A kind of ApiUsageException that says nothing of whether there is such a user.
        raise
    except omero.ApiUsageException as error:
        raise ObjectNotFound(f"There is no user {user_id}.") from error
    links = [link for link in person.copyGroupExperimenterMap() if link is not None]
    groups = tuple(
        Membership(int(link.parent.id.val), link.parent.name.val, bool(link.owner.val))
        for link in sorted(links, key=lambda link: link.parent.name.val.lower())
    )
    is_admin = any(one.name == SYSTEM for one in groups)
    privileges = frozenset(one.value.val for one in service.getAdminPrivileges(person)) if is_admin else frozenset()
    full = full_admins(conn) if is_admin else frozenset[int]()
    default = int(service.getDefaultGroup(user_id).id.val) if len(groups) > 1 else None
    return Account(user_row(person, groups, full), default, privileges)


def locks(account: Account, actor: Actor) -> Locks:
    """What the actor may not change of the account, in words. OMERO judges every call again."""
    row = account.row
    special = f"OMERO itself needs the account “{row.name}”." if row.name in (ROOT_NAME, GUEST_NAME) else None
    own = "This is your own account: somebody else has to change it." if row.id == actor.user_id else None
    ldap = "This user logs in by LDAP: it is changed there." if row.ldap else None
    everything = None
    if account.privileges - actor.privileges and row.id != actor.user_id:
        everything = "This administrator may do more than you: only one who may do as much can change the account."
    elif not actor.may("ModifyUser"):
        everything = "You lack the privilege “Create and edit users”."
    return Locks(special or ldap, special or own, special or own, ldap, everything)


def taken(conn: Any, name: str, email: str, user_id: int = -1) -> tuple[bool, bool]:
    """Whether another user has this log-in name, and whether one has this e-mail address: one Ice call."""
    hql = """
        select e.omeName, lower(e.email) from Experimenter e
        where e.id <> :id and (e.omeName = :name or lower(e.email) = :email)
    """
    found = rows(conn, hql, id=user_id, name=name, email=email.lower())
    return any(row[0] == name for row in found), bool(email) and any(row[1] == email.lower() for row in found)


def is_last_admin(conn: Any, user_id: int) -> bool:
    """Whether nobody else who may log in is an administrator without restrictions: two Ice calls."""
    others = full_admins(conn) - {user_id}
    hql = """
        select e.id from Experimenter e where e.id in (:ids) and (e.omeName = :root or e.id in
            (select m.child.id from GroupExperimenterMap m where m.parent.name = :user))
    """
    return not others or not rows(conn, hql, ids=sorted(others), root=ROOT_NAME, user=USER)


def group_ids_of(conn: Any) -> dict[str, int]:
    """Ids of the groups ``system`` and ``user`` by name: one Ice call."""
    found = rows(conn, "select g.name, g.id from ExperimenterGroup g where g.name in (:names)", names=[SYSTEM, USER])
    return {name: int(group_id) for name, group_id in found}


def create_steps(conn: Any, wanted: Wanted, password: str) -> tuple[list[Step], list[int]]:
    """The steps that make a user, and a list that holds the new id once the first was done."""
    service, special, made = conn.getAdminService(), group_ids_of(conn), list[int]()
    person = _person(ExperimenterI(), wanted)
    others = [one for one in wanted.groups if one != wanted.default_group]
    restricted = wanted.role == "restricted_administrator"
    joins = [*others, *([special[SYSTEM]] if wanted.role == "administrator" else ())]
    joins += [special[USER]] if wanted.active else []

    def create() -> None:
        made.append(
            service.createExperimenterWithPassword(
                person, rstring(password), _group(wanted.default_group), _groups(joins)
            )
        )

    steps = [Step("create the user", "ModifyUser", create)]
    if restricted:
        steps += [
            Step("set the privileges", "ModifyUser", lambda: _restrict(service, made[0], wanted.privileges)),
            Step(
                "make the user an administrator",
                "ModifyGroupMembership",
                lambda: service.addGroups(ExperimenterI(made[0], False), _groups([special[SYSTEM]])),
            ),
        ]
    return steps, made


def change_steps(conn: Any, account: Account, wanted: Wanted) -> list[Step]:
    """The steps that make the account as wanted, the privileges before the role that they are for."""
    service, special, before = conn.getAdminService(), group_ids_of(conn), account.row
    user = ExperimenterI(before.id, False)
    steps = []
    if _names(before) != _names(wanted):
        person = _person(service.getExperimenter(before.id), wanted)
        steps.append(Step("change the names", "ModifyUser", lambda: service.updateExperimenter(person)))
    added = [one for one in wanted.groups if one not in account.group_ids]
    removed = [one for one in account.group_ids if one not in wanted.groups]
    if added:
        steps.append(_membership("add the groups", lambda: service.addGroups(user, _groups(added))))
    if wanted.default_group != account.default_group:
        default = _group(wanted.default_group)
        steps.append(Step("set the default group", "ModifyUser", lambda: service.setDefaultGroup(user, default)))
    steps += _role_steps(service, account, wanted, special[SYSTEM])
    if removed:
        steps.append(_membership("remove the groups", lambda: service.removeGroups(user, _groups(removed))))
    if wanted.active != before.active:
        members = _groups([special[USER]])
        if wanted.active:
            steps.append(_membership("make the user active", lambda: service.addGroups(user, members)))
        else:
            steps.append(_membership("make the user inactive", lambda: service.removeGroups(user, members)))
    return steps


def _role_steps(service: Any, account: Account, wanted: Wanted, system: int) -> list[Step]:
    before, user = account.row, ExperimenterI(account.row.id, False)
    if wanted.role == "user":
        if before.role == "user":
            return []
        leave = Step(
            "take the role of an administrator",
            "ModifyGroupMembership",
            lambda: service.removeGroups(user, _groups([system])),
        )
        return [leave]
    allowed = EVERY if wanted.role == "administrator" else wanted.privileges
    steps = []
    if before.role == "user" or allowed != account.privileges:
        steps.append(Step("set the privileges", "ModifyUser", lambda: _restrict(service, before.id, allowed)))
    if before.role == "user":
        steps.append(_membership("make the user an administrator", lambda: service.addGroups(user, _groups([system]))))
    return steps


def _membership(words: str, run: Any) -> Step:
    return Step(words, "ModifyGroupMembership", run)


def _restrict(service: Any, user_id: int, privileges: Collection[str]) -> None:
    objects = []
    for value in sorted(privileges):
        privilege = AdminPrivilegeI()
        privilege.setValue(rstring(value))
        objects.append(privilege)
    service.setAdminPrivileges(ExperimenterI(user_id, False), objects)


def _names(one: UserRow | Wanted) -> tuple[str, ...]:
    return (one.name, one.first_name, one.middle_name, one.last_name, one.email, one.institution)


def _person(person: Any, wanted: Wanted) -> Any:
    person.omeName = rstring(wanted.name)
    person.firstName, person.lastName = rstring(wanted.first_name), rstring(wanted.last_name)
    person.middleName = rstring(wanted.middle_name) if wanted.middle_name else None
    person.email = rstring(wanted.email) if wanted.email else None
    person.institution = rstring(wanted.institution) if wanted.institution else None
    if person.ldap is None:
        person.ldap = omero.rtypes.rbool(False)
    return person


def _group(group_id: int) -> Any:
    return ExperimenterGroupI(group_id, False)


def _groups(group_ids: Sequence[int]) -> list[Any]:
    return [_group(one) for one in group_ids]
