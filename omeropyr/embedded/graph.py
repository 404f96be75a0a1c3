"""Saving a graph of objects: new ones are inserted, changed ones updated, unloaded ones are pointers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import omero
import omero.all
from omero import rtypes
from sqlalchemy import select, update

from omeropyr.embedded.model import Field, FieldKind, Kind, model
from omeropyr.embedded.permissions import ALL_GROUPS, OWNED, ROOT_USER, SYSTEM_GROUP, USER_GROUP, guard_of, level
from omeropyr.embedded.rows import Rows
from omeropyr.embedded.schema import (
    CLASS,
    CREATED,
    EXTERNAL,
    GROUP,
    OWNER,
    PERMISSIONS,
    UPDATED,
    order_column,
    schema,
    unit_column,
)

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

ACCOUNTS = frozenset(
    ("Experimenter", "ExperimenterGroup", "GroupExperimenterMap", "Session", "Share", "ShareMember")  # noqa: RUF005
    + ("Event", "EventLog", "Node", "AdminPrivilege", "DBPatch")
)
"""Classes of users, groups, sessions and the server's own log."""
_COMMON = frozenset((SYSTEM_GROUP, USER_GROUP))  # what is there goes with the objects of any group
_REMARKS = frozenset({"Roi"})  # who may annotate an image may draw on it
_VIEWS = frozenset({"RenderingDef", "Thumbnail"})  # one for each who looks at the pixels


