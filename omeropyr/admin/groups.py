"""Groups: the list, one of them with its members, and changing it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import omero
from omero.model import ExperimenterGroupI, ExperimenterI, PermissionsI
from omero.rtypes import rstring

from omeropyr.admin.actor import SPECIAL, USER, Actor
from omeropyr.admin.jobs import change_level
from omeropyr.admin.levels import Level, level_of
from omeropyr.admin.paging import like, offset
from omeropyr.admin.steps import Step
from omeropyr.connection.query import rows
from omeropyr.errors import ObjectNotFound
from omeropyr.marshal.objects import full_name, plain

SORTS = {"name": "lower(g.name)", "id": "g.id", "members": "count"}
_MEMBERS = "(select count(m.id) from GroupExperimenterMap m where m.parent.id = g.id)"
_OWNERS = """
    select m.parent.id, m.child from GroupExperimenterMap m
    where m.parent.id in (:ids) and m.owner = true order by lower(m.child.omeName)
"""
_MEMBERS_OF = """
    select m.child.id, m.child.omeName, m.child.firstName, m.child.lastName, m.owner from GroupExperimenterMap m
    where m.parent.id = :id order by lower(m.child.omeName)
"""
MOST_SHOWN = 200
_ONLY_GROUP = """
    select e.omeName from Experimenter e where e.id in (:ids) and not exists (
        select m.id from GroupExperimenterMap m
        where m.child.id = e.id and m.parent.id <> :group and m.parent.name <> :user)
    order by lower(e.omeName)
