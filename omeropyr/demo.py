"""``omeropyr demo``: an embedded OMERO server with demo data, and the web on top of it, in one go."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from omeropyr.children import HOST, ICE_PORTS, Running, ServerFailed, is_taken, launch
from omeropyr.cli import CommandError
from omeropyr.settings.ini import ADDONS

PORT = 4080


def default_data() -> Path:
    """Where the demo's data live unless told otherwise: the user's own data folder."""
    base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "omeropyr" / "demo"


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``omeropyr demo``."""
    parser.add_argument("--data", type=Path, default=default_data(), metavar="DIR", help="default: %(default)s")
    parser.add_argument("--port", type=int, default=PORT, help="of the web, 0 = a free one (default: %(default)s)")
    parser.add_argument("--ice-port", type=int, metavar="N", help="of OMERO (default: 4063 if free)")
    parser.add_argument("--ssl-port", type=int, metavar="N", help="of OMERO with ssl (default: 4064 if free)")


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM ends both servers."""
    # SIGINT too: a shell that starts this in the background has it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    started = time.monotonic()
    data = args.data.absolute()
    _check_free(args.port, "--port")
    _fill(data)
    with (
        _embedded(data, *_ice_ports(args)) as running,
        _web(data, args.port, running.ssl_port) as web,
        suppress(KeyboardInterrupt),
    ):
        _say(_welcome(web.effective_port, running, data, time.monotonic() - started))
        web.run()
    _say("Both servers have ended.")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _welcome(port: int, running: Running, data: Path, seconds: float) -> str:
    from omeropyr.embedded.demo.content import PASSWORD, USERS

    accounts = [f"  {user.name:6} / {PASSWORD}   {user.first} {user.last}, {', '.join(user.groups)}" for user in USERS]
    return "\n".join(
        [
            f"Ready after {seconds:.0f} s: http://{HOST}:{port}/",
            f"  {'root':6} / {PASSWORD}   administrator",
            *accounts,
            f"OMERO clients: {HOST}, port {running.ssl_port} (ssl) or {running.port}. Data: {data}",
            "Ctrl-C ends it all.",
        ]
    )


def _check_free(port: int, option: str) -> None:
    if port and is_taken(port):
        raise CommandError(
            f"port {port} is taken; is a demo running already? Choose another by {option}, 0 = a free one."
        )


def _ice_ports(args: argparse.Namespace) -> tuple[int, int]:
    """OMERO's own ports where they are free and nothing else is asked for; 0, a free one, where not."""
    ports = []
    for wanted, usual, option in (
        (args.ice_port, ICE_PORTS[0], "--ice-port"),
        (args.ssl_port, ICE_PORTS[1], "--ssl-port"),
    ):
        if wanted is not None:
            _check_free(wanted, option)
        ports.append(wanted if wanted is not None else 0 if is_taken(usual) else usual)
    return ports[0], ports[1]


def _fill(data: Path) -> None:
    """Put the demo data into the folder, unless they are all there."""
    from omeropyr.embedded.demo.build import build_demo, is_complete
    from omeropyr.embedded.server import EmbeddedServer, FolderInUse

    if is_complete(data):
        return
    _say(f"Making the demo data in {data}; this takes about a minute the first time.")
    try:
        server = EmbeddedServer(data)
    except FolderInUse as error:
        raise CommandError(str(error)) from error
    except PermissionError as error:
        raise CommandError(f"cannot write to {data}: {error.strerror}; choose another folder by --data") from error
    try:
        build_demo(server, lambda line: _say(f"  {line}"))
    finally:
        server.stop()


@contextmanager
def _embedded(data: Path, port: int, ssl_port: int) -> Iterator[Running]:
    """The embedded server as a process of its own; ended at the end. If it dies before, so does this one."""
    log = data / "embedded.log"
    command = [sys.executable, "-m", "omeropyr", "embedded", "--data", str(data)]
    command += ["--port", str(port), "--ssl-port", str(ssl_port), "--bind", HOST]
    try:
        running = launch(command, log)
    except ServerFailed as error:
        raise CommandError(str(error)) from error
    process = running.process
    assert process is not None
    ending = threading.Event()
    threading.Thread(target=_end_with, args=(process, ending, log), daemon=True).start()
    try:
        yield running
    finally:
        ending.set()
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _end_with(process: subprocess.Popen[str], ending: threading.Event, log: Path) -> None:
    process.wait()
    if not ending.is_set():
        _say(f"The embedded server ended on its own; see {log}.")
        os.kill(os.getpid(), signal.SIGINT)


@contextmanager
def _web(data: Path, port: int, ssl_port: int) -> Iterator[Any]:
    """The web application under waitress, not yet running; its connections to OMERO are closed at the end."""
    from omeropyr import main
    from omeropyr.connection.pool import POOL
    from omeropyr.serve import make_server

    logging.basicConfig(
        filename=data / "web.log", level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    app = main(
        {},
        **{
            "omeropyr.addons": ADDONS,
            "omeropyr.development": "true",  # plain http on this machine only
            "omeropyr.state_dir": str(data / "web"),
            "omero.web.server_list": json.dumps([[HOST, ssl_port, "demo"]]),
            "omero.web.application_server.host": HOST,
            "omero.web.application_server.port": str(port),
        },
    )
    try:
        server = make_server(app, HOST, port)
    except OSError as error:
        raise CommandError(f"cannot listen on port {port}: {error.strerror}; choose another by --port") from error
    try:
        yield server
    finally:
        server.close()
        app.registry[POOL].close()
