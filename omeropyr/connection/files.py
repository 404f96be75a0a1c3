"""Original files: the facts about one, and its bytes chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import omero

from omeropyr.connection.held import Held
from omeropyr.connection.query import rows
from omeropyr.errors import ObjectNotFound

_FACTS = """
    select f.id, f.name, f.path, f.size, f.mimetype, f.hash, f.details.updateEvent.id
    from OriginalFile f where f.id in (:ids) order by f.id
"""


@dataclass(frozen=True)
class FileFacts:
    """An original file; ``path`` ends in a slash or is empty, ``size`` is in bytes."""

    id: int
    name: str
    path: str
    size: int
    mimetype: str
    version: str
    """Changes whenever the bytes do."""


def file_facts(conn: Any, file_ids: list[int]) -> dict[int, FileFacts]:
    """What is known of files, by id; those that are missing or may not be seen are left out. One Ice call."""
    if not file_ids:
        return {}
    found = rows(conn, _FACTS, ids=file_ids)
    return {row[0]: facts_of(row) for row in found}


def find_file(conn: Any, file_id: int) -> FileFacts:
    """The facts of one file. Raises ObjectNotFound."""
    found = file_facts(conn, [file_id]).get(file_id)
    if found is None:
        raise ObjectNotFound(f"There is no file {file_id}, or you may not see it.")
    return found


def facts_of(row: tuple[Any, ...]) -> FileFacts:
    """Facts of a row: id, name, path, size, mimetype, hash, id of the update event."""
    file_id, name, path, size, mimetype, digest, event = row
    return FileFacts(file_id, name or "", path or "", int(size or 0), mimetype or "", f"{digest}-{size}-{event}")


def open_file(conn: Any, file_id: int) -> Any:
    """A RawFileStore of the file, to be closed by the caller; ObjectNotFound where OMERO does not know the file."""
    store = conn.factory.createRawFileStore()
    try:
        store.setFileId(file_id, conn.SERVICE_OPTS)
    except BaseException as error:
        if isinstance(error, omero.ServerError):
            store.close()
        if isinstance(error, omero.ValidationException):
            raise ObjectNotFound(f"There is no file {file_id}, or you may not see it.") from None
        raise
    return store


def file_chunks(held: Held, file: FileFacts, start: int, stop: int, size: int) -> Iterator[bytes]:
    """The bytes from *start* to *stop* of a file, at most *size* at a time; *held* opens files by ``open_file``.

    A file that turns out to be shorter than OMERO's database says ends the stream with ``EOFError``: the client was
    told another length and must not take the rest for the whole.
    """
    place = start
    while place < stop:
        chunk = bytes(held.get(file.id).read(place, min(size, stop - place)))
        if not chunk:
            raise EOFError(f"file {file.id} ends at {place} of {file.size} bytes")
        place += len(chunk)
        yield chunk
