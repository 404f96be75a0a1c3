"""Imported files follow their owner: in the repository they lie in a folder that bears the owner's id.

That folder is what keeps a path that somebody writes into an object of their own from leading to another user's files,
so a gift moves the files, too. They get a second name before the transaction is kept and lose the first one after it:
a server that dies in between leaves a name too many, never one too few.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from omeropyr.embedded.graphs.files import MANAGED, imported, remove_managed
from omeropyr.embedded.graphs.rows import among
from omeropyr.embedded.importer import staging
from omeropyr.embedded.model import model
from omeropyr.embedded.schema import schema

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction


@dataclass
class Rehoming:
    """Names of files in the repository, the old ones and the new."""

    data: Path
    names: list[tuple[str, str]] = field(default_factory=list)

    def prepare(self) -> None:
        """Give every file its second name; OSError undoes what was done."""
        done: list[str] = []
        try:
            for old, new in self.names:
                source, target = self.data / MANAGED / old, self.data / MANAGED / new
                if source.is_file() or source.is_symlink():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    done.append(new)
                    _second_name(source, target)
        except OSError:
            remove_managed(self.data, done)
            raise

    def finish(self) -> None:
        """Take away the old names: the gift is kept."""
        remove_managed(self.data, [old for old, _ in self.names])

    def abandon(self) -> None:
        """Take away the new names: the gift is not kept."""
        remove_managed(self.data, [new for _, new in self.names])


def rehome(tx: Transaction, data: Path, files: Collection[int], filesets: Collection[int], user_id: int) -> Rehoming:
    """Write the new owner's folder into OriginalFiles and Filesets; call this while they still have the old owner."""
    users = schema().of(model()["Experimenter"])
    name = tx.connection.execute(select(users.c.omeName).where(users.c.id == user_id)).scalar()
    home = f"{staging.safe_name(str(name))}_{user_id}"
    made = Rehoming(data)
    table = schema().of(model()["OriginalFile"])
    for file_id, path in imported(tx, files).items():
        if path is not None:
            new = PurePosixPath(home, *PurePosixPath(path).parts[1:])
            made.names.append((path, str(new)))
            change = update(table).where(table.c.id == file_id).values(path=f"{new.parent}/")
            tx.connection.execute(change)
    table = schema().of(model()["Fileset"])
    known = select(table.c.id, table.c.templatePrefix).where(among(table.c.id, filesets))
    for fileset_id, prefix in tx.connection.execute(known).fetchall():
        rest = str(prefix or "").split("/", 1)[1:]
        change = update(table).where(table.c.id == fileset_id).values(templatePrefix="/".join([home, *rest]))
        tx.connection.execute(change)
    return made


def _second_name(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if source.is_symlink():
            target.symlink_to(source.readlink())
        else:
            staging.copy(source, target, link=False)
