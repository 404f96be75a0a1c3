"""The embedded OMERO server with one image, and the web in front of it under waitress and under granian."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tiling.data import Fluorescence, write_ome_tiff

from omeropyr.embedded import accounts
from omeropyr.embedded.importer.run import import_files
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.embedded.warm import warm_up

PASSWORD = "omero"
SIDE = 2048
THREADS = 16


@dataclass(frozen=True)
class Omero:
    """Where OMERO listens, and the ids of its image and the image's Pixels."""

    port: int
    image: int
    pixels: int


def serve_omero(folder: Path) -> None:
    """The OMERO server's process: tells its port and the ids as JSON, and stays."""
    write_ome_tiff(folder / "large.ome.tif", SIDE, Fluorescence())
    (folder / "data").mkdir(mode=0o700)
    with EmbeddedServer(folder / "data", port=0, ssl_port=0, root_password=PASSWORD) as server:
        warm_up()
        (made,), bad = import_files(server, accounts.actor(server.store, 0), [folder / "large.ome.tif"])
        assert not bad, bad
        print(json.dumps({"port": server.ssl_port, "image": made.image_id, "pixels": made.pixels_id}), flush=True)
        signal.pause()


@contextmanager
def omero_server() -> Iterator[Omero]:
    """A server with the image."""
    with tempfile.TemporaryDirectory(prefix="http") as folder, _process([sys.argv[0], "--serve", folder]) as process:
        assert process.stdout is not None
        yield Omero(**json.loads(process.stdout.readline()))


@contextmanager
def waitress(omero: Omero) -> Iterator[int]:
    """``omeropyr serve``; gives its port."""
    with tempfile.TemporaryDirectory(prefix="http") as folder:
        ini = _ini(Path(folder), omero, 0)
        with _process(["-m", "omeropyr", "serve", "--ini", str(ini), "--port", "0"]) as process:
            assert process.stdout is not None
            found = re.search(r":(\d+)/", process.stdout.readline())
            assert found is not None
            yield int(found[1])


@contextmanager
def granian(omero: Omero) -> Iterator[int]:
    """The same application under granian, one process, as many threads; gives its port."""
    with tempfile.TemporaryDirectory(prefix="http") as folder:
        port = _free_port()
        ini = _ini(Path(folder), omero, port)
        options = ["--interface", "wsgi", "--factory", "--workers", "1", "--blocking-threads", str(THREADS)]
        options += ["--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--log-level", "critical"]
        environment = {"HTTP_BENCHMARK_INI": str(ini), "PYTHONPATH": str(Path(__file__).parent)}
        with _process(["-m", "granian", *options, "wsgi_site:make"], environment):
            _wait_for(port)
            yield port


def _ini(folder: Path, omero: Omero, port: int) -> Path:
    (folder / "state").mkdir(mode=0o700)
    path = folder / "site.ini"
    path.write_text(
        f"""[app:main]
use = egg:omeropyr
omeropyr.state_dir = {folder / "state"}
omeropyr.development = true
omeropyr.addons = gateway client viewer
omero.web.server_list = [["127.0.0.1", {omero.port}, "omero"]]
omero.web.application_server.port = {port}
omero.web.wsgi_threads = {THREADS}

[loggers]
keys = root
[handlers]
keys =
[formatters]
keys =
[logger_root]
level = CRITICAL
handlers =
"""
    )
    return path


@contextmanager
def _process(arguments: Sequence[str], environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # granian's worker too
        process.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers on port {port}")
