"""Who may log in, and as what: passwords, memberships, the actor behind a session."""

from __future__ import annotations

import omero
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from omeropyr.embedded.loader import permissions_object
from omeropyr.embedded.permissions import (
    GUEST_USER,
    ROOT_USER,
    SYSTEM,
    SYSTEM_GROUP,
    USER_GROUP,
    Actor,
    global_rights,
)
from omeropyr.embedded.store import Store, Transaction

# 19 MiB and two passes, as OWASP's "Password Storage Cheat Sheet" has it: many may log in at the same time.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
LONGEST_PASSWORD = 65_536
GUEST_PASSWORD = "guest"  # noqa: S105 - OMERO's public guest, who may ask for the version and little else
# Verified when there is no such account, so that the answer takes as long as for one that is there.
_NOBODY = HASHER.hash("nobody has this password")


class WrongCredentials(Exception):
    """User name or password are wrong, or the account may not log in; only who knows the password is told which.

    ``pause`` is how many seconds the answer should take.
    """

    pause = 0.0


def set_first_password(store: Store, password: str) -> None:
    """Give root a password on a new folder; an older one stays."""
    with store.write(SYSTEM) as tx:
        if tx.password_hash(ROOT_USER) is None:
            tx.set_password(ROOT_USER, HASHER.hash(password))


def set_password(store: Store, user_id: int, password: str) -> None:
    """Replace a user's password; ApiUsageException as ``check_new_password`` has it."""
    check_new_password(password)
    with store.write(SYSTEM) as tx:
        tx.set_password(user_id, HASHER.hash(password))


def check_new_password(password: str) -> None:
    """ApiUsageException for an empty password, one of blanks only, or one longer than 64 kB."""
    if not password.strip() or len(password) > LONGEST_PASSWORD:
        raise omero.ApiUsageException(None, None, "An empty, blank or endless password is not allowed.")


def password_is(store: Store, user_id: int, password: str) -> bool:
    """Whether *password* is the user's, to the last blank; an empty or endless one never is."""
    if not password or len(password) > LONGEST_PASSWORD:
        return False
    if user_id == GUEST_USER:
        return password == GUEST_PASSWORD
    with store.read(SYSTEM) as tx:
        known = tx.password_hash(user_id)
    try:
        return HASHER.verify(known or _NOBODY, password) and known is not None
    except (VerificationError, InvalidHashError):
        return False


def authenticate(store: Store, name: str, password: str) -> int:
    """The id of the user with this log-in name and password who may log in; WrongCredentials otherwise."""
    with store.read(SYSTEM) as tx:
        found = _user_id(tx, name)
        user_id = -1 if found is None else found
        active = user_id in (ROOT_USER, GUEST_USER) or USER_GROUP in _memberships(tx, user_id)
    if not password_is(store, user_id, password):
        raise WrongCredentials("The user name or the password is wrong.")
    if not active:
        raise WrongCredentials("This user is not active.")
    return user_id


def user_id(store: Store, name: str) -> int | None:
    """The id of the user with this log-in name, None when there is none."""
    with store.read(SYSTEM) as tx:
        return _user_id(tx, name)


def email_of(store: Store, user_id: int) -> str:
    """The e-mail address of a user, empty when there is none."""
    with store.read(SYSTEM) as tx:
        found = tx.values("select e.email from Experimenter e where e.id = :id", {"id": user_id})
    return str(found[0][0] or "") if found else ""


def group_id(store: Store, name: str) -> int | None:
    """The id of the group of this name, None when there is none."""
    with store.read(SYSTEM) as tx:
        found = tx.values("select g.id from ExperimenterGroup g where g.name = :name", {"name": name})
    return int(found[0][0]) if found else None


def has_password(store: Store, password: str) -> bool:
    """Whether any account that can log in has *password*: one slow comparison for each of them."""
    with store.read(SYSTEM) as tx:
        users = [int(row[0]) for row in tx.values("select e.id from Experimenter e")]
    return any(password_is(store, one, password) for one in users if one != GUEST_USER)


def _user_id(tx: Transaction, name: str) -> int | None:
    found = tx.values("select e.id from Experimenter e where e.omeName = :name", {"name": name})
    return int(found[0][0]) if found else None


def _memberships(tx: Transaction, user_id: int) -> dict[int, bool]:
    """Groups of a user, the default one first, and whether the user leads each."""
    rows = tx.values(
        "select m.parent.id, m.owner from GroupExperimenterMap m where m.child.id = :id order by index(m), m.id",
        {"id": user_id},
    )
    return {int(group): bool(owner) for group, owner in rows}


def actor(store: Store, user_id: int) -> Actor:
    """The user as an actor in the default group. ``omero.ValidationException`` when there is no such user."""
    with store.read(SYSTEM) as tx:
        names = tx.values("select e.omeName from Experimenter e where e.id = :id", {"id": user_id})
        if not names:
            raise omero.ValidationException(None, None, f"There is no user {user_id}.")
        groups = _memberships(tx, user_id)
        is_admin = SYSTEM_GROUP in groups
        privileges = frozenset(tx.privileges(user_id)) if is_admin else frozenset()
    own = [group for group in groups if group != USER_GROUP] or list(groups) or [USER_GROUP]
    return Actor(
        user_id=user_id,
        user_name=str(names[0][0]),
        group_id=own[0],
        is_admin=is_admin,
        member_of=frozenset(groups),
        leader_of=frozenset(group for group, leads in groups.items() if leads),
        privileges=privileges,
    )


def is_active(actor: Actor) -> bool:
    """Whether a user may log in at all: root and guest always, others while they are in the group ``user``."""
    return actor.user_id in (ROOT_USER, GUEST_USER) or USER_GROUP in actor.member_of


def group_facts(store: Store, group_id: int) -> tuple[str, omero.model.Permissions | None]:
    """Name and permissions of a group; empty for -1."""
    if group_id < 0:
        return "", None
    found = store.groups().get(group_id)
    if found is None:
        raise omero.ValidationException(None, None, f"There is no ExperimenterGroup {group_id}.")
    return found[0], permissions_object(found[1], global_rights(SYSTEM, "ExperimenterGroup"))


def check_group(store: Store, group_id: int) -> None:
    """ApiUsageException when there is no such group."""
    with store.read(SYSTEM) as tx:
        if not tx.values("select g.id from ExperimenterGroup g where g.id = :id", {"id": group_id}):
            raise omero.ApiUsageException(None, None, f"There is no group {group_id}.")


def groups_of(store: Store, who: Actor) -> list[omero.model.ExperimenterGroup]:
    """The groups an actor belongs to, as OMERO's objects."""
    with store.read(SYSTEM) as tx:
        return [tx.get("ExperimenterGroup", group_id) for group_id in sorted(who.member_of)]
