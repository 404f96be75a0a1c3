"""Groups and experimenters that the user may see."""

from __future__ import annotations

from typing import Any

from omeropyr.client.present import experimenter, group
from omeropyr.connection.query import rows

ALL = -1
Page = tuple[int, int] | None

_MEMBER = (
    "where g.name <> 'user' and g.id in (select m.parent.id from GroupExperimenterMap m where m.child.id = :member)"
)
_COLLEAGUE = """
    select e from Experimenter e where e.id = :id and (e.id = :me or exists (
        select a.id from GroupExperimenterMap a, GroupExperimenterMap b
        where a.child.id = e.id and b.child.id = :me and a.parent.id = b.parent.id and a.parent.name <> 'user'))
"""


def groups(conn: Any, member_id: int, page: Page) -> list[dict[str, Any]]:
    """Give the groups of a member (-1: all groups) by name, without `user`, in which everybody is."""
    if member_id == ALL:
        hql = "select g from ExperimenterGroup g where g.name <> 'user' order by lower(g.name)"
        return [group(row[0]) for row in rows(conn, hql, page=page)]
    hql = f"select g from ExperimenterGroup g {_MEMBER} order by lower(g.name)"  # noqa: S608 - a constant
    return [group(row[0]) for row in rows(conn, hql, page=page, member=member_id)]


def find_experimenter(conn: Any, experimenter_id: int, user_id: int, *, is_admin: bool) -> dict[str, Any] | None:
    """Give a user's names; to those who are no admin only of themselves and their colleagues."""
    if is_admin or experimenter_id == user_id:
        found = rows(conn, "select e from Experimenter e where e.id = :id", id=experimenter_id)
    else:
        found = rows(conn, _COLLEAGUE, id=experimenter_id, me=user_id)
    return experimenter(found[0][0]) if found else None


def members_by_group(conn: Any, group_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Give the members of groups by last name: one Ice call."""
    if not group_ids:
        return {}
    hql = """select m.parent.id, e from GroupExperimenterMap m join m.child e
        where m.parent.id in (:ids) order by lower(e.lastName), lower(e.firstName), e.id"""
    found: dict[int, list[dict[str, Any]]] = {}
    for group_id, member in rows(conn, hql, ids=group_ids):
        found.setdefault(group_id, []).append(experimenter(member))
    return found
