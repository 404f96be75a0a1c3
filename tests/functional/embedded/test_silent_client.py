"""A client that asks to be called back and then does not answer: others go on working."""

from __future__ import annotations

import threading
from typing import Any

import Ice
import omero
import omero.all
import omero.callbacks
import omero.cmd
import pytest

from omeropyr.embedded.server import EmbeddedServer

JOBS = 6  # more than the server has threads for


class Silent(omero.cmd.CmdCallback):  # type: ignore[misc]
    """Hears of the end of a command and does not come back."""

    def __init__(self) -> None:
        self.heard = threading.Semaphore(0)
        self.released = threading.Event()

    def finished(self, rsp: Any, status: Any, current: Any = None) -> None:
        self.heard.release()
        self.released.wait(60)

    def step(self, complete: int, total: int, current: Any = None) -> None:
        """Nothing."""


def assert_opened(gate: threading.Event) -> None:
    assert gate.wait(30)


@pytest.mark.parametrize("done", [True, False], ids=["after-the-end", "before-the-end"])
def test_a_silent_client_holds_no_thread_of_a_job(embedded: EmbeddedServer, gateway: Any, done: bool) -> None:
    client = omero.client(f"ssl://127.0.0.1:{embedded.ssl_port}")
    silent = Silent()
    try:
        factory = client.createSession("root", "omero")
        adapter = client.getAdapter()
        identity = Ice.Identity("silent", client.getCategory())
        proxy = omero.cmd.CmdCallbackPrx.uncheckedCast(adapter.add(silent, identity))
        gate = threading.Event()
        if not done:
            # The jobs wait until all are asked to call back.
            for _ in range(4):
                embedded.run(lambda: assert_opened(gate))
        handles = [factory.submit(omero.cmd.Timing()) for _ in range(JOBS)]
        sent = [handle.begin_addCallback(proxy) for handle in handles]
        if not done:
            for one in sent:
                one.waitForCompleted()
        gate.set()
        assert silent.heard.acquire(timeout=20)
        handle = gateway.c.sf.submit(omero.cmd.DiskUsage2(targetClasses=["Experimenter"], targetObjects={}))
        other = omero.callbacks.CmdCallbackI(gateway.c, handle)
        other.loop(40, 250)  # raises when the command does not end
        assert other.getResponse() is not None
        other.close(True)
    finally:
        silent.released.set()
        client.__del__()
