"""``omeropyr embedded`` as a process of its own, for tests that end it in bad ways."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from omero.gateway import BlitzGateway

PASSWORD = "omero"


class Serving:
    """A server on a data folder, with *more* options; a context manager that kills what still runs at its end."""

    def __init__(self, data: Path, *more: str) -> None:
        options = ["--data", str(data), "--port", "0", "--ssl-port", "0", *more]
        command = [sys.executable, "-W", "ignore", "-m", "omeropyr", "embedded", *options]
        self.data = data
        self._log = data.parent / f"{data.name}.log"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline().split() for _ in range(3)]
        assert lines[-1] == ["ready"], self.log()
        self.port, self.ssl_port = int(lines[0][1]), int(lines[1][1])

    def log(self) -> str:
        """What the server said."""
        return self._log.read_text(errors="replace")

    def gateway(self) -> Any:
        """A connected BlitzGateway of root; the caller closes it."""
        conn = BlitzGateway("root", PASSWORD, host="127.0.0.1", port=self.ssl_port, secure=True)
        assert conn.connect(), conn.getLastError()
        return conn

    def kill(self) -> None:
        """End it as ``kill -9`` does."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> None:
        """End it as it wants to be ended."""
        self.process.terminate()
        self.process.communicate(timeout=30)
        assert self.process.returncode == 0, self.log()

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.kill()
