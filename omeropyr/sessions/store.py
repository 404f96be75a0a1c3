"""Session records as files: JSON bytes only, one file a session, written whole or not at all.

A record is ``{"version", "expires", "data"}``; ``data`` is what Beaker hands over (its own JSON, in base64),
``expires`` is the last write plus the life time, in seconds since the epoch. It is enforced on read: Beaker has no
time-out here, because its kind needs every reader to write. What cannot be read is nobody's session; the log says so.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import logging
import os
import re
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from beaker.container import NamespaceManager

log = logging.getLogger(__name__)

VERSION = 1
MOST_BYTES = 256 * 1024
_ID = re.compile(r"[0-9a-f]{32}")
_KEY = "session"  # the one key that Beaker's session asks a namespace for


def is_session_id(text: str) -> bool:
    """Whether *text* is an id as Beaker makes them; nothing else ever becomes part of a path."""
    return _ID.fullmatch(text) is not None


class FileStore:
    """Records of sessions below *folder*, which is made with mode 0700; *lifetime* in seconds."""

    def __init__(self, folder: Path, lifetime: float) -> None:
        self.folder = folder
        self.lifetime = lifetime

    def read(self, session_id: str) -> str | None:
        """What Beaker stored, None when there is no such session or its time is over."""
        path = self._path(session_id)
        try:
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        record = self._parse(content)
        if record is None:
            log.warning("a session record cannot be read and counts as logged out", extra={"bytes": len(content)})
            return None
        return str(record["data"]) if record["expires"] > time.time() else None

    def values(self, session_id: str) -> dict[str, Any] | None:
        """The session's values, read without Beaker; None when there is no such session."""
        stored = self.read(session_id)
        if stored is None:
            return None
        try:
            packed = base64.b64decode(stored, validate=True)
            # Beaker's JSON serializer compresses; what unpacks to more than a record may hold is cut and so no JSON.
            values = json.loads(zlib.decompressobj().decompress(packed, MOST_BYTES))
        except (ValueError, binascii.Error, zlib.error):
            return None
        return values if isinstance(values, dict) else None

    def exists(self, session_id: str) -> bool:
        """Whether there is a record, in time or not."""
        return self._path(session_id).exists()

    def write(self, session_id: str, data: bytes | str) -> None:
        """Replace a record; a reader sees the old one or the new one."""
        path = self._path(session_id)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = data.decode("ascii") if isinstance(data, bytes) else data
        record = {"version": VERSION, "expires": time.time() + self.lifetime, "data": text}
        # mkstemp makes files of mode 0600.
        descriptor, partial = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(record).encode("ascii"))
            Path(partial).replace(path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(partial).unlink()
            raise

    def remove(self, session_id: str) -> None:
        """Remove a record; one that is not there is fine."""
        if is_session_id(session_id):
            with contextlib.suppress(FileNotFoundError):
                self._path(session_id).unlink()

    def expired(self) -> Iterator[Path]:
        """Files of sessions whose time is over, or that cannot be read."""
        now = time.time()
        for path in self.folder.glob("[0-9a-f]*"):
            record = self._parse(path.read_bytes())
            if record is None or record["expires"] <= now:
                yield path

    def _path(self, session_id: str) -> Path:
        if not is_session_id(session_id):
            raise ValueError("not a session id")
        return self.folder / session_id

    @staticmethod
    def _parse(content: bytes) -> dict[str, Any] | None:
        if len(content) > MOST_BYTES:
            return None
        try:
            record = json.loads(content)
        except (ValueError, RecursionError):
            return None
        good = isinstance(record, dict) and record.get("version") == VERSION and isinstance(record.get("data"), str)
        return record if good and isinstance(record.get("expires"), int | float) else None


class RecordNamespace(NamespaceManager):  # type: ignore[misc]
    """What Beaker's session reads and writes through: one record of the store. No lock: writes are atomic."""

    def __init__(self, namespace: str, store: FileStore, **_kwargs: Any) -> None:
        super().__init__(namespace)
        self._store = store
        self._was_there = False

    def __getitem__(self, key: str) -> str:
        stored = self._store.read(self.namespace) if key == _KEY and is_session_id(self.namespace) else None
        if stored is None:
            raise KeyError(key)
        self._was_there = True
        return stored

    def __contains__(self, key: str) -> bool:
        try:
            self[key]
        except KeyError:
            return False
        return True

    def __setitem__(self, key: str, value: bytes | str) -> None:
        # What was there and is gone was logged out meanwhile: a slow request must not bring it back.
        if not self._was_there or self._store.exists(self.namespace):
            self._store.write(self.namespace, value)

    def __delitem__(self, key: str) -> None:
        self._store.remove(self.namespace)

    def do_remove(self) -> None:
        """Remove the record."""
        self._store.remove(self.namespace)

    def keys(self) -> list[str]:
        """The one key, when the record is there."""
        return [_KEY] if _KEY in self else []
