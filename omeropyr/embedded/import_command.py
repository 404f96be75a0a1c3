"""``omeropyr import``: send image files to an OMERO server that imports them, over Ice."""

from __future__ import annotations

import argparse
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import Ice
from rich.console import Console
from rich.markup import escape

from omeropyr.cli import CommandError
from omeropyr.embedded.importer import client as omero_client
from omeropyr.embedded.importer import plan, progress, sources
from omeropyr.embedded.importer.client import Refused
from omeropyr.embedded.importer.progress import Bar
from omeropyr.embedded.importer.sources import Source, Unreadable, WellPattern


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``omeropyr import``."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="image files, or folders of them")
    parser.add_argument("--dataset", metavar="NAME", help="dataset for the images, made if it is not there")
    parser.add_argument("--project", metavar="NAME", help="project of the dataset, made if it is not there")
    parser.add_argument("--screen", metavar="NAME", help="screen for the plates, made if it is not there")
    parser.add_argument("--plate", metavar="NAME", help="name of the plate, if the files make up one")
    parser.add_argument(
        "--well-pattern",
        metavar="REGEX",
        help="where file names have the well of a plate: named groups row and column, or well; field, c, z, t, plate",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--copy", action="store_true", help="send the files to the server; that is the default")
    how.add_argument(
        "--in-place",
        action="store_true",
        help="let the server link to the files where they are; for administrators, below the server's --import-root",
    )
    parser.add_argument("--again", action="store_true", help="import files that are there already once more")
    parser.add_argument("--dry-run", action="store_true", help="only show what the files would become")
    omero_client.configure(parser)


def run(args: argparse.Namespace) -> int:
    """Import the files; 0 when all went well, 1 when some failed, 2 when none was imported."""
    try:
        with TemporaryDirectory(prefix="omeropyr-import-") as folder:
            return _run(args, Path(folder))
    except CommandError as error:
        raise CommandError(str(error), status=2) from error


def _run(args: argparse.Namespace, folder: Path) -> int:
    if args.project and not args.dataset:
        raise CommandError("--project needs --dataset: images are in a project by their dataset.")
    out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
    _quiet_libraries()
    found, bad = _find(args, folder)
    if args.plate and sum(source.plate for source in found) != 1:
        raise CommandError(f"--plate names one plate; the files make up {sum(source.plate for source in found)}.")
    for unreadable in bad:
        _complain(err, unreadable)
    if not found and not bad:
        raise CommandError("no image files were found there.")
    if args.dry_run:
        out.print(plan.table(found, _where(args)))
        return 0 if not bad else 1 if found else 2
    done = _Done(failed=len(bad))
    if found:
        with omero_client.connected(args) as client, progress.bar(found, out, err) as bar:
            omero_client.check_server(client)
            _import(client, args, found, done, _Shown(out, err, bar))
    return 0 if not done.failed else 1 if done.imported else 2


def _find(args: argparse.Namespace, folder: Path) -> tuple[list[Source], list[Unreadable]]:
    """What the files are; layouts of plates that the user's pattern tells are written to *folder*."""
    if not args.well_pattern:
        return sources.find(args.paths)
    if args.in_place:
        raise CommandError("--well-pattern needs a copy: the layout of the plate is sent along with its files.")
    try:
        return sources.find(args.paths, WellPattern(re.compile(args.well_pattern), folder))
    except re.error as error:
        raise CommandError(f"--well-pattern is no regular expression: {error}.") from error
    except ValueError as error:
        raise CommandError(f"--well-pattern: {error}.") from error


def _quiet_libraries() -> None:
    """What libraries say of a file goes to a log, if there is one: our own line says why it cannot be read."""
    library = logging.getLogger("tifffile")
    if not library.hasHandlers():
        library.addHandler(logging.NullHandler())


@dataclass
class _Done:
    """How many Filesets went in, or not."""

    imported: int = 0
    failed: int = 0
    containers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Shown:
    """Where results, complaints and progress go."""

    out: Console
    err: Console
    bar: Bar


def _import(client: Any, args: argparse.Namespace, found: Sequence[Source], done: _Done, shown: _Shown) -> None:
    repository = omero_client.managed_repository(client)
    for place, source in enumerate(found):
        shown.bar.begin(source)
        try:
            _import_one(client, args, repository, source, done, shown)
            done.imported += 1
        except (Refused, OSError) as error:
            done.failed += 1
            _complain(shown.err, Unreadable(source.paths[0], sources.reason(error)))
        except Ice.LocalException as error:
            done.failed += len(found) - place
            lost = f"the connection to the server was lost ({type(error).__name__})"
            _complain(shown.err, Unreadable(source.paths[0], lost))
            return
        finally:
            shown.bar.end(source)


def _import_one(
    client: Any, args: argparse.Namespace, repository: Any, source: Source, done: _Done, shown: _Shown
) -> None:
    """Import one Fileset, unless it is there. Raises :class:`Refused`."""
    hashes = omero_client.hashes_of(source, shown.bar if args.in_place else None)
    known = [] if args.again else omero_client.already_there(client, hashes)
    if known:
        shown.out.print(f"{escape(source.paths[0].name)}: skipped, it is there as Image:{known[0][0]} (--again)")
        return
    name = args.plate if source.plate and args.plate else source.name
    settings = omero_client.settings_of(_target(client, args, source, done.containers), name)
    for image in omero_client.send(client, repository, source, settings, hashes, None if args.in_place else shown.bar):
        shown.out.print(f"Image:{image.id.val} {escape(image.name.val)}")


def _target(client: Any, args: argparse.Namespace, source: Source, made: dict[str, Any]) -> Any:
    """The container of a Fileset: a plate goes into the screen, if one is named, anything else into the dataset."""
    if source.plate and args.screen:
        if "screen" not in made:
            made["screen"] = omero_client.container(client, "Screen", args.screen)
        return made["screen"]
    if args.dataset and "dataset" not in made:
        made["dataset"] = omero_client.container(client, "Dataset", args.dataset, args.project)
    return made.get("dataset")


def _where(args: argparse.Namespace) -> str:
    parts = [part for part in (args.project, args.dataset) if part]
    return " / ".join(parts) if parts else f"screen {args.screen}" if args.screen else "no container"


def _complain(console: Console, unreadable: Unreadable) -> None:
    name = "".join(letter if letter.isprintable() else "?" for letter in str(unreadable.path))
    console.print(f"{escape(name)}: {escape(unreadable.reason)}")
