"""Bytes on disk of objects and what is in them: by owner and group, and by what refers to the files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from omeropyr.embedded.graphs.options import Options
from omeropyr.embedded.graphs.policy import ContentPolicy
from omeropyr.embedded.graphs.rows import Row, Rows, among
from omeropyr.embedded.graphs.targets import named, rights_in
from omeropyr.embedded.graphs.walk import Walk
from omeropyr.embedded.model import model
from omeropyr.embedded.schema import GROUP, OWNER, schema

if TYPE_CHECKING:
    from omeropyr.embedded.store import Transaction

Place = tuple[int, int]
"""A user and a group."""
_ROOTS = ("Annotation", "Dataset", "Fileset", "Folder", "Image", "Job", "OriginalFile", "Plate", "Project", "Screen")
"""From these everything that a user or a group has is reached."""
_REFERRERS = (
    ("Annotation", "FileAnnotation", "file"),
    ("FilesetEntry", "FilesetEntry", "originalFile"),
    ("Roi", "Roi", "source"),
)
_LINKED = (("Job", "JobOriginalFileLink", "child", "parent"), ("Pixels", "PixelsOriginalFileMap", "parent", "child"))


@dataclass
class Usage:
    """Bytes and non-empty files; what two things refer to counts for each of them, and once in the total."""

    by_referrer: dict[Place, dict[str, list[int]]] = field(default_factory=dict)
    total: dict[Place, list[int]] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def add(self, place: Place, referrer: str, key: str, size: int) -> None:
        """Count a file of *size* bytes, told from others by *key*."""
        if size <= 0:
            return
        if (referrer, key) not in self._seen:
            self._seen.add((referrer, key))
            _count(self.by_referrer.setdefault(place, {}).setdefault(referrer, [0, 0]), size)
        if ("", key) not in self._seen:
            self._seen.add(("", key))
            _count(self.total.setdefault(place, [0, 0]), size)


def _count(pair: list[int], size: int) -> None:
    pair[0] += size
    pair[1] += 1


def everything_of(tx: Transaction, column: str, ids: Collection[int]) -> list[Row]:
    """What users own (the column OWNER) or groups have (GROUP), as far as the rest is reached from it."""
    rows = Rows(tx.connection)
    return [row for name in _ROOTS for _, row in rows.pointing(model()[name], column, ids)] if ids else []


def measure(tx: Transaction, data: Path, targets: Sequence[Row], check: Callable[[], None]) -> Usage:
    """The bytes of *targets* and of all that is in them, as far as the caller may see it."""
    rows = Rows(tx.connection)
    walk = Walk(rows, ContentPolicy(rights_in(tx)), Options(None), check=check)
    walk.run(targets)
    usage = Usage()
    _original_files(tx, walk, usage)
    for node in walk.nodes.get("Pixels", {}).values():
        check()
        place = (node.row.owner or 0, node.row.group or 0)
        for path in (data / "Pixels" / str(node.row.id), data / "Pixels" / f"{node.row.id}_pyramid"):
            usage.add(place, "Pixels", str(path), _size(path))
        for path in _listed(data / "Thumbnails" / str(node.row.id)):
            usage.add(place, "Thumbnail", str(path), _size(path))
    return usage


def _original_files(tx: Transaction, walk: Walk, usage: Usage) -> None:
    files = walk.nodes.get("OriginalFile", {})
    sizes = _sizes(tx, list(files))
    referrers = _referrers(walk, list(files))
    for file_id, node in files.items():
        place = (node.row.owner or 0, node.row.group or 0)
        for referrer in referrers.get(file_id) or {"OriginalFile"}:
            usage.add(place, referrer, named(node.row), sizes.get(file_id, 0))


def _referrers(walk: Walk, files: Collection[int]) -> Mapping[int, set[str]]:
    found: dict[int, set[str]] = {}
    for name, kind, column in _REFERRERS:
        for file_id, row in walk.rows.pointing(model()[kind], column, files):
            if walk.has(kind, row.id):
                found.setdefault(file_id, set()).add(name)
    for name, link, column, other in _LINKED:
        links = walk.rows.pointing(model()[link], column, files)
        ends = dict(walk.rows.pointers(model()[link], other, [row.id for _, row in links]))
        for file_id, row in links:
            if walk.has(name, ends[row.id]):
                found.setdefault(file_id, set()).add(name)
    return found


def _sizes(tx: Transaction, files: Collection[int]) -> dict[int, int]:
    table = schema().of(model()["OriginalFile"])
    found: dict[int, int] = {}
    rows = tx.connection.execute(select(table.c.id, table.c.size).where(among(table.c.id, files)))
    found.update((int(file_id), int(size or 0)) for file_id, size in rows)
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _listed(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if path.is_file())


COLUMNS = {"Experimenter": OWNER, "ExperimenterGroup": GROUP}
"""Targets that stand for all that they have, and how that is found."""
