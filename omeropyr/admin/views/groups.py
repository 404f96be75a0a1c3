"""The list of groups, and the forms that make and change one: for administrators and for the owners of a group."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response

from omeropyr.admin.actor import Actor, read_actor, require_admin
from omeropyr.admin.forms import Form
from omeropyr.admin.group_form import first_form, read_group, seen_members, was_members
from omeropyr.admin.groups import (
    SORTS,
    Group,
    Member,
    change_steps,
    create_steps,
    find_group,
    list_groups,
    manages,
    visible_members,
)
from omeropyr.admin.jobs import change_level
from omeropyr.admin.levels import LEVELS, Level, change_words
from omeropyr.admin.navigation import say, shown
from omeropyr.admin.paging import Pager, page_number
from omeropyr.admin.steps import Refused, carry_out
from omeropyr.admin.views.users import LONGEST_SEARCH, Column
from omeropyr.errors import Forbidden, InvalidInput
from omeropyr.marshal.numbers import MAX_ID, integer

SECTION = "groups"
COLUMNS = (
    ("name", "Group", "name"),
    ("level", "Permissions", None),
    ("members", "Members", "members"),
    ("owners", "Owners", None),
    ("id", "Id", "id"),
)


def groups(request: Request) -> dict[str, object]:
    """The list of groups."""
    require_admin(request.conn)
    text, sort = request.GET.get("q", "").strip(), request.GET.get("sort", "name")
    if sort.lstrip("-") not in SORTS or len(text) > LONGEST_SEARCH or not text.isprintable():
        raise InvalidInput("sort or q is not one that this list knows.")
    page = page_number(request.GET.get("page", ""))
    found, total = list_groups(request.conn, text, sort.lstrip("-"), descending=sort.startswith("-"), page=page)

    def address(**more: object) -> str:
        return str(request.route_path("admin.groups", _query={"q": text, "sort": sort, **more}))

    columns = []
    for name, title, key in COLUMNS:
        state = {key: "ascending", f"-{key}": "descending"}.get(sort) if key else None
        url = address(sort=f"-{key}" if state == "ascending" else key) if key else None
        columns.append(Column(name, title, url, state))
    return shown(
        request,
        SECTION,
        groups=found,
        total=total,
        text=text,
        sort=sort,
        columns=columns,
        pager=Pager(page, total),
        page_url=lambda number: address(page=number),
    )


def go_to_groups(request: Request) -> Response:
    """Any other action leads to the list, as in OMERO.web."""
    return HTTPFound(location=request.route_path("admin.groups"))


def new(request: Request) -> dict[str, object]:
    """An empty form for a group."""
    return _shown(request, require_admin(request.conn), Form({"permissions": "0"}), None)


def create(request: Request) -> Any:
    """Make a group, or show the form again."""
    actor = require_admin(request.conn)
    form = Form.sent(request.POST)
    wanted = read_group(request.conn, form, actor, None)
    if wanted is None:
        return _again(request, actor, form, None)
    steps, made = create_steps(request.conn, wanted)
    try:
        carry_out(actor, steps)
    except Refused as refused:
        return _again(request, actor, form, None, refused)
    say(request, SECTION, f"The group {wanted.name} was created.")
    return HTTPSeeOther(location=request.route_path("admin.group_edit", id=made[0]))


def edit(request: Request) -> dict[str, object]:
    """The form of a group."""
    actor = require_admin(request.conn)
    group = find_group(request.conn, _id(request))
    return _shown(request, actor, first_form(group), group)


def save(request: Request) -> Any:
    """Change a group, or show the form again."""
    actor = require_admin(request.conn)
    return _save(request, actor, find_group(request.conn, _id(request)), names=True)


def owner_edit(request: Request) -> dict[str, object]:
    """The form of a group for its owners: everything but its name."""
    actor = _owner(request)
    group = find_group(request.conn, _id(request))
    return _shown(request, actor, first_form(group), group, names=False)


def owner_save(request: Request) -> Any:
    """Change a group as its owner."""
    actor = _owner(request)
    return _save(request, actor, find_group(request.conn, _id(request)), names=False)


def _owner(request: Request) -> Actor:
    actor = read_actor(request.conn)
    if not manages(actor, _id(request)):
        raise Forbidden("You are not an owner of this group.")
    return actor


def _save(request: Request, actor: Actor, group: Group, *, names: bool) -> Any:
    form = Form.sent(request.POST)
    wanted = read_group(request.conn, form, actor, group, names=names)
    if wanted is None:
        return _again(request, actor, form, group, names=names)
    steps = change_steps(request.conn, group, wanted)
    loss = _loss(request, actor, group, wanted.level)
    if loss and not form.ticked("confirm"):
        form.fail("confirm", loss)
        return _again(request, actor, form, group, names=names)
    try:
        carry_out(actor, steps)
    except Refused as refused:
        return _again(request, actor, form, find_group(request.conn, group.id), refused, names=names)
    section = SECTION if names else "account"
    say(request, section, f"The group {wanted.name} was saved." if steps else "Nothing was changed.")
    route = "admin.group_edit" if names else "admin.myaccount"
    return HTTPSeeOther(location=request.route_path(route, **({"id": group.id} if names else {})))


def _loss(request: Request, actor: Actor, group: Group, level: Level) -> str | None:
    """What would be deleted with the change of level; asked only where something may be, and by who may do it."""
    may = actor.may("ModifyGroup") or group.id in actor.leads
    if level.number != 0 or group.level.number == 0 or not may:
        return None
    gone = change_level(request.conn, group.id, level.text, dry_run=True)
    if not gone:
        return None
    return f"This deletes {', '.join(f'{count} × {name}' for name, count in sorted(gone.items()))}."


def _again(
    request: Request,
    actor: Actor,
    form: Form,
    group: Group | None,
    refused: Refused | None = None,
    *,
    names: bool = True,
) -> dict[str, object]:
    request.response.status_int = refused.status if refused else 400
    problem = refused.message if refused else "Nothing was saved yet: see the fields marked below."
    return _shown(request, actor, form, group, problem, names=names)


def _shown(
    request: Request, actor: Actor, form: Form, group: Group | None, problem: str | None = None, *, names: bool = True
) -> dict[str, object]:
    members = _members(request, form, group)
    if group is None:
        action, heading = request.route_path("admin.group_create"), "New group"
    else:
        route = "admin.group_save" if names else "admin.group_owner_save"
        action, heading = request.route_path(route, id=group.id), group.name
        form.set("was_members", was_members(members))
    words = {one.number: change_words(group.level, one) if group else "" for one in LEVELS}
    return shown(
        request,
        SECTION if names else "account",
        actor=actor,
        form=form,
        group=group,
        members=members,
        member=request.GET.get("member", ""),
        names=names,
        problem=problem,
        action=action,
        heading=heading,
        levels=LEVELS,
        change=words,
        back=request.route_path("admin.groups" if names else "admin.myaccount"),
        suggest_users=request.route_path("admin.find_users") if actor.is_admin else None,
    )


def _members(request: Request, form: Form, group: Group | None) -> list[Member]:
    """The members that the form shows: those it showed before, or those that were searched for."""
    seen = seen_members(form)
    if group is None or seen:
        return [one for one in group.members if one.id in seen] if group else []
    return visible_members(group, request.GET.get("member", "").strip())


def _id(request: Request) -> int:
    return integer(request.matchdict["id"], "id", most=MAX_ID)
