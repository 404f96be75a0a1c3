"""What the named files and folders would become: which files make up one Fileset.

Runs where the files are: in ``omeropyr import`` before anything is sent, and inside the server for its own imports.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from omeropyr.embedded.importer import layout
from omeropyr.embedded.importer.ome_plates import has_plates
from omeropyr.embedded.importer.patterns import FileGroup, Member, group
from omeropyr.embedded.importer.staging import ZARR_METADATA
from omeropyr.embedded.importer.wells import PlateGroup, by_pattern, plates
from omeropyr.embedded.pixels import vendors
from omeropyr.embedded.pixels.fake import SUFFIX, is_fake
from omeropyr.embedded.pixels.plate import positions
from omeropyr.embedded.pixels.reader import ReaderError, Series, open_reader

EXTENSIONS = (
    frozenset((".tif", ".tiff", ".btf", ".tf2", ".tf8", ".lsm", ".stk", ".svs", ".ndpi", ".scn", ".qptiff"))
    | frozenset((".png", ".jpg", ".jpeg", SUFFIX))
    | vendors.EXTENSIONS
)
"""What is taken from a folder; a file named on its own is tried whatever its name."""

_OME_FILE_NAME = re.compile(r"<(?:\w+:)?UUID\b[^>]*?\bFileName\s*=\s*[\"']([^\"']{1,255})[\"']")


@dataclass(frozen=True)
class Source:
    """The files of one Fileset-to-be and the name of its image or plate, if the files' names gave one."""

    paths: tuple[Path, ...]
    name: str | None = None
    plate: bool = False

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(path.stat().st_size for path in self.paths)


@dataclass(frozen=True)
class Unreadable:
    """A file that cannot be imported, and why, in one line."""

    path: Path
    reason: str


@dataclass(frozen=True)
class WellPattern:
    """Where the names of a plate's files have their wells, and a folder for the layouts that tell the server."""

    pattern: re.Pattern[str]
    folder: Path


def find(paths: Iterable[Path], pattern: WellPattern | None = None) -> tuple[list[Source], list[Unreadable]]:
    """Sort *paths* (files, or folders that are walked) into Filesets; what cannot be read comes back with a reason.

    Raises :class:`ValueError` when a *pattern* is given and does not fit.
    """
    files: list[Path] = []
    folders: list[Path] = []
    bad: list[Unreadable] = []
    for path in paths:
        if is_zarr(path):
            folders.append(path)
        elif path.is_dir():
            files.extend(_walk(path, folders))
        else:
            files.append(path)
    made = [_zarr(folder, bad) for folder in dict.fromkeys(folders)]
    return _of_files(files, bad, pattern) + [source for source in made if source is not None], bad


def is_zarr(path: Path) -> bool:
    """Whether *path* is a folder of Zarr."""
    return path.is_dir() and any((path / name).is_file() for name in ZARR_METADATA)


def _zarr(folder: Path, bad: list[Unreadable]) -> Source | None:
    """A Zarr folder as one Fileset of all files below it."""
    try:
        with closing(open_reader([folder])) as reader:
            plate = bool(positions(reader))
        inside = [Path(root, name) for root, _, names in os.walk(folder) for name in names]
        files = [path for path in inside if not path.is_symlink()]
    except (OSError, ReaderError) as error:
        bad.append(Unreadable(folder, reason(error)))
        return None
    # The metadata come first: the name of the first file is what people see.
    ordered = sorted(files, key=lambda path: (path.name not in ZARR_METADATA, len(path.parts), str(path)))
    return Source(tuple(ordered), folder.resolve().name, plate)


def _of_files(files: Sequence[Path], bad: list[Unreadable], pattern: WellPattern | None) -> list[Source]:
    parts: dict[str, tuple[Path, ...]] = {}
    plates_inside: set[str] = set()
    for file in dict.fromkeys(files):
        try:
            parts[str(file)], plate_inside = _belonging(file)
            plates_inside |= {str(file)} if plate_inside else set()
        except (OSError, ReaderError) as error:
            bad.append(Unreadable(file, reason(error)))
    sources: list[Source] = []
    taken: set[str] = set()
    for path, together in parts.items():
        # The files of a set may all name all the others: the first of them stands for the set.
        if len(together) > 1 and path not in taken:
            sources.append(Source(together, plate=path in plates_inside))
            taken.update(map(str, together))
    single = [path for path, together in parts.items() if len(together) == 1 and path not in taken]
    sources += [Source((Path(path),), plate=True) for path in single if path in plates_inside]
    single = [path for path in single if path not in plates_inside]
    if pattern is not None:
        told, single = _told(single, pattern)
        sources += told
    found, single = _plates(single)
    sources += [Source(tuple(map(Path, plate.names)), plate.name, plate=True) for plate in found]
    sources += [Source(tuple(map(Path, made.names)), made.name if made.grouped else None) for made in _grouped(single)]
    order = {str(file): place for place, file in enumerate(files)}
    return sorted(sources, key=lambda source: order.get(str(source.paths[0]), len(order)))


