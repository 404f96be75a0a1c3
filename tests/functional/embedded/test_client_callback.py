"""The server calls back: the end of a session, signs of life, its own stop; and what a client that vanishes leaves."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import omero
import pytest

from omeropyr.embedded.server import EmbeddedServer

Connect = Callable[..., "Client"]


class Client:
    """``omero.client`` with a log of what the server told it."""

    def __init__(self, port: int, protocol: str = "ssl") -> None:
        self.omero = omero.client(f"{protocol}://127.0.0.1:{port}")
        self.told: list[str] = []
        self.heard = threading.Event()

    def join(self, user: str = "root", password: str = "omero") -> Client:
        self.omero.createSession(user, password)
        self.omero.onSessionClosed(lambda: self._note("closed"))
        self.omero.onHeartbeat(lambda: self._note("heartbeat"))
        self.omero.onShutdownIn(lambda: self._note("shutdown"))
        return self

    def _note(self, what: str) -> None:
        self.told.append(what)
        self.heard.set()

    @property
    def uuid(self) -> str:
        return str(self.omero.getSessionId())


@pytest.fixture
def connect(embedded: EmbeddedServer) -> Iterator[Connect]:
    clients: list[Client] = []

    def make(user: str = "root", password: str = "omero", ssl: bool = True) -> Client:
        clients.append(Client(embedded.ssl_port) if ssl else Client(embedded.port, "tcp"))
        return clients[-1].join(user, password)

    yield make
    for one in clients:
        one.omero.__del__()


def eventually(found: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not found():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("ssl", [True, False], ids=["ssl", "tcp"])
def test_a_client_hears_that_another_closed_its_session(embedded: EmbeddedServer, connect: Connect, ssl: bool) -> None:
    first = connect(ssl=ssl)
    second = connect(first.uuid, first.uuid, ssl=ssl)
    bystander = connect(ssl=ssl)
    second.omero.killSession()
    assert first.heard.wait(10)
    assert (first.told, bystander.told) == (["closed"], [])
    with pytest.raises(omero.RemovedSessionException):
        first.omero.sf.getAdminService()


def test_a_client_hears_that_its_time_is_over(embedded: EmbeddedServer, connect: Connect) -> None:
    client = connect()
    embedded.sessions.find(client.uuid).last_used -= 601
    embedded.sessions.sweep()
    assert client.heard.wait(10)
    assert client.told == ["closed"]


def test_a_client_that_leaves_hears_nothing(embedded: EmbeddedServer, connect: Connect) -> None:
    client = connect()
    uuid = client.uuid
    client.omero.closeSession()
    assert eventually(lambda: uuid not in [one.uuid for one in embedded.sessions.all()])
    assert client.told == []


def test_signs_of_life_are_asked_for(embedded: EmbeddedServer, connect: Connect) -> None:
    clients = [connect(), connect()]
    embedded.router.ask_for_life()
    assert all(client.heard.wait(10) for client in clients)
    assert [client.told for client in clients] == [["heartbeat"], ["heartbeat"]]


def test_no_callback_no_call(embedded: EmbeddedServer, connect: Connect) -> None:
    client = connect()
    client.omero.sf.setCallback(None)
    other = connect()
    embedded.router.ask_for_life()
    assert other.heard.wait(10)
    assert client.omero.sf.keepAlive(client.omero.sf.getAdminService())
    assert client.told == []


def test_clients_hear_that_the_server_stops(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "data", port=0, ssl_port=0) as server:
        client = Client(server.ssl_port).join()
    assert eventually(lambda: len(client.told) == 2)
    assert sorted(client.told) == ["closed", "shutdown"]
    client.omero.__del__()


_HOLDS = """
import sys, omero
client = omero.client("127.0.0.1", int(sys.argv[1]))
factory = client.createSession("root", "omero")
kept = [factory.createRawFileStore() for _ in range(5)]
print(client.getSessionId(), flush=True)
sys.stdin.read()
"""


def test_a_client_that_is_killed_leaves_nothing(embedded: EmbeddedServer) -> None:
    command = [sys.executable, "-c", _HOLDS, str(embedded.ssl_port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        uuid = process.stdout.readline().strip()
        session = embedded.sessions.find(uuid)
        connection = next(one for one in embedded.router.sessions() if one.session is session)
        assert sum("RawFileStore" in name for name in connection.active_services()) == 5
        os.kill(process.pid, signal.SIGKILL)
    assert eventually(lambda: session.closed)
    assert (session.references, connection.active_services()) == (0, [])
    assert connection not in embedded.router.sessions()


class Wire:
    """A TCP connection in the middle that can go silent, as a network does that fails without a word."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.silent = threading.Event()
        self._sockets: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._server)
                self._sockets += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if not self.silent.is_set():
                    target.sendall(data)
            if not self.silent.is_set():
                target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        for one in self._sockets:
            one.close()


def test_a_network_that_goes_silent_is_noticed_by_time(embedded: EmbeddedServer, connect: Connect) -> None:
    wire = Wire(embedded.ssl_port)
    lost = omero.client("127.0.0.1", wire.port)
    factory = lost.createSession("root", "omero")
    factory.createRawFileStore()
    session = embedded.sessions.find(lost.getSessionId())
    connection = next(one for one in embedded.router.sessions() if one.session is session)
    wire.silent.set()
    session.last_used -= 601
    embedded.sessions.sweep()
    begun = time.monotonic()
    embedded.router.forget_ended()
    embedded.router.ask_for_life()
    # Neither telling the client nor hanging up waits for it.
    assert time.monotonic() - begun < 5
    assert (session.closed, connection.active_services()) == (True, [])
    assert connection not in embedded.router.sessions()
    assert connect().omero.sf.getAdminService().getEventContext().userName == "root"
    wire.close()
    lost.getCommunicator().destroy()


def test_a_client_that_reuses_its_connection_leaves_the_first_session(embedded: EmbeddedServer) -> None:
    client = omero.client("127.0.0.1", embedded.ssl_port)
    router = client.getRouter(client.getCommunicator())
    first = router.createSession("root", "omero").ice_getIdentity().name
    second = router.createSession("root", "omero").ice_getIdentity().name
    known = [one.uuid for one in embedded.sessions.all()]
    assert first not in known
    assert second in known
    client.getCommunicator().destroy()
    assert eventually(lambda: second not in [one.uuid for one in embedded.sessions.all()])