class Saver:
    """Saves graphs in one transaction. Objects are changed in place: they get their ids, versions and details."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._pointed: dict[tuple[str, int], Mapping[str, Any]] = {}
        self._done: dict[int, int] = {}
        self._under_way: set[int] = set()
        self._places: dict[int, tuple[str, int]] = {}
        self._rows = Rows(tx.connection)
        self._links: set[tuple[Any, ...]] = set()
        self._made: set[tuple[str, int]] = set()
        self._changes: list[tuple[str, str, int]] = []

    def save_all(self, objs: Sequence[Any]) -> None:
        """Save several graphs that may share objects; nothing is in the store before all of them are through."""
        try:
            for obj in objs:
                self.save(obj)
        except RecursionError:
            raise omero.ValidationException(None, None, "The objects hang on each other too deeply.") from None
        self._rows.flush()
        self._tx.log(self._changes)

    def save(self, obj: Any) -> int:
        """Save *obj* and all that hangs on it; return its id."""
        if not obj.isLoaded():
            return self._pointer(obj)
        key = id(obj)
        if key in self._done:
            return self._done[key]
        if key in self._under_way:
            raise omero.ValidationException(None, None, "Objects that need each other first cannot be saved.")
        kind = model().of(obj)
        if (known := self._enumeration(kind, obj)) is not None:
            return known
        self._under_way.add(key)
        values = self._values(kind, obj)
        object_id = self._insert(kind, obj, values) if obj.id is None else self._update(kind, obj, values)
        self._under_way.discard(key)
        self._done[key] = object_id
        self._collections(kind, obj, object_id)
        return object_id

    @staticmethod
    def _pointer(obj: Any) -> int:
        if obj.id is None:
            raise omero.ValidationException(None, None, f"An unloaded {type(obj).__name__} has no id.")
        return int(obj.id.val)

    def _enumeration(self, kind: Kind, obj: Any) -> int | None:
        """The id of the value that a new *obj* names: clients write ``ChecksumAlgorithm("SHA1-160")`` unasked."""
        if obj.id is not None or not kind.is_global or "value" not in kind.fields or kind.name in ACCOUNTS:
            return None
        table = schema().of(kind)
        value = getattr(obj.value, "val", None)
        found = self._tx.connection.execute(select(table.c.id).where(table.c.value == value)).scalar()
        if found is None:
            return None
        obj._id = rtypes.rlong(found)
        return int(found)

    # --- values of one object ---

    def _values(self, kind: Kind, obj: Any) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for item in kind.fields.values():
            if item.kind is FieldKind.COLLECTION:
                continue
            value = getattr(obj, item.attribute, None)
            if item.kind is FieldKind.ENTITY:
                values[item.name] = None if value is None else self.save(value)
            else:
                values.update(plain_value(item, value))
            if values[item.name] is None and not item.nullable:
                raise omero.ValidationException(None, None, f"{kind.name}.{item.name} may not be null.")
        return values

    def _collections(self, kind: Kind, obj: Any, object_id: int) -> None:
        for item in kind.fields.values():
            if item.kind is not FieldKind.COLLECTION or not getattr(obj, item.loaded_attribute, False):
                continue
            place = order_column(item.inverse)
            ordered = place in schema().of(model()[item.type]).c
            for number, child in enumerate(getattr(obj, item.attribute) or []):
                if child is None or not child.isLoaded():
                    continue
                if ordered:
                    self._places[id(child)] = (place, number)
                if id(child) not in self._under_way:
                    pointer = getattr(child, f"_{item.inverse}", None)
                    if pointer is None or pointer is obj or pointer.id is None:
                        setattr(child, f"_{item.inverse}", type(obj)(object_id, False) if pointer is None else pointer)
                    self.save(child)

    # --- rows ---

    def _insert(self, kind: Kind, obj: Any, values: dict[str, Any]) -> int:
        table = schema().of(kind)
        if "version" in table.c:
            values["version"] = 0
        if CLASS in table.c:
            values[CLASS] = kind.name
        if OWNER in table.c:
            values.update(self._new_details(kind, obj, values))
        self._check_kind(kind)
        self._check_repository(kind, values, {})
        self._check_pointers(kind, values, values)
        if PERMISSIONS in table.c:
            given = obj.details.permissions if obj.details is not None else None
            values[PERMISSIONS] = level(int(given.perm1) if given is not None else 0).perm1
        if kind.is_link and {"parent", "child"} <= set(values):
            self._check_link(kind, values)
        self._place(table, obj, values)
        object_id = self._rows.add(table, values)
        if kind.is_global:
            self._rows.flush()  # few, and asked for by their values
        row = {**dict.fromkeys(table.c.keys()), **values, "id": object_id}
        self._pointed[kind.root.name, object_id] = row
        self._made.add((kind.root.name, object_id))
        self._changes.append(("INSERT", kind.name, object_id))
        self._tell(kind, obj, row)
        return object_id

    def _row(self, kind: Kind, object_id: int) -> Mapping[str, Any]:
        """The columns of an object, one of this save or a stored one that the caller may read."""
        key = (kind.root.name, object_id)
        if key not in self._pointed:
            self._pointed[key] = dict(self._tx.row(kind, object_id))
        return self._pointed[key]

    def _place(self, table: Any, obj: Any, values: dict[str, Any]) -> None:
        """Where in the parent's ordered collection a new child comes: where it is in the list, else at the end."""
        columns = [column for column in table.c if column.name.endswith(order_column(""))]
        for column in columns:
            inverse = column.name.removesuffix(order_column(""))
            known = self._places.get(id(obj))
            parent = values.get(inverse)
            if parent is not None and known is not None and known[0] == column.name:
                values[column.name] = known[1]
                self._rows.placed(table, column.name, parent, known[1])
            elif parent is not None:
                values[column.name] = self._rows.next_place(table, column.name, inverse, parent)

    def _new_details(self, kind: Kind, obj: Any, values: dict[str, Any]) -> dict[str, Any]:
        actor = self._tx.actor
        given = obj.details
        owner = (
            given.owner.id.val if given is not None and given.owner is not None and given.owner.id else actor.user_id
        )
        group = given.group.id.val if given is not None and given.group is not None and given.group.id else None
        if group is None:
            group = actor.group_id if actor.group_id != ALL_GROUPS else self._group_of_neighbours(kind, values)
        guard = guard_of(kind.name, values.get("repo")) or OWNED
        if owner != actor.user_id and not actor.may(guard.write):
            raise omero.SecurityViolation(None, None, "You may not create objects for others.")
        if group not in self._tx.groups or (group not in actor.member_of and not actor.may(guard.write)):
            raise omero.SecurityViolation(None, None, f"You are not a member of group {group}.")
        if owner != actor.user_id:
            self._tx.row(model()["Experimenter"], owner)
        event = self._tx.event()
        external = given.externalInfo if given is not None else None
        return {
            OWNER: owner,
            GROUP: group,
            CREATED: event,
            UPDATED: event,
            EXTERNAL: self.save(external) if external is not None else None,
        }

    def _group_of_neighbours(self, kind: Kind, values: dict[str, Any]) -> int:
        """Without a group of its own, a new object goes where what it points at is."""
        for item in kind.fields.values():
            if item.kind is FieldKind.ENTITY and values.get(item.name) is not None:
                group = self._row(model()[item.type], values[item.name]).get(GROUP)
                if group is not None:
                    return int(group)
        return (
            self._tx.home_group
            if self._tx.actor.user_id != ROOT_USER or not self._tx.actor.unrestricted
            else USER_GROUP
        )

    def _check_kind(self, kind: Kind) -> None:
        """Accounts are changed through IAdmin and enumerations by administrators, however deep in a graph they hang."""
        actor = self._tx.actor
        if kind.is_global and not (actor.unrestricted or (actor.is_admin and kind.name not in ACCOUNTS)):
            raise omero.SecurityViolation(None, None, f"You may not save a {kind.name} like this.")

    def _check_repository(self, kind: Kind, changed: dict[str, Any], row: Mapping[str, Any]) -> None:
        """Who could put a file into a repository could pass it off as an official script.

        Who could say where in the repository a file of another is could read whatever that other imported.
        """
        actor = self._tx.actor
        if kind.name != "OriginalFile" or actor.unrestricted:
            return
        if changed.get("repo") != row.get("repo") and "repo" in changed:
            raise omero.SecurityViolation(None, None, "The repository of a file is not for clients to choose.")
        guard = guard_of(kind.name, row.get("repo"))
        if row.get("repo") is not None and {"path", "name"} & set(changed) and not (guard and actor.may(guard.write)):
            raise omero.SecurityViolation(None, None, "A file in a repository keeps its path and name.")

    def _check_pointers(self, kind: Kind, changed: dict[str, Any], values: dict[str, Any]) -> None:
        """What an object points at has to be there, in the object's group, and the caller's to add to."""
        for item in kind.fields.values():
            target = values.get(item.name) if item.kind is FieldKind.ENTITY and item.name in changed else None
            if target is None:
                continue
            row = self._row(model()[item.type], int(target))
            if GROUP not in row or GROUP not in values or self._tx.actor.unrestricted or kind.is_link:
                continue
            if row[GROUP] != values[GROUP] and row[GROUP] not in _COMMON:
                raise omero.GroupSecurityViolation(None, None, "Objects of two groups cannot be linked.")
            may = self._tx.loader.rights(row[OWNER], row[GROUP])
            part = any(one.inverse == item.name and one.type == kind.name for one in _collections_of(item.type))
            allowed = may.annotate if kind.name in _REMARKS else may.link
            if kind.root.name in _VIEWS:  # in a private group the owner would not see them
                mine = row[OWNER] in (self._tx.actor.user_id, values[OWNER])
                allowed = mine or self._tx.loader.shared(row[GROUP])
            if part and not allowed:
                words = f"You may not add a {kind.name} to this {item.type}."
                raise omero.ReadOnlyGroupSecurityViolation(None, None, words)

    def _check_link(self, kind: Kind, values: dict[str, Any]) -> None:
        """Both ends have to be in one group, and the caller has to be allowed to link or annotate the parent."""
        parent, child = (self._row(model()[kind.fields[name].type], values[name]) for name in ("parent", "child"))
        if GROUP in parent and GROUP in child:
            own = {parent[GROUP], child[GROUP]}.difference(_COMMON)
            if len(own) > 1:
                raise omero.GroupSecurityViolation(None, None, "Objects of two groups cannot be linked.")
            may = self._tx.loader.rights(parent[OWNER], parent[GROUP])
            if kind.name.endswith("AnnotationLink"):
                allowed = may.annotate  # with anybody's tag or file
            else:
                allowed = may.link and self._tx.loader.rights(child[OWNER], child[GROUP]).link
            # Whoever writes for others may do so in a private group if all of it is the same user's.
            in_their_name = parent[OWNER] == child[OWNER] == values[OWNER] and self._tx.actor.may(OWNED.write)
            if not allowed and not in_their_name:
                raise omero.ReadOnlyGroupSecurityViolation(None, None, "You may not link this.")
            values[GROUP] = own.pop() if own else parent[GROUP]
        self._check_new(kind, values)

    def _check_new(self, kind: Kind, values: dict[str, Any]) -> None:
        """A link that is there, or comes twice in one save, is refused."""
        link = (kind.name, values["parent"], values["child"], values.get(OWNER))
        ends = {(model()[kind.fields[name].type].root.name, values[name]) for name in ("parent", "child")}
        found = link in self._links
        self._links.add(link)
        if not found and not ends & self._made:  # nothing stored points at what this save made
            table = schema().of(kind)
            same = [table.c.parent == values["parent"], table.c.child == values["child"]]
            same += [table.c[OWNER] == values[OWNER]] if OWNER in values else []
            found = self._tx.connection.execute(select(table.c.id).where(*same)).first() is not None
        if found:
            raise omero.ValidationException(None, None, f"The {kind.name} is there already.")

    def _update(self, kind: Kind, obj: Any, values: dict[str, Any]) -> int:
        object_id = int(obj.id.val)
        row = dict(self._tx.row(kind, object_id))
        external = obj.details.externalInfo if obj.details is not None and EXTERNAL in row else None
        if external is not None:
            values[EXTERNAL] = self.save(external)
        changed = {name: value for name, value in values.items() if row[name] != value}
        if not changed:
            return object_id
        version = row.get("version") or 0
        sent = getattr(obj, "_version", None)
        if sent is not None and sent.val != version and "version" in row:
            raise omero.OptimisticLockException(None, None, f"{kind.name} {object_id} was changed meanwhile.")
        self._check_context(kind, object_id, row)
        if not self._tx.rights(kind, row).edit:
            raise omero.SecurityViolation(None, None, f"You may not change {kind.name} {object_id}.")
        self._check_kind(kind)
        self._check_repository(kind, changed, row)
        self._check_pointers(kind, changed, {**row, **changed})
        table = schema().of(kind)
        if "version" in table.c:
            changed["version"] = version + 1
        if UPDATED in table.c:
            changed[UPDATED] = self._tx.event()
        self._tx.connection.execute(update(table).where(table.c.id == object_id).values(**changed))
        self._changes.append(("UPDATE", kind.name, object_id))
        self._tell(kind, obj, {**row, **changed})
        return object_id

    def _check_context(self, kind: Kind, object_id: int, row: Mapping[str, Any]) -> None:
        """A call in one group changes nothing in another; who wants that says so by ``omero.group``."""
        actor = self._tx.actor
        if actor.unrestricted or actor.group_id == ALL_GROUPS or GROUP not in row:
            return
        if row[GROUP] != actor.group_id and row[GROUP] not in _COMMON:
            words = f"{kind.name} {object_id} is in group {row[GROUP]}, the call in group {actor.group_id}."
            raise omero.SecurityViolation(None, None, words)

    def _tell(self, kind: Kind, obj: Any, row: Mapping[str, Any]) -> None:
        """Write into the object what the store knows of it now."""
        obj._id = rtypes.rlong(row["id"])
        if hasattr(obj, "_version"):
            obj._version = rtypes.rint(row.get("version") or 0)
        external = obj._details._externalInfo if obj._details is not None else None
        obj._details = self._tx.loader.details_of(kind, row)
        if external is not None and external.isLoaded():
            obj._details._externalInfo = external


