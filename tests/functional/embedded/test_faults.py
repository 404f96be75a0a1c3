"""Faults on purpose: in this process, and by a file for a server in another one."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import Ice
import omero
import pytest

from omeropyr.embedded.faults import Fault
from omeropyr.embedded.server import EmbeddedServer
from omeropyr.testing import OmeroData

Connect = Callable[[], Any]


@pytest.fixture
def connect(embedded: EmbeddedServer) -> Iterator[Connect]:
    """A function to a new ServiceFactory of root; faults are taken away at the end."""
    clients: list[Any] = []

    def make() -> Any:
        clients.append(omero.client("127.0.0.1", embedded.ssl_port))
        return clients[-1].createSession("root", "omero")

    yield make
    embedded.faults.clear()
    for one in clients:
        one.__del__()


def in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Do *work* in a thread; its answer or its exception comes into the list."""
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(work())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            answers.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, answers


def test_an_operation_is_late_and_others_are_not(embedded: EmbeddedServer, connect: Connect) -> None:
    admin = connect().getAdminService()
    config = connect().getConfigService()
    embedded.faults.add(Fault("IAdmin.getEventContext", "latency", seconds=0.4, times=1))
    begun = time.monotonic()
    thread, answers = in_thread(lambda: admin.getEventContext().userName)
    assert config.getVersion() == "5.6.14"
    assert not answers
    thread.join(10)
    assert answers == ["root"]
    assert time.monotonic() - begun >= 0.4
    assert admin.getEventContext().userName == "root"


def test_more_operations_hang_than_the_server_has_threads(embedded: EmbeddedServer, connect: Connect) -> None:
    admin, query = connect().getAdminService(), connect().getQueryService()
    embedded.faults.add(Fault("IAdmin.get*", "hang"))
    pending = [admin.begin_getEventContext() for _ in range(40)]
    assert query.projection("select count(e.id) from Experimenter e", None)[0][0].val >= 2
    assert not any(one.isCompleted() for one in pending)
    embedded.faults.clear()
    assert {admin.end_getEventContext(one).userName for one in pending} == {"root"}


@pytest.mark.parametrize("name", ["InternalException", "ResourceError", "DatabaseBusyException", "SecurityViolation"])
def test_an_operation_fails_as_often_as_was_said(embedded: EmbeddedServer, connect: Connect, name: str) -> None:
    query = connect().getQueryService()
    embedded.faults.add(Fault("IQuery.find*", "exception", exception=name, message="on purpose", times=2))
    for _ in range(2):
        with pytest.raises(getattr(omero, name), match="on purpose"):
            query.find("Experimenter", 0)
    assert query.find("Experimenter", 0).omeName.val == "root"


def test_a_connection_is_cut_and_leaves_nothing(embedded: EmbeddedServer, connect: Connect) -> None:
    factory = connect()
    uuid = factory.getAdminService().getEventContext().sessionUuid
    store = factory.createRawFileStore()
    embedded.faults.add(Fault("RawFileStore.size", "drop"))
    with pytest.raises(Ice.ConnectionLostException):
        store.size()
    deadline = time.monotonic() + 5
    while any(one.session.uuid == uuid for one in embedded.router.sessions()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert uuid not in [one.session.uuid for one in embedded.router.sessions()]
    assert uuid not in [one.uuid for one in embedded.sessions.all()]


def test_log_in_is_late_too(embedded: EmbeddedServer, connect: Connect) -> None:
    embedded.faults.add(Fault("Router.createSession", "hang", times=1))
    thread, answers = in_thread(lambda: connect().getAdminService().getEventContext().userName)
    deadline = time.monotonic() + 10
    while not embedded.faults.hanging() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert connect().getConfigService().getVersion() == "5.6.14"
    assert not answers
    embedded.faults.clear()
    thread.join(10)
    assert answers == ["root"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": "*", "do": "explode"},
        {"operation": "*", "do": "exception", "exception": "client"},
        {"operation": "*", "do": "exception", "exception": "NoSuchException"},
        {"operation": "*", "do": "latency", "seconds": -1},
    ],
    ids=["kind", "no exception", "unknown exception", "negative"],
)
def test_a_fault_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Fault(**wrong)


def test_without_faults_nothing_is_looked_up(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path / "data", port=0, ssl_port=0) as server:
        (tmp_path / "data" / "faults.json").write_text('[{"operation": "*", "do": "exception"}]')
        assert not server.faults.enabled
        client = omero.client("127.0.0.1", server.ssl_port)
        try:
            assert client.createSession("root", "omero").getConfigService().getVersion() == "5.6.14"
        finally:
            client.closeSession()


@pytest.fixture
def other_process(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """The data folder and the ssl port of ``omeropyr embedded --instrument``."""
    data = tmp_path / "data"
    command = [sys.executable, "-m", "omeropyr", "embedded", "--data", str(data), "--instrument"]
    command += ["--port", "0", "--ssl-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().split() for _ in range(3)]
        assert lines[2] == ["ready"]
        yield data, int(lines[1][1])
        process.terminate()


def test_a_server_in_another_process_takes_faults_from_a_file(other_process: tuple[Path, int]) -> None:
    data, port = other_process
    path = data / "faults.json"
    client = omero.client("127.0.0.1", port)
    try:
        factory = client.createSession("root", "omero")
        admin, config = factory.getAdminService(), factory.getConfigService()
        path.write_text(json.dumps([{"operation": "IAdmin.*", "do": "exception", "exception": "ResourceError"}]))
        with pytest.raises(omero.ResourceError):
            admin.getEventContext()
        path.write_text(json.dumps([{"operation": "IAdmin.*", "do": "hang"}]))
        pending = admin.begin_getEventContext()
        assert config.getVersion() == "5.6.14"
        assert not pending.isCompleted()
        path.write_text('[{"operation": "IAdmin.*", "when": "now"}]')
        assert admin.getEventContext().userName == "root"
        assert admin.end_getEventContext(pending).userName == "root"
        path.unlink()
        counted = json.loads(config.getConfigValue("omeropyr.instrument.calls"))
        assert counted["IAdmin.getEventContext"] == 3
    finally:
        client.closeSession()


def test_counts_are_per_session(embedded: EmbeddedServer, omero_data: OmeroData, connect: Connect) -> None:
    first, second = connect().getAdminService(), connect().getAdminService()
    uuids = [first.getEventContext().sessionUuid, second.getEventContext().sessionUuid]
    before = [embedded.counter.calls(uuid)["IAdmin.getEventContext"] for uuid in uuids]
    for _ in range(5):
        first.getEventContext()
    after = [embedded.counter.calls(uuid)["IAdmin.getEventContext"] for uuid in uuids]
    assert [new - old for new, old in zip(after, before, strict=True)] == [5, 0]
