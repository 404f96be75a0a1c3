"""The import command against the embedded server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from omeropyr.cli import main

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command_of(embedded: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """A function ``(user, *arguments)`` to exit status, output and errors; user ``None``: say nothing of who it is."""
    for name in ("OMERO_HOST", "OMERO_PORT", "OMERO_USER", "OMERO_PASSWORD"):
        monkeypatch.delenv(name, raising=False)

    def run(user: str | None, *arguments: object) -> tuple[int, str, str]:
        server = ["--host", "127.0.0.1", "--port", str(embedded.ssl_port)]
        account = ["--user", user, "--password", "omero"] if user else []
        status = main(["import", *map(str, arguments), *server, *account])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run
