"""What a view may ask for, and who has it: one table."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from omeropyr.security.identity import Identity


class Permission(str, Enum):
    """Named ``scope``; a view says ``permission=Permission.ADMIN``. OMERO itself remains the judge of each call."""

    LOGIN = "login"
    """Anybody who is logged in."""

    ADMIN = "admin"
    """An administrator of the OMERO server, full or restricted."""


def _logged_in(_who: Identity) -> bool:
    return True


def _is_admin(who: Identity) -> bool:
    return who.is_admin


TABLE: dict[str, tuple[Callable[[Identity], bool], ...]] = {
    Permission.LOGIN.value: (_logged_in,),
    Permission.ADMIN.value: (_logged_in, _is_admin),
}


def permits(who: Identity | None, permission: str) -> bool:
    """Whether *who* has *permission*; one that is not in the table is nobody's."""
    rules = TABLE.get(str(getattr(permission, "value", permission)))
    return who is not None and rules is not None and all(rule(who) for rule in rules)
