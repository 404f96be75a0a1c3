"""64 sessions with 50 mixed calls each: no error, no deadlock, and afterwards the server holds what it held before."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import Ice
import omero
import pytest

from omeropyr.embedded.permissions import SYSTEM
from omeropyr.embedded.router import RouterSession
from omeropyr.embedded.server import EmbeddedServer

SESSIONS, CALLS = 64, 50
CLIENTS = Path(__file__).with_name("many_clients.py")


@dataclass(frozen=True)
class Held:
    """What a server holds: user sessions, connections, servants, threads and open files of the process."""

    sessions: int
    connections: int
    servants: int
    threads: int
    files: int

    def within(self, other: Held) -> bool:
        """Whether nothing is more than it was."""
        return all(now <= then for now, then in zip(astuple(self), astuple(other), strict=True))


def held(server: EmbeddedServer) -> Held:
    """What it holds now."""
    # All that the store can close: it keeps a few connections for the next query, now more and now fewer, and SQLite
    # keeps the file of a closed connection open while another one has a lock. What is still open then, something holds.
    server.store.close()
    process = Path("/proc/self")
    threads, files = (len(list((process / name).iterdir())) for name in ("task", "fd"))
    gc.collect()
    connections = [getattr(one, "connection", None) for one in gc.get_objects() if isinstance(one, Ice.Object)]
    servants = sum(isinstance(one, RouterSession) and one.server is server for one in connections)
    return Held(len(server.sessions.all()), len(server.router.sessions()), servants, threads, files)


def run_clients(server: EmbeddedServer, sessions: int, calls: int) -> list[dict[str, Any]]:
    """Let that many clients work in a process of their own; what came of each."""
    command = [sys.executable, "-W", "ignore", str(CLIENTS), str(server.ssl_port), str(sessions), str(calls)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=True)
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results


def eventually(found: Callable[[], bool], seconds: float) -> bool:
    """Whether it comes true; threads that Ice does not need stay for ten seconds."""
    deadline = time.monotonic() + seconds
    while not found():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def saved(server: EmbeddedServer) -> int:
    """How many datasets there are."""
    with server.store.read(SYSTEM) as tx:
        return int(tx.values("select count(d.id) from Dataset d where d.name like 'many-%'")[0][0])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server for nobody else."""
    with EmbeddedServer(tmp_path_factory.mktemp("many"), port=0, ssl_port=0, instrument=True) as made:
        yield made


def test_many_sessions_at_once_leave_nothing_behind(server: EmbeddedServer) -> None:
    run_clients(server, 16, 10)
    assert eventually(lambda: not server.sessions.all() and not server.router.sessions(), 10)
    client = omero.client("127.0.0.1", server.ssl_port)
    client.createSession("root", "omero")
    assert held(server).servants == 1
    client.closeSession()
    assert eventually(lambda: not held(server).servants, 10)
    before, saved_before = held(server), saved(server)
    results = run_clients(server, SESSIONS, CALLS)
    assert [one["error"] for one in results if "error" in one] == []
    assert [one["done"] for one in results] == [CALLS] * SESSIONS
    assert saved(server) - saved_before == sum(one["saved"] for one in results)
    assert eventually(lambda: held(server).within(before), 40), (before, held(server))
    after = held(server)
    assert (after.sessions, after.connections, after.servants) == (0, 0, 0)
    counted = server.counter.calls()
    assert counted["Router.createSession"] >= SESSIONS
    assert counted.total() >= SESSIONS * CALLS
