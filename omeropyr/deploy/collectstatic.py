"""``omeropyr collectstatic --to DIR``: the static files of the core and of every add-on that is on, for a web server.

They lie in DIR as they are addressed below ``/static/``, so that one line maps the one to the other. Each address holds
a hash of its folder: files of earlier versions may stay for the pages that browsers still have open.
"""

from __future__ import annotations

import argparse
import mimetypes
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pyramid.paster import get_appsettings

from omeropyr import make_app
from omeropyr.cli import CommandError
from omeropyr.settings import SettingsError
from omeropyr.settings.omero_config import path_of
from omeropyr.site import read_site
from omeropyr.web.compressed import LEAST, SUFFIX, TYPES, pack
from omeropyr.web.static_files import static_folders


def configure(parser: argparse.ArgumentParser) -> None:
    """Options beside ``--ini``."""
    parser.add_argument("--to", metavar="DIR", required=True, type=Path, help="folder to fill; made if it is not there")


def run(args: argparse.Namespace) -> int:
    """Gather them and say how many there are."""
    if not Path(args.ini).is_file():
        raise CommandError(f"there is no {args.ini}; name the settings file by --ini FILE")
    try:
        count, packed = collect(_folders(args.ini), args.to)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{error.filename or args.to}: {error.strerror}") from error
    sys.stdout.write(f"{count} files in {args.to}, {packed} of them packed beside the plain ones ({SUFFIX}).\n")
    return 0


def collect(folders: Mapping[str, Path], target: Path) -> tuple[int, int]:
    """Copy *folders* (by their address below ``/static/``) into *target*; return the numbers of files and packed ones.

    Each folder appears there whole or not at all. What is there already is made anew. Raises OSError.
    """
    files = packed = 0
    target.mkdir(parents=True, exist_ok=True)
    for address, source in folders.items():
        wanted = target / address
        wanted.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=wanted.parent, prefix=".new-") as name:
            new = Path(name) / "files"
            shutil.copytree(source, new, copy_function=_copy)
            plain = [path for path in new.rglob("*") if path.is_file()]
            files += len(plain)
            packed += sum(_pack(path) for path in plain)
            if wanted.exists():
                wanted.rename(Path(name) / "old")
            new.rename(wanted)
    return files, packed


def _folders(ini: str) -> dict[str, Path]:
    settings = dict(get_appsettings(ini))
    site = read_site(settings, ini, path_of(os.environ))
    # The application is made to know its folders: it starts no embedded server and talks to nobody.
    core = replace(site.settings.core, embedded=False)
    app = make_app(replace(site, settings=replace(site.settings, core=core)), settings)
    return static_folders(app.registry)


def _copy(source: str, target: str) -> None:
    """The bytes only: modes and owners are the web server's affair."""
    shutil.copyfile(source, target)
    Path(target).chmod(0o644)


def _pack(path: Path) -> bool:
    kind, _ = mimetypes.guess_type(path.name)
    data = path.read_bytes()
    if kind not in TYPES or len(data) < LEAST:
        return False
    packed = path.with_name(path.name + SUFFIX)
    packed.write_bytes(pack(data))
    packed.chmod(0o644)
    return True
