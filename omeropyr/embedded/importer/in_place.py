"""Imports in place: files that stay where they are, below folders that the server's administrator named.

The repository then holds symbolic links. Only the server makes them, and it follows one only as long as it leads below
one of these folders. Whoever may write there decides what the server reads, so such folders are for trusted people.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO

import omero

CONTEXT = "omeropyr.in_place"
"""The entry of the call context by which a client asks ``importFileset`` for it; any value but an empty one."""
GONE = "{} was imported in place, and it is not at its place any more."
NOWHERE = "{} is not in its owner's part of the repository, nor below a folder of imports in place (--import-root)."
_DESCRIPTORS = Path("/proc/self/fd")


class ImportRoots:
    """The folders below which files may be imported in place; none unless told.

    Raises ``ValueError`` for one that is no folder, or that holds the server's own data or lies in them.
    """

    def __init__(self, data: Path, folders: Sequence[Path] = ()) -> None:
        self._folders = tuple(folder.resolve() for folder in folders)
        own = data.resolve()
        for folder in self._folders:
            if folder.is_relative_to(own) or own.is_relative_to(folder):
                raise ValueError(f"{folder} and the server's own data in {own} must not contain each other.")
            if not folder.is_dir():
                raise ValueError(f"{folder} is no folder to import from.")

    def allow(self, target: Path) -> bool:
        """Whether a file, links followed, lies below one of the folders."""
        return any(target.is_relative_to(folder) for folder in self._folders)

    def source(self, client_path: str) -> Path:
        """The real file that a client names by its whole path; an OMERO exception says why it is not taken."""
        if not self._folders:
            raise omero.SecurityViolation(
                None, None, "This server imports nothing in place; its --import-root DIR says from where it may."
            )
        if "\0" in client_path:
            raise omero.ValidationException(None, None, "No file has such a name.")
        path = Path("/", client_path.lstrip("/")).resolve()
        if not self.allow(path):
            raise omero.SecurityViolation(
                None, None, f"{path} is below no folder from which this server imports in place (--import-root)."
            )
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise omero.ValidationException(None, None, f"{path} is no ordinary file.")
        except OSError as error:
            raise omero.ValidationException(
                None, None, f"{path} cannot be imported in place, the server says: {error.strerror}."
            ) from error
        if not os.access(path, os.R_OK):
            raise omero.ValidationException(None, None, f"The server may not read {path}.")
        return path


def stored_file(repository: Path, name: str, owner: int, roots: ImportRoots) -> Path | None:
    """Where a file of the repository lies, a link if it was imported in place; None if *owner* has no such file.

    Anybody may write a path into an OriginalFile of their own: it must lead neither out of the repository nor to
    another user's part of it.
    """
    root = repository.resolve()
    path = root / PurePosixPath(name.lstrip("/"))
    folder = path.parent.resolve()
    if path.name == ".." or folder == root or not folder.is_relative_to(root):
        return None
    if not folder.relative_to(root).parts[0].endswith(f"_{owner}"):
        return None
    path = folder / path.name
    return path if not path.is_symlink() or roots.allow(path.resolve()) else None


def opened(stream: IO[bytes]) -> Path:
    """The file that is really open, whatever its name leads to by now."""
    if _DESCRIPTORS.is_dir():
        return (_DESCRIPTORS / str(stream.fileno())).readlink()
    return Path(stream.name).resolve()
