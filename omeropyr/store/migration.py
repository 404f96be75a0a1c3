"""Bringing the durable store to the version that this program knows: one transaction, once for all processes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Engine, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from omeropyr.errors import StoreUnavailable
from omeropyr.store.tables import ATTEMPTS, SCHEMA

log = logging.getLogger(__name__)

Step = Callable[[Connection], None]

# Never changed, only added to: a store of version n has taken the first n.
STEPS: tuple[Step, ...] = (ATTEMPTS.create,)


def migrate(engine: Engine, steps: Sequence[Step] = STEPS) -> None:
    """Take the steps that are missing. StoreUnavailable for a store that a newer omeropyr has made."""
    for left in (2, 1, 0):
        try:
            with engine.begin() as connection:
                _migrate(connection, steps)
            return
        except (IntegrityError, OperationalError, ProgrammingError):
            # Two processes that start together on an empty database: the other one made the table first.
            with engine.connect() as connection:
                if not left or not inspect(connection).has_table(SCHEMA.name):
                    raise


def _migrate(connection: Connection, steps: Sequence[Step]) -> None:
    if not inspect(connection).has_table(SCHEMA.name):
        SCHEMA.create(connection)
        connection.execute(insert(SCHEMA).values(version=0))
    found = connection.scalar(select(SCHEMA.c.version).with_for_update()) or 0
    if found > len(steps):
        log.error("the durable store is newer than this omeropyr", extra={"found": found, "known": len(steps)})
        raise StoreUnavailable("A newer omeropyr has made the site's store. Tell your administrator.")
    for step in steps[found:]:
        step(connection)
    if found < len(steps):
        connection.execute(update(SCHEMA).values(version=len(steps)))
        log.info("durable store", extra={"from": found, "to": len(steps)})
