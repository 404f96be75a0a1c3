"""Session records as files of mode 0600, one a session, in a folder of mode 0700."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from omeropyr.sessions.records import MOST_BYTES, is_session_id
from omeropyr.sessions.store import SessionStore

PARTIAL_SECONDS = 3600.0  # a file that a killed process left half written is older


class FileStore(SessionStore):
    """Records below *folder*. One lock for changes of what is there; readers and new records need none."""

    name = "file"
    failures = (OSError,)

    def __init__(self, folder: Path, lifetime: float) -> None:
        super().__init__(lifetime)
        self.folder = folder

    def _fetch(self, session_id: str) -> bytes | None:
        try:
            with (self.folder / session_id).open("rb") as file:
                return file.read(MOST_BYTES + 1)
        except FileNotFoundError:
            return None

    def _put(self, session_id: str, content: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes files of mode 0600.
        descriptor, partial = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(partial).replace(self.folder / session_id)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise

    def _swap(self, session_id: str, old: bytes, new: bytes) -> bool:
        with self._lock():
            if self._fetch(session_id) != old:
                return False
            self._put(session_id, new)
            return True

    def _delete(self, session_id: str) -> None:
        with self._lock():
            (self.folder / session_id).unlink(missing_ok=True)

    def _clear(self) -> int:
        """By the time of their last write, which is what ``expires`` counts from: no file has to be read.

        In the order of the inodes: with the folder out of the cache, any other order takes the disk twenty times as
        long. What is spoilt was written once, too.
        """
        count, now = 0, time.time()
        try:
            with os.scandir(self.folder) as found:
                entries = sorted((entry.inode(), entry.name) for entry in found)
        except FileNotFoundError:
            return 0
        for _, name in entries:
            partial = name.startswith(".") and name.endswith(".part")
            if not (partial or is_session_id(name)):
                continue
            path = f"{self.folder}/{name}"
            with contextlib.suppress(FileNotFoundError):
                if os.stat(path).st_mtime + (PARTIAL_SECONDS if partial else self.lifetime) <= now:  # noqa: PTH116 - quick
                    os.unlink(path)  # noqa: PTH108
                    count += not partial
        return count

    def _why(self, error: Exception) -> str | None:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        return "The disk of the web server's sessions is full. Tell your administrator." if full else None

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Between threads and processes: each opens the file for itself. Nobody waits for more than a rename."""
        try:
            descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:  # no folder, so no record to change
            yield
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
