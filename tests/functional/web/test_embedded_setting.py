"""``omeropyr.embedded = true``: the web brings its OMERO server or uses the one on the folder, which ends with it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from omeropyr import children, main
from omeropyr.connection.pool import POOL
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.settings import Server, SettingsError, get_settings
from omeropyr.site import CHILD

BIN = Path(sys.executable).parent


def make(folder: Path, **more: str) -> Any:
    return main(
        {},
        **{
            "omeropyr.state_dir": str(folder / "state"),
            "omeropyr.development": "true",
            "omeropyr.embedded": "true",
            "omeropyr.addons": "client gateway viewer",
            **more,
        },
    )


def test_the_first_web_starts_it_the_second_uses_it_and_it_ends_after_both(tmp_path: Path) -> None:
    first = make(tmp_path)
    second = make(tmp_path)
    one, other = first.registry[CHILD], second.registry[CHILD]
    try:
        assert one.process is not None
        assert other.process is None
        assert (one.port, one.ssl_port) == (other.port, other.ssl_port)
        assert get_settings(second.registry).web.server_list == (Server("127.0.0.1", one.ssl_port, "embedded"),)
        for app in (first, second):
            assert TestApp(app).get("/health/ready").json["checks"]["omero"] == "ok"
        assert json.loads((tmp_path / "state/embedded/server.json").read_text())["pid"] == one.process.pid
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
        one.leave()
        assert children.running(tmp_path / "state" / "embedded") is not None
    finally:
        for app in (first, second):
            app.registry[CHILD].leave()
            app.registry[POOL].close()
    assert one.process.wait(30) == 0
    assert children.running(tmp_path / "state" / "embedded") is None


def test_a_server_that_runs_already_is_used(embedded: EmbeddedServer, tmp_path: Path) -> None:
    app = make(tmp_path, **{"omeropyr.embedded.data": str(embedded.data)})
    try:
        assert app.registry[CHILD].process is None
        assert app.registry[CHILD].ssl_port == embedded.ssl_port
        assert TestApp(app).get("/health/ready").json["status"] == "ok"
    finally:
        app.registry[CHILD].leave()
        app.registry[POOL].close()


def test_a_folder_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError) as caught:
        make(tmp_path, **{"omeropyr.embedded.data": str(tmp_path / "file")})
    (line,) = caught.value.problems
    assert line.startswith("omeropyr.embedded: ")
    assert str(tmp_path / "file") in line


def test_a_server_that_does_not_start_is_explained(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "omero.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(SettingsError) as caught:
        make(tmp_path, **{"omeropyr.embedded.data": str(data)})
    (line,) = caught.value.problems
    assert line.startswith("omeropyr.embedded: the embedded server did not start: ")
    assert line.endswith(f"(see {data / 'embedded.log'})")


@pytest.mark.parametrize("command", ["pserve", "omeropyr serve"])
def test_a_development_ini_serves_and_a_killed_web_leaves_nothing(command: str, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = (Path(__file__).parents[3] / "development.ini").read_text("utf-8")
    text = text.replace("# omero.web.application_server.port = 4080", f"omero.web.application_server.port = {port}")
    ini = tmp_path / "development.ini"
    ini.write_text(text.replace("port = 4080", f"port = {port}"))
    words = [str(BIN / "pserve"), str(ini)]
    if command == "omeropyr serve":
        words = [str(BIN / "omeropyr"), "serve", "--ini", str(ini)]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(words, stdout=log, stderr=log) as web:
        try:
            checks = wait_for(f"http://127.0.0.1:{port}/health/ready", web)
            server = json.loads((tmp_path / "var/embedded/server.json").read_text())
        finally:
            web.kill()
    assert checks["status"] == "ok"
    assert web.returncode == -signal.SIGKILL
    wait_for_end(server["pid"])


def wait_for(address: str, process: subprocess.Popen[bytes]) -> Any:
    """What *address* answers once it does; fails when *process* ends before."""
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return json.load(answer)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError(f"the web ended with {process.returncode}")


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.2)
    raise AssertionError(f"process {pid} has not ended")
