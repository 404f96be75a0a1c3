"""``omero.api.RawFileStore``: the bytes of original files, of imported ones (read only) and of files being uploaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import omero
from omero.rtypes import rlong, rstring

from omeropyr.embedded import scripts
from omeropyr.embedded.dispatch import Call, StatefulService
from omeropyr.embedded.importer import objects, staging
from omeropyr.embedded.importer.in_place import GONE, NOWHERE, opened, stored_file

if TYPE_CHECKING:
    from omeropyr.embedded.permissions import Actor
    from omeropyr.embedded.server import EmbeddedServer

READ_MOST = 64 * 2**20
"""Bytes that one ``read`` gives at most."""
LARGEST = 2**41
"""Bytes beyond which no file grows."""


def location(call: Call, original: omero.model.OriginalFile) -> tuple[Path, bool]:
    """Where the bytes of a stored OriginalFile are, and whether it was imported (then nobody writes to it).

    Imported files lie below ``ManagedRepository/`` in a folder that bears their owner's id: a path that somebody wrote
    into an OriginalFile of their own leads neither out of the repository nor to another user's files. Nor does one in
    an OriginalFile of another that they may edit: only the server says what is in the repository.
    """
    file_id = original.id.val
    with call.server.store.read(call.actor) as transaction:
        entries = transaction.values("select e.id from FilesetEntry e where e.originalFile.id = :id", {"id": file_id})
    if not entries or original.repo is None or original.repo.val != call.server.store.uuid:
        script = scripts.location(call.server.store, call.server.data, file_id)
        return (call.server.data / "Files" / str(file_id), False) if script is None else (script, True)
    name, owner = f"{original.path.val}/{original.name.val}", original.details.owner.id.val
    path = stored_file(call.server.data / staging.MANAGED, name, owner, call.server.import_roots)
    if path is None:
        raise omero.SecurityViolation(None, None, NOWHERE.format(f"OriginalFile {file_id}"))
    return path, True


def note_bytes(server: EmbeddedServer, actor: Actor, file_id: int) -> omero.model.OriginalFile:
    """Write size and SHA-1 of a file that no import brought into its OriginalFile; return that."""
    path = server.data / "Files" / str(file_id)
    digest, size = staging.sha1(path), path.stat().st_size
    with server.store.write(actor) as transaction:
        original = transaction.get("OriginalFile", file_id)
        hasher = transaction.values("select a.id from ChecksumAlgorithm a where a.value = 'SHA1-160'")
        original.hasher = objects.unloaded("ChecksumAlgorithm", hasher[0][0])
        original.hash, original.size = rstring(digest), rlong(size)
        saved: omero.model.OriginalFile = transaction.save(original)
    return saved


class FileBytes(StatefulService):
    """Random access to one file; what the variants of the service share."""

    slice_type = omero.api.RawFileStore

    def __init__(self) -> None:
        self.path: Path | None = None
        self.writable = False
        self.changed = False

    def read(self, call: Call, position: int, length: int) -> bytes:
        """*length* bytes from *position*; fewer at the end of the file."""
        if position < 0 or length < 0:
            raise omero.ApiUsageException(None, None, "Position and length must not be negative.")
        path = self._path()
        if not path.is_file():
            words = GONE.format(path.name) if path.is_symlink() else "The file has no bytes on this server."
            raise omero.ResourceError(None, None, words)
        with path.open("rb") as stream:
            if path.is_symlink() and not call.server.import_roots.allow(opened(stream)):
                raise omero.SecurityViolation(None, None, f"{path.name} leads out of the folders of imports in place.")
            stream.seek(position)
            return stream.read(min(length, READ_MOST))

    def write(self, call: Call, buf: bytes, position: int, length: int) -> None:
        """Write the first *length* bytes of *buf* at *position*."""
        if position < 0 or not 0 <= length <= len(buf) or position + length > LARGEST:
            raise omero.ApiUsageException(None, None, "Position and length do not fit the bytes that came.")
        path = self._for_writing()
        with path.open("r+b" if path.exists() else "w+b") as stream:
            stream.seek(position)
            stream.write(bytes(buf[:length]))
        self.changed = True

    def truncate(self, call: Call, length: int) -> bool:
        """Cut the file to *length* bytes; False if it is not longer than that."""
        path = self._for_writing()
        if length < 0:
            raise omero.ApiUsageException(None, None, "A file cannot have fewer than 0 bytes.")
        if not path.exists() or path.stat().st_size <= length:
            return False
        with path.open("r+b") as stream:
            stream.truncate(length)
        self.changed = True
        return True

    def size(self, call: Call) -> int:
        """Bytes the file has now."""
        path = self._path()
        return path.stat().st_size if path.exists() else 0

    def exists(self, call: Call) -> bool:
        """Whether there are bytes for the file."""
        return self._path().is_file()

    def _path(self) -> Path:
        if self.path is None:
            raise omero.ApiUsageException(None, None, "Call setFileId first.")
        return self.path

    def _for_writing(self) -> Path:
        path = self._path()
        if not self.writable:
            raise omero.SecurityViolation(None, None, "This file cannot be written to.")
        return path


class RawFileStore(FileBytes):
    """The bytes of a stored OriginalFile."""

    def __init__(self, file_id: int | None = None) -> None:
        super().__init__()
        self._file_id = file_id

    def setFileId(self, call: Call, fileId: int) -> None:
        """Choose the OriginalFile. SecurityViolation or ValidationException for one that the caller may not see."""
        with call.server.store.read(call.actor) as transaction:
            original = transaction.get("OriginalFile", fileId)
        self.path, imported = location(call, original)
        # Bytes below an open table would be changed behind its back.
        free = not imported and not call.server.tables.is_open(fileId)
        self.writable = free and bool(original.details.permissions.canEdit())
        self._file_id = fileId
        self.changed = False

    def getFileId(self, call: Call) -> omero.RLong | None:
        """The OriginalFile chosen; null before that."""
        return None if self._file_id is None else rlong(self._file_id)

    def save(self, call: Call) -> omero.model.OriginalFile | None:
        """Note size and SHA-1 of what was written in the OriginalFile and return it; null if nothing was."""
        if not self.changed or self._file_id is None:
            return None
        saved = note_bytes(call.server, call.actor, self._file_id)
        self.changed = False
        return saved

    def close(self, call: Call) -> None:
        """Save what was written, then let go."""
        try:
            self.save(call)
        finally:  # a full disk, say: the client hears of it, and cannot do more with this servant
            super().close(call)


class UploadStore(FileBytes):
    """The bytes of a file that is being uploaded for an import; there is no OriginalFile yet."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.writable = True

    def getFileId(self, call: Call) -> omero.RLong | None:
        """Null: the OriginalFile is made with the image."""
        return None

    def setFileId(self, call: Call, fileId: int) -> None:
        """Refused: an uploader is for its own file only."""
        raise omero.ApiUsageException(None, None, "An uploader stays with its own file.")

    def save(self, call: Call) -> omero.model.OriginalFile:
        """Size and SHA-1 of the bytes so far, in an OriginalFile that is not stored."""
        path = self._path()
        found = omero.model.OriginalFileI()
        found.name = rstring(path.name)
        if path.exists():
            found.size, found.hash = rlong(path.stat().st_size), rstring(staging.sha1(path))
        return found
