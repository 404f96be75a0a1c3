"""The store: one SQLite file in WAL mode, many readers, one writer. Nothing above it writes SQL."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import Any

import omero
import omero.all
from omero.rtypes import unwrap
from sqlalchemy import Connection, Engine, RowMapping, create_engine, delete, event, insert, select, update
from sqlalchemy import func as sql
from sqlalchemy.exc import OperationalError

from omeropyr.embedded import functions
from omeropyr.embedded.graph import Saver, referrers
from omeropyr.embedded.graphs.names import full_name
from omeropyr.embedded.hql.expressions import GIVEN
from omeropyr.embedded.hql.outputs import Entity, Fetch, Output
from omeropyr.embedded.hql.statements import Statements, answer
from omeropyr.embedded.loader import Loader
from omeropyr.embedded.migration import WrongVersion as WrongVersion
from omeropyr.embedded.migration import fact, prepare
from omeropyr.embedded.model import Kind, model
from omeropyr.embedded.permissions import (
    ALL_GROUPS,
    RESTRICTION,
    ROOT_USER,
    USER_GROUP,
    Actor,
    Rights,
    global_rights,
    guard_of,
)
from omeropyr.embedded.schema import GROUP, OWNER, PERMISSIONS, schema

BUSY_SECONDS = 30
_UNLOGGED = frozenset(("Event", "EventLog", "Node", "Session"))


class Store:
    """Opens the file at *path*, or makes it. Thread-safe. Raises WrongVersion for a newer one."""

    def __init__(self, path: Path) -> None:
        self._engine = _engine(path)
        self._writing = threading.RLock()
        self._here = threading.local()
        self._statements = Statements()
        self._changes = 0
        self._groups: tuple[int, dict[int, tuple[str, int]]] = (-1, {})
        prepare(self._engine, path)

    @property
    def uuid(self) -> str:
        """What tells this store from any other."""
        with self._engine.connect() as connection:
            return fact(connection, "uuid")

    @contextmanager
    def read(self, actor: Actor) -> Iterator[Transaction]:
        """A snapshot, as *actor* may see it."""
        with self._engine.connect() as connection:
            yield Transaction(connection, actor, self._statements, self.groups(connection))

    def groups(self, connection: Connection | None = None) -> Mapping[int, tuple[str, int]]:
        """Name and permission bits of every group; asked for by every call, read again only after a change."""
        changes, known = self._groups
        if changes == self._changes:
            return known
        if connection is None:
            with self._engine.connect() as one:
                return self.groups(one)
        changes = self._changes  # before the reading: what changes meanwhile is read again
        known = _groups(connection)
        self._groups = (changes, known)
        return known

    @contextmanager
    def write(self, actor: Actor) -> Iterator[Transaction]:
        """The one writer; all is kept when the block ends, nothing when it raises.

        Inside another block of the same thread it is a part of that one, kept or undone with it; what fails in it is
        undone at once.
        """
        outer: Connection | None = getattr(self._here, "connection", None)
        if outer is not None:
            with outer.begin_nested():
                yield Transaction(outer, actor, self._statements)
            return
        with self._writing, self._engine.connect() as connection:
            try:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                self._here.connection = connection
                yield Transaction(connection, actor, self._statements)
                connection.commit()
                self._changes += 1
            except OperationalError as error:
                connection.rollback()
                raise _unwritable(error) from error
            except BaseException:
                connection.rollback()
                raise
            finally:
                self._here.connection = None

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()


class Transaction:
    """Queries and changes of one caller; objects are ``omero.model`` objects."""

    def __init__(
        self,
        connection: Connection,
        actor: Actor,
        statements: Statements,
        groups: Mapping[int, tuple[str, int]] | None = None,
    ) -> None:
        self.connection = connection
        self.actor = actor
        self._statements = statements
        self._known_groups = groups
        self._event: int | None = None

    def of(self, actor: Actor) -> Transaction:
        """The same transaction for another caller, or the same one in another group."""
        return Transaction(self.connection, actor, self._statements)

    # --- queries ---

    def find(self, hql: str, params: Any = None) -> list[Any]:
        """Objects that a query selects, each with what it fetches."""
        outputs, rows = self._run(hql, params)
        if len(outputs) != 1 or not isinstance(outputs[0], Entity):
            raise omero.QueryException(None, None, "A query for objects selects one object a row.")
        found = outputs[0].plains(_columns(rows), self.loader)
        if outputs[0].fetch.below:
            found = list({id(obj): obj for obj in found}.values())
        return [obj for obj in found if obj is not None]

    def projection(self, hql: str, params: Any = None) -> list[list[omero.RType | None]]:
        """Rows of what a query selects, for the wire."""
        outputs, rows = self._run(hql, params)
        columns = _columns(rows)
        return [list(row) for row in zip(*(one.rtypes(columns, self.loader) for one in outputs), strict=True)]

    def values(self, hql: str, params: Any = None) -> list[tuple[Any, ...]]:
        """The same as plain Python values."""
        outputs, rows = self._run(hql, params)
        columns = _columns(rows)
        return list(zip(*(one.plains(columns, self.loader) for one in outputs), strict=True))

    def _run(self, hql: str, params: Any) -> tuple[list[Output], list[Sequence[Any]]]:
        values, page = _parameters(params)
        shapes = {name: isinstance(value, list) for name, value in values.items()}
        limited, one_owner = not self.loader.may.everything, self.actor.only_user is not None
        made = self._statements.get(hql, shapes, limited, one_owner)
        binds = {GIVEN + name: json.dumps(one) if isinstance(one, list) else one for name, one in values.items()}
        statement = made.statement if page is None else made.page(*page)
        rows = answer(self.connection, statement, {**self.loader.binds, **binds}, self._statements.limits)
        return made.outputs, rows

    def get(self, kind: str, object_id: int) -> Any:
        """One object; ``omero.ValidationException`` when there is none that the caller may read."""
        found = model().find(kind)
        if found is None:
            raise omero.ApiUsageException(None, None, f"There is no class {kind!r}.")
        obj = self.loader.get(found, object_id, Fetch())
        if obj is None:
            raise omero.ValidationException(None, None, f"There is no {found.name} {object_id}.")
        return obj

    # --- changes ---

    def save(self, obj: Any) -> Any:
        """Save a graph; return the object, which knows its id and details now."""
        return self.save_all([obj])[0]

    def save_all(self, objs: Sequence[Any]) -> list[Any]:
        """Save several graphs that may share objects."""
        Saver(self).save_all(objs)
        self.forget()
        return list(objs)

    def delete(self, kind: str, object_id: int) -> None:
        """Delete one object that nothing points at."""
        found = model()[kind]
        row = self.row(found, object_id)
        if not self.rights(found, row).delete:
            raise omero.SecurityViolation(None, None, f"You may not delete {kind} {object_id}.")
        for other, field in referrers(found):
            table = schema().of(other)
            if self.connection.execute(select(table.c.id).where(table.c[field] == object_id)).first() is not None:
                raise omero.ValidationException(None, None, f"{kind} {object_id} is in use by a {other.name}.")
        table = schema().of(found)
        self.connection.execute(delete(table).where(table.c.id == object_id))
        self.log([("DELETE", found.name, object_id)])
        self.forget()

    def event(self) -> int:
        """Id of the Event that this transaction is, made at the first change."""
        if self._event is None:
            types = schema().of(model()["EventType"])
            kind = self.connection.execute(select(types.c.id).where(types.c.value == self.actor.event_type)).scalar()
            values = {
                "time": int(time.time() * 1000),
                "experimenter": self.actor.user_id,
                "experimenterGroup": self.actor.group_id if self.actor.group_id != ALL_GROUPS else self.home_group,
                "type": kind,
            }
            made = self.connection.execute(insert(schema().of(model()["Event"])).values(**values))
            self._event = int(made.inserted_primary_key[0])  # type: ignore[index]
        return self._event

    def log(self, changes: Iterable[tuple[str, str, int]]) -> None:
        """Write an EventLog for each change: the action, the class and the id of the object."""
        rows = [(action, full_name(kind), object_id) for action, kind, object_id in changes if kind not in _UNLOGGED]
        if rows:
            event_id = self.event()
            self.connection.exec_driver_sql(
                f"INSERT INTO m_eventlog (event, action, entityType, entityId) VALUES ({event_id}, ?, ?, ?)",  # noqa: S608 - a number
                rows,
            )

    # --- what savers and loaders need ---

    @cached_property
    def groups(self) -> dict[int, int]:
        """Permission bits of every group."""
        known = _groups(self.connection) if self._known_groups is None else self._known_groups
        return {group_id: perm1 for group_id, (_, perm1) in known.items()}

    @cached_property
    def loader(self) -> Loader:
        """Builds the objects of this transaction."""
        return Loader(self.connection, self.actor, self.groups)

    @cached_property
    def home_group(self) -> int:
        """Where the caller's objects go when nothing says otherwise: their default group."""
        table = schema().of(model()["GroupExperimenterMap"])
        own = table.c.child == self.actor.user_id
        found = self.connection.execute(
            select(table.c.parent).where(own, table.c.parent != USER_GROUP).order_by(table.c.child__index)
        ).first()
        return int(found[0]) if found is not None else USER_GROUP

    def row(self, kind: Kind, object_id: int) -> RowMapping:
        """The stored columns of an object that the caller may read; ValidationException otherwise."""
        table = schema().of(kind)
        row = self.connection.execute(select(table).where(table.c.id == object_id)).mappings().first()
        if row is None or not self.loader.rights(row.get(OWNER), row.get(GROUP)).read:
            raise omero.ValidationException(None, None, f"There is no {kind.name} {object_id}.")
        return row

    def rights(self, kind: Kind, row: Mapping[Any, Any]) -> Rights:
        """What the caller may do with the object of this row."""
        if kind.is_global:
            return global_rights(self.actor, kind.name)
        return self.loader.rights(row[OWNER], row[GROUP], guard_of(kind.name, row.get("repo")))

    def forget(self) -> None:
        """Look up again what was known before a change."""
        for name in ("loader", "groups"):
            self.__dict__.pop(name, None)

    # --- what stands beside the model ---

    def password_hash(self, user_id: int) -> str | None:
        """The hash of a user's password, None when they have none."""
        table = schema().passwords
        found: str | None = self.connection.execute(select(table.c.hash).where(table.c.user_id == user_id)).scalar()
        return found

    def set_password(self, user_id: int, hashed: str) -> None:
        """Replace the hash."""
        table = schema().passwords
        self.remove_password(user_id)
        self.connection.execute(insert(table).values(user_id=user_id, hash=hashed))

    def remove_password(self, user_id: int) -> None:
        """Take the hash away; the user cannot log in any more."""
        table = schema().passwords
        self.connection.execute(delete(table).where(table.c.user_id == user_id))

    def privileges(self, user_id: int) -> set[str]:
        """AdminPrivilege values of an administrator: all but those that OMERO's ``Experimenter.config`` takes away."""
        every = schema().of(model()["AdminPrivilege"])
        values = {str(value) for value in self.connection.execute(select(every.c.value)).scalars()}
        if user_id == ROOT_USER:
            return values
        table = schema().of(model()["Experimenter"])
        config = self.connection.execute(select(table.c.config).where(table.c.id == user_id)).scalar() or []
        return values - {name.removeprefix(RESTRICTION) for name, value in config if str(value).lower() != "true"}

    def set_default_group(self, user_id: int, group_id: int) -> None:
        """Make a membership the first of its user's."""
        table = schema().of(model()["GroupExperimenterMap"])
        mine = table.c.child == user_id
        lowest = self.connection.execute(select(sql.min(table.c.child__index)).where(mine)).scalar() or 0
        self.connection.execute(update(table).where(mine, table.c.parent == group_id).values(child__index=lowest - 1))


