"""Copies of a server's data in one file, taken while the server runs, and put back into an empty folder.

The order makes the copy consistent. Files of the repository never change once they are there, so their names are linked
first (a deletion while we copy takes nothing away from us), then the database is copied by SQLite's own means, then
what came meanwhile is linked: every file that the copied database knows is there. A file below ``Files/`` that a client
is writing at that moment is copied as it is then; its OriginalFile's checksum tells.

Files that were imported in place stay where they are: the backup holds where that is, not their bytes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any

from omeropyr.embedded import functions
from omeropyr.embedded.importer.staging import MANAGED
from omeropyr.embedded.migration import copy_database
from omeropyr.embedded.schema import SCHEMA_VERSION

DATABASE, MANIFEST, ANNOUNCEMENT = "omero.sqlite", "backup.json", "server.json"
FORMAT = 1
_STAGING = ".backup-"
_LEFT_OUT = ("Uploads", ANNOUNCEMENT, "faults.json")
_SQLITE = b"SQLite format 3\0"
_CHUNK = 1 << 20


class BackupError(Exception):
    """Why a backup cannot be made or used; one line for the user."""


@dataclass(frozen=True)
class Summary:
    """What is in a backup."""

    path: Path
    files: int
    size: int
    in_place: int = 0
    """Files that were imported in place, whose bytes are not in it."""


def backup(data: Path, target: Path) -> Summary:
    """Write the data folder into *target*, a new file, or a file named by the time in *target* when it is a folder."""
    if not (data / DATABASE).is_file():
        raise BackupError(f"{data} holds no data of an embedded server.")
    path = target / f"omero-{time.strftime('%Y%m%d-%H%M%S')}.tar" if target.is_dir() else target
    if path.exists():
        raise BackupError(f"{path} is there already; a backup overwrites nothing.")
    if path.resolve().is_relative_to(data.resolve()):
        raise BackupError(f"{path} is inside the data folder, which may be lost as a whole.")
    part = path.with_name(f"{path.name}.part")
    # Beside the files: a link cannot lead to another file system.
    with tempfile.TemporaryDirectory(prefix=_STAGING, dir=data) as staging:
        try:
            copied = Path(staging)
            _link_files(data, copied)
            copy_database(data / DATABASE, copied / DATABASE)
            _link_files(data, copied)
            summary = _write(copied, part, path)
            part.rename(path)
        except sqlite3.Error as error:
            raise BackupError(f"The backup was not made: the database cannot be copied, {error}.") from error
        except OSError as error:
            raise BackupError(f"The backup was not made: {error.strerror} ({error.filename or path}).") from error
        finally:
            part.unlink(missing_ok=True)
    return summary


def restore(source: Path, data: Path) -> Summary:
    """Put a backup into *data*, a new or empty folder, after every byte of it was compared with its checksum."""
    if not source.is_file():
        raise BackupError(f"There is no file {source}.")
    _refuse_used(data)
    data.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data.parent) as staging:
        made = Path(staging) / "data"
        made.mkdir(mode=0o700)
        try:
            summary = _read(source, made)
            _check_database(made / DATABASE)
            if data.exists():
                data.rmdir()
            made.rename(data)
        except tarfile.TarError as error:
            raise BackupError(f"{source} is no backup, or is damaged: {error}.") from error
        except OSError as error:
            raise BackupError(f"Nothing was restored: {error.strerror} ({error.filename or data}).") from error
    return summary


# --- writing ---


def _link_files(data: Path, staging: Path) -> None:
    """Links in *staging* to all files that are not linked there yet."""
    for folder, folders, names in os.walk(data):
        here = Path(folder).relative_to(data)
        if here == Path():
            folders[:] = [name for name in folders if name not in _LEFT_OUT and not name.startswith(".")]
            names = [name for name in names if name not in _LEFT_OUT and not name.startswith(DATABASE)]
        (staging / here).mkdir(exist_ok=True, mode=0o700)
        for name in names:
            with suppress(FileNotFoundError):  # deleted meanwhile
                _link(data, data / here / name, staging / here / name)


def _link(data: Path, source: Path, target: Path) -> None:
    if source.is_symlink() and source.is_relative_to(data / MANAGED):
        if not target.is_symlink():
            target.symlink_to(source.readlink())
        return
    if target.exists() or source.is_symlink() or not source.is_file():
        return
    if source.name.endswith(("-wal", "-shm", "-journal")) and _is_database(
        source.with_name(source.name.rpartition("-")[0])
    ):
        return
    if _is_database(source):
        # Anybody can upload a file that begins like one and is none: it is copied like any other.
        with suppress(sqlite3.Error):
            copy_database(source, target)
            return
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copy2(source, target)


def _is_database(path: Path) -> bool:
    with suppress(OSError), path.open("rb") as stream:
        return stream.read(len(_SQLITE)) == _SQLITE
    return False


def _write(staging: Path, part: Path, path: Path) -> Summary:
    entries: dict[str, dict[str, Any]] = {}
    links: dict[str, str] = {}
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for one in sorted(staging.rglob("*")):
                name = one.relative_to(staging).as_posix()
                if one.is_symlink():
                    links[name] = str(one.readlink())
                elif one.is_dir():
                    archive.addfile(_header(name, one, directory=True))
                else:
                    entries[name] = _add(archive, name, one)
            manifest = {
                "format": FORMAT,
                "schema": SCHEMA_VERSION,
                "made": time.time(),
                "files": entries,
                "links": links,
            }
            content = json.dumps(manifest).encode()
            info = tarfile.TarInfo(MANIFEST)
            info.size, info.mode = len(content), 0o600
            archive.addfile(info, BytesIO(content))
        file.flush()
        os.fsync(file.fileno())
    return Summary(path, len(entries), sum(entry["size"] for entry in entries.values()), len(links))


def _header(name: str, path: Path, *, directory: bool = False) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    found = path.stat()
    info.mtime, info.mode = found.st_mtime, 0o700 if directory else 0o600
    info.type = tarfile.DIRTYPE if directory else tarfile.REGTYPE
    info.size = 0 if directory else found.st_size
    return info


def _add(archive: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    """Add one file as long as it is now, whoever writes to it; return its size and checksum."""
    info = _header(name, path)
    with path.open("rb") as stream:
        reading = _Hashing(stream, info.size)
        archive.addfile(info, reading)
    return {"size": info.size, "sha256": reading.digest.hexdigest()}


class _Hashing:
    """A stream of just *size* bytes that remembers their checksum; bytes that were cut off meanwhile are zeros."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._left = size
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        wanted = self._left if size < 0 else min(size, self._left)
        found = self._stream.read(wanted).ljust(wanted, b"\0")
        self._left -= wanted
        self.digest.update(found)
        return found


