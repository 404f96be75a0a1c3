"""Who imports: the session of ``omero login``; and an OMERO.server, which is not for this command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import omero
import pytest
import tifffile
from sqlalchemy import insert

from omeropyr.cli import main
from omeropyr.embedded.importer.client import is_embedded
from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.schema import schema
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.embedded.settings import EMBEDDED
from omeropyr.testing.data import OmeroData

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A function ``(program, *arguments)`` that runs it as an ordinary user with a home folder of its own."""
    home = tmp_path / "home"
    home.mkdir()
    if os.getuid() == 0 and shutil.which("unshare") is None:
        pytest.skip("omero refuses root, and there is no unshare")
    unset = ("OMERO_HOST", "OMERO_PORT", "OMERO_USER", "OMERO_PASSWORD", "OMERO_SESSIONDIR")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment.update(HOME=str(home), OMERO_USERDIR=str(home / "omero"), PYTHONWARNINGS="ignore")

    def call(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        ordinary = ["unshare", "--user", "--map-user=1000"] if os.getuid() == 0 else []
        command = [*ordinary, str(Path(sys.executable).parent / program), *map(str, arguments)]
        return subprocess.run(
            command,
            env=environment,
            cwd=home,
            capture_output=True,
            text=True,
            timeout=60,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )

    return call


def log_in(run: Run, embedded: EmbeddedServer, user: str) -> None:
    done = run("omero", "login", "-s", "127.0.0.1", "-p", embedded.ssl_port, "-u", user, "-w", "omero")
    assert done.returncode == 0, done.stderr


def test_the_session_of_omero_login(
    run: Run, embedded: EmbeddedServer, omero_data: OmeroData, gateway_of: Any, tmp_path: Path
) -> None:
    user_id = omero_data.add_user("logged-in", omero_data.add_group(), omero_data.add_group("other of logged-in"))
    file = tmp_path / "session.tif"
    tifffile.imwrite(file, np.zeros((5, 6), np.uint8))
    before = run("omeropyr", "import", file)
    assert (before.returncode, before.stdout) == (2, "")
    assert before.stderr.startswith("omeropyr import: say who imports: --user NAME")
    log_in(run, embedded, "logged-in")
    done = run("omeropyr", "import", file, "--dataset", "By session", "--group", "other of logged-in")
    assert (done.returncode, done.stderr) == (0, "")
    conn = gateway_of("logged-in")
    conn.SERVICE_OPTS.setOmeroGroup(-1)
    image = conn.getObject("Image", int(done.stdout.split()[0].removeprefix("Image:")))
    assert image.getOwner().getId() == user_id
    assert image.getDetails().getGroup().getName() == "other of logged-in"
    assert image.getParent().getName() == "By session"
    # The session lives on, and is used again.
    assert run("omero", "sessions", "list").stdout.count("Logged in") == 1
    assert run("omeropyr", "import", file, "--group", "other of logged-in").stdout.startswith("session.tif: skipped")
    assert run("omero", "logout").returncode == 0
    after = run("omeropyr", "import", file, "--again")
    assert after.returncode == 2
    assert len(after.stderr.splitlines()) == 1


def test_a_session_that_is_over(
    run: Run, embedded: EmbeddedServer, omero_data: OmeroData, tmp_path: Path, gateway: Any
) -> None:
    omero_data.add_user("logged-out")
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 6), np.uint8))
    log_in(run, embedded, "logged-out")
    for session in embedded.sessions.all():
        if session.actor.user_name == "logged-out":
            embedded.sessions.close(session.uuid)
    done = run("omeropyr", "import", tmp_path / "a.tif")
    assert done.returncode == 2
    assert done.stderr == f"omeropyr import: 127.0.0.1:{embedded.ssl_port} does not accept this session.\n"


def test_nobody_there_to_ask_for_the_password(run: Run, embedded: EmbeddedServer, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 6), np.uint8))
    done = run("omeropyr", "import", tmp_path / "a.tif", "--port", embedded.ssl_port, "--user", "root")
    assert done.returncode == 2
    assert done.stderr.endswith("omeropyr import: say the password: --password PW, or OMERO_PASSWORD.\n")


@pytest.mark.parametrize(
    ("marker", "ours"),
    [("true", True), ("", False), (" ", False), (None, False)],
    ids=["embedded", "OMERO.server", "blank", "refused"],
)
def test_what_tells_the_servers_apart(marker: str | None, ours: bool) -> None:
    assert is_embedded(marker) is ours


def test_the_marker_is_everybodys_and_fixed(gateway: Any, gateway_of: Any, omero_data: OmeroData) -> None:
    omero_data.add_user("reads-marker")
    assert gateway_of("reads-marker").getConfigService().getConfigValue(EMBEDDED) == "true"
    with pytest.raises(omero.ApiUsageException, match="is fixed"):
        gateway.getConfigService().setConfigValue(EMBEDDED, "")


def test_an_omero_server_needs_omeros_importer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 6), np.uint8))
    with EmbeddedServer(tmp_path / "data", port=0, ssl_port=0) as server:
        with server.store.write(SYSTEM) as tx:
            tx.connection.execute(insert(schema().facts).values(name=f"setting:{EMBEDDED}", value=""))
        login = ["--host", "127.0.0.1", "--port", str(server.ssl_port), "--user", "root", "--password", "omero"]
        assert main(["import", str(tmp_path / "a.tif"), *login]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("omeropyr import: this is an OMERO.server, and importing there needs OMERO's own")
        assert not (server.data / "Uploads").exists()
