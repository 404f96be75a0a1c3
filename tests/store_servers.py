"""memcached and redis, each started on a free port of this machine for the tests that need it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class StoreServer:
    """A server process; it may be stopped, killed and started again on its port."""

    program = ""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.options = folder, options
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    @property
    def location(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        if shutil.which(self.program) is None:
            pytest.fail(f"{self.program} is missing; `make test` installs it")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([self.program, *self.command()], stdout=log, stderr=log, cwd=self.folder)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        pytest.fail(f"{self.program} does not start: {(self.folder / 'log').read_text()[-2000:]}")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def __enter__(self) -> Any:
        self.start()
        return self

    def __exit__(self, *_args: object) -> None:
        self.kill()


class Memcached(StoreServer):
    """Option ``-M`` refuses what does not fit, in place of dropping what is old."""

    program = "memcached"

    def command(self) -> list[str]:
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        return ["-l", "127.0.0.1", "-p", str(self.port), "-U", "0", *user, *self.options]


class RedisServer(StoreServer):
    """Keeps every write on disk, so that it comes back as it was."""

    program = "redis-server"

    def command(self) -> list[str]:
        kept = ["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--dir", str(self.folder)]
        return ["--bind", "127.0.0.1", "--port", str(self.port), *kept, *self.options]

    @property
    def location(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"


@pytest.fixture(scope="session")
def memcached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memcached]:
    with Memcached(tmp_path_factory.mktemp("memcached"), "-m", "2", "-M") as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server