# --- reading ---


def _refuse_used(data: Path) -> None:
    with suppress(FileNotFoundError, NotADirectoryError), (data / ANNOUNCEMENT).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"{data} is in use by an embedded server; stop it and take another folder.") from None
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise BackupError(f"{data} is not empty; restore into a new folder.")


def _read(source: Path, made: Path) -> Summary:
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    with tarfile.open(source, mode="r:") as archive:
        for member in archive:
            if member.name == MANIFEST:
                manifest = _manifest(_content(archive, member).read())
            elif member.isdir():
                (made / _safe(member.name)).mkdir(parents=True, exist_ok=True, mode=0o700)
            elif member.isreg():
                found[member.name] = _extract(archive, member, made / _safe(member.name))
            else:
                raise BackupError(f"{source} holds {member.name!r}, which is neither a file nor a folder.")
    if manifest is None or manifest.get("format") != FORMAT:
        raise BackupError(f"{source} is no backup of an embedded server, or it is not complete.")
    if manifest["schema"] > SCHEMA_VERSION:
        raise BackupError(f"{source} was made by a newer omeropyr. Update omeropyr.")
    different = sorted(name for name in {*found, *manifest["files"]} if found.get(name) != manifest["files"].get(name))
    if different:
        raise BackupError(f"{source} is damaged: {different[0]} is not as it was ({len(different)} in all).")
    links = manifest.get("links") or {}
    for name, target in links.items():
        _restore_link(made, name, target)
    return Summary(made, len(found), sum(entry["size"] for entry in found.values()), len(links))


def _manifest(content: bytes) -> dict[str, Any] | None:
    """The list of files that a backup ends with; None for something else."""
    try:
        found = json.loads(content)
    except ValueError:
        return None
    known = isinstance(found, dict) and isinstance(found.get("files"), dict) and isinstance(found.get("schema"), int)
    return found if known else None


def _restore_link(made: Path, name: str, target: str) -> None:
    """A link to a file that was imported in place; the server follows it only below its import roots."""
    path = _safe(name)
    if path.parts[0] != MANAGED or not isinstance(target, str) or "\0" in target:
        raise BackupError(f"The backup wants a link where none belongs: {name!r}.")
    (made / path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    (made / path).symlink_to(target)


def _safe(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise BackupError(f"The backup wants to write outside its folder: {name!r}.")
    return path


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    stream = archive.extractfile(member)
    if stream is None:
        raise BackupError(f"{member.name} has no content.")
    return stream


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> dict[str, Any]:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for chunk in _chunks(_content(archive, member)):
            digest.update(chunk)
            file.write(chunk)
    os.utime(target, (member.mtime, member.mtime))
    return {"size": member.size, "sha256": digest.hexdigest()}


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _check_database(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            functions.define(file)
            found = file.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"The database of the backup cannot be read: {error}.") from error
    if found != ("ok",):
        raise BackupError(f"The database of the backup is damaged: {found[0]}.")
