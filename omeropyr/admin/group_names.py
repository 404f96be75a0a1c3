"""Finding users and groups by what somebody typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omeropyr.admin.actor import SPECIAL
from omeropyr.admin.paging import like
from omeropyr.connection.query import rows

MOST_FOUND = 20
_USERS = """
    select e.id, e.omeName, e.firstName, e.lastName from Experimenter e
    where lower(e.omeName) like :q escape '!' or lower(e.firstName) like :q escape '!'
        or lower(e.lastName) like :q escape '!'
    order by lower(e.omeName)
"""
_GROUPS = """
    select g.id, g.name, g.description from ExperimenterGroup g
    where lower(g.name) like :q escape '!' and g.name not in (:special) order by lower(g.name)
"""


def groups_named(conn: Any, names: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Ids of groups by name, and the names that no group has: one Ice call."""
    return _named(conn, "select g.name, g.id from ExperimenterGroup g where g.name in (:names)", names)


def users_named(conn: Any, names: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Ids of users by log-in name, and the names that nobody has: one Ice call."""
    return _named(conn, "select e.omeName, e.id from Experimenter e where e.omeName in (:names)", names)


def suggest_users(conn: Any, text: str) -> list[dict[str, Any]]:
    """Users whose names hold *text*, for a field that completes what is typed."""
    found = rows(conn, _USERS, q=like(text), page=(0, MOST_FOUND))
    return [{"id": row[0], "name": row[1], "hint": " ".join(one for one in row[2:] if one)} for row in found]


def suggest_groups(conn: Any, text: str) -> list[dict[str, Any]]:
    """Groups whose names hold *text*, without those that OMERO itself needs."""
    found = rows(conn, _GROUPS, q=like(text), special=sorted(SPECIAL), page=(0, MOST_FOUND))
    return [{"id": row[0], "name": row[1], "hint": row[2] or ""} for row in found]


def _named(conn: Any, hql: str, names: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    found = {name: int(one) for name, one in rows(conn, hql, names=list(names))} if names else {}
    return found, [name for name in names if name not in found]
