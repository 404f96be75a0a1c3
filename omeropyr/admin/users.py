"""The list of users: searched, sorted and paged by OMERO, three Ice calls a page however many users there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import omero

from omeropyr.admin.actor import FULL_ADMIN, SYSTEM, USER
from omeropyr.admin.paging import like, offset
from omeropyr.connection.query import rows
from omeropyr.errors import Forbidden
from omeropyr.marshal.objects import plain

SORTS = {
    "name": "lower(e.omeName)",
    "first": "lower(e.firstName)",
    "last": "lower(e.lastName)",
    "email": "lower(e.email)",
    "institution": "lower(e.institution)",
    "id": "e.id",
}
_IN = (
    "{alias}.id in (select {alias}m.child.id from GroupExperimenterMap {alias}m where {alias}m.parent.name = '{name}')"
)
SHOWS = {"all": "", "active": _IN, "inactive": f"not ({_IN})", "admins": _IN}
MOST_WORDS = 5
_FOUND = ("omeName", "firstName", "middleName", "lastName", "email", "institution")
_AM_ADMIN = f"""
    exists (select am.id from GroupExperimenterMap am where am.child.id = :me and am.parent.name = '{SYSTEM}')
"""  # noqa: S608 - a constant
_MEMBERSHIPS = """
    select m.child.id, m.parent.id, m.parent.name, m.owner from GroupExperimenterMap m
    where m.child.id in (:ids) order by lower(m.parent.name)
"""


@dataclass(frozen=True)
class Query:
    """Which users are asked for."""

    text: str = ""
    show: str = "all"
    sort: str = "name"
    descending: bool = False
    page: int = 1


@dataclass(frozen=True)
class Membership:
    """A user's place in a group."""

    group_id: int
    name: str
    owner: bool


@dataclass(frozen=True)
class UserRow:
    """A user in a list; *role* is ``user``, ``administrator`` or ``restricted_administrator``."""

    id: int
    name: str
    first_name: str
    middle_name: str
    last_name: str
    email: str
    institution: str
    ldap: bool
    active: bool
    role: str
    groups: tuple[Membership, ...]

    @property
    def full_name(self) -> str:
        """First, middle and last name."""
        return " ".join(one for one in (self.first_name, self.middle_name, self.last_name) if one)


def list_users(conn: Any, query: Query, user_id: int) -> tuple[list[UserRow], int]:
    """A page of users and how many there are; Forbidden to who is no administrator now. Three Ice calls, one if none.

    The number and who is asking are looked at in the very query of the rows.
    """
    conditions, values = _conditions(query, "e")
    counted, _ = _conditions(query, "c")
    hql = f"""
        select e, (select count(c.id) from Experimenter c {_where(counted)})
        from Experimenter e {_where([*conditions, _AM_ADMIN])}
        order by {SORTS[query.sort]} {"desc" if query.descending else "asc"}, e.id
    """  # noqa: S608 - words of the tables above; what a user typed is bound
    found = rows(conn, hql, page=offset(query.page), me=user_id, **values)
    if not found:
        _check_admin(conn, user_id)
        return [], 0
    people = [row[0] for row in found]
    return _present(conn, people), int(found[0][1])


def _conditions(query: Query, alias: str) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for place, word in enumerate(query.text.split()[:MOST_WORDS]):
        fields = " or ".join(f"lower({alias}.{field}) like :q{place} escape '!'" for field in _FOUND)
        conditions.append(f"({fields})")
        values[f"q{place}"] = like(word)
    if SHOWS[query.show]:
        conditions.append(SHOWS[query.show].format(alias=alias, name=SYSTEM if query.show == "admins" else USER))
    return conditions, values


def _where(conditions: list[str]) -> str:
    return f"where {' and '.join(conditions)}" if conditions else ""


def _check_admin(conn: Any, user_id: int) -> None:
    found = rows(conn, f"select e.id from Experimenter e where e.id = :me and {_AM_ADMIN}", me=user_id)  # noqa: S608 - a constant
    if not found:
        raise Forbidden("Only administrators may see this page.")


def _present(conn: Any, people: list[Any]) -> list[UserRow]:
    groups = memberships(conn, [int(one.getId().getValue()) for one in people])
    full = full_admins(conn) if any(_role(groups[_id(one)], frozenset()) != "user" for one in people) else frozenset()
    return [user_row(one, groups[_id(one)], full) for one in people]


def user_row(person: Any, groups: tuple[Membership, ...], full: frozenset[int]) -> UserRow:
    """What is shown of an Experimenter; *full* are the ids of the administrators without restrictions."""
    user_id = _id(person)
    return UserRow(
        id=user_id,
        name=plain(person.getOmeName()) or "",
        first_name=plain(person.getFirstName()) or "",
        middle_name=plain(person.getMiddleName()) or "",
        last_name=plain(person.getLastName()) or "",
        email=plain(person.getEmail()) or "",
        institution=plain(person.getInstitution()) or "",
        ldap=bool(plain(person.getLdap())),
        active=any(one.name == USER for one in groups),
        role=_role(groups, full, user_id),
        groups=tuple(one for one in groups if one.name not in (USER, SYSTEM)),
    )


def memberships(conn: Any, user_ids: Iterable[int]) -> dict[int, tuple[Membership, ...]]:
    """The groups of users: one Ice call."""
    found: dict[int, list[Membership]] = defaultdict(list)
    ids = list(user_ids)
    for user_id, group_id, name, owner in rows(conn, _MEMBERSHIPS, ids=ids) if ids else ():
        found[int(user_id)].append(Membership(int(group_id), name, bool(owner)))
    return {user_id: tuple(found[user_id]) for user_id in ids}


def full_admins(conn: Any) -> frozenset[int]:
    """Ids of the administrators without restrictions: one Ice call."""
    marker = omero.model.AdminPrivilegeI()
    marker.setValue(omero.rtypes.rstring(FULL_ADMIN))
    found = conn.getAdminService().getAdminsWithPrivileges([marker])
    return frozenset(_id(one) for one in found or ())


def _role(groups: Iterable[Membership], full: frozenset[int], user_id: int = -1) -> str:
    if not any(one.name == SYSTEM for one in groups):
        return "user"
    return "administrator" if user_id in full else "restricted_administrator"


def _id(obj: Any) -> int:
    return int(obj.getId().getValue())
