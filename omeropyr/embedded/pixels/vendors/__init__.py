"""Files of microscope makers, read by the field's libraries, which `pip install omeropyr[formats]` brings."""

from __future__ import annotations

from pathlib import Path

from omeropyr.embedded.pixels.cache import ChunkCache
from omeropyr.embedded.pixels.reader import Reader
from omeropyr.embedded.pixels.vendors import czi, lif, mrc, nd2

EXTENSIONS = frozenset((".czi", ".nd2", ".lif", ".mrc", ".mrcs", ".ccp4", ".rec"))
HEAD = 256
"""Bytes from a file's beginning that tell which kind it is."""


def open_vendor(path: Path, head: bytes, cache: ChunkCache) -> Reader | None:
    """The reader of a maker's file by its first bytes, ``None`` for other files.

    Raises :class:`omeropyr.embedded.pixels.reader.ReaderError` when the library is missing or the file is damaged.
    """
    if head.startswith(czi.MAGIC):
        return czi.CziReader(path, cache)
    if head.startswith(nd2.MAGIC) or (head.startswith(nd2.LEGACY) and path.suffix.lower() == ".nd2"):
        return nd2.Nd2Reader(path, cache)
    if head.startswith(lif.MAGIC) and head[8:9] == lif.MARK:
        return lif.LifReader(path, cache)
    offset, mark = mrc.MARK
    if head[offset:].startswith(mark):
        return mrc.MrcReader(path, cache)
    return None
