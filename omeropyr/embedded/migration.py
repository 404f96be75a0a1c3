"""Making the store's file what this omeropyr needs: a new one, or an older one brought up in one transaction.

Before a migration the older file is copied aside as ``omero.sqlite.v1-20260131-120000``; whoever has to go back stops
the server and puts it in place again. A newer file is refused: its tables may mean something this omeropyr does not
know.
"""

from __future__ import annotations

import logging
import sqlite3
import time
import uuid
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, delete, insert, inspect, literal, select, true, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateColumn, CreateIndex

from omeropyr.embedded.fulltext import index
from omeropyr.embedded.graphs.names import full_name
from omeropyr.embedded.model import model
from omeropyr.embedded.permissions import SCRIPT_REPOSITORY
from omeropyr.embedded.schema import CLASS, CREATED, SCHEMA_VERSION, UPDATED, schema
from omeropyr.embedded.seeds import plant, plant_enumerations

log = logging.getLogger(__name__)


class StoreError(Exception):
    """Why the store cannot be opened; one line for the user."""


class WrongVersion(StoreError):
    """The store was written by a newer omeropyr."""


class MigrationFailed(StoreError):
    """An older store could not be brought up; it is as it was."""


def prepare(engine: Engine, path: Path) -> None:
    """Fill a new file, migrate an older one. Raises WrongVersion for a newer one, MigrationFailed."""
    facts = schema().facts
    with engine.begin() as connection:
        if not engine.dialect.has_table(connection, facts.name):
            schema().metadata.create_all(connection)
            index.create(connection)
            plant(connection)
            named = {"schema": str(SCHEMA_VERSION), "uuid": str(uuid.uuid4())}
            connection.execute(insert(facts), [{"name": name, "value": value} for name, value in named.items()])
        found = int(fact(connection, "schema"))
    if found > SCHEMA_VERSION:
        raise WrongVersion(f"The data are of schema {found}; this omeropyr knows {SCHEMA_VERSION}. Update omeropyr.")
    if found < SCHEMA_VERSION:
        _bring_up(engine, path, found)


def _bring_up(engine: Engine, path: Path, found: int) -> None:
    aside: Path | None = None
    try:
        aside = copy_aside(path, found)
        with engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            _migrate(connection, found)
            connection.commit()
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        if aside is not None:
            aside.unlink()
        why = getattr(error, "orig", None) or error
        raise MigrationFailed(
            f"The data of schema {found} could not be brought to schema {SCHEMA_VERSION}, and are as they were: {why}"
        ) from error
    log.info("store migrated", extra={"schema_before": found, "schema_now": SCHEMA_VERSION, "copy": str(aside)})


def fact(connection: Connection, name: str) -> str:
    """A fact about the store: ``schema``, ``uuid``."""
    table = schema().facts
    return str(connection.execute(select(table.c.value).where(table.c.name == name)).scalar())


def copy_aside(path: Path, version: int) -> Path:
    """Copy the file, with what is in its log, beside itself; return the copy's path."""
    aside = path.with_name(f"{path.name}.v{version}-{time.strftime('%Y%m%d-%H%M%S')}")
    copy_database(path, aside)
    return aside


def copy_database(source: Path, target: Path) -> None:
    """A consistent copy of an SQLite file that others may be writing to, readable by its owner only."""
    target.touch(0o600, exist_ok=False)
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")
    except BaseException:
        target.unlink()
        raise


def _migrate(connection: Connection, found: int) -> None:
    for table in schema().metadata.sorted_tables:
        _complete(connection, table)
    if found < 2:
        index.create(connection)
        index.fill(connection)
    if found < 3:
        _name_repositories(connection)
        _log_what_is_there(connection)
    plant_enumerations(connection)
    facts = schema().facts
    connection.execute(update(facts).where(facts.c.name == "schema").values(value=str(SCHEMA_VERSION)))


def _name_repositories(connection: Connection) -> None:
    """Until version 3 imported files named no repository, and scripts one of their own uuid."""
    file, entry, facts = schema().of(model()["OriginalFile"]), schema().of(model()["FilesetEntry"]), schema().facts
    imported = update(file).where(file.c.id.in_(select(entry.c.originalFile)))
    connection.execute(imported.values(repo=fact(connection, "uuid")))
    connection.execute(delete(facts).where(facts.c.name == "script repository"))
    names = connection.execute(select(facts.c.name).where(facts.c.name.like("script %"))).scalars()
    scripts = [int(name.removeprefix("script ")) for name in names]
    connection.execute(update(file).where(file.c.id.in_(scripts)).values(repo=SCRIPT_REPOSITORY))


def _log_what_is_there(connection: Connection) -> None:
    """Until version 3 changes were not logged: log what objects still say of theirs."""
    for kind in (one for one in model() if not one.is_global and not one.abstract):
        table = schema().of(kind)
        mine = table.c[CLASS] == kind.name if CLASS in table.c else true()
        for action, event, more in (
            ("INSERT", CREATED, true()),
            ("UPDATE", UPDATED, table.c[UPDATED] != table.c[CREATED]),
        ):
            entries = select(table.c[event], literal(action), literal(full_name(kind.name)), table.c.id)
            there = entries.where(mine, more, table.c[event].is_not(None))
            log = schema().of(model()["EventLog"])
            connection.execute(insert(log).from_select(["event", "action", "entityType", "entityId"], there))


def _complete(connection: Connection, table: Table) -> None:
    """Make the table, or the columns and indexes of it that are not there yet."""
    look = inspect(connection)
    if not look.has_table(table.name):
        table.create(connection)
        return
    columns = {column["name"] for column in look.get_columns(table.name)}
    for column in table.columns:
        if column.name not in columns:
            words = str(CreateColumn(column).compile(dialect=connection.dialect)).replace(" NOT NULL", "")
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {words}")
    # SQLAlchemy does not tell of indexes of expressions.
    named = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?"
    indexes = set(connection.exec_driver_sql(named, (table.name,)).scalars())
    for one in table.indexes:
        if one.name not in indexes:
            connection.execute(CreateIndex(one))
