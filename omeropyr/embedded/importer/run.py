"""Bring staged files into the store: everything in one transaction, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

import omero
import omero.all  # before anything else of omero: makes omero.model a package
from omero.rtypes import rstring

from omeropyr.embedded import repositories
from omeropyr.embedded.importer import objects, ome_metadata, ome_plates, plates, staging
from omeropyr.embedded.importer.objects import Range
from omeropyr.embedded.importer.ome_annotations import Library
from omeropyr.embedded.importer.sources import Source, Unreadable, find
from omeropyr.embedded.importer.staging import StagedFile
from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.pixels import omexml
from omeropyr.embedded.pixels.plate import positions, runs
from omeropyr.embedded.pixels.pyramids import needs_levels
from omeropyr.embedded.pixels.reader import Reader, ReaderError, Series, open_reader
from omeropyr.embedded.pixels.statistics import plane_ranges

if TYPE_CHECKING:
    from omeropyr.embedded.permissions import Actor
    from omeropyr.embedded.server import EmbeddedServer
    from omeropyr.embedded.store import Transaction

Cancelled = Callable[[], bool]


class ImportFailed(Exception):
    """An import that cannot be done; the message is one line for the person who asked for it."""


@dataclass(frozen=True)
class Target:
    """Where images go and what they are called; without *name* the files say it."""

    dataset_id: int | None = None
    name: str | None = None
    description: str | None = None
    screen_id: int | None = None


@dataclass(frozen=True)
class Imported:
    """One image that is now in the store."""

    image_id: int
    pixels_id: int
    name: str


@dataclass(frozen=True)
class _Found:
    """What the reader saw in one series."""

    series: Series
    ranges: tuple[Range, ...]


def import_files(
    server: EmbeddedServer,
    actor: Actor,
    paths: Sequence[Path],
    target: Target = Target(),
    *,
    link: bool = False,
) -> tuple[list[Imported], list[Unreadable]]:
    """Import files and folders that this process can read, as *actor*; what failed comes back with the reason.

    With *link* the repository shares the bytes of files on the same disk by hard links: only for files that nobody
    changes afterwards.
    """
    sources, bad = find(paths)
    done: list[Imported] = []
    for source in sources:
        try:
            done += import_source(server, actor, source, target, link=link)
        except ImportFailed as error:
            bad.append(Unreadable(source.paths[0], str(error)))
    return done, bad


def import_source(
    server: EmbeddedServer, actor: Actor, source: Source, target: Target, *, link: bool = False
) -> list[Imported]:
    """Import the files of one Fileset. Raises :class:`ImportFailed`."""
    files = staging.stage(server.data, [str(path) for path in source.paths])
    try:
        for path, file in zip(source.paths, files, strict=True):
            staging.copy(path.resolve(), file.path, link=link)
        named = replace(target, name=target.name or source.name)
        return commit(server, actor, files, named)
    except OSError as error:
        raise ImportFailed(error.strerror or str(error)) from error
    finally:
        staging.discard(files)


def commit(
    server: EmbeddedServer,
    actor: Actor,
    files: Sequence[StagedFile],
    target: Target,
    *,
    hashes: Sequence[str] | None = None,
    cancelled: Cancelled = lambda: False,
    keep: Callable[[], None] = lambda: None,
) -> list[Imported]:
    """Read the staged *files* and save what they are; moves them into the repository.

    *keep* is called when nothing can stop it any more, except an exception of its own.

    Raises :class:`ImportFailed` when they are no image or *cancelled* says so in time, and OMERO's own exceptions
    when the store refuses; in either case nothing stays in the store or the repository.
    """
    try:
        with closing(open_reader([file.path for file in files])) as reader:
            found, file_format = _look(reader, cancelled), reader.format
            wells, passes = positions(reader), runs(reader)
            described = omexml.parse(reader.ome_xml) if reader.ome_xml else None
    except (ReaderError, OSError) as error:
        raise ImportFailed(" ".join(str(error).split())[:300]) from error
    digests = list(hashes) if hashes is not None else [staging.sha1(file.path) for file in files]
    prefix = staging.template_prefix(actor.user_name, actor.user_id)
    try:
        with server.store.write(actor) as transaction:
            done = _save(transaction, files, digests, prefix, found, file_format, target, described)
            if wells and target.dataset_id is None:
                plates.save(transaction, target.name or done[0].name, target.screen_id, wells, done, passes)
            keep()
            staging.settle(files, server.data, prefix)
    except BaseException:
        staging.unsettle(server.data, prefix)
        raise
    finally:
        staging.forget_note(files)
    for item, image in zip(found, done, strict=True):
        if needs_levels(item.series):
            server.pixels.prepare(image.pixels_id)
    return done


def _look(reader: Reader, cancelled: Cancelled) -> list[_Found]:
    found = []
    for number, series in enumerate(reader.series):
        if cancelled():
            raise ImportFailed("cancelled")
        found.append(_Found(series, tuple(_ranges(reader, number, series))))
    if not found:
        raise ReaderError("there is no image in it")
    return found


def _ranges(reader: Reader, number: int, series: Series) -> list[Range]:
    """The range of each channel; colour pictures of 8 bits are shown as they are, whatever is in them."""
    if not (series.rgb and series.pixels_type == "uint8"):
        return plane_ranges(reader, number)
    width, height = series.levels[0]
    w, h = min(series.tile_size[0], width), min(series.tile_size[1], height)
    for x, y in ((0, 0), (width - w, height - h)):  # a file that was cut off shows here
        reader.read_tile(number, 0, series.size_z - 1, 0, series.size_t - 1, x, y, w, h)
    return [(0.0, 255.0)] * series.size_c


def _save(
    transaction: Transaction,
    files: Sequence[StagedFile],
    hashes: Sequence[str],
    prefix: str,
    found: Sequence[_Found],
    file_format: str,
    target: Target,
    described: Element | None,
) -> list[Imported]:
    enumeration = _enumerations(transaction)
    elements = omexml.elements(described) if described is not None else []
    library = Library(described) if described is not None else None
    fileset = transaction.save(objects.fileset(files, hashes, prefix, enumeration))
    repositories.claim_fileset(transaction.connection, fileset.id.val)
    done = []
    for place, item in enumerate(found):
        name = _name(item.series, files, target, alone=len(found) == 1)
        image = objects.image(item.series, name, item.ranges, file_format, enumeration)
        if target.description:
            image.description = rstring(target.description)
        image.fileset = objects.unloaded("Fileset", fileset.id.val)
        if described is not None and place < len(elements):
            ome_metadata.fill(image, elements[place], described, enumeration)
        saved: Any = transaction.save(image)
        if library is not None and place < len(elements):
            library.save(transaction, elements[place], saved.id.val)
        if target.dataset_id is not None:
            transaction.save(objects.dataset_link(target.dataset_id, saved.id.val))
        done.append(Imported(saved.id.val, saved.getPrimaryPixels().id.val, name))
    if described is not None and library is not None and target.dataset_id is None:
        known = ome_plates.image_ids(described, elements, [one.image_id for one in done])
        given = ome_plates.Given(target.name, target.screen_id)
        ome_plates.Plates(transaction, described, library).save(known, given, staging.safe_name(files[0].client_path))
    return done


def _name(series: Series, files: Sequence[StagedFile], target: Target, *, alone: bool) -> str:
    base = target.name or staging.safe_name(files[0].client_path)
    if alone:
        return base
    return f"{base} [{series.name or series.index}]"


def _enumerations(transaction: Transaction) -> objects.Enumeration:
    known: dict[tuple[str, str], Any] = {}

    def lookup(kind: str, value: str) -> Any:
        if (kind, value) not in known:
            query = f"select e.id from {kind} e where lower(e.value) = :value"  # noqa: S608 - our own word
            rows = transaction.values(query, {"value": value.lower()})
            if not rows and kind == "Format":
                return None  # a new kind of file: an Image does without
            if not rows:
                raise omero.ApiUsageException(None, None, f"There is no {kind} {value}")
            known[kind, value] = objects.unloaded(kind, rows[0][0])
        return known[kind, value]

    return lookup


def recover(server: EmbeddedServer) -> None:
    """Remove what imports left behind when a server on this folder was killed; before clients may come."""

    def is_stored(prefix: str) -> bool:
        with server.store.read(SYSTEM) as transaction:
            return bool(transaction.values("select f.id from Fileset f where f.templatePrefix = :p", {"p": prefix}))

    staging.clear(server.data, is_stored)
