"""In which repository a file is: the server says it, never a client, since it decides who may change the file."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select, update

from omeropyr.embedded.graphs.rows import among
from omeropyr.embedded.migration import fact
from omeropyr.embedded.model import model
from omeropyr.embedded.schema import schema


def claim(connection: Connection, file_ids: Collection[int]) -> None:
    """Note that OriginalFiles are in the managed repository, whose uuid is the store's."""
    table = schema().of(model()["OriginalFile"])
    connection.execute(update(table).where(among(table.c.id, file_ids)).values(repo=fact(connection, "uuid")))


def claim_fileset(connection: Connection, fileset_id: int) -> None:
    """The same for the files of a Fileset."""
    table = schema().of(model()["FilesetEntry"])
    found = connection.execute(select(table.c.originalFile).where(table.c.fileset == fileset_id)).scalars()
    claim(connection, list(found))
