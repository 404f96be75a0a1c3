"""Rows to ``omero.model`` objects, in bulk: one select for each class and level of what is fetched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

import omero
import omero.all
from sqlalchemy import Connection, bindparam, func, select, true

from omeropyr.embedded.hql.outputs import Fetch, Maker, unit_value
from omeropyr.embedded.hql.scope import DETAILS, ME, ONLY, OWN, SECRET, WHOLE, readable
from omeropyr.embedded.model import Field, FieldKind, Kind, model
from omeropyr.embedded.permissions import (
    OWNED,
    USER_GROUP,
    Actor,
    Guard,
    Readable,
    Rights,
    global_rights,
    guard_of,
    level,
    rights,
)
from omeropyr.embedded.permissions import readable as readable_by
from omeropyr.embedded.schema import CLASS, GROUP, OWNER, PERMISSIONS, order_column, schema

ITEMS = "wanted"
_RTYPES = ("rstring", "rint", "rlong", "rtime", "rdouble", "rfloat", "rbool")


class Loader:
    """Builds objects for one caller in one transaction; an object that is met twice is the same."""

    def __init__(self, connection: Connection, actor: Actor, groups: Mapping[int, int]) -> None:
        self._connection = connection
        self._actor = actor
        self._groups = groups
        self.may: Readable = readable_by(actor, groups)
        self.binds = {
            WHOLE: json.dumps(self.may.whole_groups),
            OWN: json.dumps(self.may.own_groups),
            ME: actor.user_id,
            ONLY: actor.only_user,
        }
        self._objects: dict[tuple[str, int], Any] = {}
        self._rights: dict[tuple[int | None, int | None, Guard | None], Rights] = {}
        self._shared: dict[Any, Any] = {}
        self._details: dict[Any, dict[str, Any]] = {}
        self._ready: dict[str, tuple[_Builder, list[tuple[str, int, Maker]]]] = {}
        self._makers = {name: Maker(name) for name in _RTYPES}

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
        if new:
            for row in self._rows(kind, "id", new):
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
        parents = {obj._id.val: obj for obj in objects if hasattr(obj, item.loaded_attribute)}
        for obj in parents.values():
            setattr(obj, item.attribute, [])
            setattr(obj, item.loaded_attribute, True)
        children: list[Any] = []
        names = schema().of(target).c.keys()
        where, own_id = names.index(item.inverse), names.index("id")
        for row in self._rows(target, item.inverse, list(parents)) if parents else ():
            child = self._objects.get((target.root.name, row[own_id])) or self._build(target, row)
            parent = parents[row[where]]
            setattr(child, f"_{item.inverse}", parent)
            getattr(parent, item.attribute).append(child)
            children.append(child)
        self._fetch(target, children, below)

    def _rows(self, kind: Kind, column: str, values: list[int]) -> Sequence[Any]:
        statement = _select(kind.root.name, column, not self.may.everything)
        rows = self._connection.execute(statement, {**self.binds, ITEMS: json.dumps(values)})
        return [tuple(row) for row in rows]

    # --- one object ---

    def _build(self, kind: Kind, row: Sequence[Any]) -> Any:
        root = kind.root.name
        columns = _columns(root)
        name = row[columns[CLASS]] if CLASS in columns else kind.name
        ready = self._ready.get(name)
        if ready is None:
            builder = _builder(name)
            plain = [(attribute, place, self._makers[make]) for attribute, place, make in builder.plain]
            ready = self._ready[name] = (builder, plain)
        builder, plain = ready
        object_id = row[builder.id_place]
        obj = builder.empty()
        values = obj.__dict__
        values["_id"] = self._makers["rlong"][object_id]
        for attribute, place, make in plain:
            cell = row[place]
            if cell is not None:
                values[attribute] = make[cell]
        for attribute, place, target in builder.pointers:
            if row[place] is not None:
                values[attribute] = self.pointer(target, row[place])
        for item, place in builder.others:
            if row[place] is not None:
                values[item.attribute] = _value(item, row, place)
        if builder.versioned:
            values["_version"] = self._makers["rint"][row[columns["version"]] or 0]
        values["_details"] = self.details(name, builder.details, builder.detail_cells(row))
        self._objects[root, object_id] = obj
        return obj

    def pointer(self, type_name: str, object_id: int) -> Any:
        """An unloaded object, one for all that point at it."""
        key = (type_name, object_id)
        if key not in self._shared:
            self._shared[key] = _unloaded(type_name, object_id)
        return self._shared[key]

    def details(self, kind: str, names: tuple[str, ...], cells: tuple[Any, ...]) -> Any:
        """The details of an object that has these *cells* in the columns *names*."""
        key = (kind, cells)
        values = self._details.get(key)
        if values is None:
            values = self._details[key] = self._details_of(kind, dict(zip(names, cells, strict=True)))
        made = omero.model.DetailsI.__new__(omero.model.DetailsI)
        made.__dict__.update(values)
        return made

    def details_of(self, kind: Kind, row: Mapping[str, Any]) -> Any:
        """The details of an object of this class with these columns."""
        names = _builder(kind.name).details
        return self.details(kind.name, names, tuple(row[name] for name in names))

    def _details_of(self, kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes of details. Their parts are shared by all objects with the same; the details are not."""
        details = omero.model.DetailsI()
        if PERMISSIONS in row:
            details._permissions = permissions_object(row[PERMISSIONS], global_rights(self._actor, kind))
            return dict(details.__dict__)
        owner, group = row.get(OWNER), row.get(GROUP)
        guard = guard_of(kind, row.get(REPOSITORY))
        may = global_rights(self._actor, kind) if owner is None else self.rights(owner, group, guard)
        details._permissions = permissions_object(self._groups.get(group or 0, 0), may)
        for attribute, column, target in _DETAILS:
            if row.get(column) is not None:
                setattr(details, attribute, self.pointer(target, row[column]))
        return dict(details.__dict__)

    def rights(self, owner: int | None, group: int | None, guard: Guard | None = OWNED) -> Rights:
        """What the caller may do with an object of *owner* in *group*; *guard* as ``guard_of`` its class has it."""
        key = (owner, group, guard)
        if key not in self._rights:
            self._rights[key] = rights(self._actor, owner, group, self._groups.get(group or 0, 0), guard)
        return self._rights[key]

    def shared(self, group: int) -> bool:
        """Whether the members of *group* see each other's objects."""
        return group == USER_GROUP or level(self._groups.get(group, 0)).read

    def permissions_map(self, kind: str, owner: int | None, group: int | None) -> dict[str, Any]:
        """The same as OMERO's projections have it; a file counts as one that is in no repository."""
        found = global_rights(self._actor, kind) if owner is None else self.rights(owner, group, guard_of(kind))
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


