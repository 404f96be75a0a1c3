"""The form of a group: what it shows at first, and what it asks for when it is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omeropyr.admin.actor import Actor
from omeropyr.admin.forms import Form
from omeropyr.admin.group_names import users_named
from omeropyr.admin.groups import Group, Member, Wanted, in_no_other_group, name_taken
from omeropyr.admin.levels import LEVELS, Level

LONGEST_DESCRIPTION = 2_000


def first_form(group: Group) -> Form:
    """The form of a group as it is."""
    values = {"name": group.name, "description": group.description, "permissions": group.level.number}
    members = [one.id for one in group.members]
    return Form(values, {"members": members, "owners": [one.id for one in group.members if one.owner]})


def was_members(shown: Iterable[Member]) -> str:
    """The members that the form shows, to tell who was taken out of it from who is not in it or came meanwhile."""
    return " ".join(str(one.id) for one in shown)


def seen_members(form: Form) -> frozenset[int]:
    """The members that the form showed when it was sent."""
    return frozenset(int(one) for one in form.value("was_members").split() if one.isdigit() and len(one) < 19)


def read_group(conn: Any, form: Form, actor: Actor, group: Group | None, *, names: bool = True) -> Wanted | None:
    """What the form asks for; None where it has errors. Without *names*, name and description stay as they are."""
    if names and not (group and group.special):
        name = form.text("name", "a name", required=True)
        if name and (group is None or name != group.name) and name_taken(conn, name, group.id if group else -1):
            form.fail("name", "Another group has this name already.")
    else:
        name = group.name if group else ""
    description = form.text("description", "a description", longest=LONGEST_DESCRIPTION)
    if group and not names:
        description = group.description
    level = _level(form, group)
    members, owners = _people(conn, form, group)
    if group is not None:
        _check_left(conn, form, actor, group, members | owners)
    return Wanted(name, description, level, members | owners, owners) if form.ok else None


def _level(form: Form, group: Group | None) -> Level:
    known = group.level.number if group else 0
    number = form.choice("permissions", [str(one.number) for one in LEVELS], str(known))
    level = LEVELS[int(number)]
    if group and group.special and level != group.level:
        form.fail("permissions", "The groups that every OMERO has keep their permissions.")
    return level


def _people(conn: Any, form: Form, group: Group | None) -> tuple[frozenset[int], frozenset[int]]:
    members, owners = set(form.ids("members")), set(form.ids("owners"))
    for field, people in (("add_members", members), ("add_owners", owners)):
        named, missing = users_named(conn, form.names(field))
        if missing:
            form.fail(field, f"There is no user {', '.join(missing)}.")
        people |= set(named.values())
    if group is not None:
        before = {one.id for one in group.members}
        # Whoever came since the form was made is in none of its boxes, and stays.
        seen = seen_members(form) or before
        members |= before - seen
        owners |= {one.id for one in group.members if one.owner and one.id not in seen}
    return frozenset(members), frozenset(owners)


def _check_left(conn: Any, form: Form, actor: Actor, group: Group, left: frozenset[int]) -> None:
    gone = {one.id for one in group.members} - left
    alone = in_no_other_group(conn, gone, group.id)
    if alone:
        form.fail("members", f"This is the only group of {', '.join(alone)}: add them to another one first.")
    if group.special and actor.user_id in gone:
        form.fail("members", f"Nobody takes themselves out of the group {group.name}.")
