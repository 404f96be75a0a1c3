"""``omeropyr settings``: what can be set, what is set, and where; or OMERO's own configuration as lines of an INI."""

from __future__ import annotations

import argparse
import configparser
import json
import os
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

from paste.deploy import appconfig

from omeropyr.addons import GROUP, Addon
from omeropyr.cli import CommandError
from omeropyr.settings import omero_config
from omeropyr.settings.convert import ini_lines
from omeropyr.settings.core import Core
from omeropyr.settings.declare import Declaration, SettingsError, declarations
from omeropyr.settings.layers import layer
from omeropyr.settings.listing import rows, table
from omeropyr.settings.web import Web
from omeropyr.site import read_site


def configure(parser: argparse.ArgumentParser) -> None:
    """Options beside ``--ini``."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--from-omero",
        type=Path,
        metavar="FILE",
        help="print the settings of OMERO.web in FILE (etc/grid/config.xml, or what `omero config get` printed) "
        "as lines of an INI file",
    )
    parser.add_argument("names", nargs="*", metavar="WORD", help="only settings whose name holds one of these words")


def run(args: argparse.Namespace) -> int:
    """Print; 1 where the settings have problems, which go to standard error."""
    if args.from_omero is not None:
        return _convert(args.from_omero)
    raw = {} if args.ini == args.default_ini and not Path(args.ini).exists() else read_ini(args.ini)
    layers = layer(raw, omero_config.path_of(os.environ))
    wanted = [one for one in declared(layers.raw) if not args.names or any(word in one.name for word in args.names)]
    found = rows(wanted, layers.raw, layers.places, args.ini)
    text = json.dumps([row.as_json() for row in found], indent=2) if args.json else table(found)
    sys.stdout.write(f"{text}\n")
    return _say_problems(raw, args.ini) if raw else 0


def read_ini(ini: str) -> dict[str, str]:
    """The section ``[app:main]`` of file *ini* with what it refers to; CommandError where it cannot be read."""
    path = Path(ini).absolute()
    if not path.is_file():
        raise CommandError(f"there is no {ini}; name the settings file by --ini FILE")
    try:
        return {str(name): str(value) for name, value in appconfig(f"config:{path}").local_conf.items()}
    except (configparser.Error, LookupError, ValueError, OSError) as error:
        said = " ".join(str(error).split())
        raise CommandError(f"{ini} cannot be read: {said}") from error


def declared(raw: Mapping[str, str]) -> list[Declaration]:
    """Every setting of the core, and of the installed add-ons, those that are off included.

    An add-on that cannot be imported has none here: `omeropyr addons` says why.
    """
    found = [*declarations(Core, "omeropyr."), *declarations(Web, "omero.web.")]
    on = raw.get("omeropyr.addons", "").split()
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        if point.name not in on and (point.dist is None or point.dist.name != "omeropyr"):
            continue
        try:
            addon = point.load()
        except Exception as error:  # noqa: BLE001 - an add-on's import may raise anything; it is told
            sys.stderr.write(f"add-on {point.name!r}: cannot be imported ({type(error).__name__}: {error})\n")
            continue
        if isinstance(addon, Addon) and addon.settings is not None:
            found += declarations(addon.settings, f"addon.{addon.name}.")
    return found


def _say_problems(raw: Mapping[str, str], ini: str) -> int:
    try:
        site = read_site(raw, str(Path(ini).absolute()), omero_config.path_of(os.environ))
    except SettingsError as error:
        sys.stderr.write("".join(f"{problem}\n" for problem in error.problems))
        return 1
    sys.stderr.write("".join(f"{note}\n" for note in site.notes))
    return 0


def _convert(path: Path) -> int:
    try:
        values = omero_config.read_file(path)
    except omero_config.ConfigError as error:
        raise CommandError(str(error)) from error
    sys.stdout.write("".join(f"{line}\n" for line in ini_lines(values)))
    return 0
