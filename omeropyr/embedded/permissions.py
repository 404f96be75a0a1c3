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

Source: OMERO's documentation, "Groups and permissions system" and "The server's view of administrator restrictions",
and what its server does in ``BasicACLVoter`` and ``CurrentDetails`` (5.6).
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
RESTRICTION = "AdminPrivilege:"
"""How an entry of ``Experimenter.config`` begins that takes a privilege away; its value is ``false``."""

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
        if group_id < ALL_GROUPS:
            raise omero.SecurityViolation(None, None, f"{group_id} is no group; -1 means all of them.")
        allowed = self.unrestricted or self.is_admin or group_id == ALL_GROUPS or group_id in self.member_of
        if not allowed:
            raise omero.SecurityViolation(None, None, f"User {self.user_id} is not a member of group {group_id}")
        return replace(self, group_id=group_id)

    def may(self, privilege: str) -> bool:
        """Return whether the caller is an administrator with this ``AdminPrivilege``."""
        return self.unrestricted or (self.is_admin and privilege in self.privileges)

    def leads(self, group_id: int) -> bool:
        """Return whether the caller owns the group; what is everybody's, or administrators', has no other owner."""
        return group_id in self.leader_of and group_id not in (SYSTEM_GROUP, USER_GROUP, GUEST_GROUP)


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


@dataclass(frozen=True)
class Guard:
    """Which ``AdminPrivilege`` lets an administrator write and delete an object as if it were theirs."""

    write: str
    delete: str


OWNED = Guard("WriteOwned", "DeleteOwned")
FILES = Guard("WriteFile", "DeleteFile")
MANAGED_FILES = Guard("WriteManagedRepo", "DeleteManagedRepo")
SCRIPTS = Guard("WriteScriptRepo", "DeleteScriptRepo")
_GLOBALS = {
    "Experimenter": Guard("ModifyUser", "ModifyUser"),
    "ExperimenterGroup": Guard("ModifyGroup", "ModifyGroup"),
    "GroupExperimenterMap": Guard("ModifyGroupMembership", "ModifyGroupMembership"),
}
SCRIPT_REPOSITORY = "ScriptRepo"
"""``OriginalFile.repo`` of official scripts, as in OMERO."""


def guard_of(kind: str, repository: str | None = None) -> Guard | None:
    """Return what guards objects of a class (an OriginalFile: of a repository); None: any administrator may."""
    if kind == "OriginalFile":
        if repository is None:
            return FILES
        return SCRIPTS if repository == SCRIPT_REPOSITORY else MANAGED_FILES
    return _GLOBALS.get(kind, OWNED)


_ALL = Rights(True, True, True, True, True, True, True)
_READ = Rights(True, False, False, False, False, False, False)


def global_rights(actor: Actor, kind: str) -> Rights:
    """Return what ``actor`` may do with an object without owner and group: an enumeration, a user, a group.

    They are everybody's to read and annotate and administrators' to change; users, groups and memberships are for
    those with the privilege.
    """
    if actor.unrestricted:
        return _ALL
    if actor.user_id == GUEST_USER:
        return _READ
    guard = _GLOBALS.get(kind)
    change = actor.is_admin if guard is None else actor.may(guard.write)
    return Rights(True, True, change, True, change, False, False)


def rights(actor: Actor, owner_id: int | None, group_id: int | None, perm1: int, guard: Guard | None = OWNED) -> Rights:
    """Return what ``actor`` may do with an object of ``owner_id`` in ``group_id``, a group of bits ``perm1``.

    In a private group nobody but the owner annotates or links an object: the owner could not see the other's half.
    What is in group user is common: everyone reads, annotates and links it, its owner changes it.
    """
    if actor.unrestricted:
        return _ALL
    if owner_id is None or group_id is None:
        return global_rights(actor, "")
    guard = guard or OWNED
    own = owner_id == actor.user_id
    common = group_id == USER_GROUP
    lvl = LEVELS[0] if common else level(perm1)
    leads = group_id in actor.leader_of
    shared = lvl.read or common  # a private object cannot be annotated or linked by another, whoever that is
    writes = actor.may(guard.write) or leads
    member = group_id in actor.member_of
    if actor.user_id == GUEST_USER:
        return replace(_READ, read=own or common)
    return Rights(
        read=own or common or actor.is_admin or leads or (member and lvl.read),
        annotate=own or common or (writes and shared) or (member and lvl.annotate),
        edit=own or writes or (member and lvl.write),
        link=own or common or (writes and shared) or (member and lvl.write),
        delete=own or leads or actor.may(guard.delete) or (member and lvl.write),
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
    """Return what ``actor`` may read in its group context; ``groups`` maps every group id to its ``perm1``.

    What is in the group ``user`` (official scripts, lookup tables) its members read in the context of any group.
    """
    if actor.group_id == ALL_GROUPS and (actor.is_admin or actor.unrestricted):
        return Readable(True, (), ())
    wanted: Iterable[int] = groups if actor.group_id == ALL_GROUPS else {actor.group_id, USER_GROUP} & {*groups}
    whole: list[int] = []
    own: list[int] = []
    for group_id in wanted:
        if actor.is_admin or actor.unrestricted or group_id in actor.leader_of:
            whole.append(group_id)
        elif group_id in actor.member_of:
            (whole if level(groups.get(group_id, 0)).read else own).append(group_id)
    return Readable(False, tuple(whole), tuple(own))