def _told(names: Sequence[str], given: WellPattern) -> tuple[list[Source], list[str]]:
    """Plates by a pattern of the user's, each with a layout as the last of its files."""
    found, rest = by_pattern(names, given.pattern)
    if not found:
        raise ValueError("the pattern finds nothing in any file's name")
    made = []
    for number, plate in enumerate(found):
        if not _fit_together(plate.names, planes=any(group.grouped for _, group in plate.fields)):
            raise ValueError(f"the files of the plate {plate.name} do not have one size and pixel type")
        path = given.folder / str(number) / layout.NAME
        path.parent.mkdir()
        layout.write(path, plate)
        made.append(Source((*map(Path, plate.names), path), plate.name, plate=True))
    return made, rest


def _plates(names: Sequence[str]) -> tuple[list[PlateGroup], list[str]]:
    """Plates whose fields really have one size; the files of others stand for themselves."""
    found, rest = plates(names)
    good = [plate for plate in found if _fit_together(plate.names)]
    loose = {name for plate in found if plate not in good for name in plate.names} | set(rest)
    return good, [name for name in names if name in loose]


def reason(error: Exception) -> str:
    """One line for people, without the path that stands in front of it anyway."""
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return " ".join(str(error).split())[:300]


def _walk(folder: Path, zarrs: list[Path]) -> Iterator[Path]:
    """Image files below *folder* in order; links to elsewhere and hidden names are left out.

    Folders of Zarr go to *zarrs* and are not looked into.
    """
    for root, folders, names in os.walk(folder):
        visible = sorted(name for name in folders if not name.startswith("."))
        whole = [name for name in visible if is_zarr(Path(root, name))]
        zarrs.extend(Path(root, name) for name in whole)
        folders[:] = [name for name in visible if name not in whole]
        for name in sorted(names):
            path = Path(root, name)
            if path.suffix.lower() in EXTENSIONS and not name.startswith(".") and not path.is_symlink():
                yield path


def _belonging(path: Path) -> tuple[tuple[Path, ...], bool]:
    """*path* and the other files of the same folder that its OME-XML says hold parts of it; whether of a plate."""
    if path.stat().st_size == 0 and not is_fake(path):
        raise ReaderError("the file is empty")
    with closing(open_reader([path])) as reader:
        described = reader.ome_xml or ""
    named = dict.fromkeys(html.unescape(name) for name in _OME_FILE_NAME.findall(described))
    inside = [name for name in named if "/" not in name and "\\" not in name and name not in (path.name, "..", ".")]
    others = [path.with_name(name) for name in inside]
    together = (path, *(other for other in others if other.is_file() and not other.is_symlink()))
    return together, has_plates(described)


def _grouped(names: Sequence[str]) -> Iterator[FileGroup]:
    """Groups whose planes really fit together; others fall apart into their files."""
    for made in group(names):
        if not made.grouped or _fit_together(made.names):
            yield made
        else:
            yield from (FileGroup(Path(name).name, (Member(name),)) for name in made.names)


def _fit_together(names: Sequence[str], *, planes: bool = True) -> bool:
    """Whether the files have one size and pixel type, and if asked for (*planes*) are a single plane each."""
    shapes = set()
    for name in names:
        with closing(open_reader([Path(name)])) as reader:
            if len(reader.series) != 1:
                return False
            shapes.add(_shape(reader.series[0]))
    return len(shapes) == 1 and (not planes or next(iter(shapes))[-1] == 1)


def _shape(series: Series) -> tuple[int, int, str, bool, int]:
    """What must be equal in all files, and the number of planes (the samples of a colour picture are one)."""
    planes = series.size_z * series.size_t * (1 if series.rgb else series.size_c)
    return series.size_x, series.size_y, series.pixels_type, series.rgb, planes
