"""``omeropyr embedded backup`` and ``omeropyr embedded restore``."""

from __future__ import annotations

import argparse
from pathlib import Path

from omeropyr.cli import CommandError
from omeropyr.embedded.backup import BackupError, Summary, backup, restore


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the two commands to the parser of ``omeropyr embedded``; without one of them the server runs."""
    commands = parser.add_subparsers(dest="embedded_command", metavar="backup|restore")
    saving = commands.add_parser("backup", help="copy the data into one file; the server may be running")
    saving.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the server's data")
    saving.add_argument("--to", type=Path, required=True, metavar="FILE|DIR", help="a new file, or the folder for one")
    saving.set_defaults(work=lambda args: backup(args.data, args.to), words="backed up to")
    restoring = commands.add_parser("restore", help="put a backup into an empty folder")
    restoring.add_argument("--from", dest="source", type=Path, required=True, metavar="FILE", help="the backup")
    restoring.add_argument("--data", type=Path, required=True, metavar="DIR", help="a new or empty folder")
    restoring.set_defaults(work=lambda args: restore(args.source, args.data), words="restored to")


def run(args: argparse.Namespace) -> int:
    """Do one of the two and say what was copied."""
    try:
        done: Summary = args.work(args)
    except BackupError as error:
        raise CommandError(str(error)) from error
    where = args.data if args.words == "restored to" else done.path
    print(f"{done.files} files, {done.size} bytes {args.words} {where}")  # noqa: T201
    if done.in_place:
        print(f"Not in it: the bytes of {done.in_place} files that were imported in place.")  # noqa: T201
    return 0
