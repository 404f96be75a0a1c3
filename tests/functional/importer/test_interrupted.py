"""Imports that end in the middle: nothing to be seen and nothing on the disk; and what the command's status says."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import omero
import pytest
import tifffile

from omeropyr.embedded.server import EmbeddedServer
from tests.functional.embedded.serving import Serving

RAMP = np.arange(600, dtype=np.uint16).reshape(20, 30)
SIZE = 96 * 2**20


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many planes of zeros that take no room."""
    path = tmp_path_factory.mktemp("large") / "interrupted.tif"
    tifffile.imwrite(path, shape=(SIZE // (512 * 1024), 512, 512), dtype=np.uint16)
    return path


def start(ssl_port: int, *arguments: object) -> subprocess.Popen[str]:
    """The command as a process of its own."""
    server = ["--host", "127.0.0.1", "--port", str(ssl_port), "--user", "root", "--password", "omero"]
    command = [sys.executable, "-W", "ignore", "-m", "omeropyr", "import", *map(str, arguments), *server]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.005)


def bytes_in(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    except FileNotFoundError:  # renamed meanwhile
        return 0


def files_in(data: Path) -> list[str]:
    below = [path for name in ("Uploads", "ManagedRepository") for path in (data / name).rglob("*")]
    return sorted(str(path.relative_to(data)) for path in below)


def images(conn: Any, name: str) -> int:
    parameters = omero.sys.ParametersI().addString("name", name)
    query = "select count(i) from Image i where i.name = :name"
    return int(conn.getQueryService().projection(query, parameters)[0][0].val)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
@pytest.mark.parametrize("share", [0, 0.5], ids=["at the beginning", "in the middle"])
def test_a_client_that_ends_while_it_sends(
    embedded: EmbeddedServer, gateway: Any, large: Path, number: signal.Signals, share: float
) -> None:
    before = files_in(embedded.data)
    process = start(embedded.ssl_port, large, "--again")
    uploads = embedded.data / "Uploads"
    wait_for(lambda: bytes_in(uploads) > SIZE * share)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == (130 if number is signal.SIGINT else -signal.SIGKILL)
    assert "Traceback" not in said
    wait_for(lambda: files_in(embedded.data) == before)
    assert images(gateway, large.name) == 0


def test_ctrl_c_while_the_server_reads(embedded: EmbeddedServer, gateway: Any, large: Path) -> None:
    before = files_in(embedded.data)
    process = start(embedded.ssl_port, large, "--again")
    wait_for(lambda: embedded.counter.total("ImportProcess.verifyUpload") or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    wait_for(lambda: not bytes_in(embedded.data / "Uploads"))
    found = images(gateway, large.name)
    # When it is too late to stop it, it is there as a whole.
    assert found == 0 or gateway.getObject("Image", attributes={"name": large.name}).getSizeX() == 512
    assert (files_in(embedded.data) == before) is (found == 0)
    assert process.returncode == 130 or len(out.splitlines()) == found == 1


@pytest.mark.parametrize("moment", ["sending", "sent"])
def test_a_server_that_is_killed(tmp_path: Path, large: Path, moment: str) -> None:
    data = tmp_path / "data"
    with Serving(data) as serving:
        process = start(serving.ssl_port, large)
        wait_for(lambda: bytes_in(data / "Uploads") > (SIZE / 2 if moment == "sending" else SIZE))
        serving.kill()
        out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert said.startswith(f"{large}: the connection to the server was lost (")
    assert len(said.splitlines()) == 1
    assert bytes_in(data / "Uploads") >= SIZE / 2
    with Serving(data) as serving:
        assert files_in(data) == []
        conn = serving.gateway()
        assert images(conn, large.name) == 0
        conn.close()
        serving.stop()


@pytest.mark.parametrize("stored", [True, False], ids=["stored", "not stored"])
def test_a_server_that_was_killed_between_files_and_store(tmp_path: Path, stored: bool) -> None:
    """The folder is in the repository, and the note of it still there."""
    data, file = tmp_path / "data", tmp_path / "ramp.tif"
    tifffile.imwrite(file, RAMP)
    with Serving(data) as serving:
        assert start(serving.ssl_port, file).communicate(timeout=60)[0].startswith("Image:")
        serving.stop()
    (found,) = (path for path in (data / "ManagedRepository").rglob("*.tif"))
    folder = found.parent
    if not stored:
        folder = folder.rename(folder.with_name("00-00-00.000-abcdef"))
    (data / "Uploads" / "0123.settling").write_text(f"{folder.relative_to(data / 'ManagedRepository')}/")
    with Serving(data) as serving:
        assert list((data / "Uploads").iterdir()) == []
        assert [path.name for path in (data / "ManagedRepository").rglob("*.tif")] == (["ramp.tif"] if stored else [])
        serving.stop()


@pytest.mark.parametrize(
    ("names", "status"),
    [(["good.tif"], 0), (["good.tif", "bad.tif"], 1), (["bad.tif"], 2), (["no.tif"], 2), ([], 2)],
    ids=["all", "some", "none", "not there", "an empty folder"],
)
def test_the_status_says_how_many(embedded: EmbeddedServer, tmp_path: Path, names: list[str], status: int) -> None:
    tifffile.imwrite(tmp_path / "good.tif", RAMP)
    (tmp_path / "bad.tif").write_bytes(b"II*\0" + bytes(40))
    (tmp_path / "empty").mkdir()
    paths = [tmp_path / name for name in names] or [tmp_path / "empty"]
    process = start(embedded.ssl_port, *paths, "--again")
    out, said = process.communicate(timeout=60)
    assert process.returncode == status
    assert len(out.splitlines()) == names.count("good.tif")
    assert len(said.splitlines()) == len(names) - names.count("good.tif") + (not names)


def test_no_server_is_none_imported(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "good.tif", RAMP)
    process = start(1, tmp_path / "good.tif")
    assert process.communicate(timeout=60)[1].startswith("omeropyr import: no OMERO server answers at 127.0.0.1:1")
    assert process.returncode == 2
