"""The bytes that belong to objects: found before the objects are deleted, removed when that is certain."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sqlalchemy import select

from omeropyr.embedded import scripts
from omeropyr.embedded.graphs.rows import among
from omeropyr.embedded.migration import fact
from omeropyr.embedded.model import model
from omeropyr.embedded.schema import OWNER, schema

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

log = logging.getLogger(__name__)

MANAGED = "ManagedRepository"


@dataclass(frozen=True)
class Leftovers:
    """Ids of Pixels (whose readers have to close first) and of other files; paths in the repository and of scripts."""

    pixels: tuple[int, ...] = ()
    files: tuple[int, ...] = ()
    managed: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()

    def remove(self, data: Path) -> None:
        """Remove the bytes. What is not there, or cannot be removed, is logged: the objects are gone already."""
        for folder, ids in (("Pixels", self.pixels), ("Files", self.files)):
            for one in ids:
                _unlink(data / folder / str(one))
        for one in self.files:
            _unlink(data / "Files" / f"{one}-journal")  # of a table that a killed server was writing to
        for one in self.pixels:
            shutil.rmtree(data / "Thumbnails" / str(one), ignore_errors=True)
        remove_managed(data, self.managed)
        for path in self.scripts:
            _unlink(scripts.file_of(data, path))


def remove_managed(data: Path, names: Iterable[str]) -> None:
    """Remove files of the repository, and the folders that are empty then."""
    for name in names:
        path = data / MANAGED / name
        _unlink(path)
        _tidy(path.parent, data / MANAGED)


def leftovers(tx: Transaction, gone: Mapping[str, Iterable[int]]) -> Leftovers:
    """The files of objects that will be deleted, ids by class."""
    ids = {name: tuple(gone.get(name, ())) for name in ("Pixels", "OriginalFile")}
    known = imported(tx, ids["OriginalFile"])
    managed = tuple(name for name in known.values() if name is not None)
    own = tuple(one for one in ids["OriginalFile"] if one not in known)
    return Leftovers(ids["Pixels"], own, managed, tuple(scripts.paths(tx, own).values()))


def imported(tx: Transaction, ids: Collection[int]) -> Mapping[int, str | None]:
    """Of OriginalFiles that an import made: the path in the repository; null where it is not in its owner's part."""
    file, entry = schema().of(model()["OriginalFile"]), schema().of(model()["FilesetEntry"])
    found: dict[int, str | None] = {}
    statement = (
        select(file.c.id, file.c.path, file.c.name, file.c[OWNER])
        .join(entry, entry.c.originalFile == file.c.id)
        .where(among(file.c.id, ids), file.c.repo == fact(tx.connection, "uuid"))
    )
    for file_id, folder, name, owner in tx.connection.execute(statement):
        path = PurePosixPath(str(folder).lstrip("/")) / str(name)
        own = bool(path.parts) and path.parts[0].endswith(f"_{owner}") and ".." not in path.parts
        found[int(file_id)] = str(path) if own else None
    return found


def _unlink(path: Path) -> None:
    # For a file that was imported in place this is a link: the link goes, what it points at stays.
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("a file could not be removed", exc_info=error, extra={"path": str(path)})


def _tidy(folder: Path, root: Path) -> None:
    """Remove folders that are empty now, up to the repository."""
    while folder != root and root in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
