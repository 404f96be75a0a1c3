"""large_image in a virtual environment of its own, installed for the benchmark and kept for the next one."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

PACKAGES = (
    "large-image",
    "large-image-source-ometiff",
    "large-image-source-tiff",
    "large-image-source-zarr",
    "packaging",
)


class Absent(Exception):
    """The peer cannot be installed or does not start; the message says why."""


class LargeImage:
    """The peer's process."""

    def __init__(self, folder: Path) -> None:
        python = _installed(folder)
        command = [str(python), "-W", "ignore", str(Path(__file__).with_name("large_image_peer.py"))]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.version = str(self._answer()["version"])

    def seconds(self, **request: Any) -> tuple[list[float], float]:
        """The times of one request and the processor's; see ``large_image_peer.py``."""
        answer = self._ask(request)
        return [float(one) for one in answer["seconds"]], float(answer["processor"])

    def picture(self, **request: Any) -> bytes:
        """The JPEG of the request's first tile."""
        return base64.b64decode(self._ask({**request, "picture": True})["picture"])

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # what it said at its end is read below
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            said = self._process.stderr.read().strip().splitlines()
            raise Absent(said[-1] if said else "it ended without a word")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _installed(folder: Path) -> Path:
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if (folder / "complete").exists():
        return python
    venv.create(folder, with_pip=True, clear=True)
    done = subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], capture_output=True, text=True)
    if done.returncode:
        raise Absent((done.stderr.strip().splitlines() or ["pip failed"])[-1])
    (folder / "complete").touch()
    return python