def _groups(connection: Connection) -> dict[int, tuple[str, int]]:
    table = schema().of(model()["ExperimenterGroup"])
    rows = connection.execute(select(table.c.id, table.c.name, table.c[PERMISSIONS]))
    return {int(row[0]): (str(row[1]), int(row[2])) for row in rows}


def _columns(rows: list[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The rows turned; of no rows every column is empty."""
    return iter(list(zip(*rows, strict=True))) if rows else repeat(())


def _unwritable(error: OperationalError) -> Exception:
    """What a client is told when the file could not be written: whether to wait, or to make room."""
    words = f"The store cannot be written: {error.orig}"
    busy: bool = "locked" in words or "busy" in words
    made: Exception = (
        omero.DatabaseBusyException(None, None, words, 1000) if busy else omero.ResourceError(None, None, words)
    )
    return made


def _engine(path: Path) -> Engine:
    waits = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    # HQL may ask for the product of two classes; SQLAlchemy would warn of it.
    engine = create_engine(f"sqlite:///{path}", connect_args=waits, enable_from_linting=False)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # SQLAlchemy says BEGIN (below); the driver must not.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "case_sensitive_like=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")
        functions.define(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _parameters(params: Any) -> tuple[Mapping[str, Any], tuple[int, int] | None]:
    """Values by name, and offset and limit, of ``omero.sys.Parameters`` or a plain mapping."""
    if params is None:
        return {}, None
    if isinstance(params, Mapping):
        return {name: _plain(value) for name, value in params.items()}, None
    given = {name: _plain(value) for name, value in (params.map or {}).items()}
    limits = params.theFilter
    if limits is None or (limits.limit is None and limits.offset is None):
        return given, None
    offset = int(unwrap(limits.offset) or 0)
    limit = unwrap(limits.limit)
    return given, (max(0, offset), -1 if limit is None else max(0, int(limit)))


def _plain(value: Any) -> Any:
    """A parameter as SQL takes it: objects are their ids."""
    if isinstance(value, omero.RType):
        value = unwrap(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, omero.model.IObject):
        return value.id.val if value.id is not None else None
    if value is not None and not isinstance(value, bool | int | float | str | bytes):
        raise omero.QueryException(None, None, f"A {type(value).__name__} cannot be a parameter.")
    return value