_DETAILS = [(f"_{name}", column, target) for name, (column, target) in DETAILS.items()]
REPOSITORY = "repo"  # of an OriginalFile: says who guards it
_DETAIL_COLUMNS = (PERMISSIONS, REPOSITORY, OWNER, GROUP, *(column for column, _ in DETAILS.values()))


@dataclass(frozen=True)
class _Builder:
    """How rows of one class become objects: attributes, the places of their columns, and what they are."""

    python: Any
    template: dict[str, Any]
    sequences: tuple[str, ...]
    plain: tuple[tuple[str, int, str], ...]
    pointers: tuple[tuple[str, int, str], ...]
    others: tuple[tuple[Field, int], ...]
    versioned: bool
    details: tuple[str, ...]
    detail_cells: Callable[[Any], tuple[Any, ...]]
    id_place: int

    def empty(self) -> Any:
        """An object without values. Its own constructor takes longer than all the rest of reading it."""
        made = self.python.__new__(self.python)
        values = made.__dict__
        values.update(self.template)
        for name in self.sequences:
            values[name] = []
        return made


@cache
def _columns(root: str) -> dict[str, int]:
    return {name: place for place, name in enumerate(schema().of(model()[root]).c.keys())}


def _getter(places: list[int]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that takes several cells of a row."""
    if len(places) < 2:
        return lambda row: tuple(row[place] for place in places)
    return itemgetter(*places)


@cache
def _builder(name: str) -> _Builder:
    kind = model()[name]
    columns = _columns(kind.root.name)
    sample = kind.python(1, True)
    sample.unloadCollections()
    template = dict(sample.__dict__)
    sequences = tuple(attribute for attribute, value in template.items() if isinstance(value, list))
    items = [one for one in kind.fields.values() if one.kind is not FieldKind.COLLECTION]
    items = [one for one in items if (kind.root.name, one.name) not in SECRET]
    scalars = [one for one in items if one.kind is FieldKind.SCALAR and one.type != "bytes"]
    entities = [one for one in items if one.kind is FieldKind.ENTITY]
    return _Builder(
        kind.python,
        template,
        sequences,
        tuple((one.attribute, columns[one.name], one.type) for one in scalars),
        tuple((one.attribute, columns[one.name], one.type) for one in entities),
        tuple((one, columns[one.name]) for one in items if one not in scalars and one not in entities),
        "version" in columns and "_version" in template,
        tuple(name for name in _DETAIL_COLUMNS if name in columns),
        _getter([columns[name] for name in _DETAIL_COLUMNS if name in columns]),
        columns["id"],
    )


@cache
def _select(root: str, column: str, limited: bool) -> Any:
    """Rows of a table by what is in a column, in the order of the collection that the column makes."""
    table = schema().of(model()[root])
    place = order_column(column)
    order = [table.c[place], table.c.id] if place in table.c else [table.c.id]
    wanted = select(func.json_each(bindparam(ITEMS)).table_valued("value").c.value)
    found = select(table).where(table.c[column].in_(wanted), readable(table) if limited else true())
    return found if column == "id" else found.order_by(*order)


def _value(item: Field, row: Sequence[Any], place: int) -> Any:
    value = row[place]
    if item.kind is FieldKind.UNIT:
        return unit_value(item, value, row[place + 1])
    if item.kind is FieldKind.MAP:
        return None if value is None else [omero.model.NamedValue(name, text) for name, text in value]
    return bytes(value) if value is not None and item.type == "bytes" else value


@cache
def _concrete(type_name: str) -> Any:
    kind = model()[type_name]
    return (kind if not kind.abstract else next(one for one in kind.tree() if not one.abstract)).python


def _unloaded(type_name: str, object_id: int) -> Any:
    """A pointer to an object. For a class that has only subclasses the first of them stands in."""
    return _concrete(type_name)(object_id, False)
