"""Who may read and change what: group permission levels, ownership, group leaders and administrators.

A group has one of four levels, kept in its ``details.permissions`` as ``perm1`` bits:

=========  ============  ==========================================================
level      text          what members may do with each other's objects
=========  ============  ==========================================================
private    ``rw----``    nothing
read-only  ``rwr---``    read
annotate   ``rwra--``    read, annotate
write      ``rwrw--``    read, annotate, edit, link, delete
=========  ============  ==========================================================

Source: OMERO's documentation, "Groups and permissions system" and "Restricted administrators".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import omero
from omero.constants import permissions as restriction

ALL_GROUPS = -1
"""The group context that stands for every group that the caller may see."""

SYSTEM_GROUP, USER_GROUP, GUEST_GROUP = 0, 1, 2
ROOT_USER, GUEST_USER = 0, 1

# perm1: bits 8-10 user, 4-6 group, 0-2 world; in each 4 read, 2 write, 1 annotate; the other bits are 1 (base -1 mask).
_BASE = ~0x777
_USER = 0x700


@dataclass(frozen=True)
class Level:
    """One permission level: what a plain member may do with others' objects."""

    text: str
    read: bool
    annotate: bool
    write: bool

    @property
    def perm1(self) -> int:
        """The bits as OMERO keeps them in ``Permissions.perm1``."""
        return _BASE | _USER | (self.read and 0x40) | (self.write and 0x20) | (self.annotate and 0x10)


LEVELS: tuple[Level, ...] = (
    Level("rw----", False, False, False),
    Level("rwr---", True, False, False),
    Level("rwra--", True, True, False),
    Level("rwrw--", True, True, True),
)


def level(perm1: int) -> Level:
    """Return the level that the bits of ``perm1`` amount to (world bits are ignored, as OMERO does)."""
    group = (perm1 >> 4) & 7
    if not group & 4:
        return LEVELS[0]
    if group & 2:
        return LEVELS[3]
    return LEVELS[2] if group & 1 else LEVELS[1]


def perm1_of(text: str) -> int:
    """Return the bits of a permission text such as ``rwra--``; ``omero.ValidationException`` for another shape."""
    for known in LEVELS:
        if known.text == text:
            return known.perm1
    raise omero.ValidationException(None, None, f"not a group permission: {text!r}")


@dataclass(frozen=True)
class Actor:
    """The caller of an operation, with the group context of the call.

    ``group_id`` is the group that new objects go to and that reads are limited to; -1 means every group the caller may
    see. ``only_user`` limits reads to one owner (the call context ``omero.user``). ``privileges`` are the
    ``AdminPrivilege`` values of an administrator; a full administrator has all of them.
    """

    user_id: int
    user_name: str
    group_id: int
    is_admin: bool = False
    member_of: frozenset[int] = frozenset()
    leader_of: frozenset[int] = frozenset()
    privileges: frozenset[str] = frozenset()
    session_id: int | None = None
    only_user: int | None = None
    event_type: str = "User"
    unrestricted: bool = field(default=False, repr=False)

    def in_group(self, group_id: int) -> Actor:
        """Return the same caller in another group context; ``omero.SecurityViolation`` for one that is not theirs."""
        allowed = self.unrestricted or self.is_admin or group_id == ALL_GROUPS or group_id in self.member_of
        if not allowed:
            raise omero.SecurityViolation(None, None, f"User {self.user_id} is not a member of group {group_id}")
        return replace(self, group_id=group_id)

    def may(self, privilege: str) -> bool:
        """Return whether the caller is an administrator with this ``AdminPrivilege``."""
        return self.unrestricted or (self.is_admin and privilege in self.privileges)


SYSTEM = Actor(
    user_id=ROOT_USER,
    user_name="root",
    group_id=ALL_GROUPS,
    is_admin=True,
    member_of=frozenset({SYSTEM_GROUP, USER_GROUP}),
    leader_of=frozenset(),
    event_type="Internal",
    unrestricted=True,
)
"""The server itself: reads and writes everything; what it creates without a group belongs to root in group user."""


@dataclass(frozen=True)
class Rights:
    """What one caller may do with one object."""

    read: bool
    annotate: bool
    edit: bool
    link: bool
    delete: bool
    chgrp: bool
    chown: bool

    def restrictions(self) -> list[bool]:
        """Return OMERO's ``Permissions.restrictions``: True where a thing is *not* allowed."""
        out = [False] * 6
        out[restriction.LINKRESTRICTION] = not self.link
        out[restriction.EDITRESTRICTION] = not self.edit
        out[restriction.DELETERESTRICTION] = not self.delete
        out[restriction.ANNOTATERESTRICTION] = not self.annotate
        out[restriction.CHGRPRESTRICTION] = not self.chgrp
        out[restriction.CHOWNRESTRICTION] = not self.chown
        return out


_ALL = Rights(True, True, True, True, True, True, True)


def rights(actor: Actor, owner_id: int | None, group_id: int | None, perm1: int) -> Rights:
    """Return what ``actor`` may do with an object of ``owner_id`` in ``group_id``, a group of bits ``perm1``.

    Objects without owner and group (enumerations, users, groups) are everybody's to read and administrators' to change.
    In a private group nobody but the owner annotates or links an object: the owner could not see the other's half.
    """
    if actor.unrestricted:
        return _ALL
    if owner_id is None or group_id is None:
        admin = actor.is_admin
        return Rights(True, admin, admin, admin, admin, False, False)
    own = owner_id == actor.user_id
    member = group_id in actor.member_of
    leads = group_id in actor.leader_of
    lvl = level(perm1)
    writer = actor.may("WriteOwned") or leads
    shared = lvl.read  # a private object cannot be annotated or linked by another, whoever that is
    return Rights(
        read=own or actor.is_admin or leads or (member and lvl.read),
        annotate=own or (writer and shared) or (member and lvl.annotate),
        edit=own or writer or (member and lvl.write),
        link=own or (writer and shared) or (member and lvl.write),
        delete=own or leads or actor.may("DeleteOwned") or (member and lvl.write),
        chgrp=own or actor.may("Chgrp"),
        chown=leads or actor.may("Chown"),
    )


@dataclass(frozen=True)
class Readable:
    """What a caller may read, as three facts a query can bind.

    ``everything`` true: no limit. Else an object is readable when its group is in ``whole_groups``, or in
    ``own_groups`` and it is the caller's.
    """

    everything: bool
    whole_groups: tuple[int, ...]
    own_groups: tuple[int, ...]


def readable(actor: Actor, groups: Mapping[int, int]) -> Readable:
    """Return what ``actor`` may read in its group context; ``groups`` maps every group id to its ``perm1``."""
    if actor.group_id == ALL_GROUPS and (actor.is_admin or actor.unrestricted):
        return Readable(True, (), ())
    wanted: Iterable[int] = groups if actor.group_id == ALL_GROUPS else (actor.group_id,)
    whole: list[int] = []
    own: list[int] = []
    for group_id in wanted:
        if actor.is_admin or actor.unrestricted or group_id in actor.leader_of:
            whole.append(group_id)
        elif group_id in actor.member_of:
            (whole if level(groups.get(group_id, 0)).read else own).append(group_id)
    return Readable(False, tuple(whole), tuple(own))
