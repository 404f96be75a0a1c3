"""The form of a user: what it shows at first, and what it asks for when it is sent."""

from __future__ import annotations

from typing import Any

from omeropyr.admin.accounts import ROLES, Account, Locks, Wanted, is_last_admin, locks, taken
from omeropyr.admin.actor import SPECIAL, Actor
from omeropyr.admin.forms import Form, check_password
from omeropyr.admin.group_names import groups_named
from omeropyr.admin.privileges import PRIVILEGES, chosen

NO_LOCKS = Locks(None, None, None, None, None)
_LAST = "This is the last administrator without restrictions: make somebody else one first."


def first_form(account: Account) -> Form:
    """The form of a user as they are."""
    row = account.row
    values = {
        "omename": row.name,
        "first_name": row.first_name,
        "middle_name": row.middle_name,
        "last_name": row.last_name,
        "email": row.email,
        "institution": row.institution,
        "role": row.role,
        "active": "on" if row.active else "",
        "default_group": account.default_group,
    }
    return Form(values, {"other_groups": account.group_ids, "privileges": account.privileges})


def was_groups(account: Account) -> str:
    """The groups of the user when the form was made, to tell what was taken out of it from what came meanwhile."""
    return " ".join(str(one) for one in sorted(account.group_ids))


def read_user(conn: Any, form: Form, actor: Actor, account: Account | None) -> tuple[Wanted | None, str]:
    """What the form asks for and the password of a new user; None where it has errors, which stand in the form.

    Two Ice calls, and more where the role changes. Whether the actor may do it is for OMERO to say.
    """
    locked = locks(account, actor) if account else NO_LOCKS
    name = account.row.name if account and locked.name else form.text("omename", "a user name", required=True)
    first, last = (
        form.text(field, f"a {field.replace('_', ' ')}", required=True) for field in ("first_name", "last_name")
    )
    middle, institution = form.text("middle_name", "a middle name"), form.text("institution", "an institution")
    email = form.email("email")
    password = check_password(form) if account is None else ""
    if account is None or (name, email) != (account.row.name, account.row.email):
        _check_taken(conn, form, name, email, account)
    groups, default = _read_groups(conn, form, account)
    role, active, privileges = _read_role(form, account, locked)
    was_full = account is not None and account.row.role == "administrator" and account.row.active
    if account and was_full and (role != "administrator" or not active) and is_last_admin(conn, account.row.id):
        form.fail("role" if role != "administrator" else "active", _LAST)
    if not form.ok or default is None:
        return None, ""
    wanted = Wanted(name, first, middle, last, email, institution, role, active, privileges, tuple(groups), default)
    return wanted, password


def _check_taken(conn: Any, form: Form, name: str, email: str, account: Account | None) -> None:
    name_taken, email_taken = taken(conn, name, email, account.row.id if account else -1)
    if name_taken and (account is None or name != account.row.name):
        form.fail("omename", "Another user has this name already.")
    if email_taken and (account is None or email != account.row.email):
        form.fail("email", "Another user has this address already.")


def _read_groups(conn: Any, form: Form, account: Account | None) -> tuple[list[int], int | None]:
    """The groups the user should be in, and the default one. A box that was not shown takes nobody out of a group."""
    ticked = form.ids("other_groups")
    named, missing = groups_named(conn, form.names("add_groups"))
    if missing:
        form.fail("add_groups", f"There is no group {', '.join(missing)}.")
    if SPECIAL & set(named):
        form.fail("add_groups", "The groups system, user and guest are OMERO's own: see role and state below.")
    groups = list(dict.fromkeys([*ticked, *named.values()]))
    if account is not None and form.value("was_groups"):
        was = {
            int(one) for one in form.value("was_groups").split() if one.isascii() and one.isdigit() and len(one) < 19
        }
        groups += [one for one in account.group_ids if one not in was and one not in groups]
    if account is not None and not account.group_ids and not groups:
        return groups, account.default_group  # an administrator who works in the group system only
    if not groups:
        form.fail("other_groups" if account else "add_groups", "A user needs at least one group.")
        return groups, None
    default = form.ids("default_group")
    if default and default[0] in groups:
        return groups, default[0]
    kept = account.default_group if account else None
    gone = account.group_ids - set(groups) if account else frozenset()
    return groups, groups[0] if kept is None or kept in gone else kept


def _read_role(form: Form, account: Account | None, locked: Locks) -> tuple[str, bool, frozenset[str]]:
    known = account.row if account else None
    role = form.choice("role", ROLES, known.role if known else "user")
    active = form.ticked("active")
    if known and locked.role:
        if role != known.role:
            form.fail("role", locked.role)
        role = known.role
    if known and locked.active:
        active = known.active
    if known and locked.role and account:
        return role, active, account.privileges
    keys = {one.key for one in PRIVILEGES if form.ticked(one.key)}
    return role, active, chosen(form.values("privileges"), keys)
