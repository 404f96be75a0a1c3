"""What an administrator may be allowed, in plain words: OMERO's ``AdminPrivilege`` values as OMERO.web groups them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple


class Privilege(NamedTuple):
    """One privilege; *key* is the form field that OMERO.web's programs send for it, alone or with others."""

    value: str
    title: str
    words: str
    key: str


PRIVILEGES = (
    Privilege("Sudo", "Act as another user", "Log in as somebody else, who may not do more than they.", "Sudo"),
    Privilege("WriteOwned", "Write others' data", "Create and change data of other users.", "Write"),
    Privilege("WriteFile", "Write others' files", "Upload files for other users.", "Write"),
    Privilege("WriteManagedRepo", "Import for others", "Import images that belong to other users.", "Write"),
    Privilege("DeleteOwned", "Delete others' data", "Delete data of other users.", "Delete"),
    Privilege("DeleteFile", "Delete others' files", "Delete files of other users.", "Delete"),
    Privilege("DeleteManagedRepo", "Delete others' imports", "Delete image files that others imported.", "Delete"),
    Privilege("Chgrp", "Move data between groups", "Move others' data into any group.", "Chgrp"),
    Privilege("Chown", "Give data to others", "Make data of one user belong to another.", "Chown"),
    Privilege("ModifyGroup", "Create and edit groups", "Also their permissions.", "ModifyGroup"),
    Privilege("ModifyUser", "Create and edit users", "Also their passwords.", "ModifyUser"),
    Privilege(
        "ModifyGroupMembership",
        "Add users to groups",
        "And remove them; make members owners of a group.",
        "ModifyGroupMembership",
    ),
    Privilege("WriteScriptRepo", "Upload official scripts", "Everybody can run them on the server.", "Script"),
    Privilege("DeleteScriptRepo", "Delete official scripts", "They are gone for everybody.", "Script"),
)
BY_VALUE = {one.value: one for one in PRIVILEGES}


def title_of(value: str) -> str:
    """A privilege in plain words."""
    return BY_VALUE[value].title if value in BY_VALUE else value


def chosen(values: Iterable[str], keys: Collection[str]) -> frozenset[str]:
    """The privileges that a form asks for: by *values*, or by the names of OMERO.web's boxes (*keys*)."""
    asked = set(values)
    return frozenset(one.value for one in PRIVILEGES if one.value in asked or one.key in keys)
