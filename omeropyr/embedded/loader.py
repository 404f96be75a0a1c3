"""Rows to ``omero.model`` objects, in bulk: one select for each class and level of what is fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import omero
import omero.all
from omero import rtypes
from sqlalchemy import Connection, RowMapping, and_, or_, select, true

from omeropyr.embedded.hql.outputs import Fetch, unit_value
from omeropyr.embedded.hql.scope import DETAILS
from omeropyr.embedded.model import Field, FieldKind, Kind, model
from omeropyr.embedded.permissions import Actor, Readable, Rights, level, readable, rights
from omeropyr.embedded.schema import CLASS, GROUP, OWNER, PERMISSIONS, order_column, schema, unit_column

CHUNK = 5000
_RTYPES: dict[str, Callable[[Any], Any]] = {
    "rstring": rtypes.rstring,
    "rint": rtypes.rint,
    "rlong": rtypes.rlong,
    "rtime": rtypes.rtime,
    "rdouble": rtypes.rdouble,
    "rfloat": rtypes.rfloat,
    "rbool": lambda value: rtypes.rbool(bool(value)),
    "bytes": bytes,
}


class Loader:
    """Builds objects for one caller in one transaction; an object that is met twice is the same."""

    def __init__(self, connection: Connection, actor: Actor, groups: Mapping[int, int]) -> None:
        self._connection = connection
        self._actor = actor
        self._groups = groups
        self.may: Readable = readable(actor, groups)
        self._objects: dict[tuple[str, int], Any] = {}
        self._rights: dict[tuple[int | None, int | None], Rights] = {}

    def get(self, kind: Kind, object_id: int, fetch: Fetch) -> Any:
        """One object with what is fetched below it; None where it may not be read."""
        key = (kind.root.name, object_id)
        if key not in self._objects:
            self.load(kind, [object_id], fetch)
        return self._objects.get(key)

    def load(self, kind: Kind, ids: Iterable[int], fetch: Fetch) -> list[Any]:
        """Objects of one class and what is fetched below them."""
        wanted = list(dict.fromkeys(ids))
        new = [one for one in wanted if (kind.root.name, one) not in self._objects]
        table = schema().of(kind)
        for start in range(0, len(new), CHUNK):
            part = new[start : start + CHUNK]
            statement = select(table).where(table.c.id.in_(part), self._readable(table))
            for row in self._connection.execute(statement).mappings():
                self._build(kind, row)
        found = [self._objects[kind.root.name, one] for one in wanted if (kind.root.name, one) in self._objects]
        self._fetch(kind, found, fetch)
        return found

    def _fetch(self, kind: Kind, objects: Sequence[Any], fetch: Fetch) -> None:
        for name, below in fetch.below.items():
            if not objects:
                return
            if name.startswith("details."):
                self._fetch_detail(objects, name.removeprefix("details."), below)
                continue
            item = kind.all_fields[name]
            if item.kind is FieldKind.ENTITY:
                self._fetch_entity(objects, item, below)
            elif item.kind is FieldKind.COLLECTION:
                self._fetch_collection(objects, item, below)

    def _fetch_detail(self, objects: Sequence[Any], name: str, below: Fetch) -> None:
        target = model()[DETAILS[name][1]]
        pointers = {id(obj): getattr(obj._details, f"_{name}") for obj in objects if obj._details is not None}
        ids = [pointer._id.val for pointer in pointers.values() if pointer is not None]
        self.load(target, ids, below)
        for obj in objects:
            pointer = pointers.get(id(obj))
            known = None if pointer is None else self._objects.get((target.root.name, pointer._id.val))
            if known is not None:
                setattr(obj._details, f"_{name}", known)

    def _fetch_entity(self, objects: Sequence[Any], item: Field, below: Fetch) -> None:
        target = model()[item.type]
        holders = [obj for obj in objects if getattr(obj, item.attribute, None) is not None]
        self.load(target, [getattr(obj, item.attribute)._id.val for obj in holders], below)
        for obj in holders:
            known = self._objects.get((target.root.name, getattr(obj, item.attribute)._id.val))
            if known is not None:
                setattr(obj, item.attribute, known)

    def _fetch_collection(self, objects: Sequence[Any], item: Field, below: Fetch) -> None:
        target = model()[item.type]
        table = schema().of(target)
        parents = {obj._id.val: obj for obj in objects if hasattr(obj, item.loaded_attribute)}
        for obj in parents.values():
            setattr(obj, item.attribute, [])
            setattr(obj, item.loaded_attribute, True)
        place = order_column(item.inverse)
        order = [table.c[place], table.c.id] if place in table.c else [table.c.id]
        ids = list(parents)
        children: list[Any] = []
        for start in range(0, len(ids), CHUNK):
            here = table.c[item.inverse].in_(ids[start : start + CHUNK])
            for row in self._connection.execute(
                select(table).where(here, self._readable(table)).order_by(*order)
            ).mappings():
                child = self._objects.get((target.root.name, row["id"])) or self._build(target, row)
                parent = parents[row[item.inverse]]
                setattr(child, f"_{item.inverse}", parent)
                getattr(parent, item.attribute).append(child)
                children.append(child)
        self._fetch(target, children, below)

    def _readable(self, table: Any) -> Any:
        if self.may.everything or OWNER not in table.c:
            return true()
        whole = table.c[GROUP].in_(self.may.whole_groups)
        return or_(whole, and_(table.c[GROUP].in_(self.may.own_groups), table.c[OWNER] == self._actor.user_id))

    # --- one object ---

    def _build(self, kind: Kind, row: RowMapping) -> Any:
        actual = model()[row[CLASS]] if CLASS in row else kind
        obj = actual.python(row["id"], True)
        obj.unloadCollections()
        for item in actual.fields.values():
            if item.kind is not FieldKind.COLLECTION:
                setattr(obj, item.attribute, _value(item, row))
        if "version" in row and hasattr(obj, "_version"):
            obj._version = rtypes.rint(row["version"] or 0)
        obj._details = self._details(row)
        self._objects[kind.root.name, row["id"]] = obj
        return obj

    def _details(self, row: RowMapping) -> Any:
        details = omero.model.DetailsI()
        if PERMISSIONS in row:
            details._permissions = permissions_object(row[PERMISSIONS], rights(self._actor, None, None, 0))
            return details
        owner, group = row.get(OWNER), row.get(GROUP)
        details._permissions = permissions_object(self._groups.get(group or 0, 0), self.rights(owner, group))
        for name, (column, target) in DETAILS.items():
            value = row.get(column)
            if value is not None:
                setattr(details, f"_{name}", getattr(omero.model, f"{target}I")(value, False))
        return details

    def rights(self, owner: int | None, group: int | None) -> Rights:
        """What the caller may do with an object of *owner* in *group*."""
        key = (owner, group)
        if key not in self._rights:
            self._rights[key] = rights(self._actor, owner, group, self._groups.get(group or 0, 0))
        return self._rights[key]

    def permissions_map(self, owner: int | None, group: int | None) -> dict[str, Any]:
        """The same as OMERO's projections have it."""
        found = self.rights(owner, group)
        return {
            "perm": level(self._groups.get(group or 0, 0)).text,
            "canAnnotate": found.annotate,
            "canEdit": found.edit,
            "canLink": found.link,
            "canDelete": found.delete,
            "canChgrp": found.chgrp,
            "canChown": found.chown,
        }


def permissions_object(perm1: int, may: Rights) -> Any:
    """``omero.model.PermissionsI`` with the caller's restrictions."""
    found = omero.model.PermissionsI()
    found._perm1 = perm1
    found._restrictions = may.restrictions()
    found._immutable = True
    return found


def _value(item: Field, row: RowMapping) -> Any:
    value = row[item.name]
    if item.kind is FieldKind.UNIT:
        return unit_value(item, value, row[unit_column(item.name)])
    if item.kind is FieldKind.MAP:
        return None if value is None else [omero.model.NamedValue(name, text) for name, text in value]
    if value is None:
        return None
    if item.kind is FieldKind.ENTITY:
        return _unloaded(item.type, value)
    return value if item.kind is FieldKind.STRINGS else _RTYPES[item.type](value)


def _unloaded(type_name: str, object_id: int) -> Any:
    """A pointer to an object. For a class that has only subclasses the first of them stands in."""
    kind = model()[type_name]
    concrete = kind if not kind.abstract else next(one for one in kind.tree() if not one.abstract)
    return concrete.python(object_id, False)
