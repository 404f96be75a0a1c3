"""``omeropyr serve``: the web application of an INI file under waitress."""

from __future__ import annotations

import argparse
import gc
import signal
from typing import Any

import waitress
from pyramid.paster import get_app, setup_logging

from omeropyr.cli import CommandError
from omeropyr.settings import SettingsError, get_settings
from omeropyr.settings.command import read_ini


def configure(parser: argparse.ArgumentParser) -> None:
    """Options beside ``--ini``."""
    parser.add_argument("--port", type=int, help="port to listen on, 0 for a free one (default: as in the INI)")
    parser.add_argument("--bind", metavar="ADDRESS", help="address to listen on (default: as in the INI, 127.0.0.1)")


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    read_ini(args.ini)
    setup_logging(args.ini)
    try:
        app = get_app(args.ini)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    web = get_settings(app.registry).web
    port = web.application_server_port if args.port is None else args.port
    try:
        server = make_server(app, args.bind or web.application_server_host, port, threads=web.wsgi_threads)
    except OSError as error:
        raise CommandError(f"cannot listen on port {port}: {error.strerror}; choose another by --port") from error
    host = f"[{server.effective_host}]" if ":" in server.effective_host else server.effective_host
    print(f"omeropyr is ready: http://{host}:{server.effective_port}{web.prefix}/", flush=True)  # noqa: T201
    # SIGINT too: a shell that starts this in the background has it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    server.run()
    return 0


def make_server(app: Any, host: str, port: int, *, threads: int = 16) -> Any:
    """A waitress server for *app*: ``.run()`` serves, ``.close()`` ends it. Port 0 takes a free ``.effective_port``.

    waitress leaves ``X-Forwarded-*`` alone: whom to believe is decided by ``omeropyr.web.middleware`` for all servers.
    """
    # The application and its libraries stay for good: to look through them at every full collection stops all threads
    # for 0.1 s.
    gc.collect()
    gc.freeze()
    return waitress.create_server(
        app,
        host=host,
        port=port,
        threads=threads,
        ident="omeropyr",
        clear_untrusted_proxy_headers=False,
        asyncore_use_poll=True,  # select() ends at the 1,024th open file
    )
