"""What tests of accounts share: unsaved users and groups, pointers to saved ones, names that nobody has yet."""

from __future__ import annotations

import itertools
from typing import Any

import omero
import omero.all
from omero.rtypes import rstring

_NUMBERS = itertools.count(1)
SYSTEM, USER, GUEST = 0, 1, 2


def user(user_id: int) -> Any:
    return omero.model.ExperimenterI(user_id, False)


def group(group_id: int) -> Any:
    return omero.model.ExperimenterGroupI(group_id, False)


def new_user(name: str, **more: str) -> Any:
    made = omero.model.ExperimenterI()
    made.omeName, made.firstName, made.lastName = rstring(name), rstring("Ada"), rstring("Lovelace")
    for field, value in more.items():
        setattr(made, field, rstring(value))
    return made


def new_group(name: str, level: str = "rw----") -> Any:
    made = omero.model.ExperimenterGroupI()
    made.name, made.details.permissions = rstring(name), omero.model.PermissionsI(level)
    return made


def name(what: str) -> str:
    return f"admin-{what}-{next(_NUMBERS)}"


def group_name(root: Any, group_id: int) -> str:
    return str(root.getGroup(group_id).name.val)


def privileges(*values: str) -> list[Any]:
    """Privileges of administrators as arguments."""
    made = [omero.model.AdminPrivilegeI() for _ in values]
    for one, value in zip(made, values, strict=True):
        one.value = rstring(value)
    return made
