"""How much space the data of users and groups take: a few sums by OMERO, however many there are.

As in OMERO.web: the size of all files, and that of pixels that OMERO holds itself, those of images without a fileset.
What lies in the group of all users (pictures of users, scripts) counts for nobody.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from omeropyr.admin.actor import GUEST, USER, Actor
from omeropyr.connection.query import rows
from omeropyr.errors import ObjectNotFound

_FILES = """
    select f.details.{key}.id, sum(f.size) from OriginalFile f
    where f.details.group.name <> :user {where} group by f.details.{key}.id
"""
_PIXELS = """
    select p.details.{key}.id, sum(cast(p.sizeX as double) * p.sizeY * p.sizeZ * p.sizeT * p.sizeC * pt.bitSize / 8)
    from Pixels p join p.pixelsType pt join p.image i left outer join i.fileset f
    where f is null and p.details.group.name <> :user {where} group by p.details.{key}.id
"""
_COLLEAGUE = """
    select e.id from Experimenter e where e.id = :id and exists (
        select a.id from GroupExperimenterMap a, GroupExperimenterMap b
        where a.child.id = e.id and b.child.id = :me and a.parent.id = b.parent.id and a.parent.name <> :user)
"""


@dataclass(frozen=True)
class Share:
    """A user's or a group's part; *size* is in bytes, *label* what OMERO.web's programs read."""

    id: int
    name: str
    label: str
    size: int
    mine: bool


@dataclass(frozen=True)
class Disk:
    """The server's disk, in bytes."""

    free: int
    used: int

    @property
    def percent(self) -> float:
        """How much of it is in use."""
        total = self.free + self.used
        return 100 * self.used / total if total else 0.0


def by_group(conn: Any, actor: Actor) -> list[Share]:
    """All groups with data that the actor may read, the largest first: three Ice calls."""
    return _named_groups(conn, actor, _sums(conn, "group"))


def by_user(conn: Any) -> list[Share]:
    """All users with data that the actor may read: three Ice calls."""
    return _named_users(conn, _sums(conn, "owner"))


def of_group(conn: Any, actor: Actor, group_id: int) -> tuple[str, list[Share]]:
    """A group's name and what each user has in it; ObjectNotFound for another's group. Four Ice calls."""
    name = group_name(conn, group_id) if actor.is_admin or group_id in actor.member_of else None
    if name is None:
        raise ObjectNotFound
    sums = _sums(conn, "owner", "and {alias}.details.group.id = :of", of=group_id)
    return name, _named_users(conn, sums)


def of_user(conn: Any, actor: Actor, user_id: int) -> tuple[str, list[Share]]:
    """A user's name and what they have in each group; ObjectNotFound for a stranger. Four or five Ice calls."""
    known = actor.is_admin or user_id == actor.user_id
    if not known and not rows(conn, _COLLEAGUE, id=user_id, me=actor.user_id, user=USER):
        raise ObjectNotFound
    found = rows(conn, "select e.omeName, e.firstName, e.lastName from Experimenter e where e.id = :id", id=user_id)
    if not found:
        raise ObjectNotFound
    sums = _sums(conn, "group", "and {alias}.details.owner.id = :of", of=user_id)
    return _full(*found[0]), _named_groups(conn, actor, sums)


def group_name(conn: Any, group_id: int) -> str | None:
    """The name of a group, None where there is none."""
    found = rows(conn, "select g.name from ExperimenterGroup g where g.id = :id", id=group_id)
    return str(found[0][0]) if found else None


def disk(conn: Any) -> Disk:
    """Free and used space of the server: two Ice calls."""
    service = conn.getRepositoryInfoService()
    return Disk(int(service.getFreeSpaceInKilobytes()) * 1024, int(service.getUsedSpaceInKilobytes()) * 1024)


def _sums(conn: Any, key: str, where: str = "", **values: Any) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    for hql, alias in ((_FILES, "f"), (_PIXELS, "p")):
        asked = hql.format(key=key, where=where.format(alias=alias))
        for one, size in rows(conn, asked, group_id=-1, user=USER, **values):
            found[int(one)] += int(size or 0)
    return {one: size for one, size in found.items() if size > 0}


def _named_groups(conn: Any, actor: Actor, sums: dict[int, int]) -> list[Share]:
    hql = "select g.id, g.name from ExperimenterGroup g where g.id in (:ids)"
    found = rows(conn, hql, ids=sorted(sums)) if sums else []
    shares = [
        Share(int(one), name, name, sums[int(one)], int(one) in actor.member_of)
        for one, name in found
        if name not in (USER, GUEST)
    ]
    return _largest_first(shares)


def _named_users(conn: Any, sums: dict[int, int]) -> list[Share]:
    hql = "select e.id, e.omeName, e.firstName, e.lastName from Experimenter e where e.id in (:ids)"
    found = rows(conn, hql, ids=sorted(sums)) if sums else []
    shares = [
        Share(int(one), _full(name, first, last), _initial(name, first, last), sums[int(one)], mine=False)
        for one, name, first, last in found
    ]
    return _largest_first(shares)


def _largest_first(shares: list[Share]) -> list[Share]:
    return sorted(shares, key=lambda one: (-one.size, one.name.lower(), one.id))


def _full(name: str, first: str | None, last: str | None) -> str:
    return " ".join(one for one in (first, last) if one) or name


def _initial(name: str, first: str | None, last: str | None) -> str:
    return f"{first[0]}. {last}" if first and last else last or first or name


def words_for_bytes(size: int) -> str:
    """A size for people: MB and more by thousands, as file managers have it."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            digits = 0 if unit == "B" or value >= 100 else 1
            return f"{value:,.{digits}f} {unit}".replace(",", "\u2009")
        value /= 1000
    raise AssertionError(size)
