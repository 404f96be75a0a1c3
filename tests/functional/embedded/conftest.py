"""OMERO's own command as users run it: another process, an ordinary user, a home folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from omeropyr.embedded.server import EmbeddedServer


@dataclass
class OmeroCommand:
    """Calls ``omero``; what it printed without the line on the session, and the exit status."""

    server: EmbeddedServer
    home: Path
    runs: list[str] = field(default_factory=list)

    def __call__(self, *arguments: str, stdin: str = "", fails: bool = False) -> str:
        """Standard output of a run that has to succeed; with *fails*, both streams of one that has to fail."""
        done = self._run(arguments, stdin)
        assert (done.returncode != 0) is fails, f"omero {' '.join(arguments)}: {done.returncode}\n{self._text(done)}"
        assert "Traceback" not in self._text(done)
        return self._text(done) if fails else self._words(done.stdout)

    def both(self, *arguments: str, stdin: str = "") -> str:
        """Both streams, whatever the exit status is: some subcommands answer 0 for a refusal."""
        return self._text(self._run(arguments, stdin))

    def log_in(self, user: str, password: str = "omero") -> str:
        """Log in over ssl, as the command does by itself; what it says of it."""
        done = self._run(("login", "-s", "127.0.0.1", "-p", str(self.server.ssl_port), "-u", user, "-w", password), "")
        assert done.returncode == 0, self._text(done)
        return self._text(done)

    def _run(self, arguments: tuple[str, ...], stdin: str) -> subprocess.CompletedProcess[str]:
        self.runs.append(" ".join(arguments))
        # The command refuses to run as uid 0.
        ordinary = ["unshare", "--user", "--map-user=1000"] if os.getuid() == 0 else []
        command = [*ordinary, str(Path(sys.executable).parent / "omero"), *arguments]
        environment = {**os.environ, "HOME": str(self.home), "OMERO_USERDIR": str(self.home / "omero")}
        # Without a terminal of its own it asks for passwords on standard input.
        return subprocess.run(
            command,
            input=stdin,
            env=environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=60,
            start_new_session=True,
        )

    def _text(self, done: subprocess.CompletedProcess[str]) -> str:
        return self._words(done.stderr) + self._words(done.stdout)

    @staticmethod
    def _words(text: str) -> str:
        kept = [line.rstrip() for line in text.splitlines() if not line.startswith(("Using session for", "#"))]
        return "\n".join(line for line in kept if line)


def table(text: str) -> list[list[str]]:
    """The rows of a table that the command printed."""
    lines = [line for line in text.splitlines() if "|" in line and "-+-" not in line]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


@pytest.fixture(scope="session")
def rows_of() -> Callable[[str], list[list[str]]]:
    """A function from a printed table to its rows, the heading first."""
    return table


@pytest.fixture(scope="module")
def omero_command(
    embedded: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> OmeroCommand:
    """The ``omero`` command with the embedded server, nobody logged in."""
    if os.getuid() == 0 and shutil.which("unshare") is None:
        pytest.skip("omero refuses root, and there is no unshare")
    return OmeroCommand(embedded, tmp_path_factory.mktemp("home"))
