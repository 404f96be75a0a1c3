"""The ``omeropyr`` command: one line per subcommand, each imported only when it is called."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

from omeropyr.version import __version__


class Command(NamedTuple):
    """A subcommand: *module* offers ``configure(parser)`` and ``run(args) -> int``."""

    module: str
    help: str


COMMANDS = {
    "addons": Command("omeropyr.addons.command", "list the add-ons, and what is wrong with them"),
    "clearsessions": Command("omeropyr.sessions.clear", "remove the web sessions whose time is over"),
    "collectstatic": Command("omeropyr.deploy.collectstatic", "gather the static files for a web server"),
    "demo": Command("omeropyr.demo", "start an embedded OMERO server with demo data and the web, in one go"),
    "embedded": Command("omeropyr.embedded.command", "run the embedded OMERO server"),
    "import": Command("omeropyr.embedded.import_command", "import image files"),
    "public-report": Command("omeropyr.addons.public_user.report", "list what visitors without an account can reach"),
    "serve": Command("omeropyr.serve", "run the web application"),
    "settings": Command("omeropyr.settings.command", "list every setting, its value and where it comes from"),
}


class CommandError(Exception):
    """What a command says when it cannot go on: one line that tells the user what to do; and its exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


def build_parser() -> argparse.ArgumentParser:
    """The parser of ``omeropyr`` itself; the subcommand's own options are added once it is known."""
    parser = argparse.ArgumentParser(prog="omeropyr", description="OMERO.web anew, on Pyramid.")
    parser.add_argument("--version", action="version", version=f"omeropyr {__version__}")
    listing = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        listing.add_parser(name, help=command.help, add_help=False)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status (2 for wrong usage, 1 or its own for a failure it explains)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = build_parser().parse_known_args(arguments[:1] or ["--help"])[0].command
    module = import_module(COMMANDS[name].module)
    parser = argparse.ArgumentParser(prog=f"omeropyr {name}", description=COMMANDS[name].help)
    default_ini = os.environ.get("OMEROPYR_INI", "./production.ini")
    parser.add_argument("--ini", metavar="FILE", default=default_ini, help="settings file (default: %(default)s)")
    parser.set_defaults(default_ini=default_ini)
    module.configure(parser)
    try:
        return int(module.run(parser.parse_args(arguments[1:])))
    except CommandError as error:
        print(f"omeropyr {name}: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        return 130
