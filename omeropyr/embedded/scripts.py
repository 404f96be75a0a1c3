"""Official scripts and lookup tables: files below ``Scripts/`` of the data folder, each an OriginalFile.

Which OriginalFiles are official stands among the server's own facts (``script <id>`` is its path), where no client can
write: anybody may make an OriginalFile that has the path of a script or the uuid of their repository. They belong to
root in the group ``user``, which everybody may read.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import omero
import omero.all
from omero.rtypes import rlong, rstring
from sqlalchemy import delete, insert, select

from omeropyr.embedded.graphs.rows import among
from omeropyr.embedded.permissions import SCRIPT_REPOSITORY, SYSTEM, USER_GROUP
from omeropyr.embedded.schema import schema
from omeropyr.embedded.store import Store, Transaction
from omeropyr.rendering import lut

FOLDER = "Scripts"
LUTS = "/luts/"
MIMETYPES = {
    ".py": "text/x-python",
    ".m": "text/x-matlab",
    ".jy": "text/x-jython",
    ".lut": "text/x-lut",
    ".ijm": "text/x-ijm",
    ".groovy": "text/x-groovy",
}
"""Media types of what may be a script, by the end of the name."""
LUT_TYPE = MIMETYPES[".lut"]
LARGEST = 16 * 2**20
"""Bytes of one script."""
_FACT = "script "


def official(tx: Transaction) -> dict[int, str]:
    """Paths (``/omero/util_scripts/x.py``) of the official files by the ids of their OriginalFiles."""
    facts = schema().facts
    rows = tx.connection.execute(select(facts.c.name, facts.c.value).where(facts.c.name.like(f"{_FACT}%")))
    found = {int(name.removeprefix(_FACT)): str(path) for name, path in rows}
    known = tx.values("select o.id from OriginalFile o where o.id in (:ids)", {"ids": list(found)})
    return {int(row[0]): found[int(row[0])] for row in known}


def paths(tx: Transaction, ids: Collection[int]) -> dict[int, str]:
    """Paths of the official files among *ids*, whoever asks."""
    facts = schema().facts
    names = [f"{_FACT}{file_id}" for file_id in ids]
    rows = tx.connection.execute(select(facts.c.name, facts.c.value).where(among(facts.c.name, names)))
    return {int(name.removeprefix(_FACT)): str(path) for name, path in rows}


def forget(tx: Transaction, ids: Iterable[int]) -> None:
    """The OriginalFiles are deleted: their paths are free again."""
    facts = schema().facts
    tx.connection.execute(delete(facts).where(among(facts.c.name, [f"{_FACT}{file_id}" for file_id in ids])))


def location(store: Store, data: Path, file_id: int) -> Path | None:
    """Where the bytes of an official file are; None when the OriginalFile is not official."""
    facts = schema().facts
    with store.read(SYSTEM) as tx:
        path = tx.connection.execute(select(facts.c.value).where(facts.c.name == f"{_FACT}{file_id}")).scalar()
    return None if path is None else file_of(data, str(path))


def normal_path(path: str | None) -> str:
    """``/folder/name.py`` for what a client sent; ApiUsageException for what is no clean path or too long."""
    pure = PurePosixPath("/" + (path or "").lstrip("/"))
    parts = pure.parts[1:]
    bad = any(part == ".." or not part.isprintable() for part in parts)
    if not parts or bad or len(str(pure)) > 1000 or any(len(part.encode()) > 200 for part in parts):
        raise omero.ApiUsageException(None, None, f"{(path or '')[:200]!r} is no path of a script.")
    return str(pure)


def mimetype(path: str) -> str:
    """The media type by the end of the name, ``text/plain`` for others."""
    return MIMETYPES.get(PurePosixPath(path).suffix.lower(), "text/plain")


def described(path: str, content: bytes, made: Any = None) -> Any:
    """An OriginalFile (a new one unless given) with path, name, media type, size and SHA-1 of *content*."""
    found = made if made is not None else omero.model.OriginalFileI()
    pure = PurePosixPath(path)
    found.name, found.path = rstring(pure.name), rstring(f"{str(pure.parent).rstrip('/')}/")
    found.mimetype, found.size = rstring(mimetype(path)), rlong(len(content))
    found.hash = rstring(hashlib.sha1(content, usedforsecurity=False).hexdigest())
    return found


def add(store: Store, data: Path, path: str, content: bytes) -> int:
    """A new official file; its id. ApiUsageException when there is one of this path."""
    actor = replace(SYSTEM, group_id=USER_GROUP)
    with store.write(actor) as tx:
        if path in official(tx).values():
            raise omero.ApiUsageException(None, None, f"{path} is there already: use editScript.")
        made = described(path, content)
        made.repo = rstring(SCRIPT_REPOSITORY)
        _with_hasher(tx, made)
        file_id = int(tx.save(made).id.val)
        tx.connection.execute(insert(schema().facts).values(name=f"{_FACT}{file_id}", value=path))
        _write(file_of(data, path), content)
    return file_id


def change(store: Store, data: Path, file_id: int, content: bytes) -> None:
    """Replace the bytes of an official file."""
    with store.write(SYSTEM) as tx:
        path = official(tx)[file_id]
        made = described(path, content, tx.get("OriginalFile", file_id))
        _with_hasher(tx, made)
        tx.save(made)
        _write(file_of(data, path), content)


def remove(store: Store, data: Path, file_id: int) -> None:
    """Delete an official file; ValidationException when something points at it."""
    with store.write(SYSTEM) as tx:
        path = official(tx)[file_id]
        tx.delete("OriginalFile", file_id)
        forget(tx, [file_id])
        file_of(data, path).unlink(missing_ok=True)


def plant(store: Store, data: Path) -> None:
    """Write the lookup tables that are not there yet: 256 red, 256 green, then 256 blue bytes, as ImageJ reads them."""
    with store.read(SYSTEM) as tx:
        known = {str(PurePosixPath(path)) for path in official(tx).values()}
    for path, content in _tables():
        if path not in known:
            add(store, data, path, content)


def _tables() -> Iterable[tuple[str, bytes]]:
    for name in lut.names():
        table = lut.lookup_table(name)
        if table is not None:
            yield f"{LUTS}{name}", table.T.tobytes()


def _with_hasher(tx: Transaction, made: Any) -> None:
    found = tx.values("select a.id from ChecksumAlgorithm a where a.value = 'SHA1-160'")
    made.hasher = omero.model.ChecksumAlgorithmI(int(found[0][0]), False)


def file_of(data: Path, path: str) -> Path:
    """Where the bytes of an official *path* are; SecurityViolation for one that leads out of the folder."""
    root = (data / FOLDER).resolve()
    found = (root / path.lstrip("/")).resolve()
    if not found.is_relative_to(root):
        raise omero.SecurityViolation(None, None, "The path leads out of the repository of scripts.")
    return found


def _write(path: Path, content: bytes) -> None:
    """All or nothing: a reader sees the old bytes or the new ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
