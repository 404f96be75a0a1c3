"""``omeropyr embedded``: run the embedded OMERO server until it is told to stop."""

from __future__ import annotations

import argparse
import ipaddress
import logging
import signal
import threading
from pathlib import Path

import Ice

from omeropyr.cli import CommandError
from omeropyr.embedded import accounts, backup_command
from omeropyr.embedded.migration import StoreError
from omeropyr.embedded.server import DEMO_PASSWORD, EmbeddedServer, FolderInUse
from omeropyr.embedded.warm import warm_up


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``omeropyr embedded``."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the server's data")
    parser.add_argument("--port", type=int, default=4063, help="tcp port, 0 = a free one (default: %(default)s)")
    parser.add_argument("--ssl-port", type=int, default=4064, help="ssl port, 0 = a free one (default: %(default)s)")
    parser.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS", help="where to listen (default: %(default)s)")
    parser.add_argument(
        "--root-password", default=DEMO_PASSWORD, metavar="PW", help="root's password at the first start"
    )
    parser.add_argument(
        "--import-root",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="folder below which administrators may import files in place; may be given several times",
    )
    parser.add_argument(
        "--instrument",
        action="store_true",
        help="for tests: count operations per session, and make the faults that faults.json in the data folder lists: "
        '[{"operation": "IQuery.*", "do": "latency|hang|exception|drop", "seconds": 0.3, "times": 1}]; '
        "see docs/instrument.md",
    )
    backup_command.configure(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; or back up, or restore."""
    if args.embedded_command:
        return backup_command.run(args)
    if args.data is None:
        raise CommandError("say where the server's data are: --data DIR")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    server = open_server(args)
    try:
        refuse_demo_password(server)
        server.start()
        threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    except Ice.SocketException as error:
        raise CommandError(
            f"cannot listen on {args.bind} ports {args.port} and {args.ssl_port}: is another server there? "
            "Choose others with --port and --ssl-port; 0 takes a free one."
        ) from error
    else:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        print(f"port {server.port}\nssl-port {server.ssl_port}\nready", flush=True)  # noqa: T201
        stop.wait()
    finally:
        server.stop()
    return 0


def open_server(args: argparse.Namespace) -> EmbeddedServer:
    """The server on its folder, not yet listening; CommandError where the folder is taken."""
    try:
        return EmbeddedServer(
            args.data,
            port=args.port,
            ssl_port=args.ssl_port,
            bind=args.bind,
            root_password=args.root_password,
            instrument=args.instrument,
            import_roots=args.import_root,
        )
    except (FolderInUse, StoreError, ValueError) as error:
        raise CommandError(str(error)) from error
    except PermissionError as error:
        raise CommandError(f"cannot write to {args.data}: {error.strerror}") from error


def refuse_demo_password(server: EmbeddedServer) -> None:
    """CommandError when others than this machine could log in with the documented password."""
    if not _is_loopback(server.bind) and accounts.has_password(server.store, DEMO_PASSWORD):
        raise CommandError(
            "an account still has the documented password, so only this machine may connect. "
            f"Change it before --bind {server.bind}."
        )


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
