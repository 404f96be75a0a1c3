"""A zip archive that is made while it is sent: stored, with 64-bit sizes where they are needed, no temporary file."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterable, Iterator

Member = tuple[str, int, Iterable[bytes]]
"""Name, size in bytes, and the bytes of a file."""


class _Sink:
    """A file that cannot seek, whose bytes are taken out as soon as they are written."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def zip_chunks(members: Iterable[Member]) -> Iterator[bytes]:
    """The bytes of an archive of *members*, as they come. Whatever goes wrong while one is read ends the stream."""
    sink = _Sink()
    archive = zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True)  # type: ignore[call-overload]
    now = time.localtime()[:6]
    for name, size, chunks in members:
        info = zipfile.ZipInfo(name, date_time=now)
        info.external_attr = 0o100644 << 16
        info.file_size = size
        with archive.open(info, "w") as member:
            for chunk in chunks:
                member.write(chunk)
                yield sink.take()
        yield sink.take()
    archive.close()
    yield sink.take()
