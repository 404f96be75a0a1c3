"""Where files wait until their import is complete, and where they stay afterwards.

Uploads go to a folder of their own below ``Uploads/``; a finished import renames that folder into
``ManagedRepository/``. Nothing that is not in the store is ever left there.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath

UPLOADS, MANAGED = "Uploads", "ManagedRepository"
ABANDONED = 24 * 3600
"""Seconds after which an upload that nobody writes to any more is removed."""

ZARR_METADATA = ("zarr.json", ".zattrs")

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*/\\]')
_CHUNK = 1 << 20
_NOTE = ".settling"


@dataclass(frozen=True)
class StagedFile:
    """One file of a Fileset: where it came from, its name in the folder (may hold folders), where it lies now."""

    client_path: str
    name: str
    path: Path


def safe_name(client_path: str) -> str:
    """The file name in a path from whatever system, fit for this one; never a way out of a folder."""
    base = client_path.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    name = _UNSAFE.sub("_", base).strip(" ")
    if name.strip(".") == "":
        name = "file"
    while len(name.encode()) > 200:
        name = name[1:]
    return name


def stage(data: Path, client_paths: Sequence[str]) -> list[StagedFile]:
    """Make an upload folder for the files of one Fileset.

    The files of an OME-Zarr keep their folders; of others, equal names are kept apart by numbered folders.
    """
    sweep(data)
    folder = data / UPLOADS / uuid.uuid4().hex
    folder.mkdir(parents=True, mode=0o700)
    if (names := _below_zarr(client_paths)) is not None:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        return [StagedFile(path, name, folder / name) for path, name in zip(client_paths, names, strict=True)]
    names = [safe_name(path) for path in client_paths]
    folded = [name.casefold() for name in names]
    if len(set(folded)) != len(folded):
        names = [f"{number}/{name}" for number, name in enumerate(names)]
        for number in range(len(names)):
            (folder / str(number)).mkdir()
    return [StagedFile(path, name, folder / name) for path, name in zip(client_paths, names, strict=True)]


def _below_zarr(client_paths: Sequence[str]) -> list[str] | None:
    """Safe names relative to the folder that holds the OME-Zarr; ``None`` if these are not its files."""
    split = [[part for part in path.replace("\\", "/").split("/") if part] for path in client_paths]
    tops = [parts[:-1] for parts in split if parts and parts[-1] in ZARR_METADATA]
    top = min(tops, key=len, default=None)
    if not top or any(parts[: len(top)] != top for parts in split):
        return None
    return ["/".join(safe_name(part) for part in parts[len(top) - 1 :]) for parts in split]


def folder_of(files: Sequence[StagedFile]) -> Path:
    """The upload folder of *files*."""
    first = files[0]
    return first.path.parents[first.name.count("/")]


def discard(files: Sequence[StagedFile]) -> None:
    """Remove an upload folder; a second call does nothing."""
    shutil.rmtree(folder_of(files), ignore_errors=True)


def sweep(data: Path) -> None:
    """Remove uploads that were left behind long ago, by a server that was killed."""
    limit = time.time() - ABANDONED
    uploads = data / UPLOADS
    for folder in uploads.iterdir() if uploads.is_dir() else ():
        if folder.suffix == _NOTE:
            continue
        newest = max((path.lstat().st_mtime for path in (folder, *folder.rglob("*"))), default=0.0)
        if newest < limit:
            shutil.rmtree(folder, ignore_errors=True)


def template_prefix(user_name: str, user_id: int) -> str:
    """The folder of a new Fileset below ``ManagedRepository/``, laid out as OMERO does: user, month, day, time."""
    now = datetime.now(timezone.utc)
    moment = f"{now:%H-%M-%S}.{now.microsecond // 1000:03}"
    user = safe_name(user_name)
    return f"{user}_{user_id}/{now:%Y-%m}/{now:%d}/{moment}-{uuid.uuid4().hex[:6]}/"


def settle(files: Sequence[StagedFile], data: Path, prefix: str) -> Path:
    """Move an upload folder to its place in the repository, in one step; returns that place.

    A note in ``Uploads/`` says so until :func:`forget_note`: a server that is killed meanwhile finds it at its next
    start.
    """
    _note(files).write_text(prefix, "utf-8")
    target = data / MANAGED / prefix
    target.parent.mkdir(parents=True, exist_ok=True)
    folder_of(files).rename(target)
    return target


def forget_note(files: Sequence[StagedFile]) -> None:
    """What :func:`settle` moved is in the store, or was removed again."""
    _note(files).unlink(missing_ok=True)


def _note(files: Sequence[StagedFile]) -> Path:
    return folder_of(files).with_suffix(_NOTE)


def clear(data: Path, is_stored: Callable[[str], bool]) -> None:
    """Remove what a server that was killed left behind; only while no import can be under way.

    *is_stored* tells whether the Fileset of a template prefix is in the store.
    """
    uploads = data / UPLOADS
    for path in uploads.iterdir() if uploads.is_dir() else ():
        if path.suffix == _NOTE and path.is_file():
            prefix = path.read_text("utf-8")
            if prefix and not is_stored(prefix):
                unsettle(data, prefix)
            path.unlink()
        elif path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)


def unsettle(data: Path, prefix: str) -> None:
    """Remove a Fileset's folder and the folders above it that are empty then."""
    target = data / MANAGED / prefix
    shutil.rmtree(target, ignore_errors=True)
    for parent in PurePosixPath(prefix).parents:
        folder = data / MANAGED / parent
        if parent == PurePosixPath(".") or not folder.is_dir() or any(folder.iterdir()):
            return
        folder.rmdir()


def copy(source: Path, target: Path, *, link: bool) -> None:
    """Copy a file, or share its bytes by a hard link where the file system can (*link*).

    Of a symbolic link, a file that was imported in place, the copy leads to the same file.
    """
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    if link:
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)


def sha1(path: Path, advance: Callable[[int], None] | None = None) -> str:
    """The SHA-1 of a file in hexadecimal, as OMERO keeps it for every original file; *advance* hears of the bytes."""
    digest = hashlib.sha1(usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            if advance is not None:
                advance(len(chunk))
    return digest.hexdigest()


def mimetype(name: str) -> str:
    """The media type by a file's extension."""
    known = {
        ".tif": "image/tiff",
        ".tiff": "image/tiff",
        ".png": "image/png",
        ".jpg": "image/jpeg",
        ".jpeg": "image/jpeg",
        ".xml": "text/xml",
        ".txt": "text/plain",
        ".csv": "text/csv",
        ".log": "application/omero-log-file",
    }
    return known.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