"""


@dataclass(frozen=True)
class GroupRow:
    """A group in a list."""

    id: int
    name: str
    description: str
    level: Level
    ldap: bool
    members: int
    owners: tuple[str, ...]


@dataclass(frozen=True)
class Member:
    """A user in a group."""

    id: int
    name: str
    full_name: str
    owner: bool


@dataclass(frozen=True)
class Group:
    """One group with its members by name."""

    id: int
    name: str
    description: str
    level: Level
    ldap: bool
    members: tuple[Member, ...]

    @property
    def special(self) -> bool:
        """Whether OMERO itself needs it."""
        return self.name in SPECIAL


@dataclass(frozen=True)
class Wanted:
    """How a group should be; *members* and *owners* are ids, an owner is a member as well."""

    name: str
    description: str
    level: Level
    members: frozenset[int]
    owners: frozenset[int]


def list_groups(conn: Any, text: str, sort: str, *, descending: bool, page: int) -> tuple[list[GroupRow], int]:
    """A page of groups and how many there are: two Ice calls."""
    where = "where lower({0}.name) like :q escape '!' or lower({0}.description) like :q escape '!'" if text else ""
    values: dict[str, Any] = {"q": like(text)} if text else {}
    order = _MEMBERS if sort == "members" else SORTS[sort]
    hql = f"""
        select g, {_MEMBERS}, (select count(c.id) from ExperimenterGroup c {where.format("c")})
        from ExperimenterGroup g {where.format("g")}
        order by {order} {"desc" if descending else "asc"}, g.id
    """  # noqa: S608 - words of the tables above; what a user typed is bound
    found = rows(conn, hql, page=offset(page), **values)
    if not found:
        return [], 0
    owners = _owners(conn, [row[0].getId().getValue() for row in found])
    return [_row(group, int(members), owners) for group, members, _ in found], int(found[0][2])


def _owners(conn: Any, group_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = defaultdict(list)
    for group_id, person in rows(conn, _OWNERS, ids=list(group_ids)):
        found[int(group_id)].append(full_name(person))
    return {group_id: tuple(names) for group_id, names in found.items()}


def _row(group: Any, members: int, owners: dict[int, tuple[str, ...]]) -> GroupRow:
    group_id = int(group.getId().getValue())
    return GroupRow(
        id=group_id,
        name=plain(group.getName()) or "",
        description=plain(group.getDescription()) or "",
        level=level_of(group.getDetails().getPermissions()),
        ldap=bool(plain(group.getLdap())),
        members=members,
        owners=owners.get(group_id, ()),
    )


def find_group(conn: Any, group_id: int) -> Group:
    """A group with its members; ObjectNotFound where there is none. Two Ice calls, light ones for large groups."""
    found = rows(conn, "select g from ExperimenterGroup g where g.id = :id", id=group_id)
    if not found:
        raise ObjectNotFound(f"There is no group {group_id}.")
    group = found[0][0]
    members = [
        Member(int(user_id), name, " ".join(part for part in (first, last) if part) or name, bool(owner))
        for user_id, name, first, last, owner in rows(conn, _MEMBERS_OF, id=group_id)
    ]
    return Group(
        id=group_id,
        name=plain(group.getName()) or "",
        description=plain(group.getDescription()) or "",
        level=level_of(group.getDetails().getPermissions()),
        ldap=bool(plain(group.getLdap())),
        members=tuple(members),
    )


def visible_members(group: Group, text: str) -> list[Member]:
    """The members whose names hold *text*, at most as many as a form shows."""
    wanted = text.lower()
    found = [one for one in group.members if wanted in one.name.lower() or wanted in one.full_name.lower()]
    return found[:MOST_SHOWN]


def name_taken(conn: Any, name: str, group_id: int = -1) -> bool:
    """Whether another group has this name: one Ice call."""
    hql = "select g.id from ExperimenterGroup g where g.name = :name and g.id <> :id"
    return bool(rows(conn, hql, name=name, id=group_id))


def in_no_other_group(conn: Any, user_ids: Iterable[int], group_id: int) -> list[str]:
    """Names of those users who belong to no other group than this one (and that of all users): one Ice call."""
    ids = sorted(user_ids)
    return [row[0] for row in rows(conn, _ONLY_GROUP, ids=ids, group=group_id, user=USER)] if ids else []


def create_steps(conn: Any, wanted: Wanted) -> tuple[list[Step], list[int]]:
    """The steps that make a group, and a list that holds its id once the first was done."""
    service, made = conn.getAdminService(), list[int]()
    group = ExperimenterGroupI()
    group.name, group.description = rstring(wanted.name), rstring(wanted.description)
    group.ldap = omero.rtypes.rbool(False)
    group.details.permissions = PermissionsI(wanted.level.text)

    def create() -> None:
        made.append(int(service.createGroup(group)))

    steps = [Step("create the group", "ModifyGroup", create)]
    for user in sorted(wanted.members - wanted.owners):
        steps.append(_join(service, user, made))
    if wanted.owners:
        owners = [ExperimenterI(one, False) for one in sorted(wanted.owners)]
        words, privilege = "set the owners", "ModifyGroupMembership"
        steps.append(Step(words, privilege, lambda: service.addGroupOwners(ExperimenterGroupI(made[0], False), owners)))
    return steps, made


def _join(service: Any, user: int, made: list[int]) -> Step:
    def join() -> None:
        service.addGroups(ExperimenterI(user, False), [ExperimenterGroupI(made[0], False)])

    return Step("add the members", "ModifyGroupMembership", join)


def change_steps(conn: Any, group: Group, wanted: Wanted) -> list[Step]:
    """The steps that make the group as wanted."""
    service, own = conn.getAdminService(), ExperimenterGroupI(group.id, False)
    steps = []
    if (group.name, group.description) != (wanted.name, wanted.description):
        steps.append(Step("change name and description", "ModifyGroup", lambda: _rename(service, group.id, wanted)))
    before = {one.id for one in group.members}
    owners = {one.id for one in group.members if one.owner}
    for user in sorted(wanted.members - before - wanted.owners):
        steps.append(_membership("add the members", service.addGroups, user, own))
    for words, change, users in (
        ("set the owners", service.addGroupOwners, wanted.owners - owners),
        ("take owners back to plain members", service.removeGroupOwners, owners - wanted.owners),
    ):
        if users:
            steps.append(_owner_step(words, change, own, users))
    for user in sorted(before - wanted.members - wanted.owners):
        steps.append(_membership("remove the members", service.removeGroups, user, own))
    if wanted.level != group.level:
        text = wanted.level.text
        steps.append(Step("change the permissions", "ModifyGroup", lambda: change_level(conn, group.id, text)))
    return steps


def _rename(service: Any, group_id: int, wanted: Wanted) -> None:
    found = service.getGroup(group_id)
    found.name, found.description = rstring(wanted.name), rstring(wanted.description)
    service.updateGroup(found)


def _membership(words: str, change: Any, user: int, group: Any) -> Step:
    return Step(words, "ModifyGroupMembership", lambda: change(ExperimenterI(user, False), [group]))


def _owner_step(words: str, change: Any, group: Any, users: Iterable[int]) -> Step:
    people = [ExperimenterI(one, False) for one in sorted(users)]
    return Step(words, "ModifyGroupMembership", lambda: change(group, people))


def manages(actor: Actor, group_id: int) -> bool:
    """Whether the actor owns the group or is an administrator."""
    return actor.is_admin or group_id in actor.leads
