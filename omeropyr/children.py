"""The embedded OMERO server in a process of its own, for a web that has ``omeropyr.embedded = true``.

The first web on a data folder starts it, others use it: ``server.json`` there says where it listens. Each web holds a
shared lock on ``users.lock`` while it lives; the server ends some seconds after the last one is gone, however it went.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from omeropyr.settings import Server, SettingsError
from omeropyr.site import Site

HOST = "127.0.0.1"
ICE_PORTS = (4063, 4064)
READY_SECONDS = 60.0
UNUSED_SECONDS = 4
NAME = "embedded"


class ServerFailed(Exception):
    """The embedded server did not start; the message says why and where its log is."""


@dataclass(frozen=True)
class Running:
    """An embedded server that runs, and where it listens; *process* where this process started it."""

    port: int
    ssl_port: int
    process: subprocess.Popen[str] | None = None
    lock: IO[str] | None = None

    def leave(self) -> None:
        """Use it no longer; it ends by itself when nobody does."""
        if self.lock is not None:
            self.lock.close()


def use(data: Path) -> Running:
    """The embedded server on folder *data*, started if none runs there. ServerFailed says why there is none."""
    data.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    data.mkdir(mode=0o700, exist_ok=True)
    deadline = time.monotonic() + READY_SECONDS
    lock = _share(data, deadline)
    try:
        while True:
            found = running(data)
            if found is not None:
                return Running(found.port, found.ssl_port, lock=lock)
            try:
                started = _start(data)
            except ServerFailed:
                # Another one may be starting on this very folder and not listen yet.
                if _announced(data) is None or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return Running(started.port, started.ssl_port, started.process, lock)
    except BaseException:
        lock.close()
        raise


def bring(site: Site) -> Site:
    """*site* with the embedded server at log-in. SettingsError where it does not start."""
    core = site.settings.core
    try:
        found = use(core.embedded_data or core.state_dir / "embedded")
    except (ServerFailed, OSError) as error:
        raise SettingsError([f"omeropyr.embedded: {error}"]) from error
    return site.with_server(Server(HOST, found.ssl_port, NAME), found)


def running(data: Path) -> Running | None:
    """The server that works on *data* and takes connections, if there is one."""
    facts = _announced(data)
    if facts is None:
        return None
    try:
        socket.create_connection((HOST, facts["ssl_port"]), timeout=2).close()
    except OSError:
        return None
    return Running(facts["port"], facts["ssl_port"])


def launch(command: Sequence[str], log: Path, *, apart: bool = False) -> Running:
    """Start an embedded server by *command* and wait until clients may come; what it complains of goes to *log*.

    *apart*: a Ctrl-C in this process's terminal does not reach it.
    """
    with log.open("ab") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own
            command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=apart
        )
    timer = threading.Timer(READY_SECONDS, process.kill)
    timer.start()
    ports: dict[str, int] = {}
    try:
        for line in process.stdout or ():
            words = line.split()
            if words == ["ready"]:
                return Running(ports["port"], ports["ssl-port"], process)
            if len(words) == 2 and words[1].isdigit():
                ports[words[0]] = int(words[1])
    except BaseException:
        process.terminate()
        raise
    finally:
        timer.cancel()
        if process.stdout is not None:
            process.stdout.close()
    process.wait()
    last = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
    raise ServerFailed(f"the embedded server did not start: {''.join(last) or 'it said nothing'} (see {log})")


def is_taken(port: int) -> bool:
    """Does something listen on *port* of this machine?"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def _start(data: Path) -> Running:
    ports = [str(0 if is_taken(port) else port) for port in ICE_PORTS]
    return launch([sys.executable, "-m", "omeropyr.children", str(data), *ports], data / "embedded.log", apart=True)


def _announced(data: Path) -> dict[str, int] | None:
    """What a server on *data* wrote down of itself, if its process is alive."""
    try:
        facts = json.loads((data / "server.json").read_text("utf-8"))
        os.kill(int(facts["pid"]), 0)
        return {name: int(facts[name]) for name in ("pid", "port", "ssl_port")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _share(data: Path, deadline: float) -> IO[str]:
    """The lock of those who use the server; while one ends for want of users, this waits until it has ended."""
    file = _lock_file(data)
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return file
        if time.monotonic() > deadline:
            file.close()
            raise ServerFailed(f"the embedded server on {data} does not end; see {data / 'embedded.log'}")
        time.sleep(0.1)


def _lock_file(data: Path) -> IO[str]:
    return os.fdopen(os.open(data / "users.lock", os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8")


def _end_when_unused(data: Path) -> None:
    file = _lock_file(data)
    unused = 0
    while unused < UNUSED_SECONDS:
        time.sleep(1)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            unused = 0
        else:
            unused += 1
            # The last time it is kept, so that nobody comes to a server that is about to end.
            if unused < UNUSED_SECONDS:
                fcntl.flock(file, fcntl.LOCK_UN)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait()


def main(folder: str, port: str, ssl_port: str) -> int:
    """The child: an embedded server that ends when nobody uses it."""
    from omeropyr.cli import main as run

    threading.Thread(target=_end_when_unused, args=(Path(folder),), daemon=True).start()
    return run(["embedded", "--data", folder, "--port", port, "--ssl-port", ssl_port, "--bind", HOST])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