@cache
def _collections_of(name: str) -> tuple[Field, ...]:
    return tuple(item for item in model()[name].all_fields.values() if item.kind is FieldKind.COLLECTION)


def plain_value(item: Field, value: Any) -> dict[str, Any]:
    """The columns of a field that is no association."""
    if item.kind is FieldKind.UNIT:
        if value is None:
            return {item.name: None, unit_column(item.name): None}
        return {item.name: value.getValue(), unit_column(item.name): value.getUnit().name}
    if item.kind is FieldKind.MAP:
        return {item.name: None if value is None else [[one.name, one.value] for one in value if one is not None]}
    if item.kind is FieldKind.STRINGS or value is None or isinstance(value, bytes):
        return {item.name: value}
    if not isinstance(value, omero.RType):
        raise omero.ValidationException(None, None, f"{item.name} is a {type(value).__name__}, not a {item.type}.")
    return {item.name: value.val}


def referrers(kind: Kind) -> list[tuple[Kind, str]]:
    """Classes and fields that point at objects of *kind*."""
    line = set()
    current: Kind | None = kind
    while current is not None:
        line.add(current.name)
        current = current.base
    return [
        (root, item.name)
        for root in model().roots
        for item in root.all_fields.values()
        if item.kind is FieldKind.ENTITY and item.type in line
    ]
