"""Groups as a whole: their level, their name, what moves between them, and when one may go.

Nothing here asks whether the caller may; that is for the services and commands above.
"""

from __future__ import annotations

import omero
from omero.model import ExperimenterGroup
from omero.rtypes import unwrap
from sqlalchemy import and_, func, select, update

from omeropyr.embedded.graph import referrers
from omeropyr.embedded.model import FieldKind, Kind, model
from omeropyr.embedded.permissions import GUEST_GROUP, SYSTEM, SYSTEM_GROUP, USER_GROUP, Level, level
from omeropyr.embedded.schema import GROUP, OWNER, PERMISSIONS, schema
from omeropyr.embedded.store import Store, Transaction

SPECIAL = frozenset((SYSTEM_GROUP, USER_GROUP, GUEST_GROUP))
"""Groups that every OMERO has; they keep their names and levels."""


def update_group(store: Store, changed: ExperimenterGroup) -> None:
    """Take over level (when one is given), name and description; SecurityViolation as ``change_level`` has it."""
    group_id = int(changed.id.val)
    given = changed.details.permissions if changed.details is not None else None
    name = str(unwrap(changed.name) or "").strip()
    with store.write(SYSTEM) as tx:
        known = tx.get("ExperimenterGroup", group_id)
        if given is not None:
            change_level(tx, group_id, level(int(given.perm1)))
        if name != known.name.val:
            if group_id in SPECIAL or not name:
                raise omero.ValidationException(None, None, f"The group {known.name.val!r} keeps its name.")
            if tx.values("select g.id from ExperimenterGroup g where g.name = :name", {"name": name}):
                raise omero.ValidationException(None, None, f"There is a group {name!r} already.")
            known.name = omero.rtypes.rstring(name)
        known.description = changed.description
        tx.save(known)


def change_level(tx: Transaction, group_id: int, wanted: Level) -> None:
    """Give a group another level.

    SecurityViolation when members would lose sight of what their own objects are joined with: a group becomes private
    only when nothing in it points at another user's (OMERO: ``GroupChmodStrategy``).
    """
    before = level(tx.groups[group_id])
    if before == wanted:
        return
    if group_id in SPECIAL:
        raise omero.ValidationException(None, None, "The groups that every OMERO has keep their levels.")
    if before.read and not wanted.read:
        between = conflicts(tx, group_id)
        if between:
            words = ", ".join(f"{count} of {name}" for name, count in between.items())
            raise omero.SecurityViolation(None, None, f"Objects of different users are joined in the group: {words}.")
    table = schema().of(model()["ExperimenterGroup"])
    tx.connection.execute(update(table).where(table.c.id == group_id).values({PERMISSIONS: wanted.perm1}))
    tx.forget()


def conflicts(tx: Transaction, group_id: int) -> dict[str, int]:
    """How many objects of a group point at objects of another user in it, by class and field."""
    found: dict[str, int] = {}
    for root in model().roots:
        if root.is_global:
            continue
        table = schema().of(root)
        for item in root.all_fields.values():
            if item.kind is not FieldKind.ENTITY or model()[item.type].is_global:
                continue
            other = schema().of(model()[item.type]).alias()
            both = and_(table.c[GROUP] == group_id, other.c[GROUP] == group_id, table.c[OWNER] != other.c[OWNER])
            joined = table.join(other, table.c[item.name] == other.c.id)
            count = tx.connection.execute(select(func.count()).select_from(joined).where(both)).scalar() or 0
            if count:
                found[f"{root.name}.{item.name}"] = int(count)
    return found


def move(tx: Transaction, kind: Kind, object_id: int, *, group: int | None = None, owner: int | None = None) -> None:
    """Put one object, and nothing that hangs on it, into a group or into an owner's hands."""
    table = schema().of(kind)
    values = {name: value for name, value in ((GROUP, group), (OWNER, owner)) if value is not None}
    tx.connection.execute(update(table).where(table.c.id == object_id).values(values))
    tx.forget()


def left_behind(tx: Transaction, kind: Kind, object_id: int, group_id: int) -> dict[str, int]:
    """How many objects outside a group point at an object, by class and field."""
    found: dict[str, int] = {}
    for other, field in referrers(kind):
        table = schema().of(other)
        if GROUP in table.c:
            where = and_(table.c[field] == object_id, table.c[GROUP] != group_id)
            count = tx.connection.execute(select(func.count()).select_from(table).where(where)).scalar() or 0
            if count:
                found[f"{other.name}.{field}"] = int(count)
    return found


def delete_group(store: Store, group_id: int) -> None:
    """Delete a group that holds nothing; ValidationException when it does, or is the only one of a member."""
    with store.write(SYSTEM) as tx:
        tx.get("ExperimenterGroup", group_id)
        if group_id in SPECIAL:
            raise omero.ValidationException(None, None, "The groups that every OMERO has stay.")
        _refuse_when_used(tx, GROUP, group_id, f"group {group_id}")
        members = tx.values(
            "select m.id, m.child.id from GroupExperimenterMap m where m.parent.id = :id", {"id": group_id}
        )
        for map_id, user_id in members:
            others = tx.values(
                "select m.id from GroupExperimenterMap m where m.child.id = :user and m.parent.id not in (:gone)",
                {"user": user_id, "gone": [group_id, USER_GROUP]},
            )
            if not others:
                words = f"User {user_id} has no other group: give them one, or delete them, first."
                raise omero.ValidationException(None, None, words)
            tx.delete("GroupExperimenterMap", map_id)
        tx.delete("ExperimenterGroup", group_id)


def delete_user(store: Store, user_id: int) -> None:
    """Delete a user who has done nothing yet, with their memberships; ValidationException for any other."""
    with store.write(SYSTEM) as tx:
        tx.get("Experimenter", user_id)
        _refuse_when_used(tx, OWNER, user_id, f"user {user_id}")
        for (map_id,) in tx.values("select m.id from GroupExperimenterMap m where m.child.id = :id", {"id": user_id}):
            tx.delete("GroupExperimenterMap", map_id)
        tx.delete("Experimenter", user_id)
        tx.remove_password(user_id)


def _refuse_when_used(tx: Transaction, column: str, number: int, words: str) -> None:
    for root in model().roots:
        table = schema().of(root)
        if column in table.c:
            first = select(table.c.id).where(table.c[column] == number).limit(1)
            if tx.connection.execute(first).first() is not None:
                raise omero.ValidationException(None, None, f"There are objects of {words}, as a {root.name}.")
