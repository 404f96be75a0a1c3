"""The unmodified ``omero`` command: scripts, who is logged in, and e-mails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from omero.rtypes import rstring

from omeropyr.embedded.mail import FOLDER
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData

TEXT = "import omero.scripts as scripts\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script outside of the server."""
    path = tmp_path / "Measure_Cells.py"
    path.write_text(TEXT)
    tmp_path.chmod(0o755)
    path.chmod(0o644)
    return path


def test_scripts_of_a_user(omero_command: Any, omero_data: OmeroData, script: Path) -> None:
    omero_data.add_user("cli-script")
    omero_command.log_in("cli-script")
    said = omero_command("script", "upload", str(script))
    assert said.startswith("OriginalFile:")
    number = said.strip().removeprefix("OriginalFile:")
    assert omero_command("script", "cat", number).strip() == TEXT.strip()
    assert "Measure_Cells.py" in omero_command("script", "list", "user")
    assert "Measure_Cells.py" not in omero_command("script", "list")
    assert "SecurityViolation" in omero_command("script", "upload", str(script), "--official", fails=True)
    assert "no processor" in omero_command("script", "params", number, fails=True)
    omero_command("script", "delete", number)
    assert "Measure_Cells.py" not in omero_command("script", "list", "user")


def test_official_scripts(omero_command: Any, embedded: EmbeddedServer, script: Path) -> None:
    omero_command.log_in("root")
    number = omero_command("script", "upload", str(script), "--official").strip().removeprefix("OriginalFile:")
    assert "Measure_Cells.py" in omero_command("script", "list")
    assert "already exists" in omero_command("script", "upload", str(script), "--official", fails=True)
    script.write_text(TEXT + "import sys\n")
    omero_command("script", "replace", number, str(script))
    assert "import sys" in omero_command("script", "cat", number)
    omero_command("script", "delete", number)
    assert "Measure_Cells.py" not in omero_command("script", "list")


def test_sessions(omero_command: Any, omero_data: OmeroData) -> None:
    omero_data.add_user("cli-who", omero_data.add_group("cli-who-lab"))
    omero_command.log_in("cli-who")
    omero_command("sessions", "timeout", "120")
    assert float(omero_command("sessions", "timeout").strip()) == 120
    row = next(line for line in omero_command("sessions", "who").splitlines() if "cli-who " in line)
    assert "cli-who-lab" in row
    assert "(*)" in row


def test_mail(omero_command: Any, gateway: Any, omero_data: OmeroData, embedded: EmbeddedServer) -> None:
    user = omero_data.add_user("cli-mail")
    found = gateway.c.sf.getAdminService().getExperimenter(user)
    found.email = rstring("cli-mail@example.org")
    gateway.c.sf.getAdminService().updateExperimenter(found)
    omero_command.log_in("root")
    said = omero_command("admin", "email", "News", "for you", "--user-name", "cli-mail")
    assert "Successfully sent 1 of 1 emails" in said
    texts = [path.read_text() for path in (embedded.data / FOLDER).glob("*.eml")]
    (text,) = [one for one in texts if "cli-mail@example.org" in one]
    assert "Subject: News" in text
    assert "for you" in text
