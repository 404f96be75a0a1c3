"""One's own account: names, default group, password."""

from __future__ import annotations

from typing import Any

from omero.model import ExperimenterGroupI, ExperimenterI
from omero.rtypes import rstring

from omeropyr.admin.accounts import Account
from omeropyr.admin.forms import Form
from omeropyr.admin.steps import Step

FIELDS = {
    "first_name": "firstName",
    "middle_name": "middleName",
    "last_name": "lastName",
    "email": "email",
    "institution": "institution",
}


def own_form(account: Account) -> Form:
    """The form of one's own account as it is."""
    row = account.row
    values: dict[str, Any] = {name: getattr(row, name) for name in FIELDS}
    return Form({**values, "default_group": account.default_group})


def own_steps(conn: Any, account: Account, form: Form) -> list[Step] | None:
    """What the form asks for; None where it has errors."""
    required = ("first_name", "last_name")
    wanted = {
        name: form.email(name)
        if name == "email"
        else form.text(name, f"a {name.replace('_', ' ')}", required=name in required)
        for name in FIELDS
    }
    chosen = form.ids("default_group")
    if chosen and chosen[0] not in account.group_ids:
        form.fail("default_group", "You are not a member of this group.")
    if not form.ok:
        return None
    service, own = conn.getAdminService(), account.row
    steps = []
    if any(getattr(own, name) != text for name, text in wanted.items()):
        steps.append(Step("change your names", None, lambda: _update(service, own.id, wanted)))
    if chosen and chosen[0] != account.default_group:
        group = ExperimenterGroupI(chosen[0], False)
        steps.append(
            Step("set your default group", None, lambda: service.setDefaultGroup(ExperimenterI(own.id, False), group))
        )
    return steps


def change_own_password(conn: Any, old: str, new: str) -> None:
    """Replace one's own password; omero.SecurityViolation where the old one is wrong."""
    conn.getAdminService().changePasswordWithOldPassword(rstring(old), rstring(new))


def change_password_of(conn: Any, name: str, new: str) -> None:
    """Replace another user's password; the administrator's own was shown again by ``setSecurityPassword``."""
    conn.getAdminService().changeUserPassword(name, rstring(new))


def _update(service: Any, user_id: int, wanted: dict[str, str]) -> None:
    person = service.getExperimenter(user_id)
    for name, field in FIELDS.items():
        setattr(person, field, rstring(wanted[name]) if wanted[name] or name in ("first_name", "last_name") else None)
    service.updateSelf(person)
