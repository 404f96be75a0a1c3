"""``omeropyr clearsessions``: remove the records of sessions whose time is over. Safe while the site runs."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from pyramid.paster import get_appsettings

from omeropyr.cli import CommandError
from omeropyr.errors import SessionsUnavailable
from omeropyr.sessions.engines import open_store
from omeropyr.settings import SettingsError
from omeropyr.settings.omero_config import path_of
from omeropyr.site import read_site


def configure(_parser: argparse.ArgumentParser) -> None:
    """No options beside ``--ini``."""


def run(args: argparse.Namespace) -> int:
    """Clear them and say how many there were."""
    if not Path(args.ini).is_file():
        raise CommandError(f"there is no {args.ini}; name the settings file by --ini FILE")
    try:
        store = open_store(read_site(get_appsettings(args.ini), args.ini, path_of(os.environ)).settings)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    try:
        if store.expires_by_itself:
            print(f"{store.name} removes sessions by itself when their time is over; there is nothing to do.")  # noqa: T201
            return 0
        count = store.clear_expired()
    except SessionsUnavailable as error:
        raise CommandError(f"the {store.name} store of sessions cannot be reached: {error.message}") from error
    finally:
        store.close()
    print(f"Sessions removed: {count}.")  # noqa: T201
    return 0
