"""``omeropyr embedded`` as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import omero
import pytest

from omeropyr.cli import main

Process = subprocess.Popen[str]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Process, int, int]]:
    command = [sys.executable, "-W", "ignore", "-m", "omeropyr", "embedded", "--data", str(tmp_path / "data")]
    options = ["--port", "0", "--ssl-port", "0", "--root-password", "not the documented one"]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline().split() for _ in range(3)]
    assert [line[0] for line in lines] == ["port", "ssl-port", "ready"]
    yield process, int(lines[0][1]), int(lines[1][1])
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(
    running: tuple[Process, int, int], tmp_path: Path, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    process, port, ssl_port = running
    client = omero.client("127.0.0.1", ssl_port)
    try:
        client.createSession("root", "not the documented one")
        uuid = client.getSessionId()
        assert main(["embedded", "--data", str(tmp_path / "data"), "--port", "0", "--ssl-port", "0"]) == 1
        assert f"process {process.pid}, ports {port} and {ssl_port}" in capsys.readouterr().err
    finally:
        client.__del__()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in err
    assert uuid not in out + err
    assert "not the documented one" not in out + err


def test_nobody_else_may_connect_while_an_account_has_the_documented_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--data", str(tmp_path / "open"), "--port", "0", "--ssl-port", "0", "--bind", "0.0.0.0"]
    assert main(["embedded", *options]) == 1
    assert "an account still has the documented password" in capsys.readouterr().err


def test_files_are_for_their_owner_only(running: tuple[Process, int, int], tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert data.stat().st_mode & 0o077 == 0
    assert (data / "tls" / "server.pem").stat().st_mode & 0o077 == 0
    assert (data / "server.json").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_explained(
    running: tuple[Process, int, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, port, _ = running
    assert main(["embedded", "--data", str(tmp_path / "other"), "--port", str(port), "--ssl-port", "0"]) == 1
    assert "--port" in capsys.readouterr().err
